"""What the linear students share: standardised columns inside, the user's units outside."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import warnings
from abc import abstractmethod
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from interpkd._saved_state import take_count, take_numbers
from interpkd.exceptions import InvalidInputError
from interpkd.learners import use_threads
from interpkd.students._design import Design, make_design
from interpkd.students._sparse import TakesSparse, divide_columns, is_sparse, sparse_moments
from interpkd.students._tasks import BaseDistilledClassifier

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import ArrayLike, NDArray

    from interpkd._tables import RawColumn
    from interpkd._typing import FloatArray, Table
    from interpkd.learners import LinearModel
    from interpkd.targets import TransferSet


FOR_MEMORY = 5.0
"""Weight of the generated rows for what the memory of labels takes from the real ones."""


@dataclass(frozen=True)
class Scaling:
    """Standardisation of the design columns.

    Attributes
    ----------
    centre, scale : ndarray of shape (n_columns,)
        What is subtracted from each column, and what it is then divided by.

    used : ndarray of shape (n_columns,)
        Whether a column says anything: one of a single value beside an intercept does not, and gets
        the coefficient 0.
    """

    centre: FloatArray
    scale: FloatArray
    used: NDArray[np.bool_]

    def apply(self, D: FloatArray) -> tuple[FloatArray, FloatArray | None]:
        """Standardise the columns that are used; where there are none, give a column of zeros.

        Parameters
        ----------
        D : ndarray or CSR array of shape (n_rows, n_columns)
            The design matrix.

        Returns
        -------
        S : ndarray or CSR array of shape (n_rows, n_used)
            The standardised columns; sparse ones are divided only.

        centre : ndarray of shape (n_used,) or None
            What is left to be subtracted from sparse columns.
        """
        if not self.used.any():
            return np.zeros((D.shape[0], 1)), None
        centre, scale = self.centre[self.used], self.scale[self.used]
        if is_sparse(D):
            return divide_columns(D, self.used, self.scale), centre / scale
        S = D[:, self.used] - centre
        S /= scale
        return S, None

    def undo(self, model: LinearModel) -> LinearModel:
        """Give the coefficients of the columns as they were."""
        coef = np.zeros((len(model.coef), len(self.scale)))
        coef[:, self.used] = model.coef[:, : self.used.sum()] / self.scale[self.used]
        return replace(model, coef=coef, intercept=model.intercept - coef @ self.centre)


def make_scaling(D: FloatArray, weights: FloatArray, *, centred: bool) -> Scaling:
    """Take means and standard deviations.

    Parameters
    ----------
    D : ndarray or CSR array of shape (n_rows, n_columns)
        The real rows of the design matrix.

    weights : ndarray of shape (n_rows,)
        Their weights.

    centred : bool
        Whether columns may be shifted, as they may beside an intercept.

    Returns
    -------
    scaling : Scaling
        Standard deviations as of :class:`~sklearn.preprocessing.StandardScaler`.
    """
    # in units of the largest value, or squares of the largest floats are infinite
    unit, mean, deviation = (sparse_moments if is_sparse(D) else _moments)(D, weights)
    # an indicator's deviation may round to nothing beside rows of tiny weight
    varies = deviation > 0
    scale = np.where(varies, unit * deviation, 1.0)
    if centred:
        return Scaling(unit * mean, scale, varies)
    has_any = np.asarray((abs(D) if is_sparse(D) else D.any(axis=0)).sum(axis=0)).ravel() > 0
    return Scaling(np.zeros(len(unit)), scale, varies | has_any)


def _moments(D: FloatArray, weights: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Give the largest size of each column, and its mean and standard deviation in that unit."""
    share = weights / weights.sum()
    unit = np.abs(D).max(axis=0)
    unit[unit == 0] = 1.0
    mean = share @ (D / unit)
    deviation = np.sqrt(share @ (D / unit - mean) ** 2)
    return unit, mean, np.where(D.max(axis=0) > D.min(axis=0), deviation, 0.0)


def weigh_generated(transfer: TransferSet) -> TransferSet:
    """Let generated rows count only as far as real ones remember their labels.

    A tree needs rows where there are none. Linear coefficients are settled by the real rows, and
    where these answer honestly, others only move the middle of the data elsewhere. But of many
    answers that hold their own labels, answers to generated rows are free.

    Parameters
    ----------
    transfer : TransferSet
        All rows; where the memory of labels was not asked for, nothing is changed.

    Returns
    -------
    transfer : TransferSet
        The generated rows weigh at most `FOR_MEMORY` times what the labelled ones lost.
    """
    if transfer.label_memory is None or transfer.n_generated == 0:
        return transfer
    memory, weights = transfer.label_memory, transfer.weights.copy()
    generated = weights[-transfer.n_generated :]
    # labelled rows are down to 1 - memory of their weight already, at least a tenth of it
    lost = memory / max(1 - memory, 0.1) * weights[: transfer.n_labeled].sum()
    generated *= min(1.0, FOR_MEMORY * lost / generated.sum())
    return replace(transfer, weights=weights)


class LinearStudent(TakesSparse):
    """Base of the linear students."""

    fit_intercept: bool
    max_iter: int
    n_jobs: int | None

    def _fit_linear(
        self,
        learner: Callable[..., LinearModel],
        transfer: TransferSet,
        signs: NDArray[np.int8] | None,
        **params: Any,
    ) -> LinearModel:
        """Fit on standardised columns and give coefficients in the columns' own units."""
        D, scaling = self._prepare(transfer)
        if is_sparse(transfer.Z):
            self.distillation_["not_augmented"] = "the rows are sparse"  # the report shows it
        S, centre = scaling.apply(D)
        with use_threads(self.n_jobs):
            found = learner(
                S,
                transfer.targets,
                transfer.weights,
                centre=centre,
                bounds=self._bounds(signs, scaling),
                fit_intercept=self.fit_intercept,
                max_iter=self.max_iter,
                **params,
            )
        if not found.converged:
            warnings.warn(
                f"The search for coefficients did not converge in max_iter={self.max_iter} steps. "
                "Raise max_iter or tol, or penalise more.",
                ConvergenceWarning,
                stacklevel=5,  # to the caller of `fit`
            )
        return scaling.undo(found)

    def _prepare(self, transfer: TransferSet) -> tuple[FloatArray, Scaling]:
        """Build the design matrix of all rows, and keep what describes it."""
        real = slice(0, transfer.n_labeled + transfer.n_unlabeled)
        weights = transfer.weights[real]
        self._use_design(make_design(self.columns_, transfer.Z[real], weights))
        D = self._design.matrix(transfer.Z)
        scaling = make_scaling(D[real], weights, centred=self.fit_intercept)
        self.feature_scales_ = scaling.scale
        return D, scaling

    def _use_design(self, design: Design) -> None:
        """Keep what the design matrix is made of."""
        self._design = design
        self.feature_names_out_ = np.array(design.names(), dtype=object)
        self.reference_levels_ = design.reference_levels()
        self.imputed_values_ = design.imputed_values()

    def _bounds(
        self, signs: NDArray[np.int8] | None, scaling: Scaling
    ) -> tuple[FloatArray, FloatArray] | None:
        """Give the bounds of the coefficients that are fitted; none for no signs."""
        if signs is None or not scaling.used.any():
            return None
        wide = self._design.spread_signs(signs)[scaling.used]
        return np.where(wide > 0, 0.0, -np.inf), np.where(wide < 0, 0.0, np.inf)

    def _to_state(self) -> dict[str, Any]:
        return {
            **super()._to_state(),
            "n_iter_": int(self.n_iter_),
            "feature_scales_": self.feature_scales_,
        }

    def _rebuild(self, state: Mapping[str, Any], read: Any) -> Any:
        self.n_iter_ = take_count(state, "n_iter_")
        has_reference = [c.kind != "category" or bool(c.categories) for c in self.columns_]
        self._use_design(Design(self.columns_, np.where(has_reference, read.scorer_.fills, 0.0)))
        # in rows, as fitted: the order in memory decides in which order a product is summed
        coef = np.ascontiguousarray(read.scorer_.coef)
        self.feature_scales_ = take_numbers(state, "feature_scales_", coef.shape[1])
        return self._fill_core(coef, read.scorer_.intercept)

    @abstractmethod
    def _empty_core(self) -> Any:
        """Give a plain estimator of scikit-learn without numbers; subclasses own this."""

    def _fill_core(self, coef: FloatArray, intercept: FloatArray) -> Any:
        """Fill a plain estimator of scikit-learn; the student's own numbers are the same.

        Parameters
        ----------
        coef : ndarray of shape (n_outputs, n_design_columns)
            Coefficients in the columns' own units.

        intercept : ndarray of shape (n_outputs,)
            Intercepts.

        Returns
        -------
        core : estimator
            The plain estimator; one of a regression has a single output and says so.
        """
        core = self._empty_core()
        if self._task == "regression":
            self._set_numbers(core, coef[0], float(intercept[0]))
        else:
            self._set_numbers(core, coef, intercept)
        return core

    def _set_numbers(self, core: Any, coef: FloatArray, intercept: Any) -> None:
        self.coef_, self.intercept_ = coef, intercept
        core.coef_, core.intercept_ = coef.copy(), np.copy(intercept)[()]
        core.n_features_in_ = coef.shape[-1]
        if self._design.is_plain and hasattr(self, "feature_names_in_"):
            core.feature_names_in_ = self.feature_names_in_.copy()

    def _plain_model(self, core: Any, raw: list[RawColumn]) -> Any:  # noqa: ARG002
        if self._design.is_plain:
            return core
        columns = self._design.transformer(by_name=hasattr(self, "feature_names_in_"))
        return Pipeline([("columns", columns), ("student", core)])

    def _encode(self, X: Table) -> FloatArray:
        Z = super()._encode(X)
        if self._design.is_plain and not is_sparse(Z) and np.isnan(Z).any():
            row, column = np.argwhere(np.isnan(Z))[0]
            msg = (
                f"Input X contains NaN: row {row}, column {self.columns_[column].name!r}. No "
                "training row misses a value, so the student has nothing in its place; impute it."
            )
            raise InvalidInputError(msg)
        return Z

    def _scores(self, Z: FloatArray) -> FloatArray:
        """Give linear scores of shape (n_samples, n_outputs)."""
        coef = np.atleast_2d(self.coef_)
        return self._design.matrix(Z) @ coef.T + self.intercept_

    def get_feature_names_out(
        self,
        input_features: ArrayLike | None = None,  # noqa: ARG002
    ) -> NDArray[Any]:
        """Give the names of the columns that coefficients belong to.

        Parameters
        ----------
        input_features : array-like of str or None, default=None
            Not used; here for scikit-learn's convention.

        Returns
        -------
        names : ndarray of shape (n_features_out,)
            A number has its column's name; a category column has ``<column>_<category>`` for each
            category but the reference level; ``missingindicator_<column>`` is 1 where a value is
            missing.
        """
        check_is_fitted(self)
        names: NDArray[Any] = self.feature_names_out_.copy()
        return names


class LinearClassifierStudent(BaseDistilledClassifier, LinearStudent):
    """Base of the linear students that decide by scores."""

    def decision_function(self, X: Table) -> FloatArray:
        """Give the linear scores.

        Parameters
        ----------
        X : array-like or data frame of shape (n_samples, n_features)
            The rows.

        Returns
        -------
        scores : ndarray of shape (n_samples,) or (n_samples, n_classes)
            For two classes the score of the second, decided for where it is above 0; for more one
            per class, of which the highest decides.
        """
        scores = self._scores(self._encode(X))
        return scores[:, 0] if len(self.classes_) == 2 else scores

    def predict(self, X: Table) -> NDArray[Any]:
        """Predict the class that the scores decide for.

        Parameters
        ----------
        X : array-like or data frame of shape (n_samples, n_features)
            The rows.

        Returns
        -------
        y_pred : ndarray of shape (n_samples,)
            Class labels.
        """
        scores = self.decision_function(X)
        place = (scores > 0).astype(np.intp) if scores.ndim == 1 else scores.argmax(axis=1)
        return self.classes_[place]

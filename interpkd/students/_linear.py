"""What the linear students share: standardised columns inside, the user's units outside."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import warnings
from abc import abstractmethod
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from interpkd._saved_state import take_count, take_numbers
from interpkd.exceptions import InvalidInputError
from interpkd.learners import use_threads
from interpkd.students._by_parts import by_parts
from interpkd.students._design import Design, make_design
from interpkd.students._design_blocks import survey
from interpkd.students._in_blocks import as_sample
from interpkd.students._linear_scaling import Scaling, make_scaling
from interpkd.students._sparse import TakesSparse, is_sparse
from interpkd.students._tasks import BaseDistilledClassifier

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import ArrayLike, NDArray

    from interpkd._tables import RawColumn
    from interpkd._typing import FloatArray, Table
    from interpkd.learners import Blocks, LinearModel, RowFacts, Sketch
    from interpkd.targets import TransferSet


MOST_SAMPLED = 16_000_000
"""Most numbers of the sample on which the search on blocks starts: 128 MB."""

FOR_MEMORY = 5.0
"""Weight of the generated rows for what the memory of labels takes from the real ones."""


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
        self._warn_if_unfinished(found, stacklevel=6)  # to the caller of `fit`
        return scaling.undo(found)

    def _fit_linear_blocks(
        self,
        learner: Callable[..., LinearModel],
        blocks: Blocks,
        sketch: Sketch,
        signs: NDArray[np.int8] | None,
        *,
        n_classes: int,
        **params: Any,
    ) -> tuple[LinearModel, RowFacts]:
        """Do the same with rows in blocks; give what is known of these too."""
        with use_threads(self.n_jobs):
            rows, facts = survey(
                blocks, self.columns_, sketch, n_classes=n_classes, centred=self.fit_intercept
            )
            self._use_design(rows.design)
            self.feature_scales_ = rows.scaling.scale
            found = learner(
                blocks,
                as_sample(sketch, max(MOST_SAMPLED // rows.n_columns, 1000)),
                design=rows,
                facts=facts,
                bounds=self._bounds(signs, rows.scaling),
                fit_intercept=self.fit_intercept,
                max_iter=self.max_iter,
                **params,
                **({} if n_classes == 1 else {"n_classes": n_classes}),
            )
        self._warn_if_unfinished(found, stacklevel=7)
        return rows.scaling.undo(found), facts

    def _warn_if_unfinished(self, found: LinearModel, *, stacklevel: int) -> None:
        if not found.converged:
            warnings.warn(
                f"The search for coefficients did not converge in max_iter={self.max_iter} steps. "
                "Raise max_iter or tol, or penalise more.",
                ConvergenceWarning,
                stacklevel=stacklevel,
            )

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

    @by_parts
    def decision_function(self, X: Table) -> FloatArray:
        """Give the linear scores.

        Parameters
        ----------
        X : array-like or data frame of shape (n_samples, n_features)
            The rows. Of a Dask DataFrame or Array the answer is one too, not yet computed.

        Returns
        -------
        scores : ndarray of shape (n_samples,) or (n_samples, n_classes)
            For two classes the score of the second, decided for where it is above 0; for more one
            per class, of which the highest decides.
        """
        scores = self._scores(self._encode(X))
        return scores[:, 0] if len(self.classes_) == 2 else scores

    @by_parts
    def predict(self, X: Table) -> NDArray[Any]:
        """Predict the class that the scores decide for.

        Parameters
        ----------
        X : array-like or data frame of shape (n_samples, n_features)
            The rows. Of a Dask DataFrame or Array the answer is one too, not yet computed.

        Returns
        -------
        y_pred : ndarray of shape (n_samples,)
            Class labels.
        """
        scores = self.decision_function(X)
        place = (scores > 0).astype(np.intp) if scores.ndim == 1 else scores.argmax(axis=1)
        return self.classes_[place]

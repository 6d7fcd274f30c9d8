"""What all students share: reading the table, asking the teacher, predicting."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import warnings
from abc import ABC, abstractmethod
from dataclasses import replace
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.model_selection import check_cv
from sklearn.pipeline import Pipeline
from sklearn.utils import check_random_state, get_tags
from sklearn.utils.metadata_routing import MetadataRouter, MethodMapping, process_routing
from sklearn.utils.validation import (
    check_array,
    check_is_fitted,
    has_fit_parameter,
    validate_data,
)

from interpkd._asking import class_probabilities, predictions
from interpkd._mixing import mixer
from interpkd._structure import read_object_array
from interpkd._tables import RawColumn, RawMatrix, describe_columns, encode, is_frame, read_frame
from interpkd._validation import (
    HasMethods,
    Interval,
    StrOptions,
    check_sample_weight,
    check_target,
    fit_context,
    is_routing_enabled,
    num_samples,
    raise_for_params,
)
from interpkd.exceptions import DistillationWarning, InvalidInputError, TeacherError
from interpkd.students._columns import make_encoder, order_categories, read_monotonic_cst
from interpkd.students._teaching import FROZEN, GIVEN, Teaching, teach_classifier, teach_regressor
from interpkd.targets import (
    RowPlan,
    TransferSet,
    add_generated_rows,
    build_transfer_set,
    n_generated_rows,
    plan_rows,
    weigh_by_memory,
)
from interpkd.teachers import default_teacher, is_frozen, split_thresholds

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import ArrayLike, NDArray
    from sklearn.utils import Tags

    from interpkd._tables import Column
    from interpkd._typing import BoolArray, FloatArray, Table

BATCH = 20_000
"""Generated rows that a teacher is asked about at a time."""


class BaseDistilled(BaseEstimator, ABC):
    """Base of all students; a subclass owns `_fit_student` and how it predicts."""

    _task: ClassVar[str]
    _dtypes: ClassVar[list[type[np.floating[Any]]]] = [np.float64]  # of matrices, the first if none
    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "teacher": [HasMethods(["fit"]), None],
        "alpha": [Interval(Real, 0, 1, closed="both")],
        "temperature": [Interval(Real, 0, None, closed="neither")],
        "cv": ["cv_object"],
        "augmentation": [StrOptions({"auto", "neighbours"}), None],
        "n_augmented": [StrOptions({"auto"}), Interval(Integral, 0, None, closed="left")],
        "monotonic_cst": ["array-like", dict, StrOptions({"teacher"}), None],
        "random_state": ["random_state"],
    }

    @fit_context(prefer_skip_nested_validation=False)  # the teacher validates itself
    def fit(
        self,
        X: Table,
        y: ArrayLike | None = None,
        *,
        sample_weight: ArrayLike | None = None,
        X_unlabeled: Table | None = None,
        teacher_proba: ArrayLike | None = None,
        **params: Any,
    ) -> Self:
        """Fit the student to its teacher's answers.

        Parameters
        ----------
        X : array-like or data frame of shape (n_samples, n_features)
            Training rows. Data frames (pandas, polars, pyarrow) may hold category columns; both
            may hold missing values.

        y : array-like of shape (n_samples,) or None, default=None
            True labels or target values. Needed by a teacher that is still to be fitted, and when
            `alpha` is above 0. With a frozen teacher they show how much of a row's own label its
            answer holds (:func:`~interpkd.targets.label_memory`); beside generated rows, labelled
            ones weigh less by this share.

        sample_weight : array-like of shape (n_samples,) or None, default=None
            Row weights, at least 0. They weigh the student's rows, and are handed to a teacher
            that is fitted here if its `fit` takes them (with metadata routing: if it requests
            them).

        X_unlabeled : array-like or data frame of shape (n_unlabeled, n_features), default=None
            More real rows without labels. The fitted teacher answers for them; each weighs 1.

        teacher_proba : array-like of shape (n_samples, n_classes) or (n_samples,), default=None
            The teacher's probabilities (for a regression: predictions) on `X`, when they are all
            that is at hand. Columns are in sorted order of the labels; no teacher is questioned.

        **params : dict
            Metadata for the teacher's `fit` and for the splitter, with metadata routing enabled.

        Returns
        -------
        self : object
            The fitted student.

        Raises
        ------
        InvalidInputError
            If a table, label, weight or parameter breaks its rule; the message says which.

        TeacherError
            If the teacher's answers cannot be used as soft targets.
        """
        raise_for_params(params, self, "fit")
        y = self._check_y(X, y, teacher_proba)
        raw = self._read(X, reset=True)
        sample_weight = self._check_weights(sample_weight, raw)
        asked = X if is_frame(X) or isinstance(X, np.ndarray) else _as_array(raw)
        teaching = self._ask_teacher(asked, y, raw, sample_weight, teacher_proba, params)
        self.teacher_ = teaching.teacher
        if teaching.classes is not None:
            self.classes_ = teaching.classes
        tables = {"X": asked}
        extra = None
        if X_unlabeled is not None:
            extra = self._ask_about(X_unlabeled)
            tables["X_unlabeled"] = X_unlabeled if is_frame(X_unlabeled) else _as_array(extra[0])
        transfer = self._transfer_set(raw, y, sample_weight, teaching, extra, tables)
        self.distillation_ = {
            **teaching.facts,
            "alpha": float(self.alpha),
            "temperature": float(self.temperature),
            "n_labeled": transfer.n_labeled,
            "n_unlabeled": transfer.n_unlabeled,
            "n_augmented": transfer.n_generated,
        }
        if transfer.label_memory is not None:
            self.distillation_["label_memory"] = transfer.label_memory
        signs = read_monotonic_cst(
            self.monotonic_cst, self.columns_, self.teacher_, is_named=is_frame(asked)
        )
        core = self._fit_student(transfer, signs)
        self.student_ = self._plain_model(core, raw)
        return self

    def _plain_model(self, core: Any, raw: list[RawColumn]) -> Any:
        """Put the transformer that the plain estimator needs in front of it."""
        encoder = make_encoder(self.columns_, raw)
        return core if encoder is None else Pipeline([("columns", encoder), ("student", core)])

    @abstractmethod
    def _fit_student(self, transfer: TransferSet, signs: NDArray[np.int8] | None) -> Any:
        """Fit and return the plain estimator on the encoded matrix; subclasses own this."""

    @abstractmethod
    def _labels_as_targets(self, y: NDArray[Any]) -> FloatArray:
        """Give labels in the shape of soft targets; each task owns this."""

    @abstractmethod
    def _targets(self, answers: FloatArray, y: NDArray[Any] | None) -> FloatArray:
        """Turn answers into soft targets; each task owns this."""

    def _check_y(self, X: Table, y: Any, teacher_proba: Any) -> NDArray[Any] | None:
        """Check the target, and that there is one when it is needed."""
        if y is None:
            needed = not is_frozen(self.teacher) and teacher_proba is None
            if needed:
                msg = (
                    f"This {type(self).__name__} estimator requires y to be passed, but the "
                    "target y is None. It may be left out for a frozen teacher (FrozenEstimator, "
                    "as_teacher) and with teacher_proba."
                )
                raise InvalidInputError(msg)
            if self.alpha > 0:
                msg = (
                    f"alpha={self.alpha} weighs the true labels, but y is None. Pass y, or set "
                    "alpha=0."
                )
                raise InvalidInputError(msg)
            return None
        y = check_target(y, estimator=self)
        if len(y) != num_samples(X):
            msg = (
                "Found input variables with inconsistent numbers of samples: X has "
                f"{num_samples(X)} rows and y has {len(y)}."
            )
            raise InvalidInputError(msg)
        return self._check_target(y)

    def _check_target(self, y: NDArray[Any]) -> NDArray[Any]:
        return y

    def _read(self, X: Table, *, reset: bool) -> list[RawColumn]:
        """Read a table and check it against scikit-learn's rules and the training table."""
        if is_frame(X):
            validate_data(self, X, reset=reset, skip_check_array=True)
            check_array(np.zeros((num_samples(X), 1)), estimator=self)  # at least one row
            raw = read_frame(X)
        elif not reset and any(column.kind == "category" for column in self.columns_):
            X = check_array(X, dtype=object, ensure_all_finite=False, estimator=self)
            validate_data(self, X, reset=False, skip_check_array=True)
            raw = read_object_array(X, self.columns_)
        else:
            X = validate_data(
                self, X, reset=reset, dtype=self._dtypes, ensure_all_finite="allow-nan"
            )
            return RawMatrix(X)
        for column in raw:
            if column.kind != "category" and np.isinf(column.values).any():
                msg = f"Input X contains infinity: column {column.name!r}, row "
                raise InvalidInputError(msg + f"{int(np.isinf(column.values).argmax())}.")
        return raw

    def _encode(self, X: Table) -> FloatArray:
        check_is_fitted(self)
        Z = encode(self._read(X, reset=False), self.columns_)
        knows_missing = any(column.has_missing for column in self.columns_)
        if not (knows_missing or self._teacher_takes_missing()) and np.isnan(Z).any():
            row, column = np.argwhere(np.isnan(Z))[0]
            msg = (
                f"Input X contains NaN: row {row}, column {self.columns_[column].name!r}. Neither "
                "the training rows nor the teacher know missing values; impute them."
            )
            raise InvalidInputError(msg)
        return Z

    def _teacher_takes_missing(self) -> bool:
        """Tell whether the teacher may take missing values, as far as it says so.

        A frozen teacher and a pipeline, which may hold an imputer, do not say.
        """
        teacher = self.teacher
        if teacher is None or is_frozen(teacher) or hasattr(teacher, "steps"):
            return True
        return bool(get_tags(teacher).input_tags.allow_nan)

    def _check_weights(
        self, sample_weight: ArrayLike | None, raw: list[RawColumn]
    ) -> FloatArray | None:
        if sample_weight is None:
            return None
        weights = check_sample_weight(
            sample_weight, raw[0].values, dtype=np.float64, ensure_non_negative=True
        )
        if not weights.any():
            msg = "sample_weight is 0 on every row; at least one row must count."
            raise InvalidInputError(msg)
        return weights

    def _teacher_to_fit(self, columns: list[RawColumn] | None) -> Any:
        """Give the user's teacher, or the default one for such a table."""
        if self.teacher is not None:
            return self.teacher
        has_categories = any(column.kind == "category" for column in columns or ())
        teacher = default_teacher(self._task, has_categories=has_categories)
        if is_routing_enabled():
            # the user never holds this teacher, and so could not ask for its weights
            teacher.set_fit_request(sample_weight=True)
        return teacher

    def _ask_teacher(
        self,
        X: Table,
        y: NDArray[Any] | None,
        raw: list[RawColumn],
        sample_weight: FloatArray | None,
        teacher_proba: ArrayLike | None,
        params: dict[str, Any],
    ) -> Teaching:
        teacher = self.teacher
        if teacher_proba is None and teacher is None:
            teacher = self._teacher_to_fit(raw)
        fit_params, split_params = self._route(teacher, sample_weight, params)
        teach = teach_classifier if self._task == "classification" else teach_regressor
        return teach(
            teacher,
            X,
            y,
            teacher_proba=teacher_proba,
            cv=self.cv,
            fit_params=fit_params,
            split_params=split_params,
            n_samples=len(raw[0].values),
        )

    def _route(
        self, teacher: Any, sample_weight: FloatArray | None, params: dict[str, Any]
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Give the metadata for the teacher's `fit` and for the splitter."""
        if is_routing_enabled():
            if sample_weight is not None:
                params = {**params, "sample_weight": sample_weight}
            if not params:
                return {}, {}
            routed = process_routing(self, "fit", **params)
            return dict(routed.teacher.fit), dict(routed.splitter.split)
        if sample_weight is None or teacher is None or is_frozen(teacher):
            return {}, {}
        if has_fit_parameter(teacher, "sample_weight"):
            return {"sample_weight": sample_weight}, {}
        warnings.warn(
            f"The teacher {type(teacher).__name__} does not take sample_weight: the weights count "
            "for the student only.",
            DistillationWarning,
            stacklevel=5,  # to the caller of `fit`
        )
        return {}, {}

    def _ask_about(self, X_unlabeled: Table) -> tuple[list[RawColumn], FloatArray]:
        """Read unlabelled rows and ask the fitted teacher about them."""
        if self.teacher_ is None:
            msg = "X_unlabeled needs a teacher that can be asked; teacher_proba covers X only."
            raise InvalidInputError(msg)
        if is_frame(X_unlabeled):
            validate_data(self, X_unlabeled, reset=False, skip_check_array=True)
            raw = read_frame(X_unlabeled)
        else:
            rows = validate_data(
                self, X_unlabeled, reset=False, dtype=np.float64, ensure_all_finite="allow-nan"
            )
            raw = [RawColumn(f"x{i}", "numeric", rows[:, i]) for i in range(rows.shape[1])]
        return raw, self._ask_fitted(X_unlabeled)

    def _ask_fitted(self, X: Table) -> FloatArray:
        """Ask the fitted teacher for its answers on a table."""
        if self._task == "classification":
            return class_probabilities(self.teacher_, X, self.classes_)
        return predictions(self.teacher_, X)

    def _transfer_set(
        self,
        raw: list[RawColumn],
        y: NDArray[Any] | None,
        sample_weight: FloatArray | None,
        teaching: Teaching,
        extra: tuple[list[RawColumn], FloatArray] | None,
        tables: dict[str, Table],
    ) -> TransferSet:
        """Encode all rows together, categories in the order of the teacher's answers."""
        targets = self._targets(teaching.answers, y)
        n = len(targets)
        extra_targets = None
        if extra is not None:
            raw = [_append(one, two) for one, two in zip(raw, extra[0], strict=True)]
            extra_targets = self._targets(extra[1], None)
        columns = describe_columns(raw)
        Z = encode(raw, columns)
        transfer = build_transfer_set(
            Z[:n],
            targets,
            sample_weight,
            Z_unlabeled=None if extra is None else Z[n:],
            unlabeled_targets=extra_targets,
        )
        self.columns_, ordered = order_categories(
            columns, transfer.Z, transfer.targets.reshape(len(transfer.Z), -1), transfer.weights
        )
        n_generated = n_generated_rows(
            transfer.Z,
            augmentation=self.augmentation,
            n_augmented=self.n_augmented,
            alpha=self.alpha,
            can_ask=teaching.facts["source"] != GIVEN,
            has_size_limit=self._has_size_limit(),
        )
        thresholds = self._thresholds(teaching, columns, is_named=is_frame(tables["X"]))
        real = replace(transfer, Z=ordered, thresholds=thresholds)
        if n_generated == 0:
            return real
        counted = np.arange(len(Z))
        if sample_weight is not None:
            counted = np.append(np.flatnonzero(sample_weight), counted[n:])
        mix, seed = mixer(tables), check_random_state(self.random_state).randint(2**31)

        def plan(n_rows: int, turn: int, may_start: BoolArray | None) -> RowPlan:
            return plan_rows(
                transfer.Z.astype(np.float64, copy=False),  # whose codes do not hang on the answers
                transfer.weights,
                n_rows,
                is_category=np.array([column.kind == "category" for column in columns]),
                rng=np.random.default_rng([seed, turn]),
                may_start=may_start,
            )

        def more_rows(
            may_start: BoolArray, n_rows: int, wanted: Callable[[FloatArray], BoolArray]
        ) -> tuple[FloatArray, FloatArray]:
            numbers = plan(n_rows, 1, may_start).numbers
            rows = ordered[numbers, np.arange(ordered.shape[1])]
            chosen = wanted(rows)
            if not chosen.any():
                return rows[:0], transfer.targets[:0]
            answers = self._ask_in_batches(mix, counted[numbers[chosen]])
            return rows[chosen], self._targets(answers, None)

        first = plan(n_generated, 0, None)
        answers = self._ask_in_batches(mix, counted[first.numbers])
        if y is not None and teaching.facts["source"] == FROZEN:
            labeled = counted[: real.n_labeled]
            real = weigh_by_memory(
                real,
                teaching.answers.reshape(n, -1)[labeled],
                self._labels_as_targets(y)[labeled],
                answers.reshape(n_generated, -1),
                first.start,
            )
        if self.n_augmented == "auto":
            real = replace(real, more_rows=more_rows)
        return add_generated_rows(real, first.numbers, self._targets(answers, None), first.weight)

    @staticmethod
    def _thresholds(
        teaching: Teaching, columns: Sequence[Column], *, is_named: bool
    ) -> list[FloatArray] | None:
        """Give the teacher's own thresholds of numeric columns, if it is an ensemble of trees."""
        if teaching.facts["source"] == GIVEN:
            return None
        names = [column.name for column in columns] if is_named else None
        found = split_thresholds(teaching.teacher, names)
        if found is None or len(found) != len(columns):
            return None
        is_numeric = [column.kind == "numeric" for column in columns]
        return [t if keep else t[:0] for t, keep in zip(found, is_numeric, strict=True)]

    def _has_size_limit(self) -> bool:
        """Tell whether the student is limited in size, or may repeat all its rows."""
        params = self.get_params(deep=False)
        limits = [params[name] for name in ("max_leaf_nodes", "max_depth") if name in params]
        return not limits or any(limit is not None for limit in limits)

    def _ask_in_batches(
        self, mix: Callable[[NDArray[np.intp]], Table], numbers: NDArray[np.intp]
    ) -> FloatArray:
        """Ask the fitted teacher about generated rows, some at a time."""
        answers = []
        for start in range(0, len(numbers), BATCH):
            rows = mix(numbers[start : start + BATCH])
            try:
                answers.append(self._ask_fitted(rows))
            except TeacherError as error:
                msg = (
                    f"{error} These rows were generated near those of X, from row {start} of the "
                    "generated ones on; set augmentation=None to do without them."
                )
                raise TeacherError(msg) from error
        return np.concatenate(answers)

    def get_metadata_routing(self) -> MetadataRouter:
        """Give the routing of metadata to the teacher and the splitter.

        Returns
        -------
        routing : MetadataRouter
            The routing, as scikit-learn's user guide describes it.
        """
        return (
            MetadataRouter(owner=self)
            .add_self_request(self)
            .add(
                teacher=self._teacher_to_fit(None),
                method_mapping=MethodMapping().add(caller="fit", callee="fit"),
            )
            .add(
                splitter=check_cv(self.cv),
                method_mapping=MethodMapping().add(caller="fit", callee="split"),
            )
        )

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = self._teacher_takes_missing()
        tags.input_tags.sparse = False
        tags.target_tags.required = not is_frozen(self.teacher)
        return tags


def _as_array(raw: list[RawColumn]) -> FloatArray:
    return np.column_stack([column.values for column in raw])


def _append(one: RawColumn, two: RawColumn) -> RawColumn:
    """Put unlabelled values under the labelled ones of the same column."""
    if (one.kind == "category") != (two.kind == "category"):
        msg = (
            f"Column {one.name!r} is read as {one.kind} in X and as {two.kind} in X_unlabeled. "
            "Give both the same type."
        )
        raise InvalidInputError(msg)
    return RawColumn(one.name, one.kind, np.concatenate([one.values, two.values]))

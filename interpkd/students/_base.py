"""What all students share: reading the table, asking the teacher, predicting."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from abc import ABC, abstractmethod
from copy import copy
from dataclasses import replace
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.model_selection import check_cv
from sklearn.pipeline import Pipeline
from sklearn.utils import get_tags
from sklearn.utils.metadata_routing import MetadataRouter, MethodMapping
from sklearn.utils.validation import check_array, check_is_fitted, validate_data

from interpkd._collections import is_collection
from interpkd._fingerprint import fingerprint, unwrap
from interpkd._saved_state import take_classes
from interpkd._structure import read_object_array
from interpkd._tables import RawColumn, RawMatrix, encode, has_nan, is_frame, read_frame
from interpkd._validation import (
    HasMethods,
    Interval,
    StrOptions,
    fit_context,
    num_samples,
)
from interpkd.exceptions import InvalidInputError
from interpkd.students._checks import check_labels, check_weights
from interpkd.students._columns import make_encoder, read_monotonic_cst
from interpkd.students._from_collection import fit_from_collection
from interpkd.students._progress import progress_of
from interpkd.students._questions import check_metadata, choose_teacher, route_metadata
from interpkd.students._shown import ShownStudent
from interpkd.students._state import (
    TeacherLeftBehind,
    example_rows,
    take_facts,
    take_reference,
)
from interpkd.students._teaching import Teaching, teach_classifier, teach_regressor
from interpkd.students._transfer import Recipe, Rows, make_transfer_set
from interpkd.students._unfitted import unfitted_if_it_fails
from interpkd.targets import Ledger, RowNames
from interpkd.teachers import is_frozen

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray
    from sklearn.utils import Tags

    from interpkd._typing import FloatArray, Table
    from interpkd.learners import Blocks, Sketch
    from interpkd.targets import TransferSet


class BaseDistilled(ShownStudent, BaseEstimator, ABC):
    """Base of all students; a subclass owns `_fit_student` and how it predicts."""

    teacher_: Any = TeacherLeftBehind()  # until `fit` gives the student its own
    _task: ClassVar[str]
    # of matrices in `fit`, and of those that are asked about: the first if none
    _dtypes: ClassVar[list[type[np.floating[Any]]]] = [np.float64]
    _dtypes_asked: ClassVar[list[type[np.floating[Any]]]] = [np.float64, np.float32]
    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "teacher": [HasMethods(["fit"]), None],
        "alpha": [Interval(Real, 0, 1, closed="both")],
        "temperature": [Interval(Real, 0, None, closed="neither")],
        "cv": ["cv_object"],
        "augmentation": [StrOptions({"auto", "neighbours"}), None],
        "n_augmented": [StrOptions({"auto"}), Interval(Integral, 0, None, closed="left")],
        "monotonic_cst": ["array-like", dict, StrOptions({"teacher"}), None],
        "random_state": ["random_state"],
        "n_jobs": [Integral, None],
        "verbose": ["verbose"],
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
        checkpoint: str | os.PathLike[str] | None = None,
        **params: Any,
    ) -> Self:
        """Fit the student to its teacher's answers.

        Parameters
        ----------
        X : array-like or data frame of shape (n_samples, n_features), or data set
            Training rows. Data frames (pandas, polars, pyarrow) may hold category columns; both
            may hold missing values. A ``pyarrow.dataset.Dataset`` or a Dask DataFrame or Array is
            read part by part; `y`, `sample_weight` and `teacher_proba` are then names of its
            columns, all others are features, and `X_unlabeled` is another one of these features.
            Beside a Dask collection `y` and `sample_weight` may be Dask collections of the same
            partitions. The student is the one of the same rows in memory.

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

        teacher_proba : array-like or data frame of shape (n_samples, n_classes), default=None
            The teacher's probabilities (for a regression: predictions, shape (n_samples,)) on `X`,
            when they are all that is at hand. Columns are in sorted order of the labels; those of
            a data frame are named after them and may be in any order. No teacher is questioned:
            there are no generated rows, and no leakage can be measured.

        checkpoint : path-like or None, default=None
            A folder in which a fit to a data set keeps what is done of it. The same fit, begun
            again with it after whatever has ended it, goes on from there.

        **params : dict
            Metadata for the teacher's `fit` and for the splitter, such as `groups`, with metadata
            routing enabled.

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
        if is_collection(X):
            return self._fit_collection(
                X,
                y,
                sample_weight=sample_weight,
                X_unlabeled=X_unlabeled,
                teacher_proba=teacher_proba,
                checkpoint=checkpoint,
                params=params,
            )
        check_metadata(self, params)
        if checkpoint is not None:
            msg = "checkpoint is for fits to a data set or a Dask collection; X is in memory."
            raise InvalidInputError(msg)
        with unfitted_if_it_fails(self):
            if hasattr(self, "teacher_reference_"):  # of a file that it was loaded from
                del self.teacher_reference_
            y = check_labels(self, X, y, teacher_proba)
            y = None if y is None else self._check_target(y)
            raw = self._read(X, reset=True)
            sample_weight = check_weights(sample_weight, raw)
            asked = X if is_frame(X) or isinstance(X, np.ndarray) else _as_array(raw)
            ledger = Ledger(self._task)
            teaching = self._ask_teacher(
                asked, y, raw, sample_weight, teacher_proba, params, ledger
            )
            self.teacher_ = teaching.teacher
            if teaching.classes is not None:
                self.classes_ = teaching.classes
            rows = Rows(raw, y, sample_weight, {"X": asked})
            if X_unlabeled is not None:
                rows = self._with_unlabeled(rows, X_unlabeled, ledger)
            transfer = self._transfer_set(teaching, rows, ledger)
            self.distillation_ = self._facts(teaching, transfer)
            signs = read_monotonic_cst(
                self.monotonic_cst, self.columns_, self.teacher_, is_named=is_frame(asked)
            )
            self.student_ = self._plain_model(self._fit_student(transfer, signs), raw)
            # a student may have asked about more rows
            self.distillation_["n_teacher_queries"] = ledger.n_rows
            self.distillation_["n_teacher_calls"] = ledger.n_calls
        return self

    def _fit_collection(self, X: Any, y: Any, **how: Any) -> Self:
        """Fit to rows that are read part by part."""
        with unfitted_if_it_fails(self):
            if hasattr(self, "teacher_reference_"):
                del self.teacher_reference_
            fit_from_collection(self, X, y, **how)
        return self

    def _block_thresholds(
        self,
        sketch: Sketch,  # noqa: ARG002 - for subclasses
        candidates: Sequence[FloatArray] | None,  # noqa: ARG002
    ) -> Sequence[FloatArray] | None:
        """Choose what rows in blocks are coded with; None for rows as they are.

        Asked twice: before the categories are in order, and with the targets afterwards. The
        thresholds of numbers must be the same both times.
        """
        return None

    def _fit_blocks(
        self,
        blocks: Blocks,
        sketch: Sketch,
        signs: NDArray[np.int8] | None,
    ) -> Any:
        """Fit and return the plain estimator on blocks; subclasses that can own this.

        One whose rows are coded takes `thresholds` as well, a sequence of ndarray.

        Parameters
        ----------
        blocks : Blocks
            "Z", or "codes" where `_block_thresholds` gave some; "targets" in float32, of two
            classes those of the second; "weights" where they are not all 1.

        sketch : Sketch
            Of the same rows, with targets.

        signs : ndarray of shape (n_features,) or None
            Monotone constraints.
        """
        raise NotImplementedError

    def _takes_blocks(self) -> bool:
        return type(self)._fit_blocks is not BaseDistilled._fit_blocks  # noqa: SLF001

    def _facts(self, teaching: Teaching, transfer: TransferSet) -> dict[str, Any]:
        """Sum up how the student is taught."""
        facts = {
            **teaching.facts,
            "alpha": float(self.alpha),
            "temperature": float(self.temperature),
            "n_labeled": transfer.n_labeled,
            "n_unlabeled": transfer.n_unlabeled,
            "n_augmented": transfer.n_generated,
        }
        if transfer.label_memory is not None:
            facts["label_memory"] = transfer.label_memory
        return facts

    def _plain_model(self, core: Any, raw: list[RawColumn]) -> Any:
        """Put the transformer that the plain estimator needs in front of it."""
        encoder = make_encoder(self.columns_, raw)
        return core if encoder is None else Pipeline([("columns", encoder), ("student", core)])

    def _to_state(self) -> dict[str, Any]:
        """Give the fitted attributes that the student's document lacks, for a file.

        Plain values, arrays, and lists and mappings of them; subclasses add their own.
        """
        state: dict[str, Any] = {
            "distillation_": dict(self.distillation_),
            "teacher_reference_": self._teacher_reference(),
        }
        if hasattr(self, "classes_"):
            state["classes_"] = self.classes_
        if "teacher_" in vars(self) and self.teacher_ is None:
            state["teacher_"] = None
        return state

    @classmethod
    def _from_state(
        cls, parameters: Mapping[str, Any], state: Mapping[str, Any], read: Any
    ) -> Self:
        """Build a fitted student from a file.

        Parameters
        ----------
        parameters : mapping
            All parameters but `teacher`.

        state : mapping
            What `_to_state` gave; anybody may have written it since.

        read : ReadStudent
            The document, read and checked.

        Returns
        -------
        student : object
            The student, without its teacher.
        """
        student = cls(**parameters)
        student._validate_params()
        student.columns_, student.n_features_in_ = read.columns_, len(read.columns_)
        if hasattr(read, "feature_names_in_"):
            student.feature_names_in_ = read.feature_names_in_
        if hasattr(read, "classes_"):
            student.classes_ = take_classes(state, "classes_", read.classes_)
        if "teacher_" in state:
            student.teacher_ = None  # there was none, only its answers
        student.teacher_reference_ = take_reference(state, "teacher_reference_")
        student.distillation_ = take_facts(state, "distillation_")
        core = student._rebuild(state, read)
        student.student_ = student._plain_model(core, example_rows(student.columns_))
        return student

    def _rebuild(self, state: Mapping[str, Any], read: Any) -> Any:
        """Set the fitted attributes of its kind, and give the plain estimator.

        Students whose numbers are in their document have this method.
        """
        msg = f"A {type(self).__name__} is not built from a file: its model may be of any kind."
        raise NotImplementedError(msg)

    def _teacher_reference(self) -> dict[str, Any]:
        """Say which teacher it was, to those who will not have it."""
        if hasattr(self, "teacher_reference_"):
            return dict(self.teacher_reference_)
        teacher = unwrap(self.teacher_)
        kind = type(teacher)
        return {
            "type": None if teacher is None else f"{kind.__module__}.{kind.__qualname__}",
            **fingerprint(self.teacher_),
            "takes_missing": self._teacher_takes_missing(),
        }

    def _without_teacher(self) -> Self:
        """Give the fitted student as it travels to predict elsewhere."""
        light = copy(self)
        light.teacher_reference_ = {"takes_missing": self._teacher_takes_missing()}
        light.teacher = None
        light.__dict__.pop("teacher_", None)
        return light

    @abstractmethod
    def _fit_student(self, transfer: TransferSet, signs: NDArray[np.int8] | None) -> Any:
        """Fit and return the plain estimator on the encoded matrix; subclasses own this."""

    @abstractmethod
    def _labels_as_targets(self, y: NDArray[Any]) -> FloatArray:
        """Give labels in the shape of soft targets; each task owns this."""

    @abstractmethod
    def _targets(self, answers: FloatArray, y: NDArray[Any] | None) -> FloatArray:
        """Turn answers into soft targets; each task owns this."""

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
            dtypes = self._dtypes if reset else self._dtypes_asked
            X = validate_data(self, X, reset=reset, dtype=dtypes, ensure_all_finite="allow-nan")
            return RawMatrix(X)
        for column in raw:
            if column.kind != "category" and np.isinf(column.values).any():
                msg = f"Input X contains infinity: column {column.name!r}, row "
                raise InvalidInputError(msg + f"{int(np.isinf(column.values).argmax())}.")
        return raw

    def _encode(self, X: Table) -> FloatArray:
        """Give the encoded matrix; one of singles stays so, and is made doubles of by blocks."""
        check_is_fitted(self)
        Z = encode(self._read(X, reset=False), self.columns_)
        knows_missing = any(column.has_missing for column in self.columns_)
        if not (knows_missing or self._teacher_takes_missing()) and has_nan(Z):
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
        if hasattr(self, "teacher_reference_"):  # a loaded student: what it said when saved
            return bool(self.teacher_reference_["takes_missing"])
        teacher = self.teacher
        if teacher is None or is_frozen(teacher) or hasattr(teacher, "steps"):
            return True
        return bool(get_tags(teacher).input_tags.allow_nan)

    def _default_teacher(self, raw: list[RawColumn]) -> Any:
        """Give the unfitted teacher of a student that was given none."""
        return choose_teacher(None, self._task, raw)

    def _ask_teacher(
        self,
        X: Table,
        y: NDArray[Any] | None,
        raw: list[RawColumn],
        sample_weight: FloatArray | None,
        teacher_proba: ArrayLike | None,
        params: dict[str, Any],
        ledger: Ledger,
    ) -> Teaching:
        teacher = self.teacher
        if teacher_proba is None and teacher is None:
            teacher = self._default_teacher(raw)
        fit_params, split_params = route_metadata(self, teacher, sample_weight, params)
        teach = teach_classifier if self._task == "classification" else teach_regressor
        verbose = getattr(self, "verbose", 0)
        with progress_of("Fitting the teacher, fold by fold", verbose) as progress:
            return teach(
                teacher,
                X,
                y,
                teacher_proba=teacher_proba,
                n_samples=len(raw[0].values),
                ledger=ledger,
                cv=self.cv,
                fit_params=fit_params,
                split_params=split_params,
                sample_weight=sample_weight,
                n_jobs=getattr(self, "n_jobs", None),
                progress=progress,
            )

    def _with_unlabeled(self, rows: Rows, X_unlabeled: Table, ledger: Ledger) -> Rows:
        """Read unlabelled rows and ask the fitted teacher about them."""
        if self.teacher_ is None:
            msg = "X_unlabeled needs a teacher that can be asked; teacher_proba covers X only."
            raise InvalidInputError(msg)
        if is_frame(X_unlabeled):
            validate_data(self, X_unlabeled, reset=False, skip_check_array=True)
            raw = read_frame(X_unlabeled)
        else:
            Z = validate_data(
                self, X_unlabeled, reset=False, dtype=np.float64, ensure_all_finite="allow-nan"
            )
            raw = [RawColumn(f"x{i}", "numeric", Z[:, i]) for i in range(Z.shape[1])]
        table = X_unlabeled if is_frame(X_unlabeled) else _as_array(raw)
        asked = X_unlabeled if isinstance(X_unlabeled, np.ndarray) else table
        answers = ledger.ask(self.teacher_, asked, RowNames("X_unlabeled"))
        tables = {**rows.tables, "X_unlabeled": table}
        return replace(rows, tables=tables, unlabeled=(raw, answers))

    def _transfer_set(self, teaching: Teaching, rows: Rows, ledger: Ledger) -> TransferSet:
        """Put the rows together on which the student meets its teacher, and note the columns."""
        recipe = Recipe(
            augmentation=self.augmentation,
            n_augmented=self.n_augmented,
            alpha=self.alpha,
            random_state=self.random_state,
            has_size_limit=self._has_size_limit(),
            to_targets=self._targets,
            labels_as_targets=self._labels_as_targets,
            ledger=ledger,
        )
        transfer, self.columns_ = make_transfer_set(recipe, teaching, rows)
        return transfer

    def _has_size_limit(self) -> bool:
        """Tell whether the student is limited in size, or may repeat all its rows."""
        params = self.get_params(deep=False)
        limits = [params[name] for name in ("max_leaf_nodes", "max_depth") if name in params]
        return not limits or any(limit is not None for limit in limits)

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
                teacher=choose_teacher(self.teacher, self._task),
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
    # sparse rows have a matrix too, and no values by column
    matrix: FloatArray | None = getattr(raw, "matrix", None)
    return np.column_stack([column.values for column in raw]) if matrix is None else matrix

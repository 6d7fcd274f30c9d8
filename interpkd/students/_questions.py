"""Who the teacher of one fit is, what metadata it gets, and how it is asked."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.utils.metadata_routing import process_routing
from sklearn.utils.validation import has_fit_parameter

from interpkd._asking import class_probabilities, predictions
from interpkd._validation import is_routing_enabled
from interpkd.exceptions import DistillationWarning, TeacherError
from interpkd.teachers import default_teacher, is_frozen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

    from interpkd._tables import RawColumn
    from interpkd._typing import FloatArray, Table

BATCH = 20_000
"""Generated rows that a teacher is asked about at a time."""


def choose_teacher(teacher: Any, task: str, columns: Iterable[RawColumn] = ()) -> Any:
    """Give the user's teacher, or the default one for such a table.

    Parameters
    ----------
    teacher : estimator or None
        The student's parameter.

    task : {"classification", "regression"}
        The student's task.

    columns : iterable of RawColumn, default=()
        The table that the teacher is to be fitted on.

    Returns
    -------
    teacher : estimator
        The teacher.
    """
    if teacher is not None:
        return teacher
    has_categories = any(column.kind == "category" for column in columns)
    teacher = default_teacher(task, has_categories=has_categories)
    if is_routing_enabled():
        # the user never holds this teacher, and so could not ask for its weights
        teacher.set_fit_request(sample_weight=True)
    return teacher


def route_metadata(
    student: Any, teacher: Any, sample_weight: FloatArray | None, params: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Give the metadata for the teacher's `fit` and for the splitter.

    Parameters
    ----------
    student : estimator
        The student, which knows who asked for what.

    teacher : estimator or None
        The teacher; None when only its scores are at hand.

    sample_weight : ndarray of shape (n_samples,) or None
        Row weights.

    params : dict
        The rest of what was handed to `fit`; empty unless metadata routing is enabled.

    Returns
    -------
    fit_params, split_params : dict
        For the teacher, and for the splitter.
    """
    if is_routing_enabled():
        if sample_weight is not None:
            params = {**params, "sample_weight": sample_weight}
        if not params:
            return {}, {}
        routed = process_routing(student, "fit", **params)
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


def ask_fitted(teacher: Any, X: Table, classes: NDArray[Any] | None) -> FloatArray:
    """Ask a fitted teacher for its answers on a table; without classes it is a regression."""
    if classes is None:
        return predictions(teacher, X)
    return class_probabilities(teacher, X, classes)


def ask_in_batches(
    ask: Callable[[Table], FloatArray],
    mix: Callable[[NDArray[np.intp]], Table],
    numbers: NDArray[np.intp],
) -> FloatArray:
    """Ask the fitted teacher about generated rows, some at a time."""
    answers = []
    for start in range(0, len(numbers), BATCH):
        rows = mix(numbers[start : start + BATCH])
        try:
            answers.append(ask(rows))
        except TeacherError as error:
            msg = (
                f"{error} These rows were generated near those of X, from row {start} of the "
                "generated ones on; set augmentation=None to do without them."
            )
            raise TeacherError(msg) from error
    return np.concatenate(answers)

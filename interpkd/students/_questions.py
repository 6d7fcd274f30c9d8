"""Who the teacher of one fit is, and what metadata it gets."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from sklearn.utils.metadata_routing import process_routing
from sklearn.utils.validation import has_fit_parameter

from interpkd._validation import is_routing_enabled, raise_for_params
from interpkd.exceptions import DistillationWarning, InvalidInputError
from interpkd.teachers import default_teacher, is_frozen

if TYPE_CHECKING:
    from collections.abc import Iterable

    from interpkd._tables import RawColumn
    from interpkd._typing import FloatArray


def check_metadata(student: Any, params: dict[str, Any]) -> None:
    """Refuse metadata while its routing is off, and say how groups get to the splitter.

    Parameters
    ----------
    student : estimator
        The student.

    params : dict
        What was handed to `fit` beyond its own parameters.

    Raises
    ------
    InvalidInputError
        If there are groups and metadata routing is off; scikit-learn raises for any other.
    """
    if "groups" in params and not is_routing_enabled():
        msg = (
            "groups reach the splitter ('cv') by metadata routing, which is off. Switch it on, "
            "sklearn.set_config(enable_metadata_routing=True), with a splitter that takes groups, "
            "such as cv=GroupKFold(5); or pass the splits themselves: "
            "cv=list(GroupKFold(5).split(X, y, groups))."
        )
        raise InvalidInputError(msg)
    raise_for_params(params, student, "fit")


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

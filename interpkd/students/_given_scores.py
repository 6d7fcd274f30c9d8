"""Scores that are all there is of a teacher: what their columns mean."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd._tables import is_frame
from interpkd._validation import check_probabilities
from interpkd.exceptions import InvalidInputError
from interpkd.teachers import is_frozen

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from interpkd._typing import FloatArray


def read_probabilities(
    teacher_proba: ArrayLike, classes: NDArray[Any] | None, *, n_samples: int
) -> tuple[FloatArray, NDArray[Any]]:
    """Check given probabilities and put them in the order of the classes.

    Parameters
    ----------
    teacher_proba : array-like or data frame of shape (n_samples, n_classes)
        The scores. The columns of a data frame are named after the classes and may be in any
        order; those of an array are in the order of `classes`.

    classes : ndarray of shape (n_classes,) or None
        The classes; None where nothing but the scores tells them.

    n_samples : int
        The number of rows.

    Returns
    -------
    proba : ndarray of shape (n_samples, n_classes)
        Checked probabilities.

    classes : ndarray of shape (n_classes,)
        What the columns stand for: the names of a data frame's columns, and 0, 1, … for an array,
        if nothing else was known.

    Raises
    ------
    InvalidInputError
        If there are not as many columns as classes, or a data frame names others.

    TeacherError
        If the scores are no probabilities.
    """
    if is_frame(teacher_proba):
        teacher_proba, classes = _in_order_of(classes, teacher_proba)
    P = check_probabilities(teacher_proba, n_samples=n_samples, source="teacher_proba")
    if classes is None:
        classes = np.arange(P.shape[1])
    if len(classes) != P.shape[1]:
        msg = (
            f"teacher_proba has {P.shape[1]} columns, but there are {len(classes)} classes: "
            f"{classes.tolist()}. Give one column per class, in sorted order of the labels."
        )
        raise InvalidInputError(msg)
    return P, classes


def no_unfitted_teacher_beside_scores(teacher: Any) -> None:
    """Refuse a teacher that is still to be fitted: its answers would not be the scores."""
    if teacher is not None and not is_frozen(teacher):
        msg = (
            "teacher_proba was given together with a teacher that is to be fitted. Leave the "
            "teacher out, or pass the fitted one in a FrozenEstimator."
        )
        raise InvalidInputError(msg)


def _in_order_of(classes: NDArray[Any] | None, scores: Any) -> tuple[NDArray[Any], NDArray[Any]]:
    """Take the columns of a data frame in the order of the classes that they are named after."""
    import narwhals.stable.v1 as nw

    frame = nw.from_native(scores, eager_only=True)
    # pandas may name columns by numbers, the other libraries by texts only
    is_pandas = nw.dependencies.is_pandas_dataframe(scores)
    names = scores.columns.tolist() if is_pandas else frame.columns
    texts = [str(name) for name in names]
    if classes is None:
        is_of_one_type = len({type(name) for name in names}) == 1
        classes = np.unique(np.array(names if is_of_one_type else texts))
    wanted = [str(label) for label in classes.tolist()]
    if sorted(texts) != sorted(wanted):
        msg = (
            f"teacher_proba is a data frame with the columns {texts}, and the classes are "
            f"{wanted}. Name one column after each class, or pass an array whose columns are in "
            "sorted order of the labels."
        )
        raise InvalidInputError(msg)
    values = scores.to_numpy() if is_pandas else frame.to_numpy()
    return values[:, [texts.index(label) for label in wanted]], classes

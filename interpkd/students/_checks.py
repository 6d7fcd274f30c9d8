"""What is checked of labels and weights before anything is asked or fitted."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd._validation import check_sample_weight, check_target, num_samples
from interpkd.exceptions import InvalidInputError
from interpkd.teachers import is_frozen

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from interpkd._tables import RawColumn
    from interpkd._typing import FloatArray, Table


def check_labels(
    student: Any, X: Table, y: ArrayLike | None, teacher_proba: ArrayLike | None
) -> NDArray[Any] | None:
    """Check the target, and that there is one when it is needed.

    Parameters
    ----------
    student : estimator
        The student; its `teacher` and `alpha` say whether labels are needed.

    X : array-like or data frame of shape (n_samples, n_features)
        The rows.

    y : array-like of shape (n_samples,) or None
        Labels or target values.

    teacher_proba : array-like or None
        The teacher's scores, where they are given.

    Returns
    -------
    y : ndarray of shape (n_samples,) or None
        The target, None where there is none and none is needed.

    Raises
    ------
    InvalidInputError
        If labels are needed and lacking, or not as many as rows.
    """
    if y is None:
        if not is_frozen(student.teacher) and teacher_proba is None:
            msg = (
                f"This {type(student).__name__} estimator requires y to be passed, but the "
                "target y is None. It may be left out for a frozen teacher (FrozenEstimator, "
                "as_teacher) and with teacher_proba."
            )
            raise InvalidInputError(msg)
        if student.alpha > 0:
            msg = (
                f"alpha={student.alpha} weighs the true labels, but y is None. Pass y, or set "
                "alpha=0."
            )
            raise InvalidInputError(msg)
        return None
    y = check_target(y, estimator=student)
    if len(y) != num_samples(X):
        msg = (
            "Found input variables with inconsistent numbers of samples: X has "
            f"{num_samples(X)} rows and y has {len(y)}."
        )
        raise InvalidInputError(msg)
    return y


def check_weights(sample_weight: ArrayLike | None, raw: list[RawColumn]) -> FloatArray | None:
    """Check the row weights: at least 0, and above 0 somewhere."""
    if sample_weight is None:
        return None
    weights: FloatArray = check_sample_weight(
        sample_weight, raw[0].values, dtype=np.float64, ensure_non_negative=True
    )
    if not weights.any():
        msg = "sample_weight is 0 on every row; at least one row must count."
        raise InvalidInputError(msg)
    return weights

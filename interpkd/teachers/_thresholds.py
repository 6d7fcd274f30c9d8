"""Where a tree ensemble may change its mind: the thresholds of its splits.

Along one column, the others held still, an ensemble of trees is constant between two neighbouring
thresholds. Somewhere between two values of the data a student must put its own threshold; where
the teacher has one there, that is the place at which the teacher's answer changes.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd.exceptions import InterpkdError
from interpkd.teachers._tree_ensemble import tree_ensemble
from interpkd.teachers._unwrap import plain_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from interpkd._typing import FloatArray


def split_thresholds(teacher: Any, names: Sequence[str] | None = None) -> list[FloatArray] | None:
    """Give the thresholds at which a tree ensemble splits each of its columns.

    Parameters
    ----------
    teacher : estimator
        A fitted teacher; a frozen one is looked into.

    names : sequence of str or None, default=None
        Columns of the table in their order, for a teacher that was trained on named columns in
        another order. None for the teacher's own order.

    Returns
    -------
    thresholds : list of ndarray, or None
        Per column, rising and without repetition: values up to and with the threshold go one
        way, values above it the other. Splits on categories are left out. None for a teacher
        that :func:`tree_ensemble` cannot read.

    Examples
    --------
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from interpkd.teachers import split_thresholds
    >>> tree = DecisionTreeClassifier().fit([[1.0, 0.0], [2.0, 0.0]], [0, 1])
    >>> [column.tolist() for column in split_thresholds(tree)]
    [[1.5], []]
    """
    try:
        ensemble = tree_ensemble(teacher)
    except InterpkdError:  # no trees, or none that tell where the answer changes
        return None
    by_number = (ensemble.feature >= 0) & (ensemble.category_set < 0)
    feature, threshold = ensemble.feature[by_number], ensemble.threshold[by_number]
    order = np.lexsort((threshold, feature))
    ends = np.searchsorted(feature[order], np.arange(1, ensemble.n_features))
    own = [np.unique(one) for one in np.split(threshold[order], ends)]
    return _in_order(own, ensemble.names, names)


thresholds = split_thresholds  # the same under the shorter name


def _in_order(
    found: list[FloatArray], own: Any, names: Sequence[str] | None
) -> list[FloatArray] | None:
    """Put the columns into the order of a table."""
    if names is None or own is None:
        return found if names is None or len(names) == len(found) else None
    at = {plain_name(name): i for i, name in enumerate(own)}
    wanted = [plain_name(name) for name in names]
    if set(at) - set(wanted):
        return None
    return [found[at[name]] if name in at else np.empty(0) for name in wanted]

"""What each column that a student used adds to an adverse score, against a reference group.

A linear student and a scorecard add columns up: a column's contribution is what it adds less the
mean of what it adds in the group, exactly as the official interpretation of Regulation B words it
("fell furthest below the average score for each of those factors").

A tree compares a few columns, those on the row's path, and only these are players of the game: a
coalition keeps the row's values, and all else, players or not, has those of a row of the group. The
players' Shapley values, averaged over the group, share out how far the row's score is above the
group's mean. A column off the path is no player, so it never becomes a reason, as it may with SHAP
values of the whole row.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd._mixing import mixer
from interpkd._structure import leaf_paths
from interpkd.exceptions import InvalidInputError
from interpkd.explanation._logistic_sum import find_addends
from interpkd.explanation._tree_shap import path_shap

if TYPE_CHECKING:
    from interpkd._typing import FloatArray, Table
    from interpkd.explanation._decider import Decider
    from interpkd.explanation._reference import Reference

NOISE = 1e-9
"""Contributions up to this, times the largest where above one, are rounding errors."""


def contributions(decider: Decider, X: Table, reference: Reference) -> FloatArray:
    """Give what the columns of rows add to the adverse score against a reference group.

    Parameters
    ----------
    decider : Decider
        The student.

    X : ndarray or data frame of shape (n_samples, n_columns)
        Aligned rows.

    reference : Reference
        The group.

    Returns
    -------
    contributions : ndarray of shape (n_samples, n_columns)
        On the decider's scale, positive where a column speaks for the adverse class; exactly 0
        for a column that the student did not use on the row.
    """
    if decider.structure.is_tree:
        found = _of_tree(decider, decider.structure.encode(X), reference.Z)
    else:
        found = _of_sum(decider, X, reference.X)
    noise = NOISE * max(1.0, float(np.abs(found).max(initial=0.0)))
    return np.where(np.abs(found) <= noise, 0.0, found)


def _of_tree(decider: Decider, Z: FloatArray, group: FloatArray) -> FloatArray:
    core: Any = decider.structure.core
    # not by decision_path, which in scikit-learn 1.6 knows no route of missing values
    reach = dict(leaf_paths(core.tree_))
    out = np.zeros(Z.shape)
    for row, (z, leaf) in enumerate(zip(Z, core.apply(Z), strict=True)):
        players = {*reach[leaf]}
        out[row] = path_shap(core.tree_, group, z, players)[:, decider.adverse]
    return out


def _of_sum(decider: Decider, X: Table, group: Table) -> FloatArray:
    mix = mixer({"background": group, "X": X})
    addends = find_addends(
        lambda numbers: decider.log_odds(mix(numbers)),
        group.shape[0],
        X.shape[0],
        len(decider.structure.columns),
    )
    if addends is None:
        msg = (
            f"The log odds of {type(decider.student).__name__} are no sum over columns, so they "
            "have no contributions. Pass a tree, a linear student or a scorecard."
        )
        raise InvalidInputError(msg)
    return decider.unit * (addends.own - addends.background.mean(axis=0))

"""Whether an attribute can be told from the columns of the model: the screen for proxies."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.tree import DecisionTreeClassifier

from interpkd.audit._fairness_findings import CarryingColumn, ProxyScreen
from interpkd.export import coefficient_list
from interpkd.fidelity import estimate_share

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from interpkd._structure import Structure
    from interpkd._typing import FloatArray
    from interpkd.audit._fairness_cells import Attribute

MAX_ROWS = 20_000
"""Most rows of the screen; of more a sample is drawn."""

N_FOLDS = 3

MAX_VALUES = 10
"""Most values that are told apart, the most frequent ones."""

MAX_COLUMNS = 100
"""Most columns that are ranked."""


def screen_proxies(
    attributes: Sequence[Attribute],
    Z: FloatArray,
    student: Any,
    structure: Structure,
    *,
    min_cell: int,
    alpha: float,
    random_state: int,
) -> list[ProxyScreen]:
    """Try to tell each attribute from the columns of the model.

    A small gradient boosting is cross-validated, without the column that has the attribute's own
    name, on all columns and on those that the student uses; then a small tree on each column alone,
    so that two columns that say the same are both named. Rows count equally.

    Parameters
    ----------
    attributes : sequence of Attribute
        The attributes of the rows.

    Z : ndarray of shape (n_rows, n_columns)
        The rows, encoded.

    student : fitted estimator
        The student.

    structure : Structure
        The student taken apart.

    min_cell : int
        Fewest rows of a value that is to be told.

    alpha : float
        One minus the confidence of the accuracy's interval.

    random_state : int
        Seed of folds and samples.

    Returns
    -------
    screens : list of ProxyScreen
        One per attribute.
    """
    names = [column.name for column in structure.columns]
    used = used_columns(student, structure)
    return [
        _screen(one, Z, names, used, min_cell=min_cell, alpha=alpha, random_state=random_state)
        for one in attributes
    ]


def used_columns(student: Any, structure: Structure) -> list[int]:
    """Give the columns that a student uses.

    Parameters
    ----------
    student : fitted estimator
        The student.

    structure : Structure
        The student taken apart.

    Returns
    -------
    used : list of int
        Positions: the columns of a card, of a tree's splits, of coefficients other than 0; all of
        them where this cannot be told.
    """
    core, columns = structure.core, structure.columns
    if hasattr(student, "card_"):
        return sorted(int(k) for k in student.card_.model.columns)
    if structure.is_tree and core.n_features_in_ == len(columns):
        return sorted({int(k) for k in core.tree_.feature if k >= 0})
    if hasattr(core, "coef_") and structure.is_plain:
        names = {
            one.column
            for one in coefficient_list(student)
            if any(value != 0 for value in one.values)
        }
        return [k for k, column in enumerate(columns) if column.name in names]
    return list(range(len(columns)))


def _screen(
    attribute: Attribute,
    Z: FloatArray,
    names: list[str],
    used: list[int],
    *,
    min_cell: int,
    alpha: float,
    random_state: int,
) -> ProxyScreen:
    own = names.index(attribute.name) if attribute.name in names else None
    facts: dict[str, Any] = {
        "attribute": attribute.name,
        "is_input": own is not None,
        "is_used": own in used,
    }
    least = max(min_cell, N_FOLDS)
    rows, kept = _chosen_rows(attribute, least, random_state)
    columns = [k for k in range(len(names)) if k != own]
    if len(kept) < 2:
        why = f"fewer than two values have {least} rows"
        return ProxyScreen(**facts, not_computed=why)
    if not columns:
        return ProxyScreen(**facts, not_computed="the model has no other column")
    Z, t = Z[rows], np.searchsorted(kept, attribute.codes[rows])
    folds = StratifiedKFold(N_FOLDS, shuffle=True, random_state=random_state)
    boosting = HistGradientBoostingClassifier(
        max_iter=40, max_leaf_nodes=8, learning_rate=0.15, early_stopping=False,
        random_state=random_state,
    )  # fmt: skip
    P = _out_of_fold(boosting, Z[:, columns], t, folds)
    mine = [k for k in columns if k in used]
    Q = P if mine == columns else _out_of_fold(boosting, Z[:, mine], t, folds) if mine else None
    tree = DecisionTreeClassifier(max_leaf_nodes=8, min_samples_leaf=5, random_state=random_state)
    alone = [
        CarryingColumn(names[k], _auc(t, _out_of_fold(tree, Z[:, [k]], t, folds)), k in used)
        for k in columns[:MAX_COLUMNS]
    ]
    return ProxyScreen(
        **facts,
        n=len(rows),
        values=tuple(attribute.values[k] for k in kept),
        auc=_auc(t, P),
        auc_used=0.5 if Q is None else _auc(t, Q),
        accuracy=estimate_share(P.argmax(axis=1) == t, alpha=alpha),
        baseline=float(np.bincount(t).max() / len(t)),
        columns=tuple(sorted(alone, key=lambda one: -one.auc)),
    )


def _chosen_rows(
    attribute: Attribute, least: int, random_state: int
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Give the rows of the screen, and the values that are frequent enough to be told."""
    counts = np.bincount(attribute.codes, minlength=len(attribute.values))
    is_there = np.array([value is not None for value in attribute.values])
    able = np.flatnonzero((counts >= least) & is_there)
    kept = np.sort(able[np.argsort(-counts[able], kind="stable")][:MAX_VALUES])
    rows = np.flatnonzero(np.isin(attribute.codes, kept))
    if len(rows) > MAX_ROWS:
        rng = np.random.default_rng(random_state)
        rows = np.sort(rng.choice(rows, size=MAX_ROWS, replace=False))
        counts = np.bincount(attribute.codes[rows], minlength=len(attribute.values))
        kept = kept[counts[kept] >= N_FOLDS]
        rows = rows[np.isin(attribute.codes[rows], kept)]
    return rows, kept


def _out_of_fold(
    model: Any, Z: FloatArray, t: NDArray[np.intp], folds: StratifiedKFold
) -> FloatArray:
    # a column that is missing everywhere is no number to scikit-learn's trees
    Z = np.where(np.isnan(Z).all(axis=0), 0.0, Z)
    return np.asarray(cross_val_predict(model, Z, t, cv=folds, method="predict_proba"))


def _auc(t: NDArray[np.intp], P: FloatArray) -> float:
    """Give the area under the curve; of more than two values the mean of one-vs-rest areas."""
    areas = [roc_auc_score(t == k, P[:, k]) for k in np.unique(t)]
    return float(np.mean(areas))

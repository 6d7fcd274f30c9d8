"""From a transfer set to a tree: bin, grow or search, and read the tree off in values."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd.learners import _large_search
from interpkd.learners._binning import bin_rows
from interpkd.learners._growth_blocks import in_blocks
from interpkd.learners._growth_rows import GrowthRows
from interpkd.learners._monotone import in_order
from interpkd.learners._objective import summed_rows
from interpkd.learners._tree_growth import Grower, limits_of
from interpkd.learners._tree_model import LEAF, TreeModel
from interpkd.learners._tree_refinement import Refiner
from interpkd.learners._tree_search import EFFORTS, search_tree

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from interpkd._typing import FloatArray, IntArray
    from interpkd.learners._binning import Binned
    from interpkd.learners._code_tree import CodeTree
    from interpkd.learners._objective import Objective
    from interpkd.learners._tree_growth import Limits


def fit_tree(
    Z: FloatArray,
    targets: FloatArray,
    weights: FloatArray,
    *,
    is_regression: bool,
    max_leaf_nodes: int,
    max_depth: int | None,
    min_samples_leaf: int,
    min_impurity_decrease: float = 0.0,
    monotonic_cst: NDArray[np.int8] | None = None,
    effort: str,
    decision_weight: float | None,
    cutoff: float,
    random_state: np.random.RandomState,
    counts: FloatArray | None = None,
    candidates: Sequence[FloatArray] | None = None,
    tables: Sequence[NDArray[np.uint64] | None] | None = None,
    progress: Callable[[int, int], object] | None = None,
) -> TreeModel:
    """Search for the tree of a given size that imitates the targets best.

    Parameters
    ----------
    Z : ndarray of shape (n_samples, n_features)
        Rows; NaN is missing.

    targets : ndarray of shape (n_samples, n_outputs)
        Class probabilities, or the values of a regression in one column.

    weights : ndarray of shape (n_samples,)
        Row weights, above 0.

    is_regression : bool
        What the targets are.

    max_leaf_nodes : int
        Most leaves.

    max_depth : int or None
        Most conditions along a path; None for no limit.

    min_samples_leaf : int
        Fewest rows in a leaf.

    min_impurity_decrease : float, default=0.0
        Splits of the result that together lower the squared error by less than this each, as a
        share of the weight of all rows, are cut.

    monotonic_cst : ndarray of shape (n_features,) or None, default=None
        1, 0 or -1 per feature: the last output may only rise, is free, may only fall along the
        known values of the feature.

    effort : {"refined", "balanced", "thorough"}
        How hard to search.

    decision_weight : float or None
        What one disagreement of decisions costs, in nats; None to set it from the data.

    cutoff : float
        With two classes the second is decided above it.

    random_state : RandomState
        Draws the perturbations.

    counts : ndarray of shape (n_samples,) or None, default=None
        How many rows each row counts for in `min_samples_leaf`: 0 for a generated one. None for
        one each.

    candidates : sequence of ndarray or None, default=None
        Per feature, rising: thresholds to take where the values leave a choice, such as those of
        an ensemble of trees that is imitated.

    tables : sequence of (ndarray of uint64 or None) or None, default=None
        Per feature, the hash of the category of each code, see `Sketch.of`; None for numbers.

    progress : callable or None, default=None
        Called with the steps done and all steps.

    Returns
    -------
    tree : TreeModel
        The best tree that was found; its values are mean targets.

    Notes
    -----
    Of more than 40,000 rows a sample of so many different ones is searched on, which depends on
    the rows and not on their order, as does the tree: sums are exact, of targets in float32. Of
    more than 200,000 the sample is smaller and has one start and no perturbations, so that the
    search costs about as much as growing on all rows: 8,000 rows, 250 for each leaf, or one row in
    125, whichever is most, but not above 40,000. (With ``effort="thorough"`` it stays what it is.)
    What was found is refined on 100,000 rows, and kept if it is better on all rows than the tree
    that grows on all rows.

    Examples
    --------
    >>> import numpy as np
    >>> from interpkd.learners import fit_tree
    >>> Z = np.arange(8.0)[:, None]
    >>> p = np.where(Z < 3, 0.9, 0.2)  # of the first class
    >>> tree = fit_tree(
    ...     Z, np.hstack([p, 1 - p]), np.ones(8), is_regression=False, max_leaf_nodes=2,
    ...     max_depth=None, min_samples_leaf=1, effort="refined", decision_weight=None, cutoff=0.5,
    ...     random_state=np.random.RandomState(0),
    ... )
    >>> float(tree.threshold[0])
    2.5
    """
    limits = limits_of(
        max_leaf_nodes if max_depth is None else min(max_leaf_nodes, 2 ** min(max_depth, 62)),
        max_depth,
        min_samples_leaf,
        min_impurity_decrease,
    )

    task: dict[str, Any] = {"is_regression": is_regression, "cutoff": cutoff}
    how: dict[str, Any] = {
        "decision_weight": decision_weight,
        "random_state": random_state,
        "progress": progress,
    }
    if len(Z) > _large_search.SEARCH_ROWS:
        told, largest = (targets, None) if is_regression else (_probabilities(targets), 1.0)
        data = in_blocks(Z, told, weights, counts, candidates, tables, largest=largest)
        large = _large_search.LargeSearch(*data, limits, signs=monotonic_cst, **task)
        return large.fit(effort, **how)
    rows, objective = summed_rows(Z, targets, weights, counts=counts, **task)
    binned = bin_rows(rows, objective.row_sums[:, 0], candidates)
    tree, objective = search_tree(
        binned, objective, limits, effort=EFFORTS[effort], signs=monotonic_cst, **how
    )
    refiner = Refiner(binned, objective, min_samples_leaf)

    def finished(tree: CodeTree) -> TreeModel:
        model = with_means(_in_values(tree, refiner, rows), Z, targets, weights)
        return model if monotonic_cst is None else in_order(model, monotonic_cst)

    if monotonic_cst is None:
        return finished(tree)
    # once answers are put in order, the tree that grew under the constraints may be the better one
    grown = _grown(binned, objective, limits, monotonic_cst)
    return min((finished(tree), finished(grown)), key=lambda model: _loss(model, objective, rows))


def _probabilities(targets: FloatArray) -> FloatArray:
    """Give probabilities without the first of two, which the second says."""
    return targets[:, 1:] if targets.shape[1] == 2 else targets


def _grown(
    binned: Binned, objective: Objective, limits: Limits, signs: NDArray[np.int8]
) -> CodeTree:
    """Give the greedy tree under monotone constraints, which are about the last output."""
    told = objective.weighted_targets[:, -1:]
    rows = GrowthRows(binned, told, objective.row_sums[:, 0].copy(), objective.counts)
    # of two classes each has half the impurity
    least = limits.min_decrease / objective.n_outputs
    grower = Grower(rows, replace(limits, min_decrease=least), signs=signs)
    grower.grow([rows.all_rows()])
    return grower.code_tree()


def _loss(model: TreeModel, objective: Objective, rows: FloatArray) -> float:
    """Give the loss of a tree's answers on the rows of an objective."""
    leaf = model.apply(rows)
    columns = [np.bincount(leaf, c, len(model.left)) for c in objective.row_sums.T]
    sums: FloatArray = np.stack(columns, axis=1).astype(np.float64)
    leaves = np.unique(leaf)
    return float(objective.leaf_losses(sums[leaves], model.value[leaves]).sum())


def _in_values(tree: CodeTree, refiner: Refiner, Z: FloatArray) -> TreeModel:
    """Give thresholds and sizes of a tree on codes; values are those of the search."""
    rows_of = refiner.rows_of(tree)
    sums = refiner.node_sums(tree)
    n_rows = np.rint(sums[:, -1]).astype(np.int64)
    threshold = np.full(len(tree.left), np.nan)
    missing_left = tree.missing_left.copy()
    for node in tree.inner:
        rows = rows_of[int(node)]
        threshold[node] = _threshold(tree, int(node), refiner, Z, rows)
        if not np.isnan(Z[rows, tree.feature[node]]).any():
            # nothing is known of missing values here: they follow the larger side
            missing_left[node] = n_rows[tree.left[node]] > n_rows[tree.right[node]]
    is_inner = tree.left != LEAF
    value = refiner.objective.answers(sums)
    return TreeModel(
        left=tree.left,
        right=tree.right,
        feature=np.where(is_inner, tree.feature, -1),
        threshold=threshold,
        missing_left=is_inner & missing_left,
        value=value,
        weight=sums[:, 0],
        n_rows=n_rows,
        impurity=np.zeros(len(value)),
    )


def with_means(
    model: TreeModel, Z: FloatArray, targets: FloatArray, weights: FloatArray
) -> TreeModel:
    """Give every node the mean of its rows' targets to the last digit, and its impurity."""
    leaf = model.apply(Z)
    columns = [weights, *(weights[:, None] * targets).T, weights * (targets**2).sum(axis=1)]
    sums: FloatArray = np.stack(
        [np.bincount(leaf, c, len(model.left)).astype(np.float64) for c in columns], axis=1
    )
    for node in range(len(sums) - 1, -1, -1):  # children come after their parents
        if model.left[node] != LEAF:
            sums[node] = sums[model.left[node]] + sums[model.right[node]]
    weight, value = sums[:, 0], sums[:, 1:-1] / sums[:, :1]
    impurity = np.maximum(sums[:, -1] / weight - (value**2).sum(axis=1), 0.0)
    return replace(model, weight=weight, value=value, impurity=impurity)


def _threshold(
    tree: CodeTree, node: int, refiner: Refiner, Z: FloatArray, rows: IntArray | NDArray[np.int32]
) -> float:
    """Give the threshold between the values that a split parts; infinite for missing or not."""
    values = Z[rows, tree.feature[node]]
    codes = refiner.binned.codes[rows, tree.feature[node]]
    known = codes != refiner.binned.missing
    low, high = values[known & (codes <= tree.code[node])], values[codes > tree.code[node]]
    high = high[~np.isnan(high)]
    if not len(high):
        return np.inf
    if not len(low):
        return -np.inf
    return refiner.binned.threshold_between(tree.feature[node], float(low.max()), float(high.min()))

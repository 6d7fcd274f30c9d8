"""From rows in blocks to a tree: the trees of `fit_tree` and `grow_tree`, wherever the rows are.

Passes over the blocks: one for the scale of targets and weights, one for the root, one for each split
of the tree that grows, and one that judges (`fit_tree_blocks`) or places thresholds again
(`grow_tree_blocks`; one more for each time that a leaf comes out short of rows). For 16 leaves that is
18. See `_growth_blocks` for what they need and send; this process has the sketch beside it, of at most
200,000 rows: 1 byte a value as codes, 24 bytes a row and 8 for each output. A search takes 5 bytes for each
column and 8 for each of the sums of its objective (6 for two classes) from up to 100,000 of these rows.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from interpkd.learners._binning import MAX_BINS, code_part
from interpkd.learners._growth_blocks import GrowthBlocks, Scale
from interpkd.learners._large_search import LargeSearch
from interpkd.learners._tree_growth import grow_on_blocks, limits_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from interpkd._typing import FloatArray
    from interpkd.learners._blocks import Blocks
    from interpkd.learners._sketch import Sketch
    from interpkd.learners._tree_model import TreeModel


def fit_tree_blocks(
    blocks: Blocks,
    sketch: Sketch,
    thresholds: Sequence[FloatArray],
    *,
    is_regression: bool,
    max_leaf_nodes: int,
    max_depth: int | None,
    min_samples_leaf: int,
    min_impurity_decrease: float = 0.0,
    monotonic_cst: NDArray[np.int8] | None = None,
    effort: str,
    **how: Any,
) -> TreeModel:
    """Search for the tree of a given size that imitates the targets of rows in blocks best.

    Parameters
    ----------
    blocks : Blocks
        More than 40,000 rows: "codes" of shape (n, d) in `uint8`, as `code_part` gives them;
        "targets" in float32, of shape (n, n_classes), or (n, 1) for the probability of the second of
        two classes or the values of a regression; "weights", of shape (n,), above 0, where not all
        are one.

    sketch : Sketch
        Of the same rows, with the same targets.

    thresholds : sequence of ndarray
        Those of the codes, from `sketch_thresholds`.

    is_regression : bool
        What the targets are.

    max_leaf_nodes, max_depth, min_samples_leaf : int
        Size limits; `max_depth` may be None, for none.

    min_impurity_decrease : float, default=0.0
        As of `fit_tree`.

    monotonic_cst : ndarray of shape (n_features,) or None, default=None
        As of `fit_tree`.

    effort : {"refined", "balanced", "thorough"}
        How hard to search.

    **how : dict
        Also as of `fit_tree`: decision_weight, cutoff, random_state, progress.

    Returns
    -------
    tree : TreeModel
        The tree that `fit_tree` finds for the rows in memory, of more than 200,000 rows, in any order
        and any number of blocks; of two classes with the probabilities of both.

    Examples
    --------
    >>> import numpy as np
    >>> from interpkd.learners import MemoryBlocks, Sketch, code_part, fit_tree_blocks, sketch_thresholds
    >>> Z = np.random.default_rng(0).random((50_000, 1))
    >>> p = np.where(Z > 0.5, 0.8, 0.1).astype(np.float32)
    >>> sketch = Sketch.of(Z, np.ones(50_000), tables=[None], targets=p)
    >>> thresholds = sketch_thresholds(sketch)
    >>> blocks = MemoryBlocks([{"codes": code_part(Z, thresholds), "targets": p}])
    >>> size = {"max_leaf_nodes": 2, "max_depth": None, "min_samples_leaf": 1}
    >>> tree = fit_tree_blocks(
    ...     blocks, sketch, thresholds, is_regression=False, **size, effort="refined",
    ...     decision_weight=None, cutoff=None, random_state=0,
    ... )  # fmt: skip
    >>> round(float(tree.threshold[0]), 2)
    0.5
    """
    limits = limits_of(
        max_leaf_nodes if max_depth is None else min(max_leaf_nodes, 2 ** min(max_depth, 62)),
        max_depth,
        min_samples_leaf,
        min_impurity_decrease,
    )
    data = _data(blocks, sketch, thresholds, largest=None if is_regression else 1.0)
    cutoff = how.pop("cutoff")
    search = LargeSearch(
        *data, limits, signs=monotonic_cst, is_regression=is_regression, cutoff=cutoff
    )
    return search.fit(effort, **how)


def grow_tree_blocks(
    blocks: Blocks,
    sketch: Sketch,
    thresholds: Sequence[FloatArray],
    *,
    max_leaf_nodes: int | None,
    max_depth: int | None,
    min_samples_leaf: int,
    min_impurity_decrease: float,
    monotonic_cst: NDArray[np.int8] | None = None,
) -> TreeModel:
    """Grow a tree best-first on rows in blocks.

    Parameters
    ----------
    blocks : Blocks
        As of `fit_tree_blocks`.

    sketch : Sketch
        Of the same rows, with the same targets.

    thresholds : sequence of ndarray
        Those of the codes.

    max_leaf_nodes, max_depth : int or None
        Size limits; None for none. Every split is a pass.

    min_samples_leaf : int
        Fewest rows in a leaf.

    min_impurity_decrease : float
        As of `grow_tree`.

    monotonic_cst : ndarray of shape (n_features,) or None, default=None
        As of `grow_tree`.

    Returns
    -------
    tree : TreeModel
        The tree that `grow_tree` grows on the rows in memory, of more than 200,000 rows, in any order
        and any number of blocks.

    Examples
    --------
    >>> import numpy as np
    >>> from interpkd.learners import MemoryBlocks, Sketch, code_part, grow_tree_blocks, sketch_thresholds
    >>> Z = np.random.default_rng(0).random((50_000, 1))
    >>> p = np.where(Z > 0.5, 0.8, 0.1).astype(np.float32)
    >>> sketch = Sketch.of(Z, np.ones(50_000), tables=[None], targets=p)
    >>> thresholds = sketch_thresholds(sketch)
    >>> blocks = MemoryBlocks([{"codes": code_part(Z, thresholds), "targets": p}])
    >>> size = {"max_leaf_nodes": 2, "max_depth": None, "min_samples_leaf": 1}
    >>> tree = grow_tree_blocks(blocks, sketch, thresholds, **size, min_impurity_decrease=0.0)
    >>> round(float(tree.threshold[0]), 2)
    0.5
    """
    limits = limits_of(max_leaf_nodes, max_depth, min_samples_leaf, min_impurity_decrease)
    return grow_on_blocks(*_data(blocks, sketch, thresholds), limits, monotonic_cst)


def _data(
    blocks: Blocks,
    sketch: Sketch,
    thresholds: Sequence[FloatArray],
    *,
    largest: float | None = None,
) -> tuple[GrowthBlocks, Sketch]:
    rows = GrowthBlocks(blocks, thresholds, MAX_BINS, Scale.of(blocks, largest=largest))
    return rows, sketch.rounded().with_rows(code_part(sketch.Z, thresholds))

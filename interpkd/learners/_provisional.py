from interpkd.learners._binning import Coder, MAX_BINS
from interpkd.learners._growth_blocks import GrowthBlocks, Scale
from interpkd.learners._large_search import LargeSearch
from interpkd.learners._tree_growth import Limits, NO_LIMIT, grow_on_blocks


def _rows(blocks, sketch, thresholds, largest):
    sketch = sketch.rounded().with_rows(Coder(thresholds).code(sketch.Z))
    return GrowthBlocks(blocks, thresholds, MAX_BINS, Scale.of(blocks, largest=largest)), sketch


def grow_tree_blocks(blocks, sketch, thresholds, *, max_leaf_nodes, max_depth, min_samples_leaf, min_impurity_decrease, monotonic_cst=None):
    limits = Limits(NO_LIMIT if max_leaf_nodes is None else max_leaf_nodes, NO_LIMIT if max_depth is None else max_depth, min_samples_leaf, min_impurity_decrease)
    return grow_on_blocks(_rows(blocks, sketch, thresholds, None)[0], limits, monotonic_cst)


def fit_tree_blocks(blocks, sketch, thresholds, *, is_regression, max_leaf_nodes, max_depth, min_samples_leaf, min_impurity_decrease=0.0, monotonic_cst=None, effort, decision_weight, cutoff, random_state, progress=None):
    limits = Limits(max_leaf_nodes if max_depth is None else min(max_leaf_nodes, 2 ** min(max_depth, 62)), NO_LIMIT if max_depth is None else max_depth, min_samples_leaf, min_impurity_decrease)
    rows, sketch = _rows(blocks, sketch, thresholds, None if is_regression else 1.0)
    large = LargeSearch(rows, sketch, limits, signs=monotonic_cst, is_regression=is_regression, cutoff=cutoff)
    return large.fit(effort, decision_weight=decision_weight, random_state=random_state, progress=progress)

"""Learners: soft targets to numbers. Pure arrays in, plain models out.

Nothing here knows a teacher, a data frame or an estimator of this package.
"""

from interpkd.learners._binning import Coder, code_part, sketch_thresholds
from interpkd.learners._block_rows import RowFacts, read_targets, read_weights, sum_targets
from interpkd.learners._blocks import Block, Blocks, MemoryBlocks, added
from interpkd.learners._fit_blocks import fit_tree_blocks, grow_tree_blocks
from interpkd.learners._fit_tree import fit_tree
from interpkd.learners._leaf_filling import fill_leaves, missing_rows, wanted_rows
from interpkd.learners._linear_blocks import fit_soft_linear_blocks, fit_soft_logistic_blocks
from interpkd.learners._linear_model import LinearModel
from interpkd.learners._plain_growth import grow_plain_tree
from interpkd.learners._scorecard import ScorecardModel, fit_scorecard
from interpkd.learners._scorecard_bins import ScorecardBins, fine_bins
from interpkd.learners._scorecard_blocks import (
    BinnedRows,
    BinSums,
    bin_blocks,
    fit_scorecard_blocks,
    rounding_of_blocks,
)
from interpkd.learners._scorecard_points import (
    PointsCard,
    points_of_masses,
    round_to_points,
)
from interpkd.learners._sketch import SKETCH_ROWS, Sketch, category_hashes
from interpkd.learners._sketch import merge as merge_sketches
from interpkd.learners._soft_linear import fit_soft_linear
from interpkd.learners._soft_logistic import fit_soft_logistic
from interpkd.learners._soft_svm import fit_soft_svm
from interpkd.learners._svm_blocks import check_smooth_hinge, fit_soft_svm_blocks
from interpkd.learners._threads import in_turn, use_threads
from interpkd.learners._tree_growth import grow_tree
from interpkd.learners._tree_model import LEAF, TreeModel

__all__ = [  # noqa: RUF022 - in the order of sorted(), constants among the rest
    "BinSums",
    "BinnedRows",
    "Block",
    "Blocks",
    "Coder",
    "LEAF",
    "LinearModel",
    "MemoryBlocks",
    "PointsCard",
    "RowFacts",
    "SKETCH_ROWS",
    "ScorecardBins",
    "ScorecardModel",
    "Sketch",
    "TreeModel",
    "added",
    "bin_blocks",
    "category_hashes",
    "check_smooth_hinge",
    "code_part",
    "fill_leaves",
    "fine_bins",
    "fit_scorecard",
    "fit_scorecard_blocks",
    "fit_soft_linear",
    "fit_soft_linear_blocks",
    "fit_soft_logistic",
    "fit_soft_logistic_blocks",
    "fit_soft_svm",
    "fit_soft_svm_blocks",
    "fit_tree",
    "fit_tree_blocks",
    "grow_plain_tree",
    "grow_tree",
    "grow_tree_blocks",
    "in_turn",
    "merge_sketches",
    "missing_rows",
    "points_of_masses",
    "read_targets",
    "read_weights",
    "round_to_points",
    "rounding_of_blocks",
    "sketch_thresholds",
    "sum_targets",
    "use_threads",
    "wanted_rows",
]

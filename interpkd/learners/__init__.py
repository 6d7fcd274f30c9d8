"""Learners: soft targets to numbers. Pure arrays in, plain models out.

Nothing here knows a teacher, a data frame or an estimator of this package.
"""

from interpkd.learners._binning import Coder, code_part, sketch_thresholds
from interpkd.learners._blocks import Block, Blocks, MemoryBlocks
from interpkd.learners._fit_blocks import fit_tree_blocks, grow_tree_blocks
from interpkd.learners._fit_tree import fit_tree
from interpkd.learners._leaf_filling import fill_leaves, missing_rows, wanted_rows
from interpkd.learners._linear_model import LinearModel
from interpkd.learners._plain_growth import grow_plain_tree
from interpkd.learners._scorecard import ScorecardModel, fit_scorecard
from interpkd.learners._scorecard_bins import ScorecardBins, fine_bins
from interpkd.learners._scorecard_points import PointsCard, round_to_points
from interpkd.learners._sketch import SKETCH_ROWS, Sketch, category_hashes
from interpkd.learners._soft_linear import fit_soft_linear
from interpkd.learners._soft_logistic import fit_soft_logistic
from interpkd.learners._soft_svm import fit_soft_svm
from interpkd.learners._threads import use_threads
from interpkd.learners._tree_growth import grow_tree
from interpkd.learners._tree_model import LEAF, TreeModel

__all__ = [  # noqa: RUF022 - in the order of sorted(), constants among the rest
    "Block",
    "Blocks",
    "Coder",
    "LEAF",
    "LinearModel",
    "MemoryBlocks",
    "PointsCard",
    "SKETCH_ROWS",
    "ScorecardBins",
    "ScorecardModel",
    "Sketch",
    "TreeModel",
    "category_hashes",
    "code_part",
    "fill_leaves",
    "fine_bins",
    "fit_scorecard",
    "fit_soft_linear",
    "fit_soft_logistic",
    "fit_soft_svm",
    "fit_tree",
    "fit_tree_blocks",
    "grow_plain_tree",
    "grow_tree",
    "grow_tree_blocks",
    "missing_rows",
    "round_to_points",
    "sketch_thresholds",
    "use_threads",
    "wanted_rows",
]

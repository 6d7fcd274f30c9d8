"""Students in skops files: which types must be trusted."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

SKOPS_TRUSTED = (
    "interpkd._tables.Column",
    "interpkd.learners._scorecard.ScorecardModel",
    "interpkd.learners._scorecard_bins.ScorecardBins",
    "interpkd.learners._scorecard_points.PointsCard",
    "interpkd.students._bin_indicators.BinIndicators",
    "interpkd.students._design.Design",
    "interpkd.students._design.LevelNames",
    "interpkd.students._linear_regression.DistilledLinearRegression",
    "interpkd.students._linear_svm.DistilledLinearSVC",
    "interpkd.students._logistic.DistilledLogisticRegression",
    "interpkd.students._scorecard.DistilledScorecardClassifier",
    "interpkd.students._tree.DistilledTreeClassifier",
    "interpkd.students._tree.DistilledTreeRegressor",
    "numpy.dtype",
    "sklearn.tree._tree.Tree",
)
"""What ``skops.io.load(path, trusted=[*SKOPS_TRUSTED])`` needs to build any student without its
teacher, and the plain `student_` of any: classes that hold numbers and texts, and two of numpy and
scikit-learn that skops does not trust by itself."""

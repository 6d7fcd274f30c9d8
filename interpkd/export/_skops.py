"""Students in skops files: which types must be trusted."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

TRUSTED = (
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


def skops_trusted_types() -> list[str]:
    """Name the types that skops must be told to trust before it reads a student.

    Classes of this package that hold numbers and texts, and two of numpy and scikit-learn that
    skops does not trust by itself. They do for a student without its teacher, as
    :func:`~interpkd.export.load` gives it, and for the plain `student_` of any.

    Returns
    -------
    trusted : list of str
        For ``skops.io.load(path, trusted=...)``, and for ``skops_trusted_types=...`` of MLflow.

    Examples
    --------
    >>> import numpy as np
    >>> import skops.io
    >>> from interpkd import DistilledTreeRegressor
    >>> from interpkd.export import skops_trusted_types
    >>> X = np.arange(12.0)[:, None]
    >>> student = DistilledTreeRegressor(max_leaf_nodes=2).fit(X, teacher_proba=X[:, 0] > 5)
    >>> data = skops.io.dumps(student)
    >>> skops.io.loads(data, trusted=skops_trusted_types()).predict([[5.0], [6.0]]).tolist()
    [0.0, 1.0]
    """
    return [*TRUSTED]

"""Distil a black box into a model a person can read, with the evidence of how faithful it is.

A student is an estimator whose targets are a teacher's probabilities.
"""

from interpkd.audit import audit_report
from interpkd.explanation import explain
from interpkd.fidelity import fidelity_report
from interpkd.students import (
    DistilledClassifier,
    DistilledLinearRegression,
    DistilledLinearSVC,
    DistilledLogisticRegression,
    DistilledRegressor,
    DistilledScorecardClassifier,
    DistilledTreeClassifier,
    DistilledTreeRegressor,
)
from interpkd.teachers import as_teacher

__version__ = "0.1.0.dev0"

__all__ = [
    "DistilledClassifier",
    "DistilledLinearRegression",
    "DistilledLinearSVC",
    "DistilledLogisticRegression",
    "DistilledRegressor",
    "DistilledScorecardClassifier",
    "DistilledTreeClassifier",
    "DistilledTreeRegressor",
    "__version__",
    "as_teacher",
    "audit_report",
    "explain",
    "fidelity_report",
]

"""Students: interpretable estimators fitted to a teacher's answers."""

from interpkd.students._any import DistilledClassifier, DistilledRegressor
from interpkd.students._bin_indicators import BinIndicators
from interpkd.students._linear_regression import DistilledLinearRegression
from interpkd.students._linear_svm import DistilledLinearSVC
from interpkd.students._logistic import DistilledLogisticRegression
from interpkd.students._scorecard import DistilledScorecardClassifier
from interpkd.students._tree import DistilledTreeClassifier, DistilledTreeRegressor

__all__ = [
    "BinIndicators",
    "DistilledClassifier",
    "DistilledLinearRegression",
    "DistilledLinearSVC",
    "DistilledLogisticRegression",
    "DistilledRegressor",
    "DistilledScorecardClassifier",
    "DistilledTreeClassifier",
    "DistilledTreeRegressor",
]

"""Students: interpretable estimators fitted to a teacher's answers."""

from interpkd.students._bin_indicators import BinIndicators
from interpkd.students._scorecard import DistilledScorecardClassifier
from interpkd.students._tree import DistilledTreeClassifier, DistilledTreeRegressor

__all__ = [
    "BinIndicators",
    "DistilledScorecardClassifier",
    "DistilledTreeClassifier",
    "DistilledTreeRegressor",
]

"""Students: interpretable estimators fitted to a teacher's answers."""

from interpkd.students._any import DistilledClassifier, DistilledRegressor
from interpkd.students._tree import DistilledTreeClassifier, DistilledTreeRegressor

__all__ = [
    "DistilledClassifier",
    "DistilledRegressor",
    "DistilledTreeClassifier",
    "DistilledTreeRegressor",
]

"""Export: a student written down for people and for other systems."""

from interpkd.export._coefficients import Coefficient, coefficient_list
from interpkd.export._points import PointsBin, PointsTable, points_table
from interpkd.export._rules import Condition, Rule, rule_list
from interpkd.export._to_rules import to_rules

__all__ = [
    "Coefficient",
    "Condition",
    "PointsBin",
    "PointsTable",
    "Rule",
    "coefficient_list",
    "points_table",
    "rule_list",
    "to_rules",
]

"""Export: a student written down for people and for other systems."""

from interpkd.export._coefficients import Coefficient, coefficient_list
from interpkd.export._export_student import export_student, parity_report
from interpkd.export._load import load
from interpkd.export._parity import ParityReport
from interpkd.export._points import PointsBin, PointsTable, points_table
from interpkd.export._read_json import ReadStudent, read_json
from interpkd.export._rules import Condition, Rule, rule_list
from interpkd.export._save import save
from interpkd.export._skops import skops_trusted_types
from interpkd.export._to_javascript import to_javascript
from interpkd.export._to_json import to_json
from interpkd.export._to_onnx import to_onnx
from interpkd.export._to_pmml import to_pmml
from interpkd.export._to_python import to_python
from interpkd.export._to_rules import to_rules
from interpkd.export._to_sql import to_sql

__all__ = [
    "Coefficient",
    "Condition",
    "ParityReport",
    "PointsBin",
    "PointsTable",
    "ReadStudent",
    "Rule",
    "coefficient_list",
    "export_student",
    "load",
    "parity_report",
    "points_table",
    "read_json",
    "rule_list",
    "save",
    "skops_trusted_types",
    "to_javascript",
    "to_json",
    "to_onnx",
    "to_pmml",
    "to_python",
    "to_rules",
    "to_sql",
]

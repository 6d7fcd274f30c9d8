"""Targets: what the student is asked to imitate, and on which rows."""

from interpkd.targets._augment import n_generated_rows
from interpkd.targets._cross_fit import CrossFit, cross_fit_classifier, cross_fit_regressor
from interpkd.targets._leakage import leakage_of_classifier, leakage_of_regressor
from interpkd.targets._ledger import GeneratedRowNames, Ledger, RowNames
from interpkd.targets._memory import label_memory, weigh_by_memory
from interpkd.targets._row_planner import RowPlan, RowPlanner, plan_rows
from interpkd.targets._soft import mix_labels, temper
from interpkd.targets._transfer_set import TransferSet, add_generated_rows, build_transfer_set

__all__ = [
    "CrossFit",
    "GeneratedRowNames",
    "Ledger",
    "RowNames",
    "RowPlan",
    "RowPlanner",
    "TransferSet",
    "add_generated_rows",
    "build_transfer_set",
    "cross_fit_classifier",
    "cross_fit_regressor",
    "label_memory",
    "leakage_of_classifier",
    "leakage_of_regressor",
    "mix_labels",
    "n_generated_rows",
    "plan_rows",
    "temper",
    "weigh_by_memory",
]

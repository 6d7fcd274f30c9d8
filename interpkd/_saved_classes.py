"""The classes that a file of a student may name, and nothing else.

What saves and loads students (`interpkd.export`) serves any model and imports no student; what is
loaded is nevertheless an object of the class that was saved. So a class is found by its name when a
file is read, as pickle does it, but in this closed table only: a file chooses among these, and can
neither name another module nor make one be imported.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import importlib
from typing import Any

MODULES = {
    **dict.fromkeys(
        (
            "DistilledLinearRegression",
            "DistilledLinearSVC",
            "DistilledLogisticRegression",
            "DistilledScorecardClassifier",
            "DistilledTreeClassifier",
            "DistilledTreeRegressor",
        ),
        "interpkd",
    ),
    "ReadStudent": "interpkd.export",
    **dict.fromkeys(("DecisionTreeClassifier", "DecisionTreeRegressor"), "sklearn.tree"),
}
"""Where each class is found."""

SPLITTERS = (
    "GroupKFold",
    "GroupShuffleSplit",
    "KFold",
    "LeaveOneGroupOut",
    "LeaveOneOut",
    "LeavePGroupsOut",
    "LeavePOut",
    "PredefinedSplit",
    "RepeatedKFold",
    "RepeatedStratifiedKFold",
    "ShuffleSplit",
    "StratifiedGroupKFold",
    "StratifiedKFold",
    "StratifiedShuffleSplit",
    "TimeSeriesSplit",
)
"""Splitters of scikit-learn that the parameter `cv` may hold."""


def class_of(name: str) -> Any:
    """Give the class of a name in the table."""
    return getattr(importlib.import_module(MODULES[name]), name)


def splitter_of(name: str) -> Any:
    """Give the splitter of a name in the table."""
    if name not in SPLITTERS:
        raise KeyError(name)
    return getattr(importlib.import_module("sklearn.model_selection"), name)


def saved_name(value: Any) -> str | None:
    """Give the name under which an object is saved; None for an object of any other class."""
    name = type(value).__name__
    return name if name in MODULES and class_of(name) is type(value) else None


def saved_splitter(value: Any) -> str | None:
    """Give the name under which a splitter is saved; None for any other object."""
    name = type(value).__name__
    return name if name in SPLITTERS and splitter_of(name) is type(value) else None

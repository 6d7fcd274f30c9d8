"""Teachers: anything with class probabilities, or with predictions.

A teacher is questioned, never opened. One that is already trained is frozen, by
:func:`as_teacher` or :class:`sklearn.frozen.FrozenEstimator`, and used as it is. One that is not
trained is cloned and fitted by the student, which then learns from out-of-fold probabilities.
"""

from interpkd.teachers._as_teacher import (
    FrozenClassifier,
    FrozenRegressor,
    as_teacher,
    is_fitted,
    is_frozen,
)
from interpkd.teachers._ensemble import TreeEnsemble
from interpkd.teachers._features import TorchFeatures
from interpkd.teachers._load import load_teacher
from interpkd.teachers._make import default_teacher, make_teacher
from interpkd.teachers._monotone import teacher_monotonic_cst
from interpkd.teachers._relu_network import ReluNetwork, relu_network
from interpkd.teachers._tabular import TabularClassifier, TabularRegressor
from interpkd.teachers._thresholds import split_thresholds, thresholds
from interpkd.teachers._torch import TorchTeacher
from interpkd.teachers._tree_ensemble import tree_ensemble

__all__ = [
    "FrozenClassifier",
    "FrozenRegressor",
    "ReluNetwork",
    "TabularClassifier",
    "TabularRegressor",
    "TorchFeatures",
    "TorchTeacher",
    "TreeEnsemble",
    "as_teacher",
    "default_teacher",
    "is_fitted",
    "is_frozen",
    "load_teacher",
    "make_teacher",
    "relu_network",
    "split_thresholds",
    "teacher_monotonic_cst",
    "thresholds",
    "tree_ensemble",
]

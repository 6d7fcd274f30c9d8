"""The model inside a teacher: past the wrappers that only hand a table on."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sklearn.frozen import FrozenEstimator

from interpkd._asking import trained_names
from interpkd.teachers._as_teacher import FrozenClassifier, FrozenRegressor, has_classes
from interpkd.teachers._booster import BoosterClassifier, BoosterRegressor, is_booster, open_booster
from interpkd.teachers._tabular import TabularClassifier, TabularRegressor

if TYPE_CHECKING:
    from interpkd._tables import Column


@dataclass(frozen=True)
class Inner:
    """A model without its wrappers, and what only the wrappers knew.

    Attributes
    ----------
    model : object
        The model; of a raw booster, the booster.

    names : tuple of str or None
        Names of its columns in its own order, None when it was trained on an array.

    columns : tuple of Column or None
        How a tabular wrapper read the training table.

    classes : array or None
        The classes as the outermost wrapper names them.
    """

    model: Any
    names: tuple[str, ...] | None
    columns: tuple[Column, ...] | None
    classes: Any


def unwrap(teacher: Any) -> Inner:
    """Look into a teacher.

    Parameters
    ----------
    teacher : object
        Any teacher; what is not wrapped is given as it is.

    Returns
    -------
    inner : Inner
        The model inside.
    """
    names, columns, classes = None, None, None
    if is_booster(teacher):
        teacher = open_booster(teacher, has_classes=False)
    while True:
        if classes is None and has_classes(teacher):
            classes = teacher.classes_
        if names is None:
            names = trained_names(teacher)
        if isinstance(teacher, (FrozenClassifier, FrozenRegressor)):
            teacher = teacher.model
        elif isinstance(teacher, FrozenEstimator):
            teacher = teacher.estimator
        elif isinstance(teacher, (TabularClassifier, TabularRegressor)):
            columns = teacher.columns_
            teacher = teacher.model_
        elif isinstance(teacher, (BoosterClassifier, BoosterRegressor)):
            teacher = teacher.source.booster
        else:
            return Inner(teacher, None if names is None else tuple(names), columns, classes)


def plain_name(name: str) -> str:
    """Give a column's name as LightGBM writes it, "_" for white space, to compare it with others."""
    return re.sub(r"\s", "_", str(name))

"""What is kept of a fitted student to compare it with others of its kind."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.tree import BaseDecisionTree

from interpkd._asking import class_probabilities, decide, predictions
from interpkd._borders import short_border
from interpkd._structure import take_apart
from interpkd.export import coefficient_list, points_table

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from interpkd._structure import Structure
    from interpkd._tables import Column
    from interpkd._typing import FloatArray, Table

MISSING = -1
"""The side of a value that a split does not know."""


@dataclass(frozen=True)
class Split:
    """One split of a tree, by what it does to the training rows.

    Attributes
    ----------
    column : str
        The column.

    text : str
        What goes to the left.

    sides : ndarray of int8 of shape (n_train,)
        1 for rows to the left, 0 for rows to the right, -1 for missing values.

    is_ordered : bool
        Whether left and right mean something: not for categories.
    """

    column: str
    text: str
    sides: NDArray[np.int8]
    is_ordered: bool

    def is_again(self, other: Split, tolerance: float) -> bool:
        """Tell whether another split divides nearly the same training rows."""
        if self.column != other.column:
            return False
        known = (self.sides != MISSING) & (other.sides != MISSING)
        if not known.any():
            return False
        moved = float(np.mean(self.sides[known] != other.sides[known]))
        return min(moved, moved if self.is_ordered else 1 - moved) <= tolerance


@dataclass(frozen=True)
class Refit:
    """One fitted student.

    Attributes
    ----------
    decisions : ndarray of shape (n_test,)
        Positions of the decided classes, or predictions, on the held-out rows.

    used : frozenset of str
        Columns it uses.

    leaves : ndarray of shape (n_test,) or None
        The leaf of each held-out row; None without a tree.

    splits : tuple of Split
        Of a tree, each different one once.

    coefficients : dict
        Of a linear student, values by column, kind, category and class.

    references : dict of str to object
        The category of each column whose coefficient is 0 by construction.

    points : dict of str to ndarray of shape (n_train,)
        Of a scorecard, the points of each training row by column.
    """

    decisions: NDArray[Any]
    used: frozenset[str] | None
    leaves: NDArray[np.intp] | None = None
    splits: tuple[Split, ...] = ()
    coefficients: dict[tuple[str, str, Any, int], float] = field(default_factory=dict)
    references: dict[str, Any] = field(default_factory=dict)
    points: dict[str, NDArray[Any]] = field(default_factory=dict)


def read_refit(
    student: Any, X_train: Table, X_test: Table, classes: NDArray[Any] | None, cutoff: float
) -> Refit:
    """Keep of a fitted student what is compared.

    Parameters
    ----------
    student : fitted estimator
        The student.

    X_train, X_test : table
        The training rows of all refits, and the held-out rows.

    classes : ndarray of shape (n_classes,) or None
        The order of the classes; None for a regression.

    cutoff : float
        Where decisions between two classes change.

    Returns
    -------
    refit : Refit
        What is compared.
    """
    if classes is None:
        decisions: NDArray[Any] = predictions(student, X_test, source="student")
    else:
        decisions = decide(class_probabilities(student, X_test, classes, source="student"), cutoff)
    structure = take_apart(student)
    core, columns = structure.core, structure.columns
    if hasattr(student, "card_"):
        return _card(student, structure, X_train, decisions)
    if isinstance(core, BaseDecisionTree) and core.n_features_in_ == len(columns):
        splits = tuple(_splits(structure, X_train))
        used = frozenset(split.column for split in splits)
        return Refit(decisions, used, core.apply(structure.encode(X_test)), splits)
    if hasattr(core, "coef_") and structure.is_plain:
        coefficients = _coefficients(student)
        used = frozenset(key[0] for key, value in coefficients.items() if value != 0)
        references = dict(getattr(student, "reference_levels_", {}))
        return Refit(decisions, used, coefficients=coefficients, references=references)
    return Refit(decisions, None)


def bins_of(student: Any, X_train: Table) -> list[tuple[str, str, int, NDArray[np.bool_]]]:
    """Give column, text, points and training rows of each bin of a scorecard."""
    structure = take_apart(student)
    codes = student.card_.model.codes(structure.encode(X_train))
    out, place = [], dict.fromkeys(points_table(student).features, 0)
    row_codes = dict(zip(place, codes, strict=True))
    for one in points_table(student).bins:
        rows = np.asarray(row_codes[one.feature] == place[one.feature])
        out.append((one.feature, one.text, one.points, rows))
        place[one.feature] += 1
    return out


def _splits(structure: Structure, X: Table) -> list[Split]:
    tree = structure.core.tree_
    # compared as float32, as the tree does
    Z = structure.encode(X).astype(np.float32).astype(np.float64)
    found: dict[str, Split] = {}
    for node in np.flatnonzero(tree.children_left != tree.children_right):
        i, t = int(tree.feature[node]), float(tree.threshold[node])
        column, z = structure.columns[i], Z[:, i]
        sides = np.where(np.isnan(z), MISSING, z <= t).astype(np.int8)
        text = _text(column, t)
        found[text] = Split(column.name, text, sides, column.kind != "category")
    return list(found.values())


def _text(column: Column, t: float) -> str:
    if column.kind == "boolean":
        return f"{column.name} is False"
    if column.kind != "category":
        border = short_border(t)
        return f"{column.name} {border.below} {border.value:.9g}"
    names = [str(name) for k, name in enumerate(column.categories) if k <= t]
    return f"{column.name} in {{{', '.join(names)}}}"


def _coefficients(student: Any) -> dict[tuple[str, str, Any, int], float]:
    out = {}
    for one in coefficient_list(student):
        for k, value in enumerate(one.values):
            out[one.column, one.kind, one.category, k] = float(value)
            if one.kind == "category":
                out.setdefault((one.column, one.kind, one.reference, k), 0.0)
    return out


def _card(student: Any, structure: Structure, X: Table, decisions: NDArray[Any]) -> Refit:
    contributions: FloatArray = student.card_.contributions(structure.encode(X))
    names = [structure.columns[i].name for i in student.card_.model.columns]
    points = {name: contributions[:, k] for k, name in enumerate(names)}
    return Refit(decisions, frozenset(names), points=points)

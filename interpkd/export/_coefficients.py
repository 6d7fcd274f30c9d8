"""The coefficients of a linear model, each with the values of the user's columns it is for."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd._structure import take_apart
from interpkd.exceptions import InvalidInputError

if TYPE_CHECKING:
    from interpkd._structure import Structure


@dataclass(frozen=True)
class Coefficient:
    """What a linear model adds to its score for one value of a column.

    Made by :func:`coefficient_list`.

    Attributes
    ----------
    column : str
        The column of the user's table.

    kind : {"per unit", "category", "missing"}
        Whether it is multiplied by a number, or added where a category or no value stands.

    category : object or None
        The category that it is for.

    reference : object or None
        The category of the same column whose coefficient is 0.

    values : tuple of float
        One for two classes and for a regression, else one per class.
    """

    column: str
    kind: str
    category: Any
    reference: Any
    values: tuple[float, ...]

    @property
    def text(self) -> str:
        """What it is for, in words."""
        if self.kind == "per unit":
            return f"{self.column}, per unit"
        if self.kind == "missing":
            return f"{self.column} is missing"
        return f"{self.column} is {self.category} and not {self.reference}"


def coefficient_list(student: Any) -> list[Coefficient]:
    """Give every coefficient of a linear student in the units of the user's columns.

    Parameters
    ----------
    student : fitted estimator
        A linear student, or a linear model of scikit-learn on numbers.

    Returns
    -------
    coefficients : list of Coefficient
        In the order of `coef_`; the intercepts are the model's `intercept_`.

    Raises
    ------
    InvalidInputError
        If the student is not linear.

    Examples
    --------
    >>> import numpy as np
    >>> from interpkd import DistilledLinearRegression
    >>> from interpkd.export import coefficient_list
    >>> X = np.arange(6.0)[:, None]
    >>> student = DistilledLinearRegression().fit(X, teacher_proba=3 * X[:, 0] - 1)
    >>> [one] = coefficient_list(student)
    >>> one.text, round(one.values[0], 6)
    ('x0, per unit', 3.0)
    """
    structure = take_apart(student)
    core = structure.core
    if not hasattr(core, "coef_"):
        msg = (
            f"Coefficients need a linear student; {type(core).__name__} is none. Pass a student "
            "such as DistilledLogisticRegression, or use rule_list for a tree."
        )
        raise InvalidInputError(msg)
    coef = np.atleast_2d(core.coef_)
    meanings = _meanings(structure, getattr(student, "reference_levels_", {}))
    return [
        Coefficient(*meaning, values=tuple(values))
        for meaning, values in zip(meanings, coef.T.tolist(), strict=True)
    ]


def _meanings(structure: Structure, references: dict[str, Any]) -> list[tuple[str, str, Any, Any]]:
    """Give column, kind, category and reference of each coefficient, column by column."""
    out: list[tuple[str, str, Any, Any]] = []
    for column in structure.columns:
        if column.kind == "category":
            reference = references.get(column.name)
            out += [
                (column.name, "category", category, reference)
                for category in column.categories
                if category != reference
            ]
        else:
            out.append((column.name, "per unit", None, None))
        if column.has_missing:
            out.append((column.name, "missing", None, None))
    return out

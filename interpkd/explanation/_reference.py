"""The rows that a decision is compared with, and what is usual among them."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd._alignment import hash_rows
from interpkd._tables import select_rows
from interpkd.exceptions import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from interpkd._tables import Column
    from interpkd._typing import FloatArray, Table
    from interpkd.explanation._decider import Decider

REFERENCES = ("all applicants", "at the cut-off")
"""The two groups that the official interpretation of Regulation B names."""

SHARE_AT_CUTOFF = 0.1
"""Of the background rows that pass, those nearest the cut-off that are "at" it."""

LEAST_AT_CUTOFF = 10
"""At least so many, where so many pass."""


@dataclass(frozen=True)
class Reference:
    """A reference group.

    Attributes
    ----------
    name : str
        Which one.

    X : ndarray or data frame of shape (n_reference, n_columns)
        Its rows.

    Z : ndarray of shape (n_reference, n_columns)
        The same, encoded.

    usual : tuple
        For each column the mean of the numbers, else the most frequent value; None where that is
        missing.

    sha256 : str
        Hash of its rows.
    """

    name: str
    X: Table
    Z: FloatArray
    usual: tuple[Any, ...]
    sha256: str


def choose_reference(decider: Decider, background: Table, name: str) -> Reference:
    """Choose the reference group among the rows of an aligned background.

    Parameters
    ----------
    decider : Decider
        The student.

    background : ndarray or data frame of shape (n_background, n_columns)
        The rows to choose from.

    name : {"all applicants", "at the cut-off"}
        All of them; or, of those that the student does not decide against, the tenth (at least
        ten rows, and all that tie with the last of them) whose score is nearest the cut-off.

    Returns
    -------
    reference : Reference
        The group.

    Raises
    ------
    InvalidInputError
        If there is no such group, or nobody in it.
    """
    if name not in REFERENCES:
        names = " or ".join(repr(one) for one in REFERENCES)
        msg = f"The 'reference' parameter must be {names}, got {name!r}."
        raise InvalidInputError(msg)
    if name == "at the cut-off":
        second = decider.second(background)
        score = decider.adverse_score(second)
        passing = np.flatnonzero(~decider.is_adverse(second))
        if not len(passing):
            msg = (
                "No background row passes the cut-off, so nobody is at it. Give a background "
                "with rows of both decisions, or take reference='all applicants'."
            )
            raise InvalidInputError(msg)
        n_near = max(LEAST_AT_CUTOFF, round(SHARE_AT_CUTOFF * len(passing)))
        worst_first = np.sort(score[passing])[::-1]
        last = worst_first[min(n_near, len(passing)) - 1]
        background = select_rows(background, passing[score[passing] >= last])
    structure = decider.structure
    Z = structure.encode(background)
    return Reference(
        name, background, Z, usual_values(Z, structure.columns), hash_rows(background, structure)
    )


def usual_values(Z: FloatArray, columns: Sequence[Column]) -> tuple[Any, ...]:
    """Give the mean of each column of numbers and the most frequent value of any other.

    Parameters
    ----------
    Z : ndarray of shape (n_rows, n_columns)
        Encoded rows.

    columns : sequence of Column
        What the codes mean.

    Returns
    -------
    values : tuple
        One per column; None where more rows than not, or than any one category, are missing. Of
        equally frequent values the first.
    """
    return tuple(_usual(z, column) for z, column in zip(Z.T, columns, strict=True))


def _usual(z: FloatArray, column: Column) -> Any:
    known = z[~np.isnan(z)]
    n_missing = len(z) - len(known)
    if column.kind == "numeric":
        return None if n_missing > len(known) else float(known.mean())
    values, counts = np.unique(known, return_counts=True)
    if not len(values) or n_missing > counts.max():
        return None
    value = values[counts.argmax()]
    return bool(value) if column.kind == "boolean" else column.categories[int(value)]

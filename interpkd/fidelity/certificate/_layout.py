"""The user's columns, as teacher and student know them."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd._asking import select_columns
from interpkd._tables import is_frame
from interpkd.exceptions import InvalidInputError
from interpkd.fidelity.certificate._cells import level_pairs

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from interpkd._structure import Structure
    from interpkd._typing import BoolArray, FloatArray, IntArray, Table


@dataclass(frozen=True, eq=False)
class Layout:
    """Which column of the table is which of the two models; made by :func:`make_layout`.

    Attributes
    ----------
    names : tuple of str
        The columns that either model knows.

    teacher_at, student_at : ndarray of int of shape (n_columns,)
        Their places in each model, -1 where it does not know a column.

    is_number : ndarray of bool of shape (n_columns,)
        Whether both models compare numbers.
    """

    names: tuple[str, ...]
    teacher_at: IntArray
    student_at: IntArray
    is_number: BoolArray


@dataclass(frozen=True, eq=False)
class Coded:
    """Rows as numbers and levels.

    Attributes
    ----------
    values : ndarray of shape (n_samples, n_columns)
        Numbers, NaN where missing; of other columns, levels.

    n_levels : ndarray of int of shape (n_columns,)
        Number of levels, 0 for numbers.

    teacher_codes, student_codes : list of ndarray
        Per column each model's code of every level; empty for numbers.
    """

    values: FloatArray
    n_levels: IntArray
    teacher_codes: list[FloatArray]
    student_codes: list[FloatArray]


def make_layout(X: Table, structure: Structure, ensemble: Any, *, is_named: bool) -> Layout:
    """Find the columns of a table in both models.

    Parameters
    ----------
    X : array-like or data frame of shape (n_samples, n_features)
        A table.

    structure : Structure
        The student taken apart.

    ensemble : TreeEnsemble
        The teacher's arrays.

    is_named : bool
        Whether the student knows its columns by names.

    Returns
    -------
    layout : Layout
        In the order of the table.
    """
    n_columns = X.shape[1]
    columns = [str(c) for c in X.columns] if is_frame(X) else [f"x{i}" for i in range(n_columns)]
    by_name = is_frame(X)
    teacher_at = column_places(columns, ensemble.names if by_name else None, ensemble.n_features)
    known = [c.name for c in structure.columns]
    student_at = column_places(columns, known if by_name and is_named else None, len(known))
    kept = np.flatnonzero((teacher_at >= 0) | (student_at >= 0))
    by_set = np.unique(ensemble.feature[ensemble.category_set >= 0])
    is_number = []
    for t, s in zip(teacher_at[kept], student_at[kept], strict=True):
        for_teacher = t < 0 or (ensemble.categories[t] is None and t not in by_set)
        is_number.append(for_teacher and (s < 0 or structure.columns[s].kind != "category"))
    return Layout(
        tuple(columns[u] for u in kept),
        teacher_at[kept],
        student_at[kept],
        np.array(is_number, dtype=bool),
    )


def column_places(columns: Sequence[str], names: Sequence[str] | None, n_known: int) -> IntArray:
    """Give the place of each column in a model, by name or else by position.

    Parameters
    ----------
    columns : sequence of str
        The columns of a table.

    names : sequence of str or None
        Those of the model; None to go by position.

    n_known : int
        How many columns the model has.

    Returns
    -------
    places : ndarray of int of shape (n_columns,)
        Places in the model, -1 for columns that it does not know.
    """
    if names is None:
        at = np.arange(len(columns))
        return np.where(at < n_known, at, -1)
    # LightGBM writes names with "_" for white space
    exact = {name: i for i, name in enumerate(names)}
    plain = {re.sub(r"\s", "_", name): i for i, name in enumerate(names)}
    return np.array(
        [exact.get(c, plain.get(re.sub(r"\s", "_", c), -1)) for c in columns], dtype=np.int64
    )


def encodings(
    X: Table, structure: Structure, ensemble: Any, *, is_named: bool
) -> tuple[FloatArray, FloatArray]:
    """Encode a table as each model does.

    Parameters
    ----------
    X : array-like or data frame of shape (n_samples, n_features)
        The table.

    structure, ensemble, is_named : object
        As for `make_layout`.

    Returns
    -------
    Z_teacher, Z_student : ndarray
        Each with the model's own columns.
    """
    if is_frame(X):
        own = X
        if is_named:
            own = select_columns(X, [column.name for column in structure.columns])
        return teacher_encoding(X, ensemble), structure.encode(own)
    return teacher_encoding(X, ensemble), structure.encode(X)


def teacher_encoding(X: Table, ensemble: Any) -> FloatArray:
    """Encode a table as a teacher of trees does.

    Parameters
    ----------
    X : array-like or data frame of shape (n_samples, n_features)
        The table.

    ensemble : TreeEnsemble
        The teacher's arrays.

    Returns
    -------
    Z : ndarray of shape (n_samples, n_teacher_columns)
        Numbers and codes, NaN where missing or unseen.
    """
    rows = np.array(ensemble.encode(X), dtype=np.float64)
    if is_frame(X):
        return rows
    for j, known in enumerate(ensemble.categories):
        if known is not None:  # an ensemble that codes the numbers of an array itself
            code = {float(value): float(k) for k, value in enumerate(known)}
            rows[:, j] = [code.get(value, np.nan) for value in rows[:, j].tolist()]
    return rows


def code_rows(layout: Layout, Z_teacher: FloatArray, Z_student: FloatArray) -> Coded:
    """Give encoded rows as numbers and levels.

    Parameters
    ----------
    layout : Layout
        The columns.

    Z_teacher, Z_student : ndarray
        As `encodings` gives them.

    Returns
    -------
    coded : Coded
        The levels are those of these rows.
    """
    n_rows, n_columns = len(Z_teacher), len(layout.names)
    values, n_levels = np.empty((n_rows, n_columns)), np.zeros(n_columns, dtype=np.int64)
    codes: tuple[list[FloatArray], list[FloatArray]] = ([], [])
    nothing = np.zeros(n_rows)
    for u, (t, s) in enumerate(zip(layout.teacher_at, layout.student_at, strict=True)):
        pair = [Z_teacher[:, t] if t >= 0 else nothing, Z_student[:, s] if s >= 0 else nothing]
        if layout.is_number[u]:
            values[:, u] = pair[0] if t >= 0 else pair[1]
            levels = np.empty((0, 2))
        else:
            levels, values[:, u] = level_pairs(np.stack(pair, axis=1))
            n_levels[u] = len(levels)
        for one, code in zip(codes, levels.T, strict=True):
            one.append(np.ascontiguousarray(code))
    return Coded(values, n_levels, *codes)


def check_frozen(frozen: Iterable[str | int] | None, layout: Layout) -> BoolArray:
    """Give the columns that may change.

    Parameters
    ----------
    frozen : iterable of str or int, or None
        The columns that may not, by name or by place among the columns.

    layout : Layout
        The columns.

    Returns
    -------
    moves : ndarray of bool of shape (n_columns,)
        Columns of numbers that were not named.

    Raises
    ------
    InvalidInputError
        If a column is not known.
    """
    moves = layout.is_number.copy()
    for one in [frozen] if isinstance(frozen, str) else frozen or ():
        if isinstance(one, str) and one in layout.names:
            moves[layout.names.index(one)] = False
        elif not isinstance(one, str) and 0 <= int(one) < len(layout.names):
            moves[int(one)] = False
        else:
            msg = (
                f"The 'frozen_features' parameter names {one!r}, which is no column that the "
                f"models know; these are {list(layout.names)}."
            )
            raise InvalidInputError(msg)
    return moves

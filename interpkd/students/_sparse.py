"""Sparse tables: read, described and standardised without ever being made dense.

A bag of words has many thousands of columns, nearly all of whose values are zeros. The linear
students take such a table as it is: only the values that are there are touched, and what is
subtracted from a column is subtracted from sums and scores instead.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeGuard

import numpy as np
from scipy import sparse
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.utils import get_tags
from sklearn.utils.validation import check_is_fitted, validate_data

from interpkd._tables import Column, RawColumn
from interpkd._validation import is_routing_enabled
from interpkd.exceptions import InvalidInputError
from interpkd.students._base import BaseDistilled
from interpkd.students._transfer import counted_labeled
from interpkd.targets import RowNames, TransferSet
from interpkd.teachers import is_frozen

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from sklearn.utils import Tags

    from interpkd._typing import FloatArray, Table
    from interpkd.students._teaching import Teaching
    from interpkd.students._transfer import Rows
    from interpkd.targets import Ledger


class SparseColumns(list[RawColumn]):
    """The columns of a sparse matrix of numbers.

    Each says its name only: its values are in `matrix`, as there is no room for all of them.

    Parameters
    ----------
    matrix : CSR array or matrix of float64 of shape (n_samples, n_features)
        The numbers; never changed.
    """

    def __init__(self, matrix: Any) -> None:
        unread = np.broadcast_to(np.nan, matrix.shape[:1])
        super().__init__(RawColumn(f"x{i}", "numeric", unread) for i in range(matrix.shape[1]))
        self.matrix = matrix


def is_sparse(X: Any) -> TypeGuard[Any]:
    """Tell whether a table is a sparse matrix or array of scipy."""
    return bool(sparse.issparse(X))


class TakesSparse(BaseDistilled):
    """Base of the students that take sparse tables, beside those that all students take."""

    def _read(self, X: Table, *, reset: bool) -> list[RawColumn]:
        if not is_sparse(X):
            return super()._read(X, reset=reset)
        if reset:
            self._refuse_augmentation()
        rows = validate_data(self, X, reset=reset, accept_sparse="csr", dtype=np.float64)
        if not rows.has_canonical_format:
            rows = rows.copy()  # which is the user's where nothing was converted
            rows.sum_duplicates()
        return SparseColumns(rows)

    def _refuse_augmentation(self) -> None:
        """Refuse rows that are asked for: mixing the few values that rows have makes no sense."""
        asked = None
        if self.augmentation == "neighbours":
            asked = "augmentation='neighbours'"
        elif self.augmentation is not None and self.n_augmented not in ("auto", 0):
            asked = f"n_augmented={self.n_augmented}"
        if asked is not None:
            msg = (
                f"{asked} asks for generated rows, and near sparse rows none can be generated. "
                "Leave augmentation='auto', which then generates none, or give X.toarray()."
            )
            raise InvalidInputError(msg)

    def _encode(self, X: Table) -> FloatArray:
        if not is_sparse(X):
            return super()._encode(X)
        check_is_fitted(self)
        strange = next((c for c in self.columns_ if c.kind == "category" or c.has_missing), None)
        if strange is not None:
            what = "held categories" if strange.kind == "category" else "missed values"
            msg = (
                f"A sparse X was passed, but column {strange.name!r} {what} when the student was "
                "fitted. Give such a table, not a sparse one."
            )
            raise InvalidInputError(msg)
        rows: Any = self._read(X, reset=False)
        encoded: FloatArray = rows.matrix
        return encoded

    def _default_teacher(self, raw: list[RawColumn]) -> Any:
        if not isinstance(raw, SparseColumns):
            return super()._default_teacher(raw)
        # histogram boosting does not take sparse rows
        is_classifier = self._task == "classification"
        kind = RandomForestClassifier if is_classifier else RandomForestRegressor
        teacher = kind(random_state=self.random_state)
        return teacher.set_fit_request(sample_weight=True) if is_routing_enabled() else teacher

    def _with_unlabeled(self, rows: Rows, X_unlabeled: Table, ledger: Ledger) -> Rows:
        if not is_sparse(X_unlabeled) or self.teacher_ is None:
            return super()._with_unlabeled(rows, X_unlabeled, ledger)
        raw = self._read(X_unlabeled, reset=False)
        answers = ledger.ask(self.teacher_, X_unlabeled, RowNames("X_unlabeled"))
        return replace(rows, unlabeled=(raw, answers))

    def _transfer_set(self, teaching: Teaching, rows: Rows, ledger: Ledger) -> TransferSet:
        raw, extra = rows.raw, rows.unlabeled
        if extra is not None and isinstance(extra[0], SparseColumns) != isinstance(
            raw, SparseColumns
        ):
            msg = "Of X and X_unlabeled one is sparse and the other is not. Give both the same way."
            raise InvalidInputError(msg)
        if not isinstance(raw, SparseColumns):
            return super()._transfer_set(teaching, rows, ledger)
        counted = counted_labeled(teaching, rows)
        Z = raw.matrix if len(counted) == raw.matrix.shape[0] else raw.matrix[counted]
        y, weights = rows.y, rows.sample_weight
        targets = self._targets(teaching.answers[counted], None if y is None else y[counted])
        weights = np.ones(len(counted)) if weights is None else weights[counted]
        n_unlabeled, every = 0, raw.matrix  # rows of weight 0 are part of the ranges
        if extra is not None and isinstance(extra[0], SparseColumns):
            n_unlabeled = extra[0].matrix.shape[0]
            Z, every = (sparse.vstack([A, extra[0].matrix], format="csr") for A in (Z, every))
            targets = np.concatenate([targets, self._targets(extra[1], None)])
            weights = np.concatenate([weights, np.ones(n_unlabeled)])
        self.columns_ = describe_sparse(every)
        return TransferSet(Z, targets, weights, len(counted), n_unlabeled)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        teacher = self.teacher
        # a frozen teacher is known by its answers only; the default one depends on the table
        is_open = teacher is None or is_frozen(teacher)
        tags.input_tags.sparse = is_open or bool(get_tags(teacher).input_tags.sparse)
        return tags


def describe_sparse(rows: Any) -> tuple[Column, ...]:
    """Sum up the columns of a sparse training table.

    Parameters
    ----------
    rows : CSR array or matrix of shape (n_rows, n_features)
        The table.

    Returns
    -------
    columns : tuple of Column
        One per column of the table, all of numbers.
    """
    low, high = (_dense_row(rows.min(axis=0)), _dense_row(rows.max(axis=0)))
    ranges = zip(low.tolist(), high.tolist(), strict=True)
    return tuple(
        Column(f"x{i}", "numeric", (), False, least, most)  # noqa: FBT003
        for i, (least, most) in enumerate(ranges)
    )


def sparse_medians(rows: Any, weights: FloatArray, median: Any) -> FloatArray:
    """Give the weighted median of each column.

    Parameters
    ----------
    rows : CSR array or matrix of shape (n_rows, n_features)
        The table.

    weights : ndarray of shape (n_rows,)
        Row weights.

    median : callable
        Gives the weighted median of some values.

    Returns
    -------
    medians : ndarray of shape (n_features,)
        0 where zeros have more than half of the weight, which is nearly everywhere.
    """
    medians, total = np.zeros(rows.shape[1]), weights.sum()
    stored = np.bincount(rows.indices, np.repeat(weights, np.diff(rows.indptr)), rows.shape[1])
    full = np.flatnonzero(stored >= total / 2 * (1 - 1e-9))
    columns = rows[:, full].tocsc()
    for j, at in enumerate(full):
        part = slice(columns.indptr[j], columns.indptr[j + 1])
        values, mass = columns.data[part], weights[columns.indices[part]]
        if len(values) < rows.shape[0]:
            values = np.append(values, 0.0)
            mass = np.append(mass, max(total - stored[at], 0.0))
        medians[at] = median(values, mass)
    return medians


def sparse_moments(rows: Any, weights: FloatArray) -> tuple[FloatArray, ...]:
    """Give the largest size of each column, its mean and standard deviation in that unit, its ends.

    Parameters
    ----------
    rows : CSR array or matrix of shape (n_rows, n_features)
        The table.

    weights : ndarray of shape (n_rows,)
        Row weights.

    Returns
    -------
    unit, mean, deviation, low, high : ndarray of shape (n_features,)
        The unit is 1 for a column of zeros; the deviation is 0 for a column of a single value.
    """
    low, high = _dense_row(rows.min(axis=0)), _dense_row(rows.max(axis=0))
    unit: FloatArray = np.maximum(-low, high)
    unit[unit == 0] = 1.0
    share, place, d = weights / weights.sum(), rows.indices, rows.shape[1]
    mass = np.repeat(share, np.diff(rows.indptr))
    values = rows.data / unit[place]

    def total(summed: FloatArray) -> FloatArray:
        return np.asarray(np.bincount(place, summed, d), dtype=np.float64)

    mean, stored = total(mass * values), total(mass)
    squares = total(mass * (values - mean[place]) ** 2)
    squares += np.maximum(1 - stored, 0) * mean**2  # of the zeros that are not stored
    deviation: FloatArray = np.where(high > low, np.sqrt(squares), 0.0)
    return unit, mean, deviation, low, high


def divide_columns(rows: Any, used: NDArray[np.bool_], scale: FloatArray) -> Any:
    """Give some columns of a sparse table, each divided by its scale."""
    if not used.all():
        rows, scale = rows[:, np.flatnonzero(used)], scale[used]
    data = rows.data / scale[rows.indices]
    return sparse.csr_array((data, rows.indices, rows.indptr), shape=rows.shape)


def sparse_places(rows: Any) -> NDArray[np.intp]:
    """Give numbers to the different rows, in the order of their values column by column.

    Parameters
    ----------
    rows : CSR array or matrix of shape (n_rows, n_features)
        The table.

    Returns
    -------
    place : ndarray of shape (n_rows,)
        What ``np.unique(dense, axis=0, return_inverse=True)[1]`` is.

    Notes
    -----
    Rows are told apart by their first stored values, what is left of them by their second, and so
    on. Where two rows first differ, a positive value makes its row the larger one of the two, the
    more so the earlier its column, as the other row has a zero there; a negative one the smaller.
    """
    rows = rows.copy()
    rows.eliminate_zeros()
    n, (data, indices, indptr) = rows.shape[0], (rows.data, rows.indices, rows.indptr)
    place, left, turn = np.zeros(n, dtype=np.intp), np.arange(n), 0
    while len(left):
        at = indptr[left] + turn
        is_stored = at < indptr[left + 1]
        at = np.where(is_stored, at, 0)
        value = np.where(is_stored, data[at] if len(data) else 0.0, 0.0)
        column = np.where(is_stored, indices[at] if len(data) else 0, 0)
        keys = value, -np.sign(value) * column, np.sign(value), place[left]
        order = np.lexsort(keys)
        left = left[order]
        new = np.any([np.diff(key[order], prepend=np.nan) != 0 for key in keys], axis=0)
        run = np.cumsum(new) - 1
        first = np.flatnonzero(new)
        # a run starts as far above its group as rows of the group are below it
        before = place[left]
        group = np.searchsorted(before, before, side="left")
        place[left] = before + first[run] - group
        is_alone = np.bincount(run)[run] == 1
        left = left[~is_alone & is_stored[order]]
        turn += 1
    return np.unique(place, return_inverse=True)[1].ravel()


def _dense_row(row: Any) -> FloatArray:
    return np.asarray(row.toarray(), dtype=np.float64).ravel()

"""The transfer set of one fit: real rows encoded together, and generated ones near them."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.utils import check_random_state

from interpkd._mixing import mixer
from interpkd._tables import RawColumn, describe_columns, encode, is_frame
from interpkd.exceptions import InvalidInputError
from interpkd.students._columns import order_categories
from interpkd.students._teaching import FROZEN, GIVEN
from interpkd.targets import (
    GeneratedRowNames,
    RowPlanner,
    add_generated_rows,
    build_transfer_set,
    n_generated_rows,
    weigh_by_memory,
)
from interpkd.teachers import split_thresholds

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from interpkd._tables import Column
    from interpkd._typing import BoolArray, FloatArray, Table
    from interpkd.students._teaching import Teaching
    from interpkd.targets import Ledger, RowPlan, TransferSet


@dataclass(frozen=True)
class Recipe:
    """What a student wants of its transfer set.

    Attributes
    ----------
    augmentation, n_augmented, alpha, random_state
        The student's parameters.

    has_size_limit : bool
        Whether the student is limited in size, or may repeat all its rows.

    to_targets : callable
        Turns answers, and labels or None, into soft targets.

    labels_as_targets : callable
        Gives labels in the shape of soft targets.

    ledger : Ledger
        Through which the fitted teacher is asked.
    """

    augmentation: str | None
    n_augmented: int | str
    alpha: float
    random_state: Any
    has_size_limit: bool
    to_targets: Callable[[FloatArray, NDArray[Any] | None], FloatArray]
    labels_as_targets: Callable[[NDArray[Any]], FloatArray]
    ledger: Ledger


@dataclass(frozen=True)
class Rows:
    """The rows of one fit as they were given.

    Attributes
    ----------
    raw : list of RawColumn
        The labelled rows as read.

    y : ndarray of shape (n_samples,) or None
        Their labels.

    sample_weight : ndarray of shape (n_samples,) or None
        Their weights.

    tables : dict of str to table
        The tables that the teacher is asked on: "X", and "X_unlabeled" if there is one.

    unlabeled : tuple of (list of RawColumn, ndarray) or None
        Unlabelled rows as read, and the teacher's answers to them.
    """

    raw: list[RawColumn]
    y: NDArray[Any] | None
    sample_weight: FloatArray | None
    tables: dict[str, Table]
    unlabeled: tuple[list[RawColumn], FloatArray] | None = None


def make_transfer_set(
    recipe: Recipe, teaching: Teaching, rows: Rows
) -> tuple[TransferSet, tuple[Column, ...]]:
    """Encode all rows together, categories in the order of the teacher's answers.

    Parameters
    ----------
    recipe : Recipe
        What the student wants.

    teaching : Teaching
        The teacher and its answers.

    rows : Rows
        The rows.

    Returns
    -------
    transfer : TransferSet
        Labelled, unlabelled and generated rows.

    columns : tuple of Column
        The columns of its matrix.
    """
    real, Z, columns = _real_rows(recipe, teaching, rows)
    n_generated = n_generated_rows(
        Z,
        augmentation=recipe.augmentation,
        n_augmented=recipe.n_augmented,
        alpha=recipe.alpha,
        can_ask=teaching.facts["source"] != GIVEN,
        has_size_limit=recipe.has_size_limit,
    )
    if n_generated == 0:
        return real, columns
    generated = GeneratedRows(recipe, teaching, rows, real, Z, columns)
    plan = generated.plan(n_generated)
    answers = generated.ask(plan.numbers, plan.start)
    if rows.y is not None and teaching.facts["source"] == FROZEN:
        labeled = generated.counted[: real.n_labeled]
        real = weigh_by_memory(
            real,
            teaching.answers.reshape(len(teaching.answers), -1)[labeled],
            recipe.labels_as_targets(rows.y[labeled]),
            answers.reshape(n_generated, -1),
            plan.start,
        )
    if recipe.n_augmented == "auto":
        real = replace(real, more_rows=generated.more_rows)
    targets = recipe.to_targets(answers, None)
    return add_generated_rows(real, plan.numbers, targets, plan.weight), columns


class GeneratedRows:
    """Generated rows near those of one fit, and the teacher's answers to them.

    Parameters
    ----------
    recipe : Recipe
        What the student wants.

    teaching : Teaching
        The teacher.

    rows : Rows
        The rows as they were given.

    real : TransferSet
        The real rows.

    Z : ndarray of shape (n_rows, n_columns)
        The same with codes of categories that do not hang on the teacher's answers.

    columns : tuple of Column
        The columns.
    """

    def __init__(
        self,
        recipe: Recipe,
        teaching: Teaching,
        rows: Rows,
        real: TransferSet,
        Z: FloatArray,
        columns: Sequence[Column],
    ) -> None:
        self._recipe, self._teacher, self._real = recipe, teaching.teacher, real
        self._n_in_X = len(rows.raw[0].values)
        self.counted = _counted_rows(teaching, rows)
        self._mix = mixer(rows.tables)
        self._seed = check_random_state(recipe.random_state).randint(2**31)
        is_category = np.array([column.kind == "category" for column in columns])
        self._planner = RowPlanner(Z.astype(np.float64, copy=False), real.weights, is_category)

    def plan(self, n_rows: int, turn: int = 0, may_start: BoolArray | None = None) -> RowPlan:
        """Plan rows; each turn draws on its own chance."""
        rng = np.random.default_rng([self._seed, turn])
        return self._planner.plan(n_rows, rng=rng, may_start=may_start)

    def ask(self, numbers: NDArray[np.intp], start: NDArray[np.intp]) -> FloatArray:
        """Ask the teacher about rows that were planned."""
        names = GeneratedRowNames(started=lambda i: self._name(int(self.counted[start[i]])))
        return self._recipe.ledger.ask_once(
            self._teacher,
            lambda begin, end: self._mix(self.counted[numbers[begin:end]]),
            len(numbers),
            names,
        )

    def _name(self, number: int) -> str:
        if number < self._n_in_X:
            return f"row {number} of X"
        return f"row {number - self._n_in_X} of X_unlabeled"

    def more_rows(
        self, may_start: BoolArray, n_rows: int, wanted: Callable[[FloatArray], BoolArray]
    ) -> tuple[FloatArray, FloatArray]:
        """Generate more rows, and give the wanted ones and their targets."""
        plan = self.plan(n_rows, 1, may_start)
        numbers = plan.numbers
        rows = self._real.Z[numbers, np.arange(self._real.Z.shape[1])]
        chosen = wanted(rows)
        if not chosen.any():
            return rows[:0], self._real.targets[:0]
        answers = self.ask(numbers[chosen], plan.start[chosen])
        return rows[chosen], self._recipe.to_targets(answers, None)


def _real_rows(
    recipe: Recipe, teaching: Teaching, rows: Rows
) -> tuple[TransferSet, FloatArray, tuple[Column, ...]]:
    """Put the real rows together; give them, the same with plain codes, and the columns."""
    raw, n = rows.raw, len(rows.raw[0].values)
    counted = counted_labeled(teaching, rows)
    y, weights = rows.y, rows.sample_weight
    targets = recipe.to_targets(teaching.answers[counted], None if y is None else y[counted])
    extra_targets = None
    if rows.unlabeled is not None:
        raw = [_append(one, two) for one, two in zip(raw, rows.unlabeled[0], strict=True)]
        extra_targets = recipe.to_targets(rows.unlabeled[1], None)
    columns = describe_columns(raw)
    Z = encode(raw, columns)
    plain = build_transfer_set(
        Z[:n] if len(counted) == n else Z[:n][counted],
        targets,
        None if weights is None else weights[counted],
        Z_unlabeled=None if extra_targets is None else Z[n:],
        unlabeled_targets=extra_targets,
    )
    thresholds = teacher_thresholds(teaching, columns, is_named=is_frame(rows.tables["X"]))
    columns, ordered = order_categories(
        columns, plain.Z, plain.targets.reshape(len(plain.Z), -1), plain.weights
    )
    return replace(plain, Z=ordered, thresholds=thresholds), plain.Z, columns


def counted_labeled(teaching: Teaching, rows: Rows) -> NDArray[np.intp]:
    """Give the numbers of the labelled rows that weigh something and have an answer.

    Parameters
    ----------
    teaching : Teaching
        The teacher's answers.

    rows : Rows
        The rows.

    Returns
    -------
    numbers : ndarray of int
        Row numbers of `X`.

    Raises
    ------
    InvalidInputError
        If there are none.
    """
    n = len(rows.raw[0].values)
    counts = np.ones(n, dtype=np.bool_) if rows.sample_weight is None else rows.sample_weight > 0
    if teaching.answered is not None:
        counts &= teaching.answered
    if not counts.any():
        msg = (
            "No row of X has both an out-of-fold answer and a weight above 0. Choose folds ('cv') "
            "that hold such rows out."
        )
        raise InvalidInputError(msg)
    return np.flatnonzero(counts)


def _counted_rows(teaching: Teaching, rows: Rows) -> NDArray[np.intp]:
    """Give the numbers of the real rows that count, through all tables."""
    n = len(rows.raw[0].values)
    n_extra = 0 if rows.unlabeled is None else len(rows.unlabeled[1])
    return np.append(counted_labeled(teaching, rows), np.arange(n, n + n_extra))


def teacher_thresholds(
    teaching: Teaching, columns: Sequence[Column], *, is_named: bool
) -> list[FloatArray] | None:
    """Give the teacher's own thresholds of numeric columns, if it is an ensemble of trees.

    Parameters
    ----------
    teaching : Teaching
        The teacher.

    columns : sequence of Column
        The columns of the training table.

    is_named : bool
        Whether the table's columns have names.

    Returns
    -------
    thresholds : list of ndarray or None
        Per column, rising; none of a column of categories. None for another teacher.
    """
    if teaching.facts["source"] == GIVEN:
        return None
    names = [column.name for column in columns] if is_named else None
    found = split_thresholds(teaching.teacher, names)
    if found is None or len(found) != len(columns):
        return None
    is_numeric = [column.kind == "numeric" for column in columns]
    return [t if keep else t[:0] for t, keep in zip(found, is_numeric, strict=True)]


def _append(one: RawColumn, two: RawColumn) -> RawColumn:
    """Put unlabelled values under the labelled ones of the same column."""
    if (one.kind == "category") != (two.kind == "category"):
        msg = (
            f"Column {one.name!r} is read as {one.kind} in X and as {two.kind} in X_unlabeled. "
            "Give both the same type."
        )
        raise InvalidInputError(msg)
    return RawColumn(one.name, one.kind, np.concatenate([one.values, two.values]))

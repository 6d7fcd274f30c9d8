"""What is made of a part once the columns are known: the teacher's answers, and rows as codes.

The second and last time that the rows of a collection are read.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd._tables import encode
from interpkd._validation import check_predictions, class_positions
from interpkd.exceptions import InvalidInputError
from interpkd.learners import Sketch, merge_sketches
from interpkd.students._collection_dask_folds import FoldTeachers
from interpkd.students._collection_rows import hash_tables, read_rows, weights_of
from interpkd.students._columns import order_by_answers
from interpkd.students._given_scores import read_probabilities
from interpkd.targets import Ledger, RowNames

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from interpkd._collections import Part
    from interpkd._tables import Column
    from interpkd._typing import FloatArray
    from interpkd.learners import Block, Coder


SKETCH = ("hashes", "Z", "weights", "counts", "sums")
"""What a part tells of its rows that belong to the sketch."""


@dataclass(frozen=True)
class Lesson:
    """What is made of every part.

    Attributes
    ----------
    student : estimator
        A copy of the student without its teacher, which turns answers into targets.

    task : {"classification", "regression"}
        What the answers are.

    teacher : fitted estimator or None
        Who is asked; None where the answers are at hand.

    answers : mapping of int to ndarray, FoldTeachers or None
        Answers at hand, by the number of the part, or who is asked about each.

    score_names : sequence of str
        The columns of given scores.

    columns : sequence of Column
        The columns, categories in the order of their text.

    coder : Coder or None
        Makes codes of rows; None for blocks of rows as they are.

    first_extra : int
        The number of the first part of unlabelled rows.

    limit : int
        Rows up to this hash belong to the sketch.

    most : int
        Most rows of the sketch.

    are_weighted : bool
        Whether some row weighs something else than 1.
    """

    student: Any
    task: str
    teacher: Any
    answers: Mapping[int, FloatArray] | FoldTeachers | None
    score_names: Sequence[str]
    columns: Sequence[Column]
    coder: Coder | None
    first_extra: int
    limit: int
    most: int
    are_weighted: bool


def teach_part(
    part: Part, lesson: Lesson
) -> tuple[dict[str, NDArray[Any]], dict[str, NDArray[Any]]]:
    """Ask about the rows of a part, and write them as a learner wants them.

    Parameters
    ----------
    part : Part
        The rows.

    lesson : Lesson
        What is wanted.

    Returns
    -------
    arrays : dict of str to ndarray
        "codes" or "Z", "targets" and, where not all are 1, "weights" of the rows that count.

    told : dict of str to ndarray
        The rows of the sketch, the sums of each category's targets, and counts.
    """
    if len(part) == 0:
        return {}, {}
    Z = encode(read_rows(part), lesson.columns)
    ledger = Ledger(lesson.task)
    answers = _answers(part, lesson, ledger)
    y = None if part.y is None else _target(part, lesson)
    targets = lesson.student._targets(answers, y).reshape(len(Z), -1)  # noqa: SLF001
    targets = (
        targets[:, 1:] if lesson.task == "classification" and targets.shape[1] == 2 else targets
    )
    targets = _in_few_digits(targets)
    weights = weights_of(part)
    if weights is not None and (weights == 0).any():
        counted = weights > 0
        Z, targets, weights = Z[counted], targets[counted], weights[counted]
    return _arrays(Z, targets, weights, lesson), _told(part, Z, targets, weights, ledger, lesson)


def _in_few_digits(targets: FloatArray) -> NDArray[Any]:
    """Give targets in float32, unless it has no numbers of that size."""
    largest, numbers = float(np.abs(targets).max()), np.finfo(np.float32)
    fits = largest == 0 or float(numbers.tiny / numbers.eps) < largest < float(numbers.max)
    return targets.astype(np.float32 if fits else np.float64)


@dataclass(frozen=True)
class Lessons:
    """What all parts told.

    Attributes
    ----------
    sketch : Sketch
        Of all rows, with targets; categories as of `columns`.

    columns : tuple of Column
        The columns, categories in the order of the answers.

    places : list of ndarray or None
        Per category column, where each category has gone; None for others.

    counts : dict of str to int
        Rows asked about, calls that took, rows that count, those without labels.
    """

    sketch: Sketch
    columns: tuple[Column, ...]
    places: list[NDArray[np.intp] | None]
    counts: dict[str, int]


def hear(told: Sequence[Mapping[str, NDArray[Any]]], lesson: Lesson) -> Lessons:
    """Put together what all parts told, and order the categories."""
    told = [one for one in told if one]
    sketch = merge_sketches(
        Sketch(
            **{name: one[f"sketch_{name}"] for name in SKETCH},
            most=lesson.most,
            limit=lesson.limit,
        )
        for one in told
    )
    columns = [*lesson.columns]
    places: list[NDArray[np.intp] | None] = [None] * len(columns)
    for j, column in enumerate(columns):
        if column.kind != "category" or not column.categories:
            continue
        sums = _exact_sum([one[f"category_{j}"] for one in told])
        with np.errstate(invalid="ignore", divide="ignore"):
            order = order_by_answers(sums[:, 1:] / sums[:, :1], sums[:, 0])
        columns[j] = replace(column, categories=tuple(column.categories[k] for k in order))
        places[j] = np.argsort(order, kind="stable")
    names = ("n_asked", "n_calls", "n_counted", "n_unlabeled", "bytes_per_row")
    counts = {name: sum(int(one[name][0]) for one in told) for name in names}
    counts["bytes_per_row"] = max(int(one["bytes_per_row"][0]) for one in told)
    return Lessons(sketch.with_rows(_moved(sketch.Z, places)), tuple(columns), places, counts)


def code_places(
    places: Sequence[NDArray[np.intp] | None], thresholds: Sequence[FloatArray]
) -> list[NDArray[np.uint8] | None]:
    """Give for each category column the code of what was coded by the order of texts."""
    tables: list[NDArray[np.uint8] | None] = []
    for place, cuts in zip(places, thresholds, strict=True):
        if place is None:
            tables.append(None)
            continue
        table = np.full(256, MISSING, dtype=np.uint8)
        table[: len(place)] = np.searchsorted(cuts, place)
        tables.append(table)
    return tables


def move_codes(block: Block, tables: Sequence[NDArray[np.uint8] | None]) -> dict[str, NDArray[Any]]:
    """Write the codes of a block by the categories' new order."""
    codes = block["codes"].copy()
    for j, table in enumerate(tables):
        if table is not None:
            codes[:, j] = table[codes[:, j]]
    return {**block.arrays, "codes": codes}


def move_rows(block: Block, places: Sequence[NDArray[np.intp] | None]) -> dict[str, NDArray[Any]]:
    """Write the rows of a block by the categories' new order."""
    return {**block.arrays, "Z": _moved(block["Z"], places)}


MISSING = 255
"""The code of a missing value."""


def _moved(Z: FloatArray, places: Sequence[NDArray[np.intp] | None]) -> FloatArray:
    if all(place is None for place in places):
        return Z
    Z = Z.copy()
    for j, place in enumerate(places):
        if place is not None:
            known = ~np.isnan(Z[:, j])
            Z[known, j] = place[Z[known, j].astype(np.intp)]
    return Z


def _exact_sum(parts: Sequence[FloatArray]) -> FloatArray:
    """Add tables so that their order makes no difference."""
    stacked = np.stack(parts)
    flat = [math.fsum(column) for column in stacked.reshape(len(parts), -1).T.tolist()]
    return np.array(flat).reshape(stacked.shape[1:])


def _answers(part: Part, lesson: Lesson, ledger: Ledger) -> FloatArray:
    teacher = lesson.teacher
    if isinstance(lesson.answers, FoldTeachers):
        teacher = lesson.answers.of(part.number)
    elif lesson.answers is not None and part.number in lesson.answers:
        return lesson.answers[part.number]
    if part.scores is not None:
        classes = getattr(lesson.student, "classes_", None)
        return given_answers(part.scores, lesson.score_names, classes, lesson.task)
    names = RowNames(part.where, np.arange(part.first_row, part.first_row + len(part)))
    return ledger.ask(teacher, part.X, names)


def given_answers(
    scores: NDArray[Any], names: Sequence[str], classes: NDArray[Any] | None, task: str
) -> FloatArray:
    """Turn columns of scores into answers.

    Parameters
    ----------
    scores : ndarray of shape (n_rows, n_scores)
        The scores: of a regression one column; of two classes one, of the second, or both; of more
        one for each.

    names : sequence of str
        Names of these columns. Named by the classes they may be in any order; otherwise they are in
        that of the classes.

    classes : ndarray of shape (n_classes,) or None
        The classes, where they are known.

    task : {"classification", "regression"}
        What the scores are.

    Returns
    -------
    answers : ndarray of shape (n_rows, n_classes) or (n_rows,)
        Checked.
    """
    if task == "regression":
        if len(names) != 1:
            msg = f"teacher_proba must name one column of predictions, got {[*names]}."
            raise InvalidInputError(msg)
        return check_predictions(scores[:, 0], n_samples=len(scores), source="teacher_proba")
    if len(names) == 1:
        scores = np.column_stack([1 - scores[:, 0], scores[:, 0]])
    elif classes is not None and sorted(names) == sorted(map(str, classes)):
        scores = scores[:, [[*names].index(str(label)) for label in classes]]
    return read_probabilities(scores, classes, n_samples=len(scores))[0]


def _target(part: Part, lesson: Lesson) -> NDArray[Any]:
    y = np.asarray(part.y)
    if lesson.task == "regression":
        return y.astype(np.float64)
    if lesson.student.alpha == 0:
        class_positions(np.asarray(_different(y)), lesson.student.classes_)
    return y


def _different(y: NDArray[Any]) -> NDArray[Any]:
    import pandas as pd

    return np.asarray(pd.unique(y))


def _arrays(
    Z: FloatArray, targets: NDArray[Any], weights: FloatArray | None, lesson: Lesson
) -> dict[str, NDArray[Any]]:
    arrays: dict[str, NDArray[Any]] = (
        {"Z": np.ascontiguousarray(Z)} if lesson.coder is None else {"codes": lesson.coder.code(Z)}
    )
    arrays["targets"] = targets
    if lesson.are_weighted:
        arrays["weights"] = np.ones(len(Z)) if weights is None else weights
    return arrays


def _told(
    part: Part,
    Z: FloatArray,
    targets: NDArray[Any],
    weights: FloatArray | None,
    ledger: Ledger,
    lesson: Lesson,
) -> dict[str, NDArray[Any]]:
    sketch = Sketch.of(
        Z,
        weights,
        tables=hash_tables(lesson.columns),
        targets=targets,
        most=lesson.most,
        limit=lesson.limit,
    )
    row = Z.itemsize * Z.shape[1] if lesson.coder is None else Z.shape[1]
    row += targets.itemsize * targets.shape[1] + 8 * lesson.are_weighted
    counts = {
        "n_asked": ledger.n_rows,
        "n_calls": ledger.n_calls,
        "n_counted": len(Z),
        "n_unlabeled": len(Z) if part.number >= lesson.first_extra else 0,
        "bytes_per_row": row,
    }
    told = {name: np.array([value]) for name, value in counts.items()}
    for name in SKETCH:
        told[f"sketch_{name}"] = np.asarray(getattr(sketch, name))
    for j, column in enumerate(lesson.columns):
        if column.kind == "category" and column.categories:
            told[f"category_{j}"] = _category_sums(Z[:, j], targets, weights, column)
    return told


def _category_sums(
    codes: FloatArray, targets: NDArray[Any], weights: FloatArray | None, column: Column
) -> FloatArray:
    """Sum weights and weighted targets by category."""
    known, n = ~np.isnan(codes), len(column.categories)
    at = codes[known].astype(np.intp)
    w = np.ones(len(at)) if weights is None else weights[known]
    columns = [w, *(w * targets[known].T.astype(np.float64))]
    return np.stack([np.bincount(at, one, n) for one in columns], axis=1)

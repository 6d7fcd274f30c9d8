"""Evidence that takes refits: fidelity against size, whether distilling pays, stability.

Each refit fits the teacher and the student anew. Their number is chosen such that a table of 10 000
rows takes less than a minute on two cores, and larger tables are sampled.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import click
import numpy as np
from sklearn.base import clone
from sklearn.model_selection import train_test_split

from interpkd._validation import safe_indexing
from interpkd.audit import stability
from interpkd.exceptions import InterpkdError
from interpkd.fidelity import distil_or_not, frontier, share_fits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from interpkd._typing import FloatArray
    from interpkd.cli._problem import Split
    from interpkd.cli._settings import Settings
    from interpkd.cli._stages import Stages

L1_STRENGTHS = (0.001, 0.01, 0.1, 1.0)
"""Inverse strengths of an L1 penalty that take coefficients away."""


@dataclass(frozen=True)
class Teaching:
    """What the refits repeat.

    Attributes
    ----------
    student : estimator
        The fitted student.

    X : pandas.DataFrame
        Rows it learned from, or a sample of them.

    y : ndarray
        Their labels or values.

    scores : ndarray or None
        The teacher's scores on them, where these are all there is of it.

    n_all : int
        Rows it learned from.
    """

    student: Any
    X: Any
    y: NDArray[Any]
    scores: FloatArray | None
    n_all: int

    @property
    def note(self) -> str:
        """Which rows the refits use, in words."""
        if len(self.y) == self.n_all:
            return f"All {self.n_all} training rows; the rows held out for the report have no part."
        return (
            f"{len(self.y)} of the {self.n_all} training rows, drawn at random: with all of them, "
            "refits would differ less. The rows held out for the report have no part."
        )


def refit(
    student: Any, split: Split, scores: FloatArray | None, settings: Settings, stages: Stages
) -> tuple[dict[str, Any], dict[str, str]]:
    """Make the evidence that takes refits, on the rows that the student learned from.

    Parameters
    ----------
    student : estimator
        The fitted student.

    split : Split
        The rows to learn from.

    scores : ndarray or None
        The teacher's scores on them, where these are all there is of it.

    settings : Settings
        How to teach, and how many refits.

    stages : Stages
        Where to say what is being done.

    Returns
    -------
    evidence : dict
        "frontier", "distil_or_not", "stability" as `audit_report` takes them: a result, or the
        reason why there is none.

    facts : dict
        How it was made, as the report states it.
    """
    plan = settings.plan
    taught = _sample(student, split, scores, settings)
    shared: dict[str, Any] = {
        "n_jobs": plan.jobs_for(len(taught.y)),
        "random_state": settings.seed,
        "progress": stages.within,
    }
    if settings.cutoff != 0.5:
        shared["cutoff"] = settings.cutoff
    in_folds = taught
    if shared["n_jobs"] == 1 and scores is None:
        # the same folds in the same process: each of their teachers is fitted once for both
        both = clone(student).set_params(teacher=share_fits(student.teacher))
        in_folds = replace(taught, student=both)
    with _quiet_workers(shared["n_jobs"]):
        evidence = {
            "frontier": _frontier(in_folds, settings, stages, shared),
            "distil_or_not": _distil_or_not(in_folds, settings, stages, shared),
            "stability": _stability(taught, settings, stages, shared),
        }
    is_made = not all(isinstance(one, str) for one in evidence.values())
    return evidence, {"Rows of the refits": taught.note} if is_made else {}


def sizes_of(settings: Settings, n_columns: int) -> dict[str, list[Any]] | str:
    """Give sizes around that of the student, or say why it has none.

    Parameters
    ----------
    settings : Settings
        How to teach.

    n_columns : int
        Columns to learn from.

    Returns
    -------
    sizes : dict or str
        As `frontier` takes them; a text if there are none.
    """
    if settings.student == "tree":
        n = settings.max_leaf_nodes
        return {"max_leaf_nodes": sorted({max(2, n // 4), max(2, n // 2), n, 2 * n})}
    if settings.student == "scorecard":
        n = min(settings.max_features or n_columns, n_columns)
        sizes = {max(1, n // 4), max(1, n // 2), n, min(2 * n, n_columns)}
        return {"max_features": sorted(sizes)}
    if settings.student == "logistic":
        return {"C": list(L1_STRENGTHS), "l1_ratio": [1.0]}
    return (
        f"Left out: --student {settings.student} has a coefficient for every column, and so one "
        "size only."
    )


def _frontier(taught: Teaching, settings: Settings, stages: Stages, shared: dict[str, Any]) -> Any:
    plan, sizes = settings.plan, sizes_of(settings, taught.X.shape[1])
    if not plan.folds:
        return plan.reason
    if isinstance(sizes, str):
        return sizes
    n_sizes = max(len(values) for values in sizes.values())
    stages.begin(f"Frontier: {n_sizes} sizes in {plan.folds} folds")
    return _or_reason(
        frontier,
        taught.student,
        taught.X,
        taught.y,
        sizes=sizes,
        cv=plan.folds,
        teacher=taught.scores,
        **shared,
    )


def _distil_or_not(
    taught: Teaching, settings: Settings, stages: Stages, shared: dict[str, Any]
) -> Any:
    plan = settings.plan
    if not plan.folds:
        return plan.reason
    if settings.alpha == 1:
        return "Left out: with --alpha 1 the student does not learn from the teacher."
    stages.begin(f"Distil or not: {plan.folds} folds")
    found = _or_reason(
        distil_or_not,
        taught.student,
        taught.X,
        taught.y,
        cv=plan.folds,
        teacher=taught.scores,
        **shared,
    )
    return found if isinstance(found, str) else replace(found, notes=(*found.notes, taught.note))


def _stability(taught: Teaching, settings: Settings, stages: Stages, shared: dict[str, Any]) -> Any:
    plan = settings.plan
    if not plan.refits:
        return plan.reason
    if taught.scores is not None:
        return (
            "Left out: only the teacher's scores are at hand, and refits on resampled rows would "
            "ask the teacher itself."
        )
    stages.begin(f"Stability: {plan.refits} refits")
    found = _or_reason(
        stability, taught.student, taught.X, taught.y, n_refits=plan.refits, **shared
    )
    return found if isinstance(found, str) else replace(found, notes=(*found.notes, taught.note))


def _sample(student: Any, split: Split, scores: FloatArray | None, settings: Settings) -> Teaching:
    n, size = len(split.y_train), settings.plan.rows
    n_classes = len(student.classes_) if hasattr(student, "classes_") else 0
    if n <= size + n_classes:  # a class may have no row among a handful that are left out
        return Teaching(student, split.X_train, split.y_train, scores, n)
    rows, _ = train_test_split(
        np.arange(n),
        train_size=size,
        random_state=settings.seed,
        stratify=split.y_train if 0 < 2 * n_classes <= size else None,
    )
    rows.sort()
    X, y = safe_indexing(split.X_train, rows), split.y_train[rows]
    return Teaching(student, X, y, None if scores is None else scores[rows], n)


def _or_reason(function: Callable[..., Any], *args: Any, **options: Any) -> Any:
    """Give the result, or why these rows do not allow it: the rest of the report is not lost."""
    try:
        return function(*args, **options)
    except (InterpkdError, ValueError) as error:
        name = function.__name__.replace("_", " ")
        reason = f"Not computed: {error}"
        click.echo(f"Note: {name}: {' '.join(reason.split())}", err=True)
        return reason


@contextlib.contextmanager
def _quiet_workers(n_jobs: int) -> Iterator[None]:
    """Keep the warnings of other processes off the screen; the first fit has shown its own."""
    name, before = "PYTHONWARNINGS", os.environ.get("PYTHONWARNINGS")
    if n_jobs == 1 or before is not None:
        yield
        return
    os.environ[name] = "ignore"
    try:
        yield
    finally:
        del os.environ[name]

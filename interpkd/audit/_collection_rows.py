"""An audit of rows that are not in memory: fidelity of all of them, the rest of a sample."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from interpkd._collections import is_collection, open_collection
from interpkd._row_sample import draw_rows
from interpkd.audit._report_parts import fidelity_or_performance
from interpkd.exceptions import InvalidInputError
from interpkd.fidelity import fidelity_report

if TYPE_CHECKING:
    from collections.abc import Sequence

    from interpkd.audit._inputs import Inputs

MOST_ROWS = 10_000
"""Rows that are brought into memory of each data set."""


@dataclass(frozen=True)
class Rows:
    """The rows that a report is made of.

    Attributes
    ----------
    X, y, sample_weight, groups, segments : object
        In memory, as :func:`audit_report` takes them.

    collection : Collection or None
        All rows, where `X` is a sample of them.

    names : sequence of str
        Groups and segments of a collection.

    sample : dict or None
        How the sample was drawn.
    """

    X: Any
    y: Any
    sample_weight: Any
    groups: Any
    segments: Any
    collection: Any = None
    names: Sequence[str] = ()
    sample: dict[str, Any] | None = None

    def fidelity(self, inputs: Inputs, teacher: Any, **options: Any) -> dict[str, Any]:
        """Measure fidelity on all rows, in memory or not.

        Parameters
        ----------
        inputs : Inputs
            Both models and the rows in memory.

        teacher : fitted model, array-like or None
            As the caller gave it.

        **options : object
            "segments", "cutoff" and "alpha".

        Returns
        -------
        section : dict
            As of rows in memory.
        """
        if self.collection is None or inputs.teacher_answers is None:
            return fidelity_or_performance(inputs, sample_weight=self.sample_weight, **options)
        options["segments"] = list(self.names) or None
        report = fidelity_report(inputs.student, self.collection, teacher=teacher, **options)
        return {"is_computed": True, "reason": None, **report.to_dict()}


def bring_rows(
    X: Any, y: Any, sample_weight: Any, groups: Any, segments: Any, *, seed: int
) -> Rows:
    """Bring a sample of the rows into memory where they are not; the rest is told by names.

    Parameters
    ----------
    X : table or collection
        The rows.

    y, sample_weight : array-like, str or None
        Of a collection the names of columns.

    groups, segments : object
        Of a collection names of columns.

    seed : int
        Of the sample.

    Returns
    -------
    rows : Rows
        In memory.
    """
    if not is_collection(X):
        return Rows(X, y, sample_weight, groups, segments)
    collection = open_collection(X, y, sample_weight)
    named = [
        _names(of, parameter) for of, parameter in ((groups, "groups"), (segments, "segments"))
    ]
    unknown = [name for name in [*named[0], *named[1]] if name not in collection.feature_names]
    if unknown:
        msg = f"groups and segments must name columns of X, which has no {unknown[0]!r}."
        raise InvalidInputError(msg)
    drawn = draw_rows(collection, MOST_ROWS, seed=seed)
    of_groups, of_segments = ({name: drawn.X[name] for name in names} for names in named)
    return Rows(
        drawn.X,
        drawn.y,
        drawn.sample_weight,
        of_groups or None,
        of_segments or None,
        collection,
        [*named[0], *named[1]],
        drawn.facts,
    )


def bring_training_rows(X_train: Any, y_train: Any, *, seed: int) -> tuple[Any, Any, Any]:
    """Bring a sample of the training rows into memory, and say how it was drawn."""
    if not is_collection(X_train):
        return X_train, y_train, None
    drawn = draw_rows(open_collection(X_train, y_train), MOST_ROWS, seed=seed)
    return drawn.X, drawn.y, drawn.facts


def _names(given: Any, parameter: str) -> list[str]:
    if given is None:
        return []
    names = [given] if isinstance(given, str) else given
    if not isinstance(names, (list, tuple)) or not all(isinstance(one, str) for one in names):
        msg = (
            f"{parameter} must be names of columns for a data set or Dask collection, got "
            f"{type(given).__name__}."
        )
        raise InvalidInputError(msg)
    return list(names)

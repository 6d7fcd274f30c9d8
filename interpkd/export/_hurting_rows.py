"""Rows made to hurt: every border and its neighbours, missing and unseen values, extremes.

They come from the document alone, so that an export can be checked where there is no table at
hand. A border counts only where a row gets to it: for each node of a tree a row is made that walks
there, so every leaf that can be reached is reached.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd.export._hurting_values import (
    border_values,
    extreme_values,
    single_holds,
    unseen_values,
)
from interpkd.export._json_checks import INFINITE
from interpkd.export._node_paths import node_rows
from interpkd.export._parity_rows import frame_of, make_frame
from interpkd.export._tied_rows import tied_rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from interpkd._typing import Table

N_BASES = 12
"""Plausible rows that single values are changed in."""

N_TIED = 4
"""Rows that are moved to the border between two classes, by each column."""

MANY_CATEGORIES = 12
"""At a node of a tree all categories are tried up to so many, else those beside the border."""

Row = dict[str, Any]


def hurting_rows(data: dict[str, Any], X: Table | None = None, *, seed: int = 0) -> Any:
    """Make rows on which exports of a student have gone wrong.

    Parameters
    ----------
    data : dict
        The document of a student.

    X : array-like, data frame or None, default=None
        Rows of the user: single values of some are changed. Without them, plausible ones are
        drawn from what the document knows of the columns.

    seed : int, default=0
        Of the draws.

    Returns
    -------
    rows : pandas.DataFrame
        In the student's columns: float64 with NaN, "boolean" with NA, objects with None. Holds
        no value that the student refuses, and none beyond single precision.

    Examples
    --------
    >>> from sklearn.tree import DecisionTreeRegressor
    >>> from interpkd.export import to_json
    >>> from interpkd.export._hurting_rows import hurting_rows
    >>> tree = DecisionTreeRegressor(max_depth=1).fit([[0.0], [1.0]], [0, 1])
    >>> rows = hurting_rows(to_json(tree))
    >>> sorted(set(rows["x0"]) & {0.5, 1e30}), bool(rows["x0"].isna().any())
    ([0.5, 1e+30], True)
    """
    rng = np.random.default_rng(seed)
    bases = _base_rows(data, X, rng)
    made = [*bases, *_whole_rows(data, bases)]
    made += [row for i in range(len(data["columns"])) for row in _changed(data, bases, i)]
    if data["kind"] == "tree":
        made += _at_nodes(data, bases)
    elif data["kind"] == "scorecard":
        made += _at_cuts(data, bases)
    elif data["classes"] is not None:
        made += tied_rows(data, bases[:N_TIED])
    names = [column["name"] for column in data["columns"]]
    return make_frame(data, {name: [row[name] for row in made] for name in names})


def _base_rows(data: dict[str, Any], X: Table | None, rng: np.random.Generator) -> list[Row]:
    """Give rows that a user may have."""
    drawn = [
        {column["name"]: _plausible(column, rng) for column in data["columns"]}
        for _ in range(N_BASES)
    ]
    if X is None:
        return drawn
    frame = frame_of(data, X)
    chosen = frame.iloc[rng.integers(0, len(frame), N_BASES)]
    plain = chosen.astype(object).where(chosen.notna(), None)
    rows: list[Row] = plain.to_dict("records")
    return [row if _is_usable(data, row) else drawn[k] for k, row in enumerate(rows)]


def _is_usable(data: dict[str, Any], row: Row) -> bool:
    numbers = [row[column["name"]] for column in data["columns"] if column["kind"] == "numeric"]
    lacks = any(value is None for value in row.values())
    return (data["takes_missing"] or not lacks) and all(
        value is None or single_holds(value) for value in numbers
    )


def _plausible(column: dict[str, Any], rng: np.random.Generator) -> Any:
    """Draw a value that the column may have."""
    if column["kind"] == "category":
        labels = column["categories"]
        return labels[rng.integers(len(labels))] if labels else None
    if column["kind"] == "boolean":
        return bool(rng.random() < 0.5)
    low, high = column["minimum"], column["maximum"]
    if low is None or high is None:
        return float(rng.normal())
    if column["usual"] is not None and rng.random() < 0.3:
        return float(column["usual"])
    value = low + float(rng.random()) * (high - low)
    return value if single_holds(value) else 0.0


def _whole_rows(data: dict[str, Any], bases: Sequence[Row]) -> Iterator[Row]:
    """Give rows that are odd in all columns at once."""
    columns = data["columns"]
    if data["takes_missing"]:
        yield {column["name"]: None for column in columns}
        yield {
            column["name"]: next(iter(unseen_values(column["categories"])), None)
            if column["kind"] == "category"
            else None
            for column in columns
        }
    for extreme in (0.0, -0.0, 1e30, -1e30):
        yield {
            column["name"]: extreme if column["kind"] == "numeric" else bases[0][column["name"]]
            for column in columns
        }


def _changed(data: dict[str, Any], bases: Sequence[Row], i: int) -> Iterator[Row]:
    """Change one column of base rows: every odd value it may have, by turns in one row."""
    column = data["columns"][i]
    values: list[Any] = [None] * 3 if data["takes_missing"] else []
    if column["kind"] == "category":
        values += column["categories"]
        values += unseen_values(column["categories"]) if data["takes_missing"] else []
    elif column["kind"] == "boolean":
        values += [True, False]
    else:
        values += extreme_values(data, i)
    for k, value in enumerate(values):
        yield bases[k % len(bases)] | {column["name"]: value}


def _at_nodes(data: dict[str, Any], bases: Sequence[Row]) -> Iterator[Row]:
    """Give a row for each node that can be reached, and at each border all that is near."""
    columns = {column["name"]: column for column in data["columns"]}
    for node, row in node_rows(data, bases):
        yield row
        if "left" in node:
            column = columns[node["column"]]
            threshold = INFINITE.get(node["threshold"], node["threshold"])
            for value in _beside(data, column, threshold):
                yield row | {column["name"]: value}


def _beside(data: dict[str, Any], column: dict[str, Any], threshold: float) -> list[Any]:
    """Give the values of a column that lie beside a border of a tree."""
    values: list[Any] = [None] if data["takes_missing"] else []
    if column["kind"] == "numeric":
        return values + border_values(threshold)
    if column["kind"] == "boolean":
        return [*values, False, True]
    labels = column["categories"]
    if data["takes_missing"]:
        values += unseen_values(labels)[:1]
    if len(labels) <= MANY_CATEGORIES:
        return values + labels
    last = int(np.clip(np.floor(threshold), 0, len(labels) - 2))
    return [*values, labels[0], labels[last], labels[last + 1], labels[-1]]


def _at_cuts(data: dict[str, Any], bases: Sequence[Row]) -> Iterator[Row]:
    """Give rows beside the ends of the intervals of a scorecard, and its special values."""
    numeric = {column["name"] for column in data["columns"] if column["kind"] == "numeric"}
    for feature in data["features"]:
        name = feature["column"]
        ends = [one[key] for one in feature["bins"] for key in ("upper", "value")]
        for end in ends if name in numeric else []:
            for k, value in enumerate([] if end is None else border_values(end)):
                yield bases[k % len(bases)] | {name: value}

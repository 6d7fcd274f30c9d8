"""Rows that walk to each node of a tree."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd._borders import single_border
from interpkd._structure import Reach
from interpkd.export._hurting_values import SINGLE_MAX, single_holds
from interpkd.export._json_checks import INFINITE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

Row = dict[str, Any]

NOWHERE = object()
"""Stands for a value where there is none."""


def node_paths(data: Mapping[str, Any]) -> Iterator[tuple[dict[str, Any], dict[str, Reach]]]:
    """Walk the nodes of a tree, a parent before its children, all splits on a column merged.

    Parameters
    ----------
    data : mapping
        The document of a tree.

    Yields
    ------
    node : dict
        The node.

    reach : dict
        For each column on the path, in its order, the values that arrive.
    """
    todo: list[tuple[int, dict[str, Reach]]] = [(0, {})]
    while todo:
        place, reach = todo.pop()
        node = data["nodes"][place]
        yield node, reach
        if "left" not in node:
            continue
        name = node["column"]
        threshold = INFINITE.get(node["threshold"], node["threshold"])
        here, is_left = reach.get(name, Reach()), node["missing"] == "left"
        below = Reach(here.lower, min(here.upper, threshold), here.missing and is_left)
        above = Reach(max(here.lower, threshold), here.upper, here.missing and not is_left)
        todo.append((node["right"], reach | {name: above}))
        todo.append((node["left"], reach | {name: below}))


def node_rows(
    data: Mapping[str, Any], bases: Sequence[Row]
) -> Iterator[tuple[dict[str, Any], Row]]:
    """Give a row for each node that can be reached.

    Parameters
    ----------
    data : mapping
        The document of a tree.

    bases : sequence of dict
        Rows of which as much is kept as can be.

    Yields
    ------
    node : dict
        The node.

    row : dict
        A row that gets there.
    """
    columns = {column["name"]: column for column in data["columns"]}
    for k, (node, reach) in enumerate(node_paths(data)):
        base = bases[k % len(bases)]
        values = {
            name: _value(columns[name], one, base[name], takes_missing=data["takes_missing"])
            for name, one in reach.items()
        }
        if all(value is not NOWHERE for value in values.values()):
            yield node, base | values


def _value(column: dict[str, Any], reach: Reach, own: Any, *, takes_missing: bool) -> Any:
    """Give a value that arrives, its own where that does."""
    for value in [own, *_candidates(column, reach)]:
        if (value is not None or takes_missing) and _holds(column, reach, value):
            return value
    return NOWHERE


def _candidates(column: dict[str, Any], reach: Reach) -> list[Any]:
    if column["kind"] == "category":
        return [*column["categories"], None]
    if column["kind"] == "boolean":
        return [False, True, None]
    ends = [max(reach.lower, -SINGLE_MAX), min(reach.upper, SINGLE_MAX)]
    known = [column[key] for key in ("usual", "minimum", "maximum")]
    known = [value for value in known if value is not None]
    inner = [ends[0] / 2 + ends[1] / 2, single_border(ends[1])]
    with np.errstate(over="ignore"):
        inner.append(float(np.nextafter(np.float32(single_border(ends[0])), np.float32(np.inf))))
    return [*known, 0.0, *inner, *ends, None]


def _holds(column: dict[str, Any], reach: Reach, value: Any) -> bool:
    """Tell whether a value arrives."""
    if column["kind"] == "category":
        labels = column["categories"]
        code = float(labels.index(value)) if value in labels else np.nan
    else:
        code = np.nan if value is None else float(value)
    if not np.isnan(code) and not single_holds(code):
        return False
    return bool(reach.holds(np.array([code]))[0])

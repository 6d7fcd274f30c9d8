"""The columns and classes of a written student."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

import numpy as np

from interpkd._tables import MAX_CATEGORIES, Column, Kind
from interpkd.exceptions import InvalidInputError
from interpkd.export._json_checks import (
    get,
    read_choice,
    read_flag,
    read_label,
    read_list,
    read_optional,
    read_text,
    refuse,
    write_label,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

KINDS: tuple[str, ...] = get_args(Kind)


def write_columns(columns: Sequence[Column], usual: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Write what a student knows of its columns.

    Parameters
    ----------
    columns : sequence of Column
        The columns of the user's table.

    usual : mapping
        Names of columns to a usual value, where the student knows one.

    Returns
    -------
    written : list of dict
        One per column, in the order of the table.

    Raises
    ------
    InvalidInputError
        If two columns share a name, or a category cannot be written.
    """
    names = [column.name for column in columns]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        msg = f"to_json names columns, so names must be unique; {twice[0]!r} occurs twice."
        raise InvalidInputError(msg)
    return [
        {
            "name": column.name,
            "kind": column.kind,
            "categories": [
                write_label(one, f"a category of {column.name!r}") for one in column.categories
            ],
            "has_missing": bool(column.has_missing),
            "minimum": column.minimum,
            "maximum": column.maximum,
            "usual": _usual(column, usual.get(column.name)),
        }
        for column in columns
    ]


def read_columns(value: Any) -> tuple[Column, ...]:
    """Read what a student knows of its columns."""
    columns = tuple(
        _read_column(one, f"columns[{i}]") for i, one in enumerate(read_list(value, "columns"))
    )
    names = [column.name for column in columns]
    if not names or len(set(names)) < len(names):
        refuse("columns", "columns with different names, at least one", names)
    return columns


def write_classes(classes: NDArray[Any] | None) -> list[Any] | None:
    """Write the classes, None for a regression."""
    if classes is None:
        return None
    return [write_label(one, "a class") for one in classes.tolist()]


def read_classes(value: Any) -> NDArray[Any] | None:
    """Read the classes, None for a regression."""
    if value is None:
        return None
    labels = [read_label(one, f"classes[{i}]") for i, one in enumerate(read_list(value, "classes"))]
    if not labels or len(set(labels)) < len(labels):
        refuse("classes", "different labels, at least one", labels)
    classes = np.array(labels)
    # numpy makes texts of numbers beside texts, and numbers of truth values beside numbers
    return classes if classes.tolist() == labels else np.array(labels, dtype=object)


def _usual(column: Column, value: Any) -> Any:
    if value is None or column.kind != "boolean":
        return value if column.kind == "numeric" or value is None else write_label(value, "usual")
    # the median of as many yes as no is neither
    return bool(value) if value in (0, 1) else None


def _read_column(one: Any, where: str) -> Column:
    kind = read_choice(get(one, "kind", where), KINDS, f"{where}.kind")
    listed = read_list(get(one, "categories", where), f"{where}.categories")
    categories = tuple(
        read_label(label, f"{where}.categories[{k}]") for k, label in enumerate(listed)
    )
    if (categories and kind != "category") or len(set(categories)) < len(categories):
        refuse(f"{where}.categories", "different categories of a category column", listed)
    if len(categories) > MAX_CATEGORIES:
        refuse(f"{where}.categories", f"at most {MAX_CATEGORIES} categories", len(categories))
    return Column(
        read_text(get(one, "name", where), f"{where}.name"),
        kind,  # type: ignore[arg-type]  # is one of them
        categories,
        read_flag(get(one, "has_missing", where), f"{where}.has_missing"),
        read_optional(get(one, "minimum", where), f"{where}.minimum"),
        read_optional(get(one, "maximum", where), f"{where}.maximum"),
    )

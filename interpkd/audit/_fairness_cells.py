"""Who is in which group: attributes, their values, and the cells where attributes meet."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd.audit._inputs import plain
from interpkd.exceptions import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from interpkd._typing import BoolArray

MAX_VALUES = 50
"""Most values of an attribute; one with more wants to be binned first."""

MAX_CELLS = 200
"""Most cells of intersections; whole intersections are left out beyond, and named."""


@dataclass(frozen=True)
class Attribute:
    """One protected attribute of the rows.

    Attributes
    ----------
    name : str
        What it is called.

    values : list
        Its values in order, None last where some rows have none.

    codes : ndarray of int of shape (n_rows,)
        The place of each row's value among them.
    """

    name: str
    values: list[Any]
    codes: NDArray[np.intp]

    def take(self, rows: BoolArray) -> Attribute:
        """Give the attribute of some of the rows, with the values that occur there."""
        left, codes = np.unique(self.codes[rows], return_inverse=True)
        return Attribute(self.name, [self.values[k] for k in left], codes.astype(np.intp))


@dataclass(frozen=True, eq=False)
class Cell:
    """The rows that share a value of one attribute, or of several.

    Attributes
    ----------
    attributes : tuple of str
        Which attributes.

    values : tuple
        The value of each; None where the rows have none.

    rows : ndarray of int
        Positions of the rows.
    """

    attributes: tuple[str, ...]
    values: tuple[Any, ...]
    rows: NDArray[np.intp]

    @property
    def label(self) -> str:
        """The cell in words."""
        pairs = zip(self.attributes, self.values, strict=True)
        return " and ".join(f"{name} = {_shown(value)}" for name, value in pairs)


def _shown(value: Any) -> str:
    return "(missing)" if value is None else str(value)


def read_attributes(groups: Mapping[str, Any], n: int) -> list[Attribute]:
    """Read labels of rows by name.

    Parameters
    ----------
    groups : mapping
        Name to one label per row.

    n : int
        The number of rows.

    Returns
    -------
    attributes : list of Attribute
        In the order given.

    Raises
    ------
    InvalidInputError
        If there is none, a length is wrong, or there are too many values.
    """
    if not groups:
        msg = "groups holds no attribute. Pass labels of the rows by name, such as {'sex': labels}."
        raise InvalidInputError(msg)
    return [_read(name, values, n) for name, values in groups.items()]


def _read(name: str, values: Any, n: int) -> Attribute:
    labels = _labels(values)
    if len(labels) != n:
        msg = f"groups[{name!r}] must have one label per row of X, {n}, got {len(labels)}."
        raise InvalidInputError(msg)
    distinct = {(type(label).__name__, label) for label in labels if label is not None}
    if len(distinct) > MAX_VALUES:
        msg = (
            f"groups[{name!r}] has {len(distinct)} different values; an attribute may have at most "
            f"{MAX_VALUES}. Bin it first, for instance with pandas.cut."
        )
        raise InvalidInputError(msg)
    order: list[Any] = [label for _, label in sorted(distinct, key=_by_type_and_value)]
    order += [None] if any(label is None for label in labels) else []
    place = {(type(label), label): k for k, label in enumerate(order)}
    codes = [place[type(label), label] for label in labels]
    return Attribute(name, order, np.array(codes, dtype=np.intp))


def _by_type_and_value(one: tuple[str, Any]) -> tuple[bool, Any]:
    kind, value = one
    is_text = kind == "str"
    return is_text, value


def _labels(values: Any) -> list[Any]:
    """Give one plain label per row, None where it is missing."""
    if hasattr(values, "to_pylist"):
        values = values.to_pylist()
    # a list is not made an array of one type: ["a", nan] would become two texts
    array = np.asarray(values, dtype=object if isinstance(values, (list, tuple)) else None)
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.dtype.kind == "M":
        array = np.datetime_as_string(array, unit="auto").astype(object)
        array[array == "NaT"] = None
    if array.ndim != 1:
        msg = f"groups must name one label per row, got an array of shape {array.shape}."
        raise InvalidInputError(msg)
    return [None if _is_missing(label) else plain(label) for label in array.tolist()]


def _is_missing(label: Any) -> bool:
    # NaN and NaT differ from themselves; pandas.NA has no truth value at all
    return label is None or type(label).__name__ == "NAType" or bool(label != label)  # noqa: PLR0124


def cells_of(attributes: Sequence[Attribute]) -> tuple[list[list[Cell]], list[str]]:
    """Give the cells of each attribute, then of each intersection of two and more.

    Parameters
    ----------
    attributes : sequence of Attribute
        At least one.

    Returns
    -------
    families : list of list of Cell
        The cells that have rows, those of the same attributes together.

    left_out : list of str
        Intersections beyond the most cells that are reported.
    """
    families = [_family([one]) for one in attributes]
    left_out, n_cells = [], 0
    for size in range(2, len(attributes) + 1):
        for some in combinations(attributes, size):
            family = _family(some)
            if n_cells + len(family) > MAX_CELLS:
                left_out.append(" and ".join(one.name for one in some))
                continue
            n_cells += len(family)
            families.append(family)
    return families, left_out


def _family(attributes: Sequence[Attribute]) -> list[Cell]:
    """Give the cells of the attributes taken together, in the order of their values."""
    shape = tuple(len(one.values) for one in attributes)
    codes = np.ravel_multi_index(tuple(one.codes for one in attributes), shape)
    names = tuple(one.name for one in attributes)
    out = []
    for code in np.unique(codes):
        places = np.unravel_index(code, shape)
        values = tuple(one.values[int(k)] for one, k in zip(attributes, places, strict=True))
        out.append(Cell(names, values, np.flatnonzero(codes == code)))
    return out


def check_references(reference: Any, attributes: Sequence[Attribute]) -> dict[str, Any]:
    """Give the group that each attribute is compared with, of those that the user named.

    Parameters
    ----------
    reference : mapping, object or None
        Attribute to value; one value where there is one attribute.

    attributes : sequence of Attribute
        The attributes.

    Returns
    -------
    references : dict
        Attribute to value; empty for None.

    Raises
    ------
    InvalidInputError
        If an attribute or a value does not occur.
    """
    if reference is None:
        return {}
    if not isinstance(reference, Mapping):
        if len(attributes) > 1:
            msg = (
                f"reference={reference!r} does not say of which attribute; pass a mapping, such as "
                f"{{{attributes[0].name!r}: {reference!r}}}."
            )
            raise InvalidInputError(msg)
        reference = {attributes[0].name: reference}
    known = {one.name: one.values for one in attributes}
    out = {str(name): plain(value) for name, value in reference.items()}
    for name, value in out.items():
        if name not in known:
            msg = f"reference names the attribute {name!r}, which is not in groups: {list(known)}."
            raise InvalidInputError(msg)
        if value is None or value not in known[name]:
            msg = f"reference[{name!r}] must be one of {known[name]}, got {value!r}."
            raise InvalidInputError(msg)
    return out

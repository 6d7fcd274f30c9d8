"""The numbers of a student as tables of Python, beside the functions that read them."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd._borders import double_border
from interpkd.export import _numpy_parts, _python_parts
from interpkd.export._hurting_values import SINGLE_MAX
from interpkd.export._json_checks import INFINITE
from interpkd.export._python_quick import write_quick_card, write_quick_sum
from interpkd.export._python_tree import write_label, write_leaf_function

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


ROWS_AT_ONCE, FEW_ROWS, FEW_ENDS = 8192, 256, 64
"""Of NumPy: rows in a block; with at least so many, up to so many ends are all compared."""


def write_parts(data: dict[str, Any], *, vectorised: bool) -> Iterator[str]:
    """Write all of a module but its head.

    Parameters
    ----------
    data : dict
        The document of a student.

    vectorised : bool
        Whether it takes whole tables.

    Yields
    ------
    part : str
        Lines.
    """
    parts = _numpy_parts if vectorised else _python_parts
    yield _imports(data, vectorised=vectorised)
    yield from _columns(data, vectorised=vectorised)
    if data["kind"] == "tree":
        yield from _tree(data, vectorised=vectorised)
        return
    if data["kind"] == "scorecard":
        yield from _card(data, vectorised=vectorised)
        yield parts.READING
        if not vectorised:
            yield from write_quick_card(data)
        yield parts.CARD
        return
    yield from _linear(data, vectorised=vectorised)
    yield parts.READING
    is_wide = len(data["intercept"]) > 1
    if not (vectorised or is_wide):
        yield from write_quick_sum(data)
    yield parts.TERMS if vectorised or not is_wide else _python_parts.TERMS_OF_CLASSES
    by_link = {"identity": parts.LINEAR, "logistic": parts.LOGISTIC, "softmax": parts.SOFTMAX}
    yield by_link[data["link"]]


def _imports(data: dict[str, Any], *, vectorised: bool) -> str:
    if vectorised:
        return "import numpy as np\n"
    needs_bisect = data["kind"] == "scorecard"
    return "import math\n" + ("from bisect import bisect_left\n" if needs_bisect else "")


def _columns(data: dict[str, Any], *, vectorised: bool) -> Iterator[str]:
    """Write what a row is made of."""
    yield _sequence("COLUMNS", [column["name"] for column in data["columns"]])
    if data["classes"] is not None:
        yield _sequence("CLASSES", data["classes"])
        if vectorised:
            is_plain = np.array(data["classes"]).tolist() == data["classes"]
            yield f"_classes = np.array(CLASSES{'' if is_plain else ', dtype=object'})"
    labels = {c["name"]: c["categories"] for c in data["columns"] if c["kind"] == "category"}
    if vectorised or data["kind"] == "tree":
        yield _mapping("CATEGORIES", {name: _keys(known) for name, known in labels.items()})
    texts = {name for name, known in labels.items() if any(isinstance(v, str) for v in known)}
    yield f"TEXTS = {{{', '.join(map(ascii, sorted(texts)))}}}" if texts else "TEXTS = set()"
    yield f"TAKES_MISSING = {data['takes_missing']}"
    yield f"LARGEST = {_largest(data)!r}"
    yield f"ROWS_AT_ONCE = {ROWS_AT_ONCE}" if vectorised else 'NAN = float("nan")'


def _largest(data: Mapping[str, Any]) -> float:
    """Give the largest number that the student takes; a tree rounds it to single precision."""
    if data["kind"] != "tree":
        return float(np.finfo(np.float64).max)
    following = SINGLE_MAX + (
        SINGLE_MAX - float(np.nextafter(np.float32(SINGLE_MAX), np.float32(0)))
    )
    return float(np.nextafter(SINGLE_MAX / 2 + following / 2, 0))


def _tree(data: dict[str, Any], *, vectorised: bool) -> Iterator[str]:
    leaves = [node for node in data["nodes"] if "left" not in node]
    is_regression = data["classes"] is None
    answers = {
        node["node"]: repr(node["answer"][0]) if is_regression else _numbers(node["answer"])
        for node in leaves
    }
    yield _mapping("ANSWERS", answers)
    if vectorised:
        splits = {node["node"]: _split(node) for node in data["nodes"] if "left" in node}
        yield _mapping("SPLITS", splits)
        yield _numpy_parts.READING
        yield _numpy_parts.TREE
        yield _numpy_parts.TREE_REGRESSION if is_regression else _numpy_parts.TREE_CLASSES
        return
    if not is_regression:
        decisions = {node["node"]: write_label(node["decision"]) for node in leaves}
        yield _mapping("DECISIONS", decisions)
    yield _python_parts.READING
    yield write_leaf_function(data)
    yield _python_parts.TREE_REGRESSION if is_regression else _python_parts.TREE


def _split(node: dict[str, Any]) -> str:
    """Write the column, the largest double that goes to the left, and where to go."""
    border = double_border(INFINITE.get(node["threshold"], node["threshold"]))
    written = f'float("{border}")' if np.isinf(border) else repr(border)
    name, side = ascii(node["column"]), node["missing"]
    return f'({name}, {written}, "{side}", {node["left"]}, {node["right"]})'


def _linear(data: dict[str, Any], *, vectorised: bool) -> Iterator[str]:
    is_scalar = not vectorised and len(data["intercept"]) == 1

    def values(listed: Sequence[float]) -> str:
        return repr(listed[0]) if is_scalar else _numbers(listed)

    none = [0.0] * len(data["intercept"])
    kinds = {column["name"]: column["kind"] for column in data["columns"]}
    numbers, labels = {}, {}
    for term in data["terms"]:
        name, missing = term["column"], values(term["missing"] or none)
        if kinds[name] == "category":
            own = {} if term["reference"] is None else {term["reference"]: none}
            own |= {one["category"]: one["values"] for one in term["categories"]}
            labels[name] = f"({_inline({k: values(v) for k, v in own.items()})}, {missing})"
        else:
            numbers[name] = f"({values(term['values'])}, {term['imputed']!r}, {missing})"
    yield "# of each column: per unit, what a missing value counts as, what it adds"
    yield _mapping("NUMBERS", numbers)
    yield "# of each column: what its categories add, what a missing value adds"
    yield _mapping("LABELS", labels)
    yield f"INTERCEPT = {values(data['intercept'])}"
    if data["classes"] is not None:
        yield f"SLOPE = {data.get('link_slope', 1.0)!r}"


def _card(data: dict[str, Any], *, vectorised: bool) -> Iterator[str]:
    columns = {column["name"]: column for column in data["columns"]}
    numbers, labels = {}, {}
    for feature in data["features"]:
        bins, name = feature["bins"], feature["column"]
        missing = bins[-1]["points"]
        if columns[name]["kind"] == "category":
            own = {v: one["points"] for one in bins[:-1] for v in one["categories"]}
            labels[name] = f"({_inline(own)}, {missing})"
            continue
        special = {one["value"]: one["points"] for one in bins if one["kind"] == "special"}
        intervals = [one for one in bins if one["kind"] == "interval"]
        ends = _numbers([one["upper"] for one in intervals[:-1]])
        points = _numbers([one["points"] for one in intervals])
        numbers[name] = f"({_inline(special)}, {ends}, {points}, {missing})"
    yield "# of each column: points of special values, upper ends of intervals, their points, missing"
    yield _mapping("NUMBERS", numbers)
    yield "# of each column: points of its categories, points of a missing value"
    yield _mapping("LABELS", labels)
    if vectorised:
        yield f"FEW_ROWS, FEW_ENDS = {FEW_ROWS}, {FEW_ENDS}"
    else:
        others = [column for name, column in columns.items() if name not in numbers | labels]
        names = [column["name"] for column in others if column["kind"] != "category"]
        yield "# what the card does not ask for is read all the same, to refuse what it cannot be"
        yield _sequence("NOT_IN_CARD_NUMBERS", names)
        rest = {c["name"]: _keys(c["categories"]) for c in others if c["kind"] == "category"}
        yield _mapping("NOT_IN_CARD_LABELS", rest)
    yield f"BASE_POINTS = {data['base_points']!r}"
    yield f"FACTOR = {data['factor']!r}"
    yield f"OFFSET = {data['offset']!r}"


def _sequence(name: str, values: Sequence[Any]) -> str:
    return f"{name} = {_tuple([write_label(value) for value in values])}"


def _keys(values: Sequence[Any]) -> str:
    """Write categories as the keys of a mapping: looked up at once, and in order."""
    return _inline(dict.fromkeys(values))


def _numbers(values: Sequence[Any]) -> str:
    return _tuple([repr(value) for value in values])


def _tuple(written: Sequence[str]) -> str:
    return f"({', '.join(written)}{',' if len(written) == 1 else ''})"


def _inline(values: Mapping[Any, Any]) -> str:
    return "{" + ", ".join(f"{write_label(key)}: {one}" for key, one in values.items()) + "}"


def _mapping(name: str, values: Mapping[Any, str]) -> str:
    """Write a mapping of keys to text of Python, one per line."""
    if not values:
        return f"{name} = {{}}"
    lines = "".join(f"    {write_label(key)}: {one},\n" for key, one in values.items())
    return f"{name} = {{\n{lines}}}"

"""A tree as nested conditions of Python."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd._borders import double_border
from interpkd.export._json_checks import INFINITE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

DEEPEST = 24
"""Conditions inside each other before a function of its own goes on: Python allows 100."""

MOST_INLINE = 6
"""Categories that a condition lists itself; more are listed once, above."""


def write_leaf_function(data: Mapping[str, Any]) -> str:
    """Write the function `leaf(row)`.

    Parameters
    ----------
    data : mapping
        The document of a tree.

    Returns
    -------
    text : str
        Its lines, and those of the functions and sets that it needs.
    """
    writer = _Writer(data)
    body = writer.write()
    return "\n".join([*writer.sets, *body]) + "\n"


def variable(data: Mapping[str, Any], name: str) -> str:
    """Give the name of a column's variable: its place, and what of its name is a plain letter."""
    place = [column["name"] for column in data["columns"]].index(name)
    plain = re.sub(r"[^a-z0-9]+", "_", name.lower())[:30].strip("_")
    return f"x{place}_{plain}" if plain else f"x{place}"


class _Writer:
    """Writes the conditions of a tree, the left side of each first.

    Parameters
    ----------
    data : mapping
        The document of a tree.
    """

    def __init__(self, data: Mapping[str, Any]) -> None:
        self.nodes = data["nodes"]
        self.columns = {column["name"]: column for column in data["columns"]}
        self.variables = {name: variable(data, name) for name in self.columns}
        asked = {node["column"] for node in self.nodes if "left" in node}
        self.asked = ", ".join(self.variables[name] for name in self.columns if name in asked)
        self.sets: list[str] = []
        self.known_sets: dict[str, str] = {}
        self.waiting: list[int] = []

    def write(self) -> list[str]:
        """Give all lines."""
        lines = ["", "", "def leaf(row):", '    """Give the number of the leaf of a row."""']
        lines += [*self._reading(), *self._below(0, 1)]
        while self.waiting:
            node = self.waiting.pop()
            lines += ["", "", f"def _below_{node}({self.asked}):", *self._below(node, 1)]
        return lines

    def _reading(self) -> Iterator[str]:
        asked = set(self.asked.split(", "))
        for name, column in self.columns.items():
            own = self.variables[name]
            known = f"CATEGORIES[{name!a}]"
            call = f"_number(row, {name!a})"
            if column["kind"] == "category":
                call = f"_label(row, {name!a}, {known})"
            # the tree does not ask for it, and refuses what it cannot be all the same
            yield f"    {own} = {call}" if own in asked else f"    {call}"

    def _below(self, node: int, depth: int) -> list[str]:
        """Give the lines of a node and all below it."""
        lines: list[str] = []
        todo: list[tuple[int, int, str]] = [(node, depth, "")]
        while todo:  # a list and no recursion: trees are deeper than Python calls
            place, level, before = todo.pop()
            lines += [before] if before else []
            pad, here = "    " * level, self.nodes[place]
            if "left" not in here:
                lines.append(f"{pad}return {place}")
            elif level > DEEPEST:
                self.waiting.append(place)
                lines.append(f"{pad}return _below_{place}({self.asked})")
            else:
                lines.append(f"{pad}if {self._condition(here)}:")
                todo.append((here["right"], level + 1, f"{pad}else:"))
                todo.append((here["left"], level + 1, ""))
        return lines

    def _condition(self, node: dict[str, Any]) -> str:
        """Write what goes to the left."""
        column, own = self.columns[node["column"]], self.variables[node["column"]]
        threshold = INFINITE.get(node["threshold"], node["threshold"])
        with_missing = node["missing"] == "left"
        if column["kind"] == "category":
            return self._membership(column, own, threshold, with_missing=with_missing)
        if np.isinf(threshold):
            everything = threshold > 0
            if everything == with_missing:
                return "True" if everything else "False"
            return f"{own} {'==' if everything else '!='} {own}"  # NaN alone is not itself
        border = double_border(threshold)
        # nothing is above or below NaN
        return f"not {own} > {border!r}" if with_missing else f"{own} <= {border!r}"

    def _membership(
        self, column: dict[str, Any], own: str, threshold: float, *, with_missing: bool
    ) -> str:
        known = column["categories"]
        # codes are small integers: single precision holds them
        chosen = [label for code, label in enumerate(known) if code <= threshold]
        missing = f"{own} is None"
        if not chosen:
            return missing if with_missing else "False"
        if len(chosen) == len(known):
            return "True" if with_missing else f"{own} is not None"
        listed = "{" + ", ".join(map(write_label, chosen)) + "}"
        if len(chosen) > MOST_INLINE:
            listed = self._named(listed, column["name"])
        return f"{missing} or {own} in {listed}" if with_missing else f"{own} in {listed}"

    def _named(self, listed: str, column: str) -> str:
        if listed not in self.known_sets:
            name = f"_SET_{len(self.known_sets)}_{self.variables[column].upper()}"
            self.known_sets[listed] = name
            self.sets.append(f"{name} = {listed}")
        return self.known_sets[listed]


def write_label(value: Any) -> str:
    """Write a category or class as a literal of Python, in ASCII."""
    return ascii(value)

"""A SELECT level by level: subqueries, each a list of columns over the one inside.

Subqueries and not common table expressions: a statement that begins with SELECT may stand in a
view, in brackets, behind an INSERT, or behind the user's own WITH.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from interpkd.export._read_json import read_json
from interpkd.export._sql_parts import Lines, Parts

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from interpkd.export._read_json import ReadStudent
    from interpkd.export._sql_order import Order

Answered = dict[tuple[str, int], Lines]
"""What stands in each column of the answer, by its kind and place."""


class Levels:
    """One statement, built from the inside.

    Parameters
    ----------
    data : dict
        The document of a student.

    order : Order
        What was asked for.
    """

    def __init__(self, data: dict[str, Any], order: Order) -> None:
        self.data, self.order, self.dialect = data, order, order.dialect
        self.student: ReadStudent = read_json(data)
        self.parts = Parts(order.dialect, self.student.columns_, order.names)
        self.number = order.dialect.write_number
        taken = [*order.names, *order.names.values(), *(one.name for one in order.outputs)]
        self.taken = {name.casefold() for name in taken}
        self.kept = [self.fresh(f"kept_{k}") for k, _ in enumerate(order.keep)]
        self.guard = None if data["takes_missing"] else self.parts.some_missing()
        self.lines: Lines = []

    def fresh(self, name: str) -> str:
        """Give a quoted name that nothing else has."""
        while name.casefold() in self.taken:
            name += "_"
        self.taken.add(name.casefold())
        return self.dialect.write_name(name, "the column")

    def begin(self, used: Iterable[str]) -> None:
        """Make the innermost level: the columns that are kept and those that the student uses."""
        write, order = self.dialect.write_name, self.order
        source = self.fresh("source")
        items = [
            (kept, [f"{source}.{write(name, 'the column')}"])
            for kept, name in zip(self.kept, order.keep, strict=True)
        ]
        for name in [*self.parts.columns] if self.guard else used:
            column = self.parts.reference(name)
            items.append((column, self.parts.known(name, f"{source}.{column}")))
        table = ".".join(write(part, "the table") for part in order.table)
        # a tree of one leaf needs no column
        self.lines = _select(items or [(self.fresh("row"), ["1"])])
        self.lines.append(f"FROM {table}{self.dialect.alias}{source}")

    def level(
        self, items: Iterable[tuple[str, Lines]], carry: Iterable[str] = (), *, fence: bool = False
    ) -> None:
        """Put a level around what is there.

        Parameters
        ----------
        items : iterable of tuple
            Quoted names and expressions of its columns.

        carry : iterable of str
            Quoted names of columns of the level inside that stay, beside those that are kept.

        fence : bool, default=False
            Whether columns of the level inside are used so often here that a database should be
            kept from computing them each time.
        """
        carried = [(name, [name]) for name in (*self.kept, *carry)]
        has_fence = self.dialect.fence and (fence or self.dialect.fences_all)
        fenced = [self.dialect.fence] if has_fence else []
        inside = [f"  {line}" for line in (*self.lines, *fenced)]
        alias = f"){self.dialect.alias}{self.fresh('inner')}"
        self.lines = [*_select([*carried, *items]), "FROM (", *inside, alias]

    def finish(self, answers: Mapping[tuple[str, int], Lines], *, fence: bool = False) -> Lines:
        """Put the outermost level around: the columns that were asked for, in their order."""
        kept = iter(self.kept)
        items = [
            (
                self.dialect.write_name(one.name, "the column"),
                [next(kept)] if one.kind == "keep" else answers[one.kind, one.place],
            )
            for one in self.order.outputs
        ]
        self.kept = []
        self.level(items, fence=fence)
        return self.lines

    def guarded(self, lines: Lines) -> Lines:
        """Make an expression of the innermost level's columns NULL for rows that are refused."""
        if self.guard is None:
            return lines
        inside = [f"    {line}" for line in lines]
        return ["CASE", f"  WHEN {self.guard} THEN NULL", "  ELSE", *inside, "END"]


def _select(items: Iterable[tuple[str, Lines]]) -> Lines:
    """Give a SELECT of named expressions."""
    lines = ["SELECT"]
    for name, expression in items:
        *others, last = expression
        lines += [f"  {line}" for line in (*others, f"{last} AS {name},")]
    lines[-1] = lines[-1][:-1]  # no comma behind the last one
    return lines

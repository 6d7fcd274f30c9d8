"""The expressions of SQL that a student is made of.

An expression is a list of lines: texts from outside may hold ends of lines, so lines are never put
together and split again. Columns come from the innermost level of the statement, where numbers and
truth values are doubles, and NULL stands for whatever the student takes as missing.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from interpkd._borders import double_border
from interpkd._structure import Reach, leaf_paths
from interpkd.exceptions import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from interpkd._tables import Column
    from interpkd.export._sql_dialect import Dialect

Lines = list[str]

WIDE = 60
"""More parts are put in brackets by as many: databases bound how deep an expression goes."""

UNDERFLOW = 1e-290
"""What a product is more than; doubles go down to 1e-308."""

NOTHING = "NULLIF(1, 1)"
"""A NULL with a type."""


def case(
    branches: Iterable[tuple[str, str]], *, subject: str = "", otherwise: str | None = None
) -> Lines:
    """Give a CASE: what holds, or what the subject is, and what follows."""
    lines = [f"CASE {subject}" if subject else "CASE"]
    lines += [f"  WHEN {when} THEN {then}" for when, then in branches]
    if otherwise is not None:
        lines.append(f"  ELSE {otherwise}")
    return [*lines, "END"]


def add_up(parts: Sequence[Lines]) -> Lines:
    """Give the sum of expressions."""
    if len(parts) > WIDE:
        blocks = [parts[i : i + WIDE] for i in range(0, len(parts), WIDE)]
        return add_up([["(", *_indent(add_up(block)), ")"] for block in blocks])
    lines = list(parts[0])
    for first, *others in parts[1:]:
        lines += [f"+ {first}", *_indent(others)]
    return lines


def _indent(lines: Lines) -> Lines:
    return [f"  {line}" for line in lines]


class Parts:
    """The expressions of one student in one dialect.

    Parameters
    ----------
    dialect : Dialect
        How to write.

    columns : sequence of Column
        The student's columns.

    names : mapping
        Their names to those of the table.
    """

    def __init__(
        self, dialect: Dialect, columns: Sequence[Column], names: Mapping[str, str]
    ) -> None:
        self.dialect = dialect
        self.columns = {column.name: column for column in columns}
        self.names = names
        self.floors: dict[str, str] = {}

    def avoid_underflow(self, terms: Iterable[Mapping[str, Any]]) -> None:
        """Take numbers as zero whose products are nearly zero, where those would be an error."""
        for term in terms if self.dialect.underflow_fails else ():
            sizes = [abs(one) for one in term.get("values", ()) if one != 0]
            if sizes and self.columns[term["column"]].kind == "numeric":
                limit = self.dialect.write_number(min(UNDERFLOW / min(sizes), 1.0))
                self.floors[term["column"]] = limit

    def reference(self, name: str) -> str:
        """Give a column of the table and of the innermost level, by the student's name."""
        return self.dialect.write_name(self.names[name], "the column")

    def known(self, name: str, given: str) -> Lines:
        """Give the innermost level's column, from one of the user's table.

        Parameters
        ----------
        name : str
            Of the student's column.

        given : str
            What refers to the column of the table.

        Returns
        -------
        lines : list of str
            Numbers and truth values as doubles, NaN and categories that the student does not know
            as NULL.
        """
        column = self.columns[name]
        read = self.dialect.read(given, column.kind) if column.kind != "category" else ""
        if name in self.floors:
            tiny = f"ABS({self.dialect.read(given, 'double')}) < {self.floors[name]}"
            return case([(tiny, self.dialect.write_number(0.0))], otherwise=read)
        if read:
            return [read]
        if not column.categories:
            return [NOTHING]
        kind = _category_kind(column)
        cast = self.dialect.read(given, kind)
        test = self._one_of(cast, column, column.categories)
        if kind == "double":
            test = self.dialect.is_number.format(x=given) + test
        return case([(test, cast)])

    def _one_of(self, expression: str, column: Column, values: Sequence[Any]) -> str:
        """Say that an expression is one of some categories."""
        written = [self._category(column, value) for value in values]
        if len(written) == 1:
            return f"{expression} = {written[0]}"
        return f"{expression} IN ({', '.join(written)})"

    def _category(self, column: Column, value: Any) -> str:
        if isinstance(value, str):
            return self.dialect.write_text(value, f"of column {column.name!r} the", mark=True)
        return self.dialect.write_number(value)

    def some_missing(self) -> str:
        """Say that a column is missing."""
        parts = [f"{self.reference(name)} IS NULL" for name in self.columns]
        while len(parts) > WIDE:
            blocks = [parts[i : i + WIDE] for i in range(0, len(parts), WIDE)]
            parts = [f"({' OR '.join(block)})" for block in blocks]
        return " OR ".join(parts)

    def leaf(self, tree: Any) -> tuple[list[str], Callable[[str | None], Lines]]:
        """Give the number of a row's leaf: one flat CASE.

        Parameters
        ----------
        tree : sklearn.tree._tree.Tree
            The tree, on encoded columns.

        Returns
        -------
        names : list of str
            The columns that it asks.

        write : callable
            Makes the expression, NULL where a condition does not hold that is asked first.
        """
        columns = [*self.columns.values()]
        paths = [(leaf, reach) for leaf, reach in leaf_paths(tree)]
        used = {columns[i].name for _, reach in paths for i in reach}

        def write(guard: str | None) -> Lines:
            branches = [(guard, "NULL")] if guard else []
            for leaf, reach in paths:
                tests = [self._condition(columns[i], one) for i, one in reach.items()]
                if "" in tests:
                    continue  # no value comes as far
                held = [test for test in tests if test is not None]
                branches.append((" AND ".join(held) or "1 = 1", str(leaf)))
            return case(branches)

        return [name for name in self.columns if name in used], write

    def _condition(self, column: Column, reach: Reach) -> str | None:
        """Say which values of a column come to a leaf: None for all, nothing for none."""
        ref = self.reference(column.name)
        tests = self._known_test(column, ref, reach)
        if tests is None:  # none that is known
            return f"{ref} IS NULL" if reach.missing else ""
        if not tests:
            return None if reach.missing else f"{ref} IS NOT NULL"
        text = " AND ".join(tests)
        return f"({text} OR {ref} IS NULL)" if reach.missing else text

    def _known_test(self, column: Column, ref: str, reach: Reach) -> list[str] | None:
        """Say which known values come to a leaf: an empty list for all, None for none."""
        if column.kind == "numeric":
            lower, upper = double_border(reach.lower), double_border(reach.upper)
            if lower >= upper:
                return None
            tests = [f"{ref} > {self.dialect.write_number(lower)}"] if lower > -math.inf else []
            if upper < math.inf:
                tests.append(f"{ref} <= {self.dialect.write_number(upper)}")
            return tests
        values: Sequence[Any] = (False, True) if column.kind == "boolean" else column.categories
        held = [value for code, value in enumerate(values) if reach.lower < code <= reach.upper]
        if not held:
            return None
        return [] if len(held) == len(values) else [self._one_of(ref, column, held)]

    def points(self, feature: Mapping[str, Any]) -> Lines:
        """Give the points of one column of a scorecard."""
        name = feature["column"]
        column, ref = self.columns[name], self.reference(name)
        bins = feature["bins"]
        branches = [(f"{ref} IS NULL", one["points"]) for one in bins if one["kind"] == "missing"]
        for one in bins:
            if one["kind"] == "special":
                value = self.dialect.write_number(one["value"])
                branches.append((f"{ref} = {value}", one["points"]))
        for one in bins:
            if one["kind"] == "categories" and one["categories"]:
                branches.append((self._one_of(ref, column, one["categories"]), one["points"]))
            elif one["kind"] == "interval" and one["upper"] is not None:
                upper = self.dialect.write_number(one["upper"])
                branches.append((f"{ref} <= {upper}", one["points"]))
        last = [one["points"] for one in bins if one["kind"] == "interval"][-1:]
        return case(
            [(when, str(points)) for when, points in branches],
            otherwise=str(last[0]) if last else None,
        )

    def term(self, term: Mapping[str, Any], output: int, *, takes_missing: bool) -> Lines | None:
        """Give what one column adds to a score of a linear student; None where always nothing."""
        ref, number = self.reference(term["column"]), self.dialect.write_number
        lost = 0.0 if term["missing"] is None else term["missing"][output]
        if "categories" not in term:
            value = term["values"][output]
            if value == 0 and lost == 0:
                return None
            if not takes_missing:
                return [f"{number(value)} * {ref}"]
            product = f"{number(value)} * COALESCE({ref}, {number(term['imputed'])})"
            if lost == 0:
                return [product]
            first, *others = case([(f"{ref} IS NULL", number(lost))], otherwise=number(0.0))
            return [f"{product} + {first}", *others]
        column = self.columns[term["column"]]
        branches = [(f"{ref} IS NULL", number(lost))] if lost != 0 else []
        for one in term["categories"]:
            if one["values"][output] != 0:
                test = self._one_of(ref, column, [one["category"]])
                branches.append((test, number(one["values"][output])))
        return case(branches, otherwise=number(0.0)) if branches else None


def _category_kind(column: Column) -> str:
    """Say what a table holds in a category column: "text", "boolean" or "double"."""
    kinds = {
        "text" if isinstance(value, str) else "boolean" if isinstance(value, bool) else "double"
        for value in column.categories
    }
    if "text" in kinds and len(kinds) > 1:
        msg = (
            f"The categories of column {column.name!r} are texts and numbers; a column of a "
            "database holds either. Convert it to text before fitting."
        )
        raise InvalidInputError(msg)
    return kinds.pop() if len(kinds) == 1 else "double"

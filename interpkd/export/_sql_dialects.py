"""How databases write names, texts, numbers and types.

A table of facts, one entry per dialect, and nothing that knows students. Three things decide
whether a statement scores right, and no general translator of SQL minds them: literals that are
doubles and not decimals, columns that become doubles with NaN as NULL, and texts that are compared
exactly, by case, accent and trailing space.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from math import frexp
from typing import Any

from interpkd.exceptions import InvalidInputError

SIGNS = {"\n": "\\n", "\r": "\\r", "\\": "\\\\"}
"""What dialects with backslashes in their texts write for a sign."""

SURE = 1e-6, 1e17
"""Between these, SQLite reads decimals to the last digit."""


@dataclass(frozen=True)
class Dialect:
    r"""How one database writes.

    Attributes
    ----------
    name : str
        As sqlglot calls it.

    title : str
        As people call it.

    double : str
        A column ``{x}`` as a double.

    numeric : str
        The same with NULL for NaN, written with the ``{double}`` where that needs no more.

    boolean : str
        A column of truth values as a double.

    text : str
        A column of texts that is compared exactly.

    number : str
        A double, from Python's text of it ``{x}``, or the same with an exponent ``{e}``.

    is_number : str
        What else to ask of a column of numbers that are categories.

    quotes : str
        What stands before and after a name.

    in_name : str or None
        How the second of them is written inside a name; None where it cannot be.

    no_names : str
        Signs that no name has.

    longest_name : int
        In `name_unit`.

    name_unit : {"bytes", "characters"}
        Of UTF-8, or of Unicode.

    folds_case : bool
        Whether names that differ by case are one.

    n_parts : int
        Most parts of the name of a table.

    prefix, apostrophe, has_backslash : str, str, bool
        Of texts: what stands before, an apostrophe inside, whether ``\`` escapes.

    mark : str
        What is put behind both texts of a comparison that would ignore trailing spaces.

    longest_text : int or None
        In bytes of UTF-8.

    empty_is_null : bool
        Whether the empty text is NULL.

    truth : tuple of str
        False and true.

    greatest : str
        The function that gives the largest of several numbers.

    alias : str
        What stands between a table and its alias.

    underflow_fails : bool
        Whether a product that is nearly zero is an error.

    fence : str
        What keeps a subquery from being copied into each place that uses its columns.
    """

    name: str
    title: str
    double: str
    text: str
    numeric: str = "{double}"
    boolean: str = "{double}"
    number: str = "{e}"
    is_number: str = ""
    quotes: str = '""'
    in_name: str | None = '""'
    no_names: str = ""
    longest_name: int = 1000
    name_unit: str = "characters"
    folds_case: bool = True
    n_parts: int = 3
    prefix: str = ""
    apostrophe: str = "''"
    has_backslash: bool = False
    mark: str = ""
    longest_text: int | None = None
    empty_is_null: bool = False
    truth: tuple[str, str] = ("FALSE", "TRUE")
    greatest: str = "GREATEST"
    alias: str = " AS "
    underflow_fails: bool = False
    fence: str = ""

    def write_name(self, name: str, what: str) -> str:
        """Write a name, quoted; `what` says in errors whose it is."""
        size = len(name.encode("utf-8", "replace")) if self.name_unit == "bytes" else len(name)
        odd = sorted({sign for sign in name if sign in self.no_names or sign in "\0"})
        if self.in_name is None:
            odd += [sign for sign in self.quotes[1] if sign in name]
        rule = (
            "a name has at least one character"
            if not name
            else f"no name holds {odd[0]!r}"
            if odd
            else "no name holds half of a surrogate pair"
            if not _is_unicode(name)
            else f"a name has at most {self.longest_name} {self.name_unit}"
            if size > self.longest_name
            else None
        )
        if rule is not None:
            shown = ascii(name) if len(name) <= 60 else f"{ascii(name[:57])}..."
            msg = f"{self.title} cannot name {what} {shown}: {rule}. Rename it."
            raise InvalidInputError(msg)
        inside = name
        if self.in_name is not None:
            if self.in_name.startswith("\\"):
                inside = inside.replace("\\", "\\\\")
            inside = inside.replace(self.quotes[1], self.in_name)
        return f"{self.quotes[0]}{inside}{self.quotes[1]}"

    def same_name(self, name: str) -> str:
        """Give what is equal for names that the database takes for one."""
        return name.casefold() if self.folds_case else name

    def write_text(self, text: str, what: str, *, mark: bool = False) -> str:
        """Write a text; with the mark, one that is compared with a column of texts."""
        text += self.mark if mark else ""
        size = len(text.encode("utf-8", "replace"))
        rule = (
            "no text holds a zero byte"
            if "\0" in text
            else "no text holds half of a surrogate pair"
            if not _is_unicode(text)
            else "the empty text is NULL there"
            if not text and self.empty_is_null
            else f"a text in a statement has at most {self.longest_text} bytes"
            if self.longest_text is not None and size > self.longest_text
            else None
        )
        if rule is not None:
            shown = ascii(text) if len(text) <= 60 else f"{ascii(text[:57])}..."
            msg = f"{self.title} cannot write {what} {shown}: {rule}."
            raise InvalidInputError(msg)
        if self.has_backslash:
            text = "".join(SIGNS.get(sign, sign) for sign in text)
        parts = [text.replace("'", self.apostrophe)]
        if self.name == "tsql":  # which leaves out a backslash at the end of a line, and that end
            parts = [part for part in re.split(r"(?<=\\)(?=\r?\n)", parts[0])]
        written = " + ".join(f"{self.prefix}'{part}'" for part in parts)
        return written if len(parts) == 1 else f"({written})"

    def write_number(self, value: Any) -> str:
        """Write a finite number as a double."""
        x = float(value) + 0.0  # minus zero is zero
        if self.name == "sqlite" and x != 0 and not SURE[0] <= abs(x) < SURE[1]:
            return _sqlite_number(x)
        text = repr(x)
        if self.name == "oracle" and x != 0 and not 1e-120 < abs(x) < 1e120:
            return f"{text}d"  # beyond its decimals
        return self.number.format(x=text, e=text if "e" in text else f"{text}e0")

    def read(self, column: str, kind: str) -> str:
        """Write a column as the student takes it: "numeric", "boolean", "double" or "text"."""
        double = self.double.format(x=column)
        return str(getattr(self, kind).format(x=column, double=double))

    def write_label(self, value: Any) -> str:
        """Write a class."""
        if isinstance(value, bool):
            return self.truth[int(value)]
        if isinstance(value, int):
            return repr(value)
        return self.write_number(value) if isinstance(value, float) else self.write_text(
            value, "the class"
        )


def _is_unicode(text: str) -> bool:
    return not any("\ud800" <= sign <= "\udfff" for sign in text)


def _sqlite_number(x: float) -> str:
    """Write a very large or small number by whole ones and powers of two: SQLite rounds others."""
    part, power = frexp(x)
    text, power = f"{int(part * 2**53)}.0", power - 53
    while power > 0:
        step = min(power, 62)
        text, power = f"{text} * {2**step}.0", power - step
    while power < 0:
        step = min(-power, 62)
        text, power = f"{text} / {2**step}.0", power + step
    return f"({text})"


NAN_IS_EQUAL = "NULLIF({double}, CAST('NaN' AS DOUBLE))"
"""Where NaN is equal to itself."""

POSTGRES = Dialect(
    "postgres",
    "PostgreSQL",
    double="CAST({x} AS DOUBLE PRECISION)",
    text='CAST({x} AS TEXT) COLLATE "C"',
    numeric="NULLIF({double}, 'NaN'::FLOAT8)",
    boolean="CAST(CAST({x} AS INT) AS DOUBLE PRECISION)",
    number="'{x}'::FLOAT8",
    longest_name=63,
    name_unit="bytes",
    folds_case=False,
    underflow_fails=True,
    fence="OFFSET 0",
)

SPARK = Dialect(
    "spark",
    "Spark",
    double="CAST({x} AS DOUBLE)",
    text="CAST({x} AS STRING)",
    numeric=NAN_IS_EQUAL,
    quotes="``",
    in_name="``",
    apostrophe="\\'",
    has_backslash=True,
)

LISTED = (
    Dialect(
        "duckdb",
        "DuckDB",
        double="CAST({x} AS DOUBLE)",
        text="CAST({x} AS VARCHAR)",
        numeric=NAN_IS_EQUAL,
    ),
    Dialect(
        "sqlite",
        "SQLite",
        double="CAST({x} AS REAL)",
        text="CAST({x} AS TEXT) COLLATE BINARY",
        # a text that is no number would be read as 0; as JSON it is an error
        numeric=(
            "CASE TYPEOF({x}) WHEN 'text' THEN CAST(JSON_EXTRACT({x}, '$') AS REAL) "
            "ELSE {double} END"
        ),
        is_number="TYPEOF({x}) <> 'text' AND ",
        truth=("0", "1"),
        n_parts=2,
        greatest="MAX",
        fence="LIMIT -1 OFFSET 0",
    ),
    POSTGRES,
    replace(
        POSTGRES,
        name="redshift",
        title="Redshift",
        text="CAST({x} AS VARCHAR(65535)) || '|'",
        mark="|",
        longest_name=127,
        folds_case=True,
        has_backslash=True,
        fence="",
    ),
    Dialect(
        "snowflake",
        "Snowflake",
        double="CAST({x} AS DOUBLE)",
        text="CAST({x} AS VARCHAR)",
        numeric="NULLIF({double}, 'NaN'::DOUBLE)",
        boolean="CAST(CAST({x} AS INT) AS DOUBLE)",
        number="'{x}'::DOUBLE",
        longest_name=255,
        folds_case=False,
        has_backslash=True,
    ),
    Dialect(
        "bigquery",
        "BigQuery",
        double="CAST({x} AS FLOAT64)",
        text="CAST({x} AS STRING)",
        numeric="CASE WHEN IS_NAN({double}) THEN NULL ELSE {double} END",
        boolean="CAST(CAST({x} AS INT64) AS FLOAT64)",
        quotes="``",
        in_name=None,
        no_names="!\"$()*,./;?@[\\]^`{}~\n\r\t",
        longest_name=300,
        apostrophe="\\'",
        has_backslash=True,
    ),
    Dialect(
        "tsql",
        "T-SQL of SQL Server 2022 and later",
        double="CAST({x} AS FLOAT(53))",
        text="CAST({x} AS NVARCHAR(4000)) COLLATE Latin1_General_100_BIN2 + N'|'",
        quotes="[]",
        in_name="]]",
        longest_name=128,
        n_parts=4,
        prefix="N",
        mark="|",
        truth=("0", "1"),
    ),
    Dialect(
        "oracle",
        "Oracle",
        double="CAST({x} AS BINARY_DOUBLE)",
        text="CAST({x} AS VARCHAR2(4000)) COLLATE BINARY",
        numeric="NANVL({double}, NULL)",
        number="CAST({e} AS BINARY_DOUBLE)",
        in_name=None,
        longest_name=128,
        name_unit="bytes",
        folds_case=False,
        n_parts=2,
        longest_text=4000,
        empty_is_null=True,
        truth=("0", "1"),
        alias=" ",
    ),
    Dialect(
        "mysql",
        "MySQL",
        double="CAST({x} AS DOUBLE)",
        text="CONVERT({x} USING utf8mb4) COLLATE utf8mb4_0900_bin",
        longest_name=64,
        n_parts=2,
        quotes="``",
        in_name="``",
        has_backslash=True,
    ),
    SPARK,
    replace(SPARK, name="databricks", title="Databricks", longest_name=255),
    Dialect(
        "clickhouse",
        "ClickHouse",
        double="CAST({x} AS Nullable(Float64))",
        text="CAST({x} AS Nullable(String))",
        numeric="CASE WHEN isNaN({double}) THEN NULL ELSE {double} END",
        quotes="``",
        in_name="\\`",
        folds_case=False,
        n_parts=2,
        has_backslash=True,
    ),
    Dialect(
        "trino",
        "Trino",
        double="CAST({x} AS DOUBLE)",
        text="CAST({x} AS VARCHAR)",
        numeric="CASE WHEN is_nan({double}) THEN NULL ELSE {double} END",
    ),
)

DIALECTS = {dialect.name: dialect for dialect in LISTED}
"""Every dialect by name."""

"""How one database writes names, texts and numbers."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import re
from dataclasses import dataclass
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

    no_names, last_sign : str
        Signs that no name has, and the last one of Unicode that it may have.

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

    substitutes : bool
        Whether ``${…}`` is replaced wherever it stands.

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
        What keeps a subquery from being copied into each place that uses its columns, and
        conditions from outside from being asked inside it.

    fences_all : bool
        Whether that is worth it where few columns are used more than once.
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
    last_sign: str = "\U0010ffff"
    longest_name: int = 1000
    name_unit: str = "characters"
    folds_case: bool = True
    n_parts: int = 3
    prefix: str = ""
    apostrophe: str = "''"
    has_backslash: bool = False
    substitutes: bool = False
    mark: str = ""
    longest_text: int | None = None
    empty_is_null: bool = False
    truth: tuple[str, str] = ("FALSE", "TRUE")
    greatest: str = "GREATEST"
    alias: str = " AS "
    underflow_fails: bool = False
    fence: str = ""
    fences_all: bool = False

    def write_name(self, name: str, what: str) -> str:
        """Write a name, quoted; `what` says in errors whose it is."""
        rule = self._against_name(name)
        if rule is not None:
            msg = f"{self.title} cannot name {what} {_shown(name)}: {rule}. Rename it."
            raise InvalidInputError(msg)
        inside = name
        if self.in_name is not None:
            if self.in_name.startswith("\\"):
                inside = inside.replace("\\", "\\\\")
            inside = inside.replace(self.quotes[1], self.in_name)
        return f"{self.quotes[0]}{inside}{self.quotes[1]}"

    def _against_name(self, name: str) -> str | None:
        """Say which rule a name breaks."""
        if not name:
            return "a name has at least one character"
        never = "\0" + self.no_names + (self.quotes[1] if self.in_name is None else "")
        odd = [sign for sign in name if sign in never or sign > self.last_sign]
        if odd:
            return f"no name holds {odd[0]!a}"
        if self.substitutes and "${" in name:
            return "${ is the start of a variable, in a name too"
        if not _is_unicode(name):
            return "no name holds half of a surrogate pair"
        size = len(name.encode()) if self.name_unit == "bytes" else len(name)
        if size > self.longest_name:
            return f"a name has at most {self.longest_name} {self.name_unit}"
        return None

    def same_name(self, name: str) -> str:
        """Give what is equal for names that the database takes for one."""
        return name.casefold() if self.folds_case else name

    def write_text(self, text: str, what: str, *, mark: bool = False) -> str:
        """Write a text; with the mark, one that is compared with a column of texts."""
        rule = self._against_text(text)
        if rule is not None:
            msg = f"{self.title} cannot write {what} {_shown(text)}: {rule}."
            raise InvalidInputError(msg)
        text += self.mark if mark else ""
        if self.has_backslash:
            text = "".join(SIGNS.get(sign, sign) for sign in text)
        if self.substitutes:
            text = text.replace("${", "\\u0024{")
        parts = [text.replace("'", self.apostrophe)]
        if self.name == "tsql":  # which leaves out a backslash at the end of a line, and that end
            parts = re.split(r"(?<=\\)(?=\r?\n)", parts[0])
        written = " + ".join(f"{self.prefix}'{part}'" for part in parts)
        return written if len(parts) == 1 else f"({written})"

    def _against_text(self, text: str) -> str | None:
        """Say which rule a text breaks."""
        if "\0" in text:
            return "no text holds a zero byte"
        if not _is_unicode(text):
            return "no text holds half of a surrogate pair"
        if not text and self.empty_is_null:
            return "the empty text is NULL there"
        if self.longest_text is not None and len(text.encode()) > self.longest_text:
            return f"a text in a statement has at most {self.longest_text} bytes"
        return None

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
        return (
            self.write_number(value)
            if isinstance(value, float)
            else self.write_text(value, "the class")
        )


def _shown(text: str) -> str:
    return ascii(text) if len(text) <= 60 else f"{text[:57]!a}..."


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

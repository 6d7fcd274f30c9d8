"""Tables for spreadsheets: a text of somebody else's table must not run as a formula there."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""Signs, some of full width, that begin a formula in a spreadsheet; blanks may stand before them."""


def write_csv(frame: pd.DataFrame, path: Path) -> None:
    """Write a table as CSV in which every text stays a text.

    A name or text that a spreadsheet would take for a formula begins with an apostrophe, which
    spreadsheets do not show; numbers, also negative ones, are as they are. Programs read the same
    from ``report.json``, where nothing is changed.

    Parameters
    ----------
    frame : pandas.DataFrame
        The table.

    path : Path
        Where to.
    """
    safe = frame.rename(columns=as_text)
    for place, name in enumerate(frame.columns):
        if frame[name].dtype.kind not in "biuf":
            safe.isetitem(place, frame[name].map(as_text))
    safe.to_csv(path, index=False)


def as_text(value: Any) -> Any:
    """Put an apostrophe before a text that a spreadsheet would take for a formula.

    Parameters
    ----------
    value : object
        A cell or a heading.

    Returns
    -------
    value : object
        The same, or its text with an apostrophe in front.
    """
    if not isinstance(value, str) or _is_number(value):
        return value
    begins = value.startswith(FORMULA_SIGNS) or value.lstrip().startswith(FORMULA_SIGNS)
    return f"'{value}" if begins else value


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True

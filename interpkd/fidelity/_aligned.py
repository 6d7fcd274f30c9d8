"""Tables of words and figures as aligned text."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING

from interpkd.fidelity._text import format_number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from interpkd.fidelity._intervals import ScoreEstimate


def aligned_table(
    title: str, header: Sequence[str], rows: Sequence[Sequence[str]], *, n_words: int = 1
) -> str:
    """Write a table: the first columns hold words, the others figures, which line up right.

    Parameters
    ----------
    title : str
        Printed above.

    header : sequence of str
        Column headings.

    rows : sequence of sequence of str
        The cells.

    n_words : int, default=1
        How many columns hold words.

    Returns
    -------
    text : str
        Lines without trailing blanks.
    """
    table = [header, *rows]
    widths = [max(len(row[i]) for row in table) for i in range(len(header))]
    lines = [
        "  ".join(
            cell.ljust(width) if i < n_words else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in table
    ]
    return "\n".join([title, *lines])


def with_interval(score: ScoreEstimate) -> str:
    """Write an estimate and its interval in one cell."""
    if score.low is None:
        return format_number(score.estimate)
    return (
        f"{format_number(score.estimate)} [{format_number(score.low)}, {format_number(score.high)}]"
    )

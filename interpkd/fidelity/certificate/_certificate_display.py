"""A certificate as text, as HTML and as a drawing, all in the same words.

The words keep three kinds of statements apart: what is proved of every input near a row, what holds
with a stated confidence for rows like these, and what one input attains. None is called "fidelity".
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from interpkd._html import Markup, legend, paragraphs, show, stacked, table
from interpkd._optional import require
from interpkd.fidelity._aligned import aligned_table
from interpkd.fidelity._text import format_number

if TYPE_CHECKING:
    from interpkd.fidelity.certificate._certificate import Certificate, RadiusShares

HEADER = (
    "every input within", "proved", "population at least", "wrong on the row",
    "teacher changes nearby", "student's border", "undecided",
)  # fmt: skip
TITLE = "Rows whose neighbourhood is proved to hold no disagreement, and what became of the others"

BARS = (
    ("proved", "proved", "#1b7837"),
    ("undecided", "undecided", "#bdbdbd"),
    ("student_border", "student's border", "#fdb863"),
    ("teacher_unstable", "teacher changes nearby", "#b2abd2"),
    ("wrong_on_row", "wrong on the row", "#b2182b"),
)
"""Statuses from the bottom of a bar to its top."""


def certificate_text(certificate: Certificate) -> str:
    """Write a certificate as sentences and one table."""
    parts = ["\n".join(_head(certificate))]
    if certificate.shares:
        parts.append(aligned_table(TITLE, HEADER, _table(certificate)))
    parts.append("\n".join(_notes(certificate)))
    return "\n\n".join(parts)


def certificate_html(certificate: Certificate) -> str:
    """Write a certificate as HTML, without script."""
    title, *facts = _head(certificate)
    parts = [paragraphs(*facts)]
    if certificate.shares:
        rows = [
            [row[0], _drawn(one, certificate.n_rows), *row[1:]]
            for row, one in zip(_table(certificate), certificate.shares, strict=True)
        ]
        numbers = range(2, len(HEADER) + 1)
        parts += [table(TITLE, [HEADER[0], "", *HEADER[1:]], rows, numeric=numbers)]
        parts += [legend([label for _, label, _ in BARS])]
    return show(title, *parts, paragraphs(*_notes(certificate), soft=True))


def _drawn(one: RadiusShares, n_rows: int) -> Markup:
    return stacked([one.counts[name] / n_rows for name, _, _ in BARS])


def _head(certificate: Certificate) -> list[str]:
    agreement, mean = certificate.agreement, certificate.mean_difference
    lines = [
        f"Certificate of {certificate.n_rows} rows",
        f"teacher and student agree on the row itself: {agreement.estimate:.1%} "
        f"(population at least {agreement.low:.1%})",
    ]
    if mean.estimate is not None:
        limit = "" if mean.high is None else f" (population at most {format_number(mean.high)})"
        lines.append(
            f"mean difference of their answers on the row itself: "
            f"{format_number(mean.estimate)}{limit}"
        )
    return lines


def _table(certificate: Certificate) -> list[list[str]]:
    return [
        [
            f"{100 * one.radius:g} % of ranks", f"{one.share:.1%}", f"{one.low:.1%}",
            *(
                f"{one.counts[name]}"
                for name in ("wrong_on_row", "teacher_unstable", "student_border", "undecided")
            ),
        ]
        for one in certificate.shares
    ]  # fmt: skip


def _notes(certificate: Certificate) -> list[str]:
    notes = []
    if certificate.reason is not None:
        notes.append(
            "Nothing near the rows was searched, so nothing is proved of other inputs. "
            f"{certificate.reason}"
        )
    frozen = certificate.run.frozen
    if frozen and certificate.reason is None:
        notes.append(f"Frozen at the row's own value: {', '.join(frozen)}.")
    confidence = f"{100 * (1 - certificate.alpha):g} %"
    limits = "The limit holds" if certificate.n_limits == 1 else (
        f"All {certificate.n_limits} limits hold together"
    )  # fmt: skip
    notes.append(f'"population": {limits} with {confidence} confidence, for rows like these.')
    return notes


def draw_certificate(certificate: Certificate, ax: Any) -> Any:
    """Draw the shares of each status as one bar per radius."""
    if ax is None:
        plt = require("matplotlib.pyplot", purpose="draw a certificate")
        ax = plt.figure().add_subplot()
    shares, n_rows = certificate.shares, certificate.n_rows
    places = list(range(len(shares)))
    bottom = [0.0] * len(shares)
    for status, label, colour in BARS:
        height = [one.counts[status] / n_rows for one in shares]
        ax.bar(places, height, bottom=bottom, color=colour, label=label)
        bottom = [low + more for low, more in zip(bottom, height, strict=True)]
    ax.plot(
        places, [one.low for one in shares], linestyle="none", marker="_", markersize=18,
        color="black", label="population, lower limit of proved",
    )  # fmt: skip
    ax.set_xticks(places, [f"{100 * one.radius:g} %" for one in shares])
    ax.set_xlabel("every input within (share of ranks)")
    ax.set_ylabel("share of rows")
    ax.set_ylim(0, 1)
    ax.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    return ax

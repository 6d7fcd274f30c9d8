"""What notebooks show: one look for students, reports and certificates.

Every text from outside is escaped, because the only way to a `Markup` leads through these
functions. There are no scripts and nothing is fetched. Text takes the colour of the page it stands
on and lines are half transparent, so that one style serves light and dark notebooks alike; marks
have a middle tone that both bear. What is wider than the page scrolls by itself.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import re
import unicodedata
from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

JOINERS = {"\u00ad", "\u200c", "\u200d"}
"""Format characters that honest text needs: soft hyphen, and joiners of Persian and of emoji."""

TONES = (
    "#3b82c4", "#d98a1f", "#2f9e77", "#c4569c", "#8d6cc9", "#a8912a", "#3fa7bd", "#d0533f",
)  # fmt: skip
"""Of marks: each has a contrast of at least 2.7 on white, and of 5 on a dark notebook."""

WIDTH, HEIGHT = 120, 12
"""Of a mark, in pixels."""

LONG = 40
"""Characters from which on the text of a cell is broken into lines."""

STYLE = """
.interpkd-repr{--line:rgba(127,127,127,.4);color:inherit;font-size:13px;line-height:1.45;\
max-width:76rem;margin:.5em 0;text-align:left}
.interpkd-repr p{margin:.3em 0}
.interpkd-repr .ik-title{font-weight:600;font-size:14px}
.interpkd-repr .ik-soft{opacity:.78}
.interpkd-repr .ik-wide{overflow-x:auto;margin:.3em 0 .6em}
.interpkd-repr table{border-collapse:collapse;border:0;margin:0;width:auto;table-layout:auto;\
font-size:13px;color:inherit;background:none}
.interpkd-repr .ik-caption{font-weight:600;margin:.8em 0 0}
.interpkd-repr tr:nth-child(n),.interpkd-repr tbody tr:nth-child(n):hover{background:none;border:0}
.interpkd-repr tr>th,.interpkd-repr tr>td{text-align:left;vertical-align:top;font-weight:400;\
padding:.18em 1.1em .18em 0;border:0;border-bottom:1px solid var(--line);max-width:34em;\
white-space:normal;background:none;color:inherit}
.interpkd-repr thead tr>*{opacity:.78;white-space:nowrap;vertical-align:bottom}
.interpkd-repr tr>.ik-s{white-space:nowrap}
.interpkd-repr tr>.ik-l{min-width:16em}
.interpkd-repr tr>.ik-n{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
.interpkd-repr tr.ik-on>th,.interpkd-repr tr.ik-on>td{font-weight:600}
.interpkd-repr .ik-in>span{display:block;border-left:1px solid var(--line);padding-left:.6em;\
min-width:11em}
.interpkd-repr .ik-f{white-space:normal;min-width:22em}
.interpkd-repr svg{display:inline-block;vertical-align:-1px;max-width:none;overflow:visible}
.interpkd-repr .ik-key{display:inline-block;margin-right:1em;white-space:nowrap}
.interpkd-repr summary{cursor:pointer;opacity:.78}
.interpkd-repr dl{margin:.3em 0;display:block}
.interpkd-repr dt{font-weight:600;float:none;margin:.3em 0 0}
.interpkd-repr dd{margin:0 0 0 1em}
""".strip()


class Markup(str):
    """HTML that was made here, so that it needs no escaping."""

    __slots__ = ()


def visible(text: Any) -> str:
    r"""Spell out what cannot be seen: control characters and signs that turn the text's direction.

    Parameters
    ----------
    text : object
        Anything; its text is taken.

    Returns
    -------
    visible : str
        The text on one line; a NUL reads ``\\x00``, a line break is a space.
    """
    flat = re.sub(r"[\r\n\t\v\f\u2028\u2029]+", " ", str(text))
    return "".join(
        char.encode("unicode_escape").decode() if _is_hidden(char) else char for char in flat
    )


def safe(value: Any, *, most: int | None = None) -> Markup:
    """Escape a text, unless it is markup; `most` characters of it."""
    if isinstance(value, Markup):
        return value
    text = visible(value)
    if most is not None and len(text) > most:
        text = f"{text[: most - 1]}…"
    return Markup(escape(text))


def show(title: Any, *parts: Markup) -> str:
    """Put a title and parts together as what a notebook shows."""
    head = f'<p class="ik-title">{safe(title)}</p>' if title else ""
    return f'<style>{STYLE}</style><div class="interpkd-repr">{head}{"".join(parts)}</div>'


def paragraphs(*lines: Any, soft: bool = False) -> Markup:
    """Give each line as a paragraph; empty ones are left out."""
    kind = ' class="ik-soft"' if soft else ""
    return Markup("".join(f"<p{kind}>{safe(line)}</p>" for line in lines if line))


def table(
    caption: Any,
    header: Sequence[Any],
    rows: Iterable[Sequence[Any]],
    *,
    numeric: Iterable[int] = (),
    marked: Iterable[int] = (),
) -> Markup:
    """Give a table that scrolls by itself where the page is narrow.

    Parameters
    ----------
    caption : object
        What it shows.

    header : sequence
        Column headings; empty for none.

    rows : iterable of sequence
        The cells; the first of each row is its heading.

    numeric : iterable of int
        Columns that line up right.

    marked : iterable of int
        Rows that stand out.
    """
    right, bold = set(numeric), set(marked)
    head = "".join(_cell(cell, "col", is_number=i in right) for i, cell in enumerate(header))
    body = "".join(
        ('<tr class="ik-on">' if k in bold else "<tr>")
        + "".join(
            _cell(cell, "" if i else "row", is_number=i in right) for i, cell in enumerate(row)
        )
        + "</tr>"
        for k, row in enumerate(rows)
    )
    thead = f"<thead><tr>{head}</tr></thead>" if header else ""
    name = f'<p class="ik-caption">{safe(caption)}</p>' if caption else ""
    # who has no mouse scrolls it by its focus
    spoken = f' role="region" aria-label="{safe(caption)}"' if caption else ""
    return Markup(
        f'{name}<div class="ik-wide" tabindex="0"{spoken}>'
        f"<table>{thead}<tbody>{body}</tbody></table></div>"
    )


def words(title: Any, definitions: Mapping[str, Any]) -> Markup:
    """Give names and what they mean, folded away."""
    if not definitions:
        return Markup()
    items = "".join(
        f"<dt>{safe(name)}</dt><dd>{safe(text)}</dd>" for name, text in definitions.items()
    )
    return Markup(f"<details><summary>{safe(title)}</summary><dl>{items}</dl></details>")


def indented(value: Any, depth: int, *, most: int = 160) -> Markup:
    """Give a cell that stands under others, as a branch of a tree."""
    space = f"margin-left:{0.9 * depth:.1f}em"
    full = safe(value)
    short = safe(value, most=most)
    title = f' title="{full}"' if short != full else ""
    folds = " ik-f" if len(short) > LONG else ""
    return Markup(f'<div class="ik-in{folds}"><span style="{space}"{title}>{short}</span></div>')


def legend(names: Sequence[Any]) -> Markup:
    """Say which tone stands for which name."""
    keys = "".join(
        f'<span class="ik-key">{_svg(_rect(0, 10, TONES[i % len(TONES)]), width=10)} '
        f"{safe(name, most=40)}</span>"
        for i, name in enumerate(names)
    )
    return Markup(f"<p>{keys}</p>")


def stacked(shares: Sequence[float]) -> Markup:
    """Draw shares that add up to one, side by side."""
    parts, start = [], 0.0
    for i, share in enumerate(shares):
        if share > 0:
            parts.append(_rect(WIDTH * start, WIDTH * share, TONES[i % len(TONES)]))
        start += share
    return _svg("".join(parts))


def bar(value: float, most: float) -> Markup:
    """Draw a number between zero and `most`, from the left."""
    return _svg(_rail() + _rect(0, WIDTH * _share(value, 0, most), TONES[0]))


def signed_bar(value: float, most: float) -> Markup:
    """Draw a number between minus `most` and `most`, from the middle."""
    half = WIDTH / 2
    size = half * _share(abs(value), 0, most)
    start = half if value >= 0 else half - size
    tone = TONES[0] if value >= 0 else TONES[1]
    middle = f'<path d="M{half:g} 0V{HEIGHT}" stroke="currentColor" stroke-opacity=".5"/>'
    return _svg(_rail() + _rect(start, size, tone) + middle)


def whisker(low: float | None, middle: float, high: float | None, ends: Sequence[float]) -> Markup:
    """Draw a number and its interval on a scale between two ends."""
    y, (least, most) = HEIGHT / 2, ends
    x = WIDTH * _share(middle, least, most)
    line = ""
    if low is not None and high is not None:
        a, b = (WIDTH * _share(end, least, most) for end in (low, high))
        line = f'<path d="M{a:.1f} {y:g}H{b:.1f}" stroke="{TONES[0]}" stroke-width="3"/>'
    dot = f'<circle cx="{x:.1f}" cy="{y:g}" r="3.5" fill="{TONES[0]}"/>'
    return _svg(_rail() + line + dot)


def _cell(value: Any, scope: str, *, is_number: bool) -> str:
    text = safe(value)
    kind = "n" if is_number else "l" if len(text) > LONG and not isinstance(value, Markup) else "s"
    tag = f'th scope="{scope}"' if scope and text else "td"
    return f'<{tag} class="ik-{kind}">{text}</{tag[:2]}>'


def _svg(inside: str, *, width: int = WIDTH) -> Markup:
    # the numbers stand beside it, so readers aloud need not hear of it
    return Markup(
        f'<svg width="{width}" height="{HEIGHT}" viewBox="0 0 {width} {HEIGHT}" '
        f'aria-hidden="true" focusable="false">{inside}</svg>'
    )


def _rect(start: float, size: float, tone: str) -> str:
    return f'<rect x="{start:.1f}" y="1" width="{size:.1f}" height="{HEIGHT - 2}" fill="{tone}"/>'


def _rail() -> str:
    return (
        f'<rect y="1" width="{WIDTH}" height="{HEIGHT - 2}" fill="currentColor" '
        'fill-opacity=".09"/>'
    )


def _share(value: float, least: float, most: float) -> float:
    return min(max((value - least) / (most - least), 0.0), 1.0) if most > least else 0.5


def _is_hidden(char: str) -> bool:
    # Cc control, Cf format (direction marks, zero width), Cs half a surrogate pair
    return unicodedata.category(char) in {"Cc", "Cf", "Cs"} and char not in JOINERS

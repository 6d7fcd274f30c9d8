"""From a matplotlib figure to an SVG element that belongs to its page.

The element takes its colours from the page's style sheet, so one drawing serves light, dark and
paper; its text stays text; it refers to nothing outside; the same figure gives the same bytes.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import io
import re
import warnings
import xml.etree.ElementTree as ET
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from interpkd._html import visible
from interpkd._optional import require

if TYPE_CHECKING:
    from collections.abc import Iterator

# Colours that stand for a variable of the style sheet, with what to show without one.
PAPER, INK, SOFT, LINE = "#fffffe", "#1b2431", "#566374", "#d5dbe3"
STUDENT, TEACHER = "#1f5f9a", "#b35310"
LOW, MIDDLE, HIGH = "#7fa7ca", "#4b7faf", "#123f69"
VARIABLES = {
    PAPER: "paper",
    INK: "ink",
    SOFT: "soft",
    LINE: "line",
    STUDENT: "student",
    TEACHER: "teacher",
    LOW: "low",
    MIDDLE: "middle",
    HIGH: "high",
}

SETTINGS: dict[str, Any] = {
    "svg.fonttype": "none",  # text as text: every script is shown, and can be searched
    "svg.hashsalt": "interpkd",  # the same ids in every run
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 8.0,
    "text.parse_math": False,  # a column may be called "$x$"
    "text.usetex": False,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": SOFT,
    "axes.facecolor": "none",
    "axes.titlesize": 8.5,
    "axes.titleweight": "normal",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.unicode_minus": False,
    "figure.facecolor": "none",
    "xtick.color": SOFT,
    "ytick.color": SOFT,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "legend.frameon": False,
    "legend.fontsize": 8.0,
    "path.simplify": True,
}
PAGE_FONT = "'Segoe UI', system-ui, 'Helvetica Neue', Arial, sans-serif"


@contextmanager
def drawing() -> Iterator[None]:
    """Draw with our settings whatever the user's are, and give theirs back."""
    matplotlib = require("matplotlib", purpose="draw the pictures of a report")
    with matplotlib.rc_context(), warnings.catch_warnings():
        # text is measured with a font that may lack a letter; the page's fonts will have it
        warnings.filterwarnings("ignore", message=r"Glyph \d+", category=UserWarning)
        warnings.filterwarnings("ignore", message="Matplotlib currently does not support")
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(SETTINGS)
        yield


def new_figure(width: float, height: float) -> Any:
    """Give an empty figure of a size in inches, outside pyplot's register."""
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height))
    FigureCanvasSVG(figure)
    return figure


def to_svg(figure: Any, name: str) -> str:
    """Give a figure as an SVG element for an HTML page.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        What was drawn under :func:`drawing`.

    name : str
        Put before every id, since ids are shared by all pictures of a page.

    Returns
    -------
    svg : str
        One ``<svg>`` element without external references, scripts or time stamps.
    """
    buffer = io.BytesIO()
    nothing = dict.fromkeys(("Creator", "Date", "Format", "Type"))
    figure.savefig(buffer, format="svg", metadata=nothing)
    root = ET.fromstring(buffer.getvalue())  # noqa: S314 - written by matplotlib a line above
    for parent in root.iter():
        for child in [one for one in parent if one.tag.endswith("}metadata")]:
            parent.remove(child)
    for element in root.iter():
        _tidy(element, name)
        _share_style(element)
    root.set("focusable", "false")
    root.set("aria-hidden", "true")
    return ET.tostring(root, encoding="unicode")


def short(text: Any, most: int) -> str:
    """Give a text that fits into a picture; the tables have it whole."""
    flat = visible(text)
    return flat if len(flat) <= most else f"{flat[: most - 1].rstrip()}…"


def _tidy(element: ET.Element, name: str) -> None:
    """Drop name spaces, make ids the page's own, let the style sheet choose the colours."""
    element.tag = element.tag.rpartition("}")[2]
    for key, value in list(element.attrib.items()):
        del element.attrib[key]
        plain = key.rpartition("}")[2]
        if plain not in ("version", "type"):
            element.set(plain, _own(plain, value, name))
    if element.text is not None and element.tag not in ("text", "tspan", "style"):
        element.text = None
    element.tail = "\n" if element.tag in ("g", "defs") else None


def _own(key: str, value: str, name: str) -> str:
    """Give the value of an attribute with the picture's name before every id in it."""
    if key == "id":
        return f"{name}-{value}"
    if key == "href":
        return f"#{name}-{value[1:]}"
    if key in ("style", "clip-path"):
        return _with_variables(value.replace("url(#", f"url(#{name}-"))
    return value


def _with_variables(style: str) -> str:
    for colour, variable in VARIABLES.items():
        style = style.replace(colour, f"var(--{variable})")
    return re.sub(r"(\d(?:\.\d+)?px) [^;]*'DejaVu Sans'[^;]*", rf"\1 {PAGE_FONT}", style)


def _share_style(element: ET.Element) -> None:
    """Say the style of many equal marks once, on their group."""
    marks = [one for one in element if one.tag.endswith("use")]
    styles = {one.get("style") for one in marks}
    if len(marks) > 1 and len(styles) == 1 and element.get("style") is None:
        style = _with_variables(styles.pop() or "")
        element.set("style", style)
        for one in marks:
            one.attrib.pop("style", None)

"""XML that says what it is given: every text escaped, what XML cannot hold refused."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import re
from xml.etree.ElementTree import Element
from xml.sax.saxutils import escape, quoteattr

from interpkd.exceptions import InvalidInputError

ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What no document of XML 1.0 can hold, not even escaped."""


def node(tag: str, /, *children: Element, text: str | None = None, **attributes: str) -> Element:
    """Make an element.

    Parameters
    ----------
    tag : str
        Its name.

    *children : Element
        What stands in it.

    text : str or None, default=None
        A text in it.

    **attributes : str
        Its attributes, in their order; texts of any origin.

    Returns
    -------
    element : Element
        The element.

    Raises
    ------
    InvalidInputError
        If a text holds a sign that XML cannot hold.
    """
    for one in (*attributes.values(), text or ""):
        _check(one)
    element = Element(tag, attributes)
    element.text = text
    element.extend(children)
    return element


def child(parent: Element, tag: str, /, **attributes: str) -> Element:
    """Make an element as the last one of another."""
    element = node(tag, **attributes)
    parent.append(element)
    return element


def to_text(root: Element) -> str:
    """Give a document as the text of a file: an element per line, in UTF-8."""
    lines = ['<?xml version="1.0" encoding="UTF-8"?>']
    todo: list[tuple[Element | str, str]] = [(root, "")]  # a stack: trees may be deep
    while todo:
        element, indent = todo.pop()
        if isinstance(element, str):
            lines.append(f"{indent}{element}")
            continue
        parts = [f" {name}={quoteattr(value)}" for name, value in element.attrib.items()]
        start = f"{indent}<{element.tag}{''.join(parts)}"
        if len(element):
            lines.append(f"{start}>")
            todo.append((f"</{element.tag}>", indent))
            todo += [(one, f"{indent} ") for one in reversed(element)]
        elif element.text is None:
            lines.append(f"{start}/>")
        else:
            # of line ends in a text readers make one sort; escaped ones they leave alone
            text = escape(element.text, {"\r": "&#13;", "\n": "&#10;", "\t": "&#9;"})
            lines.append(f"{start}>{text}</{element.tag}>")
    return "\n".join(lines) + "\n"


def _check(text: str) -> None:
    found = ILLEGAL.search(text)
    if found is not None:
        msg = (
            f"XML cannot hold the sign {found.group()!r}, which stands in {text!r}. Rename the "
            "column, category or class before fitting, or export to another format."
        )
        raise InvalidInputError(msg)

"""A document as HTML, Markdown or JSON text, and text as a file.

Whatever a user's table holds (names, categories, fields) is text: HTML escapes it by default,
Markdown by a filter on every value, and control characters are spelled out in both.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import json
import re
from functools import cache
from typing import TYPE_CHECKING, Any

from interpkd._html import visible
from interpkd._optional import require
from interpkd.audit._interactive_page import page_scripts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from interpkd.audit._blocks import Document

MARKDOWN_SIGNS = re.compile(r"([\\`*_\[\]|#~$!])")
LIST_SIGN = re.compile(r"^(\d+)([.)])(?=\s|$)|^([-+=:])")


def to_json_text(data: Mapping[str, Any]) -> str:
    """Write the data model as JSON; a value that JSON does not know is an error."""
    return json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def to_html_text(document: Document) -> str:
    """Write the document as one self-contained HTML page."""
    template = _environment(is_html=True).get_template("report.html.j2")
    return template.render(doc=document, page=page_scripts(document))


def to_markdown_text(document: Document) -> str:
    """Write the document as Markdown with GitHub's tables."""
    text = _environment(is_html=False).get_template("report.md.j2").render(doc=document)
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def escape_markdown(text: Any) -> str:
    """Make text read as text in Markdown, also at the start of a line and inside a table."""
    flat = MARKDOWN_SIGNS.sub(r"\\\1", visible(text)).strip()
    flat = flat.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return LIST_SIGN.sub(lambda m: f"{m[1]}\\{m[2]}" if m[1] else f"\\{m[3]}", flat)


def code_markdown(text: Any) -> str:
    """Write text as code where that is safe, as escaped text where it is not."""
    flat = visible(text)
    return f"`{flat}`" if flat and not set(flat) & set("`|<>&") else escape_markdown(flat)


def slug(text: Any) -> str:
    """Give the name that Markdown readers make of a heading, which links lead to."""
    return re.sub(r"[^\w\- ]", "", visible(text).lower()).strip().replace(" ", "-")


@cache
def _environment(*, is_html: bool) -> Any:
    jinja2 = require("jinja2", purpose="write reports")
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("interpkd.audit"),
        autoescape=is_html,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=False,
    )
    environment.filters.update(
        visible=visible, md=escape_markdown, mdcode=code_markdown, slug=slug, alone=_is_alone
    )
    return environment


def _is_alone(parts: Any) -> bool:
    return len(parts) == 1 and parts[0].kind == "text" and parts[0].is_absent

"""The scripts of a page: our own, inline, each allowed by its hash and nothing else allowed.

A page is data from many hands. Its policy names the SHA-256 of every script that we wrote, so that
a script which came in through a column's name would not run even if it were not escaped.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from interpkd.audit._blocks import Outline, Panel

if TYPE_CHECKING:
    from interpkd.audit._blocks import Document

ENDS_A_SCRIPT = re.compile(r"<(?=!--|/?script)", re.IGNORECASE)
"""What an HTML parser takes for markup inside a script."""


@dataclass(frozen=True)
class PageScripts:
    """What runs in a page.

    Attributes
    ----------
    scripts : tuple of str
        Scripts in the order in which they run, safe inside a script element.

    facts : str
        JSON for them, safe inside a script element; it is data and does not run.

    policy : str
        The content security policy of the page.
    """

    scripts: tuple[str, ...]
    facts: str
    policy: str


def page_scripts(document: Document) -> PageScripts:
    """Gather the scripts of a document.

    Parameters
    ----------
    document : Document
        The report as blocks.

    Returns
    -------
    scripts : PageScripts
        The student as a script where a panel asks it, and the page's own script.
    """
    blocks = [block for section in document.sections for block in section.blocks]
    scripts: list[str] = []
    facts: dict[str, Any] = {}
    for block in blocks:
        if isinstance(block, Panel):
            scripts.append(inline_script(block.script))
            facts = block.facts
    if any(isinstance(block, (Panel, Outline)) for block in blocks):
        scripts.append(inline_script(own_script()))
    allowed = " ".join(f"'{digest(one)}'" for one in scripts) or "'none'"
    policy = (
        f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    return PageScripts(tuple(scripts), inline_json(facts), policy)


def own_script() -> str:
    """Give the script that opens and closes the tree and runs the panel."""
    return files("interpkd.audit").joinpath("templates/report.js").read_text(encoding="utf-8")


def digest(script: str) -> str:
    """Give the hash of a script as a policy names it.

    Parameters
    ----------
    script : str
        Everything between the tags of the script element.

    Returns
    -------
    source : str
        ``sha256-`` and the digest in Base64.
    """
    found = hashlib.sha256(script.encode("utf-8")).digest()
    return f"sha256-{base64.b64encode(found).decode('ascii')}"


def inline_script(script: str) -> str:
    """Make a script safe inside a script element, and the same bytes in any encoding.

    Parameters
    ----------
    script : str
        A script whose texts outside ASCII, if any, stand in its strings.

    Returns
    -------
    script : str
        In ASCII, line breaks as the HTML parser keeps them.

    Raises
    ------
    ValueError
        If it holds what would end the element: its strings must escape ``<``.
    """
    if ENDS_A_SCRIPT.search(script):
        msg = "A script of the page holds '<script', '</script' or '<!--'; its strings must not."
        raise ValueError(msg)
    flat = script.replace("\r\n", "\n").replace("\r", "\n")
    return "\n" + _ascii(flat).strip("\n") + "\n"


def inline_json(value: Any) -> str:
    """Write JSON that is safe inside a script element."""
    text = json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _ascii(text: str) -> str:
    """Spell every letter outside ASCII as the UTF-16 escapes that JavaScript's strings know."""
    return re.sub(r"[^\x00-\x7f]", lambda found: json.dumps(found[0])[1:-1], text)

"""How a run was asked for, as its report notes it, so that `interpkd verify` can ask again."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import re
import shlex
import sys
from pathlib import Path
from typing import Any

import click

from interpkd.cli._source import Address

NOT_NOTED = ("out", "overwrite", "progress")
"""Options that decide nothing of what a report says."""

SECRET = re.compile(r"(://[^/\s:@]*):[^/\s]*@")
"""The password of a connection URL, up to the last @ before the path."""

NAMED_SECRET = re.compile(r"(?i)([?&](?:password|passwd|pwd|token|secret)=)[^&\s'\"]+")
"""A password among the options of a connection URL."""


def run_facts() -> dict[str, Any]:
    """Give the parameters `command` and `source` of the report of the command that runs.

    Returns
    -------
    facts : dict
        "command": the command line, quoted for a shell, None when no program was started with
        one; "source": name and options of the command. Passwords in URLs are blotted out, and of
        paths only the file's name is noted.
    """
    context = click.get_current_context(silent=True)
    if context is None:
        return {"command": _command_line(), "source": None}
    options = {
        name: _plain(context.params[name])
        for name in sorted(context.params)
        if name not in NOT_NOTED
    }
    command = _command_line()
    sources = context.params.get("source")
    if isinstance(sources, tuple) and len(sources) == 1:  # one table, as it was typed
        options["source"] = options["source"][0]
    for address in sources if isinstance(sources, tuple) else ():
        if isinstance(address, Address) and command is not None:
            command = address.clean(command)
    return {
        "command": command,
        "source": {"command": str(context.info_name), "options": options},
    }


def without_passwords(text: str) -> str:
    """Blot out the passwords of connection URLs.

    Parameters
    ----------
    text : str
        Any text.

    Returns
    -------
    text : str
        The same with ``***`` for every password.
    """
    return NAMED_SECRET.sub(r"\1***", SECRET.sub(r"\1:***@", text))


def _command_line() -> str | None:
    """Give what was typed; a program that merely calls the command has typed something else."""
    program = Path(sys.argv[0])
    is_ours = program.stem == "interpkd" or program.parts[-3:] == ("interpkd", "cli", "__main__.py")
    return without_passwords(shlex.join(["interpkd", *sys.argv[1:]])) if is_ours else None


def _plain(value: Any) -> Any:
    if isinstance(value, Path):
        return value.name
    if isinstance(value, Address):
        return value.public
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    if value is None or isinstance(value, (bool, int, float)):
        return value
    return without_passwords(str(value))

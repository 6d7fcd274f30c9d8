"""What only the user knows of a model: the identity fields of the report."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

NAMES = (
    "model_name",
    "version",
    "predecessor",
    "owner",
    "intended_use",
    "prohibited_uses",
    "materiality",
    "data_source",
    "period",
)
"""The fields of `audit_report`."""


def field_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the option ``--field``."""
    return click.option(
        "--field",
        multiple=True,
        metavar="NAME=TEXT",
        help=f"What only you know of the model; NAME is one of {', '.join(NAMES)}. May be repeated.",
    )(command)


def read_fields(written: Sequence[str]) -> dict[str, str]:
    """Read fields such as ``owner=Credit risk``.

    Parameters
    ----------
    written : sequence of str
        What the user wrote.

    Returns
    -------
    fields : dict
        Texts by name.

    Raises
    ------
    click.UsageError
        If one is not of that form, its name is unknown, or it is given twice.
    """
    fields: dict[str, str] = {}
    for one in written:
        name, equals, text = one.partition("=")
        name = name.strip().replace("-", "_")
        if not equals or not text.strip():
            msg = f"--field must be NAME=TEXT, such as owner='Credit risk', got {one!r}."
            raise click.UsageError(msg)
        if name not in NAMES:
            near = difflib.get_close_matches(name, NAMES, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"it may be {', '.join(NAMES)}."
            msg = f"--field {name!r} is no field of the report; {hint}"
            raise click.UsageError(msg)
        if name in fields:
            msg = f"--field {name!r} is given twice; write it once."
            raise click.UsageError(msg)
        fields[name] = text.strip()
    return fields

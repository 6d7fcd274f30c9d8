"""A folder of results that appears all at once or not at all."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import contextlib
import secrets
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterator

COMMON_FILES = (
    "metrics.json",
    "model_card.md",
    "report.html",
    "report.json",
    "report.md",
    "student.interpkd",
    "times.json",
)
"""The files of every run."""

FILES = (*COMMON_FILES, "rules.csv", "rules.txt")
"""The files that the commands write for a tree."""

LINEAR_FILES = (*COMMON_FILES, "coefficients.csv")
"""Those for a linear student."""

CARD_FILES = (*COMMON_FILES, "points.csv")
"""Those for a scorecard."""

CONFIGURATION = "run.toml"
"""The options of `interpkd distill`."""

MONITOR_FILES = ("monitoring.json", "monitoring.md")
"""Those of `interpkd monitor`."""

CERTIFICATE_FILES = ("certificate.json", "certificate_rows.csv", "counterexamples.csv")
"""Those of `interpkd certify`."""

GROWN_FILES = ("born_again.txt", "born_again.interpkd")
"""Those of `interpkd certify --born-again` beside them: rules, and a student."""

OWN_NAMES = {
    *FILES,
    *LINEAR_FILES,
    *CARD_FILES,
    *MONITOR_FILES,
    *CERTIFICATE_FILES,
    *GROWN_FILES,
    CONFIGURATION,
}
"""A folder of anything else is never replaced."""


@contextlib.contextmanager
def new_folder(out: Path, *, overwrite: bool) -> Iterator[Path]:
    """Give a temporary folder beside `out` that takes its place when all went well.

    Parameters
    ----------
    out : Path
        Where the results shall be.

    overwrite : bool
        Whether results that lie there already may be replaced.

    Yields
    ------
    folder : Path
        An empty folder to write to. It is removed on any error and on Ctrl-C, and with it the
        parents that were made for it.

    Raises
    ------
    click.UsageError
        If `out` cannot be the folder of results: it holds something, is a file, is the working
        folder, or cannot be written to.
    """
    target = out.resolve()
    _check_free(target, out, overwrite=overwrite)
    made = _missing_parents(target)
    folder = target.with_name(f".{target.name}.{secrets.token_hex(4)}.tmp")
    try:
        folder.mkdir(parents=True)
    except OSError as error:
        _remove(None, made)
        msg = f"--out {str(out)!r} cannot be written to: {error.strerror}."
        raise click.UsageError(msg) from error
    try:
        yield folder
        _put_in_place(folder, target)
    except BaseException:
        _remove(folder, made)
        raise


def _check_free(target: Path, out: Path, *, overwrite: bool) -> None:
    where = f"--out {str(out)!r}"
    if target == Path.cwd():
        msg = f"{where} is the folder you are in; name a new folder, such as --out results."
        raise click.UsageError(msg)
    if target.exists() and not target.is_dir():
        msg = f"{where} is a file; name a folder."
        raise click.UsageError(msg)
    try:
        held = sorted(path.name for path in target.iterdir()) if target.exists() else []
    except OSError as error:
        msg = f"{where} cannot be read: {error.strerror}."
        raise click.UsageError(msg) from error
    foreign = [name for name in held if name not in OWN_NAMES]
    if foreign:
        msg = (
            f"{where} is not empty and holds {foreign[0]!r}, which interpkd did not write; "
            "name another folder."
        )
        raise click.UsageError(msg)
    if held and not overwrite:
        msg = f"{where} holds results already; add --overwrite to replace them."
        raise click.UsageError(msg)


def _missing_parents(target: Path) -> list[Path]:
    """Give the parents of a folder that do not exist yet, the innermost first."""
    return [parent for parent in target.parents if not parent.exists()]


def _put_in_place(folder: Path, target: Path) -> None:
    """Move the finished folder to its place; results that lie there come back if that fails."""
    if not target.exists():
        folder.rename(target)
        return
    old = folder.with_suffix(".old")
    target.rename(old)
    try:
        folder.rename(target)
    except BaseException:
        old.rename(target)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _remove(folder: Path | None, parents: list[Path]) -> None:
    """Remove the temporary folder, and the parents that were made for it and are empty."""
    if folder is not None:
        shutil.rmtree(folder, ignore_errors=True)
    for parent in parents:
        with contextlib.suppress(OSError):
            parent.rmdir()

"""Runs an export in a process of its own, as a user would, and reads what it answers."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import json
import math
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd.export._parity import Answers

if TYPE_CHECKING:
    from collections.abc import Sequence

LAST_WORDS = 1000
"""Characters of a failed program's last words that are worth reading."""


def ask_program(command: Sequence[str], files: dict[str, str], rows: Any) -> Answers:
    """Write files to a folder, run a program there, give it rows as JSON, read its answers.

    Parameters
    ----------
    command : sequence of str
        The program and its arguments, with names of the files.

    files : dict
        Contents by name.

    rows : object
        What JSON can hold, NaN excepted.

    Returns
    -------
    answers : Answers
        Of a list of pairs: prediction, and probabilities or null.

    Raises
    ------
    RuntimeError
        If the program fails; with its last words.
    """
    with tempfile.TemporaryDirectory(prefix="interpkd-") as folder:
        for name, text in files.items():
            Path(folder, name).write_text(text, encoding="utf-8")
        done = subprocess.run(  # noqa: S603  # the interpreter itself, and a file written above
            [*command],
            input=json.dumps(rows),
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            cwd=folder,
            check=False,
        )
    if done.returncode != 0:
        raise RuntimeError(done.stderr.strip()[-LAST_WORDS:])
    predictions, probabilities = json.loads(done.stdout)
    values = np.empty(len(predictions), dtype=object)
    values[:] = predictions
    if probabilities is None:
        return Answers(np.array([_number(one) for one in predictions]))
    return Answers(values, np.array(probabilities, dtype=np.float64))


def as_lists(rows: Any) -> dict[str, list[Any]]:
    """Give the columns of a data frame as lists, None where a value is missing."""
    return {name: [_plain(v) for v in rows[name].astype(object).tolist()] for name in rows.columns}


def _plain(value: Any) -> Any:
    # of pandas, NA is no number and neither true nor false
    is_missing = type(value).__name__ == "NAType" or (
        isinstance(value, float) and math.isnan(value)
    )
    return None if is_missing else value


def _number(value: Any) -> float:
    return math.nan if value is None else float(value)

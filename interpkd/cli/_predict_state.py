"""A long job that can be killed at any moment, and goes on where its state file says.

Rows are appended to ``FILE.part`` and then counted in ``FILE.state.json``, which is replaced in one
step. Whatever lies in the part beyond that count was not finished, and is cut off before going on.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

from interpkd import __version__
from interpkd._files import write_atomically
from interpkd.cli._errors import DataError
from interpkd.cli._predict_output import bad_rows

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from interpkd.cli._predict_output import Form
    from interpkd.cli._predict_values import Chunk

SCHEMA = {"name": "interpkd.predict_state", "version": 1}

ENDS = 2**16
"""Bytes at each end of a table that its fingerprint looks at."""


@dataclass
class Done:
    """How far a job is.

    Attributes
    ----------
    mark : int
        Where the table goes on.

    n_rows, n_bad : int
        Rows read, and those of them that were set aside.

    out_bytes, bad_bytes : int
        Bytes of the two parts that are finished.

    unseen : dict of str to int
        Values by column that are none of the student's categories.

    is_read : bool
        Whether the table was read to its end.
    """

    mark: int
    n_rows: int = 0
    n_bad: int = 0
    out_bytes: int = 0
    bad_bytes: int = 0
    unseen: dict[str, int] = field(default_factory=dict)
    is_read: bool = False


def fingerprint(path: Path) -> dict[str, Any]:
    """Describe a file so that a change is noticed without reading all of it.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    facts : dict
        Size, time of the last change, and a hash of both ends.
    """
    facts = path.stat()
    with path.open("rb") as file:
        ends = file.read(ENDS)
        file.seek(max(0, facts.st_size - ENDS))
        ends += file.read(ENDS)
    sha256 = hashlib.sha256(ends).hexdigest()
    return {"size": facts.st_size, "modified_ns": facts.st_mtime_ns, "ends_sha256": sha256}


class Job:
    """Two files that grow together: the answers, and the rows set aside.

    Parameters
    ----------
    out : Path
        The file of answers.

    form : Form
        Its format.

    identity : mapping
        What the job is of: name of each thing, as a message says it, to a value of JSON. A job goes
        on only if all are the same.

    start : int
        Where the table begins.

    Attributes
    ----------
    done : Done
        How far it is.
    """

    def __init__(self, out: Path, form: Form, identity: Mapping[str, Any], start: int) -> None:
        self.out = out
        self.bad = out.with_name(f"{out.name}.bad.csv")
        self.state = out.with_name(f"{out.name}.state.json")
        self.part = out.with_name(f"{out.name}.part")
        self._bad_part = self.bad.with_name(f"{self.bad.name}.part")
        self._form = form
        self._identity = {**identity, "version of interpkd": __version__}
        self.done = Done(start)

    def begin(self, *, restart: bool, overwrite: bool) -> bool:
        """Begin, or go on where an earlier run of the same job stopped.

        Parameters
        ----------
        restart : bool
            Whether what an unfinished run left is thrown away.

        overwrite : bool
            Whether finished files may be replaced.

        Returns
        -------
        goes_on : bool
            Whether an earlier run was found.

        Raises
        ------
        DataError
            If files are in the way, or the unfinished run was of something else.
        """
        goes_on = self.state.exists() and not restart
        if goes_on:
            self._read()
        self._check_free(overwrite=overwrite, goes_on=goes_on)
        if self.done.is_read:
            return True
        self._save()  # before the parts: without a state nobody would know what they are
        self._cut()
        if not self.done.out_bytes:
            self._append(self._form.head(), b"", replace(self.done))
        return goes_on

    def add(self, columns: Mapping[str, Any], chunk: Chunk) -> None:
        """Add a chunk to both parts, and count it when it is on the disk.

        Parameters
        ----------
        columns : mapping of str to list or pyarrow.Array
            The columns of its good rows.

        chunk : Chunk
            The chunk.
        """
        before = self.done
        unseen = Counter(before.unseen) + Counter(chunk.unseen)
        bad = bad_rows(chunk.bad, with_head=not before.n_bad) if chunk.bad else b""
        self._append(
            self._form.rows(columns),
            bad,
            replace(
                before,
                mark=chunk.mark,
                n_rows=before.n_rows + chunk.n_rows,
                n_bad=before.n_bad + len(chunk.bad),
                unseen=dict(unseen),
            ),
        )

    def finish(self) -> None:
        """Give the files their names; killed in between, the next run does the rest."""
        self.done.is_read = True
        self._save()
        if self.done.n_bad:
            if self._bad_part.exists():
                self._bad_part.replace(self.bad)
        else:
            self.bad.unlink(missing_ok=True)  # of an earlier run that is replaced
            self._bad_part.unlink(missing_ok=True)
        if self.part.exists():
            self._form.finish(self.part, self.out)
        elif not self.out.exists():
            msg = f"{self.part} is gone, and was not finished; add --restart to begin anew."
            raise DataError(msg)
        self.state.unlink()

    def _append(self, rows: bytes, bad: bytes, done: Done) -> None:
        done.out_bytes = _append(self.part, rows, self.done.out_bytes)
        done.bad_bytes = _append(self._bad_part, bad, self.done.bad_bytes)
        self.done = done
        self._save()

    def _check_free(self, *, overwrite: bool, goes_on: bool) -> None:
        if goes_on and self.done.is_read:
            return  # the finished files may be this job's own
        there = next((one for one in (self.out, self.bad) if one.exists()), None)
        if there is not None and not overwrite:
            msg = f"{there} is there already; add --overwrite to replace it."
            raise DataError(msg)
        strange = next((one for one in (self.part, self._bad_part) if one.exists()), None)
        if strange is not None and not self.state.exists():
            msg = f"{strange} is there, and no state file that says of what; remove it."
            raise DataError(msg)

    def _read(self) -> None:
        """Read the state, and refuse that of another job."""
        remedy = "add --restart to begin anew"
        try:
            data = json.loads(self.state.read_text(encoding="utf-8"))
            known, done = data["job"], Done(**data["done"])
            is_other = data["schema"] != SCHEMA
        except (ValueError, KeyError, TypeError) as error:
            msg = f"{self.state} is damaged ({error}); {remedy}."
            raise DataError(msg) from error
        changed = [name for name in self._identity if known.get(name) != self._identity[name]]
        if is_other or changed:
            what = " and ".join(changed) or "the form of the state"
            msg = (
                f"{self.state} is of a run that did not finish, and {what} changed since; {remedy}, "
                "or go on with what there was."
            )
            raise DataError(msg)
        self.done = done

    def _cut(self) -> None:
        """Cut off what was not counted."""
        for part, size in (
            (self.part, self.done.out_bytes),
            (self._bad_part, self.done.bad_bytes),
        ):
            held = part.stat().st_size if part.exists() else 0
            if held < size:
                msg = (
                    f"{part} holds {held} of the {size} bytes that {self.state.name} counts; add "
                    "--restart to begin anew."
                )
                raise DataError(msg)
            with part.open("ab") as file:
                file.truncate(size)

    def _save(self) -> None:
        content = {"schema": SCHEMA, "job": self._identity, "done": asdict(self.done)}
        write_atomically(self.state, json.dumps(content, indent=2, ensure_ascii=False) + "\n")


def _append(path: Path, content: bytes, size: int) -> int:
    """Add to a file of a known size, and give the new one."""
    if not content:
        return size
    with path.open("r+b") as file:
        if file.seek(0, os.SEEK_END) != size:
            msg = f"{path} was written to by something else, another run perhaps; let one finish."
            raise DataError(msg)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return size + len(content)

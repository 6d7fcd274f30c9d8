"""What a long fit keeps in the folder of its checkpoint, and goes on from.

First what the rows say of the columns, then each part as it is taught. Every file is there whole or
not at all. What the files belong to stands beside them: the rows, the teacher, the parameters.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd._collections import read_arrays, storage_error, write_arrays
from interpkd._files import write_atomically
from interpkd._fingerprint import fingerprint
from interpkd._tables import Column
from interpkd.exceptions import DamagedFileError, InvalidInputError
from interpkd.learners import Sketch
from interpkd.teachers import is_frozen

if TYPE_CHECKING:
    import os

    from numpy.typing import NDArray

    from interpkd._collections import Collection

RUN, DESCRIBED = "fit.json", "described.arrays"

FORMAT = "1"
"""Changes with what the files hold, and with what is found of the same rows."""

NOT_THE_STUDENT = ("teacher", "n_jobs", "verbose")
"""Parameters that are compared in another way, or decide nothing."""

SKETCH = ("hashes", "Z", "weights", "counts")


@dataclass(frozen=True)
class Described:
    """What the first pass over the rows found.

    Attributes
    ----------
    n_rows, n_counted : int
        Rows, and those of a weight above 0.

    labels : ndarray or None
        Different labels, sorted; None where there are none, or they are numbers of a regression.

    are_weighted : bool
        Whether some row that counts has another weight than 1.

    columns : tuple of Column
        The columns, categories in the order of their text.

    sketch : Sketch
        Of the rows that count.
    """

    n_rows: int
    n_counted: int
    labels: NDArray[Any] | None
    are_weighted: bool
    columns: tuple[Column, ...]
    sketch: Sketch


class Stages:
    """The folder of a checkpoint, or none.

    Parameters
    ----------
    folder : path-like or None
        The folder, which is made if its parent is there.

    student : estimator
        The student that is fitted.

    collection : Collection
        The rows.

    Raises
    ------
    InvalidInputError
        If the folder holds another fit, or it cannot be known whether it does.
    """

    def __init__(
        self, folder: str | os.PathLike[str] | None, student: Any, collection: Collection
    ) -> None:
        self.folder = None if folder is None else Path(folder)
        if self.folder is None:
            return
        belongs_to = _identity(student, collection)
        try:
            self.folder.mkdir(exist_ok=True)
        except OSError as error:
            raise storage_error(self.folder, error) from error
        run = self.folder / RUN
        if run.exists():
            _compare(_read(run), belongs_to, self.folder)
            return
        strange = sorted(path.name for path in self.folder.iterdir() if path.name[:1] != ".")
        if strange:
            msg = (
                f"checkpoint={str(self.folder)!r} holds {strange[0]!r}, which is no part of a "
                "checkpoint. Give an empty folder, or one that does not exist."
            )
            raise InvalidInputError(msg)
        try:
            write_atomically(run, json.dumps(belongs_to, indent=1, sort_keys=True))
        except OSError as error:
            raise storage_error(run, error) from error

    def described(self, most: int) -> Described | None:
        """Give what the first pass found, if it is there."""
        if self.folder is None or not (self.folder / DESCRIBED).exists():
            return None
        arrays = read_arrays(self.folder / DESCRIBED)
        facts = json.loads(arrays["facts"].tobytes())
        columns = tuple(
            Column(**{**one, "categories": tuple(one["categories"])}) for one in facts["columns"]
        )
        labels = arrays.get("labels")
        if facts["labels"] is not None:
            labels = np.array(facts["labels"], dtype=object)
        sketch = Sketch(**{name: arrays[name] for name in SKETCH}, most=most, limit=facts["limit"])
        weighted = facts["are_weighted"]
        return Described(facts["n_rows"], facts["n_counted"], labels, weighted, columns, sketch)

    def keep(self, found: Described) -> None:
        """Write down what the first pass found."""
        if self.folder is None:
            return
        labels = found.labels
        are_texts = labels is not None and labels.dtype == object
        facts = {
            "n_rows": found.n_rows,
            "n_counted": found.n_counted,
            "are_weighted": found.are_weighted,
            "limit": found.sketch.limit,
            "labels": labels.tolist() if labels is not None and are_texts else None,
            "columns": [asdict(column) for column in found.columns],
        }
        arrays = {name: np.asarray(getattr(found.sketch, name)) for name in SKETCH}
        arrays["facts"] = np.frombuffer(json.dumps(facts).encode(), dtype=np.uint8)
        if labels is not None and not are_texts:
            arrays["labels"] = labels
        write_arrays(self.folder / DESCRIBED, arrays)


def _identity(student: Any, collection: Collection) -> dict[str, str]:
    """Give what decides the student, in texts."""
    belongs_to = {"format": FORMAT, "student": type(student).__name__}
    belongs_to["rows"] = collection.fingerprint()
    teacher = student.teacher
    if is_frozen(teacher):
        facts = fingerprint(teacher)
        if facts["sha256"] is None:
            msg = (
                "checkpoint cannot tell whether the teacher of another run is the same: "
                f"{facts['reason']} Fit without a checkpoint, or keep the teacher's scores in a "
                "column and name it in teacher_proba."
            )
            raise InvalidInputError(msg)
        belongs_to["teacher"] = facts["sha256"]
    elif not collection.has_scores:
        msg = (
            "checkpoint needs a teacher that is fitted: pass it as FrozenEstimator(teacher), or "
            "name a column of its scores in teacher_proba."
        )
        raise InvalidInputError(msg)
    params = student.get_params(deep=False)
    if isinstance(params.get("random_state"), np.random.RandomState):
        msg = "checkpoint needs random_state to be an integer or None; a generator moves on."
        raise InvalidInputError(msg)
    for name, value in params.items():
        if name not in NOT_THE_STUDENT:
            belongs_to[name] = repr(value.tolist() if isinstance(value, np.ndarray) else value)
    return belongs_to


def _compare(there: dict[str, Any], now: dict[str, str], folder: Path) -> None:
    for name in dict.fromkeys([*now, *there]):
        if there.get(name) == now.get(name):
            continue
        if name in ("rows", "teacher"):
            what = f"it is of other {name}" if name == "rows" else "it is of another teacher"
        else:
            what = f"{name} was {there.get(name)} there, and is {now.get(name)} now"
        msg = (
            f"checkpoint={str(folder)!r} belongs to another fit: {what}. Give the same as before, "
            "or another folder."
        )
        raise InvalidInputError(msg)


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        msg = f"{str(path)!r} is not, or no longer, what was written there: {error}"
        raise DamagedFileError(msg) from error
    return found if isinstance(found, dict) else {}

"""The tasks of the peers' benchmark as files, so that another environment can take part.

A peer may need libraries that cannot live beside ours. The environment that has the teachers writes
one `.npz` file per data set, seed and teacher: rows, labels and the teacher's answers, in-sample on
the training rows as a user gets them by calling it. Another environment reads them and needs numpy,
pandas, scikit-learn and the peer only. A peer that asks the teacher about rows of its own making
leaves a question in the folder; the next run of the first environment answers it.
"""

from __future__ import annotations

import re
from collections.abc import Callable  # noqa: TC003  (the dataclass is read at run time)
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

ARRAYS = ("X_train", "y_train", "P_train", "X_test", "y_test", "P_test")


class UnansweredError(Exception):
    """The teacher is not here; the question lies in the folder."""


@dataclass(frozen=True)
class PeerTask:
    """A data set, a seed and a teacher's answers; `P` are probabilities or predicted values."""

    dataset: str
    seed: int
    teacher: str
    n_rows: int
    n_classes: int  # 0 for a regression
    X_train: np.ndarray
    y_train: np.ndarray
    P_train: np.ndarray
    X_test: np.ndarray
    y_test: np.ndarray
    P_test: np.ndarray
    folder: Path
    answer: Callable[[np.ndarray], np.ndarray] | None = None  # None: the teacher is not here

    @property
    def key(self):
        """Name of the task's files."""
        return re.sub(r"[^\w.-]", "_", f"{self.dataset}-{self.seed}-{self.teacher}")

    @property
    def kind(self):
        """`binary`, `multiclass` or `regression`."""
        return {0: "regression", 2: "binary"}.get(self.n_classes, "multiclass")

    def ask(self, X, name):
        """Ask the teacher about rows, or read its answer to the same question of before."""
        if self.answer is not None:
            return self.answer(X)
        path = self.folder / "questions" / f"{self.key}-{name}.npz"
        if path.exists():
            with np.load(path) as stored:
                if "P" in stored and np.array_equal(stored["X"], X):
                    return stored["P"]
        path.parent.mkdir(parents=True, exist_ok=True)
        np.savez_compressed(path, X=X)
        raise UnansweredError(str(path))


def make_task(folder, split, teacher, fit):
    """Give the task of a split; its file is read, or written after the teacher is fitted.

    `fit(teacher, split)` gives the teacher's function; it is called when it is first needed.
    """

    @cache
    def fitted():
        return fit(teacher, split)

    def answer(X):
        return fitted()(np.asarray(X, dtype=np.float32))

    head = (split.name, split.seed, teacher, split.n_rows, split.n_classes)
    empty = np.empty(0)
    task = PeerTask(*head, *(empty,) * len(ARRAYS), folder)
    path = _path(folder, task.key)
    if not path.exists():
        known = {name: getattr(split, name) for name in ARRAYS if not name.startswith("P")}
        known |= {"P_train": answer(split.X_train), "P_test": answer(split.X_test)}
        path.parent.mkdir(parents=True, exist_ok=True)
        np.savez_compressed(path, head=np.array([str(part) for part in head]), **known)
    task = read_task(path, answer)
    _answer_questions(task)
    return task


def read_task(path, answer=None):
    """Read a task's file."""
    with np.load(path) as stored:
        dataset, seed, teacher, n_rows, n_classes = stored["head"].tolist()
        arrays = [stored[name] for name in ARRAYS]
    numbers = (int(seed), teacher, int(n_rows), int(n_classes))
    return PeerTask(dataset, *numbers, *arrays, Path(path).parent.parent, answer)


def read_tasks(folder):
    """Yield the tasks of a folder: seed by seed, in the order in which they were written."""
    tasks = []
    for path in (folder / "tasks").glob("*.npz"):
        with np.load(path) as stored:
            tasks.append((int(stored["head"][1]), path.stat().st_mtime, path))
    for _, _, path in sorted(tasks):
        yield read_task(path)


def _path(folder, key):
    return folder / "tasks" / f"{key}.npz"


def _answer_questions(task):
    for path in (task.folder / "questions").glob(f"{task.key}-*.npz"):
        with np.load(path) as stored:
            if "P" in stored:
                continue
            X = stored["X"]
        np.savez_compressed(path, X=X, P=task.answer(X))

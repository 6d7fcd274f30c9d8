"""Fit methods to the tasks of the peers' benchmark and append a row per fit.

Needs numpy, pandas, scikit-learn and the methods' own packages only. A row holds the scores on the
test rows; the answers there are kept beside the tasks, for intervals of differences. A finished
cell is never fitted again; a fit that fails or takes too long is a row that says so.
"""

from __future__ import annotations

import csv
import signal
import time
import warnings
from collections.abc import Callable  # noqa: TC003  (the dataclasses are read at run time)
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version

import numpy as np
import pandas as pd

from benchmarks._peers_intervals import auc, kl_divergence, r2
from benchmarks._peers_tasks import UnansweredError

KEY = ("dataset", "seed", "teacher", "leaves", "method")
SCORES = ("agreement", "kl", "decision_auc", "accuracy", "auc", "r2", "true_r2")
FIELDS = (*KEY, "task", "n_rows", *SCORES, "teacher_score", "size", "seconds", "status", "note")
FIELDS += ("package", "date")
EVERY_TASK = ("binary", "multiclass", "regression")
ANY_SIZE = 0
"""The number of leaves in rows of methods that have none."""


@dataclass(frozen=True)
class Fitted:
    """What a fit gives: a function to probabilities or values, and how large the model is.

    `answer` gives (n, K) probabilities, or values; `decide` (n,) class numbers where decisions are
    not the most probable class; without `has_probabilities`, `answer` gives scores that only rank;
    without `has_scores`, decisions alone.
    """

    answer: Callable[[np.ndarray], np.ndarray]
    size: int | None = None
    decide: Callable[[np.ndarray], np.ndarray] | None = None
    has_probabilities: bool = True
    has_scores: bool = True


@dataclass(frozen=True)
class Method:
    """A method of the benchmark.

    `fit(task, leaves)` gives a `Fitted`. `package` is the distribution it comes from. `form` is
    "tree" (one tree), "sum" (a sum of trees or rules that is held to a size) or "other".
    """

    fit: Callable
    package: str
    form: str = "tree"
    tasks: tuple[str, ...] = EVERY_TASK
    sizes: tuple[int, ...] | None = None  # None: every number of leaves


class TooLongError(Exception):
    """A fit passed the cap."""


def run_task(task, methods, leaves, rows, *, cap):
    """Fit every method that is not finished; append rows to the CSV file `rows`.

    Parameters
    ----------
    task : PeerTask
    methods : dict of str to Method
    leaves : list of int
    rows : Rows
    cap : float
        Processor seconds after which a fit is stopped.
    """
    for name, method in methods.items():
        if task.kind not in method.tasks:
            continue
        for size in _sizes(method, leaves):
            key = (task.dataset, task.seed, task.teacher, size, name)
            if key in rows.finished:
                continue
            row = _fit_one(task, key, method, cap)
            if row is not None:
                rows.append(row)


def _sizes(method, leaves):
    if method.form == "other":
        return [ANY_SIZE]
    return [size for size in leaves if method.sizes is None or size in method.sizes]


def _fit_one(task, key, method, cap):
    row = dict(zip(KEY, key, strict=True))
    row |= {"task": task.kind, "n_rows": task.n_rows, "status": "done"}
    row |= {"package": _package(method.package), "date": f"{datetime.now(UTC):%Y-%m-%d}"}
    start = time.process_time()
    try:
        with warnings.catch_warnings(), _stopped_after(cap):
            warnings.simplefilter("ignore")
            fitted = method.fit(task, key[3])
            row["seconds"] = round(time.process_time() - start, 3)
            row |= _scores(task, fitted, key)
    except UnansweredError:
        return None
    except TooLongError:
        row |= {"status": "too long", "note": f"stopped after {cap:g} s of the processor"}
    except Exception as error:  # a failing method is a result of the benchmark
        text = f"{type(error).__name__}: {error}".splitlines()[0]
        row |= {"status": "failed", "note": text[:160]}
    return row


@contextmanager
def _stopped_after(cap):
    """Stop Python code after some processor seconds; compiled code stops when it comes back."""

    def stop(*_):
        raise TooLongError

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, cap)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


# ---------------------------------------------------------------- scores
def _scores(task, fitted, key):
    answer = np.asarray(fitted.answer(task.X_test), dtype=float)
    _keep(task, answer, fitted, key)
    size = {} if fitted.size is None else {"size": int(fitted.size)}
    if not task.n_classes:
        truth = {"true_r2": r2(task.y_test, answer), "teacher_score": r2(task.y_test, task.P_test)}
        return size | {"r2": r2(task.P_test, answer)} | truth
    hard = task.P_test.argmax(axis=1)
    decision = _decision(task, answer, fitted)
    scores = {
        "agreement": float((decision == hard).mean()),
        "accuracy": float((decision == task.y_test).mean()),
        "teacher_score": float((hard == task.y_test).mean()),
    }
    if fitted.has_scores:
        scores["decision_auc"] = _auc_or_none(hard, answer)
        scores["auc"] = _auc_or_none(task.y_test, answer)
    if fitted.has_scores and fitted.has_probabilities:
        scores["kl"] = kl_divergence(task.P_test, answer)
    return size | scores


def _decision(task, answer, fitted):
    if fitted.decide is None:
        return answer.argmax(axis=1)
    return np.asarray(fitted.decide(task.X_test)).astype(int)


def _auc_or_none(y, score):
    """Area under the curve, or None where one class only is there."""
    return None if len(np.unique(y)) < 2 else auc(y, score)


def _keep(task, answer, fitted, key):
    """Keep the answers on the test rows; where decisions are not the largest one, they too."""
    path = answers_path(task.folder, key)
    path.parent.mkdir(parents=True, exist_ok=True)
    kept = {"answer": answer.astype(np.float32)}
    if task.n_classes:
        kept["decision"] = _decision(task, answer, fitted).astype(np.int16)
    np.savez_compressed(path, **kept)


def answers_path(folder, key):
    """Where the answers of a cell are kept."""
    dataset, seed, teacher, leaves, method = key
    return folder / "answers" / f"{dataset}-{seed}-{teacher}-{leaves}-{method}.npz"


def _package(name):
    try:
        return f"{name} {version(name)}"
    except PackageNotFoundError:
        return name


# ---------------------------------------------------------------- rows
class Rows:
    """A CSV file of rows that is appended to, row by row."""

    def __init__(self, path):
        self.path = path
        self.finished = set()
        if path.exists():
            known = pd.read_csv(path, usecols=list(KEY))
            self.finished = set(known[list(KEY)].itertuples(index=False, name=None))
        else:
            with path.open("w", newline="") as file:
                csv.DictWriter(file, FIELDS).writeheader()

    def append(self, row):
        """Write a row at once, so that an interrupted run loses one fit at most."""
        with self.path.open("a", newline="") as file:
            rounded = {k: round(v, 6) if isinstance(v, float) else v for k, v in row.items()}
            csv.DictWriter(file, FIELDS).writerow(rounded)
        self.finished.add(tuple(row[name] for name in KEY))

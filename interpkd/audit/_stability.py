"""Stability: whether the same student comes out of other rows, or of another seed."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import clone, is_classifier
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.utils.validation import check_is_fitted

from interpkd._interruptible import run_each
from interpkd._optional import is_instance_of_name
from interpkd._validation import num_samples, safe_indexing
from interpkd.audit._refits import Refit, read_refit
from interpkd.audit._stability_summary import summarise
from interpkd.exceptions import InterruptedRun, InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray

    from interpkd._typing import FloatArray, Table
    from interpkd.audit._stability_findings import Stability

SMALLEST_ALPHA = 0.001
"""The intervals need this much in their tails."""

EVEN = 0.5
"""The cutoff that needs no two classes."""

MOST_DRAWS = 100
"""Resamples drawn until one holds every class."""


@dataclass(frozen=True)
class Rows:
    """The rows of all refits, and the held-out ones.

    Attributes
    ----------
    X, X_test : table
        Training and held-out rows.

    y : ndarray of shape (n_train,) or None
        Labels or target values of the training rows.

    weights, test_weights : ndarray or None
        Their weights.

    units : ndarray of shape (n_train,)
        What is drawn: the group, or the row itself.

    test_groups : ndarray of shape (n_test,) or None
        Groups of the held-out rows.
    """

    X: Table
    X_test: Table
    y: NDArray[Any] | None
    weights: FloatArray | None
    test_weights: FloatArray | None
    units: NDArray[np.intp]
    test_groups: NDArray[np.intp] | None


@dataclass(frozen=True)
class RefitTask:
    """One refit: the student with its seeds, and how often each training row counts."""

    student: Any
    rows: Rows
    counts: NDArray[np.intp] | None
    classes: NDArray[Any] | None
    cutoff: float


def stability(
    student: Any,
    X: Table,
    y: ArrayLike | None = None,
    *,
    n_refits: int = 50,
    kind: str = "bootstrap",
    teacher: Any = None,
    held_out: float = 0.25,
    tolerance: float = 0.05,
    sample_weight: ArrayLike | None = None,
    groups: ArrayLike | None = None,
    cutoff: float = 0.5,
    alpha: float = 0.05,
    n_jobs: int | None = None,
    random_state: int = 0,
    progress: Callable[[str], Any] | None = None,
) -> Stability:
    """Refit a student many times and see what stays: decisions, splits, signs, points.

    A share of the rows is held out first, at random, groups whole. The student is refitted on the
    others: on bootstrap resamples of them, or on all of them with other seeds. A resample counts
    rows by weight (a row drawn twice weighs double, one not drawn is left out), so that no copy of
    a row teaches the clone of a teacher that answers for another copy.

    Parameters
    ----------
    student : estimator
        The student. A fitted one is what the refits are compared with; of an unfitted one, a clone
        fitted on all training rows is.

    X : array-like or data frame of shape (n_samples, n_features)
        The rows.

    y : array-like of shape (n_samples,) or None, default=None
        True labels or values; needed unless the teacher is frozen.

    n_refits : int, default=50
        Refits, at least 2.

    kind : {"bootstrap", "seed"}, default="bootstrap"
        What differs: the rows, with seeds as they are; or every `random_state` of the student and
        of a teacher that it fits, with rows as they are.

    teacher : estimator or None, default=None
        In place of the student's own. A frozen teacher is the same for all refits: they show the
        student's own stability. Any other is fitted anew in each, and its changes count too.

    held_out : float, default=0.25
        Share of the rows, or groups, that are held out.

    tolerance : float, default=0.05
        A split is chosen again by a refit that splits the same column, anywhere in its tree, such
        that at most this share of the training rows changes sides. Sides of a category split have
        no order.

    sample_weight : array-like of shape (n_samples,) or None, default=None
        Row weights, in `fit` and in the churn.

    groups : array-like of shape (n_samples,) or None, default=None
        Labels of dependent rows, which are held out and drawn as a whole.

    cutoff : float, default=0.5
        Where decisions between two classes change.

    alpha : float, default=0.05
        One minus the confidence of the intervals.

    n_jobs : int or None, default=None
        Refits that run at once, by joblib; the result is the same for any number.

    random_state : int, default=0
        Seed of the held-out rows, of the resamples or seeds, and of the student and its teacher where
        they have none.

    progress : callable or None, default=None
        Called with a text such as "refit 2 of 50" after each.

    Returns
    -------
    found : Stability
        Churn, and how often each split, column and sign recurs.

    Raises
    ------
    InvalidInputError
        If a parameter breaks its rule; the message says which.

    InterruptedRun
        If the user interrupts after the second refit; its `partial` holds the finished ones.

    Notes
    -----
    The intervals are over the held-out rows, with the refits as they are. Held-out rows are new to
    a student that was fitted here, but may not be to a fitted one that is passed.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.ensemble import RandomForestClassifier
    >>> from interpkd import DistilledTreeClassifier, as_teacher
    >>> from interpkd.audit import stability
    >>> X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    >>> forest = RandomForestClassifier(n_estimators=10, random_state=0).fit(X[::2], y[::2])
    >>> student = DistilledTreeClassifier(as_teacher(forest), max_leaf_nodes=3, augmentation=None)
    >>> found = stability(student, X[1::2], n_refits=5)
    >>> found.n_refits, found.splits[0].n_refits
    (5, 5)
    """
    _check(n_refits, kind, held_out, tolerance, cutoff, alpha, random_state)
    rows = _read_rows(X, y, sample_weight, groups, held_out, random_state)
    is_fitted = _is_fitted(student)
    base = clone(student) if teacher is None else clone(student).set_params(teacher=teacher)
    _seed(base, random_state, only_none=True)
    reference = student if is_fitted else _fit(base, rows, None)
    classes = np.asarray(reference.classes_) if is_classifier(reference) else None
    if cutoff != EVEN and (classes is None or len(classes) != 2):
        kind_ = "a regression" if classes is None else f"{len(classes)} classes"
        msg = f"cutoff={cutoff} divides two classes, but the student has {kind_}. Leave cutoff out."
        raise InvalidInputError(msg)
    kept = read_refit(reference, rows.X, rows.X_test, classes, cutoff)
    tasks = [
        _task(base, rows, seed, classes, kind=kind, cutoff=cutoff)
        for seed in np.random.SeedSequence(random_state).spawn(n_refits)
    ]
    refits, is_complete = run_each(_refit, tasks, n_jobs=n_jobs, progress=progress, name="refit")
    if len(refits) < 2:
        raise KeyboardInterrupt
    found = summarise(
        reference,
        kept,
        refits,
        rows,
        kind=kind,
        n_planned=n_refits,
        tolerance=tolerance,
        alpha=alpha,
        is_given=is_fitted,
    )
    if not is_complete:
        msg = (
            f"stability was interrupted after {len(refits)} of {n_refits} refits. The exception's "
            "`partial` is the result of these."
        )
        raise InterruptedRun(msg, partial=found)
    return found


def _check(
    n_refits: Any,
    kind: Any,
    held_out: Any,
    tolerance: Any,
    cutoff: Any,
    alpha: Any,
    random_state: Any,
) -> None:
    def is_whole(value: Any, least: int) -> bool:
        is_int = isinstance(value, Integral) and not isinstance(value, bool)
        return is_int and int(value) >= least

    if not is_whole(n_refits, 2):
        msg = f"n_refits must be an int of at least 2, got {n_refits!r}: refits are compared in pairs."
        raise InvalidInputError(msg)
    if kind not in {"bootstrap", "seed"}:
        msg = f'kind must be "bootstrap" (other rows) or "seed" (other seeds), got {kind!r}.'
        raise InvalidInputError(msg)
    if not is_whole(random_state, 0):
        msg = f"random_state must be an int of at least 0, got {random_state!r}."
        raise InvalidInputError(msg)
    shares = {"held_out": held_out, "cutoff": cutoff, "alpha": alpha}
    for name, value in shares.items():
        if isinstance(value, bool) or not isinstance(value, Real) or not 0 < float(value) < 1:
            msg = f"{name} must be a number strictly between 0 and 1, got {value!r}."
            raise InvalidInputError(msg)
    if float(alpha) < SMALLEST_ALPHA:
        msg = f"alpha must be at least {SMALLEST_ALPHA}, got {alpha!r}; 0.05 gives 95 % intervals."
        raise InvalidInputError(msg)
    is_share = isinstance(tolerance, Real) and not isinstance(tolerance, bool)
    if not is_share or not 0 <= float(tolerance) < 0.5:
        msg = f"tolerance must be a share from 0 to below 0.5, got {tolerance!r}."
        raise InvalidInputError(msg)


def _read_rows(
    X: Table, y: Any, sample_weight: Any, groups: Any, held_out: float, random_state: int
) -> Rows:
    n = num_samples(X)
    target = _column("y", y, n)
    weights = _column("sample_weight", sample_weight, n)
    labels = _column("groups", groups, n)
    codes = np.arange(n) if labels is None else np.unique(labels, return_inverse=True)[1]
    n_units = int(codes.max()) + 1 if n else 0
    n_out = round(held_out * n_units)
    if not 0 < n_out < n_units:
        msg = (
            f"held_out={held_out} of {n_units} rows or groups leaves nothing on one side. Use more "
            "rows, or another share."
        )
        raise InvalidInputError(msg)
    out = np.random.default_rng(random_state).permutation(n_units)[:n_out]
    is_test = np.isin(codes, out)
    train, test = np.flatnonzero(~is_test), np.flatnonzero(is_test)
    return Rows(
        safe_indexing(X, train),
        safe_indexing(X, test),
        None if target is None else target[train],
        None if weights is None else weights[train].astype(np.float64),
        None if weights is None else weights[test].astype(np.float64),
        np.unique(codes[train], return_inverse=True)[1],
        None if labels is None else codes[test],
    )


def _column(name: str, values: Any, n: int) -> NDArray[Any] | None:
    if values is None:
        return None
    array = np.asarray(values)
    if array.shape != (n,):
        msg = f"{name} must have one entry per row of X, shape ({n},), got {array.shape}."
        raise InvalidInputError(msg)
    return array


def _is_fitted(student: Any) -> bool:
    if isinstance(student, type) or not hasattr(student, "get_params"):
        msg = f"student must be a student, an instance, got {student!r}."
        raise InvalidInputError(msg)
    try:
        check_is_fitted(student)
    except NotFittedError:
        return False
    return True


def _task(
    base: Any,
    rows: Rows,
    seed: np.random.SeedSequence,
    classes: NDArray[Any] | None,
    *,
    kind: str,
    cutoff: float,
) -> RefitTask:
    student = clone(base)
    if kind == "seed":
        _seed(student, int(seed.generate_state(1)[0] % 2**31), only_none=False)
        return RefitTask(student, rows, None, classes, cutoff)
    counts = _draw(rows, np.random.default_rng(seed), classes)
    return RefitTask(student, rows, counts, classes, cutoff)


def _draw(rows: Rows, rng: np.random.Generator, classes: NDArray[Any] | None) -> NDArray[np.intp]:
    """Draw units with replacement until every class is there; give the count of each row."""
    n_units = int(rows.units.max()) + 1
    y = np.asarray(rows.y)
    is_labelled = classes is not None and rows.y is not None
    wanted = len(np.unique(y)) if is_labelled else 0
    for _ in range(MOST_DRAWS):
        counts = np.bincount(rng.integers(n_units, size=n_units), minlength=n_units)[rows.units]
        if not is_labelled or len(np.unique(y[counts > 0])) == wanted:
            return counts
    msg = (
        f"{MOST_DRAWS} resamples in a row lack a class: y has a class on too few rows or groups. "
        'Leave it out, or use kind="seed".'
    )
    raise InvalidInputError(msg)


def _refit(task: RefitTask) -> Refit:
    student = _fit(task.student, task.rows, task.counts)
    return read_refit(student, task.rows.X, task.rows.X_test, task.classes, task.cutoff)


def _fit(student: Any, rows: Rows, counts: NDArray[np.intp] | None) -> Any:
    if counts is None:
        params = {} if rows.weights is None else {"sample_weight": rows.weights}
        return clone(student).fit(rows.X, rows.y, **params)
    drawn = np.flatnonzero(counts)
    weights = counts[drawn] * (1.0 if rows.weights is None else rows.weights[drawn])
    y = None if rows.y is None else rows.y[drawn]
    return clone(student).fit(safe_indexing(rows.X, drawn), y, sample_weight=weights)


def _seed(student: Any, seed: int, *, only_none: bool) -> None:
    """Set the seeds of a student and of the models inside it, but for a frozen teacher's."""
    params = student.get_params(deep=True)
    frozen = [name for name, value in params.items() if _is_frozen(value)]
    for name in sorted(params):
        is_seed = name == "random_state" or name.endswith("__random_state")
        if not is_seed or any(name.startswith(f"{one}__") for one in frozen):
            continue
        if params[name] is None or not only_none:
            student.set_params(**{name: seed})


def _is_frozen(model: Any) -> bool:
    return isinstance(model, FrozenEstimator) or is_instance_of_name(
        model, "interpkd.teachers._as_teacher._Frozen"
    )

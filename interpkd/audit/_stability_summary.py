"""From refits to findings; the order of the refits plays no part."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.metrics import adjusted_rand_score

from interpkd._validation import num_samples
from interpkd.audit._refits import bins_of
from interpkd.audit._stability_findings import (
    Recurrence,
    SpreadOfRefits,
    Stability,
    recurrence,
)
from interpkd.fidelity import ScoreEstimate, fidelity_report

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from interpkd._typing import FloatArray
    from interpkd.audit._refits import Refit
    from interpkd.audit._stability import Rows

VARIED = {
    "bootstrap": "Refits differ in their rows: bootstrap resamples of the training rows, by weight.",
    "seed": "Refits differ in their seeds only, those of the student and of a teacher it fits.",
}


def summarise(
    student: Any,
    reference: Refit,
    refits: Sequence[Refit],
    rows: Rows,
    *,
    kind: str,
    n_planned: int,
    tolerance: float,
    alpha: float,
    is_given: bool,
) -> Stability:
    """Compare refits with each other and with the reference.

    Parameters
    ----------
    student : fitted estimator
        The reference student.

    reference : Refit
        What is compared of it.

    refits : sequence of Refit
        At least two.

    rows : Rows
        Training and held-out rows.

    kind : str
        What differs.

    n_planned : int
        Refits that were asked for.

    tolerance, alpha : float
        When a split is the same; one minus the confidence.

    is_given : bool
        Whether the reference came from the user.

    Returns
    -------
    found : Stability
        The findings.
    """
    is_regression = not hasattr(student, "classes_")
    D = np.stack([one.decisions for one in refits])
    between = _between_pairs(D, is_regression=is_regression)
    apart = np.abs(D - reference.decisions) if is_regression else reference.decisions != D
    to_reference = np.sort(apart, axis=0).mean(axis=0)
    return Stability(
        student=type(student).__name__,
        kind=kind,
        task="regression" if is_regression else "classification",
        n_refits=len(refits),
        n_refits_planned=n_planned,
        n_train=num_samples(rows.X),
        n_test=num_samples(rows.X_test),
        confidence=round(1 - alpha, 12),
        tolerance=float(tolerance),
        reference="the student" if is_given else "the student fitted on all training rows",
        churn=_mean(between, rows, alpha),
        change=_mean(to_reference, rows, alpha),
        same_rules=_same_rules(reference, refits),
        columns=tuple(_columns(reference, refits)),
        splits=tuple(_splits(reference, refits, tolerance)),
        signs=tuple(_signs(reference, refits)),
        values=(*_coefficients(reference, refits), *_points(student, reference, refits, rows)),
        notes=_notes(kind, len(refits), n_planned, tolerance),
    )


def _between_pairs(D: NDArray[Any], *, is_regression: bool) -> FloatArray:
    """Give, for each row, the mean over pairs of refits of how far they are apart."""
    n_refits = len(D)
    n_pairs = n_refits * (n_refits - 1) / 2
    if is_regression:
        # in sorted order a value is added as often as it is the larger one of a pair
        gain = 2 * np.arange(n_refits) - (n_refits - 1)
        total = gain @ np.sort(D, axis=0)
        return np.maximum(np.where(np.ptp(D, axis=0) == 0, 0.0, total), 0.0) / n_pairs
    classes = np.arange(int(D.max()) + 1)
    votes = (D[:, :, None] == classes).sum(axis=0).T
    same = (votes * (votes - 1) // 2).sum(axis=0)
    return np.asarray(1 - same / n_pairs, dtype=np.float64)


def _mean(values: FloatArray, rows: Rows, alpha: float) -> ScoreEstimate:
    """Give the mean over held-out rows with its interval: the absolute error of saying zero."""
    zero = SimpleNamespace(predict=lambda X: np.zeros(len(X)))
    report = fidelity_report(
        zero,
        np.zeros((len(values), 1)),
        teacher=values,
        sample_weight=rows.test_weights,
        groups=rows.test_groups,
        alpha=alpha,
    )
    return report.scores["mae"]


def _same_rules(reference: Refit, refits: Sequence[Refit]) -> SpreadOfRefits | None:
    if reference.leaves is None:
        return None
    indices = [
        float(adjusted_rand_score(reference.leaves, one.leaves))
        for one in refits
        if one.leaves is not None
    ]
    return _spread("adjusted Rand index", "", 1.0, indices)


def _columns(reference: Refit, refits: Sequence[Refit]) -> list[Recurrence]:
    if reference.used is None:
        return []
    used = [one.used or frozenset() for one in refits]
    counts = {name: sum(name in one for one in used) for one in used for name in one}
    counts |= {name: counts.get(name, 0) for name in reference.used}
    out = [
        recurrence(name, name, n, len(refits), what="Used", is_of_reference=name in reference.used)
        for name, n in counts.items()
    ]
    return sorted(out, key=lambda one: (not one.is_of_reference, -one.n_again, one.name))


def _splits(reference: Refit, refits: Sequence[Refit], tolerance: float) -> list[Recurrence]:
    return [
        recurrence(
            split.text,
            split.column,
            sum(any(split.is_again(s, tolerance) for s in one.splits) for one in refits),
            len(refits),
            what="Chosen again",
        )
        for split in reference.splits
    ]


def _against(reference: Refit, refit: Refit, key: tuple[str, str, Any, int]) -> float | None:
    """Give a refit's coefficient, of a category against the reference category of the reference."""
    column, kind, _, k = key
    value, base = refit.coefficients.get(key), reference.references.get(column)
    if value is None or kind != "category" or base is None:
        return value
    other = refit.coefficients.get((column, kind, base, k))
    return None if other is None else value - other


def _shown(reference: Refit) -> list[tuple[tuple[str, str, Any, int], str, float]]:
    """Give key, name and value of each coefficient that is not 0."""
    n_values = 1 + max((key[3] for key in reference.coefficients), default=0)
    out = []
    for key, value in reference.coefficients.items():
        column, kind, category, k = key
        name = {"per unit": column, "missing": f"{column} is missing"}.get(
            kind, f"{column} is {category}"
        )
        if value != 0:
            out.append((key, f"{name}, class {k}" if n_values > 1 else name, value))
    return out


def _signs(reference: Refit, refits: Sequence[Refit]) -> list[Recurrence]:
    out = []
    for key, name, value in _shown(reference):
        others = [_against(reference, one, key) for one in refits]
        n = sum(other is not None and np.sign(other) == np.sign(value) for other in others)
        out.append(recurrence(name, key[0], int(n), len(refits), what="The same sign"))
    return out


def _coefficients(reference: Refit, refits: Sequence[Refit]) -> list[SpreadOfRefits]:
    out = []
    for key, name, value in _shown(reference):
        others = [_against(reference, one, key) for one in refits]
        out.append(_spread(name, key[0], value, [x for x in others if x is not None]))
    return out


def _points(
    student: Any, reference: Refit, refits: Sequence[Refit], rows: Rows
) -> list[SpreadOfRefits]:
    """Give the points of each bin of a card beside what refits give to its training rows."""
    if not reference.points:
        return []
    out = []
    for column, text, points, inside in bins_of(student, rows.X):
        if not inside.any():
            continue
        means = [float(one.points[column][inside].mean()) for one in refits if column in one.points]
        out.append(_spread(f"{column}: {text}", column, float(points), means))
    return out


def _spread(name: str, column: str, reference: float, values: list[float]) -> SpreadOfRefits:
    if not values:
        return SpreadOfRefits(name, column, reference, None, None, None, 0)
    lowest, median, highest = min(values), float(np.median(values)), max(values)
    return SpreadOfRefits(name, column, reference, lowest, median, highest, len(values))


def _notes(kind: str, n_refits: int, n_planned: int, tolerance: float) -> tuple[str, ...]:
    notes = [
        VARIED[kind],
        "A split is chosen again by a refit that splits the same column, anywhere in its tree, such "
        f"that at most {100 * tolerance:g} % of the training rows change sides.",
        "Intervals are over the held-out rows, with the refits as they are.",
    ]
    if n_refits < n_planned:
        notes.append(f"Interrupted: {n_refits} of {n_planned} refits were finished.")
    return tuple(notes)

"""Scores, and intervals of a paired difference: over data sets, and within one over its test rows.

The scores are those of `_protocol`, which has the data and the teachers too and so more to import.

Over data sets: each is first averaged over what was fitted to it, then Student's t. Within a data
set: every score is an average over test rows, or nearly one, so that each row has an influence on
it; the standard error of a difference is that of the rows' differences of influence (DeLong's for
the area under a curve, linearised for R2). Seeds share rows, so their variances are averaged and
not divided by their number.
"""

from __future__ import annotations

import numpy as np
from scipy import stats

LEVEL = 0.95
SMALLEST_PROBABILITY = 1e-3


def over_sets(difference):
    """Give mean and half-width over data sets; the half-width is None of fewer than three."""
    difference = np.asarray(difference, dtype=float)
    n = len(difference)
    if n < 3:
        return float(difference.mean()), None
    error = difference.std(ddof=1) / np.sqrt(n)
    return float(difference.mean()), float(stats.t.ppf((1 + LEVEL) / 2, n - 1) * error)


def half_width(variances):
    """Give the half-width of a mean over seeds from the seeds' variances."""
    return float(stats.norm.ppf((1 + LEVEL) / 2) * np.sqrt(np.mean(variances)))


def variance(influence):
    """Variance of a score whose rows have these influences."""
    return float(np.var(influence, ddof=1) / len(influence))


def influences(P, answer, decision=None):
    """Give score -> influence of each test row, for the scores against the teacher.

    Parameters
    ----------
    P : ndarray of shape (n, K) or (n,)
        The teacher's probabilities, or predictions.
    answer : ndarray of the same shape
        The student's.
    decision : ndarray of shape (n,) or None
        The student's decisions; None for a regression.
    """
    if decision is None:
        return {"r2": _r2_influence(P, answer)}
    hard = P.argmax(axis=1)
    same = (decision == hard).astype(float)
    divergences = _divergences(P, answer)
    found = {"agreement": same - same.mean(), "kl": divergences - divergences.mean()}
    if len(np.unique(hard)) > 1:
        rows = [influence for _, influence in _areas(hard, answer)]
        found["decision_auc"] = np.mean(rows, axis=0)
    return found


# ---------------------------------------------------------------- scores
def kl_divergence(P, answer):
    """Mean KL(teacher ‖ student) in nats, student clipped at 1e-3 and renormalised."""
    return float(_divergences(P, answer).mean())


def auc(y, answer):
    """Area under the ROC curve; of more than two classes the mean of one against the rest."""
    return float(np.mean([area for area, _ in _areas(y, answer)]))


def r2(y, answer):
    """Share of the variance of `y` that an answer explains."""
    return float(1 - ((y - answer) ** 2).sum() / ((y - y.mean()) ** 2).sum())


def _r2_influence(P, answer):
    total = (P - P.mean()) ** 2
    lost = (P - answer) ** 2
    share = lost.mean() / total.mean()
    return -(lost - share * total) / total.mean()


def _divergences(P, answer):
    student = np.clip(answer, SMALLEST_PROBABILITY, 1)
    student = student / student.sum(axis=1, keepdims=True)
    P = np.clip(P, 1e-12, 1)
    return (P * np.log(P / student)).sum(axis=1)


def _areas(y, answer):
    """Give area and influences of each class against the rest; of two classes of the second."""
    if answer.shape[1] == 2:
        return [_area(y == 1, answer[:, 1])]
    present = [k for k in range(answer.shape[1]) if 0 < (y == k).sum() < len(y)]
    return [_area(y == k, answer[:, k]) for k in present]


def _area(is_one, score):
    """Give the area, and DeLong's placement values, centred and scaled to influences."""
    ones, zeros = np.sort(score[is_one]), np.sort(score[~is_one])
    below = (np.searchsorted(zeros, score) + np.searchsorted(zeros, score, "right")) / 2
    above = (np.searchsorted(ones, score) + np.searchsorted(ones, score, "right")) / 2
    of_ones = below / len(zeros)
    of_zeros = 1 - above / len(ones)
    placed = np.where(is_one, of_ones, of_zeros)
    area = of_ones[is_one].mean()
    weight = np.where(is_one, len(score) / len(ones), len(score) / len(zeros))
    return area, (placed - area) * weight

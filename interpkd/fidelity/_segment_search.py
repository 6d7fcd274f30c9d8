"""The search for segments where a loss is high: a beam over conjunctions of conditions.

Rules grow by one condition a step. Each is judged by how far the loss of its rows exceeds the
average, in units of what chance makes of that many rows, less a price for every condition: there
are more long rules than short ones to be lucky with. A handful that share few rows is kept. A search finds something in any rows: what it finds is a question, to be answered on other rows.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from interpkd.fidelity._segment_bins import Bins

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from interpkd._tables import Column
    from interpkd._typing import BoolArray, FloatArray
    from interpkd.fidelity._segment_rules import SegmentCondition

BEAM_WIDTH = 60
"""Rules that are made longer at each step."""

PER_COLUMNS = 3
"""Rules in the beam on the same columns, or one strong column would fill it with its variants."""

MOST_SHARED = 0.5
"""Two candidates share at most this share of the rows of the smaller one."""

FEW_TIMES = 20
"""Of so many times the width of the beam, the best usually fill it."""

CELLS = 4_000_000
"""Rows times rules held in memory at once."""

SCORE_DIGITS = 9
"""Decimals of a score that count: rules of the same rows tie."""


@dataclass(frozen=True)
class SearchLimits:
    """What a search may find.

    Attributes
    ----------
    max_conditions : int
        The longest rule.

    min_rows : int
        Fewest rows inside a segment, and outside.

    n_candidates : int
        Most segments to give.

    min_groups : int
        Fewest different groups inside a segment, and outside; 1 for independent rows.

    beam_width, per_columns : int
        Rules that go on at each step, and those among them on the same columns.
    """

    max_conditions: int
    min_rows: int
    n_candidates: int
    min_groups: int = 1
    beam_width: int = BEAM_WIDTH
    per_columns: int = PER_COLUMNS


@dataclass(frozen=True)
class _Rule:
    runs: tuple[int, ...]
    score: float


def search_segments(
    Z: FloatArray,
    columns: Sequence[Column],
    loss: FloatArray,
    weights: FloatArray,
    limits: SearchLimits,
    groups: NDArray[np.intp] | None = None,
) -> list[tuple[SegmentCondition, ...]]:
    """Find few distinct rules whose rows have a high loss.

    Parameters
    ----------
    Z : ndarray of shape (n_rows, n_columns)
        The encoded rows: numbers, positions of categories, NaN where a value is missing.

    columns : sequence of Column
        What the columns are.

    loss : ndarray of shape (n_rows,)
        What is to be high.

    weights : ndarray of shape (n_rows,)
        Row weights.

    limits : SearchLimits
        How long, how small and how many the rules may be.

    groups : ndarray of shape (n_rows,) or None, default=None
        Codes of dependent rows.

    Returns
    -------
    rules : list of tuple of SegmentCondition
        The most conspicuous first; empty when no loss is above average anywhere.

    Notes
    -----
    A rule's score is half the square of the z value of its rows' mean loss against that of the
    others, less the logarithm of the number of conditions that each of its own was chosen from:
    the length of the rule in the sense of minimum description length [2]_. The beam search over
    conjunctions is that of subgroup discovery [1]_.

    References
    ----------
    .. [1] W. Klösgen, "Explora: a multipattern and multistrategy discovery assistant", Advances in
       Knowledge Discovery and Data Mining, 1996.
    .. [2] J. Rissanen, "Modeling by shortest data description", Automatica 14, 1978.
    """
    bins = Bins(Z, columns, loss, weights)
    if len(bins.first) == 0 or np.ptp(loss) == 0:
        return []
    excess = weights * (loss - weights @ loss / weights.sum())
    facts = np.stack([excess, weights**2, np.ones(len(loss))], axis=1)
    beam, pool = [_Rule((), 0.0)], []
    for _ in range(limits.max_conditions):
        beam = _longer_rules(bins, facts, beam, limits)
        pool += beam
        if not beam:
            break
    order = sorted(pool, key=lambda rule: (-rule.score, len(rule.runs)))
    return [bins.conditions(rule.runs) for rule in _distinct(bins, order, limits, groups)]


def _longer_rules(
    bins: Bins, facts: FloatArray, beam: list[_Rule], limits: SearchLimits
) -> list[_Rule]:
    """Add one condition to every rule, in every way, and keep the best."""
    size = max(1, CELLS // bins.n_rows)
    parts = []
    for start in range(0, len(beam), size):
        masks = np.stack([bins.rows(rule.runs) for rule in beam[start : start + size]], axis=1)
        parts += _scores(bins, facts, masks, limits.min_rows)
    gains = np.stack(parts, axis=1)
    price = bins.price[:, None] + [bins.price[list(rule.runs)].sum() for rule in beam]
    scores = np.where(gains > 0, np.round(gains - price, SCORE_DIGITS), -np.inf)
    for k, rule in enumerate(beam):
        for run in rule.runs:
            scores[bins.of_column == bins.of_column[run], k] = -np.inf
    flat = scores.ravel()
    chosen: dict[tuple[int, ...], _Rule] = {}
    on_columns: dict[tuple[int, ...], int] = {}
    for place in _best_first(flat, FEW_TIMES * limits.beam_width):
        run, k = divmod(place, len(beam))
        runs = tuple(sorted((*beam[k].runs, run)))
        key = tuple(bins.of_column[list(runs)].tolist())
        if runs in chosen or on_columns.get(key, 0) >= limits.per_columns:
            continue
        chosen[runs] = _Rule(runs, float(flat[place]))
        on_columns[key] = on_columns.get(key, 0) + 1
        if len(chosen) == limits.beam_width:
            break
    return list(chosen.values())


def _best_first(scores: FloatArray, n_likely: int) -> Iterator[int]:
    """Yield places by falling score, ties in their order; only the first are sorted at once."""
    likely = np.arange(len(scores))
    if n_likely < len(scores):
        # all that tie with the last one are in
        likely = np.flatnonzero(scores >= -np.partition(-scores, n_likely)[n_likely])
    for places in (likely, np.setdiff1d(np.arange(len(scores)), likely, assume_unique=True)):
        order = places[np.argsort(-scores[places], kind="stable")]
        yield from order[scores[order] > -np.inf].tolist()


def _scores(bins: Bins, facts: FloatArray, masks: BoolArray, min_rows: int) -> list[FloatArray]:
    """Give z² / 2 of every condition within every mask, shape (n_runs,) each.

    Zero where the loss is not above average, or rows are too few.
    """
    all_squares, n = facts[:, 1].sum(), len(facts)
    variance = (facts[:, 0] ** 2).sum() / all_squares
    inside = (facts[:, :, None] * masks[:, None, :]).reshape(n, -1)
    sums = bins.sums(inside).reshape(len(bins.first), 3, -1)
    out = []
    for excess, squares, count in np.moveaxis(sums, 2, 0).transpose(0, 2, 1):
        fits = (count >= min_rows - 0.5) & (n - count >= min_rows - 0.5)
        spread = np.where(fits, variance * squares * (1 - squares / all_squares), 1.0)
        out.append(np.where(fits, np.maximum(excess, 0) ** 2 / spread / 2, 0.0))
    return out


def _distinct(
    bins: Bins, order: list[_Rule], limits: SearchLimits, groups: NDArray[np.intp] | None
) -> list[_Rule]:
    """Keep the best rules that share few rows with a better one."""
    kept: list[_Rule] = []
    masks: list[BoolArray] = []
    for rule in order:
        if len(kept) == limits.n_candidates:
            break
        rows = bins.rows(rule.runs)
        if any(_overlap(rows, other) > MOST_SHARED for other in masks):
            continue
        if groups is not None and _fewest_groups(rows, groups) < limits.min_groups:
            continue
        kept.append(rule)
        masks.append(rows)
    return kept


def _overlap(one: BoolArray, other: BoolArray) -> float:
    """Give the shared rows as a share of the smaller segment."""
    return float((one & other).sum() / min(one.sum(), other.sum()))


def _fewest_groups(rows: BoolArray, groups: NDArray[np.intp]) -> int:
    return min(len(np.unique(groups[rows])), len(np.unique(groups[~rows])))

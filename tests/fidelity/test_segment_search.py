"""The search: what it finds, and that it finds the best there is."""

from itertools import combinations

import numpy as np
import pytest

from interpkd._tables import Column, RawColumn
from interpkd.export import Condition
from interpkd.fidelity import SegmentCondition
from interpkd.fidelity._segment_bins import Bins
from interpkd.fidelity._segment_rules import rows_of_rule
from interpkd.fidelity._segment_search import SearchLimits, search_segments

COLUMNS = [
    Column("level"),
    Column("amount"),
    Column("owner", "boolean"),
    Column("place", "category", ("east", "west")),
]
WIDE = {"beam_width": 10**6, "per_columns": 10**6}


def small_grid(seed, n=120):
    rng = np.random.default_rng(seed)
    Z = np.column_stack(
        [rng.integers(4, size=n), rng.integers(3, size=n), rng.integers(2, size=(n, 2))]
    ).astype(float)
    Z[rng.random(n) < 0.1, 1] = np.nan
    return Z, (rng.random(n) < 0.2 + 0.3 * ((Z[:, 0] > 1) & (Z[:, 3] == 0))).astype(float)


def raw_columns(Z, columns=COLUMNS):
    def values(i, column):
        if column.kind != "category":
            return Z[:, i]
        return np.array(
            [None if np.isnan(z) else column.categories[int(z)] for z in Z[:, i]], dtype=object
        )

    return {
        one.name: RawColumn(one.name, one.kind, values(i, one)) for i, one in enumerate(COLUMNS)
    }


def all_conditions(Z):
    """List (column, price, rows) of every condition there is, written down without any bins."""
    d = Z.shape[1]
    for i, n_values in ((0, 4), (1, 3)):
        z, missing = Z[:, i], np.isnan(Z[:, i])
        runs = [(a, b) for a in range(n_values) for b in range(a, n_values)]
        runs.remove((0, n_values - 1))
        n_all = len(runs) + 2 * missing.any()
        for a, b in runs:
            alike = 2 * n_values if a == 0 or b == n_values - 1 else n_all
            yield i, np.log(alike * d), (a <= z) & (z <= b)
        if missing.any():
            yield i, np.log(2 * n_values * d), missing
            yield i, np.log(2 * n_values * d), ~missing
    for i in (2, 3):
        for value in (0, 1):
            yield i, np.log(2 * d), Z[:, i] == value


def score_of(loss, rows, min_rows):
    """Half the square of the z value of the rows' mean loss, None where they are too few."""
    n, k = len(loss), int(rows.sum())
    if min(k, n - k) < min_rows or loss[rows].mean() <= loss.mean():
        return None
    variance = loss.var() / k * (1 - k / n)
    return (loss[rows].mean() - loss.mean()) ** 2 / variance / 2


@pytest.mark.parametrize("seed", range(8))
def test_a_wide_beam_finds_what_brute_force_finds(seed):
    Z, loss = small_grid(seed)
    conditions = list(all_conditions(Z))
    found = []
    for length in (1, 2):
        for parts in combinations(conditions, length):
            if len({column for column, _, _ in parts}) == length:
                rows = np.logical_and.reduce([rows for _, _, rows in parts])
                score = score_of(loss, rows, 10)
                if score is not None:
                    found.append((score - sum(price for _, price, _ in parts), rows))
    best = max(score for score, _ in found)
    (rule,) = search_segments(Z, COLUMNS, loss, np.ones(len(Z)), SearchLimits(2, 10, 1, **WIDE))
    rows = rows_of_rule(rule, raw_columns(Z))
    own = [score for score, others in found if np.array_equal(rows, others)]
    assert max(own) == pytest.approx(best)


@pytest.mark.parametrize("seed", range(4))
def test_bins_hold_the_rows_that_the_words_hold(seed):
    rng = np.random.default_rng(seed)
    n = 300
    columns = [
        Column("amount"),
        Column("few"),
        Column("owner", "boolean"),
        Column("place", "category", ("a", "b", "c", "d")),
    ]
    Z = np.column_stack(
        [rng.lognormal(3, 4, n), rng.integers(5, size=n), rng.integers(2, size=n),
         rng.integers(4, size=n)]
    ).astype(float)  # fmt: skip
    Z[rng.random(Z.shape) < 0.1] = np.nan
    bins = Bins(Z, columns, rng.random(n), rng.random(n))
    values = [
        *Z.T[:3],
        np.array([*"abcd", None])[np.where(np.isnan(Z[:, 3]), 4, Z[:, 3]).astype(int)],
    ]
    raw = {
        one.name: RawColumn(one.name, one.kind, value)
        for one, value in zip(columns, values, strict=True)
    }
    sums = bins.sums(np.ones((n, 1)))[:, 0]
    for run in range(len(bins.first)):
        rows = bins.rows([run])
        assert np.array_equal(rows, rows_of_rule(bins.conditions([run]), raw))
        assert sums[run] == rows.sum()


def test_thresholds_are_short_and_divide_like_quantiles():
    x = np.random.default_rng(0).normal(size=2000) * 1000
    bins = Bins(x[:, None], [Column("x")], x, np.ones(2000))
    uppers = [bins.conditions([run])[0].upper for run in range(len(bins.first))]
    borders = sorted({one for one in uppers if one is not None})
    assert [(x <= one).mean() for one in borders] == pytest.approx(np.arange(1, 20) / 20)
    assert max(len(f"{one:g}") for one in borders) <= 7


def test_no_loss_above_average_gives_no_rule():
    Z, _ = small_grid(0)
    limits = SearchLimits(2, 10, 3)
    for loss in (np.zeros(len(Z)), np.ones(len(Z))):
        assert search_segments(Z, COLUMNS, loss, np.ones(len(Z)), limits) == []


def test_candidates_share_few_rows():
    rng = np.random.default_rng(0)
    Z = rng.normal(size=(800, 3))
    loss = (rng.random(800) < 0.2 + 0.4 * (Z[:, 0] > 1)).astype(float)
    columns = [Column("a"), Column("b"), Column("c")]
    raw = {one.name: RawColumn(one.name, "numeric", Z[:, i]) for i, one in enumerate(columns)}
    rules = search_segments(Z, columns, loss, np.ones(800), SearchLimits(3, 20, 5))
    rows = [rows_of_rule(rule, raw) for rule in rules]
    assert 3 <= len(rules) <= 5
    for one, other in combinations(rows, 2):
        assert (one & other).sum() <= 0.5 * min(one.sum(), other.sum())
    assert all(len({part.column for part in rule}) == len(rule) for rule in rules)


def test_a_weight_of_two_is_a_row_twice_where_rows_are_alike():
    """The sums of weights are; the count of rows is not, so the least size is out of play."""
    Z, loss = small_grid(3)
    limits = SearchLimits(2, 2, 3)
    once = search_segments(Z, COLUMNS, loss, np.full(len(Z), 2.0), limits)
    assert once == search_segments(Z, COLUMNS, loss, np.ones(len(Z)), limits)


@pytest.mark.parametrize(
    ("kind", "parts"),
    [
        ("<=", {"upper": 3.5}),
        (">", {"lower": -2.0}),
        ("between", {"lower": 1.0, "upper": 2.0}),
        ("in", {"categories": ("a", "b, c")}),
        ("in", {"categories": (True,)}),
        ("is missing", {}),
        ("is not missing", {}),
    ],
)
def test_conditions_read_like_those_of_exported_rules(kind, parts):
    for name in ("age", " odd, {name}"):
        ours, theirs = SegmentCondition(name, kind, **parts), Condition(name, kind, **parts)
        assert ours.text == theirs.text
        assert ours.to_dict()["text"] == ours.text

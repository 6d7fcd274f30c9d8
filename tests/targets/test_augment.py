"""Laws of the generated rows."""

import numpy as np
import pytest

from interpkd.exceptions import InvalidInputError
from interpkd.targets import (
    RowPlanner,
    _impossible_pairs,
    add_generated_rows,
    build_transfer_set,
    n_generated_rows,
    plan_rows,
)
from interpkd.targets import _row_planner as augment
from interpkd.targets._column_groups import count_pairs, find_levels, group_columns
from interpkd.targets._row_space import distinct_rows, score_columns


def numbers_only(Z):
    return np.zeros(Z.shape[1], dtype=bool)


def generate(Z, n, *, weights=None, is_category=None, seed=0):
    plan = plan_rows(
        Z,
        np.ones(len(Z)) if weights is None else weights,
        n,
        is_category=numbers_only(Z) if is_category is None else is_category,
        rng=np.random.default_rng(seed),
    )
    return Z[plan.numbers, np.arange(Z.shape[1])], plan.weight


@pytest.fixture(scope="module")
def mixed():
    """Numbers, a count, a one-hot coding, a category, an imputed number with its indicator."""
    rng = np.random.default_rng(0)
    n = 400
    kind = rng.integers(0, 4, n)
    lost = rng.random(n) < 0.2
    Z = np.column_stack(
        [
            rng.normal(size=n),
            rng.lognormal(size=n),
            rng.poisson(1.5, n),
            kind == 0,
            kind == 1,
            kind == 2,
            rng.integers(0, 5, n),
            np.where(lost, 0.0, rng.normal(size=n)),
            lost,
            np.where(rng.random(n) < 0.3, np.nan, rng.normal(size=n)),
        ]
    ).astype(np.float64)
    is_category = np.zeros(10, dtype=bool)
    is_category[6] = True
    return Z, is_category


def pairs(Z, i, j):
    return set(map(tuple, np.nan_to_num(Z[:, [i, j]], nan=-1).tolist()))


def test_every_value_is_one_of_its_column(mixed):
    Z, is_category = mixed
    new, weight = generate(Z, 1000, is_category=is_category)
    assert new.shape == (1000, 10)
    assert weight == 1
    for i in range(10):
        assert set(np.nan_to_num(new[:, i], nan=-9)) <= set(np.nan_to_num(Z[:, i], nan=-9))
    assert len(np.unique(np.nan_to_num(new), axis=0)) > 900


def test_no_pair_of_few_values_is_new(mixed):
    Z, is_category = mixed
    few = [2, 3, 4, 5, 6, 8]
    new, _ = generate(Z, 3000, is_category=is_category)
    for a, i in enumerate(few):
        for j in few[:a]:
            assert pairs(new, i, j) <= pairs(Z, i, j)


def test_impossible_pairs_stay_impossible_among_many():
    """Each row holds one of a few patterns, and most pairs never occur."""
    rng = np.random.default_rng(0)
    patterns = rng.integers(0, 6, size=(40, 8)).astype(np.float64)
    Z = patterns[rng.integers(0, 40, 300)]
    new, _ = generate(Z, 2000)
    for i in range(8):
        for j in range(i):
            assert pairs(new, i, j) <= pairs(Z, i, j)


def test_columns_that_belong_together_move_together(mixed):
    Z, is_category = mixed
    scores = score_columns(Z, np.ones(len(Z)), is_category)
    levels = find_levels(Z, np.ones(len(Z)), is_category)
    groups, is_one_hot = group_columns(levels, count_pairs(levels), scores)
    assert np.flatnonzero(is_one_hot).tolist() == [3, 4, 5]
    assert groups[3] == groups[4] == groups[5]
    assert groups[7] == groups[8]
    assert len(np.unique(groups)) == 7
    new, _ = generate(Z, 1000, is_category=is_category)
    assert (new[:, 3:6].sum(axis=1) <= 1).all()
    assert (new[new[:, 8] == 1, 7] == 0).all()


def test_the_same_number_twice_moves_together():
    rng = np.random.default_rng(0)
    Z = rng.normal(size=(200, 3))
    Z[:, 2] = -np.exp(Z[:, 0] / 3)
    new, _ = generate(Z, 500)
    np.testing.assert_array_equal(new[:, 2], -np.exp(new[:, 0] / 3))


@pytest.mark.parametrize("n_rows", [120, 400])
def test_weight_two_is_a_row_twice_and_order_does_not_matter(mixed, n_rows, monkeypatch):
    monkeypatch.setattr(augment, "MAX_BASE_ROWS", 200)  # with and without a sample of the rows
    Z, is_category = mixed[0][:n_rows], mixed[1]
    rng = np.random.default_rng(1)
    count = rng.integers(1, 4, len(Z))
    order = rng.permutation(count.sum())
    weighted, one = generate(Z, 500, weights=count.astype(float), is_category=is_category)
    repeated, two = generate(np.repeat(Z, count, axis=0)[order], 500, is_category=is_category)
    np.testing.assert_array_equal(weighted, repeated)
    assert one == two == count.sum() / len(Z)


def test_rows_are_used_in_proportion_to_their_weights():
    Z = np.arange(40.0)[:, None] * np.ones(2)
    weights = np.arange(1.0, 41.0)
    # both columns say the same, so that a row is kept or replaced as a whole
    start, _ = augment._swap(
        augment._neighbours(Z), weights, weights, int(weights.sum()), 1, np.random.default_rng(0)
    )
    np.testing.assert_allclose(np.bincount(start), weights, atol=1)


def test_neighbours_are_near():
    """Two far clusters never mix."""
    rng = np.random.default_rng(0)
    side = np.repeat([0.0, 100.0], 50)
    Z = side[:, None] + rng.normal(size=(100, 4))
    new, _ = generate(Z, 400)
    assert ((new > 50).all(axis=1) | (new < 50).all(axis=1)).all()


def test_missing_values_and_zeros_are_equal_to_themselves():
    Z = np.array([[np.nan, 0.0], [1.0, 2.0], [-np.nan, -0.0], [1.0, 2.0]])
    first, place = distinct_rows(Z)
    assert sorted(first.tolist()) == [0, 1]
    assert place[0] == place[2] != place[1] == place[3]


@pytest.mark.parametrize(
    "Z",
    [
        np.zeros((1, 3)),
        np.zeros((5, 2)),
        np.array([[0.0, 1.0], [1.0, 0.0]]),
        np.full((4, 2), np.nan) * np.arange(2),
        np.column_stack([np.geomspace(1e-300, 1e300, 30), np.full(30, 7.0)]),
    ],
    ids=["one row", "equal rows", "two rows", "nothing known", "extreme numbers"],
)
def test_degenerate_tables(Z):
    new, _ = generate(Z, 10)
    assert new.shape == (10, Z.shape[1])
    assert set(map(str, new.tolist())) <= {
        str([a, b, *rest]) for a in Z[:, 0] for b in Z[:, 1] for rest in Z[:1, 2:].tolist()
    } | set(map(str, Z.tolist()))


def test_columns_of_too_many_values_are_not_compared():
    Z = np.random.default_rng(0).integers(0, 255, size=(2000, 8)).astype(float)
    levels = find_levels(Z, np.ones(2000), np.ones(8, dtype=bool))
    assert levels.sizes.sum() <= 1500
    assert len(levels.compared) == 5
    assert generate(Z, 100, is_category=np.ones(8, dtype=bool))[0].shape == (100, 8)


FREE = {
    "augmentation": "auto",
    "n_augmented": "auto",
    "alpha": 0.0,
    "can_ask": True,
    "has_size_limit": True,
}


def table(n_rows, n_columns=3):
    return np.random.default_rng(0).normal(size=(n_rows, n_columns))


@pytest.mark.parametrize(
    ("n_rows", "expected"),
    [(19, 0), (20, 500), (500, 12_500), (600, 15_000), (40_000, 15_000)],
)
def test_auto_has_a_number_in_mind(n_rows, expected):
    assert n_generated_rows(table(n_rows), **FREE) == expected


def test_auto_generates_none_for_many_rows():
    assert n_generated_rows(table(100_001), **FREE) == 0
    few_values = np.arange(200_000)[:, None] // np.array([1000, 1]) % 1000
    assert n_generated_rows(few_values.astype(float), **FREE) == 0


@pytest.mark.parametrize(
    "fact",
    [{"augmentation": None}, {"alpha": 1.0}, {"can_ask": False}, {"has_size_limit": False}],
    ids=str,
)
def test_auto_generates_none_where_there_is_nothing_to_win(fact):
    assert n_generated_rows(table(100), **{**FREE, **fact}) == 0


def test_auto_counts_different_rows():
    Z = table(50)
    assert n_generated_rows(np.repeat(Z, 30, axis=0), **FREE) == n_generated_rows(Z, **FREE)
    assert n_generated_rows(np.repeat(Z[:5], 30, axis=0), **FREE) == 0


def test_auto_generates_none_for_one_column_and_few_for_very_many():
    assert n_generated_rows(table(100, 1), **FREE) == 0
    assert n_generated_rows(table(1000, 5000), **FREE) == 4000


def test_a_number_is_kept_to():
    settings = {**FREE, "n_augmented": 7, "has_size_limit": False}
    assert n_generated_rows(table(5, 1), **settings) == 7
    assert n_generated_rows(table(100), **{**FREE, "n_augmented": 0, "can_ask": False}) == 0


@pytest.mark.parametrize(
    ("fact", "match"),
    [
        ({"augmentation": None}, r"n_augmented=7 asks for rows that augmentation=None switches"),
        ({"can_ask": False}, r"n_augmented=7 needs a teacher that can be asked"),
        ({"alpha": 1.0}, r"n_augmented=7 asks the teacher about new rows, but alpha=1"),
    ],
)
def test_a_number_that_cannot_be_kept_to_is_refused(fact, match):
    with pytest.raises(InvalidInputError, match=match):
        n_generated_rows(table(100), **{**FREE, "n_augmented": 7, **fact})


def test_generated_rows_stand_last():
    real = build_transfer_set(
        table(3), np.zeros(3), None, Z_unlabeled=table(2) + 9, unlabeled_targets=np.ones(2)
    )
    numbers = np.array([[0, 4, 2]])
    both = add_generated_rows(real, numbers, np.array([5.0]), 0.5)
    assert (both.n_labeled, both.n_unlabeled, both.n_generated) == (3, 2, 1)
    assert both.Z[-1].tolist() == [real.Z[0, 0], real.Z[4, 1], real.Z[2, 2]]
    assert (both.targets[-1], both.weights[-1]) == (5.0, 0.5)
    np.testing.assert_array_equal(both.Z[:5], real.Z)


def test_rows_start_only_where_they_may(mixed):
    Z, is_category = mixed
    may_start = np.arange(len(Z)) % 7 == 3
    plan = plan_rows(
        Z,
        np.ones(len(Z)),
        500,
        is_category=is_category,
        rng=np.random.default_rng(0),
        may_start=may_start,
    )
    assert may_start[plan.start].all()
    assert len(np.unique(plan.start)) == may_start.sum()


def test_a_second_plan_is_what_it_would_be_alone(mixed):
    Z, is_category = mixed
    planner = RowPlanner(Z, np.ones(len(Z)), is_category)
    may_start = Z[:, 0] > 0
    planner.plan(500, rng=np.random.default_rng(0))
    second = planner.plan(300, rng=np.random.default_rng(1), may_start=may_start)
    alone = plan_rows(
        Z,
        np.ones(len(Z)),
        300,
        is_category=is_category,
        rng=np.random.default_rng(1),
        may_start=may_start,
    )
    np.testing.assert_array_equal(second.numbers, alone.numbers)
    np.testing.assert_array_equal(second.start, alone.start)


@pytest.mark.parametrize("look_up", [0, 10**9])  # by look-up, by multiplication
def test_impossible_pairs_are_counted_by_hand(look_up, monkeypatch):
    """Undoing keeps its counts up to date, and gives what counting anew would give."""
    monkeypatch.setattr(_impossible_pairs, "LOOK_UP", look_up)
    rng = np.random.default_rng(3)
    Z = rng.integers(0, 4, (60, 7)).astype(float)
    levels = find_levels(Z, np.ones(60), numbers_only(Z))
    groups = np.array([0, 0, 1, 2, 2, 2, 3])
    never = count_pairs(levels) == 0
    start = rng.integers(0, 60, 400)
    rows = np.where(rng.random((400, 4)) < 0.7, rng.integers(0, 60, (400, 4)), start[:, None])
    expected = rows.copy()
    undo_by_hand(Z, expected, start, groups, np.random.default_rng(5))
    _impossible_pairs.ImpossiblePairs(levels, groups, never).undo(
        rows, start, np.random.default_rng(5)
    )
    np.testing.assert_array_equal(rows, expected)


def undo_by_hand(Z, rows, start, groups, rng):
    pairs = {(i, j, a[i], a[j]) for a in Z for i in range(Z.shape[1]) for j in range(Z.shape[1])}
    left = np.arange(len(rows))
    while len(left):
        clashes = np.zeros((len(left), groups.max() + 1))
        for r, row in enumerate(left):
            values = Z[rows[row][groups], np.arange(len(groups))]
            for i, one in enumerate(values):
                n = sum((i, j, one, two) not in pairs for j, two in enumerate(values))
                clashes[r, groups[i]] += n
        clashes[rows[left] == start[left, None]] = 0
        bad = clashes.any(axis=1)
        left, clashes = left[bad], clashes[bad]
        worst = (clashes + rng.random(clashes.shape) * (clashes > 0) / 2).argmax(axis=1)
        rows[left, worst] = start[left]

"""Sketches of rows: what they hold does not depend on parts, orders or copies."""

from itertools import pairwise

import numpy as np
import pytest

from interpkd.learners import _sketch
from interpkd.learners._sketch import (
    ALL_HASHES,
    Sketch,
    category_hashes,
    merge,
    row_hashes,
    step_of,
    stepped,
    text_hash,
)


def some_rows(n=3000, *, copies=True, seed=0):
    """Rows with missing values and copies, weights and targets that sum exactly."""
    rng = np.random.default_rng(seed)
    Z = rng.normal(size=(n, 4)).astype(np.float32)
    Z[rng.random(Z.shape) < 0.05] = np.nan
    if copies:
        Z = Z[rng.integers(0, n // 2, n)]
    return Z, rng.integers(1, 9, n) / 8, rng.integers(0, 1025, (n, 2)) / 1024


def n_different(Z):
    """Count different rows."""
    return len(np.unique(np.where(np.isnan(Z), 99, Z), axis=0))


def in_parts(Z, weights, targets, bounds, **how):
    """Sketch each part of rows."""
    return [
        Sketch.of(Z[a:b], weights[a:b], targets=targets[a:b], **how) for a, b in pairwise(bounds)
    ]


def assert_same(one, two):
    """Two sketches are alike to the last bit."""
    for name in ("hashes", "Z", "weights", "counts", "sums"):
        np.testing.assert_array_equal(getattr(one, name), getattr(two, name), err_msg=name)
    assert one.limit == two.limit


@pytest.mark.parametrize("most", [1, 200, 1000, 5000])
def test_parts_in_any_order_give_the_sketch_of_the_whole(most):
    data = some_rows()
    whole = Sketch.of(*data[:2], targets=data[2], most=most)
    parts = in_parts(*data, [0, 1, 700, 701, 2000, 3000], most=most)
    assert_same(merge(parts), whole)
    assert_same(merge(parts[::-1]), whole)
    assert_same(merge([merge(parts[3:]), merge([parts[1]]), merge([parts[2], parts[0]])]), whole)


def test_order_of_rows_does_not_matter_even_where_sums_round():
    Z, weights, targets = some_rows()
    weights, targets = weights * np.pi, np.sqrt(targets)
    order = np.random.default_rng(1).permutation(len(Z))
    one = Sketch.of(Z, weights, targets=targets, most=500)
    assert_same(one, Sketch.of(Z[order], weights[order], targets=targets[order], most=500))


def test_copies_are_counted_and_summed():
    Z, weights, targets = some_rows()
    sketch = Sketch.of(Z, weights, targets=targets)
    assert len(sketch) == n_different(Z)
    assert sketch.is_whole
    assert sketch.counts.sum() == len(Z)
    assert sketch.weights.sum() == weights.sum()
    np.testing.assert_array_equal(sketch.sums.sum(axis=0), weights @ targets)
    np.testing.assert_allclose(
        (sketch.targets * sketch.weights[:, None]).sum(axis=0), weights @ targets
    )


def test_rows_of_the_sketch_are_those_of_the_smallest_hashes_with_all_their_copies():
    Z, weights, targets = some_rows()
    sketch = Sketch.of(Z, weights, targets=targets, most=300)
    hashes = row_hashes(Z)
    np.testing.assert_array_equal(sketch.hashes, np.unique(hashes)[:300])
    assert sketch.limit == sketch.hashes[-1]
    for i in (0, 150, 299):
        own = hashes == sketch.hashes[i]
        assert sketch.counts[i] == own.sum()
        assert sketch.weights[i] == weights[own].sum()
    again = Sketch.of(Z, weights, targets=targets, limit=sketch.limit)
    np.testing.assert_array_equal(again.hashes, sketch.hashes)
    np.testing.assert_array_equal(again.sums, sketch.sums)


def test_a_smaller_sketch_is_the_sketch_of_fewer_rows():
    data = some_rows()
    large = Sketch.of(*data[:2], targets=data[2], most=900)
    assert_same(large.smallest(100), Sketch.of(*data[:2], targets=data[2], most=100))
    assert large.smallest(5000) is not None
    assert len(large.smallest(5000)) == 900


def test_many_copies_are_seen_through_the_guess_of_the_limit(monkeypatch):
    monkeypatch.setattr(_sketch, "CHUNK", 512)
    Z = some_rows(40)[0][np.random.default_rng(0).integers(0, 40, 20_000)]
    sketch = Sketch.of(Z, most=1000)
    assert sketch.is_whole
    assert len(sketch) == n_different(Z)
    few = Sketch.of(Z, most=5)
    np.testing.assert_array_equal(few.hashes, sketch.hashes[:5])
    np.testing.assert_array_equal(few.counts, sketch.counts[:5])


def test_codes_of_categories_do_not_matter():
    rng = np.random.default_rng(0)
    texts = np.array(["b", "a", "ü", ""])
    codes = rng.integers(0, 4, 500).astype(float)
    codes[::7] = np.nan
    order = np.array([2, 0, 3, 1])
    other = np.where(np.isnan(codes), np.nan, np.argsort(order)[np.nan_to_num(codes).astype(int)])
    number = rng.normal(size=500)
    one = row_hashes(np.column_stack([number, codes]), [None, category_hashes(texts)])
    two = row_hashes(np.column_stack([number, other]), [None, category_hashes(texts[order])])
    np.testing.assert_array_equal(one, two)
    assert len(np.unique(one)) == 500


def test_equal_values_hash_alike():
    Z = np.array([[0.0, np.nan], [-0.0, -np.nan], [1.5, 2.0], [1.5, 2.0]])
    Z[1, 1] = np.array(0xFFF8000000000001, dtype=np.uint64).view(np.float64)
    for kind in (np.float32, np.float64):
        hashes = row_hashes(np.asfortranarray(Z, dtype=kind))
        np.testing.assert_array_equal(hashes[[0, 2]], hashes[[1, 3]])
        np.testing.assert_array_equal(hashes, row_hashes(Z))
    assert len(np.unique(row_hashes(np.array([[1.0, 2.0], [2.0, 1.0]])))) == 2


def test_hashes_are_spread_evenly():
    booleans = (np.arange(2**16)[:, None] >> np.arange(16)) % 2
    hashes = row_hashes(booleans.astype(np.float64))
    assert len(np.unique(hashes)) == 2**16
    bits = (hashes[:, None] >> np.arange(64, dtype=np.uint64)) & np.uint64(1)
    assert abs(bits.mean(axis=0) - 0.5).max() < 0.01
    gap = np.sort(hashes) / 2**64 - np.arange(2**16) / 2**16
    assert abs(gap).max() < 1.63 / 2**8  # Kolmogorov and Smirnov, one in a hundred


def test_hashes_are_those_that_were_written_down():
    # of another version, or another machine, a sketch would hold other rows
    assert text_hash("a") == text_hash(np.str_("a"))
    got = row_hashes(np.array([[1.0, np.nan], [0.5, 0.0]]), [None, category_hashes(["x"])])
    assert got.tolist() == [15948086770493255970, 7819838820518368025]


def test_sums_of_stepped_numbers_do_not_depend_on_the_order():
    rng = np.random.default_rng(0)
    values = rng.lognormal(sigma=3, size=10_000)
    step = step_of(values.max(), len(values))
    rounded = stepped(values, step)
    assert abs(rounded - values).max() <= step / 2
    assert step < 1e-10 * values.max()
    total = rounded.sum()
    for _ in range(3):
        rng.shuffle(rounded)
        assert np.cumsum(rounded)[-1] == total
    assert step_of(0.0, 5) == 1.0


def test_sketches_with_and_without_targets_do_not_merge():
    Z, weights, targets = some_rows(20)
    with_targets = Sketch.of(Z, weights, targets=targets)
    without = Sketch.of(Z, weights)
    with pytest.raises(ValueError, match="without targets"):
        _ = without.targets
    with pytest.raises(ValueError, match="others have none"):
        merge([with_targets, without])


def test_an_empty_part_changes_nothing():
    data = some_rows(100)
    whole = Sketch.of(*data[:2], targets=data[2])
    none = Sketch.of(data[0][:0], data[1][:0], targets=data[2][:0])
    assert len(none) == 0
    assert_same(merge([none, whole]), whole)
    assert none.limit == ALL_HASHES

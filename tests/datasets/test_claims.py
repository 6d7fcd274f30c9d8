"""The motor book: seeded, in range, and true to the formula that its docstring states."""

import math
import pickle

import numpy as np
import pandas as pd
import pytest

from interpkd import DistilledTreeRegressor, as_teacher
from interpkd.datasets import make_claims
from interpkd.exceptions import InvalidInputError
from interpkd.fidelity import certify_monotonicity


def stated_mean(row):
    """Read the formula off the docstring, one policy at a time."""
    total = 0.0
    if row["driver_age"] < 25:
        total += 0.08 * (25 - row["driver_age"])
        total += 0.5 if row["power"] > 150 else 0
    if row["driver_age"] > 70:
        total += 0.03 * (row["driver_age"] - 70)
    total += 0.004 * (row["power"] - 100) + 0.01 * (row["bonus_malus"] - 100)
    km = row["annual_km"]
    total += 0.1 if pd.isna(km) else 0.4 * math.log(km / 12_000)
    total -= 0.03 * min(row["vehicle_age"], 12)
    total -= 0.15 if row["garage"] else 0
    total += {"city": 0.4, "suburb": 0.1, "country": -0.2}.get(row["region"], 0)
    return 400 * math.exp(total)


def test_same_seed_same_table():
    one, two = make_claims(50, random_state=3), make_claims(50, random_state=3)
    pd.testing.assert_frame_equal(one.data, two.data)
    pd.testing.assert_series_equal(one.target, two.target)
    assert not one.data.equals(make_claims(50, random_state=4).data)


def test_expected_claims_are_the_stated_function_of_the_table():
    policies = make_claims(300, random_state=0)
    expected = [stated_mean(row) for _, row in policies.data.iterrows()]
    np.testing.assert_allclose(policies.expected, expected, rtol=1e-12)
    again = pickle.loads(pickle.dumps(policies.truth)).predict(policies.data)  # noqa: S301
    np.testing.assert_array_equal(again, policies.expected)


def test_claims_have_the_stated_mean_and_variance():
    policies = make_claims(20_000, random_state=0)
    errors = policies.target.to_numpy() - policies.expected
    standardised = errors / np.sqrt(policies.truth.noise_variance)
    assert abs(standardised.mean()) < 6 / math.sqrt(20_000)
    assert abs(standardised.var() - 1) < 0.1
    assert (policies.target > 0).all()


def test_columns_have_their_stated_kinds_and_ranges():
    data = make_claims(4000, random_state=1).data
    assert data.shape == (4000, 8)
    ranges = {"driver_age": (18, 85), "vehicle_age": (0, 20), "power": (40, 250)}
    for name, (low, high) in (ranges | {"bonus_malus": (50, 150)}).items():
        assert pd.api.types.is_integer_dtype(data[name])
        assert data[name].between(low, high).all()
    assert data["annual_km"].dropna().between(1_000, 60_000).all()
    assert 0.04 < data["annual_km"].isna().mean() < 0.08
    assert pd.api.types.is_bool_dtype(data["garage"])
    assert [data[name].nunique() for name in ("region", "fuel")] == [4, 3]
    assert data.drop(columns="annual_km").notna().all(axis=None)


def test_stated_directions_are_those_of_the_truth():
    policies = make_claims(200, random_state=2)
    steps = {"annual_km": 3_000, "bonus_malus": 10, "garage": 1, "power": 60, "vehicle_age": 4}
    assert set(policies.truth.monotonic_cst) == set(steps)
    for name, sign in policies.truth.monotonic_cst.items():
        moved = policies.data.copy()
        moved[name] = True if name == "garage" else moved[name] + steps[name]
        change = sign * (policies.truth.predict(moved) - policies.expected)
        assert change.min() >= 0
        assert change.max() > 0


def test_a_student_under_the_directions_is_proved_and_one_without_them_violates():
    policies = make_claims(800, random_state=0)
    directions = policies.truth.monotonic_cst
    teacher = as_teacher(policies.truth.predict)
    size = {"max_leaf_nodes": 16, "effort": "greedy", "augmentation": None, "random_state": 0}
    statuses = []
    for signs in (None, directions):
        student = DistilledTreeRegressor(teacher, monotonic_cst=signs, **size)
        student.fit(policies.data, policies.target)
        found = certify_monotonicity(student, X_ref=policies.data, columns=directions)
        statuses.append({one.status for one in found.student.values()})
    assert "violated" in statuses[0]
    assert statuses[1] == {"proved"}


@pytest.mark.parametrize("n_samples", [0, 2.5, True])
def test_a_number_of_rows_that_is_none_is_refused(n_samples):
    with pytest.raises(InvalidInputError, match="n_samples must be a whole number of at least 1"):
        make_claims(n_samples)

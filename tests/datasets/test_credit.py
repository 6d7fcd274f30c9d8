"""The loan book: seeded, in range, and true to the formula that its docstring states."""

import math

import numpy as np
import pandas as pd
import pytest

from interpkd.datasets import make_credit
from interpkd.exceptions import InvalidInputError


def stated_log_odds(row):
    """Read the formula off the docstring, one loan at a time."""
    odds = -2.1
    odds += 1.0 if pd.isna(row["income"]) else 2 * min(row["amount"] / row["income"], 1.5)
    odds += 0.02 * (row["term_months"] - 36)
    odds -= 0.03 * (min(row["age"], 50) - 35)
    odds += 0.3 * row["existing_loans"]
    odds += 1.2 if row["previous_default"] else 0
    odds -= 0.8 if row["guarantor"] else 0
    odds += {"business": 0.7, "home": -0.5}.get(row["purpose"], 0)
    if pd.isna(row["employment"]):
        odds += 0.4
    else:
        odds += {"unemployed": 0.8, "retired": -0.4}.get(row["employment"], 0)
        odds += 0.9 if row["employment"] == "unemployed" and not row["guarantor"] else 0
    return odds


def test_same_seed_same_table():
    one, two = make_credit(50, random_state=3), make_credit(50, random_state=3)
    pd.testing.assert_frame_equal(one.data, two.data)
    pd.testing.assert_series_equal(one.target, two.target)
    np.testing.assert_array_equal(one.probability, two.probability)
    assert not one.data.equals(make_credit(50, random_state=4).data)


def test_probability_is_the_stated_function_of_the_table():
    loans = make_credit(300, random_state=0)
    expected = [1 / (1 + math.exp(-stated_log_odds(row))) for _, row in loans.data.iterrows()]
    np.testing.assert_allclose(loans.probability, expected, rtol=1e-12)


def test_outcomes_follow_the_probability():
    loans = make_credit(20_000, random_state=0)
    defaulted = (loans.target == "default").to_numpy()
    # six standard errors of the mean of 20 000 coin throws
    assert abs(defaulted.mean() - loans.probability.mean()) < 6 * 0.5 / math.sqrt(20_000)
    risky = loans.probability > 0.5
    assert abs(defaulted[risky].mean() - loans.probability[risky].mean()) < 0.05
    assert 0.2 < defaulted.mean() < 0.4


def test_columns_have_their_stated_kinds_and_ranges():
    data = make_credit(4000, random_state=1).data
    assert data.shape == (4000, 10)
    for name in ("age", "amount", "term_months", "existing_loans"):
        assert pd.api.types.is_integer_dtype(data[name])
    for name in ("previous_default", "guarantor"):
        assert pd.api.types.is_bool_dtype(data[name])
    for name, count in (("purpose", 5), ("employment", 4), ("branch", 4)):
        assert data[name].nunique() == count
    assert data["age"].between(18, 75).all()
    assert data["amount"].between(500, 40_000).all()
    assert data["existing_loans"].between(0, 4).all()
    assert set(data["term_months"]) == {12, 24, 36, 48, 60}
    assert (data["income"].dropna() > 0).all()
    assert data.loc[data["employment"] == "retired", "age"].min() >= 60
    shares = data.isna().mean()
    assert 0.06 < shares["income"] < 0.10
    assert 0.03 < shares["employment"] < 0.07
    assert shares.drop(["income", "employment"]).eq(0).all()


def test_target_is_text_and_one_row_is_allowed():
    loans = make_credit(1, random_state=0)
    assert loans.target.iloc[0] in {"default", "repaid"}
    assert loans.target.name == "outcome"


@pytest.mark.parametrize("n_samples", [0, -1, 2.5, "many", True])
def test_a_number_of_rows_that_is_none_is_refused(n_samples):
    with pytest.raises(InvalidInputError, match="n_samples must be a whole number of at least 1"):
        make_credit(n_samples)

"""A made-up loan book: every kind of column, and a truth to compare models with."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from numbers import Integral
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.utils import Bunch, check_random_state

from interpkd.exceptions import InvalidInputError

if TYPE_CHECKING:
    from interpkd._typing import FloatArray

PURPOSES = ("business", "car", "education", "furniture", "home")
EMPLOYMENTS = ("employed", "retired", "self-employed", "unemployed")
BRANCHES = ("east", "north", "south", "west")
TERMS = (12, 24, 36, 48, 60)

DESCRIPTION = (
    "A made-up loan book. The chance of default is a known function of what the table shows, "
    "missing values included; the branch has no part in it."
)


def make_credit(
    n_samples: int = 1000, *, random_state: int | np.random.RandomState | None = None
) -> Bunch:
    r"""Generate a loan book whose true chance of default is known.

    Category, integer, boolean and decimal columns, missing values in two of them, and a text
    target. The truth is a function of what the table shows, so no model can do better on average
    than `probability`.

    Parameters
    ----------
    n_samples : int, default=1000
        Number of loans, at least 1.

    random_state : int, RandomState instance or None, default=None
        Seed of the draws; the same number gives the same table.

    Returns
    -------
    bunch : Bunch
        data : pandas.DataFrame of shape (n_samples, 10)
            ``age`` (whole years, 18 to 75), ``income`` (a year, above 0; about 8 % missing),
            ``amount`` (whole, 500 to 40 000), ``term_months`` (12, 24, 36, 48, 60),
            ``existing_loans`` (0 to 4), ``purpose`` (5 categories), ``employment`` (4 categories;
            about 5 % missing), ``previous_default`` and ``guarantor`` (booleans), ``branch`` (4
            categories).
        target : pandas.Series of shape (n_samples,)
            The texts ``"default"`` and ``"repaid"``, named ``"outcome"``.
        probability : ndarray of shape (n_samples,)
            The true chance of ``"default"``.
        description : str
            What the rows and columns are.

    Raises
    ------
    InvalidInputError
        If `n_samples` is not a whole number of at least 1.

    Notes
    -----
    The log-odds of default are the sum of

    - ``-2.1``,
    - ``2 * min(amount / income, 1.5)``, or ``1`` where the income is missing,
    - ``0.02 * (term_months - 36)``,
    - ``-0.03 * (min(age, 50) - 35)``: age helps up to 50 and not beyond,
    - ``0.3 * existing_loans``,
    - ``1.2`` after a previous default,
    - ``-0.8`` with a guarantor,
    - ``0.7`` for the purpose business, ``-0.5`` for home,
    - ``0.8`` when unemployed, ``-0.4`` when retired, ``0.4`` where the employment is missing,
    - ``0.9`` when unemployed and without a guarantor: an interaction.

    The branch has no part in it, and all columns are drawn independently of each other, except
    that only people of 60 and more are retired.

    Examples
    --------
    >>> from interpkd.datasets import make_credit
    >>> loans = make_credit(500, random_state=0)
    >>> print(loans.data.shape, sorted(loans.target.unique()))
    (500, 10) ['default', 'repaid']
    """
    import pandas as pd

    if not isinstance(n_samples, Integral) or isinstance(n_samples, bool) or n_samples < 1:
        msg = f"n_samples must be a whole number of at least 1, got {n_samples!r}."
        raise InvalidInputError(msg)
    rng = check_random_state(random_state)
    data = _draw(int(n_samples), rng)
    probability = _true_probability(data)
    defaulted = rng.uniform(size=n_samples) < probability
    target = pd.Series(np.where(defaulted, "default", "repaid"), name="outcome", dtype="object")
    return Bunch(data=data, target=target, probability=probability, description=DESCRIPTION)


def _draw(n: int, rng: np.random.RandomState) -> Any:
    """Draw the loans, one column after the other, as a pandas DataFrame."""
    import pandas as pd

    age = rng.randint(18, 76, size=n)
    employment = rng.choice([0, 2, 3], size=n, p=[0.7, 0.2, 0.1])
    employment = np.where((age >= 60) & (rng.uniform(size=n) < 0.7), 1, employment)
    income = rng.lognormal(mean=10.3, sigma=0.5, size=n).round(2)
    amount = np.clip(rng.lognormal(mean=8.9, sigma=0.8, size=n), 500, 40_000).astype(np.int64)
    return pd.DataFrame(
        {
            "age": age,
            "income": np.where(rng.uniform(size=n) < 0.08, np.nan, income),
            "amount": amount,
            "term_months": rng.choice(TERMS, size=n),
            "existing_loans": rng.binomial(4, 0.25, size=n),
            "purpose": _categories(rng.randint(len(PURPOSES), size=n), PURPOSES),
            "employment": _categories(
                np.where(rng.uniform(size=n) < 0.05, -1, employment), EMPLOYMENTS
            ),
            "previous_default": rng.uniform(size=n) < 0.12,
            "guarantor": rng.uniform(size=n) < 0.2,
            "branch": _categories(rng.randint(len(BRANCHES), size=n), BRANCHES),
        }
    )


def _true_probability(data: Any) -> FloatArray:
    """Apply the formula of the docstring to the table as it is shown."""
    unemployed = (data["employment"] == "unemployed").to_numpy()
    alone = ~data["guarantor"].to_numpy()
    burden = np.minimum(data["amount"] / data["income"], 1.5)
    log_odds = (
        -2.1
        + (2 * burden).fillna(1.0)
        + 0.02 * (data["term_months"] - 36)
        - 0.03 * (np.minimum(data["age"], 50) - 35)
        + 0.3 * data["existing_loans"]
        + 1.2 * data["previous_default"]
        - 0.8 * data["guarantor"]
        + 0.7 * (data["purpose"] == "business")
        - 0.5 * (data["purpose"] == "home")
        + 0.8 * unemployed
        - 0.4 * (data["employment"] == "retired")
        + 0.4 * data["employment"].isna()
        + 0.9 * (unemployed & alone)
    )
    return np.asarray(1 / (1 + np.exp(-log_odds.to_numpy(np.float64))))


def _categories(codes: Any, names: tuple[str, ...]) -> Any:
    """Give a pandas category column; -1 is missing."""
    import pandas as pd

    return pd.Categorical.from_codes(codes, categories=list(names))

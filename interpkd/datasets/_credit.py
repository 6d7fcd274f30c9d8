"""A made-up loan book: every kind of column, and a truth to compare models with."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils import Bunch, check_random_state

from interpkd.datasets._credit_truth import CLASSES, GROUPS, credit_truth
from interpkd.datasets._drawing import categories, check_effect, check_n_samples

PURPOSES = ("business", "car", "education", "furniture", "home")
EMPLOYMENTS = ("employed", "retired", "self-employed", "unemployed")
BRANCHES = ("east", "north", "south", "west")
TERMS = (12, 24, 36, 48, 60)

DESCRIPTION = (
    "A made-up loan book. The chance of default is a known function of what the table shows, "
    "missing values included; the branch has no part in it."
)
PLANTED = (
    "A made-up loan book. The chance of default is a known function of what the table shows, "
    "missing values included. Known effects were added to it: see `truth`."
)
POORER = 0.8
"""Incomes of group B against those of group A: what makes the group show in other columns."""


def make_credit(
    n_samples: int = 1000,
    *,
    group_effect: float | None = None,
    segment_effect: float = 0.0,
    random_state: int | np.random.RandomState | None = None,
) -> Bunch:
    r"""Generate a loan book whose true chance of default is known.

    Category, integer, boolean and decimal columns, missing values in two of them, and a text
    target. The truth is a function of what the table shows, so no model can do better on average
    than `probability`. On request there is a protected group, and a segment that a small student
    misses: then it is known what a fairness report and a search for the worst segment have to find.

    Parameters
    ----------
    n_samples : int, default=1000
        Number of loans, at least 1.

    group_effect : float or None, default=None
        What group B has more than group A in log-odds of default, all else equal. A number adds
        the column ``group``, drawn half and half, and makes the incomes of B a fifth lower: with 0
        the group has no part in the truth, and shows through the incomes all the same. None leaves
        the column out.

    segment_effect : float, default=0.0
        What car loans of the branch west, one loan in twenty, have more in log-odds of default.
        The others have so much less that neither the branch nor the purpose shows anything alone:
        a small tree that grows greedily misses the segment.

    random_state : int, RandomState instance or None, default=None
        Seed of the draws; the same number gives the same table.

    Returns
    -------
    bunch : Bunch
        data : pandas.DataFrame of shape (n_samples, 10), or (n_samples, 11) with groups
            ``age`` (whole years, 18 to 75), ``income`` (a year, above 0; about 8 % missing),
            ``amount`` (whole, 500 to 40 000), ``term_months`` (12, 24, 36, 48, 60),
            ``existing_loans`` (0 to 4), ``purpose`` (5 categories), ``employment`` (4 categories;
            about 5 % missing), ``previous_default`` and ``guarantor`` (booleans), ``branch`` (4
            categories); with groups ``group`` (A, B).
        target : pandas.Series of shape (n_samples,)
            The texts ``"default"`` and ``"repaid"``, named ``"outcome"``.
        probability : ndarray of shape (n_samples,)
            The true chance of ``"default"``.
        truth : Bunch
            ``predict_proba``, a function from any such table to the true chances of ``classes``,
            (n, 2): the truth as a teacher; ``monotonic_cst``, the direction of each column that has
            one, as students and :func:`~interpkd.fidelity.certify_monotonicity` take it;
            ``protected`` (``"group"`` or None) and ``group_effect``; ``segment`` (column to
            category), ``segment_effect`` and ``segment_rows``, a mask of the rows in the segment,
            all False without effect.
        description : str
            What the rows and columns are.

    Raises
    ------
    InvalidInputError
        If `n_samples` is not a whole number of at least 1, or an effect not a finite number.

    See Also
    --------
    make_claims : The same for a regression.

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
    - ``0.9`` when unemployed and without a guarantor: an interaction,
    - ``group_effect`` in group B,
    - ``segment_effect`` times 1 for car loans of the branch west, ``-1/4`` for its other loans,
      ``-1/3`` for other branches' car loans and ``1/12`` for the rest.

    Otherwise the branch has no part in it, and all columns are drawn independently of each other,
    except that only people of 60 and more are retired, and for the incomes of group B. The effects
    change no other draw: the same seed gives the same loans with them and without, incomes of B
    and outcomes aside.

    Examples
    --------
    >>> from interpkd.datasets import make_credit
    >>> loans = make_credit(500, random_state=0)
    >>> print(loans.data.shape, sorted(loans.target.unique()))
    (500, 10) ['default', 'repaid']

    A planted segment, and what is true of it:

    >>> loans = make_credit(2000, segment_effect=3.0, random_state=0)
    >>> truth = loans.truth
    >>> print(truth.segment, truth.segment_rows.sum())
    {'branch': 'west', 'purpose': 'car'} 92
    >>> inside, outside = truth.segment_rows, ~truth.segment_rows
    >>> print(loans.probability[inside].mean().round(2), loans.probability[outside].mean().round(2))
    0.8 0.27
    """
    import pandas as pd

    n_samples = check_n_samples(n_samples)
    segment_effect = check_effect("segment_effect", segment_effect)
    if group_effect is not None:
        group_effect = check_effect("group_effect", group_effect)
    rng = check_random_state(random_state)
    data = _draw(n_samples, rng)
    luck = rng.uniform(size=n_samples)
    if group_effect is not None:
        _add_groups(data, rng)
    truth = credit_truth(data, group_effect, segment_effect)
    probability = truth.predict_proba(data)[:, 0]
    target = pd.Series(np.where(luck < probability, *CLASSES), name="outcome", dtype="object")
    is_plain = group_effect is None and segment_effect == 0
    return Bunch(
        data=data,
        target=target,
        probability=probability,
        truth=truth,
        description=DESCRIPTION if is_plain else PLANTED,
    )


def _add_groups(data: Any, rng: np.random.RandomState) -> None:
    """Draw the groups, last of all, and lower the incomes of group B."""
    in_b = rng.uniform(size=len(data)) < 0.5
    data["group"] = categories(in_b.astype(np.int64), GROUPS)
    data["income"] = np.where(in_b, (POORER * data["income"]).round(2), data["income"])


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
            "purpose": categories(rng.randint(len(PURPOSES), size=n), PURPOSES),
            "employment": categories(
                np.where(rng.uniform(size=n) < 0.05, -1, employment), EMPLOYMENTS
            ),
            "previous_default": rng.uniform(size=n) < 0.12,
            "guarantor": rng.uniform(size=n) < 0.2,
            "branch": categories(rng.randint(len(BRANCHES), size=n), BRANCHES),
        }
    )

"""A made-up motor book: a regression whose truth, and whose noise, are known."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.utils import Bunch, check_random_state

from interpkd.datasets._drawing import categories, check_n_samples

if TYPE_CHECKING:
    from interpkd._typing import FloatArray

REGIONS = ("city", "coast", "country", "suburb")
FUELS = ("diesel", "electric", "petrol")
REGION_EFFECTS = {"city": 0.4, "country": -0.2, "suburb": 0.1}
SHAPE = 2.0
"""Shape of the gamma distribution: the variance is the squared mean over it."""

MONOTONIC = {"annual_km": 1, "bonus_malus": 1, "garage": -1, "power": 1, "vehicle_age": -1}
DESCRIPTION = (
    "A made-up motor book. The expected claims of a year are a known function of what the table "
    "shows, missing values included; the fuel has no part in it."
)


def make_claims(
    n_samples: int = 1000, *, random_state: int | np.random.RandomState | None = None
) -> Bunch:
    r"""Generate a motor book whose expected claims are known: a regression.

    Numeric, boolean and category columns, missing values in one of them, and a target that is
    skewed as claims are. The truth is a function of what the table shows, so no model can do better
    on average than `expected`.

    Parameters
    ----------
    n_samples : int, default=1000
        Number of policies, at least 1.

    random_state : int, RandomState instance or None, default=None
        Seed of the draws; the same number gives the same table.

    Returns
    -------
    bunch : Bunch
        data : pandas.DataFrame of shape (n_samples, 8)
            ``driver_age`` (18 to 85), ``vehicle_age`` (0 to 20), ``power`` (kW, 40 to 250),
            ``annual_km`` (1 000 to 60 000; about 6 % missing), ``bonus_malus`` (50 to 150), all
            whole; ``garage`` (boolean), ``region`` (4 categories), ``fuel`` (3 categories).
        target : pandas.Series of shape (n_samples,)
            The claims of a year, above 0, named ``"claims"``.
        expected : ndarray of shape (n_samples,)
            Their true mean, given the row.
        truth : Bunch
            ``predict``, a function from any such table to the true means: the truth as a teacher;
            ``monotonic_cst``, the direction of each column that has one; ``noise_variance``, the
            variance of each row's target around `expected`.
        description : str
            What the rows and columns are.

    Raises
    ------
    InvalidInputError
        If `n_samples` is not a whole number of at least 1.

    See Also
    --------
    make_credit : The same with classes.

    Notes
    -----
    The expected claims are 400 times the exponential of the sum of

    - ``0.08 * (25 - driver_age)`` below 25, ``0.03 * (driver_age - 70)`` above 70: both ends are
      worse than the middle, so the driver's age has no direction,
    - ``0.004 * (power - 100)``,
    - ``0.5`` for drivers below 25 with more than 150 kW: an interaction,
    - ``0.01 * (bonus_malus - 100)``,
    - ``0.4 * log(annual_km / 12000)``, or ``0.1`` where it is missing,
    - ``-0.03 * min(vehicle_age, 12)``,
    - ``-0.15`` with a garage,
    - ``0.4`` in the city, ``0.1`` in a suburb, ``-0.2`` in the country.

    The fuel has no part in it. Claims are gamma distributed around their mean, with its square over
    2 as variance. All columns are drawn independently of each other.

    Examples
    --------
    >>> from interpkd.datasets import make_claims
    >>> policies = make_claims(500, random_state=0)
    >>> print(policies.data.shape, policies.target.min() > 0)
    (500, 8) True

    The share of the variance that even the truth leaves unexplained:

    >>> print(round(float(policies.truth.noise_variance.mean() / policies.target.var()), 2))
    0.77
    """
    import pandas as pd

    n_samples = check_n_samples(n_samples)
    rng = check_random_state(random_state)
    data = _draw(n_samples, rng)
    expected = _expected(data)
    claims = expected * rng.gamma(SHAPE, 1 / SHAPE, size=n_samples)
    truth = Bunch(
        predict=_expected,
        monotonic_cst=dict(MONOTONIC),
        noise_variance=expected**2 / SHAPE,
    )
    return Bunch(
        data=data,
        target=pd.Series(claims, name="claims"),
        expected=expected,
        truth=truth,
        description=DESCRIPTION,
    )


def _draw(n: int, rng: np.random.RandomState) -> Any:
    """Draw the policies, one column after the other, as a pandas DataFrame."""
    import pandas as pd

    km = np.clip(rng.lognormal(mean=9.4, sigma=0.5, size=n), 1_000, 60_000).round()
    power = np.clip(rng.normal(loc=105, scale=40, size=n), 40, 250)
    return pd.DataFrame(
        {
            "driver_age": rng.randint(18, 86, size=n),
            "vehicle_age": rng.randint(0, 21, size=n),
            "power": power.astype(np.int64),
            "annual_km": np.where(rng.uniform(size=n) < 0.06, np.nan, km),
            "bonus_malus": np.clip(rng.normal(80, 25, size=n), 50, 150).astype(np.int64),
            "garage": rng.uniform(size=n) < 0.5,
            "region": categories(rng.randint(len(REGIONS), size=n), REGIONS),
            "fuel": categories(rng.randint(len(FUELS), size=n), FUELS),
        }
    )


def _expected(data: Any) -> FloatArray:
    """Apply the formula of the docstring to the table as it is shown."""
    age, power = data["driver_age"], data["power"]
    exponent = (
        0.08 * np.maximum(25 - age, 0)
        + 0.03 * np.maximum(age - 70, 0)
        + 0.004 * (power - 100)
        + 0.5 * ((age < 25) & (power > 150))
        + 0.01 * (data["bonus_malus"] - 100)
        + (0.4 * np.log(data["annual_km"] / 12_000)).fillna(0.1)
        - 0.03 * np.minimum(data["vehicle_age"], 12)
        - 0.15 * data["garage"]
    )
    for region, effect in REGION_EFFECTS.items():
        exponent = exponent + effect * (data["region"] == region)
    return np.asarray(400 * np.exp(exponent.to_numpy(np.float64)))

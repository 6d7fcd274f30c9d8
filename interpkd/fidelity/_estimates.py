"""A share or a mean of numbers of one's own, with the interval that holds for it."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import math
from numbers import Real
from typing import TYPE_CHECKING

import numpy as np

from interpkd.exceptions import InvalidInputError
from interpkd.fidelity._inputs import check_alpha, check_groups, check_weights
from interpkd.fidelity._intervals import ScoreEstimate, measure
from interpkd.fidelity._sample import Sample
from interpkd.fidelity._statistics import Share, WeightedMean

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from interpkd._typing import BoolArray, FloatArray
    from interpkd.fidelity._statistics import Statistic


def estimate_share(
    rows: ArrayLike,
    *,
    sample_weight: ArrayLike | None = None,
    groups: ArrayLike | None = None,
    alpha: float = 0.05,
) -> ScoreEstimate:
    """Estimate the share of rows on which a statement holds, with its interval.

    The interval is exact (Clopper and Pearson) for equal, independent rows, and guaranteed (by
    betting) for weighted rows and for whole groups.

    Parameters
    ----------
    rows : array-like of bool of shape (n_samples,)
        Where the statement holds.

    sample_weight : array-like of shape (n_samples,) or None, default=None
        Row weights, at least 0. Rows of weight 0 are left out.

    groups : array-like of shape (n_samples,) or None, default=None
        Labels of dependent rows; they are then the units of the interval.

    alpha : float, default=0.05
        One minus the confidence, strictly between 0 and 1.

    Returns
    -------
    share : ScoreEstimate
        The estimate with its interval.

    Raises
    ------
    InvalidInputError
        If a parameter breaks its rule.

    See Also
    --------
    interpkd.fidelity.estimate_mean : The same of a number per row.

    Examples
    --------
    >>> from interpkd.fidelity import estimate_share
    >>> share = estimate_share([True] * 90 + [False] * 10)
    >>> print(f"{share.estimate} [{share.low:.3f}, {share.high:.3f}], {share.method}")
    0.9 [0.824, 0.951], Clopper-Pearson, exact
    """
    holds = _read(rows, "rows")
    if not np.isin(holds, (0.0, 1.0)).all():
        msg = "rows must hold truth values. Pass estimate_mean the numbers instead."
        raise InvalidInputError(msg)
    sample, used = _sample(len(holds), sample_weight, groups)
    return _estimate(Share(holds[used] > 0), sample, _check_level(alpha))


def estimate_mean(
    values: ArrayLike,
    *,
    lowest: float = -math.inf,
    highest: float = math.inf,
    sample_weight: ArrayLike | None = None,
    groups: ArrayLike | None = None,
    alpha: float = 0.05,
) -> ScoreEstimate:
    """Estimate the mean of one number per row, with its interval.

    The interval is guaranteed (by betting) where the numbers have bounds, else a jackknife t
    interval.

    Parameters
    ----------
    values : array-like of shape (n_samples,)
        The numbers.

    lowest : float, default=-inf
        A number that none is below by what it is, not by what was observed.

    highest : float, default=inf
        Likewise one that none is above.

    sample_weight : array-like of shape (n_samples,) or None, default=None
        Row weights, at least 0. Rows of weight 0 are left out.

    groups : array-like of shape (n_samples,) or None, default=None
        Labels of dependent rows; they are then the units of the interval.

    alpha : float, default=0.05
        One minus the confidence, strictly between 0 and 1; of numbers without bounds at least
        0.001.

    Returns
    -------
    mean : ScoreEstimate
        The estimate with its interval.

    Raises
    ------
    InvalidInputError
        If a parameter breaks its rule.

    See Also
    --------
    interpkd.fidelity.estimate_share : The same of truth values.

    Examples
    --------
    >>> from interpkd.fidelity import estimate_mean
    >>> mean = estimate_mean([0.1, 0.2, 0.3] * 20, lowest=0, highest=1)
    >>> print(f"{mean.estimate:.1f}, {mean.method}")
    0.2, betting bounds, guaranteed
    """
    numbers = _read(values, "values")
    if not lowest < highest or numbers.min() < lowest or numbers.max() > highest:
        msg = (
            f"values must lie in [lowest, highest], got values from {numbers.min():g} to "
            f"{numbers.max():g} and bounds {lowest:g} and {highest:g}."
        )
        raise InvalidInputError(msg)
    is_bounded = math.isfinite(highest - lowest)
    alpha = _check_level(alpha) if is_bounded else check_alpha(alpha)
    sample, used = _sample(len(numbers), sample_weight, groups)
    return _estimate(WeightedMean(numbers[used], lowest=lowest, highest=highest), sample, alpha)


def _read(values: ArrayLike, name: str) -> FloatArray:
    try:
        numbers = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        msg = f"{name} must hold one number per row; they cannot be read as floats: {error}"
        raise InvalidInputError(msg) from error
    if numbers.ndim != 1 or not len(numbers) or not np.isfinite(numbers).all():
        msg = f"{name} must hold one finite number per row, at least one, shape {numbers.shape}."
        raise InvalidInputError(msg)
    return numbers


def _sample(
    n: int, sample_weight: ArrayLike | None, groups: ArrayLike | None
) -> tuple[Sample, BoolArray]:
    """Give weights and groups of the rows that count, and which they are."""
    weights = check_weights(sample_weight, n)
    codes = None if groups is None else check_groups(groups, n)
    used = weights > 0
    return Sample(weights[used], None if codes is None else codes[used]), used


def _estimate(statistic: Statistic, sample: Sample, alpha: float) -> ScoreEstimate:
    return measure({"": statistic}, sample, alpha)[""]


def _check_level(alpha: float) -> float:
    """Check alpha of an interval that is guaranteed at any level."""
    if isinstance(alpha, bool) or not isinstance(alpha, Real) or not 0 < alpha < 1:
        msg = f"alpha must be a number strictly between 0 and 1, got {alpha!r}."
        raise InvalidInputError(msg)
    return float(alpha)

"""The exact interval of a share of equal, independent rows."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from scipy.special import betaincinv


def clopper_pearson(n_true: int, n_rows: int, alpha: float) -> tuple[float, float]:
    """Give the exact two-sided interval of a share of independent rows.

    It covers the true share with probability at least ``1 - alpha`` whatever the share and the
    number of rows [1]_.

    Parameters
    ----------
    n_true : int
        Rows on which the statement holds.

    n_rows : int
        All rows.

    alpha : float
        One minus the confidence.

    Returns
    -------
    low, high : float
        The interval.

    References
    ----------
    .. [1] C. Clopper and E. Pearson, "The use of confidence or fiducial limits illustrated in the
       case of the binomial", Biometrika 26, 1934.

    Examples
    --------
    >>> low, high = clopper_pearson(90, 100, alpha=0.05)
    >>> print(f"{low:.4f} {high:.4f}")
    0.8238 0.9510
    """
    n_false = n_rows - n_true
    low = betaincinv(n_true, n_false + 1, alpha / 2) if n_true else 0.0
    high = betaincinv(n_true + 1, n_false, 1 - alpha / 2) if n_false else 1.0
    return float(low), float(high)

"""An additive model on few bins, cut where the fitted function of each column changes.

Two fits of the same kind: one on many fine bins, held together by a penalty on neighbours, says
what each column does; optimal cuts on what it says give few bins, and the second is fitted on them.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd.exceptions import InvalidInputError
from interpkd.learners._bin_basis import make_basis, make_level_basis
from interpkd.learners._linear_model import check_number, check_weights
from interpkd.learners._row_blocks import one_blas_thread
from interpkd.learners._scorecard_bins import ScorecardBins
from interpkd.learners._scorecard_cuts import WORTH_A_CUT, best_segmentations, spend_cuts
from interpkd.learners._scorecard_rows import ArrayRows, all_fine_bins
from interpkd.learners._scorecard_selection import select_columns

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from interpkd._typing import FloatArray, IntArray
    from interpkd.learners._bin_basis import Basis
    from interpkd.learners._binned_sum import AdditiveFit
    from interpkd.learners._scorecard_rows import CodedRows

FINE_STEP, FINE_LINE, STEP = 1e-3, 3e-5, 1e-4
"""Ridges: of steps between fine bins, of the straight line under them, of steps between bins."""

FINE_TOLERANCE, TOLERANCE = 1e-2, 1e-5


@dataclass(frozen=True)
class ScorecardModel:
    """A fitted additive model on bins.

    Attributes
    ----------
    columns : ndarray of shape (n_selected,)
        Ascending numbers of the columns in the model.

    bins : list of ScorecardBins
        The bins of each.

    log_odds : list of ndarray of shape (n_bins,)
        What each bin adds to the log odds of the second class; the mean over the known rows of a
        column is zero, and a bin without rows has the mean.

    intercept : float
        The log odds of a row with the mean of every column.

    loss : float
        Weighted mean log loss in nats.
    """

    columns: IntArray
    bins: list[ScorecardBins]
    log_odds: list[FloatArray]
    intercept: float
    loss: float

    def codes(self, Z: FloatArray) -> NDArray[np.int16]:
        """Give the bins of rows.

        Parameters
        ----------
        Z : ndarray of shape (n_samples, n_features)
            Rows; NaN is missing.

        Returns
        -------
        codes : ndarray of shape (n_selected, n_samples)
            Number of the bin, for each column in the model.
        """
        return np.stack([b.codes(Z[:, i]) for i, b in zip(self.columns, self.bins, strict=True)])

    def decision_function(self, Z: FloatArray) -> FloatArray:
        """Give the log odds of the second class for rows.

        Parameters
        ----------
        Z : ndarray of shape (n_samples, n_features)
            Rows; NaN is missing.

        Returns
        -------
        log_odds : ndarray of shape (n_samples,)
            Natural logarithms of the odds.
        """
        total = np.full(len(Z), self.intercept)
        for code, value in zip(self.codes(Z), self.log_odds, strict=True):
            total += value[code]
        return total

    def scaled(self, factor: float) -> ScorecardModel:
        """Give the model with all log odds multiplied by a factor.

        Parameters
        ----------
        factor : float
            The factor.

        Returns
        -------
        model : ScorecardModel
            The same bins.
        """
        log_odds = [factor * values for values in self.log_odds]
        return replace(self, log_odds=log_odds, intercept=factor * self.intercept)


def fit_scorecard(
    Z: FloatArray,
    p: FloatArray,
    weights: FloatArray,
    *,
    counted: FloatArray | None = None,
    n_categories: Sequence[int] | None = None,
    special_values: Sequence[FloatArray] | None = None,
    signs: NDArray[np.int8] | None = None,
    max_bins: int = 16,
    mean_cuts: float = 7.0,
    min_bin_share: float = 0.005,
    max_features: int | None = None,
) -> ScorecardModel:
    """Fit an additive model on few bins to probabilities.

    Parameters
    ----------
    Z : ndarray of shape (n_samples, n_features)
        Numbers, or codes of categories; NaN where missing.

    p : ndarray of shape (n_samples,)
        Soft targets: probabilities of the second class.

    weights : ndarray of shape (n_samples,)
        Row weights.

    counted : ndarray of shape (n_samples,) or None, default=None
        Weights that `min_bin_share` is a share of; None for `weights`.

    n_categories : sequence of int or None, default=None
        Per column its number of categories, 0 for numbers; None for numbers only.

    special_values : sequence of ndarray or None, default=None
        Per column the values that have a bin of their own.

    signs : ndarray of shape (n_features,) or None, default=None
        Per column whether log odds may only rise (1) or fall (-1) along its known values.

    max_bins : int, default=16
        Most bins of a column, without those of special and missing values.

    mean_cuts : float, default=7.0
        Cuts per column of more than two values, on average and at most: one budget for all.

    min_bin_share : float, default=0.005
        Least share of `counted` in a bin of known values.

    max_features : int or None, default=None
        Most columns in the model.

    Returns
    -------
    model : ScorecardModel
        The model.

    Raises
    ------
    InvalidInputError
        If shapes do not fit together, a parameter is out of its range or there are too many
        columns and categories.

    Notes
    -----
    The first fit lowers the log loss on at most about 40 bins a column, with a ridge on the steps
    between neighbours. Its functions are cut so that the weighted square of the change is least
    [1]_, and the second fit is on those bins. Columns are dropped one after the other where the
    quadratic model of the first fit's loss says that it rises least.

    References
    ----------
    .. [1] W. Fisher, "On grouping for maximum homogeneity", JASA 53, 1958.

    Examples
    --------
    >>> import numpy as np
    >>> from interpkd.learners import fit_scorecard
    >>> x = np.arange(100.0)
    >>> model = fit_scorecard(x[:, None], np.where(x < 30, 0.2, 0.7), np.ones(100), mean_cuts=1)
    >>> model.bins[0].cuts
    array([29.5])
    """
    check_weights(weights, len(Z))
    if Z.ndim != 2 or p.shape != (len(Z),):
        msg = f"Z must be rows and p one number for each, got shapes {Z.shape} and {p.shape}."
        raise InvalidInputError(msg)
    check_cuts(mean_cuts, min_bin_share)
    fine = all_fine_bins(Z, weights, n_categories, special_values)
    rows = ArrayRows(Z, p, weights, weights if counted is None else counted, fine)
    return fit_on(
        rows,
        signs=signs,
        max_bins=max_bins,
        mean_cuts=mean_cuts,
        min_bin_share=min_bin_share,
        max_features=max_features,
    )


def check_cuts(mean_cuts: float, min_bin_share: float) -> None:
    """Check parameters of `fit_scorecard`."""
    check_number("mean_cuts", mean_cuts, least=0, most=np.inf, open_left=False)
    check_number("min_bin_share", min_bin_share, least=0, most=0.5, open_left=False)


def fit_on(
    rows: CodedRows,
    *,
    signs: NDArray[np.int8] | None,
    max_bins: int,
    mean_cuts: float,
    min_bin_share: float,
    max_features: int | None,
) -> ScorecardModel:
    """Fit an additive model on few bins, whatever keeps the rows.

    Parameters
    ----------
    rows : CodedRows
        Who sums over rows.

    signs, max_bins, mean_cuts, min_bin_share, max_features
        As of `fit_scorecard`.

    Returns
    -------
    model : ScorecardModel
        The model.
    """
    signs = np.zeros(len(rows.fine), dtype=np.int8) if signs is None else signs
    with one_blas_thread():
        chosen, bins = _choose_bins(rows, signs, max_bins, mean_cuts, min_bin_share, max_features)
        coded = rows.coded(chosen, bins)
        bases = [
            make_basis(mass, b.n_known, steps=STEP, apart=STEP, sign=int(signs[i]))
            for i, b, mass in zip(chosen, bins, rows.masses(coded), strict=True)
        ]
        fit, _ = rows.fit(coded, bases, tol=TOLERANCE)
    return ScorecardModel(chosen, bins, fit.functions, fit.intercept, fit.loss)


def _choose_bins(
    rows: CodedRows,
    signs: NDArray[np.int8],
    max_bins: int,
    mean_cuts: float,
    min_bin_share: float,
    max_features: int | None,
) -> tuple[IntArray, list[ScorecardBins]]:
    """Fit on fine bins, select columns, and cut each where its function changes."""
    chosen = np.arange(len(rows.fine))
    coded = rows.coded(chosen)
    bases = [
        _fine_basis(b, mass, line, int(sign))
        for b, mass, line, sign in zip(
            rows.fine, rows.masses(coded), rows.means(coded), signs, strict=True
        )
    ]
    fit, hessian = rows.fit(coded, bases, tol=FINE_TOLERANCE)
    if max_features is not None and max_features < len(chosen):
        chosen = select_columns(hessian, fit.parameters, max_features)
        coded = rows.coded(chosen)
        fit, _ = rows.fit(coded, [bases[i] for i in chosen], tol=FINE_TOLERANCE)
    return chosen, _cut(rows, chosen, coded, fit, max_bins, mean_cuts, min_bin_share)


def _fine_basis(bins: ScorecardBins, mass: FloatArray, line: FloatArray, sign: int) -> Basis:
    """Make the basis of a column's fine bins: a line and steps, or levels of a category."""
    if bins.groups is not None:
        return make_level_basis(mass, bins.n_known, ridge=STEP)
    return make_basis(
        mass,
        bins.n_known,
        steps=FINE_STEP,
        apart=STEP,
        line=line,
        line_ridge=FINE_LINE,
        sign=sign,
    )


def _cut(
    rows: CodedRows,
    chosen: IntArray,
    coded: Any,
    fit: AdditiveFit,
    max_bins: int,
    mean_cuts: float,
    min_bin_share: float,
) -> list[ScorecardBins]:
    """Join fine bins into few, on one budget for the columns of more than two of them."""
    fine = [rows.fine[i] for i in chosen]
    ways, orders = [], []
    counted = rows.counted(coded)
    for bins, function, curvature, mass in zip(
        fine, fit.functions, rows.curvatures(coded, fit), counted, strict=True
    ):
        n = bins.n_known
        order = np.arange(n)
        if bins.groups is not None:
            order = np.argsort(function[:n], kind="stable")
        ways.append(
            best_segmentations(
                function[:n][order],
                curvature[:n][order],
                mass[:n][order],
                most_bins=min(max_bins, n),
                least_mass=min_bin_share * float(mass.sum()),
            )
        )
        orders.append(order)
    n_wide = sum(bins.n_known > 2 for bins in fine)
    wide = [way for way, bins in zip(ways, fine, strict=True) if bins.n_known > 2]
    spent = iter(spend_cuts(wide, round(mean_cuts * n_wide), WORTH_A_CUT))
    n_cuts = [
        next(spent) if bins.n_known > 2 else int(np.isfinite(way.costs[1:]).sum())
        for way, bins in zip(ways, fine, strict=True)
    ]
    return [
        _join(bins, order, way.ends[k])
        for bins, order, way, k in zip(fine, orders, ways, n_cuts, strict=True)
    ]


def _join(bins: ScorecardBins, order: NDArray[np.intp], ends: IntArray) -> ScorecardBins:
    """Join the fine bins between some ends, the bins taken in an order."""
    if bins.groups is None:
        return ScorecardBins(bins.cuts[ends], bins.special)
    groups = np.empty(len(order), dtype=np.int64)
    groups[order] = np.searchsorted(ends, np.arange(len(order)), side="left")
    return ScorecardBins(groups=groups, special=bins.special)

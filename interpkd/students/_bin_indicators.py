"""A transformer to the bins of a scorecard: one 0/1 column per bin."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from interpkd._validation import check_feature_names_in, fit_context
from interpkd.exceptions import InvalidInputError
from interpkd.learners import ScorecardBins, fine_bins

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray
    from sklearn.utils import Tags

    from interpkd._typing import FloatArray, Table


class BinIndicators(TransformerMixin, BaseEstimator):
    """One 0/1 column for each bin of each column: intervals, groups, special and missing values.

    Parameters
    ----------
    bins : dict of int to ScorecardBins or None, default=None
        The bins of columns by position; other columns are left out. None cuts every column into
        four bins of about the same number of rows.

    Attributes
    ----------
    bins_ : dict of int to ScorecardBins
        The bins.

    n_features_in_ : int
        Number of columns seen during fit.

    feature_names_in_ : ndarray of shape (n_features,)
        Names of the columns, when all are texts.

    See Also
    --------
    interpkd.DistilledScorecardClassifier : The student whose first step this is.

    Examples
    --------
    >>> import numpy as np
    >>> from interpkd.learners import ScorecardBins
    >>> from interpkd.students import BinIndicators
    >>> X = np.array([[1.0], [3.0], [np.nan]])
    >>> BinIndicators({0: ScorecardBins(np.array([2.0]))}).fit_transform(X)
    array([[1., 0., 0.],
           [0., 1., 0.],
           [0., 0., 1.]])
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {"bins": [dict, None]}

    def __init__(self, bins: Mapping[int, ScorecardBins] | None = None) -> None:
        self.bins = bins

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Table, y: Any = None) -> Self:  # noqa: ARG002 - a pipeline passes it
        """Take the bins, or find some.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Numbers, or codes of categories; NaN where missing.

        y : None, default=None
            Not used.

        Returns
        -------
        self : object
            The fitted transformer.
        """
        X = validate_data(self, X, dtype=np.float64, ensure_all_finite="allow-nan")
        if self.bins is None:
            ones, none = np.ones(len(X)), np.zeros(0)
            self.bins_ = {i: fine_bins(X[:, i], ones, none, 0, 4) for i in range(X.shape[1])}
            return self
        strange = [i for i in self.bins if not 0 <= i < X.shape[1]]
        if strange or not self.bins:
            msg = (
                f"The 'bins' parameter needs positions of columns of X, 0 to {X.shape[1] - 1}, got "
                f"{list(self.bins)}."
            )
            raise InvalidInputError(msg)
        self.bins_ = dict(self.bins)
        return self

    def transform(self, X: Table) -> FloatArray:
        """Tell for every bin which rows are in it.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            The rows.

        Returns
        -------
        indicators : ndarray of shape (n_samples, n_bins)
            0 and 1; each column of `X` has its bins side by side, known ones first, then special
            values, then missing ones.
        """
        check_is_fitted(self)
        X = validate_data(self, X, reset=False, dtype=np.float64, ensure_all_finite="allow-nan")
        rows = np.arange(len(X))
        out = np.zeros((len(X), sum(bins.n_bins for bins in self.bins_.values())))
        start = 0
        for i, bins in self.bins_.items():
            out[rows, start + bins.codes(X[:, i])] = 1.0
            start += bins.n_bins
        return out

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[Any]:
        """Give the names of the bins.

        Parameters
        ----------
        input_features : array-like of str or None, default=None
            Names of the columns of `X`; None for those seen in `fit`, or "x0", "x1", ….

        Returns
        -------
        names : ndarray of shape (n_bins,)
            Column and bin.
        """
        check_is_fitted(self)
        names = check_feature_names_in(self, input_features)
        return np.array(
            [f"{names[i]} {text}" for i, bins in self.bins_.items() for text in bin_texts(bins)],
            dtype=object,
        )

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags


def bin_texts(bins: ScorecardBins, categories: Sequence[Any] | None = None) -> list[str]:
    """Say what is in each bin of a column.

    Parameters
    ----------
    bins : ScorecardBins
        The bins.

    categories : sequence or None, default=None
        Categories in the order of their codes, which else are named by code.

    Returns
    -------
    texts : list of str
        One per bin, such as "<= 20", "(20, 30]", "> 30", "= -9" and "missing".
    """
    apart = [f"= {_number(value)}" for value in bins.special]
    if bins.groups is not None:
        names = range(len(bins.groups)) if categories is None else categories
        known = [
            ", ".join(
                str(name) for name, group in zip(names, bins.groups, strict=True) if group == k
            )
            for k in range(bins.n_known)
        ]
        return [*(text or "none" for text in known), *apart, "missing or other"]
    ends = [_number(cut) for cut in bins.cuts]
    if not ends:
        return ["any value", *apart, "missing"]
    between = [f"({low}, {high}]" for low, high in pairwise(ends)]
    return [f"<= {ends[0]}", *between, f"> {ends[-1]}", *apart, "missing"]


def _number(value: float) -> str:
    """Write a number as short as it can be read back."""
    short = f"{value:g}"
    return short if float(short) == value else repr(float(value))

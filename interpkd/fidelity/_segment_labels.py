"""Labels of rows that every student has: bands of a score, and leaves of a tree."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from numbers import Integral
from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd._structure import leaf_paths, take_apart
from interpkd._validation import check_predictions, num_samples
from interpkd.exceptions import InvalidInputError
from interpkd.fidelity._segments import MAX_VALUES

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from interpkd._typing import FloatArray, IntArray, Table


def score_bands(
    scores: ArrayLike, *, n_bands: int = 10, edges: ArrayLike | None = None
) -> NDArray[Any]:
    """Label rows by the band that their score lies in, for the `segments` of a report.

    Parameters
    ----------
    scores : array-like of shape (n_samples,)
        One finite number per row, such as the teacher's probability of the second class.

    n_bands : int, default=10
        Bands of about equally many rows, from 2 to 50; fewer where many rows share a score.

    edges : array-like of shape (n_edges,) or None, default=None
        Rising inner borders of fixed bands, in place of `n_bands`; a score on a border belongs to
        the lower band.

    Returns
    -------
    labels : ndarray of str of shape (n_samples,)
        Such as ``"03: 0.12 < score <= 0.18"``; sorting the labels sorts the bands.

    Raises
    ------
    InvalidInputError
        If `n_bands` or `edges` break their rule.

    Examples
    --------
    >>> from interpkd.fidelity import score_bands
    >>> for label in score_bands([0.01, 0.2, 0.04, 0.7], edges=[0.05, 0.5]):
    ...     print(label)
    1: score <= 0.05
    2: 0.05 < score <= 0.5
    1: score <= 0.05
    3: score > 0.5
    """
    values = check_predictions(scores, n_samples=num_samples(scores), source="scores")
    borders = _quantile_borders(values, n_bands) if edges is None else _check_edges(edges)
    width = len(str(len(borders) + 1))
    names = [f"{k + 1:0{width}d}: {_band(borders, k)}" for k in range(len(borders) + 1)]
    return np.array(names)[np.searchsorted(borders, values, side="left")]


def leaf_labels(student: Any, X: Table) -> IntArray:
    """Label rows by the rule of a tree student that decides them, for the `segments` of a report.

    Parameters
    ----------
    student : fitted estimator
        A tree student, or a decision tree of scikit-learn.

    X : array-like or data frame of shape (n_samples, n_features)
        The rows, columns as in training.

    Returns
    -------
    labels : ndarray of int of shape (n_samples,)
        Number of the rule, from 1, leaves from left to right: the number that
        :func:`~interpkd.export.rule_list` gives it.

    Raises
    ------
    InvalidInputError
        If the student is no tree.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from interpkd.fidelity import leaf_labels
    >>> X, y = load_iris(return_X_y=True)
    >>> leaf_labels(DecisionTreeClassifier(max_leaf_nodes=3, random_state=0).fit(X, y), X)[::50]
    array([1, 2, 3])
    """
    structure = take_apart(student)
    if not structure.is_tree:
        msg = (
            f"student must be a tree to have leaves; {type(structure.core).__name__} is none. "
            "Divide the rows by score_bands instead."
        )
        raise InvalidInputError(msg)
    number = np.zeros(structure.core.tree_.node_count, dtype=np.int64)
    for k, (leaf, _) in enumerate(leaf_paths(structure.core.tree_), start=1):
        number[leaf] = k
    return number[structure.core.apply(structure.encode(X))]


def _quantile_borders(values: FloatArray, n_bands: int) -> FloatArray:
    is_whole = isinstance(n_bands, Integral) and not isinstance(n_bands, bool)
    if not is_whole or not 2 <= n_bands <= MAX_VALUES:
        msg = f"n_bands must be an int from 2 to {MAX_VALUES}, got {n_bands!r}."
        raise InvalidInputError(msg)
    borders = np.unique(np.quantile(values, np.arange(1, n_bands) / n_bands, method="inverted_cdf"))
    return borders[borders < values.max()]


def _check_edges(edges: ArrayLike) -> FloatArray:
    borders = check_predictions(edges, n_samples=num_samples(edges), source="edges")
    if len(borders) == 0 or len(borders) >= MAX_VALUES or (np.diff(borders) <= 0).any():
        msg = (
            f"edges must be 1 to {MAX_VALUES - 1} rising numbers, the inner borders of the bands, "
            f"got {np.asarray(edges).tolist()}."
        )
        raise InvalidInputError(msg)
    return borders


def _band(borders: FloatArray, k: int) -> str:
    """Write the k-th band; borders with four digits, as a reader wants them."""
    if len(borders) == 0:
        return "all scores"
    if k == 0:
        return f"score <= {borders[0]:.4g}"
    if k == len(borders):
        return f"score > {borders[-1]:.4g}"
    return f"{borders[k - 1]:.4g} < score <= {borders[k]:.4g}"

"""An ensemble of trees as plain arrays, whichever library grew it.

Libraries differ in small print that decides where a row goes: XGBoost sends left what is below its
threshold, the others what equals it too; some compare the row as float32, some as float64; each
has its own way with missing values and with categories it has never seen. Here the small print is
settled once, when the arrays are made, so that whoever reads them (thresholds for binning,
attributions, certificates) finds one rule:

    a number x, rounded to `precision`, goes left if x <= threshold,
    a missing value goes left if `missing_left`,
    a code of a split on categories goes left if `category_left` says so.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from scipy.special import expit, softmax

from interpkd._asking import select_columns
from interpkd._tables import Column, encode, is_frame, read_frame
from interpkd.exceptions import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from interpkd._typing import BoolArray, FloatArray, IntArray, Table

Link = Literal["identity", "logistic", "softmax", "exp", "mean"]

PLACES = 2_000_000
"""Places (rows times trees) that are held at a time."""


@dataclass(frozen=True, eq=False)
class TreeEnsemble:
    """A fitted ensemble of trees as arrays; made by :func:`tree_ensemble`.

    The trees' nodes lie behind each other; children are given by their place among all nodes. The
    margin of a row is ``base`` plus, for each tree ``t``, ``weight[t] * value[leaf]`` added to the
    columns from ``output[t]`` on.

    Attributes
    ----------
    feature : ndarray of shape (n_nodes,)
        The column a node splits on; -1 for a leaf.

    threshold : ndarray of shape (n_nodes,)
        Numbers up to and with it go left. NaN for leaves and splits on categories.

    left, right : ndarray of shape (n_nodes,)
        The children; -1 for a leaf.

    missing_left : ndarray of shape (n_nodes,)
        Whether a missing value goes left.

    category_set : ndarray of shape (n_nodes,)
        For a split on categories the row of `category_left`, else -1.

    category_left : ndarray of shape (n_sets, n_codes)
        Whether each code goes left.

    unknown_left : ndarray of shape (n_sets,)
        Whether codes of `n_codes` and above go left.

    value : ndarray of shape (n_nodes, n_values)
        What a leaf adds; 0 for other nodes.

    root, output, weight : ndarray of shape (n_trees,)
        Each tree's first node, the first margin column it adds to, and its weight.

    base : ndarray of shape (n_outputs,)
        Where the margin begins.

    link : {"identity", "logistic", "softmax", "exp", "mean"}
        From margin to answer. "mean": the margin is the mean of the trees' probabilities.

    scale : float
        What the margin of a logistic link is multiplied by first.

    precision : {"float32", "float64"}
        What rows are rounded to before they are compared.

    tiny : float
        Numbers of at most this size count as 0.

    names : tuple of str or None
        Names of the columns in the ensemble's own order, None when it was trained on an array.

    categories : tuple of (tuple or None)
        Per column the categories in the order of their codes; None for numbers, and where the
        ensemble was trained on codes.

    classes : ndarray of shape (n_classes,) or None
        The classes, None for a regression.

    missing_value : float
        A number that counts as missing, as NaN does; NaN where there is none.

    Examples
    --------
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from interpkd.teachers import tree_ensemble
    >>> tree = DecisionTreeClassifier().fit([[1.0, 0.0], [2.0, 0.0]], ["a", "b"])
    >>> ensemble = tree_ensemble(tree)
    >>> print(ensemble.feature, ensemble.threshold[0], ensemble.link)
    [ 0 -1 -1] 1.5 mean
    >>> print(ensemble.predict([[1.2, 0.0]]))
    ['a']
    """

    feature: IntArray
    threshold: FloatArray
    left: IntArray
    right: IntArray
    missing_left: BoolArray
    category_set: IntArray
    category_left: BoolArray
    unknown_left: BoolArray
    value: FloatArray
    root: IntArray
    output: IntArray
    weight: FloatArray
    base: FloatArray
    link: Link
    scale: float
    precision: Literal["float32", "float64"]
    tiny: float
    names: tuple[str, ...] | None
    categories: tuple[tuple[Any, ...] | None, ...]
    classes: NDArray[Any] | None
    missing_value: float = np.nan

    @property
    def n_features(self) -> int:
        """Number of columns."""
        return len(self.categories)

    @property
    def n_trees(self) -> int:
        """Number of trees."""
        return len(self.root)

    def encode(self, X: Table) -> FloatArray:
        """Turn a table into the matrix that the arrays speak of.

        Parameters
        ----------
        X : array-like or data frame of shape (n_samples, n_features)
            The rows; of a data frame the columns are found by name.

        Returns
        -------
        Z : ndarray of shape (n_samples, n_features)
            Numbers, codes of categories, NaN for missing values and categories never seen.
        """
        if not is_frame(X):
            return self._check(X)
        names = self.names or tuple(str(name) for name in X.columns)
        raw = read_frame(X if self.names is None else select_columns(X, [*names]))
        columns = [
            Column(name) if known is None else Column(name, "category", known)
            for name, known in zip(names, self.categories, strict=True)
        ]
        return encode(raw, columns)

    def leaves(self, Z: ArrayLike) -> IntArray:
        """Give the leaf of each row in each tree.

        Parameters
        ----------
        Z : array-like of shape (n_samples, n_features)
            Encoded rows.

        Returns
        -------
        leaf : ndarray of shape (n_samples, n_trees)
            Places among all nodes.
        """
        rows = self._rounded(self._check(Z))
        place = np.tile(self.root, len(rows))
        moving = np.flatnonzero(self.feature[place] >= 0)
        while len(moving):
            node = place[moving]
            x = rows[moving // self.n_trees, self.feature[node]]
            place[moving] = np.where(self._goes_left(node, x), self.left[node], self.right[node])
            moving = moving[self.feature[place[moving]] >= 0]
        return place.reshape(len(rows), self.n_trees)

    def margin(self, Z: ArrayLike) -> FloatArray:
        """Give the sum of the trees, before the link.

        Parameters
        ----------
        Z : array-like of shape (n_samples, n_features)
            Encoded rows.

        Returns
        -------
        margin : ndarray of shape (n_samples, n_outputs)
            In float64, where libraries that sum in float32 differ by their rounding.
        """
        Z = self._check(Z)
        total = np.tile(self.base, (len(Z), 1))
        step = max(1, PLACES // max(1, self.n_trees))
        n_values = self.value.shape[1]
        for start in range(0, len(Z), step):
            leaf = self.leaves(Z[start : start + step])
            for first in np.unique(self.output):
                own = self.output == first
                part = np.einsum("ntv,t->nv", self.value[leaf[:, own]], self.weight[own])
                total[start : start + step, first : first + n_values] += part
        return total

    def predict_proba(self, Z: ArrayLike) -> FloatArray:
        """Give class probabilities.

        Parameters
        ----------
        Z : array-like of shape (n_samples, n_features)
            Encoded rows.

        Returns
        -------
        proba : ndarray of shape (n_samples, n_classes)
            Probabilities, columns as in `classes`.

        Raises
        ------
        InvalidInputError
            If the ensemble is a regression.
        """
        if self.classes is None:
            msg = "The ensemble is a regression and has no probabilities; use predict."
            raise InvalidInputError(msg)
        answers = self._answers(Z)
        return np.column_stack([1 - answers, answers]) if answers.ndim == 1 else answers

    def predict(self, Z: ArrayLike) -> NDArray[Any]:
        """Give predictions, or the most probable classes.

        Parameters
        ----------
        Z : array-like of shape (n_samples, n_features)
            Encoded rows.

        Returns
        -------
        y_pred : ndarray of shape (n_samples,)
            Numbers for a regression, else labels.
        """
        if self.classes is None:
            return self._answers(Z)
        return self.classes[self.predict_proba(Z).argmax(axis=1)]

    def _answers(self, Z: ArrayLike) -> FloatArray:
        margin = self.margin(Z)
        if self.link == "softmax":
            return softmax(margin, axis=1)
        if self.link == "mean":
            return margin
        if self.link == "logistic":
            return expit(self.scale * margin[:, 0])
        return np.exp(margin[:, 0]) if self.link == "exp" else margin[:, 0]

    def goes_left(self, node: ArrayLike, x: ArrayLike) -> BoolArray:
        """Tell whether values go left at nodes.

        Parameters
        ----------
        node : array-like of int of shape (n,)
            Places of nodes that are no leaves.

        x : array-like of shape (n,)
            Encoded values of their columns, NaN for missing.

        Returns
        -------
        goes_left : ndarray of bool of shape (n,)
            Whether they do.
        """
        return self._goes_left(np.asarray(node), self._rounded(np.asarray(x, dtype=np.float64)))

    def _goes_left(self, node: IntArray, x: FloatArray) -> BoolArray:
        goes = np.where(np.isnan(x), self.missing_left[node], x <= self.threshold[node])
        by_set = np.flatnonzero((self.category_set[node] >= 0) & ~np.isnan(x))
        if len(by_set):
            which, code = self.category_set[node[by_set]], x[by_set].astype(np.int64)
            n_codes = self.category_left.shape[1]
            known = (code >= 0) & (code < n_codes)
            listed = self.category_left[which, np.where(known, code, 0)]
            goes[by_set] = np.where(known, listed, self.unknown_left[which])
        return goes

    def _rounded(self, Z: FloatArray) -> FloatArray:
        if self.precision == "float32":
            with np.errstate(over="ignore"):  # beyond float32 is beyond every threshold
                Z = Z.astype(np.float32).astype(np.float64)
        if not np.isnan(self.missing_value):
            Z = np.where(self.missing_value == Z, np.nan, Z)
        return np.where(np.abs(Z) <= self.tiny, 0.0, Z) if self.tiny else Z

    def _check(self, Z: ArrayLike) -> FloatArray:
        rows = np.asarray(Z, dtype=np.float64)
        if rows.ndim != 2 or rows.shape[1] != self.n_features:
            msg = (
                f"Z must have shape (n_samples, {self.n_features}), one column per column of the "
                f"ensemble, got {rows.shape}."
            )
            raise InvalidInputError(msg)
        return rows


@dataclass(frozen=True)
class OneTree:
    """One tree on its way into the arrays; children are places among its own nodes."""

    feature: Any
    threshold: Any
    left: Any
    right: Any
    missing_left: Any
    value: Any
    category_set: Any = None
    output: int = 0
    weight: float = 1.0


class CategorySets:
    """The sets of categories of all splits, collected while the trees are read."""

    def __init__(self) -> None:
        self._left: list[BoolArray] = []
        self._unknown: list[bool] = []

    def add(self, goes_left: BoolArray, *, unknown_left: bool) -> int:
        """Note a set, as one bool per code, and give its number."""
        self._left.append(goes_left)
        self._unknown.append(unknown_left)
        return len(self._left) - 1

    def tables(self) -> tuple[BoolArray, BoolArray]:
        """Give `category_left` and `unknown_left`."""
        width = max((len(one) for one in self._left), default=0)
        unknown = np.array(self._unknown, dtype=bool)
        left = np.repeat(unknown[:, None], width, axis=1)
        for row, one in zip(left, self._left, strict=True):
            row[: len(one)] = one
        return left, unknown


def stack_trees(
    trees: Sequence[OneTree],
    sets: CategorySets | None = None,
    *,
    base: ArrayLike,
    link: Link,
    precision: Literal["float32", "float64"],
    categories: Sequence[tuple[Any, ...] | None],
    scale: float = 1.0,
    tiny: float = 0.0,
) -> TreeEnsemble:
    """Lay trees behind each other; names and classes are put in by `tree_ensemble`.

    Parameters
    ----------
    trees : sequence of OneTree
        The trees.

    sets : CategorySets or None, default=None
        The sets their splits refer to.

    base, link, precision, categories, scale, tiny : object
        As in `TreeEnsemble`.

    Returns
    -------
    ensemble : TreeEnsemble
        The arrays.
    """
    sizes = np.array([len(tree.feature) for tree in trees], dtype=np.int64)
    root = np.cumsum(sizes) - sizes
    start = np.repeat(root, sizes)
    feature = _joined([tree.feature for tree in trees], np.int64)
    inner = feature >= 0
    category_set = _joined(
        [
            np.full(len(tree.feature), -1) if tree.category_set is None else tree.category_set
            for tree in trees
        ],
        np.int64,
    )
    threshold = _joined([tree.threshold for tree in trees], np.float64)
    base = np.atleast_1d(np.asarray(base, dtype=np.float64))
    value = np.concatenate(
        [np.asarray(t.value, dtype=np.float64).reshape(len(t.feature), -1) for t in trees]
        or [np.empty((0, 1))]
    )
    category_left, unknown_left = (sets or CategorySets()).tables()
    return TreeEnsemble(
        feature=feature,
        threshold=np.where(inner & (category_set < 0), threshold, np.nan),
        left=np.where(inner, _joined([tree.left for tree in trees], np.int64) + start, -1),
        right=np.where(inner, _joined([tree.right for tree in trees], np.int64) + start, -1),
        missing_left=_joined([tree.missing_left for tree in trees], bool) & inner,
        category_set=category_set,
        category_left=category_left,
        unknown_left=unknown_left,
        value=np.where(inner[:, None], 0.0, value),
        root=root,
        output=np.array([tree.output for tree in trees], dtype=np.int64),
        weight=np.array([tree.weight for tree in trees], dtype=np.float64),
        base=base,
        link=link,
        scale=scale,
        precision=precision,
        tiny=tiny,
        names=None,
        categories=tuple(categories),
        classes=None,
    )


def _joined(parts: Sequence[Any], dtype: Any) -> NDArray[Any]:
    return np.concatenate([np.asarray(part, dtype=dtype) for part in parts] or [np.empty(0, dtype)])

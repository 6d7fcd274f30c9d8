"""A fitted tree as plain arrays."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from interpkd.learners._threads import share

if TYPE_CHECKING:
    from interpkd._typing import BoolArray, FloatArray, IntArray

LEAF = -1


@dataclass(frozen=True)
class TreeModel:
    """A binary tree of threshold splits, parents before children.

    A row goes left when its value is at most the threshold, or is missing and `missing_left`.

    Attributes
    ----------
    left, right : ndarray of shape (n_nodes,)
        Children; -1 in a leaf.

    feature : ndarray of shape (n_nodes,)
        Column of the split; -1 in a leaf.

    threshold : ndarray of shape (n_nodes,)
        Threshold of the split; infinite where it asks only whether the value is missing.

    missing_left : ndarray of bool of shape (n_nodes,)
        Whether missing values go left.

    value : ndarray of shape (n_nodes, n_outputs)
        Weighted mean target.

    weight : ndarray of shape (n_nodes,)
        Sum of the weights of the rows of the transfer set.

    n_rows : ndarray of shape (n_nodes,)
        Number of rows, generated ones left out.

    impurity : ndarray of shape (n_nodes,)
        Weighted mean squared distance of the targets to `value`, summed over outputs.
    """

    left: IntArray
    right: IntArray
    feature: IntArray
    threshold: FloatArray
    missing_left: BoolArray
    value: FloatArray
    weight: FloatArray
    n_rows: IntArray
    impurity: FloatArray

    def apply(self, Z: FloatArray) -> IntArray:
        """Give the leaf of each row.

        Parameters
        ----------
        Z : ndarray of shape (n_samples, n_features)
            The rows. Values are compared as float32, as scikit-learn's trees do.

        Returns
        -------
        leaf : ndarray of shape (n_samples,)
            Node numbers.
        """
        from interpkd.learners import _kernels

        leaf = np.zeros(len(Z), dtype=np.int64)
        tree = self.left, self.right, self.feature, self.threshold, self.missing_left
        share(
            lambda first, last: _kernels.pass_values(Z, *tree, leaf, first, last),
            -(-len(Z) // _kernels.BLOCK),
        )
        return leaf

    def count_rows(self, Z: FloatArray) -> IntArray:
        """Count the rows that pass through each node.

        Parameters
        ----------
        Z : ndarray of shape (n_samples, n_features)
            The rows.

        Returns
        -------
        n_rows : ndarray of shape (n_nodes,)
            Numbers of rows.
        """
        counts = np.bincount(self.apply(Z), minlength=len(self.left)).astype(np.int64)
        for node in range(len(self.left) - 1, -1, -1):  # children come after their parents
            if self.left[node] != LEAF:
                counts[node] = counts[self.left[node]] + counts[self.right[node]]
        return counts

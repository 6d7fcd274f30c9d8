"""Fewer codes for a search: it ends between them, and is refined on all of them after."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from interpkd.learners._binning import MAX_BINS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from interpkd._typing import FloatArray
    from interpkd.learners._binning import Binned
    from interpkd.learners._code_tree import CodeTree


class CoarseCodes:
    """Rows as at most `MAX_BINS` codes a feature, and the way back to those that they had.

    Parameters
    ----------
    fine : Binned
        The rows as codes.

    weights : ndarray of shape (n_rows,)
        Row weights: codes are put together by weight.

    Attributes
    ----------
    binned : Binned
        The rows as fewer codes; as they were where there are no more.
    """

    def __init__(self, fine: Binned, weights: FloatArray) -> None:
        self.fine = self.binned = fine
        self.last: NDArray[np.int64] | None = None
        if fine.missing <= MAX_BINS:
            return
        from interpkd.learners import _lookahead_kernels as kernels

        columns = np.ascontiguousarray(fine.codes.T)
        rows, features = np.arange(len(weights), dtype=np.int32), np.arange(len(columns))
        codes, self.last, n_bins, _ = kernels.coarsen(
            columns, rows, weights.copy(), features, fine.n_bins, fine.missing, MAX_BINS
        )
        thresholds = tuple(
            known[last[: n - 1]]
            for known, last, n in zip(fine.thresholds, self.last, n_bins, strict=True)
        )
        self.binned = replace(
            fine,
            codes=np.ascontiguousarray(codes.T, dtype=fine.codes.dtype),  # nothing compiles twice
            thresholds=thresholds,
            missing=MAX_BINS,
            values=None,
        )

    def in_fine_codes(self, tree: CodeTree) -> CodeTree:
        """Give the same tree by the codes that the rows had."""
        if self.last is None:
            return tree
        code, n_bins = tree.code.copy(), self.binned.n_bins
        for node in tree.inner:
            feature = tree.feature[node]
            is_last = tree.code[node] >= n_bins[feature] - 1  # missing values alone go elsewhere
            code[node] = (
                self.fine.n_bins[feature] - 1 if is_last else self.last[feature, tree.code[node]]
            )
        return replace(tree, code=code, settled=None)

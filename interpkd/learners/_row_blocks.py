"""Products with the rows of a linear model, taken block by block.

Scores, gradients and Gram matrices are sums over rows. They are taken over blocks that stay in the
processor's cache, in double precision whatever the rows are kept in, so nothing of the size of the
rows is ever copied. The intercept is a last column of ones that is never written down, and neither
are rows with a centre subtracted: sparse rows stay sparse, and sums are put right afterwards.

The threads of `use_threads` take the blocks in a fixed number of shares, whose sums are added in the
order of the rows: the result does not depend on how many threads there are. BLAS itself is held to
one thread meanwhile, as blocks are too small to be shared by its threads.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse
from threadpoolctl import ThreadpoolController

from interpkd.exceptions import InvalidInputError
from interpkd.learners._threads import n_threads, share

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from interpkd._typing import FloatArray, IntArray

DENSE_BLOCK = 2048
SPARSE_BLOCK = 16384
MOST_SHARES = 16
STRIPE = 32
FEWEST_BLOCKS = 8
"""Blocks below which threads would only wait for each other."""


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Hold BLAS to one thread."""
    with _libraries().limit(limits=1, user_api="blas"):
        yield


@cache
def _libraries() -> Any:
    return ThreadpoolController()


class RowBlocks:
    """The rows of a linear model, with or without an intercept.

    Parameters
    ----------
    X : ndarray or sparse matrix of shape (n_samples, n_features)
        Finite rows in float32 or float64; of the sparse formats, CSR is not converted.

    intercept : float
        The value of the last column; 0 for no such column.

    centre : ndarray of shape (n_features,) or None, default=None
        What is taken to be subtracted from every row; None for nothing.

    Attributes
    ----------
    n_columns : int
        Features, and the intercept where there is one.

    largest : ndarray of shape (n_columns,)
        The largest absolute value of each column, or above it where a centre is subtracted.
    """

    def __init__(self, X: Any, *, intercept: float, centre: FloatArray | None = None) -> None:
        self.is_sparse = sparse.issparse(X)
        X = X.tocsr() if self.is_sparse else np.asarray(X)
        if X.dtype not in (np.float32, np.float64):
            X = X.astype(np.float64)
        self._X = X
        self.n_rows, self.n_features = X.shape
        self.intercept = intercept
        self.n_columns = self.n_features + (intercept != 0)
        self._centre = None if centre is None or not centre.any() else centre
        self._step = SPARSE_BLOCK if self.is_sparse else DENSE_BLOCK
        self.largest = self.column_tops()

    def column_tops(self) -> FloatArray:
        """Give the largest absolute value of each column, or a number above it.

        Returns
        -------
        largest : ndarray of shape (n_columns,)
            All finite.

        Raises
        ------
        InvalidInputError
            If a value is not.
        """
        largest = self._largest()
        if not np.isfinite(largest).all():
            at = int(np.flatnonzero(~np.isfinite(largest))[0])
            msg = (
                f"X must be finite, but column {at} is not. Impute missing values first, and "
                "drop or clip infinite ones."
            )
            raise InvalidInputError(msg)
        return largest

    def _largest(self) -> FloatArray:
        largest = np.zeros(self.n_columns)
        largest[self.n_features :] = abs(self.intercept)
        for _, block in self._blocks(0, self.n_rows):
            if self.is_sparse:
                with np.errstate(invalid="ignore"):  # NaN stays, and is seen below
                    np.maximum.at(largest, block.indices, np.abs(block.data))
            else:
                tops = _column_tops(block)
                largest[: self.n_features] = np.maximum(largest[: self.n_features], tops)
        if self._centre is not None:
            largest[: self.n_features] += np.abs(self._centre)
        return largest

    def _blocks(self, first: int, last: int) -> Iterator[tuple[slice, Any]]:
        """Yield slices of row numbers and their rows in float64."""
        for start in range(first, last, self._step):
            rows = slice(start, min(start + self._step, last))
            if not self.is_sparse:
                yield rows, self._X[rows].astype(np.float64, copy=False)
                continue
            X, ends = self._X, self._X.indptr[rows.start : rows.stop + 1]
            part = slice(ends[0], ends[-1])
            values = X.data[part].astype(np.float64, copy=False)
            shape = (rows.stop - rows.start, self.n_features)
            yield rows, sparse.csr_matrix((values, X.indices[part], ends - ends[0]), shape=shape)

    def sum(
        self, shapes: Sequence[tuple[int, ...]], add: Callable[..., object]
    ) -> list[FloatArray]:
        """Sum something over all rows.

        Parameters
        ----------
        shapes : sequence of tuples
            Shapes of the sums.

        add : callable
            Called with the slice of the row numbers of a block, its rows, and the arrays to add to,
            in several threads at once.

        Returns
        -------
        sums : list of ndarray
            One of each shape.
        """
        n_blocks = -(-self.n_rows // self._step)
        size = -(-n_blocks // MOST_SHARES) * self._step

        def sum_of(first: int) -> list[FloatArray]:
            totals = [np.zeros(shape) for shape in shapes]
            for part, block in self._blocks(first, min(first + size, self.n_rows)):
                add(part, block, *totals)
            return totals

        firsts = range(0, max(self.n_rows, 1), max(size, 1))
        if n_blocks < FEWEST_BLOCKS or n_threads() == 1:
            return _added(map(sum_of, firsts))
        sums: list[list[FloatArray]] = [[] for _ in firsts]

        def work(first: int, last: int) -> None:
            for i in range(first, last):
                sums[i] = sum_of(firsts[i])

        share(work, len(firsts))
        return _added(iter(sums))

    def gram_of(self, rows: IntArray, curvature: FloatArray) -> FloatArray:
        """Give the weighted Gram matrix of some rows.

        Parameters
        ----------
        rows : ndarray of shape (n_some,)
            Row numbers.

        curvature : ndarray of shape (n_some,)
            Their weights, of any sign.

        Returns
        -------
        gram : ndarray of shape (n_columns, n_columns)
            Sum over those rows of weight times the outer product.
        """
        total = np.zeros((self.n_columns, self.n_columns))
        for first in range(0, len(rows), self._step):
            part = slice(first, first + self._step)
            if self.is_sparse:
                self.add_gram(self._X[rows[part]], curvature[part], total)
                continue
            block = self.take(rows[part])
            total += block.T @ (block * curvature[part, None])
        return total

    def take(self, rows: IntArray) -> FloatArray:
        """Give some rows, the column of the intercept included, as a dense array."""
        block = self._X[rows]
        if self.is_sparse:
            block = block.toarray()
        out = np.full((len(rows), self.n_columns), self.intercept)
        out[:, : self.n_features] = block
        if self._centre is not None:
            out[:, : self.n_features] -= self._centre
        return out

    def sparse_rows(self) -> tuple[Any, FloatArray]:
        """Give sparse rows in float64 as they are, and what is taken to be subtracted."""
        centre = np.zeros(self.n_features) if self._centre is None else self._centre
        return self._X.astype(np.float64, copy=False), centre

    def every(self, step: int) -> RowBlocks:
        """Give every so-many-th row; of dense rows, without a copy."""
        return RowBlocks(self._X[::step], intercept=self.intercept, centre=self._centre)

    def scores(self, block: Any, theta: FloatArray) -> FloatArray:
        """Give the scores of a block.

        Parameters
        ----------
        block : ndarray or sparse matrix of shape (n_block, n_features)
            Rows of a block.

        theta : ndarray of shape (n_columns,) or (n_outputs, n_columns)
            Coefficients, the one of the intercept last.

        Returns
        -------
        scores : ndarray of shape (n_block,) or (n_block, n_outputs)
            Their products.
        """
        scores: FloatArray = block @ theta.T[: self.n_features]
        if self._centre is not None:
            scores -= self._centre @ theta.T[: self.n_features]
        if self.intercept:
            scores += self.intercept * theta.T[-1]
        return scores

    def score_change(self, step: FloatArray) -> float:
        """Give a bound on how much a step changes any score.

        Parameters
        ----------
        step : ndarray of shape (n_columns,) or (n_outputs, n_columns)
            Change of the coefficients.

        Returns
        -------
        change : float
            Of sparse rows the largest change itself: they have few values, and what all columns
            could change together would be far above it.
        """
        if not self.is_sparse:
            return float((np.abs(step) @ self.largest).max())
        changes = np.zeros(self.n_rows)

        def add(part: slice, block: Any) -> None:
            change = np.abs(self.scores(block, step))
            changes[part] = change if change.ndim == 1 else change.max(axis=1)

        self.sum([], add)
        return float(changes.max())

    def add_products(self, block: Any, residual: FloatArray, total: FloatArray) -> None:
        """Add to `total` the product of residuals and the rows of a block.

        Parameters
        ----------
        block : ndarray or sparse matrix of shape (n_block, n_features)
            Rows of a block.

        residual : ndarray of shape (n_block,) or (n_block, n_outputs)
            What each row is multiplied by.

        total : ndarray of shape (n_columns,) or (n_outputs, n_columns)
            Added to.
        """
        product = (block.T @ residual).T if self.is_sparse else residual.T @ block
        total.T[: self.n_features] += product.T
        if self._centre is not None:
            total.T[: self.n_features] -= np.multiply.outer(self._centre, residual.sum(axis=0))
        if self.intercept:
            total.T[-1] += self.intercept * residual.sum(axis=0)

    def add_gram(self, block: Any, curvature: FloatArray, total: FloatArray) -> None:
        """Add to `total` the weighted Gram matrix of a block.

        Parameters
        ----------
        block : ndarray or sparse matrix of shape (n_block, n_features)
            Rows of a block.

        curvature : ndarray of shape (n_block,)
            Row weights; of dense rows none negative.

        total : ndarray of shape (n_columns, n_columns)
            Added to.
        """
        d, mass = self.n_features, curvature.sum()
        if self.is_sparse:
            scaled = block.multiply(curvature[:, None]).tocsr()
            total[:d, :d] += (block.T @ scaled).toarray()
            cross = np.asarray(scaled.sum(axis=0)).ravel()
        else:
            root = np.sqrt(curvature)
            scaled = block * root[:, None]
            total[:d, :d] += scaled.T @ scaled  # numpy computes one triangle and mirrors it
            cross = root @ scaled
        if self._centre is not None:
            shift = np.multiply.outer(self._centre, cross - mass / 2 * self._centre)
            total[:d, :d] -= shift + shift.T
            cross = cross - mass * self._centre
        if self.intercept:
            total[:d, d] += self.intercept * cross
            total[d, :d] += self.intercept * cross
            total[d, d] += self.intercept**2 * mass

    def squares(self, curvature: FloatArray) -> FloatArray:
        """Give the diagonal of the weighted Gram matrix of all rows.

        Parameters
        ----------
        curvature : ndarray of shape (n_samples,)
            Row weights.

        Returns
        -------
        squares : ndarray of shape (n_columns,)
            Sum over rows of weight times the square of each column.
        """

        def add(part: slice, block: Any, total: FloatArray) -> None:
            weights, d = curvature[part], self.n_features
            square = block.multiply(block).tocsr() if self.is_sparse else block**2
            total[:d] += square.T @ weights
            if self._centre is not None:
                twice = 2 * (block.T @ weights) - weights.sum() * self._centre
                total[:d] -= self._centre * twice
            if self.intercept:
                total[-1] += self.intercept**2 * weights.sum()

        total: FloatArray = self.sum([(self.n_columns,)], add)[0]
        return np.maximum(total, 0.0)  # which rounding may leave a little below

    def gram(self, curvature: FloatArray) -> FloatArray:
        """Give the weighted Gram matrix of all rows.

        Parameters
        ----------
        curvature : ndarray of shape (n_samples,)
            Row weights, none negative.

        Returns
        -------
        gram : ndarray of shape (n_columns, n_columns)
            Sum over rows of weight times the outer product.
        """

        def add(part: slice, block: Any, total: FloatArray) -> None:
            self.add_gram(block, curvature[part], total)

        return self.sum([(self.n_columns, self.n_columns)], add)[0]


def _added(shares: Iterator[list[FloatArray]]) -> list[FloatArray]:
    """Add sums in their order."""
    totals = next(shares)
    for one in shares:
        for k, part in enumerate(one):
            totals[k] += part
    return totals


def _column_tops(block: FloatArray) -> FloatArray:
    """Give the largest absolute value of each column."""
    n, d = block.shape
    if n % STRIPE == 0 and block.flags.c_contiguous:  # long rows are faster to compare
        block = block.reshape(n // STRIPE, STRIPE * d)
    tops: FloatArray = np.maximum(block.max(axis=0), -block.min(axis=0))
    return tops.reshape(-1, d).max(axis=0)

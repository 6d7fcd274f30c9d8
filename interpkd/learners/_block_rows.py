"""The rows of blocks as a linear learner takes them: columns made on the way, targets, weights."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from interpkd.exceptions import InvalidInputError
from interpkd.learners._row_blocks import DENSE_BLOCK, RowBlocks

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from interpkd._typing import FloatArray
    from interpkd.learners._blocks import Block, Blocks


class BlockDesign(Protocol):
    """How the columns of a linear model are made of rows; it travels to where they are."""

    @property
    def n_columns(self) -> int:
        """Columns that are made."""

    def __call__(self, Z: NDArray[Any]) -> FloatArray:
        """Give the columns of some rows in float64; finite for finite rows."""


@dataclass(frozen=True)
class PlainDesign:
    """Columns that are the rows as they are.

    Attributes
    ----------
    n_columns : int
        Columns.
    """

    n_columns: int

    def __call__(self, Z: NDArray[Any]) -> FloatArray:
        """Give the rows in float64."""
        return Z.astype(np.float64, copy=False)


class DesignedRows(RowBlocks):
    """Dense rows whose columns are made where they are used, and never written down as a whole.

    Parameters
    ----------
    Z : ndarray of shape (n_samples, n_values)
        What the columns are made of.

    design : BlockDesign
        Makes the finite columns of some rows, in float64.

    intercept : float
        The value of the last column; 0 for no such column.
    """

    def __init__(self, Z: NDArray[Any], design: BlockDesign, *, intercept: float) -> None:
        self.is_sparse, self._X, self._design = False, Z, design
        self.n_rows, self.n_features = len(Z), design.n_columns
        self.intercept = intercept
        self.n_columns = self.n_features + (intercept != 0)
        self._centre, self._step = None, DENSE_BLOCK

    def _blocks(self, first: int, last: int) -> Iterator[tuple[slice, Any]]:
        """Yield slices of row numbers and the columns made of them."""
        for start in range(first, last, self._step):
            rows = slice(start, min(start + self._step, last))
            yield rows, self._design(self._X[rows])


@dataclass(frozen=True)
class RowFacts:
    """What a learner must know of all rows before its search.

    Attributes
    ----------
    n_rows : int
        Rows.

    total : float
        Sum of their weights.

    mass : ndarray of shape (n_classes,)
        Weighted sum of the soft targets of each class; of a regression, of the targets, shape (1,).

    largest : ndarray of shape (n_columns,)
        The largest absolute value of each column of the design, or a number above it.
    """

    n_rows: int
    total: float
    mass: FloatArray
    largest: FloatArray


def read_targets(arrays: Mapping[str, NDArray[Any]] | Block, n_classes: int) -> FloatArray:
    """Read the targets of a block.

    Parameters
    ----------
    arrays : mapping or Block
        With "targets" of shape (n_rows, 1) or (n_rows,) for two classes (the probability of the
        second) and for a regression, of shape (n_rows, n_classes) for more.

    n_classes : int
        Classes; 1 for a regression.

    Returns
    -------
    targets : ndarray of shape (n_rows,) or (n_rows, n_classes)
        In float64; those of more than two classes sum to 1, which rounding may have changed.

    Examples
    --------
    >>> import numpy as np
    >>> from interpkd.learners import read_targets
    >>> read_targets({"targets": np.array([[0.25], [0.75]], dtype=np.float32)}, 2)
    array([0.25, 0.75])
    """
    targets = np.asarray(arrays["targets"], dtype=np.float64)
    if n_classes > 2:
        return targets / targets.sum(axis=1, keepdims=True)
    return targets[:, -1] if targets.ndim == 2 else targets


def read_weights(arrays: Mapping[str, NDArray[Any]] | Block) -> FloatArray:
    """Read the weights of a block, which are 1 where there are none.

    Parameters
    ----------
    arrays : mapping or Block
        With "targets", and "weights" where not all are 1.

    Returns
    -------
    weights : ndarray of shape (n_rows,)
        In float64.

    Examples
    --------
    >>> import numpy as np
    >>> from interpkd.learners import read_weights
    >>> read_weights({"targets": np.zeros((3, 1))})
    array([1., 1., 1.])
    """
    if "weights" not in arrays:
        return np.ones(len(arrays["targets"]))
    return np.asarray(arrays["weights"], dtype=np.float64)


def look_at_rows(blocks: Blocks, design: BlockDesign, n_classes: int) -> RowFacts:
    """Sum up the rows of all blocks, and check them: one pass.

    Parameters
    ----------
    blocks : Blocks
        Blocks with "Z", "targets" and, where not all are 1, "weights".

    design : BlockDesign
        Makes columns of the rows.

    n_classes : int
        Classes; 1 for a regression.

    Returns
    -------
    facts : RowFacts
        The facts.

    Raises
    ------
    InvalidInputError
        If a column, a target or a weight is not finite, a weight is negative, or all are zero.
    """
    n_rows, total, mass, largest = 0, 0.0, np.zeros(1), np.zeros(1)
    for n, part, lowest, part_mass, part_largest in blocks.each(_facts_of, design, n_classes):
        if not (np.isfinite(part) and np.isfinite(part_mass).all()) or lowest < 0:
            msg = "Weights and targets must be finite, and weights not negative. Leave rows out."
            raise InvalidInputError(msg)
        n_rows, total, mass = n_rows + n, total + part, mass + part_mass
        largest = np.maximum(largest, part_largest)
    if total <= 0:
        msg = "weights must not all be zero. Leave rows out instead of giving them such weights."
        raise InvalidInputError(msg)
    return RowFacts(n_rows, total, mass, largest)


def _facts_of(
    block: Block, design: BlockDesign, n_classes: int
) -> tuple[int, float, float, FloatArray, FloatArray]:
    Z = block["Z"]
    rows = DesignedRows(Z, design, intercept=0.0)
    weights = read_weights(block)
    mass = sum_targets(read_targets(block, n_classes), weights, n_classes)
    return len(Z), float(weights.sum()), float(weights.min()), mass, rows.column_tops()


def sum_targets(targets: FloatArray, weights: FloatArray, n_classes: int) -> FloatArray:
    """Give the weighted sum of the targets of each class, or of those of a regression.

    Parameters
    ----------
    targets : ndarray of shape (n_rows,) or (n_rows, n_classes)
        What `read_targets` gave.

    weights : ndarray of shape (n_rows,)
        Row weights.

    n_classes : int
        Classes; 1 for a regression.

    Returns
    -------
    sums : ndarray of shape (n_classes,)
        One per class.

    Examples
    --------
    >>> import numpy as np
    >>> from interpkd.learners import sum_targets
    >>> sum_targets(np.array([0.25, 0.5]), np.array([1.0, 2.0]), 2)
    array([1.75, 1.25])
    """
    sums = np.atleast_1d(weights @ targets)
    return np.append(weights.sum() - sums, sums) if n_classes == 2 else sums


@dataclass(frozen=True)
class Sample:
    """Some rows, their columns written down.

    Attributes
    ----------
    rows : RowBlocks
        The columns.

    targets : ndarray of shape (n_rows,) or (n_rows, n_classes)
        As `read_targets` gives them.

    weights : ndarray of shape (n_rows,)
        Row weights.

    design : BlockDesign
        Makes the columns of other rows.
    """

    rows: RowBlocks
    targets: FloatArray
    weights: FloatArray
    design: BlockDesign

    @classmethod
    def of(
        cls,
        sample: Mapping[str, NDArray[Any]],
        design: BlockDesign | None,
        n_classes: int,
        intercept: float,
    ) -> Sample:
        """Make the columns of a sample; of no design, those of "Z"."""
        Z = sample["Z"]
        made: BlockDesign = PlainDesign(Z.shape[1]) if design is None else design
        targets, weights = read_targets(sample, n_classes), read_weights(sample)
        return cls(RowBlocks(made(Z), intercept=intercept), targets, weights, made)

    @property
    def widths(self) -> tuple[int, int]:
        """Columns without and with that of the intercept."""
        return self.rows.n_features, self.rows.n_columns

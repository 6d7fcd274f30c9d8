"""A sketch of rows: some that stand for all, whoever has them and in whatever order they come.

Every row has a 64-bit hash of its content, and the sketch is the different rows of the smallest hashes,
each with the number of its copies (bottom-k sampling, Cohen and Kaplan 2007; the distinct values of
Gibbons 2001). Which rows these are depends on the rows alone: a sketch of parts, merged, is the sketch
of the whole. Where there are few enough different rows it is all of them.

A share of the rows, such as those below a threshold, is known from ``k`` of them up to
``sqrt(log(2 / 0.05) / (2 * k))`` with 95 % confidence (Dvoretzky, Kiefer and Wolfowitz 1956; Massart
1990): 0.3 % of all rows for `SKETCH_ROWS`, whatever the number of rows and however many thresholds
are asked about. (Rows that have copies count once in this, at the weight of all their copies.)

One pass over the rows, about 1.5 ns a value. Memory: 24 bytes for each row of the sketch, and 8 for each
output, beside its values; and while it is taken 8 bytes for each of 65,536 rows.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd.learners._threads import share

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from interpkd._typing import FloatArray

SKETCH_ROWS = 200_000
"""Most different rows of a sketch."""

ALL_HASHES = 2**64 - 1
"""The limit of a sketch that holds all rows."""

CHUNK = 65_536
"""Rows that are hashed at a time."""

SLACK = 0.01
"""Share by which the first guess of the limit takes more rows than are wanted."""


@dataclass(frozen=True)
class Sketch:
    """The different rows of the smallest hashes, and what is summed over their copies.

    Sums of weights and targets are exact, and do not depend on how the rows are cut into parts, where
    these are multiples of one power of two (see `stepped`). Of other numbers the order of rows, or of
    parts, makes no difference either.

    Attributes
    ----------
    hashes : ndarray of uint64 of shape (n_rows,)
        Rising.

    Z : ndarray of shape (n_rows, n_features)
        The rows.

    weights : ndarray of float64 of shape (n_rows,)
        Weight of all copies of each row.

    counts : ndarray of float64 of shape (n_rows,)
        Number of copies of each row.

    sums : ndarray of float64 of shape (n_rows, n_outputs) or None
        Targets times weights, summed over the copies; None where none were given.

    most : int
        Rows beyond which a sketch is cut.

    limit : int
        All rows up to this hash are in the sketch; `ALL_HASHES` when no row is missing.
    """

    hashes: NDArray[np.uint64]
    Z: NDArray[Any]
    weights: FloatArray
    counts: FloatArray
    sums: FloatArray | None = None
    most: int = SKETCH_ROWS
    limit: int = ALL_HASHES

    @classmethod
    def of(
        cls,
        Z: FloatArray,
        weights: FloatArray | None = None,
        *,
        tables: Sequence[NDArray[np.uint64] | None] | None = None,
        targets: NDArray[Any] | None = None,
        counts: FloatArray | None = None,
        most: int = SKETCH_ROWS,
        limit: int = ALL_HASHES,
    ) -> Sketch:
        """Take the sketch of rows.

        Parameters
        ----------
        Z : ndarray of shape (n_samples, n_features)
            Rows in float32 or float64; NaN is missing.

        weights : ndarray of shape (n_samples,) or None, default=None
            Row weights; None for one each.

        tables : sequence of (ndarray of uint64 or None) or None, default=None
            Per column, the hash of the category of each code (`text_hash`), None for a column of
            numbers; None where all are numbers.

        targets : ndarray of shape (n_samples, n_outputs) or (n_samples,) or None, default=None
            What goes with the rows.

        counts : ndarray of shape (n_samples,) or None, default=None
            How many rows each row counts for; None for one each.

        most : int, default=SKETCH_ROWS
            Most different rows.

        limit : int, default=ALL_HASHES
            Rows of larger hashes are left out: with the limit of another sketch this one has no other
            rows than that.

        Returns
        -------
        sketch : Sketch
            Of these rows.
        """
        # the rows themselves, which are most of it, are taken once and last
        numbers = cls.of_numbers(
            Z, weights, tables=tables, targets=targets, counts=counts, most=most, limit=limit
        )
        return numbers.with_rows(Z[numbers.Z])

    @classmethod
    def of_numbers(
        cls,
        Z: FloatArray,
        weights: FloatArray | None = None,
        *,
        tables: Sequence[NDArray[np.uint64] | None] | None = None,
        targets: NDArray[Any] | None = None,
        counts: FloatArray | None = None,
        most: int = SKETCH_ROWS,
        limit: int = ALL_HASHES,
    ) -> Sketch:
        """Take the sketch of rows as `of`, with the number of one of the copies for each row.

        Parameters
        ----------
        Z : ndarray of shape (n_samples, n_features)
            As of `Sketch.of`.

        weights : ndarray of shape (n_samples,) or None, default=None
            As of `Sketch.of`.

        tables : sequence of (ndarray of uint64 or None) or None, default=None
            As of `Sketch.of`.

        targets : ndarray of shape (n_samples, n_outputs) or (n_samples,) or None, default=None
            As of `Sketch.of`.

        counts : ndarray of shape (n_samples,) or None, default=None
            As of `Sketch.of`.

        most : int, default=SKETCH_ROWS
            As of `Sketch.of`.

        limit : int, default=ALL_HASHES
            As of `Sketch.of`.

        Returns
        -------
        sketch : Sketch
            Its `Z` holds row numbers, of shape (n_rows,).
        """
        rows, hashes = _rows_of_smallest(Z, tables, most, limit)
        w = np.ones(len(rows)) if weights is None else weights[rows].astype(np.float64)
        copies = np.ones(len(rows)) if counts is None else counts[rows].astype(np.float64)
        sums = None
        if targets is not None:
            chosen = targets[rows].astype(np.float64)
            sums = (chosen[:, None] if chosen.ndim == 1 else chosen) * w[:, None]
        return _cut(_summed(cls(hashes, rows, w, copies, sums, most, limit)), most)

    def __len__(self) -> int:
        return len(self.hashes)

    @property
    def targets(self) -> FloatArray:
        """Weighted mean target of each row over its copies, shape (n_rows, n_outputs)."""
        if self.sums is None:
            msg = "The sketch was taken without targets."
            raise ValueError(msg)
        mean: FloatArray = self.sums / self.weights[:, None]
        return mean

    @property
    def is_whole(self) -> bool:
        """Whether all rows are in it."""
        return self.limit == ALL_HASHES

    def smallest(self, k: int) -> Sketch:
        """Give the sketch of the `k` different rows of the smallest hashes.

        Parameters
        ----------
        k : int
            How many, if there are so many.

        Returns
        -------
        sketch : Sketch
            A new one.
        """
        return replace(_cut(self, k), most=min(k, self.most))

    def up_to(self, limit: int) -> Sketch:
        """Give the sketch of the rows up to a hash.

        Parameters
        ----------
        limit : int
            The largest hash.

        Returns
        -------
        sketch : Sketch
            A new one.
        """
        if limit >= self.limit:
            return self
        n = int(np.searchsorted(self.hashes, np.uint64(limit), side="right"))
        return replace(_first(self, n), limit=limit)

    def rounded(self) -> Sketch:
        """Give the sketch with sums to 40 binary digits.

        Sums over copies of unlike weights or targets hang in their last digit on how the rows are cut
        into parts, unless these are multiples of one step. What is made of so many digits does not.

        Returns
        -------
        sketch : Sketch
            A new one.
        """
        largest = float(self.weights.max(initial=0.0))
        weights = stepped(self.weights, step_of(largest, 1) * 2**11)
        sums = self.sums
        if sums is not None:
            sums = stepped(sums, step_of(float(np.abs(sums).max(initial=0.0)), 1) * 2**11)
        return replace(self, weights=np.where(weights > 0, weights, self.weights), sums=sums)

    def with_rows(self, Z: NDArray[Any]) -> Sketch:
        """Give the sketch with the same rows written in another way, such as codes.

        Parameters
        ----------
        Z : ndarray of shape (n_rows, n_features)
            The rows, in the order that they are in.

        Returns
        -------
        sketch : Sketch
            A new one.
        """
        return replace(self, Z=Z)


def merge(sketches: Iterable[Sketch]) -> Sketch:
    """Give the sketch of the rows of all sketches together.

    Parameters
    ----------
    sketches : iterable of Sketch
        At least one; rows written in one way (the same codes of categories), all with targets or all
        without.

    Returns
    -------
    sketch : Sketch
        The same for any order of theirs, and as if it were of all the rows at once, if it may not
        have more rows than they might.

    Examples
    --------
    >>> import numpy as np
    >>> from interpkd.learners import Sketch, merge_sketches
    >>> one, two = (Sketch.of(np.array(z), np.ones(2), tables=[None]) for z in ([[1.0], [2.0]], [[2.0], [3.0]]))
    >>> merged = merge_sketches([one, two])
    >>> sorted(merged.Z[:, 0].tolist()), sorted(merged.counts.tolist())
    ([1.0, 2.0, 3.0], [1.0, 1.0, 2.0])
    """
    given = list(sketches)
    limit = min(one.limit for one in given)
    given = [one.up_to(limit) for one in given]
    hashes = np.concatenate([one.hashes for one in given])
    order = np.argsort(hashes)
    together = Sketch(
        hashes[order],
        np.concatenate([one.Z for one in given])[order],
        np.concatenate([one.weights for one in given])[order],
        np.concatenate([one.counts for one in given])[order],
        None if given[0].sums is None else np.concatenate([_sums(one) for one in given])[order],
        min(one.most for one in given),
        limit,
    )
    return _cut(_summed(together), together.most)


def row_hashes(
    Z: FloatArray, tables: Sequence[NDArray[np.uint64] | None] | None = None
) -> NDArray[np.uint64]:
    """Hash the content of rows.

    Parameters
    ----------
    Z : ndarray of shape (n_samples, n_features)
        Rows in float32 or float64, of which equal values hash alike; so do the zeros, and all NaN.

    tables : sequence of (ndarray of uint64 or None) or None, default=None
        As of `Sketch.of`.

    Returns
    -------
    hashes : ndarray of uint64 of shape (n_samples,)
        One per row.
    """
    from interpkd.learners import _sketch_kernels as kernels

    hashes = np.empty(len(Z), dtype=np.uint64)
    flat = _flat(tables, Z.shape[1])

    def do(first: int, last: int) -> None:
        begin, end = first * CHUNK, min(last * CHUNK, len(Z))
        kernels.hash_rows(Z, *flat, hashes[begin:end], begin, end)

    share(do, -(-len(Z) // CHUNK))
    return hashes


def text_hash(category: object) -> int:
    """Hash the text of a category to 64 bits."""
    text = str(category).encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "little")


def category_hashes(categories: Iterable[object]) -> NDArray[np.uint64]:
    """Give the table of a category column for `row_hashes`, in the order of its codes.

    Parameters
    ----------
    categories : iterable of object
        The categories.

    Returns
    -------
    table : ndarray of uint64 of shape (n_categories,)
        The hashes of their texts.

    Examples
    --------
    >>> from interpkd.learners import category_hashes
    >>> one, two = category_hashes(["car", "home"]), category_hashes(["home", "car"])
    >>> bool((one == two[::-1]).all())  # of the text, not of its place
    True
    """
    return np.array([text_hash(one) for one in categories], dtype=np.uint64)


def step_of(largest: float, n_rows: int) -> float:
    """Give the power of two of which numbers are multiples whose sums are exact in float64.

    Parameters
    ----------
    largest : float
        Largest absolute value.

    n_rows : int
        How many are summed at most.

    Returns
    -------
    step : float
        The smallest for which the sum, and each partial sum in any order, has at most 52 binary
        digits.
    """
    if not largest > 0:
        return 1.0
    # of 2**-970 the magic number that rounds to multiples, 2**52 times as much, is still normal
    return float(
        2.0 ** max(np.ceil(np.log2(largest)) + np.ceil(np.log2(max(n_rows, 1))) - 51, -970)
    )


def stepped(values: FloatArray, step: float) -> FloatArray:
    """Round to multiples of a step, halves to even ones, in float64."""
    rounded: FloatArray = np.rint(np.asarray(values, dtype=np.float64) / step) * step
    return rounded


def _rows_of_smallest(
    Z: FloatArray, tables: Sequence[NDArray[np.uint64] | None] | None, most: int, limit: int
) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
    """Give rows, and rising hashes, with all copies of the `most` different ones of smallest hashes.

    There may be others. Only rows below a guess of the limit are taken, and more if there are many
    copies among them.
    """
    share_wanted = most * (1 + SLACK) + 6 * most**0.5
    guess = limit
    if len(Z) > share_wanted:
        guess = min(limit, int(share_wanted / len(Z) * 2**64))
    while True:
        rows, hashes = _rows_up_to(Z, tables, guess)
        order = np.argsort(hashes)
        rows, hashes = rows[order], hashes[order]
        if guess >= limit or np.count_nonzero(np.diff(hashes)) >= most:
            return rows, hashes
        guess = min(8 * guess, limit)


def _rows_up_to(
    Z: FloatArray, tables: Sequence[NDArray[np.uint64] | None] | None, limit: int
) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
    """Give the rows whose hash is at most a limit, and their hashes."""
    from interpkd.learners import _sketch_kernels as kernels

    flat = _flat(tables, Z.shape[1])
    n_chunks = -(-len(Z) // CHUNK)
    none = np.empty(0, dtype=np.int64), np.empty(0, dtype=np.uint64)
    parts = [none] * n_chunks

    def do(first: int, last: int) -> None:
        for i in range(first, last):
            begin, end = i * CHUNK, min((i + 1) * CHUNK, len(Z))
            hashes = np.empty(end - begin, dtype=np.uint64)
            kernels.hash_rows(Z, *flat, hashes, begin, end)
            chosen = np.flatnonzero(hashes <= np.uint64(limit))
            parts[i] = chosen + begin, hashes[chosen]

    share(do, n_chunks)
    rows, hashes = zip(*parts, strict=True) if parts else ((none[0],), (none[1],))
    return np.concatenate(rows), np.concatenate(hashes)


def _flat(
    tables: Sequence[NDArray[np.uint64] | None] | None, n_columns: int
) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
    """Put the tables of all columns in a row, and say where each begins."""
    given = [None] * n_columns if tables is None else tables
    none = np.empty(0, dtype=np.uint64)
    each = [none if table is None else np.asarray(table, dtype=np.uint64) for table in given]
    starts = np.append(0, np.cumsum([len(table) for table in each], dtype=np.int64))
    return starts.astype(np.int64), np.concatenate([none, *each])


def _summed(sketch: Sketch) -> Sketch:
    """Sum the copies of each row, sorted by hash, in an order that their values give."""
    hashes, sums = sketch.hashes, sketch.sums
    is_first = np.ones(len(hashes), dtype=np.bool_)
    is_first[1:] = hashes[1:] != hashes[:-1]
    if is_first.all():
        return sketch
    keys = [sketch.weights] if sums is None else [sketch.weights, *sums.T]
    order = np.lexsort([*keys, hashes])
    starts = np.flatnonzero(is_first)
    return replace(
        sketch,
        hashes=hashes[starts],
        Z=sketch.Z[order[starts]],
        weights=np.add.reduceat(sketch.weights[order], starts),
        counts=np.add.reduceat(sketch.counts[order], starts),
        sums=None if sums is None else np.add.reduceat(sums[order], starts, axis=0),
    )


def _cut(sketch: Sketch, most: int) -> Sketch:
    """Leave out the largest hashes of too many rows."""
    if len(sketch) <= most:
        return sketch
    return replace(_first(sketch, most), limit=int(sketch.hashes[most - 1]))


def _first(sketch: Sketch, n: int) -> Sketch:
    return replace(
        sketch,
        hashes=sketch.hashes[:n],
        Z=sketch.Z[:n],
        weights=sketch.weights[:n],
        counts=sketch.counts[:n],
        sums=None if sketch.sums is None else sketch.sums[:n],
    )


def _sums(sketch: Sketch) -> FloatArray:
    if sketch.sums is None:
        msg = "Some sketches have targets, and others have none."
        raise ValueError(msg)
    return sketch.sums

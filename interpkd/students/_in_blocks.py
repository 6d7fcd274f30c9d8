"""Many rows in memory as blocks, so that a table, files and a cluster give the same student."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd.learners import SKETCH_ROWS, MemoryBlocks, Sketch, category_hashes
from interpkd.students._sparse import is_sparse

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from interpkd._tables import Column
    from interpkd.targets import TransferSet

MOST_ROWS = SKETCH_ROWS
"""Rows up to which nothing is taken from a sketch, as it would be all of them."""

BLOCK_ROWS = 262_144
"""Rows of a block in memory."""


def is_for_blocks(transfer: TransferSet) -> bool:
    """Tell whether rows are so many that they are taken in blocks.

    Parameters
    ----------
    transfer : TransferSet
        The rows; sparse ones, and those beside generated ones, are never in files or on workers.

    Returns
    -------
    is_for_blocks : bool
        Whether they are.
    """
    if is_sparse(transfer.Z) or transfer.n_generated:
        return False
    return len(transfer.Z) > MOST_ROWS


def take_in_blocks(transfer: TransferSet, columns: Sequence[Column]) -> tuple[MemoryBlocks, Sketch]:
    """Cut rows in memory into blocks, as those of files are, without a copy of them.

    Parameters
    ----------
    transfer : TransferSet
        The rows.

    columns : sequence of Column
        Their columns.

    Returns
    -------
    blocks : MemoryBlocks
        Blocks of "Z", "targets" in float32 and, where not all are 1, "weights".

    sketch : Sketch
        Of all rows, with the same targets.
    """
    targets = transfer.targets.reshape(len(transfer.Z), -1)
    targets = (targets[:, 1:] if targets.shape[1] == 2 else targets).astype(np.float32)
    arrays: dict[str, NDArray[Any]] = {"Z": transfer.Z, "targets": targets}
    if (transfer.weights != 1).any():
        arrays["weights"] = transfer.weights
    starts = range(0, len(targets), BLOCK_ROWS)
    blocks = MemoryBlocks(
        {name: values[first : first + BLOCK_ROWS] for name, values in arrays.items()}
        for first in starts
    )
    tables = [category_hashes(c.categories) if c.kind == "category" else None for c in columns]
    weights = arrays.get("weights")
    sketch = Sketch.of(transfer.Z, weights, tables=tables, targets=targets, most=MOST_ROWS)
    return blocks, sketch


def as_sample(sketch: Sketch, most: int = SKETCH_ROWS) -> Mapping[str, NDArray[Any]]:
    """Give rows of a sketch as the learners take a sample.

    Parameters
    ----------
    sketch : Sketch
        The sketch.

    most : int, default=SKETCH_ROWS
        Most rows; those of the smallest hashes.

    Returns
    -------
    sample : dict of str to ndarray
        "Z", "targets" and "weights".
    """
    sketch = sketch.smallest(most)
    return {"Z": sketch.Z, "targets": sketch.targets, "weights": sketch.weights}

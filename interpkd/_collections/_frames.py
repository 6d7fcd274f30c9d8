"""The rows of a collection brought into memory."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd._collections._protocol import Part

if TYPE_CHECKING:
    from collections.abc import Sequence

    from interpkd._collections._protocol import Collection


def whole_part(part: Part) -> Part:
    """Give the part itself; what :meth:`Collection.map` is called with to bring rows here."""
    return part


def in_memory(collection: Collection) -> tuple[Part, list[int]]:
    """Bring all rows into memory, in their order.

    Parameters
    ----------
    collection : Collection
        The rows.

    Returns
    -------
    rows : Part
        All of them.

    lengths : list of int
        The rows of each part.
    """
    parts = list(collection.map(whole_part))
    lengths = [len(part) for part in parts]
    some = [part for part in parts if len(part)] or parts[:1]
    del parts

    def stacked(name: str) -> Any:
        arrays = [getattr(part, name) for part in some]
        return None if arrays[0] is None else np.concatenate(arrays)

    X = _stack([part.X for part in some])
    return Part(0, X, stacked("y"), stacked("sample_weight"), stacked("scores"), "X"), lengths


def _stack(tables: Sequence[Any]) -> Any:
    """Put tables under each other; categories stay categories, whichever a part has."""
    if isinstance(tables[0], np.ndarray):
        return np.concatenate(tables)
    import pandas as pd

    if len(tables) == 1:
        return tables[0].reset_index(drop=True)
    columns = {name: _column([table[name] for table in tables], pd) for name in tables[0].columns}
    return pd.DataFrame(columns)


def _column(series: Sequence[Any], pd: Any) -> Any:
    if all(isinstance(one.dtype, pd.CategoricalDtype) for one in series):
        return pd.api.types.union_categoricals(series, ignore_order=True)
    return pd.concat(series, ignore_index=True)

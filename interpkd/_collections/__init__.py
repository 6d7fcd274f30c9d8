"""Tables that are not in memory: Parquet and other Arrow data sets, and Dask collections."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from interpkd._collections._available import available_bytes
from interpkd._collections._memory import MemoryCollection
from interpkd._collections._open import is_collection, open_collection
from interpkd._collections._protocol import Collection, Part
from interpkd._collections._store import Store
from interpkd._collections._stored_blocks import StoredBlocks

__all__ = [
    "Collection",
    "MemoryCollection",
    "Part",
    "Store",
    "StoredBlocks",
    "available_bytes",
    "is_collection",
    "open_collection",
]

"""Tables that are not in memory: Parquet and other Arrow data sets, and Dask collections."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from interpkd._collections._array_files import read_arrays, storage_error, write_arrays
from interpkd._collections._available import available_bytes
from interpkd._collections._chain import Chain
from interpkd._collections._frames import in_memory
from interpkd._collections._memory import MemoryCollection
from interpkd._collections._open import is_collection, names_of, open_collection
from interpkd._collections._protocol import Collection, Part
from interpkd._collections._store import Store
from interpkd._collections._stored_blocks import StoredBlocks

__all__ = [
    "Chain",
    "Collection",
    "MemoryCollection",
    "Part",
    "Store",
    "StoredBlocks",
    "available_bytes",
    "in_memory",
    "is_collection",
    "names_of",
    "open_collection",
    "read_arrays",
    "storage_error",
    "write_arrays",
]

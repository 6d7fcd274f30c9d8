"""Tables that are not in memory: Parquet and other Arrow data sets, and Dask collections."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from interpkd._collections._protocol import Collection, Part

__all__ = ["Collection", "Part"]

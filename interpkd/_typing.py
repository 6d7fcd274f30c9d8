"""Aliases that say what shape a thing has."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

FloatArray: TypeAlias = NDArray[np.float64]
"""float64 array; the docstring that uses it states the shape."""

IntArray: TypeAlias = NDArray[np.int64]
"""int64 array; the docstring that uses it states the shape."""

BoolArray: TypeAlias = NDArray[np.bool_]
"""Boolean array; the docstring that uses it states the shape."""

Table: TypeAlias = Any
"""What a user passes as `X`: a numpy array, or a pandas, polars or pyarrow table
of shape (n_samples, n_features)."""

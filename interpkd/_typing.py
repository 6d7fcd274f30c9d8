"""Aliases and protocols that say what shape a thing has."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import Any, Protocol, TypeAlias, runtime_checkable

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


@runtime_checkable
class ProbabilisticClassifier(Protocol):
    """A fitted model with class probabilities: every classification teacher and student."""

    classes_: NDArray[Any]

    def predict_proba(self, X: Table) -> FloatArray:
        """Probabilities of shape (n_samples, n_classes), columns as in `classes_`."""
        ...


@runtime_checkable
class Predictor(Protocol):
    """A fitted model with predictions: every regression teacher and student."""

    def predict(self, X: Table) -> NDArray[Any]:
        """Predictions of shape (n_samples,)."""
        ...

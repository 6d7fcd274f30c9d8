"""Scales on which a score's error is nearly symmetric, so that an interval there is a fair one."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import expit, logit

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True)
class Scale:
    """A rising function of a score, and its way back.

    Attributes
    ----------
    name : str
        What a report calls it; empty for the score itself.

    to, back : callable
        The function of an array of scores, and its inverse.

    slope : callable
        Its derivative.
    """

    name: str
    to: Callable[[Any], Any]
    back: Callable[[Any], Any]
    slope: Callable[[float], float]


PLAIN = Scale("", np.positive, np.positive, lambda _: 1.0)
"""The score itself."""

LOG = Scale("log scale", np.log, np.exp, lambda v: 1 / v)
"""For errors, which are at least 0."""

FISHER = Scale("Fisher's z scale", np.arctanh, np.tanh, lambda v: 1 / (1 - v * v))
"""For correlations and kappa, which lie in [-1, 1]."""

LOGIT = Scale("logit scale", logit, expit, lambda v: 1 / (v * (1 - v)))
"""For areas, which lie in [0, 1]."""

UNEXPLAINED = Scale(
    "scale of log(1 - R²)",
    lambda v: -np.log1p(-v),
    lambda u: -np.expm1(-u),
    lambda v: 1 / (1 - v),
)
"""For R², which is at most 1."""

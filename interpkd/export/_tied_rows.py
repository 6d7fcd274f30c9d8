"""Rows on the border between two classes of a linear student, and just beside it."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd._tables import encode, read_frame
from interpkd.export._parity_rows import make_frame, with_categories
from interpkd.export._read_json import read_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from interpkd._typing import FloatArray

    Row = dict[str, Any]

STEPS = (0.0, 1e-9, -1e-9, 1e-6, -1e-6)
"""How far beside the border, in scores."""

LARGEST = 1e30
"""Beyond this, sums are no numbers in single precision."""


def tied_rows(data: dict[str, Any], bases: Sequence[Row]) -> Iterator[Row]:
    """Move one number of each row so that its two best classes are tied, or nearly so.

    Parameters
    ----------
    data : dict
        The document of a linear classifier.

    bases : sequence of dict
        The rows.

    Yields
    ------
    row : dict
        A changed row.
    """
    names = [column["name"] for column in data["columns"]]
    frame = make_frame(data, {name: [row[name] for row in bases] for name in names})
    student = read_json(data)
    Z = encode(read_frame(with_categories(data, frame)), student.columns_)
    scores, terms = _by_class(student.scorer_.scores(Z)), student.scorer_.terms(Z)
    for k, row in enumerate(bases):
        first, second = np.argsort(-scores[k], kind="stable")[:2]
        gap = scores[k, first] - scores[k, second]
        for i, term in enumerate(data["terms"]):
            if data["columns"][i]["kind"] != "numeric":
                continue
            slopes = _by_class(np.array([term["values"]]))[0]
            slope = slopes[first] - slopes[second]
            own = _by_class(terms[k : k + 1, i].reshape(1, -1))[0]
            rest = gap - (own[first] - own[second])
            if slope == 0 or rest == 0:
                continue
            for step in STEPS:
                value = float((step - rest) / slope)
                if abs(value) <= LARGEST:
                    yield row | {names[i]: value}


def _by_class(scores: FloatArray) -> FloatArray:
    """Give one column per class; a single one is the second class's, against zero."""
    scores = np.asarray(scores, dtype=np.float64)
    if scores.ndim == 1 or scores.shape[1] == 1:
        return np.column_stack([np.zeros(len(scores)), scores.ravel()])
    return scores

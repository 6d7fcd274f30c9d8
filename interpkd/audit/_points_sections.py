"""A scorecard in full, and who gets how many points, as a plain dictionary."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd.audit._inputs import plain
from interpkd.export import points_table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from interpkd._typing import BoolArray
    from interpkd.audit._inputs import Inputs
    from interpkd.export import PointsBin, PointsTable

BANDS = 10
"""Most bands of scores, each of about as many evaluation rows."""


def student_points(inputs: Inputs, labels: Mapping[str, Any]) -> dict[str, Any]:
    """Give the whole scorecard, with what the evaluation rows say of it.

    Parameters
    ----------
    inputs : Inputs
        The student, the rows and both models' answers.

    labels : mapping
        Groups and segments: names to labels of the rows, already checked.

    Returns
    -------
    section : dict
        The scale, what rounding costs, every bin, and the scores of the evaluation rows.
    """
    table = points_table(inputs.student)
    codes = inputs.student.card_.model.codes(inputs.structure.encode(inputs.rows))
    scores = np.asarray(inputs.student.score_samples(inputs.X))
    return {
        "kind": "scorecard",
        "n_features": len(table.features),
        "n_bins": len(table.bins),
        "columns_used": list(table.features),
        "n_rows": table.n_rows,
        "rows_counted": "real training rows, none generated",
        "base_points": table.base_points,
        "intercept": table.intercept,
        "teacher_mean": table.teacher_mean,
        "scale": _scale(table),
        "rounding": {"loss": table.rounding_loss, "largest_change": table.rounding_change},
        "features": [_feature(table, name) for name in table.features],
        "bins": list(_bins(inputs, table, codes)),
        "scores": {
            **_spread(scores),
            "bands": [_band(inputs, scores, rows) for rows in _bands(scores)],
            "groups": list(_groups(labels, scores)),
        },
    }


def _scale(table: PointsTable) -> dict[str, Any]:
    return {
        "pdo": table.pdo,
        "base_score": table.base_score,
        "base_odds": table.base_odds,
        "good_class": plain(table.good_class),
        "other_class": plain(table.other_class),
        "least_score": table.least_score,
        "most_score": table.most_score,
    }


def _feature(table: PointsTable, name: str) -> dict[str, Any]:
    points = [one.points for one in table.bins if one.feature == name]
    return {
        "feature": name,
        "n_bins": len(points),
        "least_points": min(points),
        "most_points": max(points),
    }


def _bins(inputs: Inputs, table: PointsTable, codes: NDArray[np.int16]) -> Iterator[dict[str, Any]]:
    """Give every bin with the evaluation rows in it."""
    for name, code in zip(table.features, codes, strict=True):
        for k, one in enumerate(one for one in table.bins if one.feature == name):
            yield {**_bin(one), "evaluation": _on_evaluation_rows(inputs, code == k)}


def _bin(one: PointsBin) -> dict[str, Any]:
    return {
        "feature": one.feature,
        "bin": one.text,
        "kind": one.kind,
        "lower": None if one.lower is None else plain(one.lower),
        "upper": None if one.upper is None else plain(one.upper),
        "categories": [plain(value) for value in one.categories],
        "value": one.value,
        "n_rows": one.n_rows,
        "share": one.share,
        "teacher_mean": one.teacher_mean,
        "coefficient": one.coefficient,
        "points": one.points,
    }


def _on_evaluation_rows(inputs: Inputs, here: BoolArray) -> dict[str, Any]:
    """Give rows and the teacher's mean answer in one bin."""
    n, answers = int(here.sum()), inputs.teacher_answers
    mean = None if answers is None or n == 0 else float(answers[here, 1].mean())
    return {"n": n, "share": n / inputs.n_rows, "teacher_mean": mean}


def _bands(scores: NDArray[np.int64]) -> Iterator[BoolArray]:
    """Give the rows of each band, from the lowest scores to the highest."""
    edges = np.unique(np.quantile(scores, np.arange(1, BANDS) / BANDS, method="higher"))
    place = np.searchsorted(edges, scores, side="right")
    for k in np.unique(place):
        yield place == k


def _band(inputs: Inputs, scores: NDArray[np.int64], here: BoolArray) -> dict[str, Any]:
    """Give scores, rows, both models' mean answers and their agreement in one band."""
    student, teacher = inputs.student_answers, inputs.teacher_answers
    agreement = None
    if teacher is not None:
        agreement = float((inputs.decide(teacher[here]) == inputs.decide(student[here])).mean())
    return {
        "low": int(scores[here].min()),
        "high": int(scores[here].max()),
        **_on_evaluation_rows(inputs, here),
        "student_mean": float(student[here, 1].mean()),
        "agreement": agreement,
    }


def _groups(labels: Mapping[str, Any], scores: NDArray[np.int64]) -> Iterator[dict[str, Any]]:
    """Give the scores of the rows of each value of each group and segment."""
    import pandas as pd

    for name, values in labels.items():
        listed = values.to_pylist() if hasattr(values, "to_pylist") else list(values)
        column = pd.Series(listed, dtype=object)
        known = column[column.notna()]
        parts = list(known.groupby(known.map(_text)).groups.values())
        for rows in [*parts, column.index[column.isna()]]:
            if not len(rows):
                continue
            value = listed[rows[0]]
            yield {
                "segment": name,
                "value": None if pd.isna(value) else plain(value),
                "n": len(rows),
                **_spread(scores[rows]),
            }


def _text(value: Any) -> str:
    return str(plain(value))


def _spread(scores: NDArray[np.int64]) -> dict[str, float]:
    """Give mean and quantiles of scores."""
    found = np.quantile(scores, [0, 0.05, 0.25, 0.5, 0.75, 0.95, 1]).tolist()
    names = ("minimum", "q05", "q25", "median", "q75", "q95", "maximum")
    return {"mean": float(scores.mean()), **dict(zip(names, found, strict=True))}

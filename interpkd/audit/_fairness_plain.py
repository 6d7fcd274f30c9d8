"""The plain group metrics, by fairlearn's MetricFrame."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd._optional import require

if TYPE_CHECKING:
    from collections.abc import Sequence

    from interpkd._typing import FloatArray
    from interpkd.audit._fairness_cells import Cell
    from interpkd.audit._fairness_rows import Rows

PURPOSE = "measure group fairness"

RATES = ("selection_rate", "true_positive_rate", "false_positive_rate")
"""fairlearn's names of the rates, which are ours too."""


def metrics_library() -> Any:
    """Give fairlearn's module of metrics.

    Returns
    -------
    module : module
        ``fairlearn.metrics``.

    Raises
    ------
    MissingExtraError
        If fairlearn is not installed.
    """
    return require("fairlearn.metrics", extra="fairness", purpose=PURPOSE)


def group_metrics(cells: Sequence[Cell], rows: Rows, model: str) -> list[dict[str, float]]:
    """Measure the rates, or the mean prediction, of one model in cells.

    Parameters
    ----------
    cells : sequence of Cell
        Cells; a row may be in several.

    rows : Rows
        The rows.

    model : {"teacher", "student"}
        Whose answers.

    Returns
    -------
    metrics : list of dict of str to float
        One per cell: "selection_rate" and with labels the other two of `RATES`; of a regression
        "mean_prediction". A rate of no row is fairlearn's 0, which nobody is to read.
    """
    if not cells:
        return []
    library = metrics_library()
    names = ["mean_prediction"] if rows.is_regression else list(RATES)
    if rows.target is None:
        names = names[:1]
    place = np.concatenate([one.rows for one in cells])
    answers = rows.scores[model] if rows.is_regression else rows.selected[model].astype(int)
    target = np.zeros(len(rows.weights)) if rows.target is None else rows.target
    truth: FloatArray = target if rows.is_regression else target.astype(int)
    frame = library.MetricFrame(
        metrics={name: getattr(library, name) for name in names},
        y_true=truth[place],
        y_pred=answers[place],
        # numbers, not names: what a name holds cannot trip up a library
        sensitive_features=np.repeat(np.arange(len(cells)), [len(one.rows) for one in cells]),
        sample_params={name: {"sample_weight": rows.weights[place]} for name in names},
    )
    by_group = frame.by_group
    return [{name: float(by_group[name].loc[k]) for name in names} for k in range(len(cells))]

"""The points table of a scorecard, as a data frame."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd.students._bin_indicators import bin_texts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from interpkd._tables import Column
    from interpkd._typing import FloatArray
    from interpkd.learners import PointsCard, ScorecardBins

BASE = "base points"


def points_table(
    card: PointsCard,
    columns: Sequence[Column],
    Z: FloatArray,
    targets: FloatArray,
    weights: FloatArray,
) -> Any:
    """Write a card as a table.

    Parameters
    ----------
    card : PointsCard
        The card.

    columns : sequence of Column
        The columns of the training table.

    Z : ndarray of shape (n_samples, n_features)
        The real rows.

    targets : ndarray of shape (n_samples,)
        What the teacher says of them.

    weights : ndarray of shape (n_samples,)
        Their weights.

    Returns
    -------
    table : pandas.DataFrame
        One row for the base points, then one for each bin.
    """
    import pandas as pd

    model = card.model
    whole = {
        "feature": BASE,
        "bin": "all rows",
        "rows": len(Z),
        "share": 1.0,
        "teacher mean": float(np.average(targets, weights=weights)),
        "coefficient": model.intercept,
        "points": card.base_points,
    }
    parts = [pd.DataFrame([whole])]
    for i, bins, values, points, code in zip(
        model.columns, model.bins, model.log_odds, card.points, model.codes(Z), strict=True
    ):
        mass = np.bincount(code, weights, bins.n_bins)
        sums = np.bincount(code, weights * targets, bins.n_bins)
        part = {
            "feature": columns[i].name,
            "bin": _texts(bins, columns[i]),
            "rows": np.bincount(code, minlength=bins.n_bins),
            "share": mass / mass.sum(),
            "teacher mean": np.where(mass > 0, sums / np.where(mass > 0, mass, 1.0), np.nan),
            "coefficient": values,
            "points": points,
        }
        parts.append(pd.DataFrame(part))
    return pd.concat(parts, ignore_index=True)


def with_own_texts(table: Any) -> Any:
    """Give a table whose texts are of the type that pandas makes of them."""
    texts = [name for name in table.columns if table[name].dtype == object]
    return table.assign(**{name: table[name].tolist() for name in texts})


def _texts(bins: ScorecardBins, column: Column) -> list[str]:
    """Say what is in each bin, in the words of the user's table."""
    if column.kind == "boolean" and bins.groups is None and len(bins.cuts) == 1:
        return ["False", "True", *bin_texts(bins)[2:]]
    return bin_texts(bins, column.categories if column.kind == "category" else None)

"""A scorecard as a picture: one line per column, one mark per bin at its points."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd.audit._svg import LINE, PAPER, SOFT, STUDENT, drawing, new_figure, short, to_svg

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_COLUMNS = 40
"""Most columns in the picture; the table has all."""

APART = ("special", "missing")


def draw_points(student: Mapping[str, Any]) -> str:
    """Draw the points of every bin.

    Parameters
    ----------
    student : mapping
        The student's section of the data model.

    Returns
    -------
    svg : str
        One ``<svg>`` element.
    """
    features = sorted(student["features"], key=lambda one: one["least_points"] - one["most_points"])
    with drawing():
        figure = new_figure(7.2, 0.3 * len(features) + 1.2)
        axes = figure.add_subplot()
        for row, one in enumerate(features):
            axes.plot([one["least_points"], one["most_points"]], [row, row], color=LINE, lw=2)
            bins = [b for b in student["bins"] if b["feature"] == one["feature"]]
            _draw_marks(axes, row, [b for b in bins if b["kind"] not in APART], is_apart=False)
            _draw_marks(axes, row, [b for b in bins if b["kind"] in APART], is_apart=True)
        axes.set_yticks(range(len(features)), [short(one["feature"], 34) for one in features])
        axes.set_ylim(len(features) - 0.5, -0.5)
        axes.tick_params(axis="y", length=0)
        axes.set_xlabel(f"Points, for {short(student['scale']['good_class'], 30)}")
        handles = [
            axes.scatter([], [], s=36, marker="o", color=STUDENT, lw=0, label="values"),
            axes.scatter(
                [], [], s=36, marker="D", color=PAPER, edgecolor=SOFT, lw=1.2,
                label="missing and special values",
            ),
        ]  # fmt: skip
        figure.legend(handles=handles, loc="upper center", ncols=2)
        figure.tight_layout(rect=(0, 0, 1, 1 - 0.28 / figure.get_figheight()))
        return to_svg(figure, "points")


def _draw_marks(axes: Any, row: int, bins: list[Any], *, is_apart: bool) -> None:
    """Draw bins at their points, a larger area for more training rows."""
    areas = 8 + 170 * np.array([one["share"] for one in bins])
    style: dict[str, Any] = {"marker": "o", "color": STUDENT, "edgecolor": PAPER, "lw": 0.6}
    if is_apart:
        style = {"marker": "D", "color": PAPER, "edgecolor": SOFT, "lw": 1.2}
    axes.scatter(
        [one["points"] for one in bins], np.full(len(bins), row), s=areas, zorder=2, **style
    )

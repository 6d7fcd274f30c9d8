"""Group fairness as a picture: one line per group, both models, with their intervals."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from interpkd.audit._svg import (
    INK,
    LINE,
    SOFT,
    STUDENT,
    TEACHER,
    drawing,
    new_figure,
    short,
    to_svg,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MAX_LINES = 24
"""Most groups in the picture; the tables have all."""

RATES = (("selection_rate", "Selection rate"), ("impact_ratio", "Adverse-impact ratio"))
MEANS = (
    ("mean_prediction", "Mean prediction"),
    ("mean_difference", "Difference to the reference group"),
)


def draw_fairness(found: Mapping[str, Any]) -> str:
    """Draw two numbers of every group.

    Parameters
    ----------
    found : mapping
        The section "fairness" of a data model, computed.

    Returns
    -------
    svg : str
        One ``<svg>`` element.
    """
    groups = found["groups"][:MAX_LINES]
    is_rate = found["task"] == "classification"
    with drawing():
        figure = new_figure(7.6, 0.42 * len(groups) + 1.3)
        panels = figure.subplots(1, 2, sharey=True)
        for axes, (name, title) in zip(panels, RATES if is_rate else MEANS, strict=True):
            is_bar = name == "selection_rate"
            _draw_panel(axes, groups, name, is_bar=is_bar)
            axes.set_xlabel(title)
            axes.tick_params(axis="y", length=0)
        panels[1].axvline(1.0 if is_rate else 0.0, color=SOFT, lw=0.9, ls=(0, (4, 3)), zorder=0)
        labels = [f"{short(_name(one), 34)} (n = {one['n']})" for one in groups]
        panels[0].set_yticks(range(len(groups)), labels)
        panels[0].set_ylim(len(groups) - 0.5, -0.5)
        _draw_legend(figure, panels[0], is_bar=is_rate)
        figure.tight_layout(rect=(0, 0, 1, 1 - 0.3 / figure.get_figheight()))
        return to_svg(figure, "fairness")


def _name(group: Mapping[str, Any]) -> str:
    """Give the label, of an intersection the values alone: there is no room for more."""
    if len(group["values"]) == 1:
        return str(group["label"])
    return " and ".join("(missing)" if one is None else str(one) for one in group["values"])


def _draw_panel(axes: Any, groups: Sequence[Mapping[str, Any]], name: str, *, is_bar: bool) -> None:
    """Draw one number of every group, or the mark of insufficient data."""
    lows = [
        one[who][name]["low"]
        for one in groups
        for who in ("student", "teacher")
        if one[who].get(name) and one[who][name]["low"] is not None
    ]
    for row, one in enumerate(groups):
        axes.axhline(row, color=LINE, lw=0.6, zorder=0)
        drawn = False
        for who, shift in (("student", -0.18), ("teacher", 0.18)):
            score = one[who].get(name)
            if score is None or score["estimate"] is None:
                continue
            drawn = True
            _draw_score(axes, row + (shift if one["teacher"] else 0), score, who, is_bar=is_bar)
        if not drawn:
            edge = 0.0 if is_bar else min(lows, default=0.0)
            axes.scatter([edge], [row], marker="x", color=SOFT, s=28, clip_on=False, zorder=3)


def _draw_score(
    axes: Any, place: float, score: Mapping[str, Any], who: str, *, is_bar: bool
) -> None:
    colour = STUDENT if who == "student" else TEACHER
    value = score["estimate"]
    if is_bar:
        fill: dict[str, Any] = {"color": colour} if who == "student" else {"color": "none"}
        hatch = None if who == "student" else "////"
        axes.barh(place, value, height=0.32, edgecolor=colour, hatch=hatch, lw=1, **fill)
    else:
        axes.scatter(
            [value], [place], s=24, marker="o" if who == "student" else "D",
            color=colour if who == "student" else "none", edgecolor=colour, lw=1.2, zorder=3,
        )  # fmt: skip
    if score["low"] is not None:
        axes.plot([score["low"], score["high"]], [place, place], color=INK, lw=1.2, zorder=2)


def _draw_legend(figure: Any, axes: Any, *, is_bar: bool) -> None:
    from matplotlib.patches import Patch

    handles: list[Any] = []
    if is_bar:
        handles = [
            Patch(facecolor=STUDENT, edgecolor=STUDENT, label="student"),
            Patch(facecolor="none", edgecolor=TEACHER, hatch="////", label="teacher"),
        ]
    else:
        handles = [
            axes.scatter([], [], marker="o", color=STUDENT, label="student"),
            axes.scatter([], [], marker="D", color="none", edgecolor=TEACHER, label="teacher"),
        ]
    handles.append(axes.scatter([], [], marker="x", color=SOFT, label="insufficient data"))
    figure.legend(handles=handles, loc="upper center", ncols=3)

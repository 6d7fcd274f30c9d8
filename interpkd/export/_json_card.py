"""A scorecard as JSON: its bins with their points, and what a score means."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from itertools import groupby, pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd.export._json_checks import (
    get,
    read_choice,
    read_flag,
    read_integer,
    read_label,
    read_list,
    read_number,
    read_optional,
    read_text,
    refuse,
    write_label,
)
from interpkd.export._points import PointsBin, PointsTable, points_table
from interpkd.export._read_card import CardScorer, ReadBins, ReadCard, ReadModel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from interpkd._tables import Column

KINDS = ("interval", "categories", "special", "missing")


def write_card(student: Any) -> dict[str, Any]:
    """Write a scorecard.

    Parameters
    ----------
    student : fitted estimator
        A scorecard.

    Returns
    -------
    part : dict
        The scale, and the bins of each column of the card.
    """
    table, card = points_table(student), student.card_
    return {
        "base_points": table.base_points,
        "factor": float(card.factor),
        "offset": float(card.offset),
        "scale": {
            "pdo": table.pdo,
            "base_score": table.base_score,
            "base_odds": table.base_odds,
            "good_class": write_label(table.good_class, "a class"),
            "good_class_was_given": student.good_class is not None,
        },
        "rounding": {
            "intercept": table.intercept,
            "loss": table.rounding_loss,
            "largest_change": table.rounding_change,
        },
        "n_rows": table.n_rows,
        "teacher_mean": table.teacher_mean,
        "features": [
            {"column": name, "bins": [_write_bin(one) for one in bins]}
            for name, bins in groupby(table.bins, key=lambda one: one.feature)
        ],
    }


def _write_bin(one: PointsBin) -> dict[str, Any]:
    return {
        "text": one.text,
        "kind": one.kind,
        "lower": one.lower,
        "upper": one.upper,
        "categories": [write_label(value, "a category") for value in one.categories],
        "value": one.value,
        "points": one.points,
        "coefficient": one.coefficient,
        "n_rows": one.n_rows,
        "share": one.share,
        "teacher_mean": one.teacher_mean,
    }


def read_card(data: Any, columns: Sequence[Column], classes: NDArray[Any] | None) -> CardScorer:
    """Read a scorecard.

    Parameters
    ----------
    data : dict
        The document.

    columns : sequence of Column
        Its columns.

    classes : ndarray of shape (n_classes,) or None
        Its classes.

    Returns
    -------
    scorer : CardScorer
        The scorecard.

    Raises
    ------
    InvalidInputError
        If its bins do not cover every value once, or its scale is none.
    """
    if classes is None or len(classes) != 2:
        refuse("classes", "two", data["classes"])
    places = {column.name: i for i, column in enumerate(columns)}
    listed = read_list(get(data, "features", "the student"), "features")
    names = [get(one, "column", f"features[{i}]") for i, one in enumerate(listed)]
    unknown = [name for name in names if not isinstance(name, str) or name not in places]
    if unknown or not names or len(set(names)) < len(names):
        refuse("features", "different columns of the table", names)
    bins = [
        tuple(_read_bins(one, columns[places[name]], f"features[{i}]"))
        for i, (one, name) in enumerate(zip(listed, names, strict=True))
    ]
    table = _read_table(data, tuple(one for feature in bins for one in feature), classes)
    model = ReadModel(
        columns=np.array([places[name] for name in names]),
        bins=[
            _make_bins(feature, columns[places[name]], f"features[{i}]")
            for i, (feature, name) in enumerate(zip(bins, names, strict=True))
        ],
        log_odds=[np.array([one.coefficient for one in feature]) for feature in bins],
        intercept=table.intercept,
    )
    card = ReadCard(
        model=model,
        points=[np.array([one.points for one in feature], dtype=np.int64) for feature in bins],
        base_points=table.base_points,
        factor=read_number(get(data, "factor", "the student"), "factor"),
        offset=read_number(get(data, "offset", "the student"), "offset"),
    )
    _check_scale(card, table, classes)
    given = get(data["scale"], "good_class_was_given", "scale")
    is_given = read_flag(given, "scale.good_class_was_given")
    return CardScorer(card, table, tuple(columns), classes, is_given)


def _read_table(data: Any, bins: tuple[PointsBin, ...], classes: NDArray[Any]) -> PointsTable:
    scale, rounding = (get(data, name, "the student") for name in ("scale", "rounding"))
    good = read_label(get(scale, "good_class", "scale"), "scale.good_class")
    labels = classes.tolist()
    if good not in labels:
        refuse("scale.good_class", f"one of {labels}", good)

    def number(part: Any, name: str, where: str) -> float:
        return read_number(get(part, name, where), f"{where}.{name}")

    return PointsTable(
        bins=bins,
        base_points=read_integer(get(data, "base_points", "the student"), "base_points"),
        intercept=number(rounding, "intercept", "rounding"),
        pdo=number(scale, "pdo", "scale"),
        base_score=number(scale, "base_score", "scale"),
        base_odds=number(scale, "base_odds", "scale"),
        good_class=good,
        other_class=labels[1 - labels.index(good)],
        n_rows=read_integer(get(data, "n_rows", "the student"), "n_rows", least=0),
        teacher_mean=number(data, "teacher_mean", "the student"),
        rounding_loss=number(rounding, "loss", "rounding"),
        rounding_change=number(rounding, "largest_change", "rounding"),
    )


def _check_scale(card: ReadCard, table: PointsTable, classes: NDArray[Any]) -> None:
    """See that points mean what the scale says."""
    if table.pdo <= 0 or table.base_odds <= 0:
        refuse("scale.pdo and scale.base_odds", "above 0", (table.pdo, table.base_odds))
    factor = table.pdo / np.log(2)
    offset = table.base_score - factor * np.log(table.base_odds)
    sign = 1 if table.good_class == classes.tolist()[1] else -1
    if not np.allclose([sign * factor, offset], [card.factor, card.offset], rtol=1e-9, atol=1e-9):
        rule = f"those of the scale, {sign * factor!r} and {offset!r}"
        refuse("factor and offset", rule, (card.factor, card.offset))


def _read_bins(feature: Any, column: Column, where: str) -> list[PointsBin]:
    listed = read_list(get(feature, "bins", where), f"{where}.bins")
    return [_read_bin(one, column.name, f"{where}.bins[{k}]") for k, one in enumerate(listed)]


def _read_bin(one: Any, feature: str, where: str) -> PointsBin:
    def optional(name: str) -> float | None:
        return read_optional(get(one, name, where), f"{where}.{name}")

    listed = read_list(get(one, "categories", where), f"{where}.categories")
    return PointsBin(
        feature=feature,
        text=read_text(get(one, "text", where), f"{where}.text"),
        kind=read_choice(get(one, "kind", where), KINDS, f"{where}.kind"),
        lower=optional("lower"),
        upper=optional("upper"),
        categories=tuple(read_label(value, f"{where}.categories") for value in listed),
        value=optional("value"),
        n_rows=read_integer(get(one, "n_rows", where), f"{where}.n_rows", least=0),
        share=read_number(get(one, "share", where), f"{where}.share"),
        teacher_mean=optional("teacher_mean"),
        coefficient=read_number(get(one, "coefficient", where), f"{where}.coefficient"),
        points=read_integer(get(one, "points", where), f"{where}.points"),
    )


def _make_bins(listed: Sequence[PointsBin], column: Column, where: str) -> ReadBins:
    """Put the bins of a column together, if they hold every value once."""
    known = "categories" if column.kind == "category" else "interval"
    kinds = [one.kind for one in listed]
    n_known, n_special = kinds.count(known), kinds.count("special")
    if kinds != [known] * n_known + ["special"] * n_special + ["missing"] or n_known == 0:
        refuse(f"{where}.bins", f"bins of kind {known!r}, then special ones, then missing", kinds)
    special = np.array([one.value for one in listed if one.kind == "special"], dtype=np.float64)
    first = listed[:n_known]
    if known == "categories":
        groups = [_group(first, label, f"{where}.bins") for label in column.categories]
        named = sum(len(one.categories) for one in first)
        if named != len(groups) or n_known != max(groups, default=0) + 1:
            refuse(f"{where}.bins", f"the categories of {column.name!r} once each", named)
        return ReadBins(special=special, groups=np.array(groups, dtype=np.int64))
    cuts = np.array([one.upper for one in first[:-1]], dtype=np.float64)
    ends = [None, *cuts.tolist(), None]
    steps = np.concatenate([np.diff(cuts), np.diff(special)])
    if [(one.lower, one.upper) for one in first] != [*pairwise(ends)] or (
        not (steps > 0).all() or np.isnan(cuts).any() or np.isnan(special).any()
    ):
        refuse(f"{where}.bins", "ascending intervals without gaps, then ascending values", ends)
    return ReadBins(cuts, special)


def _group(bins: Sequence[PointsBin], label: Any, where: str) -> int:
    places = [k for k, one in enumerate(bins) if label in one.categories]
    if len(places) != 1:
        refuse(where, f"bins of which one holds {label!r}", places)
    return places[0]

"""A student at a glance, drawn from the document that `to_json` gives of it.

A tree is an outline with the answers of its leaves, the rows of the most frequent ones first to be
shown; a linear student its coefficients, those first that move the score furthest; a scorecard its
points.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from interpkd._borders import short_border
from interpkd._html import (
    TONES,
    Markup,
    bar,
    indented,
    legend,
    paragraphs,
    signed_bar,
    stacked,
    table,
    whisker,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

MOST_LEAVES, MOST_TERMS, MOST_BINS = 16, 16, 40
"""What is shown; more is no glance."""

SIGNS = {"<": "<", "<=": "≤", ">": ">", ">=": "≥"}

LONGEST = 80
"""Characters of a name or category."""


def glance(data: Mapping[str, Any]) -> Markup:
    """Draw a student.

    Parameters
    ----------
    data : mapping
        Its document.

    Returns
    -------
    markup : Markup
        A table.
    """
    draw: Callable[[Mapping[str, Any]], Markup] = {
        "tree": _tree,
        "scorecard": _points,
    }.get(data["kind"], _coefficients)
    return draw(data)


def size_of(data: Mapping[str, Any]) -> str:
    """Say how large a student is."""
    if data["kind"] == "tree":
        leaves = [one for one in data["nodes"] if "left" not in one]
        used = {one["column"] for one in data["nodes"] if "left" in one}
        depth = max(depth for _, _, depth in _walk(data["nodes"], None))
        return f"{_count(len(leaves), 'leaf', 'leaves')}, depth {depth}, " + _used(used, data)
    if data["kind"] == "scorecard":
        n_bins = sum(len(one["bins"]) for one in data["features"])
        return f"{_count(n_bins, 'bin', 'bins')}, " + _used(data["features"], data)
    terms = [one for one in _terms(data) if any(one[1])]
    used = {one["column"] for one in data["terms"] if _is_used(one)}
    return f"{_count(len(terms), 'coefficient', 'coefficients')} not 0, " + _used(used, data)


def _tree(data: Mapping[str, Any]) -> Markup:
    nodes, classes = data["nodes"], data["classes"]
    columns = {one["name"]: one for one in data["columns"]}
    leaves = [one for one in nodes if "left" not in one]
    n_all = nodes[0]["n_rows"]
    answers = [one["answer"] for one in leaves]
    ends = (min(one[0] for one in answers), max(one[0] for one in answers))
    rows, opened = [], _largest_splits(nodes, MOST_LEAVES)
    for node, parent, depth in _walk(nodes, opened):
        one = nodes[node]
        label = _branch(nodes, columns, node, parent)
        n_below = None if node in opened else _leaves_below(nodes, node)
        if n_below is None:
            rows.append([indented(label, depth), "", "", "", _rows(one["n_rows"], n_all)])
            continue
        more = "" if n_below == 1 else f" … {n_below} leaves"
        rows.append([
            indented(f"{label}{more}", depth),
            *_answer(one, classes, ends),
            _rows(one["n_rows"], n_all),
        ])  # fmt: skip
    if classes is None:
        header, keys = ["", "from least to most", "prediction", ""], Markup()
    elif len(classes) == 2:
        header, keys = ["", "", f"P({_cut(classes[1])})", "decision"], Markup()
    else:
        header, keys = ["", "", "P(decision)", "decision"], _legend(classes)
    title = "The tree; thresholds in the digits of single precision, rows are real training rows"
    found = table(title, [*header, "rows"], rows, numeric=(2, 4))
    return Markup(keys + found + _left_out(len(leaves), MOST_LEAVES, "leaves", "to_rules"))


def _answer(one: Mapping[str, Any], classes: Sequence[Any] | None, ends: Any) -> list[Any]:
    """Give mark, number and decision of a node."""
    answer = one["answer"]
    if classes is None:
        return [whisker(None, answer[0], None, ends), f"{answer[0]:.5g}", ""]
    decision = _cut(one["decision"])
    if len(classes) == 2:
        return [bar(answer[1], 1), f"{answer[1]:.3f}", decision]
    mark = stacked(answer) if len(classes) <= len(TONES) else bar(max(answer), 1)
    return [mark, f"{max(answer):.3f}", decision]


def _largest_splits(nodes: Sequence[Mapping[str, Any]], most: int) -> set[int]:
    """Give the splits that are shown: of the largest nodes first, until there are `most` leaves."""
    opened: set[int] = set()
    border = [0]
    while len(border) < most:
        splits = [node for node in border if "left" in nodes[node]]
        if not splits:
            break
        largest = max(splits, key=lambda node: (nodes[node]["n_rows"], -node))
        opened.add(largest)
        border.remove(largest)
        border += [nodes[largest]["left"], nodes[largest]["right"]]
    return opened


def _walk(
    nodes: Sequence[Mapping[str, Any]], opened: set[int] | None
) -> Iterator[tuple[int, int | None, int]]:
    """Walk from top to bottom through the splits that are open, or all: node, parent, depth."""
    todo: list[tuple[int, int | None, int]] = [(0, None, 0)]
    while todo:
        node, parent, depth = todo.pop()
        yield node, parent, depth
        if "left" in nodes[node] and (opened is None or node in opened):
            todo += [
                (nodes[node]["right"], node, depth + 1),
                (nodes[node]["left"], node, depth + 1),
            ]


def _branch(
    nodes: Sequence[Mapping[str, Any]],
    columns: Mapping[str, Mapping[str, Any]],
    node: int,
    parent: int | None,
) -> str:
    """Say what leads to a node."""
    if parent is None:
        return "all rows"
    split = nodes[parent]
    side = "left" if split["left"] == node else "right"
    text = str(split[f"{side}_text"])
    column = columns[split["column"]]
    threshold = split["threshold"]
    if column["kind"] != "numeric" or isinstance(threshold, str):
        return text
    border = short_border(threshold)
    sign = border.below if side == "left" else border.above
    missing = " or missing" if column["has_missing"] and split["missing"] == side else ""
    return f"{split['column']} {SIGNS[sign]} {border.value:.9g}{missing}"


def _leaves_below(nodes: Sequence[Mapping[str, Any]], node: int) -> int:
    todo, count = [node], 0
    while todo:
        one = nodes[todo.pop()]
        if "left" in one:
            todo += [one["left"], one["right"]]
        else:
            count += 1
    return count


def _coefficients(data: Mapping[str, Any]) -> Markup:
    classes = data["classes"]
    terms = [one for one in _terms(data) if any(one[1])]
    terms.sort(key=lambda one: -max(map(abs, one[2])))
    shown = terms[:MOST_TERMS]
    most = max((abs(move) for one in shown for move in one[2]), default=1.0)
    several = classes is not None and len(classes) > 2
    of = {"logistic": "log odds", "svm": "decision value"}.get(data["kind"], "prediction")
    score = of if classes is None or several else f"{of} of {_cut(classes[1])}"
    if several:
        header = ["", *(_cut(label) for label in classes)]
        rows = [[_cut(what), *(f"{v:.4g}" for v in v_)] for what, v_, _ in shown]
        numeric = range(1, len(header))
    else:
        header = ["", "coefficient", "moves the score by at most", ""]
        rows = [
            [_cut(what), f"{v[0]:.4g}", f"{m[0]:+.3g}", signed_bar(m[0], most)]
            for what, v, m in shown
        ]
        numeric = range(1, 3)
    start = ", ".join(f"{value:.4g}" for value in data["intercept"])
    title = f"Coefficients of the {score}, in the units of the columns; intercept {start}"
    note = (
        "Furthest first: a coefficient times the range of its column in training; of a category, "
        "against the reference."
    )
    found = table(title, header, rows, numeric=numeric)
    left = _left_out(len(terms), MOST_TERMS, "coefficients", "coefficient_list")
    return Markup(found + paragraphs(note, soft=True) + left)


def _terms(data: Mapping[str, Any]) -> Iterator[tuple[str, list[float], list[float]]]:
    """Give what each coefficient is for, its values, and how far each moves the score."""
    columns = {one["name"]: one for one in data["columns"]}
    for term in data["terms"]:
        name, column = term["column"], columns[term["column"]]
        if "categories" in term:
            for one in term["categories"]:
                what = f"{name} is {one['category']} and not {term['reference']}"
                yield what, one["values"], one["values"]
        else:
            ends = [column["minimum"], column["maximum"]]
            span = 1.0 if None in ends else ends[1] - ends[0]
            what = f"{name} is True" if column["kind"] == "boolean" else f"{name}, per unit"
            yield what, term["values"], [span * one for one in term["values"]]
        if term["missing"] is not None:
            yield f"{name} is missing", term["missing"], term["missing"]


def _is_used(term: Mapping[str, Any]) -> bool:
    parts = [term.get("values") or [], term["missing"] or []]
    parts += [one["values"] for one in term.get("categories") or []]
    return any(any(part) for part in parts)


def _points(data: Mapping[str, Any]) -> Markup:
    features = sorted(data["features"], key=lambda one: -_reach(one))
    most = max(max(abs(bin_["points"]) for bin_ in one["bins"]) for one in features)
    rows: list[list[Any]] = []
    n_shown = 0
    for one in features:
        if rows and len(rows) + len(one["bins"]) > MOST_BINS:
            break
        n_shown += 1
        for k, bin_ in enumerate(one["bins"]):
            rows.append([
                _cut(one["column"]) if k == 0 else "",
                _cut(bin_["text"]),
                f"{bin_['points']}",
                signed_bar(bin_["points"], most),
                f"{bin_['share']:.1%}",
            ])  # fmt: skip
    scale = data["scale"]
    title = (
        f"Points for {_cut(scale['good_class'])}: every row starts from {data['base_points']}; "
        f"{scale['base_score']:g} means odds of {scale['base_odds']:g} to 1, and "
        f"{scale['pdo']:g} points double them"
    )
    found = table(title, ["column", "value", "points", "", "rows"], rows, numeric=(2, 4))
    left = len(features) - n_shown
    note = f"{left} columns of smaller reach are left out; points_table_ has them all."
    return Markup(found + paragraphs(note if left else "", soft=True))


def _reach(feature: Mapping[str, Any]) -> float:
    points = [one["points"] for one in feature["bins"]]
    return float(max(points) - min(points))


def _legend(classes: Sequence[Any]) -> Markup:
    return legend(classes) if len(classes) <= len(TONES) else Markup()


def _left_out(n_all: int, most: int, what: str, function: str) -> Markup:
    if n_all <= most:
        return Markup()
    note = f"{n_all} {what} in all: interpkd.export.{function} gives every one of them."
    return paragraphs(note, soft=True)


def _cut(text: Any) -> str:
    return str(text) if len(str(text)) <= LONGEST else f"{str(text)[: LONGEST - 1]}…"


def _rows(n: int, n_all: int) -> str:
    return f"{n:,} ({n / n_all:.1%})" if n_all else f"{n:,}"


def _count(n: int, one: str, many: str) -> str:
    return f"{n:,} {one if n == 1 else many}"


def _used(used: Any, data: Mapping[str, Any]) -> str:
    return f"{len(used)} of {_count(len(data['columns']), 'column', 'columns')} used"

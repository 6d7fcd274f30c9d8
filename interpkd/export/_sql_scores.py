"""Linear students and scorecards in SQL: one sum per score, and what follows from it."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from interpkd.export._sql_parts import Lines, add_up, case

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from interpkd.export._sql_levels import Answered, Levels

FAR = 700.0
"""Beyond this, exponentials leave the doubles; probabilities are 0 and 1 to 300 digits."""

GRAIN = 1.5 * 2.0**22
"""Added and taken off again it rounds to steps of 2**-30: what differs by rounding is equal."""

Terms = dict[str, Lines]
"""What each column adds to one score, without those that never add anything."""


def write_scores(levels: Levels) -> Lines:
    """Give the statement of a linear student or a scorecard.

    Parameters
    ----------
    levels : Levels
        The statement to be.

    Returns
    -------
    lines : list of str
        The statement.
    """
    levels.parts.avoid_underflow(levels.data.get("terms", ()))
    terms = _terms(levels)
    used = {name for listed in terms for name in listed}
    levels.begin(name for name in levels.parts.columns if name in used)
    if len(terms) > 1:
        return _several(levels, terms)
    return _split(levels, terms[0]) if _needs_terms(levels) else _one(levels, terms[0])


def _needs_terms(levels: Levels) -> bool:
    return any(levels.order.has(kind) for kind in ("points", "terms", "reasons"))


def _terms(levels: Levels) -> list[Terms]:
    """Give what each column adds to each score."""
    data, parts = levels.data, levels.parts
    if data["kind"] == "scorecard":
        listed = {one["column"]: parts.points(one) for one in data["features"]}
        return [{name: listed[name] for name in parts.columns if name in listed}]
    out = []
    for k, _ in enumerate(data["intercept"]):
        written = {
            term["column"]: parts.term(term, k, takes_missing=data["takes_missing"])
            for term in data["terms"]
        }
        out.append({name: lines for name, lines in written.items() if lines is not None})
    return out


def _start(levels: Levels, k: int = 0) -> Lines:
    """Give what every row's score has."""
    if levels.data["kind"] == "scorecard":
        return [str(levels.data["base_points"])]
    return [levels.number(levels.data["intercept"][k])]


def _one(levels: Levels, terms: Terms) -> Lines:
    """Give a statement of one score."""
    score = levels.fresh("score")
    total = add_up([_start(levels), *terms.values()])
    levels.level([(score, levels.guarded(total))])
    return levels.finish(_answers(levels, score))


def _split(levels: Levels, terms: Terms) -> Lines:
    """Give a statement of one score with what each column adds to it, and reasons."""
    order, data = levels.order, levels.data
    listed = [one["column"] for one in data["features" if "features" in data else "terms"]]
    if order.has("terms"):  # the others add 0
        terms = {name: terms.get(name, [levels.number(0.0)]) for name in listed}
    own = {name: levels.fresh(f"term_{k}") for k, name in enumerate(terms)}
    levels.level([(own[name], levels.guarded(lines)) for name, lines in terms.items()])
    found = {name: levels.fresh(f"found_{k}") for k, name in enumerate(order.means)}
    if found:
        items = [(found[name], [_contribution(levels, name, own[name])]) for name in found]
        levels.level(items, [*own.values()], fence=True)
    score = levels.fresh("score")
    rank = {name: levels.fresh(f"rank_{k}") for k, name in enumerate(found)}
    items = [(score, add_up([_start(levels), *([one] for one in own.values())]))]
    items += [(rank[name], _rank(name, found)) for name in found]
    levels.level(items, [*own.values(), *found.values()], fence=True)
    answers = _answers(levels, score)
    for k, name in enumerate(listed):
        if name in own:
            answers["points" if data["kind"] == "scorecard" else "terms", k] = [own[name]]
    for k, _ in enumerate(found):
        answers["reasons", k] = case(
            (
                f"{found[name]} > {levels.number(0.0)} AND {rank[name]} = {k}",
                levels.dialect.write_text(order.texts[name], "the reason"),
            )
            for name in found
        )
    return levels.finish(answers, fence=True)


def _contribution(levels: Levels, name: str, term: str) -> str:
    """Say by how much a column speaks for the adverse class, compared with the reference."""
    order, number = levels.order, levels.number
    direction, mean = order.direction, order.means[name]
    way = f"{term} - {number(mean)}" if direction > 0 else f"{number(mean)} - {term}"
    return f"({way} + {number(GRAIN)}) - {number(GRAIN)}"


def _rank(name: str, found: Mapping[str, str]) -> Lines:
    """Count the columns that speak more for the adverse class; of equal ones, the earlier ones."""
    parts, is_earlier = [], True
    for other, column in found.items():
        if other == name:
            is_earlier = False
            continue
        sign = ">=" if is_earlier else ">"
        parts.append([f"CASE WHEN {column} {sign} {found[name]} THEN 1 ELSE 0 END"])
    return add_up(parts) if parts else ["0"]


def _answers(levels: Levels, score: str) -> Answered:
    """Give what follows from one score."""
    answers: Answered = {("score", 0): [score], ("value", 0): [score]}
    data, order, number = levels.data, levels.order, levels.number
    classes = data["classes"]
    if classes is None:
        return answers
    # the margin is the log odds of the second class: (score - offset) / factor
    offset, factor = data.get("offset", 0.0), data.get("factor", 1 / data.get("link_slope", 1.0))
    if data["kind"] == "scorecard":
        margin = f"(({score} - {number(offset)}) / {number(factor)})"
    elif "link_slope" in data:
        margin = f"({number(data['link_slope'])} * {score})"
    else:
        margin = score
    odds = f"{number(1.0)} / ({number(1.0)} + EXP(-{margin}))"
    answers["probability", 1] = case(
        [
            (f"{margin} < {number(-FAR)}", number(0.0)),
            (f"{margin} > {number(FAR)}", number(1.0)),
        ],
        otherwise=odds,
    )
    even = 0.0 if order.cutoff is None else math.log(order.cutoff / (1 - order.cutoff))
    border = number(offset + factor * even)
    above, below = (">", "<=") if factor > 0 else ("<", ">=")
    first, second = (levels.dialect.write_label(one) for one in classes)
    # a NULL is neither above nor below
    answers["prediction", 0] = case(
        [(f"{score} {above} {border}", second), (f"{score} {below} {border}", first)]
    )
    return answers


def _several(levels: Levels, terms: Sequence[Terms]) -> Lines:
    """Give a statement of one score per class."""
    data, number, dialect = levels.data, levels.number, levels.dialect
    scores = [levels.fresh(f"score_{k}") for k, _ in enumerate(terms)]
    totals = [add_up([_start(levels, k), *one.values()]) for k, one in enumerate(terms)]
    levels.level([(s, levels.guarded(total)) for s, total in zip(scores, totals, strict=True)])
    highest = levels.fresh("highest")
    levels.level([(highest, [f"{dialect.greatest}({', '.join(scores)})"])], scores, fence=True)
    odds = [levels.fresh(f"odds_{k}") for k, _ in enumerate(scores)]
    label = levels.fresh("label")
    items = []
    for name, score in zip(odds, scores, strict=True):
        margin = f"{number(data.get('link_slope', 1.0))} * ({score} - {highest})"
        far = (f"{margin} < {number(-FAR)}", number(0.0))
        items.append((name, case([far], otherwise=f"EXP({margin})")))
    pairs = zip(scores, data["classes"], strict=True)
    # the first of equal ones
    decided = case((f"{s} = {highest}", dialect.write_label(one)) for s, one in pairs)
    levels.level([(label, decided), *items])
    total = levels.fresh("total")
    levels.level([(total, add_up([[one] for one in odds]))], [label, *odds], fence=True)
    answers: Answered = {("prediction", 0): [label]}
    for k, one in enumerate(odds):
        answers["probability", k] = [f"{one} / {total}"]
    return levels.finish(answers)

"""How often the intervals of group fairness hold: a group, its reference, two models, by simulation."""

from __future__ import annotations

import math

import numpy as np

from benchmarks._printing import print_table
from interpkd.audit._fairness_cells import Cell
from interpkd.audit._fairness_rows import Rows
from interpkd.audit._fairness_scores import Measures

ALPHA = 0.05

CASES = (  # rows of the group and of the reference, shift of the group's score, spread of weights
    (30, 300, -1.0, 0.0),
    (100, 400, -1.5, 0.0),
    (500, 500, -0.2, 0.0),
    (1000, 2000, -0.5, 0.0),
    (100, 400, -1.5, 0.7),
    (1000, 2000, -0.5, 0.7),
)
"""Scores are logistic; the teacher's noise, and a student that differs from it on some rows."""


def run(n_sets, n_jobs):
    """Print the coverage of every interval that compares groups or models."""
    del n_jobs  # seconds per line
    rows = [line for case in CASES for line in _lines(case, n_sets)]
    header = [
        "score",
        "group",
        "reference",
        "weights",
        "sets",
        "coverage %",
        "Katz %",
        "median width",
    ]
    print_table("Group fairness: coverage of nominal 95 % intervals", header, rows)
    return rows


def _draw(rng, n, shift):
    """Draw both models' probabilities of the favourable class."""
    z = rng.logistic(size=n) + shift + 0.4
    teacher = 1 / (1 + np.exp(-z))
    student = 1 / (1 + np.exp(-(z + rng.normal(-0.1, 0.4, n))))
    return teacher, student


def _measured(rng, case):
    """Give all scores of the group in one data set, and the counts of favourable decisions."""
    n, m, shift, spread = case
    parts = [_draw(rng, n, shift), _draw(rng, m, 0.0)]
    teacher, student = (np.concatenate([part[k] for part in parts]) for k in (0, 1))
    weights = rng.lognormal(0, spread, n + m) if spread else np.ones(n + m)
    selected = {"teacher": teacher > 0.5, "student": student > 0.5}
    rows = Rows(
        weights=weights,
        is_weighted=bool(spread),
        scores={"teacher": teacher, "student": student},
        selected=selected,
        target=None,
        agrees=selected["teacher"] == selected["student"],
        apart=np.abs(teacher - student),
    )
    group, reference = Cell(("g",), (1,), np.arange(n)), Cell(("g",), (0,), np.arange(n, n + m))
    measures = Measures(rows, min_cell=10, alpha=ALPHA)
    rate = {"selection_rate": float(np.average(selected["student"][:n], weights=weights[:n]))}
    scores = measures.of_model("student", group, reference, rate)
    change = measures.change(group, reference)
    scores |= {f"change of {name}": score for name, score in change.items()}
    chosen = selected["student"]
    return scores, (chosen[:n].sum(), n, chosen[n:].sum(), m)


def _truth(case):
    """Give the same numbers of a million rows."""
    rng = np.random.default_rng(1)
    scores, _ = _measured(rng, (1_000_000, 1_000_000, case[2], 0.0))
    return {name: score.estimate for name, score in scores.items()}


def _lines(case, n_sets):
    truth = _truth(case)
    rng = np.random.default_rng(2)
    hits, widths, katz = {}, {}, []
    for _ in range(n_sets):
        scores, counts = _measured(rng, case)
        for name, score in scores.items():
            if score.low is not None:
                hits.setdefault(name, []).append(score.low <= truth[name] <= score.high)
                widths.setdefault(name, []).append(score.high - score.low)
        if not case[3] and counts[0]:
            katz.append(_katz_holds(counts, truth["impact_ratio"]))
    for name, found in hits.items():
        yield [
            name,
            case[0],
            case[1],
            "uneven" if case[3] else "equal",
            len(found),
            f"{100 * np.mean(found):.1f}",
            f"{100 * np.mean(katz):.1f}" if name == "impact_ratio" and katz else "",
            f"{np.median(widths[name]):.3f}",
        ]


def _katz_holds(counts, ratio):
    """Tell whether the plain interval of the log ratio holds, to compare with."""
    x, n, y, m = (float(one) for one in counts)
    error = math.sqrt(max(1 / x - 1 / n + 1 / y - 1 / m, 0.0))
    return abs(math.log(x / n / (y / m) / ratio)) <= 1.96 * error

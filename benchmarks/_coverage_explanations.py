"""Coverage of the agreement of explanations, and of paired differences of performance.

Explanations: teacher's values of six columns are skewed and of unequal size; the student sees them
through noise and leaves the smallest out on some rows. Pairs: two students see a teacher's log odds
through different noise; labels are drawn from the teacher. The true figures are those of a
million rows.
"""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from functools import partial

import numpy as np
from scipy.special import expit

from benchmarks._printing import print_table
from interpkd.explanation import Explanations
from interpkd.explanation._agreement import explanation_agreement
from interpkd.fidelity._intervals import measure
from interpkd.fidelity._paired import _Difference
from interpkd.fidelity._performance import Brier, LabelAUC, LogLoss
from interpkd.fidelity._sample import Sample

SIZES = (50, 100, 200, 1000)
PAIR_SIZES = {
    "equal rows": (30, 50, 200, 1000),
    "weighted rows": (30, 50, 200, 1000),
    "groups of five": (50, 100, 200, 1000),
}
"""Rows and groups get an interval from 30 rows, or 20 groups, on."""

SCALES = np.array([3.0, 2.0, 1.5, 1.0, 0.7, 0.3])
TRUTH_ROWS = 1_000_000
SHAPES = ("equal rows", "weighted rows", "groups of five")


def run(n_sets, n_jobs=1):
    """Print coverage and width."""
    designs = [("explanations", n, "equal rows") for n in SIZES]
    designs += [("pairs", n, shape) for shape in SHAPES for n in PAIR_SIZES[shape]]
    with ProcessPoolExecutor(n_jobs) as pool:
        found = pool.map(partial(_simulate, n_sets), *zip(*designs, strict=True))
    rows = [row for of_design in found for row in of_design]
    table = [
        [row["what"], row["shape"], row["n"], row["score"], *(
            f"{row[key]:.3f}" for key in ("covered", "at least", "at most", "width", "none")
        )]
        for row in rows
    ]  # fmt: skip
    header = [
        "what", "rows", "n", "score", "covered", "at least", "at most", "width", "none",
    ]  # fmt: skip
    print_table("Agreement of explanations, and differences between two students", header, table)
    return rows


def _simulate(n_sets, what, n, shape):
    draw, measured = (_explained, _agreement) if what == "explanations" else (_pair, _differences)
    truth = _truth(what, shape)
    rng = np.random.default_rng([n, len(what), SHAPES.index(shape)])
    ends = {name: [] for name in truth}
    for _ in range(n_sets):
        data = draw(rng, n, shape)
        two_sided, one_sided = (measured(data, alpha) for alpha in (0.05, 0.1))
        for name in truth:
            four = (*_ends(two_sided[name]), *_ends(one_sided[name]))
            ends[name].append([np.nan if end is None else end for end in four])
    return [
        {"what": what, "shape": shape, "n": n, "score": name} | _judge(np.array(found), truth[name])
        for name, found in ends.items()
    ]


def _ends(score):
    return score.low, score.high


def _judge(ends, truth):
    low, high, least, most = ends.T
    given = ~np.isnan(low)
    if not given.any():
        return {"none": 1.0} | dict.fromkeys(("covered", "at least", "at most", "width"), np.nan)
    low, high, least, most = ends[given].T
    return {
        "none": 1 - given.mean(),
        "covered": ((low <= truth) & (truth <= high)).mean(),
        "at least": (least <= truth).mean(),
        "at most": (truth <= most).mean(),
        "width": (high - low).mean(),
    }


def _truth(what, shape):
    rng = np.random.default_rng(TRUTH_ROWS)
    if what == "pairs":
        return _differences(_pair(rng, TRUTH_ROWS, shape), None)
    parts = [_agreement(_explained(rng, 20_000, shape), None) for _ in range(25)]
    return {name: float(np.mean([part[name] for part in parts])) for name in parts[0]}


# ---------------------------------------------------------------- explanations
def _explained(rng, n, _shape):
    teacher = rng.normal(size=(n, 6)) ** 3 * SCALES
    student = teacher + rng.normal(size=(n, 6)) * SCALES * rng.exponential(size=(n, 1))
    student[np.abs(student) < 0.2] = 0
    return student, teacher


def _agreement(data, alpha):
    import shap

    names = [f"x{i}" for i in range(data[0].shape[1])]
    zero = np.zeros(len(data[0]))
    one, other = (
        shap.Explanation(values, base_values=zero, data=values, feature_names=names)
        for values in data
    )
    both = Explanations.__new__(Explanations)
    object.__setattr__(both, "student", one)
    object.__setattr__(both, "teacher", other)
    object.__setattr__(both, "method", {})
    scores = explanation_agreement(
        both, alpha=alpha or 0.05, n_resamples=400 if alpha else 2
    ).scores
    return scores if alpha else {name: score.estimate for name, score in scores.items()}


# ---------------------------------------------------------------- pairs of students
def _pair(rng, n, shape):
    groups = np.arange(n) // 5 if shape == "groups of five" else None
    z, first, second = (_normal(rng, n, groups) for _ in range(3))
    labels = (rng.uniform(size=n) < expit(1.5 * z)).astype(np.intp)
    students = [expit(1.5 * (0.9 * z + 0.3 * first)), expit(1.5 * (0.8 * z + 0.6 * second))]
    weights = np.ones(n)
    if shape == "weighted rows":
        weights = np.where(rng.uniform(size=n) < 0.3, 1.0, 4.0) * (1 + 0.5 * (z > 0))
    return labels, [np.column_stack([1 - p, p]) for p in students], Sample(weights, groups)


def _normal(rng, n, groups):
    own = rng.normal(size=n)
    return own if groups is None else 0.6 * rng.normal(size=groups[-1] + 1)[groups] + 0.8 * own


def _differences(data, alpha):
    labels, (first, second), sample = data
    statistics = {
        score.name: _Difference(score.statistic(labels, first), score.statistic(labels, second))
        for score in (LabelAUC(), LogLoss(), Brier())
    }
    if alpha is None:
        w = sample.weights[:, None]
        return {name: float(one.values(w)[0]) for name, one in statistics.items()}
    return measure(statistics, sample, alpha)

"""Coverage of the intervals of scores, and of the one-sided statements made of them.

A teacher's log odds are normal; the student sees them through noise, in the steps of a tree of 12
leaves. Labels are drawn from the teacher's probabilities. With 2 % positives the teacher decides
for the second class on one row in fifty, as labels do. Weighted rows weigh 1 to 6, the more where
the teacher is sure of the second class; clustered ones come in groups of five that share much of
teacher and error. The true scores are those of two million rows.
"""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import product

import numpy as np
from scipy.special import expit, ndtri

from benchmarks._printing import print_table
from interpkd.fidelity._catalogue import all_scores
from interpkd.fidelity._intervals import measure
from interpkd.fidelity._performance import Brier, LabelAUC, LogLoss
from interpkd.fidelity._sample import Sample

SIZES = {
    "equal rows": (30, 50, 200, 2000),
    "weighted rows": (30, 50, 200, 2000),
    "groups of five": (50, 100, 200, 2000),
}
"""Rows and groups get a jackknife interval from 30 rows, or 20 groups, on."""

ALPHA = 0.05
N_LEAVES = 12
CLUSTER = 5
TRUTH_ROWS = 2_000_000
Z = ndtri(1 - ALPHA / 2)
MORE_SETS = 2
"""Jackknife intervals are cheap and not conservative: they are tried on this many times the sets."""

COMMON = {
    "agreement", "kl_divergence", "proba_r2", "proba_mae", "decision_auc", "cohen_kappa",
    "positive_agreement", "logit_rmse", "spearman", "kendall", "calibration_slope",
    "auc of labels", "log_loss of labels", "regression r2", "regression mae", "regression rmse",
}  # fmt: skip
"""What is measured on data sets of every size; the rest, made in the same ways, on small ones."""

SMALL = 200
"""The largest size at which every score is measured, and those in COSTLY with equal rows only."""

COSTLY = {"calibration_error", "regression error_q50", "regression error_q90"}

POSITIVES = {"balanced": 0.5, "2 % positives": 0.02}
SHAPES = ("equal rows", "weighted rows", "groups of five")
GUARANTEED = ("Clopper", "betting", "order")


@dataclass
class Data:
    """Both models' answers on the rows of one data set."""

    teacher: np.ndarray
    student: np.ndarray
    labels: np.ndarray
    y_teacher: np.ndarray
    y_student: np.ndarray
    sample: Sample


def draw(rng, n, positives, shape):
    """Draw a data set of n rows."""
    groups = np.arange(n) // CLUSTER if shape == "groups of five" else None
    z, noise = (_normal(rng, n, groups) for _ in range(2))
    offset = 0.0 if positives == 0.5 else -4.6  # labels: 2 % positives on average
    leaf = _leaf(0.95 * z + 0.35 * noise)
    teacher, student = (expit(offset + 1.5 * answer) for answer in (z, leaf))
    weights = np.ones(n)
    if shape == "weighted rows":
        weights = np.where(rng.uniform(size=n) < 0.3, 1.0, 4.0) * (1 + 0.5 * (z > 0))
    return Data(
        teacher=np.column_stack([1 - teacher, teacher]),
        student=np.column_stack([1 - student, student]),
        labels=(rng.uniform(size=n) < teacher).astype(np.intp),
        y_teacher=2 * z,
        y_student=2 * leaf + 0.3 * np.exp(0.3 * z) * noise,
        sample=Sample(weights, groups),
    )


def _normal(rng, n, groups):
    own = rng.normal(size=n)
    if groups is None:
        return own
    return 0.6 * rng.normal(size=groups[-1] + 1)[groups] + 0.8 * own


def _leaf(z):
    edges = np.linspace(-2.2, 2.2, N_LEAVES - 1)
    middles = np.concatenate([[-2.6], (edges[1:] + edges[:-1]) / 2, [2.6]])
    return middles[np.searchsorted(edges, z)]


def statistics(data, positives):
    """Give every statistic of a report on a data set, by name."""
    cutoff = 0.5 if positives == 0.5 else float(expit(-4.6 + 1.5 * ndtri(1 - positives)))
    found = {
        name: score.statistic(data.teacher, data.student)
        for name, score in all_scores(2, cutoff).items()
        if name != "total_variation"  # with two classes it is proba_mae
    }
    for score in (LabelAUC(), LogLoss(), Brier()):
        found[f"{score.name} of labels"] = score.statistic(data.labels, data.student)
    for name, score in all_scores(None).items():
        if name not in ("spearman", "kendall"):
            found[f"regression {name}"] = score.statistic(data.y_teacher, data.y_student)
    return found


def run(n_sets, n_jobs=1):
    """Print coverage and width of every interval and bound; give the rows of the tables."""
    designs = list(product(POSITIVES, SHAPES))
    with ProcessPoolExecutor(n_jobs) as pool:
        results = list(pool.map(partial(_design, n_sets), *zip(*designs, strict=True)))
    rows = [row for of_design in results for row in of_design]
    _print_summary(rows)
    for kind, shape in designs:
        for n in SIZES[shape]:
            _print_design(f"{kind}, {shape}", n, rows)
    return rows


def _design(n_sets, kind, shape):
    """Simulate all sizes of one population; its seeds are its own, whoever runs it."""
    truth = _truth(POSITIVES[kind], shape)
    return [
        {"design": f"{kind}, {shape}", "score": name, "n": n, **tally}
        for n in SIZES[shape]
        for name, tally in _simulate(n_sets, n, POSITIVES[kind], shape, truth).items()
    ]


def _truth(positives, shape):
    """Give the scores of so many rows that their own error does not count."""
    rng = np.random.default_rng([TRUTH_ROWS, round(100 * positives), SHAPES.index(shape)])
    population = draw(rng, TRUTH_ROWS, positives, shape)
    w = population.sample.weights[:, None]
    found = statistics(population, positives)
    return {name: float(statistic.values(w)[0]) for name, statistic in found.items()}


def _simulate(n_sets, n, positives, shape, truth):
    """Tally per score what was covered, by the interval, by either bound and by the textbook."""
    rng = np.random.default_rng([n, round(100 * positives), SHAPES.index(shape)])
    tallies = {name: [] for name in truth}
    methods = {}
    for k in range(MORE_SETS * n_sets):
        data = draw(rng, n, positives, shape)
        chosen = {
            name: one
            for name, one in statistics(data, positives).items()
            if _is_measured(name, n, shape)
            and (k < n_sets or methods.get(name, "").startswith("jackknife"))
        }
        intervals, bounds = (measure(chosen, data.sample, alpha) for alpha in (ALPHA, 2 * ALPHA))
        for name, statistic in chosen.items():
            score = intervals[name]
            if score.low is not None:
                methods.setdefault(name, score.method)
            textbook = _wald(statistic, data.sample, score.estimate)
            ends = (score.low, score.high, bounds[name].low, bounds[name].high, *textbook)
            tallies[name].append([np.nan if end is None else end for end in ends])
    return {
        name: _judge(np.array(ends), truth[name], methods.get(name, "none"))
        for name, ends in tallies.items()
        if ends
    }


def _is_measured(name, n, shape):
    if name in COSTLY and n == SMALL:
        return shape == "equal rows"
    return n <= SMALL or name in COMMON


def _wald(statistic, sample, estimate):
    """Give the textbook's interval: the estimate and 1.96 standard errors (delta method)."""
    if estimate is None:
        return None, None
    moves = sample.total_by_unit(statistic.influence(sample.weights))
    reach = Z * np.sqrt((moves**2).sum())
    return (estimate - reach, estimate + reach) if np.isfinite(reach) else (None, None)


def _judge(ends, truth, method):
    """Give coverage and mean width of the interval and the textbook's, and coverage of the bounds."""
    low, high, least, most, wald_low, wald_high = ends.T
    given, wald_given = ~np.isnan(low), ~np.isnan(wald_low)
    inside = (low <= truth) & (truth <= high)
    wald_inside = (wald_low <= truth) & (truth <= wald_high)
    return {
        "method": method,
        "sets": int(given.sum()),
        "none": 1 - given.mean(),
        "covered": _share(inside, given),
        "wrong": float((given & ~inside).mean()),
        "width": _mean(high - low, given),
        "at least": _share(least <= truth, given),
        "at most": _share(truth <= most, given),
        "wald": _share(wald_inside, wald_given),
        "wald width": _mean(wald_high - wald_low, wald_given),
    }


def _share(holds, given):
    return float(holds[given].mean()) if given.any() else np.nan


def _mean(values, given):
    return float(values[given].mean()) if given.any() else np.nan


FIGURES = ("covered", "at least", "at most", "width", "wald", "wald width", "none", "wrong")

RARELY = 0.1
"""Intervals given in a smaller share of the data sets than this are given because of what chance
brought: how many of them hold is judged by how many statements are wrong in all data sets."""


def _print_design(design, n, rows):
    """Print the table of one population and size."""
    lines = [
        [row["score"], *(_figure(row[key]) for key in FIGURES), row["method"].split(",")[0]]
        for row in rows
        if row["design"] == design and row["n"] == n
    ]
    print_table(f"{design}, n = {n}", ["score", *FIGURES, "method"], lines)


def _figure(value):
    return "-" if np.isnan(value) else f"{value:.3f}"


def _print_summary(rows):
    """Print the lowest coverage of every kind of interval, and how many lie below the mark."""
    often = [row for row in rows if row["sets"] > 0 and 1 - row["none"] >= RARELY]
    rarely = [row for row in rows if row["sets"] > 0 and 1 - row["none"] < RARELY]
    lines = []
    for kind, is_kind in (("guaranteed", True), ("jackknife t", False)):
        of_kind = [row for row in often if row["method"].startswith(GUARANTEED) == is_kind]
        for key in ("covered", "at least", "at most", "wald"):
            found = [row for row in of_kind if not np.isnan(row[key])]
            worst = min(found, key=lambda row: row[key])
            where = f"{worst['score']}; {worst['design']}, n = {worst['n']}"
            below = sum(row[key] < 0.94 for row in found)
            lines.append([kind, key, len(found), f"{worst[key]:.4f}", below, where])
    header = ["intervals", "statement", "lines", "lowest", "below 0.94", "where"]
    print_table("Lowest coverage of nominal 95 % statements", header, lines)
    if rarely:
        worst = max(rarely, key=lambda row: row["wrong"])
        where = f"{worst['score']}; {worst['design']}, n = {worst['n']}"
        line = [len(rarely), f"{worst['wrong']:.4f}", where]
        title = f"Intervals given in fewer than {RARELY:.0%} of the data sets"
        print_table(title, ["lines", "most wrong of all data sets", "where"], [line])

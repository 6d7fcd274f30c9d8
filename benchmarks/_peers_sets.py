"""The tables per data set of the peers' benchmark, with intervals from its test rows."""

from __future__ import annotations

import numpy as np

from benchmarks._peers_intervals import half_width, influences, variance
from benchmarks._peers_methods import OURS
from benchmarks._peers_runner import ANY_SIZE, answers_path
from benchmarks._printing import print_table

SCORES = {"classification": ("agreement", "kl", "decision_auc"), "regression": ("r2",)}
TITLES = {
    "agreement": "agreement with the teacher; differences in points",
    "kl": "KL(teacher ‖ student) in nats",
    "decision_auc": "AUC for the teacher's decision; differences in points",
    "r2": "R2 against the teacher's predictions; differences in points",
}


def print_sets(results, work, labels):
    """Print a table per data set and score.

    A line is a teacher and a number of leaves. Ours has its score and half-width; a peer has its
    score, then ours less it with the half-width. Both are means over seeds.
    """
    print(
        "each cell: a method's score; of ours ± its half-width, of a peer then ours − it ± half-width"
    )
    results = results[(results["leaves"] != ANY_SIZE) & (results["status"] == "done")]
    for dataset, part in results.groupby("dataset", sort=True):
        kind = "regression" if (part["task"] == "regression").all() else "classification"
        n_rows = int(part["n_rows"].iloc[0])
        rows = [_line(cell, line, kind, work, labels) for cell, line in _lines(part)]
        methods = [name for name in labels if name in set(part["method"])]
        for score in SCORES[kind]:
            cells = [[head, *(found.get((m, score), "") for m in methods)] for head, found in rows]
            header = ["", *(labels[name] for name in methods)]
            print_table(f"{dataset}, {n_rows:,} rows: {TITLES[score]}", header, cells)


def _lines(part):
    return part.groupby(["teacher", "leaves"], sort=True)


def _line(cell, line, kind, work, labels):
    """Give the head of a line, and the text of each method and score."""
    teacher, leaves = cell
    found = {}
    spread = _spread(line, kind, work, labels)
    for score in SCORES[kind]:
        times, digits = (1, 3) if score == "kl" else (100, 1)
        wide = line.pivot_table(index="seed", columns="method", values=score)
        for method in wide:
            text = f"{wide[method].mean():.3f}"
            width = spread.get((method, score))
            if method != OURS and OURS in wide:
                text += f" {times * (wide[OURS] - wide[method]).mean():+.{digits}f}"
            if width is not None:
                text += f" ±{times * width:.{digits}f}" if method != OURS else f" ±{width:.3f}"
            found[method, score] = text
    return f"{teacher}, {leaves}", found


def _spread(line, kind, work, labels):
    """Give (method, score) -> half-width of ours, or of ours less the method's."""
    variances = {}
    for seed, part in line.groupby("seed"):
        first = part.iloc[0]
        task = work / "tasks" / f"{first['dataset']}-{seed}-{first['teacher']}.npz"
        if not task.exists():
            continue
        with np.load(task) as stored:
            P = stored["P_test"]
        known = {}
        for method in part["method"]:
            key = (first["dataset"], seed, first["teacher"], first["leaves"], method)
            if method in labels and answers_path(work, key).exists():
                known[method] = _influences(P, answers_path(work, key), kind)
        for method, found in known.items():
            for score in SCORES[kind]:
                own = known.get(OURS, {})
                if score in found and score in own:
                    rows = own[score] if method == OURS else own[score] - found[score]
                    variances.setdefault((method, score), []).append(variance(rows))
    return {name: half_width(values) for name, values in variances.items()}


def _influences(P, path, kind):
    with np.load(path) as stored:
        answer = stored["answer"].astype(float)
        decision = stored["decision"] if kind == "classification" else None
    return influences(P, answer, decision)

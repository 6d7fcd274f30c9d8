"""The tables of the peers' benchmark: ours against each peer, on the cells that both finished."""

from __future__ import annotations

from contextlib import redirect_stdout

import pandas as pd

from benchmarks._peers_intervals import over_sets
from benchmarks._peers_runner import ANY_SIZE, KEY
from benchmarks._peers_sets import print_sets
from benchmarks._printing import print_table

TREES = {
    "interpkd_tree": "interpkd tree",
    "tree_soft": "CART on probabilities",
    "tree_hard": "CART on decisions",
    "tree_labels": "CART on labels, no teacher",
    "lightgbm_tree": "LightGBM, one tree",
    "munge_tree_soft": "MUNGE rows + CART",
    "autogluon_tree_soft": "AutoGluon's rows + CART",
    "imodels_greedy": "imodels greedy tree",
    "imodels_hstree": "imodels HSTree",
    "community_tree": "interpret-community tree",
    "trustee": "Trustee",
    "streed": "STreeD, optimal tree",
    "streed_20": "STreeD, 20 thresholds",
    "imodels_figs": "imodels FIGS (sum of trees)",
    "imodels_rulefit": "imodels RuleFit (sum of rules)",
    "constant": "no tree, the teacher's mean",
}
OTHERS = {
    "interpkd_logistic": "interpkd logistic",
    "interpkd_linear": "interpkd linear",
    "interpkd_linearsvc": "interpkd linear SVM",
    "interpkd_scorecard": "interpkd scorecard",
    "logistic_duplicated": "logistic on probabilities",
    "logistic_hard": "logistic on decisions",
    "linearsvc_hard": "linear SVM on decisions",
    "linear_soft": "least squares on predictions",
    "community_linear": "interpret-community linear",
    "ebm": "EBM, no interactions (curves)",
}
LABELS = TREES | OTHERS
SCORES = {
    "classification": {
        "agreement": "agreement",
        "kl": "KL",
        "decision_auc": "decision AUC",
        "accuracy": "accuracy",
        "auc": "AUC",
    },
    "regression": {"r2": "R2", "true_r2": "true R2"},
}
POINTS = {"agreement", "decision_auc", "accuracy", "auc", "r2", "true_r2"}
"""Scores whose differences are told in points, hundredths; KL's are told in nats."""
LESS_IS_BETTER = {"kl"}
SAME = 0.001
"""Two scores on a data set that differ by less are called the same."""
UNIT = ["dataset", "seed", "teacher", "leaves"]


def write_tables(results, work, out, command):
    """Write the tables over data sets to `out`, and those per data set to a second file.

    Parameters
    ----------
    results : DataFrame
        Rows of `_peers_runner`.
    work : Path
        Folder of tasks and answers; without it the second file has no intervals.
    out : Path
        `NAME.txt`; the second file is `NAME_sets.txt`.
    command : str
        What was called, for the first line.
    """
    results = results.drop_duplicates(list(KEY), keep="last")
    with out.open("w") as file, redirect_stdout(file):
        print_head(results, command)
        for task, scores in SCORES.items():
            part = of_task(results, task)
            print_tree_tables(part, task, scores)
            print_other_tables(part, task, scores)
        print_unfinished(results)
    second = out.with_name(f"{out.stem}_sets{out.suffix}")
    with second.open("w") as file, redirect_stdout(file):
        print_head(results, command)
        print_sets(results, work, LABELS)


def of_task(results, task):
    """Select the rows of classifications, or of regressions."""
    return results[(results["task"] == "regression") == (task == "regression")]


def print_head(results, command):
    """Print where the figures come from."""
    print(f"$ python -m {command}")
    print(f"fitted {results['date'].min()} to {results['date'].max()}: {len(results):,} rows")
    print("; ".join(sorted(results["package"].unique())))
    for task in SCORES:
        part = of_task(results, task)
        names = ", ".join(sorted(part["dataset"].unique()))
        print(f"{task}: {part['dataset'].nunique()} data sets ({names})")
    print(f"seeds: {', '.join(str(seed) for seed in sorted(results['seed'].unique()))}")


# ---------------------------------------------------------------- over data sets
def print_tree_tables(results, task, scores):
    """Print a table of everything pooled, then one per teacher and number of leaves."""
    results = results[results["leaves"] != ANY_SIZE]
    methods = [name for name in TREES if name in set(results["method"])]
    title = f"{task}, all teachers, all numbers of leaves"
    print_comparison(title, results, methods, scores)
    for (teacher, leaves), part in results.groupby(["teacher", "leaves"], sort=True):
        print_comparison(f"{task}, {teacher}, {leaves} leaves", part, methods, scores)


def print_other_tables(results, task, scores):
    """Print the methods without a number of leaves: all teachers, and each."""
    results = results[results["leaves"] == ANY_SIZE]
    methods = [name for name in OTHERS if name in set(results["method"])]
    print_comparison(f"{task}, linear and additive, all teachers", results, methods, scores)
    for teacher, part in results.groupby("teacher", sort=True):
        print_comparison(f"{task}, linear and additive, {teacher}", part, methods, scores)


def print_comparison(title, results, methods, scores):
    """Print a row per method: its scores, and ours less its, with intervals over data sets."""
    if not methods or methods[0] not in set(results["method"]):
        return
    ours = methods[0]
    header = ["", "sets", "fits"]
    for label in scores.values():
        header += [label, "ours − it"]
    header += [f"{next(iter(scores.values()))} better/same/worse"]
    rows = [compare(results, ours, name, scores) for name in methods]
    print_table(f"{title}; ours: {LABELS[ours]}", header, [row for row in rows if row])


def compare(results, ours, method, scores):
    """Give the cells of a method's row; None where both finished nothing."""
    first = next(iter(scores))
    pairs = {score: paired(results, ours, method, score) for score in scores}
    if pairs[first].empty:
        return None
    row = [LABELS[method], pairs[first].index.get_level_values("dataset").nunique()]
    row += [len(pairs[first])]
    for score, pair in pairs.items():
        row += score_cells(pair, score, is_ours=method == ours)
    return [*row, "" if method == ours else record(pairs[first], first)]


def paired(results, ours, method, score):
    """Give ours and its score on the cells that both finished."""
    wide = results[results["method"].isin([ours, method])]
    wide = wide.pivot_table(index=UNIT, columns="method", values=score)
    if not {ours, method} <= set(wide.columns):
        return pd.DataFrame(index=pd.MultiIndex.from_arrays([[]] * len(UNIT), names=UNIT))
    both = pd.DataFrame({"ours": wide[ours], "its": wide[method]})
    return both.dropna()


def score_cells(pair, score, *, is_ours):
    """Give a method's mean score over data sets, and ours less it with its interval."""
    if pair.empty:
        return ["", ""]
    by_set = pair.groupby("dataset").mean()
    mean = f"{by_set['its'].mean():.4f}"
    return [mean, "" if is_ours else told(*over_sets(by_set["ours"] - by_set["its"]), score)]


def told(mean, half, score):
    """Write a difference: in points, or in nats."""
    times, digits = (100, 2) if score in POINTS else (1, 4)
    text = f"{times * mean:+.{digits}f}"
    return text if half is None else f"{text} ±{times * half:.{digits}f}"


def record(pair, score):
    """Count the data sets on which ours is better, the same, worse."""
    by_set = pair.groupby("dataset").mean()
    difference = by_set["ours"] - by_set["its"]
    if score in LESS_IS_BETTER:
        difference = -difference
    same = int((difference.abs() < SAME).sum())
    better = int((difference >= SAME).sum())
    return f"{better}/{same}/{len(difference) - better - same}"


# ---------------------------------------------------------------- what did not finish
def print_unfinished(results):
    """Print how many fits of each method failed or took too long, and what the last one said."""
    rows = []
    for method, part in results.groupby("method", sort=False):
        lost = part[part["status"] != "done"]
        if len(lost):
            sets = ", ".join(sorted(lost["dataset"].unique()))
            note = str(lost["note"].iloc[-1])
            rows.append([LABELS.get(method, method), len(part), len(lost), f"{note} ({sets})"])
    if rows:
        header = ["", "fits", "not finished", "the last one said (data sets)"]
        print_table("Fits that did not finish", header, rows)

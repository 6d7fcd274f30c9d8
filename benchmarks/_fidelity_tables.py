"""The tables of the fidelity benchmark: paired differences, first per data set, then over them."""

from __future__ import annotations

import numpy as np

from benchmarks._printing import print_table

SMALL = 1100
BASELINES = ("tree_hard", "tree_soft")
POOLED = "all"


def print_tables(results):
    """Print the tables of all fits; data sets above and below `SMALL` rows also apart.

    Parameters
    ----------
    results : DataFrame
        One row per fit: `dataset`, `task`, `n_rows`, `seed`, `teacher`, `leaves`, `method`,
        `seconds` and the scores.
    """
    if "failure" in results:
        print(f"failed fits: {int(results['failure'].notna().sum())}")
        results = results[results["failure"].isna()]
    large = results["n_rows"] > SMALL
    parts = {"all data sets": results}
    if large.any() and not large.all():
        parts[f"data sets of more than {SMALL:,} rows"] = results[large]
        parts[f"data sets of at most {SMALL:,} rows"] = results[~large]
    methods = [m for m in results["method"].unique() if m not in BASELINES]
    for title, part in parts.items():
        for task in TASKS:
            if len(methods) == 1:
                _print_one(methods[0], title, part, task)
            else:
                _print_several(methods, title, part, task)


def _print_several(methods, title, results, task):
    """Print a row per method, pooled over teachers and leaves."""
    results = results[results["task"] == task]
    describe, header = TASKS[task]
    fitted = set(results["method"])
    rows = []
    for method in (m for m in methods if m in fitted):
        own = results[results["method"].isin([method, *BASELINES])]
        rows.append([method, own["dataset"].nunique(), *describe(own, method)])
    if rows:
        print_table(f"{task}, {title}, teachers and leaves pooled", ["", "sets", *header], rows)


def _print_one(method, title, results, task):
    """Print a row per teacher and number of leaves."""
    results = results[results["task"] == task]
    describe, header = TASKS[task]
    rows = []
    for teacher, leaves, part in _cells(results):
        own = part[part["method"].isin([method, *BASELINES])]
        if method in set(own["method"]):
            n_sets = own["dataset"].nunique()
            rows.append([f"{teacher}, {leaves}", n_sets, *describe(own, method)])
    if rows:
        print_table(f"{method}, {task}, {title}", ["teacher, leaves", "sets", *header], rows)


def _cells(results):
    """Yield teacher, leaves and rows: each pair, each teacher pooled, everything pooled."""
    for (teacher, leaves), part in results.groupby(["teacher", "leaves"], sort=False):
        yield teacher, leaves, part
    if results["leaves"].nunique() > 1:
        for teacher, part in results.groupby("teacher", sort=False):
            yield teacher, POOLED, part
    if results["teacher"].nunique() > 1:
        yield POOLED, POOLED, results


# ---------------------------------------------------------------- what a row of a table says
CLASS_HEADER = [
    "agreement",
    "to hard",
    "to soft",
    "to better",
    "KL",
    "KL / soft",
    "geometric",
    "accuracy to better",
    "AUC to better",
    "worst set, agreement to better",
    "longest s",
]
VALUE_HEADER = ["R2", "to soft", "true R2 to soft", "worst set, R2 to soft", "longest s"]


def _describe_classes(part, method):
    agreement, kl = _by_set(part, "agreement"), _by_set(part, "kl")
    better = agreement[list(BASELINES)].max(axis=1)  # per data set, only for the worst one
    return [
        f"{agreement[method].mean():.4f}",
        _points(agreement[method] - agreement["tree_hard"]),
        _points(agreement[method] - agreement["tree_soft"]),
        _points(agreement[method] - _better(agreement)),
        f"{kl[method].mean():.4f}",
        f"{kl[method].mean() / kl['tree_soft'].mean():.3f}",
        f"{np.exp(np.log(kl[method] / kl['tree_soft']).mean()):.3f}",
        *(
            _points(s[method] - _better(s))
            for s in (_by_set(part, "accuracy"), _by_set(part, "auc"))
        ),
        _worst(agreement[method] - better),
        f"{_longest(part, method):.2f}",
    ]


def _describe_values(part, method):
    fidelity, truth = _by_set(part, "r2"), _by_set(part, "true_r2")
    return [
        f"{fidelity[method].mean():.4f}",
        _points(fidelity[method] - fidelity["tree_soft"]),
        _points(truth[method] - truth["tree_soft"]),
        _worst(fidelity[method] - fidelity["tree_soft"]),
        f"{_longest(part, method):.2f}",
    ]


TASKS = {
    "classification": (_describe_classes, CLASS_HEADER),
    "regression": (_describe_values, VALUE_HEADER),
}


def _by_set(part, score):
    """Mean score per data set (rows) and method (columns), over what all methods have fitted."""
    key = ["dataset", "seed", "teacher", "leaves"]
    wide = part.pivot_table(index=key, columns="method", values=score).dropna()
    return wide.groupby("dataset").mean()


def _better(by_set):
    """Give the scores of the baseline that is better on average over the data sets."""
    return by_set[max(BASELINES, key=lambda name: by_set[name].mean())]


def _points(difference):
    """Give the mean in points, and its standard error over data sets."""
    if len(difference) < 2:
        return f"{100 * difference.mean():+.2f}"
    error = difference.std(ddof=1) / np.sqrt(len(difference))
    return f"{100 * difference.mean():+.2f} ±{100 * error:.2f}"


def _worst(difference):
    return f"{difference.idxmin()} {100 * difference.min():+.2f}"


def _longest(part, method):
    return part.loc[part["method"] == method, "seconds"].max()

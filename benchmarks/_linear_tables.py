"""The tables of the benchmark of linear students: paired differences, averaged over data sets."""

from __future__ import annotations

import numpy as np

from benchmarks._printing import print_table

OURS = "interpkd logistic"
CLASS_HEADER = [
    "sets",
    "agreement",
    "points to logistic_duplicated",
    "worst set to our logistic",
    "KL",
    "KL ratio",
    "accuracy",
    "AUC",
    "median s",
]
VALUE_HEADER = ["sets", "R2", "points to linear_soft", "worst set", "true R2", "median s"]


def print_tables(results):
    """Print one table per teacher and kind of target, and the scorecard set by set.

    Parameters
    ----------
    results : DataFrame
        One row per fit: `dataset`, `n_classes`, `seed`, `teacher`, `method`, `seconds`, scores.
    """
    for teacher, part in results.groupby("teacher", sort=False):
        two = part[part["n_classes"] == 2]
        more = part[(part["n_classes"] > 0) & (part["method"] != "interpkd scorecard")]
        _print_classes(f"teacher {teacher}, two classes", two)
        if (more["n_classes"] > 2).any():
            _print_classes(f"teacher {teacher}, any number of classes", more)
        _print_values(f"teacher {teacher}, regression", part[part["n_classes"] == 0])
    _print_by_set(results[results["n_classes"] == 2])


def _print_classes(title, part):
    if part.empty:
        return
    scores = {name: _by_set(part, name) for name in ("agreement", "kl", "accuracy", "auc")}
    agreement, kl = scores["agreement"], scores["kl"]
    rows = []
    for method in part["method"].unique():
        has_kl = method in kl and kl[method].notna().any()
        rows.append(
            [
                method,
                int(agreement[method].notna().sum()),
                f"{agreement[method].mean():.4f}",
                _points(agreement[method] - agreement["logistic_duplicated"]),
                _worst(agreement[method] - agreement[OURS]),
                f"{kl[method].mean():.4f}" if has_kl else "",
                f"{_ratio(kl, method):.3f}" if has_kl else "",
                f"{scores['accuracy'][method].mean():.4f}",
                f"{scores['auc'][method].mean():.4f}" if has_kl else "",
                f"{part.loc[part['method'] == method, 'seconds'].median():.2f}",
            ]
        )
    print_table(title, ["", *CLASS_HEADER], rows)


def _print_values(title, part):
    if part.empty:
        return
    fidelity, truth = _by_set(part, "r2"), _by_set(part, "true_r2")
    rows = [
        [
            method,
            int(fidelity[method].notna().sum()),
            f"{fidelity[method].mean():.4f}",
            _points(fidelity[method] - fidelity["linear_soft"]),
            _worst(fidelity[method] - fidelity["linear_soft"]),
            f"{truth[method].mean():.4f}",
            f"{part.loc[part['method'] == method, 'seconds'].median():.2f}",
        ]
        for method in part["method"].unique()
    ]
    print_table(title, ["", *VALUE_HEADER], rows)


def _print_by_set(part):
    """Print what the scorecard gains over the two logistic regressions, set by set."""
    card = "interpkd scorecard"
    if card not in set(part["method"]):
        return
    rows = []
    for teacher, own in part.groupby("teacher", sort=False):
        agreement, kl = _by_set(own, "agreement"), _by_set(own, "kl")
        for name in agreement.index:
            a, k = agreement.loc[name], kl.loc[name]
            rows.append(
                [
                    f"{name}, {teacher}",
                    f"{a[card]:.4f}",
                    f"{100 * (a[card] - a['logistic_duplicated']):+.2f}",
                    f"{100 * (a[card] - a[OURS]):+.2f}",
                    f"{k[card] / k['logistic_duplicated']:.3f}",
                    f"{k[card] / k[OURS]:.3f}",
                ]
            )
    header = ["", "agreement", "to duplicated", "to our logistic", "KL to duplicated", "KL to ours"]
    print_table("scorecard, points and ratios by data set", header, rows)


def _by_set(part, score):
    """Mean score per data set (rows) and method (columns)."""
    wide = part.pivot_table(index=["dataset", "seed"], columns="method", values=score)
    return wide.groupby("dataset").mean()


def _ratio(kl, method):
    """Ratio of mean KL to the baseline's over the data sets that both have."""
    both = kl[[method, "logistic_duplicated"]].dropna() if method != "logistic_duplicated" else None
    if both is None:
        return 1.0
    return both[method].mean() / both["logistic_duplicated"].mean()


def _points(difference):
    """Give the mean in points, and its standard error over data sets."""
    difference = difference.dropna()
    if len(difference) < 2:
        return f"{100 * difference.mean():+.2f}"
    error = difference.std(ddof=1) / np.sqrt(len(difference))
    return f"{100 * difference.mean():+.2f} ±{100 * error:.2f}"


def _worst(difference):
    difference = difference.dropna()
    return f"{difference.idxmin()} {100 * difference.min():+.2f}"

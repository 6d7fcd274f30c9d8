"""A scorecard of ten columns on the HELOC data, and what each of its limits costs.

    python -m benchmarks.heloc_card --data DIR

DIR holds `heloc.csv`: the columns of FICO's Explainable Machine Learning Challenge and the target
`bad`, 1 for the borrowers who were late. The codes -7, -8 and -9 are special values wherever a
column holds them; a file in which they are missing values has bins of missing values instead.

A quarter of the rows is held out at random, stratified by the target, and nothing but the figures
is taken from it. The teacher is gradient boosting with the parameters printed; the student sees its
out-of-fold probabilities. Points speak for the borrowers who paid, so more points are less risk;
`ExternalRiskEstimate` may only raise them. Other cards differ from it in one limit each (one is
monotone in all 16 columns whose meaning gives a direction) and are fitted to the same teacher;
differences are paired on the held-out rows, and their intervals resample those rows.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import expit
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split

from benchmarks._printing import print_header, print_table
from interpkd import DistilledScorecardClassifier, fidelity_report
from interpkd.export import points_table

TARGET, GOOD = "bad", 0
SPECIAL = (-7, -8, -9)
MONOTONE = {"ExternalRiskEstimate": -1}  # the probability of "bad" may only fall
MORE_FALL = ("MSinceOldestTradeOpen", "MSinceMostRecentTradeOpen", "AverageMInFile")
MORE_FALL += ("NumSatisfactoryTrades", "PercentTradesNeverDelq", "MSinceMostRecentDelq")
MORE_FALL += ("MSinceMostRecentInqexcl7days",)
MORE_RISE = ("NumTrades60Ever2DerogPubRec", "NumTrades90Ever2DerogPubRec", "NumInqLast6M")
MORE_RISE += ("NumTradesOpeninLast12M", "NumInqLast6Mexcl7days", "NetFractionRevolvingBurden")
MORE_RISE += ("NetFractionInstallBurden", "NumBank2NatlTradesWHighUtilization")
MOST_MONOTONE = {**MONOTONE, **dict.fromkeys(MORE_FALL, -1), **dict.fromkeys(MORE_RISE, 1)}
N_COLUMNS, SEED, RESAMPLES = 10, 0, 2000
TEACHER = {"max_iter": 150, "learning_rate": 0.05, "max_leaf_nodes": 15, "random_state": SEED}


# ---------------------------------------------------------------- data and models
def read_table(folder):
    """Read the table; give columns and target."""
    frame = pd.read_csv(Path(folder) / "heloc.csv")
    return frame.drop(columns=TARGET).astype(float), frame[TARGET].to_numpy()


def special_values(frame):
    """Give the special values that each column holds; bins for others would stay empty."""
    held = {name: [v for v in SPECIAL if (frame[name] == v).any()] for name in frame}
    return {name: values for name, values in held.items() if values}


def fit_cards(X, y):
    """Fit the card and those with one limit less."""
    full = {"max_features": N_COLUMNS, "monotonic_cst": MONOTONE}
    limits = {
        "the card": full,
        "without monotone bins": {**full, "monotonic_cst": None},
        "monotone in 16 columns": {**full, "monotonic_cst": MOST_MONOTONE},
        "all columns": {**full, "max_features": None},
    }
    special = special_values(X) or None
    return {
        name: DistilledScorecardClassifier(
            HistGradientBoostingClassifier(**TEACHER),
            good_class=GOOD,
            special_values=special,
            random_state=SEED,
            **options,
        ).fit(X, y)
        for name, options in limits.items()
    }


def unrounded(card, X):
    """Give the card's probabilities before its points were rounded."""
    table = points_table(card)
    log_odds = np.full(len(X), table.intercept)
    for name in table.features:
        values = X[name].to_numpy()
        special = [one.value for one in table.bins if one.feature == name and one.value is not None]
        for one in (one for one in table.bins if one.feature == name):
            log_odds[_in_bin(one, values, special)] += one.coefficient
    p = expit(log_odds)
    return np.column_stack([1 - p, p])


def _in_bin(one, values, special):
    if one.kind == "missing":
        return np.isnan(values)
    if one.kind == "special":
        return values == one.value
    lower = -np.inf if one.lower is None else one.lower
    upper = np.inf if one.upper is None else one.upper
    return (values > lower) & (values <= upper) & ~np.isin(values, special)


# ---------------------------------------------------------------- scores
def kl_rows(teacher, student):
    """KL(teacher || student) of each row in nats, student clipped at 0.001 and renormalised."""
    student = np.clip(student, 1e-3, 1)
    student = student / student.sum(axis=1, keepdims=True)
    teacher = np.clip(teacher, 1e-12, 1)
    return (teacher * np.log(teacher / student)).sum(axis=1)


def score(teacher, student, y, rows):
    """Agreement and divergence to the teacher, and AUC for the target, on some rows."""
    agreement = ((teacher[rows, 1] > 0.5) == (student[rows, 1] > 0.5)).mean()
    kl = kl_rows(teacher[rows], student[rows]).mean()
    return np.array([100 * agreement, kl, roc_auc_score(y[rows], student[rows, 1])])


def price(teacher, with_limit, without, y):
    """Give what a limit costs, each score with its 95 % interval over resampled rows."""
    rng, n = np.random.default_rng(SEED), len(y)

    def difference(rows):
        return score(teacher, with_limit, y, rows) - score(teacher, without, y, rows)

    drawn = np.array([difference(rng.integers(0, n, n)) for _ in range(RESAMPLES)])
    low, high = np.quantile(drawn, [0.025, 0.975], axis=0)
    return [
        f"{d:+.{k}f} [{a:+.{k}f}, {b:+.{k}f}]"
        for d, a, b, k in zip(difference(np.arange(n)), low, high, (2, 4, 4), strict=True)
    ]


# ---------------------------------------------------------------- print
def print_card(card):
    """Print every bin of the card."""
    table = points_table(card)
    rows = [["base points", "all rows", table.base_points, table.n_rows, "", ""]]
    before = None
    for one in table.bins:
        mean = "" if one.teacher_mean is None else f"{one.teacher_mean:.3f}"
        name = one.feature if one.feature != before else ""
        before = one.feature
        rows.append([name, one.text, one.points, one.n_rows, mean, f"{one.coefficient:+.3f}"])
    header = ["column", "bin", "points", "rows", "teacher's mean", "log odds of bad"]
    title = (
        f"The card: {len(table.features)} columns, {len(table.bins)} bins; "
        f"{table.base_score:g} points are odds of {table.base_odds:g} to one for paying, "
        f"{table.pdo:g} more double them; scores from {table.least_score} to {table.most_score}"
    )
    print_table(title, header, rows)
    print(
        f"Rounding on the training rows: log loss {table.rounding_loss:+.6f} nats, the largest "
        f"change of a probability {table.rounding_change:.4f}."
    )


def print_fidelity(cards, X, y):
    """Print each card against the teacher on the held-out rows."""
    rows = []
    for name, card in cards.items():
        report = fidelity_report(card, X, y).to_dict()
        own = report["performance"]["student"]["auc"]
        figures = [report["agreement"], report["kl_divergence"], own]
        n_bins = len(points_table(card).bins)
        n_columns = len(points_table(card).features)
        rows.append([name, n_columns, n_bins, *(_interval(one) for one in figures)])
    teacher = report["performance"]["teacher"]["auc"]
    rows.append(["the teacher", X.shape[1], "", "", "", _interval(teacher)])
    title = f"Against the teacher on {len(y)} held-out rows, 95 % intervals"
    print_table(title, ["", "columns", "bins", "agreement", "KL, nats", "AUC for bad"], rows)


def _interval(one):
    return f"{one['estimate']:.4f} [{one['low']:.4f}, {one['high']:.4f}]"


def main():
    """Fit the cards and print them."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", required=True, help="folder of heloc.csv")
    options = parser.parse_args()
    X, y = read_table(options.data)
    print_header("benchmarks.heloc_card --data DIR")
    X, X_test, y, y_test = train_test_split(X, y, test_size=0.25, random_state=SEED, stratify=y)
    cards = fit_cards(X, y)
    card = cards["the card"]
    held = special_values(X)
    listed = ", ".join(f"{name} {values}" for name, values in held.items()) or "none in this file"
    print(f"{len(y)} rows to learn from, {len(y_test)} held out; special values: {listed}")
    print(f"teacher: HistGradientBoostingClassifier, {TEACHER}, the student on 5 folds")
    print_card(card)
    print_fidelity(cards, X_test, y_test)
    teacher = card.teacher_.predict_proba(X_test)
    proba = {name: one.predict_proba(X_test) for name, one in cards.items()}
    proba["before rounding"] = unrounded(card, X_test)
    rows = [
        [label, *price(teacher, proba[limited], proba[other], y_test)]
        for label, limited, other in (
            ("of monotone bins in one column", "the card", "without monotone bins"),
            ("in 16 columns", "monotone in 16 columns", "without monotone bins"),
            ("of at most ten columns", "the card", "all columns"),
            ("of whole points", "the card", "before rounding"),
        )
    ]
    title = "The price: a card less the same without the limit, same rows, 95 % intervals"
    print_table(title, ["price", "agreement, points", "KL, nats", "AUC"], rows)


if __name__ == "__main__":
    sys.exit(main())

"""
Fidelity, complexity and latency
================================

How much of a boosted teacher fits into a tree of four rules, of sixteen, of 64? And into a
scorecard, or a logistic regression? All are measured on the same held-out loans: how faithful they
are, how much there is to read, and how long they take to answer beside their teacher.
"""

# %%
# One teacher, five students
# ---------------------------
# The trees are searched for with less effort than by default, which keeps this page quick.
import statistics
import time

import matplotlib.pyplot as plt
import pandas as pd
from sklearn.frozen import FrozenEstimator
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split

from interpkd import (
    DistilledLogisticRegression,
    DistilledScorecardClassifier,
    DistilledTreeClassifier,
)
from interpkd.datasets import make_credit
from interpkd.export import coefficient_list, rule_list
from interpkd.fidelity import Agreement, KLDivergence
from interpkd.teachers import make_teacher

SEEDS = (0, 1, 2)
LEAVES = (4, 16, 64)


def students(teacher, seed):
    """Give the students of one teacher, not fitted yet."""
    params = {"teacher": teacher, "random_state": seed}
    trees = {
        f"tree of {n}": DistilledTreeClassifier(max_leaf_nodes=n, effort="refined", **params)
        for n in LEAVES
    }
    card = DistilledScorecardClassifier(max_features=7, max_bins=6, **params)
    return {**trees, "scorecard": card, "logistic": DistilledLogisticRegression(**params)}


# %%
# What there is to read
# ---------------------
# A reader of a tree reads rules, of a scorecard bins, of a logistic regression coefficients; and
# each of these is about a column of the table.
def complexity(student):
    """Count the rules, bins or coefficients, and the columns that they are about."""
    if isinstance(student, DistilledTreeClassifier):
        rules = rule_list(student)
        return len(rules), len({c.column for rule in rules for c in rule.conditions})
    if isinstance(student, DistilledScorecardClassifier):
        bins = student.points_table_.iloc[1:]  # after the base points
        return len(bins), bins["feature"].nunique()
    coefficients = [c for c in coefficient_list(student) if any(c.values)]
    return len(coefficients), len({c.column for c in coefficients if c.column is not None})


# %%
# How long an answer takes
# ------------------------
# Seconds depend on the machine and on what else it does, so each student is timed beside its
# teacher, turn by turn, and the median ratio of a few rounds is kept. Below 1 the student is the
# slower one.
def speed_up(student, teacher, X, rounds=7):
    """Give the teacher's time to predict over the student's."""
    ratios = []
    for _ in range(rounds):
        start = time.perf_counter()
        teacher.predict(X)
        middle = time.perf_counter()
        student.predict(X)
        ratios.append((middle - start) / (time.perf_counter() - middle))
    return statistics.median(ratios)


# %%
# Measured on three loan books
# ----------------------------
measured = []
for seed in SEEDS:
    loans = make_credit(3000, random_state=seed)
    X, X_test, y, y_test = train_test_split(
        loans.data, loans.target, stratify=loans.target, random_state=seed
    )
    teacher = FrozenEstimator(make_teacher("boosted", random_state=seed).fit(X, y))
    teacher_says = teacher.predict_proba(X_test)
    for name, student in students(teacher, seed).items():
        says = student.fit(X, y).predict_proba(X_test)
        parts, columns = complexity(student)
        measured.append(
            {
                "student": name,
                "seed": seed,
                "agreement": Agreement()(teacher_says, says),
                "KL": KLDivergence()(teacher_says, says),
                "AUC": roc_auc_score(y_test, says[:, 1]),
                "teacher's AUC": roc_auc_score(y_test, teacher_says[:, 1]),
                "parts": parts,
                "columns": columns,
                "speed-up, all rows": speed_up(student, teacher, X_test),
                "speed-up, one row": speed_up(student, teacher, X_test.head(1)),
            }
        )
measured = pd.DataFrame(measured)
table = measured.drop(columns="seed").groupby("student", sort=False).mean()
print(table.round(3).T.to_string())

# %%
# Three pictures of the same students
# -----------------------------------
fig, axes = plt.subplots(1, 3, figsize=(11, 3.8))
for name, row in table.iterrows():
    marker = {"scorecard": "s", "logistic": "^"}.get(name, "o")
    color = {"scorecard": "C1", "logistic": "C2"}.get(name, "C0")
    for ax, x, y in (
        (axes[0], "parts", "KL"),
        (axes[1], "parts", "AUC"),
        (axes[2], "speed-up, all rows", "KL"),
    ):
        ax.plot(row[x], row[y], marker, color=color)
        ax.annotate(
            name,
            (row[x], row[y]),
            xytext=(0, 6),
            textcoords="offset points",
            ha="center",
            fontsize=7,
        )
axes[1].axhline(table["teacher's AUC"].iloc[0], color="0.6", linewidth=1, label="teacher")
axes[1].legend()
for ax in axes[:2]:
    ax.set(xscale="log", xlabel="rules, bins or coefficients")
axes[0].set(ylabel="KL(teacher‖student)")
axes[1].set(ylabel="AUC on labels")
axes[2].set(xlabel="times as fast as the teacher", ylabel="KL(teacher‖student)")
for ax in axes:
    ax.margins(x=0.3, y=0.12)
fig.tight_layout()

# %%
# Conclusion
# ----------
smallest, largest = f"tree of {LEAVES[0]}", f"tree of {LEAVES[-1]}"
closest = table["KL"].idxmin()
print(
    f"Conclusion: from {LEAVES[0]} rules to {LEAVES[-1]} the divergence from the teacher falls from "
    f"{table.loc[smallest, 'KL']:.3f} to {table.loc[largest, 'KL']:.3f} and the agreement goes from "
    f"{table.loc[smallest, 'agreement']:.1%} to {table.loc[largest, 'agreement']:.1%}; closest on "
    f"this loan book is the {closest} "
    f"({table.loc[closest, 'KL']:.3f}, {table.loc[closest, 'agreement']:.1%}) with "
    f"{table.loc[closest, 'parts']:.0f} parts on {table.loc[closest, 'columns']:.0f} columns; and in "
    "this run the students answered all rows "
    f"{table['speed-up, all rows'].min():.1f} to {table['speed-up, all rows'].max():.1f} times as "
    f"fast as the teacher, one row {table['speed-up, one row'].min():.1f} to "
    f"{table['speed-up, one row'].max():.1f} times."
)

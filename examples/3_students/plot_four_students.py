"""
One teacher, four students
==========================

A tree, a scorecard, a logistic regression and a support vector machine are distilled from the same
boosted teacher. How large should the tree be, which student comes closest, and what does each give
its reader in return?
"""

# %%
# One teacher for all
# -------------------
# It is fitted to rows of its own and frozen. Students are taught by it on other rows, and all of
# them are measured on a third part.
import matplotlib.pyplot as plt
import pandas as pd
from sklearn.model_selection import train_test_split

from interpkd import (
    DistilledLinearSVC,
    DistilledLogisticRegression,
    DistilledScorecardClassifier,
    DistilledTreeClassifier,
    as_teacher,
    fidelity_report,
)
from interpkd.datasets import make_credit
from interpkd.export import coefficient_list, rule_list
from interpkd.fidelity import frontier
from interpkd.teachers import make_teacher

loans = make_credit(6000, random_state=0)
X_teacher, X_rest, y_teacher, y_rest = train_test_split(
    loans.data, loans.target, train_size=2500, stratify=loans.target, random_state=0
)
X_train, X_test, _, y_test = train_test_split(
    X_rest, y_rest, train_size=2000, stratify=y_rest, random_state=0
)
teacher = as_teacher(make_teacher("boosted", random_state=0).fit(X_teacher, y_teacher))

# %%
# How large a tree?
# -----------------
# Every leaf is one more rule to read. The frontier cross-validates the tree over sizes and takes the
# smallest one within a standard error of the best. The trees are searched for with less effort than
# by default, which keeps this page quick.
tree = DistilledTreeClassifier(teacher, effort="refined", random_state=0)
SIZES = [4, 8, 16, 32]
sizes = frontier(
    tree, X_train, sizes={"max_leaf_nodes": SIZES}, cv=3, scoring=["kl_divergence", "agreement"]
)
sizes

# %%
# Four students
# -------------
# The tree has the size that the frontier chose, the card at most seven columns; the linear students
# have a coefficient for each column and category.
chosen = sizes.choice.chosen.parameters["max_leaf_nodes"]
students = {
    f"tree of {chosen}": tree.set_params(max_leaf_nodes=chosen),
    "scorecard": DistilledScorecardClassifier(
        teacher, max_features=7, max_bins=6, good_class="repaid", random_state=0
    ),
    "logistic regression": DistilledLogisticRegression(teacher, random_state=0),
    "SVM": DistilledLinearSVC(teacher, random_state=0),
}
reports = {
    name: fidelity_report(student.fit(X_train), X_test, y_test)
    for name, student in students.items()
}

# %%
# What each gives to read
# -----------------------
# A tree gives rules:
for rule in rule_list(students[f"tree of {chosen}"])[:2]:
    print(rule.text)

# %%
# a scorecard gives points, of which a row gets one line for each column:
students["scorecard"].points_table_

# %%
# and a linear student gives coefficients, in the unit of the column. Those of the logistic regression
# are log odds; those of the support vector machine are margins, and say which way and how far, but
# not how probable.
pd.DataFrame(
    {
        name: {one.text: one.values[0] for one in coefficient_list(students[name])}
        for name in ("logistic regression", "SVM")
    }
).map("{:.2g}".format)

# %%
# All on the same rows
# --------------------
# Each figure has its interval; where those of two students overlap widely, these rows do not say
# which one is closer.
scores = pd.DataFrame(
    {
        name: {
            "agreement": report["agreement"]["estimate"],
            "low": report["agreement"]["low"],
            "high": report["agreement"]["high"],
            "KL": report["kl_divergence"]["estimate"],
            "KL, at most": report["kl_divergence"]["high"],
            "AUC": report["performance"]["student"]["auc"]["estimate"],
        }
        for name, report in ((name, report.to_dict()) for name, report in reports.items())
    }
).T
scores.round(3)

# %%
# The frontier and the others
# ---------------------------
# More leaves bring the tree closer, and it takes many to say what columns that add up say in few.
fig, ax = plt.subplots(figsize=(7, 4))
cross_validated = [point.fidelity["kl_divergence"] for point in sizes.points]
ax.fill_between(
    SIZES,
    [score.low for score in cross_validated],
    [score.high for score in cross_validated],
    color="C0",
    alpha=0.15,
)
ax.plot(SIZES, [score.estimate for score in cross_validated], "o-", label="trees, cross-validated")
ax.axvline(chosen, color="C0", linestyle=":", linewidth=1)
for name, color in zip(
    ("scorecard", "logistic regression", "SVM"), ("C1", "C2", "C3"), strict=True
):
    ax.axhline(scores.loc[name, "KL"], color=color, label=f"{name}, on new rows")
ax.set(xscale="log", xticks=SIZES, xticklabels=SIZES, xlabel="leaves", ylim=(0, None))
ax.set(ylabel="KL(teacher‖student)")
ax.minorticks_off()
ax.legend()
fig.tight_layout()

# %%
# Conclusion
# ----------
closest = scores["KL"].idxmin()
teacher_auc = reports[closest].to_dict()["performance"]["teacher"]["auc"]["estimate"]
print(
    f"Conclusion: of the four the {closest} is closest to the teacher, with a KL divergence of "
    f"{scores.loc[closest, 'KL']:.3f} and an agreement of {scores.loc[closest, 'agreement']:.1%} "
    f"(95 % interval {scores.loc[closest, 'low']:.1%} to {scores.loc[closest, 'high']:.1%}); the tree "
    f"that the frontier takes has {chosen} leaves and a divergence of "
    f"{scores.loc[f'tree of {chosen}', 'KL']:.3f}. On the labels the students have AUCs of "
    f"{scores['AUC'].min():.3f} to {scores['AUC'].max():.3f}, the teacher {teacher_auc:.3f}."
)

"""
The same decisions for the same reasons?
========================================

A student may agree with its teacher on nearly all rows and still rest on other columns. SHAP values of
both models, on the same rows, the same background and the same scale, say how far their reasons agree.
A tree and a scorecard are compared with the forest that taught them.
"""

# %%
# A forest and two students
# -------------------------
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.model_selection import train_test_split

from interpkd import (
    DistilledScorecardClassifier,
    DistilledTreeClassifier,
    as_teacher,
    explain,
    fidelity_report,
)
from interpkd.datasets import make_credit
from interpkd.explanation import explanation_agreement
from interpkd.teachers import make_teacher

loans = make_credit(4000, random_state=0)
X, X_test, y, y_test = train_test_split(loans.data, loans.target, random_state=0)
forest = make_teacher("forest", random_state=0)
forest.set_params(model__n_estimators=30, model__max_depth=8)
teacher = as_teacher(forest.fit(X[:1500], y[:1500]))
students = {
    "tree": DistilledTreeClassifier(teacher, max_leaf_nodes=6, random_state=0),
    "scorecard": DistilledScorecardClassifier(teacher, max_bins=6, random_state=0),
}
for student in students.values():
    student.fit(X[1500:])

# %%
# On one background
# -----------------
# A SHAP value is a difference to the mean answer over the background, so it means nothing without
# one. It is named here, and its hash goes with the numbers. The values of a row add up to the
# model's own probability; how far they miss it is measured.
background = X[:60]
explained = {
    name: explain(student, X_test[:120], background=background)
    for name, student in students.items()
}
for name, both in explained.items():
    print(f"{name}: {both.method['student']}; teacher: {both.method['teacher']}")
    print(f"  background of {both.n_background} rows, {both.background_sha256[:12]}…")
    print("  largest error of the sums:", max(both.additivity_error.values()) < 1e-6 and "< 1e-6")

# %%
# How far do they agree?
# ----------------------
# The order of the columns, the signs, the largest columns of each row, and the angle between both
# models' values: each with an interval.
agreement = {name: explanation_agreement(both, top_k=3) for name, both in explained.items()}
pd.concat(
    {
        name: one.to_frame().set_index("score")[["estimate", "low", "high"]]
        for name, one in agreement.items()
    }
).round(3)

# %%
# Column by column
# ----------------
# Left, how much each column moves the answers on average. A column that the forest uses and a student
# has no bar for is one that the student has left out. Right, the values of one column, row by row: a
# tree knows two or three levels of it, a card as many as it has bins.
values = {name: both.student.values[..., 1] for name, both in explained.items()}
values = {"forest": explained["tree"].teacher.values[..., 1], **values}
importance = pd.DataFrame(
    {name: np.abs(one).mean(axis=0) for name, one in values.items()}, index=X.columns
).sort_values("forest")
left_out = {name: list(importance.index[importance[name] < 1e-12]) for name in students}
for name, columns in left_out.items():
    print(f"{name} leaves out: {', '.join(columns) or 'nothing'}")

fig, (bars, dots) = plt.subplots(1, 2, figsize=(10, 4))
importance.plot.barh(ax=bars, width=0.75, color=["0.5", "C1", "C0"])
bars.set(xlabel="mean |SHAP value| of the probability")
column = importance.index[-1]
place = X.columns.get_loc(column)
for name, color in {"tree": "C1", "scorecard": "C0"}.items():
    dots.plot(values["forest"][:, place], values[name][:, place], ".", color=color, label=name)
dots.axline((0, 0), slope=1, color="0.7", linewidth=1)
dots.set(xlabel=f"SHAP value of {column}: forest", ylabel="student")
dots.legend()
fig.tight_layout()

# %%
# One row, three models
# ---------------------
# The row on which the forest and the tree differ most: what moves each of them, away from the mean
# answer of the background.
differs = explained["tree"].student.values[..., 1].sum(axis=1) - values["forest"].sum(axis=1)
row = int(np.abs(differs).argmax())
pd.DataFrame(
    {"value": explained["tree"].display_data[row]}
    | {name: one[row].round(3) for name, one in values.items()},
    index=X.columns,
)

# %%
# Conclusion
# ----------
decides = {
    name: fidelity_report(student, X_test).to_dict()["agreement"]["estimate"]
    for name, student in students.items()
}
order = {name: one.scores["rank_correlation"].estimate for name, one in agreement.items()}
print(
    f"Conclusion: the tree decides as the forest does on {decides['tree']:.1%} of new rows and the "
    f"scorecard on {decides['scorecard']:.1%}; the order of the forest's columns is that of the "
    f"scorecard's with a rank correlation of {order['scorecard']:.2f}, and that of the tree's with "
    f"{order['tree']:.2f}, as the tree leaves out {len(left_out['tree'])} of {len(X.columns)} columns."
)

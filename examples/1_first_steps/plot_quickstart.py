"""
Quickstart: from a table to a tree with its evidence
====================================================

A model decides on loans, and somebody has to sign for it. How small a tree takes its place, how
faithfully, and what does the person who signs get to see? A gradient-boosted teacher reads a loan
book with category columns and missing values; a tree of eight rules is distilled from it, measured
on held-out rows, and written into a report.
"""

# %%
# The loan book
# -------------
# A made-up one, whose truth is known. Categories and missing values need no preparation.
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
from sklearn.model_selection import train_test_split

from interpkd import DistilledTreeClassifier, audit_report, fidelity_report
from interpkd.datasets import make_credit
from interpkd.export import to_rules
from interpkd.teachers import make_teacher

loans = make_credit(4000, random_state=0)
X, X_test, y, y_test = train_test_split(
    loans.data, loans.target, stratify=loans.target, random_state=0
)
X.head()

# %%
# Teacher and student
# -------------------
# The teacher is not fitted yet, so the student fits it and learns from its out-of-fold
# probabilities: every row is answered by a clone of the teacher that did not see the row.
student = DistilledTreeClassifier(
    make_teacher("boosted", random_state=0), max_leaf_nodes=8, random_state=0
)
student.fit(X, y)

# %%
# Eight rules
# -----------
# This is the whole model. Each rule says how many rows it holds for, and what the student answers.
print(to_rules(student))

# %%
# How faithful is it?
# -------------------
# Fidelity is how close the student is to its teacher; performance, further down, is how close either
# is to the labels. Every figure is of rows that neither has seen, and has an interval.
report = fidelity_report(student, X_test, y_test)
report

# %%
# Both models, row by row
# -----------------------
# A tree of eight leaves gives eight different answers, the teacher one for each row. Where a step
# spreads widely to both sides, the rule puts rows together that the teacher tells apart.
teacher_says = student.teacher_.predict_proba(X_test)[:, 1]
student_says = student.predict_proba(X_test)[:, 1]

fig, ax = plt.subplots(figsize=(5, 5))
ax.plot([0, 1], [0, 1], color="0.6", linewidth=1)
ax.plot(teacher_says, student_says, ".", markersize=3, alpha=0.4)
ax.set(xlabel=f"teacher: P({student.classes_[1]})", ylabel=f"student: P({student.classes_[1]})")
fig.tight_layout()

# %%
# The report that is signed
# -------------------------
# One HTML file that opens without a network: rules, fidelity, explanations of both models, limits.
# Its findings stand first, and each check judges by the interval. A share of equal decisions may owe
# much to one class being frequent, and hide a kind of applicant of whom the tree knows little; the
# checks look for that, too, and whoever signs has to answer them.
evidence = audit_report(student, X_test, y_test, X_train=X, y_train=y)
with tempfile.TemporaryDirectory() as folder:
    page = evidence.to_html(Path(folder) / "report.html")
    kilobytes = page.stat().st_size / 1000
evidence

# %%
found = [one for one in evidence.findings if one.status == "finding"]
print(f"report.html has {kilobytes:.0f} kB and {len(found)} findings:")
for one in found:
    print(f"{one.code} ({one.severity}): {one.message}")

# %%
# Conclusion
# ----------
scores = report.to_dict()
agreement = scores["agreement"]
auc = {who: scores["performance"][who]["auc"]["estimate"] for who in ("student", "teacher")}
print(
    f"Conclusion: eight rules decide as the boosted teacher does for {agreement['estimate']:.1%} "
    f"of held-out rows (95 % interval {agreement['low']:.1%} to {agreement['high']:.1%}), at an AUC "
    f"on the labels of {auc['student']:.3f} beside the teacher's {auc['teacher']:.3f}; the report "
    f"names {len(found)} findings to answer before anybody signs."
)

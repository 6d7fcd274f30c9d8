"""
A boosted teacher, distilled into a tree
========================================

A gradient-boosted teacher reads a loan book with category columns and missing values. A tree of
eight rules is distilled from it, and we measure on held-out rows how faithful the tree is.
"""

# %%
# The loan book
# -------------
import matplotlib.pyplot as plt
from sklearn.model_selection import train_test_split

from interpkd import DistilledTreeClassifier, fidelity_report
from interpkd.datasets import make_credit
from interpkd.export import to_rules
from interpkd.teachers import make_teacher

loans = make_credit(4000, random_state=0)
X, X_test, y, y_test = train_test_split(
    loans.data, loans.target, stratify=loans.target, random_state=0
)
loans.data.head()

# %%
# Teacher and student
# -------------------
# The teacher is not fitted yet, so the student fits it and learns from its out-of-fold
# probabilities: every row is answered by a clone of the teacher that did not see the row.
student = DistilledTreeClassifier(
    make_teacher("boosted", random_state=0), max_leaf_nodes=8, random_state=0
)
student.fit(X, y)
print(to_rules(student))

# %%
# How faithful is it?
# -------------------
report = fidelity_report(student, X_test, y_test)
print(report)

# %%
# Both models, row by row
# -----------------------
teacher_says = student.teacher_.predict_proba(X_test)[:, 1]
student_says = student.predict_proba(X_test)[:, 1]

fig, ax = plt.subplots(figsize=(5, 5))
ax.plot([0, 1], [0, 1], color="0.6", linewidth=1)
ax.plot(teacher_says, student_says, ".", markersize=3, alpha=0.4)
ax.set(xlabel=f"teacher: P({student.classes_[1]})", ylabel=f"student: P({student.classes_[1]})")
fig.tight_layout()

# %%
agreement = report.to_dict()["agreement"]
print(
    f"Conclusion: eight rules decide as the boosted teacher does for {agreement['estimate']:.1%} "
    f"of held-out rows (95 % interval {agreement['low']:.1%} to {agreement['high']:.1%})."
)

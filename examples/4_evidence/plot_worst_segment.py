"""
Where does the student imitate worst?
=====================================

Most decisions agree. Are the others spread over everybody, or is there a kind of applicant of whom
the student knows nothing? A logistic regression is distilled from a teacher that treats one kind of
applicant in its own way, and the search for the worst segment is asked whether it finds them.
"""

# %%
# A teacher with a habit
# ----------------------
# A forest, and a rule that somebody put on top of it: the self-employed who borrow for a business
# are taken for likely defaulters. Nobody tells the student, nor the search.
import matplotlib.pyplot as plt
import numpy as np
from sklearn.model_selection import train_test_split

from interpkd import DistilledLogisticRegression, as_teacher, fidelity_report
from interpkd.datasets import make_credit
from interpkd.fidelity import estimate_share, worst_rows, worst_segment
from interpkd.teachers import make_teacher

loans = make_credit(8000, random_state=0)
X, y = loans.data, loans.target
X_teacher, X_rest, y_teacher, y_rest = train_test_split(X, y, train_size=2000, random_state=0)
X_train, X_test, _, y_test = train_test_split(X_rest, y_rest, train_size=2000, random_state=0)
forest = make_teacher("forest", random_state=0).set_params(model__n_estimators=40)
forest.fit(X_teacher, y_teacher)


def has_habit(table):
    """Tell whom the rule is about."""
    return (table["employment"] == "self-employed") & (table["purpose"] == "business")


def decide(table):
    """Ask the forest, and put the rule on top."""
    default = forest.predict_proba(table)[:, 0]
    default = np.where(has_habit(table), 0.9, default)
    return np.column_stack([default, 1 - default])


teacher = as_teacher(decide, classes=["default", "repaid"])

# %%
# The figure that hides it
# ------------------------
# The student adds columns up. It has a coefficient for the self-employed and one for business, and
# none for both together.
student = DistilledLogisticRegression(teacher, random_state=0).fit(X_train)
report = fidelity_report(student, X_test, y_test)
report

# %%
# The search
# ----------
# On one half of the rows, rules of up to three conditions are searched for those with the most
# disagreement; on the *other* half they are tested. Nothing below is of the half that was searched,
# so it is no product of the search.
found = worst_segment(student, X_test)
found

# %%
# Who is meant, and how they were met
# -----------------------------------
# A finding tells which rows it is about. The segment that comes first is the planted one, or nearly:
worst = found.segments[0]
inside = worst.holds(X_test)
planted = has_habit(X_test).to_numpy()
print(f"rows of the segment that the rule is about: {planted[inside].mean():.1%}")
print(f"rows that the rule is about, in the segment: {inside[planted].mean():.1%}")

# %%
# Single rows, for a reviewer to look at one by one:
worst_rows(student, X_test, n=3)


# %%
# A student that has room for it
# ------------------------------
# The finding names columns that act together. A sum has room for that if they get a column of their
# own; the teacher does not know it and is asked without it.
def with_both(table):
    """Add the column that the finding asks for."""
    return table.assign(business_of_self_employed=has_habit(table))


mended = DistilledLogisticRegression(
    as_teacher(lambda table: decide(table[X.columns]), classes=["default", "repaid"]),
    random_state=0,
).fit(with_both(X_train))
again = worst_segment(mended, with_both(X_test))
again

# %%
# The search points elsewhere now. A sum cannot follow a forest everywhere; what it cannot follow can be
# named, and belongs into the report.
#
# Both students, inside the segment and outside
# ---------------------------------------------
# On the test half, which had no part in finding the segment.
rows = np.zeros(len(X_test), dtype=bool)
rows[found.test_rows] = True
decided = teacher.predict_proba(X_test)
answers = {
    "student": student.predict_proba(X_test),
    "mended student": mended.predict_proba(with_both(X_test)),
}
agreement = {
    (name, where): estimate_share(
        (says.argmax(axis=1) == decided.argmax(axis=1))[rows & chosen], alpha=0.05
    )
    for name, says in answers.items()
    for where, chosen in {"segment": inside, "rest": ~inside}.items()
}
fig, ax = plt.subplots(figsize=(7, 3))
for place, (of, share) in enumerate(agreement.items()):
    color = "C3" if of[1] == "segment" else "C0"
    ax.plot([share.low, share.high], [place, place], color=color, linewidth=2)
    ax.plot(share.estimate, place, "o", color=color)
ax.set(xlabel="agreement with the teacher, 95 % interval", xlim=(0, 1))
ax.set(yticks=range(len(agreement)), yticklabels=[", ".join(of) for of in agreement])
ax.invert_yaxis()
fig.tight_layout()

# %%
# Conclusion
# ----------
overall = report.to_dict()["agreement"]["estimate"]
print(
    f"Conclusion: the student agrees with its teacher on {overall:.1%} of new rows, but on "
    f"{agreement['student', 'segment'].estimate:.0%} where {worst.rule} (adjusted p-value "
    f"{worst.p_adjusted:.1g}), which is where the teacher follows a rule of its own; with a column for "
    f"that rule it agrees there on {agreement['mended student', 'segment'].estimate:.0%}, and what the "
    f"search finds next is where {again.segments[0].rule}."
)

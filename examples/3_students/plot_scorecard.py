"""
A credit scorecard with reasons
===============================

A random forest scores a loan book. How much of it fits on one page of points that may only move in the
direction a lender can defend, and what is an applicant told who is declined?
"""

# %%
# A forest and its scorecard
# --------------------------
# The probability of repayment may only fall with the amount and the number of existing loans, and only
# rise with the income: along ``classes_[1]``, which is "repaid". Points speak for repayment, as lenders
# are used to.
import matplotlib.pyplot as plt
import numpy as np
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import train_test_split

from interpkd import DistilledScorecardClassifier, fidelity_report
from interpkd.datasets import make_credit
from interpkd.explanation import counterfactual, reasons
from interpkd.fidelity import certify_monotonicity
from interpkd.teachers import make_teacher

loans = make_credit(4000, random_state=0)
X, X_test, y, y_test = train_test_split(loans.data, loans.target, random_state=0)
forest = make_teacher("forest", random_state=0).set_params(model__n_estimators=60)
forest = FrozenEstimator(forest.fit(X, y))

SIGNS = {"amount": -1, "existing_loans": -1, "income": 1}
card = DistilledScorecardClassifier(
    forest,
    max_features=9,
    max_bins=6,
    min_bin_share=0.03,
    monotonic_cst=SIGNS,
    good_class="repaid",
    random_state=0,
).fit(X)
card

# %%
# The whole model
# ---------------
# The points of a row's bins add up to its score, and the probability is a function of the score alone.
card.points_table_.round(3)

# %%
# What is promised of it
# ----------------------
# Directions are not a matter of sampling: they follow from the steps of the points, for every input. The
# forest itself was trained without such constraints, and an example shows where it breaks them.
directions = certify_monotonicity(card, forest, X_ref=X, columns=SIGNS)
directions

# %%
# A score and what it means
# -------------------------
scores = card.score_samples(X_test)
teacher = forest.predict_proba(X_test)[:, 1]
fig, ax = plt.subplots(figsize=(6, 4))
ax.plot(scores, teacher, ".", alpha=0.3, label="forest")
order = np.argsort(scores)
ax.plot(scores[order], card.predict_proba(X_test)[order, 1], label="scorecard")
ax.set(xlabel="score", ylabel=f"probability of {card.classes_[1]!r}")
ax.legend()
fig.tight_layout()

# %%
# The points of three decisions
# -----------------------------
card.explain_points(X_test.head(3)).T

# %%
# Reasons of a decline
# --------------------
# *Compared with whom?* comes first, and the two groups below are both usual: all applicants, or those who
# just passed. A reason is a column on which the applicant lost points against the group. The texts are
# the lender's own.
TEXTS = {
    "age": "Age of {value}",
    "amount": "Amount of {value} is high (usual: {reference})",
    "employment": "Employment: {value}",
    "existing_loans": "Number of existing loans: {value} (usual: {reference})",
    "guarantor": "No guarantor",
    "income": "Income of {value} is low (usual: {reference})",
    "previous_default": "A previous default",
    "purpose": "Purpose: {value}",
    "term_months": "Term of {value} months is long (usual: {reference})",
}
options = {"dictionary": TEXTS, "background": X, "n_reasons": 3}
everyone = reasons(card, X_test, reference="all applicants", **options)
just_passed = reasons(card, X_test, reference="at the cut-off", **options)
declined = everyone.declines[0].row
print(f"Declined at a score of {scores[declined]:.0f}; against all applicants:")
print(everyone.text(declined))
print("against those who just passed:")
print(just_passed.text(declined))

# %%
# The group matters: for some declines it changes the first reason. And a reason of the card is one of the
# forest too where moving the column alone would help the applicant there.
other_first = everyone.compare(just_passed)["first_differs"]
print(f"another first reason with the other group: {other_first:.1%} of declines")
print(f"reasons that the forest supports: {everyone.teacher_support:.1%}")

# %%
# What would have to change
# -------------------------
# The fewest of the columns that an applicant can change, and among these the shortest way. The search is
# exact; that the forest would follow is another question, and is answered beside it.
change = counterfactual(
    card,
    X_test.iloc[[declined]],
    changeable=["amount", "term_months", "purpose", "guarantor"],
    directions={"amount": "decrease", "term_months": "decrease"},
    background=X,
)
print(change.text)
print(f"P(repaid) then: card {change.student_after:.3f}, forest {change.teacher_after:.3f}")

# %%
# Conclusion
# ----------
report = fidelity_report(card, X_test, y_test).to_dict()
auc = {who: report["performance"][who]["auc"]["estimate"] for who in ("student", "teacher")}
proved = [name for name, one in directions.student.items() if one.status == "proved"]
broken = [name for name, one in directions.teacher.items() if one.status == "violated"]
print(
    f"Conclusion: the scorecard decides as the forest does on {report['agreement']['estimate']:.1%} "
    f"of new loans, with an AUC of {auc['student']:.3f} against {auc['teacher']:.3f}; whole points "
    f"cost {card.rounding_loss_:.1e} nats. Its directions of {', '.join(proved)} are proved, where the "
    f"forest breaks {len(broken)} of {len(SIGNS)}; the forest supports {everyone.teacher_support:.0%} of "
    f"the reasons of {len(everyone.declines)} declines, and {other_first:.0%} of these have another "
    "first reason when compared with those who just passed."
)

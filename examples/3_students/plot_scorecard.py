"""
A forest as a scorecard
=======================

A random forest scores a loan book. How much of it fits on one page of points?
"""

# %%
# A forest and its scorecard
# --------------------------
# The probability of default may only rise with the amount and the number of existing loans. Points
# speak for repayment, as lenders are used to.
import matplotlib.pyplot as plt
import numpy as np
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import train_test_split

from interpkd import DistilledScorecardClassifier, fidelity_report
from interpkd.datasets import make_credit
from interpkd.teachers import make_teacher

loans = make_credit(4000, random_state=0)
X, X_test, y, y_test = train_test_split(loans.data, loans.target, random_state=0)
forest = FrozenEstimator(make_teacher("forest", random_state=0).fit(X, y))

card = DistilledScorecardClassifier(
    forest,
    max_features=7,
    max_bins=6,
    min_bin_share=0.03,
    monotonic_cst={"amount": -1, "existing_loans": -1},  # along the probability of "repaid"
    good_class="repaid",
    random_state=0,
).fit(X)
print(card.points_table_.round(3).to_string(index=False))

# %%
# The points of three decisions
# -----------------------------
print(card.explain_points(X_test.head(3)).T)

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
report = fidelity_report(card, X_test, y_test).to_dict()
auc = {who: report["performance"][who]["auc"]["estimate"] for who in ("student", "teacher")}
print(
    f"Conclusion: the scorecard decides as the forest does on {report['agreement']['estimate']:.1%} "
    f"of new loans, with an AUC of {auc['student']:.3f} against {auc['teacher']:.3f}; whole points "
    f"cost {card.rounding_loss_:.1e} nats."
)

"""
Certificates: what is proved, and what is only measured
=======================================================

A fidelity report counts on how many rows student and teacher agree. Do they still agree on an
applicant who differs a little from one of these? A search with bounds answers for every input at
once: either it proves agreement, or it shows an input on which the two differ.
"""

# %%
# A booster and a tree
# --------------------
# The booster was trained under constraints: its probability of a benign mass may not rise with the
# radius, the texture or how concave the contour is. XGBoost takes care of that; nobody told the
# student.
import matplotlib.pyplot as plt
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split
from xgboost import XGBClassifier

from interpkd import DistilledTreeClassifier, as_teacher
from interpkd.fidelity import (
    born_again_tree,
    certify,
    certify_equality,
    certify_monotonicity,
    fidelity_report,
)

X, y = load_breast_cancer(return_X_y=True, as_frame=True)
X = X.iloc[:, :10]
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.35, random_state=0)
may_not_rise = ["mean radius", "mean texture", "mean concavity", "mean concave points"]
signs = dict.fromkeys(may_not_rise, -1)
booster = XGBClassifier(
    n_estimators=30, max_depth=3, monotone_constraints=signs, random_state=0
).fit(X_train, y_train)
teacher = as_teacher(booster)
student = DistilledTreeClassifier(teacher, max_leaf_nodes=8, random_state=0).fit(X_train)
measured = fidelity_report(student, X_test).to_dict()["agreement"]
print(f"measured agreement {measured['estimate']:.3f} on {measured['n']} rows")

# %%
# Near the rows
# -------------
# Every number may move to whatever lies within some share of the ranks of the training rows, all
# numbers at once. Proofs are of single rows; the share of rows is statistics, and has a limit of its
# own.
certificate = certify(
    student, teacher, X_ref=X_train, X_eval=X_test, radius=(0.005, 0.01, 0.02, 0.05)
)
certificate

# %%
# What became of the rows
# -----------------------
# Where the teacher's own answer changes nearby, no small student can follow; where only the student's
# border runs through the neighbourhood, a better student could.
fig, ax = plt.subplots(figsize=(7, 4))
certificate.plot(ax=ax)
fig.tight_layout()

# %%
# Inputs on which they differ
# ---------------------------
# Each was confirmed by both models, and changes as few values of a row as the search could find. One
# input may move several columns, and then has several lines.
examples = certificate.counterexamples(3)
examples

# %%
# Directions
# ----------
# A student does not inherit constraints. Either there is a proof for every input, or two inputs that
# differ in the one column only and to which the model itself answers the wrong way. Without
# ``columns=`` the constraints under which the teacher was trained are asked about.
directions = certify_monotonicity(student, teacher, X_ref=X_train)
directions

# %%
# The remedy is to hand them on. Its price is what the student loses in agreement.
careful = DistilledTreeClassifier(
    teacher, max_leaf_nodes=8, monotonic_cst="teacher", random_state=0
).fit(X_train)
kept = certify_monotonicity(careful, teacher, X_ref=X_train)
price = measured["estimate"] - fidelity_report(careful, X_test).to_dict()["agreement"]["estimate"]
print(*(f"{column}: {one.status}" for column, one in kept.student.items()), sep="\n")
print(f"price in agreement: {price:+.3f}")

# %%
# The same everywhere: a tree born again
# --------------------------------------
# A small booster can be imitated without any difference. A distilled tree is almost never so faithful,
# and an input that says so is found at once. ``born_again_tree`` grows one from the booster's own cuts
# until a search proves that a single decision is left in each leaf.
few = X_train.iloc[:, :5]
small = XGBClassifier(n_estimators=6, max_depth=3, random_state=0).fit(few, y_train)
distilled = DistilledTreeClassifier(as_teacher(small), max_leaf_nodes=8, random_state=0).fit(few)
told = certify_equality(distilled, small, X_ref=few)
print(f"distilled, {distilled.get_n_leaves()} leaves: {told}")
born = born_again_tree(small, X_ref=few)
proof = certify_equality(born.tree, small, X_ref=few)
print(f"born again, {born.n_leaves} leaves: {proof}")

# %%
# Conclusion
# ----------
nearby = certificate.shares[2]
broken = [column for column, one in directions.student.items() if one.status == "violated"]
print(
    f"Conclusion: student and teacher agree on {measured['estimate']:.1%} of new rows, and on "
    f"{nearby.share:.1%} provably also on every input within {nearby.radius:.0%} of ranks (at least "
    f"{nearby.low:.1%} of rows like these, with 95 % confidence). Of {len(signs)} directions that the "
    f"teacher keeps, the student breaks {len(broken)} and, when told, "
    f"{sum(one.status != 'proved' for one in kept.student.values())}; and a tree of {born.n_leaves} "
    f"leaves is {proof.status} to a booster of six trees, for every input, where a distilled one of "
    f"{distilled.get_n_leaves()} is {told.status}."
)

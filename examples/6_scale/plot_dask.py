"""
A student of a Dask collection
==============================

The rows are partitions of a Dask DataFrame, on a cluster or in the threads of one machine. A tree and a
logistic regression are fitted where the partitions are. Does it matter how the rows are cut, and in
which order the parts come?
"""

# %%
# A small cluster
# ---------------
# One worker of two threads in this process. On a real cluster this line names the scheduler instead:
# ``Client("tcp://scheduler:8786")``. Nothing else in this example would change.
import dask.dataframe as dd
import matplotlib.pyplot as plt
import numpy as np
from distributed import Client
from xgboost import XGBClassifier

from interpkd import DistilledLogisticRegression, DistilledTreeClassifier, as_teacher
from interpkd.datasets import make_credit

client = Client(processes=False, n_workers=1, threads_per_worker=2, dashboard_address=":0")

# %%
# The rows
# --------
# Each partition is made where it is needed, as a file would be read. Up to 200,000 rows are brought
# into memory and fitted there, so there are more of them. The teacher was trained on other rows, and
# travels once to each worker.
FEATURES = ["age", "income", "amount", "term_months", "existing_loans", "previous_default"]


def read_part(k):
    """Make one of the parts of the book."""
    loans = make_credit(41_000, random_state=k)
    return loans.data[FEATURES].assign(default=(loans.target == "default").astype(int))


others = read_part(99)[:30_000]
booster = XGBClassifier(n_estimators=40, max_depth=4, learning_rate=0.2, random_state=0)
teacher = as_teacher(booster.fit(others[FEATURES], others["default"]))
ddf = dd.from_map(read_part, range(5)).persist()
ddf

# %%
# Two students
# ------------
# Only sums travel between the workers and this process: histograms of a growing tree, gradients of a
# line.
params = {"max_leaf_nodes": 8, "effort": "refined", "random_state": 0}
tree = DistilledTreeClassifier(teacher, **params).fit(ddf, "default")
logistic = DistilledLogisticRegression(teacher, random_state=0).fit(ddf, "default")
for name, student in {"tree": tree, "logistic regression": logistic}.items():
    took = student.distillation_
    print(f"{name}: engine {took['engine']}, {took['n_parts']} parts, {took['n_passes']} passes")

# %%
# Cut otherwise, in another order
# -------------------------------
# The same rows in fewer and larger parts, the last one first.
turned = dd.from_map(read_part, [4, 3, 2, 1, 0]).repartition(npartitions=3).persist()
again = {
    "tree": DistilledTreeClassifier(teacher, **params).fit(turned, "default"),
    "logistic": DistilledLogisticRegression(teacher, random_state=0).fit(turned, "default"),
}
same_splits = bool(
    np.array_equal(tree.student_.tree_.feature, again["tree"].student_.tree_.feature)
    and np.array_equal(tree.student_.tree_.threshold, again["tree"].student_.tree_.threshold)
)
gaps = {
    "leaves": np.abs(tree.student_.tree_.value - again["tree"].student_.tree_.value).max(),
    "coefficients": np.abs(
        (logistic.coef_ - again["logistic"].coef_) * logistic.feature_scales_
    ).max(),
}
print(f"same splits: {same_splits}", *(f"{k}: {v:.1e}" for k, v in gaps.items()), sep="\n")

# %%
# Asked where the rows are
# ------------------------
# The answer of a collection is a collection: nothing is computed before it is asked for.
lazy = tree.predict_proba(ddf[FEATURES])
lazy

# %%
# What comes back is small: of each of the tree's answers, how many rows have it and how many of them
# did not pay.
answers = ddf.assign(says=lazy[lazy.columns[1]].round(6))
by_answer = answers.groupby("says")["default"].agg(["count", "mean"]).compute().sort_index()
by_answer

# %%
fig, ax = plt.subplots(figsize=(5, 5))
ax.axline((0, 0), slope=1, color="0.6", linewidth=1)
ax.scatter(by_answer.index, by_answer["mean"], s=by_answer["count"] / 200)
ax.set(xlabel="the tree's P(default), size by rows", ylabel="share that did not pay")
fig.tight_layout()

# %%
client.close()

# %%
# Conclusion
# ----------
off = float(np.abs(by_answer["mean"] - by_answer.index).max())
print(
    f"Conclusion: a tree of {by_answer['count'].sum():,} rows in {ddf.npartitions} partitions has "
    f"{'the same' if same_splits else 'other'} splits as that of the same rows in {turned.npartitions}, the "
    f"last one first, with answers that differ by at most {gaps['leaves']:.1g} and coefficients of "
    f"the logistic regression by {gaps['coefficients']:.1g} standard deviations; its {len(by_answer)} "
    f"answers are within {off:.3f} of the shares that did not pay."
)

"""
Soft or hard labels?
====================

The same tree, at the same size, fitted to three targets: the true labels, the teacher's decisions,
and the teacher's probabilities. Which is closest to the teacher on held-out rows?
"""

# %%
# One frozen teacher, three trees of each size
# --------------------------------------------
import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import make_classification
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.model_selection import train_test_split
from sklearn.tree import DecisionTreeClassifier

from interpkd import DistilledTreeClassifier, as_teacher, fidelity_report

X, y = make_classification(
    9000, 12, n_informative=6, n_clusters_per_class=3, flip_y=0.1, class_sep=0.8, random_state=0
)
X_teacher, X_rest, y_teacher, y_rest = train_test_split(X, y, train_size=3000, random_state=0)
X_train, X_test, y_train, y_test = train_test_split(X_rest, y_rest, test_size=0.5, random_state=0)
teacher = as_teacher(HistGradientBoostingClassifier(random_state=0).fit(X_teacher, y_teacher))

sizes = (4, 8, 16, 32)
kl = {"true labels": [], "teacher's decisions": [], "teacher's probabilities": []}
for size in sizes:
    params = {"max_leaf_nodes": size, "min_samples_leaf": 20, "random_state": 0}
    trees = {
        "true labels": DecisionTreeClassifier(**params).fit(X_train, y_train),
        "teacher's decisions": DecisionTreeClassifier(**params).fit(
            X_train, teacher.predict(X_train)
        ),
        "teacher's probabilities": DistilledTreeClassifier(teacher, **params).fit(X_train),
    }
    for name, tree in trees.items():
        report = fidelity_report(tree, X_test, teacher=teacher).to_dict()
        kl[name].append(report["kl_divergence"]["estimate"])

# %%
# KL divergence against size
# --------------------------
fig, ax = plt.subplots(figsize=(6, 4))
for (name, values), marker in zip(kl.items(), "so^", strict=True):
    ax.plot(sizes, values, marker=marker, label=name)
ax.set(xscale="log", xticks=sizes, xticklabels=sizes, xlabel="leaves", ylabel="KL(teacher‖student)")
ax.legend(title="fitted to")
fig.tight_layout()

# %%
ratio = np.mean(kl["teacher's probabilities"]) / np.mean(kl["teacher's decisions"])
print(
    "Conclusion: at equal size the tree of soft targets has "
    f"{ratio:.2f} times the KL divergence of the tree of hard teacher decisions."
)

"""
Few labels, many rows
=====================

Labels are dear and rows are cheap. A forest is fitted to a few labelled rows, and a tree is
distilled from it, with and without thousands of rows that nobody has labelled. Is the tree any
better for them?
"""

# %%
# A few labelled rows
# -------------------
import matplotlib.pyplot as plt
import numpy as np
from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import train_test_split
from sklearn.tree import DecisionTreeClassifier

from interpkd import DistilledTreeClassifier
from interpkd.fidelity import Agreement, KLDivergence

N_LABELED, N_UNLABELED, N_TEST, DATA_SETS = 60, 1500, 1500, 6


def make_rows(seed):
    """Give labelled, unlabelled and test rows of one data set."""
    X, y = make_classification(
        N_LABELED + N_UNLABELED + N_TEST,
        10,
        n_informative=6,
        class_sep=1.2,
        flip_y=0.02,
        random_state=seed,
    )
    X, X_rest, y, y_rest = train_test_split(
        X, y, train_size=N_LABELED, stratify=y, random_state=seed
    )
    X_unlabeled, X_test, _, y_test = train_test_split(
        X_rest, y_rest, test_size=N_TEST, random_state=seed
    )
    return X, y, X_unlabeled, X_test, y_test


# %%
# Five trees of the same size
# ---------------------------
# - one on the labels, without a teacher;
# - one on the forest's *decisions* for the unlabelled rows beside the true labels: pseudo-labels;
# - three on the forest's *probabilities*: for the labelled rows alone (out-of-fold, so that the
#   forest cannot repeat labels that it knows), with rows generated near these, and with the
#   unlabelled rows (``X_unlabeled``).
SIZE = {"max_leaf_nodes": 16, "min_samples_leaf": 3}
scores = {}  # model: (data sets, 3): agreement with the forest, KL, accuracy on labels

for seed in range(DATA_SETS):
    X, y, X_unlabeled, X_test, y_test = make_rows(seed)
    unfitted = RandomForestClassifier(50, random_state=seed)
    forest = clone(unfitted).fit(X, y)
    student = DistilledTreeClassifier(unfitted, effort="refined", random_state=seed, **SIZE)
    alone = clone(student).set_params(augmentation=None)
    plain = DecisionTreeClassifier(**SIZE, random_state=seed)
    models = {
        "labels": clone(plain).fit(X, y),
        "pseudo-labels": clone(plain).fit(
            np.vstack([X, X_unlabeled]), np.append(y, forest.predict(X_unlabeled))
        ),
        "student": clone(alone).fit(X, y),
        "student, generated rows": clone(student).fit(X, y),
        "student, unlabelled rows": clone(alone).fit(X, y, X_unlabeled=X_unlabeled),
        "the forest itself": forest,
    }
    teacher_says = forest.predict_proba(X_test)
    for name, model in models.items():
        says = model.predict_proba(X_test)
        scores.setdefault(name, []).append(
            (
                Agreement()(teacher_says, says),
                KLDivergence()(teacher_says, says),
                model.score(X_test, y_test),
            )
        )
scores = {name: np.array(of_model) for name, of_model in scores.items()}
for name, of_model in scores.items():
    agreement, kl, accuracy = of_model.mean(axis=0)
    print(f"{name:25} agreement {agreement:.3f}   KL {kl:.3f}   accuracy {accuracy:.3f}")

# %%
# Every data set is a line
# ------------------------
fig, axes = plt.subplots(1, 2, figsize=(9, 4), sharey=True)
names = list(scores)
for column, (ax, title) in {
    0: (axes[0], "agreement with the forest"),
    2: (axes[1], "accuracy on labels"),
}.items():
    values = np.array([scores[name][:, column] for name in names])
    ax.plot(values, np.arange(len(names)), ".-", color="0.75", linewidth=1)
    ax.plot(values.mean(axis=1), np.arange(len(names)), "D", color="C0", label="mean")
    ax.set(xlabel=title)
    ax.legend()
axes[0].set(yticks=range(len(names)), yticklabels=names)
axes[0].invert_yaxis()
fig.tight_layout()

# %%
# Conclusion
# ----------
mean = {name: of_model.mean(axis=0) for name, of_model in scores.items()}
gain = scores["student, unlabelled rows"] - scores["labels"]
print(
    f"Conclusion: with {N_LABELED} labels and {N_UNLABELED} unlabelled rows the student is right on "
    f"{mean['student, unlabelled rows'][2]:.1%} of new rows, against {mean['labels'][2]:.1%} for a "
    f"tree of the labels ({(gain[:, 2] > 0).sum()} of {DATA_SETS} data sets) and "
    f"{mean['the forest itself'][2]:.1%} for the forest; without these rows it is right on "
    f"{mean['student'][2]:.1%}, with generated ones on {mean['student, generated rows'][2]:.1%}; "
    f"pseudo-labels alone give {mean['pseudo-labels'][2]:.1%}, but "
    f"{mean['pseudo-labels'][1] / mean['student, unlabelled rows'][1]:.0f} times the divergence from "
    "the forest's probabilities."
)

"""
A small network as the student
==============================

Not every student is for reading: a small network is for running. It is taught by a boosted
ensemble, through :class:`~interpkd.DistilledClassifier`, and compared with the same network taught
by the labels.
"""

# %%
# Noisy labels
# ------------
# One label in five is drawn at random. A network that learns them by heart learns the noise too.
import warnings

import matplotlib.pyplot as plt
import numpy as np
from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from interpkd import DistilledClassifier
from interpkd.fidelity import Agreement, KLDivergence

DATA_SETS = 5


def make_rows(seed):
    """Give training and test rows of one data set."""
    X, y = make_classification(
        2500, 10, n_informative=6, n_clusters_per_class=3, flip_y=0.2, random_state=seed
    )
    return train_test_split(X, y, train_size=500, stratify=y, random_state=seed)


# %%
# The same eight hidden units, taught in four ways
# ------------------------------------------------
# By the labels; by the labels with a strong weight decay, which is the usual remedy; by the
# log-odds of the teacher (out-of-fold) on the same rows; and by these on generated rows too. A
# regressor takes log-odds as they are; the scaler stands before it because a student sees the
# columns in their own units.
def small_network(kind, seed, **params):
    """Give a small network of one kind, classifier or regressor, not fitted yet."""
    return make_pipeline(
        StandardScaler(),
        kind(hidden_layer_sizes=(8,), learning_rate_init=0.01, random_state=seed, **params),
    )


# The passes through the rows are a budget here, not a failure to converge.
warnings.simplefilter("ignore", ConvergenceWarning)

scores = {}  # model: (data sets, 4): agreement, KL to the teacher, accuracy, log loss on labels
for seed in range(DATA_SETS):
    X, X_test, y, y_test = make_rows(seed)
    teacher = HistGradientBoostingClassifier(
        max_iter=60, learning_rate=0.08, max_leaf_nodes=8, random_state=seed
    )
    taught = DistilledClassifier(
        teacher,
        student=small_network(MLPRegressor, seed, max_iter=300),
        targets="logits",
        augmentation=None,
        random_state=seed,
    )
    generated = clone(taught).set_params(
        augmentation="neighbours", n_augmented=6000, student__mlpregressor__max_iter=60
    )
    models = {
        "labels": small_network(MLPClassifier, seed, max_iter=300).fit(X, y),
        "labels, weight decay": small_network(MLPClassifier, seed, max_iter=300, alpha=1).fit(X, y),
        "teacher": taught.fit(X, y),
        "teacher, generated rows": generated.fit(X, y),
        "the teacher itself": taught.teacher_,
    }
    teacher_says = taught.teacher_.predict_proba(X_test)
    for name, model in models.items():
        says = model.predict_proba(X_test)
        scores.setdefault(name, []).append(
            (
                Agreement()(teacher_says, says),
                KLDivergence()(teacher_says, says),
                model.score(X_test, y_test),
                log_loss(y_test, np.clip(says, 1e-3, 1 - 1e-3)),
            )
        )
scores = {name: np.array(of_model) for name, of_model in scores.items()}
for name, of_model in scores.items():
    agreement, kl, accuracy, loss = of_model.mean(axis=0)
    print(
        f"{name:25} agreement {agreement:.3f}   KL {kl:.3f}   accuracy {accuracy:.3f}   "
        f"log loss {loss:.3f}"
    )

# %%
# How large are they?
# -------------------
network = generated.student_.steps[-1][1]
n_weights = sum(part.size for part in (*network.coefs_, *network.intercepts_))
n_leaves = taught.teacher_.n_iter_ * taught.teacher_.max_leaf_nodes
print(f"The network has {n_weights} numbers, the teacher up to {n_leaves} leaves.")

# %%
# Every data set is a line
# ------------------------
fig, axes = plt.subplots(1, 2, figsize=(9, 3.5), sharey=True)
names = list(scores)
for column, (ax, title) in {
    1: (axes[0], "KL(teacher‖network)"),
    3: (axes[1], "log loss on labels"),
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
closer = scores["teacher, generated rows"] - scores["labels"]
print(
    f"Conclusion: the same network of {n_weights} numbers agrees with its teacher on "
    f"{mean['labels'][0]:.1%} of new rows when labels teach it, on {mean['teacher'][0]:.1%} when "
    f"the teacher does and on {mean['teacher, generated rows'][0]:.1%} with generated rows (more "
    f"than by labels on {(closer[:, 0] > 0).sum()} of {DATA_SETS} data sets); its log loss on labels "
    f"goes from {mean['labels'][3]:.3f} to {mean['teacher, generated rows'][3]:.3f}, and weight decay "
    f"alone, without a teacher, takes it to {mean['labels, weight decay'][3]:.3f}."
)

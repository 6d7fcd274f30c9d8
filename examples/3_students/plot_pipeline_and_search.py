"""
A student in a pipeline, and a search for its size
==================================================

Students are scikit-learn estimators, so one can stand at the end of a pipeline and be tuned by
:class:`~sklearn.model_selection.GridSearchCV`. The question is what to tune it *for*: for the
labels, as by default, or for the teacher?
"""

# %%
# The teacher and the columns it reads
# ------------------------------------
# A column is added before either model sees the table. The teacher was fitted earlier, on other
# loans, with the same step before it.
import matplotlib.pyplot as plt
import numpy as np
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer

from interpkd import DistilledTreeClassifier, fidelity_report
from interpkd.datasets import make_credit
from interpkd.export import to_rules
from interpkd.fidelity import KLDivergence
from interpkd.teachers import make_teacher


def add_burden(table):
    """Add the amount as a share of the income."""
    return table.assign(burden=table["amount"] / table["income"])


loans = make_credit(5000, random_state=0)
X_teacher, X_rest, y_teacher, y_rest = train_test_split(
    loans.data, loans.target, train_size=2000, stratify=loans.target, random_state=0
)
X, X_test, y, y_test = train_test_split(
    X_rest, y_rest, train_size=1500, stratify=y_rest, random_state=0
)
teacher = make_teacher("boosted", random_state=0).fit(add_burden(X_teacher), y_teacher)

# %%
# The pipeline
# ------------
# Inside the pipeline the teacher is asked about what the step before hands on. Less effort than by
# default keeps the search quick.
pipeline = Pipeline(
    [
        ("burden", FunctionTransformer(add_burden)),
        (
            "tree",
            DistilledTreeClassifier(FrozenEstimator(teacher), effort="refined", random_state=0),
        ),
    ]
)


# %%
# Two things to search for
# ------------------------
# Accuracy on labels is what scikit-learn takes by default. Fidelity to the teacher is a scorer of
# one line: the divergence on the rows of the fold that the student has not seen. It needs no
# labels.
def fidelity(model, rows, labels=None):  # noqa: ARG001
    """Give minus the divergence of the pipeline's student from the teacher."""
    prepared = model[:-1].transform(rows)
    return -KLDivergence()(teacher.predict_proba(prepared), model[-1].predict_proba(prepared))


TEMPERATURES = (1, 2, 4)
LEAVES = (4, 8, 16)
search = GridSearchCV(
    pipeline,
    {"tree__temperature": TEMPERATURES, "tree__max_leaf_nodes": LEAVES},
    scoring={"fidelity": fidelity, "accuracy": "accuracy"},
    refit="fidelity",
    cv=3,
).fit(X, y)
print(search.best_params_)

# %%
# What the search saw
# -------------------
# One line per temperature, with the spread over the folds.
results = search.cv_results_
at = {
    name: np.asarray(results[f"param_tree__{name}"], dtype=float)
    for name in ("temperature", "max_leaf_nodes")
}
fig, axes = plt.subplots(1, 2, figsize=(9, 3.8), sharex=True)
for ax, score, title in (
    (axes[0], "fidelity", "−KL(teacher‖student)"),
    (axes[1], "accuracy", "accuracy on labels"),
):
    for k, temperature in enumerate(TEMPERATURES):
        rows = at["temperature"] == temperature
        ax.errorbar(
            at["max_leaf_nodes"][rows] * 1.04**k,
            results[f"mean_test_{score}"][rows],
            results[f"std_test_{score}"][rows],
            marker="o",
            capsize=3,
            label=f"T={temperature}",
        )
    ax.set(xscale="log", xticks=LEAVES, xticklabels=LEAVES, xlabel="leaves", ylabel=title)
    ax.minorticks_off()
axes[0].legend()
fig.tight_layout()

# %%
# The tree that was found
# -----------------------
# `best_estimator_` is the whole pipeline, refitted on all rows: its student has the rules, and the
# report takes the pipeline as it is, next to the teacher's answers on the same rows.
best = search.best_estimator_
print(to_rules(best[-1]))
report = fidelity_report(
    best, X_test, y_test, teacher=teacher.predict_proba(add_burden(X_test))
).to_dict()

# %%
# Conclusion
# ----------
spread = {
    name: results[f"mean_test_{name}"].max() - results[f"mean_test_{name}"].min()
    for name in ("fidelity", "accuracy")
}
fold_spread = {name: results[f"std_test_{name}"].mean() for name in spread}
grid = -results["mean_test_fidelity"].reshape(len(LEAVES), len(TEMPERATURES))
at_temperature = dict(zip(TEMPERATURES, grid.mean(axis=0), strict=True))
print(
    f"Conclusion: searched for fidelity, the tree has {search.best_params_['tree__max_leaf_nodes']} "
    f"leaves and T={search.best_params_['tree__temperature']} and decides as the teacher does on "
    f"{report['agreement']['estimate']:.1%} of new loans; over all sizes the mean divergence is "
    + ", ".join(f"{kl:.3f} at T={temperature}" for temperature, kl in at_temperature.items())
    + "; fidelity differs among the candidates by "
    f"{spread['fidelity'] / fold_spread['fidelity']:.1f} times its spread over folds, accuracy on "
    f"labels by {spread['accuracy'] / fold_spread['accuracy']:.1f} times."
)

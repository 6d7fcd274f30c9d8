"""
Any estimator as the student
============================

The house has its own kind of readable model, or wants one that nobody here has thought of. Can a teacher
teach it? A sum of small trees (FIGS), an explainable boosting machine (EBM) and a small network are
taught by the same forest, and each is compared with itself as its own library fits it, to the labels.
"""

# %%
# One teacher
# -----------
# A forest of many rows. The students see fewer, which is where a teacher helps most.
import warnings

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from imodels import FIGSClassifier, FIGSRegressor
from interpret.glassbox import ExplainableBoostingClassifier
from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.ensemble import RandomForestClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from interpkd import DistilledClassifier, as_teacher
from interpkd.fidelity import Agreement, KLDivergence

X, y = make_classification(
    7000, 8, n_informative=5, n_redundant=1, flip_y=0.15, class_sep=0.9, random_state=0
)
X = pd.DataFrame(X, columns=[f"x{j}" for j in range(8)])
X_teacher, X_rest, y_teacher, y_rest = train_test_split(X, y, train_size=4000, random_state=0)
X_train, X_test, y_train, y_test = train_test_split(X_rest, y_rest, train_size=500, random_state=0)
teacher = as_teacher(
    RandomForestClassifier(100, min_samples_leaf=5, random_state=0).fit(X_teacher, y_teacher)
)

# %%
# Three students of other libraries
# ---------------------------------
# Each is passed as it is, and cloned. A regressor takes probabilities as they are; a classifier learns
# from each row once for each class, weighing its soft probability. A network wants its columns scaled,
# so the scaler comes with it.
warnings.simplefilter("ignore", ConvergenceWarning)  # the passes of the network are a budget
network = MLPClassifier((8,), learning_rate_init=0.01, max_iter=200, random_state=0)
students = {
    "FIGS": FIGSRegressor(max_rules=10),
    "EBM": ExplainableBoostingClassifier(
        interactions=2, outer_bags=2, max_rounds=500, n_jobs=1, random_state=0
    ),
    "network": make_pipeline(StandardScaler(), network),
}
by_labels = {**students, "FIGS": FIGSClassifier(max_rules=10)}

# %%
# Taught twice
# ------------
# By the labels of the few rows, and by the teacher, who is asked about these rows and about generated
# ones near them. All are measured on the same new rows.
teacher_says = teacher.predict_proba(X_test)
scores, taught = {}, {}
for name, plain in students.items():
    taught[name] = DistilledClassifier(teacher, student=plain, n_augmented=3000, random_state=0)
    taught[name].fit(X_train)
    alone = clone(by_labels[name]).fit(X_train.to_numpy(), y_train)
    for lesson, says in {
        "labels": alone.predict_proba(X_test.to_numpy()),
        "teacher": taught[name].predict_proba(X_test),
    }.items():
        scores[name, lesson] = {
            "agreement": Agreement()(teacher_says, says),
            "KL": KLDivergence()(teacher_says, says),
            "AUC on labels": roc_auc_score(y_test, says[:, 1]),
        }
scores = pd.DataFrame(scores).T.rename_axis(["student", "taught by"])
scores.round(3)

# %%
# What there is to read
# ---------------------
# How each took the soft targets, and the fitted estimator itself, which is the library's own and prints
# as it does there:
for name, student in taught.items():
    print(f"{name}: taught by {student.taught_by_}, fitted {type(student.student_).__name__}")
print(taught["FIGS"].student_)

# %%
# An EBM is a curve for each column, and here the teacher's curve rather than that of the few labels:
column = 0
by = scores.pivot_table("agreement", "student", "taught by").loc[list(students)]
fig, (bars, curve) = plt.subplots(1, 2, figsize=(10, 4))
by.plot.bar(ax=bars, rot=0)
bars.set(ylabel="agreement with the forest", xlabel="", ylim=(0.8, 1))
plain_ebm = clone(by_labels["EBM"]).fit(X_train.to_numpy(), y_train)
grid = np.linspace(*X_train.iloc[:, column].quantile([0.02, 0.98]), 200)
for lesson, ebm in {"labels": plain_ebm, "teacher": taught["EBM"].student_}.items():
    edges, heights = ebm.bins_[column][0], ebm.term_scores_[column][1:-1]
    curve.plot(grid, heights[np.digitize(grid, edges)], drawstyle="steps-mid", label=lesson)
curve.set(xlabel=X.columns[column], ylabel="log odds that the column adds")
curve.legend(title="EBM, taught by")
fig.tight_layout()

# %%
# Conclusion
# ----------
gain = by["teacher"] - by["labels"]
auc = scores.pivot_table("AUC on labels", "student", "taught by")
print(
    "Conclusion: taught by the forest each of the three follows it more closely than taught by "
    f"{len(X_train)} labels: "
    + ", ".join(
        f"{name} {by.loc[name, 'teacher']:.1%} (+{100 * gain[name]:.1f} points)"
        for name in by.index
    )
    + f"; on the labels of new rows their AUCs go from {auc['labels'].min():.3f} to "
    f"{auc['labels'].max():.3f} to {auc['teacher'].min():.3f} to {auc['teacher'].max():.3f}, the forest's is "
    f"{roc_auc_score(y_test, teacher_says[:, 1]):.3f}."
)

"""
A teacher from a file, as a GPU leaves it
=========================================

The teacher was trained elsewhere, often on a machine with a GPU, and what arrives is a file. Can it
be distilled on a laptop's CPU, and is the student any different? An XGBoost model is saved, read back
by :func:`~interpkd.teachers.load_teacher`, and distilled into a tree.
"""

# %%
# Somebody else's machine
# -----------------------
# This page was built without a GPU. Where there is one, one line differs: ``DEVICE = "cuda"``. It
# changes where trees are grown, and so their last digits; it changes nothing about the file, which
# holds trees and not the machine that grew them.
import json
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split
from xgboost import XGBClassifier

from interpkd import DistilledTreeClassifier, as_teacher, fidelity_report
from interpkd.export import rule_list, to_rules
from interpkd.teachers import load_teacher

DEVICE = "cpu"  # on a machine with a GPU: "cuda"

X, y = load_breast_cancer(return_X_y=True, as_frame=True)
X_train, X_rest, y_train, y_rest = train_test_split(
    X, y, train_size=0.4, stratify=y, random_state=0
)
X_new, X_test, _, y_test = train_test_split(X_rest, y_rest, test_size=0.5, random_state=0)
model = XGBClassifier(n_estimators=60, max_depth=4, device=DEVICE, random_state=0)
model.fit(X_train, y_train)

# %%
# What the file says
# ------------------
# Objective, columns and trees are in it. The labels' names are not, so they are given when it is
# read; nor is the device, so nothing asks for one on the machine that reads it.
folder = tempfile.TemporaryDirectory()
path = Path(folder.name) / "model.json"
model.save_model(path)
learner = json.loads(path.read_text(encoding="utf-8"))["learner"]
n_trees = len(learner["gradient_booster"]["model"]["trees"])
print(
    f"objective {learner['objective']['name']}, {n_trees} trees, {learner['learner_model_param']}"
)
print(f'"cuda" or "device" in the file: {"cuda" in str(learner) or "device" in str(learner)}')

# %%
# Read and asked
# --------------
# No pickle is opened, so reading a file runs no code of its sender. The hash of the file goes into
# every report on the student. The model's answers are those it gave before it was saved.
teacher = load_teacher(path, classes=["malignant", "benign"])
folder.cleanup()
print(teacher.source_file_)
gap = np.abs(teacher.predict_proba(X_test) - model.predict_proba(X_test)).max()
print(f"largest difference of an answer: {gap:.1e}")

# %%
# Distilled on the CPU
# --------------------
# The file does not know which rows it was trained on. Give the student others, if there are any;
# labels are not needed.
student = DistilledTreeClassifier(teacher, max_leaf_nodes=6, random_state=0).fit(X_new)
print(to_rules(student))

# %%
report = fidelity_report(student, X_test, teacher.classes_[y_test])
report

# %%
# The file loses nothing
# ----------------------
# A student of the model in memory is fitted to the same answers, and has the same rules. Its
# decisions beside the teacher's probabilities, on the two columns that its rules ask for most:
in_memory = DistilledTreeClassifier(
    as_teacher(model, classes=teacher.classes_), max_leaf_nodes=6, random_state=0
).fit(X_new)
is_same = to_rules(student) == to_rules(in_memory)
print(f"the same rules: {is_same}")

asked = [condition.column for rule in rule_list(student) for condition in rule.conditions]
first, second = sorted(set(asked), key=lambda column: -asked.count(column))[:2]
fig, ax = plt.subplots(figsize=(6, 4))
benign = teacher.predict_proba(X_test)[:, list(teacher.classes_).index("benign")]
dots = ax.scatter(X_test[first], X_test[second], c=benign, cmap="coolwarm_r", s=14)
other = student.predict(X_test) != teacher.predict(X_test)
ax.plot(
    *(X_test.loc[other, column] for column in (first, second)),
    "o",
    markersize=9,
    fillstyle="none",
    color="black",
    label="student decides otherwise",
)
ax.set(xlabel=first, ylabel=second)
ax.legend()
fig.colorbar(dots, label="teacher: P(benign)")
fig.tight_layout()

# %%
# Conclusion
# ----------
agreement = report.to_dict()["agreement"]
print(
    f"Conclusion: a file of {n_trees} trees, grown on the device {DEVICE!r}, is read on a CPU and "
    f"answers as before to within {gap:.0e}; six rules distilled from it agree with it on "
    f"{agreement['estimate']:.1%} of new rows (95 % interval {agreement['low']:.1%} to "
    f"{agreement['high']:.1%}), and are {'the same as' if is_same else 'other than'} those distilled "
    "from the model in memory."
)

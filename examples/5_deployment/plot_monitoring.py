"""
When a student has to be made again
===================================

Three months of loan applications: one like those of the report, one in which income is entered in
another unit, one in which the teacher was replaced. What does the report's monitoring plan say?
"""

# %%
# A report with a plan
# --------------------
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from interpkd import DistilledTreeClassifier, as_teacher
from interpkd.audit import audit_report, decision_log, monitor, read_decision_log
from interpkd.datasets import make_credit
from interpkd.teachers import make_teacher

loans = make_credit(2000, random_state=0)
X, y = loans.data, loans.target.to_numpy()
forest = make_teacher("forest", random_state=0)
forest.set_params(model__n_estimators=30)
teacher = as_teacher(forest.fit(X[:1300], y[:1300]))
student = DistilledTreeClassifier(teacher, max_leaf_nodes=8, random_state=0).fit(X[:1300])
report = audit_report(
    student,
    X[1300:],
    y[1300:],
    X_train=X[:1300],
    background=X[:50],
    monitoring={"how_often": "monthly"},
)

# %%
# Three months
# ------------
# Each month the report is all that is needed, besides the rows and, while it lives, the teacher.
months = {}
for k, name in enumerate(("January", "February", "March"), 1):
    batch = make_credit(500, random_state=k)
    months[name] = batch.data, batch.target.to_numpy(), teacher
applications, outcomes, _ = months["February"]
months["February"] = applications.assign(income=applications["income"] / 12), outcomes, teacher
applications, outcomes, _ = months["March"]
young = np.where(applications["age"] < 45, 0.9, 0.2)  # the new teacher judges by age alone
months["March"] = applications, outcomes, np.column_stack([young, 1 - young])

found = {
    name: monitor(report, rows, labels, asked) for name, (rows, labels, asked) in months.items()
}
for name, one in found.items():
    print(f"{name}: {one}\n")

# %%
# Shifts and what chance makes
# ----------------------------
# The marks show what chance alone exceeds in one of twenty cases. A threshold without them would
# raise an alarm whenever a month has few rows.
columns = found["January"].data["columns"]
names = [one["column"] for one in columns]
fig, ax = plt.subplots(figsize=(7, 4))
height = 0.25
for k, (month, one) in enumerate(found.items()):
    place = np.arange(len(names)) + (1 - k) * height
    of = one.data["columns"]
    ax.barh(place, [max(a["psi"], 1e-3) for a in of], height, label=month)
    ax.plot([a["by_chance_up_to"] for a in of], place, "k|")
thresholds = report.data["monitoring"]["thresholds"]
ax.axvline(thresholds["psi_warning"], color="gray", linestyle=":")
ax.axvline(thresholds["psi_alarm"], color="gray")
ax.set(xscale="log", xlabel="population stability index", yticks=range(len(names)))
ax.set_yticklabels(names)
ax.legend()
fig.tight_layout()

# %%
# The decisions of January
# ------------------------
# A line for each, with its reasons and the hashes of the row and of the student.
with tempfile.TemporaryDirectory() as folder:
    log = Path(folder) / "decisions.jsonl"
    options = {"reference": "all applicants", "background": X[:200], "adverse_class": "default"}
    rows = months["January"][0]
    n_lines = decision_log(student, rows[:50], log, model_version="1.0", reasons=options)
    decisions = read_decision_log(log)
print(decisions[["score", "decision", "input_sha256"]].head(3))
declined = decisions[decisions["decision"] == "default"].iloc[0]
print(*(why["text"] for why in declined["reasons"]), sep="\n")

# %%
# Conclusion
# ----------
quiet = found["January"].worst_level
moved = {
    name: sorted({one.name for one in of.alarms if one.kind == "column"})
    for name, of in found.items()
}
agreement = {
    name: next(s.value for s in of.signals if s.name == "agreement") for name, of in found.items()
}
print(
    f"Conclusion: January is {quiet}. In February the alarm names {', '.join(moved['February'])}, "
    f"whose unit changed. In March {len(moved['March'])} columns moved, but the student agrees with "
    f"its new teacher on {agreement['March']:.0%} of rows and no longer on "
    f"{agreement['January']:.0%}: it has to be distilled again."
)

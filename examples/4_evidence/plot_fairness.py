"""
Groups of people: what the teacher does, and what the student adds
==================================================================

A teacher that has never seen an attribute may still treat its groups differently, and its student
inherits that, and may add to it. How much is the teacher's part, how much the student's, and by which
column does the attribute come in?
"""

# %%
# A book without the attribute
# ----------------------------
# Which of two groups an applicant belongs to is not in the table. But it goes with the income, as such
# things do: here it is drawn so that the lower the income, the more likely is group B.
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from scipy.special import expit
from sklearn.model_selection import train_test_split

from interpkd import DistilledTreeClassifier, as_teacher, fidelity_report
from interpkd.audit import group_fairness
from interpkd.datasets import make_credit
from interpkd.teachers import make_teacher

loans = make_credit(8000, random_state=0)
X, y = loans.data, loans.target
log_income = np.log(X["income"].fillna(X["income"].median()))
likely = expit(3 * (log_income.mean() - 0.4 - log_income))
is_b = np.random.default_rng(0).uniform(size=len(X)) < likely
people = pd.DataFrame({"group": np.where(is_b, "B", "A")})
people["age band"] = pd.cut(X["age"], [0, 29, 61, 99], labels=["to 29", "30 to 61", "62 and over"])
people["age band"] = people["age band"].astype(str)
people.value_counts("group").to_frame()

# %%
# Teacher and student
# -------------------
# The student is a small tree, which has to leave much out. What it leaves out is not the same for
# everybody.
X_teacher, X_rest, y_teacher, y_rest = train_test_split(X, y, train_size=2500, random_state=0)
X_train, X_test, _, y_test = train_test_split(X_rest, y_rest, train_size=2000, random_state=0)
teacher = as_teacher(make_teacher("boosted", random_state=0).fit(X_teacher, y_teacher))
student = DistilledTreeClassifier(teacher, max_leaf_nodes=6, random_state=0).fit(X_train)
agreement = fidelity_report(student, X_test).to_dict()["agreement"]
print(f"agreement {agreement['estimate']:.3f} [{agreement['low']:.3f}, {agreement['high']:.3f}]")

# %%
# Both models, group by group
# ---------------------------
# Favourable is what a person wants: here, not to be taken for a defaulter. An adverse-impact ratio is
# the group's share of favourable decisions over that of the reference group, which is named and not
# chosen afterwards. Groups of too few rows would have no number. No rule of thumb is applied: what a
# ratio means depends on the decision and on the law that governs it.
found = group_fairness(
    student,
    X_test,
    y_test,
    groups=people.loc[X_test.index],
    adverse_class="default",
    reference={"group": "A", "age band": "30 to 61"},
)
found

# %%
# What the student adds
# ---------------------
# Both models decide the same people, so the difference is known much better than either rate. A
# change whose joint interval lies below 0 is one that these rows show, all groups taken together.
single = [one for one in found.groups if len(one.attributes) == 1]
changes = pd.DataFrame(
    {
        one.label: {
            "rows": one.n,
            "teacher": one.teacher["selection_rate"].estimate,
            "student": one.student["selection_rate"].estimate,
            "change": one.change["selection_rate"].estimate,
            "low, jointly": one.change_jointly["selection_rate"].low,
            "high, jointly": one.change_jointly["selection_rate"].high,
        }
        for one in single
    }
).T
changes.round(3)

# %%
# By which column?
# ----------------
# The screen tries to tell the attribute from the model's columns, all together and one by one. 0.5 is
# guessing. A high area says that a model *could* know; the tables above say what it does with it.
screen = next(one for one in found.proxies if one.attribute == "group")
print(f"from all columns {screen.auc:.3f}, from those that the student uses {screen.auc_used:.3f}")
for column in screen.columns[:3]:
    print(f"{column.column}: {column.auc:.3f}{', used by the student' if column.is_used else ''}")

# %%
# Ratios with their intervals
# ---------------------------
compared = [one for one in single if "student" not in one.reference_of]
fig, ax = plt.subplots(figsize=(7, 3.2))
for place, one in enumerate(compared):
    for shift, (who, scores) in zip((-0.1, 0.1), list(one.parts())[:2], strict=True):
        ratio, color = scores["impact_ratio"], {"teacher": "0.4", "student": "C1"}[who]
        ax.plot([ratio.low, ratio.high], [place + shift] * 2, color=color, linewidth=2)
        ax.plot(ratio.estimate, place + shift, "o", color=color, label=None if place else who)
ax.axvline(1, color="0.7", linewidth=1)
ax.set(yticks=range(len(compared)), yticklabels=[one.label for one in compared])
ax.set(xlabel="adverse-impact ratio, 95 % interval")
ax.invert_yaxis()
ax.legend()
fig.tight_layout()

# %%
# Conclusion
# ----------
b = found.group(group="B")
ratios = {who: scores["impact_ratio"].estimate for who, scores in list(b.parts())[:2]}
most = max(single, key=lambda one: abs(one.change["selection_rate"].estimate))
moved = most.change_jointly["selection_rate"]
worse = [one.label for one in single if "selection_rate" in one.worse_in]
print(
    f"Conclusion: neither model sees the group, and yet group B is decided favourably "
    f"{ratios['teacher']:.2f} times as often as group A by the teacher and {ratios['student']:.2f} "
    f"times by the student; the {screen.columns[0].column} alone tells the group with an area of "
    f"{screen.columns[0].auc:.2f}. What the student changes most is the share of {most.label}, by "
    f"{moved.estimate:+.1%} (jointly {moved.low:+.1%} to {moved.high:+.1%}); groups that it treats worse "
    f"than its teacher, shown by these rows: {', '.join(worse) or 'none'}."
)

"""
A student that runs in the database
===================================

The applicants are rows of a database, and nobody wants to move them to Python every night. A tree is
written as one SELECT, its answers are proved to be the student's, and DuckDB scores the table where it
lies.
"""

# %%
# A student
# ---------
import duckdb
import matplotlib.pyplot as plt
import numpy as np
from sklearn.model_selection import train_test_split

from interpkd import DistilledScorecardClassifier, DistilledTreeClassifier, as_teacher
from interpkd.datasets import make_credit
from interpkd.export import parity_report, to_sql
from interpkd.teachers import make_teacher

loans = make_credit(4000, random_state=0)
X, X_test, y, _ = train_test_split(loans.data, loans.target, random_state=0)
teacher = as_teacher(make_teacher("boosted", random_state=0).fit(X[:1500], y[:1500]))
tree = DistilledTreeClassifier(teacher, max_leaf_nodes=8, random_state=0).fit(X[1500:])
tree

# %%
# As one statement
# ----------------
# Written for the dialect of the database; the key is kept, since a SELECT has no order of rows. The
# header says what was compared, with which engine, and how far the answers lay apart.
sql = to_sql(
    tree,
    table="bank.applicants",
    keep="customer",
    columns=["prediction", "leaf", "rule"],
    X=X_test,
)
print(sql)

# %%
# Proved, not hoped
# -----------------
# The statement has been run on the rows given and on rows made to hurt: values on every threshold and
# beside it, missing values, categories that were never seen, extremes. If one answer differed, there
# would be an error and no statement.
parity = parity_report(tree, X_test, to="sql", table="applicants")
parity

# %%
# In the database
# ---------------
# From here on nothing of interpkd is needed. A view scores whoever is in the table when it is asked;
# missing values are NULL.
base = duckdb.connect()
applicants = X_test.assign(customer=np.arange(len(X_test)))
base.register("incoming", applicants)
base.execute("CREATE SCHEMA bank")
base.execute("CREATE TABLE bank.applicants AS SELECT * FROM incoming")
base.execute(f"CREATE VIEW bank.scored AS {sql}")
base.sql("SELECT * EXCLUDE (rule) FROM bank.scored ORDER BY customer LIMIT 5").df()

# %%
# The same answers as in Python, row by row:
scored = base.sql("SELECT * FROM bank.scored ORDER BY customer").df()
differ = int((scored["prediction"].to_numpy() != tree.predict(X_test)).sum())
gap = float(np.abs(scored["probability"] - tree.predict_proba(X_test)[:, 1]).max())
print(f"{differ} of {len(scored)} decisions differ, probabilities by at most {gap:.1e}")

# %%
# Questions to the decisions
# --------------------------
# Which rule decides how many applicants is now a question to the database.
by_rule = base.sql(
    "SELECT leaf, rule, count(*) AS applicants, any_value(probability) AS repaid"
    " FROM bank.scored GROUP BY leaf, rule ORDER BY repaid"
).df()
by_rule

# %%
fig, ax = plt.subplots(figsize=(7, 4))
bars = ax.barh(
    [f"leaf {leaf}" for leaf in by_rule["leaf"]],
    by_rule["applicants"],
    color=plt.get_cmap("RdYlBu")(by_rule["repaid"].to_numpy()),
    edgecolor="0.4",
)
ax.bar_label(bars, [f"P(repaid) = {p:.2f}" for p in by_rule["repaid"]], padding=3, fontsize=8)
ax.set(xlabel="applicants", ylabel="rule")
ax.margins(x=0.25)
fig.tight_layout()

# %%
# Reasons in SQL
# --------------
# A scorecard and a linear student also give the columns that speak against an applicant, compared with
# a group that is named here: all training rows.
card = DistilledScorecardClassifier(
    teacher, max_features=6, max_bins=5, good_class="repaid", random_state=0
).fit(X[1500:])
with_reasons = to_sql(
    card,
    table="bank.applicants",
    keep="customer",
    columns=["prediction", "score", "reasons"],
    n_reasons=2,
    reference=X[1500:],
)
base.execute(f"CREATE VIEW bank.with_reasons AS {with_reasons}")
why = base.sql(
    "SELECT * FROM bank.with_reasons WHERE prediction = 'default' ORDER BY customer"
).df()
why.head()

# %%
base.close()

# %%
# Conclusion
# ----------
print(
    f"Conclusion: one statement of {len(sql.splitlines())} lines scored {len(scored)} applicants in "
    f"DuckDB, {differ} of them otherwise than the student in Python; it had been compared with the "
    f"student on {parity.n_given + parity.n_hurting} rows, {parity.n_hurting} of them made to hurt, "
    f"and {len(why)} declined applicants have their reasons from the database alone."
)

"""
Files that need not fit into memory
===================================

The book lies in Parquet files, and together they are larger than memory, or would be if this were not
an example. A tree is fitted while the files are read part by part, asked part by part, and compared
with the tree of the same rows in memory. Is anything lost?
"""

# %%
# A book in several files
# -----------------------
# Up to 200,000 rows are simply brought into memory, so there are more of them here. A part is a row
# group of a file.
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
from xgboost import XGBClassifier

from interpkd import DistilledTreeClassifier, as_teacher, fidelity_report
from interpkd.datasets import make_credit
from interpkd.export import to_rules

N_FILES, N_ROWS = 6, 36_000
FEATURES = ["age", "income", "amount", "term_months", "existing_loans", "previous_default"]
folder = tempfile.TemporaryDirectory()
for k in range(N_FILES + 1):  # the last one is held out
    loans = make_credit(N_ROWS, random_state=k)
    table = loans.data[FEATURES].assign(default=(loans.target == "default").astype(int))
    where = Path(folder.name) / ("held_out" if k == N_FILES else "loans")
    where.mkdir(exist_ok=True)
    pq.write_table(
        pa.Table.from_pandas(table, preserve_index=False),
        where / f"part-{k}.parquet",
        row_group_size=18_000,
    )

rows = ds.dataset(Path(folder.name) / "loans", format="parquet")
held_out = ds.dataset(Path(folder.name) / "held_out", format="parquet")
rows_fitted = rows.count_rows()
print(f"{len(rows.files)} files, {rows_fitted:,} rows")
rows.schema.remove_metadata()

# %%
# A teacher of some of the rows
# -----------------------------
# It was trained on one file, and will be asked about all of them, part by part.
part = rows.head(N_ROWS).to_pandas()
booster = XGBClassifier(n_estimators=40, max_depth=4, learning_rate=0.2, random_state=0)
teacher = as_teacher(booster.fit(part[FEATURES], part["default"]))

# %%
# The student, from the files
# ---------------------------
# The data set stands where a table would stand, and the target is the name of a column. A fit that
# takes long is given ``checkpoint=FOLDER`` and goes on from there after a crash.
params = {"max_leaf_nodes": 8, "effort": "refined", "random_state": 0}
from_files = DistilledTreeClassifier(teacher, **params).fit(rows, "default")
took = {
    name: from_files.distillation_[name]
    for name in ("engine", "n_parts", "n_passes", "n_sketch_rows", "bytes_per_row")
}
print(took)
print(to_rules(from_files))

# %%
# The same in memory
# ------------------
# Sums over rows are the same, whoever takes them in whatever order, so the trees are too.
everything = rows.to_table().to_pandas()
in_memory = DistilledTreeClassifier(teacher, **params)
in_memory.fit(everything[FEATURES], everything["default"])
trees = from_files.student_.tree_, in_memory.student_.tree_
same_splits = bool(
    np.array_equal(trees[0].feature, trees[1].feature)
    and np.array_equal(trees[0].threshold, trees[1].threshold)
)
gap = float(np.abs(trees[0].value - trees[1].value).max())
print(f"same splits: {same_splits}, largest difference of a leaf's answer: {gap:.1e}")

# %%
# Asked part by part
# ------------------
# Scores of a data set are made batch by batch, here into a second file; ``interpkd predict`` does the
# same on the command line.
scores = Path(folder.name) / "scores.parquet"
n_scored = 0
with pq.ParquetWriter(scores, pa.schema([("p_default", pa.float64())])) as writer:
    for batch in held_out.to_batches(columns=FEATURES):
        says = from_files.predict_proba(batch.to_pandas())[:, 1]
        writer.write_table(pa.table({"p_default": says}))
        n_scored += len(says)
print(f"{n_scored:,} rows scored into {scores.name}")

# %%
# Fidelity, in one pass
# ---------------------
report = fidelity_report(from_files, held_out, "default")
report

# %%
# What stays in memory
# --------------------
# Of each row the fit keeps a code of one byte for each column, and its soft target. The rows themselves
# are read twice and never held.
n_bytes = {
    "data frame": everything.memory_usage(deep=True).sum() / len(everything),
    "Parquet files": sum(Path(file).stat().st_size for file in rows.files) / len(everything),
    "kept by the fit": took["bytes_per_row"],
}
fig, ax = plt.subplots(figsize=(6, 2.5))
bars = ax.barh(list(n_bytes), list(n_bytes.values()), color=["0.6", "C0", "C1"])
ax.bar_label(bars, [f"{n:.0f}" for n in n_bytes.values()], padding=3)
ax.set(xlabel="bytes per row")
ax.invert_yaxis()
ax.margins(x=0.1)
fig.tight_layout()

# %%
# Conclusion
# ----------
folder.cleanup()
agreement = report.to_dict()["agreement"]
print(
    f"Conclusion: the tree of {rows_fitted:,} rows in {N_FILES} files has "
    f"{'the same' if same_splits else 'other'} splits as the tree of the rows in memory and answers that "
    f"differ by at most {gap:.1g}; the fit kept {n_bytes['kept by the fit']:.0f} bytes of each row where "
    f"a data frame has {n_bytes['data frame']:.0f}, in {took['n_passes']} passes, and the student agrees "
    f"with its teacher on {agreement['estimate']:.1%} of {agreement['n']:,} new rows."
)

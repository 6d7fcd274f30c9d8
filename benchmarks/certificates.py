"""What certificates decide, and what a row costs, over radii, teachers and students.

    python -m benchmarks.certificates [--data DIR] [--rows 1000] [--trees 300] [--leaves 16]
                                      [--radii 0.01 0.02 0.05] [--max-nodes 1000] [--table]
                                      [--born-again] [--out FILE]

Data: heloc, and california above its median (columns of numbers), from a folder with a catalogue
`datasets.json`; without one scikit-learn's breast_cancer. 70 % of the rows are for training and the
reference of ranks, at most `--rows` of the others are certified. Teacher: XGBoost of depth 6 at a
learning rate of 0.1; student: a tree fitted to its answers. Times are of the processor, one thread,
per row and radius, all of `certify` included, after a first call that compiles. Below each table
stands what it is to show: every row decided at 1 % and 2 %, at most 1 % undecided at 5 %, and at
most 0.5 ms per row at 2 %. ``--table`` is 100, 300 and 1,000 trees by 8, 16 and 32 leaves,
and takes less than 10 minutes with all three data sets on one core.

``--born-again`` grows, in place of all that, one tree from the decisions of an XGBoost teacher of 5
trees of depth 3: on all columns of breast_cancer, and on the 5 columns of it and of heloc that an
equal teacher of all columns splits with most gain. Leaves, depth and seconds of the processor stand
beside the sizes that Vidal and Schiffer (2020) publish for random forests, which are other
ensembles: nothing follows about which method is the better.

What else certificates must show are tests, in tests/fidelity/certificate: a thousand verdicts
against all inputs (test_brute_force), verdicts against Veritas (test_veritas), limits on a thousand
held-out sets (test_limits).
"""

from __future__ import annotations

import argparse
import gc
import time
from pathlib import Path

import numpy as np
from sklearn.model_selection import train_test_split

from benchmarks._printing import print_header, print_table
from benchmarks._protocol import bundled_data, catalogued_data
from benchmarks.latency import open_output
from interpkd import DistilledTreeClassifier, as_teacher
from interpkd.fidelity import born_again_tree, certify

STATUSES = ("proved", "wrong_on_row", "teacher_unstable", "student_border", "undecided")
UNDECIDED = {0.01: 0.0, 0.02: 0.0, 0.05: 0.01}
"""Largest shares of undecided rows that are wanted, by radius."""

MILLISECONDS = {0.02: 0.5}
"""Most processor time per row that is wanted, by radius."""

WANTED = ("breast_cancer", "heloc", "california")

BORN_AGAIN = (("breast_cancer", None), ("breast_cancer", 5), ("heloc", 5))
"""Data sets and how many columns of them born-again trees are grown on; None is all."""

PUBLISHED = (
    ("FICO", 47.3, 71.3, 15.8),
    ("COMPAS", 46.7, 119.9, 31.2),
    ("HTRU2", 42.6, 20.2, 13.2),
    ("Pima", 53.7, 460.1, 79.0),
    ("Breast Cancer (Wisconsin)", 61.1, 2279.4, 35.9),
)
"""Vidal and Schiffer (2020), tables 2 to 4: leaves of a forest of 10 trees of depth 3, of its faithful
tree, and of that tree pruned, which need not be faithful any more; means of ten folds."""


def problems(folder):
    """Yield name, columns of numbers and labels."""
    data = [*bundled_data(), *([] if folder is None else catalogued_data(folder))]
    for one in data:
        if one.name not in WANTED:
            continue
        y = one.y if one.n_classes else (one.y > np.median(one.y)).astype(int)
        yield one.name, one.frame.select_dtypes("number").astype(float), y


def fit_teacher(X, y, n_trees):
    """Train a teacher on 70 % of the rows; give it with these and the others."""
    from xgboost import XGBClassifier

    X_ref, X_eval, y_ref, _ = train_test_split(X, y, test_size=0.3, random_state=0)
    size = {"n_estimators": n_trees, "max_depth": 6, "learning_rate": 0.1}
    model = XGBClassifier(**size, n_jobs=1, random_state=0).fit(X_ref, y_ref)
    return as_teacher(model), X_ref, X_eval


def measure(teacher, X_ref, X_eval, n_leaves, options):
    """Give shares and milliseconds per row, for each radius."""
    X_eval = X_eval.iloc[: options.rows]
    student = DistilledTreeClassifier(
        teacher, max_leaf_nodes=n_leaves, effort="refined", random_state=0
    ).fit(X_ref)
    certify(student, teacher, X_ref=X_ref, X_eval=X_eval.iloc[:20], radius=0.05)
    for radius in options.radii:
        gc.collect()
        begun = time.process_time()
        certificate = certify(
            student, teacher, X_ref=X_ref, X_eval=X_eval, radius=radius,
            max_nodes=options.max_nodes,
        )  # fmt: skip
        spent = time.process_time() - begun
        [one] = certificate.shares
        yield radius, one, 1000 * spent / len(X_eval), len(X_eval)


def print_certificates(options):
    """Print one table per data set."""
    header = ["trees, leaves", "radius", "rows", *STATUSES, "low", "ms/row"]
    for name, X, y in problems(options.data):
        list(measure(*fit_teacher(X.iloc[:200], y[:200], 3), 4, options))  # compiles
        rows, missed = [], []
        for n_trees in options.trees:
            taught = fit_teacher(X, y, n_trees)
            for n_leaves in options.leaves:
                for radius, one, spent, n in measure(*taught, n_leaves, options):
                    is_slow = spent > MILLISECONDS.get(radius, np.inf)
                    if one.counts["undecided"] / n > UNDECIDED.get(radius, 1) or is_slow:
                        missed.append(f"{n_trees} trees, {n_leaves} leaves at {radius:g}")
                    shares = [f"{one.counts[status] / n:.3f}" for status in STATUSES]
                    size = f"{n_trees}, {n_leaves}"
                    rows.append([size, f"{radius:g}", n, *shares, f"{one.low:.3f}", f"{spent:.2f}"])
        print_table(name, header, rows)
        verdict = "as wanted" if not missed else f"not as wanted: {'; '.join(missed)}"
        print(f"  {verdict}", flush=True)


def grow(X, y, n_columns):
    """Grow a born-again tree; give one line of the table."""
    from xgboost import XGBClassifier

    X_ref, X_eval, y_ref, _ = train_test_split(X, y, test_size=0.3, random_state=0)
    size = {"n_estimators": 5, "max_depth": 3, "n_jobs": 1, "random_state": 0}
    if n_columns is not None:
        gain = XGBClassifier(**size).fit(X_ref, y_ref).feature_importances_
        chosen = X.columns[np.sort(np.argsort(-gain, kind="stable")[:n_columns])]
        X_ref, X_eval = X_ref[chosen], X_eval[chosen]
    teacher = XGBClassifier(**size).fit(X_ref, y_ref)
    begun = time.process_time()
    grown = born_again_tree(teacher, X_ref=X_ref, max_leaf_nodes=20_000)
    spent = time.process_time() - begun
    equal = float((grown.tree.predict(X_eval) == teacher.predict(X_eval)).mean())
    leaves = int((teacher.get_booster().trees_to_dataframe()["Feature"] == "Leaf").sum())
    proved = "yes" if grown.is_identical else "no"
    return [
        X_ref.shape[1], leaves, grown.n_leaves, grown.depth, proved, f"{equal:.3f}",
        f"{spent:.1f}",
    ]  # fmt: skip


def print_born_again(options):
    """Print the sizes of born-again trees, ours and published ones."""
    data = {name: (X, y) for name, X, y in problems(options.data)}
    rows = [[name, *grow(*data[name], n)] for name, n in BORN_AGAIN if name in data]
    header = ["XGBoost, 5 trees of depth 3", "columns", "its leaves", "leaves"]
    header += ["depth", "proved identical", "test labels equal", "seconds"]
    print_table("Born-again trees", header, rows)
    header = ["random forest, 10 trees of depth 3", "its leaves", "leaves", "leaves when pruned"]
    print_table("Published: Vidal and Schiffer (2020)", header, [list(row) for row in PUBLISHED])
    print(
        "  Of other ensembles and data: to be compared in order of size only. Pruned ones may differ."
    )


def main():
    """Read the command line and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="folder with datasets.json")
    parser.add_argument("--rows", type=int, default=1000)
    parser.add_argument("--trees", type=int, nargs="*", default=[300])
    parser.add_argument("--leaves", type=int, nargs="*", default=[16])
    parser.add_argument("--radii", type=float, nargs="*", default=[0.01, 0.02, 0.05])
    parser.add_argument("--max-nodes", type=int, default=1000)
    about = "many sizes of both models; with heloc and california less than 10 minutes"
    parser.add_argument("--table", action="store_true", help=about)
    parser.add_argument("--born-again", action="store_true", help="trees that are their teachers")
    parser.add_argument("--out", type=Path, help="write there what is else printed")
    options = parser.parse_args()
    if options.table:
        options.trees, options.leaves = [100, 300, 1000], [8, 16, 32]
    with open_output(options.out):
        told = ["data DIR"] if options.data else []
        told += [name for name in ("table", "born_again") if getattr(options, name)]
        print_header(
            " ".join(["benchmarks.certificates", *(f"--{n.replace('_', '-')}" for n in told)])
        )
        if options.born_again:
            print_born_again(options)
        else:
            print_certificates(options)


if __name__ == "__main__":
    main()

"""Fidelity of the linear students and the scorecard against what a user would fit today.

    python -m benchmarks.linear [--data DIR] [--datasets ...] [--teachers xgb rf mlp] [--seeds 0 1]
                                [--out FILE]
    python -m benchmarks.linear --table FILE [FILE ...]

Data, splits and teachers are those of `benchmarks.fidelity`. All students run with their defaults.
Baselines, on standardised columns: `logistic_duplicated`, scikit-learn's logistic regression on
every training row once per class with the teacher's probability as its weight; `logistic_hard` and
`linearsvc_hard` on the teacher's decisions; `linear_soft`, least squares on its predictions. Beside
them, for size: soft CART of 16 and 32 leaves, our trees of 16 and 32 leaves, and, where `interpret`
is installed, its additive boosting model without interactions on the duplicated rows (`ebm`).

Printed per teacher: the mean over data sets (each first averaged over seeds) of agreement, KL
(teacher ‖ student) in nats, accuracy and AUC against labels; differences to `logistic_duplicated`
(to `linear_soft`) in points with the standard error over data sets, the ratio of mean KL, and the
data set with the largest loss against our logistic student. Scorecards are for two classes: their
tables hold the data sets of two classes only, for all methods.
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeRegressor

from benchmarks._linear_tables import print_tables
from benchmarks._printing import print_header, write_rows
from benchmarks._protocol import (
    TEACHERS,
    bundled_data,
    catalogued_data,
    fit_teacher,
    score_classes,
    score_values,
    split,
)
from interpkd import (
    DistilledLinearRegression,
    DistilledLinearSVC,
    DistilledLogisticRegression,
    DistilledScorecardClassifier,
    DistilledTreeClassifier,
    DistilledTreeRegressor,
    as_teacher,
)

STUDENTS = {
    "logistic": DistilledLogisticRegression,
    "linear SVM": DistilledLinearSVC,
    "scorecard": DistilledScorecardClassifier,
}
LEAVES = (16, 32)
LEAST_WEIGHT = 1e-6
"""Rows of less weight are not repeated for a class."""


# ---------------------------------------------------------------- what a user would fit today
def class_baselines(task, soft):
    """Yield names and fitted models with `predict_proba`, or with scores only."""
    hard = soft.argmax(axis=1)
    rows, classes = np.nonzero(soft > LEAST_WEIGHT)
    scale = StandardScaler().fit(task.X_train)
    Z, weights = scale.transform(task.X_train), soft[rows, classes]
    several = len(np.unique(hard)) > 1
    yield "logistic_duplicated", scale, LogisticRegression(max_iter=1000), Z[rows], classes, weights
    if several:
        yield "logistic_hard", scale, LogisticRegression(max_iter=1000), Z, hard, None
        svm = LinearSVC(max_iter=5000, random_state=task.seed)
        yield "linearsvc_hard", scale, svm, Z, hard, None
    if importlib.util.find_spec("interpret") is not None:
        from interpret.glassbox import ExplainableBoostingClassifier

        ebm = ExplainableBoostingClassifier(interactions=0, random_state=task.seed, n_jobs=1)
        yield "ebm", scale, ebm, Z[rows], classes, weights


def fit_baselines(task, soft, target):
    """Yield name, seconds and scores of each."""
    if not task.n_classes:
        model = make_pipeline(StandardScaler(), LinearRegression())
        start = time.perf_counter()
        model.fit(task.X_train, soft)
        seconds = time.perf_counter() - start
        yield "linear_soft", seconds, score_values(target, model.predict(task.X_test), task.y_test)
    else:
        for name, scale, model, Z, y, weights in class_baselines(task, soft):
            start = time.perf_counter()
            model.fit(Z, y, **({} if weights is None else {"sample_weight": weights}))
            seconds = time.perf_counter() - start
            yield name, seconds, _score(task, target, model, scale.transform(task.X_test))
    for leaves in LEAVES:
        start = time.perf_counter()
        tree = DecisionTreeRegressor(max_leaf_nodes=leaves, random_state=task.seed)
        tree.fit(task.X_train, soft)
        seconds = time.perf_counter() - start
        answer = tree.predict(task.X_test)
        if task.n_classes:
            answer = answer / answer.sum(axis=1, keepdims=True)
            scores = score_classes(target, answer, answer.argmax(axis=1), task.y_test)
        else:
            scores = score_values(target, answer, task.y_test)
        yield f"soft CART, {leaves} leaves", seconds, scores


def _score(task, target, model, Z):
    """Score a classifier of scikit-learn's kind; one without probabilities has no KL."""
    decision = np.asarray(model.predict(Z))
    if hasattr(model, "predict_proba"):
        proba = np.zeros(target.shape)
        proba[:, np.asarray(model.classes_, dtype=int)] = model.predict_proba(Z)
        return score_classes(target, proba, decision, task.y_test)
    same = score_classes(target, np.full(target.shape, 1 / target.shape[1]), decision, task.y_test)
    return {name: same[name] for name in ("agreement", "accuracy", "teacher_accuracy")}


# ---------------------------------------------------------------- students
def students(task, answer):
    """Yield name and unfitted student."""
    common = {"random_state": task.seed}
    if not task.n_classes:
        teacher = as_teacher(answer)
        yield "linear", DistilledLinearRegression(teacher, **common)
        for leaves in LEAVES:
            student = DistilledTreeRegressor(teacher, max_leaf_nodes=leaves, **common)
            yield f"tree, {leaves} leaves", student
        return
    teacher = as_teacher(answer, classes=np.arange(task.n_classes))
    for name, kind in STUDENTS.items():
        if name != "scorecard" or task.n_classes == 2:
            yield name, kind(teacher, **common)
    for leaves in LEAVES:
        student = DistilledTreeClassifier(teacher, max_leaf_nodes=leaves, **common)
        yield f"tree, {leaves} leaves", student


def fit_students(task, answer, target):
    """Yield name, seconds and scores of each."""
    for name, student in students(task, answer):
        start = time.perf_counter()
        student.fit(task.X_train, task.y_train)
        seconds = time.perf_counter() - start
        decision = np.asarray(student.predict(task.X_test))
        if task.n_classes:
            proba = student.predict_proba(task.X_test)
            scores = score_classes(target, proba, decision, task.y_test)
        else:
            scores = score_values(target, decision, task.y_test)
        yield f"interpkd {name}", seconds, scores


# ---------------------------------------------------------------- run
def run(data, options):
    """Yield a dictionary per fit."""
    for one in data:
        if options.datasets and one.name not in options.datasets:
            continue
        for seed in options.seeds:
            task = split(one, seed)
            for teacher in options.teachers:
                start = time.perf_counter()
                answer = fit_teacher(teacher, task)
                key = {
                    "dataset": task.name,
                    "n_classes": task.n_classes,
                    "seed": seed,
                    "teacher": teacher,
                }
                soft, target = answer(task.X_train), answer(task.X_test)
                for name, seconds, scores in (
                    *fit_baselines(task, soft, target),
                    *fit_students(task, answer, target),
                ):
                    yield {**key, "method": name, "seconds": seconds, **scores}
                took = time.perf_counter() - start
                print(f"{one.name} seed {seed} {teacher} {took:.1f} s", file=sys.stderr)


def main():
    """Run the benchmark and print its tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, help="folder with datasets.json")
    parser.add_argument("--datasets", nargs="*", help="only these")
    parser.add_argument("--teachers", nargs="*", choices=TEACHERS, default=list(TEACHERS))
    parser.add_argument("--seeds", nargs="*", type=int, default=[0, 1])
    parser.add_argument("--out", type=Path, help="write the rows as CSV")
    parser.add_argument("--table", nargs="*", type=Path, help="only print the tables of CSV files")
    options = parser.parse_args()
    # the folder's place on this machine is nobody's business
    places = {str(options.data): "DIR", str(options.out): "FILE"}
    words = [places.get(word, word) for word in sys.argv[1:]]
    print_header(f"benchmarks.linear {' '.join(words)}".rstrip())
    if options.table:
        print_tables(pd.concat([pd.read_csv(path) for path in options.table]))
        return
    warnings.filterwarnings("ignore")
    data = bundled_data() if options.data is None else catalogued_data(options.data)
    rows = []
    for row in run(data, options):
        rows.append(row)
        if options.out:  # what is finished stays, whatever happens to the rest
            write_rows(options.out, rows)
    print_tables(pd.DataFrame(rows))


if __name__ == "__main__":
    main()

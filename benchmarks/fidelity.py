"""Fidelity of the tree student against trees that a user would grow today.

    python -m benchmarks.fidelity [--data DIR | --fetch [NAMES]] [--datasets ...]
                                  [--teachers xgb rf mlp] [--seeds 0 1] [--leaves 8 16 32]
                                  [--out FILE]
    python -m benchmarks.fidelity --study [none augmentation refinement ...]
    python -m benchmarks.fidelity --ceiling
    python -m benchmarks.fidelity --table FILE [FILE ...]

Data: scikit-learn's bundled sets, a folder with a catalogue `datasets.json`, or tables of OpenML
that `interpkd.datasets` fetches (needs a network, the first time). The protocol is described in
`benchmarks/_protocol.py`. Teachers: `xgb` (300 boosted trees), `rf` (500 trees), `mlp` (two layers
of 128, early stopping). Baselines of default settings: `tree_hard`, a classification tree on the
teacher's decisions, and `tree_soft`, a regression tree on its probabilities. The student runs with
its defaults, or with `--study` once per set of parameters in `STUDY`. With `--ceiling` two more are
shown that cheat: "thorough" searches on the teacher's answers to all rows, or to the test rows
alone. What a tree of that size gains honestly is less, so this bounds what is left to gain.

Printed per teacher and number of leaves, and pooled: differences in points to each baseline and
to the one of the two that is better on average there ("better"), with standard errors over data
sets (each data set first averaged over seeds); the ratio of KL(teacher ‖ student) to that of
`tree_soft`, of the means and as geometric mean over data sets; the worst data set; the longest fit.
Data sets of more and of at most 1,100 rows are also shown apart. A study prints a line per set of
parameters, pooled; `--table` on its `--out`, cut to one method, gives the rest.
"""

from __future__ import annotations

import argparse
import inspect
import sys
import time
import warnings
from pathlib import Path
from unittest import mock

import numpy as np
import pandas as pd
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from benchmarks._fidelity_tables import print_tables
from benchmarks._printing import print_header, write_rows
from benchmarks._protocol import (
    FETCHED,
    TEACHERS,
    bundled_data,
    catalogued_data,
    fetched_data,
    fit_teacher,
    score_classes,
    score_values,
    split,
)
from interpkd import DistilledTreeClassifier, DistilledTreeRegressor, as_teacher
from interpkd.exceptions import FetchError
from interpkd.learners._tree_search import EFFORTS, Effort

DEFAULTS = {"default": {}}
STUDY = {
    "none": {"augmentation": None, "effort": "greedy"},
    "augmentation": {"effort": "greedy"},
    "refinement": {"augmentation": None, "effort": "refined"},
    "lookahead": {"augmentation": None, "effort": "lookahead"},
    "search": {"augmentation": None, "effort": "balanced"},
    "all": {"effort": "balanced"},
    "thorough": {"effort": "thorough"},
}
CEILING = {"default": {}, "all rows": {"seen": "all"}, "test rows": {"seen": "test"}}
LOOKAHEAD = Effort(("lookahead",), 0)
"""An effort that students do not offer: refined as "refined", from the start that looks ahead."""


# ---------------------------------------------------------------- methods
def baselines(task, answer, leaves):
    """Yield name, seconds and scores of the trees a user would grow today."""
    soft, target = answer(task.X_train), answer(task.X_test)
    size = {"max_leaf_nodes": leaves, "random_state": task.seed}
    tree, seconds = _timed(DecisionTreeRegressor(**size), task.X_train, soft)
    if not task.n_classes:
        yield "tree_soft", seconds, score_values(target, tree.predict(task.X_test), task.y_test)
        return
    # A mean of probabilities sums to 1 up to rounding, also where the teacher's are float32.
    proba = tree.predict(task.X_test)
    proba = proba / proba.sum(axis=1, keepdims=True)
    yield "tree_soft", seconds, score_classes(target, proba, proba.argmax(axis=1), task.y_test)
    tree, seconds = _timed(DecisionTreeClassifier(**size), task.X_train, soft.argmax(axis=1))
    proba = np.zeros(target.shape)
    proba[:, tree.classes_] = tree.predict_proba(task.X_test)
    yield "tree_hard", seconds, score_classes(target, proba, proba.argmax(axis=1), task.y_test)


def distil(task, answer, leaves, params):
    """Fit the student; give seconds, scores and what it reports of itself."""
    if params.get("effort") == "lookahead":
        with mock.patch.dict(EFFORTS, refined=LOOKAHEAD):
            return distil(task, answer, leaves, {**params, "effort": "refined"})
    target = answer(task.X_test)
    size = {"max_leaf_nodes": leaves, "random_state": task.seed}
    if "seen" in params:
        student, seconds = cheat(task, answer, params["seen"], size)
    elif task.n_classes:
        teacher = as_teacher(answer, classes=np.arange(task.n_classes))
        student = DistilledTreeClassifier(teacher, **size, **params)
        student, seconds = _timed(student, task.X_train, task.y_train)
    else:
        student = DistilledTreeRegressor(as_teacher(answer), **size, **params)
        student, seconds = _timed(student, task.X_train, task.y_train)
    prediction = np.asarray(student.predict(task.X_test))
    if task.n_classes:
        proba = student.predict_proba(task.X_test)
        scores = score_classes(target, proba, prediction, task.y_test)
    else:
        scores = score_values(target, prediction, task.y_test)
    return seconds, scores | {"n_augmented": student.distillation_["n_augmented"]}


def cheat(task, answer, seen, size):
    """Fit a student to the teacher's answers to the test rows, with or without all the others."""
    X = task.X_all if seen == "all" else task.X_test
    kind = DistilledTreeClassifier if task.n_classes else DistilledTreeRegressor
    return _timed(kind(effort="thorough", **size), X, None, teacher_proba=answer(X))


def _timed(model, X, y, **given):
    start = time.perf_counter()
    model.fit(X, y, **given)
    return model, time.perf_counter() - start


def known_sets(wanted):
    """Give the wanted sets of parameters; say which name a parameter the student has not."""
    known = inspect.signature(DistilledTreeClassifier).parameters
    sets = {}
    for name, params in wanted.items():
        unknown = [p for p in params if p not in known]
        if unknown:
            print(f"LEFT OUT {name}: the student has no parameter {', '.join(unknown)}")
        else:
            sets[name] = params
    return sets


def warm_up():
    """Fit once to small data of every kind, so that no timed fit waits for a compiler."""
    rng = np.random.default_rng(0)
    start = time.perf_counter()
    for n_rows, n_classes in ((300, 2), (300, 3), (300, 0), (5000, 2), (5000, 3), (5000, 0)):
        X = rng.standard_normal((n_rows, 3)).astype(np.float32)
        P = rng.dirichlet(np.ones(n_classes), n_rows) if n_classes else X[:, 0].astype(float)
        kind = DistilledTreeClassifier if n_classes else DistilledTreeRegressor
        for effort in ("greedy", "balanced"):
            kind(max_leaf_nodes=4, random_state=0, effort=effort).fit(X, teacher_proba=P)
    print(f"first fits, compiling included, left out of the seconds: {_since(start)}", flush=True)


def _since(start):
    return f"{time.perf_counter() - start:.1f} s"


# ---------------------------------------------------------------- run
def run(data, options, sets):
    """Yield a dictionary per fit; a failure is printed, and is a row without scores."""
    for one in data:
        if options.datasets and one.name not in options.datasets:
            continue
        for seed in options.seeds:
            task = split(one, seed)
            for teacher in options.teachers:
                start = time.perf_counter()
                answer = fit_teacher(teacher, task)
                for leaves in options.leaves:
                    key = _key(task, teacher, leaves)
                    for name, seconds, scores in baselines(task, answer, leaves):
                        yield {**key, "method": name, "seconds": seconds, **scores}
                    yield from _students(task, answer, key, sets)
                print(f"{one.name} seed {seed} {teacher} {_since(start)}", file=sys.stderr)


def _students(task, answer, key, sets):
    for name, params in sets.items():
        row = {**key, "method": f"interpkd {name}"}
        try:
            seconds, scores = distil(task, answer, key["leaves"], params)
        except Exception as error:  # one failing fit must not hide the others
            print(f"FAILED {row}: {type(error).__name__}: {error}", flush=True)
            yield {**row, "failure": type(error).__name__}
        else:
            yield {**row, "seconds": seconds, **scores}


def _key(task, teacher, leaves):
    return {
        "dataset": task.name,
        "task": "classification" if task.n_classes else "regression",
        "n_rows": task.n_rows,
        "seed": task.seed,
        "teacher": teacher,
        "leaves": leaves,
    }


def _data(options):
    if options.fetch is not None:
        return fetched_data(options.fetch or None)
    return bundled_data() if options.data is None else catalogued_data(options.data)


def main():
    """Run the benchmark and print its tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--data", type=Path, help="folder with datasets.json")
    source.add_argument("--fetch", nargs="*", choices=FETCHED, help="from OpenML; no names: all")
    parser.add_argument("--datasets", nargs="*", help="only these")
    parser.add_argument("--teachers", nargs="*", choices=TEACHERS, default=list(TEACHERS))
    parser.add_argument("--seeds", nargs="*", type=int, default=[0, 1])
    parser.add_argument("--leaves", nargs="*", type=int, default=[8, 16, 32])
    parser.add_argument("--study", nargs="*", choices=STUDY, help="no names: all")
    parser.add_argument("--ceiling", action="store_true", help="and students that cheat")
    parser.add_argument("--out", type=Path, help="write the rows as CSV")
    parser.add_argument("--table", nargs="*", type=Path, help="only print the tables of CSV files")
    options = parser.parse_args()
    print_header(f"benchmarks.fidelity {' '.join(sys.argv[1:])}".rstrip())
    if options.table:
        print_tables(pd.concat([pd.read_csv(path) for path in options.table]))
        return
    warnings.filterwarnings("ignore")
    wanted = CEILING if options.ceiling else DEFAULTS
    if options.study is not None:
        wanted = {k: STUDY[k] for k in options.study or STUDY}
    try:
        data = list(_data(options))
    except FetchError as error:
        sys.exit(str(error))
    sets = wanted if options.ceiling else known_sets(wanted)
    warm_up()
    rows = list(run(data, options, sets))
    if options.out:
        write_rows(options.out, rows)
    print_tables(pd.DataFrame(rows))


if __name__ == "__main__":
    main()

"""Every export of every student, run in its own engine and compared with the student.

    python -m benchmarks.parity [--quick] [--data DIR] [--rows 10000] [--out FILE]

Students of all kinds are fitted to a quick boosted teacher on the bundled data and, where DIR has
them, on german_credit, heloc, wine_quality and california; plain decision trees of scikit-learn
too, on numbers with values blanked out. Each is exported in each format it can be written in, and
the export is run in its engine on at least so many rows: those of the table, rows drawn between
two of them with values blanked out, and the rows made to hurt that every export is checked on.
Labels must be equal on all rows, ties of linear students aside, which are counted: among the rows
made to hurt are some on the border between two classes. A difference is that of a probability, or
of a prediction relative to the sizes of what it is the sum of; rows that differ by more than is
allowed, and not by more than their own sums round, are counted under "rounded".

`--quick` takes the bundled data and 2,000 rows. Ends with 1 where a label differs or a difference
is larger than rounding, and where INTERPKD_ENGINES=required is set and an engine is missing.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.preprocessing import OrdinalEncoder
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from benchmarks._printing import print_header, print_table, write_rows
from interpkd import (
    DistilledLinearRegression,
    DistilledLinearSVC,
    DistilledLogisticRegression,
    DistilledScorecardClassifier,
    DistilledTreeClassifier,
    DistilledTreeRegressor,
)
from interpkd.datasets import make_credit
from interpkd.exceptions import InvalidInputError
from interpkd.export import parity_report
from interpkd.export._formats import FORMATS

WANTED = ("german_credit", "heloc", "wine_quality", "california")
VARIANTS = {
    "onnx": [{"dtype": "float32"}, {"dtype": "float64"}],
    "python": [{}, {"vectorised": True}],
    "sql": [{"table": "rows", "dialect": "duckdb"}, {"table": "rows", "dialect": "sqlite"}],
}
"""Options that each format is tried with; none where it is not listed."""

CLASSIFIERS = {
    "tree": lambda: DistilledTreeClassifier(max_leaf_nodes=32, effort="greedy"),
    "logistic": DistilledLogisticRegression,
    "svm": DistilledLinearSVC,
}
REGRESSORS = {
    "tree": lambda: DistilledTreeRegressor(max_leaf_nodes=32, effort="greedy"),
    "linear": DistilledLinearRegression,
}
BLANK, SEED = 0.03, 0


@dataclass(frozen=True)
class Data:
    """A table with its target: class labels, or numbers."""

    name: str
    frame: pd.DataFrame
    y: np.ndarray
    is_regression: bool = False

    @property
    def task(self):
        """Name the task."""
        if self.is_regression:
            return "regression"
        return "binary" if len(np.unique(self.y)) == 2 else "multiclass"


# ---------------------------------------------------------------- data
def bundled_data():
    """Yield tables of numbers, and one of all kinds of columns with missing values."""
    credit = make_credit(1500, random_state=SEED)
    yield Data("credit", credit.data, np.asarray(credit.target))
    for name, load in (("breast_cancer", load_breast_cancer), ("wine", load_wine)):
        data = load(as_frame=True)
        yield Data(name, data.data, data.target.to_numpy())
    data = load_diabetes(as_frame=True)
    yield Data("diabetes", data.data, data.target.to_numpy(), is_regression=True)


def catalogued_data(folder, names):
    """Yield tables of a folder whose `datasets.json` lists them; missing values stay missing."""
    for entry in json.loads((Path(folder) / "datasets.json").read_text()):
        if entry["name"] in names:
            frame = pd.read_csv(Path(folder) / entry["file"])
            y = frame.pop(entry["target"]).to_numpy()
            for column in entry["categorical"]:
                values = frame[column].astype(object)
                frame[column] = values.map(str, na_action="ignore")
            yield Data(entry["name"], frame, y, is_regression=entry["task"] == "regression")


def more_rows(frame, n_rows, rng):
    """Give the rows of a table and rows between two of them, `n_rows` at least, some blanked."""
    n_more = max(n_rows - len(frame), 0)
    first, second = (frame.iloc[rng.integers(0, len(frame), n_more)] for _ in range(2))
    made = {}
    for name in frame.columns:
        one, other = first[name].reset_index(drop=True), second[name].reset_index(drop=True)
        if pd.api.types.is_numeric_dtype(one) and not pd.api.types.is_bool_dtype(one):
            share = rng.random(n_more)
            made[name] = one * share + other * (1 - share)
        else:
            made[name] = one.where(pd.Series(rng.random(n_more) < 0.5), other)
    between = pd.DataFrame(made)
    for name in frame.columns[frame.isna().any()]:
        between[name] = between[name].mask(pd.Series(rng.random(n_more) < BLANK))
    return pd.concat([frame, between], ignore_index=True)


# ---------------------------------------------------------------- students
def students(data):
    """Yield a name and a fitted student for each kind that the task has."""
    answers = teacher_answers(data)
    kinds = dict(REGRESSORS if data.is_regression else CLASSIFIERS)
    if data.task == "binary":
        kinds["scorecard"] = DistilledScorecardClassifier
    for name, make in kinds.items():
        y = None if data.is_regression else data.y
        student = make()
        student.fit(data.frame, y, teacher_proba=answers)
        yield name, student, data.frame
    numbers = data.frame.select_dtypes("number").to_numpy(np.float64)
    if numbers.shape[1] == data.frame.shape[1]:
        rng = np.random.default_rng(SEED)
        numbers = np.where(rng.random(numbers.shape) < BLANK, np.nan, numbers)
        kind = DecisionTreeRegressor if data.is_regression else DecisionTreeClassifier
        frame = pd.DataFrame(numbers, columns=data.frame.columns)
        tree = kind(min_samples_leaf=3, random_state=SEED).fit(frame, data.y)
        yield "scikit-learn's tree", tree, frame


def teacher_answers(data):
    """Give the answers of a quick teacher on its own rows: parity asks for no more."""
    plain = data.frame.copy()
    for name in plain.columns[[not pd.api.types.is_numeric_dtype(t) for t in plain.dtypes]]:
        plain[name] = OrdinalEncoder().fit_transform(plain[[name]].astype(object))[:, 0]
    plain = plain.astype(float)
    if data.is_regression:
        return HistGradientBoostingRegressor(max_iter=40).fit(plain, data.y).predict(plain)
    return HistGradientBoostingClassifier(max_iter=40).fit(plain, data.y).predict_proba(plain)


# ---------------------------------------------------------------- checks
def check(data, n_rows):
    """Yield a line per student, format and options."""
    rng = np.random.default_rng(SEED)
    for kind, student, frame in students(data):
        rows = more_rows(frame, n_rows, rng)
        for to in sorted(FORMATS):
            if to == "rules" and "tree" not in kind:
                continue  # other students have no rules
            for options in VARIANTS.get(to, [{}]):
                start = time.perf_counter()
                try:
                    report = parity_report(student, rows, to=to, **options)
                except InvalidInputError as error:
                    yield line(data, kind, to, options, None, f"{error}", 0.0)
                    continue
                seconds = time.perf_counter() - start
                yield line(data, kind, to, options, report, report.reason, seconds)


def line(data, kind, to, options, report, reason, seconds):
    """Give what is printed of one comparison."""
    shown = [str(value) for key, value in options.items() if key not in ("table", "vectorised")]
    shown += ["vectorised"] if options.get("vectorised") else []
    outcome = {None: "NOT RUN", True: "equal", False: "DIFFERENT"}
    return {
        "data": data.name,
        "task": data.task,
        "student": kind,
        "export": " ".join([to, *shown]),
        "engine": (report.engine if report else None) or "",
        "rows": report.n_given + report.n_hurting if report else 0,
        "labels different": _text(report.n_different_labels if report else None),
        "ties": report.n_ties if report else 0,
        "rounded": report.n_rounded if report else 0,
        "largest difference": _text(report.largest_difference if report else None),
        "allowed": _text(report.tolerance if report else None),
        "seconds": f"{seconds:.1f}",
        "outcome": outcome[report.passed] if report else "REFUSED",
        "reason": reason,
    }


def _text(number):
    if number is None:
        return "-"
    return str(number) if isinstance(number, int) else f"{number:.1e}"


# ---------------------------------------------------------------- program
def main(arguments=None):
    """Run the checks that were asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.parity", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="bundled data, 2,000 rows")
    parser.add_argument("--data", metavar="DIR", help="a folder with datasets.json")
    parser.add_argument("--rows", type=int, help="at least so many rows per comparison")
    parser.add_argument("--out", help="a CSV file for the lines")
    chosen = parser.parse_args(arguments)
    n_rows = chosen.rows or (2_000 if chosen.quick else 10_000)
    sets = [*bundled_data()]
    if chosen.data and not chosen.quick:
        sets += catalogued_data(chosen.data, WANTED)
    print_header(
        f"benchmarks.parity{' --quick' if chosen.quick else ''}{' --data DIR' if chosen.data else ''}"
    )
    start, lines = time.perf_counter(), []
    for data in sets:
        found = [*check(data, n_rows)]
        lines += found
        header = [key for key in found[0] if key not in ("data", "task", "reason")]
        title = f"{data.name} ({data.task}, {len(data.frame):,} rows in the table)"
        print_table(title, header, [[one[key] for key in header] for one in found])
    if chosen.out:
        write_rows(chosen.out, lines)
    return conclude(lines, time.perf_counter() - start)


def conclude(lines, seconds):
    """Say how it went; 1 where something is wrong."""
    is_required = os.environ.get("INTERPKD_ENGINES") == "required"
    bad = ["DIFFERENT", "REFUSED", *(["NOT RUN"] if is_required else [])]
    wrong = [one for one in lines if one["outcome"] in bad]
    for one in [one for one in lines if one["outcome"] != "equal"]:
        print(f"{one['data']}, {one['student']}, {one['export']}: {one['reason']}")
    n_rows = sum(one["rows"] for one in lines)
    equal = sum(one["outcome"] == "equal" for one in lines)
    print(f"{equal} of {len(lines)} comparisons equal, {n_rows:,} rows, {seconds:.0f} s")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

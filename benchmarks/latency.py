"""How long an answer takes: one row and a million, of a student and of its XGBoost teacher.

    python -m benchmarks.latency [--students tree logistic scorecard] [--trees 300] [--depth 6]
                                 [--columns 30] [--leaves 16] [--rows 1000000] [--rounds 20]
                                 [--repeat 3] [--out FILE]

The teacher is an XGBoost classifier of `--trees` trees of `--depth` levels; the students imitate its
probabilities. All columns are numbers: categories and data frames would slow the teacher down. Ways
to ask for an answer:

    teacher, numpy row    `predict_proba` of XGBClassifier on an array of shape (1, n)
    teacher, frame row    the same on a data frame of one row, as many services do
    teacher, inplace      `Booster.inplace_predict` on the array, its quickest way for one row
    student               the fitted student's own `predict_proba` on the array
    Python                `predict_proba(row)` of `to_python`: a dictionary in, a list out
    NumPy                 `predict_proba(table)` of `to_python(vectorised=True)`
    ONNX                  `session.run(["probabilities"], ...)` of ONNX Runtime on an array
    ONNX, bound           the same with input and output bound once: the row is copied into the
                          bound array, and the answer read from the other one
    ONNX, trimmed         the same of the part of the model that gives the probabilities, without
                          label and score (`onnx.utils.Extractor`)
    SQL                   DuckDB: the SELECT of `to_sql`, prepared, on a table of one row (of a
                          million rows)
    JavaScript            `interpkdStudent.score(row)` in Node, timed there; only where Node is

Everything runs in one thread, teacher included; ONNX Runtime does not spin. Every way answers 1,000
rows first and must give the student's own answers (or the teacher's). Then come `--rounds` rounds:
in each, all ways answer some rows one after the other, every call timed by itself. Shown are median
and 95th percentile over all calls, and how many times faster than the teacher a way is: the medians
of one round are divided, and the median over the rounds is shown with its range. The million rows are
answered `--repeat` times by every way that takes many at once, likewise in turn; the seconds hold
what a way needs to take an array of doubles or singles (frames and columns are made before).
"""

from __future__ import annotations

import argparse
import contextlib
import copy
import gc
import json
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from benchmarks._printing import print_header, print_table
from benchmarks.speed import make_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TRAINING_ROWS = 20_000
CHECK_ROWS = 1_000
ONE_ROW = ("Python", "ONNX", "ONNX, bound", "ONNX, trimmed")
SECONDS_PER_ROUND = 0.02  # of one way; a slow one answers at least MIN_CALLS rows
MIN_CALLS = 5
MAX_CALLS = 1_000
TOLERANCE = 1e-6
BASE = "teacher, numpy row"


@dataclass(frozen=True)
class Way:
    """One way to ask for an answer.

    `one(i)` answers row i of the check rows, `many()` the large table, and `checked()` gives
    P(second class) of all check rows. `time_calls(n)` is set where the calls are timed elsewhere.
    """

    name: str
    checked: Callable[[], np.ndarray]
    one: Callable[[int], Any] | None = None
    many: Callable[[], Any] | None = None
    time_calls: Callable[[int], list[float]] | None = None


# ---------------------------------------------------------------- models
def fit_teacher(options):
    """Fit the teacher; give it with the rows it learned from."""
    from xgboost import XGBClassifier

    X, P = make_rows(TRAINING_ROWS, options.columns, 1)
    y = (np.random.default_rng(1).random(TRAINING_ROWS) < P[:, 0]).astype(np.int64)
    teacher = XGBClassifier(
        n_estimators=options.trees, max_depth=options.depth, learning_rate=0.05, n_jobs=1
    )
    return teacher.fit(X, y), X


def fit_student(kind, teacher, X, options):
    """Fit a student to the teacher's probabilities."""
    from interpkd import (
        DistilledLogisticRegression,
        DistilledScorecardClassifier,
        DistilledTreeClassifier,
    )

    students = {
        "tree": DistilledTreeClassifier(max_leaf_nodes=options.leaves, random_state=0, n_jobs=1),
        "logistic": DistilledLogisticRegression(random_state=0),
        "scorecard": DistilledScorecardClassifier(random_state=0),
    }
    return students[kind].fit(X, teacher_proba=teacher.predict_proba(X))


# ---------------------------------------------------------------- ways
def teacher_ways(teacher, few, large):
    """Give the ways to ask the teacher."""
    booster = teacher.get_booster()
    names = [f"x{i}" for i in range(few.shape[1])]
    named = copy.deepcopy(teacher)  # a classifier takes arrays or frames, as it was fitted
    named.get_booster().feature_names = names
    rows = [few[i : i + 1] for i in range(len(few))]
    frames = [pd.DataFrame(row, columns=names) for row in rows]

    def checked():
        return teacher.predict_proba(few)[:, 1]

    return [
        Way(
            BASE,
            checked,
            lambda i: teacher.predict_proba(rows[i]),
            lambda: teacher.predict_proba(large),
        ),
        Way("teacher, frame row", checked, lambda i: named.predict_proba(frames[i])),
        Way("teacher, inplace", checked, lambda i: booster.inplace_predict(rows[i])),
    ]


def student_way(student, few, large):
    """Ask the fitted student."""
    rows = [few[i : i + 1] for i in range(len(few))]
    return Way(
        "student",
        lambda: student.predict_proba(few)[:, 1],
        lambda i: student.predict_proba(rows[i]),
        lambda: student.predict_proba(large),
    )


def python_way(student, few):
    """Run the module of plain Python, one row at a time."""
    module = load_module(student, vectorised=False)
    names = [column.name for column in student.columns_]
    rows = [dict(zip(names, row, strict=True)) for row in few.astype(np.float64).tolist()]
    predict_proba = module["predict_proba"]
    return Way(
        "Python",
        lambda: np.array([predict_proba(row)[1] for row in rows]),
        lambda i: predict_proba(rows[i]),
    )


def numpy_way(student, few, large):
    """Run the module of NumPy on tables."""
    module = load_module(student, vectorised=True)
    names = [column.name for column in student.columns_]
    rows = [dict(zip(names, few[i : i + 1].T, strict=True)) for i in range(len(few))]
    predict_proba = module["predict_proba"]
    tables = [dict(zip(names, table.T, strict=True)) for table in (few, large)]
    return Way(
        "NumPy",
        lambda: predict_proba(tables[0])[:, 1],
        lambda i: predict_proba(rows[i]),
        lambda: predict_proba(tables[1]),
    )


def load_module(student, *, vectorised):
    """Write the module, check it, and give its names."""
    from interpkd.export import to_python

    names: dict[str, Any] = {}
    exec(to_python(student, vectorised=vectorised), names)  # noqa: S102  # what is measured
    return names


def onnx_ways(student, few, large):
    """Run the ONNX model, with arrays and with bound arrays."""
    import onnx
    import onnxruntime

    from interpkd.export import to_onnx

    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = settings.inter_op_num_threads = 1
    settings.add_session_config_entry("session.intra_op.allow_spinning", "0")
    model = to_onnx(student, parity="require")
    wanted, name = ["probabilities"], model.graph.input[0].name
    rows = [few[i : i + 1] for i in range(len(few))]

    def open_session(model):
        content, where = model.SerializeToString(), ["CPUExecutionProvider"]
        return onnxruntime.InferenceSession(content, settings, providers=where)

    def bind(session):
        put = np.empty((1, few.shape[1]), dtype=np.float32)
        got = np.empty((1, 2), dtype=np.float32)
        binding = session.io_binding()
        binding.bind_input(name, "cpu", 0, np.float32, put.shape, put.ctypes.data)
        binding.bind_output(wanted[0], "cpu", 0, np.float32, got.shape, got.ctypes.data)

        def answer(i):
            put[:] = rows[i]
            session.run_with_iobinding(binding)
            return got[0].tolist()

        return answer

    session = open_session(model)
    bound = bind(session)
    trimmed = bind(open_session(onnx.utils.Extractor(model).extract_model([name], wanted)))
    return [
        Way(
            "ONNX",
            lambda: session.run(wanted, {name: few})[0][:, 1],
            lambda i: session.run(wanted, {name: rows[i]})[0],
            lambda: session.run(wanted, {name: large})[0],
        ),
        Way("ONNX, bound", lambda: np.array([bound(i)[1] for i in range(len(rows))]), bound),
        Way("ONNX, trimmed", lambda: np.array([trimmed(i)[1] for i in range(len(rows))]), trimmed),
    ]


def sql_way(student, few, large):
    """Run the SELECT in DuckDB, on tables of its own."""
    import duckdb

    from interpkd.export import to_sql

    names = [column.name for column in student.columns_]
    base = duckdb.connect(config={"threads": 1})
    # the names are looked up by DuckDB where they stand
    few_frame, large_frame = (pd.DataFrame(table, columns=names) for table in (few, large))
    base.execute("CREATE TABLE few AS SELECT * FROM few_frame")
    base.execute("CREATE TABLE large AS SELECT * FROM large_frame")
    base.execute("CREATE TABLE one AS SELECT * FROM few LIMIT 1")
    for name in ("few", "large", "one"):
        base.execute(f"PREPARE ask_{name} AS {to_sql(student, table=name)}")
    del few_frame, large_frame

    def ask(table):
        return base.execute(f"EXECUTE ask_{table}").fetchnumpy()

    return Way(
        "SQL",
        lambda: np.asarray(ask("few")["probability"]),
        lambda _: ask("one"),
        lambda: ask("large"),
    )


NODE = """
const rows = JSON.parse(require("fs").readFileSync(process.argv[2], "utf8"));
require("readline").createInterface({input: process.stdin}).on("line", line => {
  if (line === "all") {
    console.log(JSON.stringify(rows.map(row => interpkdStudent.score(row).probabilities[1])));
    return;
  }
  const times = [];
  for (let i = 0; i < Number(line); i++) {
    const start = process.hrtime.bigint();
    interpkdStudent.score(rows[i % rows.length]);
    times.push(Number(process.hrtime.bigint() - start) / 1e9);
  }
  console.log(JSON.stringify(times));
});
"""


@contextlib.contextmanager
def javascript_way(student, few):
    """Run the script in Node, which times itself; None where Node is not installed."""
    from interpkd.export import to_javascript

    node = shutil.which("node")
    if node is None:
        yield None
        return
    with tempfile.TemporaryDirectory() as name:
        script, rows = Path(name) / "student.js", Path(name) / "rows.json"
        script.write_text(to_javascript(student) + NODE)
        names = [column.name for column in student.columns_]
        listed = few.astype(np.float64).tolist()
        rows.write_text(json.dumps([dict(zip(names, row, strict=True)) for row in listed]))
        with subprocess.Popen(  # noqa: S603
            [node, script, rows], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as running:

            def ask(line):
                running.stdin.write(f"{line}\n")
                running.stdin.flush()
                return json.loads(running.stdout.readline())

            yield Way("JavaScript", lambda: np.array(ask("all")), time_calls=ask)
            running.stdin.close()


# ---------------------------------------------------------------- measuring
def time_calls(way, n, start):
    """Time n calls one by one, beginning with some row."""
    if way.time_calls is not None:
        return way.time_calls(n)
    clock, one, times = time.perf_counter, way.one, []
    for i in range(start, start + n):
        row = i % CHECK_ROWS
        before = clock()
        one(row)
        times.append(clock() - before)
    return times


def measure_one(ways, rounds):
    """Answer single rows in rounds; give the seconds of all calls, per way one list per round."""
    calls = {}
    for way in ways:
        middle = float(np.median(time_calls(way, 2 * MIN_CALLS, 0)))
        calls[way.name] = int(np.clip(SECONDS_PER_ROUND / middle, MIN_CALLS, MAX_CALLS))
        time_calls(way, calls[way.name], 0)  # warm
    seconds = {way.name: [] for way in ways}
    gc.collect()
    gc.disable()  # a collection in the middle of a call is the benchmark's, not the way's
    try:
        for k in range(rounds):
            for way in ways:
                seconds[way.name].append(time_calls(way, calls[way.name], k * 97))
    finally:
        gc.enable()
    return seconds


def measure_many(ways, repeat):
    """Answer the large table in turn; give the seconds of each way."""
    seconds = {way.name: [] for way in ways}
    for _ in range(repeat):
        for way in ways:
            before = time.perf_counter()
            way.many()
            seconds[way.name].append(time.perf_counter() - before)
    return seconds


def check(ways, expected, who):
    """Refuse to time a way that gives other answers."""
    for way in ways:
        difference = float(np.abs(way.checked() - expected).max())
        if not difference <= TOLERANCE:
            msg = f"{way.name} of {who} differs by {difference} from {who} itself"
            raise AssertionError(msg)


def ratios(base, own):
    """Say how many times faster a way is than another, of what both took in the same round."""
    found = [np.median(a) / np.median(b) for a, b in zip(base, own, strict=True)]
    return f"{np.median(found):.3g} ({min(found):.3g}-{max(found):.3g})", float(np.median(found))


# ---------------------------------------------------------------- the command
def run_student(kind, student, asked, large, few, options):
    """Time all ways to ask one student, with the teacher's in the same rounds."""
    ways = [student_way(student, few, large), python_way(student, few)]
    ways += [numpy_way(student, few, large), *onnx_ways(student, few, large)]
    ways.append(sql_way(student, few, large))
    with javascript_way(student, few) as way:
        if way is not None:
            ways.append(way)
        check(ways, ways[0].checked(), kind)
        one = measure_one([*asked, *ways], options.rounds)
    many = measure_many([way for way in [*asked, *ways] if way.many is not None], options.repeat)
    return print_one(kind, one, options), print_many(kind, many, options)


def print_one(kind, seconds, options):
    """Print the table of single rows; give the ratios to the teacher's."""
    rows, found = [], {}
    for name, rounds in seconds.items():
        every = 1e6 * np.concatenate([np.array(one) for one in rounds])
        to_array, found[name] = ratios(seconds[BASE], rounds)
        to_frame, _ = ratios(seconds["teacher, frame row"], rounds)
        p50, p95 = np.percentile(every, [50, 95])
        rows.append([name, f"{p50:.2f}", f"{p95:.2f}", to_array, to_frame])
    header = ["one row", "p50 us", "p95 us", "times the teacher's numpy row", "its frame row"]
    print_table(f"{kind}: one row, {options.rounds} rounds", header, rows)
    return found


def print_many(kind, seconds, options):
    """Print the table of many rows; give the ratios to the teacher's."""
    rows, found = [], {}
    for name, own in seconds.items():
        pairs = [[one] for one in own], [[one] for one in seconds[BASE]]
        text, found[name] = ratios(pairs[1], pairs[0])
        middle = float(np.median(own))
        rows.append([name, f"{middle:.3f}", f"{options.rows / middle:,.0f}", text])
    title = f"{kind}: {options.rows:,} rows, {options.repeat} repeats"
    print_table(title, ["many rows", "seconds", "rows per second", "times the teacher's"], rows)
    return found


def main():
    """Fit, check, time, print."""
    options = read_options()
    with open_output(options.out):
        print_header("benchmarks.latency " + " ".join(sys.argv[1:]))
        teacher, X = fit_teacher(options)
        print(
            f"Teacher: XGBClassifier, {options.trees} trees of depth {options.depth}, "
            f"{options.columns} numeric columns, {TRAINING_ROWS:,} training rows; one thread.",
            flush=True,
        )
        large = np.ascontiguousarray(make_rows(options.rows, options.columns, 1)[0])
        few = np.ascontiguousarray(large[:CHECK_ROWS])
        students = {kind: fit_student(kind, teacher, X, options) for kind in options.students}
        asked = teacher_ways(teacher, few, large)
        check(asked, asked[0].checked(), "the teacher")
        found = {
            kind: run_student(kind, student, asked, large, few, options)
            for kind, student in students.items()
        }
        print_verdict(found)


def print_verdict(found):
    """Print what was asked for: 50 times on one row, 10 times on many."""
    rows = []
    for kind, (one, many) in found.items():
        best = max((name for name in many if not name.startswith("teacher")), key=many.get)
        asked = [(name, one[name], 50, "one row") for name in ONE_ROW]
        asked += [
            (name, many[name], 10, "many rows") for name in dict.fromkeys(["student", "ONNX", best])
        ]
        rows += [
            [f"{kind}, {what}, {name}", f"{ratio:.3g}", "yes" if ratio >= aim else f"no ({aim})"]
            for name, ratio, aim, what in asked
        ]
    header = ["times faster than the teacher's predict_proba on arrays", "ratio", "reached"]
    print_table("Aims", header, rows)


def read_options():
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    kinds = ["tree", "logistic", "scorecard"]
    parser.add_argument("--students", nargs="+", choices=kinds, default=kinds)
    parser.add_argument("--trees", type=int, default=300)
    parser.add_argument("--depth", type=int, default=6)
    parser.add_argument("--columns", type=int, default=30)
    parser.add_argument("--leaves", type=int, default=16)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--out", type=Path)
    return parser.parse_args()


@contextlib.contextmanager
def open_output(path) -> Iterator[None]:
    """Print to a file, if one is named."""
    if path is None:
        yield
        return
    with path.open("w") as file, contextlib.redirect_stdout(file):
        yield


if __name__ == "__main__":
    main()

"""One algorithm in memory, from Parquet and on a Dask cluster: seconds, memory, and the same student.

    python -m benchmarks.scale [--rows 2 8 32] [--columns 30] [--data DIR] [--parts a b c]
                               [--students tree logistic scorecard] [--cluster-rows 8]
                               [--trees 500] [--depth 6] [--threads 1] [--repeat 3] [--out FILE]

Rows are given in millions. The data are Parquet files of 500,000 rows in row groups of 250,000:
normal float32 columns, a label, and the teacher's probability, made once by a seeded generator in
`--data` and known again by their fingerprints. A smaller size is the first files of a larger one.
The teacher is an XGBoost classifier of `--trees` trees of `--depth` levels, fitted to 200,000 other
rows: of the default size it takes two to three minutes of one core for 32 million rows.

    a   Each size in a process of its own: seconds of each stage of `fit` and of the fidelity report,
        passes over the files, bytes a row that are kept, peak memory (VmHWM) against the aim of
        2 GB + 1.3 bytes x rows x columns, and the time a row relative to the first size.
    b   A `LocalCluster` of one and of two workers of one thread: seconds, in turn, `--repeat` times,
        and whether the student is that of the rows in memory and that of the Parquet files: the same
        splits, and all numbers to 1e-9.
    c   The teacher's probabilities are given as a column, so that no teacher is asked: growing one
        tree of as many leaves with `xgboost.dask` (squared error, 256 bins), and `dask-ml`'s
        logistic regression of the teacher's decisions, on the same cluster of one worker and the same files.

A fit of a few rows comes first, so that compiled code is on disk, and on a cluster one of the first
file, so that workers have imported what they need. The stages are:
describe (pass 1: columns and sketch), teach + code (pass 2: the teacher is asked, rows are coded),
learn (growth and refinement of a tree; sums and steps of a linear student), report (one pass).
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from benchmarks._printing import print_header, print_table, write_rows
from benchmarks._scale_data import load, names_of, prepare

MILLION = 1_000_000
GIGABYTE = 1e9
LEAVES = 16


# ---------------------------------------------------------------- one measurement, in a process
def measure(options):
    """Fit one student in one way, and print what it took as JSON."""
    print(json.dumps(WAYS[options.way](options)))


def fit_arrow(options):
    """Fit from Parquet files, stage by stage, and report."""
    from interpkd.fidelity import fidelity_report

    rows = _dataset(options, keep="y")
    student, stages = _new(options), {}
    begin = time.perf_counter()
    with _stages(student, stages):
        student.fit(rows, "y")
    stages["all of fit"] = time.perf_counter() - begin
    begin = time.perf_counter()
    report = fidelity_report(student, rows, "y")
    stages["report"] = time.perf_counter() - begin
    facts = student.distillation_
    return {
        "stages": stages,
        "passes": facts.get("n_passes"),
        "bytes_per_row": facts.get("bytes_per_row"),
        "agreement": report.scores["agreement"].estimate,
        "peak": _peak(),
        "children": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024,
        "student": _numbers(student),
    }


def fit_memory(options):
    """Fit to a frame in memory."""
    frame = _dataset(options, keep="y").to_table().to_pandas()
    y = frame.pop("y")
    return _timed(lambda student: student.fit(frame, y), options)


def fit_cluster(options):
    """Fit on a local cluster of `--workers` workers of one thread."""
    wanted = [*names_of(options.columns), "y"]
    with _cluster(options):
        _new(options).fit(_first_file(options)[wanted], "y")
        rows = _frame(options)[wanted]
        return _timed(lambda student: student.fit(rows, "y"), options)


def learn_cluster(options):
    """Fit on a cluster to given probabilities: no teacher is asked."""
    with _cluster(options):
        _new(options, teacher=False).fit(_first_file(options), "y", teacher_proba="p")
        rows = _frame(options)
        return _timed(
            lambda student: student.fit(rows, "y", teacher_proba="p"), options, teacher=False
        )


def learn_greedy(options):
    """Grow a tree greedily, as the peer does."""
    with _cluster(options):
        first, rows = _first_file(options), _frame(options)

        def fit(student, rows=rows):
            student.set_params(effort="greedy").fit(rows, "y", teacher_proba="p")

        fit(_new(options, teacher=False), first)
        return _timed(fit, options, teacher=False)


def learn_xgboost(options):
    """Grow one tree with `xgboost.dask`, its own data set counted."""
    import xgboost

    with _cluster(options) as client:
        from xgboost import dask as xgb

        params = {
            "objective": "reg:squarederror", "tree_method": "hist", "grow_policy": "lossguide",
            "max_leaves": LEAVES, "max_depth": 0, "learning_rate": 1.0, "lambda": 0.0,
            "min_child_weight": 5, "max_bin": 256, "base_score": 0.5,
        }  # fmt: skip
        for rows in (_first_file(options), _frame(options)):
            begin = time.perf_counter()
            data = xgb.DaskQuantileDMatrix(client, rows[names_of(options.columns)], rows["p"])
            found = xgb.train(client, params, data, num_boost_round=1)
            seconds = time.perf_counter() - begin
        leaves = sum("leaf" in line for line in found["booster"].get_dump()[0].splitlines())
    return {"seconds": seconds, "note": f"xgboost {xgboost.__version__}, {leaves} leaves"}


def learn_dask_ml(options):
    """Fit the logistic regression of dask-ml to the teacher's decisions."""
    with _cluster(options):
        try:
            import dask_ml
            from dask_ml.linear_model import LogisticRegression
        except ImportError as error:
            return {"seconds": None, "note": f"dask-ml is not measured: {error}"}
        for rows in (_first_file(options), _frame(options)):
            begin = time.perf_counter()
            X = rows[names_of(options.columns)].persist().to_dask_array(lengths=True)
            y = (rows["p"] > 0.5).astype("int64").persist().to_dask_array(lengths=True)
            model = LogisticRegression(solver="lbfgs", max_iter=100)
            try:
                model.fit(X, y)
            except Exception as error:
                reason = str(error).splitlines()[0]
                return {"seconds": None, "note": f"failed: {type(error).__name__}: {reason}"}
            seconds = time.perf_counter() - begin
        note = f"dask-ml {dask_ml.__version__}, lbfgs, {len(model.coef_)} coefficients"
        return {"seconds": seconds, "note": note}


WAYS = {
    "arrow": fit_arrow,
    "memory": fit_memory,
    "cluster": fit_cluster,
    "learn": learn_cluster,
    "greedy": learn_greedy,
    "xgboost": learn_xgboost,
    "dask-ml": learn_dask_ml,
}


def _new(options, *, teacher=True):
    """Make a student with its teacher, or without."""
    from interpkd import (
        DistilledLogisticRegression,
        DistilledScorecardClassifier,
        DistilledTreeClassifier,
        as_teacher,
    )

    known = as_teacher(load(Path(options.data) / "teacher.ubj")) if teacher else None
    common = {"augmentation": None, "random_state": 0}
    if options.student == "tree":
        return DistilledTreeClassifier(known, max_leaf_nodes=LEAVES, **common)
    kinds = {"logistic": DistilledLogisticRegression, "scorecard": DistilledScorecardClassifier}
    return kinds[options.student](known, **common)


def _paths(options):
    return [Path(options.data) / f"part-{k:04d}.parquet" for k in range(options.files)]


def _dataset(options, *, keep):
    """Open the files without the teacher's probabilities."""
    import pyarrow as pa
    import pyarrow.dataset as ds

    rows = ds.dataset([str(path) for path in _paths(options)])
    wanted = [rows.schema.field(name) for name in [*names_of(options.columns), keep]]
    return rows.replace_schema(pa.schema(wanted))


def _frame(options, paths=None):
    import dask.dataframe as dd

    files = [str(path) for path in paths or _paths(options)]
    frame = dd.read_parquet(files, split_row_groups=False)
    # one partition a file, for peers too: Dask would put together those of few columns
    parts = frame.to_delayed(optimize_graph=False)
    return dd.from_delayed(parts, meta=frame.head(0), verify_meta=False)


def _first_file(options):
    """Give the rows that workers are warmed up on: they import and load what is compiled."""
    return _frame(options, _paths(options)[:1])


def _cluster(options):
    """Start a cluster that ends with the block."""
    from distributed import Client, LocalCluster

    @contextlib.contextmanager
    def started():
        with (
            LocalCluster(
                n_workers=options.workers, threads_per_worker=1, dashboard_address=None,
                memory_limit=0,
            ) as cluster,
            Client(cluster) as client,
        ):  # fmt: skip
            yield client

    return started()


def _timed(fit, options, *, teacher=True):
    student = _new(options, teacher=teacher)
    begin = time.perf_counter()
    fit(student)
    seconds = time.perf_counter() - begin
    passes = (student.distillation_ or {}).get("n_passes")
    return {"seconds": seconds, "passes": passes, "peak": _peak(), "student": _numbers(student)}


def _stages(student, seconds):
    """Time the stages of a fit from outside; what is left is asking the teacher and coding."""
    from unittest.mock import patch

    from interpkd.students import _from_collection

    @contextlib.contextmanager
    def watched():
        places = [
            (_from_collection, "_describe", "describe"),
            (type(student), "_fit_blocks", "learn"),
        ]
        begin = time.perf_counter()
        with contextlib.ExitStack() as stack:
            for owner, name, stage in places:
                watching = _watch(getattr(owner, name), stage, seconds)
                stack.enter_context(patch.object(owner, name, watching))
            yield
        seconds["teach + code"] = time.perf_counter() - begin - sum(seconds.values())

    return watched()


def _watch(function, name, seconds):
    def watching(*args, **kwargs):
        begin = time.perf_counter()
        try:
            return function(*args, **kwargs)
        finally:
            seconds[name] = seconds.get(name, 0.0) + time.perf_counter() - begin

    return watching


def _numbers(student):
    """Give everything that decides a student's answers."""
    from interpkd.export import to_json

    return to_json(student)


def _peak():
    """Give the peak memory of this process; on Linux what the kernel calls VmHWM."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


# ---------------------------------------------------------------- the runs
def run_child(way, options, n_rows, *, student="tree", workers=1):
    """Measure in a new process; None, with the reason printed, where it fails."""
    threads = str(options.threads)
    names = ("OMP_NUM_THREADS", "NUMBA_NUM_THREADS", "OPENBLAS_NUM_THREADS", "ARROW_NUM_THREADS")
    environment = os.environ | dict.fromkeys(names, threads)
    command = [
        *("-m", "benchmarks.scale", "measure", "--way", way, "--student", student),
        *("--data", options.data, "--columns", str(options.columns)),
        *("--files", str(-(-n_rows // options.file_rows)), "--workers", str(workers)),
        *("--threads", threads),
    ]
    done = subprocess.run(  # noqa: S603
        [sys.executable, *command], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:] or ["no message"]
        print(f"FAILED {way} {student} of {n_rows} rows: {last[0]}", flush=True)
        return None
    return json.loads(done.stdout.strip().splitlines()[-1])


def run_sizes(options):
    """Measure every student at every size (a)."""
    rows, body = [], {}
    for student in options.students:
        run_child("arrow", options, options.sizes[0], student=student)  # compiles
        first = None
        for n_rows in options.sizes:
            found = run_child("arrow", options, n_rows, student=student)
            if found is None:
                continue
            stages = found["stages"]
            seconds = stages["all of fit"] + stages["report"]
            first = seconds / n_rows if first is None else first
            aim = 2 * GIGABYTE + 1.3 * n_rows * options.columns
            rows.append(
                {"part": "a", "student": student, "rows": n_rows, **stages, **_plain(found)}
            )
            body.setdefault(student, []).append(
                [
                    f"{n_rows / MILLION:g} M",
                    *(f"{stages.get(name, 0.0):.1f}" for name in STAGES),
                    f"{seconds:.1f}",
                    f"{seconds / n_rows / first:.2f}",
                    found["passes"],
                    found["bytes_per_row"],
                    f"{found['peak'] / GIGABYTE:.2f}",
                    f"{aim / GIGABYTE:.2f}",
                    "yes" if found["peak"] <= aim else "NO",
                    f"{found['agreement']:.4f}",
                ]
            )
    header = [
        *("rows", *STAGES, "all, s", "s a row / first", "passes", "bytes a row", "peak, GB"),
        *("aim, GB", "held", "agreement"),
    ]
    for student, lines in body.items():
        print_table(f"(a) {student}, from Parquet: seconds by stage, one process", header, lines)
    return rows


STAGES = ("describe", "teach + code", "learn", "report")


def run_clusters(options):
    """Compare memory, Parquet and clusters of one and of two workers (b)."""
    n_rows, rows, body = options.cluster_rows, [], []
    for student in options.students:
        memory = run_child("memory", options, n_rows, student=student)
        arrow = run_child("arrow", options, n_rows, student=student)
        found = {1: [], 2: []}
        for _ in range(options.repeat):
            for workers in found:
                one = run_child("cluster", options, n_rows, student=student, workers=workers)
                found[workers] += [one] if one else []
        if not all(found.values()) or memory is None or arrow is None:
            continue
        pairs = zip(found[1], found[2], strict=False)
        ratios = [one["seconds"] / two["seconds"] for one, two in pairs]
        everyone = [arrow, *found[1], *found[2]]
        furthest = [difference(memory["student"], one["student"]) for one in everyone]
        one, two = (median(part["seconds"] for part in found[k]) for k in (1, 2))
        is_same = all(far is not None and far <= 1e-9 for far in furthest)
        largest = "other splits" if None in furthest else f"{max(furthest):.1e}"
        body.append(
            [
                student,
                f"{memory['seconds']:.1f}",
                f"{arrow['stages']['all of fit']:.1f}",
                f"{one:.1f}",
                f"{two:.1f}",
                f"{median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})",
                "yes" if is_same else "NO",
                largest,
            ]
        )
        rows.append({"part": "b", "student": student, "rows": n_rows, "one": one, "two": two})
    header = [
        "student",
        "memory",
        "Parquet",
        "1 worker",
        "2 workers",
        "times faster",
        "same",
        "furthest",
    ]
    print_table(f"(b) fit of {n_rows / MILLION:g} million rows: seconds", header, body)
    return rows


def run_peers(options):
    """Compare with one tree of xgboost.dask and with dask-ml's logistic regression (c)."""
    n_rows, rows = options.cluster_rows, []
    ways = [("learn", "tree"), ("greedy", "tree"), ("xgboost", "tree")]
    ways += [("learn", "logistic"), ("dask-ml", "logistic")]
    found = {way: [] for way in ways}
    notes = {}
    for _ in range(options.repeat):
        for way, student in ways:
            one = run_child(way, options, n_rows, student=student)
            if one is not None and one["seconds"] is not None:
                found[way, student].append(one["seconds"])
            notes[way, student] = "failed" if one is None else one.get("note", "")
    body = []
    for (way, student), seconds in found.items():
        ours = found["learn", student]
        ratio = "-"
        if seconds and ours:
            ratios = [one / two for one, two in zip(seconds, ours, strict=False)]
            ratio = f"{median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"
        shown = f"{median(seconds):.1f}" if seconds else "-"
        body.append([f"{student}: {TITLES[way]}", shown, ratio, notes[way, student]])
        rows.append({"part": "c", "student": student, "way": way, "seconds": seconds})
    body.append(["logistic: Spark ML", "-", "-", _spark()])
    title = f"(c) peers, {n_rows / MILLION:g} million rows, one worker: seconds with given probabilities"
    print_table(title, ["what", "seconds", "times ours", ""], body)
    return rows


TITLES = {
    "learn": "ours",
    "greedy": "ours, effort='greedy'",
    "xgboost": "xgboost.dask, one tree",
    "dask-ml": "dask-ml, of decisions",
}


def _spark():
    try:
        import pyspark  # noqa: F401
    except ImportError:
        return "not measured: pyspark is not installed (400 MB, and a Java runtime)"
    return (
        "not measured: Spark runs in a Java runtime of its own, whose workers are no Dask workers"
    )


def difference(one, other):
    """Give the largest relative difference of two documents' numbers; None where they differ else."""
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        return _largest([difference(one[key], other[key]) for key in one])
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        return _largest([difference(*pair) for pair in zip(one, other, strict=True)])
    numbers = [isinstance(x, (int, float)) and not isinstance(x, bool) for x in (one, other)]
    if all(numbers):
        return abs(one - other) / max(abs(one), abs(other), 1.0)
    return 0.0 if one == other else None


def _largest(found):
    return None if None in found else max(found, default=0.0)


def _plain(found):
    return {key: value for key, value in found.items() if key not in ("stages", "student")}


def main():
    """Read the options and run."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("mode", nargs="?", choices=["run", "measure"], default="run")
    parser.add_argument("--rows", type=float, nargs="+", default=[2, 8, 32])
    parser.add_argument("--columns", type=int, default=30)
    parser.add_argument("--data", default=str(Path(tempfile.gettempdir()) / "interpkd-scale"))
    parser.add_argument("--parts", nargs="+", choices=["a", "b", "c"], default=["a", "b", "c"])
    kinds = ["tree", "logistic", "scorecard"]
    parser.add_argument("--students", nargs="+", choices=kinds, default=kinds)
    parser.add_argument("--cluster-rows", type=float)
    parser.add_argument("--trees", type=int, default=500)
    parser.add_argument("--depth", type=int, default=6)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--out")
    parser.add_argument("--way", choices=list(WAYS))
    parser.add_argument("--student", default="tree")
    parser.add_argument("--files", type=int, default=1)
    parser.add_argument("--workers", type=int, default=1)
    options = parser.parse_args()
    if options.mode == "measure":
        measure(options)
        return
    options.sizes = [round(MILLION * rows) for rows in options.rows]
    middle = options.sizes[len(options.sizes) // 2]
    given = options.cluster_rows
    options.cluster_rows = middle if given is None else round(MILLION * given)
    print_header("benchmarks.scale " + " ".join(sys.argv[1:]))
    begin = time.perf_counter()
    most = max([*options.sizes, options.cluster_rows])
    paths = prepare(options.data, most, options)
    options.file_rows = -(-most // len(paths))
    print(
        f"{len(paths)} files of {options.file_rows} rows x {options.columns} columns, teacher of "
        f"{options.trees} trees of depth {options.depth}: {time.perf_counter() - begin:.0f} s, "
        f"{options.threads} thread(s)",
        flush=True,
    )
    parts = {"a": run_sizes, "b": run_clusters, "c": run_peers}
    rows = [row for part in options.parts for row in parts[part](options)]
    if options.out:
        write_rows(options.out, rows)


if __name__ == "__main__":
    main()

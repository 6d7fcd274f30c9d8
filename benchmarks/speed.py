"""Speed, training loss and memory of growing one tree, against peers in the same run.

    python -m benchmarks.speed tree [--rows 1000000] [--columns 30] [--leaves 32] [--repeat 3]
                                    [--outputs 1] [--threads N] [--methods ...] [--out FILE]
    python -m benchmarks.speed tree --scaling [--sizes 100000 1000000 3000000]
    python -m benchmarks.speed logistic | svm      (see benchmarks/_speed_linear.py)

Data: normal float32 columns and a soft target with interactions: a probability, or with
`--outputs K` the probabilities of K classes. Methods:

    ours          `interpkd.learners.grow_tree`; binning is also timed by itself
    student       `DistilledTreeClassifier(max_leaf_nodes=...)` of default settings, fitted to the
                  same probabilities (`teacher_proba`), with all checks and conversions
    greedy        the same with `effort="greedy"`, when the student has this parameter
    scikit-learn  `DecisionTreeRegressor`, once
    lightgbm      one tree of 255 bins, learning rate 1, no regularisation (1 output only)
    xgboost       one `hist` tree of 256 bins, lossguide, the same (1 output only)

All get the same leaves and threads and minimise squared error; the peers' own data sets are
counted, and shown apart. The loss is the mean squared error on the training rows, with each
method's leaves refilled with the means of their rows. Every fit runs in a process of its own, which
first fits a sample of 210,000 rows ("first call": the fit, imports, compiled code from disk or, in the first round,
the compiler). Memory is the peak during the fit less what was resident just before it.

Other work on the machine changes seconds; the ratios are taken within a round, in which the methods
run one after the other, and their median and range over the rounds are shown. A method that is run once
is compared with the median of ours.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks._printing import print_header, print_table, write_rows

WARM_UP_ROWS = 210_000  # enough for every compiled loop to be used
MEGABYTE = 1e6


# ---------------------------------------------------------------- data
def make_rows(n_rows, n_columns, n_outputs):
    """Make normal rows, and soft targets of shape (n_rows, n_outputs) that need interactions."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((n_rows, n_columns), dtype=np.float32)
    if n_outputs == 1:
        logit = 1.5 * X[:, 0] * X[:, 1] + X[:, 2] + np.abs(X[:, 3]) * (X[:, 4] > 0.3) - X[:, 5]
        return X, (1 / (1 + np.exp(-logit))).astype(np.float64)[:, None]
    logits = [
        1.5 * X[:, k] * X[:, k + 1] + X[:, k + 2] * (X[:, k + 3] > 0) for k in range(n_outputs)
    ]
    exponentials = np.exp(np.stack(logits, axis=1))
    P = exponentials / exponentials.sum(axis=1, keepdims=True)
    return X, P.astype(np.float64)


# ---------------------------------------------------------------- methods
# Each takes X, P and the options, and gives the parts of its time and the leaf of any rows.
def fit_ours(X, P, options):
    """Grow a tree with the package's learner."""
    from interpkd.learners import grow_tree, use_threads

    def grow():
        with use_threads(options.threads):
            return grow_tree(
                X,
                P,
                None,
                max_leaf_nodes=options.leaves,
                max_depth=None,
                min_samples_leaf=1,
                min_impurity_decrease=0.0,
            ).apply

    return _timed("grow_tree", grow)


def bin_ours(X, P, options):  # noqa: ARG001
    """Code the rows, which is the first part of growing, by itself."""
    from interpkd.learners import use_threads
    from interpkd.learners._binning import bin_rows

    def code():
        with use_threads(options.threads):
            bin_rows(X)

    return _timed("binning", code)


def fit_student(X, P, options, **params):
    """Fit the estimator to given probabilities."""
    from interpkd import DistilledTreeClassifier

    proba = np.hstack([1 - P, P]) if P.shape[1] == 1 else P
    student = DistilledTreeClassifier(
        max_leaf_nodes=options.leaves,
        min_samples_leaf=1,
        random_state=0,
        n_jobs=options.threads,
        **params,
    )
    return _timed("fit", lambda: student.fit(X, teacher_proba=proba).student_.apply)


def fit_greedy(X, P, options):
    """Fit the estimator without any search."""
    return fit_student(X, P, options, effort="greedy")


def fit_sklearn(X, P, options):
    """Grow a tree with scikit-learn."""
    from sklearn.tree import DecisionTreeRegressor

    tree = DecisionTreeRegressor(max_leaf_nodes=options.leaves, random_state=0)
    return _timed("growth", lambda: tree.fit(X, P).apply)


def fit_lightgbm(X, P, options):
    """Grow one LightGBM tree."""
    import lightgbm

    params = {
        "objective": "regression",
        "num_leaves": options.leaves,
        "learning_rate": 1.0,
        "max_bin": 255,
        "min_data_in_leaf": 1,
        "min_sum_hessian_in_leaf": 0.0,
        "num_threads": options.threads,
        "seed": 0,
        "verbosity": -1,
    }
    start = time.perf_counter()
    data = lightgbm.Dataset(X, P[:, 0], params=params).construct()
    middle = time.perf_counter()
    booster = lightgbm.train(params, data, num_boost_round=1)
    end = time.perf_counter()
    parts = {"data set": middle - start, "growth": end - middle}
    return parts, lambda Z: booster.predict(Z, pred_leaf=True).ravel()


def fit_xgboost(X, P, options):
    """Grow one XGBoost tree."""
    import xgboost

    params = {
        "objective": "reg:squarederror",
        "tree_method": "hist",
        "grow_policy": "lossguide",
        "max_leaves": options.leaves,
        "max_depth": 0,
        "max_bin": 256,
        "learning_rate": 1.0,
        "lambda": 0.0,
        "min_child_weight": 0.0,
        "base_score": float(P.mean()),
        "nthread": options.threads,
        "seed": 0,
    }
    start = time.perf_counter()
    data = xgboost.QuantileDMatrix(X, P[:, 0], max_bin=256, nthread=options.threads)
    middle = time.perf_counter()
    booster = xgboost.train(params, data, num_boost_round=1)
    end = time.perf_counter()
    parts = {"data set": middle - start, "growth": end - middle}
    return parts, lambda Z: booster.predict(xgboost.DMatrix(Z), pred_leaf=True).ravel()


METHODS = {
    "ours": fit_ours,
    "binning": bin_ours,
    "student": fit_student,
    "greedy": fit_greedy,
    "scikit-learn": fit_sklearn,
    "lightgbm": fit_lightgbm,
    "xgboost": fit_xgboost,
}
ONE_OUTPUT = ("lightgbm", "xgboost")
ONCE = ("scikit-learn",)


def _timed(name, work):
    start = time.perf_counter()
    result = work()
    return {name: time.perf_counter() - start}, result


# ---------------------------------------------------------------- one fit in its own process
def measure(options):
    """Fit one method and print its figures as JSON; runs in a process of its own."""
    method = METHODS[options.method]
    folder = Path(options.folder)
    X, P = np.load(folder / "X.npy"), np.load(folder / "P.npy")
    start = time.perf_counter()
    method(X[:WARM_UP_ROWS].copy(), P[:WARM_UP_ROWS].copy(), options)
    first_call = time.perf_counter() - start
    before = _reset_peak()
    parts, apply = method(X, P, options)
    extra = _peak() - before
    loss = None if apply is None else refilled_loss(apply(X), P)
    result = {"parts": parts, "seconds": sum(parts.values()), "first_call": first_call}
    print(json.dumps({**result, "extra_bytes": extra, "loss": loss}))


def refilled_loss(leaf, P):
    """Mean squared error, summed over outputs, of the means of the leaves."""
    number = np.unique(leaf, return_inverse=True)[1].ravel()
    count = np.bincount(number)
    total = 0.0
    for k in range(P.shape[1]):
        mean = np.bincount(number, P[:, k]) / count
        total += float(np.mean((P[:, k] - mean[number]) ** 2))
    return total


def _reset_peak():
    """Forget the peak so far, where the system can (Linux); give the memory now resident."""
    reset = Path("/proc/self/clear_refs")
    if reset.exists():
        # what the sample left behind in the allocator must not hide what the fit needs
        getattr(ctypes.CDLL(None), "malloc_trim", int)(0)
        reset.write_text("5")
    return _peak()


def _peak():
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def run_child(method, folder, options):
    """Measure one method in a new process; None, with the reason printed, when it fails."""
    threads = str(options.threads)
    names = ("OMP_NUM_THREADS", "NUMBA_NUM_THREADS", "OPENBLAS_NUM_THREADS")
    environment = os.environ | dict.fromkeys(names, threads)
    environment["NUMBA_CACHE_DIR"] = str(folder / "compiled")
    sizes = ["--leaves", str(options.leaves), "--threads", threads]
    command = ["-m", "benchmarks.speed", "measure", "--method", method, "--folder", str(folder)]
    try:
        done = subprocess.run(  # noqa: S603
            [sys.executable, *command, *sizes],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=options.timeout,
        )
    except subprocess.TimeoutExpired:
        print(f"FAILED {method}: not done after {options.timeout} s", flush=True)
        return None
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or [f"exit status {done.returncode}"])[-1]
        print(f"FAILED {method}: {reason}", flush=True)
        return None
    result = json.loads(done.stdout.strip().splitlines()[-1])
    print(f"{method} {result['seconds']:.2f} s", file=sys.stderr)
    return result


# ---------------------------------------------------------------- commands
def compare(options):
    """Run rounds of all methods, one after the other."""
    methods = [m for m in options.methods if options.outputs == 1 or m not in ONE_OUTPUT]
    results = []
    with tempfile.TemporaryDirectory() as name:
        folder = _save(Path(name), options.rows, options)
        for round_ in range(options.repeat):
            for method in methods:
                if method in ONCE and round_:
                    continue
                result = run_child(method, folder, options)
                if result is not None:
                    results.append({"round": round_, "method": method, **result})
    _print_comparison(methods, results, options)
    return results


def _print_comparison(methods, results, options):
    input_bytes = options.rows * options.columns * 4
    rounds = {m: {r["round"]: r for r in results if r["method"] == m} for m in methods}
    ours = rounds.get("ours", {})
    rows = []
    for method in (m for m in methods if rounds[m]):
        own = list(rounds[method].values())
        seconds = [r["seconds"] for r in own]
        parts = "  ".join(f"{p} {_median(r['parts'][p] for r in own):.2f}" for p in own[0]["parts"])
        warm = own[1:] or own
        loss = own[-1]["loss"]
        rows.append(
            [
                method,
                f"{np.median(seconds):.2f}",
                f"{min(seconds):.2f}",
                _ratio(rounds[method], ours),
                "" if loss is None else f"{loss:.6f}",
                f"{_median(r['extra_bytes'] for r in own) / MEGABYTE:.0f}",
                f"{_median(r['extra_bytes'] for r in own) / input_bytes:.2f}",
                f"{own[0]['first_call']:.1f}",
                f"{_median(r['first_call'] for r in warm):.1f}",
                parts,
            ]
        )
    header = ["method", "seconds", "least", "times ours", "loss", "extra MB", "of input"]
    header += ["first call, round 1", "later", "parts"]
    title = (
        f"{options.rows:,} x {options.columns} float32, {options.outputs} output(s), "
        f"{options.leaves} leaves, {options.threads} thread(s), {options.repeat} round(s); medians"
    )
    print_table(title, header, rows)


def _ratio(own, ours):
    if not ours:
        return ""
    if len(own) == 1:  # measured once: against the median of ours
        return f"{own[0]['seconds'] / _median(r['seconds'] for r in ours.values()):.2f}"
    pairs = [own[r]["seconds"] / ours[r]["seconds"] for r in own if r in ours]
    spread = f" ({min(pairs):.2f}-{max(pairs):.2f})" if len(pairs) > 1 else ""
    return f"{np.median(pairs):.2f}{spread}"


def _median(values):
    return float(np.median(list(values)))


def scale(options):
    """Seconds of ours at growing sizes, and the ratio of seconds to the ratio of rows."""
    best: dict[int, list] = {size: [] for size in options.sizes}
    with tempfile.TemporaryDirectory() as name:
        folders = {s: _save(Path(name) / str(s), s, options) for s in options.sizes}
        for _ in range(options.repeat):
            for size in options.sizes:
                best[size].append(run_child("ours", folders[size], options))
    rows, before = [], None
    for size in options.sizes:
        own = [r for r in best[size] if r is not None]
        seconds, extra = min(r["seconds"] for r in own), _median(r["extra_bytes"] for r in own)
        times = "" if before is None else f"{size / before[0]:.1f}"
        slower = "" if before is None else f"{seconds / before[1]:.2f}"
        of_input = f"{extra / (size * options.columns * 4):.2f}"
        rows.append([f"{size:,}", f"{seconds:.3f}", times, slower, of_input])
        before = (size, seconds)
    header = ["rows", "least seconds", "times the rows", "times the seconds", "memory of input"]
    print_table(f"Scaling of ours, {options.outputs} output(s)", header, rows)
    return [{"rows": size, **r} for size in options.sizes for r in best[size] if r is not None]


def _save(folder, n_rows, options):
    folder.mkdir(exist_ok=True)
    X, P = make_rows(n_rows, options.columns, options.outputs)
    np.save(folder / "X.npy", X)
    np.save(folder / "P.npy", P)
    return folder


def main():
    """Run the benchmark and print its table."""
    if sys.argv[1:2] in (["logistic"], ["svm"]):
        from benchmarks import _speed_linear

        _speed_linear.main()
        return
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    tree = commands.add_parser("tree", help="grow one tree")
    tree.add_argument("--rows", type=int, default=1_000_000)
    tree.add_argument("--columns", type=int, default=30)
    tree.add_argument("--outputs", type=int, default=1)
    tree.add_argument("--repeat", type=int, default=3)
    tree.add_argument("--methods", nargs="*", choices=METHODS, default=list(METHODS))
    tree.add_argument("--scaling", action="store_true")
    tree.add_argument("--sizes", nargs="*", type=int, default=[100_000, 1_000_000, 3_000_000])
    tree.add_argument("--timeout", type=float, default=300.0, help="most seconds of a process")
    tree.add_argument("--out", type=Path)
    child = commands.add_parser("measure", help="one fit in this process; used by the others")
    child.add_argument("--method", choices=METHODS, required=True)
    child.add_argument("--folder", required=True)
    for command in (tree, child):
        command.add_argument("--leaves", type=int, default=32)
        command.add_argument("--threads", type=int, default=os.cpu_count())
    options = parser.parse_args()
    if options.command == "measure":
        measure(options)
        return
    print_header(f"benchmarks.speed {' '.join(sys.argv[1:])}")
    results = scale(options) if options.scaling else compare(options)
    if options.out:
        write_rows(options.out, [{**r, "parts": json.dumps(r["parts"])} for r in results])


if __name__ == "__main__":
    main()

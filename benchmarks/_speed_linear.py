"""Speed and memory of linear models on soft targets, against scikit-learn on repeated rows.

    python -m benchmarks.speed logistic [--rows 200000] [--columns 50] [--outputs 2 8] [--repeat 3]
    python -m benchmarks.speed svm      [--loss hinge] [--threads N] [--methods ...] [--out FILE]

Data: correlated normal columns in float64, and probabilities of K classes with interactions that no
linear model can follow. Methods of `logistic`, all L2 with C = 1:

    ours              `interpkd.learners.fit_soft_logistic`
    lbfgs             `LogisticRegression(tol=1e-6)` on every row repeated once per class
    newton-cholesky   the same with that solver, for two classes

and of `svm`, all squared hinge with C = 1, one class against the rest:

    ours              `interpkd.learners.fit_soft_svm`
    LinearSVC         every row as positive and as negative, one fit per class, default tolerance
    LinearSVC 1e-6    the same with tol=1e-6

For two classes `svm` compares the plain hinge too, where LinearSVC is stopped after 20 sweeps:

    ours              `interpkd.learners.fit_soft_svm(loss="hinge")`, the exact minimum
    LinearSVC 20      every row as positive and as negative, max_iter=20; see how far it is above

Seconds are those of the fit; those of repeating the rows are shown apart and are not in the ratios.
Memory is the peak of both, less what was resident with the data loaded. The excess is how far the
objective, divided by the weight of all rows, is above that of the best method. Every fit runs in a
process of its own, after one on a small sample; ratios are taken within rounds.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks._printing import print_header, print_table, write_rows

WARM_UP_ROWS = 20_000  # enough for threads, and so for all imports
MEGABYTE = 1e6


# ---------------------------------------------------------------- data
def make_rows(n_rows, n_columns, n_classes):
    """Make correlated rows, and soft targets that no linear model can follow."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((n_rows, n_columns))
    X += 0.7 * rng.standard_normal((n_rows, 1))
    logits = X @ rng.normal(scale=0.2, size=(n_columns, n_classes))
    logits += 0.7 * X[:, :n_classes] * X[:, n_classes : 2 * n_classes]
    P = np.exp(logits - logits.max(axis=1, keepdims=True))
    return X, P / P.sum(axis=1, keepdims=True)


# ---------------------------------------------------------------- methods
# Each takes X and P, and gives coefficients, intercepts, and seconds of repeating and fitting.
def fit_ours(command, X, P):
    """Fit with the package's learner."""
    from functools import partial

    from interpkd.learners import fit_soft_logistic, fit_soft_svm, use_threads

    fit = fit_soft_logistic if command == "logistic" else partial(fit_soft_svm, loss=command)
    start = time.perf_counter()
    with use_threads(int(os.environ["OMP_NUM_THREADS"])):
        model = fit(X, P, np.ones(len(X)))
    return model.coef, model.intercept, 0.0, time.perf_counter() - start


def fit_logistic(X, P, solver):
    """Fit scikit-learn's logistic regression to every row once per class."""
    from sklearn.linear_model import LogisticRegression

    n, K = P.shape
    start = time.perf_counter()
    repeated = np.repeat(X, K, axis=0)
    labels, weights = np.tile(np.arange(K), n), P.ravel()
    middle = time.perf_counter()
    model = LogisticRegression(solver=solver, tol=1e-6, max_iter=1000)
    model.fit(repeated, labels, sample_weight=weights)
    end = time.perf_counter()
    return model.coef_, model.intercept_, middle - start, end - middle


def fit_svm(X, P, tol, *, loss="squared_hinge", max_iter=10_000):
    """Fit scikit-learn's LinearSVC to every row as positive and as negative, class by class."""
    import warnings

    from sklearn.svm import LinearSVC

    warnings.filterwarnings("ignore", "Liblinear failed to converge")  # the excess shows it

    start = time.perf_counter()
    repeated, labels = np.repeat(X, 2, axis=0), np.tile([0, 1], len(X))
    middle = time.perf_counter()
    models = []
    for p in P.T[1:] if P.shape[1] == 2 else P.T:
        weights = np.column_stack([1 - p, p]).ravel()
        model = LinearSVC(loss=loss, tol=tol, max_iter=max_iter, random_state=0)
        models.append(model.fit(repeated, labels, sample_weight=weights))
    end = time.perf_counter()
    coef = np.vstack([model.coef_ for model in models])
    intercept = np.concatenate([model.intercept_ for model in models])
    return coef, intercept, middle - start, end - middle


METHODS = {
    "logistic": {
        "ours": lambda X, P: fit_ours("logistic", X, P),
        "lbfgs": lambda X, P: fit_logistic(X, P, "lbfgs"),
        "newton-cholesky": lambda X, P: fit_logistic(X, P, "newton-cholesky"),
    },
    "squared_hinge": {
        "ours": lambda X, P: fit_ours("squared_hinge", X, P),
        "LinearSVC": lambda X, P: fit_svm(X, P, 1e-4),
        "LinearSVC 1e-6": lambda X, P: fit_svm(X, P, 1e-6),
    },
    "hinge": {
        "ours": lambda X, P: fit_ours("hinge", X, P),
        "LinearSVC 20": lambda X, P: fit_svm(X, P, 1e-4, loss="hinge", max_iter=20),
    },
}
LOSSES = {"logistic": ("logistic",), "svm": ("squared_hinge", "hinge")}
TWO_CLASSES = ("newton-cholesky",)


def objective(loss, X, P, coef, intercept):
    """Give what all methods minimise, per row, for C = 1."""
    Z = X @ coef.T + intercept
    if loss != "logistic":
        p, power = P[:, 1:] if P.shape[1] == 2 else P, 2 if loss == "squared_hinge" else 1
        losses = p * np.maximum(1 - Z, 0) ** power + (1 - p) * np.maximum(1 + Z, 0) ** power
        return float(losses.sum() + (np.sum(coef**2) + np.sum(intercept**2)) / 2) / len(X)
    if len(coef) == 1:
        Z = np.hstack([np.zeros_like(Z), Z])
    Z -= Z.max(axis=1, keepdims=True)
    losses = np.log(np.exp(Z).sum(axis=1)) - (P * Z).sum(axis=1)
    return float(losses.sum() + np.sum(coef**2) / 2) / len(X)


# ---------------------------------------------------------------- one fit in its own process
def measure(options):
    """Fit one method and print its figures as JSON; runs in a process of its own."""
    from benchmarks.speed import _peak, _reset_peak

    fit = METHODS[options.loss][options.method]
    X, P = np.load(options.folder / "X.npy"), np.load(options.folder / "P.npy")
    fit(X[:WARM_UP_ROWS], P[:WARM_UP_ROWS])
    before = _reset_peak()
    coef, intercept, repeating, seconds = fit(X, P)
    figures = {"seconds": seconds, "repeating": repeating, "extra_bytes": _peak() - before}
    figures["objective"] = objective(options.loss, X, P, coef, intercept)
    print(json.dumps(figures))


def run_child(method, folder, loss, options):
    """Measure one method in a new process."""
    threads = str(options.threads)
    names = ("OMP_NUM_THREADS", "NUMBA_NUM_THREADS", "OPENBLAS_NUM_THREADS")
    command = ["-m", "benchmarks.speed", options.command, "--loss", loss, "--method", method]
    done = subprocess.run(  # noqa: S603
        [sys.executable, *command, "--folder", str(folder)],
        env=os.environ | dict.fromkeys(names, threads),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        print(f"FAILED {method}: {done.stderr.strip().splitlines()[-1]}", flush=True)
        return None
    result = json.loads(done.stdout.strip().splitlines()[-1])
    print(f"{method} {result['seconds']:.2f} s", file=sys.stderr)
    return result


# ---------------------------------------------------------------- commands
def compare(n_classes, loss, options):
    """Run rounds of all methods, one after the other, and print their table."""
    methods = [m for m in METHODS[loss] if not options.methods or m in options.methods]
    methods = [m for m in methods if n_classes == 2 or m not in TWO_CLASSES]
    results = []
    with tempfile.TemporaryDirectory() as name:
        X, P = make_rows(options.rows, options.columns, n_classes)
        np.save(Path(name) / "X.npy", X)
        np.save(Path(name) / "P.npy", P)
        del X, P
        for round_ in range(options.repeat):
            for method in methods:
                figures = run_child(method, name, loss, options)
                if figures is not None:
                    key = {"round": round_, "classes": n_classes, "loss": loss, "method": method}
                    results.append(key | figures)
    _print_comparison(methods, results, n_classes, loss, options)
    return results


def _print_comparison(methods, results, n_classes, loss, options):
    best = min(r["objective"] for r in results)
    rounds = {m: {r["round"]: r for r in results if r["method"] == m} for m in methods}
    ours, rows = rounds.get("ours", {}), []
    for method in (m for m in methods if rounds[m]):
        own = rounds[method]
        rows.append(
            [
                method,
                f"{np.median([r['seconds'] for r in own.values()]):.2f}",
                _ratio(own, ours, "seconds"),
                f"{np.median([r['repeating'] for r in own.values()]):.2f}",
                f"{np.median([r['extra_bytes'] for r in own.values()]) / MEGABYTE:.0f}",
                _ratio(own, ours, "extra_bytes"),
                f"{max(r['objective'] for r in own.values()) - best:.1e}",
            ]
        )
    header = ["method", "seconds", "times ours", "repeating", "extra MB", "times ours", "excess"]
    title = (
        f"{options.command} ({loss}): {options.rows:,} x {options.columns} float64, {n_classes} classes, "
        f"{options.threads} thread(s), {options.repeat} round(s); medians (least-most)"
    )
    print_table(title, header, rows)


def _ratio(own, ours, key):
    pairs = [own[r][key] / ours[r][key] for r in own if r in ours]
    if not pairs:
        return ""
    return f"{np.median(pairs):.2f} ({min(pairs):.2f}-{max(pairs):.2f})"


def main():
    """Run the benchmark and print its tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("command", choices=LOSSES)
    parser.add_argument("--loss", choices=METHODS, help="only this one")
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--columns", type=int, default=50)
    parser.add_argument("--outputs", nargs="*", type=int, default=[2, 8], help="classes")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--methods", nargs="*")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--method", help="one fit in this process; used by the others")
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    if options.method:
        measure(options)
        return
    print_header(f"benchmarks.speed {' '.join(sys.argv[1:])}")
    results = []
    for loss in [options.loss] if options.loss else LOSSES[options.command]:
        for n_classes in [K for K in options.outputs if K == 2 or loss != "hinge"]:
            results += compare(n_classes, loss, options)
    if options.out:
        write_rows(options.out, results)

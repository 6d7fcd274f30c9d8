"""Seconds per stage, from a large table to a student, on the GPU and on the CPU.

    python -m benchmarks.gpu [--rows 1000000] [--columns 50] [--score-rows 5000000]
                             [--teachers boosted neural] [--devices cuda cpu] [--epochs N]

For each teacher and device: train it on `--rows` rows, score `--score-rows` rows with it, and
distil a tree of 16 leaves and a logistic regression from it, frozen, on the training rows; their
time holds the teacher's answers to the training rows and to the generated ones. Without CUDA the
CPU's column stands alone, and the output says so.

Data: normal float32 columns and a label drawn from a probability with interactions. "Right" is
the teacher's accuracy on 100,000 further rows, "agree" how often a student decides as it does.
The students always run on the CPU. Libraries are imported, and CUDA is started, on 2,000 rows
before the clock runs; early stopping, RealMLP's fewer epochs on many rows, and the copy of rows
to the GPU and of answers back are in the seconds.
"""

from __future__ import annotations

import argparse
import time
from datetime import UTC, datetime

import numpy as np
from sklearn.frozen import FrozenEstimator

from benchmarks._printing import print_header, print_table
from benchmarks.speed import make_rows
from interpkd import DistilledLogisticRegression, DistilledTreeClassifier
from interpkd.exceptions import InvalidInputError
from interpkd.teachers import make_teacher

WARM_UP_ROWS = 2_000
CHECK_ROWS = 100_000
STAGES = ("train the teacher", "score rows", "distil a tree", "distil a logistic regression")


def labelled_rows(n_rows, n_columns, seed):
    """Make normal rows, and labels drawn from their probabilities."""
    X, P = make_rows(n_rows, n_columns, 1)
    return X, (np.random.default_rng(seed).random(n_rows) < P[:, 0]).astype(np.int64)


def new_teacher(kind, device, epochs):
    """Make an unfitted teacher; raise InvalidInputError where there is no such device."""
    teacher = make_teacher(kind, device=device, random_state=0)
    if kind == "neural" and epochs is not None:
        teacher.set_params(model__n_epochs=epochs)
    return teacher


def run(kind, device, data, epochs):
    """Time every stage of one teacher on one device; give seconds and figures of quality."""
    X, y, X_score, X_check, y_check = data
    rehearse(kind, device, X[:WARM_UP_ROWS], y[:WARM_UP_ROWS])
    seconds = {}
    teacher = new_teacher(kind, device, epochs)
    seconds[STAGES[0]] = timed(lambda: teacher.fit(X, y))
    seconds[STAGES[1]] = timed(lambda: teacher.predict_proba(X_score))
    frozen = FrozenEstimator(teacher)
    decided = teacher.predict(X_check)
    quality = [f"right {np.mean(decided == y_check):.3f}"]
    students = (
        DistilledTreeClassifier(frozen, max_leaf_nodes=16, random_state=0),
        DistilledLogisticRegression(frozen, random_state=0),
    )
    for stage, student in zip(STAGES[2:], students, strict=True):
        seconds[stage] = timed(lambda student=student: student.fit(X))
        quality.append(f"agree {np.mean(student.predict(X_check) == decided):.3f}")
    return seconds, [quality[0], "", *quality[1:]]


def rehearse(kind, device, X, y):
    """Import libraries, start CUDA and compile, outside the measured time."""
    teacher = new_teacher(kind, device, 1).fit(X, y)
    frozen = FrozenEstimator(teacher)
    DistilledTreeClassifier(frozen, max_leaf_nodes=16, random_state=0).fit(X)
    DistilledLogisticRegression(frozen, random_state=0).fit(X)


def timed(action):
    """Give the seconds that an action takes."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def device_names(devices):
    """Give the names of the devices, None for one that is not there."""
    import torch

    there = torch.cuda.is_available()
    names = {"cpu": "CPU", "cuda": torch.cuda.get_device_name() if there else None}
    return {device: names[device] for device in devices}


def print_results(kind, results, args):
    """Print one table: a row per stage, a column per device, and how many times faster."""
    devices = [*results]
    header = [kind, *(f"{device}, s" for device in devices)]
    both = len(devices) == 2
    header += ["cpu / cuda"] if both else []
    header += devices if both else ["quality"]
    rows = []
    for i, stage in enumerate(STAGES):
        seconds = [results[device][0][stage] for device in devices]
        row = [stage, *(f"{value:.2f}" for value in seconds)]
        if both:
            by_device = dict(zip(devices, seconds, strict=True))
            row.append(f"{by_device['cpu'] / by_device['cuda']:.1f}")
        rows.append([*row, *(results[device][1][i] for device in devices)])
    size = f"{args.rows:,} x {args.columns} to learn from, {args.score_rows:,} rows to score"
    print_table(f"{kind}: {size}", header, rows)


def main(arguments=None):
    """Run the teachers on the devices that are there."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--columns", type=int, default=50)
    parser.add_argument("--score-rows", type=int, default=5_000_000)
    parser.add_argument("--teachers", nargs="+", default=["boosted", "neural"])
    parser.add_argument("--devices", nargs="+", default=["cuda", "cpu"], choices=["cuda", "cpu"])
    parser.add_argument("--epochs", type=int, default=None, help="of the neural teacher")
    args = parser.parse_args(arguments)

    print_header("benchmarks.gpu")
    names = device_names(args.devices)
    print(f"{datetime.now(UTC):%Y-%m-%d}, " + ", ".join(filter(None, names.values())), flush=True)
    X, y = labelled_rows(args.rows + CHECK_ROWS, args.columns, seed=1)
    X_score = np.random.default_rng(2).standard_normal((args.score_rows, args.columns), np.float32)
    data = X[: args.rows], y[: args.rows], X_score, X[args.rows :], y[args.rows :]
    for kind in args.teachers:
        results = {}
        for device in args.devices:
            try:
                new_teacher(kind, device, args.epochs)
            except InvalidInputError as error:
                print(f"\n{kind}, {device}: left out. {error}", flush=True)
                continue
            results[device] = run(kind, device, data, args.epochs)
        if results:
            print_results(kind, results, args)


if __name__ == "__main__":
    main()

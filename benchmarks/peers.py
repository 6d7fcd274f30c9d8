"""Fidelity of our students and of every peer that can be installed: leaves, teachers, data sets.

    python -m benchmarks.peers --rows ROWS.csv [--work FOLDER] [--data DIR | --fetch [NAMES]]
                               [--datasets ...] [--teachers xgb rf mlp] [--leaves 8 16 32]
                               [--seeds 0 1] [--peers ...] [--cap SECONDS]
    python -m benchmarks.peers --rows ROWS.csv --work FOLDER --from-tasks --peers imodels_figs ...
    python -m benchmarks.peers --table ROWS.csv [...] --work FOLDER --out docs/benchmarks/peers.txt
                               [--readme README.md]

Data, splits and teachers are those of `benchmarks.fidelity`: scikit-learn's bundled sets by
default, a folder with a catalogue, or what `interpkd.datasets` fetches. A row is written per fit as
soon as it is done; finished ones are skipped, so that the command can be stopped and started. With
`--from-tasks` the tasks are read from the folder that an earlier run wrote: a peer that needs other
versions of libraries runs there from its own environment, into a file of rows of its own, and
interpkd need not be installed in it.

Everything is measured on the test rows. *Agreement*: share of equal decisions of student and
teacher. *KL*: of the teacher's probabilities to the student's, in nats, the student's clipped at
1e-3. *Decision AUC*: area under the curve of the student's score for the teacher's decision, of
several classes one against the rest. *R2*: the share of the variance of the teacher's predictions
that the student gives. Accuracy, AUC and true R2 are against the labels.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import pandas as pd

from benchmarks._peers_foreign import FOREIGN
from benchmarks._peers_methods import METHODS
from benchmarks._peers_runner import Rows, run_task
from benchmarks._peers_tasks import make_task, read_tasks

ALL = METHODS | FOREIGN
TEACHERS = ("xgb", "rf", "mlp")
CAP = 120.0
"""Processor seconds after which a fit is stopped."""


def run(options):
    """Fit what is not finished, seed by seed and data set by data set."""
    methods = {name: ALL[name] for name in options.peers}
    rows = Rows(options.rows)
    for task in _tasks(options):
        before = len(rows.finished)
        run_task(task, methods, options.leaves, rows, cap=options.cap)
        new = len(rows.finished) - before
        print(f"{task.key}: {new} fits", file=sys.stderr, flush=True)


def _tasks(options):
    if options.from_tasks:
        for task in read_tasks(options.work):
            if _is_wanted(options, task.dataset, task.seed, task.teacher):
                yield task
        return
    from benchmarks._protocol import fit_teacher, split

    data = list(_data(options))
    for seed in options.seeds:
        for one in data:
            if not options.datasets or one.name in options.datasets:
                parts = split(one, seed)
                for teacher in options.teachers:
                    yield make_task(options.work, parts, teacher, fit_teacher)


def _is_wanted(options, dataset, seed, teacher):
    is_named = not options.datasets or dataset in options.datasets
    return is_named and seed in options.seeds and teacher in options.teachers


def _data(options):
    from benchmarks import _protocol

    if options.data is not None:
        return _protocol.catalogued_data(options.data)
    if options.fetch is not None:
        from interpkd.exceptions import FetchError

        try:
            return list(_protocol.fetched_data(options.fetch or None))
        except FetchError as error:
            sys.exit(str(error))
    return _protocol.bundled_data()


def tables(options):
    """Write the tables of files of rows."""
    from benchmarks._peers_readme import write_readme
    from benchmarks._peers_tables import write_tables

    results = pd.concat([pd.read_csv(path) for path in options.table], ignore_index=True)
    names = " ".join(path.name for path in options.table)
    command = f"benchmarks.peers --table {names} --work {options.work.name} --out {options.out}"
    write_tables(results, options.work, options.out, command)
    if options.readme:
        write_readme(results, options.readme)


def main():
    """Run the benchmark, or print its tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=Path, help="CSV file of rows, appended to")
    parser.add_argument("--work", type=Path, default=Path("peers-work"), help="tasks and answers")
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--data", type=Path, help="folder with datasets.json")
    source.add_argument("--fetch", nargs="*", help="data sets of interpkd.datasets; no names: all")
    source.add_argument("--from-tasks", action="store_true", help="only what --work holds")
    parser.add_argument("--datasets", nargs="*", help="only these")
    parser.add_argument("--teachers", nargs="*", choices=TEACHERS, default=TEACHERS)
    parser.add_argument("--leaves", nargs="*", type=int, default=[8, 16, 32])
    parser.add_argument("--seeds", nargs="*", type=int, default=[0, 1])
    parser.add_argument("--peers", nargs="*", choices=ALL, default=list(METHODS))
    parser.add_argument("--cap", type=float, default=CAP, help="processor seconds a fit may take")
    parser.add_argument("--table", nargs="*", type=Path, help="only write the tables of these rows")
    parser.add_argument("--out", type=Path, help="file of the tables; a second one has the sets")
    parser.add_argument("--readme", type=Path, help="also write the short table into this file")
    options = parser.parse_args()
    if options.table:
        tables(options)
    elif options.rows is None:
        parser.error("--rows FILE is needed to run, --table FILE to print")
    else:
        run(options)


if __name__ == "__main__":
    main()

"""How often does what we state hold? Coverage of every interval and bound, by simulation.

    python -m benchmarks.coverage [--sets 2000] [--families intervals] [--jobs 1] [--out FILE]

Data sets are drawn from populations whose true scores are known; each is measured exactly as
`fidelity_report` does. A nominal 95 % interval must hold the truth in 95 % of them. Each family of
statements is a module with a `run(n_sets, n_jobs)` that prints its tables and gives their rows.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import time
from pathlib import Path

from benchmarks import (
    _coverage_explanations,
    _coverage_groups,
    _coverage_intervals,
    _coverage_segments,
)
from benchmarks._printing import print_header

FAMILIES = {
    "intervals": _coverage_intervals.run,
    "others": _coverage_explanations.run,
    "segments": _coverage_segments.run,
    "groups": _coverage_groups.run,
}


def main():
    """Run the simulations and print, or write, their tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sets", type=int, default=2000, help="data sets per line")
    parser.add_argument("--families", nargs="*", choices=list(FAMILIES), default=list(FAMILIES))
    parser.add_argument(
        "--jobs", type=int, default=1, help="processes; results do not depend on it"
    )
    parser.add_argument("--out", type=Path, help="file of the tables; printed if left out")
    options = parser.parse_args()
    with contextlib.ExitStack() as stack:
        if options.out is not None:
            file = stack.enter_context(options.out.open("w", encoding="utf-8"))
            stack.enter_context(contextlib.redirect_stdout(file))
        print_header(f"benchmarks.coverage {' '.join(sys.argv[1:])}".rstrip())
        for name in options.families:
            start = time.perf_counter()
            FAMILIES[name](options.sets, options.jobs)
            minutes = (time.perf_counter() - start) / 60
            print(f"{name}: {minutes:.0f} minutes, {options.jobs} jobs")


if __name__ == "__main__":
    main()

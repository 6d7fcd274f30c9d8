"""What every benchmark prints: where it ran, and aligned tables."""

from __future__ import annotations

import csv
import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

LIBRARIES = (
    *("interpkd", "numpy", "scikit-learn", "numba", "xgboost-cpu", "xgboost", "lightgbm"),
    *("torch", "pytabkit"),
)


def print_header(command, libraries=LIBRARIES):
    """Print the command, the machine and the versions, so that a figure can be traced."""
    print(f"$ python -m {command}")
    print(f"{os.cpu_count()} cores, {_processor()}, Python {platform.python_version()}")
    if libraries:
        print(", ".join(f"{name} {number}" for name, number in _versions(libraries)), flush=True)


def print_table(title, header, rows):
    """Print rows of texts under a header; numbers line up on the right, names on the left."""
    print(f"\n{title}\n")
    widths = [max(len(str(row[i])) for row in [header, *rows]) for i in range(len(header))]
    for row in [header, ["-" * width for width in widths], *rows]:
        first = str(row[0]).ljust(widths[0])
        rest = [str(cell).rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        print("  ".join([first, *rest]).rstrip())
    print(flush=True)


def write_rows(path, rows):
    """Write dictionaries as CSV; the columns are the keys of all, in order of appearance."""
    fields = list(dict.fromkeys(key for row in rows for key in row))
    with Path(path).open("w", newline="") as file:
        writer = csv.DictWriter(file, fields)
        writer.writeheader()
        writer.writerows(rows)


def _processor():
    information = Path("/proc/cpuinfo")
    if information.exists():
        for line in information.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def _versions(libraries):
    for name in libraries:
        try:
            yield name, version(name)
        except PackageNotFoundError:
            continue

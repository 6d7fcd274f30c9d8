"""What an installation takes: packages, their sizes, and how long the import takes.

    python -m benchmarks.footprint [--extras demo] [--rounds 15] [--out FILE]

The checkout and all that it depends on are first gathered as wheels, then installed from there, with
no index, into a virtual environment that held nothing but pip. Sizes are those of the files that
each package has put there, compiled modules and bytecode included (1 MB = 1,000,000 bytes). Then
the same is done with each of `--extras`.

Imports are timed in that environment, of the core alone. Each is the first thing that a process of
its own does, and its time is taken inside, so that the start of Python does not count. In every round
all statements are timed, one after the other, in an order that changes; the first round, which finds
nothing in the cache of files, does not count. The ratio to `import sklearn` is taken within a round;
shown are the median and the range of the rounds.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

from benchmarks._printing import print_header, print_table

BASE = "import sklearn"
STATEMENTS = (
    BASE,
    "import sklearn.ensemble, sklearn.linear_model, sklearn.tree",
    "import interpkd",
    "from interpkd import DistilledTreeClassifier",
    "from interpkd import DistilledTreeClassifier, fidelity_report",
    "from interpkd import *",
)
AIM = 1.5
SMALL = 1_000_000  # bytes; smaller packages are shown as one line
TIMED = """
import sys, time
wall, cpu = time.perf_counter(), time.process_time()
exec(sys.argv[1], {})
print(time.perf_counter() - wall, time.process_time() - cpu)
"""
LISTED = """
import json
from importlib.metadata import distributions
found = []
for one in distributions():
    files = [one.locate_file(file) for file in one.files or ()]
    sizes = {str(file.resolve()): file.stat().st_size for file in files if file.is_file()}
    found.append((one.metadata["Name"], one.version, sum(sizes.values())))
print(json.dumps(found))
"""


def gather(folder, extra):
    """Make wheels of the checkout with an extra and of all it depends on; give their bytes."""
    wanted = f".[{extra}]" if extra else "."
    pip(sys.executable, "wheel", "--wheel-dir", folder, wanted)
    return sum(file.stat().st_size for file in folder.iterdir())


def install(folder, wheels, extra):
    """Install from the wheels alone into a new environment; give its Python."""
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)  # noqa: S603
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    wanted = f"interpkd[{extra}]" if extra else "interpkd"
    pip(python, "install", "--pre", "--no-index", "--find-links", wheels, wanted)
    return python


def pip(python, command, *arguments):
    """Run pip, and say what it said where it fails."""
    call = [python, "-m", "pip", "--disable-pip-version-check", command, "--quiet", *arguments]
    run = subprocess.run(call, check=False, capture_output=True, text=True)  # noqa: S603
    if run.returncode:
        sys.exit(run.stdout + run.stderr)


def asked(python, code, *arguments):
    """Run code away from the checkout, and give what it printed."""
    settings = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    call = [python, "-c", code, *arguments]
    run = subprocess.run(  # noqa: S603
        call, capture_output=True, text=True, check=True, cwd=python.parent, env=settings
    )
    return run.stdout


def packages_of(python):
    """List name, version and bytes of what is installed beside pip, the largest first."""
    found = [
        one for one in json.loads(asked(python, LISTED)) if one[0] not in ("pip", "setuptools")
    ]
    return sorted(found, key=lambda one: -one[2])


def show_packages(packages, n_bytes):
    """Print the sizes of an installation, the largest package first."""
    large = [one for one in packages if one[2] >= SMALL]
    rows = [[name, version, megabytes(size)] for name, version, size in large]
    rest = [one[2] for one in packages if one[2] < SMALL]
    rows += [[f"{len(rest)} smaller ones", "", megabytes(sum(rest))]] if rest else []
    rows += [["together", "", megabytes(sum(one[2] for one in packages))]]
    title = f"core: {len(packages)} packages, {megabytes(n_bytes)} MB of wheels to fetch"
    print_table(title, ["package", "version", "MB"], rows)


def show_extras(core, extras):
    """Print what extras add to the core."""
    names = {name for name, _, _ in core}
    size = sum(one[2] for one in core)
    rows = []
    for extra, packages in extras.items():
        more = sum(one[2] for one in packages) - size
        new = [name for name, _, _ in packages if name not in names]
        rows.append([extra, megabytes(more), ", ".join(new)])
    print_table("what extras add", ["extra", "MB", "packages"], rows)


def time_imports(python, n_rounds):
    """Time the statements in rounds; give (wall, CPU) seconds per statement and round."""
    seconds = {statement: [] for statement in STATEMENTS}
    for i in range(n_rounds + 1):
        turn = i % len(STATEMENTS)
        for statement in (*STATEMENTS[turn:], *STATEMENTS[:turn]):
            told = tuple(map(float, asked(python, TIMED, statement).split()))
            if i:
                seconds[statement].append(told)
    return seconds


def show_imports(seconds):
    """Print the table of imports; give the median ratio of `import interpkd`."""
    rows, ratios = [], {}
    for statement, taken in seconds.items():
        against = [own[0] / base[0] for own, base in zip(taken, seconds[BASE], strict=True)]
        ratios[statement] = median(against)
        rows.append(
            [
                statement,
                f"{median(wall for wall, _ in taken):.3f}",
                f"{median(cpu for _, cpu in taken):.3f}",
                f"{median(against):.2f} ({min(against):.2f}-{max(against):.2f})",
            ]
        )
    title = f"imports, {len(seconds[BASE])} rounds"
    print_table(title, ["statement", "seconds", "CPU seconds", f"times `{BASE}`"], rows)
    return ratios["import interpkd"]


def megabytes(n_bytes):
    """Write bytes as megabytes."""
    return f"{n_bytes / 1e6:,.1f}"


def measure(chosen):
    """Install, list and time; print it all."""
    options = "" if chosen.rounds == 15 else f" --rounds {chosen.rounds}"
    options += f" --extras {' '.join(chosen.extras)}" if chosen.extras else ""
    options += f" --out {chosen.out}" if chosen.out else ""
    print_header(f"benchmarks.footprint{options}", libraries=())
    with tempfile.TemporaryDirectory() as work:
        wheels = Path(work, "wheels-core")
        wheels.mkdir()
        n_bytes = gather(wheels, None)
        python = install(Path(work, "core"), wheels, None)
        core = packages_of(python)
        show_packages(core, n_bytes)
        extras = {}
        for extra in chosen.extras:
            gather(wheels, extra)
            extras[extra] = packages_of(install(Path(work, extra), wheels, extra))
        if extras:
            show_extras(core, extras)
        ratio = show_imports(time_imports(python, chosen.rounds))
    verdict = "reached" if ratio <= AIM else "NOT reached"
    print(f"`import interpkd` in at most {AIM} times `{BASE}`: {verdict}, {ratio:.2f}")


def main(arguments=None):
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.footprint",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--extras", nargs="*", default=[], help="extras to add up beside the core")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--out", type=Path, help="file of the tables; printed if left out")
    chosen = parser.parse_args(arguments)
    with contextlib.ExitStack() as stack:
        if chosen.out:
            file = stack.enter_context(chosen.out.open("w"))
            stack.enter_context(contextlib.redirect_stdout(file))
        measure(chosen)


if __name__ == "__main__":
    main()

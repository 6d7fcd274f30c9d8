"""Regenerate the table of teachers in docs/teachers.md, by running every cell for real.

    python docs/make_teachers_table.py

The rows are those of tests/teachers/test_matrix.py. Needs the `test` extra; rows whose library is
not installed say so.
"""

import importlib.metadata
import importlib.util
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "teachers.md"
BEGIN, END = "<!-- table: begin -->", "<!-- table: end -->"
DISTRIBUTIONS = {"xgboost": ("xgboost", "xgboost-cpu")}


def load_matrix():
    """Load the test module from its file; tests are no package."""
    path = ROOT / "tests" / "teachers" / "test_matrix.py"
    spec = importlib.util.spec_from_file_location("teachers_matrix", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules["teachers_matrix"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def installed_version(library):
    for name in DISTRIBUTIONS.get(library, (library,)):
        try:
            return importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return "not installed"


def cuda_device():
    """Give the name of the first CUDA device, None when there is none."""
    try:
        out = subprocess.run(
            ["nvidia-smi", "--query-gpu=name", "--format=csv,noheader"],  # noqa: S607
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return out.stdout.splitlines()[0].strip() or None


def outcome(matrix, row, column, notes, device="cpu"):
    """Run a cell and say what happened; the message of a refusal becomes a note."""
    if row.lacks:
        return "extra not installed"
    try:
        with matrix.quiet_library():
            matrix.run_cell(row, column, device)
    except AssertionError:
        raise  # a wrong answer is no refusal
    except Exception as error:
        message = " ".join(str(error).split())
        first = message.split(". ")[0].rstrip(".") + "."
        text = f"{type(error).__name__}: {first}".replace("|", "\\|").replace("*", "\\*")
        if text not in notes:
            notes.append(text)
        return f"refused ({notes.index(text) + 1})"
    return "tested"


def gpu_cell(matrix, row, gpu, notes):
    if row.library in {"scikit-learn", "numpy"}:
        return "CPU only"
    if gpu is None or not row.on_gpu:
        return "not run here"
    said = outcome(matrix, row, "binary", notes, device="cuda")
    return f"tested ({gpu})" if said == "tested" else said


def make_table():
    matrix = load_matrix()
    gpu, notes = cuda_device(), []
    header = ["teacher", "library", "version", *matrix.COLUMNS, "GPU"]
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    for row in matrix.ROWS:
        cells = [outcome(matrix, row, column, notes) for column in matrix.COLUMNS]
        cells.append(gpu_cell(matrix, row, gpu, notes))
        cells = [row.name, row.library, installed_version(row.library), *cells]
        lines.append("| " + " | ".join(cells) + " |")
        print(lines[-1], flush=True)  # noqa: T201
    python = ".".join(map(str, sys.version_info[:3]))
    lines += ["", f"Python {python}. Refused with:", ""]
    return "\n".join(lines + [f"{i}. `{text}`" for i, text in enumerate(notes, 1)])


if __name__ == "__main__":
    page = PAGE.read_text(encoding="utf-8")
    before, _, rest = page.partition(BEGIN)
    after = rest.partition(END)[2]
    PAGE.write_text(f"{before}{BEGIN}\n{make_table()}\n{END}{after}", encoding="utf-8")

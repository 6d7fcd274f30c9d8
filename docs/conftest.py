"""Run the documentation: every ```python and ```console block of a page, from top to bottom.

    python -m pytest docs -m docs -n auto

A page runs in a folder and a namespace of its own. What a reader has already, such as a table or a
fitted model, a comment that is not rendered makes before the block::

    % invisible-code-block: python
    % given_loans(globals())

Of a ```console block each line after "$ " runs; what it printed there is not compared. A block that
cannot run here says why, and `tests/test_docs.py` lists all of them::

    % skip: next "needs a cluster"
"""

import os
import shlex
import sys
import tempfile
from pathlib import Path

import matplotlib as mpl
import pytest
from sybil import Sybil
from sybil.integration.pytest import SybilItem
from sybil.parsers.myst import CodeBlockParser, PythonCodeBlockParser, SkipParser

sys.path.insert(0, str(Path(__file__).parent))
import page_setup

collect_ignore_glob = ["*.py", "recipes/*", "auto_examples/*", "_build/*"]
mpl.use("agg")
# A failure without a frame in the page ends the whole run in sybil 10.1 (2026-11).
SybilItem._traceback_filter = lambda _, failure: failure.traceback  # noqa: SLF001


class ConsoleBlockParser(CodeBlockParser):
    """Commands of the package, run in this process."""

    language = "console"

    def evaluate(self, example):
        for line in example.parsed.splitlines():
            if line.startswith("$ ") and (failure := run_command(line.removeprefix("$ "))):
                return failure
        return None


def run_command(line):
    """Run one command and say how it failed; refits are left out, which take a minute."""
    from click.testing import CliRunner

    from interpkd.cli import main

    program, *arguments = shlex.split(line, comments=True)
    if program != "interpkd":
        return f"only commands of interpkd run here, not {program}: skip the block, with a reason"
    if arguments[0] in {"distill", "demo"} and "--help" not in arguments:
        arguments += ["--quick", *(["--overwrite"] if arguments[0] == "distill" else [])]
    told = CliRunner().invoke(main, arguments)
    is_gate = "--fail-on" in arguments  # which may be closed
    is_comparison = arguments[0] == "diff"  # which says 1 of reports that differ
    if told.exit_code not in ({0, 1} if is_gate or is_comparison else {0}) or (
        told.exception and not isinstance(told.exception, SystemExit)
    ):
        return f"{line}\nexit code {told.exit_code}\n{told.output[-3000:]}\n{told.exception!r}"
    return None


def enter_folder(namespace):
    """Give a page an empty folder, and what its hidden blocks call; reports get no pictures."""
    import interpkd.audit._report as report

    report.draw_pictures = lambda *_: {}  # nobody sees them, and they take longest
    folder = tempfile.TemporaryDirectory(prefix="page-")
    namespace.update({"_folder": folder, "_came_from": Path.cwd(), "__name__": "page"})
    namespace.update({name: getattr(page_setup, name) for name in page_setup.__all__})
    os.chdir(folder.name)
    sys.path.insert(0, folder.name)  # pages import modules that they wrote


def leave_folder(namespace):
    """Go back, and forget what the page wrote."""
    import matplotlib.pyplot as plt

    plt.close("all")
    if "client" in namespace:  # of Dask
        namespace["client"].close()
    for name, module in list(sys.modules.items()):
        if (getattr(module, "__file__", None) or "").startswith(namespace["_folder"].name):
            del sys.modules[name]
    os.chdir(namespace["_came_from"])
    sys.path.remove(namespace["_folder"].name)
    namespace["_folder"].cleanup()
    namespace.clear()


pytest_collect_file = Sybil(
    parsers=[PythonCodeBlockParser(), ConsoleBlockParser(), SkipParser()],
    patterns=["*.md"],
    setup=enter_folder,
    teardown=leave_folder,
).pytest()


@pytest.hookimpl(tryfirst=True)  # before `-m` chooses
def pytest_collection_modifyitems(items):
    """Mark the blocks, so that they run only where they are asked for."""
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(pytest.mark.docs)
            # two pages with a client, at the same time
            item.add_marker(pytest.mark.filterwarnings("ignore:Port 8787 is already in use"))

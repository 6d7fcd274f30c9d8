"""Settings that must hold before any library is imported."""

import gc
import importlib.metadata
import importlib.util
import os
import sys
from collections.abc import Iterator

# Boosting on a hundred rows gains nothing from threads, and loses a thousandfold where they
# wait for each other on a busy machine. Processes that tests start inherit it.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import pytest

# The examples in their docstrings run a network.
collect_ignore = (
    []
    if importlib.util.find_spec("torch")
    else ["interpkd/teachers/_features.py", "interpkd/teachers/_torch.py"]
)
# README.md shows figures to the last digit; scikit-learn's boosting once gave others.
if tuple(map(int, importlib.metadata.version("scikit-learn").split(".")[:2])) < (1, 9):
    collect_ignore.append("README.md")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Look for no garbage while tests are collected: all that is imported stays to the end."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.fixture(autouse=True)
def global_generators() -> None:
    """Give a test the same numbers whichever tests ran before it, in whichever process."""
    if (torch := sys.modules.get("torch")) is not None:
        torch.manual_seed(0)
    if (numpy := sys.modules.get("numpy")) is not None:
        numpy.random.seed(0)  # what libraries draw from when nobody gave a seed


@pytest.fixture(autouse=True)
def undrawn_examples(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out the pictures of reports in docstrings: nobody sees them, and they take longest."""
    if isinstance(request.node, pytest.DoctestItem) and "interpkd.audit" in sys.modules:
        monkeypatch.setattr("interpkd.audit._report.draw_pictures", lambda *_: {})

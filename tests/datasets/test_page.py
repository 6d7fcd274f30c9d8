"""docs/datasets.md says what is true: its figures and its table are made again and compared."""

import importlib.util
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.skipif(not DOCS.exists(), reason="tests run without the checkout")
def test_figures_and_facts_of_the_page_are_up_to_date():
    pytest.importorskip("fairlearn", reason="the extra `fairness` is not installed")
    path = DOCS / "make_datasets_tables.py"
    spec = importlib.util.spec_from_file_location("make_datasets_tables", path)
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    text = script.PAGE.read_text(encoding="utf-8")
    assert script.with_tables(text) == text, "run python docs/make_datasets_tables.py"

"""Names, categories and labels from a hostile table are text in every file of a run."""

import csv
import io
import json
import re

import numpy as np
import pandas as pd
import pytest

from interpkd.cli._csv import as_text, write_csv

COLUMN = "=cmd|' /C calc'!A0"
SCRIPT = "<script>alert(1)</script>"
CATEGORIES = [
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "</td><img src=x onerror=alert(1)>",
    "\"; DROP TABLE loans; --",
    "[click](javascript:alert(1)) | `x` *b*",
    "\u202egnp.exe \u0627\u0644\u0639\u0631\u0628\u064a\u0629",
    "long " * 200,
]  # fmt: skip
LABELS = ["+good", "--- !!python/object:os.system"]


@pytest.fixture
def undrawn():
    """Draw: the names stand in the pictures too."""


@pytest.fixture
def hostile(write_csv):
    rng = np.random.default_rng(0)
    kind = rng.choice(CATEGORIES, 160)
    number = rng.normal(size=160)
    score = 2.0 * (kind == CATEGORIES[0]) + 2.0 * (kind == CATEGORIES[1]) + number
    label = np.where(score + rng.logistic(size=160) / 2 > 0.6, *LABELS)
    frame = pd.DataFrame({COLUMN: kind, SCRIPT: number, 'a "b",\n-c': label})
    return write_csv(frame, "=1+1.csv")


@pytest.mark.slow
@pytest.mark.parametrize("student", ["tree", "scorecard"])
def test_a_run_on_a_hostile_table(run, hostile, tmp_path, student):
    yaml = pytest.importorskip("yaml")
    out = tmp_path / "out"
    target = 'a "b",\n-c'
    options = ["--target", target, "--student", student, "--teacher", "forest", "--out", out]
    if student == "tree":
        options += ["--max-leaf-nodes", "6"]
    result = run("distill", hostile, *options)
    assert result.exit_code == 0, result.stderr
    written = [path for path in out.iterdir() if path.suffix != ".interpkd"]  # that is no text
    texts = {path.name: path.read_text(encoding="utf-8") for path in written}

    data = json.loads(texts["report.json"])
    assert {one["column"] for one in data["data"]["columns"]} == {COLUMN, SCRIPT}
    assert data["classes"] == sorted(LABELS)

    card = texts["model_card.md"]
    front, body = card.removeprefix("---\n").split("\n---\n", 1)
    assert yaml.safe_load(front)["model-index"][0]["results"][0]["dataset"]["name"] == "=1+1.csv"
    for text in (texts["report.md"], body):
        assert "<script" not in text
        assert "<img" not in text
        assert not re.search(r"(?<!\\)\]\((?!#)", re.sub(r"`[^`\n]*`", "", text))
        assert "\u202e" not in text
        assert r"\u202egnp.exe" in text or student == "tree"
    assert "<script>alert" not in texts["report.html"]
    assert "onerror=alert(1)>" not in texts["report.html"]

    for name in ("rules.csv", "coefficients.csv", "points.csv"):
        if name not in texts:
            continue
        cells = [cell for row in csv.reader(io.StringIO(texts[name])) for cell in row]
        assert any(COLUMN in cell for cell in cells)
        for cell in cells:
            assert not cell.startswith(("=", "+", "-", "@")) or re.fullmatch(r"[-+\d.e]+", cell)


def test_what_a_spreadsheet_would_run_gets_an_apostrophe():
    run_there = ["=1+1", "+1+cmd", "-2+3", "@SUM(1)", "\t=1", "  =1", "\uff1d1", "-3 < age"]
    assert [as_text(one) for one in run_there] == [f"'{one}" for one in run_there]
    stays = ["age", "-3", "-1e-05", "+4", "a=b", "<= 3", "", "'=1", -3, None, 1.5]
    assert [as_text(one) for one in stays] == stays


def test_numbers_and_headings_of_a_table(tmp_path):
    frame = pd.DataFrame({"=x": [-1.5, 2.0], "text": ["-a", None], "count": [-1, 2]})
    write_csv(frame, tmp_path / "t.csv")
    text = (tmp_path / "t.csv").read_text(encoding="utf-8")
    assert text.splitlines() == ["'=x,text,count", "-1.5,'-a,-1", "2.0,,2"]

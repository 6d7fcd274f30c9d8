"""Saved students beside other tools: skops files, and a run of MLflow."""

import importlib
import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from interpkd.export import load, save, skops_trusted_types

RECIPE = Path(__file__).parents[2] / "docs" / "recipes" / "log_with_mlflow.py"


@pytest.fixture(scope="module")
def skops_io(needs_engine):
    needs_engine("skops")
    return importlib.import_module("skops.io")


def test_a_whole_student_goes_through_skops(written, skops_io, tmp_path):
    student, rows = written
    loaded = load(save(student, tmp_path / "student.interpkd"))  # without its teacher
    data = skops_io.dumps(loaded)
    assert {*skops_io.get_untrusted_types(data=data)} <= {*skops_trusted_types()}
    again = skops_io.loads(data, trusted=skops_trusted_types())
    np.testing.assert_array_equal(again.predict(rows), student.predict(rows))
    assert repr(again) == repr(loaded)
    if hasattr(student, "points_table_"):
        assert again.points_table_.equals(student.points_table_)


@pytest.mark.parametrize("name", ["tree, regression", "logistic, multiclass", "scorecard, binary"])
def test_the_plain_student_goes_through_skops(name, skops_io, student_of):
    student, rows = student_of(name)
    data = skops_io.dumps(student.student_)
    assert {*skops_io.get_untrusted_types(data=data)} <= {*skops_trusted_types()}
    again = skops_io.loads(data, trusted=skops_trusted_types())
    rows = rows.dropna().astype({"owner": float})
    np.testing.assert_array_equal(again.predict(rows), student.student_.predict(rows))


@pytest.mark.slow
def test_the_recipe_for_mlflow_runs(tmp_path):
    """In the Python of INTERPKD_MLFLOW where that names one, else in this one if it has MLflow."""
    python = os.environ.get("INTERPKD_MLFLOW", sys.executable)
    if python == sys.executable and importlib.util.find_spec("mlflow") is None:
        pytest.skip("mlflow is not installed; INTERPKD_MLFLOW may name a Python that has it")
    if not RECIPE.exists():
        pytest.skip("tests run without the checkout: there are no recipes beside them")
    root = str(Path(__file__).parents[2])
    run = subprocess.run(
        [python, str(RECIPE), str(tmp_path)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": root},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr[-3000:]
    assert "MLflow answers as the student does" in run.stdout
    assert not [*tmp_path.rglob("*.pkl"), *tmp_path.rglob("*.pickle")]

"""The commands from end to end: files, numbers that agree, and what is printed."""

import inspect
import json
import os
import signal
import subprocess
import sys
import warnings
from pathlib import Path

import click
import pandas as pd
import pytest

import interpkd
from interpkd import DistilledTreeClassifier
from interpkd.cli import main
from interpkd.cli._folder import CONFIGURATION, FILES, LINEAR_FILES
from interpkd.cli._settings import Settings
from interpkd.exceptions import DistillationWarning
from interpkd.export import load, to_json
from interpkd.teachers import make_teacher


def results(out):
    assert {path.name for path in Path(out).iterdir()} - {CONFIGURATION} == set(FILES)
    report = json.loads((Path(out) / "report.json").read_text(encoding="utf-8"))
    metrics = json.loads((Path(out) / "metrics.json").read_text(encoding="utf-8"))
    return report, metrics


def distill(run, path, target, *options):
    result = run("distill", path, "--target", target, "--out", "out", *options)
    assert result.exit_code == 0, result.stderr
    assert result.stderr == ""
    return result.stdout, *results("out")


@pytest.mark.slow
def test_distill_a_classification(run, loans, write_csv, tmp_path):
    path = write_csv(loans)
    printed, report, metrics = distill(
        run, path, "outcome", "--max-leaf-nodes", "4", "--seed", "7", "--drop", "branch"
    )
    words = " ".join(printed.split())
    assert "table.csv: 240 rows, 9 columns to learn from" in words
    assert "outcome: classification (the target holds text; default: " in words
    assert (
        "60 rows (25 %, at random, stratified by outcome, seed 7); 180 rows to learn from" in words
    )
    assert "The student: 4 rules" in printed
    assert ("The report passes: no finding is of high severity." in printed) == report["passed"]
    assert ("The report does not pass: " in printed) != report["passed"]
    assert f"read           {Path('out') / 'report.html'}, findings first\n" in printed
    assert printed.splitlines()[-1] == str(Path("out") / "report.html")
    assert all(len(line) <= 80 for line in printed.splitlines())

    assert report["data"]["split"]["Rows held out"] == metrics["n_rows"] == 60
    assert report["identity"]["data_source"] == "table.csv"
    assert {key: report["fidelity"][key] for key in metrics} == metrics
    assert f"{metrics['agreement']['estimate']:.3f}" in printed
    assert len(pd.read_csv("out/rules.csv")) == 4
    rules = Path("out/rules.txt").read_text(encoding="utf-8")
    assert rules.count("Rule ") == 4
    assert to_json(load("out/student.interpkd")) == report["model"]
    assert "branch" not in rules
    assert "60" in Path("out/report.md").read_text(encoding="utf-8")

    assert list(Path().iterdir()) == [Path("out")]


def test_distill_a_regression_from_parquet(run, loans, tmp_path):
    pytest.importorskip("pyarrow")
    loans.to_parquet(tmp_path / "loans.parquet")
    printed, report, metrics = distill(
        run, tmp_path / "loans.parquet", "amount", "--max-leaf-nodes", "5"
    )
    assert report["task"] == metrics["task"] == "regression"
    assert "amount: regression (the target holds" in printed
    assert "not stratified" in printed
    assert "e+" not in printed
    assert metrics["performance"]["student"]["r2"]["n"] == 60


@pytest.mark.slow
def test_the_forest_and_its_student_take_the_options(run, loans, write_csv, monkeypatch):
    seen = {}

    def small(kind, **options):
        seen.update(options, kind=kind)
        teacher = make_teacher(kind, **options)
        return teacher.set_params(model__n_estimators=5, model__max_depth=3)

    monkeypatch.setattr("interpkd.cli._run.make_teacher", small)
    options = {"--alpha": 0.5, "--temperature": 2, "--min-samples-leaf": 30, "--test-size": 0.5}
    arguments = [text for pair in options.items() for text in pair]
    _, report, metrics = distill(
        run, write_csv(loans), "outcome", "--teacher", "forest", *arguments
    )
    assert seen == {
        "kind": "forest",
        "task": "classification",
        "device": "auto",
        "random_state": 0,
    }
    assert metrics["n_rows"] == 120
    assert pd.read_csv("out/rules.csv")["n_rows"].min() >= 30
    assert report["lineage"]["distillation"]["alpha"] == 0.5
    assert report["lineage"]["distillation"]["temperature"] == 2


def test_notes_are_one_line_and_the_warnings_of_others_are_not_shown(run, monkeypatch):
    def warn():
        warnings.warn("mind\nthis", DistillationWarning, stacklevel=1)
        warnings.warn("old numpy", DeprecationWarning, stacklevel=1)
        message = "stop"
        raise click.UsageError(message)

    monkeypatch.setattr("interpkd.datasets.load_clinical", warn)
    assert run("demo").stderr == "Note: mind this\nError: stop\n"


def test_help_and_version(run):
    shown = run("--version").stdout
    assert shown == f"interpkd, version {interpkd.__version__}\n"
    for arguments in (["--help"], ["-h"], []):
        result = run(*arguments)
        assert result.exit_code == 0
        assert "interpkd distill loans.csv --target default --out results" in result.stdout
    assert "--max-leaf-nodes" in run("distill", "--help").stdout


def test_every_option_has_help_that_fits_and_the_students_defaults():
    student = inspect.signature(DistilledTreeClassifier).parameters
    for option in main.commands["distill"].params:
        if isinstance(option, click.Option):
            assert option.help
        if option.name in set(student) - {"teacher"}:
            assert option.default == student[option.name].default
            assert getattr(Settings(), option.name) == option.default
    for command in (main, *main.commands.values()):
        text = command.get_help(click.Context(command, info_name="interpkd", terminal_width=80))
        assert all(len(line) <= 80 for line in text.splitlines())


def start(*arguments, folder):
    root = str(Path(interpkd.__file__).parents[1])
    return subprocess.Popen(
        [sys.executable, "-m", "interpkd.cli", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": root, "COLUMNS": "80", "PYTHONIOENCODING": "utf-8"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )


@pytest.mark.slow
def test_the_demo(run):
    """With a small teacher; `.ci/run` calls it as a user does, and the runs below are processes."""
    Path("interpkd-demo").mkdir()
    Path("interpkd-demo/report.html").write_text("of an earlier run")
    done = run("demo", "--quick")
    assert done.exit_code == 0, done.stderr
    assert done.stderr == ""
    assert done.stdout.splitlines()[-1] == str(Path("interpkd-demo") / "report.html")
    assert "143 rows (25 %, at random, stratified by diagnosis, seed 0)" in done.stdout
    report, metrics = results("interpkd-demo")
    assert {key: report["fidelity"][key] for key in metrics} == metrics
    assert metrics["classes"] == ["benign", "malignant"]
    assert metrics["agreement"]["estimate"] > 0.85


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
@pytest.mark.parametrize(
    ("number", "code", "says"),
    [
        (
            signal.SIGINT,
            130,
            "Interrupted during 'Fitting the teacher (5 folds and all rows) and the student'; "
            "nothing was written.\n",
        ),
        (signal.SIGTERM, 143, ""),
    ],
)
def test_a_run_that_is_stopped_leaves_nothing(tmp_path, number, code, says):
    process = start("demo", "--out", "a/b", folder=tmp_path)
    for line in process.stdout:
        if "Fitting the teacher" in line:
            break
    assert [path.suffix for path in (tmp_path / "a").iterdir()] == [".tmp"]
    process.send_signal(number)
    _, errors = process.communicate()
    assert process.returncode == code
    assert errors == says
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_bad_input_as_it_is_called(tmp_path):
    process = start("distill", "no.csv", "--target", "x", "--out", "out", folder=tmp_path)
    printed, errors = process.communicate()
    assert process.returncode == 2
    assert printed == ""
    assert errors == "Error: Invalid value for 'TABLE': File 'no.csv' does not exist.\n"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
@pytest.mark.parametrize("student", ["logistic", "svm"])
def test_distill_into_a_linear_classifier_under_constraints(run, loans, write_csv, student):
    options = ("--target", "outcome", "--out", "out", "--student", student, "--drop", "branch")
    result = run("distill", write_csv(loans), *options, "--monotonic", "amount=decreasing")
    assert result.exit_code == 0, result.stderr
    assert "Monotonic amount decreasing" in " ".join(result.stdout.split())
    assert {path.name for path in Path("out").iterdir()} == {*LINEAR_FILES, CONFIGURATION}
    report = json.loads(Path("out/report.json").read_text(encoding="utf-8"))
    table = pd.read_csv("out/coefficients.csv")
    assert table["column"][0] == "intercept"
    assert table.set_index("column").loc["amount"].iloc[-1] <= 0
    assert len(table) == 1 + report["student"]["n_coefficients"]
    assert table.columns[-1] == report["student"]["scores"][0]
    assert f"The student: {len(table) - 1} coefficients" in result.stdout
    assert all(len(line) <= 80 for line in result.stdout.splitlines())


@pytest.mark.slow
def test_distill_into_linear_regression_and_over_it_into_a_tree(run, loans, write_csv):
    path = write_csv(loans)
    options = ("--target", "amount", "--task", "regression", "--student", "linear", "--out", "out")
    result = run("distill", path, *options, "--monotonic", "age=decreasing")
    assert result.exit_code == 0, result.stderr
    table = pd.read_csv("out/coefficients.csv").set_index("column")
    assert table.loc["age", "prediction"] <= 0
    again = run("distill", path, *options[:-4], "--student", "tree", "--out", "out", "--overwrite")
    assert again.exit_code == 0, again.stderr
    results("out")
    assert list(Path().iterdir()) == [Path("out")]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("outcome", "--student", "linear"), "--student linear is for a regression; this is a cla"),
        (("amount", "--student", "svm"), "--student svm is for a classification; this is a regres"),
        (("outcome", "--student", "logistic", "--max-leaf-nodes", "4"), "has no leaves: leave it"),
    ],
)
def test_a_student_that_does_not_fit_is_refused(run, loans, write_csv, options, message):
    task = ("--task", "regression" if options[0] == "amount" else "auto")
    result = run("distill", write_csv(loans), "--out", "out", *task, "--target", *options)
    assert result.exit_code == 2
    assert message in " ".join(result.stderr.split())

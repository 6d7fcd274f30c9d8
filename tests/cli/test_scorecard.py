"""`interpkd distill --student scorecard`: the card as a file, and what is refused."""

import inspect
import json
from pathlib import Path

import click
import numpy as np
import pandas as pd
import pytest

from interpkd import DistilledScorecardClassifier
from interpkd.cli import main
from interpkd.cli._folder import CARD_FILES, CONFIGURATION
from interpkd.cli._settings import Settings
from interpkd.cli._student import OWN_OPTIONS, read_monotonic


def distill(run, path, *options):
    result = run("distill", path, "--target", "outcome", "--out", "out", *options)
    assert result.exit_code == 0, result.stderr
    report = json.loads(Path("out/report.json").read_text(encoding="utf-8"))
    return result.stdout, report, pd.read_csv("out/points.csv")


def test_distill_into_a_scorecard(run, loans, write_csv):
    printed, report, points = distill(
        run, write_csv(loans), "--student", "scorecard", "--max-features", 3, "--max-bins", 4,
        "--pdo", 40, "--base-score", 500, "--base-odds", 10, "--good-class", "repaid",
        "--monotonic", "amount=increasing", "--monotonic", "term_months=increasing",
    )  # fmt: skip
    assert {path.name for path in Path("out").iterdir()} == {*CARD_FILES, CONFIGURATION}
    assert all(len(line) <= 80 for line in printed.splitlines())
    words = " ".join(printed.split())
    assert "scorecard of at most 3 columns in at most 4 bins; 40 points double the odds" in words
    assert "Monotonic amount increasing, term_months increasing" in words
    student = report["student"]
    assert f"a scorecard of {student['n_features']} columns, {student['n_bins']} bins" in words
    assert student["n_features"] <= 3
    assert student["scale"]["pdo"] == 40
    assert student["scale"]["base_score"] == 500
    assert student["scale"]["base_odds"] == 10
    assert student["scale"]["good_class"] == "repaid"
    assert report["lineage"]["student"]["parameters"]["max_bins"] == 4

    assert len(points) == 1 + student["n_bins"]
    assert points["points"].tolist() == [
        student["base_points"],
        *(one["points"] for one in student["bins"]),
    ]
    assert points["bin"][1:].tolist() == [one["bin"] for one in student["bins"]]
    grouped = points[points["kind"] == "categories"]
    assert all(json.loads(text) for text in grouped["categories"])
    for name in ("amount", "term_months"):
        known = points[(points["feature"] == name) & (points["kind"] == "interval")]
        assert (np.diff(known["points"]) >= 0).all()


@pytest.mark.slow
@pytest.mark.parametrize("student", ["tree", "logistic", "svm"])
def test_other_students_keep_constraints_too(run, loans, write_csv, student):
    options = ("--student", student, "--monotonic", "amount=decreasing", "--drop", "branch")
    result = run("distill", write_csv(loans), "--target", "outcome", "--out", "out", *options)
    assert result.exit_code == 0, result.stderr
    assert "Monotonic amount decreasing" in " ".join(result.stdout.split())
    if student != "tree":
        table = pd.read_csv("out/coefficients.csv").set_index("column")
        assert table.loc["amount"].iloc[-1] <= 0


@pytest.mark.slow
def test_a_regression_keeps_constraints(run, loans, write_csv):
    options = ("--target", "amount", "--task", "regression", "--student", "linear", "--out", "out")
    result = run("distill", write_csv(loans), *options, "--monotonic", "age=decreasing")
    assert result.exit_code == 0, result.stderr
    table = pd.read_csv("out/coefficients.csv").set_index("column")
    assert table.loc["age", "prediction"] <= 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("outcome", "--pdo", "10"), "--pdo is for a scorecard; --student tree has no points"),
        (("outcome", "--student", "svm", "--max-bins", "3"), "--max-bins is for a scorecard"),
        (("outcome", "--student", "scorecard", "--max-leaf-nodes", "3"), "has no leaves: leave it"),
        (
            ("amount", "--student", "scorecard", "--task", "regression"),
            "--student scorecard is for a classification; this is a regression: choose tree or",
        ),
        (
            ("purpose", "--student", "scorecard"),
            "--student scorecard is for two classes; the target 'purpose' has",
        ),
        (
            ("outcome", "--monotonic", "amount"),
            "--monotonic must be COLUMN=increasing or COLUMN=decreasing, got 'amount'.",
        ),
        (("outcome", "--monotonic", "amount=up"), "got 'amount=up'"),
        (("outcome", "--monotonic", "amont=increasing"), "--monotonic"),
        (("outcome", "--monotonic", "purpose=increasing"), "are no numbers and have no order"),
        (
            ("outcome", "--monotonic", "age=increasing", "--monotonic", "age=decreasing"),
            "--monotonic says of 'age' both increasing and decreasing; choose one.",
        ),
        (("purpose", "--monotonic", "age=increasing"), "needs two classes or a regression; the"),
        (
            ("outcome", "--student", "scorecard", "--good-class", "gold"),
            "--good-class 'gold' is no class of 'outcome'; its classes: default, repaid.",
        ),
        (("outcome", "--student", "scorecard", "--pdo", "0"), "'--pdo'"),
    ],
)
def test_what_does_not_fit_is_refused(run, loans, write_csv, options, message):
    result = run("distill", write_csv(loans), "--out", "out", "--target", *options)
    assert result.exit_code == 2
    assert message in " ".join(result.stderr.split())
    assert not Path("out").exists()


def test_a_name_with_an_equals_sign_can_be_constrained(loans):
    from interpkd.cli._problem import make_problem

    problem = make_problem(
        loans.rename(columns={"age": "a=b"}), source="t", target="outcome", task="auto", drop=(),
        categories=(),
    )  # fmt: skip
    assert read_monotonic(["a=b=decreasing"], problem) == {"a=b": -1}
    assert read_monotonic([], problem) is None


def test_options_have_the_students_defaults():
    student = inspect.signature(DistilledScorecardClassifier).parameters
    options = {option.name: option for option in main.commands["distill"].params}
    for name in (name for name, kind in OWN_OPTIONS.items() if kind == "scorecard"):
        assert isinstance(options[name], click.Option)
        assert options[name].default == student[name].default == getattr(Settings(), name)

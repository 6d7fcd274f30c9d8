"""`interpkd monitor`: exit codes, files, and rows read as the report's were."""

import json
from pathlib import Path

import numpy as np
import pytest

from interpkd import DistilledTreeClassifier, DistilledTreeRegressor
from interpkd.audit import audit_report, monitor
from interpkd.datasets import make_credit


@pytest.fixture(scope="module")
def table():
    credit = make_credit(400, random_state=0)
    p = np.where(credit.data["existing_loans"] > 1, 0.3, 0.7) + 0.002 * (credit.data["age"] - 45)
    branch = credit.data["branch"].cat.codes.astype(str)  # texts that look like numbers
    return credit.data.assign(branch=branch, outcome=credit.target, p=p)


@pytest.fixture(scope="module")
def report(table, tmp_path_factory):
    X, y, p = table.drop(columns=["outcome", "p"]), table["outcome"], table["p"]
    P = np.column_stack([1 - p, p])
    student = DistilledTreeClassifier(max_leaf_nodes=4)
    student.fit(X[:200], y[:200], teacher_proba=P[:200])
    made = audit_report(student, X[200:], y[200:], teacher=P[200:], X_train=X[:200])
    return made.to_json(tmp_path_factory.mktemp("report") / "report.json")


def test_rows_like_those_of_the_report_pass(run, table, report, write_csv):
    path = write_csv(table)
    options = ("--target", "outcome", "--teacher-scores", "p", "--out", "out")
    result = run("monitor", report, path, *options)
    assert result.exit_code == 0, result.stderr
    assert result.stdout.startswith("Monitoring: ok, 0 alarms and 0 warnings")
    assert result.stdout.splitlines()[-1] == str(Path("out") / "monitoring.md")
    found = json.loads(Path("out/monitoring.json").read_text(encoding="utf-8"))
    P = np.column_stack([1 - table["p"], table["p"]])
    expected = monitor(report, table, table["outcome"], P).to_dict()
    assert found["signals"] == expected["signals"]
    assert found["not_measured"] == []
    assert run("monitor", report, path, "--out", "out").exit_code == 2
    assert run("monitor", report, path, "--out", "out", "--overwrite").exit_code == 0


@pytest.mark.parametrize(("fail_on", "code"), [("alarm", 1), ("warning", 1), ("never", 0)])
def test_the_exit_code_is_a_gate(run, table, report, write_csv, fail_on, code):
    path = write_csv(table.assign(age=table["age"] + 30))
    result = run("monitor", report, path, "--fail-on", fail_on)
    assert result.exit_code == code
    assert "ALARM: age: population stability index" in result.stdout
    assert result.stderr == ""


@pytest.mark.parametrize(
    ("change", "options", "match"),
    [
        ({"drop": "age"}, (), "trained on the column 'age', which the table lacks"),
        ({}, ("--target", "outcom"), "did you mean 'outcome'"),
        ({}, ("--target", "age"), "is no class of the report: default, repaid"),
        (
            {"missing": "outcome"},
            ("--target", "outcome"),
            "is missing in 1 of 400 rows, first in row 3",
        ),
        ({}, ("--teacher-scores", "age"), "which is no probability"),
        ({}, ("--separator", ";;"), "single character"),
    ],
)
def test_what_cannot_be_compared_is_no_alarm(run, table, report, write_csv, change, options, match):
    if "drop" in change:
        table = table.drop(columns=change["drop"])
    if "missing" in change:
        table = table.astype({change["missing"]: object})
        table.loc[2, change["missing"]] = None
    result = run("monitor", report, write_csv(table), *options)
    assert result.exit_code == 2
    assert match in result.stderr
    assert result.stdout == ""


def test_other_files_are_no_report(run, table, write_csv, tmp_path):
    path = write_csv(table)
    for text, match in [("{", "is no JSON"), ("{}", "holds no monitoring plan")]:
        other = tmp_path / "other.json"
        other.write_text(text, encoding="utf-8")
        result = run("monitor", other, path)
        assert result.exit_code == 2
        assert match in result.stderr


def test_a_regression(run, table, write_csv, tmp_path):
    X = table[["age", "amount"]]
    student = DistilledTreeRegressor(max_leaf_nodes=3).fit(X, table["p"], teacher_proba=table["p"])
    path = audit_report(student, X, table["p"], teacher=table["p"].to_numpy()).to_json(
        tmp_path / "r.json"
    )
    options = ("--target", "p", "--teacher-scores", "p")
    assert run("monitor", path, write_csv(table), *options).exit_code == 0
    result = run("monitor", path, write_csv(table), "--target", "outcome")
    assert "must be numbers" in result.stderr

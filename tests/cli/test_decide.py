"""`interpkd decide`: the log is that of the student, whose report it is."""

import numpy as np
import pytest

from interpkd import DistilledTreeClassifier
from interpkd.audit import audit_report, decision_log, read_decision_log
from interpkd.datasets import make_credit


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    credit = make_credit(200, random_state=0)
    p = np.where(credit.data["existing_loans"] > 1, 0.3, 0.7) + 0.002 * (credit.data["age"] - 45)
    student = DistilledTreeClassifier(max_leaf_nodes=3)
    student.fit(credit.data, credit.target, teacher_proba=np.column_stack([1 - p, p]))
    report = audit_report(student, credit.data, credit.target, fields={"version": "7"})
    path = report.to_json(tmp_path_factory.mktemp("report") / "report.json")
    return student, credit.data.assign(name=[f"row {i}" for i in range(200)]), path, report


def test_the_log_is_the_students_own(run, made, write_csv, tmp_path):
    student, table, path, report = made
    log = tmp_path / "log.jsonl"
    source = write_csv(table)
    options = ("--log", log, "--id", "name", "--applicants", source)
    result = run("decide", path, source, *options)
    assert result.exit_code == 0, result.stderr
    assert "200, added to" in result.stdout
    found = read_decision_log(log)
    expected = tmp_path / "expected.jsonl"
    asked = {"reference": "all applicants", "background": table}
    asked["adverse_class"] = report.to_dict()["reasons"]["adverse_class"]
    decision_log(student, table, expected, reasons=asked, model_version="7", ids=table["name"])
    known = read_decision_log(expected)
    for column in ("id", "score", "decision", "student_sha256", "model_version", "reasons"):
        assert found[column].tolist() == known[column].tolist()
    assert run("decide", path, source, *options).exit_code == 0  # added to the same log
    assert len(read_decision_log(log)) == 400


@pytest.mark.parametrize(
    ("options", "match"),
    [(("--id", "nobody"), "--id 'nobody': the table has no such column"), ((), "age")],
)
def test_what_cannot_be_decided_leaves_no_log(run, made, write_csv, tmp_path, options, match):
    _, table, path, _ = made
    log = tmp_path / "log.jsonl"
    table = table if options else table.drop(columns="age")
    result = run("decide", path, write_csv(table), "--log", log, *options)
    assert result.exit_code != 0
    assert match in result.stderr
    assert not log.exists()

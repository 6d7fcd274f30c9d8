"""`interpkd export`: a thin door to `export_student`, which compares before it writes."""

import http.client
import json
import re
import sys
import threading
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.tree import DecisionTreeClassifier

from interpkd import export as formats
from interpkd.exceptions import ParityError
from interpkd.export import read_json, to_json


@pytest.fixture
def model(tmp_path):
    """A small tree as JSON."""
    X = pd.DataFrame({"age": np.arange(40.0), "income": np.arange(40.0) % 7})
    tree = DecisionTreeClassifier(max_leaf_nodes=4, random_state=0)
    to_json(tree.fit(X, np.where(X["age"] % 20 > 7, "yes", "no")), tmp_path / "model.json")
    return tmp_path / "model.json"


def test_the_module_answers_as_the_student(run, model, write_csv, tmp_path):
    table = write_csv("income,id,age\n3,a,8\n4,b,old\n5,c,7.5\n")
    out = tmp_path / "student.py"
    result = run("export", model, "--out", out, "--rows", table)
    assert result.exit_code == 0, result.stderr
    shown = " ".join(result.stdout.split())
    assert "Format python" in shown
    assert "Rows 2 given, " in shown
    assert "Labels 0 differ" in shown
    assert "Left out 1 rows of --rows" in shown
    assert "Parity holds" in shown
    names = {}
    exec(out.read_text(), names)  # noqa: S102
    row = {"age": 8.0, "income": 3.0}
    expected = read_json(model).predict_proba(pd.DataFrame([row]))[0].tolist()
    assert names["predict_proba"](row) == expected


def test_the_service_of_the_documentation(run, model, tmp_path, monkeypatch):
    """Its code as it stands there, on a free port."""
    page = Path(__file__).parents[2] / "docs" / "serving.md"
    if not page.exists():
        pytest.skip("tests run without the checkout: there are no pages beside them")
    assert run("export", model, "--out", tmp_path / "student.py").exit_code == 0
    text = page.read_text(encoding="utf-8")
    code = re.search(r"```python\n(import json\n.*?)```", text, re.DOTALL).group(1)
    monkeypatch.syspath_prepend(tmp_path)
    names = {"__name__": "service"}
    exec(code, names)  # noqa: S102
    sys.modules.pop("student")
    names["Score"].log_message = lambda *_: None
    with names["ThreadingHTTPServer"](("127.0.0.1", 0), names["Score"]) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        found = [_post(server, body) for body in ('{"age": 8, "income": 3}', '{"age": 8}', "no")]
        server.shutdown()
    expected = read_json(model).predict_proba(pd.DataFrame([{"age": 8.0, "income": 3.0}]))[0]
    assert found[0] == (200, dict(zip(["no", "yes"], expected.tolist(), strict=True)))
    assert [status for status, _ in found] == [200, 400, 400]
    assert "income" in found[1][1]["error"]


def _post(server, body):
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=10)
    connection.request("POST", "/", body)
    answer = connection.getresponse()
    read = json.loads(answer.read())
    connection.close()
    return answer.status, read


def test_a_format_by_name_and_of_a_report(run, model, tmp_path):
    report = tmp_path / "report.json"
    report.write_text(json.dumps({"fidelity": {}, "model": json.loads(model.read_text())}))
    result = run("export", report, "--out", tmp_path / "rules", "--to", "rules")
    assert result.exit_code == 0, result.stderr
    assert "if " in (tmp_path / "rules").read_text()
    report.write_text(json.dumps({"fidelity": {}, "model": None, "model_left_out": "too odd"}))
    result = run("export", report, "--out", tmp_path / "rules.md")
    assert "does not hold the student: too odd" in result.stderr


def test_nothing_is_written_where_answers_differ(run, model, tmp_path, monkeypatch):
    def differ(*_, **__):
        msg = "row 7 differs"
        raise ParityError(msg)

    monkeypatch.setattr(formats, "export_student", differ)
    result = run("export", model, "--out", tmp_path / "student.py")
    assert result.exit_code == 1
    assert result.stderr == "Error: row 7 differs\n"
    assert not (tmp_path / "student.py").exists()


@pytest.mark.parametrize("options", [{}, {"passed": None, "reason": "no engine"}])
def test_options_reach_the_format(run, model, tmp_path, monkeypatch, options):
    seen = {}

    def keep(student, path, **given):
        seen.update(given)
        facts = {"n_different_labels": None, "passed": False, "reason": "row 3", **options}
        return formats.ParityReport(
            "sql", "E 1", 1, 2, largest_difference=0.5, tolerance=1e-6, **facts
        )

    monkeypatch.setattr(formats, "export_student", keep)
    result = run(
        *("export", model, "--to", "sql", "--out", tmp_path / "a.txt", "--parity", "warn"),
        *("--dialect", "postgres", "--keep", "id"),
    )
    assert result.exit_code == 0, result.stderr
    assert ("not checked: no engine" if options else "FAILED: row 3") in result.stdout
    expected = {"table": "rows", "dialect": "postgres", "keep": ("id",)}
    assert seen == expected | {"to": "sql", "X": None, "parity": "warn"}


@pytest.mark.parametrize(
    ("name", "options", "match"),
    [
        ("model.json", (), "is MODEL itself"),
        ("there.py", (), "is there already; add --overwrite"),
        ("a.doc", (), "'.doc' is no format's"),
        ("a.py", ("--dtype", "float64"), "has no option 'dtype'"),
        ("a.py", ("--rows", "empty.csv"), "no row that the student can answer"),
    ],
)
def test_wrong_options_leave_nothing(run, model, tmp_path, name, options, match):
    (tmp_path / "there.py").write_text("mine")
    (tmp_path / "empty.csv").write_text("age,income\nold,1\n")
    options = [tmp_path / one if one == "empty.csv" else one for one in options]
    before = {one.name for one in tmp_path.iterdir()}
    result = run("export", model, "--out", tmp_path / name, *options)
    assert result.exit_code in {1, 2}
    assert match in result.stderr
    assert {one.name for one in tmp_path.iterdir()} == before
    assert (tmp_path / "there.py").read_text() == "mine"

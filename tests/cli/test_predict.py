"""`interpkd predict`: the student's own answers, every row accounted for, whatever interrupts it."""

import errno
import io
import json
import pathlib
import signal
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rich.console import Console

from interpkd import (
    DistilledLogisticRegression,
    DistilledScorecardClassifier,
    DistilledTreeClassifier,
    DistilledTreeRegressor,
)
from interpkd.cli._predict_csv import _Records
from interpkd.export import read_json, save, to_json

N = 37


def make_table(n, seed=0):
    """Rows with what spreadsheets and CSV readers like to guess wrongly."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "age": rng.normal(40, 12, n) * (1 + 1e-13),
            "code": rng.choice(["01", "1", "1e3", "TRUE"], n),
            "has, debt": rng.random(n) < 0.5,
            "town": rng.choice(["Århus", 'the "old" town', "two\nlines", "none"], n),
        }
    )
    frame.loc[rng.random(n) < 0.2, "age"] = np.nan
    frame.loc[rng.random(n) < 0.2, "town"] = None
    return frame


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Students of three kinds as JSON."""
    home = tmp_path_factory.mktemp("students")
    X = make_table(300)
    score = X["age"].fillna(60) / 20 - 2 * (X["code"] == "01") + X["has, debt"]
    score += X["town"].map({"Århus": 1.0, "two\nlines": -1.0}).fillna(0)
    p = 1 / (1 + np.exp(2 - score))
    y, proba = np.where(p > 0.5, "yes", "no"), np.column_stack([1 - p, p])
    given = {"y": y, "teacher_proba": proba}
    small = {"random_state": 0}
    tree = DistilledTreeClassifier(max_leaf_nodes=9, min_samples_leaf=5, **small).fit(X, **given)
    card = DistilledScorecardClassifier(**small).fit(X, **given)
    plain = X[["age"]].fillna(40).assign(other=score)
    logistic = DistilledLogisticRegression(**small).fit(plain, **given)
    number = DistilledTreeRegressor(max_leaf_nodes=5, **small)
    number.fit(np.column_stack([score, p]), teacher_proba=p)
    students = {"tree": tree, "card": card, "logistic": logistic, "number": number}
    for name, student in students.items():
        to_json(student, home / f"{name}.json")
    return home, students


@pytest.fixture
def predict(run, folder, tmp_path):
    """Run `interpkd predict` on a student of the folder; give result and output path."""

    def invoke(table, *options, student="tree", out="out.csv"):
        path = tmp_path / out
        result = run("predict", folder[0] / f"{student}.json", table, "--out", path, *options)
        return result, path

    return invoke


def read(path):
    """Read a CSV file as texts, without any guess."""
    return pd.read_csv(path, dtype=str, keep_default_na=False)


def check_equal(found, student, X):
    """Compare an output with the student's answers for the whole table."""
    assert found["prediction"].tolist() == student.predict(X).tolist()
    expected = student.predict_proba(X)
    for k, label in enumerate(student.classes_):
        values = found[f"probability_{label}"].astype(float)
        np.testing.assert_allclose(values, expected[:, k], rtol=0, atol=1e-12)


@pytest.mark.parametrize("chunk", [1, 7, N])
@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_equals_the_student_on_the_whole_table(predict, folder, tmp_path, chunk, suffix):
    X = make_table(N, seed=1)
    shuffled = X[["town", "age", "has, debt", "code"]].assign(id=[f"{i:03}" for i in range(N)])
    source = tmp_path / f"table.{suffix}"
    if suffix == "csv":
        shuffled.to_csv(source, index=False)
    else:
        shuffled["town"] = shuffled["town"].astype("category")
        shuffled.to_parquet(source, row_group_size=10)
    options = ("--keep", "id", "--with", "leaf", "--chunk-rows", chunk)
    result, path = predict(source, *options)
    assert result.exit_code == 0, result.stderr
    found = read(path)
    assert [*found] == ["id", "prediction", "probability_no", "probability_yes", "leaf"]
    assert found["id"].tolist() == shuffled["id"].tolist()
    tree = folder[1]["tree"]
    check_equal(found, tree, X)
    leaves = read_json(folder[0] / "tree.json").apply(X)
    assert found["leaf"].tolist() == [str(leaf) for leaf in leaves]
    assert sorted(one.name for one in tmp_path.iterdir()) == ["home", "out.csv", source.name]

    _, table = predict(source, *options, out="out.parquet")
    same = pd.read_parquet(table)
    assert same["leaf"].dtype == np.int64
    assert same.astype(str).equals(found.astype(str))


def test_a_saved_student(run, folder, write_csv, tmp_path):
    table = write_csv(make_table(N, seed=8))
    save(folder[1]["tree"], tmp_path / "tree.interpkd")
    for model, out in ((tmp_path / "tree.interpkd", "a.csv"), (folder[0] / "tree.json", "b.csv")):
        result = run("predict", model, table, "--out", tmp_path / out)
        assert result.exit_code == 0, result.stderr
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()
    (tmp_path / "tree.interpkd").write_bytes(b"PK of something else")
    result = run("predict", tmp_path / "tree.interpkd", table, "--out", tmp_path / "c.csv")
    assert result.exit_code == 1
    assert "is no saved student, or is damaged" in result.stderr


def test_points_scores_and_numbers(predict, folder, write_csv):
    X = make_table(N, seed=2)
    _, students = folder
    result, path = predict(write_csv(X), "--with", "points", "--with", "score", student="card")
    assert result.exit_code == 0, result.stderr
    found = read(path)
    check_equal(found, students["card"], X)
    points, scores = students["card"].score_samples(X), students["card"].decision_function(X)
    assert found["points"].tolist() == [str(one) for one in points]
    np.testing.assert_allclose(found["score"].astype(float), scores, atol=1e-12)

    # a student that knows no names
    rows = np.random.default_rng(3).normal(size=(N, 2))
    rows[4, 1] = np.nan
    table = write_csv(pd.DataFrame(rows, columns=["x0", "x1"]))
    result, path = predict(table, student="number", out="numbers.csv")
    assert result.exit_code == 0, result.stderr
    assert list(read(path)) == ["prediction"]
    expected = students["number"].predict(rows)
    assert read(path)["prediction"].astype(float).tolist() == expected.tolist()


def bad_file(path):
    return path.with_name(f"{path.name}.bad.csv")


GOOD = '40.5,01,true,"the ""old"" town"'
WRONG = {
    "forty,01,true,none": "column 'age': 'forty' is no number",
    "1_000,01,true,none": "is no number",
    "４０,01,true,none": "is no number",
    "+nan,01,true,none": "is no number",
    "inf,01,true,none": "column 'age' is infinite",
    "1e39,01,true,none": "too large for single precision",
    "40,01,maybe,none": "'maybe' is neither true nor false",
    "40,01,2,none": "column 'has, debt' is neither true nor false",
    "40,01,true": "has 3 values, and there are 4 columns",
    "40,01,true,none,": "has 5 values",
    "40,01,true,caf\udce9": "the byte 0xe9 is not UTF-8",
    '40,01,true,"open': "quotation mark",
    '40,01,true,"a"b': "quotation mark",
    '=1+1|"x"': "has 1 values",
}


@pytest.mark.parametrize("chunk", [1, 3, 100])
def test_bad_rows_are_set_aside_by_number(predict, folder, tmp_path, chunk):
    lines, expected, n_rows = ['age,code,"has, debt",town'], {}, 0
    for text, reason in WRONG.items():
        lines += [GOOD, "", text]  # a blank line is no row
        n_rows += 2
        expected[n_rows] = (text, reason)
    lines.append('NA,01,1,"two\nlines"')
    source = tmp_path / "table.csv"
    source.write_bytes("\r\n".join(lines).encode("utf-8", "surrogateescape"))
    result, path = predict(source, "--chunk-rows", chunk)
    assert result.exit_code == 0, result.stderr
    assert f"{len(WRONG)}, in" in result.stdout
    bad = read(bad_file(path))
    assert bad["row"].tolist() == [str(row) for row in expected]
    for (text, reason), found, shown in zip(
        expected.values(), bad["reason"], bad["text"], strict=True
    ):
        assert reason in found
        assert shown.lstrip("'") == text.replace("\udce9", "\\xe9")  # no formula
    X = pd.DataFrame(
        {"age": 40.5, "code": "01", "has, debt": True, "town": 'the "old" town'},
        index=range(len(WRONG) + 1),
    )
    X.iloc[-1] = [np.nan, "01", True, "two\nlines"]
    check_equal(read(path), folder[1]["tree"], X)
    assert len(bad) + len(read(path)) == n_rows + 1
    assert predict(source, "--fail-on-bad", "--overwrite")[0].exit_code == 1


def test_an_open_quotation_mark_costs_one_row(predict, tmp_path):
    lines = ['age,code,"has, debt",town', GOOD, '40,01,true,"open'] + [GOOD] * 4000
    source = tmp_path / "table.csv"
    source.write_text("\n".join(lines), encoding="utf-8")
    result, path = predict(source, "--chunk-rows", "1000")
    assert result.exit_code == 0, result.stderr
    assert read(bad_file(path))["row"].tolist() == ["2"]
    assert len(read(path)) == 4001


@given(st.text(alphabet=',"\n\r aé', max_size=40), st.integers(1, 4))
@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_every_line_of_any_file_is_in_one_record(tmp_path, text, n):
    """Read to the end, or stopped and begun again after any record."""
    path = tmp_path / "any.csv"
    path.write_bytes(text.encode())
    with path.open("rb") as file:
        records = [*_Records(file, ",", 2, "any")]
    known = [line for line in path.read_bytes().split(b"\n") if line.strip(b"\r")]
    lines = [line.rstrip(b"\n") for record in records for line in record.lines]
    assert [line for line in lines if line.strip(b"\r")] == known  # blank ones aside
    mark, again = 0, []
    while True:
        with path.open("rb") as file:
            file.seek(mark)
            reader = _Records(file, ",", 2, "any")
            batch = reader.take(n)
        if not batch:
            break
        again += batch
        mark += reader.n_bytes
    assert again == records
    assert all(len(one.fields) == 2 for one in records if not one.reason)


def test_progress_on_a_terminal(predict, write_csv, monkeypatch):
    shown = io.StringIO()
    console = Console(file=shown, force_terminal=True, width=100)
    monkeypatch.setattr("interpkd.cli._predict.make_console", lambda: console)
    assert predict(write_csv(make_table(5)), "--chunk-rows", "2")[0].exit_code == 0
    assert "5 rows" in shown.getvalue()
    assert "100%" in shown.getvalue()


def test_bad_rows_of_parquet(predict, folder, tmp_path):
    X = make_table(9, seed=4)
    X.loc[3, "age"], X.loc[6, "age"] = np.inf, 1e300
    X.loc[5, "town"] = "never seen"
    X.to_parquet(tmp_path / "table.parquet")
    result, path = predict(tmp_path / "table.parquet", "--chunk-rows", "2")
    assert result.exit_code == 0, result.stderr
    assert "town 1" in " ".join(result.stdout.split())
    assert read(bad_file(path))["row"].tolist() == ["4", "7"]
    assert json.loads(read(bad_file(path))["text"][1])["age"] == 1e300
    check_equal(read(path), folder[1]["tree"], X.drop([3, 6]))


def test_numbers_that_are_names_and_numbers_of_any_type(predict, folder, tmp_path):
    pa = pytest.importorskip("pyarrow")
    X = make_table(5, seed=5).assign(
        code=["1", "1", "1", "x", "1"], age=[3.0, 4.0, np.nan, 5.0, 6.0]
    )
    table = pa.table(
        {
            "age": pa.array([3, 4, None, 5, 6], pa.decimal128(5, 2)),
            "code": pa.array([1, 1, 1, None, 1], pa.int8()),
            "has, debt": X["has, debt"].to_numpy(),
            "town": pa.array(X["town"].where(X["town"].notna(), None)).dictionary_encode(),
            "day": pa.array([1, 2, 3, 4, None], pa.date32()),
        }
    )
    pa.parquet.write_table(table, tmp_path / "table.parquet")
    result, path = predict(tmp_path / "table.parquet", "--keep", "day", "--keep", "town")
    assert result.exit_code == 0, result.stderr
    found = read(path)
    check_equal(found, folder[1]["tree"], X)  # "x" was never seen, which is missing
    assert found["day"].tolist() == [f"1970-01-0{k}" for k in (2, 3, 4, 5)] + [""]


def test_what_a_student_refuses(predict, write_csv):
    table = write_csv("age,other,id\n1,2,a\n,3,b\n-99.0,3,c\nNA,3,d\n4,5,e\n")
    result, path = predict(table, "--keep", "id", "--missing", "-99", student="logistic")
    assert result.exit_code == 0, result.stderr
    assert read(path)["id"].tolist() == ["a", "e"]
    assert read(bad_file(path))["row"].tolist() == ["2", "3", "4"]
    assert "takes no missing" in read(bad_file(path))["reason"][0]


@pytest.mark.parametrize("out", ["out.csv", "out.parquet"])
def test_a_table_without_rows(predict, write_csv, out):
    table = write_csv(make_table(3).iloc[:0])
    result, path = predict(table, "--keep", "code", out=out)
    assert result.exit_code == 0, result.stderr
    found = read(path) if out == "out.csv" else pd.read_parquet(path)
    assert [*found] == ["code", "prediction", "probability_no", "probability_yes"]
    assert len(found) == 0


@pytest.mark.parametrize(
    ("options", "code", "match"),
    [
        (("--keep", "Code"), 2, "--keep 'Code': table.csv has no such column. Is 'code' meant"),
        (("--with", "points"), 2, "a student of kind 'tree' has none; it has leaf"),
        (("--keep", "prediction"), 2, "the answers have a column of this name"),
        (("--separator", ";;"), 2, "--separator must be a single character"),
        (("--separator", ";"), 1, "add --separator ','"),
        (("--chunk-rows", "0"), 2, "is not in the range"),
    ],
)
def test_wrong_options_leave_nothing(predict, write_csv, tmp_path, options, code, match):
    text = "age,code,prediction\n" if "--separator" in options else None
    frame = make_table(3).assign(prediction=1)
    result, _ = predict(write_csv(text or frame), *options)
    assert (result.exit_code, match in result.stderr) == (code, True), result.stderr
    assert not list(tmp_path.glob("out*"))


def test_wrong_tables_leave_nothing(predict, run, folder, write_csv, tmp_path):
    X = make_table(3)
    result, path = predict(write_csv(X.drop(columns=["town", "age"]).assign(Age=1)))
    assert "lacks 2 of the 4 columns of the student: 'age', 'town'. Is 'Age' meant" in result.stderr
    X.assign(age="old").to_parquet(tmp_path / "text.parquet")
    assert "'age' is of the type" in predict(tmp_path / "text.parquet")[0].stderr
    X.assign(tags=[[1], [2], [3]]).to_parquet(tmp_path / "nested.parquet")
    assert "is nested" in predict(tmp_path / "nested.parquet", "--keep", "tags")[0].stderr
    assert "is empty" in predict(write_csv(""))[0].stderr
    table = write_csv(X)
    assert "ending in .csv or .parquet" in predict(table, out="out.txt")[0].stderr
    assert "does not exist" in predict(table, out="none/out.csv")[0].stderr
    assert "one of the files to read" in predict(table, out="table.csv")[0].stderr
    result = run("predict", table, table, "--out", path)
    assert "holds no student" in result.stderr
    path.write_text("mine")
    assert "is there already; add --overwrite" in predict(table)[0].stderr
    assert path.read_text() == "mine"
    assert len(list(tmp_path.glob("out*"))) == 1


class Stop:
    """Call a function of the state's module as often as is said, then end with an error."""

    def __init__(self, monkeypatch, name, error, times):
        module = sys.modules["interpkd.cli._predict_state"]
        self.call, self.error, self.left = getattr(module, name), error, times
        monkeypatch.setattr(module, name, self)

    def __call__(self, path, content, *rest):
        if self.left == 0:
            if rest:  # half of it reaches the disk
                with path.open("ab") as file:
                    file.write(content[: len(content) // 2])
            raise self.error
        self.left -= 1
        return self.call(path, content, *rest)


@pytest.fixture(scope="module")
def long_table(tmp_path_factory):
    """A table with bad rows, as CSV."""
    X = make_table(40, seed=6).assign(id=range(40))
    X["age"] = X["age"].astype(object)
    X.loc[[3, 20, 39], "age"] = "bad"
    path = tmp_path_factory.mktemp("long") / "long.csv"
    X.to_csv(path, index=False)
    return path


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
@pytest.mark.parametrize("name", ["_append", "write_atomically"])
def test_goes_on_after_being_stopped_anywhere(
    predict, long_table, tmp_path, monkeypatch, suffix, name
):
    options = ("--keep", "id", "--chunk-rows", "9")
    result, whole = predict(long_table, *options, out=f"whole.{suffix}")
    assert result.exit_code == 0, result.stderr
    full = OSError(errno.ENOSPC, "No space left on device")
    for times in range(13):
        error = KeyboardInterrupt() if times % 2 else full
        with monkeypatch.context() as patched:
            Stop(patched, name, error, times)
            result, path = predict(long_table, *options, out=f"out.{suffix}")
        if result.exit_code == 0:
            break
        assert result.exit_code == (130 if times % 2 else 1)
        assert "the same command goes on" in result.stderr, result.stderr
        assert not path.exists()
        result, path = predict(long_table, *options, out=f"out.{suffix}")
        assert result.exit_code == 0, result.stderr
        if suffix == "csv":
            assert path.read_bytes() == whole.read_bytes()
        else:
            assert pd.read_parquet(path).equals(pd.read_parquet(whole))
        assert bad_file(path).read_bytes() == bad_file(whole).read_bytes()
        assert len(list(tmp_path.glob("out*"))) == 2
        path.unlink()
        bad_file(path).unlink()
    assert times > 5


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_goes_on_between_the_last_steps(predict, write_csv, tmp_path, monkeypatch, suffix):
    """Killed after the files have their names, the next run only cleans up."""
    table = write_csv(make_table(5))
    with monkeypatch.context() as patched:
        patched.setattr(pathlib.Path, "unlink", _interrupt)
        result, path = predict(table, out=f"out.{suffix}")
    assert result.exit_code == 130
    result, path = predict(table, out=f"out.{suffix}")
    assert result.exit_code == 0, result.stderr
    assert [one.name for one in tmp_path.glob("out*")] == [path.name]


def _interrupt(*_, **__):
    raise KeyboardInterrupt


@pytest.fixture
def stopped(predict, long_table, tmp_path, monkeypatch):
    """Stop a run after two chunks; give a copy of the table and a way to run it again."""
    table = tmp_path / "copy.csv"
    table.write_bytes(long_table.read_bytes())
    with monkeypatch.context() as patched:
        Stop(patched, "_append", KeyboardInterrupt(), 5)
        assert predict(table, "--chunk-rows", "9")[0].exit_code == 130
    return table


def test_a_changed_table_or_option_is_refused(predict, stopped, tmp_path):
    before = {one: one.read_bytes() for one in tmp_path.glob("out*")}
    result, path = predict(stopped, "--chunk-rows", "9", "--keep", "id")
    assert "--keep changed since; add --restart" in result.stderr
    result, _ = predict(stopped, student="card")
    assert "the model changed since" in result.stderr
    with stopped.open("a") as file:
        file.write("40,01,True,none,40\n")
    result, _ = predict(stopped, "--chunk-rows", "9")
    assert result.exit_code == 1
    assert "the table changed since; add --restart" in result.stderr
    assert before == {one: one.read_bytes() for one in tmp_path.glob("out*")}
    result, _ = predict(stopped, "--restart")
    assert result.exit_code == 0, result.stderr
    assert len(read(path)) + len(read(bad_file(path))) == 41


def test_goes_on_with_chunks_of_another_size(predict, stopped, long_table):
    assert predict(stopped, "--chunk-rows", "4")[0].exit_code == 0
    _, path = predict(long_table, out="whole.csv")
    assert path.read_bytes() == path.with_name("out.csv").read_bytes()


def test_damaged_parts_are_refused(predict, stopped, tmp_path):
    part, state = tmp_path / "out.csv.part", tmp_path / "out.csv.state.json"
    text = state.read_text()
    part.write_bytes(part.read_bytes()[: json.loads(text)["done"]["out_bytes"] - 1])
    assert "bytes that out.csv.state.json counts; add --restart" in predict(stopped)[0].stderr
    state.write_text(text[:40])
    assert "is damaged" in predict(stopped)[0].stderr
    state.unlink()
    assert "no state file that says of what" in predict(stopped)[0].stderr


def test_goes_on_after_kill(folder, long_table, tmp_path):
    """A real process, killed for good in the middle of a chunk."""
    script = tmp_path / "slow.py"
    script.write_text(
        "import time\n"
        "from interpkd.cli import main, _predict_state\n"
        "append = _predict_state._append\n"
        "def slow(path, content, size):\n"
        "    size = append(path, content, size)\n"
        "    time.sleep(0.2)\n"
        "    return size\n"
        "_predict_state._append = slow\n"
        "main()\n"
    )
    out = tmp_path / "out.csv"
    model = folder[0] / "tree.json"
    options = ["predict", model, long_table, "--out", out, "--chunk-rows", "4"]
    command = [sys.executable, script, *options]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as running:
        state = tmp_path / "out.csv.state.json"
        while not state.exists() or json.loads(state.read_text())["done"]["n_rows"] < 8:
            assert running.poll() is None
            time.sleep(0.02)
        running.send_signal(signal.SIGKILL)
    assert running.returncode == -signal.SIGKILL
    assert not out.exists()
    known = json.loads(state.read_text())["done"]["n_rows"]
    assert 8 <= known < 40
    again = subprocess.run(
        [sys.executable, "-m", "interpkd.cli", *options], capture_output=True, text=True, check=True
    )
    assert f"{known} of them by an earlier run" in again.stdout
    whole = subprocess_free_answers(folder, long_table, tmp_path)
    assert out.read_bytes() == whole


def subprocess_free_answers(folder, table, tmp_path):
    from click.testing import CliRunner

    from interpkd.cli import main

    out = tmp_path / "whole.csv"
    options = ["predict", folder[0] / "tree.json", table, "--out", out]
    assert CliRunner().invoke(main, [str(one) for one in options]).exit_code == 0
    return out.read_bytes()

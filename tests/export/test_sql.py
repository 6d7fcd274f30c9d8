"""SQL: statements, run by DuckDB and SQLite, answer as the student does."""

import re
import sqlite3

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from interpkd import DistilledLinearRegression, DistilledLogisticRegression
from interpkd.exceptions import MissingExtraError, ParityError, ParityWarning
from interpkd.explanation import reasons
from interpkd.export import export_student, parity_report, read_json, rule_list, to_json, to_sql
from interpkd.export._sql_engine import SqlEngine, _run_duckdb, _run_sqlite, _Table
from interpkd.export._sql_order import read_order
from interpkd.export._sql_statement import emit_sql, write_statement

ENGINES = ["duckdb", "sqlite"]


@pytest.fixture(autouse=True)
def engine_is_there(needs_engine):
    needs_engine("duckdb")


def ask(student, rows, dialect="duckdb", **options):
    """Run a statement on a real table, and give its answer as a data frame."""
    data = to_json(student)
    order = read_order(data, table="t", dialect=dialect, **options)
    table = _Table(data, order, rows)
    statement = emit_sql(data, table="t", dialect=dialect, **options)
    if dialect == "duckdb":
        found = _run_duckdb(statement, table, gives_nan=True)
    else:
        found = _run_sqlite(statement, table)
    return pd.DataFrame(found, columns=[one.name for one in order.outputs])


@pytest.mark.parametrize("dialect", ENGINES)
def test_engines_answer_as_the_student(exported, dialect):
    student, rows = exported
    options = {"table": "bank.applicants", "dialect": dialect, "keep": "key of the row"}
    report = parity_report(student, rows, to="sql", **options)
    assert report.passed, report.reason
    assert report.n_given == len(rows)
    if to_json(student)["kind"] == "tree":
        assert report.largest_difference == 0


few = settings(max_examples=24, deadline=None, suppress_health_check=[*HealthCheck])


@few
@given(data=st.data(), dialect=st.sampled_from(ENGINES))
def test_random_students(documents, data, dialect):
    document = data.draw(documents())
    names = {column["name"]: f"c{k}" for k, column in enumerate(document["columns"])}
    report = parity_report(read_json(document), to="sql", table="t", dialect=dialect, names=names)
    assert report.passed, report.reason


def test_the_last_column_of_floating_numbers_is_the_answer(written):
    duckdb = pytest.importorskip("duckdb")
    student, _ = written
    data = to_json(student)
    kinds = {"tree": ["leaf", "rule"], "scorecard": ["score", "points"], "linear": ["terms"]}
    asked = kinds.get(data["kind"], ["score"] if len(data["classes"] or ()) == 2 else [])
    sql = to_sql(student, table="t", columns=["prediction", *asked], keep="age", parity="skip")
    with duckdb.connect() as database:
        types = {"numeric": "DOUBLE", "boolean": "BOOLEAN", "category": "VARCHAR"}
        listed = [f'"{one["name"]}" {types[one["kind"]]}' for one in data["columns"]]
        database.execute(f"CREATE TABLE t ({', '.join(listed)})")
        described = database.execute(f"DESCRIBE {sql}").fetchall()
    floating = [name for name, kind, *_ in described if kind == "DOUBLE"]
    classes = data["classes"]
    last = "prediction" if classes is None else "probability"
    if classes is not None and len(classes) > 2:
        assert floating[-3:] == [f"probability_{label}" for label in classes]
    else:
        assert floating[-1] == last
    assert described[0][0] == "age"


@pytest.mark.parametrize("dialect", ENGINES)
def test_leaves_rules_points_terms_and_scores(student_of, dialect):
    for name in ("tree, binary", "tree, regression"):
        student, rows = student_of(name)
        read = read_json(to_json(student))
        found = ask(student, rows, dialect, columns=["leaf", "rule"])
        leaves = read.apply(rows)
        assert found["leaf"].tolist() == leaves.tolist()
        texts = {rule.leaf: rule.text for rule in rule_list(student)}
        assert found["rule"].tolist() == [texts[leaf] for leaf in leaves]
    card, rows = student_of("scorecard, binary")
    found = ask(card, rows, dialect, columns=["score", "points"])
    assert found["score"].tolist() == card.score_samples(rows).tolist()
    points = read_json(to_json(card)).terms(rows)
    for j, name in enumerate(rows.columns):
        assert found[f"points_{name}"].tolist() == points[:, j].tolist()
    for kind in ("logistic, binary", "svm, binary"):
        student, rows = student_of(kind)
        found = ask(student, rows, dialect, columns=["terms", "score"])
        own = found[[f"terms_{name}" for name in rows.columns]].to_numpy()
        close = {"rtol": 1e-12, "atol": 1e-12}
        np.testing.assert_allclose(own, read_json(to_json(student)).terms(rows), **close)
        np.testing.assert_allclose(found["score"], student.decision_function(rows), **close)


@pytest.mark.parametrize("dialect", ENGINES)
@pytest.mark.parametrize("kind", ["logistic, binary", "svm, binary", "scorecard, binary"])
def test_reasons_are_those_of_python(student_of, kind, dialect):
    student, rows = student_of(kind)
    rows = rows.iloc[:50]
    for adverse in (None, "bad") if dialect == "duckdb" else ("good",):
        why = reasons(student, rows, reference="all applicants", adverse_class=adverse, n_reasons=3)
        found = ask(
            student,
            rows,
            dialect,
            columns="reasons",
            reference=rows,
            n_reasons=3,
            adverse_class=adverse,
            dictionary={"age": "R1: 'too young'"},
        )
        assert why.declines
        for decline in why.declines:
            listed = [one.column.replace("age", "R1: 'too young'", 1) for one in decline.reasons]
            said = found.loc[decline.row, ["reason_1", "reason_2", "reason_3"]].tolist()
            assert [one for one in said if isinstance(one, str)] == listed


def test_reasons_compare_with_means_that_are_given(student_of):
    card, rows = student_of("scorecard, binary")
    means = dict(zip(rows.columns, read_json(to_json(card)).terms(rows).mean(axis=0), strict=True))
    given = to_sql(card, table="t", columns="reasons", reference=means, parity="skip")
    assert given == to_sql(card, table="t", columns="reasons", reference=rows, parity="skip")


@pytest.mark.parametrize("dialect", ENGINES)
@pytest.mark.parametrize(
    "kind", ["tree, binary", "logistic, binary", "svm, binary", "scorecard, binary"]
)
def test_a_cutoff_moves_predictions_alone(student_of, kind, dialect):
    student, rows = student_of(kind)
    for cutoff in (0.2, 0.7):
        options = {"table": "t", "dialect": dialect, "cutoff": cutoff}
        assert parity_report(student, rows, to="sql", **options).passed
        found = ask(student, rows, dialect, cutoff=cutoff)
        above = student.predict_proba(rows)[:, 1] > cutoff
        assert found["prediction"].tolist() == np.where(above, "good", "bad").tolist()


@pytest.mark.parametrize("dialect", ENGINES)
def test_far_scores_are_0_and_1(dialect):
    X = np.array([[-1.0], [1.0]] * 10)
    proba = np.tile([[0.8, 0.2], [0.3, 0.7]], (10, 1))
    student = DistilledLogisticRegression().fit(X, teacher_proba=proba)
    rows = pd.DataFrame({"x0": [-1e30, 1e30, 0.0]})
    p = ask(student, rows, dialect)["probability"].tolist()
    assert p[:2] == [0.0, 1.0]
    assert p[2] == student.predict_proba([[0.0]])[0, 1]


@pytest.mark.parametrize("dialect", ENGINES)
def test_rows_that_the_student_refuses_are_null(student_of, dialect):
    for name in ("complete, logistic", "complete, three classes", "complete, linear"):
        student, X = student_of(name)
        assert not to_json(student)["takes_missing"]
        rows = pd.DataFrame(X[:4], columns=["x0", "x1", "x2"])
        rows.loc[[1, 2], "x1"] = np.nan
        columns = "terms" if len(getattr(student, "classes_", [])) < 3 else "prediction"
        for asked in ("prediction", columns):
            found = ask(student, rows, dialect, columns=asked)
            assert found.iloc[[1, 2]].isna().all(axis=None)
            assert found.iloc[[0, 3]].notna().all(axis=None)


def test_what_tables_hold(student_of):
    """Narrow numbers, decimals, texts of numbers, ENUM and other collations in DuckDB."""
    duckdb = pytest.importorskip("duckdb")
    student, _ = student_of("tree, binary")
    select = "SELECT * FROM (VALUES (40, 'tv', 2, true, 8.5), (55, 'TV', 1, false, NULL)) v"
    types = ["DOUBLE, VARCHAR, DOUBLE, BOOLEAN, DOUBLE", "FLOAT, VARCHAR, TINYINT, INTEGER, FLOAT"]
    types += ["VARCHAR, ENUM('tv', 'TV'), VARCHAR, BOOLEAN, DECIMAL(9, 4)"]
    types += ["SMALLINT, VARCHAR COLLATE NOCASE, HUGEINT, DOUBLE, VARCHAR"]
    names = ["age", "purpose", "rooms", "owner", "income"]
    frame = pd.DataFrame([[40.0, "tv", 2, True, 8.5], [55.0, "TV", 1, False, None]], columns=names)
    frame = frame.astype({"owner": "boolean", "income": float})
    wanted = student.predict_proba(frame)[:, 1].tolist()
    sql = to_sql(student, table="t", parity="skip")
    for one in types:
        kinds = re.split(r", (?![^(]*\))", one)
        listed = ", ".join(f"{n} {kind}" for n, kind in zip(names, kinds, strict=True))
        with duckdb.connect() as database:
            database.execute(f"CREATE TABLE t ({listed})")
            database.execute(f"INSERT INTO t {select}")
            assert [row[-1] for row in database.execute(sql).fetchall()] == wanted


def test_what_sqlite_holds(student_of):
    """Numbers as texts, collations that ignore case, and texts that are no numbers."""
    student, _ = student_of("tree, binary")
    sql = to_sql(student, table="t", dialect="sqlite", columns="leaf", parity="skip")
    database = sqlite3.connect(":memory:")
    database.execute("CREATE TABLE t (age TEXT, purpose TEXT COLLATE NOCASE, rooms, owner, income)")
    insert = "INSERT INTO t VALUES (?, ?, ?, ?, ?)"
    rows = [("40", "tv", 2, 1, 8.5), (" 4e1", "TV", 1, 0, None), (40.0, "tv ", "2", 1, None)]
    database.executemany(insert, rows)
    found = [leaf for leaf, _ in database.execute(sql).fetchall()]
    names = ["age", "purpose", "rooms", "owner", "income"]
    frame = pd.DataFrame(
        [[40.0, "tv", 2, True, 8.5], [40.0, "x", 1, False, None], [40.0, "x", 9, True, None]],
        columns=names,
    ).astype({"owner": "boolean", "income": float})
    assert found == read_json(to_json(student)).apply(frame).tolist()
    database.execute(insert, ("forty", "tv", 2, 1, 8.5))
    with pytest.raises(sqlite3.OperationalError, match="malformed JSON"):
        database.execute(sql).fetchall()
    database.close()


def test_sqlite_reads_every_number_to_the_last_digit():
    rng = np.random.default_rng(0)
    wide = rng.integers(0, 2**63 - 2**53, 2000).view(np.float64)
    near = np.exp(rng.normal(0, 10, 500)) * rng.choice([-1, 1], 500)
    values = [*wide, *near, 5e-324, -5e-324, 1e-310, 1e-6, 1e17, np.finfo(float).max, 0.0]
    write = read_order(
        to_json(DecisionTreeRegressor().fit([[0.0]], [0.0])), table="t", dialect="sqlite"
    ).dialect.write_number
    database = sqlite3.connect(":memory:")
    for value in (float(one) for one in values if np.isfinite(one)):
        assert database.execute(f"SELECT {write(value)}").fetchone() == (value,), value
    database.close()


@pytest.mark.parametrize("dialect", ENGINES)
def test_the_smallest_tree_and_the_widest_sum(dialect):
    stump = DecisionTreeClassifier().fit([[0.0], [1.0]], ["a", "a"])
    found = ask(stump, pd.DataFrame({"x0": [1.0, np.nan]}), dialect)
    assert found.to_numpy().tolist() == [["a", 1.0], ["a", 1.0]]
    rng = np.random.default_rng(0)
    n = 1100 if dialect == "sqlite" else 200  # of which SQLite takes 1000 below each other
    X = rng.normal(size=(20, n))
    wide = DistilledLinearRegression().fit(X, teacher_proba=X.sum(axis=1))
    frame = pd.DataFrame(X[:3], columns=[f"x{i}" for i in range(n)])
    found = ask(wide, frame, dialect)["prediction"]
    np.testing.assert_allclose(found, wide.predict(X[:3]), rtol=1e-12)


def test_the_statement_stands_where_a_select_may(student_of):
    duckdb = pytest.importorskip("duckdb")
    student, _ = student_of("logistic, binary")
    sql = to_sql(student, table="new rows", keep=["id", "age"], parity="skip")
    assert ";" not in sql
    start = (
        "CREATE TABLE rows AS SELECT 7 id, 40e0 age, 'tv' purpose, 2 rooms, true owner, 3 income"
    )
    with duckdb.connect() as database:
        database.execute(start)
        source = '"new rows" AS (SELECT * FROM rows)'
        wanted = database.execute(f"WITH {source} {sql}").fetchall()
        assert wanted[0][:2] == (7, 40.0)
        database.execute('CREATE VIEW "new rows" AS SELECT * FROM rows')
        database.execute(f"CREATE VIEW scored AS {sql}")
        assert database.execute("SELECT * FROM scored WHERE id = 7").fetchall() == wanted
        inside = f"SELECT * FROM ({sql}) AS s"  # noqa: S608  # it is ours
        assert database.execute(inside).fetchall() == wanted


def test_files_say_how_parity_went(student_of, tmp_path):
    student, rows = student_of("tree, binary")
    path = tmp_path / "student.sql"
    report = export_student(student, path, table="t", X=rows, parity="require")
    text = path.read_text()
    assert str(report).replace(";", ",") in text
    assert report.passed
    assert to_sql(student, table="t", X=rows, path=path) == text == path.read_text()


def test_dialects_without_an_engine_say_so(student_of, monkeypatch):
    student, _ = student_of("scorecard, binary")
    report = parity_report(student, to="sql", table="t", dialect="oracle")
    assert report.passed is None
    assert report.engine is None
    text = "No engine here runs Oracle. The same statement in DuckDB: Parity with the student holds"
    assert text in report.reason
    assert text in to_sql(student, table="t", dialect="oracle")
    with pytest.raises(MissingExtraError, match="There is no engine here that runs MySQL"):
        to_sql(student, table="t", dialect="mysql", parity="require")
    monkeypatch.setattr(SqlEngine, "version", lambda self: None)
    assert 'to check: pip install "interpkd[sql]"' in to_sql(student, table="t")
    with pytest.raises(MissingExtraError, match="DuckDB is needed to check the sql export"):
        to_sql(student, table="t", parity="require")


def test_engines_that_are_not_there(student_of, monkeypatch):
    from importlib import metadata

    student, _ = student_of("tree, binary")

    def lacks(name):
        raise metadata.PackageNotFoundError(name)

    def cannot(*_):
        msg = "no such function: EXP"
        raise sqlite3.OperationalError(msg)

    monkeypatch.setattr(metadata, "version", lacks)
    assert "DuckDB is not installed" in to_sql(student, table="t")
    monkeypatch.setattr(sqlite3, "connect", cannot)
    said = to_sql(student, table="t", dialect="sqlite")
    assert "SQLite is not installed, to check: a Python whose SQLite has the functions" in said


def test_parts_of_the_name_of_a_table(student_of):
    student, _ = student_of("tree, binary")
    for dialect, table in [("duckdb", "bank.loans.new"), ("sqlite", "main.t"), ("sqlite", "t")]:
        assert parity_report(student, to="sql", table=table, dialect=dialect, keep="age").passed
    for dialect in ENGINES:
        report = parity_report(student, to="sql", table="t", dialect=dialect, columns=[])
        assert report.passed


def test_a_wrong_statement_is_not_written(student_of, monkeypatch, tmp_path):
    student, rows = student_of("tree, binary")

    def wrong(data, order, note=""):
        return write_statement(data, order, note).replace("<=", "<")

    monkeypatch.setattr("interpkd.export._to_sql.write_statement", wrong)
    path = tmp_path / "student.sql"
    with pytest.raises(ParityError, match="labels differ"):
        to_sql(student, table="t", X=rows, path=path)
    assert not path.exists()
    with pytest.warns(ParityWarning, match="FAILS on DuckDB"):
        assert "FAILS" in to_sql(student, table="t", X=rows, path=path, parity="warn")

    def shifted(data, order, note=""):
        return write_statement(data, order, note).replace("'good'", "'bad'")

    monkeypatch.setattr("interpkd.export._to_sql.write_statement", shifted)
    with pytest.raises(ParityError, match=r"where the cut-off is 0\.4"):
        to_sql(student, table="t", X=rows, cutoff=0.4)

"""SQL: every dialect is parsed, runs as one, stays flat, and holds hostile names or says why not."""

import json
import re

import pytest
from sklearn.tree import DecisionTreeClassifier

from interpkd import DistilledScorecardClassifier
from interpkd.exceptions import InvalidInputError
from interpkd.export import read_json, to_json, to_sql
from interpkd.export._parity import run_engine
from interpkd.export._sql_dialects import DIALECTS
from interpkd.export._sql_engine import SqlEngine
from interpkd.export._sql_order import read_order
from interpkd.export._sql_statement import write_statement

WITHOUT_NAN = ("sqlite", "tsql", "mysql")
KINDS = ["tree, binary", "svm, multiclass"]

# what sqlglot leaves in words that DuckDB does not know
IN_DUCKDB = [
    (r' COLLATE "?\w+"?( ASC)?', ""),
    (" CHARACTER SET utf8mb4", ""),
    ("LIMIT -1 ", ""),
    (r"\+ N?'\|'", "|| '|'"),
    (r"REAL\(53\)", "DOUBLE"),
    (r"NANVL\((CAST\(.*? AS DOUBLE\)), NULL\)", r"NULLIF(\1, CAST('NaN' AS DOUBLE))"),
]


@pytest.fixture(autouse=True)
def engines_are_there(needs_engine):
    needs_engine("duckdb")
    needs_engine("sqlglot")


@pytest.mark.parametrize("dialect", DIALECTS)
def test_sqlglot_reads_every_dialect_and_duckdb_runs_what_it_read(student_of, dialect):
    import sqlglot

    for name in KINDS:
        student, rows = student_of(name)
        data = to_json(student)
        names = {c["name"]: f"x{k}" for k, c in enumerate(data["columns"])}
        options = {"names": names, "table": "bank.rows", "keep": "id"}
        sql = write_statement(data, read_order(data, dialect=dialect, **options))
        [tree] = sqlglot.parse(sql, read=dialect)
        again = tree.sql(dialect)
        assert sqlglot.parse_one(again, read=dialect).sql(dialect) == again
        for one in tree.find_all(sqlglot.exp.Case):
            assert one.find_ancestor(sqlglot.exp.Case) is None  # flat
        translated = tree.sql("duckdb", comments=False)
        for pattern, other in IN_DUCKDB:
            translated = re.sub(pattern, other, translated)
        engine = SqlEngine(data, read_order(data, dialect="duckdb", **options))
        engine.gives_nan = dialect not in WITHOUT_NAN
        report = run_engine(
            student, data, export="sql", artefact=translated, engine=engine, X=rows.iloc[:50]
        )
        assert report.passed, report.reason


@pytest.mark.parametrize("dialect", DIALECTS)
def test_hostile_texts_are_read_as_texts(student_of, dialect):
    """What sqlglot finds in the statement are the names and the categories, and nothing else."""
    import sqlglot

    student, _ = student_of("hostile, tree")
    data = to_json(student)
    names = {c["name"]: f"x{k}" for k, c in enumerate(data["columns"])}
    sql = to_sql(student, table="t", dialect=dialect, names=names, parity="skip")
    [tree] = sqlglot.parse(sql, read=dialect)
    literals = {one.this for one in tree.find_all(sqlglot.exp.Literal) if one.is_string}
    literals |= {one.this for one in tree.find_all(sqlglot.exp.National)}
    literals = {one.replace("\\u0024", "$") for one in literals}
    mark = DIALECTS[dialect].mark
    known = {str(label) + mark for c in data["columns"] for label in c["categories"]}
    assert len(known & literals) > 10
    own = {*known, *data["classes"], "NaN", "|", "text", "$"}
    assert all(one in own or is_number(one) for one in literals)
    header = [line for line in sql.splitlines() if line.startswith("--")]
    assert all(line.isascii() for line in header)


def is_number(text):
    try:
        float(text)
    except ValueError:
        return False
    return True


@pytest.mark.parametrize("dialect", ["postgres", "snowflake", "tsql", "spark", "clickhouse"])
def test_hostile_names_are_read_as_names(student_of, dialect):
    import sqlglot

    tree, frame = student_of("hostile, tree")
    columns = {name: name[:12].replace("${", "$ {") for name in frame.columns}
    table = ["a.b; drop", "c]\"`'\n--"]
    sql = to_sql(tree, table=table, dialect=dialect, names=columns, keep="--\n", parity="skip")
    [parsed] = sqlglot.parse(sql, read=dialect)
    found = parsed.find(sqlglot.exp.Table)
    assert [found.db, found.name] == table
    used = {one.name for one in parsed.find_all(sqlglot.exp.Column)}
    inner = {"source", "leaf", "kept_0"}
    assert used - inner <= {*columns.values(), "--\n"}
    assert parsed.named_selects == ["--\n", "prediction", "probability"]


def plain_tree(name="x"):
    """A tree of one column, of any name: data frames refuse some."""
    data = to_json(DecisionTreeClassifier().fit([[0.0], [1.0]], [0, 1]))
    text = json.dumps(data).replace('"x0"', json.dumps(name))
    return read_json(json.loads(text))


@pytest.mark.parametrize(
    ("dialect", "name", "rule"),
    [
        ("duckdb", "a\0", r"DuckDB cannot name the column 'a\\x00': no name holds '\\x00'"),
        ("sqlite", "\ud800", "half of a surrogate pair"),
        ("oracle", 'a"b', "Oracle cannot name the column 'a\"b': no name holds '\"'. Rename it"),
        ("bigquery", "width (cm)", r"no name holds '\('"),
        ("postgres", "é" * 32, "at most 63 bytes"),
        ("tsql", "x" * 129, "at most 128 characters"),
        ("spark", "a${b}", r"\$\{ is the start of a variable"),
        ("mysql", "\U0001f600", r"no name holds '\\U0001f600'"),
    ],
)
def test_names_that_a_dialect_cannot_hold(dialect, name, rule):
    with pytest.raises(InvalidInputError, match=rule):
        to_sql(plain_tree(name), table="t", dialect=dialect, parity="skip")
    good = to_sql(plain_tree(name), table="t", dialect=dialect, names={name: "y"}, parity="skip")
    assert name not in good


def test_texts_that_a_dialect_cannot_hold(student_of):
    import numpy as np
    import pandas as pd

    frame = pd.DataFrame({"c": ["", "a"] * 20})
    p = np.where(frame["c"] == "a", 0.9, 0.2)
    card = DistilledScorecardClassifier().fit(frame, teacher_proba=np.column_stack([1 - p, p]))
    with pytest.raises(InvalidInputError, match="the empty text is NULL there"):
        to_sql(card, table="t", dialect="oracle", parity="skip")
    assert to_sql(card, table="t", parity="require")
    tree = DecisionTreeClassifier().fit([[0.0], [1.0]], ["a\0z", "b"])
    with pytest.raises(InvalidInputError, match=r"cannot write the class 'a\\x00z': no text holds"):
        to_sql(tree, table="t")
    data = to_json(student_of("tree, binary")[0])
    data["columns"][1]["categories"][0] = 3
    with pytest.raises(InvalidInputError, match="'purpose' are texts and numbers"):
        write_statement(data, read_order(data, table="t", dialect="duckdb"))


def test_labels_and_lines():
    tree = DecisionTreeClassifier().fit([[0.0], [1.0]], [False, True])
    assert "THEN TRUE" in to_sql(tree, table="t")
    assert "THEN 1" in to_sql(tree, table="t", dialect="sqlite", parity="require")
    tree = DecisionTreeClassifier().fit([[0.0], [1.0]], ["it's\\\nb", "c"])
    assert "(N'it''s\\' + N'\nb')" in to_sql(tree, table="t", dialect="tsql")
    assert "'it\\'s\\\\\\nb'" in to_sql(tree, table="t", dialect="bigquery")
    assert "'it''s\\\nb'" in to_sql(tree, table="t", parity="require")


def test_names_of_classes_that_are_no_names():
    X, y = [[0.0], [1.0], [2.0]], ["a", "A", "b"]
    tree = DecisionTreeClassifier().fit(X, y)
    assert '"probability_0"' in to_sql(tree, table="t", parity="require")
    assert '"probability_A"' in to_sql(tree, table="t", dialect="postgres")


@pytest.mark.parametrize(
    ("options", "rule"),
    [
        ({"dialect": "cobol"}, "'dialect' parameter must be one of"),
        ({"table": 3}, "'table' parameter must be a name"),
        ({"table": "a.b.c.d"}, "at most 3 parts in DuckDB"),
        ({"table": ""}, "cannot name the table ''"),
        ({"columns": "odds"}, r"'columns' parameter may hold \['prediction'"),
        ({"columns": ["points"]}, "kind 'tree' has no column 'points'"),
        ({"columns": 3}, "'columns' parameter must be a text or a list"),
        ({"keep": ["a", "a"]}, "must name each column once"),
        ({"keep": "Prediction"}, "Two columns of the answer would be called 'prediction'"),
        ({"names": {"z": "y"}}, "names 'z', which is no column"),
        ({"names": ["x"]}, "'names' parameter must map"),
        ({"cutoff": 1}, "between 0 and 1"),
        ({"n_reasons": 0}, "int of at least 1"),
        ({"reference": {}}, "are for columns='reasons'"),
    ],
)
def test_what_is_asked_wrongly(options, rule):
    with pytest.raises(InvalidInputError, match=rule):
        to_sql(plain_tree(), **{"table": "t", **options})


@pytest.mark.parametrize(
    ("options", "rule"),
    [
        ({}, "give 'reference', its rows or a mapping"),
        ({"reference": {"age": 1.0}}, "must map each of the columns"),
        ({"adverse_class": "fair"}, "one of the classes"),
        ({"dictionary": {"height": "x"}}, "must map columns of the student"),
        ({"dictionary": {"age": "{value} years"}}, "it holds no brace"),
    ],
)
def test_reasons_that_are_asked_wrongly(student_of, options, rule):
    card, rows = student_of("scorecard, binary")
    given = {"reference": rows} if "reference" not in options and options else {}
    with pytest.raises(InvalidInputError, match=rule):
        to_sql(card, table="t", columns="reasons", **given, **options)


def test_what_students_of_several_classes_lack(student_of):
    student, _ = student_of("logistic, multiclass")
    with pytest.raises(InvalidInputError, match="has several scores, so no column 'score'"):
        to_sql(student, table="t", columns="score")
    with pytest.raises(InvalidInputError, match="A cut-off is for students of two classes"):
        to_sql(student, table="t", cutoff=0.5)


def test_columns_that_a_dialect_takes_for_one():
    import pandas as pd

    tree = DecisionTreeClassifier().fit(pd.DataFrame({"a": [0, 1], "A": [1, 0]}), [0, 1])
    with pytest.raises(InvalidInputError, match="'a' and 'A' are one in DuckDB"):
        to_sql(tree, table="t")
    assert to_sql(tree, table="t", dialect="postgres")
    assert to_sql(tree, table="t", names={"A": "b"}, parity="require")

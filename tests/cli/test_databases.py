"""Tables from databases: real SQLite and DuckDB files, and no secret anywhere."""

import sqlite3
import tomllib
from pathlib import Path

import pandas as pd
import pytest

from interpkd.cli._configuration import write_configuration
from interpkd.cli._errors import DataError
from interpkd.cli._source import Address, read_address, read_source
from interpkd.exceptions import MissingExtraError

pytest.importorskip("sqlalchemy")

PASSWORD = "pa@ss w%rd"  # noqa: S105
WRITTEN = "postgresql://me:pa%40ss%20w%25rd@host:5432/bank?sslmode=require&api_token=t0ken"


@pytest.fixture
def sqlite_url(tmp_path, loans):
    """Give a database whose table has a name and columns that need quotes."""
    path = tmp_path / "bank.db"
    connection = sqlite3.connect(path)
    loans.rename(columns={"amount": 'the "amount"'}).to_sql('my "loans"', connection, index=False)
    connection.commit()
    connection.close()
    return f"sqlite:///{path}"


@pytest.fixture
def duckdb_url(tmp_path, loans):
    duckdb = pytest.importorskip("duckdb")
    pytest.importorskip("duckdb_engine")
    path = tmp_path / "bank.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.register("frame", loans)
        connection.execute("CREATE SCHEMA risk")
        connection.execute(
            "CREATE TABLE risk.loans AS SELECT * REPLACE (CAST(amount AS DECIMAL(12, 2)) AS amount),"
            " CASE WHEN age > 40 THEN NULL ELSE guarantor END AS known,"
            " DATE '2026-01-01' AS signed FROM frame"
        )
    return f"duckdb:///{path}"


def read(url, **options):
    blank = {"sql": None, "table_name": None, "separator": ",", "missing": (), "category": ()}
    return read_source(read_address(url), blank | options)


def test_a_run_on_a_table_of_sqlite(run, sqlite_url, loans, stop_at):
    calls = stop_at("teach")
    result = run(
        "distill", sqlite_url, "--table", 'my "loans"', "--target", "outcome", "--out", "o"
    )
    name = 'table my "loans" of the sqlite database bank.db'
    assert f"{name}: 240 rows, 10 columns" in " ".join(result.stdout.split())
    [((problem, split, _, _), _)] = calls
    assert problem.source == name
    assert problem.X['the "amount"'].tolist() == loans["amount"].tolist()
    assert len(split.X_test) == 60


def test_duckdb_gives_what_parquet_gives(duckdb_url, loans):
    frame, name = read(duckdb_url, table_name="risk.loans")
    assert name == "table risk.loans of the duckdb database bank.duckdb"
    columns = [*loans.columns]
    as_texts = loans.astype(dict.fromkeys(("purpose", "employment", "branch"), str))
    pd.testing.assert_frame_equal(frame[columns], as_texts, check_dtype=False)
    assert frame["amount"].dtype == "float64"  # decimals
    assert frame["income"].isna().sum() == loans["income"].isna().sum() > 0  # NULL
    assert frame["known"].dtype == "boolean"
    query = "SELECT age, amount::INT AS n, ':x %s' AS word FROM risk.loans  WHERE age > 60"
    rows, name = read(duckdb_url, sql=query, category=["n"])
    assert len(rows) == (loans["age"] > 60).sum()
    assert set(rows["word"]) == {":x %s"}
    assert rows["n"].tolist() == [str(n) for n in loans.loc[loans["age"] > 60, "amount"]]
    assert name.startswith(
        "query \"SELECT age, amount::INT AS n, ':x %s' AS word FROM risk.loans W"
    )


def test_dates_are_refused_as_elsewhere(run, duckdb_url):
    options = ("--table", "risk.loans", "--target", "outcome", "--out", "out")
    result = run("distill", duckdb_url, *options)
    assert result.exit_code == 1
    says = "Column 'signed' holds values of the kind date, such as 2026-01-01, which are neither"
    assert says in result.stderr
    assert "leave the column out with --drop 'signed'" in result.stderr


def test_nothing_is_changed(sqlite_url):
    with pytest.raises(DataError, match="--sql gives no rows; it must be a query"):
        read(sqlite_url, sql='DELETE FROM "my ""loans"""')
    frame, _ = read(sqlite_url, sql='SELECT COUNT(*) AS n FROM "my ""loans"""')
    assert frame["n"].tolist() == [240]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"table_name": "loans"}, "has no table 'loans'; did you mean 'my \"loans\"'"),
        ({"sql": "SELECT * FROM nowhere"}, "bank.db cannot be read: no such table: nowhere"),
        ({"sql": "SELECT 1 AS a, 2 AS a"}, "has two columns named 'a'"),
        ({"sql": "SELECT 1 AS a WHERE 0"}, "has no rows"),
    ],
)
def test_what_cannot_be_read_is_refused(sqlite_url, options, message):
    with pytest.raises(DataError, match=message):
        read(sqlite_url, **options)


def test_no_file_is_made(tmp_path):
    with pytest.raises(DataError, match=r"sqlite database no\.db does not exist"):
        read(f"sqlite:///{tmp_path / 'no.db'}", sql="SELECT 1")
    assert not (tmp_path / "no.db").exists()
    with pytest.raises(DataError, match="in memory, which is empty"):
        read("sqlite://", sql="SELECT 1")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("sqlite:///a.db",), "needs either --table NAME or --sql 'SELECT ...', got neither"),
        (("sqlite:///a.db", "--table", "a", "--sql", "b"), "got both"),
        (("sqlite:///a.db", "--table", "a", "--missing", "-"), "--missing is for CSV files"),
        (("FILE", "--table", "a"), "--table is for a database; table.csv is a file"),
    ],
)
def test_options_that_do_not_go_together(run, loans, write_csv, arguments, says):
    place, *options = (write_csv(loans) if one == "FILE" else one for one in arguments)
    result = run("distill", place, "--target", "outcome", "--out", "out", *options)
    assert result.exit_code == 2
    assert says in result.stderr


def test_secrets_are_taken_out_of_urls():
    address = read_address(WRITTEN)
    assert address.public == "postgresql://me@host:5432/bank?sslmode=require"
    assert address.clean(f"login {PASSWORD} or pa%40ss%20w%25rd failed: t0ken") == (
        "login *** or *** failed: ***"
    )
    assert not any(secret in repr(address) for secret in (PASSWORD, "%40ss", "t0ken"))
    odd = read_address("mysql://me:a@b:c@host/bank")
    assert odd.public == "mysql://me@host/bank"
    assert read_address("sqlite:///a b.db") == Address("sqlite:///a b.db", "sqlite:///a b.db", ())


def test_a_password_appears_nowhere(run, monkeypatch):
    import sqlalchemy

    def fail(*_, **__):
        raise sqlalchemy.exc.OperationalError(WRITTEN, {}, Exception(f"no login with {PASSWORD}"))

    options = ("--sql", "SELECT 1", "--target", "outcome", "--max-leaf-nodes", 2, "--out", "out")
    monkeypatch.setattr("sqlalchemy.create_engine", fail)
    result = run("distill", WRITTEN, *options, "--traceback")
    assert result.stderr == (
        "Error: The postgresql database bank on host cannot be read: no login with ***\n"
    )
    # nor where all goes well
    address = read_address(WRITTEN)
    options = {"student": "tree", "teacher_file": None, "teacher_scores": (), "sql": "SELECT 1"}
    write_configuration(address, Path("out"), options, Path("run.toml"))
    written = Path("run.toml").read_text(encoding="utf-8")
    assert tomllib.loads(written) == {
        "source": "postgresql://me@host:5432/bank?sslmode=require",
        "out": "out",
        "student": "tree",
        "sql": "SELECT 1",
    }
    assert "password of the connection URL is left out" in written


def test_what_is_not_installed_is_named(run, monkeypatch):
    def missing(name, **_):
        message = f'{name} is missing. Install it with: pip install "interpkd[database]"'
        raise MissingExtraError(message)

    monkeypatch.setattr("interpkd.cli._sql.require", missing)
    result = run("distill", WRITTEN, "--table", "a", "--target", "b", "--out", "out")
    assert result.exit_code == 1
    assert 'pip install "interpkd[database]"' in result.stderr
    monkeypatch.undo()
    with pytest.raises(DataError, match="knows no database of the kind 'nobase'"):
        read("nobase://host/bank", sql="SELECT 1")

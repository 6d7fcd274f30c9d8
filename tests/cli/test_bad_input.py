"""Bad input: one clear sentence on stderr, an exit code above 0, and nothing left behind."""

import errno

import numpy as np
import pandas as pd
import pytest

from interpkd.exceptions import MissingExtraError


def check_refused(result, folder, *, code, says):
    assert result.exit_code == code, result.output
    assert "Traceback" not in result.output
    lines = result.stderr.splitlines()
    assert len(lines) == 1, lines
    assert lines[0].startswith("Error: ")
    assert says in lines[0]
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    ("change", "options", "code", "says"),
    [
        (
            {},
            ["--target", "outcom"],
            2,
            "'outcom': the table has no such column; did you mean 'outcome'?",
        ),
        ({}, ["--drop", "ages"], 2, "did you mean 'age'?"),
        ({}, ["--drop", "outcome"], 2, "given as --target and as --drop"),
        ({}, ["--max-leaf-nodes", "1"], 2, "1 is not in the range x>=2"),
        ({}, ["--test-size", "1"], 2, "1.0 is not in the range 0<x<1"),
        ({}, ["--teacher", "oracle"], 2, "'oracle' is not one of 'boosted', 'forest'"),
        ({}, ["--separator", "||"], 2, "must be a single character"),
        ({}, ["--target", "amount", "--temperature", "2"], 2, "--temperature is for classes"),
        ({"outcome": "repaid"}, [], 1, "has the single value repaid in all 120 rows"),
        (
            {"outcome": [*"abc"] + ["d"] * 117},
            [],
            1,
            "The class a of the target 'outcome' has only 1 row,",
        ),
        ({"outcome": ["a", None] * 60}, [], 1, "is missing in 60 of 120 rows, first in row 2"),
        ({"income": [1.5, -np.inf] * 60}, [], 1, "'income' is infinite in row 2; correct the file"),
        ({"age": np.nan}, [], 1, "'age' holds no values at all; leave it out with --drop 'age'"),
        (
            {"age": ["44"] * 99 + ["old"] * 21},
            [],
            1,
            "'age' holds numbers, but 21 of its 120 values are text, first 'old' in row 100",
        ),
        (
            {"name": [f"n{i}" for i in range(120)]},
            [],
            1,
            "'name' has a different text in every row (names, identifiers, dates?), so nothing can "
            "be learned from it as it is; leave it out with --drop 'name'",
        ),
        (
            {"name": ["n"] * 120},
            ["--category", "nam"],
            2,
            "did you mean 'name'?",
        ),
    ],
)
def test_a_table_or_option_that_breaks_a_rule(
    run, loans, write_csv, tmp_path, change, options, code, says
):
    path = write_csv(loans.head(120).assign(**change))
    target = [] if "--target" in options else ["--target", "outcome"]
    result = run("distill", path, *target, "--out", "out", *options)
    check_refused(result, tmp_path / "home", code=code, says=says)


def test_too_many_categories_are_refused_before_the_teacher_is_trained(
    run, loans, write_csv, tmp_path
):
    rows = pd.concat([loans] * 3, ignore_index=True).head(600)
    path = write_csv(rows.assign(surname=[f"n{i % 300}" for i in range(len(rows))]))
    result = run("distill", path, "--target", "outcome", "--out", "out")
    says = "'surname' has 300 different categories; at most 255 can be read. Leave it out with "
    check_refused(result, tmp_path / "home", code=1, says=f"{says}--drop 'surname'")
    assert "Fitting" not in result.stderr


@pytest.mark.parametrize(
    ("name", "content", "code", "says"),
    [
        ("no.csv", None, 2, "no.csv' does not exist"),
        ("folder.csv", "folder", 2, "folder.csv' is a directory"),
        ("empty.csv", b"", 1, "empty.csv is empty"),
        ("book.xlsx", b"PK", 2, "ends in '.xlsx'"),
        ("noise.csv", bytes(range(128, 256)), 1, "is not UTF-8 text"),
        ("noise.parquet", b"PAR1", 1, "is no readable Parquet file"),
        ("twice.csv", b"a,a,outcome\n1,2,x\n", 1, "two columns named 'a'"),
        ("ragged.csv", b"a,outcome\n1,x\n1,x,3\n", 1, "Expected 2 fields in line 3, saw 3"),
    ],
)
def test_a_file_that_is_no_table(run, tmp_path, name, content, code, says):
    path = tmp_path / name
    if content == "folder":
        path.mkdir()
    elif content is not None:
        path.write_bytes(content)
    result = run("distill", path, "--target", "outcome", "--out", "a/out")
    check_refused(result, tmp_path / "home", code=code, says=says)


def test_parquet_without_pyarrow_says_how_to_install_it(run, tmp_path, monkeypatch):
    def missing(name, **_):
        message = f'{name} is not installed. Install it with: pip install "interpkd[parquet]"'
        raise MissingExtraError(message)

    monkeypatch.setattr("interpkd.cli._tables.require", missing)
    (tmp_path / "t.parquet").write_bytes(b"PAR1")
    result = run("distill", tmp_path / "t.parquet", "--target", "x", "--out", "out")
    check_refused(result, tmp_path / "home", code=1, says='pip install "interpkd[parquet]"')


@pytest.mark.parametrize(
    ("column", "says"),
    [
        ("dates", "neither numbers nor categories"),
        ("names", "300 different categories; at most 255 can be read"),
    ],
)
def test_what_nothing_can_be_learned_from_is_refused_in_a_line(run, tmp_path, column, says):
    pytest.importorskip("pyarrow")
    frame = pd.DataFrame({"x": range(1200), "y": [0, 1, 1] * 400})
    frame["dates"] = pd.date_range("2020-01-01", periods=1200)
    frame["names"] = [f"name {i}" for i in range(300)] * 4
    frame[["x", "y", column]].to_parquet(tmp_path / "t.parquet")
    result = run("distill", tmp_path / "t.parquet", "--target", "y", "--out", "out")
    check_refused(result, tmp_path / "home", code=1, says=says)
    assert repr(column) in result.stderr


def test_a_forest_on_a_gpu_is_refused(run, loans, write_csv, tmp_path):
    options = ["--teacher", "forest", "--device", "cuda"]
    path = write_csv(loans)
    result = run("distill", path, "--target", "outcome", "--out", "out", *options)
    check_refused(result, tmp_path / "home", code=1, says="run on the CPU only")


def test_a_gpu_that_is_not_there_is_refused(run, loans, write_csv, tmp_path, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    path = write_csv(loans)
    result = run("distill", path, "--target", "outcome", "--out", "out", "--device", "cuda")
    check_refused(result, tmp_path / "home", code=1, says="finds no GPU that it can use")


@pytest.mark.parametrize(
    ("error", "code", "says"),
    [
        (RuntimeError("broken\npipe dream"), 1, "RuntimeError: broken pipe dream (an error that"),
        (MemoryError(), 1, "Out of memory"),
        (
            OSError(errno.ENOSPC, "No space left on device", "x.csv"),
            1,
            "No space left on device (x.csv)",
        ),
    ],
)
def test_an_unforeseen_error_is_one_sentence(run, tmp_path, monkeypatch, error, code, says):
    def fail():
        raise error

    monkeypatch.setattr("interpkd.datasets.load_clinical", fail)
    check_refused(run("demo"), tmp_path / "home", code=code, says=says)
    result = run("demo", "--traceback")
    assert result.exception is error
    monkeypatch.setenv("INTERPKD_TRACEBACK", "1")
    assert run("demo").exception is error
    assert list((tmp_path / "home").iterdir()) == []


def test_an_interrupt_is_one_sentence_and_130(run, tmp_path, monkeypatch):
    def interrupt():
        raise KeyboardInterrupt

    monkeypatch.setattr("interpkd.datasets.load_clinical", interrupt)
    result = run("demo")
    assert result.exit_code == 130
    assert result.stderr == "Interrupted during 'Reading the table'; nothing was written.\n"
    assert list((tmp_path / "home").iterdir()) == []


def test_an_unknown_command_gets_the_nearest_one(run, tmp_path):
    check_refused(run("distil"), tmp_path / "home", code=2, says="No such command 'distil'")


def test_the_demo_replaces_nothing_but_its_own_results(run, tmp_path):
    out = tmp_path / "home" / "interpkd-demo"
    out.mkdir()
    (out / "thesis.html").write_text("old")
    result = run("demo")
    assert result.exit_code == 2
    assert "holds 'thesis.html', which interpkd did not write" in result.stderr
    assert (out / "thesis.html").read_text() == "old"

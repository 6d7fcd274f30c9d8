"""Reading tables: what is missing, what is a category, what is refused."""

import click
import numpy as np
import pandas as pd
import pytest

from interpkd.cli._columns import check_columns, check_known
from interpkd.cli._errors import DataError
from interpkd.cli._tables import MISSING, read_table


def test_none_is_a_category_and_the_stated_texts_are_missing(write_csv):
    kept = ["none", "None", "unknown", "-", "#N/A", "<NA>", "n/a"]
    path = write_csv("word,n\n" + "".join(f"{word},1\n" for word in [*MISSING, *kept]))
    words = read_table(path)["word"]
    assert words.isna().tolist() == [True] * len(MISSING) + [False] * len(kept)
    assert words.dropna().tolist() == kept
    assert read_table(path, missing=["-", "unknown"])["word"].dropna().tolist() == [
        word for word in kept if word not in {"-", "unknown"}
    ]


def test_kinds_of_columns(write_csv):
    path = write_csv("yes,whole,broken,text\nTrue,1,0.5,a\nFalse,2,,b\n,3,1.5,\n")
    frame = read_table(path)
    assert frame["yes"].dtype == "boolean"
    assert frame["whole"].dtype == np.int64
    assert frame["broken"].dtype == np.float64
    assert frame["yes"].isna().tolist() == [False, False, True]
    assert frame["text"].isna().tolist() == [False, False, True]


def test_byte_order_mark_quotes_and_other_separators(tmp_path):
    path = tmp_path / "excel.CSV"
    path.write_bytes('\ufeff"a, b";c\n"1";"x;y"\n2;"z\nz"\n'.encode())
    frame = read_table(path, separator=";")
    assert list(frame.columns) == ["a, b", "c"]
    assert frame["c"].tolist() == ["x;y", "z\nz"]


def test_category_keeps_texts_of_digits_as_they_are(write_csv, tmp_path):
    path = write_csv("code,x\n007,1\n,2\n10,3\n")
    assert read_table(path)["code"].tolist()[0] == 7
    codes = read_table(path, categories=["code"])["code"]
    assert codes.dropna().tolist() == ["007", "10"]
    assert codes.isna().tolist() == [False, True, False]

    pytest.importorskip("pyarrow")
    pd.DataFrame({"code": [7.0, np.nan, 10.0]}).to_parquet(tmp_path / "t.parquet")
    codes = read_table(tmp_path / "t.parquet", categories=["code"])["code"]
    assert codes.dropna().tolist() == ["7", "10"]
    assert codes.isna().tolist() == [False, True, False]


def test_parquet_gives_the_table_that_was_saved(tmp_path, loans):
    pytest.importorskip("pyarrow")
    shuffled = loans.sample(frac=1, random_state=0)  # the index is not the row number
    shuffled.to_parquet(tmp_path / "loans.parquet")
    frame = read_table(tmp_path / "loans.parquet")
    pd.testing.assert_frame_equal(
        frame, shuffled.reset_index(drop=True), check_dtype=False, check_categorical=False
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"table\.csv is empty\."),
        ("a,b\n", r"table\.csv has column names but no rows"),
        ("a,b,a\n1,2,3\n", "two columns named 'a'; rename or remove one"),
        (",b\n0,2\n", "no name for column 1 .*row numbers"),
        ("a;b\n1;2\n", "single column, named 'a;b'.* --separator ';'"),
        ("a,b\n1,2\n1,2,3\n", "no readable CSV file: Expected 2 fields in line 3, saw 3"),
        ("a,b\n1,2,3\n1,2,3\n", "rows with more values than the 2 column names"),
    ],
)
def test_what_is_no_table_is_refused(write_csv, text, message):
    with pytest.raises(DataError, match=message):
        read_table(write_csv(text))


def test_bytes_that_are_no_text_are_refused(tmp_path):
    path = tmp_path / "latin.csv"
    path.write_bytes("name,x\nMüller,1\n".encode("latin-1"))
    with pytest.raises(DataError, match=r"not UTF-8 text \(it holds the byte 0xfc\)"):
        read_table(path)
    pytest.importorskip("pyarrow")
    fake = tmp_path / "fake.parquet"
    fake.write_text("a,b\n1,2\n")
    with pytest.raises(DataError, match=r"fake\.parquet is no readable Parquet file"):
        read_table(fake)


def test_options_that_do_not_go_with_the_file_are_refused(tmp_path):
    with pytest.raises(click.UsageError, match=r"ends in '\.xlsx'.*\.csv or \.parquet"):
        read_table(tmp_path / "table.xlsx")
    with pytest.raises(click.UsageError, match="--missing is for CSV files"):
        read_table(tmp_path / "table.parquet", missing=["-"])


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("Amount", "did you mean 'amount'"),
        ("amuont", "did you mean 'amount'"),
        ("zzz", "the columns are age, income, amount"),
    ],
)
def test_an_unknown_column_gets_the_nearest_name(loans, name, hint):
    with pytest.raises(click.UsageError, match=f"--drop '{name}'.*no such column; {hint}"):
        check_known(["age", name], loans, "--drop")


def test_a_column_without_values_is_named(loans):
    with pytest.raises(DataError, match="'age' holds no values at all; leave it out with --drop"):
        check_columns(loans.assign(age=np.nan))


@pytest.mark.parametrize(
    ("values", "n", "text", "row"),
    [
        (["1", "2", "?", None, "x", "5"], 2, r"\?", 3),
        (["1.5", "2,5", "3"], 1, "2,5", 2),
        (["1,000", "2,000", None], 2, "1,000", 1),
        (["12 %", "13 %"], 2, "12 %", 1),
    ],
)
def test_text_among_numbers_is_pointed_at(values, n, text, row):
    frame = pd.DataFrame({"amount": values}, index=range(5, 5 + len(values)))
    message = f"'amount' holds numbers, but {n} of its .* text, first '{text}' in row {row};"
    with pytest.raises(DataError, match=message):
        check_columns(frame)
    check_columns(frame, categories=["amount"])  # the user says that they are names


@pytest.mark.parametrize(
    "values", [["a", "b", "1"], ["1 - 2", "3 - 4"], ["none", None], ["01", "02"], [1, 2]]
)
def test_categories_are_left_alone(values):
    check_columns(pd.DataFrame({"kind": values}))

"""Tables of every library are read alike, and what cannot be read is named."""

import datetime

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from interpkd import DistilledTreeClassifier
from interpkd._tables import RawMatrix, describe_columns, encode, read_frame
from interpkd.exceptions import InvalidInputError


def as_library(frame, library):
    return {
        "pandas": lambda: frame,
        "nullable": frame.convert_dtypes,
        "pyarrow-backed": lambda: frame.convert_dtypes(dtype_backend="pyarrow"),
        "polars": lambda: pl.from_pandas(frame),
        "pyarrow": lambda: pa.Table.from_pandas(frame, preserve_index=False),
    }[library]()


LIBRARIES = ["pandas", "nullable", "pyarrow-backed", "polars", "pyarrow"]


@pytest.mark.parametrize("library", LIBRARIES)
def test_all_libraries_give_the_same_matrix(mixed_table, library):
    frame, _ = mixed_table
    columns = describe_columns(read_frame(frame))
    expected = encode(read_frame(frame), columns)
    raw = read_frame(as_library(frame, library))
    assert describe_columns(raw) == columns
    np.testing.assert_array_equal(encode(raw, columns), expected)


def test_columns_are_described():
    frame = pd.DataFrame({"a": [1.5, np.nan], "b": ["y", "x"], "c": [True, False]})
    a, b, c = describe_columns(read_frame(frame))
    assert (a.kind, a.has_missing, a.minimum, a.maximum) == ("numeric", True, 1.5, 1.5)
    assert (b.kind, b.categories, b.has_missing) == ("category", ("x", "y"), False)
    assert (c.kind, c.minimum, c.maximum) == ("boolean", 0.0, 1.0)


def test_unseen_and_missing_categories_are_missing():
    columns = describe_columns(read_frame(pd.DataFrame({"b": ["y", "x"]})))
    Z = encode(read_frame(pd.DataFrame({"b": ["x", "z", None]})), columns)
    np.testing.assert_array_equal(Z[:, 0], [0, np.nan, np.nan])


def test_pandas_categories_keep_their_values():
    frame = pd.DataFrame({"k": pd.Categorical([3, 1, None], categories=[1, 2, 3])})
    (column,) = describe_columns(read_frame(frame))
    assert column.categories == (1, 3)
    assert column.has_missing


def test_all_missing_column_is_a_number_column():
    frame = pd.DataFrame({"a": [None, None], "b": [1, 2]})
    a, _ = describe_columns(read_frame(frame))
    assert a.kind == "numeric"
    assert a.has_missing
    polars = describe_columns(read_frame(pl.DataFrame({"a": [None, None], "b": [1, 2]})))
    assert polars[0].has_missing


@pytest.mark.parametrize(
    ("frame", "match"),
    [
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), r"'a' occurs twice"),
        (pd.DataFrame({"d": [datetime.datetime(2020, 1, 1)]}), r"'d' holds datetime64"),
        (pl.DataFrame({"d": [datetime.date(2020, 1, 1)]}), r"'d' holds Date"),
        (pd.DataFrame({"m": [1, "x"]}), r"'m' mixes numbers and texts such as 'x'"),
        (pd.DataFrame({"o": [{}, {}]}), r"'o' holds dict"),
        (pd.DataFrame({"c": [1j]}), r"[cC]omplex"),
    ],
)
def test_unreadable_columns_are_named(frame, match):
    with pytest.raises(InvalidInputError, match=match):
        read_frame(frame)


def test_too_many_categories_are_refused():
    raw = read_frame(pd.DataFrame({"id": [f"r{i}" for i in range(300)]}))
    with pytest.raises(InvalidInputError, match=r"'id' has 300 different texts.*at most 255"):
        describe_columns(raw)


def test_text_in_a_number_column_is_refused():
    columns = describe_columns(read_frame(pd.DataFrame({"a": [1.0, 2.0]})))
    with pytest.raises(InvalidInputError, match=r"'a' was numeric.*text 'two'"):
        encode(read_frame(pd.DataFrame({"a": ["two"]})), columns)


def test_numbers_in_a_text_column_are_refused():
    columns = describe_columns(read_frame(pd.DataFrame({"a": ["x", "y"]})))
    with pytest.raises(InvalidInputError, match=r"'a' held categories such as 'x'"):
        encode(read_frame(pd.DataFrame({"a": [1.0]})), columns)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_matrix_of_numbers_is_not_copied(dtype):
    X = np.array([[1, np.nan, np.nan], [3, -2, np.nan], [2, 5, np.nan]], dtype=dtype)
    raw = RawMatrix(X)
    columns = describe_columns(raw)
    assert encode(raw, columns) is X
    assert columns == describe_columns(list(raw))


def test_float32_and_float64_give_the_same_student():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 3)).astype(np.float32)
    p = 1 / (1 + np.exp(-3 * X[:, 0] * X[:, 1]))
    P = np.column_stack([1 - p, p]).astype(float)
    for effort in ("greedy", "refined"):
        one, two = (
            DistilledTreeClassifier(effort=effort, random_state=0).fit(Z, teacher_proba=P)
            for Z in (X, X.astype(np.float64))
        )
        np.testing.assert_array_equal(one.student_.tree_.threshold, two.student_.tree_.threshold)
        np.testing.assert_array_equal(one.predict_proba(X), two.predict_proba(X))
        assert one.columns_ == two.columns_

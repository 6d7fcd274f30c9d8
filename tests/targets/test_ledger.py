"""Asking a teacher: batches, memory, counts, and rows named in errors."""

import numpy as np
import pandas as pd
import polars as pl
import pytest

from interpkd import as_teacher
from interpkd.exceptions import InvalidInputError, TeacherError
from interpkd.targets import GeneratedRowNames, Ledger, RowNames, _ledger

X = np.arange(20.0).reshape(10, 2)


class Counted:
    """A function of rows that remembers how it was asked."""

    def __init__(self, at=None, error=None):
        self.sizes, self.at, self.error = [], at, error

    def __call__(self, X):
        rows = np.asarray(X, dtype=float)
        self.sizes.append(len(rows))
        out = rows.sum(axis=1)
        if self.at in out:
            if self.error is not None:
                raise self.error
            out[out == self.at] = np.nan
        return out


@pytest.mark.parametrize("make", [np.asarray, pd.DataFrame, lambda X: pl.DataFrame(X, ["a", "b"])])
def test_batches_change_no_answer(make, monkeypatch):
    monkeypatch.setattr(_ledger, "BATCH", 4)
    function, ledger = Counted(), Ledger("regression")
    answers = ledger.ask(as_teacher(function), make(X))
    np.testing.assert_array_equal(answers, X.sum(axis=1))
    assert function.sizes == [4, 4, 2]
    assert (ledger.n_rows, ledger.n_calls) == (10, 3)


@pytest.mark.parametrize("make", [np.array, pd.DataFrame, lambda X: pl.DataFrame(X, ["a", "b"])])
def test_the_same_table_is_asked_once(make):
    function, ledger = Counted(), Ledger("regression")
    teacher, changed = as_teacher(function), X.copy()
    changed[3, 1] += 1
    for table in (make(X), make(X), make(changed), make(X[:5])):
        np.testing.assert_array_equal(ledger.ask(teacher, table), np.asarray(table).sum(axis=1))
    assert function.sizes == [10, 10, 5]
    ledger.ask(as_teacher(function), make(X))  # another teacher
    assert ledger.n_rows == sum(function.sizes) == 35


def test_missing_values_are_the_same_table():
    function, ledger = Counted(), Ledger("regression")
    teacher = as_teacher(lambda X: function(np.nan_to_num(X)))
    table = np.where(X == 4, np.nan, X)
    ledger.ask(teacher, table)
    ledger.ask(teacher, table.copy())
    assert function.sizes == [10]


def test_tables_of_other_kinds_are_asked_about_again():
    """A sparse matrix is compared with nothing: two of them may be one, but who would know."""
    from scipy.sparse import csr_array

    function, ledger = Counted(), Ledger("regression")
    teacher = as_teacher(lambda rows: function(rows.toarray()))
    ledger.ask(teacher, csr_array(X))
    ledger.ask(teacher, csr_array(X))
    assert function.sizes == [10, 10]


def test_bad_answers_are_located(monkeypatch):
    monkeypatch.setattr(_ledger, "BATCH", 4)
    teacher = as_teacher(Counted(at=X[6].sum()))
    with pytest.raises(TeacherError, match="1 of 4 rows are not, the first is row 6 of X: nan"):
        Ledger("regression").ask(teacher, X)
    names = RowNames("X_unlabeled", np.arange(10) * 10)
    with pytest.raises(TeacherError, match="the first is row 60 of X_unlabeled: nan"):
        Ledger("regression").ask(teacher, X, names)


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (RowNames(), "FrozenRegressor failed on row 4 to row 7 of X: ZeroDivisionError: by zero$"),
        (RowNames("X", np.arange(10) * 3), "failed on 4 rows from row 12 to row 21 of X: "),
        (
            GeneratedRowNames(started=lambda i: f"row {2 * i} of X"),
            "row 4 to row 7 of the generated rows: .* Set augmentation=None to do without",
        ),
    ],
)
def test_failures_are_located_and_chained(names, message, monkeypatch):
    monkeypatch.setattr(_ledger, "BATCH", 4)
    teacher = as_teacher(Counted(at=X[6].sum(), error=ZeroDivisionError("by zero")))
    with pytest.raises(TeacherError, match=message) as caught:
        Ledger("regression").ask(teacher, X, names)
    assert isinstance(caught.value.__cause__, ZeroDivisionError)


def test_a_generated_row_is_named_after_the_one_it_started_as():
    teacher = as_teacher(Counted(at=X[6].sum()))
    names = GeneratedRowNames(started=lambda i: f"row {2 * i} of X")
    with pytest.raises(
        TeacherError, match=r"is row 6 of the generated rows \(made near row 12 of X"
    ):
        Ledger("regression").ask_once(teacher, lambda a, b: X[a:b], 10, names)


def test_an_answer_of_the_wrong_shape_names_the_question():
    teacher = as_teacher(lambda X: np.full((len(X), 3), 1 / 3), classes=[0, 1])
    with pytest.raises(TeacherError, match=r"shape \(10, 2\).*asked about row 0 to row 9 of X\."):
        Ledger("classification").ask(teacher, X)


def test_errors_about_the_users_table_stay_what_they_are():
    from sklearn.frozen import FrozenEstimator
    from sklearn.linear_model import LinearRegression

    model = LinearRegression().fit(pd.DataFrame(X, columns=["a", "b"]), X[:, 0])
    with pytest.raises(InvalidInputError, match="trained on the column 'b'"):
        Ledger("regression").ask(FrozenEstimator(model), pd.DataFrame(X, columns=["a", "c"]))

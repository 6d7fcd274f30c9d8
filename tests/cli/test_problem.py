"""Which task it is, and how rows are held out."""

import click
import numpy as np
import pandas as pd
import pytest

from interpkd.cli._columns import identifiers
from interpkd.cli._errors import DataError
from interpkd.cli._problem import hold_out, make_problem


def problem_of(values, task="auto", **options):
    frame = pd.DataFrame({"x": np.arange(len(values)), "y": values})
    options = {"source": "t.csv", "target": "y", "drop": (), "categories": ()} | options
    return make_problem(frame, task=task, **options)


@pytest.mark.parametrize(
    ("values", "task", "kind"),
    [
        (["a", "b"] * 20, "classification", "U"),
        (pd.Categorical(["a", "b"] * 20), "classification", "U"),
        (pd.Categorical([3, 1] * 20), "classification", "i"),
        ([True, False] * 20, "classification", "b"),
        (pd.array([True, False] * 20, dtype="boolean"), "classification", "b"),
        ([0, 1] * 20, "classification", "i"),
        ([0.0, 1.0] * 20, "classification", "i"),
        (pd.array([0, 1] * 20, dtype="Int64"), "classification", "i"),
        ([*range(20)] * 2, "classification", "i"),
        ([*range(21)] * 2, "regression", "f"),
        ([0.5, 1.0] * 20, "regression", "f"),
    ],
)
def test_the_kind_of_target_settles_the_task(values, task, kind):
    problem = problem_of(values)
    assert problem.task == task
    assert problem.y.dtype.kind == kind
    assert problem.reason.startswith("the target holds")


def test_the_user_may_choose_the_task():
    assert problem_of([0, 1] * 20, "regression").y.dtype == np.float64
    assert problem_of([*range(21)] * 2, "classification").y.dtype == np.int64
    assert problem_of([0, 1] * 20, "regression").reason == "as asked for"


@pytest.mark.parametrize(
    ("values", "task", "message"),
    [
        (["a", "b"] * 20, "regression", "holds text such as a; --task regression needs numbers"),
        ([True, False] * 20, "regression", "holds booleans such as True"),
        ([0.5, 1.5] * 20, "classification", "numbers with decimals.*use --task regression"),
        (["a"] * 40, "auto", "has the single value a in all 40 rows"),
        ([1.5] * 40, "auto", r"has the single value 1\.5"),
        ([None] * 40, "auto", "holds no values at all; name another --target"),
        ([1, 0, None, None] * 10, "auto", "missing in 20 of 40 rows, first in row 3"),
        ([1.5, np.inf] * 20, "auto", "is infinite in row 2"),
        (["a", "b"], "auto", "has 2 rows; at least 20 are needed"),
        (["1", "2", "?"] * 20, "auto", "'y' holds numbers, but 20 of its 60 values are text"),
    ],
)
def test_a_target_that_cannot_be_learned_is_refused(values, task, message):
    with pytest.raises(DataError, match=message):
        problem_of(values, task)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"target": "z"}, "--target 'z'.*no such column"),
        ({"drop": ("z",)}, "--drop 'z'.*no such column"),
        ({"categories": ("z",)}, "--category 'z'.*no such column"),
        ({"drop": ("y",)}, "given as --target and as --drop"),
        ({"drop": ("x", "x")}, "No column is left to learn from"),
    ],
)
def test_options_that_contradict_the_table_are_refused(options, message):
    with pytest.raises(click.UsageError, match=message):
        problem_of(["a", "b"] * 20, **options)


def test_dropped_columns_are_not_checked():
    frame = pd.DataFrame({"x": range(40), "empty": [None] * 40, "y": ["a", "b"] * 20})
    problem = make_problem(
        frame, source="t", target="y", task="auto", drop=("empty",), categories=()
    )
    assert list(problem.X.columns) == ["x"]


def test_held_out_rows_are_stratified_seeded_and_stated():
    problem = problem_of(["rare"] * 20 + ["common"] * 80)
    split = hold_out(problem, test_size=0.25, seed=3)
    assert (split.y_test == "rare").sum() == 5
    assert sorted([*split.X_train["x"], *split.X_test["x"]]) == list(range(100))
    for X, y in ((split.X_train, split.y_train), (split.X_test, split.y_test)):
        np.testing.assert_array_equal(y == "rare", X["x"] < 20)
    assert split.sentence == (
        "25 rows (25 %, at random, stratified by y, seed 3); 75 rows to learn from"
    )
    pd.testing.assert_frame_equal(hold_out(problem, test_size=0.25, seed=3).X_test, split.X_test)
    assert not hold_out(problem, test_size=0.25, seed=4).X_test.equals(split.X_test)


def test_a_regression_is_not_stratified():
    split = hold_out(problem_of(np.linspace(0, 1, 40)), test_size=0.5, seed=0)
    assert split.facts["How"] == "at random, not stratified"
    assert split.facts["Rows held out"] == 20


@pytest.mark.parametrize(("test_size", "needed"), [(0.25, 8), (0.5, 11), (0.1, 11), (0.01, 101)])
def test_a_class_needs_rows_on_both_sides(test_size, needed):
    few = problem_of(["a"] * (needed - 1) + ["b"] * 500)
    with pytest.raises(
        DataError, match=f"class a .* only {needed - 1} rows, and at least {needed}"
    ):
        hold_out(few, test_size=test_size, seed=0)
    split = hold_out(problem_of(["a"] * needed + ["b"] * 500), test_size=test_size, seed=0)
    assert (split.y_train == "a").sum() >= 5
    assert (split.y_test == "a").sum() >= 1


def test_names_of_rows_as_a_target_get_a_fitting_remedy():
    problem = problem_of([f"id{i}" for i in range(40)])
    with pytest.raises(DataError, match="the target has 40 different values: is it a class at all"):
        hold_out(problem, test_size=0.25, seed=0)


def test_columns_that_identify_rows_are_named():
    n = 60
    frame = pd.DataFrame(
        {
            "number": np.arange(n) + 15_600_000,
            "surname": [f"name {i % 50}" for i in range(n)],
            "salary": np.linspace(1, 2, n),  # measured, not counted
            "age": np.arange(n) % 40,
            "city": ["Bonn", "Lyon"] * (n // 2),
            "few": [f"{i % 20}" for i in range(n)],
        }
    )
    assert identifiers(frame) == ["number", "surname"]

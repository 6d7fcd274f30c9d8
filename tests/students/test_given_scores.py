"""Only a vendor's scores at hand: what reaches a student, and what is refused."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from interpkd import (
    DistilledLinearRegression,
    DistilledLogisticRegression,
    DistilledTreeClassifier,
    DistilledTreeRegressor,
)
from interpkd.exceptions import InvalidInputError, TeacherError

rng = np.random.default_rng(0)
N = 24
X = rng.normal(size=(N, 2))
LABELS = np.array(["good", "bad", "ugly"])
Y = LABELS[np.arange(N) % 3]
TREE = {"max_leaf_nodes": 3, "effort": "greedy"}

floats = arrays(np.float64, (N, 3), elements=st.floats(0.015625, 1, width=32))


def proba(scores):
    return scores / scores.sum(axis=1, keepdims=True)


def fit(P, y=Y):
    return DistilledTreeClassifier(**TREE).fit(X, y, teacher_proba=P)


def same(one, other):
    np.testing.assert_array_equal(one.classes_, other.classes_)
    np.testing.assert_array_equal(one.predict_proba(X), other.predict_proba(X))


@settings(max_examples=25, deadline=None)
@given(scores=floats, order=st.permutations(range(3)), make=st.sampled_from(["pandas", "polars"]))
def test_columns_of_a_frame_are_found_by_name(scores, order, make):
    """Reordered classes, named: the student is that of the columns in order."""
    P, classes = proba(scores), sorted(LABELS)
    named = {classes[k]: P[:, k] for k in order}
    frame = pd.DataFrame(named) if make == "pandas" else pl.DataFrame(named)
    same(fit(frame), fit(P))
    same(fit(frame, None), fit(P))  # the names alone say what the classes are


@settings(max_examples=25, deadline=None)
@given(scores=floats, dtype=st.sampled_from([np.float16, np.float32, object, "list"]))
def test_numbers_of_any_kind_are_read_as_floats(scores, dtype):
    P = proba(scores)
    given_ = P.tolist() if dtype == "list" else P.astype(dtype)
    if dtype == np.float16 and (np.abs(given_.astype(float).sum(axis=1) - 1) > 1e-4).any():
        # its rounding is coarser than what a row of probabilities may be off by
        with pytest.raises(TeacherError, match=r"teacher_proba must be at least 0 and sum to 1"):
            fit(given_)
        return
    student = fit(given_)
    read = np.asarray(given_, dtype=float)
    same(student, fit(read))


@settings(max_examples=40, deadline=None)
@given(
    scores=floats,
    row=st.integers(0, N - 1),
    bad=st.sampled_from([np.nan, np.inf, -np.inf, -0.5, 1.7]),
    as_frame=st.booleans(),
)
def test_one_bad_number_never_reaches_a_student(scores, row, bad, as_frame):
    P = proba(scores)
    P[row, 1] = bad
    table = pd.DataFrame(P, columns=sorted(LABELS)) if as_frame else P
    rule = "be finite" if not np.isfinite(bad) else "be at least 0 and sum to 1"
    with pytest.raises(TeacherError, match=rf"teacher_proba must {rule}.* is row {row}: "):
        fit(table)


@settings(max_examples=40, deadline=None)
@given(
    shape=st.tuples(st.integers(0, N + 1), st.integers(0, 5)).filter(lambda s: s != (N, 3)),
    y=st.sampled_from([None, "labels"]),
)
def test_a_wrong_shape_never_reaches_a_student(shape, y):
    P = np.full(shape, 1 / max(shape[1], 1))
    if y is None and shape[0] == N and shape[1] >= 2:
        assert fit(P, None).classes_.tolist() == [*range(shape[1])]
        return
    message = r"teacher_proba (must have shape|need one column|has \d columns)"
    with pytest.raises((TeacherError, InvalidInputError), match=message):
        fit(P, None if y is None else Y)


@pytest.mark.parametrize(
    ("P", "message"),
    [
        (np.full(N, 0.5), r"must have shape \(24, n_classes\).*np.column_stack"),
        (np.full((N, 3), "a third"), "cannot be read as floats"),
        (np.full((N, 3), None), "must be finite"),
        ([[0.5, 0.5]] * (N - 1) + [[1.0]], "cannot be read as floats"),
        (np.full((N, 3), 1 / 3 + 1e-3), "sum to 1"),
        (np.full((N, 3, 1), 1 / 3), "must have shape"),
    ],
)
def test_what_is_no_table_of_probabilities_is_refused(P, message):
    with pytest.raises(TeacherError, match=message):
        fit(P)


@pytest.mark.parametrize("names", [["bad", "good", "other"], ["bad", "good"], [0, 1, 2]])
def test_unknown_names_are_refused(names):
    frame = pd.DataFrame(np.full((N, len(names)), 1 / len(names)), columns=names)
    with pytest.raises(InvalidInputError, match=r"columns \[.*the classes are \['bad', 'good', 'u"):
        fit(frame)


def test_a_name_twice_is_refused():
    frame = pd.DataFrame(np.full((N, 3), 1 / 3), columns=["bad", "good", "good"])
    with pytest.raises((InvalidInputError, ValueError), match=r"good"):
        fit(frame)


def test_names_may_be_numbers():
    P = proba(rng.random((N, 2)))
    y = np.arange(N) % 2
    expected = DistilledTreeClassifier(**TREE).fit(X, y, teacher_proba=P)
    for frame in (
        pd.DataFrame(P, columns=[0, 1])[[1, 0]],
        pd.DataFrame(P, columns=["0", "1"])[["1", "0"]],
        pl.DataFrame(P, schema=["0", "1"]).select("1", "0"),
    ):
        same(DistilledTreeClassifier(**TREE).fit(X, y, teacher_proba=frame), expected)
    alone = DistilledTreeClassifier(**TREE).fit(X, teacher_proba=pd.DataFrame(P, columns=[7, 3]))
    assert alone.classes_.tolist() == [3, 7]


@pytest.mark.parametrize("kind", [DistilledTreeRegressor, DistilledLinearRegression])
def test_predictions_may_come_as_a_column(kind):
    p = rng.random(N)
    expected = kind().fit(X, teacher_proba=p).predict(X)
    for given_ in (p[:, None], pd.Series(p), pd.DataFrame({"p": p}), pl.Series(p), p.tolist()):
        np.testing.assert_array_equal(kind().fit(X, teacher_proba=given_).predict(X), expected)
    p[3] = np.nan
    with pytest.raises(TeacherError, match=r"teacher_proba must be finite.*is row 3: nan"):
        kind().fit(X, teacher_proba=p)


def test_what_cannot_be_known_is_not_claimed():
    student = DistilledLogisticRegression().fit(X, Y, teacher_proba=proba(rng.random((N, 3))))
    facts = student.distillation_
    assert student.teacher_ is None
    assert facts["source"] == "given scores"
    assert facts["n_augmented"] == facts["n_teacher_queries"] == 0
    assert not [name for name in facts if "in_sample" in name or "memory" in name]


def test_nobody_can_be_asked_about_more():
    P = proba(rng.random((N, 3)))
    with pytest.raises(InvalidInputError, match="teacher_proba covers X only"):
        DistilledTreeClassifier(n_augmented=100).fit(X, Y, teacher_proba=P)
    with pytest.raises(InvalidInputError, match="X_unlabeled needs a teacher that can be asked"):
        DistilledTreeClassifier().fit(X, Y, teacher_proba=P, X_unlabeled=X)

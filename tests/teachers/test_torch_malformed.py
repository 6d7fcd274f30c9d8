"""Malformed probabilities never reach a student, whoever gives them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.frozen import FrozenEstimator

from interpkd import DistilledTreeClassifier, as_teacher
from interpkd.exceptions import InterpkdError
from interpkd.teachers import TorchTeacher

N_ROWS, N_CLASSES = 12, 3
X = np.arange(2.0 * N_ROWS).reshape(N_ROWS, 2)


class Model(ClassifierMixin, BaseEstimator):
    """A fitted classifier that answers what it is told to, row by row."""

    def __init__(self, answer, classes=(0, 1, 2)):
        self.answer = answer
        self.classes_ = np.asarray(classes)

    def fit(self, X, y):
        return self

    def predict_proba(self, X):
        return self.answer


def by_function(answer):
    return as_teacher(lambda rows: answer, classes=[0, 1, 2])


def by_estimator(answer):
    return as_teacher(Model(answer))


def by_frozen_estimator(answer):
    return FrozenEstimator(Model(answer))


def by_module(answer):
    torch = pytest.importorskip("torch")

    class Module(torch.nn.Module):
        def forward(self, batch):
            return torch.as_tensor(answer)

    return TorchTeacher(Module(), classes=[0, 1, 2])


def student_of(teacher):
    return DistilledTreeClassifier(teacher, augmentation=None, effort="greedy", random_state=0)


def spoil_shape(P, how):
    return {
        "narrow": P[:, :2] / P[:, :2].sum(1, keepdims=True),
        "wide": np.column_stack([P, np.zeros(N_ROWS)]),
        "one column": P[:, :1],
        "flat": P[:, 0],
        "turned": P.T,
        "short": P[1:],
        "long": np.vstack([P, P[:1]]),
        "deep": P[:, :, None],
        "number": np.float64(0.5),
    }[how]


def spoil_values(P, how, row, amount):
    P = P.copy()
    if how == "sum":
        P[row] *= 1 + amount
    elif how == "negative":
        P[row] = [1 + amount, -amount, 0]
    elif how == "logits":
        P = np.log(P + 1e-3)
    else:
        P[row, row % 3] = {"nan": np.nan, "inf": np.inf, "minus inf": -np.inf}[how]
    return P


PROBABILITIES = arrays(
    np.float64, (N_ROWS, N_CLASSES), elements=st.floats(0.01, 1), fill=st.nothing()
).map(lambda A: A / A.sum(axis=1, keepdims=True))
WAYS = pytest.mark.parametrize("way", [by_function, by_estimator, by_frozen_estimator, by_module])
FEW = settings(max_examples=25, deadline=None, derandomize=True)


@WAYS
@FEW
@given(
    P=PROBABILITIES,
    how=st.sampled_from(
        ["narrow", "wide", "one column", "flat", "turned", "short", "long", "deep", "number"]
    ),
)
def test_wrong_shapes(way, P, how):
    with pytest.raises(InterpkdError, match=r"shape|one row of numbers per row"):
        student_of(way(spoil_shape(P, how))).fit(X)


@WAYS
@FEW
@given(
    P=PROBABILITIES,
    how=st.sampled_from(["sum", "negative", "logits", "nan", "inf", "minus inf"]),
    row=st.integers(0, N_ROWS - 1),
    amount=st.floats(0.01, 100),
    dtype=st.sampled_from([np.float64, np.float32, np.float16]),
)
def test_wrong_values(way, P, how, row, amount, dtype):
    answer = spoil_values(P, how, row, amount).astype(dtype)
    with pytest.raises(InterpkdError, match=r"finite|sum"):
        student_of(way(answer)).fit(X)


@pytest.mark.parametrize("way", [by_function, by_estimator, by_frozen_estimator])
@pytest.mark.parametrize("value", [None, "much", "", (0.5,), 0.5 + 0j])
def test_what_is_no_number(way, value):
    answer = np.full((N_ROWS, N_CLASSES), 1 / 3, dtype=object)
    answer[3, 1] = value
    with pytest.raises(InterpkdError, match=r"must be numbers|finite"):
        student_of(way(answer)).fit(X)


@WAYS
def test_complex_numbers(way):
    """numpy would drop the imaginary part, with a warning."""
    with pytest.raises(InterpkdError, match="complex"):
        student_of(way(np.full((N_ROWS, N_CLASSES), 1 / 3 + 1j))).fit(X)


@WAYS
@FEW
@given(P=PROBABILITIES, dtype=st.sampled_from([np.float64, np.float32, np.float16, object]))
def test_what_passes_is_float64_that_sums_to_one(way, P, dtype):
    """A half has 11 bits: where a row's rounding errors are too large it is refused, not bent."""
    if dtype is object and way is by_module:
        return
    try:
        student = student_of(way(P.astype(dtype))).fit(X)
    except InterpkdError:
        assert dtype is np.float16
        return
    answers = student.predict_proba(X)
    assert answers.dtype == np.float64
    np.testing.assert_allclose(answers.sum(axis=1), 1, atol=1e-12)


@FEW
@given(P=PROBABILITIES, order=st.permutations(["a", "b", "c"]))
def test_classes_in_any_order_are_the_same_student(P, order):
    columns = np.argsort(np.argsort(order))  # where each class of `order` stands in sorted order
    plain = student_of(as_teacher(Model(P, ["a", "b", "c"]))).fit(X)
    turned = student_of(as_teacher(Model(P[:, columns], order))).fit(X)
    here = [turned.classes_.tolist().index(label) for label in plain.classes_]
    np.testing.assert_allclose(turned.predict_proba(X)[:, here], plain.predict_proba(X), atol=1e-12)
    np.testing.assert_array_equal(turned.predict(X), plain.predict(X))

"""Malformed answers never reach a student, whoever gives them.

A student whose learner is replaced by a spy is fitted to whatever hypothesis makes of good
probabilities. Either an error of ours comes, or what the learner gets is what was meant: float64,
finite, at least 0, rows that sum to one, each class in its own column.
"""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.frozen import FrozenEstimator
from sklearn.tree import DecisionTreeClassifier

from interpkd import (
    DistilledClassifier,
    DistilledTreeClassifier,
    DistilledTreeRegressor,
    as_teacher,
    fidelity_report,
)
from interpkd.exceptions import InterpkdError, InvalidInputError, TeacherError

N, K = 30, 3
X = np.column_stack([np.arange(N), np.arange(N) % 7]).astype(float)
LABELS = np.array(["a", "b", "c"])
Y = LABELS[np.arange(N) % K]


FEW = settings(max_examples=4, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])


class ReachedError(Exception):
    """Carries what a learner was given."""


class Spy(DistilledTreeClassifier):
    def _fit_student(self, transfer, signs):
        raise ReachedError(transfer)


class RegressionSpy(DistilledTreeRegressor):
    def _fit_student(self, transfer, signs):
        raise ReachedError(transfer)


class Answering(ClassifierMixin, BaseEstimator):
    """A classifier that looks its answers up by the first column, and then spoils them."""

    def __init__(self, table, spoil, order=(0, 1, 2)):
        self.table = table
        self.spoil = spoil
        self.order = order

    def fit(self, X, y):
        self.classes_ = LABELS[list(self.order)]
        return self

    def predict_proba(self, X):
        rows = self.table[np.asarray(X)[:, 0].astype(int)]
        return self.spoil(rows[:, list(self.order)])


def by_function(table, spoil):
    return as_teacher(lambda rows: spoil(table[rows[:, 0].astype(int)]), classes=LABELS), {}


def by_estimator(table, spoil):
    return as_teacher(Answering(table, spoil).fit(X, Y)), {}


def by_frozen(table, spoil):
    return FrozenEstimator(Answering(table, spoil).fit(X, Y)), {}


def by_cross_fitting(table, spoil):
    return Answering(table, spoil), {"y": Y}


def by_reordered_classes(table, spoil):
    return Answering(table, spoil, order=(2, 0, 1)), {"y": Y}


def by_scores(table, spoil):
    return None, {"y": Y, "teacher_proba": spoil(table)}


GIVERS = [
    by_function,
    by_estimator,
    by_frozen,
    by_cross_fitting,
    by_reordered_classes,
    by_scores,
]


def tables():
    """Good probabilities of shape (N, K)."""
    row = st.lists(st.integers(0, 50), min_size=K, max_size=K).filter(any)
    return st.lists(row, min_size=N, max_size=N).map(
        lambda rows: np.array(rows, float) / np.sum(rows, axis=1, keepdims=True)
    )


def cell(value):
    def spoil(P):
        P = P.astype(object if value is None or isinstance(value, str) else float)
        P[len(P) // 2, 1] = value
        return P

    return spoil


def row_sum(factor):
    def spoil(P):
        P = P.copy()
        P[-1] *= factor
        return P

    return spoil


SPOILED = {
    "too narrow": lambda P: P[:, :-1],
    "too wide": lambda P: np.column_stack([P, np.zeros(len(P))]),
    "one column": lambda P: P[:, :1],
    "flat": lambda P: P[:, 1],
    "deep": lambda P: P[:, :, None],
    "a row short": lambda P: P[:-1],
    "a row long": lambda P: np.concatenate([P, P[:1]]),
    "nothing": lambda P: None,
    "no numbers": lambda P: [*P.astype(str).tolist()[:-1], ["x", "y", "z"]],
    "ragged": lambda P: [*P.tolist()[:-1], [1.0]],
    "missing": cell(np.nan),
    "infinite": cell(np.inf),
    "None": cell(None),
    "text": cell("half"),
    "negative": lambda P: P + np.array([-1.5, 1.5, 0]),
    "above one": row_sum(1.01),
    "below one": row_sum(0.99),
    "logits": lambda P: np.log(P + 1e-9),
    "zeros": np.zeros_like,
    "percent": lambda P: 100 * P,
}
STRANGE = {
    "as they are": lambda P: P,
    "float16": lambda P: P.astype(np.float16),
    "float32": lambda P: P.astype(np.float32),
    "long double": lambda P: P.astype(np.longdouble),
    "objects": lambda P: P.astype(object),
    "lists": lambda P: P.tolist(),
    "column by column": np.asfortranarray,
    "a view": lambda P: np.repeat(P, 2, axis=0)[::2],
    "rounded sums": row_sum(1 + 5e-5),
    "minus zero": lambda P: np.where(P == 0, -0.0, P),
    "hardly negative": lambda P: np.where(P == 0, -1e-9, P),
}


def what_reached(teacher, fit_params, spy=Spy):
    with pytest.raises((ReachedError, InterpkdError)) as caught:
        spy(teacher, augmentation=None, cv=2, random_state=0).fit(X, **fit_params)
    return caught.value.args[0] if isinstance(caught.value, ReachedError) else None


@pytest.mark.parametrize("how", list(SPOILED))
@pytest.mark.parametrize("give", GIVERS)
@FEW
@given(table=tables())
def test_spoiled_probabilities_are_refused(give, how, table):
    if give is by_scores and how == "nothing":
        return  # None says that there are no scores
    teacher, fit_params = give(table, SPOILED[how])
    assert what_reached(teacher, fit_params) is None


@pytest.mark.parametrize("how", list(STRANGE))
@pytest.mark.parametrize("give", GIVERS)
@FEW
@given(table=tables())
def test_strange_ones_are_refused_or_become_what_was_meant(give, how, table):
    teacher, fit_params = give(table, STRANGE[how])
    transfer = what_reached(teacher, fit_params)
    if transfer is None:
        assert how == "float16"  # whose rows may miss one by more than rounding
        return
    targets = transfer.targets
    assert targets.dtype == np.float64
    assert np.isfinite(targets).all()
    assert (targets >= 0).all()
    np.testing.assert_allclose(targets.sum(axis=1), 1, atol=1e-12)
    order = [2, 0, 1] if give is by_reordered_classes else [0, 1, 2]
    np.testing.assert_allclose(targets, table[:, order], atol=2e-3 if how == "float16" else 1e-4)


@pytest.mark.parametrize("library", [pd, pl])
@pytest.mark.parametrize("give", GIVERS)
@FEW
@given(table=tables(), order=st.permutations(range(K)))
def test_columns_named_by_class_are_matched_by_name(give, library, table, order):
    def spoil(P):
        own = LABELS[[2, 0, 1]] if give is by_reordered_classes else LABELS
        return library.DataFrame({own[k]: P[:, k] for k in order})

    targets = what_reached(*give(table, spoil)).targets
    own = [2, 0, 1] if give is by_reordered_classes else [0, 1, 2]
    np.testing.assert_allclose(targets, table[:, own], atol=1e-9)


def test_numbered_columns_are_no_names():
    """A table's own numbering says nothing of the classes 1 and 0."""
    P = np.tile([0.2, 0.8], (N, 1))
    teacher = as_teacher(lambda rows: pd.DataFrame(P), classes=[1, 0])
    np.testing.assert_allclose(teacher.predict_proba(X), P)


@pytest.mark.parametrize("how", ["missing", "too narrow", "logits", "above one"])
def test_a_teacher_that_fails_later_is_caught_too(how):
    """Good on the training rows, spoiled on unlabelled or generated ones."""
    table = np.tile([0.2, 0.3, 0.5], (N, 1))
    calls = []

    def answer(rows):
        calls.append(len(rows))
        P = table[rows[:, 0].astype(int)]
        return P if len(calls) == 1 else SPOILED[how](P)

    teacher = as_teacher(answer, classes=LABELS)
    with pytest.raises(TeacherError, match=r"Probabilities of the teacher"):
        Spy(teacher, random_state=0).fit(X, X_unlabeled=X[:5])
    calls.clear()
    with pytest.raises(TeacherError, match="of the generated rows"):
        Spy(teacher, n_augmented=50, random_state=0).fit(X)


@pytest.mark.parametrize("classes", [["a", "b"], ["a", "b", "b"], ["a", "b", "c", "d"]])
def test_classes_that_do_not_fit_are_refused(classes):
    table = np.tile([0.2, 0.3, 0.5], (N, 1))
    with pytest.raises((InvalidInputError, TeacherError), match=r"classes|shape"):
        Spy(as_teacher(lambda rows: table, classes=classes), augmentation=None).fit(X)
    model = Answering(table, STRANGE["as they are"]).fit(X, Y)
    with pytest.raises(InvalidInputError, match="classes"):
        as_teacher(model, classes=classes)


class Predicting(RegressorMixin, BaseEstimator):
    """A regressor that spoils what it looks up."""

    def __init__(self, spoil):
        self.spoil = spoil

    def fit(self, X, y):
        self.is_fitted_ = True
        return self

    def predict(self, X):
        return self.spoil(np.asarray(X)[:, 0])


SPOILED_NUMBERS = {
    "missing": lambda v: np.where(v == v[-1], np.nan, v),
    "infinite": lambda v: np.where(v == v[-1], -np.inf, v),
    "two columns": lambda v: np.column_stack([v, v]),
    "a row short": lambda v: v[:-1],
    "text": lambda v: np.array(["many"] * len(v)),
    "nothing": lambda v: None,
    "a number": lambda v: 3.0,
}


@pytest.mark.parametrize("how", list(SPOILED_NUMBERS))
@pytest.mark.parametrize("way", ["function", "frozen", "cross-fitted", "scores"])
def test_spoiled_predictions_are_refused(how, way):
    spoil = SPOILED_NUMBERS[how]
    teacher, fit_params = {
        "function": lambda: (as_teacher(lambda rows: spoil(rows[:, 0])), {}),
        "frozen": lambda: (FrozenEstimator(Predicting(spoil).fit(X, None)), {}),
        "cross-fitted": lambda: (Predicting(spoil), {"y": X[:, 1]}),
        "scores": lambda: (None, {"teacher_proba": spoil(X[:, 0])}),
    }[way]()
    if way == "scores" and spoil(X[:, 0]) is None:
        pytest.skip("None says that there are no scores")
    assert what_reached(teacher, fit_params, RegressionSpy) is None


def test_fidelity_reads_named_columns_too():
    table = np.tile([0.2, 0.3, 0.5], (N, 1))
    teacher, _ = by_function(table, STRANGE["as they are"])
    student = DistilledClassifier(teacher, student=DecisionTreeClassifier()).fit(X)
    turned = pd.DataFrame(table[:, ::-1], columns=LABELS[::-1])
    scores = fidelity_report(student, X, teacher=turned).to_dict()
    assert scores["proba_mae"]["estimate"] < 1e-9

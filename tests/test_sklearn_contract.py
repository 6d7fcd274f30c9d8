"""Every public estimator obeys scikit-learn's contract."""

import inspect
from functools import partial

import pytest
from scipy.sparse import csr_array
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.datasets import make_classification
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.utils import get_tags
from sklearn.utils.estimator_checks import parametrize_with_checks

import interpkd
from interpkd.teachers import TabularClassifier, TabularRegressor, default_teacher

STUDENTS = [
    kind
    for _, kind in inspect.getmembers(interpkd, inspect.isclass)
    if issubclass(kind, BaseEstimator)
]
CLASSIFIERS = [kind for kind in STUDENTS if issubclass(kind, ClassifierMixin)]
BOOSTING = {
    "Classifier": HistGradientBoostingClassifier,
    "Regressor": HistGradientBoostingRegressor,
}
FORESTS = {"Classifier": RandomForestClassifier, "Regressor": RandomForestRegressor}


BOOSTING_COUNTS_ROWS = {
    "check_sample_weight_equivalence_on_dense_data": (
        "the default teacher is histogram boosting, whose leaves count rows and not weights; "
        "scikit-learn lists it as an expected failure of this check too"
    ),
    "check_sample_weight_equivalence_on_sparse_data": (
        "the default teacher of sparse rows is a random forest, which draws rows and not weights; "
        "scikit-learn lists it as an expected failure of this check too"
    ),
}


def with_linear_teacher(kind):
    """Give a student whose teacher and leaves know weights only, so that no check may fail."""
    teacher = LogisticRegression(max_iter=1000) if kind in CLASSIFIERS else LinearRegression()
    by_weight = {"min_samples_leaf": 1} if "Tree" in kind.__name__ else {}
    return kind(teacher, **by_weight)


@pytest.fixture
def small_default_teachers(monkeypatch):
    """Let default teachers be of the default kind and small: the checks fit hundreds of them."""

    def boosting(task, *, has_categories):
        teacher = default_teacher(task, has_categories=has_categories)
        (teacher.model if has_categories else teacher).set_params(max_iter=5, learning_rate=0.5)
        return teacher

    monkeypatch.setattr("interpkd.students._questions.default_teacher", boosting)
    for kind in (RandomForestClassifier, RandomForestRegressor):
        place = f"interpkd.students._sparse.{kind.__name__}"
        monkeypatch.setattr(place, partial(kind, n_estimators=3))


@parametrize_with_checks(
    [kind() for kind in STUDENTS], expected_failed_checks=lambda _: BOOSTING_COUNTS_ROWS
)
def test_default_teacher(estimator, check, small_default_teachers):
    check(estimator)


@pytest.mark.parametrize("kind", STUDENTS, ids=lambda kind: kind.__name__)
def test_default_teachers_have_default_settings(kind):
    """What the checks above make smaller, as it is."""
    X, y = make_classification(40, 3, n_informative=2, n_redundant=0, random_state=0)
    task = "Classifier" if kind in CLASSIFIERS else "Regressor"
    cases = [(BOOSTING, X), (FORESTS, csr_array(X))]
    for known, rows in cases[: 1 + get_tags(kind()).input_tags.sparse]:
        teacher = kind(cv=2, random_state=0).fit(rows, y).teacher_
        assert type(teacher) is known[task]
        defaults = known[task](random_state=teacher.random_state)
        assert teacher.get_params() == defaults.get_params()


@pytest.mark.slow
@parametrize_with_checks([with_linear_teacher(kind) for kind in STUDENTS])
def test_linear_teacher(estimator, check):
    check(estimator)


@parametrize_with_checks(
    [TabularClassifier(LogisticRegression()), TabularRegressor(LinearRegression())]
)
def test_tabular_teachers(estimator, check):
    check(estimator)


def test_there_are_students():
    assert len(STUDENTS) >= 2


@pytest.mark.parametrize("kind", STUDENTS, ids=lambda kind: kind.__name__)
def test_init_only_stores(kind):
    marks = {name: object() for name in inspect.signature(kind).parameters}
    assert kind(**marks).get_params(deep=False) == marks

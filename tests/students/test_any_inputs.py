"""Which estimators may be students, on which tables, and what is said of the others."""

import re

import numpy as np
import polars as pl
import pytest
from sklearn import config_context
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.datasets import load_iris, make_classification, make_regression
from sklearn.ensemble import (
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.frozen import FrozenEstimator
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.multioutput import MultiOutputRegressor
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from interpkd import DistilledClassifier, DistilledRegressor, fidelity_report
from interpkd.exceptions import DistillationWarning, InvalidInputError, NotAStudentError
from interpkd.export import rule_list
from interpkd.teachers import make_teacher


@pytest.fixture(scope="module")
def iris():
    X, y = load_iris(return_X_y=True)
    return X, y, FrozenEstimator(RandomForestClassifier(5, random_state=0).fit(X, y))


@pytest.fixture(scope="module")
def regression():
    X, y = make_regression(60, 3, random_state=0)
    return X, y, FrozenEstimator(RandomForestRegressor(5, random_state=0).fit(X, y))


@pytest.fixture(scope="module")
def raw_teacher(mixed_table):
    X, y = mixed_table
    return FrozenEstimator(make_teacher("forest", random_state=0).fit(X, y))


@pytest.mark.parametrize(
    "plain",
    [
        None,
        HistGradientBoostingClassifier(max_iter=5),
        HistGradientBoostingRegressor(max_iter=5),
        make_pipeline(SimpleImputer(), StandardScaler(), LogisticRegression()),
        make_pipeline(SimpleImputer(), Ridge()),
    ],
    ids=lambda plain: "default" if plain is None else type(plain).__name__,
)
def test_raw_tables(mixed_table, raw_teacher, plain):
    X, y = mixed_table
    student = DistilledClassifier(raw_teacher, student=plain, n_augmented=500, random_state=0)
    student.fit(X, X_unlabeled=X[:50])
    P = student.predict_proba(X)
    assert student.classes_.tolist() == ["bad", "good"]
    assert fidelity_report(student, X, y).to_dict()["agreement"]["estimate"] > 0.7
    frame = pl.from_pandas(X)
    np.testing.assert_array_equal(student.predict_proba(frame), P)
    if student.is_plain_:
        np.testing.assert_array_equal(student.student_.predict_proba(X), P)


def test_raw_tables_of_a_regression(mixed_table):
    X, y = mixed_table
    teacher = make_teacher("forest", task="regression", random_state=0)
    student = DistilledRegressor(teacher, cv=2, n_augmented=500, random_state=0)
    student.fit(X, (y == "good") + X["age"] / 10)
    assert np.isfinite(student.predict(X)).all()
    np.testing.assert_allclose(student.predict(X), student.student_.predict(X))


def test_a_tree_keeps_its_rules_on_a_raw_table(mixed_table, raw_teacher):
    X, _ = mixed_table
    plain = DecisionTreeClassifier(max_leaf_nodes=4)
    student = DistilledClassifier(raw_teacher, student=plain, random_state=0).fit(X)
    assert {one.column for rule in rule_list(student) for one in rule.conditions} <= set(X)


@pytest.mark.parametrize("plain", [make_pipeline(StandardScaler(), LogisticRegression()), Ridge()])
def test_missing_values_are_refused_with_a_remedy(mixed_table, raw_teacher, plain):
    X, _ = mixed_table
    with pytest.raises(InvalidInputError, match=r"(?s)contains NaN.*put an imputer before it"):
        DistilledClassifier(raw_teacher, student=plain, n_augmented=0).fit(X)
    known = X.dropna()
    student = DistilledClassifier(raw_teacher, student=plain, n_augmented=0).fit(known)
    with pytest.raises(InvalidInputError, match=r"(?s)contains NaN.*put an imputer before it"):
        student.predict_proba(X)


class Unknown(BaseEstimator):
    """An estimator that does not say what it is."""

    def fit(self, X, y):
        return self

    def predict(self, X):
        return np.zeros(len(X))


class OneOutput(RegressorMixin, Unknown):
    """A regressor that makes one output of several."""


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"student": KNeighborsClassifier()},
            "must be a regressor, or a classifier whose fit takes sample_weight. "
            "KNeighborsClassifier is neither.",
        ),
        (
            {"student": make_pipeline(StandardScaler(), KNeighborsClassifier())},
            "fit takes sample_weight. Pipeline is neither.",
        ),
        ({"student": LinearSVC()}, "the classifier LinearSVC has no predict_proba"),
        ({"student": Unknown()}, "must be a regressor or a classifier, and Unknown says"),
        ({"student": FrozenEstimator(Ridge())}, "The 'student' parameter is frozen"),
        (
            {"student": Ridge(), "targets": "weighted rows"},
            "targets='weighted rows' needs a classifier",
        ),
        (
            {"student": LogisticRegression(), "targets": "logits"},
            "targets='logits' are numbers and need a regressor",
        ),
    ],
)
def test_what_cannot_learn_is_refused(iris, options, message):
    X, _, teacher = iris
    with pytest.raises(NotAStudentError, match=re.escape(message)):
        DistilledClassifier(teacher, **options).fit(X)


def test_a_classifier_cannot_learn_predictions(regression):
    X, _, teacher = regression
    with pytest.raises(NotAStudentError, match="must be a regressor to imitate predictions"):
        DistilledRegressor(teacher, student=LogisticRegression()).fit(X)


def test_parameters_are_checked(iris):
    X, _, teacher = iris
    with pytest.raises(ValueError, match="The 'student' parameter of DistilledClassifier must be"):
        DistilledClassifier(teacher, student="tree").fit(X)
    with pytest.raises(NotAStudentError, match="is the class DecisionTreeRegressor"):
        DistilledClassifier(teacher, student=DecisionTreeRegressor).fit(X)


def test_one_output_for_three_classes_has_a_remedy(iris):
    X, _, teacher = iris
    boosted = GradientBoostingRegressor(n_estimators=3)
    with pytest.raises(InvalidInputError, match=r"MultiOutputRegressor\(student\)"):
        DistilledClassifier(teacher, student=boosted, augmentation=None).fit(X)
    student = DistilledClassifier(teacher, student=OneOutput(), augmentation=None).fit(X)
    with pytest.raises(InvalidInputError, match=r"shape \(150, 3\), got \(150,\)"):
        student.predict(X)
    several = MultiOutputRegressor(boosted)
    student = DistilledClassifier(teacher, student=several, augmentation=None).fit(X)
    assert student.score(X, teacher.predict(X)) > 0.9


def test_two_classes_need_one_output():
    X, y = make_classification(100, random_state=0)
    teacher = FrozenEstimator(RandomForestClassifier(5, random_state=0).fit(X, y))
    boosted = GradientBoostingRegressor(n_estimators=3)
    assert DistilledClassifier(teacher, student=boosted, n_augmented=50).fit(X).score(X, y) > 0.8


def test_weights_that_a_student_cannot_take(regression):
    X, y, teacher = regression
    student = DistilledRegressor(teacher, student=KNeighborsRegressor(), augmentation=None)
    student.fit(X, y)  # all weights are equal
    with pytest.raises(InvalidInputError, match="KNeighborsRegressor takes none"):
        student.fit(X, y, sample_weight=np.arange(len(X)) + 1.0)
    X = np.repeat(X, 2, axis=0)
    student.set_params(augmentation="auto", n_augmented=30)
    with pytest.warns(DistillationWarning, match="does not take sample_weight") as seen:
        student.fit(X)
    assert seen[0].filename == __file__


def test_weights_reach_every_step_of_a_pipeline(iris):
    X, _, teacher = iris
    weight = np.arange(len(X)) % 3
    plain = make_pipeline(StandardScaler(), LogisticRegression())
    student = DistilledClassifier(teacher, student=plain, augmentation=None)
    for enabled in (False, True):
        with config_context(enable_metadata_routing=enabled):
            student.fit(X, sample_weight=weight)
        mean = np.average(X, axis=0, weights=weight)
        np.testing.assert_allclose(student.student_[0].mean_, mean)


@pytest.mark.parametrize(
    ("plain", "message"),
    [
        (LogisticRegression(), "cannot be kept by the student LogisticRegression"),
        (make_pipeline(DecisionTreeClassifier()), "cannot be kept by the student Pipeline"),
        (DecisionTreeClassifier(monotonic_cst=[1, 0]), "given here and in the student Decision"),
    ],
)
def test_constraints_that_cannot_be_kept(plain, message):
    X, y = make_classification(60, 2, n_informative=2, n_redundant=0, random_state=0)
    teacher = FrozenEstimator(LogisticRegression().fit(X, y))
    with pytest.raises(InvalidInputError, match=message):
        DistilledClassifier(teacher, student=plain, monotonic_cst=[1, 0]).fit(X)


def test_constraints_need_two_classes(iris):
    X, _, teacher = iris
    student = DistilledClassifier(
        teacher, student=DecisionTreeRegressor(), monotonic_cst=[1, 0, 0, 0]
    )
    with pytest.raises(InvalidInputError, match="needs two classes, got 3"):
        student.fit(X)


def test_constraints_of_a_regression(regression):
    X, _, teacher = regression
    student = DistilledRegressor(
        teacher, student=DecisionTreeRegressor(max_leaf_nodes=6), monotonic_cst=[1, 0, 0]
    ).fit(X)
    rows = np.column_stack([np.linspace(-3, 3, 50), np.zeros(50), np.zeros(50)])
    assert (np.diff(student.predict(rows)) >= 0).all()


def test_one_class_only_is_nothing_to_learn():
    X = np.arange(30.0)[:, None]
    P = np.tile([1.0, 0.0], (30, 1))
    with pytest.raises(InvalidInputError, match="All soft targets are of the class 0"):
        DistilledClassifier(student=LogisticRegression()).fit(X, teacher_proba=P)


def test_an_error_of_the_students_own_is_passed_on(iris):
    X, _, teacher = iris
    plain = LogisticRegression(C=-1)
    with pytest.raises(ValueError, match="The 'C' parameter of LogisticRegression"):
        DistilledClassifier(teacher, student=plain).fit(X)
    with pytest.raises(ValueError, match=r"The 'alpha' parameter of Ridge .*Got -1 instead\.$"):
        DistilledClassifier(teacher, student=Ridge(alpha=-1)).fit(X)


def test_the_default_takes_missing_values_and_huge_scales():
    X, y = make_regression(80, 3, random_state=0)
    X[:, 0] *= 1e6
    X[::7, 1] = np.nan
    student = DistilledRegressor(random_state=0).fit(X, y)
    assert np.isfinite(student.predict(X)).all()
    assert student.student_[-1].coef_.shape == (4,)  # three columns and one indicator


def test_refitting_forgets_the_rows_of_a_tree(regression):
    X, _, teacher = regression
    student = DistilledRegressor(teacher, student=DecisionTreeRegressor(max_depth=2)).fit(X)
    assert student.n_real_rows_[0] == len(X)
    student.set_params(student=LinearRegression()).fit(X)
    assert not hasattr(student, "n_real_rows_")

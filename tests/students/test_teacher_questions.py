"""What a fit asks its teacher, and what it says when that goes wrong."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import config_context
from sklearn.base import BaseEstimator, ClassifierMixin, clone, is_classifier
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import GroupKFold, TimeSeriesSplit
from sklearn.utils.validation import check_is_fitted

import interpkd
from interpkd import (
    DistilledLinearRegression,
    DistilledLogisticRegression,
    DistilledTreeClassifier,
    DistilledTreeRegressor,
    as_teacher,
)
from interpkd.exceptions import DistillationWarning, InvalidInputError, TeacherError

rng = np.random.default_rng(0)
X = rng.normal(size=(120, 3))
y = (X[:, 0] + rng.normal(size=120) > 0).astype(int)


class Counted(ClassifierMixin, BaseEstimator):
    """A teacher whose questions can be counted from outside."""

    asked: list[int] = []  # noqa: RUF012 - shared by the clones

    def __init__(self, at=None, error=None):
        self.at = at
        self.error = error

    def fit(self, X, y):
        if self.error is not None and len(X) < 120:
            raise self.error
        self.classes_ = np.unique(y)
        return self

    def predict_proba(self, X):
        self.asked.append(len(X))
        p = 1 / (1 + np.exp(-np.asarray(X)[:, 0]))
        p[np.asarray(X)[:, 0] == self.at] = np.nan
        return np.column_stack([1 - p, p])


def tree(teacher, **params):
    return DistilledTreeClassifier(
        teacher, max_leaf_nodes=4, effort="greedy", random_state=0, **params
    )


@pytest.mark.parametrize("params", [{}, {"augmentation": None}, {"n_augmented": 500}])
def test_every_question_is_counted(params):
    Counted.asked.clear()
    student = tree(Counted(), **params).fit(X, y, X_unlabeled=X[:30] + 1)
    facts = student.distillation_
    assert facts["n_teacher_queries"] == sum(Counted.asked)
    assert facts["n_teacher_calls"] == len(Counted.asked)
    assert facts["n_teacher_queries"] == 2 * 120 + 30 + facts["n_augmented"]


def test_the_same_rows_are_asked_about_once():
    teacher = as_teacher(Counted().fit(X, y))
    Counted.asked.clear()
    student = tree(teacher, augmentation=None).fit(X, y, X_unlabeled=X.copy())
    assert Counted.asked == [120]
    assert student.distillation_["n_teacher_queries"] == 120


def test_given_scores_ask_nobody():
    student = tree(None).fit(X, y, teacher_proba=np.full((120, 2), 0.5))
    assert student.distillation_["n_teacher_queries"] == 0


def test_bad_answers_are_located_in_every_table():
    with pytest.raises(TeacherError, match=r"the first is row 70 of X \(held out by fold"):
        tree(Counted(X[70, 0])).fit(X, y)
    teacher = as_teacher(Counted(X[70, 0]).fit(X, y))
    with pytest.raises(TeacherError, match="the first is row 70 of X: "):
        tree(teacher).fit(X)
    with pytest.raises(TeacherError, match="the first is row 10 of X_unlabeled: "):
        tree(teacher).fit(X[:60], X_unlabeled=X[60:])


@settings(max_examples=30, deadline=None)
@given(
    row=st.integers(0, 119),
    bad=st.sampled_from([(np.nan, 0.5), (np.inf, 0.5), (0.9, 0.9), (-0.5, 1.5), (0.0, 0.0)]),
    dtype=st.sampled_from([np.float64, np.float32, np.float16, object]),
    is_frozen=st.booleans(),
)
def test_a_bad_answer_never_reaches_a_student(row, bad, dtype, is_frozen):
    def answer(rows):
        P = np.full((len(rows), 2), 0.5, dtype=dtype)
        P[rows[:, 0] == X[row, 0]] = bad
        return P

    class Teacher(Counted):
        def predict_proba(self, rows):
            return answer(rows)

    teacher = as_teacher(answer, classes=[0, 1]) if is_frozen else Teacher()
    student = tree(teacher, cv=2)
    with pytest.raises(TeacherError, match=rf"1 of \d+ rows .*the first is row {row} of X"):
        student.fit(X, y)
    assert not hasattr(student, "student_")


@pytest.mark.parametrize("width", [1, 3])
def test_a_wrong_width_never_reaches_a_student(width):
    class Teacher(Counted):
        def predict_proba(self, rows):
            return np.full((len(rows), width), 1 / width)

    with pytest.raises(TeacherError, match=r"must have shape .*, got .*asked about .* by fold 0"):
        tree(Teacher()).fit(X, y)


def test_a_list_of_rows_is_asked_about_as_an_array():
    teacher = as_teacher(Counted().fit(X, y))
    student = tree(teacher, augmentation=None).fit(X.tolist(), X_unlabeled=X[:7].tolist())
    assert student.distillation_["n_teacher_queries"] == 127


def test_warnings_point_at_the_call():
    rare = np.where(np.arange(120) == 5, 2, y)
    with pytest.warns(DistillationWarning, match="Class 2 is missing") as record:
        tree(LogisticRegression()).fit(X, rare)
    assert record[0].filename == __file__
    with pytest.warns(DistillationWarning, match="does not take sample_weight") as record:
        tree(Counted()).fit(X, y, sample_weight=np.ones(120))
    assert record[0].filename == __file__


def test_rows_without_an_answer_take_no_part():
    cv = TimeSeriesSplit(3)
    student = DistilledLogisticRegression(LogisticRegression(), cv=cv, augmentation=None)
    student.fit(X, y)
    facts = student.distillation_
    assert (facts["n_without_answer"], facts["n_labeled"]) == (30, 90)
    # The same as given scores on the rows that have them.
    P = np.full((120, 2), np.nan)
    for train, test in cv.split(X):
        P[test] = LogisticRegression().fit(X[train], y[train]).predict_proba(X[test])
    alone = DistilledLogisticRegression().fit(X[30:], y[30:], teacher_proba=P[30:])
    np.testing.assert_allclose(student.coef_, alone.coef_, rtol=1e-6)


def test_no_generated_row_starts_without_an_answer():
    """With categories, labels, weights, unlabelled rows and generated ones together."""
    frame = pd.DataFrame(X, columns=list("abc")).assign(kind=np.where(X[:, 1] > 0, "u", "v"))
    frame.loc[:29, "a"] = 100 + np.arange(30)  # the first block, which is never held out
    seen = []

    class Seeing(HistGradientBoostingClassifier):
        def predict_proba(self, X):
            seen.append(np.asarray(X["a"], dtype=float))
            return super().predict_proba(X)

    teacher = Seeing(max_iter=5, categorical_features="from_dtype")
    frame["kind"] = frame["kind"].astype("category")
    weights = np.where(np.arange(120) % 30 < 5, 0.0, 1.0)
    student = tree(teacher, cv=TimeSeriesSplit(3), alpha=0.5).fit(
        frame, y, sample_weight=weights, X_unlabeled=frame[60:70]
    )
    assert student.distillation_["n_labeled"] == 75
    assert student.distillation_["n_augmented"] > 1000
    assert max(values.max() for values in seen if len(values) > 120) < 100


def test_no_row_with_answer_and_weight_is_refused():
    weights = (np.arange(120) < 30).astype(float)
    with pytest.raises(InvalidInputError, match="No row of X has both an out-of-fold answer"):
        tree(LogisticRegression(), cv=TimeSeriesSplit(3)).fit(X, y, sample_weight=weights)


def test_groups_reach_the_splitter_by_routing_only():
    groups = np.arange(120) // 10
    student = tree(LogisticRegression(), cv=GroupKFold(4))
    with pytest.raises(InvalidInputError, match=r"enable_metadata_routing=True.*cv=list"):
        student.fit(X, y, groups=groups)
    with config_context(enable_metadata_routing=True):
        routed = clone(student).fit(X, y, groups=groups)
    splits = list(GroupKFold(4).split(X, y, groups))
    given = tree(LogisticRegression(), cv=splits).fit(X, y)
    np.testing.assert_array_equal(routed.predict_proba(X), given.predict_proba(X))


@pytest.mark.parametrize("error", [KeyboardInterrupt(), RuntimeError("out of luck")])
def test_a_fit_that_does_not_end_leaves_nothing_behind(error):
    student = tree(LogisticRegression()).fit(X, y)
    student.set_params(teacher=Counted(error=error))
    with pytest.raises((KeyboardInterrupt, TeacherError), match=r"^$|out of luck"):
        student.fit(X, y)
    with pytest.raises(NotFittedError, match="not fitted yet"):
        check_is_fitted(student)
    assert set(vars(student)) == set(student.get_params(deep=False))
    student.set_params(teacher=LogisticRegression()).fit(X, y)
    fresh = tree(LogisticRegression()).fit(X, y)
    np.testing.assert_array_equal(student.predict_proba(X), fresh.predict_proba(X))


def test_metadata_requests_outlive_a_failing_fit():
    student = tree(Counted(error=RuntimeError("out of luck")))
    with config_context(enable_metadata_routing=True):
        student.set_fit_request(X_unlabeled=True)
    with pytest.raises(TeacherError, match="out of luck"):
        student.fit(X, y)
    with config_context(enable_metadata_routing=True):
        assert student.get_metadata_routing()._self_request.fit.requests["X_unlabeled"] is True


@pytest.mark.parametrize("library", ["xgboost", "lightgbm"])
def test_early_stopping_without_validation_rows_is_refused(library):
    names = {"xgboost": "XGBClassifier", "lightgbm": "LGBMClassifier"}
    module = pytest.importorskip(library)
    teacher = getattr(module, names[library])(early_stopping_rounds=3, n_estimators=20)
    with pytest.raises(InvalidInputError, match=r"set_fit_request\(eval_set=True\).*FrozenEst"):
        tree(teacher).fit(X, y)


def test_early_stopping_on_routed_validation_rows():
    xgboost = pytest.importorskip("xgboost")
    with config_context(enable_metadata_routing=True):
        teacher = xgboost.XGBClassifier(early_stopping_rounds=2, n_estimators=50, n_jobs=1)
        teacher.set_fit_request(eval_set=True, verbose=True)
        student = tree(teacher, cv=3).fit(
            X[:90], y[:90], eval_set=[(X[90:], y[90:])], verbose=False
        )
    assert student.teacher_.best_iteration < 49


def test_early_stopping_on_rows_set_aside_by_the_teacher():
    teacher = HistGradientBoostingClassifier(early_stopping=True, random_state=0)
    student = tree(teacher, cv=3).fit(X, y)
    assert student.teacher_.n_iter_ < 100


@pytest.mark.slow
def test_the_number_of_jobs_changes_nothing():
    teacher = HistGradientBoostingClassifier(max_iter=5, random_state=0)
    one, two = (tree(teacher, n_jobs=n_jobs).fit(X, y) for n_jobs in (1, 2))
    np.testing.assert_array_equal(one.predict_proba(X), two.predict_proba(X))
    assert one.distillation_ == two.distillation_


@pytest.mark.parametrize("name", [n for n in interpkd.__all__ if n.startswith("Distilled")])
def test_every_student_takes_jobs_and_shows_progress(name, capsys):
    kind = getattr(interpkd, name)
    params = {"cv": 2, "augmentation": None, "random_state": 0}
    target = y if is_classifier(kind()) else X[:, 0]
    one = kind(**params).fit(X, target)
    assert capsys.readouterr().out == ""
    two = kind(**params, n_jobs=2, verbose=1).fit(X, target)
    assert "fold by fold" in capsys.readouterr().out
    np.testing.assert_array_equal(one.predict(X), two.predict(X))


def test_progress_is_shown_if_asked_for(capsys):
    DistilledTreeRegressor(LinearRegression(), effort="greedy", verbose=1).fit(X, X[:, 0])
    assert "fold by fold" in capsys.readouterr().out
    DistilledTreeRegressor(LinearRegression(), effort="greedy").fit(X, X[:, 0])
    assert capsys.readouterr().out == ""


def test_a_regression_has_its_leakage_figure():
    facts = DistilledLinearRegression(LinearRegression()).fit(X, X[:, 0] ** 2).distillation_
    assert facts["r2_in_sample"] > facts["r2_out_of_fold"]
    assert facts["rmse_in_sample"] < facts["rmse_out_of_fold"]

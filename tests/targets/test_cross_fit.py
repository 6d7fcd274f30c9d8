"""Out-of-fold answers of a teacher."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import (
    KFold,
    ShuffleSplit,
    StratifiedKFold,
    TimeSeriesSplit,
    cross_val_predict,
)

from interpkd.exceptions import DistillationWarning, InvalidInputError
from interpkd.targets import cross_fit_classifier, cross_fit_regressor

rng = np.random.default_rng(0)
X = rng.normal(size=(120, 3))
y = (X[:, 0] + rng.normal(size=120) > 0).astype(int)
PLAIN = {"fit_params": {}, "split_params": {}}


@pytest.mark.parametrize("cv", [5, KFold(4, shuffle=True, random_state=0), StratifiedKFold(3)])
def test_classifier_equals_cross_val_predict(cv):
    result = cross_fit_classifier(LogisticRegression(), X, y, cv=cv, **PLAIN)
    expected = cross_val_predict(LogisticRegression(), X, y, cv=cv, method="predict_proba")
    np.testing.assert_allclose(result.answers, expected, atol=1e-12)


def test_regressor_equals_cross_val_predict():
    target = X[:, 0] + rng.normal(size=120)
    result = cross_fit_regressor(LinearRegression(), X, target, cv=5, **PLAIN)
    np.testing.assert_allclose(
        result.answers, cross_val_predict(LinearRegression(), X, target, cv=5)
    )
    assert result.n_folds == 5


def test_folds_may_be_masks_and_iterables():
    half = np.arange(120) % 2 == 0
    masks = [(half, ~half), (~half, half)]
    indices = [(np.flatnonzero(a), np.flatnonzero(b)) for a, b in masks]
    one = cross_fit_classifier(LogisticRegression(), X, y, cv=masks, **PLAIN)
    two = cross_fit_classifier(LogisticRegression(), X, y, cv=iter(indices), **PLAIN)
    np.testing.assert_array_equal(one.answers, two.answers)


def test_the_teacher_is_cloned_and_fitted_on_all_rows():
    teacher = RandomForestClassifier(10, random_state=0)
    result = cross_fit_classifier(teacher, X, y, cv=3, **PLAIN)
    assert not hasattr(teacher, "classes_")
    np.testing.assert_array_equal(
        result.teacher.predict_proba(X),
        RandomForestClassifier(10, random_state=0).fit(X, y).predict_proba(X),
    )


def test_leakage_is_measured():
    """A forest is surer of the rows that it has seen."""
    result = cross_fit_classifier(RandomForestClassifier(30, random_state=0), X, y, cv=5, **PLAIN)
    assert result.confidence_in_sample > result.confidence_out_of_fold + 0.05


@pytest.mark.parametrize("labels", [np.array([0, 1, 2]), np.array(["a", "b", "c"])])
def test_a_class_missing_from_a_fold_gets_probability_zero(labels):
    codes = np.sort(np.arange(120) % 3)  # sorted labels in unshuffled folds
    with pytest.warns(DistillationWarning, match="is missing from the training part of fold"):
        result = cross_fit_classifier(LogisticRegression(), X, labels[codes], cv=KFold(3), **PLAIN)
    np.testing.assert_allclose(result.answers.sum(axis=1), 1)
    np.testing.assert_array_equal(result.answers[np.arange(120), codes], 0)


def test_xgboost_survives_a_missing_class():
    """XGBoost refuses labels with a gap in them."""
    from xgboost import XGBClassifier

    codes = np.sort(np.arange(120) % 3)
    teacher = XGBClassifier(n_estimators=3, n_jobs=1)
    with pytest.warns(DistillationWarning, match=r"Class \d is missing"):
        result = cross_fit_classifier(teacher, X, codes, cv=KFold(3), **PLAIN)
    np.testing.assert_array_equal(result.answers[np.arange(120), codes], 0)
    assert (result.answers[codes == 1][:, [0, 2]] > 0).all()


def test_a_class_of_one_row_is_handled():
    rare = y.copy()
    rare[7] = 2
    with pytest.warns(DistillationWarning, match="Class 2 is missing"):
        result = cross_fit_classifier(LogisticRegression(), X, rare, cv=5, **PLAIN)
    assert result.answers.shape == (120, 3)
    assert result.answers[7, 2] == 0


def test_a_fold_with_one_class_is_refused():
    with pytest.raises(InvalidInputError, match=r"trains the teacher on the single class \[1\]"):
        cross_fit_classifier(
            LogisticRegression(),
            X,
            np.sort(y),
            cv=[(np.arange(100, 120), np.arange(100)), (np.arange(100), np.arange(100, 120))],
            **PLAIN,
        )


@pytest.mark.parametrize("cv", [ShuffleSplit(2, random_state=0), TimeSeriesSplit(3)])
def test_folds_must_hold_each_row_out_once(cv):
    with pytest.raises(InvalidInputError, match=r"hold each row out exactly once.*held out 0"):
        cross_fit_classifier(LogisticRegression(), X, y, cv=cv, **PLAIN)


def test_more_folds_than_rows_are_refused():
    with pytest.raises(InvalidInputError, match=r"asks for 90 folds, but the largest class has"):
        cross_fit_classifier(LogisticRegression(), X, y, cv=90, **PLAIN)


class Reversed(ClassifierMixin, BaseEstimator):
    """A teacher that orders its classes backwards."""

    def fit(self, X, y):
        self.model_ = LogisticRegression().fit(X, y)
        self.classes_ = self.model_.classes_[::-1]
        return self

    def predict_proba(self, X):
        return self.model_.predict_proba(X)[:, ::-1]


def test_columns_follow_the_teachers_own_order():
    mirrored = cross_fit_classifier(Reversed(), X, y, cv=3, **PLAIN)
    plain = cross_fit_classifier(LogisticRegression(), X, y, cv=3, **PLAIN)
    assert mirrored.teacher.classes_.tolist() == [1, 0]
    np.testing.assert_allclose(mirrored.answers, plain.answers[:, ::-1])


def test_fit_params_are_split_with_the_rows():
    weights = rng.integers(1, 4, 120).astype(float)
    frame = pd.DataFrame(X, columns=list("abc"))
    result = cross_fit_classifier(
        LogisticRegression(), frame, y, cv=3, fit_params={"sample_weight": weights}, split_params={}
    )
    train, test = next(StratifiedKFold(3).split(X, y))
    fold = LogisticRegression().fit(frame.iloc[train], y[train], sample_weight=weights[train])
    np.testing.assert_allclose(result.answers[test], fold.predict_proba(frame.iloc[test]))

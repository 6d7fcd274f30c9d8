"""Out-of-fold answers of a teacher."""

import numpy as np
import pandas as pd
import pytest
from joblib import effective_n_jobs, parallel_config
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.metrics import mean_squared_error, r2_score
from sklearn.model_selection import (
    GroupKFold,
    KFold,
    RepeatedKFold,
    ShuffleSplit,
    StratifiedKFold,
    TimeSeriesSplit,
    cross_val_predict,
)

from interpkd.exceptions import DistillationWarning, InvalidInputError, TeacherError
from interpkd.targets import Ledger, cross_fit_classifier, cross_fit_regressor

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
    found = result.leakage
    assert found["confidence_in_sample"] > found["confidence_out_of_fold"] + 0.05
    assert found["accuracy_in_sample"] > found["accuracy_out_of_fold"] + 0.05
    assert found["log_loss_in_sample"] < found["log_loss_out_of_fold"] - 0.05


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


def test_rows_that_are_never_held_out_have_no_answer():
    cv = TimeSeriesSplit(3)
    result = cross_fit_classifier(LogisticRegression(), X, y, cv=cv, **PLAIN)
    first = next(iter(cv.split(X)))[0]
    np.testing.assert_array_equal(np.flatnonzero(~result.answered), first)
    for train, test in cv.split(X):
        fold = LogisticRegression().fit(X[train], y[train])
        np.testing.assert_allclose(result.answers[test], fold.predict_proba(X[test]), atol=1e-12)


def test_rows_that_are_held_out_several_times_have_the_mean():
    cv = RepeatedKFold(n_splits=3, n_repeats=4, random_state=0)
    result = cross_fit_regressor(LinearRegression(), X, X[:, 0] ** 2, cv=cv, **PLAIN)
    total, times = np.zeros(120), np.zeros(120)
    for train, test in cv.split(X):
        fold = LinearRegression().fit(X[train], X[train, 0] ** 2)
        total[test] += fold.predict(X[test])
        times[test] += 1
    assert result.n_folds == 12
    assert (times == 4).all()
    np.testing.assert_allclose(result.answers, total / 4, atol=1e-12)


def test_random_splits_answer_what_they_hold_out():
    cv = ShuffleSplit(2, test_size=0.3, random_state=0)
    result = cross_fit_regressor(LinearRegression(), X, X[:, 0], cv=cv, **PLAIN)
    tested = np.unique(np.concatenate([test for _, test in cv.split(X)]))
    np.testing.assert_array_equal(np.flatnonzero(result.answered), tested)


def test_groups_go_to_the_splitter():
    groups = np.arange(120) // 10
    params = {"fit_params": {}, "split_params": {"groups": groups}}
    routed = cross_fit_classifier(LogisticRegression(), X, y, cv=GroupKFold(4), **params)
    splits = list(GroupKFold(4).split(X, y, groups))
    given = cross_fit_classifier(LogisticRegression(), X, y, cv=splits, **PLAIN)
    np.testing.assert_array_equal(routed.answers, given.answers)
    with pytest.raises(InvalidInputError, match=r"GroupKFold .* needs groups.*cv=list"):
        cross_fit_classifier(LogisticRegression(), X, y, cv=GroupKFold(4), **PLAIN)


@pytest.mark.parametrize(
    ("cv", "message"),
    [
        ([(np.arange(60), np.arange(59, 120))], r"Fold 0 .* trains on 1 .* first is row 59"),
        ([(np.arange(60), np.array([], dtype=int))], "Fold 0 .* holds no row out"),
        ([(np.array([], dtype=int), np.arange(60))], "Fold 0 .* trains on no row"),
        ([(np.arange(60), np.array([70, 70]))], "Fold 0 .* holds a row out twice"),
        (iter(()), "gives no fold"),
    ],
)
def test_folds_that_are_none_are_refused(cv, message):
    with pytest.raises(InvalidInputError, match=message):
        cross_fit_classifier(LogisticRegression(), X, y, cv=cv, **PLAIN)


@pytest.mark.parametrize("backend", ["loky", "threading"])
def test_the_number_of_jobs_changes_nothing(backend):
    teacher = RandomForestClassifier(5, random_state=0, n_jobs=2)  # parallel inside as well
    alone = cross_fit_classifier(teacher, X, y, cv=4, **PLAIN)
    with parallel_config(backend):
        many = cross_fit_classifier(teacher, X, y, cv=4, n_jobs=2, **PLAIN)
    np.testing.assert_array_equal(alone.answers, many.answers)
    assert alone.leakage == many.leakage


class WhereAmI(LinearRegression):
    """A teacher that answers how many jobs it may run."""

    def predict(self, X):
        return np.full(len(X), float(effective_n_jobs(-1)))


def test_a_fold_beside_others_does_not_run_in_parallel_itself():
    result = cross_fit_regressor(WhereAmI(), X, X[:, 0], cv=3, n_jobs=2, **PLAIN)
    np.testing.assert_array_equal(result.answers, 1)


MISHAP = "out of luck"


class Fails(LogisticRegression):
    """A teacher that fails on part of the rows, or answers with NaN there."""

    def __init__(self, how="fit", at=0.0):
        super().__init__()
        self.how = how
        self.at = at

    def fit(self, X, y):
        if self.how == "fit" and len(X) < 120 and self.at not in X[:, 0]:
            raise RuntimeError(MISHAP)
        return super().fit(X, y)

    def predict_proba(self, X):
        P = super().predict_proba(X)
        if len(X) < 120 and self.at in X[:, 0]:
            if self.how == "predict":
                raise RuntimeError(MISHAP)
            P[X[:, 0] == self.at] = np.nan
        return P


@pytest.mark.parametrize("n_jobs", [1, 2])
@pytest.mark.parametrize(
    ("how", "message"),
    [
        ("fit", "Fails could not be fitted in fold 2, on 90 rows of X: RuntimeError: out of luck"),
        (
            "predict",
            "Fails failed on row 60 to row 89 of X .held out by fold 2.: RuntimeError: out",
        ),
        ("nan", r"1 of 30 rows are not, the first is row 77 of X \(held out by fold 2\): \[nan"),
    ],
)
def test_a_failing_teacher_is_located(how, message, n_jobs):
    teacher = Fails(how, X[77, 0])
    with pytest.raises(TeacherError, match=message) as caught:
        cross_fit_classifier(teacher, X, y, cv=KFold(4), n_jobs=n_jobs, **PLAIN)
    if how != "nan":
        assert isinstance(caught.value.__cause__, RuntimeError)


def test_progress_counts_the_fits():
    seen = []
    cross_fit_classifier(
        LogisticRegression(), X, y, cv=3, progress=lambda *step: seen.append(step), **PLAIN
    )
    assert seen == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_questions_are_counted():
    ledger = Ledger("classification")
    cross_fit_classifier(LogisticRegression(), X, y, cv=3, ledger=ledger, **PLAIN)
    assert (ledger.n_rows, ledger.n_calls) == (240, 4)  # each row out of fold, and in sample


def test_leakage_is_weighted_and_compares_the_same_rows():
    weights = rng.integers(0, 3, 120).astype(float)
    cv = TimeSeriesSplit(3)
    target = X[:, 0] + rng.normal(size=120)
    result = cross_fit_regressor(
        LinearRegression(), X, target, cv=cv, sample_weight=weights, **PLAIN
    )
    rows = result.answered
    for when, predicted in (
        ("in_sample", LinearRegression().fit(X, target).predict(X)),
        ("out_of_fold", result.answers),
    ):
        asked = target[rows], predicted[rows]
        assert result.leakage[f"r2_{when}"] == pytest.approx(
            r2_score(*asked, sample_weight=weights[rows])
        )
        assert result.leakage[f"rmse_{when}"] ** 2 == pytest.approx(
            mean_squared_error(*asked, sample_weight=weights[rows])
        )


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

"""Frozen teachers: questioned, checked, never touched."""

import copy

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.compose import make_column_transformer
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.frozen import FrozenEstimator
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder
from sklearn.svm import LinearSVC

from interpkd import as_teacher
from interpkd.exceptions import InvalidInputError, NotATeacherError, TeacherError

rng = np.random.default_rng(0)
X = pd.DataFrame(rng.normal(size=(200, 4)), columns=["one", "two", "three", "four"])
y = (X["one"] + 0.5 * X["two"] + rng.normal(size=200) > 0).to_numpy().astype(int)


def xgboost_classifier():
    from xgboost import XGBClassifier

    return XGBClassifier(n_estimators=20, device="cpu", n_jobs=1)


def lightgbm_classifier():
    from lightgbm import LGBMClassifier

    return LGBMClassifier(n_estimators=20, n_jobs=1, verbose=-1)


def column_pipeline():
    columns = make_column_transformer(
        (SimpleImputer(), ["one", "two"]),
        (OneHotEncoder(handle_unknown="ignore"), ["three"]),
        remainder="drop",
    )
    return make_pipeline(columns, LogisticRegression())


CLASSIFIERS = {
    "forest": lambda: RandomForestClassifier(20, random_state=0),
    "hist boosting": HistGradientBoostingClassifier,
    "column pipeline": column_pipeline,
    "xgboost": xgboost_classifier,
    "lightgbm": lightgbm_classifier,
}


@pytest.fixture(scope="module", params=list(CLASSIFIERS))
def fitted(request):
    return CLASSIFIERS[request.param]().fit(X, y)


def test_probabilities_are_the_models(fitted):
    teacher = as_teacher(fitted)
    assert is_classifier(teacher)
    np.testing.assert_allclose(teacher.predict_proba(X), fitted.predict_proba(X), atol=1e-7)
    assert teacher.predict_proba(X).dtype == np.float64
    np.testing.assert_allclose(teacher.predict_proba(X).sum(axis=1), 1, atol=1e-15)
    np.testing.assert_array_equal(teacher.predict(X), fitted.predict(X))


def test_columns_are_asked_by_name(fitted):
    """LightGBM scores reordered columns without a word; every teacher must get its own order."""
    shuffled = X[["four", "two", "one", "three"]].assign(five=0.0)
    np.testing.assert_array_equal(
        as_teacher(fitted).predict_proba(shuffled), as_teacher(fitted).predict_proba(X)
    )


def test_a_missing_column_is_named(fitted):
    with pytest.raises(InvalidInputError, match=r"trained on the column 'two', which the table"):
        as_teacher(fitted).predict_proba(X.drop(columns="two"))


def test_lightgbm_names_with_spaces():
    from lightgbm import LGBMClassifier

    spaced = X.rename(columns={"one": "number one"})
    model = LGBMClassifier(n_estimators=5, n_jobs=1, verbose=-1).fit(spaced, y)
    shuffled = spaced[["two", "four", "number one", "three"]]
    np.testing.assert_array_equal(
        as_teacher(model).predict_proba(shuffled), as_teacher(model).predict_proba(spaced)
    )


def test_polars_rows():
    model = RandomForestClassifier(10, random_state=0).fit(pl.from_pandas(X), y)
    shuffled = pl.from_pandas(X[["four", "two", "one", "three"]])
    np.testing.assert_array_equal(
        as_teacher(model).predict_proba(shuffled), model.predict_proba(pl.from_pandas(X))
    )


def test_clone_and_fit_leave_it_alone(fitted):
    teacher = as_teacher(fitted)
    assert clone(teacher) is teacher
    assert teacher.fit(X[:3], y[:3]) is teacher
    assert teacher.model is fitted
    assert as_teacher(teacher) is teacher


def test_classes_rename_codes():
    model = RandomForestClassifier(5, random_state=0).fit(X, y)
    teacher = as_teacher(FrozenEstimator(model), classes=["no", "yes"])
    np.testing.assert_array_equal(teacher.predict(X), np.array(["no", "yes"])[model.predict(X)])
    again = as_teacher(teacher, classes=["bad", "good"])
    assert again.classes_.tolist() == ["bad", "good"]


def test_functions():
    half = as_teacher(lambda rows: np.full((len(rows), 2), 0.5), classes=[0, 1])
    assert half.predict_proba(X).shape == (200, 2)
    total = as_teacher(lambda rows: np.asarray(rows).sum(axis=1))
    assert is_regressor(total)
    np.testing.assert_allclose(total.predict(X), X.to_numpy().sum(axis=1))


def test_regressor():
    model = RandomForestRegressor(5, random_state=0).fit(X, X["one"])
    np.testing.assert_array_equal(as_teacher(model).predict(X), model.predict(X))


@pytest.mark.parametrize(
    ("model", "classes", "match"),
    [
        (RandomForestClassifier, None, "is the class RandomForestClassifier; pass a fitted"),
        (RandomForestClassifier(), None, "RandomForestClassifier is not fitted"),
        (LinearSVC().fit(X, y), None, "classifier without predict_proba"),
        (RandomForestRegressor(2).fit(X, y), [0, 1], "has no predict_proba"),
        (object(), None, "object can be no teacher"),
    ],
)
def test_what_is_no_teacher(model, classes, match):
    with pytest.raises(NotATeacherError, match=match):
        as_teacher(model, classes=classes)


@pytest.mark.parametrize(
    ("classes", "match"),
    [([0], "at least two different"), ([0, 0], "at least two different"), ([0, 1, 2], "2 classes")],
)
def test_bad_classes(classes, match):
    model = RandomForestClassifier(2, random_state=0).fit(X, y)
    with pytest.raises(InvalidInputError, match=match):
        as_teacher(model, classes=classes)


@pytest.mark.parametrize(
    ("answer", "match"),
    [
        (np.full((200, 3), 1 / 3), r"shape \(200, 2\), got \(200, 3\)"),
        (np.full((199, 2), 0.5), r"shape \(200, 2\), got \(199, 2\)"),
        (np.full(200, 0.5), r"np.column_stack"),
        (np.full((200, 2), np.nan), r"finite; 200 of 200 rows"),
        (np.full((200, 2), 0.6), r"sum to 1 in each row; 200 of 200 rows.*logits"),
        (np.tile([-0.2, 1.2], (200, 1)), r"at least 0"),
        (np.full((200, 2), "half"), r"cannot be read as floats"),
        (np.full((200, 2), None), r"finite|cannot be read as floats"),
    ],
)
def test_malformed_probabilities_are_refused(answer, match):
    teacher = as_teacher(lambda rows: copy.copy(answer), classes=[0, 1])
    with pytest.raises(TeacherError, match=match):
        teacher.predict_proba(X)


def test_malformed_predictions_are_refused():
    with pytest.raises(TeacherError, match=r"shape \(200,\), got \(200, 2\)"):
        as_teacher(lambda rows: np.zeros((200, 2))).predict(X)
    with pytest.raises(TeacherError, match=r"finite; 200 of 200 rows"):
        as_teacher(lambda rows: np.full(200, np.inf)).predict(X)
    with pytest.raises(TeacherError, match="cannot be read as floats"):
        as_teacher(lambda rows: np.full(200, "x")).predict(X)

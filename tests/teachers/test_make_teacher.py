"""Ready teachers read raw tables and labels of any kind."""

import importlib.util

import numpy as np
import pandas as pd
import polars as pl
import pytest

from interpkd.exceptions import DistillationWarning, InvalidInputError
from interpkd.teachers import TabularClassifier, default_teacher, make_teacher


@pytest.mark.parametrize("kind", ["boosted", "forest"])
def test_classifier_on_a_raw_table(mixed_table, kind):
    frame, label = mixed_table
    teacher = make_teacher(kind, random_state=0).fit(frame, label)
    assert teacher.classes_.tolist() == ["bad", "good"]
    assert np.mean(teacher.predict(frame) == label) > 0.8
    np.testing.assert_array_equal(
        teacher.predict_proba(pl.from_pandas(frame)), teacher.predict_proba(frame)
    )


@pytest.mark.parametrize("kind", ["boosted", "forest"])
def test_regressor_on_a_raw_table(mixed_table, kind):
    frame, _ = mixed_table
    teacher = make_teacher(kind, task="regression", random_state=0)
    teacher.fit(frame.drop(columns="age"), frame["age"])
    assert teacher.score(frame.drop(columns="age"), frame["age"]) > 0.2


def test_unseen_categories_are_missing_values(mixed_table):
    frame, label = mixed_table
    teacher = make_teacher("boosted", random_state=0).fit(frame, label)
    unseen, missing = frame.assign(purpose="plane"), frame.assign(purpose=None)
    np.testing.assert_array_equal(teacher.predict_proba(unseen), teacher.predict_proba(missing))


def test_default_teacher_reads_text(mixed_table):
    frame, label = mixed_table
    teacher = default_teacher("classification", has_categories=True).fit(frame, label)
    assert teacher.predict_proba(frame).shape == (400, 2)


def test_without_xgboost_it_says_so(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.warns(DistillationWarning, match="XGBoost is not installed.*pip install"):
        teacher = make_teacher("boosted")
    assert type(teacher.model).__name__ == "HistGradientBoostingClassifier"
    with pytest.raises(InvalidInputError, match='"cuda" needs XGBoost'):
        make_teacher("boosted", device="cuda")


@pytest.mark.parametrize(
    ("params", "match"),
    [
        ({"kind": "magic"}, "'kind' parameter of make_teacher must be one of"),
        ({"task": "ranking"}, "'task' parameter of make_teacher must be one of"),
        ({"device": "tpu"}, "'device' parameter of make_teacher must be one of"),
        ({"kind": "forest", "device": "cuda"}, "needs kind='boosted'"),
    ],
)
def test_bad_parameters(params, match):
    with pytest.raises(InvalidInputError, match=match):
        make_teacher(**params)


@pytest.mark.parametrize("name", ["size [m]", "a<b", '"q"', "a,b", "x:y", "{z}", "größe, ä", ""])
@pytest.mark.parametrize(
    ("library", "kind", "options"),
    [
        ("xgboost", "XGBClassifier", {"enable_categorical": True}),
        ("lightgbm", "LGBMClassifier", {"verbose": -1}),
    ],
)
def test_names_that_boosters_refuse_change_nothing(name, library, kind, options):
    model = getattr(pytest.importorskip(library), kind)(n_estimators=5, **options)
    X = pd.DataFrame({"size": np.arange(60) % 7, "kind": ["a", "b", "c"] * 20})
    y = (np.arange(60) % 7 > 3).astype(int)
    expected = TabularClassifier(model).fit(X, y).predict_proba(X)
    renamed = X.rename(columns={"size": name})
    teacher = TabularClassifier(model).fit(renamed, y)
    np.testing.assert_array_equal(teacher.predict_proba(renamed), expected)
    assert list(teacher.feature_names_in_) == [name, "kind"]

"""Ready teachers read raw tables and labels of any kind."""

import importlib.util
import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.base import clone
from sklearn.ensemble import RandomForestClassifier

from interpkd import DistilledTreeClassifier
from interpkd.exceptions import DistillationWarning, InvalidInputError
from interpkd.teachers import TabularClassifier, _boosting, default_teacher, make_teacher
from interpkd.teachers._holdout import held_back_rows


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
    target = frame["age"] + 30 * frame["owner"] + 20 * (frame["purpose"] == "car")
    teacher = make_teacher(kind, task="regression", random_state=0).fit(frame, target)
    assert teacher.score(frame, target) > 0.9


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
        ({"kind": "forest", "device": "cuda"}, "needs kind='boosted' or 'neural'"),
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
    model = getattr(pytest.importorskip(library), kind)(n_estimators=2, n_jobs=1, **options)
    X = pd.DataFrame({"size": np.arange(60) % 7, "kind": ["a", "b", "c"] * 20})
    y = (np.arange(60) % 7 > 3).astype(int)
    expected = TabularClassifier(model).fit(X, y).predict_proba(X)
    renamed = X.rename(columns={"size": name})
    teacher = TabularClassifier(model).fit(renamed, y)
    np.testing.assert_array_equal(teacher.predict_proba(renamed), expected)
    assert list(teacher.feature_names_in_) == [name, "kind"]


def noise(n_rows):
    """Labels that no column tells: every further round makes the teacher worse."""
    rng = np.random.default_rng(0)
    return rng.normal(size=(n_rows, 4)), rng.integers(0, 2, n_rows)


def test_boosting_stops_early_and_learns_from_all_rows():
    pytest.importorskip("xgboost")
    X, y = noise(400)
    teacher = make_teacher("boosted", random_state=0).fit(X, y)
    assert teacher.model_.n_estimators < 100
    assert teacher.model_.get_booster().num_boosted_rounds() == teacher.model_.n_estimators
    plain = clone(teacher.model_).fit(X, y)  # the model is what a plain fit to all rows gives
    np.testing.assert_array_equal(teacher.predict_proba(X), plain.predict_proba(X))
    again = clone(teacher).fit(X, y)
    np.testing.assert_array_equal(again.predict_proba(X), teacher.predict_proba(X))
    signal = make_teacher("boosted", random_state=0).fit(X, (X[:, 0] > 0).astype(int))
    assert signal.model_.n_estimators > teacher.model_.n_estimators


def test_boosting_with_few_rows_has_a_fixed_size():
    pytest.importorskip("xgboost")
    teacher = make_teacher("boosted", random_state=0).fit(*noise(60))
    assert teacher.model_.n_estimators == 300


def test_boosting_with_rare_classes_and_weights():
    pytest.importorskip("xgboost")
    X, y = noise(200)
    labels = np.where(y == 0, "no", "yes").astype(object)
    labels[7] = "rare"
    weights = np.where(np.arange(200) < 150, 1.0, 0.0)
    teacher = make_teacher("boosted", random_state=0).fit(X, labels, sample_weight=weights)
    assert teacher.classes_.tolist() == ["no", "rare", "yes"]
    assert teacher.predict_proba(X).shape == (200, 3)
    student = DistilledTreeClassifier(make_teacher("boosted", random_state=0), cv=2, random_state=0)
    assert student.fit(X, y).teacher_.model_.n_estimators < 100


def test_early_stopping_needs_a_model_that_stops():
    with pytest.raises(InvalidInputError, match="validation_fraction needs an XGBoost model with"):
        TabularClassifier(RandomForestClassifier(), validation_fraction=0.2).fit(*noise(40))


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.99])
def test_rows_held_back(share):
    y = np.repeat([0, 1, 2, 3], [1, 2, 30, 300])
    rng = np.random.RandomState(0)
    held = [held_back_rows(y, share, rng, by_class=True) for _ in range(200)]
    for rows in held:
        assert np.all(np.diff(rows) > 0)
        assert set(np.delete(y, rows)) == {0, 1, 2, 3}
        assert 0 not in rows
    assert np.mean([len(rows) for rows in held]) == pytest.approx(share * 332, rel=0.02, abs=0.6)


def test_cuda_is_found_honestly(monkeypatch):
    xgboost = pytest.importorskip("xgboost")
    monkeypatch.setattr(xgboost, "build_info", lambda: {"USE_CUDA": False})
    assert make_teacher("boosted").model.device == "cpu"
    with pytest.raises(InvalidInputError, match="it was built without CUDA, as the package xg"):
        make_teacher("boosted", device="cuda")
    monkeypatch.setattr(xgboost, "build_info", lambda: {"USE_CUDA": True})
    monkeypatch.setattr(_boosting, "_has_cuda_device", lambda: False)
    assert make_teacher("boosted").model.device == "cpu"
    with pytest.raises(InvalidInputError, match="this machine shows none"):
        make_teacher("boosted", device="cuda")
    monkeypatch.setattr(_boosting, "_has_cuda_device", lambda: True)
    assert make_teacher("boosted").model.device == "cuda"
    assert make_teacher("boosted", device="cpu").model.device == "cpu"


@pytest.mark.parametrize("visible", ["", "-1"])
def test_hidden_devices_are_not_there(monkeypatch, visible):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    monkeypatch.setattr(_boosting.ctypes, "CDLL", lambda name: pytest.fail("the driver was asked"))
    assert not _boosting._has_cuda_device()


@pytest.mark.parametrize(("answer", "count", "found"), [(0, 2, True), (0, 0, False), (9, 0, False)])
def test_the_driver_is_asked(monkeypatch, answer, count, found):
    class Library:
        def nvmlInit_v2(self):  # noqa: N802 (NVIDIA's name)
            return answer

        def nvmlDeviceGetCount_v2(self, pointer):  # noqa: N802
            pointer._obj.value = count
            return 0

        def nvmlShutdown(self):  # noqa: N802
            return 0

    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setattr(_boosting.ctypes, "CDLL", lambda name: Library())
    assert _boosting._has_cuda_device() is found


def test_no_driver_is_no_device(monkeypatch):
    def missing(name):
        raise OSError(name)

    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setattr(_boosting.ctypes, "CDLL", missing)
    assert not _boosting._has_cuda_device()


def test_only_a_gpu_is_quiet_about_where_rows_lie(mixed_table):
    class Noisy(RandomForestClassifier):
        device = "cuda:0"

        def predict_proba(self, X):
            warnings.warn("Falling back to ... due to mismatched devices.", UserWarning, 2)
            return super().predict_proba(X)

    X, y = noise(40)
    teacher = TabularClassifier(Noisy(n_estimators=2)).fit(X, y)
    assert teacher.predict_proba(X).shape == (40, 2)
    teacher.model_.device = "cpu"
    with pytest.warns(UserWarning, match="mismatched devices"):
        teacher.predict_proba(X)


@pytest.mark.parametrize("seed", [None, np.random.RandomState(3)])
def test_boosting_takes_seeds_of_any_kind(seed):
    pytest.importorskip("xgboost")
    X, y = noise(200)
    assert make_teacher("boosted", random_state=seed).fit(X, y).model_.n_estimators < 300

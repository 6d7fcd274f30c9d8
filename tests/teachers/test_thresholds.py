"""Between two neighbouring thresholds of a column the teacher's answer is constant."""

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes
from sklearn.ensemble import (
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
)
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeRegressor

from interpkd import as_teacher
from interpkd.teachers import TabularRegressor, make_teacher, split_thresholds

X, Y = load_diabetes(return_X_y=True)
X = X[:, :5].astype(np.float32).astype(np.float64)
LABELS = np.digitize(Y, [np.median(Y)])


def xgboost_teachers():
    xgboost = pytest.importorskip("xgboost")
    size = {"n_estimators": 5, "max_depth": 3, "n_jobs": 1}
    yield xgboost.XGBRegressor(**size).fit(X, Y)
    yield xgboost.XGBClassifier(**size, booster="dart", verbosity=0).fit(X, LABELS)


def lightgbm_teachers():
    lightgbm = pytest.importorskip("lightgbm")
    yield lightgbm.LGBMRegressor(n_estimators=5, verbose=-1, n_jobs=1).fit(X, Y)


def sklearn_teachers():
    yield DecisionTreeRegressor(max_leaf_nodes=6).fit(X, Y)
    yield RandomForestClassifier(5, max_depth=3, random_state=0).fit(X, LABELS)
    yield ExtraTreesRegressor(3, max_depth=3, random_state=0).fit(X, Y)
    yield GradientBoostingClassifier(n_estimators=5).fit(X, LABELS)
    yield HistGradientBoostingRegressor(max_iter=5).fit(X, Y)


def answers(model, rows):
    return (
        model.predict_proba(rows)[:, 1] if hasattr(model, "predict_proba") else model.predict(rows)
    )


def neighbours(cuts):
    """Give the largest float32 at or below each threshold, and the next above it."""
    low = cuts.astype(np.float32)
    low = np.where(low > cuts, np.nextafter(low, np.float32(-np.inf)), low)
    return low.astype(np.float64), np.nextafter(low, np.float32(np.inf)).astype(np.float64)


@pytest.mark.parametrize("teachers", [sklearn_teachers, xgboost_teachers, lightgbm_teachers])
def test_constant_between_thresholds_and_not_across_all(teachers):
    for model in teachers():
        thresholds = split_thresholds(model)
        assert len(thresholds) == X.shape[1]
        assert sum(map(len, thresholds)) > 0
        for j, cuts in enumerate(thresholds):
            assert np.all(np.diff(cuts) > 0)
            if len(cuts) < 2:
                continue
            low, high = neighbours(cuts)
            changes = np.zeros(len(cuts), dtype=bool)
            for row in X[:20]:
                before, after = np.tile(row, (2, len(cuts), 1))
                before[:, j], after[:, j] = low, high
                changes |= answers(model, before) != answers(model, after)
                inside = high[:-1] <= low[1:]
                np.testing.assert_array_equal(
                    answers(model, after[:-1])[inside], answers(model, before[1:])[inside]
                )
            assert changes.any()


def test_wrappers_are_looked_into():
    tree = DecisionTreeRegressor(max_leaf_nodes=4).fit(X, Y)
    wanted = split_thresholds(tree)
    tabular = TabularRegressor(DecisionTreeRegressor(max_leaf_nodes=4)).fit(X, Y)
    for teacher in (as_teacher(tree), FrozenEstimator(tree), tabular, as_teacher(tabular)):
        for one, two in zip(split_thresholds(teacher), wanted, strict=True):
            np.testing.assert_array_equal(one, two)


def test_columns_come_in_the_order_of_the_table():
    frame = pd.DataFrame(X, columns=list("abcde"))
    forest = RandomForestClassifier(5, max_depth=3, random_state=0).fit(frame, LABELS)
    turned = split_thresholds(forest, names=list("edcbaz"))
    for one, two in zip(turned[:5][::-1], split_thresholds(forest), strict=True):
        np.testing.assert_array_equal(one, two)
    assert len(turned[5]) == 0
    assert split_thresholds(forest, names=list("abc")) is None


def test_what_is_no_tree_ensemble_has_none():
    cancer, labels = load_breast_cancer(return_X_y=True)
    linear = LogisticRegression(max_iter=10_000).fit(cancer[:, :3], labels)
    assert split_thresholds(linear) is None
    assert split_thresholds(as_teacher(lambda rows: np.zeros(len(rows)))) is None


def test_categories_are_no_thresholds():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"kind": rng.choice(["x", "y", "z"], 200), "size": rng.normal(size=200)})
    target = ((frame["kind"] == "x") & (frame["size"] > 0.5)).astype(int)
    pytest.importorskip("xgboost")
    teacher = make_teacher("boosted", task="classification", random_state=0).fit(frame, target)
    kinds, sizes = split_thresholds(teacher, names=["kind", "size"])
    assert len(kinds) == 0
    assert len(sizes) > 0
    # scikit-learn puts categories first in its own matrix; here columns stay in place
    native = HistGradientBoostingClassifier(categorical_features=[1], max_iter=3)
    coded = np.column_stack([frame["size"], frame["kind"].map({"x": 0, "y": 1, "z": 2})])
    sizes, kinds = split_thresholds(native.fit(coded, target))
    assert len(kinds) == 0
    assert len(sizes) > 0

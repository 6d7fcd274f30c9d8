"""The arrays of an ensemble answer as the library does, above all on the thresholds themselves."""

import dataclasses
import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from interpkd import as_teacher
from interpkd.exceptions import InvalidInputError, NotATeacherError
from interpkd.teachers import (
    TabularClassifier,
    make_teacher,
    split_thresholds,
    thresholds,
    tree_ensemble,
)

rng = np.random.default_rng(0)
N = 400
X = rng.normal(size=(N, 4))
X[:, 1] = np.round(X[:, 1], 1)
X[:, 3] = rng.integers(-1, 2, N)
X[rng.random((N, 4)) < 0.1] = np.nan
FULL = np.nan_to_num(X, nan=0.3)
CODES = X.copy()
CODES[:, 0] = rng.integers(0, 12, N)
SCORE = np.nan_to_num(X[:, 0], nan=1) + np.sin(3 * FULL[:, 1]) + FULL[:, 3] + (CODES[:, 0] % 3)
LABEL = np.where(np.median(SCORE) < SCORE, "yes", "no")
CODE = (LABEL == "yes").astype(int)
THREE = np.digitize(SCORE, np.quantile(SCORE, [0.3, 0.7]))
VALUE = SCORE - SCORE.min() + 0.1


def sklearn_models():
    forest = {"n_estimators": 5, "random_state": 0}
    yield DecisionTreeClassifier(max_depth=4).fit(X, LABEL)
    yield DecisionTreeRegressor(max_leaf_nodes=12).fit(X, VALUE)
    yield RandomForestClassifier(**forest, class_weight="balanced").fit(X, THREE)
    yield RandomForestRegressor(**forest).fit(X, VALUE)
    yield ExtraTreesClassifier(**forest).fit(X, LABEL)
    yield ExtraTreesRegressor(**forest).fit(X, VALUE)
    yield GradientBoostingClassifier(n_estimators=5).fit(FULL, LABEL)
    yield GradientBoostingClassifier(n_estimators=5).fit(FULL, THREE)
    yield GradientBoostingClassifier(n_estimators=5, loss="exponential").fit(FULL, LABEL)
    yield GradientBoostingRegressor(n_estimators=5, init="zero").fit(FULL, VALUE)
    yield HistGradientBoostingClassifier(max_iter=5).fit(X, LABEL)
    yield HistGradientBoostingClassifier(max_iter=4, categorical_features=[0]).fit(CODES, THREE)
    yield HistGradientBoostingRegressor(max_iter=5, categorical_features=[3]).fit(X, VALUE)
    yield HistGradientBoostingRegressor(max_iter=5, loss="gamma").fit(X, VALUE)


def xgboost_models():
    xgboost = pytest.importorskip("xgboost")
    size = {"n_estimators": 6, "max_depth": 4, "n_jobs": 1}
    native = {"enable_categorical": True, "feature_types": ["c", "q", "q", "q"]}
    yield xgboost.XGBClassifier(**size).fit(X, CODE)
    yield xgboost.XGBClassifier(**size, missing=-1).fit(X, CODE)  # a number that counts as missing
    yield xgboost.XGBClassifier(**size, num_parallel_tree=2, subsample=0.7).fit(X, THREE)
    yield xgboost.XGBClassifier(**size, booster="dart", rate_drop=0.5, verbosity=0).fit(X, CODE)
    yield xgboost.XGBClassifier(**size, booster="dart", rate_drop=0.5, verbosity=0).fit(X, THREE)
    yield xgboost.XGBClassifier(**size, **native, max_cat_to_onehot=1).fit(CODES, CODE)
    yield xgboost.XGBRegressor(**size, **native, max_cat_to_onehot=20).fit(CODES, VALUE)
    yield xgboost.XGBRegressor(**size, objective="reg:gamma").fit(X, VALUE)
    yield xgboost.XGBRegressor(**size, objective="reg:logistic").fit(X, CODE)
    yield xgboost.XGBRegressor(**size, num_parallel_tree=3, subsample=0.5).fit(X, VALUE)
    stopped = xgboost.XGBClassifier(**{**size, "n_estimators": 40}, early_stopping_rounds=3, eta=1)
    yield stopped.fit(X[:100], CODE[:100], eval_set=[(X[100:], CODE[100:])], verbose=False)


def lightgbm_models():
    lightgbm = pytest.importorskip("lightgbm")
    size = {"n_estimators": 6, "num_leaves": 12, "n_jobs": 1, "verbose": -1}
    yield lightgbm.LGBMClassifier(**size).fit(X, LABEL)
    yield lightgbm.LGBMClassifier(**size, sigmoid=2.5).fit(FULL, LABEL)
    yield lightgbm.LGBMClassifier(**size).fit(X, THREE)
    yield lightgbm.LGBMClassifier(**size, boosting_type="dart", drop_rate=0.6).fit(X, LABEL)
    rows = {"bagging_fraction": 0.6, "bagging_freq": 1}
    yield lightgbm.LGBMClassifier(**size, **rows, boosting_type="rf").fit(X, THREE)
    yield lightgbm.LGBMRegressor(**size, use_missing=False).fit(X, VALUE)
    yield lightgbm.LGBMRegressor(**size, objective="poisson").fit(X, VALUE)
    yield lightgbm.LGBMRegressor(**size, min_child_samples=N).fit(X, VALUE)  # no split at all
    yield lightgbm.LGBMRegressor(**size, min_data_per_group=5).fit(
        CODES, VALUE, categorical_feature=[0]
    )
    stopped = lightgbm.LGBMClassifier(**{**size, "n_estimators": 60}, learning_rate=0.9)
    with warnings.catch_warnings():  # `eval_set` goes with 4.7, its heir came with it (2026-11)
        warnings.simplefilter("ignore")
        stopped.fit(
            X[:100],
            LABEL[:100],
            eval_set=[(X[100:], LABEL[100:])],
            callbacks=[lightgbm.early_stopping(3, verbose=False)],
        )
    yield stopped


def catboost_models():
    catboost = pytest.importorskip("catboost")
    size = {"iterations": 5, "depth": 3, "verbose": 0, "allow_writing_files": False}
    size["thread_count"] = 1
    yield catboost.CatBoostClassifier(**size).fit(X, LABEL)
    yield catboost.CatBoostClassifier(**size, nan_mode="Max").fit(X, THREE)
    yield catboost.CatBoostRegressor(**size).fit(X, VALUE)
    yield catboost.CatBoostRegressor(**size, loss_function="Poisson").fit(X, VALUE)
    yield catboost.CatBoostRegressor(**size, grow_policy="Lossguide").fit(X, VALUE)
    yield catboost.CatBoostClassifier(**size, grow_policy="Depthwise").fit(X, THREE)


LIBRARIES = {
    "sklearn": sklearn_models,
    "xgboost": xgboost_models,
    "lightgbm": lightgbm_models,
    "catboost": catboost_models,
}
_made = {}


def models(library):
    if library not in _made:
        _made[library] = [(model, tree_ensemble(model)) for model in LIBRARIES[library]()]
    return _made[library]


def own_answers(model, rows):
    if hasattr(model, "predict_proba"):
        return np.asarray(model.predict_proba(rows), dtype=float)
    return np.asarray(model.predict(rows), dtype=float)


def array_answers(ensemble, rows):
    Z = ensemble.encode(rows)
    return ensemble.predict(Z) if ensemble.classes is None else ensemble.predict_proba(Z)


def takes_missing(model):
    return not isinstance(model, (GradientBoostingClassifier, GradientBoostingRegressor))


def recoded(model, ensemble, rows):
    """scikit-learn codes categories itself; give the rows as codes too."""
    Z = rows.copy()
    for i, known in enumerate(ensemble.categories):
        if known is not None:
            code = {value: float(k) for k, value in enumerate(known)}
            Z[:, i] = [code.get(value, np.nan) for value in rows[:, i].tolist()]
    return Z


def pools(model, ensemble):
    """Per column: thresholds, their neighbours in both precisions, zeros and missing values."""
    one, few = np.float32(np.inf), [0.0, -0.0, 1e-36, -1e-36, np.float64(np.float32(1e-35)), 3e30]
    by_set = np.unique(ensemble.feature[ensemble.category_set >= 0])
    found = []
    for j in range(ensemble.n_features):
        if j in by_set:
            found.append(np.array([*range(14), 200, np.nan], dtype=float))
            continue
        at = ensemble.threshold[(ensemble.feature == j) & (np.abs(ensemble.threshold) < 3e38)]
        single = at.astype(np.float32)
        exact = [single, np.nextafter(single, one), np.nextafter(single, -one)]
        double = [at, np.nextafter(at, np.inf), np.nextafter(at, -np.inf)]
        missing = [np.nan] if takes_missing(model) else []
        values = [*map(np.asarray, exact), *double, few, missing, X[:20, j] if missing else []]
        found.append(np.concatenate([np.asarray(v, dtype=np.float64) for v in values]))
    return found


@pytest.mark.parametrize("library", list(LIBRARIES))
@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**32 - 1))
def test_answers_on_thresholds_and_their_neighbours(library, seed):
    draw = np.random.default_rng(seed)
    for model, ensemble in models(library):
        rows = np.column_stack([draw.choice(pool, 150) for pool in pools(model, ensemble)])
        own = own_answers(model, rows)
        Z = recoded(model, ensemble, rows)
        ours = ensemble.predict(Z) if ensemble.classes is None else ensemble.predict_proba(Z)
        rounding = 2e-6 if library == "xgboost" else 1e-10
        np.testing.assert_allclose(ours, own, rtol=rounding, atol=rounding, err_msg=str(model))


@pytest.mark.parametrize("library", list(LIBRARIES))
def test_arrays_are_plain_and_whole(library):
    for _, ensemble in models(library):
        n_nodes, n_trees = len(ensemble.feature), ensemble.n_trees
        for field in dataclasses.fields(ensemble):
            value = getattr(ensemble, field.name)
            assert isinstance(value, (np.ndarray, tuple, str, float, type(None))), field.name
        inner = ensemble.feature >= 0
        # every node but the roots is the child of one node
        children = np.concatenate([ensemble.left[inner], ensemble.right[inner]])
        assert sorted([*children, *ensemble.root]) == list(range(n_nodes))
        assert np.all(ensemble.left[~inner] == -1)
        assert np.all(ensemble.right[~inner] == -1)
        assert not ensemble.value[inner].any()
        assert ensemble.output.shape == ensemble.weight.shape == (n_trees,)
        assert ensemble.margin(np.zeros((3, ensemble.n_features))).shape == (3, len(ensemble.base))
        leaf = ensemble.leaves(np.zeros((3, ensemble.n_features)))
        assert leaf.shape == (3, n_trees)
        assert np.all(ensemble.feature[leaf] == -1)
        with pytest.raises(InvalidInputError, match=r"must have shape \(n_samples, 4\)"):
            ensemble.leaves(np.zeros((3, 2)))


def test_predictions_are_labels_or_numbers():
    tree = DecisionTreeClassifier(max_depth=3).fit(X, LABEL)
    ensemble = tree_ensemble(tree)
    np.testing.assert_array_equal(ensemble.predict(X), tree.predict(X))
    with pytest.raises(InvalidInputError, match="is a regression and has no probabilities"):
        tree_ensemble(DecisionTreeRegressor(max_depth=2).fit(X, VALUE)).predict_proba(X)


def test_many_rows_are_answered_in_parts(monkeypatch):
    forest = RandomForestClassifier(7, random_state=0).fit(X, THREE)
    whole = tree_ensemble(forest).margin(X)
    monkeypatch.setattr("interpkd.teachers._ensemble.PLACES", 50)
    np.testing.assert_array_equal(tree_ensemble(forest).margin(X), whole)


def mixed():
    frame = pd.DataFrame(X, columns=["a", "b", "c", "d"])
    kinds = np.array(["x", "y", "z", "u", "v"])[rng.integers(0, 5, N)]
    frame["kind"] = kinds
    return frame, np.where(np.isin(kinds, ["x", "v"]) ^ (frame["b"] > 0.2), "in", "out")


def native_models():
    lightgbm, xgboost = pytest.importorskip("lightgbm"), pytest.importorskip("xgboost")
    frame, label = mixed()
    coded = frame.assign(kind=pd.Categorical(frame["kind"]))
    light = {"objective": "binary", "verbose": -1, "num_threads": 1, "min_data_per_group": 5}
    y = (label == "in").astype(int)
    yield TabularClassifier(lightgbm.LGBMClassifier(n_estimators=5, n_jobs=1, verbose=-1)).fit(
        frame, label
    )
    yield TabularClassifier(HistGradientBoostingClassifier(max_iter=5)).fit(frame, label)
    yield as_teacher(lightgbm.train(light, lightgbm.Dataset(coded, y), 5), classes=["out", "in"])
    rows = xgboost.DMatrix(coded, y, enable_categorical=True)
    tree = {"objective": "binary:logistic", "nthread": 1, "max_cat_to_onehot": 1}
    yield as_teacher(xgboost.train(tree, rows, 5), classes=["out", "in"])
    yield (
        make_teacher("boosted", random_state=0).set_params(model__n_estimators=5).fit(frame, label)
    )
    yield make_teacher("forest", random_state=0).set_params(model__n_estimators=5).fit(frame, label)
    yield HistGradientBoostingClassifier(max_iter=5).fit(coded, label)


def test_tables_with_categories_are_encoded_by_name():
    frame, _ = mixed()
    strange = frame.assign(kind=np.where(rng.random(N) < 0.3, "new", frame["kind"]))
    for teacher in native_models():
        ensemble = tree_ensemble(teacher)
        assert set(ensemble.names) == set(frame)
        assert set(ensemble.categories[ensemble.names.index("kind")]) == set("xyzuv")
        turned = frame[["kind", "d", "c", "a", "b"]]
        P = ensemble.predict_proba(ensemble.encode(turned))
        if isinstance(teacher, HistGradientBoostingClassifier):  # takes pandas categories only
            frame, strange = (t.assign(kind=pd.Categorical(t["kind"])) for t in (frame, strange))
        np.testing.assert_allclose(P, teacher.predict_proba(frame), atol=2e-6)
        Q = ensemble.predict_proba(ensemble.encode(strange))
        np.testing.assert_allclose(Q, teacher.predict_proba(strange), atol=2e-6)
        assert ensemble.classes.tolist() == teacher.classes_.tolist()


def test_wrappers_are_looked_into():
    tree = DecisionTreeClassifier(max_depth=3).fit(X, LABEL)
    for teacher in (FrozenEstimator(tree), as_teacher(tree), as_teacher(FrozenEstimator(tree))):
        np.testing.assert_array_equal(
            tree_ensemble(teacher).threshold, tree_ensemble(tree).threshold
        )
    renamed = tree_ensemble(as_teacher(tree, classes=["bad", "good"]))
    assert set(renamed.predict(X)) == {"bad", "good"}


def test_thresholds_are_those_of_the_arrays():
    assert thresholds is split_thresholds
    for library in LIBRARIES:
        for model, ensemble in models(library):
            at = split_thresholds(model)
            assert len(at) == ensemble.n_features
            by_number = (ensemble.feature >= 0) & (ensemble.category_set < 0)
            for j, cuts in enumerate(at):
                used = ensemble.threshold[by_number & (ensemble.feature == j)]
                np.testing.assert_array_equal(cuts, np.unique(used))


def refused_models():
    catboost, lightgbm = pytest.importorskip("catboost"), pytest.importorskip("lightgbm")
    xgboost = pytest.importorskip("xgboost")
    frame, label = mixed()
    size = {"iterations": 3, "verbose": 0, "allow_writing_files": False, "thread_count": 1}
    kinds = catboost.CatBoostClassifier(**size, cat_features=["kind"]).fit(frame, label)
    yield kinds, "has categorical features: it splits on statistics"
    ova = catboost.CatBoostClassifier(**size, loss_function="MultiClassOneVsAll").fit(X, THREE)
    yield ova, "loss 'MultiClassOneVsAll' cannot be read"
    light = {"n_estimators": 2, "n_jobs": 1, "verbose": -1}
    zeros = lightgbm.LGBMRegressor(**light, zero_as_missing=True).fit(X, VALUE)
    yield zeros, "zero_as_missing=True"
    yield lightgbm.LGBMRegressor(**light, linear_tree=True).fit(FULL, VALUE), "linear_tree"
    yield lightgbm.LGBMRegressor(**light, reg_sqrt=True).fit(FULL, VALUE), "reg_sqrt"
    small = {"n_estimators": 2, "n_jobs": 1}
    yield xgboost.XGBRegressor(**small, booster="gblinear").fit(FULL, VALUE), "booster='gblinear'"
    vectors = xgboost.XGBClassifier(**small, multi_strategy="multi_output_tree").fit(X, THREE)
    yield vectors, "multi_strategy='multi_output_tree'"
    start = GradientBoostingClassifier(n_estimators=2, init=LogisticRegression()).fit(FULL, LABEL)
    yield start, "init=LogisticRegression"
    two = DecisionTreeRegressor(max_depth=2).fit(X, np.column_stack([VALUE, VALUE]))
    yield two, "has 2 outputs"
    yield LogisticRegression().fit(FULL, LABEL), "LogisticRegression is no ensemble of trees"


@pytest.mark.filterwarnings("ignore:.*gblinear:UserWarning")  # XGBoost 3.4 says that it ends
def test_what_cannot_be_read_is_refused():
    for model, match in refused_models():
        with pytest.raises(InvalidInputError, match=match):
            tree_ensemble(model)
        assert split_thresholds(model) is None


def test_objectives_without_answers_are_refused():
    xgboost = pytest.importorskip("xgboost")
    ranker = xgboost.XGBRanker(n_estimators=2, n_jobs=1)
    ranker.fit(X, THREE, group=[N])
    with pytest.raises(NotATeacherError, match="ranking"):
        tree_ensemble(ranker)

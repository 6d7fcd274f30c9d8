"""Raw boosters as teachers: the library's own answers, asked by name, or a refusal."""

import pickle

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.base import clone, is_classifier, is_regressor

from interpkd import DistilledTreeClassifier, DistilledTreeRegressor, as_teacher, audit_report
from interpkd.exceptions import InvalidInputError, NotATeacherError

rng = np.random.default_rng(0)
N = 300
X = pd.DataFrame({name: rng.normal(size=N) for name in ("one", "two", "three")})
X.loc[:30, "one"] = np.nan
X["kind"] = pd.Categorical(rng.choice(["x", "y", "z"], N))
SCORE = X["one"].fillna(0.5) + (X["kind"] == "y") - 0.5 * X["two"]
LABEL = (SCORE.median() < SCORE).astype(int).to_numpy()
THREE = np.digitize(SCORE, np.quantile(SCORE, [0.3, 0.7]))
VALUE = (SCORE - SCORE.min() + 0.1).to_numpy()


def xgboost_booster(objective, y, frame=X, rounds=6, **params):
    xgboost = pytest.importorskip("xgboost")
    params = {"objective": objective, "max_depth": 3, "nthread": 1, **params}
    if objective.startswith("multi"):
        params["num_class"] = 3
    return xgboost.train(params, xgboost.DMatrix(frame, y, enable_categorical=True), rounds)


def lightgbm_booster(objective, y, frame=X, rounds=6, **params):
    lightgbm = pytest.importorskip("lightgbm")
    params = {"objective": objective, "num_leaves": 6, "num_threads": 1, "verbose": -1, **params}
    if objective in {"multiclass", "multiclassova"}:
        params["num_class"] = 3
    return lightgbm.train(params, lightgbm.Dataset(frame, y), rounds)


def own_answers(booster, frame=X):
    """Ask the library itself."""
    if type(booster).__module__.startswith("lightgbm"):
        return booster.predict(frame)
    xgboost = pytest.importorskip("xgboost")
    return booster.predict(xgboost.DMatrix(frame, enable_categorical=True))


@pytest.mark.parametrize(
    ("train", "objective", "y"),
    [
        (xgboost_booster, "binary:logistic", LABEL),
        (xgboost_booster, "multi:softprob", THREE),
        (xgboost_booster, "reg:squarederror", VALUE),
        (xgboost_booster, "count:poisson", VALUE),
        (lightgbm_booster, "binary", LABEL),
        (lightgbm_booster, "multiclass", THREE),
        (lightgbm_booster, "regression", VALUE),
        (lightgbm_booster, "gamma", VALUE),
    ],
)
def test_answers_are_the_librarys(train, objective, y):
    booster = train(objective, y)
    teacher = as_teacher(booster)
    own = own_answers(booster).astype(float)
    if y is VALUE:
        assert is_regressor(teacher)
        np.testing.assert_array_equal(teacher.predict(X), own)
    else:
        assert is_classifier(teacher)
        own = own if own.ndim == 2 else np.column_stack([1 - own, own])
        np.testing.assert_allclose(teacher.predict_proba(X), own, atol=1e-7)
        assert teacher.classes_.tolist() == list(range(own.shape[1]))
    assert clone(teacher) is teacher


BOOSTERS = {
    "xgboost": lambda: xgboost_booster("binary:logistic", LABEL),
    "lightgbm": lambda: lightgbm_booster("binary", LABEL),
}


@pytest.fixture(scope="module", params=list(BOOSTERS))
def booster(request):
    return BOOSTERS[request.param]()


def test_columns_are_matched_by_name(booster):
    teacher = as_teacher(booster, classes=["no", "yes"])
    shuffled = X[["kind", "three", "one", "two"]].assign(five=0.0)
    P = teacher.predict_proba(X)
    np.testing.assert_array_equal(teacher.predict_proba(shuffled), P)
    if type(booster).__module__.startswith("lightgbm"):  # which by itself does not look
        numbers = lightgbm_booster("binary", LABEL, X[["one", "two", "three"]])
        turned = X[["two", "three", "one"]]
        assert np.abs(numbers.predict(turned) - numbers.predict(X[["one", "two", "three"]])).any()
        np.testing.assert_array_equal(
            as_teacher(numbers).predict_proba(turned), as_teacher(numbers).predict_proba(X)
        )


def test_any_table_library_and_plain_text(booster):
    teacher = as_teacher(booster)
    text = X.assign(kind=X["kind"].astype(str))
    for table in (text, pl.from_pandas(text), pl.from_pandas(X)):
        np.testing.assert_array_equal(teacher.predict_proba(table), teacher.predict_proba(X))
    # the codes of one row alone are not those of the training table
    one = text.iloc[[5]]
    np.testing.assert_array_equal(teacher.predict_proba(one), teacher.predict_proba(X)[[5]])


def test_unseen_categories_are_missing_values(booster):
    teacher = as_teacher(booster)
    missing = X.assign(kind=pd.Categorical([None] * N, categories=["x"]))
    np.testing.assert_array_equal(
        teacher.predict_proba(X.assign(kind="new")), teacher.predict_proba(missing)
    )


def test_missing_columns_and_arrays_are_refused(booster):
    teacher = as_teacher(booster)
    with pytest.raises(InvalidInputError, match="trained on the column 'two', which the table"):
        teacher.predict_proba(X.drop(columns="two"))
    with pytest.raises(InvalidInputError, match=r"named columns \('one', 'two', 'three', …\)"):
        teacher.predict_proba(np.zeros((5, 4)))
    with pytest.raises(InvalidInputError, match=r"text|category columns"):
        teacher.predict_proba(X.assign(one="a"))


@pytest.mark.parametrize(
    ("train", "objective"), [(xgboost_booster, "binary:logistic"), (lightgbm_booster, "binary")]
)
def test_without_names_columns_count_by_position(train, objective):
    pytest.importorskip("xgboost")
    numbers = X[["one", "two", "three"]].to_numpy()
    booster = train(objective, LABEL, numbers)
    teacher = as_teacher(booster)
    P = teacher.predict_proba(numbers)
    np.testing.assert_allclose(P[:, 1], own_answers(booster, numbers), atol=1e-7)
    np.testing.assert_array_equal(teacher.predict_proba(X[["one", "two", "three"]]), P)
    np.testing.assert_array_equal(teacher.predict_proba(numbers.tolist()), P)
    with pytest.raises(InvalidInputError, match="trained on 3 columns without names, and X has 2"):
        teacher.predict_proba(numbers[:, :2])
    with pytest.raises(InvalidInputError, match="must be a table of rows and columns"):
        teacher.predict_proba(numbers[:, 0])
    with pytest.raises(InvalidInputError, match="takes rows of numbers, got list"):
        teacher.predict_proba([["a", "b", "c"]])


def test_a_dmatrix_is_no_table():
    xgboost = pytest.importorskip("xgboost")
    numbers = X[["one", "two", "three"]].to_numpy()
    teacher = as_teacher(xgboost_booster("binary:logistic", LABEL, numbers))
    rows = xgboost.DMatrix(numbers, base_margin=np.ones(N))
    with pytest.raises((InvalidInputError, TypeError), match="DMatrix"):
        teacher.predict_proba(rows)


@pytest.mark.parametrize("booster_kind", ["gbtree", "dart"])
def test_xgboost_answers_with_the_best_iteration(booster_kind):
    xgboost = pytest.importorskip("xgboost")
    train, test = slice(0, 100), slice(100, N)
    rows = [
        xgboost.DMatrix(X[part], LABEL[part], enable_categorical=True) for part in (train, test)
    ]
    params = {"objective": "binary:logistic", "eta": 1.0, "nthread": 1, "verbosity": 0}
    params["booster"] = booster_kind
    booster = xgboost.train(
        params,
        rows[0],
        30,
        evals=[(rows[1], "test")],
        early_stopping_rounds=5,
        verbose_eval=False,
    )
    best = booster.best_iteration
    assert best + 1 < booster.num_boosted_rounds()
    teacher = as_teacher(booster)
    np.testing.assert_allclose(
        teacher.predict_proba(X[test])[:, 1],
        booster.predict(rows[1], iteration_range=(0, best + 1)),
        atol=1e-7,
    )
    assert np.abs(teacher.predict_proba(X[test])[:, 1] - booster.predict(rows[1])).max() > 1e-3
    loaded = xgboost.Booster(model_file=bytearray(booster.save_raw("ubj")))
    np.testing.assert_array_equal(
        as_teacher(loaded).predict_proba(X[test]), teacher.predict_proba(X[test])
    )


def test_a_slice_has_its_own_rounds_and_may_forget_categories():
    """XGBoost 3.2 keeps neither the best iteration nor the categories of a slice; 3.4 has the latter."""
    xgboost = pytest.importorskip("xgboost")
    numbers = X[["one", "two", "three"]]
    booster = xgboost_booster("binary:logistic", LABEL, numbers)
    few = as_teacher(booster[:2]).predict_proba(X)[:, 1]
    rows = xgboost.DMatrix(numbers)
    np.testing.assert_allclose(few, booster.predict(rows, iteration_range=(0, 2)), atol=1e-7)
    whole = xgboost_booster("binary:logistic", LABEL)
    teacher = as_teacher(whole[:2])
    if teacher.model.source.columns[3].categories:
        rows = xgboost.DMatrix(X, enable_categorical=True)
        wanted = whole.predict(rows, iteration_range=(0, 2))
        np.testing.assert_allclose(teacher.predict_proba(X)[:, 1], wanted, atol=1e-7)
        return
    with pytest.raises(InvalidInputError, match="'kind' by category, but has no list"):
        teacher.predict_proba(X)


def test_lightgbm_answers_with_the_best_iteration():
    lightgbm = pytest.importorskip("lightgbm")
    train, test = slice(0, 100), slice(100, N)
    data = lightgbm.Dataset(X[train], LABEL[train])
    booster = lightgbm.train(
        {"objective": "binary", "learning_rate": 0.9, "num_threads": 1, "verbose": -1},
        data,
        60,
        [lightgbm.Dataset(X[test], LABEL[test], reference=data)],
        callbacks=[lightgbm.early_stopping(5, verbose=False)],
        keep_training_booster=True,  # or the trees after the best are forgotten
    )
    best = booster.best_iteration
    assert best < booster.num_trees()
    teacher = as_teacher(booster)
    own = booster.predict(X[test], num_iteration=best)
    np.testing.assert_allclose(teacher.predict_proba(X[test])[:, 1], own, atol=1e-15)
    every = booster.predict(X[test], num_iteration=booster.num_trees())
    assert np.abs(teacher.predict_proba(X[test])[:, 1] - every).max() > 1e-3


def test_dart_answers_with_all_trees():
    xgboost = pytest.importorskip("xgboost")
    booster = xgboost_booster(
        "binary:logistic", LABEL, booster="dart", rate_drop=0.5, rounds=20, verbosity=0
    )
    P = as_teacher(booster).predict_proba(X)
    np.testing.assert_array_equal(as_teacher(booster).predict_proba(X), P)
    rows = xgboost.DMatrix(X, enable_categorical=True)
    np.testing.assert_allclose(P[:, 1], booster.predict(rows, training=False), atol=1e-7)


def test_softmax_that_decides_still_has_probabilities():
    kinds = [xgboost_booster(f"multi:{name}", THREE) for name in ("softmax", "softprob")]
    one, two = (as_teacher(kind).predict_proba(X) for kind in kinds)
    np.testing.assert_allclose(one, two, atol=1e-6)


def test_a_share_is_a_regression_unless_classes_are_named():
    for booster in (
        xgboost_booster("reg:logistic", LABEL),
        lightgbm_booster("cross_entropy", LABEL),
    ):
        share = as_teacher(booster).predict(X)
        P = as_teacher(booster, classes=["no", "yes"]).predict_proba(X)
        np.testing.assert_allclose(P[:, 1], share, atol=1e-12)


@pytest.mark.parametrize(
    ("train", "objective", "match"),
    [
        (xgboost_booster, "binary:logitraw", "'binary:logitraw' gives raw margins"),
        (xgboost_booster, "binary:hinge", "gives decisions 0 and 1"),
        (xgboost_booster, "rank:pairwise", "scores of a ranking or a survival model"),
        (xgboost_booster, "survival:cox", "scores of a ranking or a survival model"),
        (lightgbm_booster, "multiclassova", "do not sum to one"),
        (lightgbm_booster, "cross_entropy_lambda", "an intensity and no probability"),
    ],
)
def test_objectives_without_probabilities_are_refused(train, objective, match):
    booster = train(objective, THREE if objective == "multiclassova" else LABEL)
    with pytest.raises(NotATeacherError, match=f"{match}.*pass a function"):
        as_teacher(booster)


def log_loss(margin, rows):
    p = 1 / (1 + np.exp(-margin))
    return p - rows.get_label(), p * (1 - p)


def test_custom_objectives_are_refused():
    xgboost, lightgbm = pytest.importorskip("xgboost"), pytest.importorskip("lightgbm")
    rows = xgboost.DMatrix(X, LABEL, enable_categorical=True)
    custom = xgboost.train({"nthread": 1}, rows, 3, obj=log_loss)
    with pytest.raises(NotATeacherError, match=r"custom objective.*raw margins: pass a function"):
        as_teacher(custom, classes=[0, 1])
    params = {"objective": log_loss, "verbose": -1, "num_threads": 1}
    own = lightgbm.train(params, lightgbm.Dataset(X, LABEL), 3)
    with pytest.raises(NotATeacherError, match="raw margins of a custom objective"):
        as_teacher(own)


def test_several_outputs_are_refused():
    booster = xgboost_booster("reg:quantileerror", VALUE, quantile_alpha=[0.1, 0.9])
    with pytest.raises(NotATeacherError, match=r"predicts 2 numbers per row.*reg:quantileerror"):
        as_teacher(booster)


def test_wrappers_whose_objective_gives_no_probabilities():
    xgboost, lightgbm = pytest.importorskip("xgboost"), pytest.importorskip("lightgbm")
    raw = xgboost.XGBClassifier(n_estimators=2, n_jobs=1, objective="binary:logitraw")
    numbers = X[["one", "two", "three"]]
    with pytest.raises(NotATeacherError, match="gives raw margins"):
        as_teacher(raw.fit(numbers, LABEL))
    ova = lightgbm.LGBMClassifier(n_estimators=2, n_jobs=1, verbose=-1, objective="multiclassova")
    with pytest.raises(NotATeacherError, match="do not sum to one"):
        as_teacher(ova.fit(numbers, THREE))


def test_rankers_and_plain_catboost_are_refused():
    catboost, lightgbm = pytest.importorskip("catboost"), pytest.importorskip("lightgbm")
    xgboost = pytest.importorskip("xgboost")
    numbers, size = X[["one", "two", "three"]], {"n_estimators": 2, "n_jobs": 1}
    ranker = xgboost.XGBRanker(**size).fit(numbers, THREE, group=[N])
    with pytest.raises(NotATeacherError, match="scores of a ranking"):
        as_teacher(ranker)
    ranker = lightgbm.LGBMRanker(**size, verbose=-1).fit(numbers, THREE, group=[N])
    with pytest.raises(NotATeacherError, match="scores of a ranking"):
        as_teacher(ranker)
    plain = {"iterations": 2, "verbose": 0, "allow_writing_files": False, "thread_count": 1}
    raw = catboost.CatBoost({**plain, "loss_function": "Logloss"}).fit(numbers, LABEL)
    with pytest.raises(NotATeacherError, match=r"CatBoost gives raw values.*CatBoostClassifier"):
        as_teacher(raw)
    model = catboost.CatBoostRegressor(**plain).fit(numbers, VALUE)
    turned = numbers[["three", "one", "two"]]
    np.testing.assert_array_equal(as_teacher(model).predict(turned), model.predict(numbers))


def test_a_regressor_may_have_an_objective_of_its_own():
    xgboost = pytest.importorskip("xgboost")

    def squared(y_true, y_pred):
        return y_pred - y_true, np.ones_like(y_true)

    model = xgboost.XGBRegressor(n_estimators=3, n_jobs=1, objective=squared)
    model.fit(X[["one", "two"]], VALUE)
    np.testing.assert_array_equal(as_teacher(model).predict(X), model.predict(X[["one", "two"]]))


def test_the_report_names_the_library(booster):
    teacher = as_teacher(booster, classes=["no", "yes"])
    student = DistilledTreeClassifier(teacher, max_leaf_nodes=3, augmentation=None, effort="greedy")
    report = audit_report(student.fit(X), X[:60], background=X[:10]).to_dict()
    kind = type(booster)
    assert report["lineage"]["teacher"]["type"] == f"{kind.__module__}.{kind.__qualname__}"
    assert report["lineage"]["teacher"]["library"] == kind.__module__.partition(".")[0]


def test_cut_off_categories_are_refused():
    """XGBoost before 3.4 stores as many bytes of its categories as they have letters."""
    wide = X.assign(kind=X["kind"].cat.rename_categories({"y": "ä", "z": "à"}))
    booster = xgboost_booster("binary:logistic", LABEL, wide)
    xgboost = pytest.importorskip("xgboost")
    if tuple(map(int, xgboost.__version__.split(".")[:2])) < (3, 4):
        with pytest.raises(NotATeacherError, match="'kind' has categories with letters beyond"):
            as_teacher(booster)
    else:
        own = own_answers(booster, wide)
        text = wide.assign(kind=wide["kind"].astype(str)).iloc[::-1]
        np.testing.assert_allclose(as_teacher(booster).predict_proba(text)[::-1, 1], own, atol=1e-7)


def test_classes_must_fit(booster):
    with pytest.raises(InvalidInputError, match="must name the model's 2 classes"):
        as_teacher(booster, classes=["a", "b", "c"])


def test_students_learn_from_boosters_and_pickle(booster):
    teacher = as_teacher(booster, classes=["no", "yes"])
    student = DistilledTreeClassifier(teacher, max_leaf_nodes=6, random_state=0).fit(X)
    assert np.mean(student.predict(X) == teacher.predict(X)) > 0.85
    again = pickle.loads(pickle.dumps(student))  # noqa: S301 (made one line above)
    np.testing.assert_array_equal(again.teacher_.predict_proba(X), teacher.predict_proba(X))


def test_a_student_of_a_regression_booster():
    teacher = as_teacher(lightgbm_booster("regression", VALUE))
    student = DistilledTreeRegressor(teacher, max_leaf_nodes=6, random_state=0).fit(X)
    assert student.score(X, teacher.predict(X)) > 0.6

"""The teacher's monotone constraints, read from every library, and handed over to students."""

import itertools

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.decomposition import PCA
from sklearn.ensemble import (
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
)
from sklearn.frozen import FrozenEstimator
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import KBinsDiscretizer, StandardScaler
from sklearn.tree import DecisionTreeClassifier

from interpkd import (
    DistilledClassifier,
    DistilledLinearRegression,
    DistilledLinearSVC,
    DistilledLogisticRegression,
    DistilledRegressor,
    DistilledScorecardClassifier,
    DistilledTreeClassifier,
    DistilledTreeRegressor,
    as_teacher,
)
from interpkd.exceptions import InvalidInputError
from interpkd.teachers import TabularClassifier, split_thresholds, teacher_monotonic_cst

rng = np.random.default_rng(0)
N = 250
X = pd.DataFrame({name: rng.normal(size=N) for name in ("up", "free", "down")})
SCORE = X["up"] + np.sin(4 * X["up"]) + X["free"] ** 2 - X["down"] + rng.normal(size=N)
LABEL = np.where(SCORE > 1, "yes", "no")
CODE = (LABEL == "yes").astype(int)
SIGNS = [1, 0, -1]
BY_NAME = {"up": 1, "down": -1}


def sklearn_teachers():
    yield HistGradientBoostingClassifier(max_iter=5, monotonic_cst=BY_NAME).fit(X, LABEL)
    yield HistGradientBoostingRegressor(max_iter=5, monotonic_cst=SIGNS).fit(X, SCORE)
    forest = {"n_estimators": 5, "random_state": 0, "monotonic_cst": SIGNS}
    yield RandomForestClassifier(**forest).fit(X, LABEL)
    yield ExtraTreesRegressor(**forest).fit(X, SCORE)
    yield DecisionTreeClassifier(monotonic_cst=SIGNS, max_depth=4).fit(X, LABEL)


def xgboost_teachers():
    xgboost = pytest.importorskip("xgboost")
    size = {"n_estimators": 5, "n_jobs": 1}
    for stated in (BY_NAME, tuple(SIGNS), "(1,0,-1)"):
        yield xgboost.XGBClassifier(**size, monotone_constraints=stated).fit(X, CODE)
    dart = {"booster": "dart", "verbosity": 0}  # or it says that the name is on its way out
    yield xgboost.XGBRegressor(**size, **dart, monotone_constraints=BY_NAME).fit(X, SCORE)
    params = {"objective": "binary:logistic", "nthread": 1, "monotone_constraints": BY_NAME}
    yield xgboost.train(params, xgboost.DMatrix(X, CODE), 5)


def lightgbm_teachers():
    lightgbm = pytest.importorskip("lightgbm")
    size = {"n_estimators": 5, "n_jobs": 1, "verbose": -1, "monotone_constraints": SIGNS}
    yield lightgbm.LGBMClassifier(**size).fit(X, LABEL)
    params = {"objective": "regression", "verbose": -1, "monotone_constraints": SIGNS}
    booster = lightgbm.train({**params, "num_threads": 1}, lightgbm.Dataset(X, SCORE), 5)
    yield booster
    yield lightgbm.Booster(model_str=booster.model_to_string())


def catboost_teachers():
    catboost = pytest.importorskip("catboost")
    size = {"iterations": 5, "verbose": 0, "allow_writing_files": False, "thread_count": 1}
    for stated in (BY_NAME, SIGNS, "(1,0,-1)", "0:1,2:-1"):
        yield catboost.CatBoostClassifier(**size, monotone_constraints=stated).fit(X, LABEL)


LIBRARIES = [sklearn_teachers, xgboost_teachers, lightgbm_teachers, catboost_teachers]


@pytest.mark.parametrize("teachers", LIBRARIES)
def test_constraints_are_read_by_name(teachers):
    for model in teachers():
        assert teacher_monotonic_cst(model, X.columns).tolist() == SIGNS
        turned = ["down", "more", "up", "free"]
        assert teacher_monotonic_cst(as_teacher(model), turned).tolist() == [-1, 0, 1, 0]
        assert teacher_monotonic_cst(model, 3).tolist() == SIGNS
        assert teacher_monotonic_cst(model, 3).dtype == np.int8
        with pytest.raises(InvalidInputError, match="constrains the column 'down', which the"):
            teacher_monotonic_cst(model, ["up", "free"])
        with pytest.raises(InvalidInputError, match="trained on 3 columns, and the table has 2"):
            teacher_monotonic_cst(model, 2)


def test_wrappers_are_looked_into():
    forest = RandomForestClassifier(3, monotonic_cst=SIGNS, random_state=0)
    tabular = TabularClassifier(forest, categories="ordinal").fit(X, LABEL)
    for teacher in (tabular, as_teacher(tabular), FrozenEstimator(forest.fit(X, LABEL))):
        assert teacher_monotonic_cst(teacher, X.columns).tolist() == SIGNS


def test_unconstrained_teachers_have_zeros():
    for model in (
        RandomForestClassifier(2).fit(X, LABEL),
        HistGradientBoostingClassifier(max_iter=2).fit(X, LABEL),
    ):
        assert teacher_monotonic_cst(model, X.columns).tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    "model",
    [
        GradientBoostingClassifier(n_estimators=2).fit(X, LABEL),
        LogisticRegression().fit(X, LABEL),
        as_teacher(lambda rows: np.zeros(len(rows))),
    ],
)
def test_what_keeps_no_constraints(model):
    with pytest.raises(InvalidInputError, match=r"constraints of the teacher .* cannot be read"):
        teacher_monotonic_cst(model, X.columns)


def boosting(signs=SIGNS):
    return HistGradientBoostingClassifier(max_iter=5, monotonic_cst=signs)


def test_through_pipelines_that_keep_the_order():
    scaled = make_pipeline(SimpleImputer(), StandardScaler(), boosting()).fit(X, LABEL)
    assert teacher_monotonic_cst(scaled, X.columns).tolist() == SIGNS
    assert teacher_monotonic_cst(as_teacher(scaled), ["down", "up", "free"]).tolist() == [-1, 1, 0]
    columns = make_column_transformer(
        ("passthrough", ["down"]), (make_pipeline(SimpleImputer(), StandardScaler()), ["up"])
    )
    chosen = make_pipeline(columns, boosting([-1, 1])).fit(X, LABEL)
    assert teacher_monotonic_cst(chosen, X.columns).tolist() == SIGNS
    free = make_pipeline(PCA(2), boosting(None)).fit(X, LABEL)
    assert teacher_monotonic_cst(free, X.columns).tolist() == [0, 0, 0]
    alone = make_pipeline(boosting()).fit(X, LABEL)
    assert teacher_monotonic_cst(alone, X.columns).tolist() == SIGNS


@pytest.mark.parametrize(
    ("steps", "signs"),
    [
        ([PCA(3)], SIGNS),
        ([SimpleImputer(add_indicator=True)], SIGNS),
        # beside the rising column stand its bins, which may undo what it does
        (
            [
                make_column_transformer(
                    ("passthrough", ["up"]),
                    (KBinsDiscretizer(3, quantile_method="averaged_inverted_cdf"), ["up"]),
                )
            ],
            [1, 0, 0, 0],
        ),
    ],
)
def test_pipelines_that_make_new_columns_are_refused(steps, signs):
    pipeline = make_pipeline(*steps, boosting(signs)).fit(X, LABEL)
    with pytest.raises(InvalidInputError, match="makes new columns of the table's"):
        teacher_monotonic_cst(pipeline, X.columns)


def grid(*models, limit=14):
    """Rows on both sides of every threshold of the models, crossed over all columns."""
    axes = []
    for name in X:
        at = np.unique(np.concatenate([m[list(X).index(name)] for m in models]))
        at = at[np.isfinite(at)]
        if len(at) > limit:
            at = np.quantile(at, np.linspace(0, 1, limit), method="nearest")
        axes.append(np.unique([*(at - 1e-6), *(at + 1e-6), X[name].min(), X[name].max()]))
    rows = np.array(list(itertools.product(*axes)))
    return pd.DataFrame(rows, columns=X.columns), [len(axis) for axis in axes]


def is_monotone(model, rows, shape):
    answer = model.predict_proba(rows)[:, 1] if hasattr(model, "classes_") else model.predict(rows)
    cube = np.reshape(answer, shape)
    return (np.diff(cube, axis=0) >= -1e-12).all() and (np.diff(cube, axis=2) <= 1e-12).all()


CLASSIFIERS = [
    lambda teacher, **k: DistilledTreeClassifier(teacher, max_leaf_nodes=12, **k),
    DistilledLogisticRegression,
    DistilledLinearSVC,
    DistilledScorecardClassifier,
    lambda teacher, **k: DistilledClassifier(
        teacher, student=DecisionTreeClassifier(max_leaf_nodes=12), **k
    ),
]


@pytest.mark.parametrize("make", CLASSIFIERS)
@pytest.mark.parametrize("classes", [None, ["yes", "no"]])
def test_students_take_the_constraints_over(make, classes):
    model = HistGradientBoostingClassifier(max_iter=30, monotonic_cst=BY_NAME).fit(X, LABEL)
    teacher = as_teacher(model, classes=classes)  # the second column is the constrained one
    student = make(teacher, monotonic_cst="teacher", random_state=0, n_augmented=500).fit(X)
    own = split_thresholds(student.student_) if hasattr(student.student_, "tree_") else None
    rows, shape = grid(own or split_thresholds(model))
    assert is_monotone(student, rows, shape)
    stated = make(teacher, monotonic_cst=BY_NAME, random_state=0, n_augmented=500).fit(X)
    np.testing.assert_array_equal(student.predict_proba(rows), stated.predict_proba(rows))


@pytest.mark.parametrize(
    "make",
    [
        lambda teacher, **k: DistilledTreeRegressor(teacher, max_leaf_nodes=12, **k),
        DistilledLinearRegression,
        lambda teacher, **k: DistilledRegressor(
            teacher, student=HistGradientBoostingRegressor(max_iter=5), **k
        ),
    ],
)
def test_regression_students_take_them_over(make):
    xgboost = pytest.importorskip("xgboost")
    model = xgboost.XGBRegressor(n_estimators=30, n_jobs=1, monotone_constraints=BY_NAME)
    teacher = as_teacher(model.fit(X, SCORE).get_booster())
    student = make(teacher, monotonic_cst="teacher", random_state=0, n_augmented=500).fit(X)
    assert is_monotone(student, *grid(split_thresholds(model)))


def test_a_student_of_a_monotone_teacher_is_not_monotone_by_itself():
    """Which is why the constraints are worth handing over."""
    model = HistGradientBoostingClassifier(max_iter=30, monotonic_cst=BY_NAME).fit(X, LABEL)
    student = DistilledTreeClassifier(as_teacher(model), max_leaf_nodes=12, random_state=0).fit(X)
    rows, shape = grid(split_thresholds(student.student_))
    assert is_monotone(model, rows, shape)
    assert not is_monotone(student, rows, shape)


def test_a_fitted_teacher_and_arrays():
    """A teacher that the student fits, on an array without names."""
    teacher = HistGradientBoostingClassifier(max_iter=10, monotonic_cst=SIGNS)
    student = DistilledTreeClassifier(
        teacher, monotonic_cst="teacher", max_leaf_nodes=8, cv=2, random_state=0, n_augmented=500
    ).fit(X.to_numpy(), LABEL)
    rows, shape = grid(split_thresholds(student.student_))
    assert (np.diff(student.predict_proba(rows.to_numpy())[:, 1].reshape(shape), axis=0) >= 0).all()


def test_students_say_when_there_is_nothing_to_take_over():
    free = as_teacher(RandomForestClassifier(3, random_state=0).fit(X, LABEL))
    with pytest.raises(InvalidInputError, match="teacher RandomForestClassifier is constrained"):
        DistilledTreeClassifier(free, monotonic_cst="teacher").fit(X)
    linear = as_teacher(LogisticRegression().fit(X, LABEL))
    with pytest.raises(InvalidInputError, match="teacher LogisticRegression cannot be read"):
        DistilledTreeClassifier(linear, monotonic_cst="teacher").fit(X)
    student = DistilledTreeClassifier(monotonic_cst="teacher")
    with pytest.raises(InvalidInputError, match="only teacher_proba and no teacher to read"):
        student.fit(X, teacher_proba=np.full((N, 2), 0.5))
    with pytest.raises(ValueError, match=r"'monotonic_cst' parameter .* must be"):
        DistilledTreeClassifier(free, monotonic_cst="tutor").fit(X)

"""SHAP values: Shapley's definition, additivity, one background for both models."""

import json
import warnings
from itertools import combinations
from math import factorial

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine, make_classification
from sklearn.ensemble import (
    ExtraTreesRegressor,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from interpkd import (
    DistilledClassifier,
    DistilledLinearRegression,
    DistilledLinearSVC,
    DistilledLogisticRegression,
    DistilledRegressor,
    DistilledTreeClassifier,
    DistilledTreeRegressor,
    as_teacher,
)
from interpkd.exceptions import InvalidInputError, NotATeacherError
from interpkd.explanation import explain
from interpkd.teachers import make_teacher


def shapley(answer, background, X):
    """Shapley values by their definition; `answer` takes an array or a pandas frame."""
    n, d = X.shape
    columns = [*range(d)]

    def value(i, coalition):
        mixed = background.copy()
        for j in coalition:
            if isinstance(mixed, pd.DataFrame):
                name = mixed.columns[j]
                mixed[name] = pd.Series([X[name].iloc[i]] * len(mixed), dtype=X[name].dtype)
            else:
                mixed[:, j] = X[i, j]
        return answer(mixed).mean(axis=0)

    rows = []
    for i in range(n):
        v = {s: value(i, s) for k in range(d + 1) for s in combinations(columns, k)}
        phi = [
            sum(
                factorial(len(s))
                * factorial(d - len(s) - 1)
                / factorial(d)
                * (v[tuple(sorted((*s, j)))] - v[s])
                for s in v
                if j not in s
            )
            for j in columns
        ]
        rows.append(phi)
    return np.array(rows)


def adds_up(explanation, answers):
    np.testing.assert_allclose(
        explanation.base_values + explanation.values.sum(axis=1), answers, rtol=0, atol=1e-6
    )


def credit(n, seed=0):
    rng = np.random.default_rng(seed)
    X = pd.DataFrame(
        {
            "age": rng.integers(20, 70, n).astype(float),
            "purpose": rng.choice(["car", "tv", "study"], n),
            "owner": rng.random(n) < 0.5,
            "income": rng.lognormal(3, 1, n).round(1),
        }
    )
    y = (X["income"] > 20) ^ (X["purpose"] == "car") | (X["age"] > 60)
    X.loc[rng.random(n) < 0.2, "income"] = np.nan
    X.loc[rng.random(n) < 0.1, "purpose"] = None
    return X, np.where(y, "good", "bad")


@pytest.mark.parametrize("seed", range(4))
def test_student_tree_is_shapley_by_definition(seed):
    """With missing values, infinite thresholds and columns that come again on a path."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(150, 5)).round(1)
    X[rng.random(X.shape) < 0.2] = np.nan
    y = np.nansum(X[:, :3], axis=1) + 3 * np.isnan(X[:, 4])
    tree = DecisionTreeRegressor(max_leaf_nodes=25, random_state=0).fit(X, y)
    got = explain(tree, X[:6], background=X[50:70]).student
    np.testing.assert_allclose(
        got.values, shapley(tree.predict, X[50:70], X[:6]), rtol=0, atol=1e-12
    )
    adds_up(got, tree.predict(X[:6]))


def test_infinite_thresholds():
    X = np.array([[a, b] for a in (np.nan, 1.0, 2.0) for b in (0.0, 1.0)] * 20)
    tree = DecisionTreeClassifier().fit(X, np.isnan(X[:, 0]).astype(int) + 2 * (X[:, 1] > 0))
    assert np.isinf(tree.tree_.threshold).any()
    got = explain(tree, X[:4], background=X[:7]).student
    np.testing.assert_allclose(got.values, shapley(tree.predict_proba, X[:7], X[:4]), atol=1e-12)


@pytest.mark.parametrize("kind", ["forest", "boosted"])
def test_both_are_shapley_by_definition_on_a_raw_table(kind):
    X, y = credit(300)
    teacher = make_teacher(kind, random_state=0)
    teacher.model.set_params(n_estimators=8)
    student = DistilledTreeClassifier(teacher, cv=2, max_leaf_nodes=8).fit(X, y)
    X, _ = credit(4, seed=1)
    X.loc[0, "purpose"] = "never seen"
    background, _ = credit(6, seed=2)
    both = explain(student, X, background=background)
    for got, model in ((both.student, student), (both.teacher, student.teacher_)):
        expected = shapley(model.predict_proba, background, X)
        np.testing.assert_allclose(got.values, expected, rtol=0, atol=1e-7)
        assert got.feature_names == ["age", "purpose", "owner", "income"]
        adds_up(got, model.predict_proba(X))
    assert both.method["teacher"] == "exact, all 16 coalitions of columns"
    assert both.display_data[0].tolist()[1:3] == ["never seen", X["owner"][0]]


def test_sampled_values_are_near_the_exact_ones():
    """A model of three-way interactions, which antithetic pairs alone do not get right."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(40, 8))

    def score(Z):
        return (
            Z[:, 0] * Z[:, 1] * Z[:, 2] + Z[:, 3] + np.maximum(Z[:, 4], Z[:, 5]) * Z[:, 6] * Z[:, 7]
        )

    student = DecisionTreeRegressor(max_leaf_nodes=4).fit(X, score(X))
    ask = {"background": X[10:40], "teacher": as_teacher(score)}
    sampled = explain(student, X[:10], **ask, n_permutations=8).teacher
    exact = explain(student, X[:10], **ask, n_permutations=500)
    assert exact.method["teacher"] == "exact, all 256 coalitions of columns"
    assert exact.teacher.error_std is None
    miss = np.abs(sampled.values - exact.teacher.values)
    assert sampled.error_std.shape == (10, 8)
    assert miss[:, 3].max() < 1e-12  # no interaction, no sampling error
    assert np.sqrt((miss**2).mean()) < 1.5 * np.sqrt((sampled.error_std**2).mean())
    assert np.sqrt((miss**2).mean()) > 0.5 * np.sqrt((sampled.error_std**2).mean())
    adds_up(sampled, score(X[:10]))
    again = explain(student, X[:10], **ask, n_permutations=8).teacher
    np.testing.assert_array_equal(again.values, sampled.values)
    other = explain(student, X[:10], **ask, n_permutations=8, random_state=1).teacher
    assert not np.array_equal(other.values, sampled.values)


def xgboost():
    return pytest.importorskip("xgboost").XGBClassifier(n_estimators=10, max_depth=3, n_jobs=1)


def lightgbm():
    return pytest.importorskip("lightgbm").LGBMClassifier(n_estimators=10, verbose=-1, n_jobs=1)


@pytest.mark.parametrize(
    ("make", "is_exact"),
    [
        (xgboost, False),
        (lightgbm, False),
        (lambda: RandomForestClassifier(10, random_state=0), True),
        (lambda: HistGradientBoostingClassifier(max_iter=5), False),
        (lambda: make_pipeline(StandardScaler(), LogisticRegression()), False),
    ],
)
@pytest.mark.parametrize("load", [load_breast_cancer, load_wine])
@pytest.mark.filterwarnings("ignore:The LGBMClassifier:DeprecationWarning")  # LightGBM 4.5, tags
def test_teachers_add_up(make, is_exact, load):
    X, y = load(return_X_y=True, as_frame=True)
    X = X.iloc[:, :8]
    teacher = make().fit(X, y)
    student = DistilledTreeClassifier(FrozenEstimator(teacher), max_leaf_nodes=5).fit(X)
    both = explain(student, X.iloc[:4], background=X.iloc[60:70], n_permutations=2)
    K = len(student.classes_)
    assert both.teacher.values.shape == both.student.values.shape == (4, 8, K)
    adds_up(both.teacher, teacher.predict_proba(X.iloc[:4]))
    adds_up(both.student, student.predict_proba(X.iloc[:4]))
    assert both.method["teacher"].startswith("exact" if is_exact else "permutation sampling, 2")
    assert max(both.additivity_error.values()) <= 1e-6


@pytest.mark.parametrize("make", [RandomForestRegressor, ExtraTreesRegressor])
def test_deep_forest_is_exact(make):
    """shap's own explainer was seen to miss such trees' answers."""
    X, y = load_diabetes(return_X_y=True)
    X = X[:, :5]
    forest = make(5, min_samples_leaf=3, random_state=0).fit(X, y)
    student = DistilledTreeRegressor(FrozenEstimator(forest), max_leaf_nodes=8).fit(X)
    both = explain(student, X[:3], background=X[-9:])
    assert both.method["teacher"] == "exact, interventional TreeSHAP"
    np.testing.assert_allclose(
        both.teacher.values, shapley(forest.predict, X[-9:], X[:3]), rtol=0, atol=1e-9
    )
    assert both.student.values.shape == (3, 5)
    adds_up(both.student, student.predict(X[:3]))


def test_student_agrees_with_shap():
    X, y = load_wine(return_X_y=True)
    tree = DecisionTreeClassifier(max_leaf_nodes=6, random_state=0).fit(X, y)
    ours = explain(tree, X[:20], background=X[50:90]).student
    with warnings.catch_warnings():  # importing shap under matplotlib 3.11 warns
        warnings.simplefilter("ignore")
        import shap
    theirs = shap.TreeExplainer(tree, data=X[50:90]).shap_values(X[:20])
    np.testing.assert_allclose(ours.values, theirs, rtol=0, atol=1e-6)


def test_classes_come_in_the_students_order():
    X, y = make_classification(200, 5, n_informative=4, n_redundant=0, n_classes=3, random_state=0)
    y = np.array(["a", "b", "c"])[y]
    forest = RandomForestClassifier(5, random_state=0).fit(X, y)
    permuted = as_teacher(lambda Z: forest.predict_proba(Z)[:, [2, 0, 1]], classes=["c", "a", "b"])
    student = DistilledTreeClassifier(FrozenEstimator(forest), max_leaf_nodes=5).fit(X)
    one = explain(student, X[:5], background=X[20:40])
    two = explain(student, X[:5], background=X[20:40], teacher=permuted)
    assert one.method["teacher"] == "exact, interventional TreeSHAP"
    assert one.teacher.output_names == ["a", "b", "c"]
    np.testing.assert_allclose(one.teacher.values, two.teacher.values, rtol=0, atol=1e-12)
    np.testing.assert_array_equal(one.teacher[:, :, "c"].values, one.teacher.values[..., 2])


def test_renamed_classes_and_shuffled_columns_of_a_forest():
    X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    X = X.iloc[:, :6]
    shuffled = X.iloc[:, [3, 5, 0]]  # another order, and not all of them
    forest = RandomForestClassifier(5, random_state=0).fit(shuffled, y)
    teacher = as_teacher(forest, classes=["malignant", "benign"])
    student = DistilledTreeClassifier(teacher, max_leaf_nodes=5).fit(X)
    both = explain(student, X.iloc[:4, ::-1], background=X.iloc[30:50])
    assert both.method["teacher"] == "exact, interventional TreeSHAP"
    adds_up(both.teacher, forest.predict_proba(shuffled.iloc[:4]))
    adds_up(both.student, student.predict_proba(X.iloc[:4]))
    assert both.teacher.feature_names == [*X.columns]
    assert not both.teacher.values[:, [1, 2, 4]].any()


def test_pipeline_on_a_raw_polars_table():
    X, y = credit(200)
    X = X[["age", "purpose", "income"]].fillna({"income": 0.0, "purpose": "none"})
    X["more"] = np.arange(len(X)) % 3
    X["most"] = np.arange(len(X)) % 7
    X["last"] = np.arange(len(X)) % 11
    frame = pl.from_pandas(X)
    encoder = make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore", sparse_output=False), ["purpose"]),
        remainder="passthrough",
    )
    teacher = make_pipeline(encoder, DecisionTreeClassifier(max_depth=4)).fit(frame, y)
    student = DistilledTreeClassifier(FrozenEstimator(teacher), max_leaf_nodes=5).fit(frame)
    both = explain(student, frame[:5], background=frame[100:120], n_permutations=2)
    assert "sampled because the table has category columns" in both.method["teacher"]
    adds_up(both.teacher, teacher.predict_proba(frame[:5]))


def test_pandas_categories_reach_the_teacher_as_they_are():
    X, y = credit(200)
    X["purpose"] = X["purpose"].astype("category")
    teacher = HistGradientBoostingClassifier(max_iter=5, categorical_features="from_dtype")
    teacher.fit(X, y)
    student = DistilledTreeClassifier(FrozenEstimator(teacher), max_leaf_nodes=5).fit(X)
    both = explain(student, X.iloc[:4], background=X.iloc[100:110])
    adds_up(both.teacher, teacher.predict_proba(X.iloc[:4]))


def test_hash_knows_content_not_container():
    X, y = load_wine(return_X_y=True, as_frame=True)
    student = DecisionTreeClassifier(max_leaf_nodes=3).fit(X, y)

    def digest(background, rows=X):
        return explain(student, rows.iloc[:2], background=background).background_sha256

    with warnings.catch_warnings():
        # the bare tree says that an array has no names; the columns are the same
        warnings.filterwarnings("ignore", message="X does not have valid feature names")
        assert digest(X[:20]) == digest(pl.from_pandas(X[:20])) == digest(X[:20].to_numpy())
    assert digest(X[:20]) == digest(X[:20].iloc[:, ::-1])  # by name
    assert digest(X[:20]) != digest(X[:21])
    assert digest(X[:20]) != digest(X[:20] + 1e-9)
    C, labels = credit(60)
    student = DistilledTreeClassifier(max_leaf_nodes=3, min_samples_leaf=5)
    student.fit(C, labels, teacher_proba=np.full((60, 2), 0.5))
    assert (
        digest(C, C) == digest(pl.from_pandas(C), C) == digest(C.astype({"purpose": "category"}), C)
    )
    assert digest(C, C) == digest(C.astype(object).to_numpy(), C)


def test_a_background_of_more_than_100_rows_is_used_whole():
    X, y = load_diabetes(return_X_y=True)
    tree = DecisionTreeRegressor(max_leaf_nodes=8).fit(X, y)
    both = explain(tree, X[:2], background=X[:250])
    assert both.n_background == 250
    np.testing.assert_allclose(both.student.base_values, tree.predict(X[:250]).mean())


def test_no_teacher_and_summary():
    X, y = load_wine(return_X_y=True)
    proba = np.eye(3)[y] * 0.7 + 0.1
    student = DistilledTreeClassifier(max_leaf_nodes=3).fit(X, y, teacher_proba=proba)
    both = explain(student, X[:3], background=X[:30])
    assert both.teacher is None
    summary = both.to_dict()
    assert summary["teacher"] is None
    assert summary["classes"] == [0, 1, 2]
    assert summary["columns"][0] == "x0"
    assert summary["n_rows"] == 3
    assert summary["student"]["mean_abs"]["x0"] == np.abs(both.student.values[:, 0]).mean()
    assert json.loads(json.dumps(summary)) == summary


def test_numpy_random_state_is_left_alone():
    X, y = load_breast_cancer(return_X_y=True)
    teacher = FrozenEstimator(HistGradientBoostingClassifier(max_iter=2).fit(X[:, :9], y))
    student = DistilledTreeClassifier(teacher, max_leaf_nodes=3).fit(X[:, :9])
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    explain(student, X[:2, :9], background=X[:5, :9], n_permutations=2)
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002


@pytest.mark.parametrize(
    ("plain", "options"),
    [
        (None, {}),
        (MLPClassifier((3,), max_iter=5, random_state=0), {}),
        (DecisionTreeRegressor(max_leaf_nodes=4), {}),
        (DecisionTreeClassifier(max_leaf_nodes=4), {"temperature": 2.0}),
        (DecisionTreeClassifier(max_leaf_nodes=4), {}),
    ],
)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_students_of_any_kind_are_explained(plain, options):
    X, y = make_classification(150, 4, random_state=0)
    teacher = FrozenEstimator(RandomForestClassifier(5, random_state=0).fit(X, y))
    student = DistilledClassifier(
        teacher, student=plain, n_augmented=100, random_state=0, **options
    ).fit(X)
    both = explain(student, X[:4], background=X[:7])
    want = shapley(student.predict_proba, X[:7], X[:4])
    np.testing.assert_allclose(both.student.values, want, atol=1e-9)
    adds_up(both.student, student.predict_proba(X[:4]))
    assert both.method["student"].startswith("exact")
    assert ("TreeSHAP" in both.method["student"]) == student.is_plain_ * hasattr(plain, "max_depth")


def test_a_linear_regression_of_any_kind_is_a_sum():
    X, y = load_diabetes(return_X_y=True, as_frame=True)
    teacher = FrozenEstimator(RandomForestRegressor(3, max_depth=3, random_state=0).fit(X, y))
    student = DistilledRegressor(teacher, student=Ridge(), augmentation=None).fit(X)
    both = explain(student, X[:5], background=X[50:70], n_permutations=3)
    adds_up(both.student, student.predict(X[:5]))
    linear = (X[:5] - X[50:70].mean()) * student.student_.coef_
    np.testing.assert_allclose(both.student.values, linear, atol=1e-9)  # any order is exact
    assert both.method["student"] == "exact, a sum over columns"


def test_errors():
    X, y = load_wine(return_X_y=True, as_frame=True)
    tree = DecisionTreeClassifier(max_leaf_nodes=3).fit(X, y)
    linear = LogisticRegression(max_iter=10_000).fit(X, y)
    with pytest.raises(InvalidInputError, match="LinearSVC has no predict_proba"):
        explain(LinearSVC().fit(X, y), X, background=X)
    with pytest.raises(InvalidInputError, match="a student of one output; this tree has 2"):
        explain(DecisionTreeRegressor().fit(X, np.column_stack([y, y])), X, background=X)
    with pytest.raises(InvalidInputError, match="the column 'ash', which the table lacks"):
        explain(tree, X, background=X.drop(columns="ash"))
    with pytest.raises(InvalidInputError, match=r"background must be a table .* \(0, 13\)"):
        explain(tree, X, background=X[:0])
    with pytest.raises(InvalidInputError, match=r"at least 2, got 1"):
        explain(tree, X, background=X, n_permutations=1)
    with pytest.raises(InvalidInputError, match="same kind, got polars and pandas"):
        explain(tree, X, background=pl.from_pandas(X), teacher=linear)
    with pytest.raises(NotATeacherError, match="lacks predict_proba"):
        explain(tree, X, background=X, teacher=lambda Z: Z)


@pytest.mark.parametrize("kind", [DistilledLogisticRegression, DistilledLinearSVC])
def test_a_linear_student_is_asked(mixed_table, kind):
    frame, label = mixed_table
    student = kind(augmentation=None).fit(frame, label)
    rows, background = frame.iloc[:3], frame.iloc[100:110].reset_index(drop=True)
    both = explain(student, rows, background=background)
    expected = shapley(student.predict_proba, background, rows)
    np.testing.assert_allclose(both.student.values, expected, atol=1e-12)
    adds_up(both.student, student.predict_proba(rows))
    assert both.method["student"] == "exact, all 16 coalitions of columns"


def test_several_classes_and_many_columns_of_a_linear_student_are_sampled():
    X, y = load_wine(return_X_y=True)
    student = DistilledLogisticRegression().fit(X, teacher_proba=np.eye(3)[y])
    both = explain(student, X[:2], background=X[10:20], n_permutations=2)
    assert both.teacher is None
    assert both.method["student"].endswith(
        "probabilities of several classes are no function of one sum over columns)"
    )
    assert both.additivity_error["student"] < 1e-9
    assert (both.student.error_std > 0).any()


def test_a_linear_regression_student_is_explained_exactly(mixed_table):
    frame, _ = mixed_table
    frame = pd.concat(
        [frame, pd.DataFrame({f"u{i}": np.sin(i * frame["age"]) for i in range(9)})], axis=1
    )
    student = DistilledLinearRegression().fit(frame, teacher_proba=frame["u1"] + frame["age"] ** 2)
    rows, background = frame.iloc[:4], frame.iloc[50:70]
    both = explain(student, rows, background=background)
    assert both.method["student"] == "exact, a sum over columns"
    coef = dict(zip(student.feature_names_out_, student.coef_, strict=True))
    away = rows["age"] - background["age"].mean()
    np.testing.assert_allclose(both.student.values[:, 0], coef["age"] * away)

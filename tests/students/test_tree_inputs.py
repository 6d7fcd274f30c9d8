"""What goes into a tree student, and what comes out on the user's own columns."""

import pickle

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from sklearn import config_context
from sklearn.base import clone
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import GridSearchCV, GroupKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier, export_text, plot_tree

from interpkd import DistilledTreeClassifier, DistilledTreeRegressor, as_teacher
from interpkd.exceptions import DistillationWarning, InvalidInputError, NotATeacherError
from interpkd.teachers import make_teacher


def forest():
    return make_teacher("forest", random_state=0).set_params(model__n_estimators=20)


@pytest.fixture(scope="module")
def student(mixed_table):
    frame, label = mixed_table
    return DistilledTreeClassifier(forest(), max_leaf_nodes=8, random_state=0).fit(frame, label)


def test_string_labels(student, mixed_table):
    frame, label = mixed_table
    assert student.classes_.tolist() == ["bad", "good"]
    assert student.score(frame, label) > 0.7
    assert student.feature_names_in_.tolist() == list(frame.columns)


@pytest.mark.parametrize(
    "convert",
    [
        pl.from_pandas,
        lambda frame: pa.Table.from_pandas(frame, preserve_index=False),
        lambda frame: frame.convert_dtypes(),
        lambda frame: frame.astype({"purpose": "category"}),
    ],
    ids=["polars", "pyarrow", "nullable", "categorical"],
)
def test_every_library_gives_the_same_student(student, mixed_table, convert):
    frame, label = mixed_table
    np.testing.assert_array_equal(
        student.predict_proba(convert(frame)), student.predict_proba(frame)
    )
    again = clone(student).fit(convert(frame), label)
    # the trees of a forest are added up in the order in which threads finish: not to the last bit
    np.testing.assert_array_equal(again.predict_proba(frame), student.predict_proba(frame))
    assert again.columns_ == student.columns_


def test_object_array_by_position(student, mixed_table):
    frame, _ = mixed_table
    with pytest.warns(UserWarning, match="does not have valid feature names"):
        proba = student.predict_proba(frame.to_numpy())
    np.testing.assert_array_equal(proba, student.predict_proba(frame))


def test_plain_pipeline_reads_raw_tables(student, mixed_table):
    frame, _ = mixed_table
    np.testing.assert_array_equal(
        student.student_.predict_proba(frame), student.predict_proba(frame)
    )
    polars = pl.from_pandas(frame)
    np.testing.assert_array_equal(
        student.student_.predict_proba(polars), student.predict_proba(frame)
    )
    encoded = student.student_[0].transform(frame)
    assert encoded.shape == frame.shape
    assert student.student_[0].get_feature_names_out().tolist() == list(frame.columns)


def test_rows_on_a_threshold_go_left_in_both(student, mixed_table):
    frame, _ = mixed_table
    tree = student.student_[-1].tree_
    on_edge = np.repeat(student.student_[0].transform(frame)[:50], tree.node_count, axis=0)
    inner = np.tile(tree.children_left != -1, 50)
    columns = np.tile(np.maximum(tree.feature, 0), 50)
    on_edge[inner, columns[inner]] = np.tile(tree.threshold, 50)[inner]
    np.testing.assert_array_equal(
        student._student_proba(on_edge), student.student_[-1].predict_proba(on_edge)
    )


def test_unseen_category_is_missing(student, mixed_table):
    frame, _ = mixed_table
    np.testing.assert_array_equal(
        student.predict_proba(frame.assign(purpose="plane")),
        student.predict_proba(frame.assign(purpose=None)),
    )


def test_categories_stand_in_the_order_of_the_teachers_answers(mixed_table):
    frame, label = mixed_table
    teacher = FrozenEstimator(forest().fit(frame, label))
    purpose = DistilledTreeClassifier(teacher).fit(frame).columns_[1]
    P = teacher.predict_proba(frame)[:, 1]
    means = [P[(frame["purpose"] == category).to_numpy()].mean() for category in purpose.categories]
    assert purpose.name == "purpose"
    assert set(purpose.categories) == {"boat", "car", "house", "tv"}
    assert means == sorted(means)


def test_multiclass_categories_are_ordered_too():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"k": rng.choice(list("abcdef"), 300)})
    label = np.array(["x", "y", "z"])[[("abcdef".index(k) // 2) for k in frame["k"]]]
    student = DistilledTreeClassifier(forest(), min_samples_leaf=5).fit(frame, label)
    assert student.score(frame, label) == 1.0
    assert student.get_n_leaves() <= 6


def test_plots_and_texts_work_on_the_plain_tree():
    X, y = load_iris(return_X_y=True, as_frame=True)
    student = DistilledTreeClassifier(RandomForestClassifier(10, random_state=0)).fit(X, y)
    assert "petal" in export_text(student.student_, feature_names=list(X.columns))
    ax = FigureCanvasAgg(Figure()).figure.subplots()
    boxes = plot_tree(student.student_, ax=ax, class_names=True)
    assert any("class = " in box.get_text() for box in boxes)


@pytest.mark.parametrize("data", [load_breast_cancer, load_iris])
def test_tree_shap_adds_up(data):
    import shap

    X, y = data(return_X_y=True)
    student = DistilledTreeClassifier(RandomForestClassifier(10, random_state=0)).fit(X, y)
    explanation = shap.TreeExplainer(student.student_, X[:50])(X[:20], check_additivity=True)
    np.testing.assert_allclose(
        explanation.base_values + explanation.values.sum(axis=1),
        student.predict_proba(X[:20]),
        atol=1e-6,
    )


def test_frozen_xgboost_is_untouched():
    """A booster trained elsewhere, distilled without labels, stays the same to the last bit."""
    from xgboost import XGBClassifier

    X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    booster = XGBClassifier(n_estimators=20, device="cpu", n_jobs=1).fit(X, y)
    before = bytes(booster.get_booster().save_raw("json"))
    teacher = FrozenEstimator(booster)
    student = DistilledTreeClassifier(teacher).fit(X)
    assert student.teacher_ is teacher
    assert student.distillation_["source"] == "frozen teacher"
    assert bytes(booster.get_booster().save_raw("json")) == before
    np.testing.assert_array_equal(student.classes_, [0, 1])


def test_xgboost_teacher_with_text_labels():
    """XGBoost alone takes the labels 0, 1, … only."""
    from xgboost import XGBClassifier

    X, y = load_iris(return_X_y=True)
    label = np.array(["setosa", "versicolor", "virginica"])[y]
    teacher = XGBClassifier(n_estimators=5, n_jobs=1)
    text = DistilledTreeClassifier(teacher, random_state=0).fit(X, label)
    codes = DistilledTreeClassifier(teacher, random_state=0).fit(X, y)
    assert text.classes_.tolist() == ["setosa", "versicolor", "virginica"]
    np.testing.assert_array_equal(text.predict_proba(X), codes.predict_proba(X))
    assert set(text.teacher_.predict(X)) <= set(label)


def test_unfitted_teacher_is_not_changed():
    X, y = load_iris(return_X_y=True)
    teacher = LogisticRegression(max_iter=1000)
    student = DistilledTreeClassifier(teacher).fit(X, y)
    assert not hasattr(teacher, "coef_")
    assert student.distillation_["source"] == "out-of-fold"
    assert student.distillation_["n_folds"] == 5


def test_fitted_teacher_is_refitted_with_a_warning():
    X, y = load_iris(return_X_y=True)
    teacher = RandomForestClassifier(5, random_state=0).fit(X, y)
    with pytest.warns(DistillationWarning, match="already fitted.*FrozenEstimator") as record:
        student = DistilledTreeClassifier(teacher).fit(X, y)
    assert student.teacher_ is not teacher
    assert record[0].filename == __file__


@pytest.mark.slow
def test_default_teachers(mixed_table):
    frame, label = mixed_table
    student = DistilledTreeClassifier(max_leaf_nodes=4, cv=2).fit(frame, label)
    assert student.get_n_leaves() == 4
    X, y = load_breast_cancer(return_X_y=True)
    student = DistilledTreeClassifier(cv=2).fit(X[:, :5], y)
    assert isinstance(student.teacher_, HistGradientBoostingClassifier)
    X, y = load_diabetes(return_X_y=True)
    assert DistilledTreeRegressor(cv=2).fit(X, y).score(X, y) > 0.3


def test_regression_on_a_raw_table(mixed_table):
    frame, _ = mixed_table
    X, y = frame.drop(columns="age"), frame["age"]
    teacher = make_teacher("forest", task="regression", random_state=0)
    teacher.set_params(model__n_estimators=20)
    student = DistilledTreeRegressor(teacher, max_leaf_nodes=8).fit(X, y)
    np.testing.assert_array_equal(student.student_.predict(X), student.predict(X))


def test_missing_numbers_take_their_learned_side():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 1))
    X[rng.random(400) < 0.3] = np.nan
    teacher = as_teacher(
        lambda rows: np.column_stack([1 - np.isnan(rows[:, 0]), np.isnan(rows[:, 0])]),
        classes=[0, 1],
    )
    student = DistilledTreeClassifier(teacher).fit(X)
    np.testing.assert_array_equal(student.predict(X), np.isnan(X[:, 0]).astype(int))
    assert student.columns_[0].has_missing


def test_inside_pipelines_and_searches():
    X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    pipe = make_pipeline(
        make_column_transformer((StandardScaler(), list(X.columns[:10])), remainder="drop"),
        DistilledTreeClassifier(LogisticRegression(), cv=2, effort="greedy"),
    )
    grid = {
        "distilledtreeclassifier__teacher__C": [0.1, 1.0],
        "distilledtreeclassifier__max_leaf_nodes": [4, 8],
    }
    search = GridSearchCV(pipe, grid, cv=2, error_score="raise").fit(X, y)
    assert search.best_score_ > 0.85
    assert cross_val_score(pipe, X, y, cv=2).min() > 0.85
    again = pickle.loads(pickle.dumps(search.best_estimator_))  # noqa: S301
    np.testing.assert_array_equal(again.predict_proba(X), search.predict_proba(X))


def test_set_output_frames_from_a_pipeline():
    X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    student = DistilledTreeClassifier(LogisticRegression(), cv=2, effort="greedy")
    pipe = make_pipeline(StandardScaler(), student)
    pipe.set_output(transform="pandas").fit(X, y)
    assert pipe[-1].columns_[0].name == "mean radius"


def test_search_keeps_a_frozen_teacher():
    X, y = load_breast_cancer(return_X_y=True)
    teacher = as_teacher(RandomForestClassifier(5, random_state=0).fit(X, y))
    student = DistilledTreeClassifier(teacher, effort="greedy")
    search = GridSearchCV(student, {"max_leaf_nodes": [2, 4]}, cv=2)
    assert search.fit(X, y).best_estimator_.teacher_ is teacher


def test_sample_weight_reaches_the_teacher():
    X, y = load_breast_cancer(return_X_y=True)
    X, weight = X[:, :5], np.random.default_rng(0).uniform(0.1, 3, len(y))
    student = DistilledTreeClassifier(LogisticRegression(max_iter=5000)).fit(
        X, y, sample_weight=weight
    )
    expected = LogisticRegression(max_iter=5000).fit(X, y, sample_weight=weight)
    np.testing.assert_allclose(student.teacher_.coef_, expected.coef_)


def test_a_teacher_without_weights_is_reported():
    X, y = load_iris(return_X_y=True)
    pipe = make_pipeline(StandardScaler(), LogisticRegression())
    with pytest.warns(DistillationWarning, match="Pipeline does not take sample_weight"):
        DistilledTreeClassifier(pipe).fit(X, y, sample_weight=np.ones(len(y)))


def test_metadata_routing():
    X, y = load_breast_cancer(return_X_y=True)
    X, weight = X[:, :5], np.random.default_rng(0).uniform(0.1, 3, len(y))
    groups = np.arange(len(y)) % 7
    with config_context(enable_metadata_routing=True):
        teacher = LogisticRegression(max_iter=5000)
        student = DistilledTreeClassifier(
            teacher.set_fit_request(sample_weight=True), cv=GroupKFold(3), effort="greedy"
        ).set_fit_request(sample_weight=True)
        student.fit(X, y, sample_weight=weight, groups=groups)
        expected = LogisticRegression(max_iter=5000).fit(X, y, sample_weight=weight)
        np.testing.assert_allclose(student.teacher_.coef_, expected.coef_)

        plain = DistilledTreeClassifier(
            teacher.set_fit_request(sample_weight=False), effort="greedy"
        )
        plain.fit(X, y, sample_weight=weight)
        unweighted = LogisticRegression(max_iter=5000).fit(X, y)
        np.testing.assert_allclose(plain.teacher_.coef_, unweighted.coef_)

        # the default teacher asks
        DistilledTreeClassifier(cv=2, effort="greedy").fit(X, y, sample_weight=weight)
        scores = cross_val_score(
            student.set_score_request(sample_weight=True),
            X,
            y,
            cv=2,
            params={"sample_weight": weight, "groups": groups},
        )
        assert scores.min() > 0.8


def test_extra_metadata_needs_routing():
    X, y = load_iris(return_X_y=True)
    with pytest.raises(ValueError, match="enable_metadata_routing=True"):
        DistilledTreeClassifier().fit(X, y, groups=np.arange(len(y)))


def test_monotone_by_name(mixed_table):
    frame, label = mixed_table
    frame = frame[["age", "owner"]]
    student = DistilledTreeClassifier(forest(), monotonic_cst={"age": 1}).fit(frame, label)
    rows = pd.DataFrame({"age": np.arange(18.0, 80), "owner": True})
    assert (np.diff(student.predict_proba(rows)[:, 1]) >= 0).all()


X_IRIS, Y_IRIS = load_iris(return_X_y=True)
FROZEN = FrozenEstimator(RandomForestClassifier(5, random_state=0).fit(X_IRIS, Y_IRIS))


@pytest.mark.parametrize(
    ("params", "fit", "match"),
    [
        ({"temperature": 0}, {}, r"'temperature' parameter of DistilledTreeClassifier must be"),
        ({"alpha": 1.5}, {}, r"'alpha' parameter of DistilledTreeClassifier must be"),
        ({"max_leaf_nodes": 1}, {}, r"'max_leaf_nodes' parameter"),
        ({"augmentation": "magic"}, {}, r"'augmentation' parameter"),
        ({"n_augmented": -1}, {}, r"'n_augmented' parameter"),
        ({"monotonic_cst": [1, 0]}, {}, r"'monotonic_cst' parameter needs one sign per column"),
        ({"monotonic_cst": [2, 0, 0, 0]}, {}, r"takes 1 \(rising\), 0 \(free\)"),
        ({"monotonic_cst": {"nose": 1}}, {}, r"names 'nose', which is not a column"),
        ({}, {"y": None}, r"requires y to be passed, but the target y is None"),
        ({"teacher": FROZEN, "alpha": 0.5}, {"y": None}, r"alpha=0.5 weighs the true labels"),
        ({}, {"y": np.zeros(150)}, r"one class only, 0.0"),
        ({"teacher": FROZEN}, {"y": Y_IRIS + 1}, r"label 3, which is not a class of the teacher"),
        ({}, {"y": Y_IRIS[:-1]}, r"inconsistent numbers of samples: X has 150"),
        ({}, {"sample_weight": np.zeros(150)}, r"0 on every row|at least one non-zero"),
        ({}, {"sample_weight": -np.ones(150)}, r"[Nn]egative"),
        ({}, {"teacher_proba": np.full((150, 2), 0.5)}, r"has 2 columns, but there are 3 classes"),
        (
            {"teacher": LogisticRegression()},
            {"teacher_proba": np.full((150, 3), 1 / 3)},
            r"together with a teacher that is to be fitted",
        ),
        (
            {},
            {"teacher_proba": np.full((150, 3), 1 / 3), "X_unlabeled": X_IRIS},
            r"X_unlabeled needs a teacher that can be asked",
        ),
    ],
)
def test_bad_input_is_named(params, fit, match):
    with pytest.raises(ValueError, match=match):
        DistilledTreeClassifier(**params).fit(X_IRIS, **{"y": Y_IRIS, **fit})


@pytest.mark.parametrize(
    ("kind", "teacher", "match"),
    [
        (DistilledTreeClassifier, LinearSVC(), "must have predict_proba, and LinearSVC has none"),
        (DistilledTreeClassifier, as_teacher(len), "is a regressor; this student imitates class"),
        (DistilledTreeRegressor, LogisticRegression(), "must be a regressor, and LogisticRegr"),
        (DistilledTreeRegressor, FROZEN, "is a classifier; this student imitates a regressor"),
        (
            DistilledTreeClassifier,
            FrozenEstimator(LogisticRegression()),
            "LogisticRegression is not fitted",
        ),
    ],
)
def test_wrong_teachers_are_refused(kind, teacher, match):
    with pytest.raises(NotATeacherError, match=match):
        kind(teacher).fit(X_IRIS, Y_IRIS)


def test_regression_has_no_temperature():
    with pytest.raises(ValueError, match="'temperature' parameter of DistilledTreeRegressor"):
        DistilledTreeRegressor(LinearRegression(), temperature=2.0).fit(X_IRIS, Y_IRIS)


def test_infinite_and_huge_numbers_are_named():
    frame = pd.DataFrame({"a": [1.0, np.inf, 2.0], "b": [1.0, 2.0, 3.0]})
    teacher = as_teacher(lambda rows: np.full((len(rows), 2), 0.5), classes=[0, 1])
    with pytest.raises(InvalidInputError, match="infinity: column 'a', row 1"):
        DistilledTreeClassifier(teacher).fit(frame)
    student = DistilledTreeClassifier(teacher).fit(frame.replace(np.inf, 0.0))
    with pytest.raises(
        InvalidInputError, match=r"too large for float32.*row 1, column 0: 1e[+]300"
    ):
        student.predict_proba(frame.replace(np.inf, 1e300))


def test_column_order_is_checked(student, mixed_table):
    frame, _ = mixed_table
    with pytest.raises(ValueError, match="must be in the same order"):
        student.predict(frame[frame.columns[::-1]])


def test_empty_tables_are_refused(student, mixed_table):
    frame, _ = mixed_table
    with pytest.raises(ValueError, match="0 sample"):
        student.predict(frame.iloc[:0])


def test_unlabelled_table_of_another_type_is_refused(mixed_table):
    frame, label = mixed_table
    with pytest.raises(InvalidInputError, match="'purpose' held categories such as 'boat'"):
        DistilledTreeClassifier(forest()).fit(frame, label, X_unlabeled=frame.assign(purpose=1.0))
    teacher = as_teacher(lambda rows: np.full((len(rows), 2), 0.5), classes=["bad", "good"])
    with pytest.raises(InvalidInputError, match="'purpose' is read as category in X and as num"):
        DistilledTreeClassifier(teacher).fit(frame, X_unlabeled=frame.assign(purpose=1.0))


def test_category_only_in_unlabelled_rows_is_known(mixed_table):
    frame, label = mixed_table
    more = frame.assign(purpose="plane")
    student = DistilledTreeClassifier(forest()).fit(frame, label, X_unlabeled=more)
    assert "plane" in student.columns_[1].categories


def test_one_hot_pipeline_teacher(mixed_table):
    """A teacher may be a pipeline over the raw table."""
    frame, label = mixed_table
    teacher = make_pipeline(
        make_column_transformer(
            (OneHotEncoder(handle_unknown="ignore"), ["purpose"]), remainder="passthrough"
        ),
        HistGradientBoostingClassifier(max_iter=20),
    )
    teacher.set_params(columntransformer__sparse_threshold=0)
    student = DistilledTreeClassifier(teacher).fit(frame, label)
    assert student.distillation_["source"] == "out-of-fold"


@pytest.mark.parametrize(
    ("params", "name"),
    [
        ({"max_leaf_nodes": None}, "max_leaf_nodes=None"),
        ({"alpha": 1.0}, "alpha=1"),
        ({"max_leaf_nodes": None, "max_depth": 11}, "max_leaf_nodes=None"),
    ],
)
def test_an_effort_that_cannot_be_made_is_reported(params, name):
    binary = Y_IRIS > 0
    teacher = FrozenEstimator(RandomForestClassifier(5, random_state=0).fit(X_IRIS, binary))
    with pytest.warns(DistillationWarning, match=f"'refined' does not work together with {name}"):
        student = DistilledTreeClassifier(teacher, effort="refined", **params).fit(X_IRIS, binary)
    assert student.effort_ == "greedy"
    plain = DistilledTreeClassifier(teacher, **params).fit(X_IRIS, binary)  # nothing was asked for
    assert plain.effort_ == "greedy"
    assert DistilledTreeClassifier(teacher).fit(X_IRIS).effort_ == "balanced"


def test_thresholds_of_a_tree_teacher_are_its_own():
    """A tree of a tree: the student finds where its teacher changes its mind."""
    X = np.arange(40.0)[:, None]
    teacher = DecisionTreeClassifier(random_state=0).fit(X, (X[:, 0] > 11) ^ (X[:, 0] > 29))
    few = X[[0, 4, 17, 21, 24, 37, 39]]  # wide gaps around 11.5 and 29.5
    student = DistilledTreeClassifier(as_teacher(teacher), max_leaf_nodes=3, min_samples_leaf=1)
    for effort in ("greedy", "refined"):
        student.set_params(effort=effort).fit(few)
        assert sorted(student.student_.tree_.threshold[[0, 2]]) == [11.5, 29.5]
        assert (student.predict(X) == teacher.predict(X)).all()
    silent = student.fit(few, teacher_proba=teacher.predict_proba(few))
    assert sorted(silent.student_.tree_.threshold[[0, 2]]) == [10.5, 30.5]

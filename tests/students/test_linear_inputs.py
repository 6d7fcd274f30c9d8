"""What goes into a linear student, and what comes out on the user's own columns."""

import pickle
import tracemalloc

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from sklearn.base import clone, is_classifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline

from interpkd import (
    DistilledLinearRegression,
    DistilledLinearSVC,
    DistilledLogisticRegression,
    DistilledScorecardClassifier,
    as_teacher,
)
from interpkd.exceptions import InvalidInputError
from interpkd.teachers import make_teacher

KINDS = [DistilledLogisticRegression, DistilledLinearSVC, DistilledLinearRegression]


def answers(model, rows):
    """Ask a student or its plain pipeline for all it says."""
    if not is_classifier(model):
        return model.predict(rows)
    proba = [model.predict_proba(rows)] if hasattr(model, "predict_proba") else []
    return np.column_stack([model.decision_function(rows), *proba])


def fitted(kind, frame, label, **params):
    task = "regression" if kind is DistilledLinearRegression else "classification"
    teacher = make_teacher("forest", task=task, random_state=0)
    teacher.set_params(model__n_estimators=20)
    y = (label == "good") + frame["age"].to_numpy() / 100 if task == "regression" else label
    return kind(FrozenEstimator(teacher.fit(frame, y)), random_state=0, **params).fit(frame)


@pytest.fixture(scope="module", params=KINDS, ids=lambda kind: kind.__name__)
def student(request, mixed_table):
    return fitted(request.param, *mixed_table)


def test_many_rows_are_answered_as_few(student, mixed_table):
    """Rows are answered in blocks, which no answer depends on but for rounding."""
    rows = pd.concat([mixed_table[0]] * 20, ignore_index=True)
    assert len(rows) > 4096
    whole = answers(student, rows)
    parts = [answers(student, rows.iloc[i : i + 999]) for i in range(0, len(rows), 999)]
    np.testing.assert_allclose(whole, np.concatenate(parts), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("kind", [*KINDS, DistilledScorecardClassifier])
def test_singles_are_answered_as_the_same_doubles(kind):
    """And no table of doubles is made of a large one of singles."""
    X = np.random.default_rng(0).standard_normal((20_000, 20), dtype=np.float32)
    answer = X[:300, 0] / 2 + 0.5
    proba = 1 / (1 + np.exp(-answer))
    given = answer if kind is DistilledLinearRegression else np.column_stack([1 - proba, proba])
    student = kind(random_state=0).fit(X[:300], teacher_proba=given)
    ask = student.predict_proba if is_classifier(student) else student.predict
    few, doubles = ask(X[:100]), ask(X[:100].astype(np.float64))
    np.testing.assert_array_equal(few, doubles)
    tracemalloc.start()
    many = ask(X)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < X.nbytes  # of doubles it would be more than twice this
    np.testing.assert_allclose(many, ask(X.astype(np.float64)), rtol=1e-12, atol=1e-12)
    lost = X.copy()
    lost[-1, 3] = np.nan
    if kind is DistilledScorecardClassifier:
        assert np.isfinite(ask(lost)).all()
    else:
        with pytest.raises(InvalidInputError, match="NaN: row 19999, column 'x3'"):
            ask(lost)


TABLES = {
    "pandas": lambda frame: frame,
    "polars": pl.from_pandas,
    "pyarrow": lambda frame: pa.Table.from_pandas(frame, preserve_index=False),
    "nullable": lambda frame: frame.convert_dtypes(),
    "categorical": lambda frame: frame.astype({"purpose": "category"}),
    "unseen": lambda frame: frame.assign(purpose="plane"),
    "missing": lambda frame: frame.assign(age=np.nan, owner=None, purpose=None),
}


@pytest.mark.parametrize("convert", TABLES.values(), ids=TABLES)
def test_the_plain_pipeline_is_the_student(student, mixed_table, convert):
    rows = convert(mixed_table[0])
    plain = student.student_
    if isinstance(rows, pa.Table):
        rows = rows.to_pandas()  # which scikit-learn reads
    expected = answers(student, rows)
    found = answers(plain, rows)
    np.testing.assert_allclose(
        found, expected[:, : found.shape[1]] if found.ndim == 2 else expected, atol=1e-10
    )


@pytest.mark.parametrize("name", ["polars", "pyarrow", "nullable", "categorical"])
def test_every_library_gives_the_same_student(mixed_table, name):
    frame, label = mixed_table
    P = np.column_stack([frame["age"] < 50, frame["age"] >= 50]).astype(float)
    one = DistilledLogisticRegression().fit(frame, label, teacher_proba=P)
    two = DistilledLogisticRegression().fit(TABLES[name](frame), label, teacher_proba=P)
    np.testing.assert_array_equal(one.coef_, two.coef_)
    assert one.feature_names_out_.tolist() == two.feature_names_out_.tolist()


def test_names_levels_and_indicators(student, mixed_table):
    assert student.reference_levels_ == {"purpose": "car"}
    names = student.get_feature_names_out().tolist()
    assert sorted(names) == [
        "age",
        "amount",
        "missingindicator_amount",
        "missingindicator_purpose",
        "owner",
        "purpose_boat",
        "purpose_house",
        "purpose_tv",
    ]
    assert student.student_[:-1].get_feature_names_out().tolist() == names
    assert student.student_[-1].coef_.shape == student.coef_.shape
    assert student.student_[-1].n_features_in_ == len(names)
    [coded, filled, indicators] = [
        step for _, step in student.student_[0].transformers_[1][1].steps
    ]
    assert indicators.categories_[0].tolist() == [0, 1, 2, 3, 4]
    assert coded.categories_[0][int(indicators.drop[0])] == "car"
    assert filled.fill_value == 4


def test_a_coefficient_is_per_unit_of_its_column(student, mixed_table):
    frame, _ = mixed_table
    coef = dict(zip(student.feature_names_out_, np.atleast_2d(student.coef_)[0], strict=True))
    score = getattr(student, "decision_function", student.predict)
    base = score(frame)
    np.testing.assert_allclose(score(frame.assign(age=frame["age"] + 1)) - base, coef["age"])
    boat, car = score(frame.assign(purpose="boat")), score(frame.assign(purpose="car"))
    np.testing.assert_allclose(boat - car, coef["purpose_boat"])
    lost, median = score(frame.assign(amount=np.nan)), frame["amount"].median()
    np.testing.assert_allclose(
        lost - score(frame.assign(amount=median)), coef["missingindicator_amount"]
    )


def test_a_scale_of_units_changes_no_answer(mixed_table):
    frame, label = mixed_table
    P = np.column_stack([frame["age"] < 50, frame["age"] >= 50]).astype(float)
    large = frame.assign(age=1000 * frame["age"] - 7)
    one = DistilledLogisticRegression().fit(frame, label, teacher_proba=P)
    two = DistilledLogisticRegression().fit(large, label, teacher_proba=P)
    np.testing.assert_allclose(two.predict_proba(large), one.predict_proba(frame), atol=1e-7)
    np.testing.assert_allclose(two.coef_[0, 0], one.coef_[0, 0] / 1000, rtol=1e-5)


def test_unseen_categories_are_missing_ones(student, mixed_table):
    frame, _ = mixed_table
    np.testing.assert_array_equal(
        answers(student, frame.assign(purpose="plane")),
        answers(student, frame.assign(purpose=None)),
    )


def test_without_missing_ones_unseen_categories_are_the_reference(mixed_table):
    frame, label = mixed_table
    whole = frame.dropna()
    student = fitted(DistilledLogisticRegression, whole, label[whole.index])
    np.testing.assert_array_equal(
        answers(student, whole.assign(purpose="plane")),
        answers(student, whole.assign(purpose="car")),
    )
    assert not any("missing" in name for name in student.feature_names_out_)
    rows = whole.assign(age=np.nan)
    np.testing.assert_allclose(student.student_.predict_proba(rows), student.predict_proba(rows))


def test_monotone_by_name_along_known_values(mixed_table):
    frame, label = mixed_table
    student = fitted(DistilledLogisticRegression, frame, label, monotonic_cst={"amount": -1})
    coef = dict(zip(student.feature_names_out_, student.coef_[0], strict=True))
    assert coef["amount"] <= 0
    with pytest.raises(InvalidInputError, match="constrains 'purpose', whose categories have no"):
        fitted(DistilledLogisticRegression, frame, label, monotonic_cst={"purpose": 1})


def test_numbers_with_missing_values_in_an_array():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(80, 3))
    X[::7, 1] = np.nan
    y = X[:, 0] + np.isnan(X[:, 1])
    student = DistilledLinearRegression().fit(X, teacher_proba=y)
    np.testing.assert_allclose(student.predict(X), y, atol=1e-9)
    np.testing.assert_allclose(student.coef_, [1, 0, 1, 0], atol=1e-9)
    assert student.feature_names_out_.tolist() == ["x0", "x1", "missingindicator_x1", "x2"]
    np.testing.assert_allclose(student.student_.predict(X), y, atol=1e-9)
    assert student.student_[0].transformers_[1][1].statistics_[0] == np.nanmedian(X[:, 1])
    assert student.student_[:-1].get_feature_names_out().tolist() == [*student.feature_names_out_]


def test_a_plain_table_needs_no_pipeline():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(60, 2)), columns=["a", "b"])
    teacher = as_teacher(lambda rows: rows["a"].to_numpy())
    student = DistilledLinearRegression(teacher, random_state=0).fit(frame)
    assert type(student.student_) is LinearRegression
    np.testing.assert_allclose(student.student_.predict(frame), frame["a"])  # and warns of no names
    with pytest.raises(
        InvalidInputError, match=r"row 0, column 'a'\. No training row misses a val"
    ):
        student.predict(frame.assign(a=np.nan))


def test_a_column_of_missing_values_only(mixed_table):
    frame, label = mixed_table
    P = np.column_stack([frame["age"] < 50, frame["age"] >= 50]).astype(float)
    frame = frame.assign(nothing=np.nan, never=pd.Series([None] * len(frame), dtype="str"))
    student = DistilledLogisticRegression().fit(frame, label, teacher_proba=P)
    np.testing.assert_allclose(
        student.student_.predict_proba(frame), student.predict_proba(frame), atol=1e-12
    )


def test_students_are_pickled_and_cloned(student, mixed_table):
    frame, _ = mixed_table
    again = pickle.loads(pickle.dumps(student))  # noqa: S301
    np.testing.assert_array_equal(answers(again, frame), answers(student, frame))
    np.testing.assert_array_equal(again.student_.predict(frame), student.student_.predict(frame))
    assert not hasattr(clone(student), "coef_")


def test_a_pipeline_of_a_student_names_its_columns(mixed_table):
    frame, label = mixed_table
    pipe = make_pipeline(DistilledLogisticRegression(LogisticRegression(max_iter=5000)))
    pipe.fit(frame[["age", "owner"]], label)
    assert pipe[-1].get_feature_names_out().tolist() == ["age", "owner"]


@pytest.mark.parametrize(
    ("student", "match"),
    [
        (DistilledLogisticRegression(C=0.0), "'C' parameter of DistilledLogisticRegression"),
        (DistilledLogisticRegression(l1_ratio=1.5), "'l1_ratio' parameter"),
        (DistilledLinearSVC(C=np.inf), "'C' parameter of DistilledLinearSVC"),
        (DistilledLinearSVC(loss="log"), "'loss' parameter"),
    ],
)
def test_bad_parameters_are_named(student, match):
    with pytest.raises(ValueError, match=match):
        student.fit(np.eye(4), [0, 1, 0, 1])


def test_a_class_without_any_probability_is_named():
    P = np.column_stack([np.full(30, 0.5), np.full(30, 0.5), np.zeros(30)])
    X = np.arange(30.0)[:, None]
    with pytest.raises(InvalidInputError, match="class 2 has none"):
        DistilledLogisticRegression().fit(X, teacher_proba=P)


@pytest.mark.parametrize("kind", KINDS[:2])
def test_permuted_classes_permute_columns_with_categories(mixed_table, kind):
    frame, _ = mixed_table
    p = 1 / (1 + np.exp((frame["age"] - 45) / 9 + 0.7 * (frame["purpose"] == "tv")))
    P = np.column_stack([p, 1 - p])
    one = kind().fit(frame, teacher_proba=P)
    two = kind().fit(frame, teacher_proba=P[:, ::-1])
    assert one.columns_[1].categories == two.columns_[1].categories[::-1]
    assert one.reference_levels_ == two.reference_levels_
    np.testing.assert_allclose(
        two.predict_proba(frame), one.predict_proba(frame)[:, ::-1], atol=1e-7
    )

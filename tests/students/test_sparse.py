"""Sparse tables: the same student as of the table in full, and never that table in full."""

import pickle
import tracemalloc

import numpy as np
import pytest
from scipy import sparse
from sklearn.base import BaseEstimator, ClassifierMixin, is_classifier
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.utils import get_tags

import interpkd
from interpkd import (
    DistilledLinearRegression,
    DistilledLinearSVC,
    DistilledLogisticRegression,
    fidelity_report,
)
from interpkd.students._design import _median
from interpkd.students._sparse import sparse_medians, sparse_places

KINDS = [DistilledLogisticRegression, DistilledLinearSVC, DistilledLinearRegression]
FORMATS = [sparse.csr_array, sparse.csr_matrix, sparse.csc_array, sparse.coo_matrix]
VARIANTS = [
    (DistilledLogisticRegression, {}),
    (DistilledLogisticRegression, {"C": 0.1, "l1_ratio": 0.7, "temperature": 2.0}),
    (DistilledLogisticRegression, {"fit_intercept": False, "alpha": 0.3}),
    (DistilledLinearSVC, {"alpha": 0.3, "temperature": 2.0}),
    (DistilledLinearSVC, {"loss": "hinge", "C": 0.1, "intercept_scaling": 3.0}),
    (DistilledLinearSVC, {"fit_intercept": False}),
    (DistilledLinearRegression, {"alpha": 0.3}),
    (DistilledLinearRegression, {"penalty_alpha": 20.0, "l1_ratio": 0.5}),
]


@pytest.fixture(scope="module", params=[2, 3])
def words(request):
    """Give counts of words, one of them in each text, one in none, one negative; and classes."""
    rng = np.random.default_rng(0)
    D = rng.poisson(0.3, size=(150, 8)).astype(float)
    D[:, 2], D[:, 3], D[:, 5] = 0, 7, -D[:, 5]
    D[:, 4] += 50
    return D, rng.integers(0, request.param, len(D))


def taught(kind, D, y, **params):
    """Give a student of a frozen forest."""
    forest = RandomForestRegressor if kind is DistilledLinearRegression else RandomForestClassifier
    teacher = FrozenEstimator(forest(10, random_state=0).fit(D, y))
    return kind(teacher, augmentation=None, **params)


def answers(student, rows):
    if not is_classifier(student):
        return student.predict(rows)
    return np.column_stack([student.predict_proba(rows), student.decision_function(rows)])


# ---------------------------------------------------------------- oracle: the table in full
@pytest.mark.parametrize(("kind", "params"), VARIANTS)
def test_is_the_student_of_the_same_table_in_full(words, kind, params):
    D, y = words
    weight = np.random.default_rng(1).integers(0, 3, len(D)).astype(float)
    full = taught(kind, D, y, **params).fit(D, y, sample_weight=weight)
    student = taught(kind, D, y, **params).fit(sparse.csr_array(D), y, sample_weight=weight)
    scale = full.feature_scales_
    np.testing.assert_allclose(student.coef_ * scale, full.coef_ * scale, rtol=0, atol=1e-6)
    np.testing.assert_allclose(student.intercept_, full.intercept_, rtol=0, atol=1e-6)
    np.testing.assert_allclose(student.feature_scales_, scale)
    np.testing.assert_allclose(answers(student, D), answers(full, D), rtol=0, atol=1e-6)
    assert student.columns_ == full.columns_
    assert student.imputed_values_ == full.imputed_values_
    if kind is DistilledLinearSVC:
        np.testing.assert_allclose(student.link_slope_, full.link_slope_, rtol=1e-6)


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("kind", KINDS)
def test_formats_and_kinds_of_rows_agree(words, kind, form):
    D, y = words
    student = taught(kind, D, y).fit(form(D))
    np.testing.assert_allclose(answers(student, form(D)), answers(student, D), atol=1e-12)
    np.testing.assert_allclose(student.student_.predict(form(D)), student.predict(D))
    again = pickle.loads(pickle.dumps(student))  # noqa: S301
    np.testing.assert_array_equal(answers(again, form(D)), answers(student, form(D)))
    other = taught(kind, D, y).fit(sparse.csr_array(D))
    np.testing.assert_array_equal(student.coef_, other.coef_)


def test_signs_bound_the_coefficients():
    rng = np.random.default_rng(0)
    D, y = rng.poisson(0.5, size=(150, 5)).astype(float), rng.integers(0, 2, 150)
    signs = {"x0": 1, "x1": -1, "x4": 1}
    for kind in KINDS:
        student = taught(kind, D, y, monotonic_cst=signs).fit(sparse.csr_array(D))
        full = taught(kind, D, y, monotonic_cst=signs).fit(D)
        coef = np.ravel(student.coef_)
        assert coef[0] >= 0
        assert coef[1] <= 0
        assert coef[4] >= 0
        np.testing.assert_allclose(coef, np.ravel(full.coef_), atol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_unlabelled_rows_are_stacked(words, kind):
    D, y = words
    X = sparse.csr_array(D)
    whole = taught(kind, D, y).fit(X)
    parts = taught(kind, D, y).fit(X[:100], X_unlabeled=X[100:])
    np.testing.assert_allclose(parts.coef_, whole.coef_, atol=1e-9)
    assert parts.distillation_["n_unlabeled"] == 50
    for pair in ((X, D), (D, X)):
        with pytest.raises(ValueError, match="one is sparse and the other is not"):
            taught(kind, D, y).fit(pair[0], X_unlabeled=pair[1])


@pytest.mark.parametrize("kind", KINDS)
def test_a_teacher_is_cross_fitted_on_sparse_rows(words, kind):
    D, y = words
    linear = LinearRegression() if kind is DistilledLinearRegression else LogisticRegression()
    student = kind(linear).fit(sparse.csr_array(D - D.min(axis=0)), y)
    full = kind(linear, augmentation=None).fit(D - D.min(axis=0), y)
    assert student.distillation_["source"] == "out-of-fold"
    np.testing.assert_allclose(student.coef_, full.coef_, atol=1e-3)


def test_given_scores_need_no_teacher():
    rng = np.random.default_rng(0)
    D = rng.poisson(0.5, size=(60, 4)).astype(float)
    P = rng.dirichlet([1, 1], 60)
    student = DistilledLogisticRegression().fit(sparse.csr_array(D), teacher_proba=P)
    full = DistilledLogisticRegression().fit(D, teacher_proba=P)
    np.testing.assert_allclose(student.coef_, full.coef_, atol=1e-7)


# ---------------------------------------------------------------- never in full
class Counting(ClassifierMixin, BaseEstimator):
    """A teacher that says how often a word occurs, and remembers what it was asked about."""

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def predict_proba(self, X):
        assert sparse.issparse(X)
        p = 1 / (1 + np.exp(-np.asarray(X.sum(axis=1)).ravel() / 5 + 2))
        return np.column_stack([1 - p, p])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "params"),
    [
        (DistilledLogisticRegression, {"C": 0.01}),
        (DistilledLogisticRegression, {"C": 0.1, "l1_ratio": 1.0}),
        (DistilledLinearSVC, {"C": 0.001}),
        (DistilledLinearSVC, {"C": 0.001, "loss": "hinge"}),
    ],
)
def test_is_never_made_dense(kind, params):
    """In full the table would have 240 megabytes."""
    X = sparse.random_array((2_000, 15_000), density=4e-4, rng=0, format="csr")
    X.data[:] = 1
    student = kind(FrozenEstimator(Counting().fit(X, [0, 1])), **params)
    tracemalloc.start()
    try:
        student.fit(X)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 60e6
    assert student.coef_.shape == (1, 15_000)
    teacher = student.teacher_.predict_proba(X)[:, 1]
    found = student.predict_proba(X)[:, 1]
    assert np.corrcoef(found, teacher)[0, 1] > 0.5


# ---------------------------------------------------------------- what is said and refused
@pytest.mark.parametrize("kind", KINDS)
def test_no_rows_are_generated(words, kind):
    D, y = words
    X = sparse.csr_array(D)
    student = taught(kind, D, y).set_params(augmentation="auto").fit(X)
    assert student.distillation_["n_augmented"] == 0
    assert student.distillation_["not_augmented"] == "the rows are sparse"
    for params in ({"augmentation": "neighbours"}, {"augmentation": "auto", "n_augmented": 10}):
        with pytest.raises(ValueError, match="near sparse rows none can be generated"):
            taught(kind, D, y).set_params(**params).fit(X)


def test_missing_values_are_refused():
    X = sparse.csr_array(np.eye(20))
    X.data[3] = np.nan
    with pytest.raises(ValueError, match="Input X contains NaN"):
        DistilledLogisticRegression().fit(X, np.arange(20) % 2)


def test_sparse_rows_for_a_student_of_another_table(mixed_table):
    frame, label = mixed_table
    P = np.column_stack([label == "bad", label == "good"]).astype(float)
    student = DistilledLogisticRegression().fit(frame, teacher_proba=P)
    with pytest.raises(ValueError, match="column 'purpose' held categories when the student"):
        student.predict(sparse.csr_array(np.zeros((2, 4))))
    D = frame[["age", "amount"]].to_numpy()
    student = DistilledLogisticRegression().fit(D, teacher_proba=P)
    with pytest.raises(ValueError, match="column 'x1' missed values when the student"):
        student.predict(sparse.csr_array(np.zeros((2, 2))))


def test_students_that_need_a_table_in_full_say_so():
    X, y = sparse.eye_array(20).tocsr(), np.arange(20) % 2
    for name in ("DistilledTreeClassifier", "DistilledScorecardClassifier", "DistilledClassifier"):
        student = getattr(interpkd, name)()
        assert not get_tags(student).input_tags.sparse
        with pytest.raises(TypeError, match="Sparse data was passed"):
            student.fit(X, y)


def test_the_tag_is_the_teachers():
    assert get_tags(DistilledLogisticRegression()).input_tags.sparse
    assert get_tags(DistilledLogisticRegression(LogisticRegression())).input_tags.sparse
    dense = interpkd.teachers.TabularClassifier(LogisticRegression())
    assert not get_tags(DistilledLogisticRegression(dense)).input_tags.sparse


def test_the_fidelity_report_takes_sparse_rows(words):
    D, y = words
    student = taught(DistilledLogisticRegression, D, y).fit(sparse.csr_array(D))
    one = fidelity_report(student, sparse.csr_array(D), y).to_dict()
    two = fidelity_report(student, D, y).to_dict()
    assert one["agreement"] == two["agreement"]


def test_explanations_and_reports_ask_for_the_table_in_full():
    rng = np.random.default_rng(0)
    D, y = rng.poisson(0.5, size=(40, 3)).astype(float), np.arange(40) % 2
    X, student = sparse.csr_array(D), taught(DistilledLogisticRegression, D, y).fit(D)
    with pytest.raises(ValueError, match=r"X is sparse.* Give X\.toarray\(\)"):
        interpkd.explain(student, X, background=D)
    with pytest.raises(ValueError, match=r"background is sparse.* Give background\.toarray\(\)"):
        interpkd.explain(student, D, background=X)
    with pytest.raises(ValueError, match=r"X is sparse.* Give X\.toarray\(\)"):
        interpkd.audit_report(student, X, y)


# ---------------------------------------------------------------- the parts
@pytest.mark.parametrize("seed", range(30))
def test_places_are_those_of_unique_rows(seed):
    rng = np.random.default_rng(seed)
    shape = rng.integers(1, 40), rng.integers(1, 5)
    D = rng.integers(-1, 2, size=shape) * (rng.random(shape) < 0.7) * 1.0
    expected = np.unique(D, axis=0, return_inverse=True)[1].ravel()
    np.testing.assert_array_equal(sparse_places(sparse.csr_array(D)), expected)


@pytest.mark.parametrize("seed", range(10))
def test_medians_are_those_of_the_table_in_full(seed):
    rng = np.random.default_rng(seed)
    D = rng.integers(-2, 3, size=(9, 6)) * (rng.random((9, 6)) < rng.random(6)) * 1.0
    weight = rng.integers(1, 4, 9).astype(float)
    expected = [_median(column, weight) for column in D.T]
    found = sparse_medians(sparse.csr_array(D), weight, _median)
    np.testing.assert_array_equal(found, expected)

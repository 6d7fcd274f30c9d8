"""Laws of the linear students: what must hold on any data."""

import copy

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax
from sklearn.base import clone
from sklearn.datasets import make_classification, make_regression
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import ElasticNet, LinearRegression, LogisticRegression, Ridge
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from interpkd import (
    DistilledLinearRegression,
    DistilledLinearSVC,
    DistilledLogisticRegression,
    as_teacher,
    fidelity_report,
)
from interpkd.students._linear import weigh_generated
from interpkd.targets import TransferSet, temper

CLASSIFIERS = [DistilledLogisticRegression, DistilledLinearSVC]
UNITS = np.array([1.0, 1000.0, 0.01, 5.0, 1.0, 30.0])
SHIFT = np.array([0.0, 4000.0, 1.0, -5.0, 0.0, 100.0])


@pytest.fixture(scope="module", params=[2, 3])
def frozen(request):
    X, y = make_classification(
        240, 6, n_informative=4, n_redundant=0, n_classes=request.param, random_state=0
    )
    X = X * UNITS + SHIFT
    return X, y, FrozenEstimator(RandomForestClassifier(20, random_state=0).fit(X, y))


@pytest.fixture(scope="module")
def regression():
    X, y = make_regression(200, 6, noise=5.0, random_state=0)
    X = X * UNITS + SHIFT
    return X, y, FrozenEstimator(RandomForestRegressor(20, random_state=0).fit(X, y))


def duplicated(X, P, weight):
    """Repeat each row once per class, weighted by the class's probability."""
    rows, classes = np.nonzero(P)
    return X[rows], classes, weight[rows] * P[rows, classes]


def standardised(X, weight):
    scaler = StandardScaler().fit(X, sample_weight=weight)
    return scaler.transform(X), scaler


def in_units(coef, intercept, scaler):
    coef = coef / scaler.scale_
    return coef, intercept - coef @ scaler.mean_


def assert_same(student, coef, intercept):
    """Compare coefficients per standard deviation, as that is what they are fitted as."""
    np.testing.assert_allclose(
        student.coef_ * student.feature_scales_, coef * student.feature_scales_, atol=1e-6
    )
    np.testing.assert_allclose(student.intercept_, intercept, atol=1e-6, rtol=1e-6)


@pytest.mark.parametrize(("alpha", "temperature"), [(0.0, 1.0), (0.3, 2.0)])
@pytest.mark.parametrize("C", [0.05, 1.0])
def test_logistic_is_scikit_learns_on_duplicated_rows(frozen, alpha, temperature, C):
    X, y, teacher = frozen
    weight = np.random.default_rng(0).uniform(0.5, 2, len(X))
    student = DistilledLogisticRegression(
        teacher, C=C, alpha=alpha, temperature=temperature, augmentation=None
    ).fit(X, y, sample_weight=weight)
    P = temper(teacher.predict_proba(X), temperature)
    P = (1 - alpha) * P + alpha * np.eye(P.shape[1])[y]
    S, scaler = standardised(X, weight)
    S, classes, mass = duplicated(S, P, weight)
    model = LogisticRegression(C=C, tol=1e-12, max_iter=10_000, solver="newton-cg")
    model.fit(S, classes, sample_weight=mass)
    coef, intercept = in_units(model.coef_, model.intercept_, scaler)
    if len(coef) > 1:  # determined up to a common shift
        intercept = intercept - (model.intercept_).mean()
    assert_same(student, temperature * coef, temperature * intercept)


@pytest.mark.parametrize("signs", [None, [1, -1, 1, -1, 1, -1]])
@pytest.mark.parametrize("l1_ratio", [0.0, 0.5, 1.0])
def test_logistic_of_two_classes_is_glums(signs, l1_ratio):
    glum = pytest.importorskip("glum")
    X, y = make_classification(240, 6, n_informative=4, n_redundant=0, random_state=0)
    X = X * UNITS + SHIFT
    P = RandomForestClassifier(20, random_state=0).fit(X, y).predict_proba(X)
    weight = np.random.default_rng(0).uniform(0.5, 2, len(X))
    student = DistilledLogisticRegression(C=0.1, l1_ratio=l1_ratio, monotonic_cst=signs)
    student.fit(X, teacher_proba=P, sample_weight=weight)
    S, scaler = standardised(X, weight)
    bounds = {}
    if signs is not None:
        bounds["lower_bounds"] = np.where(np.array(signs) > 0, 0, -np.inf)
        bounds["upper_bounds"] = np.where(np.array(signs) < 0, 0, np.inf)
    model = glum.GeneralizedLinearRegressor(
        family="binomial",
        alpha=1 / (0.1 * weight.sum()),
        l1_ratio=l1_ratio,
        gradient_tol=1e-10,
        max_iter=1000,
        **bounds,
    )
    model.fit(S, P[:, 1], sample_weight=weight)
    coef, intercept = in_units(model.coef_[None], model.intercept_, scaler)
    assert_same(student, coef, intercept)
    if signs is not None:
        assert (student.coef_ == 0).any()


@pytest.mark.parametrize("loss", ["squared_hinge", "hinge"])
def test_svm_is_scikit_learns_on_duplicated_rows(frozen, loss):
    X, _, teacher = frozen
    weight = np.random.default_rng(0).uniform(0.5, 2, len(X))
    student = DistilledLinearSVC(teacher, C=0.1, loss=loss, augmentation=None)
    student.fit(X, sample_weight=weight)
    P = teacher.predict_proba(X)
    S, scaler = standardised(X, weight)
    outputs = [1] if P.shape[1] == 2 else range(P.shape[1])
    for row, k in enumerate(outputs):
        Q = np.column_stack([1 - P[:, k], P[:, k]])
        rows, signs, mass = duplicated(S, Q, weight)
        model = LinearSVC(C=0.1, loss=loss, tol=1e-11, max_iter=10_000_000, random_state=0)
        model.fit(rows, signs, sample_weight=mass)
        coef, intercept = in_units(model.coef_[0], model.intercept_[0], scaler)
        scale = student.feature_scales_
        np.testing.assert_allclose(student.coef_[row] * scale, coef * scale, atol=1e-6)
        np.testing.assert_allclose(student.intercept_[row], intercept, atol=1e-5)


@pytest.mark.parametrize(
    ("strength", "l1_ratio"), [(0.0, 0.0), (3.0, 0.0), (30.0, 1.0), (30.0, 0.5)]
)
def test_regression_is_scikit_learns(regression, strength, l1_ratio):
    X, _, teacher = regression
    weight = np.random.default_rng(0).uniform(0.5, 2, len(X))
    student = DistilledLinearRegression(
        teacher, penalty_alpha=strength, l1_ratio=l1_ratio, augmentation=None
    ).fit(X, sample_weight=weight)
    S, scaler = standardised(X, weight)
    if strength == 0:
        model = LinearRegression()
    elif l1_ratio == 0:
        model = Ridge(strength)
    else:
        model = ElasticNet(strength / weight.sum(), l1_ratio=l1_ratio, tol=1e-12, max_iter=100_000)
    model.fit(S, teacher.predict(X), sample_weight=weight)
    assert_same(student, *in_units(model.coef_, model.intercept_, scaler))


def test_labels_alone_give_the_plain_models(frozen, regression):
    X, y, teacher = frozen
    S, _ = standardised(X, None)
    student = DistilledLogisticRegression(teacher, alpha=1.0).fit(X, y)
    plain = LogisticRegression(tol=1e-12, max_iter=10_000, solver="newton-cg").fit(S, y)
    np.testing.assert_allclose(student.predict_proba(X), plain.predict_proba(S), atol=1e-7)
    X, y, teacher = regression
    student = DistilledLinearRegression(teacher, alpha=1.0).fit(X, y)
    np.testing.assert_allclose(student.predict(X), LinearRegression().fit(X, y).predict(X))


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_a_logistic_teacher_is_reproduced(frozen, temperature):
    X, y, _ = frozen
    teacher = FrozenEstimator(LogisticRegression(max_iter=5000).fit((X - SHIFT) / UNITS, y))
    student = DistilledLogisticRegression(
        teacher, C=np.inf, temperature=temperature, random_state=0
    ).fit((X - SHIFT) / UNITS)
    expected = teacher.predict_proba((X - SHIFT) / UNITS)
    np.testing.assert_allclose(student.predict_proba((X - SHIFT) / UNITS), expected, atol=1e-6)
    np.testing.assert_allclose(
        student.student_.coef_ - student.student_.coef_.mean(axis=0) * (len(expected[0]) > 2),
        teacher.estimator.coef_ - teacher.estimator.coef_.mean(axis=0) * (len(expected[0]) > 2),
        atol=1e-5,
    )


@pytest.mark.parametrize("kind", CLASSIFIERS)
def test_default_students_of_a_logistic_teacher_are_faithful(frozen, kind):
    X, y, _ = frozen
    S = (X - SHIFT) / UNITS
    teacher = FrozenEstimator(LogisticRegression().fit(S, y))
    report = fidelity_report(kind(teacher, random_state=0).fit(S), S).to_dict()
    assert report["agreement"]["estimate"] > 0.97
    assert report["kl_divergence"]["estimate"] < 0.02


def test_a_linear_teacher_is_reproduced(regression):
    X, y, _ = regression
    teacher = FrozenEstimator(LinearRegression().fit(X, y))
    student = DistilledLinearRegression(teacher, random_state=0).fit(X)
    np.testing.assert_allclose(student.predict(X), teacher.predict(X))
    np.testing.assert_allclose(student.coef_, teacher.estimator.coef_)


@pytest.mark.parametrize("augmentation", [None, "auto"])
@pytest.mark.parametrize("kind", CLASSIFIERS)
def test_weight_two_is_a_row_twice(frozen, kind, augmentation):
    X, _, teacher = frozen
    X = X.copy()
    X[::9, 2] = np.nan
    weight = np.random.default_rng(0).integers(0, 4, size=len(X))
    student = kind(as_teacher(teacher.estimator), augmentation=augmentation, random_state=0)
    weighted = clone(student).fit(X, sample_weight=weight).predict_proba(X)
    repeated = clone(student).fit(np.repeat(X, weight, axis=0)).predict_proba(X)
    np.testing.assert_allclose(weighted, repeated, atol=1e-7)


def test_weight_two_is_a_row_twice_for_regression(regression):
    X, _, teacher = regression
    weight = np.random.default_rng(0).integers(0, 4, size=len(X))
    student = DistilledLinearRegression(teacher, random_state=0)
    weighted = clone(student).fit(X, sample_weight=weight).predict(X)
    repeated = clone(student).fit(np.repeat(X, weight, axis=0)).predict(X)
    np.testing.assert_allclose(weighted, repeated)


@pytest.mark.parametrize("kind", CLASSIFIERS)
def test_permuted_classes_permute_columns(frozen, kind):
    X, _, teacher = frozen
    K = len(teacher.classes_)
    order = np.roll(np.arange(K), 1)

    def permuted(rows):
        return teacher.predict_proba(rows)[:, order]

    one = kind(as_teacher(teacher.predict_proba, classes=np.arange(K)), random_state=0).fit(X)
    two = kind(as_teacher(permuted, classes=order), random_state=0).fit(X)
    np.testing.assert_allclose(two.predict_proba(X), one.predict_proba(X)[:, order], atol=1e-7)
    np.testing.assert_array_equal(two.predict(X), one.predict(X))


@pytest.mark.parametrize("kind", CLASSIFIERS)
def test_decisions_scores_and_probabilities_agree(frozen, kind):
    X, _, teacher = frozen
    student = kind(teacher, temperature=2.0, random_state=0).fit(X)
    P, scores = student.predict_proba(X), student.decision_function(X)
    np.testing.assert_array_equal(student.predict(X), student.classes_[P.argmax(axis=1)])
    np.testing.assert_allclose(P.sum(axis=1), 1)
    if scores.ndim == 1:
        assert (np.diff(P[np.argsort(scores), 1]) >= 0).all()
    plain = student.student_
    assert type(plain) in (LogisticRegression, LinearSVC)
    np.testing.assert_allclose(plain.decision_function(X), scores, atol=1e-12)
    np.testing.assert_array_equal(plain.predict(X), student.predict(X))
    if kind is DistilledLogisticRegression:
        np.testing.assert_allclose(plain.predict_proba(X), P, atol=1e-14)


def test_the_link_has_the_slope_of_least_log_loss(frozen):
    """On the training rows themselves nearly so: margins are cross-fitted."""
    X, _, teacher = frozen
    student = DistilledLinearSVC(teacher, augmentation=None).fit(X)
    P = teacher.predict_proba(X)

    def loss(factor):
        other = copy.copy(student)
        other.link_slope_ = factor * student.link_slope_
        return -(P * np.log(other.predict_proba(X))).sum(axis=1).mean()

    assert loss(1.0) < min(loss(0.6), loss(1.7))


@pytest.mark.parametrize("temperature", [1.0, 2.0])
def test_the_link_is_fitted_on_margins_of_rows_that_were_held_out(frozen, temperature):
    """Margins by LinearSVC on the repeated rows of the other folds, slope by a search."""
    X, _, teacher = frozen
    weight = np.random.default_rng(0).uniform(0.5, 2, len(X))
    student = DistilledLinearSVC(teacher, C=0.05, temperature=temperature, augmentation=None)
    student.fit(X, sample_weight=weight)
    P = teacher.predict_proba(X)
    soft, (S, _) = temper(P, temperature), standardised(X, weight)
    order = np.lexsort(X.T[::-1])  # fold by fold in the order of the rows' values
    folds = np.empty(len(X), dtype=int)
    folds[order] = np.arange(len(X)) % 5
    outputs = [1] if P.shape[1] == 2 else range(P.shape[1])
    margins = np.zeros((len(X), len(outputs)))
    for fold in range(5):
        held, seen = folds == fold, folds != fold
        for at, k in enumerate(outputs):
            Q = np.column_stack([1 - soft[seen, k], soft[seen, k]])
            rows, signs, mass = duplicated(S[seen], Q, weight[seen])
            model = LinearSVC(C=0.05, tol=1e-9, max_iter=1_000_000, random_state=0)
            model.fit(rows, signs, sample_weight=mass)
            margins[held, at] = model.decision_function(S[held])
    if len(outputs) == 1:
        margins = np.hstack([np.zeros_like(margins), margins])

    def loss(slope):
        return -float(weight @ (P * log_softmax(slope * margins, axis=1)).sum(axis=1))

    best = minimize_scalar(loss, bounds=(0.01, 50), method="bounded", options={"xatol": 1e-9}).x
    np.testing.assert_allclose(student.link_slope_, best, rtol=1e-4)


@pytest.mark.parametrize("kind", CLASSIFIERS)
def test_unlabelled_rows_count_as_rows_of_a_frozen_teacher(frozen, kind):
    X, _, teacher = frozen
    split = kind(teacher, random_state=0).fit(X[:120], X_unlabeled=X[120:])
    whole = kind(teacher, random_state=0).fit(X)
    np.testing.assert_allclose(split.predict_proba(X), whole.predict_proba(X), atol=1e-9)
    assert (split.distillation_["n_labeled"], split.distillation_["n_unlabeled"]) == (120, 120)


@pytest.mark.parametrize("kind", CLASSIFIERS)
def test_given_scores_equal_a_frozen_teacher(frozen, kind):
    X, y, teacher = frozen
    asked = kind(teacher, augmentation=None).fit(X)
    given = kind().fit(X, y, teacher_proba=teacher.predict_proba(X))
    np.testing.assert_array_equal(given.coef_, asked.coef_)
    assert given.teacher_ is None


@pytest.mark.parametrize("kind", CLASSIFIERS)
def test_monotone_student(frozen, kind):
    X, _, teacher = frozen
    signs = np.array([1, -1, 1, -1, 1, -1])
    if len(teacher.classes_) > 2:
        with pytest.raises(ValueError, match="'monotonic_cst' parameter needs two classes, got 3"):
            kind(teacher, monotonic_cst=signs).fit(X)
        return
    free = kind(teacher, random_state=0).fit(X)
    bound = kind(teacher, monotonic_cst=signs, random_state=0).fit(X)
    assert (free.coef_[0] * signs < 0).any()
    assert (bound.coef_[0] * signs >= 0).all()
    bound = kind(teacher, monotonic_cst=-signs, random_state=0).fit(X)
    assert (bound.coef_[0] * signs <= 0).all()


def test_monotone_regression_student(regression):
    X, _, teacher = regression
    student = DistilledLinearRegression(teacher, monotonic_cst=[-1] * 6, random_state=0).fit(X)
    assert (student.coef_ <= 0).all()


def test_l1_drops_columns(frozen):
    X, _, teacher = frozen
    student = DistilledLogisticRegression(
        teacher, C=0.1, l1_ratio=1.0, augmentation=None, fit_intercept=False
    ).fit(X)
    assert 0 < (student.coef_ != 0).sum() < student.coef_.size
    assert not student.intercept_.any()


def test_a_search_that_is_cut_short_is_reported(frozen):
    X, _, teacher = frozen
    with pytest.warns(ConvergenceWarning, match="did not converge in max_iter=1 steps"):
        DistilledLogisticRegression(teacher, max_iter=1).fit(X)


def test_separable_targets_without_penalty_are_refused():
    X = np.arange(10.0)[:, None]
    P = np.eye(2)[(X[:, 0] > 4).astype(int)]
    with pytest.raises(ValueError, match="can be separated"):
        DistilledLogisticRegression(C=np.inf).fit(X, teacher_proba=P)
    student = DistilledLogisticRegression(C=100).fit(X, teacher_proba=P)
    np.testing.assert_array_equal(student.predict(X), P.argmax(axis=1))
    svm = DistilledLinearSVC().fit(X, teacher_proba=P)
    assert np.isfinite(svm.predict_proba(X)).all()


@pytest.mark.parametrize("kind", CLASSIFIERS)
def test_constant_and_collinear_columns_end_in_finite_coefficients(frozen, kind):
    X, _, teacher = frozen
    P = teacher.predict_proba(X)
    wide = np.column_stack([X, X[:, 0], np.full(len(X), 0.1)])
    student = kind().fit(wide, teacher_proba=P)
    assert np.isfinite(student.coef_).all()
    assert not student.coef_[:, -1].any()
    np.testing.assert_allclose(student.coef_[:, 0], student.coef_[:, 6], atol=1e-6)
    flat = kind().fit(np.ones((len(X), 2)), teacher_proba=P)
    assert not flat.coef_.any()
    if kind is DistilledLogisticRegression:
        np.testing.assert_allclose(flat.predict_proba(np.ones((1, 2)))[0], P.mean(axis=0))


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("kind", CLASSIFIERS)
def test_a_class_of_one_row_ends_in_finite_coefficients(kind, n_classes):
    X = np.random.default_rng(0).normal(size=(40, 3))
    y = np.arange(40) % (n_classes - 1)
    y[7] = n_classes - 1
    student = kind().fit(X, teacher_proba=np.eye(n_classes)[y])
    assert np.isfinite(student.coef_).all()
    assert np.isfinite(student.intercept_).all()
    assert np.isfinite(student.predict_proba(X)).all()


@pytest.mark.parametrize("l1_ratio", [0.0, 0.5])
@pytest.mark.parametrize("strength", [0.0, 1.0])
def test_awkward_tables_end_in_finite_coefficients_of_a_regression(strength, l1_ratio):
    X = np.random.default_rng(0).normal(size=(40, 3))
    wide = np.column_stack([X, X[:, 0] - X[:, 1], np.full(40, 0.1), X[:, 2]])
    t = X @ [1.0, 2.0, 3.0] + 5
    student = DistilledLinearRegression(penalty_alpha=strength, l1_ratio=l1_ratio)
    student.fit(wide, teacher_proba=t)
    assert np.isfinite(student.coef_).all()
    assert student.coef_[4] == 0
    if strength == 0:
        np.testing.assert_allclose(student.predict(wide), t)
    one = DistilledLinearRegression(penalty_alpha=strength).fit(wide[:1], teacher_proba=t[:1])
    np.testing.assert_allclose(one.predict(wide), t[0])


def test_without_intercept_a_constant_column_is_one(frozen):
    X, _, teacher = frozen
    P = teacher.predict_proba(X)
    ones = np.column_stack([(X - X.mean(axis=0)) / UNITS, np.ones(len(X))])
    student = DistilledLogisticRegression(C=np.inf, fit_intercept=False).fit(ones, teacher_proba=P)
    other = DistilledLogisticRegression(C=np.inf).fit(ones, teacher_proba=P)
    np.testing.assert_allclose(student.predict_proba(ones), other.predict_proba(ones), atol=1e-7)


def test_generated_rows_stand_in_for_remembered_labels():
    rows = np.zeros((30, 1))
    transfer = TransferSet(rows, rows, np.ones(30), 10, 0, 20)
    assert weigh_generated(transfer) is transfer  # nobody asked how much is remembered
    weights = {
        memory: weigh_generated(
            TransferSet(rows, rows, np.repeat([1 - memory, 1.0], [10, 20]), 10, 0, 20, memory)
        ).weights
        for memory in (0.0, 0.2, 0.9)
    }
    assert weights[0.0][10:].sum() == 0
    np.testing.assert_allclose(weights[0.2][10:].sum(), 5 * 0.2 * 10)
    np.testing.assert_allclose(weights[0.9][10:].sum(), 20)  # never more than they came with

"""Soft logistic regression: scikit-learn on repeated rows, glum, and the conditions of optimality."""

import numpy as np
import pytest
import sklearn
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.utils.fixes import parse_version

from interpkd.exceptions import InvalidInputError
from interpkd.learners import _newton, _soft_logistic, _softmax_sum, fit_soft_logistic

CLOSE = {"rtol": 0, "atol": 1e-6}


def make_rows(n_classes, n=200, d=4, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, d)) * [1, 2, 0.5, 1][:d]
    X[:, -1] += 0.5 * X[:, 0]
    logits = X @ rng.normal(size=(d, n_classes))
    P = np.exp(logits - logits.max(axis=1, keepdims=True))
    P = 0.5 * P / P.sum(axis=1, keepdims=True) + 0.5 * rng.dirichlet(np.ones(n_classes), n)
    return X, P, rng.integers(1, 4, n).astype(float)


def repeated(X, P, w):
    K = P.shape[1]
    labels = np.tile(np.arange(K), len(X))
    return np.repeat(X, K, axis=0), labels, (w[:, None] * P).ravel()


def assert_same(model, coef, intercept, **close):
    close = close or CLOSE
    np.testing.assert_allclose(model.coef, coef, **close)
    centre = intercept.mean() if len(coef) > 1 else 0.0
    np.testing.assert_allclose(model.intercept, intercept - centre, **close)


def broken(X, P, w, model, *, C, l1_ratio, lower=-np.inf, upper=np.inf):
    """Give by how much the conditions of optimality are broken, of all terms of the gradient."""
    Z = X @ model.coef.T + model.intercept
    if len(model.coef) == 1:
        Z = np.hstack([np.zeros_like(Z), Z])
    Z = np.exp(Z - Z.max(axis=1, keepdims=True))
    R = w[:, None] * (Z / Z.sum(axis=1, keepdims=True) - P)
    R = R[:, 1:] if len(model.coef) == 1 else R
    B, penalty = model.coef, 0.0 if np.isinf(C) else 1 / C
    g = R.T @ X + penalty * (1 - l1_ratio) * B
    l1 = penalty * l1_ratio
    right = g + np.where(B >= 0, l1, -l1)
    left = g + np.where(B > 0, l1, -l1)
    worst = max(
        np.where(np.broadcast_to(upper, B.shape) > B, -right, 0).max(),
        np.where(np.broadcast_to(lower, B.shape) < B, left, 0).max(),
        np.abs(R.sum(axis=0)).max(),
    )
    return worst / (np.abs(w[:, None, None] * X[:, None, :]).sum() + 1)


# ---------------------------------------------------------------- oracles
@pytest.mark.parametrize("n_classes", [2, 3, 5])
@pytest.mark.parametrize("C", [0.05, 3.0, np.inf])
def test_ridge_is_scikit_learns_on_repeated_rows(n_classes, C):
    X, P, w = make_rows(n_classes)
    Z, y, v = repeated(X, P, w)
    oracle = LogisticRegression(C=C, solver="newton-cholesky", tol=1e-12, max_iter=200)
    oracle.fit(Z, y, sample_weight=v)
    model = fit_soft_logistic(X, P, w, C=C)
    assert model.converged
    assert_same(model, oracle.coef_, oracle.intercept_)


NEW_PENALTY = parse_version(sklearn.__version__) >= parse_version("1.8")
"""Since then scikit-learn takes the penalty from `l1_ratio`, and warns of `penalty`."""


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("l1_ratio", [0.5, 1.0])
@pytest.mark.parametrize("C", [0.03, 1.0])
def test_lasso_and_elastic_net_are_scikit_learns(n_classes, l1_ratio, C):
    X, P, w = make_rows(n_classes)
    Z, y, v = repeated(X, P, w)
    mixed = (
        {"l1_ratio": l1_ratio} if NEW_PENALTY else {"l1_ratio": l1_ratio, "penalty": "elasticnet"}
    )
    settings = {"solver": "saga", "tol": 1e-10, "max_iter": 5000, "random_state": 0}
    oracle = LogisticRegression(C=C, **mixed, **settings)
    oracle.fit(Z, y, sample_weight=v)
    model = fit_soft_logistic(X, P, w, C=C, l1_ratio=l1_ratio)
    np.testing.assert_array_equal(model.coef == 0, oracle.coef_ == 0)
    assert_same(model, oracle.coef_, oracle.intercept_)


@pytest.mark.parametrize("l1_ratio", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("bounded", [False, True])
def test_two_classes_are_glums(l1_ratio, bounded):
    glum = pytest.importorskip("glum")
    X, P, w = make_rows(2)
    lower = np.array([-0.1, -np.inf, 0.0, -0.2])
    upper = np.array([np.inf, 0.3, np.inf, 0.2])
    box = {"lower_bounds": lower, "upper_bounds": upper} if bounded else {}
    oracle = glum.GeneralizedLinearRegressor(
        family="binomial",
        alpha=1 / (0.2 * w.sum()),
        l1_ratio=l1_ratio,
        gradient_tol=1e-10,
        max_iter=1000,
        scale_predictors=False,
        **box,
    )
    oracle.fit(X, P[:, 1], sample_weight=w)
    bounds = (lower, upper) if bounded else None
    model = fit_soft_logistic(X, P, w, C=0.2, l1_ratio=l1_ratio, bounds=bounds)
    np.testing.assert_allclose(model.coef[0], oracle.coef_, **CLOSE)
    np.testing.assert_allclose(model.intercept[0], oracle.intercept_, **CLOSE)


def test_labels_give_scikit_learns_model():
    X, y = load_iris(return_X_y=True)
    model = fit_soft_logistic(X, np.eye(3)[y], np.ones(len(X)))
    oracle = LogisticRegression(solver="newton-cholesky", tol=1e-12).fit(X, y)
    assert_same(model, oracle.coef_, oracle.intercept_)


def test_without_intercept():
    X, P, w = make_rows(3)
    Z, y, v = repeated(X, P, w)
    oracle = LogisticRegression(fit_intercept=False, solver="newton-cholesky", tol=1e-12)
    oracle.fit(Z, y, sample_weight=v)
    model = fit_soft_logistic(X, P, w, fit_intercept=False)
    np.testing.assert_allclose(model.coef, oracle.coef_, **CLOSE)
    assert not model.intercept.any()


# ---------------------------------------------------------------- the other ways to the minimum
@pytest.mark.parametrize("C", [1.0, np.inf])
@pytest.mark.parametrize("n", [200, 3000])  # the second is enough for a sample
def test_conjugate_gradients_end_where_cholesky_does(monkeypatch, C, n):
    X, P, w = make_rows(4, n=n)
    direct = fit_soft_logistic(X, P, w, C=C)
    monkeypatch.setattr(_softmax_sum, "QUICK_HESSIAN", 0.0)
    iterated = fit_soft_logistic(X, P, w, C=C)
    assert iterated.converged
    assert_same(iterated, direct.coef, direct.intercept)


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("l1_ratio", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("bounds", [None, (-0.1, [0.2, 0.3, np.inf, 0.0])])
def test_many_columns_end_where_few_do(monkeypatch, n_classes, l1_ratio, bounds):
    X, P, w = make_rows(n_classes)
    options = {"C": 0.3, "l1_ratio": l1_ratio, "bounds": bounds}
    exact = fit_soft_logistic(X, P, w, **options)
    monkeypatch.setattr(_softmax_sum, "MOST_PARAMETERS", 1)
    monkeypatch.setattr("interpkd.learners._score_loss.MOST_PARAMETERS", 1)
    other = fit_soft_logistic(X, P, w, **options)
    assert other.converged
    assert_same(other, exact.coef, exact.intercept, rtol=0, atol=1e-5)


@pytest.mark.parametrize("n_classes", [2, 3])
def test_a_start_on_a_sample_changes_nothing(monkeypatch, n_classes):
    X, P, w = make_rows(n_classes, n=2000)
    plain = fit_soft_logistic(X, P, w)
    monkeypatch.setattr(_soft_logistic, "MANY_ROWS", 0)
    sampled = fit_soft_logistic(X, P, w)
    assert sampled.n_iter < plain.n_iter
    assert_same(sampled, plain.coef, plain.intercept)


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("l1_ratio", [0.0, 1.0])
def test_sparse_rows_and_float32_are_the_same_numbers(n_classes, l1_ratio):
    X, P, w = make_rows(n_classes)
    X = np.where(np.abs(X) < 0.5, 0, X).astype(np.float32)
    dense = fit_soft_logistic(X.astype(np.float64), P, w, l1_ratio=l1_ratio)
    for form in (X, sparse.csr_matrix(X), sparse.csc_matrix(X), sparse.csr_array(X)):
        other = fit_soft_logistic(form, P, w, l1_ratio=l1_ratio)
        np.testing.assert_allclose(other.coef, dense.coef, rtol=0, atol=1e-10)


# ---------------------------------------------------------------- laws
@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    n_classes=st.integers(2, 4),
    C=st.sampled_from([0.01, 0.3, 10.0, np.inf]),
    l1_ratio=st.sampled_from([0.0, 0.3, 1.0]),
    bounds=st.sampled_from([None, (0.0, np.inf), (-0.2, 0.1)]),
)
def test_the_conditions_of_optimality_hold(seed, n_classes, C, l1_ratio, bounds):
    X, P, w = make_rows(n_classes, n=60, seed=seed)
    model = fit_soft_logistic(X, P, w, C=C, l1_ratio=l1_ratio, bounds=bounds)
    lower, upper = bounds or (-np.inf, np.inf)
    assert model.converged
    assert (model.coef >= lower).all()
    assert (model.coef <= upper).all()
    assert broken(X, P, w, model, C=C, l1_ratio=l1_ratio, lower=lower, upper=upper) < 1e-9


@pytest.mark.parametrize("l1_ratio", [0.0, 1.0])
@pytest.mark.parametrize("n_classes", [2, 3, 4])
def test_laws_of_weights_and_classes(n_classes, l1_ratio):
    X, P, w = make_rows(n_classes)
    options = {"C": 0.1, "l1_ratio": l1_ratio}
    model = fit_soft_logistic(X, P, w, **options)
    rows = np.repeat(np.arange(len(X)), w.astype(int))
    twice = fit_soft_logistic(X[rows], P[rows], np.ones(len(rows)), **options)
    assert_same(twice, model.coef, model.intercept)
    scaled = fit_soft_logistic(X, P, 7 * w, C=0.1 / 7, l1_ratio=l1_ratio)
    assert_same(scaled, model.coef, model.intercept)
    order = np.roll(np.arange(n_classes), 1)
    permuted = fit_soft_logistic(X, P[:, order], w, **options)
    if n_classes == 2:
        assert_same(permuted, -model.coef, -model.intercept)
    else:
        assert_same(permuted, model.coef[order], model.intercept[order])


# ---------------------------------------------------------------- awkward data
def test_separated_classes_without_a_penalty_are_an_error():
    X, y = load_iris(return_X_y=True)
    for P in (np.eye(3)[y], np.eye(2)[(y == 0).astype(int)]):
        with pytest.raises(InvalidInputError, match="Set a finite C"):
            fit_soft_logistic(X, P, np.ones(len(X)), C=np.inf)
        model = fit_soft_logistic(X, P, np.ones(len(X)), C=1e4)
        assert model.converged
        assert np.isfinite(model.coef).all()


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("form_hessian", [True, False])
def test_separation_of_a_part_is_seen(monkeypatch, n_classes, form_hessian):
    """One column is nonzero only where the first class is certain."""
    if not form_hessian:
        monkeypatch.setattr(_softmax_sum, "QUICK_HESSIAN", 0.0)
    X, P, w = make_rows(n_classes)
    X = np.column_stack([X, np.arange(len(X)) < 5])
    P[:5] = np.eye(n_classes)[0]
    with pytest.raises(InvalidInputError, match="separated, at least in part"):
        fit_soft_logistic(X, P, w, C=np.inf)


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("l1_ratio", [0.0, 0.5])
@pytest.mark.parametrize("C", [1.0, np.inf])
def test_constant_and_collinear_columns(n_classes, l1_ratio, C):
    X, P, w = make_rows(n_classes)
    wide = np.column_stack([X, X[:, 0], np.zeros(len(X)), np.full(len(X), 3.0), X[:, 1] + X[:, 2]])
    model = fit_soft_logistic(wide, P, w, C=C, l1_ratio=l1_ratio)
    assert model.converged
    assert broken(wide, P, w, model, C=C, l1_ratio=l1_ratio) < 1e-9
    if np.isinf(C):
        plain = fit_soft_logistic(X, P, w, C=C)
        np.testing.assert_allclose(model.loss, plain.loss, rtol=1e-10)


def test_a_class_of_one_row_and_a_class_of_none():
    X, P, w = make_rows(3)
    P[:, 2] = 0
    P /= P.sum(axis=1, keepdims=True)
    with pytest.raises(InvalidInputError, match="class 2 has none"):
        fit_soft_logistic(X, P, w)
    free = fit_soft_logistic(X, P, w, fit_intercept=False)  # its coefficients are finite
    assert broken(X, P, w * 0, free, C=np.inf, l1_ratio=0) == 0
    assert free.converged
    P[7] = [0, 0, 1]
    assert fit_soft_logistic(X, P, w).converged


def test_columns_of_very_different_units():
    X, P, w = make_rows(2)
    units = np.array([1e-6, 1.0, 1e6, 1e3])
    model = fit_soft_logistic(X, P, w, C=np.inf)
    scaled = fit_soft_logistic(X * units, P, w, C=np.inf)
    np.testing.assert_allclose(scaled.coef * units, model.coef, **CLOSE)


def test_a_search_cut_short_says_so():
    X, P, w = make_rows(3)
    assert not fit_soft_logistic(X, P, w, max_iter=1).converged


def test_newton_never_takes_a_step_uphill():
    """A start far out, where the full Newton step overshoots."""
    X, P, w = make_rows(2)
    rows = _soft_logistic.RowBlocks(X, intercept=1.0)
    smooth = _soft_logistic.ScoreSum(rows, _soft_logistic.LogLoss(P[:, 1], w), float(w.sum()))
    free = np.full(5, np.inf)
    penalty = _newton.Penalty(np.full(5, 1e-3), np.zeros(5), -free, free)
    far = _newton.minimise(smooth, penalty, np.full(5, 8.0), tol=1e-8, max_iter=100)
    near = _newton.minimise(smooth, penalty, np.zeros(5), tol=1e-8, max_iter=100)
    assert far.converged
    np.testing.assert_allclose(far.theta, near.theta, **CLOSE)


@pytest.mark.parametrize(
    ("changed", "match"),
    [
        ({"C": 0.0}, "C must be above 0"),
        ({"l1_ratio": 1.5}, "l1_ratio must be at least 0 and at most 1"),
        ({"bounds": (1.0, 0.0)}, "lower bound must be at most the upper"),
        ({"bounds": (np.zeros(3), 1.0)}, "lower bounds must be a number or have shape"),
        ({"weights": np.zeros(200)}, "not all zero"),
        ({"weights": np.ones(3)}, "one per row"),
        ({"P": np.ones((200, 1))}, "two classes or more"),
    ],
)
def test_errors_name_the_parameter(changed, match):
    X, P, w = make_rows(2)
    with pytest.raises(InvalidInputError, match=match):
        fit_soft_logistic(X, **({"P": P, "weights": w} | changed))


def test_missing_values_are_an_error():
    X, P, w = make_rows(2)
    X[3, 1] = np.nan
    for form in (X, sparse.csr_matrix(X)):
        with pytest.raises(InvalidInputError, match="column 1 is not"):
            fit_soft_logistic(form, P, w)

"""Linear regression on soft targets: Ridge, Lasso, ElasticNet and lsq_linear are its oracles."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from scipy.optimize import lsq_linear
from sklearn.linear_model import ElasticNet, LinearRegression, Ridge

from interpkd.exceptions import InvalidInputError
from interpkd.learners import fit_soft_linear

CLOSE = {"rtol": 0, "atol": 1e-8}


def make_rows(n=150, d=5, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, d)) + np.array([0, 10, 0, -3, 0])
    X[:, -1] += 0.9 * X[:, 0]
    t = X @ rng.normal(size=d) + rng.normal(size=n) + 5
    return X, t, rng.integers(1, 4, n).astype(float)


@pytest.mark.parametrize("alpha", [0.0, 1.0, 100.0])
@pytest.mark.parametrize("fit_intercept", [True, False])
def test_ridge(alpha, fit_intercept):
    X, t, w = make_rows()
    oracle = Ridge(alpha=alpha, fit_intercept=fit_intercept) if alpha else LinearRegression()
    oracle.set_params(fit_intercept=fit_intercept).fit(X, t, sample_weight=w)
    model = fit_soft_linear(X, t, w, alpha=alpha, fit_intercept=fit_intercept)
    assert model.converged
    np.testing.assert_allclose(model.coef[0], oracle.coef_, **CLOSE)
    np.testing.assert_allclose(model.intercept[0], oracle.intercept_, **CLOSE)
    errors = t - X @ model.coef[0] - model.intercept
    np.testing.assert_allclose(model.loss, np.average(errors**2, weights=w))


@pytest.mark.parametrize("alpha", [1.0, 60.0])
@pytest.mark.parametrize("l1_ratio", [0.4, 1.0])
def test_elastic_net(alpha, l1_ratio):
    X, t, w = make_rows()
    oracle = ElasticNet(alpha=alpha / w.sum(), l1_ratio=l1_ratio, tol=1e-14, max_iter=100_000)
    oracle.fit(X, t, sample_weight=w)
    model = fit_soft_linear(X, t, w, alpha=alpha, l1_ratio=l1_ratio)
    np.testing.assert_allclose(model.coef[0], oracle.coef_, **CLOSE)
    np.testing.assert_allclose(model.intercept[0], oracle.intercept_, **CLOSE)
    np.testing.assert_array_equal(model.coef[0] == 0, oracle.coef_ == 0)


@pytest.mark.parametrize("alpha", [0.0, 20.0])
def test_bounds(alpha):
    X, t, w = make_rows()
    lower = np.array([0, 0, -0.1, -np.inf, -np.inf])
    upper = np.array([0.5, 0.2, 0.1, np.inf, 0.0])
    root = np.sqrt(w)[:, None]
    A = np.hstack([X * root, root])
    A = np.vstack([A, np.sqrt(alpha) * np.eye(5, 6)])
    oracle = lsq_linear(
        A,
        np.append(t * root[:, 0], np.zeros(5)),
        bounds=(np.append(lower, -np.inf), np.append(upper, np.inf)),
        tol=1e-15,
    )
    model = fit_soft_linear(X, t, w, alpha=alpha, bounds=(lower, upper))
    np.testing.assert_allclose(model.coef[0], oracle.x[:5], rtol=0, atol=1e-6)
    assert (model.coef[0] >= lower).all()
    assert (model.coef[0] <= upper).all()


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    alpha=st.sampled_from([0.0, 1.0, 30.0]),
    l1_ratio=st.sampled_from([0.0, 0.5, 1.0]),
    bounds=st.sampled_from([(-np.inf, np.inf), (0.0, np.inf), (-0.3, 0.2)]),
    collinear=st.booleans(),
)
def test_the_conditions_of_optimality_hold(seed, alpha, l1_ratio, bounds, collinear):
    X, t, w = make_rows(n=40, seed=seed)
    if collinear:
        X = np.column_stack([X, X[:, 0], X[:, 1] - X[:, 2], np.zeros(40), np.ones(40)])
    model = fit_soft_linear(X, t, w, alpha=alpha, l1_ratio=l1_ratio, bounds=bounds)
    assert model.converged
    b = model.coef[0]
    residual = w * (X @ b + model.intercept - t)
    g = X.T @ residual + alpha * (1 - l1_ratio) * b
    l1, scale = alpha * l1_ratio, 1e-9 * (np.abs(X).T @ (w * np.abs(t))).max()
    assert abs(residual.sum()) < scale
    assert (b >= bounds[0]).all()
    assert (b <= bounds[1]).all()
    assert (g + np.where(b >= 0, l1, -l1))[b < bounds[1]].min(initial=0) > -scale
    assert (g + np.where(b > 0, l1, -l1))[b > bounds[0]].max(initial=0) < scale


def test_weights_sparse_rows_and_many_columns(monkeypatch):
    X, t, w = make_rows()
    for options in ({}, {"l1_ratio": 0.5}, {"alpha": 0.0}):
        model = fit_soft_linear(X, t, w, **options)
        rows = np.repeat(np.arange(len(X)), w.astype(int))
        twice = fit_soft_linear(X[rows], t[rows], np.ones(len(rows)), **options)
        np.testing.assert_allclose(twice.coef, model.coef, **CLOSE)
        other = fit_soft_linear(sparse.csr_matrix(X), t, w, **options)
        np.testing.assert_allclose(other.coef, model.coef, **CLOSE)
        with monkeypatch.context() as patch:
            patch.setattr("interpkd.learners._score_loss.MOST_PARAMETERS", 1)
            iterated = fit_soft_linear(X, t, w, **options)
        assert iterated.converged
        np.testing.assert_allclose(iterated.coef, model.coef, rtol=0, atol=1e-6)


def test_constant_targets_and_a_single_row():
    X, t, w = make_rows()
    flat = fit_soft_linear(X, np.full(len(X), 3.0), w)
    np.testing.assert_allclose(flat.coef, 0, atol=1e-12)
    np.testing.assert_allclose(flat.intercept, 3)
    assert flat.converged
    one = fit_soft_linear(X[:1], t[:1], w[:1], alpha=0.0)
    np.testing.assert_allclose(X[0] @ one.coef[0] + one.intercept, t[0])


@pytest.mark.parametrize(
    ("changed", "match"),
    [
        ({"alpha": -1.0}, "alpha must be at least 0"),
        ({"l1_ratio": 2.0}, "l1_ratio must be"),
        ({"t": np.full(150, np.nan)}, "finite targets"),
        ({"weights": -np.ones(150)}, "not negative"),
    ],
)
def test_errors_name_the_parameter(changed, match):
    X, t, w = make_rows()
    with pytest.raises(InvalidInputError, match=match):
        fit_soft_linear(X, **({"t": t, "weights": w} | changed))

"""Soft linear SVMs: LinearSVC on repeated rows, and the conditions of optimality."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from sklearn.datasets import load_iris
from sklearn.svm import LinearSVC

from interpkd.exceptions import InvalidInputError
from interpkd.learners import _hinge, _newton, fit_soft_svm
from interpkd.learners._row_blocks import RowBlocks

CLOSE = {"rtol": 0, "atol": 1e-6}
LOSSES = ["squared_hinge", "hinge"]


def make_rows(n_classes, n=120, d=3, seed=0, digits=10):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, d)).round(digits)
    logits = 2 * X @ rng.normal(size=(d, n_classes))
    P = np.exp(logits - logits.max(axis=1, keepdims=True))
    P = 0.8 * P / P.sum(axis=1, keepdims=True) + 0.2 * rng.dirichlet(np.ones(n_classes), n)
    return X, P, rng.integers(1, 4, n).astype(float)


def one_against_rest(P):
    return P[:, 1:] if P.shape[1] == 2 else P


def objective(X, p, w, coef, intercept, *, C, loss, scaling=1.0):
    z = X @ coef + intercept
    power = 2 if loss == "squared_hinge" else 1
    losses = p * np.maximum(1 - z, 0) ** power + (1 - p) * np.maximum(1 + z, 0) ** power
    return (coef @ coef + (intercept / scaling) ** 2) / 2 + C * float(w @ losses)


def steepest(X, p, w, coef, intercept, *, C, loss, lower, upper, n_directions=50):
    """Give the lowest slope of the objective along random directions that stay in the bounds."""
    rng = np.random.default_rng(0)
    Z = np.column_stack([X, np.ones(len(X))])
    theta = np.append(coef, intercept)
    z, lowest = Z @ theta, 0.0
    directions = rng.normal(size=(n_directions, len(theta)))
    directions = np.vstack([directions, np.eye(len(theta)), -np.eye(len(theta))])
    for v in directions:
        v[:-1][(coef <= lower) & (v[:-1] < 0)] = 0
        v[:-1][(coef >= upper) & (v[:-1] > 0)] = 0
        change, slope = Z @ v, theta @ v
        for mass, margin, move in ((p, 1 - z, -change), (1 - p, 1 + z, change)):
            if loss == "squared_hinge":
                slopes = 2 * np.maximum(margin, 0) * move
            else:  # at a kink the loss rises if the margin does
                on = np.where(np.abs(margin) < 1e-8, np.maximum(move, 0), (margin > 0) * move)
                slopes = on
            slope += C * float((w * mass) @ slopes)
        lowest = min(lowest, slope / (1 + C * w.sum()))
    return lowest


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("scaling", [1.0, 5.0])
def test_is_linear_svc_on_repeated_rows(n_classes, loss, scaling):
    X, P, w = make_rows(n_classes)
    C = 0.01
    model = fit_soft_svm(X, P, w, C=C, loss=loss, intercept_scaling=scaling)
    assert model.converged
    for k, p in enumerate(one_against_rest(P).T):
        oracle = LinearSVC(
            C=C, loss=loss, dual=True, tol=1e-11, max_iter=200_000, intercept_scaling=scaling
        )
        weights = np.column_stack([w * (1 - p), w * p]).ravel()
        oracle.fit(np.repeat(X, 2, axis=0), np.tile([0, 1], len(X)), sample_weight=weights)
        np.testing.assert_allclose(model.coef[k], oracle.coef_[0], **CLOSE)
        np.testing.assert_allclose(model.intercept[k], oracle.intercept_[0], **CLOSE)


@pytest.mark.parametrize("loss", LOSSES)
def test_labels_give_scikit_learns_model(loss):
    X, y = load_iris(return_X_y=True)
    X = X - X.mean(axis=0)
    options = {"C": 0.01, "loss": loss}
    oracle = LinearSVC(**options, dual=True, tol=1e-9, max_iter=500_000).fit(X, y)
    model = fit_soft_svm(X, np.eye(3)[y], np.ones(len(X)), **options)
    np.testing.assert_allclose(model.coef, oracle.coef_, **CLOSE)
    np.testing.assert_allclose(model.intercept, oracle.intercept_, **CLOSE)


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    loss=st.sampled_from(LOSSES),
    C=st.sampled_from([0.01, 0.5, 20.0]),
    bounds=st.sampled_from([(-np.inf, np.inf), (0.0, np.inf), (-0.2, 0.1)]),
    digits=st.sampled_from([0, 10]),
)
def test_no_direction_goes_downhill(seed, loss, C, bounds, digits):
    X, P, w = make_rows(2, n=60, seed=seed, digits=digits)
    model = fit_soft_svm(X, P, w, C=C, loss=loss, bounds=bounds)
    assert model.converged
    coef, intercept = model.coef[0], model.intercept[0]
    assert (coef >= bounds[0]).all()
    assert (coef <= bounds[1]).all()
    box = {"lower": bounds[0], "upper": bounds[1]}
    assert steepest(X, P[:, 1], w, coef, intercept, C=C, loss=loss, **box) > -1e-8


@pytest.mark.filterwarnings("ignore:Liblinear failed to converge")
@pytest.mark.parametrize("C", [1.0, 100.0])
@pytest.mark.parametrize("scaling", [1.0, 10.0])
def test_hinge_is_never_above_linear_svcs(C, scaling):
    """Where liblinear's coordinate descent crawls, its objective is compared."""
    X, P, w = make_rows(2)
    options = {"C": C, "loss": "hinge", "intercept_scaling": scaling}
    model = fit_soft_svm(X, P, w, **options)
    weights = np.column_stack([w * P[:, 0], w * P[:, 1]]).ravel()
    oracle = LinearSVC(**options, tol=1e-7, max_iter=100_000)
    oracle.fit(np.repeat(X, 2, axis=0), np.tile([0, 1], len(X)), sample_weight=weights)
    given = {"C": C, "loss": "hinge", "scaling": scaling}
    ours = objective(X, P[:, 1], w, model.coef[0], model.intercept[0], **given)
    theirs = objective(X, P[:, 1], w, oracle.coef_[0], oracle.intercept_[0], **given)
    assert model.converged
    assert ours <= theirs * (1 + 1e-12)
    assert ours >= theirs * 0.99


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("n_classes", [2, 3])
def test_laws_of_weights_and_classes(loss, n_classes):
    X, P, w = make_rows(n_classes)
    options = {"C": 0.1, "loss": loss}
    model = fit_soft_svm(X, P, w, **options)
    rows = np.repeat(np.arange(len(X)), w.astype(int))
    twice = fit_soft_svm(X[rows], P[rows], np.ones(len(rows)), **options)
    np.testing.assert_allclose(twice.coef, model.coef, **CLOSE)
    scaled = fit_soft_svm(X, P, 5 * w, C=0.1 / 5, loss=loss)
    np.testing.assert_allclose(scaled.coef, model.coef, **CLOSE)
    order = np.roll(np.arange(n_classes), 1)
    permuted = fit_soft_svm(X, P[:, order], w, **options)
    expected = -model.coef if n_classes == 2 else model.coef[order]
    np.testing.assert_allclose(permuted.coef, expected, **CLOSE)
    for form in (sparse.csr_matrix(X), X.astype(np.float32).astype(np.float64)):
        other = fit_soft_svm(form, P, w, **options)
        np.testing.assert_allclose(other.coef, model.coef, rtol=0, atol=1e-4)


@pytest.mark.parametrize("loss", LOSSES)
def test_awkward_data(loss):
    X, P, w = make_rows(3)
    P[:, 2] = 0  # a class without mass
    P /= P.sum(axis=1, keepdims=True)
    wide = np.column_stack([X, X[:, 0], np.zeros(len(X)), np.ones(len(X))])
    model = fit_soft_svm(wide, P, w, loss=loss)
    assert model.converged
    np.testing.assert_allclose(model.coef[:, 0], model.coef[:, 3], **CLOSE)
    assert (wide @ model.coef[2] + model.intercept[2] <= -1 + 1e-2).all()
    separated = np.eye(2)[(X[:, 0] > 0).astype(int)]
    assert fit_soft_svm(X, separated, w, loss=loss, C=100.0).converged


@pytest.fixture
def many_rows(monkeypatch):
    """Take a few rows for so many that the search begins on a sample and looks at some only."""
    monkeypatch.setattr(_hinge, "MANY_ROWS", 0)
    monkeypatch.setattr(_hinge, "SAMPLE_STEP", 2)
    assert not _hinge._is_small(_hinge.Problem(RowBlocks(np.eye(99, 3), intercept=1.0), *SOME))


SOME = np.ones((2, 99)), np.zeros(4), _newton.Penalty(*np.ones((4, 4)))


@pytest.mark.parametrize("bounds", [None, (0.0, np.inf), (-0.2, 0.1)])
@pytest.mark.parametrize("digits", [0, 1, 10])
@pytest.mark.parametrize("C", [0.01, 1.0, 100.0])
def test_hinge_of_many_rows_ends_where_that_of_few_does(request, bounds, digits, C):
    X, P, w = make_rows(2, n=400, digits=digits)
    w[::7] = 0
    options = {"C": C, "loss": "hinge", "bounds": bounds}
    few = fit_soft_svm(X, P, w, **options)
    request.getfixturevalue("many_rows")
    many = fit_soft_svm(X, P, w, **options)
    assert many.converged
    np.testing.assert_allclose(many.coef, few.coef, **CLOSE)
    # beside rounded rows several intercepts may be as good, up to their tiny penalty
    np.testing.assert_allclose(many.intercept, few.intercept, **CLOSE)
    assert not fit_soft_svm(X, P, w, **options, max_iter=1).converged


@pytest.mark.usefixtures("many_rows")
def test_a_guess_of_rows_that_is_wrong_is_put_right(monkeypatch):
    X, P, w = make_rows(2, n=400)
    right = fit_soft_svm(X, P, w, loss="hinge")
    monkeypatch.setattr(_hinge, "REACH", 0.05)  # nearly all rows are left out at first
    monkeypatch.setattr(_hinge, "WIDTHS_OFF", 5.0)
    other = fit_soft_svm(X, P, w, loss="hinge")
    np.testing.assert_allclose(other.coef, right.coef, **CLOSE)


@pytest.mark.parametrize("scaling", [None, 1.0, 3.0])
@pytest.mark.parametrize("centred", [False, True])
def test_dual_descent_of_sparse_rows_ends_there_too(monkeypatch, scaling, centred):
    X, P, w = make_rows(3)
    X = sparse.csr_array(np.where(np.abs(X) < 0.5, 0, X))
    options = {"C": 0.1, "loss": "hinge", "intercept_scaling": scaling or 1.0}
    options |= {"fit_intercept": scaling is not None}
    options |= {"centre": np.asarray(X.mean(axis=0)).ravel() if centred else None}
    exact = fit_soft_svm(X, P, w, **options)
    monkeypatch.setattr(_hinge, "MOST_PARAMETERS", 1)
    other = fit_soft_svm(X, P, w, **options)
    assert other.converged
    np.testing.assert_allclose(other.coef, exact.coef, **CLOSE)
    np.testing.assert_allclose(other.intercept, exact.intercept, **CLOSE)
    np.testing.assert_allclose(other.loss, exact.loss, atol=1e-7)
    assert not fit_soft_svm(X, P, w, **{**options, "C": 1e6}, max_iter=1).converged


def test_many_columns_end_where_few_do(monkeypatch):
    X, P, w = make_rows(2)
    exact = fit_soft_svm(X, P, w, C=0.1)
    monkeypatch.setattr("interpkd.learners._score_loss.MOST_PARAMETERS", 1)
    other = fit_soft_svm(X, P, w, C=0.1)
    assert other.converged
    np.testing.assert_allclose(other.coef, exact.coef, **CLOSE)


def test_a_search_cut_short_says_so():
    X, P, w = make_rows(2)
    for loss in LOSSES:
        assert not fit_soft_svm(X, P, w, C=100.0, loss=loss, max_iter=1).converged


@pytest.mark.parametrize(
    ("changed", "match"),
    [
        ({"C": 0.0}, "C must be above 0"),
        ({"loss": "log"}, "loss must be one of"),
        ({"intercept_scaling": 0.0}, "intercept_scaling must be above 0"),
        ({"P": np.ones((120, 1))}, "with two or more"),
    ],
)
def test_errors_name_the_parameter(changed, match):
    X, P, w = make_rows(2)
    with pytest.raises(InvalidInputError, match=match):
        fit_soft_svm(X, **({"P": P, "weights": w} | changed))

"""Linear learners: the same coefficients for any number of threads, to the last digit."""

import numpy as np
import pytest
from scipy import sparse

from interpkd import DistilledLinearRegression, DistilledLinearSVC, DistilledLogisticRegression
from interpkd.learners import fit_soft_linear, fit_soft_logistic, fit_soft_svm, use_threads

FITS = {
    "two classes": (fit_soft_logistic, 2, {}),
    "three classes": (fit_soft_logistic, 3, {}),
    "lasso": (fit_soft_logistic, 2, {"l1_ratio": 1.0, "C": 0.01}),
    "squared hinge": (fit_soft_svm, 3, {}),
    "hinge": (fit_soft_svm, 2, {"loss": "hinge", "C": 0.01}),
    "regression": (fit_soft_linear, 1, {}),
}


def make_rows(n_classes, n=1500):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n, 4))
    X = np.where(np.abs(X) < 0.5, 0, X)
    return X, rng.dirichlet(np.ones(n_classes), n), rng.integers(1, 4, n).astype(float)


@pytest.fixture
def small_blocks(monkeypatch):
    """Make blocks so small that a few rows are worth several threads."""
    monkeypatch.setattr("interpkd.learners._row_blocks.DENSE_BLOCK", 64)
    monkeypatch.setattr("interpkd.learners._row_blocks.SPARSE_BLOCK", 64)


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("form", [np.asarray, sparse.csr_array])
@pytest.mark.parametrize("name", FITS)
def test_threads_change_no_digit(name, form):
    fit, n_classes, params = FITS[name]
    X, P, w = make_rows(max(n_classes, 2))
    targets = P[:, 0] if n_classes == 1 else P
    found = []
    for n_jobs in (1, 2, 5):
        with use_threads(n_jobs):
            found.append(fit(form(X), targets, w, **params))
    for other in found[1:]:
        np.testing.assert_array_equal(other.coef, found[0].coef)
        np.testing.assert_array_equal(other.intercept, found[0].intercept)


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize(
    "kind", [DistilledLogisticRegression, DistilledLinearSVC, DistilledLinearRegression]
)
def test_students_hand_their_threads_on(monkeypatch, kind):
    X, P, _ = make_rows(2)
    asked = []
    real = use_threads

    def watched(n_jobs):
        asked.append(n_jobs)
        return real(n_jobs)

    monkeypatch.setattr("interpkd.students._linear.use_threads", watched)
    answers = P[:, 0] if kind is DistilledLinearRegression else P
    one, three = (kind(n_jobs=n).fit(X, teacher_proba=answers) for n in (1, 3))
    np.testing.assert_array_equal(one.coef_, three.coef_)
    assert asked == [1, 3]

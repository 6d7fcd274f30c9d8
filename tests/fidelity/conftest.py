"""Models whose answers a test writes down."""

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin


class GivenClassifier(ClassifierMixin, BaseEstimator):
    """A classifier that looks its probabilities up by a column `id`, or by position."""

    def __init__(self, proba, classes):
        self.proba, self.classes = proba, classes
        self.classes_ = np.asarray(classes)

    def predict_proba(self, X):
        by_id = hasattr(X, "columns") and "id" in X.columns
        return self.proba[np.asarray(X["id"]).astype(int)] if by_id else self.proba

    def __sklearn_is_fitted__(self):
        return True


class GivenRegressor(RegressorMixin, BaseEstimator):
    """A regressor with known predictions."""

    def __init__(self, values):
        self.values = values

    def predict(self, X):
        return self.values

    def __sklearn_is_fitted__(self):
        return True


@pytest.fixture(scope="session")
def given_classifier():
    def make(p, classes=(0, 1)):
        P = np.asarray(p, dtype=float)
        return GivenClassifier(np.column_stack([1 - P, P]) if P.ndim == 1 else P, classes)

    return make


@pytest.fixture(scope="session")
def given_regressor():
    return GivenRegressor

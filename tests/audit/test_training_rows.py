"""Rows both models learned from, given to the report."""

import numpy as np
import pytest
from sklearn.tree import DecisionTreeClassifier

from interpkd.audit import audit_report
from interpkd.exceptions import InvalidInputError

X = np.random.default_rng(0).normal(size=(60, 3))
y = (X[:, 0] > 0).astype(int)
STUDENT = DecisionTreeClassifier(max_depth=1).fit(X[:40], y[:40])


def test_training_rows_are_hashed_and_are_the_background():
    report = audit_report(STUDENT, X[40:], y[40:], X_train=X[:40], y_train=y[:40]).to_dict()
    same = audit_report(STUDENT, X[:40], y[:40], background=X[:40]).to_dict()
    assert report["hashes"]["training_rows"] == same["hashes"]["evaluation_rows"]
    assert report["hashes"]["training_labels"] == same["hashes"]["labels"]
    assert same["hashes"]["training_rows"] is None
    background = report["explanation"]["background"]
    assert background["sha256"] == same["explanation"]["background"]["sha256"]


@pytest.mark.parametrize(
    ("wrong", "match"),
    [
        ({"X_train": X[:9, :2]}, "X_train must be a table .* 3 columns"),
        ({"X_train": X[:9], "y_train": y[:8]}, r"y_train must have one value per row of X_train"),
        ({"y_train": y[:8]}, "y_train needs X_train"),
    ],
)
def test_training_rows_that_do_not_fit_are_refused(wrong, match):
    with pytest.raises(InvalidInputError, match=match):
        audit_report(STUDENT, X, y, **wrong)

"""KD009: more rules, bins or coefficients than the rows can carry."""

import numpy as np
from sklearn.linear_model import LogisticRegression

from interpkd import DistilledLogisticRegression, DistilledScorecardClassifier, as_teacher

CODE = "KD009"


def test_a_tree_of_too_many_rules_is_found(overgrown, says):
    said = says(overgrown, CODE)
    assert (said["status"], said["severity"]) == ("finding", "medium")
    assert said["evidence"]["n_rows"] == 120
    assert said["evidence"]["rows_per_part"] == 120 / said["evidence"]["n_parts"] < 30


def test_coefficients_and_bins_are_counted(audited, says):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 8))
    teacher = as_teacher(LogisticRegression().fit(X, X[:, 0] > 0))
    options = {"augmentation": None, "random_state": 0}
    for kind, n_parts in ((DistilledLogisticRegression, 8), (DistilledScorecardClassifier, None)):
        student = kind(teacher, **options).fit(X)
        said = says(audited(student, X[:30], background=X[:5]), CODE)
        assert said["status"] == "finding", said
        assert said["evidence"]["n_rows"] == 60
        assert n_parts in {None, said["evidence"]["n_parts"]}


def test_few_rules_are_not_found(clean, says):
    assert says(clean, CODE)["status"] == "clear"
    assert says(clean, CODE)["evidence"]["n_parts"] == 4

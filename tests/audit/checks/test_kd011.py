"""KD011: parts of the student that refits do not repeat."""

import numpy as np
from sklearn.tree import DecisionTreeClassifier

from interpkd import DistilledTreeClassifier, as_teacher
from interpkd.audit import stability

CODE = "KD011"


def test_splits_on_noise_are_found(audited, rows, says):
    X = np.nan_to_num(rows[0])
    noise = np.random.default_rng(0).integers(0, 2, 600)
    teacher = as_teacher(DecisionTreeClassifier(random_state=0).fit(X, noise))
    student = DistilledTreeClassifier(
        teacher, max_leaf_nodes=6, effort="greedy", augmentation=None, random_state=0
    ).fit(X[:300])
    found = stability(student, X[:300], n_refits=8)
    said = says(audited(student, X[300:360], stability=found), CODE)
    assert (said["status"], said["severity"]) == ("finding", "medium")
    assert said["evidence"]["n_not_repeated"] > 0
    assert said["evidence"]["churn"] > said["evidence"]["churn_ceiling"] == 0.1


def test_splits_that_recur_are_not_found(clean, says):
    assert says(clean, CODE)["status"] == "clear"
    assert says(clean, CODE)["evidence"]["n_refits"] == 4


def test_without_refits_it_is_not_applicable(overgrown, says):
    assert "pass it as stability=" in says(overgrown, CODE)["message"]

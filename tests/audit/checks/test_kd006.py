"""KD006: soft targets of rows whose labels the teacher remembers."""

import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from interpkd import DistilledTreeClassifier, DistilledTreeRegressor, as_teacher

CODE = "KD006"


@pytest.fixture(scope="module")
def parrot(rows):
    """A teacher that knows the labels of its training rows by heart."""
    X, y = rows
    return RandomForestClassifier(10, random_state=0).fit(X[:300], y[:300])


def taught(rows, teacher, **options):
    X, y = rows
    student = DistilledTreeClassifier(teacher, max_leaf_nodes=4, effort="greedy", **options)
    return student.fit(X[:300], y[:300])


def test_a_remembered_label_is_found(audited, rows, parrot, says):
    student = taught(rows, as_teacher(parrot), n_augmented=300, random_state=0)
    said = says(audited(student, rows[0][300:330]), CODE)
    assert (said["status"], said["severity"]) == ("finding", "low")  # generated rows make it mild
    assert said["evidence"]["label_memory"] > said["evidence"]["ceiling"] == 0.1


def test_a_teacher_that_shines_on_training_rows_is_found(audited, rows, parrot, says):
    X, y = rows
    student = taught(rows, as_teacher(parrot), augmentation=None)
    assert "pass X_train" in says(audited(student, X[300:330]), CODE)["message"]
    data = audited(student, X[300:], y[300:], X_train=X[:300], y_train=y[:300], background=X[:20])
    said = says(data, CODE)
    assert (said["status"], said["severity"]) == ("finding", "medium")
    assert said["evidence"]["training"] == parrot.score(X[:300], y[:300]) > 0.95
    assert said["evidence"]["estimate"] == parrot.score(X[300:], y[300:]) < 0.85


def test_a_regression_is_judged_by_r2(audited, rows, says):
    X, y = rows[0], rows[0][:, 0] + rows[1]
    parrot = DecisionTreeRegressor(random_state=0).fit(X[:300], y[:300])
    student = DistilledTreeRegressor(as_teacher(parrot), effort="greedy", augmentation=None)
    data = audited(student.fit(X[:300]), X[300:], y[300:], X_train=X[:300], y_train=y[:300])
    said = says(data, CODE)
    assert said["status"] == "finding"
    assert said["evidence"]["training"] == pytest.approx(parrot.score(X[:300], y[:300]), abs=1e-12)
    assert said["evidence"]["training"] > 0.999


def test_out_of_fold_answers_are_not_found(audited, rows, parrot, says):
    student = taught(rows, DecisionTreeClassifier(random_state=0), cv=2, augmentation=None)
    said = says(audited(student, rows[0][300:330]), CODE)
    assert said["status"] == "clear"
    assert said["evidence"]["accuracy_in_sample"] > said["evidence"]["accuracy_out_of_fold"]


def test_a_teacher_that_forgets_is_not_found(clean, says):
    assert says(clean, CODE)["status"] == "clear"

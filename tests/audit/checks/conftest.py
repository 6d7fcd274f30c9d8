"""One clean run that every check is silent on, and a way to run with one fault planted.

Reports are made without pictures, which no check reads and which take most of the time.
"""

import numpy as np
import pytest
from sklearn.tree import DecisionTreeClassifier

from interpkd import DistilledTreeClassifier, as_teacher
from interpkd.audit import audit_report, stability


@pytest.fixture(scope="session")
def audited():
    """Make a report without pictures, and give its data model."""

    def make(*args, **options):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("interpkd.audit._report.draw_pictures", lambda *_: {})
            return audit_report(*args, **options).to_dict()

    return make


@pytest.fixture(scope="session")
def says():
    """Give what a check says in a report."""
    return lambda data, code: next(one for one in data["findings"] if one["code"] == code)


@pytest.fixture(scope="session")
def rows():
    """Give rows with a column that is missing now and then, and their labels."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(600, 3))
    X[rng.random(600) < 0.1, 2] = np.nan
    chance = 0.1 + 0.5 * (X[:, 0] > 0) + 0.3 * (X[:, 1] > 0)
    return X, (rng.random(600) < chance).astype(int)


@pytest.fixture(scope="session")
def student(rows):
    """Give a student that repeats its teacher, a tree that remembers no labels."""
    X, y = rows
    tree = DecisionTreeClassifier(max_leaf_nodes=4).fit(X[:300], y[:300])
    return DistilledTreeClassifier(
        as_teacher(tree),
        max_leaf_nodes=4,
        augmentation=None,
        effort="greedy",
        monotonic_cst=[1, 1, 0],
        random_state=0,
    ).fit(X[:300], y[:300])


@pytest.fixture(scope="session")
def clean(audited, rows, student):
    """Give the data model of a run without a fault."""
    X, y = rows
    return audited(
        student,
        X[300:],
        y[300:],
        X_train=X[:300],
        y_train=y[:300],
        groups={"half": np.arange(300) % 2},
        stability=stability(student, X[:300], y[:300], n_refits=4),
    )


@pytest.fixture(scope="session")
def answers(rows, student):
    """Give the student's probabilities on the evaluation rows, to plant another teacher with."""
    return student.predict_proba(rows[0][300:])


@pytest.fixture(scope="session")
def overgrown(audited, rows):
    """Give the data model of a tree of 40 rules on 120 rows."""
    X, y = rows
    tree = DecisionTreeClassifier(max_leaf_nodes=40, random_state=0).fit(X[:120], y[:120])
    return audited(tree, X[300:360], y[300:360], teacher=tree.predict_proba(X[300:360]))

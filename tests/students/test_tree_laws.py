"""Laws of the tree students: what must hold on any data."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import make_classification, make_regression
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from interpkd import DistilledTreeClassifier, DistilledTreeRegressor, as_teacher


@pytest.fixture(scope="module", params=[2, 3])
def frozen(request):
    X, y = make_classification(
        300, 8, n_informative=6, n_redundant=0, n_classes=request.param, random_state=0
    )
    return X, y, FrozenEstimator(RandomForestClassifier(10, random_state=0).fit(X, y))


@pytest.fixture(scope="module")
def regression():
    X, y = make_regression(300, 6, noise=5.0, random_state=0)
    return X, y, FrozenEstimator(RandomForestRegressor(10, random_state=0).fit(X, y))


@pytest.mark.parametrize("temperature", [0.5, 1.0, 4.0, 20.0])
def test_full_tree_reproduces_its_teacher(frozen, temperature):
    X, _, teacher = frozen
    student = DistilledTreeClassifier(
        teacher, temperature=temperature, max_leaf_nodes=None, min_samples_leaf=1
    ).fit(X)
    # a probability of exactly 0 or 1 has no finite logit, and survives any temperature
    np.testing.assert_allclose(student.predict_proba(X), teacher.predict_proba(X), atol=1e-12)


def test_full_regression_tree_reproduces_its_teacher(regression):
    X, _, teacher = regression
    student = DistilledTreeRegressor(teacher, max_leaf_nodes=None, min_samples_leaf=1).fit(X)
    np.testing.assert_allclose(student.predict(X), teacher.predict(X), atol=1e-9)


@pytest.mark.parametrize("min_samples_leaf", [1, 5, 20])
@pytest.mark.parametrize("max_leaf_nodes", [6, 16, None])
def test_labels_alone_give_scikit_learns_gini_tree(frozen, max_leaf_nodes, min_samples_leaf):
    """With alpha=1 the targets are one-hot labels, and the student an ordinary tree."""
    X, y, teacher = frozen
    size = {"max_leaf_nodes": max_leaf_nodes, "min_samples_leaf": min_samples_leaf}
    student = DistilledTreeClassifier(teacher, alpha=1.0, random_state=0, **size).fit(X, y)
    gini = DecisionTreeClassifier(random_state=0, **size).fit(X, y)
    ours, theirs = student.student_.tree_, gini.tree_
    for field in ("feature", "children_left", "children_right", "n_node_samples"):
        np.testing.assert_array_equal(getattr(ours, field), getattr(theirs, field), err_msg=field)
    np.testing.assert_allclose(ours.threshold, theirs.threshold, rtol=1e-6)
    np.testing.assert_allclose(ours.value, theirs.value, atol=1e-12)
    np.testing.assert_allclose(ours.impurity, theirs.impurity, atol=1e-12)


def test_targets_alone_give_scikit_learns_regression_tree(regression):
    X, y, teacher = regression
    student = DistilledTreeRegressor(teacher, alpha=1.0, random_state=0).fit(X, y)
    tree = DecisionTreeRegressor(max_leaf_nodes=16, min_samples_leaf=5, random_state=0).fit(X, y)
    np.testing.assert_allclose(student.predict(X), tree.predict(X))


def test_weight_two_is_a_row_twice(frozen):
    """Holds while a leaf may be one row: `min_samples_leaf` counts rows, not weights."""
    X, _, teacher = frozen
    weight = np.random.default_rng(0).integers(0, 4, size=len(X))
    student = DistilledTreeClassifier(teacher, min_samples_leaf=1, random_state=0)
    weighted = clone(student).fit(X, sample_weight=weight).predict_proba(X)
    repeated = clone(student).fit(np.repeat(X, weight, axis=0)).predict_proba(X)
    np.testing.assert_allclose(weighted, repeated, atol=1e-12)


def test_weight_two_is_a_row_twice_for_regression(regression):
    X, _, teacher = regression
    weight = np.random.default_rng(0).integers(0, 4, size=len(X))
    student = DistilledTreeRegressor(teacher, min_samples_leaf=1, random_state=0)
    weighted = clone(student).fit(X, sample_weight=weight).predict(X)
    repeated = clone(student).fit(np.repeat(X, weight, axis=0)).predict(X)
    np.testing.assert_allclose(weighted, repeated)


def test_permuted_classes_permute_columns(frozen):
    X, _, teacher = frozen
    K = len(teacher.classes_)
    order = np.roll(np.arange(K), 1)

    def probabilities(rows):
        return teacher.predict_proba(rows)

    def permuted(rows):
        return teacher.predict_proba(rows)[:, order]

    one = DistilledTreeClassifier(as_teacher(probabilities, classes=np.arange(K)), random_state=0)
    two = DistilledTreeClassifier(as_teacher(permuted, classes=order), random_state=0)
    one.fit(X)
    two.fit(X)
    assert two.classes_.tolist() == order.tolist()
    np.testing.assert_allclose(two.predict_proba(X), one.predict_proba(X)[:, order], atol=1e-12)
    np.testing.assert_array_equal(two.predict(X), one.predict(X))


@pytest.mark.parametrize("alpha", [0.0, 0.4, 1.0])
def test_leaves_hold_the_mean_target(frozen, alpha):
    X, y, teacher = frozen
    weight = np.random.default_rng(0).uniform(0.5, 2, len(X))
    student = DistilledTreeClassifier(teacher, alpha=alpha, augmentation=None, random_state=0)
    student.fit(X, y, sample_weight=weight)
    target = (1 - alpha) * teacher.predict_proba(X) + alpha * np.eye(len(teacher.classes_))[y]
    leaf = student.student_.apply(X)
    for node in np.unique(leaf):
        mean = np.average(target[leaf == node], axis=0, weights=weight[leaf == node])
        np.testing.assert_allclose(student.student_.tree_.value[node, 0], mean, atol=1e-12)


def test_unlabelled_rows_count_as_rows_of_a_frozen_teacher(frozen):
    """For a frozen teacher a row without label is as good as any."""
    X, _, teacher = frozen
    split = DistilledTreeClassifier(teacher, random_state=0).fit(X[:150], X_unlabeled=X[150:])
    whole = DistilledTreeClassifier(teacher, random_state=0).fit(X)
    np.testing.assert_array_equal(split.predict_proba(X), whole.predict_proba(X))
    assert (split.distillation_["n_labeled"], split.distillation_["n_unlabeled"]) == (150, 150)


def test_unlabelled_rows_get_the_refitted_teachers_answers():
    X, y = make_classification(300, random_state=0)
    student = DistilledTreeClassifier(
        LogisticRegression(), max_leaf_nodes=None, min_samples_leaf=1, random_state=0
    ).fit(X[:200], y[:200], X_unlabeled=X[200:])
    expected = LogisticRegression().fit(X[:200], y[:200]).predict_proba(X[200:])
    np.testing.assert_allclose(student.predict_proba(X[200:]), expected, atol=1e-12)


def test_given_scores_equal_a_frozen_teacher(frozen):
    X, y, teacher = frozen
    P = teacher.predict_proba(X)
    asked = DistilledTreeClassifier(teacher, augmentation=None, random_state=0).fit(X)
    given = DistilledTreeClassifier(random_state=0).fit(X, y, teacher_proba=P)
    np.testing.assert_array_equal(given.predict_proba(X), asked.predict_proba(X))
    assert given.teacher_ is None
    assert given.distillation_["source"] == "given scores"


def test_given_predictions_equal_a_frozen_teacher(regression):
    X, _, teacher = regression
    asked = DistilledTreeRegressor(teacher, augmentation=None, random_state=0).fit(X)
    given = DistilledTreeRegressor(random_state=0).fit(X, teacher_proba=teacher.predict(X))
    np.testing.assert_array_equal(given.predict(X), asked.predict(X))


def test_the_plain_tree_is_the_student(frozen):
    X, _, teacher = frozen
    student = DistilledTreeClassifier(teacher, temperature=3.0, random_state=0).fit(X)
    assert type(student.student_) is DecisionTreeClassifier
    np.testing.assert_array_equal(student.student_.predict_proba(X), student.predict_proba(X))
    np.testing.assert_array_equal(student.student_.predict(X), student.predict(X))
    assert student.get_n_leaves() == student.student_.get_n_leaves() <= 16
    assert student.get_depth() == student.student_.get_depth()


def test_monotone_student(frozen):
    X, _, teacher = frozen
    if len(teacher.classes_) > 2:
        with pytest.raises(ValueError, match="'monotonic_cst' parameter needs two classes, got 3"):
            DistilledTreeClassifier(teacher, monotonic_cst=[1] + [0] * 7).fit(X)
        return
    signs = np.zeros(8, dtype=int)
    signs[:3] = 1, -1, 1
    student = DistilledTreeClassifier(
        teacher, monotonic_cst=signs, min_samples_leaf=5, random_state=0
    ).fit(X)
    assert student.effort_ == "balanced"
    for feature in range(3):
        rows = np.repeat(X[:40], 30, axis=0)
        rows[:, feature] = np.tile(np.linspace(-4, 4, 30), 40)
        steps = np.diff(student.predict_proba(rows)[:, 1].reshape(40, 30), axis=1)
        assert (signs[feature] * steps >= 0).all()


@pytest.mark.parametrize("effort", ["greedy", "refined", "balanced", "thorough"])
def test_monotone_regression_student(regression, effort):
    X, _, teacher = regression
    signs = np.array([1, -1, 0, 1, 0, 0])
    student = DistilledTreeRegressor(
        teacher, monotonic_cst=signs, max_leaf_nodes=8, effort=effort, random_state=0
    ).fit(X)
    assert student.effort_ == effort
    for feature in np.flatnonzero(signs):
        rows = np.repeat(X, 30, axis=0)
        rows[:, feature] = np.tile(np.linspace(-4, 4, 30), len(X))
        steps = np.diff(student.predict(rows).reshape(len(X), 30), axis=1)
        assert (signs[feature] * steps >= 0).all()


@pytest.mark.parametrize("effort", ["refined", "balanced"])
def test_a_limit_of_depth_is_size_enough(frozen, effort):
    """Every path ends in a leaf, so there are at most two to the power of the depth."""
    X, _, teacher = frozen
    student = DistilledTreeClassifier(
        teacher, max_leaf_nodes=None, max_depth=3, effort=effort, random_state=0
    ).fit(X)
    same = clone(student).set_params(max_leaf_nodes=8).fit(X)
    assert student.effort_ == effort
    assert student.get_depth() <= 3
    np.testing.assert_array_equal(student.predict_proba(X), same.predict_proba(X))


def test_splits_that_gain_too_little_are_cut(frozen):
    X, _, teacher = frozen
    leaves = [
        DistilledTreeClassifier(teacher, min_impurity_decrease=least, random_state=0)
        .fit(X)
        .get_n_leaves()
        for least in (0.0, 0.005, 0.02, 1.0)
    ]
    assert leaves == sorted(leaves, reverse=True)
    assert (leaves[0], leaves[-1]) == (16, 1)


def test_the_same_seed_gives_the_same_student(frozen):
    X, y, _ = frozen
    student = DistilledTreeClassifier(RandomForestClassifier(5, random_state=1), random_state=0)
    one, two = clone(student).fit(X, y), clone(student).fit(X, y)
    np.testing.assert_array_equal(one.predict_proba(X), two.predict_proba(X))

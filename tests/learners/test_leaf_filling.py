"""Leaves that are short of rows get more; the tree stays as it is."""

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer

from interpkd import DistilledTreeClassifier, as_teacher
from interpkd.learners import LEAF, fill_leaves, grow_tree, missing_rows, wanted_rows
from interpkd.learners._leaf_filling import ENOUGH_ROWS


@pytest.fixture
def grown():
    rng = np.random.default_rng(0)
    Z = rng.normal(size=(500, 2))
    targets = np.column_stack([Z[:, 0] > 1, Z[:, 0] <= 1]).astype(float)
    weights = rng.integers(1, 4, 500).astype(float)
    size = {"max_leaf_nodes": 5, "max_depth": None, "min_samples_leaf": 5}
    return grow_tree(Z, targets, weights, min_impurity_decrease=0.0, **size), Z, targets, weights


def test_what_is_missing_is_chosen_and_no_more(grown):
    model, Z, *_ = grown
    n_missing = missing_rows(model, Z)
    assert (n_missing[model.left != LEAF] == 0).all()
    many = np.random.default_rng(1).normal(size=(20_000, 2))
    wanted = wanted_rows(model, many, n_missing)
    reached = np.bincount(model.apply(many[wanted]), minlength=len(model.left))
    available = np.bincount(model.apply(many), minlength=len(model.left))
    np.testing.assert_array_equal(reached, np.minimum(n_missing, available))


def test_leaves_weigh_what_they_did_and_answer_the_mean_of_all_rows(grown):
    model, Z, targets, weights = grown
    more = np.random.default_rng(1).normal(size=(300, 2))
    answers = np.full((300, 2), 0.5)
    filled = fill_leaves(
        model, np.r_[Z, more], np.r_[targets, answers], np.append(weights, np.ones(300)), 500
    )
    np.testing.assert_allclose(filled.weight, model.weight, rtol=1e-12)
    np.testing.assert_array_equal(filled.threshold, model.threshold)
    old, new = model.apply(Z), model.apply(more)
    for leaf in np.flatnonzero(model.left == LEAF):
        w = np.append(weights[old == leaf], np.ones((new == leaf).sum()))
        t = np.r_[targets[old == leaf], answers[new == leaf]]
        np.testing.assert_allclose(filled.value[leaf], w @ t / w.sum(), rtol=1e-12)
    for node in np.flatnonzero(model.left != LEAF):
        children = [model.left[node], model.right[node]]
        mean = filled.weight[children] @ filled.value[children] / filled.weight[node]
        np.testing.assert_allclose(filled.value[node], mean, rtol=1e-12)


def test_a_student_asks_about_more_rows_where_it_is_short_of_them():
    X, y = load_breast_cancer(return_X_y=True)
    asked = []

    def answer(rows):
        asked.append(len(rows))
        p = 1 / (1 + np.exp(rows[:, 0] - 14 + np.sin(3 * rows[:, 1])))
        return np.column_stack([1 - p, p])

    student = DistilledTreeClassifier(
        as_teacher(answer, classes=[0, 1]), max_leaf_nodes=60, effort="greedy", random_state=0
    )
    student.fit(X, y)
    first, more = min(15_000, 25 * len(X)), student.distillation_["n_augmented"]
    assert first < more == sum(asked) - len(X)
    assert more - first <= 60 * ENOUGH_ROWS
    fixed = student.set_params(n_augmented=2000).fit(X, y)
    assert fixed.distillation_["n_augmented"] == 2000

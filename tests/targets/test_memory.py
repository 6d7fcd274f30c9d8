"""What a teacher remembers of its labels is found, and only there."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import make_classification, make_friedman1
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import LogisticRegression

from interpkd import DistilledTreeClassifier, DistilledTreeRegressor, as_teacher
from interpkd.targets import build_transfer_set, label_memory, weigh_by_memory


@settings(max_examples=20, deadline=None)
@given(share=st.floats(0, 0.9), seed=st.integers(0, 100))
def test_a_known_share_is_found_whatever_the_curvature(share, seed):
    rng = np.random.default_rng(seed)
    honest = rng.beta(2, 2, size=(20_000, 1))
    labels = (rng.random(honest.shape) < honest).astype(float)
    near = honest + rng.normal(0, 0.2, honest.shape) + 0.1  # neighbours say something else
    found = label_memory((1 - share) * honest + share * labels, labels, near, np.ones(20_000))
    assert found == pytest.approx(share, abs=0.05)


def test_it_is_0_where_answers_are_labels_or_nothing_is_shared():
    labels = np.eye(2)[[0, 1, 1]]
    assert label_memory(labels, labels, np.full((3, 2), 0.5), np.ones(3)) == 0
    half = np.full((3, 2), 0.5)
    assert label_memory(half, labels, half, np.ones(3)) == 0


def test_weight_two_is_a_row_twice_and_the_order_does_not_matter():
    rng = np.random.default_rng(0)
    Z = rng.integers(0, 4, size=(60, 2)).astype(float)
    answers, labels = rng.random((60, 1)), rng.integers(0, 2, (60, 1)).astype(float)
    _, same = np.unique(Z, axis=0, return_inverse=True)
    answers = answers[same]  # a teacher answers equal rows alike
    start = rng.integers(0, 60, 300)
    generated = rng.random((300, 1))
    once = np.arange(60)
    twice = np.concatenate([once, once[:10]])
    weighted = build_transfer_set(Z, answers, 1.0 + (once < 10))
    repeated = build_transfer_set(Z[twice], answers[twice], None)
    shuffled = rng.permutation(70)
    place = np.argsort(shuffled)
    turned = build_transfer_set(Z[twice][shuffled], answers[twice][shuffled], None)
    found = [
        weigh_by_memory(weighted, answers, labels, generated, start),
        weigh_by_memory(repeated, answers[twice], labels[twice], generated, start),
        weigh_by_memory(
            turned, answers[twice][shuffled], labels[twice][shuffled], generated, place[start]
        ),
    ]
    assert len({one.label_memory for one in found}) == 1
    np.testing.assert_allclose(found[0].weights.sum(), found[1].weights.sum(), rtol=1e-12)


def test_a_forest_remembers_its_training_rows_and_no_others():
    X, y = make_classification(1200, 8, n_informative=4, flip_y=0.3, random_state=0)
    forest = RandomForestClassifier(60, random_state=0).fit(X[:600], y[:600])
    student = DistilledTreeClassifier(as_teacher(forest), max_leaf_nodes=4, effort="greedy")
    own = student.fit(X[:600], y[:600]).distillation_["label_memory"]
    other = student.fit(X[600:], y[600:]).distillation_["label_memory"]
    assert own > 0.4
    assert other < 0.15
    smooth = LogisticRegression().fit(X[:600], y[:600])
    student = DistilledTreeClassifier(as_teacher(smooth), max_leaf_nodes=4, effort="greedy")
    assert student.fit(X[:600], y[:600]).distillation_["label_memory"] < 0.05


def test_a_regression_forest_too():
    X, y = make_friedman1(600, noise=3.0, random_state=0)
    forest = RandomForestRegressor(60, random_state=0).fit(X, y)
    student = DistilledTreeRegressor(as_teacher(forest), max_leaf_nodes=4, effort="greedy")
    assert student.fit(X, y).distillation_["label_memory"] > 0.3


def test_it_is_not_asked_for_without_labels_or_out_of_fold():
    X, y = make_classification(300, 5, random_state=0)
    forest = RandomForestClassifier(5, random_state=0)
    student = DistilledTreeClassifier(forest, max_leaf_nodes=4, effort="greedy")
    assert "label_memory" not in student.fit(X, y).distillation_
    frozen = as_teacher(RandomForestClassifier(5, random_state=0).fit(X, y))
    student = DistilledTreeClassifier(frozen, max_leaf_nodes=4, effort="greedy")
    assert "label_memory" not in student.fit(X).distillation_

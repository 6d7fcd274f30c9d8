"""What is planted in the loan book is true of it, and is found by what has to find it."""

import math
import pickle

import numpy as np
import pandas as pd
import pytest

from interpkd import DistilledTreeClassifier, as_teacher
from interpkd.audit import group_fairness
from interpkd.datasets import make_credit
from interpkd.exceptions import InvalidInputError
from interpkd.fidelity import certify_monotonicity, worst_segment

N_TRAIN = 1200


def student_of(loans, *, max_leaf_nodes=6, effort="greedy", monotonic_cst=None):
    """Distil the truth itself into a tree, on the first half of the loans."""
    teacher = as_teacher(loans.truth.predict_proba, classes=loans.truth.classes)
    student = DistilledTreeClassifier(
        teacher,
        max_leaf_nodes=max_leaf_nodes,
        effort=effort,
        monotonic_cst=monotonic_cst,
        augmentation=None,
        random_state=0,
    )
    return student.fit(loans.data[:N_TRAIN], loans.target[:N_TRAIN])


def columns_and_values(segment):
    return {condition.column: condition.categories for condition in segment.conditions}


@pytest.fixture(scope="module")
def with_segment():
    return make_credit(2 * N_TRAIN, segment_effect=3.0, random_state=0)


@pytest.fixture(scope="module")
def with_groups():
    return make_credit(2 * N_TRAIN, group_effect=1.0, random_state=0)


def test_effects_change_no_other_draw(with_segment, with_groups):
    plain = make_credit(2 * N_TRAIN, random_state=0)
    pd.testing.assert_frame_equal(with_segment.data, plain.data)
    in_a = with_groups.data["group"] == "A"
    pd.testing.assert_frame_equal(
        with_groups.data.loc[in_a].drop(columns="group"), plain.data.loc[in_a]
    )
    np.testing.assert_array_equal(with_groups.probability[in_a], plain.probability[in_a])
    lower = with_groups.data.loc[~in_a, "income"] / plain.data.loc[~in_a, "income"]
    np.testing.assert_allclose(lower.dropna(), 0.8, atol=1e-4)


def test_a_plain_book_has_directions_and_nothing_planted():
    truth = make_credit(50, random_state=0).truth
    assert truth.protected is None
    assert truth.group_effect is None
    assert truth.segment_effect == 0
    assert not truth.segment_rows.any()


def test_segment_has_the_stated_log_odds(with_segment):
    plain = make_credit(2 * N_TRAIN, random_state=0).probability
    planted = with_segment.probability
    moved = np.log(planted / (1 - planted)) - np.log(plain / (1 - plain))
    west = (with_segment.data["branch"] == "west").to_numpy()
    car = (with_segment.data["purpose"] == "car").to_numpy()
    stated = np.select([west & car, west, car], [1, -1 / 4, -1 / 3], 1 / 12)
    np.testing.assert_allclose(moved, 3 * stated, atol=1e-9)
    np.testing.assert_array_equal(with_segment.truth.segment_rows, west & car)
    assert 0.03 < (west & car).mean() < 0.07


def test_groups_have_the_stated_log_odds(with_groups):
    data, truth = with_groups.data, with_groups.truth
    swapped = data.assign(group=data["group"].cat.rename_categories({"A": "B", "B": "A"}))
    both = truth.predict_proba(data)[:, 0], truth.predict_proba(swapped)[:, 0]
    odds = [np.log(p / (1 - p)) for p in both]
    in_b = (data["group"] == "B").to_numpy()
    np.testing.assert_allclose(odds[0] - odds[1], np.where(in_b, 1.0, -1.0), atol=1e-9)
    assert abs(in_b.mean() - 0.5) < 6 * 0.5 / math.sqrt(len(data))


def test_the_truth_is_a_teacher_that_can_be_stored(with_segment):
    again = pickle.loads(pickle.dumps(with_segment.truth))  # noqa: S301
    P = again.predict_proba(with_segment.data)
    np.testing.assert_array_equal(P[:, 0], with_segment.probability)
    np.testing.assert_allclose(P.sum(axis=1), 1, rtol=1e-12)
    assert again.classes == ["default", "repaid"]


@pytest.mark.parametrize("seed", [0, 1])
def test_the_planted_segment_is_the_worst_of_a_student_that_is_too_small(seed):
    loans = make_credit(2 * N_TRAIN, segment_effect=3.0, random_state=seed)
    student = student_of(loans)
    found = worst_segment(student, loans.data[N_TRAIN:], max_conditions=2)
    worst = found.segments[0]
    assert columns_and_values(worst) == {"branch": ("west",), "purpose": ("car",)}
    assert worst.p_adjusted < 1e-6
    inside = loans.truth.segment_rows[N_TRAIN:]
    agree = student.predict(loans.data[N_TRAIN:]) == np.where(
        loans.probability[N_TRAIN:] > 0.5, "default", "repaid"
    )
    assert agree[inside].mean() < 0.4
    assert agree[~inside].mean() > 0.8


def test_nothing_planted_nothing_found_there():
    loans = make_credit(2 * N_TRAIN, random_state=0)
    found = worst_segment(student_of(loans), loans.data[N_TRAIN:], max_conditions=2)
    assert all(set(columns_and_values(s)) != {"branch", "purpose"} for s in found.segments)


def test_stated_directions_are_those_of_the_truth(with_groups):
    data, truth = with_groups.data, with_groups.truth
    before = truth.predict_proba(data)[:, 1]
    for name, sign in truth.monotonic_cst.items():
        is_flag = pd.api.types.is_bool_dtype(data[name])
        moved = data.assign(**{name: True if is_flag else data[name] * 1.3 + 1})
        change = sign * (truth.predict_proba(moved)[:, 1] - before)
        assert change.min() >= 0, name
        assert change.max() > 0, name


def test_a_student_under_the_directions_is_proved_and_one_without_them_violates(with_segment):
    directions = with_segment.truth.monotonic_cst
    statuses = []
    for signs in (None, directions):
        student = student_of(with_segment, max_leaf_nodes=16, monotonic_cst=signs)
        found = certify_monotonicity(student, X_ref=with_segment.data, columns=directions)
        statuses.append({name: one.status for name, one in found.student.items()})
    assert "violated" in statuses[0].values()
    assert set(statuses[1].values()) == {"proved"}


def test_the_fairness_report_sees_the_group(with_groups):
    pytest.importorskip("fairlearn", reason="the extra `fairness` is not installed")
    held_out = with_groups.data[N_TRAIN:]
    found = group_fairness(
        student_of(with_groups),
        held_out,
        with_groups.target[N_TRAIN:],
        groups=held_out[["group"]],
        adverse_class="default",
        reference={"group": "A"},
    )
    ratio = found.group(group="B").teacher["impact_ratio"]
    repaid = with_groups.probability[N_TRAIN:] < 0.5
    in_b = (held_out["group"] == "B").to_numpy()
    assert ratio.estimate == pytest.approx(repaid[in_b].mean() / repaid[~in_b].mean())
    assert ratio.high < 0.85


@pytest.mark.parametrize("effect", [float("nan"), "large", True])
@pytest.mark.parametrize("name", ["group_effect", "segment_effect"])
def test_an_effect_that_is_no_number_is_refused(name, effect):
    with pytest.raises(InvalidInputError, match=f"{name} must be a finite number"):
        make_credit(10, **{name: effect})

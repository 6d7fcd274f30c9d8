"""The search against asking both models about every input there is."""

import numpy as np
import pytest
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from interpkd.fidelity.certificate._search_room import OPEN, YES
from interpkd.fidelity.certificate._verdicts import ask_disagreement, ask_stability

CLASSES = [
    "xgboost", "xgboost, three", "xgboost, dart", "lightgbm", "histogram", "histogram, three",
    "forest", "forest, three", "boosting",
]  # fmt: skip


def check(case, radius, may_stay_open=0):
    """Compare every verdict with all inputs of its neighbourhood; give how many were compared."""
    boxes = case.boxes(radius)

    def is_contradicted(which, found, slope):
        return case.disagrees(case.witness(boxes, which, found, slope))

    def is_flipped(which, found, slope):
        Z = case.witness(boxes, which, found, slope)
        return case.differs(case.teacher.predict(Z), case.answers[which])

    about = ask_disagreement(case.models, boxes, 300, is_contradicted)
    alone = ask_stability(case.models, boxes, case.decided(), 300, is_flipped)
    n_compared = 0
    for r in range(len(case.X)):
        Z = case.inputs(boxes, r)
        if Z is None:
            continue
        n_compared += 1
        if about.state[r] != OPEN:
            assert case.disagrees(Z).any() == (about.state[r] == YES), f"row {r}"
        flips = case.differs(case.teacher.predict(Z), case.answers[r]).any()
        if alone.state[r] != OPEN:
            assert flips == (alone.state[r] == YES), f"row {r}"
    hit = np.flatnonzero(about.state == YES)
    Z = case.witness(boxes, hit, about.found[hit], about.slope[hit])
    assert case.disagrees(Z).all()
    inside = (boxes.least[hit] <= Z) & (boxes.most[hit] >= Z)
    assert (inside | np.isnan(Z)).all()
    assert (about.state == OPEN).sum() <= may_stay_open
    return n_compared


@pytest.mark.parametrize("name", CLASSES)
@pytest.mark.parametrize("radius", [0.02, 0.08])
def test_trees_of_classes(teachers, make_case, name, radius):
    teacher, X, y = teachers[name]
    student = DecisionTreeClassifier(max_leaf_nodes=7, random_state=0).fit(X, y)
    # a forest that is of two minds to the last digit is left open
    n = check(make_case(teacher, student, X), radius, may_stay_open=0)
    assert n > 3


@pytest.mark.parametrize("radius", [0.02, 0.08])
def test_linear_students(teachers, make_case, rows, radius):
    teacher, X, y = teachers["boosting"]
    assert check(make_case(teacher, LogisticRegression().fit(X, y), X), radius) > 10
    reversed_ = LogisticRegression().fit(X, np.where(rows.two == "yes", "no", "yes"))
    assert check(make_case(teacher, reversed_, X), radius) > 10


@pytest.mark.parametrize("radius", [0.02, 0.06])
def test_linear_students_of_three_classes(teachers, make_case, rows, radius):
    X, y = rows.full, rows.three
    teacher = GradientBoostingClassifier(n_estimators=6).fit(X, y)
    # where a third class is near, the ends of one cell may not settle it
    case = make_case(teacher, LogisticRegression().fit(X, y), X)
    assert check(case, radius, may_stay_open=2) > 10


@pytest.mark.parametrize("name", ["xgboost, number", "gamma"])
def test_regressions(teachers, make_case, rows, name):
    teacher, X, y = teachers[name]
    student = DecisionTreeRegressor(max_leaf_nodes=12, random_state=0).fit(X, y)
    assert check(make_case(teacher, student, X, tolerance=0.8), 0.06) > 10
    if name == "xgboost, number":
        case = make_case(teacher, LinearRegression().fit(rows.full, y), rows.full, tolerance=1.0)
        assert check(case, 0.06) > 10


def test_a_spent_budget_leaves_rows_open_and_no_more_is_proved(teachers, make_case):
    teacher, X, y = teachers["forest"]
    case = make_case(teacher, DecisionTreeClassifier(max_leaf_nodes=7, random_state=0).fit(X, y), X)
    boxes = case.boxes(0.08)
    states = {}
    for budget in (1, 2, 300):
        found = ask_disagreement(
            case.models,
            boxes,
            budget,
            lambda which, cells, slope: case.disagrees(case.witness(boxes, which, cells, slope)),
        )
        states[budget] = found.state
        assert (found.n_boxes <= budget).all()
    for budget in (1, 2):
        decided = states[budget] != OPEN
        np.testing.assert_array_equal(states[budget][decided], states[300][decided])
    assert (states[1] == OPEN).sum() >= (states[300] == OPEN).sum()

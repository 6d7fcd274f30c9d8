"""Two students of one teacher: the differences are those of their reports, in pairs."""

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from interpkd.exceptions import InvalidInputError
from interpkd.fidelity import compare_students, fidelity_report


@pytest.fixture(scope="module")
def models():
    X, y = load_breast_cancer(return_X_y=True)
    teacher = RandomForestClassifier(20, random_state=0).fit(X[::2], y[::2])
    students = [
        DecisionTreeClassifier(max_leaf_nodes=n, random_state=0).fit(
            X[::2], teacher.predict(X[::2])
        )
        for n in (2, 8)
    ]
    return teacher, students, X[1::2], y[1::2]


def _numbers(score):
    return [score.estimate, score.low, score.high, score.n]


@pytest.mark.parametrize("weighted", [False, True])
def test_both_scores_are_those_of_their_reports(models, weighted):
    teacher, (small, large), X, y = models
    w = np.random.default_rng(0).integers(0, 3, len(y)) if weighted else None
    found = compare_students(small, large, X, y, teacher=teacher, sample_weight=w)
    reports = [
        fidelity_report(one, X, y, teacher=teacher, sample_weight=w) for one in (small, large)
    ]
    for one in found.differences:
        own = [
            report.scores if one.against == "teacher" else report.performance["student"]
            for report in reports
        ]
        for mine, its in zip((one.first, one.second), own, strict=True):
            assert _numbers(mine) == pytest.approx(_numbers(its[one.score]), rel=1e-9, abs=1e-12)
        gap = own[1][one.score].estimate - own[0][one.score].estimate
        assert one.difference.estimate == pytest.approx(gap, abs=1e-12)
        assert one.difference.low <= one.difference.estimate <= one.difference.high


def test_the_other_way_round_the_signs_turn(models):
    teacher, (small, large), X, y = models
    one = compare_students(small, large, X, y, teacher=teacher)
    other = compare_students(large, small, X, y, teacher=teacher)
    for a, b in zip(one.differences, other.differences, strict=True):
        assert (a.difference.low, a.difference.high) == pytest.approx(
            (-b.difference.high, -b.difference.low), abs=1e-9
        )


def test_a_student_beside_itself_differs_by_nothing(models):
    teacher, (small, _), X, y = models
    found = compare_students(small, small, X, y, teacher=teacher)
    assert {one.difference.estimate for one in found.differences} == {0.0}


def test_pairs_tell_more_than_two_intervals(models):
    teacher, (_, large), X, _ = models
    nearly = DecisionTreeClassifier(max_leaf_nodes=9, random_state=0).fit(X, teacher.predict(X))
    [agreement, *_] = compare_students(large, nearly, X, teacher=teacher).differences
    width = agreement.difference.high - agreement.difference.low
    assert width < agreement.first.high - agreement.first.low + (
        agreement.second.high - agreement.second.low
    )


def test_regression_text_and_page():
    X, y = load_diabetes(return_X_y=True)
    teacher = LinearRegression().fit(X, y)
    students = [DecisionTreeRegressor(max_leaf_nodes=n).fit(X, teacher.predict(X)) for n in (3, 6)]
    found = compare_students(*students, X, y, teacher=teacher)
    assert str(found).splitlines()[0].startswith("score")
    assert len(str(found).splitlines()) == 1 + len(found.differences)
    assert "second less first" in found._repr_html_()
    assert found.to_dict()["scores"][0]["against"] == "teacher"


def test_students_of_other_classes_are_refused(models):
    teacher, (small, _), X, _ = models
    other = LogisticRegression().fit(X[:, :2], np.arange(len(X)) % 3)
    with pytest.raises(InvalidInputError, match="second must have the classes of first"):
        compare_students(small, other, X, teacher=teacher)

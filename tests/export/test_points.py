"""The points table: a row scored from it alone has the student's score and probability."""

import numpy as np
import pandas as pd
import pytest
from sklearn.tree import DecisionTreeClassifier

from interpkd import DistilledScorecardClassifier
from interpkd.exceptions import InvalidInputError
from interpkd.export import points_table


@pytest.fixture(scope="module", params=[None, "bad"], ids=["points for good", "points for bad"])
def card(request, mixed_table):
    frame, label = mixed_table
    rng = np.random.default_rng(0)
    frame = frame.assign(delay=rng.normal(30, 9, len(frame)).round(), paid=rng.random(400) < 0.3)
    frame.loc[rng.random(400) < 0.2, "delay"] = -9
    z = (frame["age"] - 45) / 9 - 2 * (frame["delay"] < 0) + frame["paid"]
    p = 1 / (1 + np.exp(-z - 2 * (frame["purpose"] == "tv")))
    proba = np.column_stack([1 - p, p])
    student = DistilledScorecardClassifier(
        special_values={"delay": [-9, -8]},
        good_class=request.param,
        pdo=15,
        base_score=500,
        base_odds=10,
        random_state=0,
    )
    return student.fit(frame, label, teacher_proba=proba), frame


def holds(one, value, known, special):
    """Apply a bin as an emitter would, from its data alone."""
    is_missing = value is None or value != value  # noqa: PLR0124 - NaN
    if one.kind == "missing":
        return is_missing or (known is not None and value not in known)
    if is_missing:
        return False
    if one.kind == "categories":
        return value in one.categories
    if one.kind == "special":
        return value == one.value
    lower = -np.inf if one.lower is None else one.lower
    upper = np.inf if one.upper is None else one.upper
    return value not in special and lower < value <= upper


def points_by_hand(table, frame):
    scores = np.full(len(frame), table.base_points)
    for feature in table.features:
        bins = [one for one in table.bins if one.feature == feature]
        known = [c for one in bins for c in one.categories] or None
        special = {one.value for one in bins if one.kind == "special"}
        for i, value in enumerate(frame[feature].tolist()):
            [points] = [one.points for one in bins if holds(one, value, known, special)]
            scores[i] += points
    return scores


def test_scores_follow_from_the_table_alone(card):
    student, frame = card
    rows = frame.iloc[:80].copy()
    rows.loc[rows.index[:8], "age"] = np.nan
    rows.loc[rows.index[8:16], "purpose"] = "balloon"
    rows.loc[rows.index[16:20], "delay"] = -8
    table = points_table(student)
    scores = points_by_hand(table, rows)
    np.testing.assert_array_equal(scores, student.score_samples(rows))
    odds = table.base_odds * 2 ** ((scores - table.base_score) / table.pdo)
    good = student.classes_.tolist().index(table.good_class)
    np.testing.assert_allclose(student.predict_proba(rows)[:, good], odds / (1 + odds), rtol=1e-9)
    assert {table.good_class, table.other_class} == {"good", "bad"}
    assert table.least_score <= scores.min()
    assert table.most_score >= scores.max()


def test_it_agrees_with_the_students_own_table(card):
    student, frame = card
    table, own = points_table(student), student.points_table_
    written = table.to_frame()
    assert written.loc[0, "kind"] == "base"
    names = {"text": "bin", "n_rows": "rows", "teacher_mean": "teacher mean"}
    shared = ["bin", "rows", "share", "teacher mean", "coefficient", "points"]
    pd.testing.assert_frame_equal(written.rename(columns=names)[shared], own[shared])
    assert written["feature"][1:].tolist() == own["feature"][1:].tolist()
    assert (table.pdo, table.base_score, table.base_odds) == (15, 500, 10)
    assert table.rounding_loss == student.rounding_loss_
    assert table.rounding_change == student.rounding_change_
    assert table.n_rows == len(frame)
    assert table.intercept == own.loc[0, "coefficient"]


def test_kinds_of_bins_have_their_values(card):
    table = points_table(card[0])
    kinds = {one.kind for one in table.bins}
    assert kinds == {"interval", "categories", "special", "missing"}
    for one in table.bins:
        assert (one.value is not None) == (one.kind == "special")
        assert bool(one.categories) == (one.kind == "categories")
        assert (one.teacher_mean is None) == (one.n_rows == 0)
    unused = next(one for one in table.bins if one.value == -8)
    assert (unused.n_rows, unused.share, unused.text) == (0, 0.0, "= -8")


def test_other_students_have_no_points():
    tree = DecisionTreeClassifier().fit([[0], [1]], [0, 1])
    with pytest.raises(InvalidInputError, match="need a scorecard; DecisionTreeClassifier is none"):
        points_table(tree)


def test_a_scale_changed_after_fit_is_refused(card):
    student = card[0]
    student.pdo = 30
    try:
        with pytest.raises(InvalidInputError, match="changed after fit"):
            points_table(student)
    finally:
        student.pdo = 15

"""Agreement of explanations: against its definition, row by row, and against scipy."""

import json

import numpy as np
import pandas as pd
import pytest
from scipy.stats import bootstrap, spearmanr
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression

from interpkd import DistilledTreeClassifier, DistilledTreeRegressor, as_teacher
from interpkd.exceptions import InvalidInputError
from interpkd.explanation import Explanations, explain, explanation_agreement
from interpkd.explanation._row_bootstrap import bca_interval


class Values:
    def __init__(self, values):
        self.values = values


def made(student, teacher):
    """Explanations of stated values."""
    return Explanations(
        student=Values(student),
        teacher=Values(teacher),
        display_data=np.empty(student.shape[:2], dtype=object),
        classes=None,
        background_sha256="",
        n_background=1,
        method={"student": "exact", "teacher": "exact"},
        additivity_error={"student": 0.0, "teacher": 0.0},
    )


@pytest.fixture(scope="module")
def pair():
    rng = np.random.default_rng(0)
    teacher = rng.normal(size=(60, 6)) * np.array([3, 2, 1, 1, 0.5, 0.2])
    student = teacher + rng.normal(size=(60, 6))
    student[:, 4:] = 0
    student[0] = 0
    return student, teacher


def test_scores_by_definition(pair):
    student, teacher = pair
    found = explanation_agreement(made(student, teacher), top_k=3).scores
    signs, overlap, cosine = [], [], []
    for s, t in zip(student, teacher, strict=True):
        used = (s != 0) & (t != 0)
        if not used.any():
            continue
        signs.append((np.sign(s) == np.sign(t))[used].mean())
        top = [set(np.argsort(-np.abs(one))[:3]) for one in (s, t)]
        overlap.append(len(top[0] & top[1]) / 3)
        cosine.append(s @ t / np.linalg.norm(s) / np.linalg.norm(t))
    assert found["sign_agreement"].estimate == pytest.approx(np.mean(signs))
    assert found["top_overlap"].estimate == pytest.approx(np.mean(overlap))
    assert found["cosine"].estimate == pytest.approx(np.mean(cosine))
    rank = spearmanr(np.abs(student).mean(axis=0), np.abs(teacher).mean(axis=0)).statistic
    assert found["rank_correlation"].estimate == pytest.approx(rank)
    assert [one.n for one in found.values()] == [60, 59, 59, 59]
    assert found["cosine"].method.endswith("guaranteed; 1 rows without a value left out")


def test_a_model_agrees_with_itself_and_not_with_its_opposite(pair):
    student = np.tile(pair[0], (2, 1))  # rank correlations need 100 rows for an interval
    same = explanation_agreement(made(student, student)).to_dict()
    for name in ("rank_correlation", "sign_agreement", "top_overlap", "cosine"):
        assert same[name]["estimate"] == pytest.approx(1)
        assert 0.85 < same[name]["low"] <= 1 + 1e-12
    other = explanation_agreement(made(student, -3 * student)).scores
    assert other["sign_agreement"].estimate == 0
    assert other["cosine"].estimate == pytest.approx(-1)
    assert other["top_overlap"].estimate == 1


def test_a_student_of_few_columns_is_measured_on_those():
    teacher = np.tile([4.0, 3, 2, 1], (20, 1))
    student = np.tile([0.0, 1, 0, 0], (20, 1))
    scores = explanation_agreement(made(student, teacher), top_k=2).scores
    assert scores["top_overlap"].estimate == 1
    assert scores["sign_agreement"].estimate == 1


def test_the_intervals_are_near_scipys(pair):
    student, teacher = (np.tile(one[1:], (2, 1)) for one in pair)
    cosine = (student * teacher).sum(axis=1)
    cosine /= np.linalg.norm(student, axis=1) * np.linalg.norm(teacher, axis=1)
    options = {"alpha": 0.05, "n_resamples": 4000, "seed": 0}
    expected = bootstrap((cosine,), np.mean, n_resamples=4000, rng=np.random.default_rng(1))
    low, high = expected.confidence_interval
    found = bca_interval(lambda w: (w @ cosine) / w.sum(axis=1), len(cosine), **options)
    assert found == pytest.approx((low, high), abs=0.1 * (high - low))
    score = explanation_agreement(made(student, teacher)).scores["cosine"]
    assert -1 <= score.low < low < score.estimate < high < score.high <= 1
    assert score.method == "betting bounds, guaranteed"


def test_segments(pair):
    student, teacher = pair
    region = np.array(["b", "a", None] * 20, dtype=object)
    found = explanation_agreement(
        made(student, teacher), segments={"region": region, "half": np.arange(60) < 30}
    )
    assert [part[:3] for part in found.segments] == [
        ("region", "a", 20),
        ("region", "b", 20),
        ("region", None, 20),
        ("half", False, 30),
        ("half", True, 30),
    ]
    rows = region == "a"
    alone = explanation_agreement(made(student[rows], teacher[rows]))
    assert found.segments[0][3]["cosine"] == alone.scores["cosine"]
    frame = explanation_agreement(made(student, teacher), segments=pd.DataFrame({"r": region}))
    assert frame.to_dict()["segments"][0]["cosine"] == found.to_dict()["segments"][0]["cosine"]
    assert len(found.to_frame()) == 4 * 6
    one = explanation_agreement(made(student, teacher), segments=np.arange(60) // 40)
    assert one.segments[1][3]["rank_correlation"].method == "fewer than 100 rows"
    json.dumps(found.to_dict(), allow_nan=False)


def test_a_student_of_one_leaf_has_nothing_to_compare():
    scores = explanation_agreement(made(np.zeros((20, 3)), np.ones((20, 3)))).scores
    assert all(one.estimate is None for one in scores.values())
    assert scores["cosine"].method == "no row on which it has a meaning"
    assert repr(explanation_agreement(made(np.zeros((20, 3)), np.ones((20, 3))))).endswith("–>")


def test_on_explanations_of_two_three_and_no_classes():
    X, y = load_iris(return_X_y=True, as_frame=True)
    for target, kind in [
        (y > 1, DistilledTreeClassifier),
        (y, DistilledTreeClassifier),
        (y.astype(float), DistilledTreeRegressor),
    ]:
        if kind is DistilledTreeRegressor:
            student = kind(max_leaf_nodes=4, cv=2, random_state=0).fit(X, target)
        else:
            forest = RandomForestClassifier(5, random_state=0).fit(X, target)
            student = kind(as_teacher(forest), max_leaf_nodes=4).fit(X)
        both = explain(student, X[::5], background=X[1::10])
        found = explanation_agreement(both)
        assert found.scores["cosine"].estimate > 0.3
        assert found.top_k == 4
        if both.classes is not None and len(both.classes) == 2:
            wanted = explanation_agreement(
                made(both.student.values[:, :, 1], both.teacher.values[:, :, 1])
            )
            assert wanted.scores == found.scores


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"top_k": 0}, "'top_k' parameter must be an int of at least 1"),
        ({"alpha": 1}, "'alpha' parameter must be between 0 and 1"),
        ({"segments": [1, 2]}, "must have one label for each of the 60"),
    ],
)
def test_bad_options_are_refused(pair, options, message):
    with pytest.raises(InvalidInputError, match=message):
        explanation_agreement(made(*pair), **options)


def test_without_a_teacher_it_is_refused():
    X, y = load_iris(return_X_y=True)
    both = explain(LogisticRegression().fit(X, y > 0), X[:3], background=X[::30])
    with pytest.raises(InvalidInputError, match="no teacher's explanation"):
        explanation_agreement(both)

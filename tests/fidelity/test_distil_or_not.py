"""Distil or not: three lessons by hand, the tests against scipy, and a perfect teacher."""

import json

import numpy as np
import pytest
from scipy.stats import binomtest
from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.ensemble import RandomForestClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import KFold, StratifiedKFold

from interpkd import DistilledTreeClassifier, DistilledTreeRegressor, as_teacher
from interpkd.exceptions import InterruptedRun, InvalidInputError
from interpkd.fidelity import ScoreEstimate, distil_or_not
from interpkd.fidelity._distil_findings import LESSONS, verdict
from interpkd.fidelity._paired import mcnemar_p
from interpkd.fidelity._shared_teacher import harden, share_fits


@pytest.fixture(scope="module")
def rows():
    return make_classification(160, 4, n_informative=3, n_redundant=0, flip_y=0.2, random_state=0)


@pytest.fixture(scope="module")
def student():
    teacher = RandomForestClassifier(5, max_depth=3, random_state=0)
    return DistilledTreeClassifier(
        teacher, max_leaf_nodes=4, cv=2, augmentation=None, random_state=0
    )


@pytest.fixture(scope="module")
def found(rows, student):
    return distil_or_not(student, *rows, cv=2)


def test_three_lessons_by_hand(rows, student, found):
    X, y = rows
    answers = {name: np.zeros((160, 2)) for name in ("labels", "hard", "soft", "teacher")}
    for train, test in StratifiedKFold(2).split(X, y):
        soft = clone(student).fit(X[train], y[train])
        # out-of-fold decisions of the teacher, written down
        oof = np.zeros((len(train), 2))
        for a, b in StratifiedKFold(2).split(X[train], y[train]):
            teacher = clone(student.teacher).fit(X[train][a], y[train][a])
            oof[b] = np.eye(2)[(teacher.predict_proba(X[train][b])[:, 1] > 0.5).astype(int)]
        hard, labels = (
            clone(student).set_params(teacher=None).fit(X[train], y[train], teacher_proba=scores)
            for scores in (oof, np.eye(2)[y[train]])
        )
        for name, model in (("labels", labels), ("hard", hard), ("soft", soft)):
            answers[name][test] = model.predict_proba(X[test])
        answers["teacher"][test] = soft.teacher_.predict_proba(X[test])
    losses = {name: log_loss(y, P) for name, P in answers.items()}
    for lesson in found.lessons:
        assert lesson.performance["log_loss"].estimate == pytest.approx(losses[lesson.name])
    right = {name: (P[:, 1] > 0.5) == y for name, P in answers.items()}
    for one in (*found.comparisons, *found.price):
        if one.score == "log_loss":
            expected = losses[one.first] - losses[one.second]
            assert one.difference.estimate == pytest.approx(expected)
        if one.score == "accuracy":
            first, second = right[one.first], right[one.second]
            n, m = (first & ~second).sum(), (second & ~first).sum()
            assert one.p_value == (pytest.approx(binomtest(n, n + m).pvalue) if n + m else 1)
            assert one.difference.estimate == pytest.approx((n - m) / 160)


def test_every_statement_agrees_with_its_test(found):
    assert [(one.first, one.second) for one in found.comparisons[::3]] == [
        ("soft", "hard"),
        ("soft", "labels"),
        ("hard", "labels"),
    ]
    assert {one.confidence for one in found.comparisons} == {round(1 - 0.05 / 9, 12)}
    assert {one.confidence for one in found.price} == {0.95}
    for one in (*found.comparisons, *found.price):
        low, high = one.difference.low, one.difference.high
        shown = one.p_value <= 1 - one.confidence if one.score == "accuracy" else low * high > 0
        assert (one.better is not None) == shown
        assert ("no difference that these 160 rows can show" in one.text) == (one.better is None)


def test_a_perfect_teacher_makes_all_lessons_one(rows):
    X, _ = rows
    y = (X[:, 0] + X[:, 1] > 0).astype(int)
    # a function: the thresholds of a tree would be candidates of the first two lessons only
    teacher = as_teacher(lambda X: np.eye(2)[(X[:, 0] + X[:, 1] > 0).astype(int)], classes=[0, 1])
    student = DistilledTreeClassifier(teacher, max_leaf_nodes=4, augmentation=None, random_state=0)
    found = distil_or_not(student, X, y, cv=2)
    assert found.lessons[0].performance == found.lessons[1].performance
    assert found.lessons[0].performance == found.lessons[2].performance
    assert found.lessons[0].counts == found.lessons[2].counts
    assert {one.difference.estimate for one in found.comparisons} == {0.0}
    assert {one.better for one in found.comparisons} == {None}
    auc = [one for one in found.price if one.score == "auc"]
    assert {one.better for one in auc} == {"teacher"}
    assert "AUC: the teacher itself is better than learning from the true labels by" in auc[2].text


def test_given_scores_are_hardened(rows, student):
    X, y = rows
    P = LogisticRegression().fit(X, y).predict_proba(X)
    found = distil_or_not(student, X, y, teacher=P, cv=[*KFold(2).split(X)])
    [train, test] = next(KFold(2).split(X))
    hard = clone(student).set_params(teacher=None)
    hard.fit(X[train], y[train], teacher_proba=np.eye(2)[(P[train, 1] > 0.5).astype(int)])
    assert found.lessons[1].name == "hard"
    assert found.notes[0].startswith("The teacher was fitted elsewhere. If it has seen these rows")
    assert hard.predict_proba(X[test]).shape == (80, 2)


def test_generated_rows_are_kept_for_hard_labels(rows):
    X, y = rows
    teacher = LogisticRegression()
    student = DistilledTreeClassifier(teacher, max_leaf_nodes=3, cv=2, n_augmented=50)
    found = distil_or_not(student, X, y, cv=2, random_state=0)
    assert [lesson.n_generated for lesson in found.lessons] == [50, 50, 0]
    assert found.notes[0].startswith("Learning from the true labels takes no generated rows")
    assert not any("fitted elsewhere" in note for note in found.notes)


def test_dependent_or_weighted_rows_have_no_mcnemar(rows, student):
    X, y = rows
    grouped = distil_or_not(student, X, y, cv=2, groups=np.arange(160) // 4)
    weighted = distil_or_not(student, X, y, cv=2, sample_weight=1 + np.arange(160) % 2)
    for found in (grouped, weighted):
        tests = {one.test for one in found.comparisons}
        assert tests == {"interval of the difference excludes 0"}
        assert {one.p_value for one in found.comparisons} == {None}
    assert grouped.n_groups == 40


def test_regression_has_no_hard_labels(rows):
    X, _ = rows
    student = DistilledTreeRegressor(
        LinearRegression(), max_leaf_nodes=4, cv=2, augmentation=None, random_state=0
    )
    found = distil_or_not(student, X, X[:, 0] - X[:, 1], cv=2)
    assert [lesson.name for lesson in found.lessons] == ["soft", "labels"]
    assert [one.score for one in found.price] == ["r2", "mae"] * 2
    assert {one.better for one in found.price} == {"teacher"}


def test_output(found):
    data = found.to_dict()
    assert json.loads(json.dumps(data, allow_nan=False)) == data
    assert len(found.to_frame()) == 18
    text = str(found)
    assert text.startswith("Distil or not: DistilledTreeClassifier, 160 held-out rows of 2 folds")
    assert all(one.text in text for one in found.comparisons)


def test_same_for_any_n_jobs(rows, student, found):
    assert distil_or_not(student, *rows, cv=2, n_jobs=2).to_dict() == found.to_dict()


def test_interruption_keeps_finished_folds(rows, student):
    def stop(text):
        raise KeyboardInterrupt

    with pytest.raises(InterruptedRun, match="after 1 of 2 folds") as caught:
        distil_or_not(student, *rows, cv=2, progress=stop)
    assert caught.value.partial.n_rows == 80
    assert "Interrupted: 1 of 2 folds." in str(caught.value.partial)


def test_mcnemar_is_symmetric_and_one_without_discordance():
    rng = np.random.default_rng(0)
    first, second = rng.random((2, 60)) < 0.6
    assert mcnemar_p(first, second) == mcnemar_p(second, first)
    assert mcnemar_p(first, first) == 1.0


def test_a_score_that_does_not_exist_is_no_verdict():
    none = ScoreEstimate(None, None, None, 9, "not computed: the labels hold one class only")
    text = verdict("soft", "hard", "auc", none, better=None, names=LESSONS)
    assert text.endswith("not computed: the labels hold one class only.")


@pytest.mark.parametrize("freeze", [as_teacher, FrozenEstimator])
def test_hard_teachers_keep_their_kind(rows, freeze):
    X, y = rows
    forest = RandomForestClassifier(5, random_state=0).fit(X, y)
    hard = harden(freeze(forest))
    P = hard.predict_proba(X)
    assert set(np.unique(P)) == {0.0, 1.0}
    np.testing.assert_array_equal(P.argmax(axis=1), forest.predict(X))
    assert isinstance(hard, type(freeze(forest)))
    assert not np.isin(forest.predict_proba(X), [0.0, 1.0]).all()  # the given one is untouched


def test_shared_fits_are_those_of_the_teacher(rows):
    X, y = rows
    shared = share_fits(RandomForestClassifier(5, random_state=0))
    first, second = clone(shared).fit(X, y), clone(shared).fit(X, y)
    assert first.estimators_ is second.estimators_
    plain = RandomForestClassifier(5, random_state=0).fit(X, y)
    np.testing.assert_array_equal(first.predict_proba(X), plain.predict_proba(X))
    other = clone(shared).fit(X[:80], y[:80])
    assert other.estimators_ is not first.estimators_
    another = clone(shared).set_params(max_depth=1).fit(X, y)
    assert another.estimators_ is not first.estimators_


@pytest.mark.parametrize(
    ("changes", "options", "message"),
    [
        ({"alpha": 1.0}, {}, "with alpha=1, which leaves the teacher out"),
        ({}, {"y": None}, "y is None; whether distilling pays"),
        ({}, {"alpha": 0.005}, "alpha=0.005 is shared by 9 statements"),
    ],
)
def test_refusals(rows, student, changes, options, message):
    given = {"y": rows[1]} | options
    with pytest.raises(InvalidInputError, match=message):
        distil_or_not(clone(student).set_params(**changes), rows[0], **given)

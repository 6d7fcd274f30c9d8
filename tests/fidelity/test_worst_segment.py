"""The worst segment: laws of the split, the test and the result."""

import json

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy.stats import binomtest, fisher_exact
from sklearn.linear_model import LogisticRegression

from interpkd.exceptions import InvalidInputError
from interpkd.fidelity import WorstSegments, worst_segment


class Planted:
    """Rows in whose segment `amount > 0.7 and place == "east"` decisions differ more often."""

    def __init__(self, make, n=1600, seed=0, inside=0.6, outside=0.1):
        rng = np.random.default_rng(seed)
        self.X = pd.DataFrame(
            {
                "id": np.arange(n),
                "amount": rng.random(n),
                "age": rng.normal(40, 10, n),
                "place": rng.choice(["east", "west", "north"], n),
                "owner": rng.random(n) < 0.5,
            }
        )
        self.X.loc[rng.random(n) < 0.05, "age"] = np.nan
        self.segment = ((self.X["amount"] > 0.7) & (self.X["place"] == "east")).to_numpy()
        self.teacher = (rng.permutation(n) + 0.5) / n
        differs = rng.random(n) < np.where(self.segment, inside, outside)
        self.student = np.where(differs, 1 - self.teacher, self.teacher)
        self.differs = (self.teacher > 0.5) != (self.student > 0.5)
        self.make = make

    def search(self, X=None, student=None, **options):
        X = self.X if X is None else X
        options = {"columns": ["amount", "age", "place", "owner"], **options}
        student = self.make(self.student if student is None else student)
        return worst_segment(student, X, teacher=self.make(self.teacher), **options)


@pytest.fixture(scope="module")
def planted(given_classifier):
    return Planted(given_classifier)


def test_the_planted_segment_is_found(planted):
    result = planted.search()
    worst = result.segments[0]
    assert worst.is_worse
    assert {condition.column for condition in worst.conditions} == {"amount", "place"}
    assert "place in {east}" in worst.rule
    found = worst.holds(planted.X)
    assert (found & planted.segment).sum() >= 0.8 * planted.segment.sum()
    assert (found & planted.segment).sum() >= 0.8 * found.sum()
    assert worst.rule in result.verdict


def test_every_figure_is_of_the_test_half(planted):
    result = planted.search(alpha=0.1)
    test, agrees = result.test_rows, ~planted.differs
    assert len(test) == result.n_test == 800
    assert result.overall.estimate == agrees[test].mean()
    k = len(result.segments)
    for one in result.segments:
        inside = one.holds(planted.X)[test]
        assert (one.n_rows, one.share) == (inside.sum(), inside.mean())
        shares = agrees[test][inside].mean(), agrees[test][~inside].mean()
        assert (one.inside.estimate, one.rest.estimate) == shares
        assert one.difference.estimate == pytest.approx(shares[0] - shares[1])
        assert one.difference.low == one.inside.low - one.rest.high
        exact = binomtest(int(agrees[test][inside].sum()), int(inside.sum()))
        low, high = exact.proportion_ci(1 - 0.1 / (2 * k), "exact")
        assert (one.inside.low, one.inside.high) == pytest.approx((low, high))
        table = [[(planted.differs[test] & part).sum(), (agrees[test] & part).sum()]
                 for part in (inside, ~inside)]  # fmt: skip
        assert one.p_value == pytest.approx(fisher_exact(table, "greater").pvalue)
        assert one.is_worse == (one.p_adjusted <= 0.1)


def test_the_searched_half_counts_through_the_rule_alone(planted):
    """Other decisions of the student on the searched rows: if the rule stays, all stays."""
    options = {"columns": ["place"], "max_conditions": 1, "n_candidates": 1}
    result = planted.search(**options)
    searched = np.setdiff1d(np.arange(len(planted.X)), result.test_rows)
    rng = np.random.default_rng(1)
    student = planted.student.copy()
    more = searched[planted.segment[searched] | (rng.random(len(searched)) < 0.05)]
    student[more] = 1 - planted.teacher[more]
    other = planted.search(student=student, **options)
    assert (student != planted.student).sum() > 50
    assert np.array_equal(other.test_rows, result.test_rows)
    assert other.to_dict() == result.to_dict()


def test_order_of_rows_and_columns_plays_no_part(planted):
    order = np.random.default_rng(0).permutation(len(planted.X))
    shuffled = planted.X.iloc[order][["owner", "place", "id", "age", "amount"]]
    for options in ({}, {"loss": "probability"}):
        result, other = planted.search(**options), planted.search(shuffled, **options)
        assert other.to_dict() == result.to_dict()
        assert set(order[other.test_rows]) == set(result.test_rows)


def test_ties_do_not_bring_the_order_back(given_classifier):
    """Rows of the same answers are told apart by their columns."""
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"a": rng.normal(size=400), "b": rng.choice(list("uvw"), 400)})
    same = (rng.random(400) < 0.5) * 0.4 + 0.3
    other = np.where(rng.random(400) < 0.2, 1 - same, same)
    order = rng.permutation(400)

    def search(rows):
        proba = np.column_stack([1 - same, same])[rows]
        return worst_segment(given_classifier(other[rows]), X.iloc[rows], teacher=proba)

    assert search(order).to_dict() == search(np.arange(400)).to_dict()


def test_polars_and_arrays_say_the_same(planted, given_classifier):
    result = planted.search(columns=["age", "amount"])
    other = planted.search(pl.from_pandas(planted.X), columns=["age", "amount"])
    assert other.to_dict() == result.to_dict()
    proba = np.column_stack([1 - planted.teacher, planted.teacher])
    array = planted.X[["age", "amount"]].to_numpy()
    student = given_classifier(planted.student)
    other = worst_segment(student, array, teacher=proba)
    renamed = other.verdict.replace("x0", "age").replace("x1", "amount")
    assert renamed == result.verdict
    mixed = planted.X[["place", "amount"]].to_numpy(dtype=object)
    worst = worst_segment(student, mixed, teacher=proba).segments[0]
    assert "x0 in {east}" in worst.rule


def test_groups_stay_together(planted):
    groups = np.arange(len(planted.X)) // 8
    result = planted.search(groups=groups)
    in_test = np.isin(np.arange(len(planted.X)), result.test_rows)
    assert (in_test.reshape(-1, 8).all(axis=1) == in_test.reshape(-1, 8).any(axis=1)).all()
    assert result.n_groups == 100
    worst = result.segments[0]
    assert worst.is_worse
    assert worst.test == "sign flips of groups, one-sided"
    assert "exact" not in worst.inside.method
    assert worst.difference.high < 0


def test_weights_of_zero_and_equal_weights_change_nothing(planted):
    keep = np.random.default_rng(0).random(len(planted.X)) < 0.7
    left = planted.search(sample_weight=np.where(keep, 2.5, 0.0)).to_dict()
    right = planted.search(planted.X[keep]).to_dict()
    assert (left.pop("weighted"), right.pop("weighted")) == (True, False)
    assert left == right
    assert right["segments"][0]["test"] == "Fisher's exact test, one-sided"


def test_weights_are_heard(planted):
    weights = np.random.default_rng(0).random(len(planted.X)) + 0.5
    worst = planted.search(sample_weight=weights).segments[0]
    assert worst.test == "sign flips of rows, one-sided"
    assert worst.is_worse


def test_few_groups_are_refused_not_guessed(planted):
    groups = np.arange(len(planted.X)) % 12
    result = planted.search(groups=groups)
    assert result.segments == ()
    assert result.verdict.startswith("No segment was tested")
    assert "No segment was tested" in str(result)
    assert result.to_frame().columns.tolist()[:2] == ["rule", "n_rows"]


def test_a_regression(given_regressor):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(900, 3))
    truth = X[:, 0]
    student = truth + rng.normal(size=900) * np.where(X[:, 1] > 1, 2.0, 0.3)
    result = worst_segment(given_regressor(student), X, teacher=truth)
    assert (result.measure, result.cutoff) == ("mae", None)
    assert result.segments[0].is_worse
    assert result.segments[0].conditions[0].column == "x1"
    assert result.segments[0].difference.low > 0


def test_several_classes_and_probabilities(given_classifier):
    rng = np.random.default_rng(0)
    P = rng.dirichlet([1, 1, 1], 900)
    X = pd.DataFrame({"a": rng.random(900), "b": rng.random(900)})
    Q = np.where((X["a"] < 0.2).to_numpy()[:, None], P[:, [1, 2, 0]], P)
    student = given_classifier(Q, ["r", "s", "t"])
    result = worst_segment(student, X, teacher=P, loss="probability")
    assert result.measure == "proba_difference"
    test = result.test_rows
    assert result.overall.estimate == pytest.approx(np.abs(P - Q)[test].sum(axis=1).mean() / 2)
    assert worst_segment(student, X, teacher=P).cutoff is None
    assert result.segments[0].rule.startswith("a <= 0.")


def test_a_perfect_student_has_no_worst_segment(planted):
    result = planted.search(student=planted.teacher)
    assert result.segments == ()
    assert result.overall.estimate == 1


def test_nothing_wrong_is_rarely_found(given_classifier):
    """Forty tables without a worse segment; more than five false alarms have a chance of 1 %."""
    alarms = 0
    for seed in range(40):
        clean = Planted(given_classifier, n=400, seed=seed, inside=0.2, outside=0.2)
        alarms += any(one.is_worse for one in clean.search().segments)
    assert alarms <= 5


def test_the_seed_moves_the_halves(planted):
    one, other = planted.search(), planted.search(random_state=1)
    assert not np.array_equal(one.test_rows, other.test_rows)
    assert other.segments[0].is_worse


def test_result_as_dict_frame_and_text(planted):
    result = planted.search()
    assert isinstance(result, WorstSegments)
    data = json.loads(json.dumps(result.to_dict(), allow_nan=False))
    assert data == result.to_dict()
    assert data["segments"][0]["conditions"][0]["column"] == "amount"
    frame = result.to_frame()
    assert frame["rule"].tolist() == [one.rule for one in result.segments]
    assert frame["inside"].tolist() == [one.inside.estimate for one in result.segments]
    text = str(result)
    assert result.verdict in text
    assert all(one.rule in text for one in result.segments)


def test_a_real_teacher_and_student():
    from sklearn.datasets import load_breast_cancer
    from sklearn.ensemble import RandomForestClassifier

    X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    forest = RandomForestClassifier(10, random_state=0).fit(X[::2], y[::2])
    student = LogisticRegression(max_iter=10_000).fit(X.iloc[::2, :3], forest.predict(X[::2]))
    result = worst_segment(student, X[1::2], teacher=forest)
    assert result.n_rows == 284


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"columns": "age"}, "columns must be a list of column names"),
        ({"columns": []}, "columns must be a list of column names"),
        ({"columns": ["height"]}, "columns names 'height', which is not a column of X"),
        ({"loss": "absolute_error"}, "loss must be one of .*'disagreement', 'probability'"),
        ({"max_conditions": 4}, "max_conditions must be an int of at least 1 and at most 3, got 4"),
        ({"min_rows": 1}, "min_rows must be an int of at least 2, got 1"),
        ({"n_candidates": 0}, "n_candidates must be an int of at least 1 and at most 50"),
        ({"random_state": None}, "random_state must be an int of at least 0, got None"),
        ({"cutoff": 1.0}, "cutoff must be a number strictly between 0 and 1"),
        ({"alpha": 0}, "alpha must be a number of at least 0.001"),
        ({"groups": np.zeros(1600)}, "needs at least 2 rows, or 2 groups"),
    ],
)
def test_errors_name_the_rule(planted, options, message):
    with pytest.raises(InvalidInputError, match=message):
        planted.search(**options)

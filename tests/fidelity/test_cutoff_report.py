"""The report at the cut-off against counts by hand, and its laws."""

import json

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest
from sklearn.metrics import cohen_kappa_score

from interpkd.exceptions import InvalidInputError
from interpkd.fidelity import CutoffReport, cutoff_report
from interpkd.fidelity._cutoff_arithmetic import (
    WeightedKappa,
    matched_cutoff,
    possible_cutoffs,
    tiers_of,
)


class Book:
    """A book of loans with few defaults; no model says more than 0.45."""

    def __init__(self, make, n=1500, seed=0):
        rng = np.random.default_rng(seed)
        self.p = np.minimum(rng.beta(0.8, 15, n), 0.45)
        self.s = np.clip(np.round(self.p * 1.3 + 0.01 * rng.normal(size=n), 2), 0, 0.45)
        self.y = (rng.random(n) < self.p).astype(int)
        self.X = pd.DataFrame({"id": np.arange(n)})
        self.teacher, self.student = make(self.p), make(self.s)

    def report(self, rows=None, y=True, **options):
        X = self.X if rows is None else self.X.iloc[rows]
        labels = self.y[X["id"].to_numpy()] if y else None
        return cutoff_report(self.student, X, labels, teacher=self.teacher, **options)


@pytest.fixture(scope="module")
def book(given_classifier):
    return Book(given_classifier)


def test_swap_set_is_counted_right(book):
    part = book.report(cutoff=0.08).same
    t, s = book.p > 0.08, book.s > 0.08
    expected = {
        "both approve": ~t & ~s,
        "newly approved": t & ~s,
        "newly declined": ~t & s,
        "both decline": t & s,
    }
    assert [cell.name for cell in part.cells] == list(expected)
    for name, rows in expected.items():
        cell = part.cell(name)
        assert cell.n_rows == rows.sum()
        declines = "newly approved", "both decline"
        assert (cell.teacher, cell.student) == (name in declines, "decline" in name)
        share = binomtest(int(rows.sum()), len(rows)).proportion_ci(method="exact")
        assert (cell.share.low, cell.share.high) == pytest.approx((share.low, share.high))
        if rows.any():
            assert cell.bad_rate.estimate == pytest.approx(book.y[rows].mean())
            rate = binomtest(int(book.y[rows].sum()), int(rows.sum())).proportion_ci()
            assert (cell.bad_rate.low, cell.bad_rate.high) == pytest.approx((rate.low, rate.high))
    assert sum(cell.share.estimate for cell in part.cells) == pytest.approx(1)
    assert part.agreement.estimate == (t == s).mean()
    assert part.teacher_approval.estimate == pytest.approx((~t).mean())


def test_a_book_where_nothing_exceeds_one_half(book):
    """At one half both models approve everyone, and the report says more than that."""
    report = book.report()
    assert 0.04 < book.y.mean() < 0.07
    assert report.same.cell("both approve").n_rows == report.n_rows
    assert report.same.cell("newly approved").bad_rate.method == (
        "not computed: there is no such row"
    )
    assert report.matched.student_cutoff == 0.5
    rates = [point.teacher_approval for point in report.sweep]
    assert rates == sorted(rates)
    assert rates[0] < 0.1
    assert rates[-1] == 1
    assert max(np.abs(np.diff(rates))) < 0.1
    assert min(point.agreement.estimate for point in report.sweep) < 0.95
    assert all(0 < point.cutoff < 1 for point in report.sweep)
    for point in report.sweep:  # no other cut-off of the student comes closer to the rate
        miss = abs(point.matched_approval - point.teacher_approval)
        tried = [(book.s <= c).mean() for c in np.linspace(0.005, 0.995, 100)]
        assert miss <= min(abs(rate - point.teacher_approval) for rate in tried) + 1e-12
        own = book.s > point.matched_cutoff
        assert point.matched_agreement.estimate == ((book.p > point.cutoff) == own).mean()


def test_own_cutoff_approves_as_many(book):
    report = book.report(cutoff=0.08)
    rates = report.matched.teacher_approval.estimate, report.matched.student_approval.estimate
    assert rates[1] == pytest.approx(rates[0], abs=0.03)
    assert report.same.student_approval.estimate < rates[1]
    assert report.matched.student_cutoff > 0.08
    assert report.matched.agreement.estimate > report.same.agreement.estimate


@pytest.mark.parametrize("seed", range(5))
def test_matched_cutoff_against_all_thresholds(seed):
    rng = np.random.default_rng(seed)
    p, w = np.round(rng.random(30), 1), rng.random(30)
    for wanted in rng.random(10):
        cutoff = matched_cutoff(p, w, wanted, 0.5)
        misses = [abs(w[p > c].sum() / w.sum() - wanted) for c in np.arange(0.05, 1, 0.1)]
        assert abs(w[p > cutoff].sum() / w.sum() - wanted) == pytest.approx(min(misses))


def test_possible_cutoffs_divide_in_every_way_once():
    p = np.array([0.0, 0.2, 0.2 + 1e-15, 0.7, 1.0])
    cutoffs = possible_cutoffs(p)
    assert [int((p > c).sum()) for c in cutoffs] == [4, 2, 1]
    assert [int((p[1:4] > c).sum()) for c in possible_cutoffs(p[1:4])] == [3, 1, 0]
    assert ((cutoffs > 0) & (cutoffs < 1)).all()


def test_costs_by_hand(book):
    costs = {"false_approval": 10, "false_decline": 1}
    report = book.report(cutoff=0.08, costs=costs)
    y = book.y
    for p, cost in ((book.p, report.same.teacher_cost), (book.s, report.same.student_cost)):
        declined = p > 0.08
        by_hand = (10 * (y & ~declined) + (1 - y) * declined).mean()
        assert cost.estimate == pytest.approx(by_hand)
    gap = report.same.student_cost.estimate - report.same.teacher_cost.estimate
    assert report.same.extra_cost.estimate == pytest.approx(gap)
    (point,) = (point for point in report.sweep if point.cutoff == 0.08)
    assert point.teacher_cost == pytest.approx(report.same.teacher_cost.estimate)
    assert point.student_cost == pytest.approx(report.same.student_cost.estimate)
    assert point.matched_cost == pytest.approx(report.matched.student_cost.estimate)
    assert (report.costs, report.cost_basis) == (costs, "observed outcomes")


def test_expected_costs_without_labels(book):
    costs = {"false_approval": 10, "false_decline": 1}
    report = book.report(y=False, cutoff=0.08, costs=costs)
    declined, p = book.s > 0.08, book.p
    expected = np.where(declined, 1 - p, 10 * p).mean()
    assert report.same.student_cost.estimate == pytest.approx(expected)
    assert report.cost_basis == "teacher's probabilities"
    assert (report.n_bad, report.same.cells[0].bad_rate) == (None, None)
    least = min(report.sweep, key=lambda point: point.teacher_cost)
    assert least.cutoff == pytest.approx(1 / 11, abs=0.03)  # where expected costs are equal


def test_tiers_are_a_cross_table(book):
    borders = [0.02, 0.05, 0.1]
    tiers = book.report(tiers=borders).tiers
    labels = ["p <= 0.02", "0.02 < p <= 0.05", "0.05 < p <= 0.1", "p > 0.1"]
    cut = [pd.cut(p, [-1, *borders, 2], labels=labels) for p in (book.p, book.s)]
    table = pd.crosstab(*cut, dropna=False)
    assert tiers.labels == tuple(labels)
    assert np.array_equal(tiers.counts, table)
    assert np.allclose(tiers.shares, table / len(book.p))
    one, other = (tiers_of(p, borders) for p in (book.p, book.s))
    kappa = cohen_kappa_score(one, other, weights="quadratic")
    assert tiers.kappa.estimate == pytest.approx(kappa)
    assert tiers.kappa.low < kappa < tiers.kappa.high
    assert tiers.agreement.estimate == (one == other).mean()
    assert tiers.within_one.estimate == (abs(one - other) <= 1).mean()
    by_tier = [book.y[one == k].mean() for k in range(4)]
    assert [rate.estimate for rate in tiers.teacher_bad_rates] == pytest.approx(by_tier)


@pytest.mark.parametrize("seed", range(4))
def test_kappa_is_that_of_scikit_learn_and_knows_its_derivative(seed):
    rng = np.random.default_rng(seed)
    one = rng.integers(4, size=40)
    other = np.clip(one + rng.integers(-1, 2, size=40), 0, 3)
    w = rng.random(40) + 0.1
    statistic = WeightedKappa(one, other, 4)
    expected = cohen_kappa_score(one, other, weights="quadratic", sample_weight=w)
    assert statistic.values(w[:, None])[0] == pytest.approx(expected)
    step = 1e-6
    moved = statistic.values(w[:, None] * (1 + step * np.eye(40)))
    numeric = (moved - statistic.values(w[:, None])) / step
    assert statistic.influence(w) == pytest.approx(numeric, abs=1e-5)


def test_kappa_of_one_tier_does_not_exist(book):
    kappa = book.report(tiers=[0.6, 0.9]).tiers.kappa
    assert kappa.estimate is None
    assert "one tier" in kappa.method


def test_the_first_class_may_be_the_bad_one(book, given_classifier):
    """The same book with the classes the other way round says the same."""
    labels = np.where(book.y == 1, "bad", "good")
    teacher = given_classifier(1 - book.p, ["bad", "good"])
    student = given_classifier(1 - book.s, ["bad", "good"])
    cutoff = 0.0837
    mirrored = cutoff_report(
        student, book.X, labels, teacher=teacher, cutoff=1 - cutoff, bad_class="bad"
    )
    report = book.report(cutoff=cutoff)
    assert mirrored.bad_class == "bad"
    assert mirrored.n_bad == report.n_bad == book.y.sum()
    for one, other in zip(mirrored.same.cells, report.same.cells, strict=True):
        assert one.share == other.share
        assert one.bad_rate == other.bad_rate
        words = {"good": 0, "bad": 1}
        assert (words[one.teacher], words[one.student]) == (other.teacher, other.student)
    assert "declined where P(good) is not above" in str(mirrored)
    least = book.report(cutoff=cutoff, y=False, costs={"false_approval": 3, "false_decline": 1})
    other = cutoff_report(
        student,
        book.X,
        teacher=teacher,
        cutoff=1 - cutoff,
        bad_class="bad",
        costs={"false_approval": 3, "false_decline": 1},
    )
    assert other.same.student_cost.estimate == pytest.approx(least.same.student_cost.estimate)


def test_order_of_rows_plays_no_part(book):
    rows = np.random.default_rng(0).permutation(len(book.X))
    options = {"cutoff": 0.08, "tiers": [0.05], "costs": {"false_approval": 5, "false_decline": 1}}
    one, other = book.report(**options).to_dict(), book.report(rows, **options).to_dict()
    assert one == other


def test_a_weight_of_two_is_a_row_twice(book):
    rng = np.random.default_rng(0)
    twice = rng.random(400) < 0.3
    rows = np.arange(400)
    weighted = book.report(rows, cutoff=0.08, sample_weight=1 + twice)
    doubled = book.report(np.concatenate([rows, rows[twice]]), cutoff=0.08)
    for one, other in ((weighted.same, doubled.same), (weighted.matched, doubled.matched)):
        assert one.student_cutoff == other.student_cutoff
        assert one.agreement.estimate == pytest.approx(other.agreement.estimate)
        for a, b in zip(one.cells, other.cells, strict=True):
            assert a.share.estimate == pytest.approx(b.share.estimate)
    assert "Clopper" not in weighted.same.agreement.method
    assert "exact" in doubled.same.agreement.method


def test_groups_are_resampled(book):
    groups = np.arange(len(book.X)) // 30
    report = book.report(cutoff=0.08, groups=groups)
    assert report.n_groups == 50
    assert "50 groups" in report.same.agreement.method


def test_a_student_that_is_the_teacher(given_classifier, book):
    report = cutoff_report(book.teacher, book.X, teacher=book.teacher, cutoff=0.08, tiers=[0.05])
    assert report.same == report.matched
    assert report.same.cell("newly approved").n_rows == 0
    assert all(point.matched_cutoff == point.cutoff for point in report.sweep)
    assert report.tiers.kappa.estimate == 1


def test_forms(book):
    costs = {"false_approval": 10, "false_decline": 1}
    report = book.report(cutoff=0.08, tiers=[0.02, 0.1], costs=costs)
    assert isinstance(report, CutoffReport)
    data = json.loads(json.dumps(report.to_dict(), allow_nan=False))
    assert data == report.to_dict()
    assert data["same"]["cells"][1]["name"] == "newly approved"
    frame = report.to_frame()
    assert frame["n_rows"].sum() == 2 * report.n_rows
    assert len(report.to_frame("sweep")) == len(report.sweep)
    assert report.to_frame("tiers").to_numpy().sum() == report.n_rows
    text = str(report)
    for piece in ("newly approved", "own cut-off", "kappa with quadratic weights", "mean cost"):
        assert piece in text
    with pytest.raises(InvalidInputError, match="table must be 'swap_set' or 'sweep'"):
        book.report().to_frame("tiers")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"cutoff": 0}, "cutoff must be a number strictly between 0 and 1"),
        ({"costs": {"false_approval": 1}}, "costs must be a mapping of 'false_approval' and"),
        ({"costs": {"false_approval": -1, "false_decline": 1}}, "numbers of at least 0"),
        ({"costs": {"false_approval": "x", "false_decline": 1}}, "numbers of at least 0"),
        ({"tiers": [0.5, 0.2]}, "tiers must be 1 to 49 rising cut-offs"),
        ({"tiers": []}, "tiers must be 1 to 49 rising cut-offs"),
        ({"tiers": [0.2, 1.2]}, "cutoff must be a number strictly between 0 and 1, got 1.2"),
        ({"bad_class": "x"}, r"bad_class must be one of the student's classes \[0, 1\]"),
    ],
)
def test_errors_name_the_rule(book, options, message):
    with pytest.raises(InvalidInputError, match=message):
        book.report(**options)


def test_two_classes_are_needed(given_classifier, given_regressor):
    P = np.full((4, 3), 1 / 3)
    with pytest.raises(InvalidInputError, match="divides two classes, but the student has 3"):
        cutoff_report(given_classifier(P, [0, 1, 2]), np.zeros((4, 1)), teacher=P)
    with pytest.raises(InvalidInputError, match="the student has a regression"):
        cutoff_report(given_regressor(np.zeros(4)), np.zeros((4, 1)), teacher=np.zeros(4))

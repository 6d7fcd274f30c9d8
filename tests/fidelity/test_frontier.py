"""The frontier: a cross-validation by hand, a choice by hand, and who was asked how often."""

import json
import math

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.metrics import accuracy_score, roc_auc_score
from sklearn.model_selection import GroupKFold, KFold, RepeatedKFold, StratifiedKFold
from sklearn.tree import DecisionTreeClassifier

from interpkd import (
    DistilledClassifier,
    DistilledLogisticRegression,
    DistilledScorecardClassifier,
    DistilledTreeClassifier,
    DistilledTreeRegressor,
    as_teacher,
)
from interpkd.exceptions import InterruptedRun, InvalidInputError
from interpkd.fidelity import (
    Agreement,
    FoldScores,
    Frontier,
    FrontierPoint,
    KLDivergence,
    fidelity_report,
    frontier,
)


class CountedTree(DecisionTreeClassifier):
    """A teacher that counts its fits."""

    n_fits = 0

    def fit(self, X, y, sample_weight=None):
        CountedTree.n_fits += 1
        return super().fit(X, y, sample_weight)


@pytest.fixture(scope="module")
def rows():
    return make_classification(180, 4, n_informative=3, n_redundant=0, random_state=0)


@pytest.fixture
def student():
    teacher = RandomForestClassifier(4, max_depth=3, random_state=0)
    return DistilledTreeClassifier(teacher, cv=2, augmentation=None, random_state=0)


def without_latency(found):
    data = found.to_dict()
    for point in data["points"]:
        del point["seconds_per_row"]
    return data


def made(*folds, counts=None, greater=True, score="agreement"):
    """A frontier whose folds are written down by hand."""
    counts = range(1, len(folds) + 1) if counts is None else counts
    points = tuple(
        FrontierPoint({"size": k}, {}, {}, {score: FoldScores(values)}, {"leaves": n}, 0.0)
        for k, (values, n) in enumerate(zip(folds, counts, strict=True))
    )
    n = len(folds[0])
    return Frontier(
        "Student", "classification", [0, 1], 10, None, n, n, 0.95, score, greater, "leaves",
        points, {}, {},
    )  # fmt: skip


class TestCrossValidation:
    def test_one_size_is_a_cross_validation_by_hand(self, rows, student):
        X, y = rows
        found = frontier(student, X, y, sizes={"max_leaf_nodes": [4]}, cv=3)
        P, Q, agreement = np.zeros((180, 2)), np.zeros((180, 2)), []
        for train, test in StratifiedKFold(3).split(X, y):
            one = clone(student).set_params(max_leaf_nodes=4).fit(X[train], y[train])
            P[test], Q[test] = one.teacher_.predict_proba(X[test]), one.predict_proba(X[test])
            agreement.append(Agreement()(P[test], Q[test]))
        [point] = found.points
        assert point.fidelity["agreement"].estimate == Agreement()(P, Q)
        assert point.fidelity["kl_divergence"].estimate == pytest.approx(KLDivergence()(P, Q))
        assert point.performance["accuracy"].estimate == accuracy_score(y, Q.argmax(axis=1))
        assert point.performance["auc"].estimate == pytest.approx(roc_auc_score(y, Q[:, 1]))
        of_teacher = found.teacher_performance["auc"].estimate
        assert of_teacher == pytest.approx(roc_auc_score(y, P[:, 1]))
        assert point.by_fold["agreement"].values == tuple(agreement)
        error = np.std(agreement, ddof=1) / math.sqrt(3)
        assert point.by_fold["agreement"].standard_error == pytest.approx(error)

    def test_augmentation_is_the_students_own(self, rows):
        X, y = rows
        teacher = LogisticRegression()
        student = DistilledTreeClassifier(teacher, cv=2, n_augmented=100, random_state=0)
        found = frontier(student, X, y, sizes={"max_leaf_nodes": [2, 5]}, cv=[*KFold(2).split(X)])
        [train, test] = next(KFold(2).split(X))
        one = clone(student).set_params(max_leaf_nodes=5).fit(X[train], y[train])
        report = fidelity_report(one, X[test])
        first = found.points[1].by_fold["agreement"].values[0]
        assert first == report.scores["agreement"].estimate

    def test_sizes_of_one_fold_share_the_teacher(self, rows, student):
        X, y = rows
        CountedTree.n_fits = 0
        student.set_params(teacher=CountedTree(max_depth=3))
        frontier(student, X, y, sizes={"max_leaf_nodes": [2, 3, 4]}, cv=2)
        assert CountedTree.n_fits == 2 * (1 + 2)  # per fold one on all rows, and two folds

    def test_alone_or_among_others(self, rows, student):
        X, y = rows
        several = frontier(student, X, y, sizes={"max_leaf_nodes": [2, 6]}, cv=2)
        alone = frontier(student, X, y, sizes={"max_leaf_nodes": [6]}, cv=2)
        assert several.points[1] == alone.points[0]

    def test_same_for_any_n_jobs(self, rows, student):
        X, y = rows
        options = {"sizes": {"max_leaf_nodes": [2, 4]}, "cv": 2}
        plain = frontier(student, X, y, **options)
        assert without_latency(frontier(student, X, y, n_jobs=2, **options)) == without_latency(
            plain
        )

    def test_a_frozen_teacher_needs_no_labels(self, rows, student):
        X, y = rows
        teacher = as_teacher(LogisticRegression().fit(X, y))
        found = frontier(student, X, teacher=teacher, sizes={"max_leaf_nodes": [2]}, cv=2)
        assert found.points[0].performance == {}
        scores = teacher.predict_proba(X)
        given = frontier(student, X, teacher=scores, sizes={"max_leaf_nodes": [2]}, cv=2)
        assert given.points[0].fidelity == found.points[0].fidelity

    def test_the_default_teacher_is_shared_too(self, rows):
        X, y = rows
        student = DistilledTreeClassifier(cv=2, augmentation=None, random_state=0)
        found = frontier(student, X, y, sizes={"max_leaf_nodes": [3]}, cv=[*KFold(2).split(X)])
        [train, test] = next(KFold(2).split(X))
        one = clone(student).set_params(max_leaf_nodes=3).fit(X[train], y[train])
        expected = fidelity_report(one, X[test]).scores["agreement"].estimate
        assert found.points[0].by_fold["agreement"].values[0] == expected

    def test_whole_groups(self, rows, student):
        X, y = rows
        groups = np.arange(180) // 6
        options = {"sizes": {"max_leaf_nodes": [3]}, "groups": groups}
        found = frontier(student, X, y, cv=GroupKFold(3), **options)
        assert found.n_groups == 30
        method = found.points[0].fidelity["agreement"].method
        assert "30 groups" in method
        assert frontier(student, X, y, cv=3, **options).n_groups == 30
        with pytest.raises(InvalidInputError, match="holds out a group that it trains on"):
            frontier(student, X, y, cv=[*KFold(7).split(X)], **options)

    def test_repeats_are_dependent_rows(self, rows, student):
        X, y = rows
        cv = RepeatedKFold(n_splits=2, n_repeats=2, random_state=0)
        found = frontier(student, X, y, sizes={"max_leaf_nodes": [3]}, cv=cv)
        assert (found.n_rows, found.n_groups, found.n_folds) == (360, 180, 4)

    def test_weights(self, rows, student):
        X, y = rows
        w = np.arange(180) % 3
        options = {"sizes": {"max_leaf_nodes": [3]}, "cv": 2}
        teacher = as_teacher(LogisticRegression().fit(X, y))
        found = frontier(student, X, y, teacher=teacher, sample_weight=w, **options)
        assert found.n_rows == 120
        scaled = frontier(student, X, y, teacher=teacher, sample_weight=4 * w, **options)
        assert scaled.points[0].fidelity["agreement"] == found.points[0].fidelity["agreement"]

    def test_regression(self, rows):
        X, _ = rows
        student = DistilledTreeRegressor(LinearRegression(), cv=2, augmentation=None)
        found = frontier(student, X, X[:, 0] + X[:, 1], sizes={"max_leaf_nodes": [2, 8]}, cv=2)
        assert found.task == "regression"
        assert found.classes is None
        assert list(found.points[0].performance) == ["r2", "mae", "rmse"]
        assert found.choice.best.name == "max_leaf_nodes=8"


class TestSizes:
    def test_a_tree(self, rows, student):
        X, y = rows
        [train, test] = next(KFold(2).split(X))
        found = frontier(student, X, y, sizes={"max_leaf_nodes": [5]}, cv=[(train, test)])
        one = clone(student).set_params(max_leaf_nodes=5).fit(X[train], y[train])
        tree = one.student_.tree_
        counts = found.points[0].counts
        assert counts["leaves"] == tree.n_leaves
        assert counts["features"] == len(set(tree.feature[tree.feature >= 0]))
        paths = one.student_.decision_path(X[test].astype(np.float32)).toarray()[
            :, tree.feature >= 0
        ]
        columns = tree.feature[tree.feature >= 0]
        expected = np.mean([len(set(columns[path == 1])) for path in paths])
        assert counts["conditions_per_decision"] == pytest.approx(expected)
        assert counts["bins"] is None

    def test_coefficients(self, rows):
        X, y = rows
        X = pd.DataFrame(X).add_prefix("x").assign(kind=np.array(["a", "b", "c"] * 60))
        teacher = as_teacher(
            DecisionTreeClassifier(max_depth=3).fit(X[["x0", "x1", "x2", "x3"]], y)
        )
        student = DistilledLogisticRegression(teacher, augmentation=None, l1_ratio=1.0)
        found = frontier(student, X, y, sizes={"C": [0.003, 100.0]}, cv=2)
        small, large = (point.counts for point in found.points)
        assert small["nonzero_coefficients"] < large["nonzero_coefficients"]
        assert large["features"] <= 5
        assert found.size == "nonzero_coefficients"

    def test_a_scorecard(self, rows):
        X, y = rows
        teacher = as_teacher(LogisticRegression().fit(X, y))
        student = DistilledScorecardClassifier(teacher, augmentation=None, random_state=0)
        found = frontier(student, X, y, sizes={"max_features": [1, 3]}, cv=2)
        assert [point.counts["features"] for point in found.points] == [1, 3]
        assert found.size == "bins"

    def test_any_student(self, rows):
        X, y = rows
        teacher = as_teacher(LogisticRegression().fit(X, y))
        inner = DecisionTreeClassifier(random_state=0)
        student = DistilledClassifier(teacher, student=inner, augmentation=None)
        found = frontier(student, X, y, sizes={"student__max_leaf_nodes": [2, 3]}, cv=2)
        assert [point.counts["leaves"] for point in found.points] == [2, 3]


class TestChoice:
    def test_by_hand(self):
        # means 0.80, 0.90, 0.93, 0.94; the best has a standard error of 0.04 / sqrt(4) = 0.02
        best = (0.94 - 0.03464101615137755, 0.94 + 0.03464101615137755, 0.94 - 0.03464101615137755)
        best = (*best, 0.94 + 0.03464101615137755)
        found = made((0.8,) * 4, (0.9,) * 4, (0.93,) * 4, best)
        choice = found.choice
        assert choice.standard_error == pytest.approx(0.02)
        assert choice.limit == pytest.approx(0.92)
        assert choice.best.parameters == {"size": 3}
        assert choice.chosen.parameters == {"size": 2}
        assert choice.text == (
            "size=2 is the smallest size within one standard error of size=3, the best mean "
            "agreement over 4 folds."
        )

    def test_lower_is_better(self):
        found = made((0.3, 0.3), (0.15, 0.15), (0.05, 0.15), greater=False)
        assert found.choice.limit == pytest.approx(0.15)
        assert found.choice.chosen.parameters == {"size": 1}

    def test_smallest_goes_by_what_is_counted(self):
        found = made((0.9, 1.0), (0.94, 0.96), counts=(9, 3))
        assert found.choice.chosen.parameters == {"size": 1}

    def test_equal_means_take_the_smaller(self):
        found = made((0.9, 0.9), (0.9, 0.9), counts=(4, 2))
        assert found.choice.chosen is found.choice.best is found.points[1]
        assert "no smaller size is within" in found.choice.text

    def test_a_single_fold_takes_the_best(self):
        found = made((0.8,), (0.9,))
        assert found.choice.standard_error is None
        assert found.choice.chosen.parameters == {"size": 1}

    def test_a_fold_without_a_value_cannot_be_chosen(self):
        found = made((0.8, 0.8), (None, 1.0))
        assert found.choice.chosen.parameters == {"size": 0}
        with pytest.raises(InvalidInputError, match="No size has a agreement in all folds"):
            made((None, 1.0)).choice  # noqa: B018


class TestOutput:
    def test_dict_frame_text_and_plot(self, rows, student):
        from matplotlib.figure import Figure

        X, y = rows
        found = frontier(student, X, y, sizes={"max_leaf_nodes": [2, 4]}, cv=2)
        data = found.to_dict()
        assert json.loads(json.dumps(data, allow_nan=False)) == data
        frame = found.to_frame()
        assert len(frame) == 2 * (3 + 4)
        assert frame["fold_mean"].notna().sum() == 6
        assert "Frontier of DistilledTreeClassifier: 180 held-out rows of 2 folds" in str(found)
        ax = Figure().subplots()
        assert found.plot(ax) is ax
        assert ax.get_ylabel() == "agreement"

    def test_interruption_keeps_finished_folds(self, rows, student):
        X, y = rows

        def stop(text):
            if text == "fold 2 of 3":
                raise KeyboardInterrupt

        with pytest.raises(InterruptedRun, match="after 2 of 3 folds") as caught:
            frontier(student, X, y, sizes={"max_leaf_nodes": [2]}, cv=3, progress=stop)
        partial = caught.value.partial
        assert (partial.n_folds, partial.n_folds_planned, partial.n_rows) == (2, 3, 120)
        assert "Interrupted: 2 of 3 folds." in str(partial)
        whole = frontier(student, X, y, sizes={"max_leaf_nodes": [2]}, cv=3)
        first = whole.points[0].by_fold["agreement"].values[:2]
        assert partial.points[0].by_fold["agreement"].values == first


class TestRefusals:
    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({"sizes": {}}, "sizes must be a mapping such as"),
            ({"sizes": {"leaves": [2]}}, "sizes names 'leaves', which is no size"),
            ({"sizes": {"teacher": [None]}}, "sizes names 'teacher', which is no size"),
            ({"sizes": {"max_leaf_nodes": 3}}, "must be a list of one value or more, got 3"),
            ({"scoring": "fidelity"}, "scoring must name fidelity scores"),
            ({"scoring": ["calibration_slope"]}, "cannot choose a size"),
            ({"alpha": 2}, "alpha must be a number of at least"),
            ({"cutoff": 0.3, "y": [0, 1, 2] * 60}, "cutoff=0.3 divides two classes, but the .* 3"),
            ({"y": None}, "y is None, but the teacher is still to be fitted"),
            ({"y": [0, 1]}, "y must have one entry per row of X, 180"),
            ({"student": DecisionTreeClassifier()}, "which has no 'teacher' parameter"),
            ({"student": DistilledTreeClassifier}, "must be an unfitted student, an instance"),
        ],
    )
    def test_said_in_full(self, rows, student, options, message):
        X, y = rows
        given = {"student": student, "X": X, "y": y, "sizes": {"max_leaf_nodes": [2]}} | options
        with pytest.raises(InvalidInputError, match=message):
            frontier(given.pop("student"), given.pop("X"), given.pop("y"), **given)

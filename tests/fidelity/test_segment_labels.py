"""Bands, leaves and worst rows."""

import json

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeRegressor

from interpkd import DistilledTreeClassifier, fidelity_report
from interpkd.exceptions import InvalidInputError
from interpkd.export import rule_list
from interpkd.fidelity import leaf_labels, score_bands, worst_rows


def test_quantile_bands_divide_evenly_and_sort():
    scores = np.random.default_rng(0).beta(1, 20, 1000)
    labels = score_bands(scores, n_bands=10)
    names, counts = np.unique(labels, return_counts=True)
    assert counts.tolist() == [100] * 10
    lowest = [scores[labels == name].min() for name in names]
    assert lowest == sorted(lowest)
    assert names[0].startswith("01: score <= ")


def test_ties_make_fewer_bands():
    assert set(score_bands([0.5] * 9, n_bands=3)) == {"1: all scores"}
    assert len(set(score_bands([0.0] * 8 + [1.0, 2.0], n_bands=5))) == 2


def test_fixed_bands():
    labels = score_bands([0.0, 0.05, 0.051, 0.9], edges=[0.05, 0.5])
    assert labels.tolist() == ["1: score <= 0.05"] * 2 + [
        "2: 0.05 < score <= 0.5",
        "3: score > 0.5",
    ]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_bands": 1}, "n_bands must be an int from 2 to 50, got 1"),
        ({"n_bands": 2.5}, "n_bands must be an int"),
        ({"edges": [0.5, 0.5]}, "edges must be 1 to 49 rising numbers"),
        ({"edges": []}, "edges must be 1 to 49 rising numbers"),
    ],
)
def test_bands_refuse(options, message):
    with pytest.raises(InvalidInputError, match=message):
        score_bands([0.1, 0.9], **options)


def test_leaves_are_the_rules_of_the_export(mixed_table):
    X, y = mixed_table
    student = DistilledTreeClassifier(max_leaf_nodes=5, cv=2, random_state=0).fit(X, y)
    labels, rules = leaf_labels(student, X), rule_list(student)
    by_number = {rule.number: rule for rule in rules}
    assert set(labels) <= set(by_number)
    P = student.predict_proba(X)
    for label, row in zip(labels.tolist(), P.tolist(), strict=True):
        assert list(by_number[label].distribution.values()) == pytest.approx(row)


def test_leaves_and_bands_are_segments_of_a_report(mixed_table):
    X, y = mixed_table
    student = DistilledTreeClassifier(max_leaf_nodes=3, cv=2, random_state=0).fit(X, y)
    bands = score_bands(student.teacher_.predict_proba(X)[:, 1], n_bands=4)
    report = fidelity_report(student, X, segments={"leaf": leaf_labels(student, X), "band": bands})
    assert [one.segment for one in report.segments] == ["leaf"] * 3 + ["band"] * 4
    assert sum(one.n for one in report.segments) == 2 * len(X)


def test_leaves_need_a_tree():
    model = LogisticRegression().fit([[0.0], [1.0]], [0, 1])
    with pytest.raises(InvalidInputError, match="student must be a tree to have leaves"):
        leaf_labels(model, [[0.0]])


class TestWorstRows:
    def test_against_a_sort(self, given_classifier):
        rng = np.random.default_rng(0)
        p, q = rng.random((2, 50))
        X = pd.DataFrame({"id": np.arange(50), "b": rng.choice(["u", None], 50)})
        rows = worst_rows(given_classifier(q), X, given_classifier(p), n=5, cutoff=0.3)
        order = np.argsort(-np.abs(p - q))[:5]
        assert [one.row for one in rows.rows] == order.tolist()
        first = rows.rows[0]
        assert first.difference == pytest.approx(np.abs(p - q).max())
        assert first.teacher[1] == pytest.approx(p[order[0]])
        assert first.student_decision == int(q[order[0]] > 0.3)
        assert first.values == {"id": float(order[0]), "b": X["b"][order[0]]}
        assert (first.reasons, rows.cutoff) == (None, 0.3)

    def test_order_of_rows_plays_no_part(self, given_classifier):
        rng = np.random.default_rng(0)
        p = rng.integers(1, 4, 60) / 4
        X = pd.DataFrame({"id": np.arange(60), "a": rng.random(60)})
        one = worst_rows(given_classifier(p), X, given_classifier(p[::-1]))
        mixed = X.iloc[rng.permutation(60)]
        other = worst_rows(given_classifier(p), mixed, given_classifier(p[::-1]))
        assert [row.values for row in other.rows] == [row.values for row in one.rows]

    def test_forms(self, given_classifier):
        P = np.random.default_rng(0).dirichlet([1, 1, 1], 20)
        X = pd.DataFrame({"a": [None, *range(19)], "flag": [True, False] * 10})
        rows = worst_rows(given_classifier(P, ["r", "s", "t"]), X, P[::-1], n=30)
        assert len(rows.rows) == rows.n_rows == 20
        assert json.loads(json.dumps(rows.to_dict(), allow_nan=False)) == rows.to_dict()
        assert list(rows.to_frame().columns) == [
            "row", "difference", "teacher r", "teacher s", "teacher t", "student r", "student s",
            "student t", "teacher decision", "student decision", "a", "flag",
        ]  # fmt: skip
        assert "student t" in str(rows)

    def test_a_regression(self):
        X = np.arange(10.0)[:, None]
        tree = DecisionTreeRegressor(max_depth=1).fit(X, X[:, 0])
        rows = worst_rows(tree, X, X[:, 0] ** 2, n=1)
        assert rows.rows[0].to_dict() == {
            "row": 9, "difference": 74.0, "teacher": 81.0, "student": 7.0, "values": {"x0": 9.0},
            "teacher_decision": None, "student_decision": None, "reasons": None,
        }  # fmt: skip

    def test_n_is_checked(self, given_classifier):
        with pytest.raises(InvalidInputError, match="n must be an int of at least 1"):
            worst_rows(given_classifier([0.1, 0.2]), [[0], [1]], given_classifier([0.1, 0.2]), n=0)

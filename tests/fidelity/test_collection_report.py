"""A report on rows in parts says what the report on the same rows in memory says."""

import math
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from interpkd._collections import MemoryCollection
from interpkd._row_sample import RowSample, row_keys
from interpkd.exceptions import InvalidInputError
from interpkd.fidelity import _collection_areas, _collection_report, fidelity_report
from interpkd.fidelity._collection_sums import exact_sum

N = 700
SAMPLED = ("spearman", "kendall", "error_q50", "error_q90")


@pytest.fixture(scope="module", name="X")
def rows():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(N, 3)), columns=["a", "b", "c"])
    return frame.assign(region=rng.choice(["north", "south", None], N, p=[0.6, 0.3, 0.1]))


@pytest.fixture(scope="module")
def signal(X):
    return (X.a + X.b * X.c + np.random.default_rng(1).normal(size=N)).to_numpy()


def models(task, X, signal):
    rows = X[["a", "b", "c"]]
    if task == "regression":
        y = 1e6 + 10 * signal
        teacher = DecisionTreeRegressor(max_leaf_nodes=40).fit(rows, y)
        return DecisionTreeRegressor(max_leaf_nodes=5).fit(rows, teacher.predict(rows)), teacher, y
    y = np.digitize(signal, [0.0] if task == "two classes" else [-0.5, 0.7])
    teacher = DecisionTreeClassifier(max_leaf_nodes=40, random_state=0).fit(rows, y)
    labels = teacher.predict(rows)
    return DecisionTreeClassifier(max_leaf_nodes=5, random_state=0).fit(rows, labels), teacher, y


@pytest.fixture
def few_answers(monkeypatch):
    """Bring so few answers together that a small table counts as a large one."""
    short = _collection_report.report_of_collection

    def report(*args, **kwargs):
        return short(*args, **kwargs, n_sample=60)

    monkeypatch.setattr("interpkd.fidelity._report.report_of_collection", report)
    monkeypatch.setattr("interpkd._row_sample.LEAST_OF_A_PART", 20)
    monkeypatch.setattr("interpkd.fidelity._collection_part.FEW_ROWS", 20)


def reports(task, X, signal, weights=None, n_parts=5):
    student, teacher, y = models(task, X, signal)
    given_ = {"teacher": teacher, "cutoff": 0.4 if task == "two classes" else 0.5}
    in_memory = fidelity_report(
        student, X, y, segments={"region": X.region}, sample_weight=weights, **given_
    )
    frame = X.assign(y=y) if weights is None else X.assign(y=y, w=weights)
    rows = MemoryCollection(frame, n_parts, "y", None if weights is None else "w")
    return in_memory, fidelity_report(student, rows, segments=["region"], **given_)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("task", ["two classes", "three classes", "regression"])
def test_all_rows_give_the_scores_of_memory(task, weighted, X, signal, few_answers):
    weights = np.random.default_rng(2).integers(0, 4, N) / 2 if weighted else None
    memory, parts = reports(task, X, signal, weights)
    assert memory.to_dict().keys() == parts.to_dict().keys()
    assert str(memory).split("\n")[0] == str(parts).split("\n")[0]
    one, other = memory.to_frame(), parts.to_frame()
    assert one[["model", "group", "score"]].equals(other[["model", "group", "score"]])
    of_all = ~one.score.isin(SAMPLED)
    np.testing.assert_allclose(
        other.estimate[of_all], one.estimate[of_all], rtol=1e-9, atol=1e-12, equal_nan=True
    )
    assert (other.n[of_all] == one.n[of_all]).all()
    assert other.method[~of_all].str.contains("of a sample of .* rows by content, seed").all()
    exact = of_all & one.method.str.contains("Clopper|Newcombe")
    assert weighted or task == "regression" or exact.sum() > 5
    np.testing.assert_allclose(other.low[exact], one.low[exact], rtol=1e-9)
    # means of areas are a little wide: their errors are added
    normal = of_all & other.method.str.startswith("normal")
    width, usual = (of.high[normal] - of.low[normal] for of in (other, one))
    assert ((width > 0.7 * usual) & (width < 1.5 * usual)).all()
    bounded = of_all & other.method.str.startswith("empirical")
    assert (other.low[bounded] <= other.estimate[bounded]).all()
    assert (other.high[bounded] >= other.estimate[bounded]).all()


def test_few_rows_give_the_report_of_memory(X, signal):
    memory, parts = reports("three classes", X, signal)
    assert memory.to_dict() == parts.to_dict()


@pytest.mark.parametrize("task", ["two classes", "regression"])
def test_no_order_of_rows_or_parts_changes_anything(task, X, signal, few_answers, monkeypatch):
    student, teacher, y = models(task, X, signal)
    monkeypatch.setattr(_collection_report, "TOGETHER", 3)
    rows = MemoryCollection(X.assign(y=y), 8, "y")
    first = fidelity_report(student, rows, teacher=teacher, segments=["region"])
    forth = MemoryCollection.map
    monkeypatch.setattr(
        MemoryCollection, "map", lambda self, *args: iter(list(forth(self, *args))[::-1])
    )
    again = fidelity_report(student, rows, teacher=teacher, segments=["region"])
    assert first.to_dict() == again.to_dict()


def test_statements_hold_for_all_rows(X, signal, few_answers):
    memory, parts = reports("two classes", X, signal)
    assert str(parts.at_least("agreement")) == str(memory.at_least("agreement"))
    together = parts.statements(["agreement", "decision_auc"])
    assert [str(one) for one in together] == [
        str(one) for one in memory.statements(["agreement", "decision_auc"])
    ]


def test_an_area_of_many_scores_is_within_its_bound(X, signal, few_answers, monkeypatch):
    monkeypatch.setattr(_collection_areas, "MOST_LEVELS", 50)
    monkeypatch.setattr(_collection_areas, "N_BINS", 256)
    _, teacher, y = models("two classes", X, signal)
    rows = X[["a", "b", "c"]]
    student = LogisticRegression().fit(rows, y)
    memory = fidelity_report(student, rows, y, teacher=teacher)
    parts = fidelity_report(student, MemoryCollection(rows.assign(y=y), 4, "y"), teacher=teacher)
    for exact, binned in (
        (memory.scores["decision_auc"], parts.scores["decision_auc"]),
        (memory.performance["student"]["auc"], parts.performance["student"]["auc"]),
    ):
        bound = float(binned.method.split("off by ")[1].split()[0])
        assert 0 < bound < 0.02
        assert abs(exact.estimate - binned.estimate) <= 1.05 * bound
        assert binned.low <= exact.low < exact.high <= binned.high
    # the teacher has 40 leaves: its area is counted exactly
    assert "bins" not in parts.performance["teacher"]["auc"].method


@pytest.mark.parametrize(
    ("given_", "message"),
    [
        ({"groups": "region"}, "groups cannot be honoured"),
        ({"segments": ["county"]}, "segments names the column 'county', which the rows lack"),
        ({"segments": {"region": [1, 2]}}, "segments must be names of columns"),
        ({"segments": ["a"]}, "more than 50 different values"),
        ({"teacher": np.zeros((N, 2))}, "teacher must be a fitted model for a data set"),
    ],
)
def test_refuses_what_parts_cannot_give(given_, message, X, signal):
    student, teacher, _ = models("two classes", X, signal)
    with pytest.raises(InvalidInputError, match=message):
        fidelity_report(student, MemoryCollection(X, 3), **{"teacher": teacher, **given_})


def test_errors_name_the_part_or_the_column(X, signal):
    student, teacher, y = models("two classes", X, signal)
    rows = X.assign(y=np.where(np.arange(N) == N - 1, 7, y))
    with pytest.raises(InvalidInputError, match=r"X: y holds the label 7"):
        fidelity_report(student, MemoryCollection(rows, 3, "y"), teacher=teacher)
    with pytest.raises(InvalidInputError, match="student was trained on the column 'b'"):
        fidelity_report(student, MemoryCollection(X.drop(columns="b"), 3), teacher=teacher)
    negative = X.assign(w=-1.0)
    with pytest.raises(InvalidInputError, match="sample_weight must be finite and at least 0"):
        fidelity_report(student, MemoryCollection(negative, 3, None, "w"), teacher=teacher)
    nothing = MemoryCollection(X.assign(w=0.0), 3, None, "w")
    with pytest.raises(InvalidInputError, match="no rows that count"):
        fidelity_report(student, nothing, teacher=teacher)


@given(
    st.lists(st.integers(0, 5), min_size=1, max_size=40),
    st.lists(st.integers(0, 40), max_size=4),
    st.integers(1, 12),
)
@settings(deadline=None, max_examples=30)
def test_a_sample_of_parts_is_the_sample_of_the_whole(values, cuts, most):
    # rows that differ: a row's second column is its number
    X = np.column_stack([values, np.arange(len(values))]).astype(float)
    whole = RowSample.of(row_keys(X, seed=3), [X], most)
    ends = sorted({0, len(X), *(cut % len(X) for cut in cuts)})
    parts = [X[a:b] for a, b in pairwise(ends)]
    samples = [RowSample.of(row_keys(part, seed=3), [part], most) for part in parts[::-1]]
    merged = RowSample.merge(samples, most)
    assert np.array_equal(merged.columns[0], whole.columns[0])
    assert len(whole) == min(most, len(X))


def test_every_row_is_as_likely_to_be_drawn():
    X = np.repeat(np.arange(100.0), 50)[:, None]  # 50 copies of each
    keys = row_keys(X, seed=0)
    drawn = np.bincount(X[np.argsort(keys)[:1000], 0].astype(int), minlength=100)
    assert abs(drawn - 10).max() < 15
    assert drawn.std() < 4.5  # binomial: 3.0
    assert set(np.argsort(row_keys(X, seed=1))[:1000]) != set(np.argsort(keys)[:1000])


def test_sums_are_rounded_once():
    parts = [np.array([x]) for x in (1e16, 1.0, -1e16, 1.0)]
    assert exact_sum(parts)[0] == exact_sum(parts[::-1])[0] == 2.0
    assert math.fsum([0.1] * 10) == exact_sum([np.array([0.1])] * 10)[0]

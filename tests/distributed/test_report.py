"""Reports of rows that lie on workers: what the rows in memory say."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier

from interpkd import DistilledTreeClassifier, as_teacher
from interpkd.explanation import explain
from interpkd.fidelity import fidelity_report

dd = pytest.importorskip("dask.dataframe")
pytestmark = pytest.mark.distributed


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(3000, 4)), columns=list("abcd"))
    y = (X.a + X.b * X.c + rng.normal(size=3000) > 0).astype(int)
    return X.assign(region=rng.choice(["n", "s"], 3000), y=y)


@pytest.fixture(scope="module")
def student(table):
    X = table[list("abcd")]
    teacher = as_teacher(DecisionTreeClassifier(max_leaf_nodes=50, random_state=0).fit(X, table.y))
    return DistilledTreeClassifier(teacher, max_leaf_nodes=5, augmentation=None).fit(X)


def test_the_report_of_memory(client, table, student, monkeypatch):
    ddf = dd.from_pandas(table, npartitions=5)
    X = table.drop(columns="y")
    memory = fidelity_report(student, X, table.y, segments={"region": table.region})
    found = fidelity_report(student, ddf, "y", segments=["region"])
    assert found.to_dict() == memory.to_dict()


def test_the_scores_of_memory_without_the_answers(client, table, student, monkeypatch):
    from interpkd.fidelity import _collection_report

    short = _collection_report.report_of_collection
    monkeypatch.setattr(
        "interpkd.fidelity._report.report_of_collection",
        lambda *args, **kwargs: short(*args, **kwargs, n_sample=100),
    )
    X, linear = table[list("abcd")], LogisticRegression().fit(table[list("abcd")], table.y)
    memory = fidelity_report(linear, X, table.y, teacher=student.teacher_)
    one, two = (
        fidelity_report(linear, dd.from_pandas(table, npartitions=n), "y", teacher=student.teacher_)
        for n in (5, 7)
    )
    for name, score in memory.scores.items():
        assert one.scores[name].estimate == pytest.approx(score.estimate, rel=1e-9)
        assert two.scores[name].estimate == pytest.approx(score.estimate, rel=1e-9)
    assert one.n_rows == len(table)


def test_the_same_rows_are_explained(client, table, student, monkeypatch):
    monkeypatch.setattr("interpkd.explanation._shap.MOST_EXPLAINED", 4)
    monkeypatch.setattr("interpkd.explanation._shap.MOST_BACKGROUND", 8)
    rows = dd.from_pandas(table[list("abcd")], npartitions=3)
    one, two = (
        explain(student, ddf, background=ddf) for ddf in (rows, rows.repartition(npartitions=2))
    )
    np.testing.assert_array_equal(one.student.values, two.student.values)
    assert one.sample["n_rows_available"] == len(table)

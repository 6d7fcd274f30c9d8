"""An audit of a data set: fidelity of all rows, the rest of a sample that says so."""

import json

import numpy as np
import pandas as pd
import pytest
from sklearn.tree import DecisionTreeClassifier

from interpkd import DistilledTreeClassifier, as_teacher
from interpkd._collections import MemoryCollection
from interpkd._row_sample import draw_rows
from interpkd.audit import audit_report
from interpkd.exceptions import InvalidInputError
from interpkd.explanation import explain
from interpkd.fidelity import fidelity_report

N, MOST = 900, 150


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(N, 3)), columns=["a", "b", "c"])
    noisy = frame.a + frame.b * frame.c + 0.3 * rng.normal(size=N)
    return frame.assign(
        region=rng.choice(["north", "south"], N), sex=rng.choice(["f", "m"], N), y=noisy > 0
    )


@pytest.fixture(scope="module")
def models(table):
    rows = table[["a", "b", "c"]]
    teacher = DecisionTreeClassifier(max_leaf_nodes=40, random_state=0).fit(rows, table.y)
    student = DistilledTreeClassifier(as_teacher(teacher), max_leaf_nodes=4, augmentation=None)
    return student.fit(rows), teacher


@pytest.fixture(scope="module")
def report(table, models):
    student, teacher = models
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("interpkd.audit._collection_rows.MOST_ROWS", MOST)
        patch.setattr("interpkd._row_sample.LEAST_OF_A_PART", 50)
        return audit_report(
            student,
            MemoryCollection(table, 4, "y"),
            teacher=teacher,
            X_train=MemoryCollection(table, 3, "y"),
            groups="sex",
            segments=["region"],
            checks=[],
        )


def test_fidelity_is_that_of_all_rows(report, table, models):
    student, teacher = models
    X = table.drop(columns="y")
    labels = {"sex": table.sex, "region": table.region}
    whole = fidelity_report(student, X, table.y, teacher=teacher, segments=labels).to_dict()
    found = report.to_dict()["fidelity"]
    assert json.loads(json.dumps(whole)) == {name: found[name] for name in whole}
    assert found["n_rows"] == N


def test_the_sample_is_stated_in_data_and_text(report):
    data = report.to_dict()
    assert data["data"]["n_rows"] == MOST
    sample = data["data"]["sample"]
    assert sample == {
        "n_rows": MOST,
        "n_rows_available": N,
        "seed": 0,
        "how": f"{MOST} of {N} rows, by their content, seed 0",
    }
    assert data["data"]["training_sample"]["n_rows_available"] == N
    said = [one["text"] for one in data["limitations"] if one["topic"] == "Sample of the rows"]
    assert len(said) == 2
    assert f"those of all {N} evaluation rows" in said[0]
    assert sample["how"] in said[0]
    assert f"{N} evaluation rows" in repr(report)


def test_the_document_says_it(report, tmp_path):
    text = report.to_markdown(tmp_path / "report.md").read_text(encoding="utf-8")
    assert f"those of all {N} evaluation rows" in text


def test_refuses_labels_in_memory(table, models):
    student, teacher = models
    rows = MemoryCollection(table, 4, "y")
    with pytest.raises(InvalidInputError, match="groups must be names of columns"):
        audit_report(student, rows, teacher=teacher, groups={"sex": table.sex})
    with pytest.raises(InvalidInputError, match="X, which has no 'county'"):
        audit_report(student, rows, teacher=teacher, segments="county")


def test_explains_drawn_rows(table, models, monkeypatch):
    student, teacher = models
    monkeypatch.setattr("interpkd.explanation._shap.MOST_EXPLAINED", 5)
    monkeypatch.setattr("interpkd.explanation._shap.MOST_BACKGROUND", 10)
    monkeypatch.setattr("interpkd._row_sample.LEAST_OF_A_PART", 50)
    X = table[["a", "b", "c"]]
    rows = MemoryCollection(X, 4)
    both = explain(student, rows, background=rows, teacher=teacher)
    drawn = draw_rows(rows, 5, seed=0)
    same = explain(student, drawn.X, background=draw_rows(rows, 10, seed=1).X, teacher=teacher)
    np.testing.assert_array_equal(both.student.values, same.student.values)
    assert both.n_background == 10
    assert both.to_dict()["sample"] == drawn.facts
    assert both.sample["how"] == f"5 of {N} rows, by their content, seed 0"
    assert same.sample is None


@pytest.mark.parametrize("n_parts", [1, 3, 9])
def test_the_same_rows_are_drawn_of_any_parts(n_parts, table, monkeypatch):
    monkeypatch.setattr("interpkd._row_sample.LEAST_OF_A_PART", 50)
    one = draw_rows(MemoryCollection(table, 2, "y"), 40, seed=7)
    other = draw_rows(MemoryCollection(table, n_parts, "y"), 40, seed=7)
    pd.testing.assert_frame_equal(one.X, other.X)
    assert (one.y == other.y).all()
    whole = draw_rows(MemoryCollection(table, n_parts, "y"), 5000, seed=7)
    assert whole.facts["how"] == "all rows"
    assert len(whole.X) == N

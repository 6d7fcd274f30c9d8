"""The worst segment and the cut-off in the report: the figures of the fidelity room, all shown."""

import re

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier

from interpkd.audit import audit_report
from interpkd.fidelity import cutoff_report, worst_segment


@pytest.fixture(scope="module")
def planted():
    """A student of two columns, whose teacher thinks otherwise of young people in the east."""
    rng = np.random.default_rng(0)
    n = 1200
    X = pd.DataFrame(
        {
            "age": rng.integers(18, 80, n),
            "income": rng.lognormal(3, 1, n),
            "place": rng.choice(["east", "west"], n),
        }
    )
    y = (X["income"] > 20).to_numpy()
    model = DecisionTreeClassifier(max_depth=1).fit(X[["income"]], y)
    student = LogisticRegression().fit(X[["income"]], y)
    odd = ((X["age"] < 35) & (X["place"] == "east")).to_numpy() & (rng.random(n) < 0.6)
    P = 0.1 + 0.8 * model.predict_proba(X[["income"]])
    P[odd] = P[odd][:, ::-1]
    return student, X[["income"]], X, y, P


@pytest.fixture(scope="module")
def audited(planted):
    student, Z, _, y, P = planted
    return audit_report(student, Z, y, teacher=P, cutoff=0.4, alpha=0.1, random_state=3)


def test_the_report_says_what_the_room_says(planted, audited):
    student, Z, _, y, P = planted
    found = worst_segment(student, Z, teacher=P, cutoff=0.4, alpha=0.1, random_state=3)
    cut = cutoff_report(student, Z, y, teacher=P, cutoff=0.4, alpha=0.1)
    data = audited.to_dict()
    assert found.to_dict().items() <= data["worst_segments"].items()
    assert cut.to_dict().items() <= data["cutoff"].items()
    assert data["worst_segments"]["n_segments"] == len(found.segments)


def test_every_figure_is_on_the_page(audited, tmp_path, read_page):
    page = read_page(audited.to_html(tmp_path / "r.html"))
    shown = {value for value, _ in page.data}
    found, cut = audited.data["worst_segments"], audited.data["cutoff"]
    for one in found["segments"]:
        assert one["rule"] in page.text
        figures = [one["n_rows"], one["p_value"], one["p_adjusted"]]
        figures += [one["inside"][key] for key in ("estimate", "low", "high")]
        assert {repr(figure) for figure in figures} <= shown
    for part in (cut["same"], cut["matched"]):
        figures = [part["student_cutoff"], part["agreement"]["low"]]
        figures += [cell["n_rows"] for cell in part["cells"]]
        figures += [cell["share"]["high"] for cell in part["cells"]]
        figures += [cell["bad_rate"]["estimate"] for cell in part["cells"]]
        assert {repr(figure) for figure in figures if figure is not None} <= shown
    assert {repr(point["cutoff"]) for point in cut["sweep"]} <= shown


def test_a_segment_that_is_worse_is_a_limitation(planted, tmp_path):
    _, _, X, y, P = planted
    student = make_student(X)
    report = audit_report(student, X, y, teacher=P)
    found = report.data["worst_segments"]
    assert found["n_worse"] >= 1
    assert found["segments"][0]["rule"] == "age <= 34.0 and place in {east}"
    (text,) = (
        one["text"] for one in report.data["limitations"] if one["topic"] == "Worse in a segment"
    )
    assert found["segments"][0]["rule"] in text
    markdown = report.to_markdown(tmp_path / "r.md").read_text(encoding="utf-8")
    assert "## Worst segment" in markdown
    assert re.search(r"34\.0 and place in", markdown)


def make_student(X):
    """Fit a student that knows nothing of age and place."""
    from interpkd import DistilledTreeClassifier

    p = np.where(X["income"] > 20, 0.9, 0.1)
    student = DistilledTreeClassifier(max_leaf_nodes=2, augmentation=None)
    return student.fit(X, p > 0.5, teacher_proba=np.column_stack([1 - p, p]))


def test_what_is_not_computed_is_said(reports, tmp_path):
    assert reports["regression"].data["cutoff"]["reason"] == "A regression has no cut-off."
    assert reports["regression"].data["worst_segments"]["measure"] == "mae"
    assert not reports["multiclass"].data["cutoff"]["is_computed"]
    assert reports["multiclass"].data["worst_segments"]["is_computed"]
    for key in ("worst_segments", "cutoff"):
        assert reports["scores_only"].data[key] == {
            "is_computed": False,
            "reason": "No teacher was given, and the student keeps none.",
        }
    text = reports["scores_only"].to_markdown(tmp_path / "r.md").read_text(encoding="utf-8")
    assert text.count("No teacher was given") >= 3


def test_weights_reach_both(planted):
    student, Z, _, y, P = planted
    weights = np.random.default_rng(0).random(len(Z)) + 0.5
    data = audit_report(student, Z, y, teacher=P, sample_weight=weights).data
    assert data["worst_segments"]["weighted"]
    assert data["cutoff"]["weighted"]

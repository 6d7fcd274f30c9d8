"""Fairness by group in the audit report: the same numbers, the picture, and text as text."""

import sys
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from interpkd.audit import audit_report, group_fairness
from interpkd.audit._document import build_document
from interpkd.audit._fairness_picture import draw_fairness

NASTY = ["</td><script>alert('x')</script>", '"; DROP TABLE x; -- | `a` [b](c)', "\u202eabc $x$"]


@pytest.fixture(scope="module")
def made():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(120, 2))
    y = (X[:, 0] + rng.normal(0, 0.5, 120) > 0).astype(int)
    tree = DecisionTreeClassifier(max_leaf_nodes=3, random_state=0).fit(X, y)
    other = DecisionTreeClassifier(max_leaf_nodes=6, random_state=0).fit(X, y)
    groups = {"<b>name</b>": np.array(NASTY)[rng.choice(3, 120, p=[0.45, 0.45, 0.1])]}
    options = {"teacher": other, "groups": groups, "adverse_class": 1}
    report = audit_report(tree, X, y, background=X[:10], group_reference=NASTY[0], **options)
    return report, group_fairness(tree, X, y, reference=NASTY[0], **options)


def section(data):
    return next(one for one in build_document(data, {}).sections if one.anchor == "fairness")


def test_the_report_has_the_numbers_of_the_function(made):
    report, found = made
    kept = dict(report.data["fairness"])
    assert kept.pop("is_computed")
    assert kept.pop("reason") is None
    assert kept == found.to_dict()


def test_names_are_text_in_every_file(made, read_page, tmp_path):
    report, _ = made
    page = report.to_html(tmp_path / "r.html")
    assert "<script>alert" not in page.read_text(encoding="utf-8")
    assert f"<b>name</b> = {NASTY[0]}" in read_page(page).text
    text = report.to_markdown(tmp_path / "r.md").read_text(encoding="utf-8")
    assert "<script" not in text
    assert "\u202e" not in text
    assert "\\`a\\`" in text


def test_the_picture_marks_what_is_missing(made):
    report, found = made
    texts = [one.text for one in ET.fromstring(report.pictures["fairness"]).iter("text")]  # noqa: S314
    assert {"Selection rate", "Adverse-impact ratio", "insufficient data"} <= set(texts)
    assert sum(str(one).endswith(f"(n = {found.groups[-1].n})") for one in texts) == 1


def test_limitations_and_tables_name_small_groups(made):
    report, _ = made
    topics = {one["topic"]: one["text"] for one in report.data["limitations"]}
    assert NASTY[2] in topics["Groups too small to measure"]
    captions = [one.caption for one in section(report.data).blocks if one.kind == "table"]
    assert "Insufficient data: groups without numbers" in captions
    assert not any("4/5" in one or "four-fifths" in one for one in topics.values())


def test_without_groups_the_section_says_so(reports):
    data = reports["regression"].data
    assert data["fairness"] == {"is_computed": False, "reason": "No groups were given."}
    assert "fairness" not in reports["regression"].pictures
    assert section(data).blocks[0].parts[0].text == "No groups were given."


def report_of(model, X, **options):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("interpkd.audit._report.draw_pictures", lambda *_: {})
        return audit_report(model, X, background=X[:5], **options).data


def test_what_is_missing_is_a_reason_and_no_error(monkeypatch):
    X, y = load_iris(return_X_y=True)
    tree = DecisionTreeClassifier(max_depth=2, random_state=0).fit(X, y)
    groups = {"half": np.arange(150) % 2}
    data = report_of(tree, X, groups=groups)
    assert "Of 3 classes it must be said" in data["fairness"]["reason"]
    assert report_of(tree, X, groups=groups, adverse_class=2)["fairness"]["is_computed"]
    monkeypatch.setitem(sys.modules, "fairlearn", None)
    monkeypatch.setitem(sys.modules, "fairlearn.metrics", None)
    data = report_of(tree, X, groups=groups, adverse_class=2)
    assert 'pip install "interpkd[fairness]"' in data["fairness"]["reason"]
    assert "Fairness unknown" in {one["topic"] for one in data["limitations"]}


def test_a_regression_has_means():
    X = np.random.default_rng(0).normal(size=(80, 2))
    tree = DecisionTreeRegressor(max_leaf_nodes=3).fit(X, X[:, 0])
    data = report_of(tree, X, groups={"half": np.arange(80) % 2}, teacher=X[:, 0] * 1.0)
    titles = [one.caption for one in section(data).blocks if one.kind == "table"]
    assert titles[:2] == ["Mean predictions", "Differences of mean predictions"]
    assert "Mean prediction" in draw_fairness(data["fairness"])

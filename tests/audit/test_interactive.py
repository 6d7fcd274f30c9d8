"""The page's scripts, its tree and its panel, as they stand in the file; browsers have their own."""

import base64
import hashlib
import json
import re
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest

from interpkd import DistilledTreeClassifier
from interpkd.audit import _interactive_panel as panel_module
from interpkd.audit import audit_report
from interpkd.audit._audit_report import AuditReport
from interpkd.audit._interactive_page import inline_json, inline_script

NAMES = [
    "</script><script>alert(1)</script>",
    'it\'s "quoted" `${1}` \\',
    "<!-- <script",
    "\u202e\u05d0\u05d1 \u2028",
    "x" * 10_000,
]


class Scripts(HTMLParser):
    """Every script of a page with its attributes."""

    def __init__(self, text):
        super().__init__()
        self.found, self.policy = [], None
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag == "script":
            self.found.append([attrs, ""])
        if attrs.get("http-equiv") == "Content-Security-Policy":
            self.policy = attrs["content"]

    def handle_data(self, text):
        if self.cdata_elem == "script":
            self.found[-1][1] += text


@pytest.fixture(scope="module")
def nasty_report():
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(60, len(NAMES))), columns=NAMES)
    X["kind"] = rng.choice(NAMES, 60)
    p = 1 / (1 + np.exp(-X[NAMES[0]] - X[NAMES[4]] - 2 * (X["kind"] == NAMES[1])))
    proba = np.column_stack([1 - p, p])
    student = DistilledTreeClassifier(max_leaf_nodes=6, min_samples_leaf=2, effort="greedy")
    student.fit(X, np.where(p > 0.5, "\u2028b", "</script>a"), teacher_proba=proba[:, ::-1])
    return audit_report(student, X[:20], teacher=proba[:20, ::-1], fields={"owner": NAMES[0]})


def test_the_policy_names_the_hash_of_every_script_and_nothing_else(pages, report_name):
    page = Scripts(pages[report_name].read_text(encoding="utf-8"))
    hashes = set()
    for attrs, text in page.found:
        if attrs:
            assert attrs == {"type": "application/json", "id": "facts"}
            json.loads(text)
            continue
        hashes.add("sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode())
    rules = dict(rule.strip().split(" ", 1) for rule in page.policy.split(";"))
    assert rules["default-src"] == "'none'"
    assert set(rules["script-src"].split()) == ({f"'{one}'" for one in hashes} or {"'none'"})
    assert rules["form-action"] == rules["base-uri"] == "'none'"
    assert "eval" not in page.policy


def test_nasty_names_stay_inside_their_scripts(nasty_report, tmp_path, read_page):
    path = nasty_report.to_html(tmp_path / "r.html")
    text = path.read_text(encoding="utf-8")
    page = Scripts(text)
    assert len(page.found) == 3
    assert all(one.isascii() and "<!--" not in one for _, one in page.found)
    assert len(re.findall("<script|</script", text)) == 6
    assert path.stat().st_size < 2_000_000
    labels = [attrs.get("for") for tag, attrs in read_page(path).tags if tag == "label"]
    assert [one for one in labels if one] == [f"ask-{i}" for i in (*used_first(nasty_report),)]


def used_first(report):
    used = report.data["student"]["columns_used"]
    names = [one["name"] for one in report.data["model"]["columns"]]
    return sorted(range(len(names)), key=lambda i: names[i] not in used)


def test_scripts_and_json_cannot_end_their_element():
    assert inline_script("a = '\u00e9\U0001f600';\r\n") == "\na = '\\u00e9\\ud83d\\ude00';\n"
    for bad in ("'</script'", "'<!--'", "'<SCRIPT'"):
        with pytest.raises(ValueError, match="strings must not"):
            inline_script(bad)
    text = inline_json({"</script>": "<!-- & \u2028"})
    assert not set(text) & set("<>&\u2028")
    assert json.loads(text) == {"</script>": "<!-- & \u2028"}


def test_every_control_has_a_label_and_every_error_its_place(report, page):
    fields = [attrs for tag, attrs in page.tags if attrs.get("class") == "field"]
    model = report.data["model"]
    assert len(fields) == (0 if model is None else len(model["columns"]))
    ids = set(page.attributes("id"))
    for tag, attrs in page.tags:
        if tag in ("input", "select") and attrs.get("type") != "checkbox":
            assert attrs["id"] in {a.get("for") for t, a in page.tags if t == "label"}
            assert set(attrs["aria-describedby"].split()) <= ids
        if tag == "button":
            assert attrs["type"] in ("button", "submit")
    assert ("p", {"id": "answer", "role": "status"}) in page.tags or model is None


def test_without_a_script_the_tree_is_open_and_the_panel_hidden(reports, read_pages):
    tags = read_pages["binary"].tags
    branches = [attrs for tag, attrs in tags if tag == "details" and "class" not in attrs]
    student = reports["binary"].data["student"]
    assert len(branches) == student["n_rules"] - 1
    assert all("open" in attrs for attrs in branches)
    hidden = [attrs for _, attrs in tags if "hidden" in attrs]
    assert [attrs.get("id", attrs["class"]) for attrs in hidden] == ["tools", "panel"]


@pytest.mark.parametrize("name", ["binary", "multiclass", "regression", "bare_tree"])
def test_nodes_say_what_the_rules_say(reports, name):
    data = reports[name].data
    student, nodes = data["student"], data["student"]["nodes"]
    leaves = [one for one in nodes if one["rule"] is not None]
    assert [one["rule"] for one in leaves] == list(range(1, student["n_rules"] + 1))
    for one, rule in zip(leaves, student["rules"], strict=True):
        assert one["n_rows"] == rule["n_rows"]
        assert one["answer"] == (rule["distribution"] or rule["value"])
        assert one["teacher_mean"] == rule["evaluation"]["teacher_mean"]
    below = {}
    for one in nodes:
        below.setdefault(one["parent"], []).append(one)
    root = below[None][0]
    assert root["n_evaluation"] == data["data"]["n_rows"]
    assert root["share"] == 1
    for one in nodes:
        children = below.get(one["node"], [])
        assert len(children) == (0 if one["rule"] is not None else 2)
        if children:
            assert sum(child["n_rows"] for child in children) == one["n_rows"]
            mean = sum(np.multiply(c["answer"], c["n_rows"]) for c in children) / one["n_rows"]
            np.testing.assert_allclose(one["answer"], mean)
            assert {child["depth"] for child in children} == {one["depth"] + 1}


def test_the_words_on_branches(reports):
    texts = [one["text"] for one in reports["binary"].data["student"]["nodes"]]
    assert texts[0] == "all rows"
    assert any(re.fullmatch(r"age <= [\d.]+", one) for one in texts)
    assert any(one.startswith("purpose ") and one.endswith(" or missing") for one in texts)
    assert {"owner is False", "owner is True"} <= set(texts)


def test_the_panel_begins_with_usual_values(mixed_table):
    frame, _ = mixed_table
    frame = frame[:40].assign(purpose=["car", "boat", None, "new"] * 10)
    p = np.linspace(0.1, 0.9, 40)
    student = DistilledTreeClassifier(max_leaf_nodes=3, effort="greedy")
    student.fit(frame, teacher_proba=np.column_stack([1 - p, p]))
    rows = frame.assign(purpose=["boat", "car", "never", "never"] * 10, amount=np.nan)
    data = audit_report(student, rows, teacher=np.column_stack([1 - p, p])).data
    usual = {one["column"]: one["usual_value"] for one in data["what_if"]["columns"]}
    assert usual["age"] == np.quantile(rows["age"], 0.5, method="lower")
    known = next(one.categories for one in student.columns_ if one.name == "purpose")
    assert usual["purpose"] == next(one for one in known if one in ("boat", "car"))
    assert usual["amount"] is None
    assert isinstance(usual["owner"], bool)


def test_a_student_that_cannot_be_asked_says_why(pages):
    text = pages["any_student"].read_text(encoding="utf-8")
    assert "The student cannot be asked in the page." in text
    assert "script-src 'none'" in Scripts(text).policy
    assert "<script" not in text


def test_a_student_too_large_for_the_page_says_so(reports, tmp_path, monkeypatch):
    monkeypatch.setattr(panel_module, "MAX_SCRIPT", 10)
    text = reports["binary"].to_html(tmp_path / "r.html").read_text(encoding="utf-8")
    assert "As a script it is too large for the page" in text
    assert 'id="student-tree"' in text


def test_an_older_data_model_can_still_be_written(reports, tmp_path):
    data = reports["binary"].to_dict()
    del data["model"], data["what_if"], data["student"]["nodes"]
    old = AuditReport(data, reports["binary"].pictures)
    text = old.to_html(tmp_path / "r.html").read_text(encoding="utf-8")
    assert "holds no student that a page could ask" in text
    assert 'id="rule-1"' in text


def test_a_page_from_the_json_is_the_same(reports, pages, tmp_path):
    for name in ("binary", "scorecard", "line_with_refits"):
        path = reports[name].to_json(tmp_path / "r.json")
        data = json.loads(path.read_text(encoding="utf-8"))
        again = AuditReport(data, reports[name].pictures).to_html(tmp_path / "a.html")
        assert again.read_bytes() == pages[name].read_bytes()

"""The report in a browser: without network, by mouse, by keyboard, on paper, on a phone, aloud."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from interpkd import (
    DistilledLinearRegression,
    DistilledLinearSVC,
    DistilledLogisticRegression,
    DistilledScorecardClassifier,
    DistilledTreeClassifier,
    DistilledTreeRegressor,
)
from interpkd.audit import audit_report

pytestmark = pytest.mark.browser

KINDS = ("tree", "three", "numbers", "logistic", "svm", "linear", "card")
TREES = ("tree", "three", "numbers")
NASTY = [
    "</script><script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "__proto__",
    "\u202eright to left",
    "אבג",
    "it's `${1}` \\ <!--",
]


@dataclass
class Case:
    """A student, rows to ask it about, and the page of its report."""

    student: Any
    rows: pd.DataFrame
    path: Path
    report: Any


def make_rows(frame, rng):
    """200 rows like those of a table and unlike them: missing, unseen, far out."""
    rows = {}
    for name, column in frame.items():
        drawn = column.iloc[rng.integers(0, len(frame), 200)].astype(object).to_numpy()
        if column.dtype == np.float64:
            drawn = drawn + np.where(rng.random(200) < 0.5, rng.normal(size=200) * 3, 0)
            drawn = np.where(rng.random(200) < 0.05, drawn * 1e6, drawn)
        elif column.dtype != bool:
            drawn = np.where(rng.random(200) < 0.1, "never seen", drawn)
        rows[name] = np.where(rng.random(200) < 0.15, None, drawn)
    out = pd.DataFrame(rows, dtype=object)
    for name, column in frame.items():
        if column.dtype == np.float64:
            out[name] = out[name].astype(float)
        elif column.dtype == bool:
            out[name] = out[name].astype("boolean")
    return out


def make_student(kind, frame):
    z = (frame["age"] - 45) / 15 + 1.5 * (frame["purpose"] == "tv") - 1.2 * frame["amount"].isna()
    z = (z + frame["owner"] - 0.5).to_numpy(float)
    p = 1 / (1 + np.exp(-z))
    two = {"X": frame, "y": np.where(z > 0, "good", "bad"), "teacher_proba": np.c_[1 - p, p]}
    many = np.exp(np.c_[z, 1 - z**2, np.zeros(len(z))])
    three = {
        "X": frame,
        "y": np.array(["a", "b", "c"])[many.argmax(1)],
        "teacher_proba": many / many.sum(1, keepdims=True),
    }
    number = {"X": frame, "y": 100 * z, "teacher_proba": 100 * z}
    special = {"age": [20.0]}
    student, given = {
        "tree": (DistilledTreeClassifier(max_leaf_nodes=10, effort="greedy"), two),
        "three": (DistilledTreeClassifier(max_leaf_nodes=8, effort="greedy"), three),
        "numbers": (DistilledTreeRegressor(max_leaf_nodes=8, effort="greedy"), number),
        "logistic": (DistilledLogisticRegression(), two),
        "svm": (DistilledLinearSVC(), two),
        "linear": (DistilledLinearRegression(), number),
        "card": (DistilledScorecardClassifier(good_class="good", special_values=special), two),
    }[kind]
    return student.fit(**given), given


@pytest.fixture(scope="session")
def cases(mixed_table, tmp_path_factory):
    """A function that gives the case of a kind, each made once."""
    made = {}
    frame = mixed_table[0]

    def give(kind):
        if kind not in made:
            student, given = make_student(kind, frame)
            few = slice(0, 120)
            report = audit_report(
                student,
                frame[few],
                given["y"][few],
                teacher=given["teacher_proba"][few],
                background=frame[:20],
                cutoff=0.4 if kind == "tree" else 0.5,
            )
            path = report.to_html(tmp_path_factory.mktemp("reports") / f"{kind}.html")
            rows = make_rows(frame, np.random.default_rng(5))
            made[kind] = Case(student, rows, path, report)
        return made[kind]

    return give


@pytest.fixture(scope="session")
def nasty_case(tmp_path_factory):
    rng = np.random.default_rng(0)
    names = [*NASTY[:4], "x" * 10_000]
    frame = pd.DataFrame(rng.normal(size=(90, 5)), columns=names)
    frame["kind"] = rng.choice(NASTY, 90)
    p = 1 / (1 + np.exp(-frame[names[0]] - 2 * frame["kind"].isin(NASTY[:3]) + 1)).to_numpy()
    student = DistilledTreeClassifier(max_leaf_nodes=6, min_samples_leaf=2, effort="greedy")
    labels = np.where(p > 0.5, NASTY[1], NASTY[0])
    classes = sorted(set(labels))
    proba = np.c_[1 - p, p] if classes[1] == NASTY[1] else np.c_[p, 1 - p]
    student.fit(frame, labels, teacher_proba=proba)
    report = audit_report(student, frame[:40], teacher=proba[:40], fields={"owner": NASTY[0]})
    path = report.to_html(tmp_path_factory.mktemp("nasty") / "nasty.html")
    return Case(student, frame, path, report)


def as_json(rows):
    return [
        {name: None if pd.isna(value) else value for name, value in row.items()}
        for row in rows.astype(object).to_dict("records")
    ]


def answers(student, rows):
    return student.predict_proba(rows) if hasattr(student, "predict_proba") else None


def fill(page, columns, row):
    """Fill the form in as a person would: type, tick, choose."""
    for unused in page.locator("#ask details").all():
        if unused.get_attribute("open") is None:
            unused.locator("> summary").click()
    for i, (name, value) in enumerate(row.items()):
        known = columns[i]
        control = page.locator(f"#ask-{i}")
        if known.kind == "numeric":
            page.locator(f"#missing-{i}").set_checked(bool(pd.isna(value)))
            if not pd.isna(value):
                control.fill(repr(float(value)))
        elif pd.isna(value):
            control.select_option("missing")
        elif known.kind == "boolean" or value in known.categories:
            control.select_option(str(value))
        else:
            control.select_option("other")
        assert name == known.name
    page.locator("#ask button[type=submit]").click()


def shown_answers(page, n_classes):
    """Read the probabilities or the prediction that the panel shows, at full precision."""
    first = page.locator("#answer-details table").first.locator("data")
    values = [float(one.get_attribute("value")) for one in first.all()]
    return values[:n_classes]


# ---- it opens -------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_it_opens_without_network_and_says_nothing(cases, open_page, kind):
    page = open_page(cases(kind).path)
    assert page.locator("#panel").is_visible()
    assert page.locator("#answer").inner_text()
    assert page.locator(".no-script").count() == 0


def test_the_demo_opens_without_network_and_says_nothing(demo_report, open_page):
    page = open_page(demo_report)
    assert page.locator(".node").count() > 3
    assert page.locator("#panel").is_visible()
    assert "decides for" in page.locator("#answer").inner_text()


def test_without_scripts_everything_but_the_panel_is_there(cases, open_page):
    page = open_page(cases("tree").path, java_script_enabled=False)
    lines = page.locator(".node > .line, .node > details > .line")
    assert all(one.is_visible() for one in lines.all())
    assert page.locator(".no-script").is_visible()
    assert not page.locator("#panel").is_visible()
    assert not page.locator(".tools").first.is_visible()
    page.locator("summary").first.click()
    assert not page.locator(".node").nth(1).is_visible()


def test_a_script_that_is_not_ours_does_not_run(cases, browser):
    context = browser.new_context(offline=True)
    page = context.new_page()
    page.goto(cases("tree").path.as_uri())
    page.evaluate(
        """() => {
            const one = document.createElement("script");
            one.textContent = "window.wasRun = true";
            document.body.append(one);
            document.body.setAttribute("onclick", "window.wasRun = true");
            document.body.click();
        }"""
    )
    assert page.evaluate("() => window.wasRun === undefined")
    context.close()


# ---- the panel ------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_the_page_answers_as_python_does(cases, open_page, kind):
    case = cases(kind)
    page = open_page(case.path)
    found = page.evaluate(
        "rows => rows.map((row) => interpkdStudent.score(row))", as_json(case.rows)
    )
    assert len(found) == 200
    proba = answers(case.student, case.rows)
    predicted = case.student.predict(case.rows)
    if proba is None:
        np.testing.assert_allclose([one["prediction"] for one in found], predicted, rtol=1e-9)
    else:
        np.testing.assert_allclose([one["probabilities"] for one in found], proba, atol=1e-9)
        assert [one["prediction"] for one in found] == predicted.tolist()
    if kind == "card":
        scores = case.student.score_samples(case.rows)
        np.testing.assert_allclose([one["score"] for one in found], scores, atol=1e-9)
    elif kind in ("logistic", "svm"):
        scores = case.student.decision_function(case.rows)
        np.testing.assert_allclose([one["score"] for one in found], scores, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("kind", KINDS)
def test_the_form_answers_as_python_does(cases, open_page, kind):
    case = cases(kind)
    page = open_page(case.path)
    proba = answers(case.student, case.rows)
    for i, row in enumerate(case.rows.iloc[:6].to_dict("records")):
        fill(page, case.student.columns_, row)
        if proba is None:
            value = float(page.locator("#answer data").get_attribute("value"))
            assert value == pytest.approx(case.student.predict(case.rows.iloc[[i]])[0], abs=1e-9)
            continue
        shown = shown_answers(page, proba.shape[1])
        np.testing.assert_allclose(shown, proba[i], atol=1e-9)
        classes = case.student.classes_.tolist()
        decision = classes[int(proba[i].argmax())]
        if len(classes) == 2:
            decision = classes[int(proba[i, 1] > case.report.data["fidelity"]["cutoff"])]
        assert f"decides for {decision}" in page.locator("#answer").inner_text()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("12,5", "Not a number"),
        ("abc", "Not a number"),
        ("NaN", "Not a number"),
        ("Infinity", "Not a number"),
        ("1e999", "Not a number"),
        ("0x10", "Not a number"),
        ("", "Empty"),
    ],
)
def test_what_is_no_number_is_said_beside_the_field(cases, open_page, text, said):
    page = open_page(cases("tree").path)
    age = page.get_by_label("age", exact=True)
    age.fill(text)
    age.press("Enter")
    assert said in page.locator("#error-0").inner_text()
    assert age.get_attribute("aria-invalid") == "true"
    assert "error-0" in age.get_attribute("aria-describedby")
    assert page.locator("#answer").inner_text() == "No answer: look at age."
    assert page.locator("#answer-details").inner_text() == ""
    assert page.locator(".on-path").count() == 0
    assert page.evaluate("() => document.activeElement.id") == "ask-0"
    age.fill(" 1.5e1 ")
    age.press("Enter")
    assert page.locator("#error-0").inner_text() == ""
    assert age.get_attribute("aria-invalid") is None
    assert "decides for" in page.locator("#answer").inner_text()


def test_the_answer_follows_what_is_typed_and_is_read_aloud(cases, open_page):
    case = cases("tree")
    page = open_page(case.path)
    assert page.locator("#answer").get_attribute("role") == "status"
    before = page.locator("#answer").inner_text()
    age = page.get_by_label("age", exact=True)
    age.fill("19")
    page.get_by_label("owner", exact=True).select_option("missing")
    page.wait_for_function(
        "text => document.getElementById('answer').innerText !== text", arg=before
    )
    page.get_by_role("button", name="Usual values again").click()
    assert page.locator("#answer").inner_text() == before
    assert page.get_by_label("owner", exact=True).input_value() != "missing"


def test_every_column_has_its_control_and_label(cases, open_page):
    page = open_page(cases("tree").path)
    for unused in page.locator("#ask details > summary").all():
        unused.click()
    for name in ("age", "purpose", "amount", "owner"):
        assert page.get_by_label(name, exact=True).count() == 1
    assert page.get_by_label("age is missing").get_attribute("type") == "checkbox"
    options = page.get_by_label("purpose", exact=True).locator("option").all_inner_texts()
    assert options[-2:] == ["(another value)", "(missing)"]


# ---- the tree -------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", TREES)
def test_the_path_of_a_row_is_followed(cases, open_page, kind):
    case = cases(kind)
    page = open_page(case.path)
    assert page.locator(".on-path").count() == 0
    nodes = {one["node"]: one for one in case.report.data["student"]["nodes"]}
    for row in case.rows.iloc[6:10].to_dict("records"):
        fill(page, case.student.columns_, row)
        found = page.evaluate("row => interpkdStudent.score(row)", as_json(pd.DataFrame([row]))[0])
        node, way = found["leaf"], []
        while node is not None:
            way.append(node)
            node = nodes[node]["parent"]
        marked = {one.get_attribute("id") for one in page.locator(".on-path").all()}
        assert marked == {f"node-{one}" for one in way}
        badges = page.locator("#student-tree .badge").all_inner_texts()
        assert [one.strip() for one in badges[:-1]] == ["◀ this row"] * (len(way) - 1)
        assert "this row ends here" in badges[-1]
        assert f"Rule {nodes[found['leaf']]['rule']} holds" in page.locator("#answer").inner_text()
        page.get_by_role("button", name="Only the path of the row below").click()
        seen = {one.get_attribute("id") for one in page.locator(".node").all() if one.is_visible()}
        assert marked <= seen
        page.get_by_role("button", name="Open all").click()


def test_branches_open_and_close_by_mouse_and_keyboard(cases, open_page):
    page = open_page(cases("tree").path)
    root = page.locator("#node-0 > details")
    is_open = "one => one.open"
    summary = root.locator("> summary")
    summary.locator(".if").click()
    assert not root.evaluate(is_open)
    assert not page.locator(".node").nth(1).is_visible()
    summary.focus()
    for key, state in (("Enter", True), ("Space", False), ("ArrowRight", True)):
        page.keyboard.press(key)
        assert root.evaluate(is_open) is state, key
    page.keyboard.press("ArrowRight")  # into the branch
    here = page.evaluate("() => document.activeElement.closest('.node').id")
    assert here != "node-0"
    page.keyboard.press("ArrowLeft")
    assert not page.locator(f"#{here} > details").evaluate(is_open)
    page.keyboard.press("ArrowLeft")
    assert page.evaluate("() => document.activeElement.closest('.node').id") == "node-0"
    page.keyboard.press("End")
    last = page.evaluate("() => document.activeElement.closest('.node').id")
    page.keyboard.press("ArrowUp")
    assert page.evaluate("() => document.activeElement.closest('.node').id") != last
    page.get_by_role("button", name="Close all").click()
    assert page.locator("#student-tree details[open]").count() == 0
    page.get_by_role("button", name="Open all").click()
    assert page.locator("#student-tree details:not([open])").count() == 0


def test_links_lead_from_the_path_to_its_node_and_from_a_leaf_to_its_rule(cases, open_page):
    page = open_page(cases("tree").path)
    page.get_by_role("button", name="Ask the student").click()
    page.get_by_role("button", name="Close all").click()
    link = page.locator("#answer-details a").last
    target = page.locator(link.get_attribute("href"))
    link.click()
    assert target.is_visible()
    rule = page.locator("#student-tree .rule a").first
    assert page.locator(f"tr{rule.get_attribute('href')}").count() == 1


# ---- the card -------------------------------------------------------------------------------


def test_the_bins_of_a_row_are_marked_and_can_be_chosen(cases, open_page):
    case = cases("card")
    page = open_page(case.path)
    bins = case.report.data["student"]["bins"]
    base = case.report.data["student"]["base_points"]

    def check():
        chosen = page.locator("input.pick:checked")
        places = [int(one.get_attribute("id").removeprefix("pick-")) for one in chosen.all()]
        lines = [one.get_attribute("id") for one in page.locator("tr.on-path").all()]
        assert lines == [f"bin-{i}" for i in places]
        score = base + sum(bins[i]["points"] for i in places)
        assert f"Score {score}." in page.locator("#answer").inner_text()
        return places

    for row in case.rows.iloc[10:20].to_dict("records"):
        fill(page, case.student.columns_, row)
        check()
    for i in range(len(bins)):
        page.locator(f"#pick-{i}").check()
        assert i in check()
    first = page.locator("input.pick").first
    first.check()
    first.focus()
    page.keyboard.press("ArrowDown")
    assert 1 in check()


# ---- keyboard, paper, phone, screen readers ---------------------------------------------------


@pytest.mark.parametrize("kind", ["tree", "card"])
def test_the_whole_page_is_used_by_keyboard(cases, open_page, kind):
    page = open_page(cases(kind).path)
    page.keyboard.press("Tab")
    assert page.evaluate("() => document.activeElement.className") == "skip"
    assert page.locator(".skip").bounding_box()["x"] >= 0
    reached = []
    describe = """() => {
        const one = document.activeElement;
        const style = getComputedStyle(one);
        return [one.id || one.tagName, style.outlineStyle, parseFloat(style.outlineWidth)];
    }"""
    for _ in range(400):
        page.keyboard.press("Tab")
        name, style, width = page.evaluate(describe)
        if name in ("BODY", "HTML"):
            break
        assert style != "none", name
        assert width >= 2, name
        reached.append(name)
    controls = [name for name in reached if name.startswith(("ask-", "missing-"))]
    assert controls[:3] == ["ask-0", "missing-0", "ask-1"]
    assert "BUTTON" in reached
    page.locator("#missing-0").focus()
    page.keyboard.press("Space")
    assert page.locator("#missing-0").is_checked()
    assert page.locator("#ask-0").is_disabled()
    page.keyboard.press("Space")
    page.locator("#ask-0").focus()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("33")
    page.keyboard.press("Enter")
    assert page.locator(".on-path").count() > 0


def test_paper_has_the_whole_tree_and_no_controls(cases, open_page):
    page = open_page(cases("tree").path)
    page.get_by_role("button", name="Close all").click()
    page.emulate_media(media="print")
    lines = page.locator(".node > .line, .node > details > .line")
    assert lines.count() > 10
    assert all(one.is_visible() for one in lines.all())
    assert all(one.is_visible() for one in page.locator("tr[id^=rule-]").all())
    for gone in ("nav", "#panel", "#ask", ".tools", "#what-if"):
        assert not page.locator(gone).first.is_visible(), gone
    assert not page.locator("button:visible, input:visible, select:visible").count()
    page.emulate_media(media="screen")
    page.locator("#student-tree").evaluate("() => new Promise(requestAnimationFrame)")
    assert page.locator("#student-tree details[open]").count() == 0  # as the reader left it
    paper = page.pdf(format="A4")
    assert paper.startswith(b"%PDF")
    assert len(paper) > 20_000


@pytest.mark.parametrize("kind", ["tree", "three", "card", "linear", "demo", "nasty"])
def test_a_phone_scrolls_no_page_sideways(request, cases, open_page, kind):
    path = cases(kind).path if kind in KINDS else None
    if kind == "demo":
        path = request.getfixturevalue("demo_report")
    if kind == "nasty":
        path = request.getfixturevalue("nasty_case").path
    page = open_page(path, viewport={"width": 390, "height": 800})
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 390
    page.get_by_role("button", name="Ask the student").click()
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 390
    box = page.locator("#ask button[type=submit]").bounding_box()
    assert box["height"] >= 24  # the least a finger needs (WCAG 2.5.8)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("kind", ["tree", "card", "linear"])
def test_axe_finds_nothing_serious(cases, open_page, axe, kind, scheme):
    page = open_page(cases(kind).path, color_scheme=scheme)
    page.get_by_role("button", name="Ask the student").click()
    assert serious(page, axe) == []
    if kind == "tree":  # what is wrong is part of the page, too
        page.locator("#ask-0").fill("x")
        page.locator("#ask-0").press("Enter")
        assert serious(page, axe) == []


def serious(page, axe):
    """Run axe-core; what it finds of serious or critical impact."""
    page.evaluate(axe)
    # pictures are hidden from screen readers, and described around; their marks are thousands
    found = page.evaluate("() => axe.run({exclude: ['svg']}, {resultTypes: ['violations']})")
    return [
        (one["id"], [node["html"][:120] for node in one["nodes"][:3]])
        for one in found["violations"]
        if one["impact"] in ("serious", "critical")
    ]


# ---- text from outside ------------------------------------------------------------------------


def test_nasty_names_are_text_in_a_real_browser(nasty_case, open_page):
    page = open_page(nasty_case.path)
    assert page.locator("img").count() == 0
    text = page.evaluate("() => document.body.innerText")
    assert "</script><script>alert(1)</script>" in text
    assert "\u202e" not in text
    row = nasty_case.rows.iloc[0].to_dict()
    fill(page, nasty_case.student.columns_, {**row, "kind": "never seen"})
    page.locator("#ask-5").select_option(index=2)
    page.locator("#ask button[type=submit]").click()
    row["kind"] = nasty_case.student.columns_[5].categories[2]
    expected = nasty_case.student.predict_proba(pd.DataFrame([row]))[0]
    np.testing.assert_allclose(shown_answers(page, 2), expected, atol=1e-9)
    assert page.locator(".on-path").count() > 0


def test_a_page_from_the_json_is_the_same(cases, tmp_path, open_page):
    report = cases("tree").report
    data = json.loads(report.to_json(tmp_path / "r.json").read_text(encoding="utf-8"))
    again = type(report)(data, report.pictures).to_html(tmp_path / "r.html")
    assert again.read_bytes() == cases("tree").path.read_bytes()
    page = open_page(again)
    assert page.locator("#panel").is_visible()

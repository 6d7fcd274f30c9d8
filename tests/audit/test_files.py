"""The files: the same numbers in all, nothing from outside, text stays text, whole or not at all."""

import json
import re
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from interpkd import DistilledTreeClassifier, as_teacher
from interpkd.audit import AuditReport, audit_report
from interpkd.audit._cells import either
from interpkd.audit._document import build_document
from interpkd.audit._render import escape_markdown, visible
from interpkd.exceptions import InvalidInputError

NASTY = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "a|b",
    "`code` *bold* _it_ [x](http://evil.example) ![y](z)",
    "line\nbreak\r\n# heading",
    "</style></title></svg>",
    "$x^2$ {{ 7*7 }} {% raw %}",
    "&lt;b&gt; &amp;",
    "long " * 60,
    "nul\x00 \u202egnp.exe",
    "';DROP TABLE x;--",
    "日本 \u05d0\u05d1",
]


def scalars(value):
    """Yield every value in a data model, keys too."""
    if isinstance(value, dict):
        for key, one in value.items():
            yield key
            yield from scalars(one)
    elif isinstance(value, list):
        for one in value:
            yield from scalars(one)
    else:
        yield value


@pytest.fixture(scope="module")
def nasty_report():
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(80, len(NASTY))), columns=NASTY)
    X["kind"] = rng.choice(NASTY, 80)
    place = {name: i for i, name in enumerate(NASTY)}

    def answer(rows):
        p = (rows["kind"].map(place).to_numpy(float) + 1) / (len(NASTY) + 1)
        p = (p + 1 / (1 + np.exp(-rows[NASTY[0]].to_numpy(float)))) / 2
        return np.column_stack([1 - p, p])

    teacher = as_teacher(answer, classes=[NASTY[1], NASTY[0]])
    student = DistilledTreeClassifier(teacher, max_leaf_nodes=8, min_samples_leaf=2).fit(X)
    names = ["model_name", "version", "predecessor", "owner", "intended_use", "prohibited_uses"]
    return audit_report(
        student,
        X[:30],
        groups={NASTY[0]: rng.choice(NASTY, 30)},
        fields=dict(zip(names, NASTY, strict=False)),
        split={NASTY[3]: NASTY[4]},
    )


def test_every_number_of_the_page_is_in_the_json(report, page, tmp_path):
    data = json.loads(report.to_json(tmp_path / "r.json").read_text(encoding="utf-8"))
    numbers = {repr(one) for one in scalars(data) if isinstance(one, (int, float))}
    assert page.data
    assert {value for value, _ in page.data} <= numbers


def test_what_is_shown_is_the_number_rounded(page):
    for value, shown in page.data:
        digits = shown.replace(",", "")
        scale = 100 if digits.endswith("%") else 1
        digits = digits.removesuffix(" %")
        exact = scale * float(value)
        if "e" in digits:
            assert float(digits) == pytest.approx(exact, rel=0.06)
            continue
        decimals = len(digits.partition(".")[2])
        slack = max(0.5 * 10**-decimals * (1 + 1e-9), 5e-6 * abs(exact))
        assert abs(float(digits) - exact) <= slack


def test_digits_outside_numbers_are_texts_of_the_json(report, page):
    """No figure reaches a table past the data model: other digits belong to its texts."""
    texts = {visible(one) for one in scalars(report.to_dict())}
    for cell in page.cells:
        flat = cell.strip()
        known = flat in texts or all(
            part in texts or not re.search(r"\d", part) for part in flat.split(", ")
        )
        assert known or re.fullmatch(r"P\(.*\)", flat) or "SHA-256" in flat, flat


def test_markdown_shows_what_the_page_shows(report, page, tmp_path):
    text = report.to_markdown(tmp_path / "r.md").read_text(encoding="utf-8")
    for _, shown in page.data:
        assert shown in text


def test_markdown_tables_are_whole(report, tmp_path):
    lines = report.to_markdown(tmp_path / "r.md").read_text(encoding="utf-8").splitlines()
    for line, after in pairwise(lines):
        if line.startswith("|") and after.startswith("|"):
            assert len(re.findall(r"(?<!\\)\|", line)) == len(re.findall(r"(?<!\\)\|", after)), line


def test_nothing_is_loaded_from_outside(page, pages, report_name):
    text = pages[report_name].read_text(encoding="utf-8")
    assert not re.search(r"https?://|@import|@font-face|javascript:", text)
    assert not {"link", "iframe", "object", "embed", "base"} & {t for t, _ in page.tags}
    assert not page.attributes("src")
    ids = set(page.attributes("id"))
    assert all(one.startswith("#") and one[1:] in ids for one in page.attributes("href"))
    assert set(re.findall(r"url\(#([^)]*)\)", text)) <= ids
    assert "url(" not in re.sub(r"url\(#", "", text)


def test_page_is_small_and_well_formed(page, pages, report_name):
    assert pages[report_name].stat().st_size < 2_000_000
    assert not page.open
    ids = page.attributes("id")
    assert len(ids) == len(set(ids))


def n_sections(report):
    return len(build_document(report.data, {}).sections)


def test_page_can_be_read_without_eyes(report, page):
    tags = [tag for tag, _ in page.tags]
    assert tags.count("table") == tags.count("caption")
    headings = [tag for tag in tags if re.fullmatch(r"h\d", tag)]
    assert [tag for tag in headings if tag != "h3"] == ["h1"] + ["h2"] * n_sections(report)
    assert headings[:2] == ["h1", "h2"]
    assert page.attributes("aria-labelledby").count("student") == 1
    assert all("scope" in attrs for tag, attrs in page.tags if tag == "th")
    pictures = [attrs for _, attrs in page.tags if attrs.get("role") == "img"]
    assert tags.count("svg") == len(pictures) == len(report.pictures)
    assert all(attrs["aria-label"] for attrs in pictures)
    assert ("a", {"class": "skip", "href": "#main"}) in page.tags
    first_link = next(attrs for tag, attrs in page.tags if tag == "a")
    assert first_link["class"] == "skip"
    assert {"lang": "en"} in [attrs for tag, attrs in page.tags if tag == "html"]


def test_a_table_stands_under_every_picture(page):
    tags = [tag for tag, _ in page.tags]
    for i, tag in enumerate(tags):
        if tag == "figure":
            rest = [one for one in tags[i + 1 :] if one in ("figure", "table", "section")]
            assert rest[0] == "table"


def test_blank_fields_are_shown(reports, read_pages, tmp_path):
    page = read_pages["binary"]
    cells = [cell.strip() for cell in page.cells]
    assert cells[cells.index("Owner") + 1] == "not provided"  # given as a blank
    assert cells[cells.index("Materiality") + 1] == "not provided"
    assert cells[cells.index("Model name") + 1] == "Loans"
    text = reports["binary"].to_markdown(tmp_path / "r.md").read_text(encoding="utf-8")
    assert "| Owner | *not provided* |" in text


def test_nasty_text_is_text_in_the_page(nasty_report, tmp_path, read_page):
    page = read_page(nasty_report.to_html(tmp_path / "r.html"))
    assert not {"img", "b"} & {tag for tag, _ in page.tags}
    assert not [name for _, attrs in page.tags for name in attrs if name.startswith("on")]
    for name in NASTY:
        assert re.sub(r"\s+", " ", visible(name)).strip() in page.text
    assert NASTY[6] in page.text  # a template in a name is not a template


def test_nasty_text_is_text_in_markdown(nasty_report, tmp_path):
    text = nasty_report.to_markdown(tmp_path / "r.md").read_text(encoding="utf-8")
    assert "<" not in text
    assert "\x00" not in text
    assert "\u202e" not in text
    ours = r"`[^`]*`|\[-?[\d.,e-]+, -?[\d.,e-]+\]|\[[A-Z][\w ,-]+\]\(#[\w-]+\)"
    assert not re.search(r"(?<!\\)\[", re.sub(ours, "", text))
    headings = [line for line in text.splitlines() if line.startswith("#")]
    assert len(headings) == 1 + n_sections(nasty_report)
    for line in text.splitlines():
        if line.startswith("|"):
            assert line.endswith("|")


def test_nasty_text_survives_in_json(nasty_report, tmp_path):
    text = nasty_report.to_json(tmp_path / "r.json").read_text(encoding="utf-8")
    data = json.loads(text)
    assert data == nasty_report.to_dict()
    assert [one["column"] for one in data["data"]["columns"]][: len(NASTY)] == NASTY


def test_half_a_surrogate_pair_is_spelled_out(reports, tmp_path):
    data = reports["multiclass"].to_dict()
    data["identity"]["owner"] = "a\ud800b"
    report = AuditReport(data, reports["multiclass"].pictures)
    assert json.loads(report.to_json(tmp_path / "r.json").read_bytes()) == data
    assert "a\\ud800b" in report.to_html(tmp_path / "r.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("method", ["to_json", "to_markdown", "to_html"])
def test_a_failing_render_leaves_the_older_file(reports, tmp_path, method):
    path = tmp_path / "report"
    path.write_text("older")
    data = reports["binary"].to_dict()
    data["created_utc"] = data["fidelity"]["confidence"] = float("nan")
    del data["student"]["depth"]
    broken = AuditReport(data, {})
    with pytest.raises((KeyError, ValueError), match=r"depth|JSON compliant"):
        getattr(broken, method)(path)
    with pytest.raises((KeyError, ValueError), match=r"depth|JSON compliant"):
        getattr(broken, method)(tmp_path / "new")
    assert path.read_text() == "older"
    assert [one.name for one in tmp_path.iterdir()] == ["report"]


def test_a_failing_disk_leaves_the_older_file(reports, tmp_path, monkeypatch):
    path = tmp_path / "report.html"
    path.write_text("older")

    def fail(_):
        msg = "No space left on device"
        raise OSError(msg)

    monkeypatch.setattr("interpkd._files.os.fsync", fail)
    with pytest.raises(OSError, match="No space left"):
        reports["binary"].to_html(path)
    assert path.read_text() == "older"
    assert [one.name for one in tmp_path.iterdir()] == ["report.html"]


def test_files_replace_older_ones_and_give_their_path(reports, tmp_path):
    path = tmp_path / "report.json"
    path.write_text("older")
    assert reports["binary"].to_json(str(path)) == path
    assert json.loads(path.read_text(encoding="utf-8")) == reports["binary"].to_dict()


def test_a_missing_folder_is_named(reports, tmp_path):
    with pytest.raises(InvalidInputError, match=r"nowhere' does not exist\. Create it first"):
        reports["binary"].to_json(tmp_path / "nowhere" / "report.json")


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("a|b", r"a\|b"),
        ("- item", r"\- item"),
        ("1. item", r"1\. item"),
        ("2.1", "2.1"),
        ("<b>", "&lt;b&gt;"),
        ("# no", r"\# no"),
        ("two\nlines", "two lines"),
        ("plain (text) 0.5", "plain (text) 0.5"),
    ],
)
def test_markdown_escape(text, escaped):
    assert escape_markdown(text) == escaped


def test_lists_and_truth_values_are_written_out():
    assert [part.kind for part in either([1, "a"])] == ["number", "text", "text"]
    assert either(value=True)[0].text == "yes"

"""Frontier, distil or not and stability in the report: what their calls give, and how to get them."""

import re

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from interpkd.audit import audit_report
from interpkd.exceptions import InvalidInputError


def numbers(value):
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        return {number for one in value for number in numbers(one)}
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return {repr(value)} if is_number else set()


def test_every_figure_is_on_the_page(reports, tmp_path, read_page):
    report = reports["with_refits"]
    page = read_page(report.to_html(tmp_path / "r.html"))
    shown = {value for value, _ in page.data}
    frontier, distil, stable = (
        report.data[name] for name in ("frontier", "distil_or_not", "stability")
    )
    for point in frontier["points"]:
        for score in (*point["fidelity"].values(), *point["performance"].values()):
            assert {repr(score[key]) for key in ("estimate", "low", "high")} <= shown
        assert numbers([point["counts"], point["seconds_per_row"]]) <= shown
        assert repr(point["by_fold"]["agreement"]["standard_error"]) in shown
    assert frontier["choice"]["text"] in page.text
    for one in (*distil["comparisons"], *distil["price"]):
        assert one["text"] in page.text
        assert numbers([one["difference"]["estimate"], one["p_value"]]) <= shown
    for one in (*stable["splits"], *stable["columns"]):
        assert one["name"] in page.text
        assert one["text"] in page.text
    churn = stable["churn"]
    assert numbers([churn[key] for key in ("estimate", "low", "high")]) <= shown
    assert churn["method"] in page.text


def test_without_them_the_report_says_how_to_get_them(reports, tmp_path, read_page):
    page = read_page(reports["regression"].to_html(tmp_path / "r.html"))
    assert "Make it with interpkd.fidelity.frontier(student, X, y, sizes=...)" in page.text
    assert "pass it as distil_or_not=." in page.text
    assert "Make it with interpkd.audit.stability(student, X, y)" in page.text
    assert reports["regression"].data["stability"]["is_computed"] is False


def test_values_of_cards_and_lines(reports, tmp_path, read_page):
    for name in ("card_with_refits", "line_with_refits"):
        page = read_page(reports[name].to_html(tmp_path / "r.html"))
        values = reports[name].data["stability"]["values"]
        assert values
        shown = {value for value, _ in page.data}
        assert numbers([[one["reference"], one["lowest"]] for one in values]) <= shown


def test_unstable_splits_are_a_limitation(reports):
    for report in reports.values():
        stable = report.data["stability"]
        texts = [
            one["text"]
            for one in report.data["limitations"]
            if one["topic"] == "Unstable parts of the student"
        ]
        if not stable["is_computed"]:
            assert texts == []
            continue
        parts = [*stable["splits"], *stable["signs"]]
        unstable = [one["name"] for one in parts if one["verdict"] == "unstable"]
        assert bool(texts) == bool(unstable)
        assert all(re.search(re.escape(name), texts[0]) for name in unstable)


@pytest.mark.parametrize("name", ["frontier", "distil_or_not", "stability"])
def test_other_things_are_refused(name):
    X = np.arange(20.0)[:, None]
    model = LogisticRegression().fit(X, np.arange(20) > 9)
    with pytest.raises(InvalidInputError, match=f"{name} must be a .*, the result of"):
        audit_report(model, X, **{name: {"is": "a dictionary"}})

"""The pictures: the page's own colours, the same bytes in every run, no trace left behind."""

import re
import xml.etree.ElementTree as ET

import matplotlib as mpl
import numpy as np
import pytest

from interpkd.audit._pictures import _levels, _spread_out
from interpkd.audit._svg import drawing, new_figure, short, to_svg


def test_pictures_are_the_expected_ones(reports):
    common = {"comparison", "importance", "beeswarm-0", "calibration", "dependence"}
    assert set(reports["binary"].pictures) == common | {"discrimination", "fairness"}
    assert set(reports["regression"].pictures) == common
    assert "beeswarm-2" in reports["multiclass"].pictures
    assert "comparison" not in reports["scores_only"].pictures


def test_pictures_are_xml_without_their_own_ink(report):
    for svg in report.pictures.values():
        root = ET.fromstring(svg)  # noqa: S314
        assert root.tag == "svg"
        styles = "".join(one.get("style", "") for one in root.iter())
        left = set(re.findall(r"#[0-9a-f]{6}", styles)) - {"#000000", "#ffffff"}
        assert not left, left
        assert "var(--ink)" in svg


def test_settings_and_registers_of_matplotlib_are_left_alone(reports):
    with drawing():
        assert mpl.rcParams["svg.fonttype"] == "none"
    assert mpl.rcParams["svg.fonttype"] == "path"


def test_a_users_settings_do_not_change_the_picture():
    def draw():
        with drawing():
            figure = new_figure(2, 2)
            figure.add_subplot().plot([0, 1], label="$x$ <b>")
            return to_svg(figure, "p")

    plain = draw()
    with mpl.rc_context({"font.size": 30, "lines.linewidth": 9, "axes.grid": True}):
        assert draw() == plain


def test_names_are_text_not_mathematics():
    with drawing():
        figure = new_figure(2, 1)
        figure.text(0.1, 0.1, "$x_1$ <b>&amp;")
        svg = to_svg(figure, "p")
    texts = [one.text for one in ET.fromstring(svg).iter("text")]  # noqa: S314
    assert texts == ["$x_1$ <b>&amp;"]


def test_short_texts():
    assert short("abc", 3) == "abc"
    assert short("abcd", 3) == "ab…"
    assert short("a\x00", 9) == "a\\x00"


def test_levels_of_a_column():
    column = np.array([1.0, 2.0, 3.0, np.nan])
    assert _levels(column, is_ordered=True).tolist() == [0, 1, 2, 3]
    assert _levels(column, is_ordered=False).tolist() == [3, 3, 3, 3]
    assert _levels(np.array([0.0, 0.0, 0.0, 1.0]), is_ordered=True).tolist() == [1, 1, 1, 2]


@pytest.mark.parametrize("values", [np.zeros(50), np.linspace(0, 1, 50), np.array([1.0])])
def test_marks_stay_in_their_row(values):
    offsets = _spread_out(values)
    assert np.abs(offsets).max() <= 0.42 + 1e-12
    if np.ptp(values) == 0:
        assert len(np.unique(offsets)) == len(values)

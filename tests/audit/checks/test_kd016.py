"""KD016: near few rows it is proved that both models agree."""

import pytest

from interpkd.audit._builtin_checks_certificate import LittleProved

CODE = "KD016"
NAMES = ("proved", "wrong_on_row", "teacher_unstable", "student_border", "undecided")


def look(*counts, floors=None):
    near = {"radius": 0.01, "counts": dict(zip(NAMES, counts, strict=True))}
    far = {"radius": 0.05, "counts": dict(zip(NAMES, (0, 0, 0, 0, sum(counts)), strict=True))}
    section = {
        "is_computed": True,
        "not_searched": None,
        "n_rows": sum(counts),
        "confidence": 0.95,
        "radii": [near, far],
    }
    return LittleProved().look({"certificate": section, "floors": floors or {}})


@pytest.mark.parametrize(
    ("counts", "status", "severity"),
    [
        ((90, 5, 5, 0, 0), "clear", None),
        ((75, 10, 15, 0, 0), "finding", "low"),  # the interval reaches the floor
        ((50, 10, 20, 0, 20), "finding", "medium"),
        ((90, 0, 4, 6, 0), "finding", "low"),
        ((800, 0, 0, 200, 0), "finding", "medium"),
    ],
)
def test_the_smallest_radius_is_judged(counts, status, severity):
    said = look(*counts)
    assert (said.status, said.severity) == (status, severity)
    assert said.message.startswith("Proved for every input within 1 % of ranks: a share of ")
    assert said.evidence["radius"] == 0.01


def test_floors_are_the_users():
    assert look(50, 10, 20, 0, 20, floors={"proved_share": 0.4}).status == "clear"
    assert look(90, 0, 4, 6, 0, floors={"border_share": 0.1}).status == "clear"


def test_without_a_certificate_it_is_not_applicable(clean, says):
    assert "pass it as certificate=" in says(clean, CODE)["message"]
    earlier = {name: value for name, value in clean.items() if name != "certificate"}
    assert LittleProved().look(earlier).status == "not applicable"

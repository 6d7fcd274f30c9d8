"""A certificate in the report: what it said, in words that cannot mislead."""

import copy
import re

import numpy as np
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import RandomForestClassifier
from sklearn.tree import DecisionTreeClassifier

from interpkd import DistilledTreeClassifier, as_teacher
from interpkd.audit import audit_report, diff, verify
from interpkd.audit._builtin_checks_certificate import LittleProved
from interpkd.audit._certificate_evidence import certificate_evidence, certificate_limitations
from interpkd.audit._certificate_tables import certificate_section
from interpkd.audit._inputs import read_inputs
from interpkd.exceptions import InvalidInputError
from interpkd.fidelity import certify


@pytest.fixture(scope="module")
def rows():
    X = np.random.default_rng(0).normal(size=(160, 3))
    return X, (X[:, 0] + 0.4 * X[:, 1] > 0).astype(int)


@pytest.fixture(scope="module")
def forest(rows):
    return RandomForestClassifier(5, max_depth=3, random_state=0).fit(*rows)


@pytest.fixture(scope="module")
def tree(rows, forest):
    options = {"effort": "greedy", "augmentation": None, "random_state": 0}
    return DistilledTreeClassifier(as_teacher(forest), max_leaf_nodes=3, **options).fit(rows[0])


@pytest.fixture(scope="module")
def certificate(rows, forest, tree):
    X = rows[0]
    return certify(tree, forest, X_ref=X, X_eval=X[100:], radius=(0.02, 0.1), frozen_features=[2])


@pytest.fixture(scope="module")
def made(rows, forest, tree, certificate, later):
    X, y = rows
    options = {"teacher": forest, "background": X[:10], "certificate": certificate}
    return later(audit_report, tree, X[100:], y[100:], **options)


def test_the_section_is_the_certificate_in_plain_values(made, certificate):
    section, found = made.data["certificate"], certificate.to_dict()
    assert section["is_computed"]
    assert section["reason"] is section["not_searched"] is None
    names = set(found) - {"reason", "statuses"}
    assert {name: section[name] for name in names} == {name: found[name] for name in names}
    assert section["is_of_evaluation_rows"]
    said = section["statements"]
    assert said[1].startswith(
        f"Of {found['radii'][0]['counts']['proved']} of 60 rows agreement is "
    )
    assert (
        "proved for every input within 2 % of ranks; with 95 % confidence for rows like" in said[1]
    )
    assert "attained by this input" in said[-1]
    shown = certificate.counterexamples(5)
    assert len(shown)
    assert [one["changed_to"] for one in section["counterexamples"]] == shown["changed_to"].tolist()


def test_every_figure_is_on_the_page_and_its_words_do_not_mislead(made, tmp_path, read_page):
    page = read_page(made.to_html(tmp_path / "r.html"))
    shown = {value for value, _ in page.data}
    section = made.data["certificate"]
    for one in section["radii"]:
        figures = [one["radius"], one["proved"]["estimate"], one["proved"]["low"]]
        assert {repr(value) for value in [*figures, *one["counts"].values()]} <= shown
    for one in section["counterexamples"]:
        assert {repr(one["value"]), repr(one["changed_to"])} <= shown
    for text in (page.text, made.to_markdown(tmp_path / "r.md").read_text(encoding="utf-8")):
        lowered = re.sub(r"\s+", " ", text.lower())
        assert "proved for every input within" in lowered
        assert "confidence for rows like the held-out ones" in lowered
        assert "attained by this input" in lowered
        assert "certified" not in lowered
    assert any("certificate" in value for value in page.attributes("id"))
    assert "certificate" in made.pictures
    assert "Reach of the proofs" in {one["topic"] for one in made.data["limitations"]}


def test_verify_and_diff_take_the_section(made, rows, forest):
    X, y = rows
    assert verify(made, X[100:], y[100:], teacher=forest).is_same
    changed = copy.deepcopy(made.data)
    counts = changed["certificate"]["radii"][0]["counts"]
    counts["student_border"], counts["proved"] = counts["proved"], counts["student_border"]
    differs = [line.what for line in verify(changed).lines if line.status == "differs"]
    assert differs == ["the report itself", "finding KD016"]
    assert diff(made.data, changed).to_dict()


def test_an_opaque_teacher_has_its_rows_and_a_reason(rows, tree):
    X, y = rows
    opaque = DummyClassifier().fit(X, y)
    found = certify(tree, opaque, X_ref=X, X_eval=X[:20], radius=0.02)
    section = certificate_evidence(found, read_inputs(tree, X[100:], None, opaque, 0.5))
    assert (section["is_computed"], section["radii"]) == (True, [])
    assert not section["is_of_evaluation_rows"]
    assert section["not_searched"] == found.reason
    data = {"certificate": section}
    assert "nothing is proved of other inputs" in str(certificate_section(data))
    assert [topic for topic, _ in certificate_limitations(data)] == ["Nothing proved near the rows"]
    assert "nothing near the rows was searched" in LittleProved().look(data).message


def test_without_one_the_report_says_how_to_get_it(reports):
    section = reports["regression"].data["certificate"]
    assert section["is_computed"] is False
    assert "Make it with interpkd.fidelity.certify(" in section["reason"]


def test_another_kind_and_other_models_are_refused(rows, forest, tree, certificate):
    X, y = rows
    with pytest.raises(InvalidInputError, match="certificate must be a Certificate"):
        audit_report(tree, X, teacher=forest, certificate={"radius": 0.02})
    other = DecisionTreeClassifier(max_depth=1).fit(X, 1 - y)
    with pytest.raises(InvalidInputError, match="certificate is of another student: it answers"):
        audit_report(other, X, teacher=forest, certificate=certificate)
    with pytest.raises(InvalidInputError, match="certificate is of another teacher: it answers"):
        audit_report(tree, X, teacher=DummyClassifier().fit(X, y), certificate=certificate)

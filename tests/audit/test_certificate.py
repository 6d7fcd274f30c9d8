"""A certificate in the report: what it said, in words that cannot mislead."""

import copy
import json
import re
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import RandomForestClassifier
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

import interpkd
from interpkd import DistilledTreeClassifier, as_teacher
from interpkd.audit import audit_report, diff, verify
from interpkd.audit._builtin_checks_certificate import LittleProved
from interpkd.audit._certificate_evidence import certificate_evidence, certificate_limitations
from interpkd.audit._certificate_tables import certificate_section
from interpkd.audit._equality_evidence import equality_evidence, equality_limitations
from interpkd.audit._inputs import read_inputs
from interpkd.exceptions import InvalidInputError
from interpkd.fidelity import EqualityCertificate, certify, certify_equality


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
    options["equality"] = certify_equality(tree, forest, X_ref=X)
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
    assert "attained by this input" in said[-2]
    worst = certificate.worst_case()
    assert f"differ by {worst.difference:.4g}, attained by this input" in said[-1]
    (x,) = [[*section["worst_case"]["input"].values()]]
    assert [*section["worst_case"]["input"]] == ["x0", "x1", "x2"]
    np.testing.assert_array_equal(worst.input, [x])
    assert section["worst_case"]["difference"] == worst.difference
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
    worst, same = section["worst_case"], made.data["equality"]
    assert same["status"] == "different"
    for row in (worst["input"], same["witness"]):
        assert {repr(value) for value in row.values()} <= shown
    assert repr(worst["difference"]) in shown
    for text in (page.text, made.to_markdown(tmp_path / "r.md").read_text(encoding="utf-8")):
        lowered = re.sub(r"\s+", " ", text.lower())
        assert "proved for every input within" in lowered
        assert "confidence for rows like the held-out ones" in lowered
        assert "attained by this input" in lowered
        assert "certified" not in lowered
        assert "differ by, attained by this input" in lowered
        assert "they are not the same: the teacher answers" in lowered
    assert any("certificate" in value for value in page.attributes("id"))
    assert "certificate" in made.pictures
    assert "Reach of the proofs" in {one["topic"] for one in made.data["limitations"]}


def test_it_fits_the_published_schema(made):
    jsonschema = pytest.importorskip("jsonschema")
    file = files("interpkd.audit") / "schema" / "audit_report-2.json"
    validator = jsonschema.Draft202012Validator(json.loads(file.read_text(encoding="utf-8")))
    assert [str(one) for one in validator.iter_errors(made.data)] == []
    for name, path in (("equality", ("status",)), ("certificate", ("worst_case", "difference"))):
        data = copy.deepcopy(made.data)
        part = data[name]
        for step in path[:-1]:
            part = part[step]
        part[path[-1]] = "perfect"
        assert not validator.is_valid(data)


def test_nobody_speaks_of_certified_fidelity():
    root = Path(interpkd.__file__).parent
    texts = [*root.rglob("*.py"), *root.rglob("*.j2"), *(root.parent / "docs").rglob("*.md")]
    bare = re.compile(r"certified\s+(fidelity|agreement|to\s+\d)", re.IGNORECASE)
    for path in texts:
        for line in path.read_text(encoding="utf-8").splitlines():
            assert line.startswith("Do not say") or not bare.search(line), path


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
    data = {"certificate": section, "equality": {"is_computed": False}}
    assert "nothing is proved of other inputs" in str(certificate_section(data))
    assert [topic for topic, _ in certificate_limitations(data)] == ["Nothing proved near the rows"]
    assert "nothing near the rows was searched" in LittleProved().look(data).message


def test_without_one_the_report_says_how_to_get_it(reports):
    for name, call in (("certificate", "certify("), ("equality", "certify_equality(")):
        section = reports["regression"].data[name]
        assert section["is_computed"] is False
        assert f"Make it with interpkd.fidelity.{call}" in section["reason"]


def test_equality_is_said_with_its_domain_and_of_what(rows):
    X, y = rows
    tree = DecisionTreeClassifier(max_leaf_nodes=3, random_state=0).fit(X, y)
    inputs = read_inputs(tree, X, None, tree, 0.3)
    section = equality_evidence(certify_equality(tree, tree, X_ref=X), inputs)
    assert section["status"] == "identical"
    assert section["statement"] == (
        "Proved: teacher and student decide the same for every number up to 3.4e38 in size, with the "
        "categories and missing values of the reference rows. What is compared is the decision, not "
        "the probability."
    )
    data = {"equality": section, "fidelity": {"cutoff": 0.3}, "classes": [0, 1]}
    assert [topic for topic, _ in equality_limitations(data)] == ["Equality at another cut-off"]
    paper = str(certificate_section({**data, "certificate": {"is_computed": False, "reason": "-"}}))
    assert "Everywhere, and not only near rows. Proved" in paper
    assert equality_evidence("left out", inputs)["reason"] == "left out"


def test_equality_of_a_regression_names_its_tolerance(rows):
    X = rows[0]
    tree = DecisionTreeRegressor(max_leaf_nodes=3).fit(X, X[:, 0])
    told = certify_equality(tree, tree, X_ref=X, tolerance=0.25)
    section = equality_evidence(told, read_inputs(tree, X, None, tree, 0.5))
    start = "Proved: predictions of teacher and student differ by at most 0.25 for every number"
    assert section["statement"].startswith(start)
    assert section["tolerance"] == 0.25


def test_another_kind_and_other_models_are_refused(rows, forest, tree, certificate):
    X, y = rows
    with pytest.raises(InvalidInputError, match="certificate must be a Certificate"):
        audit_report(tree, X, teacher=forest, certificate={"radius": 0.02})
    by_hand = EqualityCertificate("identical", "everything", 1.0, 1, 1)
    for wrong in (certificate, by_hand):
        with pytest.raises(InvalidInputError, match="equality must be an EqualityCertificate"):
            audit_report(tree, X, teacher=forest, equality=wrong)
    other = DecisionTreeClassifier(max_depth=1).fit(X, 1 - y)
    same = certify_equality(tree, forest, X_ref=X)
    with pytest.raises(InvalidInputError, match="equality is of another student: it answers"):
        audit_report(other, X, teacher=forest, equality=same)
    with pytest.raises(InvalidInputError, match="certificate is of another student: it answers"):
        audit_report(other, X, teacher=forest, certificate=certificate)
    with pytest.raises(InvalidInputError, match="certificate is of another teacher: it answers"):
        audit_report(tree, X, teacher=DummyClassifier().fit(X, y), certificate=certificate)

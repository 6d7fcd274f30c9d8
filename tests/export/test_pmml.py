"""PMML: an evaluator on Java answers as the student, and nothing is written where it does not."""

import copy
import xml.etree.ElementTree as ET

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from interpkd import DistilledScorecardClassifier
from interpkd.exceptions import InvalidInputError, MissingExtraError, ParityError, ParityWarning
from interpkd.explanation import reasons
from interpkd.export import export_student, read_json, to_json, to_pmml
from interpkd.export._hurting_rows import hurting_rows
from interpkd.export._parity import run_engine
from interpkd.export._pmml_engine import PmmlEngine, evaluate
from interpkd.export._pmml_fields import make_names
from interpkd.export._pmml_java import WORKER, Worker
from interpkd.export._to_pmml import emit_pmml


@pytest.fixture(autouse=True)
def evaluator(request, needs_engine):
    """Ask for the evaluator, except where a test says that it does without."""
    if "without_java" not in request.fixturenames:
        needs_engine("java")
        needs_engine("pypmml")


@pytest.fixture
def without_java(monkeypatch):
    """A machine on which there is no evaluator."""
    monkeypatch.setattr(PmmlEngine, "version", lambda self: None)


def agrees(data):
    """Whether the evaluator answers rows made to hurt as the document's own reader does."""
    text, engine = emit_pmml(data), PmmlEngine(data)
    return run_engine(read_json(data), data, export="pmml", artefact=text, engine=engine, X=None)


def find(text, tag):
    return ET.fromstring(text).iter(  # noqa: S314  # our own
        "{http://www.dmg.org/PMML-4_4}" + tag
    )


def test_every_student_is_answered_as_by_itself(exported):
    student, rows = exported
    text = to_pmml(student, X=rows.iloc[:100] if hasattr(rows, "iloc") else rows, parity="require")
    [note] = find(text, "Annotation")
    assert note.text.startswith("Parity with the student holds on PMML4S 1.")
    assert 10 < len([*find(text, "row")]) <= 20


def test_the_same_from_the_document_and_none_of_the_users_rows(student_of):
    student, rows = student_of("logistic, binary")
    assert emit_pmml(to_json(student), note="so") == emit_pmml(to_json(student), note="so")
    assert to_pmml(read_json(to_json(student)), X=rows) == to_pmml(student, X=rows)
    secret = rows.assign(age=37.123456789)
    assert "37.123456789" not in to_pmml(student, X=secret)


@pytest.mark.parametrize("good", [None, "bad", "good"])
def test_reason_codes_are_the_reasons_of_python(student_of, good):
    fitted, rows = student_of("scorecard, binary")
    rows = rows.iloc[:300]  # the training rows; they are the reference group
    proba = fitted.predict_proba(rows)
    y = np.array(["bad", "good"])[proba.argmax(axis=1)]
    student = DistilledScorecardClassifier(good_class=good).fit(rows, y, teacher_proba=proba)
    data = to_json(student)
    names = make_names(data)
    found = evaluate(emit_pmml(data), rows, data)
    assert found[names.points] == student.score_samples(rows).tolist()
    why = reasons(student, rows, reference="all applicants", background=rows, ask_teacher=False)
    assert len(why.declines) > 50
    for one in why.declines:
        # where there are fewer reasons than places, PMML4S says the last one again
        said = dict.fromkeys(found[name][one.row] for name in names.reasons)
        assert [*said] == ([reason.column for reason in one.reasons] or [None])


def test_a_column_that_changes_nothing_is_no_reason(student_of):
    student, rows = student_of("scorecard, binary")
    data = to_json(student)
    for one in data["features"][0]["bins"]:
        one["points"] = 7
    found = evaluate(emit_pmml(data), rows, data)
    names = {code for name in make_names(data).reasons for code in found[name]}
    assert names - {None} == {feature["column"] for feature in data["features"][1:]}


def test_leaves_have_their_numbers(student_of):
    student, rows = student_of("bare tree, three classes")
    data = to_json(student)
    frame = pd.DataFrame(rows, columns=[column["name"] for column in data["columns"]])
    leaves = evaluate(emit_pmml(data), frame, data)[make_names(data).leaf]
    assert leaves == [str(leaf) for leaf in student.apply(rows)]


@pytest.mark.parametrize(
    "name", ["complete, logistic", "complete, linear", "bare tree, regression"]
)
def test_what_the_student_refuses_has_no_answer(student_of, name):
    student, _ = student_of(name)
    data = to_json(student) | {"takes_missing": False}
    frame = pd.DataFrame({"x0": [0.0, np.nan, 0.0, 0.0], "x1": 0.0, "x2": [0.0, 0.0, np.nan, 1e39]})
    found = evaluate(emit_pmml(data), frame, data)
    for values in found.values():
        assert [value is None for value in values] == [False, True, True, "tree" in name]


def test_classes_of_any_text_and_number(student_of):
    data = to_json(student_of("scorecard, binary")[0])
    rows = hurting_rows(data).iloc[:60]
    for first, second in [
        ("R&D", "a<b>\n'"),
        (" x", "x "),
        ("", "\u2028"),
        (1, 2.5),
        (False, True),
    ]:
        other = copy.deepcopy(data) | {"classes": [first, second]}
        other["scale"]["good_class"] = first
        found = PmmlEngine(other).answers(emit_pmml(other), rows)
        assert found.predictions.tolist() == read_json(other).predict(rows).tolist()


def test_of_many_equal_classes_the_first_one(student_of):
    data = to_json(student_of("complete, three classes")[0])
    for classes in ([f"k{i}" for i in range(7)], [*range(7)]):
        zeros = [{**term, "values": [0.0] * 7} for term in data["terms"]]
        data = data | {"classes": classes, "intercept": [0.0] * 7, "terms": zeros}
        report = agrees(data)
        assert report.passed
        assert report.n_different_labels == report.n_ties == 0


def test_names_of_outputs_give_way_to_columns(student_of):
    data = copy.deepcopy(to_json(student_of("logistic, binary")[0]))
    names = ["y", "prediction", "probability(bad)", "prediction_", "y filled"]
    for column, term, name in zip(data["columns"], data["terms"], names, strict=True):
        column["name"] = term["column"] = name
    assert make_names(data).prediction == "prediction__"
    assert agrees(data).passed


few = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
many = settings(few, max_examples=40)


def check_random(document):
    report = agrees(document)
    assert report.passed, report.reason
    if document["kind"] in ("tree", "scorecard") and document["classes"] is None:
        assert report.largest_difference == 0


@few
@given(data=st.data())
def test_random_students(documents, data):
    check_random(data.draw(documents()))


@pytest.mark.slow
@many
@given(data=st.data())
def test_many_random_students(documents, data):
    check_random(data.draw(documents()))


def test_nothing_is_written_where_an_answer_is_wrong(student_of, tmp_path, monkeypatch):
    student, rows = student_of("tree, binary")
    right = PmmlEngine.answers

    def wrong(self, artefact, rows):
        found = right(self, artefact, rows)
        found.probabilities[3] += 1e-9
        return found

    monkeypatch.setattr(PmmlEngine, "answers", wrong)
    with pytest.raises(ParityError, match=r"FAILS on PMML4S .* Row 3 of X: the student says"):
        to_pmml(student, tmp_path / "a.pmml", X=rows)
    assert not [*tmp_path.iterdir()]
    with pytest.warns(ParityWarning, match="FAILS"):
        text = to_pmml(student, tmp_path / "a.pmml", X=rows, parity="warn")
    assert (tmp_path / "a.pmml").read_text(encoding="utf-8") == text
    assert "Parity with the student FAILS" in text


def test_without_the_evaluator(without_java, student_of, tmp_path):
    student, _ = student_of("tree, binary")
    text = to_pmml(student, tmp_path / "a.pmml")
    [note] = find(text, "Annotation")
    for one in ("not checked", 'pip install "interpkd[pmml]"', "default-jre-headless"):
        assert one in note.text
    with pytest.raises(MissingExtraError, match=r"interpkd\[pmml\].*default-jre-headless"):
        to_pmml(student, tmp_path / "b.pmml", parity="require")
    assert [one.name for one in tmp_path.iterdir()] == ["a.pmml"]


def test_it_is_among_the_formats(student_of, tmp_path):
    student, rows = student_of("tree, binary")
    report = export_student(student, tmp_path / "a.pmml", X=rows)
    assert report.passed
    assert str(report) in (tmp_path / "a.pmml").read_text(encoding="utf-8")


@pytest.mark.parametrize("sign", ["\0", "\x0b", "\ud800", "\uffff"])
def test_signs_that_xml_cannot_hold_are_refused(without_java, student_of, sign):
    data = copy.deepcopy(to_json(student_of("complete, logistic")[0]))
    with pytest.raises(InvalidInputError, match=r"XML cannot hold the sign .* Rename"):
        emit_pmml(data | {"classes": ["n", f"y{sign}"]})
    data["columns"][0]["name"] = data["terms"][0]["column"] = f"a{sign}"
    with pytest.raises(InvalidInputError, match=r"XML cannot hold the sign .* Rename"):
        emit_pmml(data)


def test_texts_that_fall_together_are_refused(without_java, student_of):
    data = to_json(student_of("bare tree, infinite thresholds")[0])
    data["nodes"] = [{**data["nodes"][0], "decision": "1"}]
    for key in ("left", "right"):
        del data["nodes"][0][key]
    for classes in (["1", 1], ["true", True]):
        with pytest.raises(InvalidInputError, match=r"have the same one\. Rename"):
            emit_pmml({**data, "classes": classes})
    data["columns"][0]["name"] = ""
    with pytest.raises(InvalidInputError, match="cannot name a field with an empty text"):
        emit_pmml(data)


def test_the_program_that_runs_java_says_what_is_wrong_and_starts_again(student_of):
    student, _ = student_of("tree, regression")
    data = to_json(student)
    rows = hurting_rows(data)
    with pytest.raises(RuntimeError, match=r"The evaluator of PMML gave no answer: .*Error"):
        evaluate("<PMML>", rows, data)
    text = emit_pmml(data)
    before = evaluate(text, rows, data)
    WORKER.process.kill()
    WORKER.process.wait()
    assert evaluate(text, rows, data) == before


def test_a_program_that_takes_too_long_is_ended(monkeypatch):
    monkeypatch.setattr("interpkd.export._pmml_java.TIME_LIMIT", 0.05)
    worker = Worker()
    with pytest.raises(RuntimeError, match="it ended or took too long"):
        worker.ask({"pmml": "", "columns": [], "rows": []})
    assert worker.process is None

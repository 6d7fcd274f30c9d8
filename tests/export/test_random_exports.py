"""Random students and rows made to hurt: Python, JavaScript, JSON and rules answer as one."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from interpkd.export import parity_report, read_json, rule_list, to_json
from interpkd.export._compared import compare
from interpkd.export._hurting_rows import hurting_rows
from interpkd.export._isolated import as_lists
from interpkd.export._node_paths import node_rows
from interpkd.export._parity import Answers
from interpkd.export._parity_rows import as_asked
from interpkd.export._rules_engine import RulesEngine
from interpkd.export._to_python import emit_python

few = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
many = settings(max_examples=70, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def load(module):
    names = {}
    exec(compile(module, "student.py", "exec"), names)  # noqa: S102  # what was just written
    return names


def check_python(document):
    student, rows = read_json(document), hurting_rows(document)
    asked = as_asked(document, rows)
    proba = None if document["classes"] is None else student.predict_proba(asked)
    wanted = Answers(student.predict(asked), proba)

    def check(found):
        outcome = compare(document, rows, wanted, found, tolerance=1e-12, unit=2.0**-52)
        assert outcome.worst is None
        if document["kind"] == "tree":
            assert outcome.largest_difference == 0

    names = load(emit_python(document, vectorised=True))
    check(Answers(names["predict"](rows), None if proba is None else names["predict_proba"](rows)))
    names, table = load(emit_python(document)), as_lists(rows)
    listed = [dict(zip(table, values, strict=True)) for values in zip(*table.values(), strict=True)]
    predicted = np.empty(len(listed), dtype=object)
    predicted[:] = [names["predict"](row) for row in listed]
    own = None if proba is None else np.array([names["predict_proba"](row) for row in listed])
    check(Answers(predicted, own))
    if document["kind"] == "tree":
        check(RulesEngine(rule_list(student), document).answers(None, rows))
        reached = set(student.apply(asked))
        assert reached == {n["node"] for n, _ in node_rows(document, [*listed]) if "left" not in n}


@few
@given(data=st.data())
def test_python_and_rules_answer_as_the_document(documents, data):
    check_python(data.draw(documents()))


@pytest.mark.slow
@many
@given(data=st.data())
def test_python_and_rules_answer_as_many_documents(documents, data):
    check_python(data.draw(documents()))


@few
@given(data=st.data())
def test_a_document_is_written_as_it_was_read(documents, data):
    document = data.draw(documents())
    again = to_json(read_json(document))
    if document["kind"] == "tree":  # the texts of conditions are made anew
        keys = ("node", "n_rows", "answer", "decision", "column", "threshold", "missing", "left")
        cut = [[{k: n.get(k) for k in keys} for n in one["nodes"]] for one in (document, again)]
        assert cut[0] == cut[1]
    assert parity_report(read_json(document), to="json").passed


@settings(few, max_examples=4)
@given(data=st.data())
def test_node_answers_as_the_document(documents, needs_engine, data):
    needs_engine("node")
    report = parity_report(read_json(data.draw(documents())), to="javascript")
    assert report.passed, report.reason

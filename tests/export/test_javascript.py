"""JavaScript: the script, run by Node, answers as the student does."""

import json
import math
import re
import shutil
import subprocess

import numpy as np
import pandas as pd
import pytest
from sklearn.tree import DecisionTreeClassifier

from interpkd import DistilledLinearRegression, DistilledScorecardClassifier
from interpkd.exceptions import InvalidInputError
from interpkd.explanation import reasons
from interpkd.export import read_json, to_javascript, to_json

NODE = shutil.which("node")
needs_node = pytest.mark.skipif(NODE is None, reason="Node is not installed")

DRIVER = """
const rows = JSON.parse(require("fs").readFileSync(0, "utf8"));
const answer = (row) => {
  try { return interpkdStudent.score(row); } catch (error) { return `${error}`; }
};
console.log(JSON.stringify(rows.map(answer)));
"""


def run(script, rows, tmp_path):
    """Score rows in one process of Node."""
    file = tmp_path / "student.js"
    file.write_text(script + DRIVER, encoding="ascii")
    command = [NODE, str(file)]
    text = json.dumps(rows)
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def as_objects(frame):
    """Rows as objects of JavaScript, None where a value is missing."""
    columns = [[None if pd.isna(v) else v for v in frame[name].tolist()] for name in frame]
    return [dict(zip(frame.columns, row, strict=True)) for row in zip(*columns, strict=True)]


@needs_node
def test_node_answers_as_the_student(written, tmp_path):
    student, rows = written
    data = to_json(student)
    found = run(to_javascript(student), as_objects(rows), tmp_path)
    predicted = [one["prediction"] for one in found]
    if data["task"] == "regression":
        np.testing.assert_allclose(predicted, student.predict(rows), rtol=1e-9)
    else:
        assert predicted == student.predict(rows).tolist()
    exact = {"rtol": 0, "atol": 0} if data["kind"] == "tree" else {"rtol": 1e-9, "atol": 1e-9}
    if data["classes"] is not None:
        proba = [one["probabilities"] for one in found]
        np.testing.assert_allclose(proba, student.predict_proba(rows), **exact)
    read = read_json(data)
    if data["kind"] == "tree":
        check_paths(found, read.apply(rows), data["nodes"])
        return
    score = {"scorecard": "score_samples", "linear": "predict"}.get(
        data["kind"], "decision_function"
    )
    values = getattr(student, score)(rows)
    own = [one["score"] if one["scores"] is None else one["scores"] for one in found]
    np.testing.assert_allclose(np.squeeze(own), values, rtol=1e-9, atol=1e-9)
    assert all(one["leaf"] is None and one["path"] == [] for one in found)
    for i, terms in enumerate(read.terms(rows)):
        mine = {term["column"]: term["values"] for term in found[i]["terms"]}
        wanted = {name: np.atleast_1d(terms[j]) for j, name in enumerate(rows.columns)}
        for name, term in wanted.items():
            np.testing.assert_allclose(mine.get(name, [0.0]), term, rtol=1e-9, atol=1e-12)


def check_paths(found, leaves, nodes):
    parents = {
        node[side]: (node, side) for node in nodes for side in ("left", "right") if side in node
    }
    assert [one["leaf"] for one in found] == leaves.tolist()
    for one in found:
        place, path = one["leaf"], []
        while place:
            node, side = parents[place]
            path.insert(0, (node["node"], node["column"], node[f"{side}_text"]))
            place = node["node"]
        assert [(step["node"], step["column"]) for step in one["path"]] == [p[:2] for p in path]
        for step, (_, _, text) in zip(one["path"], path, strict=True):
            assert step["text"] in (text, f"{text} or missing")
        assert one["terms"] == []
        assert one["reasons"] is None


@needs_node
@pytest.mark.parametrize(
    "kind", ["logistic, binary", "svm, binary", "scorecard, binary", "tree, binary"]
)
@pytest.mark.parametrize("adverse", [None, "bad", "good"])
def test_reasons_are_those_of_python(student_of, kind, adverse, tmp_path):
    student, rows = student_of(kind)
    rows = rows.iloc[:60]
    read = read_json(to_json(student))
    found = run(
        to_javascript(read, reference=rows, adverse_class=adverse), as_objects(rows), tmp_path
    )
    why = reasons(student, rows, reference="all applicants", adverse_class=adverse, n_reasons=9)
    assert why.declines
    for decline in why.declines:
        mine = found[decline.row]
        assert [one["column"] for one in mine["reasons"]] == [o.column for o in decline.reasons]
        for one, wanted in zip(mine["reasons"], decline.reasons, strict=True):
            assert one["contribution"] == pytest.approx(wanted.contribution, rel=1e-9, abs=1e-9)
    if hasattr(read, "terms"):
        means = dict(zip(rows.columns, read.terms(rows).mean(axis=0), strict=True))
        assert all(one["reference_value"] == means[one["column"]] for one in found[0]["terms"])
        again = to_javascript(student, reference=means, adverse_class=adverse)
        assert again == to_javascript(student, reference=rows, adverse_class=adverse)


@needs_node
def test_what_python_refuses_throws(student_of, tmp_path):
    student, rows = student_of("tree, binary")
    good = as_objects(rows.iloc[:1])[0]
    strange = [
        {"age": "40"},
        {"age": 1e300},
        {"purpose": 3},
        {"owner": "yes"},
        {"rooms": "2"},
        {"rooms": True},
    ]
    broken = [{name: value for name, value in good.items() if name != "age"}]
    found = run(to_javascript(student), [*({**good, **one} for one in strange), *broken], tmp_path)
    assert found[0] == 'TypeError: Column "age" holds numbers.'
    assert found[1] == 'TypeError: Column "age" is too large for float32.'
    assert found[2] == 'TypeError: Column "purpose" holds texts, not numbers.'
    assert found[3] == 'TypeError: Column "owner" holds numbers.'
    assert found[-1] == 'TypeError: Column "age" is lacking.'
    # as in Python: a text is no number that was seen, and True is 1
    for one, wanted in zip(found[4:6], ("balloon", 1), strict=True):
        row = rows.iloc[:1].assign(rooms=pd.Categorical([wanted]))
        assert one["probabilities"] == student.predict_proba(row)[0].tolist()
    plain = DistilledLinearRegression().fit(np.arange(8.0)[:, None], teacher_proba=np.arange(8.0))
    [found] = run(to_javascript(plain), [{"x0": None}], tmp_path)
    assert "needs a value" in found


HOSTILE = [
    "__proto__",
    "constructor",
    "</script><script>alert(1)</script>",
    "<!-- ${alert(1)} `",
    "\u2028\u2029",
    "quote \" and ' and \\",
    "@student@",
    "\u202eright to left",
    "x" * 500,
]


@needs_node
def test_names_and_categories_are_data(tmp_path):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({name: rng.choice(HOSTILE, 200) for name in HOSTILE})
    p = 0.2 + 0.05 * sum(frame[name].map(HOSTILE.index) for name in HOSTILE[:2]) / 2
    card = DistilledScorecardClassifier().fit(frame, teacher_proba=np.column_stack([1 - p, p]))
    script = to_javascript(card)
    assert script.isascii()
    assert not re.search(r"</script|<!--|\u2028", script, re.IGNORECASE)
    found = run(script, as_objects(frame.iloc[:30]), tmp_path)
    scores = [one["score"] for one in found]
    np.testing.assert_array_equal(scores, card.score_samples(frame.iloc[:30]))
    texts = {term["text"] for one in found for term in one["terms"]}
    assert any("</script>" in text for text in texts)


def test_references_that_do_not_fit(student_of):
    card = student_of("scorecard, binary")[0]
    names = [column.name for column in card.columns_]
    with pytest.raises(InvalidInputError, match="A tree has no terms"):
        to_javascript(student_of("tree, binary")[0], reference={})
    with pytest.raises(InvalidInputError, match="several classes has no reasons"):
        to_javascript(student_of("svm, multiclass")[0], reference={})
    with pytest.raises(InvalidInputError, match="must map each of the columns"):
        to_javascript(card, reference={"age": 1.0})
    with pytest.raises(InvalidInputError, match="must hold numbers"):
        to_javascript(card, reference=dict.fromkeys(names, "many"))
    with pytest.raises(InvalidInputError, match="must hold numbers"):
        to_javascript(card, reference=dict.fromkeys(names, math.nan))
    with pytest.raises(InvalidInputError, match="one of the classes"):
        to_javascript(card, adverse_class="fair")


@needs_node
def test_infinite_thresholds(tmp_path):
    tree = DecisionTreeClassifier().fit([[1.0], [2.0], [np.nan], [np.nan]], [0, 0, 1, 1])
    found = run(to_javascript(tree), [{"x0": 1e30}, {"x0": None}], tmp_path)
    assert [one["prediction"] for one in found] == [0, 1]
    assert [one["path"][0]["text"] for one in found] == ["x0 is not missing", "x0 is missing"]

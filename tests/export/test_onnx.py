"""ONNX models answer as their students, through ONNX Runtime, on rows made to hurt."""

import hashlib
import json
import math
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn.tree import DecisionTreeClassifier

from interpkd.exceptions import InvalidInputError, MissingExtraError, ParityError
from interpkd.export import _onnx_engine, _onnx_tree, read_json, to_json, to_onnx
from interpkd.export._onnx_columns import input_names
from interpkd.export._onnx_engine import feed, open_session
from interpkd.export._parity_rows import as_asked, frame_of
from interpkd.export._to_onnx import emit_onnx, make_onnx


@pytest.fixture(autouse=True, scope="module")
def _engines(needs_engine):
    needs_engine("onnx")
    needs_engine("onnxruntime")


def facts_of(model):
    return {one.key.removeprefix("interpkd."): one.value for one in model.metadata_props}


def answers_of(model, rows):
    """All outputs, for a data frame in the student's columns."""
    session = open_session(model)
    names = [one.name for one in session.get_outputs()]
    return dict(zip(names, session.run(None, feed(session, rows)), strict=True))


@pytest.mark.parametrize(("dtype", "inputs"), [("float32", "matrix"), ("float64", "columns")])
def test_every_student_answers_as_in_python(exported, dtype, inputs):
    import onnx

    student, rows = exported
    model, report = make_onnx(student, X=rows, parity="require", dtype=dtype, inputs=inputs)
    assert report.passed
    assert report.n_different_labels in (0, None)
    onnx.checker.check_model(model, full_check=True)
    data = to_json(student)
    if dtype == "float64" and data["kind"] in ("tree", "scorecard"):
        assert report.largest_difference == 0.0  # to the last digit
    facts = facts_of(model)
    assert facts["parity"] == str(report)
    assert str(report) in model.doc_string
    assert json.loads(facts["classes"]) == data["classes"]
    assert [one["column"] for one in json.loads(facts["columns"])] == [
        column["name"] for column in data["columns"]
    ]


def test_other_outputs(exported):
    student, X = exported
    data = to_json(student)
    rows = frame_of(data, X)
    asked = as_asked(data, rows)
    found = answers_of(emit_onnx(data, dtype="float64"), rows)
    read = read_json(data)
    if data["kind"] == "tree":
        np.testing.assert_array_equal(found["leaf"], read.apply(asked))
        assert found["leaf"].dtype == np.int64
    elif data["kind"] == "scorecard":
        np.testing.assert_array_equal(found["score"][:, 0], student.score_samples(asked))
    elif data["task"] == "classification":
        scores = student.decision_function(asked)
        scores = scores[:, None] if scores.ndim == 1 else scores
        np.testing.assert_allclose(found["score"], scores, rtol=1e-12, atol=1e-12)


def test_no_rows_and_one_row(exported):
    student, X = exported
    data = to_json(student)
    rows = frame_of(data, X)
    for inputs in ("columns", "matrix"):
        session = open_session(emit_onnx(data, inputs=inputs))
        fed = feed(session, rows)
        whole = session.run(None, fed)
        one = session.run(None, {name: values[4:5] for name, values in fed.items()})
        none = session.run(None, {name: values[:0] for name, values in fed.items()})
        for all_, single, nothing in zip(whole, one, none, strict=True):
            np.testing.assert_array_equal(single, all_[4:5])
            assert nothing.shape == (0, *all_.shape[1:])
            assert nothing.dtype == all_.dtype


def test_missing_values_go_where_the_tree_sends_them():
    # a converter that drops the learned route sends all of them to the right
    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 2))
    y = np.isnan(np.where(rng.random((400, 2)) < 0.3, np.nan, X)[:, 0])
    X[y, 0] = np.nan
    tree = DecisionTreeClassifier(max_depth=3, random_state=0).fit(X, y | (X[:, 0] < -0.5))
    split = tree.tree_.children_left >= 0
    assert tree.tree_.missing_go_to_left[split].any()
    model, report = make_onnx(tree, X=X, parity="require", dtype="float64")
    assert report.passed
    missing = np.full((3, 2), np.nan)
    missing[1:, 1] = [-9.0, 9.0]
    found = answers_of(model, pd.DataFrame(missing, columns=["x0", "x1"]))
    np.testing.assert_array_equal(found["probabilities"], tree.predict_proba(missing))
    lost = to_json(tree)
    for node in lost["nodes"]:
        if "left" in node:
            node["missing"] = "right"
    other = answers_of(emit_onnx(lost), pd.DataFrame(missing, columns=["x0", "x1"]))
    assert (other["label"] != found["label"]).any()


def test_numbers_at_the_ends(student_of):
    tree, X = student_of("bare tree, three classes")
    extremes = np.array([1e30, -1e30, 3.4e38, -3.4e38, 5e-324, -1e-45, 0.0, -0.0, np.nan])
    rows = np.tile(X[:1], (len(extremes) * 3, 1))
    for i in range(3):
        rows[i * len(extremes) : (i + 1) * len(extremes), i] = extremes
    for dtype in ("float32", "float64"):
        found = answers_of(emit_onnx(to_json(tree), dtype=dtype), frame_of(to_json(tree), rows))
        np.testing.assert_array_equal(found["leaf"], tree.apply(rows))
        np.testing.assert_array_equal(found["label"], tree.predict(rows))
        proba = tree.predict_proba(rows).astype(dtype)
        np.testing.assert_array_equal(found["probabilities"], proba)


REFUSING = ["tree, regression", "tree, binary", "scorecard, binary", "logistic, binary"]


@pytest.mark.parametrize("name", [*REFUSING, "complete, logistic", "complete, three classes"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_row_that_the_student_refuses_has_no_answer(student_of, name, dtype):
    student, X = student_of(name)
    data = to_json(student) | {"takes_missing": False}
    rows = frame_of(data, X).iloc[:4].reset_index(drop=True)
    rows = rows.assign(**{column: rows[column].bfill().ffill() for column in rows})
    whole = answers_of(emit_onnx(data, dtype=dtype), rows)
    assert all(
        (np.isfinite(one) if one.dtype != object else one != "").all() for one in whole.values()
    )
    for column in data["columns"]:
        hole = rows.astype({column["name"]: object})
        hole.loc[2, column["name"]] = None if column["kind"] == "category" else math.nan
        if column["kind"] == "boolean":
            hole = rows.assign(**{column["name"]: rows[column["name"]].mask(rows.index == 2)})
        elif column["kind"] == "numeric":
            hole = hole.astype({column["name"]: float})
        model = emit_onnx(data, dtype=dtype)
        found = answers_of(model, hole)
        refusals = {"leaf": -1}
        if "label" in found:
            refusals["label"] = (
                found["label"].dtype.type(facts_of(model)["label_of_refused_rows"])
                if found["label"].dtype != object
                else ""
            )
            assert refusals["label"] not in data["classes"]
        for output, values in found.items():
            is_lost = values[2] == refusals[output] if output in refusals else np.isnan(values[2])
            assert np.all(is_lost)
            np.testing.assert_array_equal(np.delete(values, 2, 0), np.delete(whole[output], 2, 0))


def test_infinite_numbers_have_no_answer_of_a_linear_student(student_of):
    for name in ("complete, logistic", "complete, three classes", "complete, linear"):
        student, X = student_of(name)
        rows = np.repeat(X[:1], 7, axis=0)
        rows[np.arange(6), np.arange(6) // 2] = [np.inf, -np.inf] * 3
        found = answers_of(
            emit_onnx(to_json(student)), pd.DataFrame(rows, columns=["x0", "x1", "x2"])
        )
        if "label" not in found:
            assert not np.isfinite(found["prediction"][:6]).any()
            continue
        assert np.isnan(found["probabilities"][:6]).all()
        assert (found["label"][:6] == -1).all()
        assert found["label"][6] == student.predict(X[:1])


def test_inputs_are_named_as_columns_or_the_names_are_told(student_of):
    tree, rows = student_of("tree, binary")
    data = to_json(tree)
    names = ["label", "", "a\0b", "\ud800", "interpkd.0.Concat"]
    renamed = json.loads(json.dumps(data))
    new = dict(zip([column["name"] for column in data["columns"]], names, strict=True))
    for one in renamed["columns"]:
        one["name"] = new[one["name"]]
    for one in renamed["nodes"]:
        if "left" in one:
            one["column"] = new[one["column"]]
    model = emit_onnx(renamed)
    told = json.loads(facts_of(model)["columns"])
    assert [one["column"] for one in told] == names
    assert [one["input"] for one in told] == [f"column_{i}" for i in range(5)]
    own = frame_of(data, rows)
    found = answers_of(model, own.set_axis(pd.Index(names, dtype=object), axis=1))
    np.testing.assert_array_equal(found["leaf"], answers_of(emit_onnx(data), own)["leaf"])
    own_names = {one.name for one in emit_onnx(data).graph.input}
    assert own_names == {column["name"] for column in data["columns"]}


def test_names_that_are_taken():
    names = ["", "column_0", "score", "\udcff", "fine"]
    assert input_names(names) == ["column_0_", "column_0", "column_2", "column_3", "fine"]


@pytest.mark.parametrize("kinds", [("purpose", "rooms"), ("rooms",)])
def test_categories_alone(student_of, kinds):
    data = to_json(student_of("logistic, multiclass")[0])
    data["columns"] = [one for one in data["columns"] if one["name"] in kinds]
    data["terms"] = [one for one in data["terms"] if one["column"] in kinds]
    report = make_onnx(read_json(data), parity="require")[1]
    assert report.passed


def test_forms_of_inputs(student_of):
    mixed, numbers = (
        to_json(student_of("tree, binary")[0]),
        to_json(student_of("complete, linear")[0]),
    )

    def shapes(data, **options):
        model = emit_onnx(data, **options)
        return {
            one.name: (one.type.tensor_type.elem_type, one.type.tensor_type.shape.dim[1].dim_value)
            for one in model.graph.input
        }

    single, double, text = 1, 11, 8
    assert shapes(numbers) == {"X": (single, 3)}
    assert shapes(numbers, dtype="float64", inputs="columns") == {
        f"x{i}": (double, 1) for i in range(3)
    }
    assert shapes(mixed, inputs="matrix") == {
        "X": (single, 3),
        "X_text": (text, 1),
        "X_number": (double, 1),
    }
    kinds = {"age": single, "purpose": text, "rooms": double, "owner": single, "income": single}
    assert shapes(mixed) == {name: (kind, 1) for name, kind in kinds.items()}


def rename_category(data, old, new):
    text = json.dumps(data)
    return json.loads(text.replace(json.dumps(old), json.dumps(new)))


def test_missing_text_is_no_category(student_of):
    for name in ("tree, binary", "logistic, multiclass", "scorecard, binary"):
        data = to_json(student_of(name)[0])
        told = json.loads(facts_of(emit_onnx(data))["columns"])
        assert {one["column"]: one["missing"] for one in told} == {
            **dict.fromkeys(("age", "rooms", "owner", "income"), "NaN"),
            "purpose": "",
        }
        changed = rename_category(rename_category(data, "tv", ""), "car", "missing")
        model, report = make_onnx(read_json(changed), X=None, parity="require")
        assert report.passed
        assert json.loads(facts_of(model)["columns"])[1]["missing"] == "missing_"


@pytest.mark.parametrize(
    ("labels", "kind", "refusal"),
    [
        ([False, True], np.int64, "-1"),
        ([-1, 1], np.int64, "-2"),
        ([0.0, 2.0], np.float64, "nan"),
        (["", "x"], object, "no answer"),
        (["a", "no answer"], object, ""),
    ],
)
def test_labels(labels, kind, refusal):
    X = np.array([[0.0], [1.0], [2.0], [3.0]])
    tree = DecisionTreeClassifier().fit(X, np.array(labels)[[0, 0, 1, 1]])
    model, report = make_onnx(tree, X=X, parity="require")
    assert report.passed
    assert facts_of(model)["label_of_refused_rows"] == refusal
    found = answers_of(model, pd.DataFrame(X, columns=["x0"]))["label"]
    assert found.dtype == kind
    assert found.tolist() == [labels[0]] * 2 + [labels[1]] * 2


def test_what_onnx_cannot_hold(student_of):
    data = to_json(student_of("tree, binary")[0])
    for odd in ("a\0b", "\udfff"):
        with pytest.raises(InvalidInputError, match="ONNX holds texts in UTF-8"):
            emit_onnx(rename_category(data, "tv", odd))
        with pytest.raises(InvalidInputError, match="ONNX holds texts in UTF-8"):
            emit_onnx(rename_category(data, "good", odd))
    with pytest.raises(InvalidInputError, match="column 'purpose' are both"):
        emit_onnx(rename_category(data, "tv", 3))
    with pytest.raises(InvalidInputError, match="the classes are both"):
        emit_onnx(rename_category(data, "good", 3))
    fine = to_json(student_of("scorecard, binary")[0])
    fine["features"][0]["bins"][0]["points"] = 10**7
    with pytest.raises(InvalidInputError, match="fewer than 1000000 different scores"):
        emit_onnx(fine)
    with pytest.raises(InvalidInputError, match="'dtype' parameter must be one of"):
        to_onnx(student_of("tree, binary")[0], dtype="float16")
    with pytest.raises(InvalidInputError, match="'inputs' parameter must be one of"):
        to_onnx(student_of("tree, binary")[0], inputs="rows")


def test_cuts_and_special_values_at_the_ends_of_precision(student_of):
    data = to_json(student_of("scorecard, binary")[0])
    (feature,) = [one for one in data["features"] if one["column"] == "income"]
    cuts = [-3.4e38, -1e-42, 0.1, np.nextafter(0.1, 1), float(np.float32(0.1)), 16777217.0, 1e300]
    special = [-1e-42, 0.0, 5e-324, 0.1, 16777216.0]
    blank = feature["bins"][0] | {"lower": None, "upper": None, "categories": [], "value": None}
    bins = [
        *({"kind": "interval", "lower": a, "upper": b} for a, b in pairwise([None, *cuts, None])),
        *({"kind": "special", "value": one} for one in special),
        {"kind": "missing"},
    ]
    feature["bins"] = [blank | one | {"points": 7**k % 101} for k, one in enumerate(bins)]
    for dtype in ("float32", "float64"):
        report = make_onnx(read_json(data), parity="require", dtype=dtype)[1]
        assert report.passed
        assert report.largest_difference <= (1e-7 if dtype == "float32" else 0.0)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_random_documents_answer_as_read(documents, data):
    document = data.draw(documents())
    dtype = data.draw(st.sampled_from(["float32", "float64"]))
    inputs = data.draw(st.sampled_from(["columns", "matrix"]))
    report = make_onnx(read_json(document), parity="require", dtype=dtype, inputs=inputs)[1]
    assert report.passed


def test_a_file(student_of, tmp_path):
    import onnx

    student, rows = student_of("tree, binary")
    model = to_onnx(student, tmp_path / "a.onnx", X=rows, dtype="float64")
    to_onnx(student, tmp_path / "b.onnx", X=rows, dtype="float64")
    assert (tmp_path / "a.onnx").read_bytes() == (tmp_path / "b.onnx").read_bytes()
    assert onnx.load(tmp_path / "a.onnx") == model
    to_json(student, tmp_path / "a.json")
    digest = hashlib.sha256((tmp_path / "a.json").read_bytes()).hexdigest()
    assert facts_of(model)["student_sha256"] == digest
    assert {one.domain: one.version for one in model.opset_import} == {"": 13, "ai.onnx.ml": 4}
    assert model.ir_version == 9


def test_a_model_that_errs_is_not_written(student_of, tmp_path, monkeypatch):
    student, rows = student_of("tree, binary")
    monkeypatch.setattr(_onnx_tree, "single_border", lambda threshold: threshold + 1)
    with pytest.raises(ParityError, match="FAILS on ONNX Runtime"):
        to_onnx(student, tmp_path / "a.onnx", X=rows)
    assert not [*tmp_path.iterdir()]


def test_without_the_libraries(student_of, monkeypatch):
    student, _ = student_of("tree, binary")

    def gone():
        msg = "onnxruntime is not installed"
        raise MissingExtraError(msg)

    monkeypatch.setattr(_onnx_engine, "_runtime", gone)
    model = to_onnx(student)
    assert "was not checked" in facts_of(model)["parity"]
    assert 'pip install "interpkd[onnx]"' in facts_of(model)["parity"]
    with pytest.raises(MissingExtraError, match="ONNX Runtime is needed"):
        to_onnx(student, parity="require")
    for name in ("onnx", "onnx.helper"):
        monkeypatch.setitem(__import__("sys").modules, name, None)
    with pytest.raises(MissingExtraError, match="onnx is needed to write ONNX"):
        to_onnx(student)


@pytest.mark.parametrize("name", ["tree, multiclass", "scorecard, binary", "logistic, binary"])
def test_the_reference_of_onnx_agrees(student_of, name):
    from onnx.reference import ReferenceEvaluator

    student, X = student_of(name)
    data = to_json(student)
    rows = frame_of(data, X).tail(60)
    model = emit_onnx(data)
    session = open_session(model)
    fed = feed(session, rows)
    for own, other in zip(
        session.run(None, fed), ReferenceEvaluator(model).run(None, fed), strict=True
    ):
        if own.dtype == object:
            assert own.tolist() == other.tolist()
        else:
            np.testing.assert_allclose(own, other, rtol=1e-6)

"""Documents drawn at random: what ONNX Runtime says of them is what the document says."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interpkd.export import read_json
from interpkd.export._to_onnx import make_onnx


@pytest.fixture(autouse=True, scope="module")
def _engines(needs_engine):
    needs_engine("onnx")
    needs_engine("onnxruntime")


SETTINGS = settings(max_examples=40, deadline=None, derandomize=True)

CATEGORIES = {"text": ["a", "B", "ß", " "], "code": [1, 2.5, 40]}

NUMBERS = st.one_of(
    st.sampled_from([0.1, 0.5, -1e30, 3.4e38, 1e-42, 16777217.0, 0.0]),
    st.floats(-1e6, 1e6),
    st.floats(-(2.0**127), 2.0**127, width=32),
)

CLASSES = st.sampled_from([None, ["no", "yes"], [False, True], [-1, 3, 7]])


@st.composite
def columns(draw):
    kinds = draw(
        st.lists(st.sampled_from(["numeric", "boolean", "text", "code"]), min_size=1, max_size=5)
    )
    return [
        {
            "name": f"{kind} {i}",
            "kind": kind if kind in ("numeric", "boolean") else "category",
            "categories": CATEGORIES.get(kind, []),
            "has_missing": draw(st.booleans()),
            "minimum": None,
            "maximum": None,
            "usual": None,
        }
        for i, kind in enumerate(kinds)
    ]


def document(kind, classes, made, *, takes_missing=True, **part):
    return {
        "schema": {"name": "interpkd.student", "version": 1},
        "kind": kind,
        "task": "regression" if classes is None else "classification",
        "classes": classes,
        "has_names": True,
        "takes_missing": takes_missing,
        "columns": made,
        **part,
    }


@st.composite
def trees(draw):
    classes, made = draw(CLASSES), draw(columns())
    nodes = [{}]
    for number in range(15):  # the children of a node are at the end of the list
        if number >= len(nodes) or len(nodes) > 13 or (number and draw(st.integers(0, 3)) == 0):
            continue
        column = draw(st.sampled_from(made))
        halves = st.integers(0, max(0, len(column["categories"]) - 2)).map(lambda k: k + 0.5)
        border = halves if column["kind"] == "category" else NUMBERS
        nodes[number] |= {
            "column": column["name"],
            "threshold": draw(st.one_of(border, border, border, st.sampled_from(["inf", "-inf"]))),
            "missing": draw(st.sampled_from(["left", "right"])),
            "left": len(nodes),
            "right": len(nodes) + 1,
        }
        nodes += [{}, {}]
    for number, one in reversed([*enumerate(nodes)]):
        counts = draw(
            st.lists(st.integers(0, 9), min_size=len(classes or "x"), max_size=len(classes or "x"))
        )
        answer = (
            [sum(counts) / 7 - 2]
            if classes is None
            else (np.add(counts, 1e-9) / np.sum(np.add(counts, 1e-9))).tolist()
        )
        below = [nodes[one[side]]["n_rows"] for side in ("left", "right") if side in one]
        one |= {"node": number, "n_rows": sum(below) or 1, "answer": answer}
        one["decision"] = None if classes is None else classes[int(np.argmax(answer))]
    return document("tree", classes, made, compares_in="float32", nodes=nodes)


@st.composite
def linear_students(draw):
    classes, made = draw(CLASSES), draw(columns())
    n = len(classes) if classes and len(classes) > 2 else 1
    small = st.floats(-20, 20).map(lambda x: round(x, 6))
    values = st.lists(small, min_size=n, max_size=n)
    terms = []
    for column in made:
        term = {
            "column": column["name"],
            "missing": draw(values) if column["has_missing"] else None,
        }
        if column["kind"] == "category":
            reference = draw(st.sampled_from(column["categories"]))
            others = [one for one in column["categories"] if one != reference]
            term |= {"reference": reference}
            term["categories"] = [{"category": one, "values": draw(values)} for one in others]
        else:
            term |= {"values": draw(values), "imputed": draw(small)}
        terms.append(term)
    kind = "linear" if classes is None else draw(st.sampled_from(["logistic", "svm"]))
    part = {"link": "identity" if classes is None else "softmax" if n > 1 else "logistic"}
    part |= {"link_slope": draw(st.floats(0.1, 3))} if kind == "svm" else {}
    return document(
        kind,
        classes,
        made,
        **part,
        intercept=draw(values),
        terms=terms,
        takes_missing=any(c["has_missing"] or c["categories"] for c in made),
    )


@st.composite
def cards(draw):
    made = draw(columns())

    def filled(kind, **known):
        empty = {"text": "", "lower": None, "upper": None, "categories": [], "value": None}
        counts = {"coefficient": 0.0, "n_rows": 0, "share": 0.0, "teacher_mean": None}
        return {**empty, **counts, "kind": kind, "points": draw(st.integers(-60, 60)), **known}

    features = []
    for column in made:
        special = []
        if column["kind"] == "category":
            bins = [filled("categories", categories=[one]) for one in column["categories"]]
        else:
            cuts = sorted(draw(st.sets(NUMBERS, max_size=6)))
            bins = [
                filled("interval", lower=low, upper=high)
                for low, high in pairwise([None, *cuts, None])
            ]
            special = sorted(
                draw(st.sets(st.one_of(NUMBERS, st.sampled_from([*cuts, 0.0])), max_size=3))
            )
        bins += [*(filled("special", value=one) for one in special), filled("missing")]
        features.append({"column": column["name"], "bins": bins})
    sign, pdo = draw(st.sampled_from([1, -1])), draw(st.sampled_from([20.0, 7.5]))
    classes = ["no", "yes"]
    scale = {"pdo": pdo, "base_score": 600.0, "base_odds": draw(st.sampled_from([1.0, 50.0]))}
    factor = pdo / math.log(2)
    return document(
        "scorecard",
        classes,
        made,
        base_points=draw(st.integers(500, 700)),
        factor=sign * factor,
        offset=scale["base_score"] - factor * math.log(scale["base_odds"]),
        scale=scale | {"good_class": classes[sign > 0], "good_class_was_given": True},
        rounding={"intercept": 0.0, "loss": 0.0, "largest_change": 0.0},
        n_rows=0,
        teacher_mean=0.5,
        features=features,
    )


@SETTINGS
@given(
    st.one_of(trees(), linear_students(), cards()),
    st.sampled_from(["float32", "float64"]),
    st.sampled_from(["columns", "matrix"]),
)
def test_any_document_answers_as_read(data, dtype, inputs):
    report = make_onnx(read_json(data), X=None, parity="require", dtype=dtype, inputs=inputs)[1]
    assert report.passed
    assert report.n_hurting > 10

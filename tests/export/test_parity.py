"""Parity: rows made to hurt hurt, an answer that is wrong is found, and a tie is not called wrong."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pytest

from interpkd._borders import double_border, single_border
from interpkd.exceptions import InvalidInputError, MissingExtraError, ParityError, ParityWarning
from interpkd.export import read_json, to_json
from interpkd.export._hurting_rows import hurting_rows
from interpkd.export._parity import Answers, checked
from interpkd.export._parity_rows import as_asked, frame_of


@dataclass
class Document:
    """An engine that reads the document, and may be made to err."""

    name: str = "a reader"
    tolerance: float = 1e-12
    in_single: bool = False
    change: object = None
    installed: str | None = "1.0"
    seen: list = field(default_factory=list)

    def version(self):
        return self.installed

    def install_line(self):
        return "pip install reader"

    def answers(self, artefact, rows):
        self.seen.append(rows)
        student, asked = read_json(artefact["data"]), as_asked(artefact["data"], rows)
        proba = student.predict_proba(asked) if hasattr(student, "classes_") else None
        found = Answers(student.predict(asked).copy(), proba)
        return found if self.change is None else self.change(found, rows)


def check(student, engine, *, X=None, parity="auto"):
    data = to_json(student)

    def emit(note):
        return {"data": data, "note": note}

    return checked(student, data, export="json", emit=emit, engine=engine, X=X, parity=parity)


def test_a_document_answers_as_its_student(exported):
    student, rows = exported
    for in_single in (False, True):
        engine = Document(in_single=in_single)
        artefact, report = check(student, engine, X=rows, parity="require")
        assert report.passed
        assert artefact["note"] == str(report)
        assert report.n_given == len(rows)
        assert report.n_given + report.n_hurting == len(engine.seen[0])
        assert report.to_dict()["largest_difference"] <= 1e-12
        assert str(report).isascii()
        assert "\n" not in str(report)


def test_every_leaf_is_reached_and_every_border_has_two_sides(exported):
    student, given = exported
    data = to_json(student)
    for X in (None, given):
        rows = hurting_rows(data, X)
        asked = as_asked(data, rows)
        student.predict(asked)  # holds nothing that the student refuses
        if data["kind"] != "tree":
            continue
        read = read_json(data)
        leaves = {node["node"] for node in data["nodes"] if "left" not in node}
        assert set(read.apply(asked)) == leaves
        passed = read.student_.tree_.decision_path(
            frame_to_codes(data, rows).astype(np.float32)
        ).toarray()
        for node in data["nodes"]:
            if "left" not in node:
                continue
            here = passed[:, node["node"]] == 1
            kind = next(c["kind"] for c in data["columns"] if c["name"] == node["column"])
            if kind != "numeric" or isinstance(node["threshold"], str):
                continue
            values = set(rows.loc[here, node["column"]])
            t = node["threshold"]
            for border in (t, single_border(t), double_border(t)):
                assert {border, np.nextafter(border, np.inf)} <= values
            assert float(np.nextafter(np.float32(single_border(t)), np.float32(np.inf))) in values


def frame_to_codes(data, rows):
    codes = {
        c["name"]: [c["categories"].index(v) if v in c["categories"] else np.nan for v in values]
        if c["kind"] == "category"
        else values.to_numpy(np.float64, na_value=np.nan)
        for c, (_, values) in zip(data["columns"], rows.items(), strict=True)
    }
    return pd.DataFrame(codes).to_numpy()


def test_rows_hold_every_category_and_missing_values_where_they_may(exported):
    data = to_json(exported[0])
    rows = hurting_rows(data)
    lacks = rows.isna()
    assert bool(lacks.any().all()) == data["takes_missing"]
    assert bool(lacks.all(axis=1).any()) == data["takes_missing"]
    assert bool(lacks.any(axis=None)) == data["takes_missing"]
    for column in data["columns"]:
        values = set(rows[column["name"]].dropna())
        assert values >= set(column["categories"])
        if column["kind"] == "category":
            assert values > set(column["categories"])  # unseen ones too
        elif column["kind"] == "boolean":
            assert values == {True, False}
        else:
            assert {0.0, 5e-324, 1e30, -1e30} <= values
            assert np.isfinite(np.array([*values], dtype=np.float32)).all()


def test_cuts_and_special_values_of_a_card(student_of):
    data = to_json(student_of("scorecard, binary")[0])
    rows = hurting_rows(data)
    ends = [
        (feature["column"], one[key])
        for feature in data["features"]
        for one in feature["bins"]
        for key in ("upper", "value")
        if one[key] is not None and feature["column"] in ("age", "income")
    ]
    assert ("age", 20.0) in ends
    for name, end in ends:
        near = {end, np.nextafter(end, -np.inf), np.nextafter(end, np.inf)}
        near |= {float(np.nextafter(np.float32(end), np.float32(s))) for s in (-np.inf, np.inf)}
        assert near <= set(rows[name])


def swap(found, _):
    found.predictions[7] = found.predictions[found.predictions != found.predictions[7]][0]
    return found


def nudge(found, _):
    if found.probabilities is None:
        found.predictions[7] += 1e-9 * max(1, abs(found.predictions[7]))
    else:
        found.probabilities[7] += 1e-9
    return found


def lose(found, _):
    values = found.predictions if found.probabilities is None else found.probabilities
    values[7] = np.nan
    return found


@pytest.mark.parametrize("change", [swap, nudge, lose])
def test_what_is_wrong_is_found(student_of, change):
    for name in ("tree, binary", "logistic, multiclass", "linear, regression"):
        if change is swap and name.endswith("regression"):
            continue
        student, rows = student_of(name)
        engine = Document(change=change)
        with pytest.raises(ParityError, match=r"FAILS.* Row 7 of X: the student says"):
            check(student, engine, X=rows)
        with pytest.raises(ParityError, match="Row 7 of those made to hurt"):
            check(student, engine, parity="require")
        with pytest.warns(ParityWarning, match="FAILS"):
            artefact, report = check(student, engine, parity="warn")
        assert not report.passed
        assert "FAILS" in artefact["note"]
        assert (report.n_different_labels or 0) == (change is swap)


def test_an_engine_that_is_not_there(student_of):
    student, _ = student_of("tree, binary")
    gone = Document(installed=None)
    for parity in ("auto", "warn", "skip"):
        artefact, report = check(student, gone, parity=parity)
        assert report.passed is None
        assert "was not checked" in artefact["note"]
        assert ("pip install reader" in artefact["note"]) == (parity != "skip")
    with pytest.raises(MissingExtraError, match="Install it with: pip install reader"):
        check(student, gone, parity="require")
    with pytest.raises(InvalidInputError, match="'parity' parameter must be one of"):
        check(student, gone, parity=True)


def test_an_engine_that_fails(student_of):
    def fall(found, rows):
        raise ZeroDivisionError

    with pytest.raises(ParityError, match=r"cannot be run\. ZeroDivisionError"):
        check(student_of("tree, binary")[0], Document(change=fall))
    with pytest.warns(ParityWarning, match="ZeroDivisionError"):
        check(student_of("tree, binary")[0], Document(change=fall), parity="warn")


def test_a_tie_is_told_beforehand_and_may_fall_either_way(student_of):
    student, _ = student_of("complete, logistic")
    # on the border between the classes as nearly as doubles go, from two numbers that nearly cancel
    coef, start = student.coef_[0], student.intercept_[0]
    rows = np.zeros((5, 3))
    rows[:, 0] = 1e6 * np.arange(1, 6)
    rows[:, 1] = -(rows[:, 0] * coef[0] + start) / coef[1]

    def other_way(found, frame):
        for i in range(5):
            now = student.classes_.tolist().index(found.predictions[i])
            found.predictions[i] = student.classes_[1 - now]
            found.probabilities[i] += 1e-11
        return found

    report = check(student, Document(change=other_way), X=rows)[1]
    assert report.passed
    assert report.n_ties >= 5
    assert report.n_different_labels == 0
    assert "rows are ties that rounding decides" in str(report)

    def too_far(found, frame):
        found.probabilities[2] += 1e-3
        return found

    with pytest.raises(ParityError, match="Row 2 of X"):
        check(student, Document(change=too_far), X=rows)

    rows[:, 1] += 0.5 / coef[1]  # far from the border, and its large addends round as before
    report = check(student, Document(change=nudge_slightly), X=rows)[1]
    assert report.passed
    assert report.n_rounded == 1
    assert "1 rows differ by more, and not more than rounding does" in str(report)
    with pytest.raises(ParityError, match="Row 2 of X"):
        check(student, Document(change=too_far), X=rows)


def nudge_slightly(found, frame):
    found.probabilities[4] += 1e-11
    return found


def test_linear_students_are_asked_beside_their_own_border(student_of):
    for name in ("complete, logistic", "complete, three classes", "svm, binary", "svm, multiclass"):
        student, _ = student_of(name)
        data = to_json(student)
        asked = as_asked(data, hurting_rows(data))
        scores = student.decision_function(asked)
        if scores.ndim == 2:
            best = np.sort(scores, axis=1)
            gaps = best[:, -1] - best[:, -2]
        else:
            gaps = np.abs(scores)
            assert (scores[gaps < 1e-8] > 0).any()
        assert (gaps < 1e-12).any()
        near = (gaps > 5e-10) & (gaps < 2e-9)
        assert near.sum() >= 4
        assert len(set(student.predict(asked[near]))) > 1


def test_tables_of_users_become_one_frame(student_of):
    student, rows = student_of("tree, binary")
    data = to_json(student)
    frame = frame_of(data, rows.assign(rooms=rows["rooms"].astype(float), more=1))
    assert [str(kind) for kind in frame.dtypes] == [
        "float64",
        "object",
        "object",
        "boolean",
        "float64",
    ]
    assert {type(value) for value in frame["rooms"]} == {int, type(None), float}  # 7.0 is unseen
    pd.testing.assert_frame_equal(frame_of(data, frame.iloc[:5]), frame.iloc[:5])
    with pytest.raises(InvalidInputError, match="held truth values"):
        frame_of(data, rows.assign(owner=0.5))
    with pytest.raises(InvalidInputError, match="now holds the text"):
        frame_of(data, rows.assign(age="old"))
    linear, X = student_of("complete, linear")
    with pytest.raises(InvalidInputError, match=r"single precision, and column 'x0' of X"):
        check(linear, Document(in_single=True), X=np.add(X, [1e39, 0, 0]))

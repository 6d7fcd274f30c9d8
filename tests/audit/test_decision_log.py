"""The decision log: what a line holds, lines that are whole, and a reader that checks them."""

import errno
import hashlib
import json
import os
from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pandas as pd
import pytest
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from interpkd import DistilledTreeClassifier
from interpkd.audit import _decision_log as module
from interpkd.audit import audit_report, decision_log, read_decision_log
from interpkd.exceptions import InvalidInputError
from interpkd.explanation import reasons

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
RNG = np.random.default_rng(0)
X = pd.DataFrame({"b": RNG.normal(size=60), "a": RNG.choice(["x", "y"], 60)})
X.loc[3, "b"] = np.nan
X.loc[4, "a"] = None
y = np.where(X["b"].fillna(0) > 0, "yes", "no")
P = np.column_stack([y == "no", y == "yes"]) * 0.8 + 0.1


@pytest.fixture(scope="module")
def student():
    return DistilledTreeClassifier(max_leaf_nodes=4).fit(X, y, teacher_proba=P)


@pytest.fixture
def log(tmp_path):
    return tmp_path / "decisions.jsonl"


def lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_a_line_accounts_for_a_decision(student, log):
    ids = [f"c{i}" for i in range(60)]
    written = decision_log(
        student, X, log, cutoff=0.3, model_version="2.1", ids=ids, timestamp=NOON
    )
    found = lines(log)
    assert written == len(found) == 60
    score = student.predict_proba(X)[:, 1]
    assert [one["score"] for one in found] == pytest.approx(score.tolist(), abs=1e-15)
    assert [one["decision"] for one in found] == np.where(score > 0.3, "yes", "no").tolist()
    assert [one["id"] for one in found] == ids
    report = audit_report(student, X, background=X[:9]).to_dict()
    first = found[0]
    assert first["student_sha256"] == report["hashes"]["student"]
    assert {key: first[key] for key in first if key not in ("score", "decision", "input_sha256")} == {
        "schema": "interpkd.decision",
        "schema_version": 1,
        "decided_utc": "2026-01-31T12:00:00.000Z",
        "id": "c0",
        "model_version": "2.1",
        "student_sha256": first["student_sha256"],
        "scored_class": "yes",
        "cutoff": 0.3,
        "reasons": None,
        "reference": None,
    }  # fmt: skip


def test_the_hash_of_a_row_is_that_of_its_canonical_json(student, log):
    decision_log(student, X, log, timestamp=NOON)
    for i, one in enumerate(lines(log)[:6]):
        b = "null" if np.isnan(X["b"][i]) else repr(float(X["b"][i]))
        a = "null" if X["a"][i] is None or X["a"].isna()[i] else f'"{X["a"][i]}"'
        text = f'{{"a":{a},"b":{b}}}'
        assert one["input_sha256"] == hashlib.sha256(text.encode()).hexdigest()
    other = log.with_name("other.jsonl")
    decision_log(student, X[["a", "b"]].assign(more=1), other, timestamp=NOON)
    assert other.read_bytes() == log.read_bytes()


def test_reasons_are_those_that_the_student_gives(student, log):
    options = {"reference": "all applicants", "background": X, "adverse_class": "no"}
    decision_log(student, X, log, reasons=options, timestamp=NOON)
    found = lines(log)
    asked = reasons(student, X, ask_teacher=False, **options)
    declined = {one.row: one for one in asked.declines}
    assert declined
    for i, one in enumerate(found):
        if i not in declined:
            assert one["decision"] == "yes"
            assert one["reasons"] is one["reference"] is None
            continue
        assert [why["text"] for why in one["reasons"]] == [w.text for w in declined[i].reasons]
        assert one["reference"]["reference_sha256"] == asked.reference_sha256
        assert one["reference"]["group"] == "all applicants"
    frame = read_decision_log(log)
    assert frame["reasons"].notna().sum() == len(declined)


def test_blocks_make_no_difference(student, log, monkeypatch):
    options = {"reference": "all applicants", "background": X}
    decision_log(student, X, log, reasons=options, timestamp=NOON)
    monkeypatch.setattr(module, "BLOCK", 7)
    other = log.with_name("other.jsonl")
    decision_log(student, X, other, reasons=options, timestamp=NOON)
    assert other.read_bytes() == log.read_bytes()


def test_more_classes_and_regressions(log):
    Z = RNG.normal(size=(40, 2))
    three = DecisionTreeClassifier(max_depth=2).fit(Z, np.digitize(Z[:, 0], [-0.5, 0.5]))
    decision_log(three, Z, log)
    frame = read_decision_log(log)
    assert frame["decision"].tolist() == three.predict(Z).tolist()
    assert frame["scored_class"].tolist() == frame["decision"].tolist()
    best = three.predict_proba(Z).max(axis=1)
    assert frame["score"].tolist() == pytest.approx(best.tolist(), abs=1e-15)
    number = DecisionTreeRegressor(max_depth=2).fit(Z, Z[:, 0])
    decision_log(number, Z, log, timestamp=NOON.astimezone(timezone(timedelta(hours=5))))
    frame = read_decision_log(log)[40:]
    assert frame["score"].tolist() == number.predict(Z).tolist()
    assert frame["decision"].isna().all()
    assert (frame["decided_utc"] == pd.Timestamp(NOON)).all()


def test_a_log_is_added_to(student, log):
    for start in (0, 20, 40):
        decision_log(student, X[start : start + 20], log, timestamp=NOON)
    whole = log.with_name("whole.jsonl")
    decision_log(student, X, whole, timestamp=NOON)
    assert log.read_bytes() == whole.read_bytes()


def test_what_fails_in_the_middle_leaves_whole_lines(student, log, monkeypatch):
    decision_log(student, X[:20], log, timestamp=NOON)
    before, write = log.read_bytes(), os.write
    for error in (OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt()):
        calls = []

        def half(file, data, calls=calls, error=error):
            calls.append(data)
            if len(calls) > 1:
                raise error
            return write(file, data[: len(data) // 2])

        monkeypatch.setattr(os, "write", half)
        with pytest.raises(type(error), match=r"space|^$"):
            decision_log(student, X[20:], log, timestamp=NOON)
        monkeypatch.setattr(os, "write", write)
        assert len(calls) == 2
        assert log.read_bytes() == before


def test_a_part_of_a_line_is_cut_off_and_said(student, log):
    decision_log(student, X[:20], log, timestamp=NOON)
    before = log.read_bytes()
    log.write_bytes(before + before[:30])
    with pytest.raises(InvalidInputError, match="line 21 is not finished"):
        read_decision_log(log)
    with pytest.warns(UserWarning, match="ended in 30 bytes of a line that was never finished"):
        decision_log(student, X[:20], log, timestamp=NOON)
    assert log.read_bytes() == before + before


def spoiled(line, **values):
    return json.dumps({**json.loads(line), **values}).encode() + b"\n"


@pytest.mark.parametrize(
    ("spoil", "match"),
    [
        (lambda line: b"{\n", "line 3 is no JSON"),
        (lambda line: b"\xff\n", "line 3 is no JSON"),
        (lambda line: b"\n", "line 3 is no JSON"),
        (
            lambda line: b"[]\n",
            "line 3 is no decision of the schema 'interpkd.decision', version 1",
        ),
        (lambda line: spoiled(line, schema_version=2), "line 3 is no decision"),
        (lambda line: spoiled(line, score="0.5"), "line 3 holds '0.5' as score"),
        (lambda line: spoiled(line, input_sha256="ab"), "line 3 holds 'ab' as input_sha256"),
        (lambda line: spoiled(line, decided_utc="now"), "line 3 holds 'now' as decided_utc"),
        (lambda line: spoiled(line, reasons=[{}]), r"line 3 holds \[{}\] as reasons"),
        (lambda line: spoiled(line, salary=1), "line 3 has the unknown field 'salary'"),
    ],
)
def test_the_reader_names_the_bad_line(student, log, spoil, match):
    decision_log(student, X[:4], log, timestamp=NOON)
    found = log.read_bytes().splitlines(keepends=True)
    found[2] = spoil(found[2])
    log.write_bytes(b"".join(found))
    with pytest.raises(InvalidInputError, match=match):
        read_decision_log(log)


def test_other_files_are_not_added_to(student, log):
    for text in ("id,score\n1,0.5\n", '{"schema": "interpkd.decision", "schema_version": 2}\n'):
        log.write_text(text, encoding="utf-8")
        with pytest.raises(InvalidInputError, match="line 1 is no"):
            decision_log(student, X, log)
        assert log.read_text(encoding="utf-8") == text
    with pytest.raises(InvalidInputError, match="cannot be written to"):
        decision_log(student, X, log.with_name("no") / "log")
    with pytest.raises(InvalidInputError, match="cannot be read"):
        read_decision_log(log.with_name("no"))


def test_an_empty_log_has_no_decisions(log):
    log.touch()
    assert list(read_decision_log(log).columns) == list(module.FIELDS)


@pytest.mark.parametrize(
    ("wrong", "match"),
    [
        ({"cutoff": 2}, "cutoff must be from 0 to 1"),
        ({"model_version": 2}, "model_version must be a text"),
        ({"ids": ["a"]}, r"ids must hold one .* shape \(60,\), got \(1,\)"),
        ({"ids": [0.5] * 60}, "row 0 has 0.5"),
        ({"timestamp": datetime(2026, 1, 1)}, "with its time zone"),
        ({"reasons": True}, "reasons must be a mapping"),
        ({"reasons": {"reference": "all applicants"}}, "must name the 'background'"),
        ({"reasons": {"teacher": None}}, "unknown name 'teacher'"),
    ],
)
def test_unusable_parameters_are_refused(student, log, wrong, match):
    with pytest.raises(InvalidInputError, match=match):
        decision_log(student, X, log, **wrong)
    assert not log.exists()

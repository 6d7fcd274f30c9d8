"""Monitoring: silent where nothing changed, and every planted change found."""

import json

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from interpkd import DistilledTreeClassifier
from interpkd.audit import audit_report, monitor
from interpkd.exceptions import InvalidInputError


def draw(n, seed):
    """Draw rows, the teacher's probabilities of them, and labels."""
    rng = np.random.default_rng(seed)
    X = pd.DataFrame(
        {
            "age": rng.integers(18, 80, n).astype(float),
            "income": rng.lognormal(10, 0.4, n),
            "purpose": rng.choice(["car", "home", "other"], n, p=[0.5, 0.3, 0.2]),
        }
    )
    X.loc[rng.random(n) < 0.1, "income"] = np.nan
    score = 0.05 * (X["age"] - 45) + (X["purpose"] == "car")
    p = 1 / (1 + np.exp(-2 * score.to_numpy()))
    return X, np.column_stack([1 - p, p]), np.where(rng.random(n) < p, "good", "bad")


@pytest.fixture(scope="module")
def credit():
    X, P, y = draw(600, 0)
    student = DistilledTreeClassifier(max_leaf_nodes=6).fit(X[:400], y[:400], teacher_proba=P[:400])
    report = audit_report(
        student, X[400:], y[400:], teacher=P[400:], X_train=X[:400], fields={"model_name": "<b>x"}
    )
    return student, report


def later(seed=1, n=500):
    return draw(n, seed)


def raised(found):
    return {(one.kind, one.name): one.level for one in found.signals if one.level != "ok"}


def same(one, other):
    one, other = one.to_dict(), other.to_dict()
    return {k for k in one if one[k] != other[k]} <= {"created_utc"}


def test_nothing_is_raised_on_rows_like_those_of_the_report(credit):
    X, P, y = later()
    found = monitor(credit[1], X, y, P)
    assert raised(found) == {}
    assert found.passed
    assert found.worst_level == "ok"
    assert found.data["not_measured"] == []
    assert {one.kind for one in found.signals} == {
        "column", "missing", "unseen", "outside", "score", "decision",
        "fidelity", "calibration", "performance",
    }  # fmt: skip
    assert "Nothing is at a warning or an alarm." in str(found)


def test_false_alarms_keep_their_level():
    """200 tables of 40 rows without any drift, all questions about them at once."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(120, 2))
    student = DecisionTreeClassifier(max_depth=2, random_state=0).fit(X, X[:, 0] > 0)
    report = audit_report(student, rng.normal(size=(120, 2)), X_train=X)
    found = [monitor(report, rng.normal(size=(40, 2)), student=student) for _ in range(200)]
    large = sum(
        any(s.value >= s.warning for s in one.signals if s.kind == "column") for one in found
    )
    assert large > 150  # thresholds alone would nearly always warn
    assert sum(one.worst_level != "ok" for one in found) <= 20  # Binomial(200, 0.05): P < 0.001


def older(X):
    return X.assign(age=X["age"] + 12)


def without_income(X):
    return X.assign(income=X["income"].where(np.arange(len(X)) % 3 > 0))


def renamed(X):
    return X.assign(purpose=X["purpose"].replace({"home": "house"}))


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (older, {("column", "age"), ("outside", "age")}),
        (without_income, {("column", "income"), ("missing", "income")}),
        (renamed, {("column", "purpose"), ("unseen", "purpose")}),
    ],
)
def test_a_planted_shift_of_a_column_is_found(credit, change, expected):
    X, _, _ = later()
    found = monitor(credit[1], change(X))
    of_columns = {key for key in raised(found) if key[0] not in ("score", "decision")}
    assert of_columns == expected
    assert not found.passed
    assert all(one.what_to_do for one in found.alarms)


def test_a_renamed_category_is_unseen_and_named(credit):
    X, _, _ = later()
    section = monitor(credit[1], renamed(X)).data["columns"][2]
    n = int((X["purpose"] == "home").sum())
    assert section["unseen"] == [{"category": "house", "n": n}]
    assert section["n_unseen"] == n
    assert [one["n"] for one in section["bins"] if one["kind"] == "unseen"] == [n]
    assert section["bins"][1]["category"] == "home"
    assert section["bins"][1]["n"] == 0


def test_a_teacher_that_left_its_student_is_found(credit):
    X, P, _ = later()
    levels = raised(monitor(credit[1], X, teacher=P[:, ::-1]))
    assert levels[("fidelity", "agreement")] == "alarm"
    assert levels[("fidelity", "kl_divergence")] == "alarm"
    assert ("score", "student's probability of good") not in levels


def test_labels_that_changed_are_found(credit):
    X, P, y = later()
    levels = raised(monitor(credit[1], X, np.where(y == "good", "bad", "good"), P))
    assert levels[("performance", "auc")] == levels[("performance", "accuracy")] == "alarm"
    assert ("fidelity", "agreement") not in levels
    levels = raised(monitor(credit[1], X, np.full(len(y), "bad"), P))
    assert levels[("calibration", "calibration_bias")] == "alarm"


def test_a_few_rows_above_a_threshold_say_why_they_do_not_alarm(credit):
    found = monitor(credit[1], later(n=12)[0])
    quiet = [one for one in found.signals if "chance makes as much" in one.message]
    assert quiet
    assert all(one.level == "ok" and one.value >= one.warning for one in quiet)


def test_what_cannot_be_measured_is_said(credit):
    X, P, y = later()
    found = monitor(credit[1], X)
    assert {one["what"] for one in found.data["not_measured"]} == {
        "fidelity", "calibration", "performance",
    }  # fmt: skip
    assert "Not measured: fidelity: No teacher was given" in str(found)
    assert {one.kind for one in found.signals}.isdisjoint({"fidelity", "performance"})
    tiny = monitor(credit[1], X[:5], y[:5], P[:5]).data["not_measured"]
    assert any(one["what"].startswith("performance: auc") for one in tiny)


def test_the_report_its_dictionary_and_its_file_are_the_same_manifest(credit, tmp_path):
    student, report = credit
    X, P, y = later()
    found = monitor(report, X, y, P)
    path = report.to_json(tmp_path / "report.json")
    for manifest in (report.to_dict(), path, str(path)):
        assert same(found, monitor(manifest, X, y, P))
    assert same(found, monitor(report, X, y, P, student=student))
    written = json.loads(found.to_json(tmp_path / "m.json").read_text(encoding="utf-8"))
    assert written == found.to_dict()


def test_the_order_of_rows_does_not_matter(credit):
    X, P, y = later()
    order = np.random.default_rng(0).permutation(len(X))
    one = monitor(credit[1], X, y, P).to_dict()
    two = monitor(credit[1], X.iloc[order], y[order], P[order]).to_dict()
    assert {k for k in one if one[k] != two[k]} <= {"created_utc", "rows_sha256"}
    assert one["rows_sha256"] != two["rows_sha256"]


def test_rows_of_weight_0_do_not_count(credit):
    X, P, y = later()
    weights = (np.arange(len(X)) % 2).astype(float)
    one = monitor(credit[1], older(X), y, P, sample_weight=weights).to_dict()
    two = monitor(credit[1], older(X)[1::2], y[1::2], P[1::2]).to_dict()
    assert one["n_rows"] == two["n_rows"] == len(X) // 2
    for a, b in zip(one["signals"], two["signals"], strict=True):
        assert (a["kind"], a["name"], a["level"]) == (b["kind"], b["name"], b["level"])
        assert a["value"] == pytest.approx(b["value"])


def test_a_teacher_that_can_be_asked_equals_its_answers():
    X, y = np.random.default_rng(0).normal(size=(200, 2)), np.arange(200) % 2
    teacher = LogisticRegression().fit(X, y)
    student = DecisionTreeClassifier(max_depth=2).fit(X, teacher.predict(X))
    report = audit_report(student, X, teacher=teacher)
    assert report.data["monitoring"]["rows"]["inputs"]["source"] == "evaluation rows"
    found = monitor(report, X[:90], teacher=teacher, student=student)
    assert same(found, monitor(report, X[:90], teacher=teacher.predict_proba(X[:90])))


def test_more_classes_and_regressions():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 2))
    y = np.digitize(X[:, 0], [-0.5, 0.5])
    student = DecisionTreeClassifier(max_depth=3).fit(X, y)
    report = audit_report(student, X, y)
    assert [one["name"] for one in report.data["monitoring"]["scores"]] == [
        *(f"student's probability of {k}" for k in range(3)), "student's decision",
    ]  # fmt: skip
    assert raised(monitor(report, X, y)) == {}
    moved = raised(monitor(report, X + np.array([1, 0]), y))
    assert moved[("decision", "student's decision")] == "alarm"
    assert moved[("performance", "accuracy")] == "alarm"

    target = 100 * X[:, 0]
    student = DecisionTreeRegressor(max_depth=3).fit(X, target)
    report = audit_report(student, X, target, teacher=target)
    figures = {(one["what"], one["score"]): one for one in report.data["monitoring"]["watched"]}
    bias = figures[("calibration", "mean_error")]
    assert bias["tolerance"] == pytest.approx(0.02 * target.std())
    found = raised(monitor(report, X, target + 50, target))
    assert found == {("calibration", "mean_error"): "alarm", ("performance", "r2"): "alarm"}


def test_columns_that_lost_all_values_can_be_read(credit):
    X, _, _ = later()
    found = raised(monitor(credit[1], X.assign(purpose=np.nan, age=None)))
    assert found[("missing", "purpose")] == found[("missing", "age")] == "alarm"


def test_texts_from_outside_stay_texts(credit, tmp_path):
    X, _, _ = later()
    X["purpose"] = X["purpose"].replace({"home": "<script>alert(1)</script>\n|"})
    found = monitor(credit[1], X)
    html, text = found._repr_html_(), str(found)
    assert "<script" not in html
    assert "<b>" not in html
    assert "&lt;script&gt;" in html
    assert "alert(1)</script> |" in text
    markdown = found.to_markdown(tmp_path / "m.md").read_text(encoding="utf-8")
    assert "<script" not in markdown
    assert "\\|" in markdown
    frame = found.to_frame()
    assert len(frame) == len(found.signals)
    assert frame["value"].dtype == "float64"


def test_unusable_manifests_and_rows_are_refused(credit, tmp_path):
    student, report = credit
    X, _, _ = later()
    with pytest.raises(
        InvalidInputError, match="trained on the column 'age', which the table lacks"
    ):
        monitor(report, X.drop(columns="age"))
    other = DistilledTreeClassifier(max_leaf_nodes=2)
    other.fit(*(one[:400] for one in (X, later()[2])), teacher_proba=later()[1][:400])
    with pytest.raises(InvalidInputError, match="not the one that the report is about"):
        monitor(report, X, student=other)
    changed = report.to_dict()
    changed["hashes"]["student"] = "0" * 64
    with pytest.raises(InvalidInputError, match="changed after it was written"):
        monitor(changed, X)
    bare = report.to_dict() | {"model": None, "model_left_out": "too odd"}
    with pytest.raises(InvalidInputError, match=r"student itself \(too odd\). Pass it as student="):
        monitor(bare, X)
    assert monitor(bare, X, student=student).passed
    old = {key: value for key, value in bare.items() if key != "monitoring"}
    with pytest.raises(InvalidInputError, match="no monitoring plan"):
        monitor(old, X)
    for options in ({"alpha": 0}, {"sample_weight": np.zeros(len(X))}):
        with pytest.raises(InvalidInputError, match=f"{next(iter(options))} must"):
            monitor(report, X, **options)
    for wrong, match in [
        ({}, "no schema named"),
        (7, "got int"),
        (tmp_path / "no", "cannot be read"),
    ]:
        with pytest.raises(InvalidInputError, match=match):
            monitor(wrong, X)
    path = tmp_path / "text.json"
    path.write_text("{", encoding="utf-8")
    with pytest.raises(InvalidInputError, match="is no JSON"):
        monitor(path, X)

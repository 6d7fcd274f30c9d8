"""One change at a time, against the same changes made by hand."""

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression

from interpkd import DistilledTreeClassifier, as_teacher
from interpkd.audit import audit_report


@pytest.fixture(scope="module")
def audited():
    rng = np.random.default_rng(0)
    X = pd.DataFrame(
        {
            "age": rng.integers(20, 70, 200),
            "rate": rng.normal(size=200),
            "kind": pd.Categorical(rng.choice(["a", "b", "c"], 200, p=[0.2, 0.7, 0.1])),
            "flag": rng.random(200) < 0.6,
        }
    )
    y = X["age"] / 20 + X["rate"] + 2 * (X["kind"] == "a") + X["flag"] > 3
    teacher = HistGradientBoostingClassifier(max_iter=10, random_state=0).fit(X, y)
    student = DistilledTreeClassifier(as_teacher(teacher), max_leaf_nodes=8, random_state=0).fit(X)
    return audit_report(student, X[:80], y[:80], X_train=X, cutoff=0.4), student, teacher, X


def test_shifts_are_what_asking_by_hand_gives(audited):
    report, student, teacher, X = audited
    section = report.data["sensitivity"]
    rows = X[:80]
    tried = {(one["column"], one["change"]): one for one in section["shifts"]}
    assert len(tried) == len(section["shifts"]) == 2 * 5 + 2 + 2
    before = {
        "student": student.predict_proba(rows)[:, 1],
        "teacher": teacher.predict_proba(rows)[:, 1],
    }
    for (column, change), one in tried.items():
        if (column, change) == ("flag", "missing"):
            continue
        value = np.nan if change == "missing" else one["value"]
        changed = rows.assign(**{column: value})
        if column == "kind":
            changed["kind"] = pd.Categorical(changed["kind"], categories=["a", "b", "c"])
        decided = {}
        for who, model in (("student", student), ("teacher", teacher)):
            p = model.predict_proba(changed)[:, 1]
            decided[who] = p > 0.4
            assert one[who]["mean_change"] == pytest.approx(np.abs(p - before[who]).mean())
            share = (decided[who] != (before[who] > 0.4)).mean()
            assert one[who]["changed_decisions"] == pytest.approx(share)
        assert one["agreement"] == pytest.approx((decided["student"] == decided["teacher"]).mean())


def test_values_come_from_the_training_rows(audited):
    report, _, _, X = audited
    values = {
        (one["column"], one["change"]): one["value"] for one in report.data["sensitivity"]["shifts"]
    }
    assert report.data["sensitivity"]["ranges_from"] == "training rows"
    least, most = X["age"].min(), X["age"].max()
    assert values["age", "low"] == np.quantile(X["age"], 0.05, method="inverted_cdf")
    assert values["age", "below range"] == pytest.approx(least - 0.1 * (most - least))
    assert values["rate", "above range"] > X["rate"].max()
    assert values["kind", "most frequent"] == "b"
    assert values["flag", "most frequent"] is True


def test_a_type_without_missing_values_and_a_refusing_teacher_are_said(audited, tmp_path):
    report = audited[0]
    flag = report.data["sensitivity"]["shifts"][-1]
    assert flag["student"]["why"] == "the type of the column holds no missing value"
    X = np.random.default_rng(0).normal(size=(60, 2))
    y = X[:, 0] > 0
    other = audit_report(LogisticRegression().fit(X, y), X, y)
    missing = [one for one in other.data["sensitivity"]["shifts"] if one["change"] == "missing"]
    assert {one["student"]["why"] for one in missing} == {"refused with ValueError"}
    assert {one["teacher"] for one in missing} == {None}
    text = other.to_markdown(tmp_path / "r.md").read_text(encoding="utf-8")
    assert "refused with ValueError" in text


def test_another_cutoff_is_counted_on_all_rows(audited):
    report, student, teacher, X = audited
    cutoffs = report.data["sensitivity"]["cutoffs"]
    assert [one["cutoff"] for one in cutoffs] == [0.35, 0.4, 0.45]
    for one in cutoffs:
        p, q = (model.predict_proba(X[:80])[:, 1] for model in (student, teacher))
        assert one["student"]["share_second"] == (p > one["cutoff"]).mean()
        assert one["student"]["changed_decisions"] == ((p > one["cutoff"]) != (p > 0.4)).mean()
        assert one["agreement"] == ((p > one["cutoff"]) == (q > one["cutoff"])).mean()


def test_regressions_and_many_classes(reports):
    section = reports["regression"].data["sensitivity"]
    assert section["cutoffs"] == []
    assert section["agreement_before"] is None
    assert section["shifts"][0]["student"]["changed_decisions"] is None
    section = reports["multiclass"].data["sensitivity"]
    assert section["shifts"][0]["teacher"]["changed_decisions"] is not None
    assert section["cutoffs"] == []


def test_the_number_of_questions_is_bounded():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 150))
    asked = []

    class Teacher(RandomForestRegressor):
        def predict(self, rows):
            asked.append(len(rows))
            return rows[:, 0]

    from interpkd.audit._inputs import read_inputs
    from interpkd.audit._sensitivity import sensitivity

    line = LinearRegression().fit(X, X[:, 0])
    teacher = Teacher(2, max_depth=1).fit(X[:9], X[:9, 0])
    inputs = read_inputs(line, X, None, teacher, 0.5)
    asked.clear()
    assert sensitivity(inputs, random_state=0)["n_rows"] == 53
    assert sum(asked) <= 40_000
    assert len(asked) == 300
    wide = LinearRegression().fit(X.repeat(2, axis=1), X[:, 0])
    inputs = read_inputs(wide, X.repeat(2, axis=1), None, None, 0.5)
    assert "too many questions" in sensitivity(inputs, random_state=0)["reason"]


@pytest.mark.parametrize("library", ["polars", "pyarrow"])
def test_other_libraries_give_the_same(audited, library):
    _, student, _, X = audited
    pytest.importorskip(library)
    from interpkd.audit._inputs import read_inputs
    from interpkd.audit._sensitivity import sensitivity

    P = student.predict_proba(X)
    frame = X.astype({"kind": object})
    if library == "polars":
        import polars as pl

        other = pl.from_pandas(frame)
    else:
        import pyarrow as pa

        other = pa.Table.from_pandas(frame)
    one = sensitivity(read_inputs(student, frame, None, P, 0.5), random_state=0)
    two = sensitivity(read_inputs(student, other, None, P, 0.5), random_state=0)
    for a, b in zip(one["shifts"], two["shifts"], strict=True):
        if (a["column"], a["change"]) != ("flag", "missing"):  # numpy's truth values hold none
            assert a == b

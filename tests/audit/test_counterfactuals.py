"""What would have to change, and what reasons are worth, as a report shows them."""

import numpy as np
import pandas as pd
import pytest
from sklearn.tree import DecisionTreeClassifier

from interpkd import DistilledTreeClassifier, as_teacher
from interpkd.audit import audit_report
from interpkd.exceptions import InvalidInputError
from interpkd.explanation import reasons


@pytest.fixture(scope="module")
def audited():
    """A student whose declines hang on the age, the income, and a protected place."""
    rng = np.random.default_rng(0)
    X = pd.DataFrame(
        {
            "age": rng.integers(20, 70, 300),
            "income": rng.lognormal(3, 0.5, 300),
            "place": rng.choice(["east", "west"], 300),
        }
    )

    def answer(rows):
        z = 0.05 * (rows["age"] - 45) + 0.08 * (rows["income"] - 22) + (rows["place"] == "west")
        p = 1 / (1 + np.exp(z.to_numpy(float)))
        return np.column_stack([1 - p, p])

    teacher = as_teacher(answer, classes=["paid", "default"])
    student = DistilledTreeClassifier(teacher, max_leaf_nodes=8, random_state=0).fit(X)
    report = audit_report(
        student, X[:150], X_train=X, groups={"place": X["place"][:150]}, frozen_columns=["age"]
    )
    return report, student, X[:150], teacher


def test_changes_are_scored_again(audited):
    report, student, X, teacher = audited
    data = report.data
    section = data["counterfactuals"]
    assert [one["row"] for one in section["rows"]] == [
        one["row"] for one in data["reasons"]["declines"]
    ]
    assert section["n_found"] == sum(one["found"] for one in section["rows"]) >= 1
    for one in section["rows"]:
        changed = X.iloc[[one["row"]]].astype({"age": float})
        assert student.predict_proba(changed)[0, 1] > 0.5
        for change in one["changes"]:
            assert change["column"] == "income"  # age is frozen, and the place protected
            assert changed[change["column"]].item() == pytest.approx(change["before"])
            changed[change["column"]] = change["after"]
        if one["found"]:
            assert student.predict_proba(changed)[0, 0] == pytest.approx(one["student_after"])
            assert one["student_after"] >= 0.5
            p = teacher.predict_proba(changed)[0]
            assert one["teacher_after"] == pytest.approx(p[0])
            assert one["teacher_agrees"] == (p[1] <= 0.5)


def test_frozen_and_protected_columns_are_named(audited, tmp_path):
    section = audited[0].data["counterfactuals"]
    assert section["frozen"] == [
        {"column": "age", "why": "frozen by the caller"},
        {"column": "place", "why": "protected group"},
    ]
    assert section["n_changeable"] == 1
    text = audited[0].to_markdown(tmp_path / "r.md").read_text(encoding="utf-8")
    assert "May not change: place | protected group" in text


def test_given_answers_are_not_mistaken_for_the_students_own_teacher(audited):
    _, student, X, teacher = audited
    section = audit_report(student, X[:60], teacher=teacher.predict_proba(X[:60])).data
    section = section["counterfactuals"]
    assert section["n_teacher_agrees"] is None
    assert {one["teacher_before"] for one in section["rows"]} == {None}
    assert student.teacher_ is not None


def test_why_there_is_no_change_is_said(reports, audited):
    for name in ("multiclass", "regression", "any_student"):
        for key in ("counterfactuals", "reason_quality"):
            assert reports[name].data[key] == {
                "is_computed": False,
                "reason": reports[name].data["reasons"]["reason"],
            }
    _, student, X, _ = audited
    report = audit_report(student, X[:40], frozen_columns=list(X))
    assert report.data["counterfactuals"]["reason"].startswith("Every column is frozen")
    tree = DecisionTreeClassifier(max_depth=1, random_state=0).fit([[0], [1], [2]], [0, 0, 1])
    report = audit_report(tree, [[0], [1]])
    assert report.data["counterfactuals"]["reason"] == "No evaluation row is declined."
    assert report.data["reason_quality"]["reason"] == "No evaluation row is declined."


@pytest.mark.parametrize("wrong", ["age", ["ages"]])
def test_frozen_columns_must_be_columns(audited, wrong):
    _, student, X, _ = audited
    with pytest.raises(InvalidInputError, match=r"frozen_columns must be a list .* columns: age, "):
        audit_report(student, X, frozen_columns=wrong)


def test_quality_is_read_from_the_reasons(audited):
    report, student, X, _ = audited
    section = report.data["reason_quality"]
    found = reasons(student, X, reference="all applicants", background=X, ask_teacher=False)
    assert section["n_declines"] == len(found.declines)
    assert section["n_asked_for"] == 4
    fewer = section["by_reference"][0]["fewer"]
    assert (fewer["estimate"], fewer["n"]) == (1, len(found.declines))  # there are three columns
    comparison = report.data["reasons"]["comparison"]
    assert section["first_same"]["estimate"] == pytest.approx(1 - comparison["first_differs"])
    assert section["set_same"]["estimate"] == pytest.approx(1 - comparison["set_differs"])
    n = section["n_declines"]
    assert sum(one["n_first"] for one in section["columns"]) == pytest.approx(
        n * section["by_reference"][0]["covered"]["estimate"]
    )
    flagged = {one["column"]: one["why"] for one in section["flags"]}
    assert flagged == {"age": "frozen by the caller", "place": "protected group"}


def test_stability_is_that_of_rows_moved_a_little(audited):
    report = audited[0]
    stability = report.data["reason_quality"]["stability"]
    assert stability["n_rows"] == min(60, report.data["reason_quality"]["n_declines"])
    for name in ("still_declined", "first_kept", "set_kept"):
        one = stability[name]
        assert 0.5 < one["estimate"] <= 1
        assert one["low"] <= one["estimate"] <= one["high"]
    assert stability["first_kept"]["n"] == pytest.approx(
        stability["n_rows"] * stability["still_declined"]["estimate"]
    )


def test_moves_are_small_and_leave_codes_and_whole_numbers(audited):
    from interpkd.audit._reason_quality import _moved

    rng = np.random.default_rng(0)
    known = np.array([-9.0, 0.0, 500.0, 1000.0])
    moved = _moved(np.array([-9.0, 7.0, np.nan] * 50), known, np.array([-9.0]), rng)
    assert (moved[::3] == -9).all()
    assert np.isnan(moved[2::3]).all()
    assert np.ptp(moved[1::3]) > 10
    assert np.abs(moved[1::3] - 7).max() <= 10
    assert (moved[1::3] == np.round(moved[1::3])).all()


@pytest.mark.parametrize("library", ["polars", "pyarrow"])
def test_other_libraries_give_the_same(audited, library):
    """Moved whole numbers stay whole, or these libraries would not put them beside the others."""
    _, student, X, teacher = audited
    P = teacher.predict_proba(X)
    alone = DistilledTreeClassifier(max_leaf_nodes=8, random_state=0).fit(
        X, student.predict(X), teacher_proba=P
    )
    if library == "polars":
        import polars as pl

        other = pl.from_pandas(X)
    else:
        import pyarrow as pa

        other = pa.Table.from_pandas(X)
    data = [
        audit_report(alone, rows, teacher=P, frozen_columns=["income"]).data for rows in (X, other)
    ]
    for key in ("reason_quality", "counterfactuals", "sensitivity", "dependence"):
        assert data[0][key] == data[1][key], key

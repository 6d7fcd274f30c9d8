"""What the report says: every figure is somewhere else too, and there it is the same."""

import json
import math

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import TimeSeriesSplit
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from interpkd import (
    DistilledClassifier,
    DistilledLinearRegression,
    DistilledLinearSVC,
    DistilledLogisticRegression,
    DistilledTreeClassifier,
    as_teacher,
)
from interpkd.audit import audit_report
from interpkd.audit._provenance import hash_values
from interpkd.audit._rule_tables import student_section
from interpkd.audit._sections import describe_model
from interpkd.exceptions import InvalidInputError
from interpkd.export import read_json, rule_list, to_json
from interpkd.fidelity import fidelity_report


@pytest.fixture(scope="module")
def small():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(120, 3))
    y = (X[:, 0] + 0.3 * rng.normal(size=120) > 0).astype(int)
    teacher = LogisticRegression().fit(X, y)
    student = DistilledTreeClassifier(as_teacher(teacher), max_leaf_nodes=4).fit(X)
    return student, X, y, teacher


def walk(value):
    """Yield every value in a data model, keys too."""
    if isinstance(value, dict):
        for key, one in value.items():
            yield key
            yield from walk(one)
    elif isinstance(value, list):
        for one in value:
            yield from walk(one)
    else:
        yield value


def test_every_number_is_finite_json(report):
    text = json.dumps(report.to_dict(), allow_nan=False)
    assert json.loads(text) == report.to_dict()
    assert all(math.isfinite(one) for one in walk(report.data) if isinstance(one, float))


def test_to_dict_is_a_copy(report):
    report.to_dict()["identity"]["owner"] = "somebody else"
    assert report.to_dict()["identity"]["owner"] is None


def test_sections_are_there(report):
    assert list(report.to_dict()) == [
        "schema",
        "created_utc",
        "task",
        "classes",
        "identity",
        "lineage",
        "hashes",
        "data",
        "training",
        "student",
        "model",
        "model_left_out",
        "what_if",
        "fidelity",
        "worst_segments",
        "cutoff",
        "group_names",
        "fairness",
        "comparison",
        "explanation",
        "explanation_agreement",
        "reasons",
        "frontier",
        "distil_or_not",
        "stability",
        "certificate",
        "equality",
        "monitoring",
        "discrimination",
        "monotonicity",
        "reason_quality",
        "sensitivity",
        "dependence",
        "counterfactuals",
        "oversight",
        "conceptual_soundness",
        "pictures_left_out",
        "limitations",
        "floors",
        "findings",
        "finding_counts",
        "passed",
        "provenance",
    ]
    assert report.data["schema"] == {"name": "interpkd.audit_report", "version": 2}


def test_the_student_is_there_as_a_document_or_why_not(report):
    model, reason = report.data["model"], report.data["model_left_out"]
    assert (model is None) == (reason is not None)
    if model is not None:
        assert to_json(read_json(model)) == model
    else:
        assert reason.startswith("to_json writes")


def test_rules_account_for_every_evaluation_row(report):
    if report.data["student"].get("n_rules") is None:
        return  # a student without rules
    rules, n = report.data["student"]["rules"], report.data["data"]["n_rows"]
    assert sum(rule["evaluation"]["n"] for rule in rules) == n
    assert sum(rule["share"] for rule in rules) == pytest.approx(1)
    assert len(rules) == report.data["student"]["n_rules"]
    assert [rule["number"] for rule in rules] == list(range(1, len(rules) + 1))


def test_agreement_is_the_mean_over_rules(reports):
    for name in ("binary", "multiclass", "bare_tree", "scores_as_teacher"):
        data = reports[name].data
        agreed = sum(
            rule["evaluation"]["n"] * rule["evaluation"]["agreement"]
            for rule in data["student"]["rules"]
            if rule["evaluation"]["n"]
        )
        assert agreed / data["data"]["n_rows"] == pytest.approx(
            data["fidelity"]["agreement"]["estimate"]
        )


def test_a_student_without_rules_says_so(reports, tmp_path):
    report = reports["any_student"]
    assert repr(report) == "<AuditReport of DistilledClassifier: no rules, 100 evaluation rows>"
    data = report.to_dict()
    assert data["student"]["kind"] == "MLPClassifier"
    assert data["student"]["rules"] == []
    assert data["hashes"]["student"] is None
    assert data["lineage"]["distillation"]["taught_by"] == "weighted rows"
    assert data["lineage"]["student"]["parameters"]["student"] == "(MLPClassifier)"
    assert data["lineage"]["student"]["parameters"]["student__hidden_layer_sizes"] == [3]
    assert data["explanation"]["method"]["student"].startswith("exact, all 16 coalitions")
    assert "The student is not shown in full" in [one["topic"] for one in data["limitations"]]
    assert "tree" not in report.pictures
    text = report.to_markdown(tmp_path / "report.md").read_text(encoding="utf-8")
    assert "The student answers through its MLPClassifier. It has no rules" in text


def test_leaves_that_are_mapped_are_no_rules(small):
    """A regression tree's leaves, or those of a temperature, are not the student's answers."""
    _, X, y, teacher = small
    tree, regression = DecisionTreeClassifier(max_depth=2), DecisionTreeRegressor(max_depth=2)
    for options in ({"student": regression}, {"student": tree, "temperature": 2.0}):
        student = DistilledClassifier(as_teacher(teacher), augmentation=None, **options).fit(X)
        assert audit_report(student, X, y).data["student"]["n_rules"] is None
        with pytest.raises(InvalidInputError, match="these are made from what the DecisionTree"):
            rule_list(student)
    student = DistilledClassifier(as_teacher(teacher), augmentation=None, student=tree).fit(X)
    assert audit_report(student, X, y).data["student"]["n_rules"] == 4


def test_two_sampled_models_share_the_questions(small):
    _, X, y, teacher = small
    X = np.hstack([X, X + 1, X * 2, X - 1])  # too many columns for all coalitions
    student = DistilledClassifier(
        as_teacher(LogisticRegression().fit(X, y)), student=LogisticRegression(), augmentation=None
    ).fit(X)
    section = audit_report(student, X, y).data["explanation"]
    assert section["limited_by"].startswith("values are sampled")
    assert section["n_rows"] < len(X)
    alone = DistilledClassifier(student=LogisticRegression()).fit(
        X, y, teacher_proba=teacher.predict_proba(X[:, :3])
    )
    section = audit_report(alone, X, y).data["explanation"]
    assert section["n_rows"] <= len(X)
    assert section["teacher_missing"] == "there is no teacher to ask"


def test_comparison_bins_hold_every_row_and_the_mean_difference(reports):
    data = reports["binary"].data
    bins = data["comparison"][0]["bins"]
    n = data["data"]["n_rows"]
    assert sum(one["n"] for one in bins) == n
    mean = sum(one["n"] * one["mean_absolute_difference"] for one in bins) / n
    assert mean == pytest.approx(data["fidelity"]["proba_mae"]["estimate"])


def test_fidelity_is_what_fidelity_report_says(small):
    student, X, y, _ = small
    weights = np.linspace(0, 2, len(X))
    options = {"sample_weight": weights, "cutoff": 0.4, "alpha": 0.1}
    data = audit_report(student, X, y, groups={"g": X[:, 1] > 0}, **options).data
    alone = fidelity_report(student, X, y, segments={"g": X[:, 1] > 0}, **options).to_dict()
    assert {**data["fidelity"]} == {"is_computed": True, "reason": None, **alone}
    assert data["group_names"] == ["g"]


def test_cutoff_decides_the_rules(small):
    student, X, y, _ = small
    for cutoff in (0.05, 0.95):
        for rule in audit_report(student, X, y, cutoff=cutoff).data["student"]["rules"]:
            assert rule["decision"] == int(rule["distribution"][1] > cutoff)


def test_the_same_inputs_give_the_same_report(small):
    student, X, y, _ = small
    one, two = audit_report(student, X, y), audit_report(student, X, y)
    first, second = one.to_dict(), two.to_dict()
    assert first.pop("created_utc")
    assert second.pop("created_utc")
    assert first == second
    assert one.pictures == two.pictures


def test_another_seed_explains_other_rows(small):
    student, X, y, _ = small
    X, y = np.repeat(X, 3, axis=0), np.repeat(y, 3)
    one = audit_report(student, X, y, random_state=1).data["explanation"]
    two = audit_report(student, X, y, random_state=2).data["explanation"]
    assert one["n_rows_available"] == 360
    assert one["background"]["sha256"] != two["background"]["sha256"]


def test_hashes_follow_the_values(small):
    student, X, y, teacher = small
    data = audit_report(student, X, y).data
    changed = X.copy()
    changed[7, 1] += 1e-9
    other = audit_report(student, changed, y).data
    assert other["hashes"]["evaluation_rows"] != data["hashes"]["evaluation_rows"]
    assert other["hashes"]["student"] == data["hashes"]["student"]
    assert other["hashes"]["labels"] == data["hashes"]["labels"]
    smaller = DistilledTreeClassifier(as_teacher(teacher), max_leaf_nodes=3).fit(X)
    assert audit_report(smaller, X, y).data["hashes"]["student"] != data["hashes"]["student"]


def test_hash_does_not_depend_on_the_library(small, mixed_table):
    import polars as pl

    X, y = mixed_table
    X = X[["age", "purpose", "owner"]]
    student = DistilledTreeClassifier(
        as_teacher(lambda rows: np.tile([0.3, 0.7], (len(rows), 1)), classes=["bad", "good"])
    ).fit(X)
    one = audit_report(student, X, y).data
    frame = pl.from_pandas(X.astype({"purpose": object}))
    two = audit_report(student, frame, y).data
    assert one["hashes"] == two["hashes"]


def test_shap_values_share_out_the_same_for_both_models(reports):
    for report in reports.values():
        section = report.data["explanation"]
        assert section["additivity_error"]["student"] < 1e-6
        assert len(section["columns"]) == report.data["data"]["n_columns"]
        assert [one["answer"] for one in section["spread"]] == section["answers"]


def test_model_without_teacher_has_unknown_fidelity_and_known_performance(reports):
    data = reports["scores_only"].data
    assert data["fidelity"]["is_computed"] is False
    assert data["lineage"]["teacher_source"] == "none"
    assert list(data["fidelity"]["performance"]) == ["student"]
    assert data["comparison"] == []
    topics = [one["topic"] for one in data["limitations"]]
    assert {"Fidelity unknown", "Teacher not explained", "Given scores"} <= set(topics)


def about(report, topic):
    return next((one["text"] for one in report.data["limitations"] if one["topic"] == topic), None)


def test_what_given_scores_leave_unknown_is_said(reports):
    text = about(reports["scores_only"], "Given scores")
    assert "whether labels of these rows went into them" in text
    assert "none were generated" in text
    assert about(reports["scores_only"], "The teacher memorises") is None


def test_leakage_of_a_classifier_is_said(small):
    _, X, y, _ = small
    teacher = RandomForestClassifier(20, random_state=0)
    student = DistilledTreeClassifier(teacher, max_leaf_nodes=3, cv=3, augmentation=None)
    report = audit_report(student.fit(X, y), X, y)
    facts = student.distillation_
    text = about(report, "The teacher memorises")
    for name in ("confidence", "accuracy"):
        assert f"{name} {facts[f'{name}_in_sample']:.3f} and " in text
        assert f"{facts[f'{name}_out_of_fold']:.3f}" in text
    assert report.data["lineage"]["distillation"] == facts
    assert about(report, "Training rows without an answer") is None


def test_leakage_of_a_regression_and_rows_left_out_are_said(small):
    _, X, _, _ = small
    student = DistilledLinearRegression(
        DecisionTreeRegressor(random_state=0), cv=TimeSeriesSplit(3), augmentation=None
    )
    report = audit_report(student.fit(X, X[:, 0] ** 2), X, X[:, 0] ** 2)
    assert "R² 1.000 and " in about(report, "The teacher memorises")
    assert "never held out 30 of the training rows" in about(
        report, "Training rows without an answer"
    )


def test_answers_as_teacher_are_measured_and_not_explained(reports):
    data = reports["scores_as_teacher"].data
    assert data["lineage"]["teacher_source"] == "answers"
    assert data["fidelity"]["is_computed"] is True
    assert "teacher" not in data["explanation"]["method"]
    assert data["explanation"]["teacher_missing"].startswith("only the teacher's answers")


def test_teacher_is_named_with_its_library(reports):
    forest = reports["multiclass"].data["lineage"]["teacher"]
    assert forest["name"] == "RandomForestClassifier"
    assert (forest["library"], forest["parameters"]["n_estimators"]) == ("sklearn", 5)
    inner = reports["binary"].data["lineage"]["teacher"]["name"]
    assert inner.endswith("of RandomForestClassifier")


def test_function_as_teacher_is_named(small):
    _, X, _, _ = small

    def vendor_score(rows):
        return np.tile([0.2, 0.8], (len(rows), 1))

    student = DistilledTreeClassifier(as_teacher(vendor_score, classes=["a", "b"])).fit(X)
    teacher = audit_report(student, X).data["lineage"]["teacher"]
    assert teacher["name"].startswith("function ")
    assert teacher["name"].endswith("vendor_score")
    assert teacher["parameters"] == {}


def test_data_summary_counts(reports, mixed_table):
    X, y = mixed_table
    data = reports["binary"].data["data"]
    columns = {one["column"]: one for one in data["columns"]}
    assert columns["amount"]["n_missing"] == int(X["amount"][250:].isna().sum())
    assert columns["purpose"]["n_categories"] == X["purpose"][250:].nunique()
    assert columns["age"]["minimum"] == X["age"][250:].min()
    assert [one["n"] for one in data["target"]["classes"]] == [
        int((y[250:] == label).sum()) for label in ("bad", "good")
    ]


def test_limitations_follow_the_evidence(small):
    student, X, y, _ = small

    def topics(*args, **options):
        return {one["topic"] for one in audit_report(student, *args, **options).data["limitations"]}

    assert {"Performance unknown", "Origin of the rows", "Background"} <= topics(X)
    known = topics(X, y, split={"how": "by time"}, background=X[:50])
    assert not {"Performance unknown", "Origin of the rows", "Background"} & known
    assert "Outside the training range" not in known
    assert "Outside the training range" in topics(X + 9, y)
    lost = X.copy()
    lost[0, 0] = np.nan
    assert "Missing values not seen in training" not in known
    opposite = np.column_stack([student.predict_proba(X)[:, 1], student.predict_proba(X)[:, 0]])
    assert "Low agreement" in topics(X, y, teacher=opposite)
    assert "Low agreement" not in topics(X, y, teacher=student.predict_proba(X))


def test_thin_and_empty_rules_are_named():
    X = np.arange(100.0)[:, None]
    y = (X[:, 0] >= 95).astype(int)
    tree = DecisionTreeClassifier().fit(X, y)
    data = audit_report(tree, X[:90], y[:90], teacher=tree).data
    texts = {one["topic"]: one["text"] for one in data["limitations"]}
    assert texts["Thin rules"].startswith("These rules rest on fewer than 20 training rows: 2.")
    assert texts["Rules without evidence"].startswith("No evaluation row reaches these rules: 2.")


def test_missing_values_new_to_the_student_are_named(mixed_table):
    X, y = mixed_table
    X = X[["age", "owner"]]
    teacher = as_teacher(lambda rows: np.tile([0.4, 0.6], (len(rows), 1)), classes=["bad", "good"])
    student = DistilledTreeClassifier(teacher).fit(X)
    lost = X.copy()
    lost.loc[3, "age"] = np.nan
    topics = [one["topic"] for one in audit_report(student, lost, y).data["limitations"]]
    assert "Missing values not seen in training" in topics


def test_no_legal_conclusion(report, tmp_path):
    text = report.to_markdown(tmp_path / "r.md").read_text().lower()
    for word in ("compliant", "complies", "compliance", "lawful", "conforms to"):
        assert word not in text


@pytest.mark.slow
def test_a_large_tree_goes_without_its_outline(small, monkeypatch):
    monkeypatch.setattr("interpkd.audit._pictures.MAX_LEAVES", 64)
    _, X, _, teacher = small
    rng = np.random.default_rng(1)
    noise = rng.integers(0, 2, len(X))
    X = rng.normal(size=(2 * len(X), 3))
    tree = DecisionTreeClassifier(random_state=0).fit(X, np.tile(noise, 2)[rng.permutation(len(X))])
    report = audit_report(tree, X, teacher=teacher)
    n = report.data["student"]["n_rules"]
    assert n > 64
    assert "outline" not in {one.kind for one in student_section(report.data).blocks}
    assert str(n) in report.data["pictures_left_out"]["tree"]


def test_progress_names_the_stages(small):
    student, X, y, _ = small
    stages = []
    audit_report(student, X, y, progress=stages.append)
    assert stages[0] == "Checking the inputs"
    assert stages[-1] == "Drawing the pictures"


def test_repr_is_short(small):
    student, X, y, _ = small
    assert repr(audit_report(student, X, y)) == (
        "<AuditReport of DistilledTreeClassifier: 4 rules, 120 evaluation rows>"
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"fields": {"colour": "red"}}, r"unknown name 'colour'. Known names: model_name, version"),
        ({"fields": {"owner": ["a"]}}, r"fields\['owner'\] must be a text or a number, got list"),
        ({"fields": "Loans"}, "fields must be a mapping"),
        ({"split": {"by": {"x": 1}}}, r"split\['by'\] must be a text or a number, got dict"),
        ({"split": "random"}, "split must be a mapping"),
        ({"random_state": None}, "random_state must be an int of at least 0, got None"),
        ({"random_state": -1}, "random_state must be an int of at least 0, got -1"),
        ({"groups": {"sex": "sex"}}, r"groups\['sex'\] is the text 'sex'"),
        ({"groups": {"g": [1]}, "segments": {"g": [1]}}, "groups and segments both hold 'g'"),
        ({"groups": {"g": [1, 2]}}, r"must have shape \(120,\)"),
        ({"teacher": len}, "teacher is a function. Wrap it"),
        ({"cutoff": 2}, "cutoff must be a number strictly between 0 and 1"),
    ],
)
def test_bad_options_are_refused(small, options, message):
    student, X, y, _ = small
    with pytest.raises(InvalidInputError, match=message):
        audit_report(student, X, y, **options)


def test_bad_student_and_labels_are_refused(small):
    student, X, y, _ = small
    with pytest.raises(InvalidInputError, match="student LinearSVC has no predict_proba"):
        audit_report(LinearSVC().fit(X, y), X, y)
    with pytest.raises(InvalidInputError, match=r"y must have one value per row of X, shape \(120"):
        audit_report(student, X, y[:5])


def test_many_classes_and_rows_are_said_to_be_sampled():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(1200, 3))
    teacher = DecisionTreeClassifier(max_leaf_nodes=20, random_state=0)
    teacher.fit(X, np.digitize(X[:, 0], np.linspace(-1, 1, 6)))
    student = DecisionTreeClassifier(max_leaf_nodes=16, random_state=0).fit(X, teacher.predict(X))
    report = audit_report(student, X.tolist(), teacher=teacher)
    assert len(report.data["classes"]) == 7
    assert set(report.data["pictures_left_out"]) == {"beeswarm", "comparison"}
    assert "first 4 of 7 classes" in report.data["pictures_left_out"]["beeswarm"]
    assert "beeswarm-3" in report.pictures
    assert "beeswarm-4" not in report.pictures
    assert len(report.data["comparison"]) == len(report.data["explanation"]["spread"]) == 7
    assert report.data["explanation"]["n_rows"] == 200
    assert report.data["explanation"]["background"]["n_rows"] == 100
    assert sum(one["n"] for one in report.data["comparison"][0]["bins"]) == 1200


@pytest.mark.slow
def test_sampled_explanations_cost_a_bounded_number_of_questions(mixed_table):
    X, y = mixed_table
    asked = []

    def answer(rows):
        asked.append(len(rows))
        p = 1 / (1 + np.exp(-rows["age"].to_numpy() / 50))
        return np.column_stack([1 - p, p])

    wide = X.assign(**{f"n{i}": np.arange(len(X)) for i in range(20)})
    teacher = as_teacher(answer, classes=["bad", "good"])
    student = DistilledTreeClassifier(teacher, max_leaf_nodes=3).fit(wide)
    asked.clear()
    section = audit_report(student, wide, y, background=wide).data["explanation"]
    assert section["limited_by"] is not None
    assert section["n_rows"] < 200
    assert "permutation sampling, 5 permutations" in section["method"]["teacher"]
    assert sum(asked) < 700_000


def test_regression_answers_as_teacher_equal_the_teacher():
    X = np.arange(60.0)[:, None] ** 1.5
    teacher = DecisionTreeRegressor(max_depth=4).fit(X, X[:, 0])
    student = DecisionTreeRegressor(max_depth=2).fit(X, X[:, 0])
    asked = audit_report(student, X, X[:, 0], teacher=teacher).data
    given = audit_report(student, X, X[:, 0], teacher=teacher.predict(X)).data
    assert given["fidelity"] == asked["fidelity"]
    assert given["comparison"] == asked["comparison"]


def test_groups_may_be_a_frame_a_series_or_an_array(small):
    import pandas as pd

    student, X, y, _ = small
    labels = np.where(X[:, 2] > 0, "a", "b")
    frame = pd.DataFrame({"g": labels})
    for given, name in ((frame, "g"), (frame["g"], "g"), (labels, "group")):
        data = audit_report(student, X, y, groups=given).data
        assert data["group_names"] == [name]
        assert [one["value"] for one in data["fidelity"]["segments"]] == ["a", "b"]
    data = audit_report(student, X, y, segments=labels).data
    assert data["group_names"] == []
    assert data["fidelity"]["segments"][0]["segment"] == "segment"


def test_a_classifier_without_probabilities_is_refused(small):
    _, X, y, _ = small
    tree = DecisionTreeClassifier(max_depth=2).fit(X, y)
    with pytest.raises(InvalidInputError, match="teacher LinearSVC has no predict_proba"):
        audit_report(tree, X, y, teacher=LinearSVC().fit(X, y))


def test_parameters_become_plain_values():
    class Odd:
        def get_params(self, deep):
            constraints = {"age": 1, "rate": [-9, 0.5]}
            return {
                "a": np.float64(0.5), "b": [1, 2.5], "c": np.nan, "d": np, "e": (None, "x"),
                "f": constraints, "g": {"age": np}, "h": dict.fromkeys(range(60), 1),
            }  # fmt: skip

    assert describe_model(Odd())["parameters"] == {
        "a": 0.5,
        "b": [1, 2.5],
        "c": "nan",
        "d": "(module)",
        "e": [None, "x"],
        "f": "age: 1; rate: -9, 0.5",
        "g": "(dict)",
        "h": "(dict)",
    }


def test_hash_of_values_knows_types_and_shapes():
    one = hash_values(np.array([1.0, 0.0]))
    assert hash_values(np.array([1, 0])) == one
    assert hash_values(np.array([1.0, -0.0])) == one
    assert hash_values(np.array([[1.0, 0.0]])) != one
    assert hash_values(np.array(["1", "0"])) != one
    texts = hash_values(np.array(["ab", "c"], dtype=object))
    assert hash_values(np.array(["a", "bc"], dtype=object)) != texts
    assert hash_values(np.array(["ab", None], dtype=object)) != texts


@pytest.mark.parametrize(
    "kind", [DistilledLogisticRegression, DistilledLinearSVC, DistilledLinearRegression]
)
def test_a_linear_student_is_reported_by_its_coefficients(mixed_table, tmp_path, kind):
    X, y = mixed_table
    regression = kind is DistilledLinearRegression
    target = X["age"] + 3 if regression else np.column_stack([y == "bad", y == "good"])
    student = kind().fit(X[:300], None if regression else y[:300], teacher_proba=target[:300])
    report = audit_report(student, X[300:], teacher=target[300:])
    data = report.to_dict()["student"]
    assert repr(report) == f"<AuditReport of {kind.__name__}: 8 coefficients, 100 evaluation rows>"
    values = [one["values"] for one in data["coefficients"]]
    np.testing.assert_array_equal(np.transpose(values), np.atleast_2d(student.coef_))
    texts = [one["text"] for one in data["coefficients"]]
    assert "purpose is boat and not car" in texts
    assert "age, per unit" in texts
    assert "amount is missing" in texts
    assert list(data["imputed_values"]) == ["amount"]
    assert report.to_dict()["hashes"]["student"] != report.to_dict()["hashes"]["evaluation_rows"]
    for write, name in ((report.to_html, "r.html"), (report.to_markdown, "r.md")):
        written = write(tmp_path / name).read_text(encoding="utf-8")
        assert "purpose is boat and not car" in written
        assert "Rules" not in written

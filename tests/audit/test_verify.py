"""Verification: silent about a true report, and it names what was tampered with."""

import copy
import json

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.tree import DecisionTreeClassifier

from interpkd import (
    DistilledLinearRegression,
    DistilledLinearSVC,
    DistilledLogisticRegression,
    DistilledScorecardClassifier,
    DistilledTreeClassifier,
    DistilledTreeRegressor,
    as_teacher,
)
from interpkd._structure import take_apart
from interpkd.audit import audit_report, diff, read_report, verify
from interpkd.audit._provenance import hash_report, hash_student
from interpkd.exceptions import InvalidInputError
from interpkd.export import read_json, to_json

CLASSIFIERS = {
    "tree": DistilledTreeClassifier,
    "logistic": DistilledLogisticRegression,
    "svm": DistilledLinearSVC,
    "scorecard": DistilledScorecardClassifier,
}
REGRESSORS = {"regression tree": DistilledTreeRegressor, "linear": DistilledLinearRegression}


def differing(found):
    return [line.what for line in found.lines if line.status == "differs"]


def unchecked(found):
    return {line.what: line.reason for line in found.lines if line.status == "cannot be checked"}


@pytest.fixture(scope="module")
def cases():
    """One small report of each kind of student, with all that it was made from."""
    X, y = load_iris(return_X_y=True, as_frame=True)
    X, y = X[y > 0].iloc[:, :3].reset_index(drop=True), y[y > 0].to_numpy()
    X["kind"] = np.where(X.index % 3 == 0, None, np.where(X.index % 2, "u", "v"))
    numbers = list(X.columns[:3])
    forest = RandomForestClassifier(3, max_depth=3, random_state=0).fit(X[numbers], y)
    line = LinearRegression().fit(X[numbers], X[numbers[0]] * y)
    made = {}
    for kinds, model, target in (
        (CLASSIFIERS, forest, y),
        (REGRESSORS, line, (X[numbers[0]] * y).to_numpy()),
    ):
        for name, kind in kinds.items():
            teacher = as_teacher(model)
            student = kind(teacher, augmentation=None, random_state=0).fit(X, target)
            given = {"X": X, "y": target, "teacher": teacher}
            report = audit_report(student, X, target, X_train=X)
            made[name] = (report.to_dict(), given)
    return made


@pytest.mark.parametrize("kind", [*CLASSIFIERS, *REGRESSORS])
def test_a_true_report_is_the_same(cases, kind):
    data, given = cases[kind]
    found = verify(json.loads(json.dumps(data)), **given, X_train=given["X"])
    assert found.is_same
    assert unchecked(found) == {}
    assert str(found).endswith(", 0 differs, 0 cannot be checked")


def shift(data, path, by=0.01):
    """Change one number of a report."""
    part = data
    for step in path[:-1]:
        part = part[step]
    part[path[-1]] += by


@pytest.mark.parametrize(
    ("kind", "path", "by", "line"),
    [
        (
            "tree",
            ["student", "rules", 0, "distribution", 0],
            0.01,
            "rule 1 as shown, its distribution",
        ),
        ("regression tree", ["student", "rules", 0, "value"], 0.01, "rule 1 as shown, its value"),
        ("logistic", ["student", "intercepts", 0], 0.01, "the intercepts shown"),
        (
            "svm",
            ["student", "coefficients", 1, "values", 0],
            0.01,
            "coefficient 2 as shown, its values",
        ),
        (
            "linear",
            ["student", "coefficients", 0, "values", 0],
            1e-6,
            "coefficient 1 as shown, its values",
        ),
        ("scorecard", ["student", "bins", 2, "points"], 1, "bin 3 as shown, its points"),
        ("scorecard", ["student", "base_points"], 1, "the base points shown"),
    ],
)
def test_a_changed_value_of_the_student_is_named(cases, kind, path, by, line):
    """Even where the report's own hash was made anew."""
    data = copy.deepcopy(cases[kind][0])
    shift(data, path, by)
    assert differing(verify(data)) == ["the report itself", line]
    data["provenance"]["hashes"]["report"] = hash_report(data)
    assert differing(verify(data)) == [line]


@pytest.mark.parametrize("name", ["fidelity: agreement", "performance: teacher auc"])
@pytest.mark.parametrize("part", ["estimate", "low"])
def test_a_changed_score_is_named(cases, name, part):
    data, given = copy.deepcopy(cases["tree"][0]), cases["tree"][1]
    *who, score = name.split(": ")[1].split()
    path = ["fidelity", *(["performance", *who] if who else []), score, part]
    shift(data, path, -1e-5 if part == "low" else -1e-6)
    data["provenance"]["hashes"]["report"] = hash_report(data)
    found = verify(data, **given)
    assert differing(found) == [name]
    assert found.lines[-1].status == "same"


def test_a_score_that_was_taken_out_is_missed(cases):
    data, given = copy.deepcopy(cases["tree"][0]), cases["tree"][1]
    del data["fidelity"]["agreement"]
    data["provenance"]["hashes"]["report"] = hash_report(data)
    assert "fidelity: agreement" in differing(verify(data, **given))


def test_a_plain_tree_has_its_numbers_again_after_reading():
    """scikit-learn keeps in leaves what means something in splits only."""
    X = np.random.default_rng(0).normal(size=(60, 3))
    tree = DecisionTreeClassifier(max_leaf_nodes=4, random_state=0).fit(X, X[:, 1] > 0.5)
    state = tree.tree_.__getstate__()
    state["nodes"]["missing_go_to_left"][tree.tree_.children_left < 0] = 1
    tree.tree_.__setstate__(state)
    first, second = (hash_student(take_apart(one), one) for one in (tree, read_json(to_json(tree))))
    assert first == second
    state["nodes"]["missing_go_to_left"][0] = 1 - state["nodes"]["missing_go_to_left"][0]
    tree.tree_.__setstate__(state)
    assert hash_student(take_apart(tree), tree) != first


def test_another_model_in_the_report_is_named(cases):
    data, given = copy.deepcopy(cases["tree"][0]), cases["tree"][1]
    shift(data, ["model", "nodes", 0, "threshold"], 0.5)
    data["provenance"]["hashes"]["report"] = hash_report(data)
    found = differing(verify(data, **given))
    assert found[0] == "the student in the report"
    assert "the numbers of the student" in found


def test_a_changed_row_is_named_with_its_column(cases):
    data, given = cases["tree"]
    X = given["X"].copy()
    X.iloc[3, 1] += 1e-9
    found = verify(data, X, given["y"], teacher=given["teacher"])
    lines = [line for line in found.lines if line.status == "differs"]
    assert lines[0].what == "the evaluation rows"
    assert lines[0].reason == f"in {X.columns[1]}"
    y = given["y"].copy()
    y[0] = 3 - y[0]
    assert "the labels" in differing(verify(data, given["X"], y))
    less = verify(data, given["X"][1:], given["y"][1:])
    assert "the evaluation rows, their number" in differing(less)


def test_another_teacher_is_named(cases):
    data, given = cases["tree"]
    numbers = given["X"].iloc[:, :3]
    other = RandomForestClassifier(3, random_state=1).fit(numbers, given["y"])
    found = differing(verify(data, given["X"], given["y"], teacher=as_teacher(other)))
    assert {"the teacher", "the answers of the teacher", "fidelity: kl divergence"} <= set(found)
    another_kind = LogisticRegression(max_iter=999).fit(numbers, given["y"])
    found = verify(data, given["X"], given["y"], teacher=as_teacher(another_kind))
    assert "the report is of a sklearn.ensemble" in unchecked(found)["the teacher"]
    assert "the answers of the teacher" in differing(found)


def test_the_teachers_answers_are_enough_for_the_numbers(cases):
    data, given = cases["tree"]
    answers = given["teacher"].predict_proba(given["X"])
    found = verify(data, given["X"], given["y"], teacher=answers)
    assert found.is_same
    assert unchecked(found)["the teacher"] == "only its answers were given"


def test_what_was_not_given_is_not_checked_and_says_so(cases, tmp_path):
    data, given = cases["tree"]
    path = tmp_path / "report.json"
    path.write_text(json.dumps(data), encoding="utf-8")
    found = verify(path)
    assert found.is_same
    assert unchecked(found)["the evaluation rows"] == "no rows were given"
    found = verify(path, given["X"])
    assert unchecked(found)["the labels"] == "no labels were given"
    assert unchecked(found)["the teacher"] == "no teacher was given"
    assert unchecked(found)["performance: student auc"] == "no labels were given"
    weighted = verify(path, given["X"], given["y"], sample_weight=np.ones(len(given["y"])))
    assert "weights were given" in unchecked(weighted)["performance: student auc"]


def test_findings_follow_from_the_reports_own_numbers(cases):
    data = copy.deepcopy(cases["tree"][0])
    one = data["findings"][0]
    one["status"] = "clear" if one["status"] == "finding" else "finding"
    data["findings"].append({**one, "code": "MY001"})
    data["provenance"]["hashes"]["report"] = hash_report(data)
    found = verify(data)
    assert differing(found) == [f"finding {one['code']}"]
    assert "a check that this package does not have" in unchecked(found)["finding MY001"]


def test_a_student_that_cannot_be_written_is_not_checked(reports):
    data = reports["any_student"].to_dict()
    found = verify(data, np.zeros((3, 4)))
    assert found.is_same
    assert unchecked(found)["the student in the report"].startswith("the report does not hold")


def test_other_software_is_noted_where_something_differs(cases):
    data, given = copy.deepcopy(cases["tree"][0]), cases["tree"][1]
    data["lineage"]["software"]["numpy"] = "0.1"
    assert verify(data, given["X"]).notes == (f"numpy was 0.1 and is {np.__version__}",)
    assert verify(data, given["X"]).to_dict()["is_same"] is False


def test_what_is_no_report_is_refused(tmp_path):
    with pytest.raises(InvalidInputError, match=r"its schema is None"):
        read_report({})
    with pytest.raises(InvalidInputError, match=r"its schema is .*'version': 1"):
        verify({"schema": {"name": "interpkd.audit_report", "version": 1}})
    with pytest.raises(InvalidInputError, match="must be a report, its data model or a path"):
        verify(3)
    with pytest.raises(InvalidInputError, match="does not exist or is no file"):
        verify(tmp_path / "none.json")
    path = tmp_path / "half.json"
    path.write_text('{"schema": ', encoding="utf-8")
    with pytest.raises(InvalidInputError, match=r"half.json is not JSON, or was cut short"):
        verify(path)


def test_texts_are_no_target_of_a_regression(cases):
    data, given = cases["linear"]
    with pytest.raises(InvalidInputError, match="y must hold numbers"):
        verify(data, given["X"], np.where(given["y"] > 5, "a", "b"))


@pytest.mark.slow
@pytest.mark.parametrize("junk", [None, [], {}, "x", 3, [1], {"a": 1}])
def test_nothing_in_a_file_is_trusted(cases, junk):
    """Whatever stands in place of a section: an answer or an error of this package, no crash."""
    whole = cases["tree"][0]
    for name in whole.keys() - {"schema"}:
        data = whole | {name: junk}
        try:
            assert not str(verify(data)).startswith("Traceback")
            assert diff(whole, data).to_markdown()
        except InvalidInputError as error:
            assert str(error)  # noqa: PT017  (an error that is meant is as good as an answer)


def test_control_characters_are_spelled_out(cases):
    data = copy.deepcopy(cases["tree"][0])
    data["student"]["rules"][0]["text"] = "\x1b[2Jall is well"
    assert "\x1b" not in str(verify(data))
    assert r"\x1b[2Jall is well" in str(verify(data))

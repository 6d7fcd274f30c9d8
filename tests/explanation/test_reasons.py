"""Reasons of adverse decisions: what is claimed of a column is what moving it does."""

import itertools
import json
import math

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_iris, make_classification
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier

from interpkd import (
    DistilledClassifier,
    DistilledLinearSVC,
    DistilledLogisticRegression,
    DistilledScorecardClassifier,
    DistilledTreeClassifier,
    as_teacher,
)
from interpkd.exceptions import InvalidInputError, NotATeacherError
from interpkd.explanation import explain, reasons
from interpkd.export import coefficient_list

BOTH = ("all applicants", "at the cut-off")
STUDENTS = {
    "tree": lambda: DistilledTreeClassifier(max_leaf_nodes=6, cv=2, random_state=0),
    "logistic": lambda: DistilledLogisticRegression(cv=2, random_state=0),
    "svm": lambda: DistilledLinearSVC(cv=2, random_state=0),
    "card": lambda: DistilledScorecardClassifier(cv=2, random_state=0),
}


@pytest.fixture(scope="module", params=list(STUDENTS))
def student(request, mixed_table):
    X, y = mixed_table
    return STUDENTS[request.param]().fit(X[:300], y[:300])


@pytest.fixture(scope="module")
def numbers():
    X, y = make_classification(300, 5, n_informative=4, n_redundant=0, random_state=1)
    return X, y


@pytest.mark.parametrize("reference", BOTH)
def test_claims_come_true_by_scoring(student, mixed_table, reference):
    X, _ = mixed_table
    why = reasons(student, X[300:340], reference=reference, adverse_class="bad", background=X[:60])
    assert why.declines
    assert why.check_error < 1e-9 * (1000 if why.scale == "points" else 1)
    bad = student.predict(X[300:340]) == "bad"
    assert [one.row for one in why.declines] == np.flatnonzero(bad).tolist()
    for one in why.declines:
        assert one.score == pytest.approx(student.predict_proba(X[300:340])[one.row, 0])
        assert all(reason.contribution > 0 for reason in one.reasons)
        if why.scale != "probability":
            assert one.measured == pytest.approx(one.claimed, abs=1e-9)
    share = [r.teacher_supports for one in why.declines for r in one.reasons]
    assert why.teacher_support == pytest.approx(np.mean(share))
    json.dumps(why.to_dict(), allow_nan=False)


def test_one_column_moved_alone_by_hand(student, mixed_table):
    """Oracle of the check and of the teacher's support: every row of the group, one by one."""
    X, _ = mixed_table
    why = reasons(
        student, X[300:330], reference="all applicants", adverse_class="bad", background=X[:30]
    )
    one = why.declines[0]
    teacher = [*student.teacher_.classes_].index("bad")
    for reason in one.reasons:
        moved = pd.concat([X.iloc[[300 + one.row]]] * 30, ignore_index=True)
        moved[reason.column] = X[reason.column].iloc[:30].to_numpy()
        before = student.teacher_.predict_proba(X.iloc[[300 + one.row]])[0, teacher]
        after = student.teacher_.predict_proba(moved)[:, teacher].mean()
        assert reason.teacher_drop == pytest.approx(before - after, abs=1e-12)
    moved = pd.concat([X.iloc[[300 + one.row]]] * 30, ignore_index=True)
    for reason in one.reasons:
        moved[reason.column] = X[reason.column].iloc[:30].to_numpy()
    assert one.share_passing == pytest.approx((student.predict(moved) == "good").mean())


def test_points_are_lost_against_the_mean_of_the_group(mixed_table):
    """The method of the official interpretation, from the points of the card."""
    X, y = mixed_table
    card = DistilledScorecardClassifier(cv=2, good_class="good", random_state=0)
    card.fit(X[:300], y[:300])
    why = reasons(card, X[300:], reference="all applicants", n_reasons=9, background=X[:100])
    assert why.adverse_class == "bad"
    points = card.explain_points(X[300:].reset_index(drop=True))
    mean = card.explain_points(X[:100]).mean()
    for one in why.declines:
        lost = (mean - points.loc[one.row]).iloc[1:]
        found = {reason.column: reason.contribution for reason in one.reasons}
        assert found == pytest.approx({name: v for name, v in lost.items() if v > 1e-9})
        assert [*found.values()] == sorted(found.values(), reverse=True)


def test_coefficients_times_distance(numbers):
    X, y = numbers
    model = LogisticRegression(C=0.02, l1_ratio=1, solver="liblinear").fit(X, y)
    assert (model.coef_ == 0).any()
    why = reasons(model, X, reference="all applicants", n_reasons=5)
    contribution = model.coef_[0] * (X - X.mean(axis=0))
    for one in why.declines:
        found = [(int(reason.column[1:]), reason.contribution) for reason in one.reasons]
        wanted = sorted(
            ((j, c) for j, c in enumerate(contribution[one.row]) if c > 0), key=lambda jc: -jc[1]
        )
        assert [j for j, _ in found] == [j for j, _ in wanted]
        assert [c for _, c in found] == pytest.approx([c for _, c in wanted])
        assert one.reasons[0].reference == pytest.approx(X[:, found[0][0]].mean())
    assert why.teacher_support is None


def shapley_on_path(tree, x, group, used):
    """Shapley values by definition; only columns on the path are players."""

    def worth(own):
        moved = np.repeat(x[None], len(group), axis=0)
        out = [j for j in range(len(x)) if j not in own]
        moved[:, out] = group[:, out]
        return tree.predict_proba(moved)[:, 1].mean()

    values = np.zeros(len(x))
    n = len(used)
    for j in used:
        rest = [i for i in used if i != j]
        for size in range(n):
            weight = math.factorial(size) * math.factorial(n - 1 - size) / math.factorial(n)
            for own in itertools.combinations(rest, size):
                values[j] += weight * (worth({*own, j}) - worth({*own}))
    return values


def test_a_trees_contributions_are_shapley_values_of_its_path(numbers):
    X, y = numbers
    tree = DecisionTreeClassifier(max_depth=4, random_state=0).fit(X, y)
    group = X[:25]
    why = reasons(tree, X[30:45], reference="all applicants", n_reasons=5, background=group)
    path = tree.decision_path(X[30:45])
    for one in why.declines:
        nodes = path[one.row].indices
        used = sorted({int(j) for j in tree.tree_.feature[nodes] if j >= 0})
        wanted = shapley_on_path(tree, X[30 + one.row], group, used)
        found = {int(reason.column[1:]): reason.contribution for reason in one.reasons}
        assert set(found) <= set(used)
        assert found == pytest.approx({j: v for j, v in enumerate(wanted) if v > 1e-9})


def test_shap_names_a_column_off_the_path_and_reasons_do_not():
    """Why the values of the whole row would not do: the second split was never asked."""
    rng = np.random.default_rng(0)
    X = rng.integers(0, 2, size=(400, 2)).astype(float)
    tree = DecisionTreeClassifier().fit(X, (X[:, 0] == 1) | (X[:, 1] == 1))
    root = int(tree.tree_.feature[0])
    x = np.ones((1, 2))  # declined at the root
    values = explain(tree, x, background=X).student.values[0, :, 1]
    assert values[1 - root] > 0.1
    [one] = reasons(tree, x, reference="all applicants", background=X).declines
    assert [reason.column for reason in one.reasons] == [f"x{root}"]
    # alone it changes nothing, as the other column would decline the row too; that is said
    assert one.claimed == pytest.approx(1 - tree.predict_proba(X)[:, 1].mean())
    assert one.measured == one.share_passing == 0


def test_ties_go_to_the_earlier_column():
    X = np.array([[0.0, 0, 0], [1, 1, 1], [0, 1, 0], [1, 0, 1]])
    model = LogisticRegression()
    model.classes_, model.n_features_in_ = np.array([0, 1]), 3
    model.coef_, model.intercept_ = np.array([[0.1 + 0.2, 0.3, 0.5]]), np.array([-0.6])
    why = reasons(model, X[1:2], reference="all applicants", background=X)
    assert [one.column for one in why.declines[0].reasons] == ["x2", "x0", "x1"]


def test_at_the_cutoff_are_those_who_just_pass(numbers):
    X, y = numbers
    model = LogisticRegression().fit(X, y)
    why = reasons(model, X, reference="at the cut-off", cutoff=0.4)
    p = model.predict_proba(X)[:, 1]
    assert why.n_reference == max(10, round(0.1 * (p <= 0.4).sum()))
    near = np.sort(p[p <= 0.4])[-why.n_reference :]
    usual = X[np.isin(p, near)].mean(axis=0)
    for reason in why.declines[0].reasons:
        assert reason.reference == pytest.approx(usual[int(reason.column[1:])])
    tree = DecisionTreeClassifier(max_leaf_nodes=3, random_state=0).fit(X, y)
    p = tree.predict_proba(X)[:, 1]
    why = reasons(tree, X, reference="at the cut-off")
    assert why.n_reference == (p == p[p <= 0.5].max()).sum()  # the whole leaf: all tie


@pytest.mark.parametrize("adverse", [0, 1])
def test_either_class_may_be_adverse(numbers, adverse):
    X, y = numbers
    for model in (LogisticRegression().fit(X, y), LinearSVC(random_state=0).fit(X, y)):
        why = reasons(model, X, reference="at the cut-off", adverse_class=adverse)
        assert [one.row for one in why.declines] == np.flatnonzero(
            model.predict(X) == adverse
        ).tolist()
        assert all(one.reasons for one in why.declines)  # they are beyond who just passes
    assert why.scale == "margin"


def test_both_references_compared(numbers):
    X, y = numbers
    model = LogisticRegression().fit(X, y)
    one, two = (reasons(model, X, reference=reference, n_reasons=2) for reference in BOTH)
    found = one.compare(two)
    differ = [
        a.reasons[0].column != b.reasons[0].column
        for a, b in zip(one.declines, two.declines, strict=True)
    ]
    assert found["first_differs"] == pytest.approx(np.mean(differ))
    assert found["set_differs"] > 0
    assert one.compare(one)["set_differs"] == 0
    with pytest.raises(InvalidInputError, match="different decisions"):
        one.compare(reasons(model, X, reference=BOTH[0], cutoff=0.3))


def test_texts_and_tables(mixed_table):
    X, y = mixed_table
    tree = DistilledTreeClassifier(max_leaf_nodes=6, cv=2, random_state=0).fit(X, y)
    sentences = {"age": "Age {value} against {reference}", "amount": "{column}: {value}"}
    why = reasons(
        tree, X[:40], reference="all applicants", adverse_class="bad", dictionary=sentences
    )
    assert repr(why).endswith("compared with all applicants (40 rows)>")
    frame = why.to_frame()
    assert len(frame) == sum(len(one.reasons) for one in why.declines)
    for one in why.declines:
        lines = why.text(one.row).splitlines()
        assert len(lines) == len(one.reasons)
        for line, reason in zip(lines, one.reasons, strict=True):
            assert line.endswith(reason.text)
            value = X.iloc[one.row][reason.column]
            assert reason.value == (None if pd.isna(value) else value)
            if reason.column == "age":
                assert reason.text == f"Age {value:,.6g} against {X['age'][:40].mean():,.6g}"
            if reason.column == "owner":
                most = "yes" if X["owner"][:40].mean() > 0.5 else "no"
                assert reason.text in (
                    f"owner is no (most frequent of all applicants: {most})",
                    "owner is no (the most frequent of all applicants, too)",
                )
    with pytest.raises(InvalidInputError, match="is not adverse"):
        why.text(next(i for i in range(40) if i not in frame["row"].to_numpy()))


def test_missing_values_and_other_libraries(mixed_table):
    pl = pytest.importorskip("polars")
    X, y = mixed_table
    student = DistilledLogisticRegression(cv=2, random_state=0).fit(X, y)
    options = {"reference": "at the cut-off", "adverse_class": "bad"}
    one = reasons(student, X[:50], background=X, **options)
    two = reasons(student, pl.from_pandas(X[:50]), background=pl.from_pandas(X), **options)
    first, second = one.to_dict(), two.to_dict()
    assert first["declines"] == second["declines"]
    assert first["reference_sha256"] == second["reference_sha256"]
    assert any(why.value is None for row in one.declines for why in row.reasons)
    assert len(coefficient_list(student)) > 4  # indicators of missing values among them


def test_no_adverse_decision_and_none_without_reason(numbers):
    X, y = numbers
    model = LogisticRegression().fit(X, y)
    why = reasons(model, X[:5], reference="all applicants", cutoff=1.0)
    assert why.declines == ()
    assert why.teacher_support is None
    assert why.to_frame().empty
    assert why.compare(why)["first_differs"] is None
    best = np.array([[-50.0] * 5]) * np.sign(model.coef_)
    why = reasons(model, best, reference="all applicants", cutoff=0.0, background=X)
    assert why.declines[0].reasons == ()
    assert why.declines[0].measured == 0
    assert why.text(0) == "No column is worse than among all applicants."
    assert why.to_dict()["n_without_reason"] == 1


def test_a_student_of_any_kind_is_read_where_it_is_a_sum(numbers):
    X, y = numbers
    teacher = as_teacher(RandomForestClassifier(5, random_state=0).fit(X, y))
    student = DistilledClassifier(teacher, student=LogisticRegression(), augmentation=None)
    assert reasons(student.fit(X), X, reference="all applicants").declines
    stumps = HistGradientBoostingClassifier(max_iter=5, max_depth=1).fit(X, y)
    assert reasons(stumps, X, reference="all applicants").declines
    deep = HistGradientBoostingClassifier(max_iter=5).fit(X, y)
    with pytest.raises(InvalidInputError, match="are no sum over columns"):
        reasons(deep, X, reference="all applicants")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"reference": "the others"}, "must be 'all applicants' or 'at the cut-off', got"),
        ({"n_reasons": 0}, "'n_reasons' parameter must be an int of at least 1"),
        ({"cutoff": 1.5}, "'cutoff' parameter must be from 0 to 1"),
        ({"adverse_class": "no"}, "'adverse_class' parameter must be one of the classes"),
        ({"dictionary": ["x0"]}, "dictionary must map columns to sentences"),
        ({"dictionary": {"age": "old"}}, "which is no column of the student"),
        ({"dictionary": {"x0": "{size}"}}, "and other braces are written twice"),
        ({"cutoff": 0.0, "reference": "at the cut-off"}, "No background row passes"),
        ({"background": np.zeros((3, 2))}, "background must be a table"),
    ],
)
def test_bad_options_are_refused(numbers, options, message):
    X, y = numbers
    model = LogisticRegression().fit(X, y)
    with pytest.raises(InvalidInputError, match=message):
        reasons(model, X, **{"reference": "all applicants", **options})


def test_bad_students_and_teachers_are_refused(numbers):
    X, y = numbers
    network = MLPClassifier((2,), max_iter=30, tol=1e3, random_state=0).fit(X, y)
    for model, message in [
        (network, "log odds of MLPClassifier are no sum"),
        (LinearRegression().fit(X, y), "this one predicts numbers"),
        (DecisionTreeClassifier().fit(*load_iris(return_X_y=True)), "has the classes \\[0, 1, 2"),
    ]:
        with pytest.raises(InvalidInputError, match=message):
            reasons(model, X, reference="all applicants")
    with pytest.raises(InvalidInputError, match=r"so cutoff must be 0\.5"):
        reasons(LinearSVC(random_state=0).fit(X, y), X, reference=BOTH[0], cutoff=0.3)
    model = LogisticRegression().fit(X, y)
    with pytest.raises(NotATeacherError, match="Wrap a function with as_teacher"):
        reasons(model, X, reference="all applicants", teacher=len)

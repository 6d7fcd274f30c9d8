"""The whole certificate: statuses, limits, witnesses, tables with categories, opaque teachers."""

import json

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression, PoissonRegressor
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from interpkd import (
    DistilledLinearSVC,
    DistilledLogisticRegression,
    DistilledScorecardClassifier,
    DistilledTreeClassifier,
    as_teacher,
)
from interpkd.exceptions import InterruptedRun, InvalidInputError
from interpkd.fidelity import certify
from interpkd.teachers import TabularClassifier

STUDENTS = {
    "tree": (DistilledTreeClassifier, {"max_leaf_nodes": 5, "effort": "greedy"}),
    "logistic": (DistilledLogisticRegression, {}),
    "svm": (DistilledLinearSVC, {}),
    "card": (DistilledScorecardClassifier, {"max_bins": 4, "special_values": {"age": [40.0]}}),
}


@pytest.fixture(scope="module")
def table(mixed_table):
    frame, label = mixed_table
    model = HistGradientBoostingClassifier(max_iter=8, random_state=0)
    teacher = as_teacher(TabularClassifier(model).fit(frame[:250], label[:250]))
    rows = frame[250:300].copy()
    rows.iloc[3, 1] = "plane"  # which neither model has seen
    return frame[:250], rows, teacher


@pytest.fixture(scope="module")
def students(table):
    frame, _, teacher = table
    common = {"augmentation": None, "random_state": 0}
    return {
        name: kind(teacher, **common, **own).fit(frame) for name, (kind, own) in STUDENTS.items()
    }


def draws(frame, row, radius, n, rng):
    """Inputs near a row, drawn at random, mostly at the ends of what is allowed."""
    near = pd.concat([row] * n, ignore_index=True).astype({"age": float, "amount": float})
    for name in ("age", "amount"):
        known, value = frame[name].dropna().to_numpy(), row[name].iloc[0]
        if np.isnan(value):
            continue
        atoms = np.unique(known)

        def rank(v, known=known):
            return (np.mean(known < v) + np.mean(known <= v)) / 2

        allowed = [a for a in atoms if abs(rank(a) - rank(value)) <= radius + 1e-9]
        low, high = min([value, *allowed]), max([value, *allowed])
        near[name] = rng.choice([low, value, high, *rng.uniform(low, high, 20)], n)
    return near


@pytest.mark.parametrize("name", list(STUDENTS))
def test_tables_with_categories_and_missing_values(table, students, name):
    frame, rows, teacher = table
    student = students[name]
    certificate = certify(student, teacher, X_ref=frame, X_eval=rows, radius=[0.05, 0.2])
    status = certificate.rows.pivot_table(
        index="row", columns="radius", values="status", aggfunc="first"
    )
    wrong = teacher.predict(rows) != student.predict(rows)
    assert ((status == "wrong_on_row").all(axis=1) == wrong).all()
    assert not (status == "undecided").any(axis=None)
    assert certificate.agreement.estimate == pytest.approx(np.mean(~wrong))
    # what is proved of a neighbourhood is proved within it
    assert ((status[0.05] == "proved") | (status[0.2] != "proved")).all()
    rng = np.random.default_rng(0)
    for r in np.flatnonzero(status[0.2] == "proved"):
        near = draws(frame, rows.iloc[[r]], 0.2, 40, rng)
        assert (teacher.predict(near) == student.predict(near)).all()
    changes = certificate.counterexamples(100)
    broken = set(np.flatnonzero(status[0.2].isin(["teacher_unstable", "student_border"])))
    assert set(changes["row"]) == broken
    for r, own in changes.groupby("row"):
        one = rows.iloc[[r]].astype({"age": float, "amount": float})
        for _, change in own.iterrows():
            assert one[change["column"]].iloc[0] == change["value"]
            one[change["column"]] = change["changed_to"]
        assert teacher.predict(one)[0] == own["teacher"].iloc[0]
        assert student.predict(one)[0] == own["student"].iloc[0]
        assert own["teacher"].iloc[0] != own["student"].iloc[0]


def test_arrays_whose_categories_the_teacher_codes_itself(rows):
    X = rows.full.copy()
    X[:, 2] = 10 * X[:, 2] + 5  # no codes from 0 on
    teacher = HistGradientBoostingClassifier(max_iter=5, categorical_features=[2]).fit(X, rows.two)
    student = DecisionTreeClassifier(max_leaf_nodes=5, random_state=0).fit(X, rows.two)
    certificate = certify(student, teacher, X_ref=X, X_eval=X[:60], radius=0.3)
    assert certificate.reason is None
    assert set(certificate.counterexamples(60)["column"]) <= {"x0", "x1"}


def test_shares_limits_and_words(table, students):
    frame, rows, teacher = table
    certificate = certify(
        students["tree"], teacher, X_ref=frame, X_eval=rows, radius=(0.05, 0.2), alpha=0.06
    )
    assert certificate.n_limits == 4
    for one in certificate.shares:
        proved = one.counts["proved"]
        assert sum(one.counts.values()) == certificate.n_rows == 50
        limit = binomtest(proved, 50, alternative="greater").proportion_ci(1 - 0.015, "exact").low
        assert one.low == pytest.approx(limit)
        assert one.share == proved / 50
    data = certificate.to_dict()
    assert json.loads(json.dumps(data)) == data
    assert data["radii"][1]["counts"] == certificate.shares[1].counts
    text = str(certificate)
    assert "All 4 limits hold together with 94 % confidence, for rows like these." in text
    five, twenty = (
        line for line in text.splitlines() if line.endswith("  0") or "% of ranks" in line
    )
    assert five.split()[:4] == ["5", "%", "of", "ranks"]
    assert twenty.split()[4:6] == [f"{one.share:.1%}", f"{one.low:.1%}"]
    assert "fidelity" not in text
    html = certificate._repr_html_()
    assert html.count("<tr>") == 3
    assert all(cell in html for cell in (f">{one.share:.1%}</td>", ">20 % of ranks</th>"))
    assert repr(certificate) == "<Certificate of 50 rows at 2 radii>"


def test_column_order_kind_of_table_and_repetition_do_not_matter(table, students):
    pl = pytest.importorskip("polars")
    frame, rows, teacher = table
    student = students["logistic"]
    first = certify(student, teacher, X_ref=frame, X_eval=rows, radius=0.1)
    turned = certify(student, teacher, X_ref=frame[frame.columns[::-1]], X_eval=rows, radius=0.1)
    polar = certify(
        student, teacher, X_ref=pl.from_pandas(frame), X_eval=pl.from_pandas(rows), radius=0.1
    )
    for other in (turned, polar):
        assert other.to_dict() == first.to_dict()
    again = polar.counterexamples(3)
    pd.testing.assert_frame_equal(again, first.counterexamples(3))


def test_frozen_columns_keep_their_value(table, students):
    frame, rows, teacher = table
    parts = {"X_ref": frame, "X_eval": rows, "radius": 0.3}
    free = certify(students["tree"], teacher, **parts)
    held = certify(students["tree"], teacher, **parts, frozen_features=["age"])
    assert not (held.counterexamples(100)["column"] == "age").any()
    was, now = (one.rows["status"].to_numpy() == "proved" for one in (free, held))
    assert (now | ~was).all()
    assert now.sum() > was.sum()
    still = certify(students["tree"], teacher, **parts, frozen_features=[*rows.columns])
    assert {*still.rows["status"]} <= {"proved", "wrong_on_row"}
    with pytest.raises(InvalidInputError, match="names 'size', which is no column"):
        certify(students["tree"], teacher, **parts, frozen_features=["size"])


def test_tolerance_asks_for_a_teacher_that_is_sure(table, students):
    frame, rows, teacher = table
    parts = {"X_ref": frame, "X_eval": rows, "radius": 0.1}
    strict, loose = (
        certify(students["tree"], teacher, **parts, tolerance=tolerance) for tolerance in (0, 0.2)
    )
    was, now = (one.rows["status"].to_numpy() == "proved" for one in (strict, loose))
    assert (now | ~was).all()
    assert now.sum() > was.sum()
    changes = loose.counterexamples(100)
    assert len(changes) < len(strict.counterexamples(100))


def test_predictions_within_a_tolerance(teachers):
    teacher, X, y = teachers["xgboost, number"]
    student = DecisionTreeRegressor(max_leaf_nodes=12, random_state=0).fit(X, y)
    certificate = certify(student, teacher, X_ref=X, X_eval=X[:60], radius=0.05, tolerance=1.0)
    gap = np.abs(teacher.predict(X[:60]) - student.predict(X[:60]))
    np.testing.assert_array_equal(certificate.rows["status"] == "wrong_on_row", gap > 1.0)
    changes = certificate.counterexamples(5)
    assert ((changes["teacher"] - changes["student"]).abs() > 1.0).all()
    for tolerance in (None, 0, -1.0, np.inf):
        with pytest.raises(InvalidInputError, match="'tolerance' parameter must be a number above"):
            certify(student, teacher, X_ref=X, X_eval=X, tolerance=tolerance)


def test_of_an_opaque_teacher_only_the_rows_are_compared(rows):
    X, y = rows.full, rows.two
    teacher = KNeighborsClassifier().fit(X, y)
    student = DecisionTreeClassifier(max_leaf_nodes=5).fit(X, y)
    certificate = certify(student, teacher, X_ref=X, X_eval=X[:50])
    right = teacher.predict(X[:50]) == student.predict(X[:50])
    low = binomtest(int(right.sum()), 50, alternative="greater").proportion_ci(0.975, "exact").low
    assert certificate.agreement.estimate == right.mean()
    assert certificate.agreement.low == pytest.approx(low)
    assert {*certificate.rows["status"]} == {"wrong_on_row", "undecided"}
    assert certificate.shares == certificate.to_dict()["radii"] == []
    said = "Nothing near the rows was searched, so nothing is proved of other inputs. KNeighbors"
    assert said in str(certificate)
    assert said in certificate._repr_html_()
    assert len(certificate.counterexamples()) == 0
    apart = np.abs(teacher.predict_proba(X[:50]) - student.predict_proba(X[:50]))[:, 0]
    worst = certificate.worst_case()
    assert (worst.difference, worst.row) == (pytest.approx(apart.max()), apart.argmax())


def test_a_teacher_whose_trees_are_not_its_answers_is_opaque(rows):
    class Contrary(RandomForestClassifier):
        def predict_proba(self, X):
            return super().predict_proba(X)[:, ::-1]

    X, y = rows.full, rows.two
    student = DecisionTreeClassifier(max_leaf_nodes=5).fit(X, y)
    certificate = certify(student, Contrary(5, random_state=0).fit(X, y), X_ref=X, X_eval=X[:20])
    assert "The trees of Contrary do not add up to its answers on" in certificate.reason


def test_a_number_that_stands_for_missing_keeps_a_teacher_opaque(rows):
    xgboost = pytest.importorskip("xgboost")
    teacher = xgboost.XGBClassifier(n_estimators=3, missing=0, n_jobs=1).fit(rows.full, rows.code)
    student = DecisionTreeClassifier(max_leaf_nodes=5).fit(rows.full, rows.code)
    certificate = certify(student, teacher, X_ref=rows.full, X_eval=rows.full[:9])
    assert "takes the number 0 for a missing value" in certificate.reason


def test_students_of_scikit_learn_and_those_that_cannot_be_read(rows, teachers):
    teacher, X, y = teachers["boosting"]
    for student in (LogisticRegression(), LinearSVC()):
        certificate = certify(student.fit(X, y), teacher, X_ref=X, X_eval=X[:30], radius=0.02)
        assert "undecided" not in {*certificate.rows["status"]}
    with pytest.raises(InvalidInputError, match="KNeighborsClassifier is none of them"):
        certify(KNeighborsClassifier().fit(X, y), teacher, X_ref=X, X_eval=X)
    number, X, y = teachers["xgboost, number"]
    poisson = PoissonRegressor().fit(rows.full, np.exp(y))
    with pytest.raises(InvalidInputError, match="PoissonRegressor is none of them"):
        certify(poisson, number, X_ref=rows.full, X_eval=rows.full, tolerance=1.0)


def test_what_is_decided_is_kept_when_the_user_stops(rows, teachers, monkeypatch):
    monkeypatch.setattr("interpkd.fidelity.certificate._radii.CHUNK", 10)
    teacher, X, y = teachers["forest"]
    student = DecisionTreeClassifier(max_leaf_nodes=5, random_state=0).fit(X, y)
    parts = {"X_ref": X, "X_eval": X[:40], "radius": (0.02, 0.05)}
    whole = certify(student, teacher, **parts)
    heard = []

    def stop(text):
        heard.append(text)
        if len(heard) == 5:
            raise KeyboardInterrupt

    with pytest.raises(InterruptedRun, match="was interrupted") as stopped:
        certify(student, teacher, **parts, progress=stop)
    n_right = int((teacher.predict(X[:40]) == student.predict(X[:40])).sum())
    assert heard[0] == f"radius 0.02: 10 of {n_right} rows"
    part = stopped.value.partial.rows["status"]
    decided = part != "undecided"
    assert (part[decided] == whole.rows["status"][decided]).all()
    assert decided[:40].sum() > decided[40:].sum() > 0


def test_parameters_that_break_their_rule(rows, teachers):
    teacher, X, y = teachers["forest"]
    student = DecisionTreeClassifier(max_leaf_nodes=5).fit(X, y)
    parts = {"X_ref": X, "X_eval": X}
    for radius in (0, 1, (), "wide", (0.1, np.nan)):
        with pytest.raises(InvalidInputError, match="'radius' parameter must be one or more"):
            certify(student, teacher, **parts, radius=radius)
    with pytest.raises(InvalidInputError, match="'alpha' parameter must be strictly between"):
        certify(student, teacher, **parts, alpha=1.0)
    with pytest.raises(InvalidInputError, match="'max_nodes' parameter must be a whole number"):
        certify(student, teacher, **parts, max_nodes=0)
    with pytest.raises(InvalidInputError, match="'tolerance' parameter must be at least 0"):
        certify(student, teacher, **parts, tolerance=0.5)
    with pytest.raises(InvalidInputError, match="X_ref and X_eval must have rows"):
        certify(student, teacher, X_ref=X, X_eval=X[:0])
    with pytest.raises(InvalidInputError, match=r"must have shapes .* with the same columns"):
        certify(student, teacher, X_ref=X[:, :2], X_eval=X)
    with pytest.raises(InvalidInputError, match="must be tables of one kind"):
        certify(student, teacher, X_ref=pd.DataFrame(X), X_eval=X)
    with pytest.raises(InvalidInputError, match="must hold numbers where they are arrays"):
        certify(student, teacher, X_ref=X.astype(str), X_eval=X.astype(str))
    number = DecisionTreeRegressor(max_leaf_nodes=3).fit(X, rows.score)
    with pytest.raises(InvalidInputError, match="teacher is a classifier and the student a reg"):
        certify(number, teacher, **parts)
    strange = DecisionTreeClassifier(max_leaf_nodes=5).fit(X, np.where(y == "yes", "ja", "nein"))
    with pytest.raises(InvalidInputError, match="knows the class 'ja', and the teacher only"):
        certify(strange, teacher, **parts)


@pytest.mark.parametrize("kind", ["tree", "network"])
def test_a_class_that_a_linear_student_does_not_know_is_asked_about(kind):
    X = np.arange(10.0)[:, None]
    student = LogisticRegression().fit([*X, [1000.0]], [0] * 10 + [1])
    if kind == "tree":  # it decides 2 near 4.5 alone, where the first class is ahead of the second
        between, labels = [[4.5]] * 10, [2] * 6 + [0] * 3 + [1]
        rows = [*X, *between, [1000.0]]
        teacher = DecisionTreeClassifier().fit(rows, [0] * 10 + [*labels, 1])
    else:
        rows = np.linspace(0, 9, 400)[:, None]
        labels = np.where(np.abs(rows[:, 0] - 4.5) < 0.4, 2, rows[:, 0] > 8)
        teacher = MLPClassifier((16,), solver="lbfgs", random_state=0, max_iter=20_000)
        teacher.fit(rows, labels)
        assert teacher.predict([[4.5]]) == 2
        assert (teacher.predict([[4.0], [5.0]]) == 0).all()
    told = certify(student, teacher, X_ref=X, X_eval=np.array([[4.0]]), radius=0.15)
    assert told.rows["status"].tolist() == ["teacher_unstable"]
    witness = told.counterexamples(1)
    assert witness["teacher"].tolist() == [2]

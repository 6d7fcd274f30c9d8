"""Counterfactuals: nothing smaller on an exhaustive grid, nothing that was not allowed."""

import itertools
import json

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_iris, make_classification
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier

from interpkd import (
    DistilledLinearSVC,
    DistilledLogisticRegression,
    DistilledScorecardClassifier,
    DistilledTreeClassifier,
)
from interpkd.exceptions import InvalidInputError
from interpkd.explanation import counterfactual

STUDENTS = {
    "tree": lambda: DistilledTreeClassifier(max_leaf_nodes=8, cv=2, random_state=0),
    "logistic": lambda: DistilledLogisticRegression(cv=2, random_state=0),
    "svm": lambda: DistilledLinearSVC(cv=2, random_state=0),
    "card": lambda: DistilledScorecardClassifier(cv=2, random_state=0),
}
NUMBERS = ["n0", "n1"]


@pytest.fixture(scope="module")
def small():
    """A table of few values, so that a grid holds every row that is allowed."""
    rng = np.random.default_rng(0)
    n = 400
    X = pd.DataFrame(
        {
            "n0": rng.integers(0, 9, n),
            "n1": rng.integers(-4, 5, n),
            "kind": rng.choice(["a", "b", "c"], n, p=[0.5, 0.3, 0.2]),
            "flag": rng.random(n) < 0.5,
        }
    )
    score = 0.5 * (X["n0"] - 4) + 0.4 * X["n1"] + 1.5 * (X["kind"] == "c") + X["flag"] - 0.5
    return X, np.where(score + rng.logistic(size=n) > 0, "yes", "no")


@pytest.fixture(scope="module", params=list(STUDENTS))
def student(request, small):
    X, y = small
    return STUDENTS[request.param]().fit(X, y)


def grid_best(student, x, X, changeable, cutoff, directions):
    """The fewest changes, then the least cost, over every row there could be."""
    now = x.iloc[0]
    values = []
    for name in X:
        if name not in changeable:
            values.append([now[name]])
            continue
        there = sorted(X[name].unique())
        if name in NUMBERS:
            there = list(range(min(there), max(there) + 1))
        if directions.get(name) == "increase":
            there = [v for v in there if v >= now[name]]
        if directions.get(name) == "decrease":
            there = [v for v in there if v <= now[name]]
        values.append(there)
    rows = pd.DataFrame(list(itertools.product(*values)), columns=X.columns).astype(X.dtypes)
    second = student.predict_proba(x)[0, 1] > cutoff
    other = rows[(student.predict_proba(rows)[:, 1] > cutoff) != second]
    best = None
    scale = {name: np.abs(X[name] - X[name].median()).mean() for name in NUMBERS}
    for _, row in other.iterrows():
        costs = [
            abs(row[name] - now[name]) / scale[name] if name in NUMBERS else 1.0
            for name in X
            if row[name] != now[name]
        ]
        if best is None or (len(costs), sum(costs)) < best:
            best = (len(costs), sum(costs))
    return best


@pytest.mark.parametrize(
    ("changeable", "directions"),
    [
        (["n0", "n1", "kind", "flag"], {}),
        (["n0", "n1"], {"n0": "increase"}),
        (["n1", "flag"], {"n1": "decrease"}),
        (["kind"], {}),
    ],
)
def test_nothing_smaller_on_the_grid(student, small, changeable, directions):
    X, _ = small
    n_found = n_none = 0
    for row, cutoff in itertools.product(range(0, 60, 10), (0.5, 0.3)):
        x = X.iloc[[row]]
        found = counterfactual(
            student, x, changeable=changeable, background=X, cutoff=cutoff, directions=directions
        )
        best = grid_best(student, x, X, changeable, cutoff, directions)
        if best is None:
            assert not found.found
            assert found.row is None
            n_none += 1
            continue
        n_found += 1
        assert (len(found.changes), found.cost) == (best[0], pytest.approx(best[1]))
        before = student.predict_proba(x)[0, 1] > cutoff
        assert (student.predict_proba(found.row)[0, 1] > cutoff) != before
        assert (found.row.dtypes == X.dtypes).all()
        changed = [name for name in X if found.row[name].iloc[0] != x[name].iloc[0]]
        assert changed == [one.column for one in found.changes]
        assert set(changed) <= set(changeable)
    assert n_found or changeable == ["kind"]
    assert n_none or len(changeable) > 1


def test_both_models_are_asked(student, small):
    X, _ = small
    x = X.iloc[[3]]
    found = counterfactual(student, x, changeable=list(X), background=X)
    target = [*student.classes_].index(found.target_class)
    assert found.student_before == pytest.approx(student.predict_proba(x)[0, target])
    assert found.student_after == pytest.approx(student.predict_proba(found.row)[0, target])
    after = student.teacher_.predict_proba(found.row)[0, target]
    assert found.teacher_after == pytest.approx(after)
    assert found.teacher_agrees == ((after > 0.5) if target == 1 else (1 - after <= 0.5))
    assert json.loads(json.dumps(found.to_dict(), allow_nan=False))["found"]
    assert len(found.to_frame()) == len(found.changes)
    assert found.text.startswith(f"{found.target_class} with {found.changes[0].column} from ")
    same = counterfactual(
        student, x, changeable=list(X), background=X, target_class=student.predict(x)[0]
    )
    assert same.found
    assert (same.changes, same.cost) == ((), 0.0)
    assert same.text.endswith("already.")


def test_the_least_distance_to_a_plane():
    """One number alone moves to the plane; two where one does not suffice, the better rate first."""
    rng = np.random.default_rng(0)
    X = rng.uniform(-1, 1, size=(500, 3))
    model = LogisticRegression()
    model.classes_, model.n_features_in_ = np.array([0, 1]), 3
    model.coef_, model.intercept_ = np.array([[2.0, -1.0, 0.5]]), np.array([-0.3])
    scale = np.abs(X - np.median(X, axis=0)).mean(axis=0)
    for x in X[:20]:
        found = counterfactual(model, x, changeable=["x0", "x1", "x2"], background=X)
        start = model.decision_function(x[None])[0]
        away = start * np.array([1, 1, 1]) / model.coef_[0]  # x - away lies on the plane
        ok = (x - away >= X.min(axis=0)) & (x - away <= X.max(axis=0))
        assert len(found.changes) == (1 if ok.any() else 2)
        if ok.any():
            assert found.cost == pytest.approx((np.abs(away) / scale)[ok].min(), abs=1e-3)
    far = np.array([0.8, -0.9, 0.9])
    found = counterfactual(model, far, changeable=["x1", "x2"], background=X)
    one, two = found.changes
    assert one.after == pytest.approx(X[:, 1].max())  # 1 per unit against 0.5, of equal scales
    assert model.decision_function([[0.8, one.after, two.after]])[0] == pytest.approx(0, abs=1e-3)


@pytest.mark.parametrize("seed", range(3))
def test_boxes_of_a_tree_on_real_numbers(seed):
    """No grid point of the other decision is nearer, up to the step beyond a bound."""
    X, y = make_classification(
        200, 3, n_informative=3, n_redundant=0, n_clusters_per_class=2, random_state=seed
    )
    tree = DecisionTreeClassifier(max_leaf_nodes=10, random_state=0).fit(X, y)
    axes = [np.linspace(X[:, j].min(), X[:, j].max(), 25) for j in range(3)]
    grid = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
    scale = np.abs(X - np.median(X, axis=0)).mean(axis=0)
    for x in X[:8]:
        found = counterfactual(tree, x, changeable=["x0", "x1", "x2"], background=X)
        rows = [grid]
        for kept in [(0,), (1,), (2,), (0, 1), (0, 2), (1, 2)]:  # these stay exactly as they are
            part = grid.copy()
            part[:, list(kept)] = x[list(kept)]
            rows.append(part)
        rows = np.concatenate(rows)
        rows = rows[tree.predict(rows) != tree.predict(x[None])[0]]
        moved = np.abs(rows - x)
        n_changed = (moved > 0).sum(axis=1)
        assert len(found.changes) == n_changed.min()
        best = (moved / scale).sum(axis=1)[n_changed == n_changed.min()].min()
        assert found.cost <= best + 1e-2


def test_missing_and_special_values_stay(mixed_table):
    X, y = mixed_table
    X = X.assign(delay=np.random.default_rng(0).normal(30, 9, len(X)).round())
    X.loc[::5, "delay"] = -9
    card = DistilledScorecardClassifier(special_values={"delay": [-9]}, cv=2, random_state=0)
    card.fit(X, y)
    row = X.index[X["amount"].isna() & (X["delay"] == -9)][0]
    found = counterfactual(card, X.loc[[row]], changeable=list(X), background=X)
    assert {"amount", "delay"} <= set(found.unchangeable)
    assert not {one.column for one in found.changes} & {"amount", "delay"}
    for i in range(1, 40, 3):
        found = counterfactual(card, X.iloc[[i]], changeable=["delay", "amount"], background=X)
        assert all(one.after != -9 for one in found.changes)


def test_other_libraries(small):
    pl = pytest.importorskip("polars")
    X, y = small
    student = STUDENTS["tree"]().fit(X, y)
    frame = pl.from_pandas(X)
    options = {"changeable": list(X)}
    for i in range(5):
        one = counterfactual(student, X.iloc[[i]], background=X, **options)
        two = counterfactual(student, frame[i : i + 1], background=frame, **options)
        assert one.to_dict() == two.to_dict()
        assert two.row.schema == frame.schema


def test_a_machine_without_probabilities():
    X, y = make_classification(200, 4, random_state=0)
    model = LinearSVC(random_state=0).fit(X, y)
    found = counterfactual(model, X[0], changeable=["x1"], background=X * 10)
    assert model.predict(found.row)[0] == found.target_class == 1 - model.predict(X[:1])[0]
    assert found.student_before < 0 < found.student_after


def test_extreme_cutoffs_have_no_way():
    X, y = make_classification(200, 4, random_state=0)
    model = LogisticRegression().fit(X, y)
    found = counterfactual(model, X[0], changeable=["x0", "x1"], background=X, cutoff=1.0)
    assert not found.found
    assert found.text == "No change of these columns gives 1."
    assert found.to_dict()["cost"] is None


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"changeable": "x0"}, "changeable must be a list of names"),
        ({"changeable": ["x9"]}, "got 'x9'"),
        ({"directions": ["x0"]}, "directions must map columns to texts"),
        ({"directions": {"x0": "up"}}, "to 'increase' or 'decrease', got 'x0': 'up'"),
        ({"directions": {"x1": "increase"}}, "must map changeable columns of numbers"),
        ({"target_class": 7}, "must be one of the classes"),
    ],
)
def test_bad_options_are_refused(options, message):
    X, y = make_classification(50, 4, random_state=0)
    model = LogisticRegression().fit(X, y)
    with pytest.raises(InvalidInputError, match=message):
        counterfactual(model, X[0], **{"changeable": ["x0"], "background": X, **options})


def test_bad_students_and_rows_are_refused():
    X, y = make_classification(50, 4, random_state=0)
    model = LogisticRegression().fit(X, y)
    with pytest.raises(InvalidInputError, match="x must be one row, got 2"):
        counterfactual(model, X[:2], changeable=["x0"], background=X)
    stumps = HistGradientBoostingClassifier(max_iter=5, max_depth=1, min_samples_leaf=5).fit(X, y)
    with pytest.raises(InvalidInputError, match="are no line along the column"):
        counterfactual(stumps, X[0], changeable=["x0", "x1", "x2", "x3"], background=X)
    tree = DecisionTreeClassifier().fit(*load_iris(return_X_y=True))
    with pytest.raises(InvalidInputError, match="Counterfactuals need a student that decides"):
        counterfactual(tree, X[0], changeable=["x0"], background=X)

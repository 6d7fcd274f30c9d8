"""Trees that are their teachers, against asking both about every cell."""

import itertools

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import (
    ExtraTreesClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    RandomForestRegressor,
)

from interpkd.exceptions import InvalidInputError
from interpkd.fidelity import born_again_tree, certify_equality
from interpkd.fidelity.certificate import _equality_tree
from interpkd.fidelity.certificate._equality_plan import Planner
from interpkd.teachers import split_thresholds


@pytest.fixture(scope="module")
def rows():
    rng = np.random.default_rng(1)
    X = np.column_stack([rng.normal(size=150), rng.integers(0, 5, 150), rng.normal(size=150)])
    gaps = X.copy()
    gaps[::6, 0], gaps[::9, 1] = np.nan, np.nan
    score = X[:, 0] + X[:, 1] * (X[:, 2] > 0)
    return X, gaps, (score > 1).astype(int), np.digitize(score, [0.0, 2.0])


def beside(thresholds, *, single):
    """Numbers on both sides of thresholds, in single and in double precision."""
    t = np.unique(np.asarray(thresholds, dtype=float))
    f = t[np.isfinite(t)].astype(np.float32)
    out = [f, np.nextafter(f, np.float32(9e9)), np.nextafter(f, np.float32(-9e9))]
    if not single:
        out += [t[np.isfinite(t)], *(np.nextafter(t[np.isfinite(t)], s) for s in (9e9, -9e9))]
    return np.unique(np.concatenate([one.astype(float) for one in [*out, np.array([-1e9, 1e9])]]))


def everything(teacher, X, *, single):
    axes = [beside(one, single=single) for one in split_thresholds(teacher, ["a", "b", "c"])]
    axes = [[*axis, np.nan] if np.isnan(X[:, j]).any() else axis for j, axis in enumerate(axes)]
    Z = np.array(list(itertools.product(*axes)))
    return Z if len(Z) < 9000 else Z[np.random.default_rng(0).choice(len(Z), 9000)]


def xgboost(**more):
    module = pytest.importorskip("xgboost")
    return module.XGBClassifier(n_estimators=3, max_depth=2, n_jobs=1, **more)


TEACHERS = {
    "forest": (lambda: RandomForestClassifier(3, max_depth=3, random_state=0), False),
    "even forest": (lambda: RandomForestClassifier(2, max_depth=2, random_state=0), False),
    "extra trees": (lambda: ExtraTreesClassifier(3, max_depth=3, random_state=0), False),
    "xgboost": (xgboost, False),
    "histogram": (lambda: HistGradientBoostingClassifier(max_iter=3, max_leaf_nodes=4), True),
}


@pytest.mark.parametrize("name", list(TEACHERS))
@pytest.mark.parametrize("has_gaps", [False, True])
@pytest.mark.parametrize(("n_classes", "most_parts"), [(2, 10**6), (3, 4)])
def test_it_is_the_teacher(rows, monkeypatch, name, has_gaps, n_classes, most_parts):
    monkeypatch.setattr(_equality_tree, "MOST_PARTS", most_parts)
    X, y = rows[int(has_gaps)], rows[n_classes]
    make, single = TEACHERS[name]
    teacher = make().fit(X, y)
    grown = born_again_tree(teacher, X_ref=X)
    assert grown.is_identical
    Z = everything(teacher, X, single=single)
    np.testing.assert_array_equal(grown.tree.predict(Z), teacher.predict(Z))
    assert grown.n_leaves == grown.tree.get_n_leaves()
    assert grown.depth == grown.tree.get_depth()
    assert ("single" in grown.inputs) == single
    assert "proved" in str(grown)


def test_another_proof_says_the_same(rows):
    X, _, y, _ = rows
    teacher = xgboost().fit(X, y)
    grown = born_again_tree(teacher, X_ref=X)
    assert certify_equality(grown.tree, teacher, X_ref=X).is_identical


def test_a_leaf_limit_leaves_a_witness(rows):
    _, gaps, y, _ = rows
    teacher = RandomForestClassifier(5, max_depth=3, random_state=0).fit(gaps, y)
    grown = born_again_tree(teacher, X_ref=gaps, max_leaf_nodes=4)
    assert not grown.is_identical
    assert grown.n_leaves == 4
    assert 1 <= grown.n_open <= 4
    assert grown.tree.predict(grown.witness) != teacher.predict(grown.witness)
    assert "not the same" in str(grown)
    assert grown.to_dict()["is_identical"] is False


def test_names_of_a_frame(rows):
    X, _, y, _ = rows
    frame = pd.DataFrame(X, columns=["a", "b", "c"])
    labels = np.where(y == 1, "yes", "no")
    teacher = RandomForestClassifier(2, max_depth=2, random_state=0).fit(frame[["c", "a"]], labels)
    grown = born_again_tree(teacher, X_ref=frame)
    assert list(grown.tree.feature_names_in_) == ["a", "b", "c"]
    shuffled = frame.sample(frac=1, random_state=0)
    np.testing.assert_array_equal(
        grown.tree.predict(shuffled), teacher.predict(shuffled[["c", "a"]])
    )


def test_what_it_is_not_for(rows):
    X, _, y, _ = rows
    with pytest.raises(InvalidInputError, match="for classifiers on columns of numbers"):
        born_again_tree(RandomForestRegressor(2).fit(X, y), X_ref=X)
    with pytest.raises(InvalidInputError, match="max_leaf_nodes"):
        born_again_tree(RandomForestClassifier(2).fit(X, y), X_ref=X, max_leaf_nodes=1)


def fewest(labels):
    """The fewest boxes of one label that cuts one within the other make, by trying all."""
    if (labels == labels.flat[0]).all():
        return 1
    return min(
        fewest(left) + fewest(right)
        for axis, n in enumerate(labels.shape)
        for place in range(1, n)
        for left, right in [np.split(labels, [place], axis=axis)]
    )


def n_leaves(plan, labels):
    """The boxes of a plan, after a look at their labels."""
    if plan is None:
        assert (labels == labels.flat[0]).all()
        return 1
    left, right = np.split(labels, [plan.place], axis=plan.axis)
    return n_leaves(plan.left, left) + n_leaves(plan.right, right)


@pytest.mark.parametrize("seed", range(5))
def test_plans_of_small_tables_have_the_fewest_boxes(seed):
    draw = np.random.default_rng(seed)
    labels = draw.integers(0, 3, (3, 2, 3)).astype(np.int16)
    repeated = labels.repeat(2, axis=2)
    assert n_leaves(Planner(3).plan(repeated), repeated) == fewest(labels)


def test_plans_of_large_tables_are_right():
    labels = (np.indices((9, 8, 7)).sum(axis=0) > 11).astype(np.int16)
    assert n_leaves(Planner(2).plan(labels), labels) < labels.size / 4

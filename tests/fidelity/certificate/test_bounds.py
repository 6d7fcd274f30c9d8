"""Sums on cells are the library's; bounds over boxes hold, and are exact on one cell."""

import itertools

import numpy as np
import pytest
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from interpkd.fidelity.certificate._kernels import cut_box, profile, sum_bound, values_at
from interpkd.fidelity.certificate._models import student_misses, teacher_misses
from interpkd.fidelity.certificate._search_room import make_parts, make_room

NAMES = [
    "xgboost", "xgboost, three", "xgboost, dart", "lightgbm", "histogram", "histogram, three",
    "forest", "forest, three", "boosting", "xgboost, number", "gamma",
]  # fmt: skip


@pytest.fixture(scope="module")
def cases(teachers, make_case):
    made = {}
    for name, (teacher, X, y) in teachers.items():
        is_number = name in ("xgboost, number", "gamma")
        kind = DecisionTreeRegressor if is_number else DecisionTreeClassifier
        student = kind(max_leaf_nodes=6, random_state=0).fit(X, y)
        made[name] = make_case(teacher, student, X, tolerance=0.5 if is_number else 0.0)
    return made


def hard_rows(case, draw, n=300):
    """Ends of cells of all columns, put together at random; some missing."""
    lowest, highest = case.models.cells.ends()
    starts = case.models.cells.starts
    columns = []
    for u in range(3):
        here = slice(starts[u], starts[u + 1])
        ends = np.concatenate([lowest[here], highest[here]])
        columns.append(draw.choice(ends[np.isfinite(ends)], n))
    Z = np.column_stack(columns)
    if np.isnan(case.X).any():
        Z[draw.random(Z.shape) < 0.1] = np.nan
    return Z


def raw_margin(model, Z):
    """What the library itself gives before its link: one column, or one per class."""
    if type(model).__name__.startswith("XGB"):
        return np.asarray(model.predict(Z, output_margin=True), dtype=float)
    if type(model).__name__.startswith("LGBM"):
        return np.asarray(model.predict(Z, raw_score=True), dtype=float)
    if hasattr(model, "decision_function"):
        return model.decision_function(Z)
    if hasattr(model, "predict_proba"):
        return model.predict_proba(Z)
    return np.log(model.predict(Z))  # the one regression of scikit-learn here has this link


@pytest.mark.parametrize("name", NAMES)
def test_sums_on_cells_are_the_librarys_margins_to_the_stated_rounding(cases, name):
    case = cases[name]
    Z = hard_rows(case, np.random.default_rng(0))
    cells, margin = case.models.cells.of(Z), raw_margin(case.teacher, Z)
    teacher = case.models.teacher
    for one, other in itertools.permutations(range(max(teacher.n_classes, 2)), 2):
        wanted = margin if one > other else -margin
        if margin.ndim == 2:
            wanted = margin[:, one] - margin[:, other]
        pair = teacher.pair(one, other)
        slack = pair.slack + (1e-9 if name == "gamma" else 0)
        np.testing.assert_allclose(teacher.margins(cells, pair), wanted, rtol=0, atol=slack)
        assert pair.slack < 1e-4


@pytest.mark.parametrize("name", NAMES)
def test_models_on_cells_answer_as_before(cases, name):
    case = cases[name]
    assert not len(teacher_misses(case.prepared, case.decided()))
    answers = case.student.predict(case.X)
    if case.models.teacher.n_classes:
        answers = np.searchsorted(case.student.classes_, answers)
    assert not len(student_misses(case.prepared, answers.astype(float)))
    wrong = answers.astype(float) + 1
    assert len(student_misses(case.prepared, wrong)) == len(wrong)


def random_boxes(case, draw, n):
    """Boxes of a few cells; some hold missing values too, or nothing else."""
    missing = case.models.cells.missing
    for _ in range(n):
        low = draw.integers(0, missing)
        high = np.minimum(low + draw.integers(0, 5, 3), missing)
        alone = draw.random(3) < 0.15
        yield np.where(alone, missing, low), np.where(alone, missing, high)


@pytest.mark.parametrize("name", ["xgboost", "lightgbm", "forest, three"])
def test_no_cell_of_a_box_is_above_its_bounds(cases, name):
    case, draw = cases[name], np.random.default_rng(1)
    trees, pair = case.models.teacher.trees, case.models.teacher.pair(1, 0)
    room = make_room(trees, case.models.cells, 1)
    sums = trees, pair.value, pair.active
    for low, high in random_boxes(case, draw, 40):
        whole = sum_bound(*sums, low, high, room.leaves, room.ends, room.stack)
        again = profile(
            *sums, low, high, room.starts, room.upper, room.spread, room.middle, room.leaves,
            room.ends, room.stack, room.best,
        )  # fmt: skip
        assert again == pytest.approx(whole, abs=1e-12)
        axes = [range(a, b + 1) for a, b in zip(low, high, strict=True)]
        cells = np.array(list(itertools.product(*axes)))
        value = np.empty(len(cells))
        values_at(*sums, cells, value)
        assert value.max() <= whole + 1e-12
        if len(cells) == 1:
            assert value[0] == pytest.approx(whole, abs=1e-12)
        for f in range(3):
            for cell in range(low[f], high[f] + 1):
                slice_bound = room.upper[room.starts[f] + cell]
                assert value[cells[:, f] == cell].max() <= slice_bound + 1e-12
                assert slice_bound <= whole + 1e-12


@pytest.mark.parametrize("name", ["xgboost", "forest, three"])
def test_parts_of_a_box_are_its_rows_by_leaf(cases, name):
    case, draw = cases[name], np.random.default_rng(2)
    tree, parts = case.models.student.tree, make_parts(case.models.student.tree, 3)
    for low, high in random_boxes(case, draw, 25):
        if ((high == case.models.cells.missing) & (low < high)).any():
            continue
        n = cut_box(tree, 0, low, high, parts.low, parts.high, parts.leaf)
        sizes = [np.prod(parts.high[p] - parts.low[p] + 1) for p in range(n)]
        assert sum(sizes) == np.prod(high - low + 1)
        for p in range(n):
            leaf = np.empty(2)
            corners = np.stack([parts.low[p], parts.high[p]])
            values_at(tree, np.arange(len(tree.node)) * 1.0, np.zeros(1, int), corners, leaf)
            np.testing.assert_array_equal(leaf, parts.leaf[p])

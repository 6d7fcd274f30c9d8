"""Linear students and scorecards of many rows: the same in blocks, in any order, as in memory."""

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import ConvergenceWarning

from interpkd import (
    DistilledLinearRegression,
    DistilledLinearSVC,
    DistilledLogisticRegression,
    DistilledScorecardClassifier,
    as_teacher,
)
from interpkd.exceptions import InvalidInputError
from interpkd.learners import MemoryBlocks
from interpkd.students import _in_blocks as in_blocks
from interpkd.students import _linear_svm as linear_svm
from interpkd.students import _logistic as logistic
from interpkd.students._design import make_design
from interpkd.students._design_blocks import survey
from interpkd.students._in_blocks import take_in_blocks
from interpkd.students._linear_scaling import make_scaling
from interpkd.targets import TransferSet

N_ROWS = 2500


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "age": rng.integers(18, 80, N_ROWS).astype(float),
            "purpose": rng.choice(["car", "tv", "house", "boat"], N_ROWS, p=[0.4, 0.3, 0.2, 0.1]),
            "amount": rng.lognormal(8, 1, N_ROWS).round() + 1e6 + 0.25,
            "owner": rng.random(N_ROWS) < 0.5,
        }
    )
    frame.loc[rng.random(N_ROWS) < 0.1, "amount"] = np.nan
    frame.loc[rng.random(N_ROWS) < 0.1, "purpose"] = None
    return frame, rng.integers(1, 4, N_ROWS).astype(float)


def score(X):
    amount = np.log(X["amount"].fillna(1e6 + 3000.25).to_numpy() - 1e6 + 1)
    purpose = 0.9 * (X["purpose"] == "tv") - 0.8 * (X["purpose"] == "boat")
    z = 0.04 * (X["age"].to_numpy() - 45) + purpose.to_numpy() + 0.3 * amount - 2
    return np.round(z * 2**10) / 2**10  # as singles hold it


def two(X):
    p = np.round(2.0**20 / (1 + np.exp(-score(X)))) / 2**20
    return np.stack([1 - p, p], axis=1)


def three(X):
    P = np.stack([score(X), -0.5 * score(X), np.sin(X["age"].to_numpy() / 10)], axis=1)
    P = np.exp(P - P.max(axis=1, keepdims=True))
    P = np.round(2**20 * P / P.sum(axis=1, keepdims=True)) / 2**20
    P[:, 0] = 1 - P[:, 1] - P[:, 2]
    return P


TEACHERS = {"two": (two, [0, 1]), "three": (three, [0, 1, 2]), "numbers": (score, None)}

STUDENTS = {
    "logistic": (DistilledLogisticRegression, "two", {}),
    "logistic of three": (DistilledLogisticRegression, "three", {"temperature": 2.0}),
    "signs": (
        DistilledLogisticRegression,
        "two",
        {"monotonic_cst": {"age": -1}, "l1_ratio": 0.5, "C": 0.1},
    ),
    "svm": (DistilledLinearSVC, "two", {"intercept_scaling": 5.0}),
    "svm of three": (DistilledLinearSVC, "three", {"temperature": 2.0}),
    "regression": (DistilledLinearRegression, "numbers", {"penalty_alpha": 10.0, "l1_ratio": 0.3}),
    "no intercept": (DistilledLinearRegression, "numbers", {"fit_intercept": False}),
    "scorecard": (DistilledScorecardClassifier, "two", {"special_values": {"age": [18, 19]}}),
    "small card": (DistilledScorecardClassifier, "two", {"max_features": 2, "temperature": 2.0}),
}


def make(name, **more):
    kind, teacher, params = STUDENTS[name]
    function, classes = TEACHERS[teacher]
    return kind(as_teacher(function, classes=classes), augmentation=None, **params, **more)


def shuffled(n_blocks, dtype):
    """Give what cuts a transfer set into blocks of any order, of rows in any order."""

    def take(transfer, columns):
        _, sketch = take_in_blocks(transfer, columns)
        sketch = sketch.with_rows(sketch.Z.astype(dtype))
        rng = np.random.default_rng(n_blocks)
        parts = np.array_split(rng.permutation(len(transfer.Z)), n_blocks)
        targets = transfer.targets.reshape(len(transfer.Z), -1)
        targets = targets[:, 1:] if targets.shape[1] == 2 else targets
        blocks = [
            {
                "Z": transfer.Z[part].astype(dtype),
                "targets": targets[part].astype(np.float32),
                "weights": transfer.weights[part],
            }
            for part in parts
        ]
        return MemoryBlocks(blocks), sketch

    return take


def numbers_of(student):
    """Give what a student is made of, and the unit in which it may differ."""
    if isinstance(student, DistilledScorecardClassifier):
        table = student.points_table_
        return {
            "points": table["points"].to_numpy(),
            "rows": table["rows"].to_numpy(),
            "coefficient": table["coefficient"].to_numpy(),
            "mean": table["teacher mean"].to_numpy(),
            "rounding": np.array([student.rounding_loss_, student.rounding_change_]),
        }
    unit = np.abs(student.coef_ * student.feature_scales_).max()
    return {
        "coef": student.coef_ * student.feature_scales_ / unit,
        "scales": student.feature_scales_ / np.abs(student.feature_scales_).max(),
        "intercept": np.atleast_1d(student.intercept_) / max(np.abs(student.intercept_).max(), 1),
        "slope": np.array([getattr(student, "link_slope_", 1.0)]),
    }


def assert_same(one, two, tolerance, *, but=()):
    first, second = numbers_of(one), numbers_of(two)
    for name, values in first.items():
        if name not in but:
            np.testing.assert_allclose(values, second[name], rtol=0, atol=tolerance, err_msg=name)


@pytest.mark.parametrize("name", STUDENTS)
def test_student_does_not_hang_on_how_rows_are_cut(table, monkeypatch, name):
    X, weights = table
    monkeypatch.setattr(in_blocks, "MOST_ROWS", 1000)
    whole = make(name).fit(X, sample_weight=weights)
    module = __import__(type(whole).__module__, fromlist=["take_in_blocks"])
    for n_blocks, dtype in ((3, np.float64), (17, np.float32)):
        monkeypatch.setattr(module, "take_in_blocks", shuffled(n_blocks, dtype))
        other = make(name).fit(X, sample_weight=weights)
        assert_same(other, whole, 1e-9)
    if not isinstance(whole, DistilledLinearSVC) and whole._task == "classification":
        np.testing.assert_allclose(
            whole.student_.predict_proba(X[:50]), whole.predict_proba(X[:50]), atol=1e-9
        )


@pytest.mark.parametrize("name", STUDENTS)
def test_where_the_sketch_is_whole_blocks_give_the_student_of_arrays(table, monkeypatch, name):
    X, weights = table
    arrays = make(name).fit(X, sample_weight=weights)
    module = __import__(type(arrays).__module__, fromlist=["is_for_blocks"])
    monkeypatch.setattr(module, "is_for_blocks", lambda _: True)
    blocks = make(name).fit(X, sample_weight=weights)
    is_card = isinstance(arrays, DistilledScorecardClassifier)
    # the search for a card ends at 1e-5, and tempered targets are rounded to singles in blocks
    tolerance = 1e-5 if is_card or blocks.temperature != 1 else 1e-9
    assert_same(blocks, arrays, tolerance, but=("slope",))  # slopes are of other margins
    if not is_card:
        assert blocks.imputed_values_ == arrays.imputed_values_
        assert blocks.reference_levels_ == arrays.reference_levels_
        assert list(blocks.feature_names_out_) == list(arrays.feature_names_out_)
    if isinstance(arrays, DistilledLinearSVC):
        assert blocks.link_slope_ == pytest.approx(arrays.link_slope_, rel=0.02)


def test_one_pass_gives_scales_that_lose_no_digits(table):
    X, weights = table
    student = make("logistic").fit(X, sample_weight=weights)
    Z = student._encode(X)
    Z = np.column_stack([Z, 1e9 + np.arange(len(Z)), np.full(len(Z), 1e300), np.zeros(len(Z))])
    # a column that is tiny but for the rows of one block
    Z = np.column_stack([Z, np.where(np.arange(len(Z)) < 100, 1e200, 1e-200)])
    numeric = student.columns_[0]
    columns = (*student.columns_, *[numeric] * 4)
    transfer = TransferSet(Z, two(X), weights, len(Z))
    _, sketch = take_in_blocks(transfer, columns)
    arrays = {"Z": Z, "targets": two(X)[:, 1:], "weights": weights}
    parts = np.array_split(np.arange(len(Z)), 7)
    design = make_design(columns, Z, weights)
    for centred in (True, False):
        expected = make_scaling(design.matrix(Z), weights, centred=centred)
        found = []
        for order in (np.arange(7), np.random.default_rng(0).permutation(7)):
            blocks = MemoryBlocks([{k: v[parts[i]] for k, v in arrays.items()} for i in order])
            rows, facts = survey(blocks, columns, sketch, n_classes=2, centred=centred)
            np.testing.assert_array_equal(rows.design.fills, design.fills)
            np.testing.assert_allclose(rows.scaling.centre, expected.centre, rtol=1e-12, atol=1e-15)
            np.testing.assert_allclose(rows.scaling.scale, expected.scale, rtol=1e-9)
            np.testing.assert_array_equal(rows.scaling.used, expected.used)
            np.testing.assert_allclose(
                facts.largest, np.abs(rows(Z)).max(axis=0), rtol=1e-12, atol=1e-12
            )
            found.append((rows, facts))
        np.testing.assert_array_equal(found[0][0].scaling.scale, found[1][0].scaling.scale)
        np.testing.assert_array_equal(found[0][0].scaling.centre, found[1][0].scaling.centre)
        assert found[0][1].total == found[1][1].total


def test_medians_of_many_rows_are_those_of_the_sketch(table, monkeypatch):
    X, _ = table
    exact = make("logistic").fit(X)
    monkeypatch.setattr(in_blocks, "MOST_ROWS", 1000)
    many = make("logistic").fit(X)
    share = (X["age"] < many.imputed_values_["age"]).mean()
    assert share == pytest.approx(0.5, abs=0.05)
    assert many.reference_levels_ == exact.reference_levels_  # counted on all rows


def test_the_hinge_takes_arrays_and_no_blocks(table, monkeypatch):
    X, _ = table
    monkeypatch.setattr(in_blocks, "MOST_ROWS", 1000)
    student = make("svm", loss="hinge").fit(X)
    assert student.coef_.shape == (1, 8)
    transfer = TransferSet(np.zeros((4, 1)), np.full((4, 2), 0.5), np.ones(4), 4)
    with pytest.raises(InvalidInputError, match=r"Use loss='squared_hinge'"):
        student._fit_blocks(*take_in_blocks(transfer, student.columns_[:1]), None)
    with pytest.raises(InvalidInputError, match=r"Use loss='squared_hinge'"):
        student._takes_blocks()


def test_generated_rows_are_beside_rows_in_arrays_only(table, monkeypatch):
    X, _ = table
    monkeypatch.setattr(in_blocks, "MOST_ROWS", 1000)

    def never(*_):
        raise AssertionError

    for module in (logistic, linear_svm):
        monkeypatch.setattr(module, "take_in_blocks", never)
    student = DistilledLogisticRegression(
        as_teacher(two, classes=[0, 1]), n_augmented=100, random_state=0
    ).fit(X)
    assert student.distillation_["n_augmented"] == 100


def test_table_without_anything_to_say_and_searches_that_end_early(monkeypatch):
    monkeypatch.setattr(in_blocks, "MOST_ROWS", 10)
    X = np.ones((50, 2))
    student = DistilledLogisticRegression(
        as_teacher(lambda X: np.full((len(X), 2), 0.5), classes=[0, 1]), augmentation=None
    ).fit(X)
    np.testing.assert_array_equal(student.coef_, 0)
    X = np.random.default_rng(0).normal(size=(50, 2))
    steep = as_teacher(lambda X: np.eye(2)[(X[:, 0] > 0).astype(int)], classes=[0, 1])
    with pytest.warns(ConvergenceWarning, match="max_iter=1 steps") as caught:
        DistilledLogisticRegression(steep, augmentation=None, max_iter=1, C=1e6).fit(X)
    assert caught[0].filename == __file__

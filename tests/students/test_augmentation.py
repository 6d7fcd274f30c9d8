"""What generated rows do for a student, and what they leave alone."""

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, make_classification, make_regression
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

from interpkd import DistilledTreeClassifier, DistilledTreeRegressor, as_teacher
from interpkd.datasets import make_credit
from interpkd.exceptions import InvalidInputError, TeacherError
from interpkd.targets import _ledger
from interpkd.teachers import make_teacher


@pytest.fixture(scope="module")
def frozen():
    X, y = make_classification(300, 8, n_informative=5, random_state=0)
    return X, y, FrozenEstimator(RandomForestClassifier(10, random_state=0).fit(X, y))


class Recorder:
    """A teacher that keeps the tables it is asked about."""

    def __init__(self, answer):
        self.asked = []
        self.answer = answer

    def __call__(self, rows):
        self.asked.append(rows)
        return self.answer(rows)


def even(rows):
    return np.full((len(rows), 2), 0.5)


def test_the_default_generates_rows(frozen):
    X, _, teacher = frozen
    student = DistilledTreeClassifier(teacher, random_state=0).fit(X)
    facts = student.distillation_
    assert (facts["n_labeled"], facts["n_unlabeled"]) == (300, 0)
    # 25 for each row, and up to 300 for each leaf that is short of them
    assert 7500 <= facts["n_augmented"] <= 7500 + 16 * 300
    assert student.n_real_rows_[0] == 300
    assert student.student_.tree_.weighted_n_node_samples[0] == pytest.approx(7800)
    assert student.student_.tree_.n_node_samples[0] == 300  # the real ones


@pytest.mark.parametrize("off", [{"augmentation": None}, {"n_augmented": 0}], ids=str)
def test_augmentation_can_be_switched_off(frozen, off):
    X, _, teacher = frozen
    student = DistilledTreeClassifier(teacher, random_state=0, **off).fit(X)
    assert student.distillation_["n_augmented"] == 0
    assert student.student_.tree_.n_node_samples[0] == 300


@pytest.mark.parametrize(("sizes", "expected"), [({}, False), ({"max_depth": 3}, True)])
def test_a_student_without_size_limit_has_no_use_for_them(frozen, sizes, expected):
    X, _, teacher = frozen
    student = DistilledTreeClassifier(teacher, max_leaf_nodes=None, **sizes).fit(X)
    assert (student.distillation_["n_augmented"] >= 7500) == expected
    assert (student.distillation_["n_augmented"] > 0) == expected


def test_more_fidelity_on_few_rows():
    """Averaged over draws of 100 training rows; a law only in the mean."""
    X, y = make_classification(4000, 8, n_informative=6, random_state=0)
    teacher = FrozenEstimator(RandomForestClassifier(30, random_state=0).fit(X[:2000], y[:2000]))
    P = teacher.predict_proba(X[2000:])[:, 1]
    error = {"auto": [], None: []}
    for seed in range(3):
        rows = X[100 * seed : 100 * seed + 100]
        for choice, errors in error.items():
            student = DistilledTreeClassifier(
                teacher, augmentation=choice, max_leaf_nodes=16, random_state=seed
            ).fit(rows)
            errors.append(np.mean((student.predict_proba(X[2000:])[:, 1] - P) ** 2))
    assert np.mean(error["auto"]) < np.mean(error[None])


def test_weights_are_repetitions_with_unlabelled_and_generated_rows(frozen):
    X, _, teacher = frozen
    rng = np.random.default_rng(0)
    weight = rng.integers(0, 4, size=200)
    order = rng.permutation(weight.sum())
    student = DistilledTreeClassifier(teacher, min_samples_leaf=1, random_state=0)
    weighted = clone(student).fit(X[:200], sample_weight=weight, X_unlabeled=X[200:])
    repeated = clone(student).fit(
        np.repeat(X[:200], weight, axis=0)[order], X_unlabeled=X[200:][::-1]
    )
    assert weighted.distillation_["n_augmented"] == repeated.distillation_["n_augmented"] > 0
    np.testing.assert_allclose(weighted.predict_proba(X), repeated.predict_proba(X), atol=1e-12)


def test_an_integer_seed_fixes_the_rows(frozen):
    X, _, teacher = frozen
    one, two, other = (
        DistilledTreeClassifier(teacher, random_state=seed).fit(X).predict_proba(X)
        for seed in (3, 3, 4)
    )
    np.testing.assert_array_equal(one, two)
    assert not np.array_equal(one, other)


def test_without_a_seed_they_are_drawn_anew(frozen):
    X, _, teacher = frozen
    one, two = (DistilledTreeClassifier(teacher).fit(X).predict_proba(X) for _ in range(2))
    assert not np.array_equal(one, two)


def test_a_refitted_teacher_answers_for_them(frozen):
    """With `teacher_` the rule is exact: the targets of generated rows are its answers."""
    X, y, _ = frozen
    seen = []

    class Student(DistilledTreeClassifier):
        def _fit_student(self, transfer, signs):
            seen.append(transfer)
            return super()._fit_student(transfer, signs)

    student = Student(LogisticRegression(), alpha=0.5, random_state=0).fit(X, y)
    (transfer,) = seen
    new = slice(transfer.n_labeled, None)
    np.testing.assert_allclose(
        transfer.targets[new], student.teacher_.predict_proba(transfer.Z[new]), atol=1e-12
    )


def test_a_regression_has_them_too():
    X, y = make_regression(300, 6, random_state=0)
    teacher = FrozenEstimator(RandomForestRegressor(20, random_state=0).fit(X, y))
    student = DistilledTreeRegressor(teacher, random_state=0).fit(X)
    assert student.distillation_["n_augmented"] >= 7500


@pytest.mark.parametrize(
    "convert",
    [
        lambda frame: frame,
        lambda frame: frame.convert_dtypes(),
        pl.from_pandas,
        lambda frame: pa.Table.from_pandas(frame, preserve_index=False),
    ],
    ids=["pandas", "nullable", "polars", "pyarrow"],
)
def test_the_teacher_sees_the_users_types(convert):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "amount": rng.normal(size=60),
            "purpose": pd.Categorical(rng.choice(list("abc"), 60)),
            "count": rng.integers(0, 9, 60),
            "flag": rng.random(60) < 0.5,
        },
        index=np.arange(60) + 100,
    )
    table = convert(frame)
    teacher = Recorder(even)
    DistilledTreeClassifier(as_teacher(teacher, classes=[0, 1]), n_augmented=30).fit(table)
    real, generated = teacher.asked
    assert type(generated) is type(table)
    assert len(generated) == 30
    if isinstance(table, pd.DataFrame):
        pd.testing.assert_series_equal(generated.dtypes, table.dtypes)
    else:
        assert generated.schema == table.schema
    assert len(real) == 60


def test_unlabelled_rows_are_started_from_too():
    X = np.random.default_rng(0).normal(size=(40, 2))
    teacher = Recorder(even)
    student = DistilledTreeClassifier(as_teacher(teacher, classes=[0, 1]), n_augmented=500)
    student.fit(X, X_unlabeled=(X + 50).tolist())
    share = (teacher.asked[-1][:, 0] > 25).mean()
    assert 0.45 < share < 0.55


def test_rows_of_weight_zero_are_never_used():
    X = np.random.default_rng(0).normal(size=(60, 2))
    X[::2] += 50
    teacher = Recorder(even)
    student = DistilledTreeClassifier(as_teacher(teacher, classes=[0, 1]), n_augmented=200)
    student.fit(X, sample_weight=np.tile([0, 1], 30), X_unlabeled=X[1:3])
    generated = teacher.asked[-1]
    assert set(generated[:, 0]) <= {*X[1::2, 0], X[2, 0]}
    assert set(generated[:, 1]) <= {*X[1::2, 1], X[2, 1]}


def test_tables_of_two_libraries_are_refused():
    frame = pd.DataFrame(np.random.default_rng(0).normal(size=(40, 2)), columns=["a", "b"])
    student = DistilledTreeClassifier(as_teacher(even, classes=[0, 1]))
    with pytest.raises(
        InvalidInputError, match="X and X_unlabeled must be tables of the same kind"
    ):
        student.fit(frame, X_unlabeled=pl.from_pandas(frame))


def test_the_teacher_is_asked_in_batches(frozen, monkeypatch):
    X, _, teacher = frozen
    whole = DistilledTreeClassifier(teacher, random_state=0).fit(X)
    monkeypatch.setattr(_ledger, "BATCH", 1000)
    recorder = Recorder(teacher.predict_proba)
    parts = DistilledTreeClassifier(as_teacher(recorder, classes=[0, 1]), random_state=0).fit(X)
    sizes = [len(rows) for rows in recorder.asked]
    assert sizes[:9] == [300] + 7 * [1000] + [500]
    assert all(size <= 1000 for size in sizes[9:])  # for leaves that are short of rows
    np.testing.assert_array_equal(parts.predict_proba(X), whole.predict_proba(X))


def test_a_bad_answer_says_that_the_rows_were_generated(frozen):
    X, _, _ = frozen

    def answer(rows):
        return np.full((len(rows), 2), 0.5 if len(rows) == 300 else np.nan)

    student = DistilledTreeClassifier(as_teacher(answer, classes=[0, 1]))
    with pytest.raises(
        TeacherError,
        match=r"must be finite; 7500 of .* is row 0 of the generated rows \(made near row \d+ of X",
    ):
        student.fit(X)


def test_given_scores_generate_none(frozen):
    X, _, teacher = frozen
    P = teacher.predict_proba(X)
    student = DistilledTreeClassifier(teacher).fit(X, teacher_proba=P)
    assert student.distillation_["n_augmented"] == 0
    with pytest.raises(InvalidInputError, match="n_augmented=9 needs a teacher that can be asked"):
        DistilledTreeClassifier(teacher, n_augmented=9).fit(X, teacher_proba=P)


@pytest.mark.parametrize("effort", ["greedy", "balanced"])
def test_rules_are_backed_by_real_rows(effort):
    """Generated rows teach, and do not count as evidence."""
    X, y = load_breast_cancer(return_X_y=True)
    teacher = as_teacher(RandomForestClassifier(20, random_state=0).fit(X, y))
    student = DistilledTreeClassifier(
        teacher, effort=effort, max_leaf_nodes=32, min_samples_leaf=7, random_state=0
    ).fit(X)
    tree = student.student_.tree_
    assert student.distillation_["n_augmented"] > 0
    assert student.n_real_rows_[tree.children_left == -1].min() >= 7
    np.testing.assert_array_equal(tree.n_node_samples, student.n_real_rows_)


def test_leaves_that_no_generated_row_reaches_stay_as_they_are():
    loans = make_credit(3000, random_state=0)
    X, _, y, _ = train_test_split(loans.data, loans.target, stratify=loans.target, random_state=0)
    teacher = FrozenEstimator(make_teacher("boosted", random_state=0).fit(X, y))
    student = DistilledTreeClassifier(teacher, max_leaf_nodes=8, random_state=0).fit(X)
    assert student.get_n_leaves() == 8

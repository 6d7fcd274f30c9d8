"""A student of a data set is the student of the same rows in memory."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.frozen import FrozenEstimator

from interpkd import (
    DistilledLinearRegression,
    DistilledLinearSVC,
    DistilledLogisticRegression,
    DistilledScorecardClassifier,
    DistilledTreeClassifier,
    DistilledTreeRegressor,
    as_teacher,
)
from interpkd._collections import MemoryCollection
from interpkd.exceptions import DamagedFileError, InvalidInputError
from interpkd.teachers import make_teacher

FEATURES = ["age", "income", "city", "owner"]
N_ROWS = 1800


@pytest.fixture(scope="module")
def frame():
    """Rows with numbers, categories, truth values, missing values, weights and three targets."""
    rng = np.random.default_rng(0)
    n = N_ROWS
    table = pd.DataFrame(
        {
            "age": rng.integers(18, 80, n).astype(float),
            "income": rng.lognormal(8, 1, n),
            "city": rng.choice(["Rome", "Bonn", "Oslo", "Bern", "Kyiv"], n),
            "owner": rng.random(n) < 0.4,
            "weight": rng.integers(0, 3, n).astype(float),
        }
    )
    score = table["age"] / 40 + np.log(table["income"]) / 4 - table["owner"]
    score += table["city"].map({"Rome": 0.0, "Bonn": 1.5, "Oslo": 0.2, "Bern": 2.0, "Kyiv": -1.0})
    table["value"] = score + rng.normal(size=n) / 2
    table["two"] = np.where(table["value"] > score.median(), "good", "bad")
    table["three"] = np.digitize(table["value"], np.quantile(table["value"], [0.3, 0.6]))
    table.loc[rng.random(n) < 0.1, "income"] = np.nan
    table.loc[rng.random(n) < 0.1, "city"] = None
    return table


@pytest.fixture(scope="module")
def teachers(frame):
    def fit(target):
        task = "regression" if target == "value" else "classification"
        teacher = make_teacher("boosted", task=task, random_state=0)
        few = {"model__n_estimators": 20, "model__early_stopping_rounds": 20}
        teacher.set_params(**few)
        return FrozenEstimator(teacher.fit(frame[FEATURES], frame[target]))

    return {target: fit(target) for target in ("two", "three", "value")}


@pytest.fixture(autouse=True)
def few_rows_are_many(monkeypatch):
    """Let 600 rows be more than are brought into memory, and more than an array takes whole."""
    for name in (
        "interpkd.students._from_collection.MANY_ROWS",
        "interpkd.learners._binning.SAMPLE_ROWS",
        "interpkd.learners._growth_blocks.SAMPLE_ROWS",
        "interpkd.learners._tree_growth.SAMPLE_ROWS",
        "interpkd.learners._large_search.SEARCH_ROWS",
        "interpkd.learners._large_search.MANY_ROWS",
    ):
        monkeypatch.setattr(name, 600)
    monkeypatch.setattr("interpkd._collections._arrow_units.PART_ROWS", 300)


def student_of(target, teacher, **how):
    kind = DistilledTreeRegressor if target == "value" else DistilledTreeClassifier
    return kind(teacher, augmentation=None, max_leaf_nodes=8, **how)


def assert_same(one, two, X):
    """Same splits, values to 1e-9."""
    assert one.columns_ == two.columns_
    trees = [getattr(s.student_, "steps", [(None, s.student_)])[-1][1].tree_ for s in (one, two)]
    for name in ("children_left", "children_right", "feature", "threshold"):
        np.testing.assert_array_equal(*(getattr(tree, name) for tree in trees), err_msg=name)
    np.testing.assert_allclose(trees[0].value, trees[1].value, rtol=0, atol=1e-9)
    np.testing.assert_array_equal(one.n_real_rows_, two.n_real_rows_)
    np.testing.assert_array_equal(one.feature_names_in_, two.feature_names_in_)
    assert one.n_features_in_ == two.n_features_in_
    asked = "predict_proba" if hasattr(one, "predict_proba") else "predict"
    np.testing.assert_allclose(getattr(one, asked)(X), getattr(two, asked)(X), atol=1e-9)
    same = {"source", "n_labeled", "n_unlabeled", "n_augmented", "n_teacher_queries", "effort"}
    assert {k: one.distillation_.get(k) for k in same} == {
        k: two.distillation_.get(k) for k in same
    }


def written(frame, folder, size=400):
    folder.mkdir(exist_ok=True)
    half = len(frame) // 2
    for name, rows in (("a", frame[:half]), ("b", frame[half:])):
        table = pa.Table.from_pandas(rows, preserve_index=False)
        pq.write_table(table, folder / f"{name}.parquet", row_group_size=size)
    return ds.dataset(folder)


@pytest.mark.parametrize(("weight", "effort"), [("weight", "greedy"), (None, "balanced")])
@pytest.mark.parametrize("target", ["two", "three", "value"])
def test_a_tree_of_a_data_set_is_that_of_the_rows_in_memory(
    frame, teachers, tmp_path, target, weight, effort
):
    table = frame[[*FEATURES, *([weight] if weight else []), target]]
    student = student_of(target, teachers[target], effort=effort)
    student.fit(written(table, tmp_path / "data"), target, sample_weight=weight)
    plain = student_of(target, teachers[target], effort=effort)
    plain.fit(table[FEATURES], table[target], sample_weight=frame[weight] if weight else None)
    assert_same(student, plain, table[FEATURES])
    facts = student.distillation_
    assert facts["engine"] == "arrow"
    assert facts["n_parts"] == 10
    assert 1000 < facts["n_sketch_rows"] <= N_ROWS
    assert facts["bytes_per_row"] == 4 + 4 * (3 if target == "three" else 1) + 8 * bool(weight)


def test_the_order_of_parts_does_not_matter(frame, teachers, monkeypatch):
    monkeypatch.setattr("interpkd.students._from_collection.MOST_SKETCHED", 500)
    table = frame[[*FEATURES, "two"]]
    shuffled = table.sample(frac=1, random_state=0)
    students = [
        student_of("two", teachers["two"]).fit(MemoryCollection(rows, n_parts, "two"))
        for rows, n_parts in ((table, 3), (shuffled, 11))
    ]
    assert students[0].distillation_["n_sketch_rows"] == 500
    assert_same(*students, table[FEATURES])


def test_few_rows_are_fitted_in_memory_as_ever(frame, teachers, tmp_path, monkeypatch):
    monkeypatch.setattr("interpkd.students._from_collection.MANY_ROWS", N_ROWS)
    table = frame[[*FEATURES, "two"]][:600]
    data = written(table, tmp_path / "data", size=100)
    more = written(table[FEATURES][:50], tmp_path / "more")
    how = {"max_leaf_nodes": 4, "n_augmented": "auto", "random_state": 0}
    student = DistilledTreeClassifier(teachers["two"], **how).fit(data, "two", X_unlabeled=more)
    assert student.distillation_["n_unlabeled"] == 50
    assert student.distillation_["n_augmented"] > 0


def test_few_rows_are_the_rows(frame, teachers, tmp_path, monkeypatch):
    monkeypatch.setattr("interpkd.students._from_collection.MANY_ROWS", N_ROWS)
    table = frame[[*FEATURES, "two"]][:400]
    data = written(table, tmp_path / "data", size=100)
    student = student_of("two", teachers["two"], effort="greedy").fit(data, "two")
    plain = student_of("two", teachers["two"], effort="greedy").fit(table[FEATURES], table["two"])
    assert_same(student, plain, table[FEATURES])
    assert student.distillation_["n_passes"] == 1


def test_given_scores_are_columns(frame, teachers, tmp_path):
    P = teachers["three"].predict_proba(frame[FEATURES])
    table = frame[FEATURES].assign(three=frame["three"], **{f"p{k}": P[:, k] for k in range(3)})
    names = ["p0", "p1", "p2"]
    student = student_of("three", None)
    student.fit(written(table, tmp_path / "a"), "three", teacher_proba=names)
    plain = student_of("three", None).fit(table[FEATURES], table["three"], teacher_proba=P)
    assert_same(student, plain, table[FEATURES])
    # named by the classes they may stand in any order; of two classes one is enough
    renamed = table.rename(columns={"p0": "0", "p1": "1", "p2": "2"})[[*FEATURES, "three", *"201"]]
    again = student_of("three", None)
    again.fit(written(renamed, tmp_path / "b"), "three", teacher_proba=["2", "0", "1"])
    assert_same(again, plain, table[FEATURES])


def test_one_column_of_scores_is_of_the_second_class(frame, teachers):
    P = teachers["two"].predict_proba(frame[FEATURES])
    table = frame[FEATURES].assign(p=P[:, 1])
    student = student_of("two", None).fit(MemoryCollection(table, 4, scores="p"))
    plain = student_of("two", None).fit(table[FEATURES], teacher_proba=P)
    assert_same(student, plain, table[FEATURES])
    assert student.teacher_ is None


def test_labels_and_unlabelled_rows_take_part(frame, teachers, tmp_path):
    some, rest = frame[:1200], frame[1200:][FEATURES]
    student = student_of("two", teachers["two"], alpha=0.3)
    student.fit(
        written(some[[*FEATURES, "two"]], tmp_path / "a"),
        "two",
        X_unlabeled=written(rest, tmp_path / "b"),
    )
    plain = student_of("two", teachers["two"], alpha=0.3)
    plain.fit(some[FEATURES], some["two"], X_unlabeled=rest)
    assert_same(student, plain, frame[FEATURES])
    assert student.distillation_["n_unlabeled"] == 600


@pytest.mark.parametrize("target", ["two", "value"])
def test_a_teacher_to_be_fitted_has_folds_of_whole_parts(frame, target):
    table = frame[[*FEATURES, target, "weight"]]
    tables = {"two": HistGradientBoostingClassifier, "value": HistGradientBoostingRegressor}
    teacher = tables[target](max_iter=5, categorical_features="from_dtype", random_state=0)
    table = table.astype({"city": "category"})
    collection = MemoryCollection(table, 6, target, "weight")
    student = student_of(target, teacher, cv=3).fit(collection)
    number = np.arange(N_ROWS) // (N_ROWS // 6)
    cv = [(np.flatnonzero(number % 3 != k), np.flatnonzero(number % 3 == k)) for k in range(3)]
    plain = student_of(target, teacher, cv=cv)
    plain.fit(table[FEATURES], table[target], sample_weight=table["weight"])
    assert_same(student, plain, table[FEATURES])
    for name, value in plain.distillation_.items():
        assert student.distillation_[name] == pytest.approx(value), name


def test_a_teacher_to_be_fitted_needs_parts_and_room(frame, monkeypatch):
    collection = MemoryCollection(frame[[*FEATURES, "two"]], 5, "two")
    with pytest.raises(
        InvalidInputError, match="3 folds, which need 6 parts of X at least; it has 5"
    ):
        student_of("two", None, cv=3).fit(collection)
    monkeypatch.setattr("interpkd.students._collection_folds.available_bytes", lambda: 10_000)
    with pytest.raises(InvalidInputError, match=r"rows in memory: about .* FrozenEstimator"):
        student_of("two", None, cv=2).fit(collection)


def test_constraints_of_the_teacher_are_taken_over(frame):
    table = frame[["age", "owner", "two"]].astype({"owner": float})
    teacher = HistGradientBoostingClassifier(max_iter=5, monotonic_cst={"age": 1})
    teacher = FrozenEstimator(teacher.fit(table[["age", "owner"]], table["two"]))
    student = student_of("two", teacher, monotonic_cst="teacher")
    student.fit(MemoryCollection(table, 4, "two"))
    plain = student_of("two", teacher, monotonic_cst="teacher")
    assert_same(student, plain.fit(table[["age", "owner"]], table["two"]), table[["age", "owner"]])


def test_short_memory_changes_where_blocks_are_and_not_the_student(
    frame, teachers, tmp_path, monkeypatch
):
    table = frame[[*FEATURES, "two"]]
    plain = student_of("two", teachers["two"]).fit(MemoryCollection(table, 4, "two"))
    monkeypatch.setattr("interpkd.students._from_collection.available_bytes", lambda: 0)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    seen = []

    def watched(block, *state):
        seen.append(type(block["codes"]))
        return original(block, *state)

    original = __import__("interpkd.learners._growth_blocks", fromlist=["x"]).part_and_sum
    monkeypatch.setattr("interpkd.learners._growth_blocks.part_and_sum", watched)
    student = student_of("two", teachers["two"]).fit(MemoryCollection(table, 4, "two"))
    assert_same(student, plain, table[FEATURES])
    assert set(seen) == {np.memmap}
    assert not list(tmp_path.iterdir())


def test_a_stopped_fit_goes_on_from_its_checkpoint(frame, teachers, tmp_path, monkeypatch):
    table, folder = frame[[*FEATURES, "two", "weight"]], tmp_path / "kept"
    data = written(table, tmp_path / "data")
    how = {"sample_weight": "weight", "checkpoint": folder}
    plain = student_of("two", teachers["two"]).fit(data, "two", sample_weight="weight")
    from interpkd.students import _collection_lesson

    asked = []

    def stopping(part, lesson):
        asked.append(part.number)
        if len(asked) == 4:
            raise KeyboardInterrupt
        return _collection_lesson.teach_part(part, lesson)

    monkeypatch.setattr("interpkd.students._from_collection.teach_part", stopping)
    student = student_of("two", teachers["two"])
    with pytest.raises(KeyboardInterrupt):
        student.fit(data, "two", **how)
    assert not [name for name in vars(student) if name.endswith("_")]
    assert sorted(path.name for path in folder.iterdir()) == [
        "described.arrays",
        "fit.json",
        *(f"part-00000{k}.arrays" for k in range(3)),
    ]
    monkeypatch.setattr("interpkd.students._from_collection.describe_part", None)
    student.fit(data, "two", **how)
    assert asked == [0, 1, 2, 3, *range(3, 10)]
    assert_same(student, plain, table[FEATURES])
    again = student_of("two", teachers["two"]).fit(data, "two", **how)
    assert len(asked) == 11
    assert_same(again, plain, table[FEATURES])
    # anything else is refused
    for other, message in (
        (
            student_of("two", teachers["two"], min_samples_leaf=7),
            "min_samples_leaf was 5 there, and",
        ),
        (student_of("two", teachers["three"]), "it is of another teacher"),
    ):
        with pytest.raises(InvalidInputError, match=message):
            other.fit(data, "two", **how)
    with pytest.raises(InvalidInputError, match="it is of other rows"):
        student.fit(data, "two", checkpoint=folder)
    (folder / "part-000002.arrays").write_bytes(b"")
    with pytest.raises(DamagedFileError, match=r"part-000002\.arrays"):
        student_of("two", teachers["two"]).fit(data, "two", **how)


def test_a_checkpoint_is_refused_where_it_cannot_be_told_what_it_is_of(frame, tmp_path):
    table = frame[["age", "value"]]
    collection = MemoryCollection(table, 4, "value")
    (tmp_path / "letter.txt").write_text("mine")
    with pytest.raises(InvalidInputError, match="checkpoint needs a teacher that is fitted"):
        student_of("value", None, cv=2).fit(collection, checkpoint=tmp_path)
    teacher = as_teacher(lambda X: X["age"].to_numpy())
    with pytest.raises(InvalidInputError, match=r"cannot tell whether the teacher.* name it in"):
        student_of("value", teacher).fit(collection, checkpoint=tmp_path)
    with pytest.raises(InvalidInputError, match="X is in memory"):
        student_of("value", teacher).fit(table[["age"]], table["value"], checkpoint=tmp_path)
    scored = MemoryCollection(table, 4, scores="value")
    with pytest.raises(InvalidInputError, match=r"holds 'letter\.txt', which is no part"):
        student_of("value", None).fit(scored, checkpoint=tmp_path)


def test_what_cannot_hold_on_a_data_set_is_refused(frame, teachers):
    collection = MemoryCollection(frame[[*FEATURES, "two"]], 4, "two")
    for how, message in (
        ({"n_augmented": 5}, "'n_augmented' parameter is 5, and no rows are generated"),
        ({"cv": [([0], [1])]}, "'cv' parameter must be a number of folds"),
    ):
        with pytest.raises(InvalidInputError, match=message):
            student_of("two", None, **how).fit(collection)
    with pytest.raises(InvalidInputError, match="augmentation=None"):
        DistilledTreeClassifier(teachers["two"], augmentation="neighbours").fit(collection)
    with pytest.raises(InvalidInputError, match="teacher_proba must be the name of a column"):
        student_of("two", None).fit(collection, teacher_proba=np.ones((3, 2)))
    with pytest.raises(InvalidInputError, match="requires y to be passed"):
        student_of("two", None).fit(MemoryCollection(frame[FEATURES], 4))


def test_rows_that_break_a_rule_are_named(frame, teachers):
    table = frame[[*FEATURES, "value", "weight"]].copy()
    student = student_of("value", teachers["value"])
    table.loc[1500, "income"] = np.inf
    with pytest.raises(InvalidInputError, match="infinity: column 'income', row 1500 of X"):
        student.fit(MemoryCollection(table, 4, "value", "weight"))
    table.loc[1500, ["income", "value"]] = 1.0, np.nan
    with pytest.raises(InvalidInputError, match="X: Input y contains NaN"):
        student.fit(MemoryCollection(table, 4, "value", "weight"))
    table.loc[1500, "value"] = 1.0
    with pytest.raises(InvalidInputError, match="sample_weight is 0 on every row"):
        student.fit(MemoryCollection(table.assign(weight=0.0), 4, "value", "weight"))
    numbers = pd.concat([table[:900].assign(city=1.0), table[900:]])
    numbers["city"] = numbers["city"].astype(object)
    with pytest.raises(InvalidInputError, match="'city' mixes numbers and texts: some parts"):
        student.fit(MemoryCollection(numbers, 4, "value", "weight"))
    names = table.assign(city=[f"c{i % 300}" for i in range(N_ROWS)])
    with pytest.raises(InvalidInputError, match=r"'city' has .* 255"):
        student.fit(MemoryCollection(names, 30, "value", "weight"))


@pytest.mark.parametrize(
    ("kind", "target"),
    [
        (DistilledLogisticRegression, "three"),
        (DistilledLinearSVC, "two"),
        (DistilledScorecardClassifier, "two"),
        (DistilledLinearRegression, "value"),
    ],
)
def test_other_students_are_those_of_the_rows_in_memory(
    frame, teachers, tmp_path, monkeypatch, kind, target
):
    monkeypatch.setattr("interpkd.students._from_collection.MOST_SKETCHED", 600)
    monkeypatch.setattr("interpkd.students._in_blocks.MOST_ROWS", 600)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    table = frame[[*FEATURES, "weight", target]]
    student = kind(teachers[target], augmentation=None)
    student.fit(MemoryCollection(table, 5, target, "weight"))
    plain = kind(teachers[target], augmentation=None)
    plain.fit(table[FEATURES], table[target], sample_weight=table["weight"])
    assert student.columns_ == plain.columns_
    asked = "predict" if target == "value" else "predict_proba"
    answers = [getattr(one, asked)(table[FEATURES]) for one in (student, plain)]
    np.testing.assert_allclose(*answers, atol=1e-9)
    assert not list(tmp_path.iterdir())
    assert student.distillation_["n_passes"] > 3

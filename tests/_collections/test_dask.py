"""Dask collections without a cluster: parts, and predictions that are computed later."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.dataset as ds
import pytest

from interpkd import (
    DistilledLinearSVC,
    DistilledLogisticRegression,
    DistilledScorecardClassifier,
    DistilledTreeClassifier,
    DistilledTreeRegressor,
    as_teacher,
)
from interpkd._collections import open_collection
from interpkd.exceptions import InvalidInputError, PartError, TeacherError

dask = pytest.importorskip("dask")
da = pytest.importorskip("dask.array")
dd = pytest.importorskip("dask.dataframe")


@pytest.fixture(autouse=True, params=["synchronous"])
def scheduler(request):
    with dask.config.set(scheduler=request.param):
        yield


@pytest.fixture(scope="module")
def frame():
    rng = np.random.default_rng(0)
    n = 60
    frame = pd.DataFrame({"a": rng.random(n), "s": rng.choice(["x", "y", "z"], n)})
    frame["y"] = np.where(frame["a"] + (frame["s"] == "x") > 0.8, "good", "bad")
    frame["w"] = rng.random(n)
    return frame.set_index(pd.Index(np.arange(n) * 2))


def rows_of(part):
    return part.X.assign(y=part.y, w=part.sample_weight)


def first_column(part):
    X = np.asarray(part.X)[:, :1]
    return {"Z": X.astype(float)}, {"n": np.array([len(part)])}


def doubt(part):
    if part.number == 2:
        msg = "Probabilities must be finite."
        raise TeacherError(msg, row=1)


def tear(rows, partition_info=None):
    if partition_info and partition_info["number"] == 1:
        msg = "the file is torn"
        raise OSError(msg)
    return rows


def test_parts_are_the_partitions(frame):
    ddf = dd.from_pandas(frame, npartitions=4)
    for collection in (
        open_collection(ddf, "y", "w"),
        open_collection(ddf[["a", "s"]], ddf["y"], ddf["w"]),
        open_collection(ddf[["a", "s"]], ddf["y"], ddf["w"].to_dask_array()),
    ):
        assert collection.feature_names == ["a", "s"]
        assert (collection.n_parts, collection.n_rows, collection.is_named) == (4, None, True)
        found = list(collection.map(rows_of))
        expected = frame[["a", "s", "y", "w"]]
        pd.testing.assert_frame_equal(pd.concat(found).astype(str), expected.astype(str))
        some = list(collection.map(rows_of, parts=[2]))
        pd.testing.assert_frame_equal(some[0], found[2])
        assert collection.n_passes == 2


def test_array_chunks_are_parts():
    X = da.from_array(np.arange(60.0).reshape(20, 3), chunks=(6, 2))
    y = da.from_array(np.arange(20) % 2, chunks=5)
    collection = open_collection(X, y)
    assert (collection.feature_names, collection.is_named) == (["x0", "x1", "x2"], False)
    assert (collection.n_parts, collection.n_rows) == (4, 20)
    blocks, told = collection.keep(first_column)
    assert [int(one["n"][0]) for one in told] == [6, 6, 6, 2]
    assert blocks.sum(lambda block: [block["Z"].sum()]) == [np.arange(0.0, 60, 3).sum()]
    blocks.close()


def test_what_does_not_belong_together_is_refused(frame):
    ddf = dd.from_pandas(frame, npartitions=4)
    with pytest.raises(InvalidInputError, match="y='label' is not a column of X"):
        open_collection(ddf, "label")
    with pytest.raises(InvalidInputError, match="y has 2 partitions and X has 4"):
        open_collection(ddf, dd.from_pandas(frame["y"], npartitions=2))
    with pytest.raises(InvalidInputError, match="y must be the name of a column, or a Dask"):
        open_collection(ddf, frame["y"])
    with pytest.raises(InvalidInputError, match="y='y' names a column, and a Dask Array has none"):
        open_collection(da.zeros((4, 2)), "y")
    shorter = ddf["y"].map_partitions(lambda part: part.iloc[1:])
    with pytest.raises(InvalidInputError, match="In partition 0: y has 14 rows and X has 15"):
        list(open_collection(ddf, shorter).map(rows_of))


def test_a_partition_that_raises_is_named(frame):
    ddf = dd.from_pandas(frame, npartitions=4)
    with pytest.raises(TeacherError, match="In partition 2: Probabilities must be finite") as e:
        list(open_collection(ddf).map(doubt))
    assert e.value.row == 1
    torn = open_collection(ddf.map_partitions(tear, meta=ddf._meta))
    with pytest.raises(PartError, match=r"Partition 1 could not .* OSError: the file is torn") as e:
        torn.keep(first_column)
    assert isinstance(e.value.__cause__, OSError)


def test_fingerprint_tells_of_rows_and_columns(frame):
    def now(rows, *columns):
        return open_collection(dd.from_pandas(rows, npartitions=2), *columns).fingerprint()

    first = now(frame, "y")
    assert first == now(frame, "y")
    assert first != now(frame, "y", "w")
    assert first != now(frame.assign(a=0.0), "y")


def teacher(task):
    if task == "regression":
        return as_teacher(lambda X: X["a"].to_numpy() * 2)

    def proba(X):
        p = 0.1 + 0.8 * X["a"].to_numpy() * (X["s"] != "x").to_numpy()
        return np.column_stack([1 - p, p])

    return as_teacher(proba, classes=["bad", "good"])


@pytest.mark.parametrize(
    ("kind", "methods"),
    [
        (DistilledTreeClassifier, ["predict", "predict_proba"]),
        (DistilledLogisticRegression, ["predict", "predict_proba", "decision_function"]),
        (DistilledLinearSVC, ["predict", "decision_function"]),
        (DistilledScorecardClassifier, ["predict", "score_samples", "decision_function"]),
        (DistilledTreeRegressor, ["predict"]),
    ],
)
def test_predictions_are_lazy_and_the_same(frame, kind, methods):
    task = "regression" if kind is DistilledTreeRegressor else "classification"
    student = kind(teacher(task), augmentation=None).fit(frame[["a", "s"]])
    rows = frame[["a", "s"]]
    ddf = dd.from_pandas(rows, npartitions=4)
    for method in methods:
        expected = getattr(student, method)(rows)
        answers = getattr(student, method)(ddf)
        assert answers.divisions == ddf.divisions
        found = answers.compute()
        np.testing.assert_array_equal(np.asarray(found), expected)
        pd.testing.assert_index_equal(found.index, rows.index)
        if expected.ndim == 2:
            assert list(answers.columns) == list(found.columns) == list(student.classes_)
            assert list(answers.dtypes) == list(found.dtypes)
        else:
            assert answers.dtype == found.dtype
        some = getattr(student, method)(ddf[ddf["a"] > 2])  # no row is left in any partition
        assert len(some.compute()) == 0


@pytest.mark.parametrize("n_classes", [2, 3])
def test_predictions_for_arrays(n_classes):
    X = np.random.default_rng(0).random((40, 3))
    P = np.column_stack([X[:, :n_classes]])
    P = P / P.sum(axis=1, keepdims=True)
    student = DistilledLogisticRegression().fit(X, teacher_proba=P)
    rows = da.from_array(X, chunks=(15, 2))
    for method in ("predict", "predict_proba", "decision_function"):
        answers = getattr(student, method)(rows)
        expected = getattr(student, method)(X)
        assert answers.chunks[0] == (15, 15, 10)
        assert (answers.shape, answers.dtype) == (expected.shape, expected.dtype)
        np.testing.assert_allclose(answers.compute(), expected, rtol=1e-12)
    with pytest.raises(InvalidInputError, match="is expecting 3 features"):
        student.predict(rows[:, :2])


def test_the_teacher_does_not_travel(frame):
    import pickle

    student = DistilledTreeClassifier(teacher("classification")).fit(frame[["a", "s"]])
    light = student._without_teacher()
    pickle.dumps(light)  # the teacher is a function of a function
    assert student.teacher_ is not None
    assert light.get_params()["teacher"] is None


def test_other_columns_and_data_sets_are_refused(frame):
    student = DistilledTreeClassifier(teacher("classification")).fit(frame[["a", "s"]])
    with pytest.raises(ValueError, match="feature names"):
        student.predict(dd.from_pandas(frame, npartitions=2))
    with pytest.raises(InvalidInputError, match="use the command 'interpkd predict'"):
        student.predict_proba(ds.dataset(pa.table({"a": [0.1], "s": ["x"]})))


def test_parts_of_few_columns_of_files_stay_apart(tmp_path):
    """Dask reads several files at once where few of their columns are wanted."""
    rng = np.random.default_rng(0)
    for k in range(6):
        rows = pd.DataFrame(rng.random((10, 30)), columns=[f"c{j}" for j in range(30)])
        rows.assign(k=k).to_parquet(tmp_path / f"{k}.parquet")
    ddf = dd.read_parquet(tmp_path)
    for collection in (
        open_collection(ddf[["c0", "c1"]], ddf["k"]),
        open_collection(ddf[["c0", "c1", "k"]], "k"),
    ):
        parts = list(collection.map(rows_of))
        assert [part["y"].unique().tolist() for part in parts] == [[k] for k in range(6)]
        X, y, _ = collection.partitions([1, 4])
        assert X.optimize().npartitions == y.optimize().npartitions == 2
        assert y.compute().unique().tolist() == [1, 4]
        assert [*X.columns] == ["c0", "c1"]

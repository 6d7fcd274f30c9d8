"""A student fitted by a cluster is the one that is fitted in memory, whatever happens there."""

import os
import signal

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.tree import DecisionTreeClassifier

from interpkd import DistilledLogisticRegression, DistilledTreeClassifier, as_teacher
from interpkd._collections._dask_blocks import DaskBlocks
from interpkd.exceptions import TeacherError

dd = pytest.importorskip("dask.dataframe")
da = pytest.importorskip("dask.array")

pytestmark = pytest.mark.distributed

N_ROWS = 210_000  # more than are brought into memory
SIZE = {"max_leaf_nodes": 6, "augmentation": None}


@pytest.fixture(scope="module")
def frame():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(N_ROWS, 3)).astype(np.float32), columns=["a", "b", "c"])
    frame["kind"] = rng.choice(["p", "q", "r"], N_ROWS)
    frame["y"] = (frame["a"] + frame["b"] * frame["c"] + (frame["kind"] == "q") > 0).astype(int)
    return frame


class Teacher:
    """A fitted tree that may die while it is asked, or refuse some rows."""

    def __init__(self, frame, flag=None, refused=None):
        self.tree = DecisionTreeClassifier(max_depth=5).fit(self._numbers(frame), frame["y"])
        self.classes_, self.flag, self.refused = self.tree.classes_, flag, refused

    def predict_proba(self, X):
        if self.flag is not None and multiprocessing_child():
            die_once(self.flag)
        if self.refused is not None and (X["a"] == self.refused).any():
            msg = "I was not trained on this"
            raise ArithmeticError(msg)
        return self.tree.predict_proba(self._numbers(X))

    @staticmethod
    def _numbers(X):
        return np.column_stack([X[["a", "b", "c"]].to_numpy(), X["kind"] == "q"])


def multiprocessing_child():
    import multiprocessing

    return multiprocessing.parent_process() is not None


def die_once(flag):
    try:
        os.close(os.open(flag, os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.fixture(scope="module")
def teacher(frame):
    return as_teacher(Teacher(frame[:20_000]))


@pytest.fixture(scope="module")
def reference(frame, teacher):
    """The student of the rows in memory."""
    return DistilledTreeClassifier(teacher, **SIZE).fit(frame[["a", "b", "c", "kind"]])


@pytest.fixture(scope="module")
def ddf(frame):
    return dd.from_pandas(frame, npartitions=9)


def same(student, reference):
    """Compare splits and values to the last bit."""
    one, two = (model.student_.steps[-1][1].tree_ for model in (student, reference))
    for name in ("feature", "threshold", "value", "n_node_samples", "weighted_n_node_samples"):
        np.testing.assert_array_equal(getattr(one, name), getattr(two, name), err_msg=name)
    assert student.columns_ == reference.columns_
    np.testing.assert_array_equal(student.n_real_rows_, reference.n_real_rows_)


def test_two_workers_and_shuffled_partitions(client, ddf, teacher, reference):
    for order in (range(9), [4, 8, 0, 2, 7, 1, 3, 6, 5]):
        parts = dd.concat([ddf.partitions[k] for k in order], interleave_partitions=False)
        student = DistilledTreeClassifier(teacher, **SIZE).fit(parts, "y")
        same(student, reference)
    assert student.distillation_["engine"] == "dask"
    assert student.distillation_["n_parts"] == 9
    features = ddf[["a", "b", "c", "kind"]]
    proba = student.predict_proba(features)
    assert list(proba.columns) == [0, 1]
    rows = features.compute()
    np.testing.assert_array_equal(proba.compute().to_numpy(), reference.predict_proba(rows))


def test_one_and_four_workers(alone, four, ddf, teacher, reference):
    for other in (alone, four):
        with other.as_current():
            same(DistilledTreeClassifier(teacher, **SIZE).fit(ddf, "y"), reference)


def test_a_worker_killed_while_it_asks_the_teacher(client, frame, ddf, reference, tmp_path):
    flag = tmp_path / "dead"
    mortal = as_teacher(Teacher(frame[:20_000], str(flag)))
    same(DistilledTreeClassifier(mortal, **SIZE).fit(ddf, "y"), reference)
    assert flag.exists()


def test_a_worker_killed_while_the_tree_grows(client, ddf, teacher, reference, monkeypatch):
    killed, plain = [], DaskBlocks.sum

    def sum_and_kill(self, *args):
        killed.append(len(killed))
        if len(killed) == 4:
            victim = client.submit(os.getpid, pure=False).result()
            os.kill(victim, signal.SIGKILL)
        return plain(self, *args)

    monkeypatch.setattr(DaskBlocks, "sum", sum_and_kill)
    same(DistilledTreeClassifier(teacher, **SIZE).fit(ddf, "y"), reference)
    assert len(killed) > 5


def test_a_partition_that_the_teacher_refuses(client, frame, ddf, at_rest):
    strange = float(frame["a"].iloc[150_000])
    teacher = as_teacher(Teacher(frame[:20_000], refused=strange))
    student = DistilledTreeClassifier(teacher, **SIZE)
    with pytest.raises(TeacherError, match=r"failed on row .* of partition 6: Arith") as e:
        student.fit(ddf, "y")
    assert isinstance(e.value.__cause__, ArithmeticError)
    assert not hasattr(student, "student_")
    assert at_rest(client)


def test_linear_students(client, ddf, teacher, frame):
    reference = DistilledLogisticRegression(teacher).fit(frame[["a", "b", "c", "kind"]])
    student = DistilledLogisticRegression(teacher).fit(ddf, "y")
    rows = frame[["a", "b", "c", "kind"]][:500]
    for method in ("decision_function", "predict_proba"):
        found, expected = (getattr(one, method)(rows) for one in (student, reference))
        np.testing.assert_allclose(found, expected, rtol=1e-7, atol=1e-9)


def test_few_rows_are_fitted_in_memory_with_teachers_of_their_own(client, frame):
    few = frame[:400]
    teacher = DecisionTreeClassifier(max_depth=3, random_state=0)
    pipe = make_pipeline(FunctionTransformer(numbers_only), teacher)
    student = DistilledTreeClassifier(pipe, cv=2, max_leaf_nodes=4, random_state=0)
    expected = clone(student).fit(few[["a", "b", "c", "kind"]], few["y"])
    ddf = dd.from_pandas(few, npartitions=4)
    same(student.fit(ddf[["a", "b", "c", "kind"]], ddf["y"]), expected)
    assert student.distillation_["n_parts"] == 4


def numbers_only(X):
    return X[["a", "b", "c"]]


def test_arrays(client, frame):
    X = frame[["a", "b", "c"]].to_numpy()
    P = 1 / (1 + np.exp(-X[:, 0] - X[:, 1]))
    teacher = as_teacher(proba_of_array, classes=[0, 1])
    reference = DistilledTreeClassifier(teacher, **SIZE).fit(X)
    student = DistilledTreeClassifier(teacher, **SIZE).fit(da.from_array(X, chunks=(30_000, 2)))
    for name in ("feature", "threshold", "value"):
        found, expected = (getattr(s.student_.tree_, name) for s in (student, reference))
        np.testing.assert_array_equal(found, expected)
    assert np.mean((reference.predict(X) == 1) == (P > 0.5)) > 0.8


def proba_of_array(X):
    p = 1 / (1 + np.exp(-X[:, 0] - X[:, 1]))
    return np.column_stack([1 - p, p])

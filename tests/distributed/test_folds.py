"""Teachers that a cluster fits: folds are of whole partitions."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from interpkd._asking import class_probabilities, predictions
from interpkd._collections import open_collection
from interpkd.exceptions import InvalidInputError
from interpkd.students._collection_dask_folds import cross_fit_on_dask, fits_on_dask

dd = pytest.importorskip("dask.dataframe")

pytestmark = pytest.mark.distributed


@pytest.fixture(scope="module")
def frame():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(800, 3)), columns=["a", "b", "c"])
    frame["y"] = (frame["a"] + rng.normal(size=800) > 0).astype(int)
    frame["part"] = np.arange(800) // 100
    # the label of the first fold's rows says something else: a teacher that saw them would know
    frame.loc[frame["part"] % 2 == 0, "y"] = (frame["b"] > 0).astype(int)
    return frame


def teacher_of(kind, task):
    library = pytest.importorskip(f"{kind}.dask")
    name = {"xgboost": "DaskXGB", "lightgbm": "DaskLGBM"}[kind]
    name += "Classifier" if task == "classification" else "Regressor"
    return getattr(library, name)(n_estimators=10, max_depth=3)


@pytest.mark.filterwarnings("ignore")  # of the libraries, on their own clusters
@pytest.mark.parametrize(
    ("kind", "task"),
    [
        ("xgboost", "classification"),
        ("xgboost", "regression"),
        ("lightgbm", "classification"),
    ],
)
def test_teachers_are_fitted_without_the_parts_of_their_fold(client, frame, kind, task):
    teacher = teacher_of(kind, task)
    assert fits_on_dask(teacher)
    student = SimpleNamespace(teacher=teacher, cv=2, _task=task)
    rows = frame.drop(columns="part")
    collection = open_collection(dd.from_pandas(rows, npartitions=8), "y")
    labels = np.array([0, 1]) if task == "classification" else None
    teaching, folds = cross_fit_on_dask(student, collection, SimpleNamespace(labels=labels))
    assert (len(folds.teachers), teaching.facts["n_folds"]) == (2, 2)
    X, even = rows[["a", "b", "c"]], frame["part"] % 2 == 0

    def answers(model):
        if task == "regression":
            return predictions(model, X)
        return class_probabilities(model, X, labels)[:, 1]

    # the even parts' labels follow b: only who has not seen them goes by a
    assert folds.of(2) is folds.teachers[0]
    unaware, aware = (np.corrcoef(answers(one)[even], X["b"][even])[0, 1] for one in folds.teachers)
    assert abs(unaware) < 0.4 < aware
    score = "accuracy" if task == "classification" else "r2"
    assert teaching.facts[f"{score}_in_sample"] > teaching.facts[f"{score}_out_of_fold"]


def test_what_cannot_be_fitted_is_refused(client, frame):
    import dask

    teacher = teacher_of("xgboost", "classification")
    student = SimpleNamespace(teacher=teacher, cv=2, _task="classification")
    ddf = dd.from_pandas(frame, npartitions=8)
    found = SimpleNamespace(labels=np.array(["bad", "good"]))
    with pytest.raises(InvalidInputError, match="takes the labels 0, 1, …, and y holds"):
        cross_fit_on_dask(student, open_collection(ddf, "y"), found)
    with dask.config.set(scheduler="synchronous"):
        alone = open_collection(ddf, "y")
    with pytest.raises(InvalidInputError, match="is fitted by a cluster, and there is none"):
        cross_fit_on_dask(student, alone, SimpleNamespace(labels=np.array([0, 1])))

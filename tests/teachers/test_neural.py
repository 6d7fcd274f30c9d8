"""A neural teacher reads raw tables, keeps quiet, and repeats itself from a seed."""

import logging
import pickle
import random
import subprocess
import sys

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.base import clone

from interpkd import DistilledTreeClassifier
from interpkd.exceptions import InvalidInputError, MissingExtraError
from interpkd.teachers import make_teacher

pytest.importorskip("pytabkit")
torch = pytest.importorskip("torch")


def small(task="classification", random_state=0, n_epochs=12):
    teacher = make_teacher("neural", task=task, random_state=random_state)
    return teacher.set_params(model__n_epochs=n_epochs)


def states():
    """The global generators, as what can be compared."""
    numbers = np.random.get_state()[1]  # noqa: NPY002 (it is this one that must not move)
    return torch.random.get_rng_state().tolist(), numbers.tolist(), random.getstate()


@pytest.fixture(scope="module")
def fitted(mixed_table):
    return small().fit(*mixed_table)


def test_classifier_on_a_raw_table(mixed_table, fitted):
    frame, label = mixed_table
    assert fitted.classes_.tolist() == ["bad", "good"]
    P = fitted.predict_proba(frame)
    np.testing.assert_allclose(P.sum(axis=1), 1, atol=1e-15)
    assert np.mean(fitted.predict(frame) == label) > 0.7
    np.testing.assert_array_equal(fitted.predict_proba(pl.from_pandas(frame)), P)


def test_gaps_and_unseen_categories(mixed_table, fitted):
    frame, _ = mixed_table
    unseen, missing = frame.assign(purpose="plane"), frame.assign(purpose=None)
    np.testing.assert_array_equal(fitted.predict_proba(unseen), fitted.predict_proba(missing))
    model = fitted.model_
    assert model.had_gaps_ == ["x2"]  # the amount
    gap = frame.assign(amount=np.nan)
    median = frame.assign(amount=model.medians_["x2"])
    assert (fitted.predict_proba(gap) != fitted.predict_proba(median)).any()  # it is told apart
    no_age = frame.assign(age=np.nan)  # never missing in fit: the median, and nothing more
    np.testing.assert_array_equal(
        fitted.predict_proba(no_age), fitted.predict_proba(frame.assign(age=model.medians_["x0"]))
    )


def test_a_column_of_gaps_only(mixed_table):
    frame, label = mixed_table
    table = frame[["age"]].assign(nothing=np.nan)
    assert small(n_epochs=1).fit(table, label).predict_proba(table).shape == (400, 2)


def test_regressor_on_a_raw_table(mixed_table):
    frame, _ = mixed_table
    X, y = frame.drop(columns="age"), 2.0 * frame["owner"] + (frame["purpose"] == "car")
    teacher = small("regression").fit(X, y)
    assert teacher.score(X, y) > 0.6
    far = small("regression").fit(X, 1e9 + y)  # float32 alone would lose all of it
    np.testing.assert_allclose(far.predict(X) - 1e9, teacher.predict(X), atol=1e-3)


def test_numbers_without_names():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 3))
    X[::7, 1] = np.nan
    y = np.digitize(X[:, 0], [-0.5, 0.5])
    teacher = small(n_epochs=20).fit(X, y)
    assert teacher.predict_proba(X).shape == (200, 3)
    assert np.mean(teacher.predict(X) == y) > 0.8


def test_a_seed_repeats_it_and_touches_nothing_else(mixed_table, fitted):
    frame, label = mixed_table
    before = states()
    again = clone(fitted).fit(frame, label)
    np.testing.assert_array_equal(again.predict_proba(frame), fitted.predict_proba(frame))
    other = small(random_state=1).fit(frame, label)
    assert (other.predict_proba(frame) != fitted.predict_proba(frame)).any()
    assert states() == before


@pytest.mark.slow
def test_it_is_silent(mixed_table, fitted, capfd):
    """Lightning prints its devices and an advertisement, on each fit and each prediction."""
    frame, label = mixed_table
    clone(fitted).fit(frame, label).predict_proba(frame)
    out, err = capfd.readouterr()
    assert (out, err) == ("", "")
    code = (
        "import logging\n"
        "import numpy as np\n"
        "from interpkd.teachers import make_teacher\n"
        "teacher = make_teacher('neural', random_state=0).set_params(model__n_epochs=1)\n"
        "X = np.arange(60.0).reshape(30, 2)\n"
        "teacher.fit(X, [0, 1] * 15).predict_proba(X)\n"
        "print(logging.getLogger('pytorch_lightning').level)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stderr == ""
    assert run.stdout == f"{logging.INFO}\n"  # Lightning's own level, given back


@pytest.mark.parametrize("n_rows", [2, 3, 9])
def test_few_rows_and_rare_classes(n_rows):
    X = np.arange(2.0 * n_rows).reshape(n_rows, 2)
    y = ["rare"] + ["usual"] * (n_rows - 1)
    teacher = small(n_epochs=2).fit(X, y)
    assert teacher.predict_proba(X).shape == (n_rows, 2)


def test_many_rows_get_fewer_epochs():
    model = make_teacher("neural").model
    assert [model._epochs(n) for n in (100, 50_000, 100_000, 10**6, 10**8)] == [
        256,
        256,
        128,
        12,
        8,
    ]


def test_a_student_learns_from_it(mixed_table):
    frame, label = mixed_table
    student = DistilledTreeClassifier(small(n_epochs=4), cv=2, random_state=0).fit(frame, label)
    assert student.distillation_["source"] == "out-of-fold"
    assert np.mean(student.predict(frame) == student.teacher_.predict(frame)) > 0.7


def test_weights_are_refused(mixed_table):
    frame, label = mixed_table
    with pytest.raises(InvalidInputError, match="takes no sample_weight"):
        small().fit(frame, label, sample_weight=np.arange(400))
    small(n_epochs=1).fit(frame, label, sample_weight=np.full(400, 2.0))  # equal: nothing is lost


@pytest.mark.parametrize("library", ["pytabkit", "torch"])
def test_without_its_libraries_it_says_what_to_install(monkeypatch, library):
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(MissingExtraError, match=rf'{library} .*pip install "interpkd\[neural\]"'):
        make_teacher("neural")


def test_a_gpu_that_is_not_there():
    if torch.cuda.is_available():
        assert make_teacher("neural").model.device == "cuda"
        return
    assert make_teacher("neural").model.device == "cpu"
    with pytest.raises(InvalidInputError, match=r"needs CUDA, and torch .* sees none here"):
        make_teacher("neural", device="cuda")


def test_columns_that_are_called_like_the_indicators():
    table = pd.DataFrame({"a": [1.0, np.nan] * 20, "a is missing": [0.0, 5.0] * 20})
    small(n_epochs=1).fit(table, [0, 1] * 20).predict_proba(table)


def test_pickle(mixed_table, fitted):
    frame, _ = mixed_table
    again = pickle.loads(pickle.dumps(fitted))  # noqa: S301 (our own)
    np.testing.assert_array_equal(again.predict_proba(frame), fitted.predict_proba(frame))

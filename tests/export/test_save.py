"""Files of students: what comes back is what was saved, of the same class."""

import json
import re
import zipfile

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import GroupKFold, KFold, PredefinedSplit, RepeatedStratifiedKFold
from sklearn.neighbors import KNeighborsClassifier
from sklearn.tree import (
    DecisionTreeClassifier,
    DecisionTreeRegressor,
    ExtraTreeClassifier,
    plot_tree,
)

from interpkd import (
    DistilledClassifier,
    DistilledLinearRegression,
    DistilledLinearSVC,
    DistilledLogisticRegression,
    DistilledScorecardClassifier,
    DistilledTreeClassifier,
    DistilledTreeRegressor,
    audit_report,
    explain,
    fidelity_report,
)
from interpkd._fingerprint import fingerprint
from interpkd.exceptions import InvalidInputError
from interpkd.export import load, read_json, rule_list, save, to_json, to_rules

ANSWERS = ("predict", "predict_proba", "decision_function", "apply", "score_samples")


def same_fitted(loaded, student):
    """Compare all that is fitted, attribute by attribute, types of arrays included."""
    assert type(loaded) is type(student)
    left, right = vars(student) | {"teacher_": 0}, vars(loaded) | {"teacher_": 0}
    assert {*right} - {"teacher_reference_"} == {*left}
    for name in {*left} - {"teacher_", "teacher", *student.get_params(deep=False)}:
        own, wanted = getattr(loaded, name), getattr(student, name)
        if name == "tree_":
            assert_same_tree(own, wanted)
        elif isinstance(wanted, pd.DataFrame):
            pd.testing.assert_frame_equal(own, wanted)
        else:  # a hash of all parts and their types; estimators of scikit-learn too
            assert fingerprint(own) == fingerprint(wanted), name
    assert repr(loaded) == repr(clone(student).set_params(**_without_teacher(student)))


def assert_same_tree(own, wanted):
    """Compare all arrays, but for the side of missing values in leaves, which are left unset."""
    hashes = []
    for state in (own.__getstate__(), wanted.__getstate__()):
        nodes = state["nodes"].copy()
        nodes["missing_go_to_left"][nodes["left_child"] < 0] = 0
        hashes.append(fingerprint(state | {"nodes": nodes}))
    assert hashes[0] == hashes[1]


def _without_teacher(student):
    return {"teacher": None} if "teacher" in student.get_params() else {}


def same_answers(loaded, student, rows):
    for name in ANSWERS:
        assert hasattr(loaded, name) == hasattr(student, name)
        if hasattr(student, name):
            own, wanted = getattr(loaded, name)(rows), getattr(student, name)(rows)
            assert own.dtype == wanted.dtype
            np.testing.assert_array_equal(own, wanted)


def test_a_loaded_student_is_the_one_saved(exported, tmp_path):
    student, rows = exported
    path = save(student, tmp_path / "student.interpkd")
    loaded = load(path)
    same_answers(loaded, student, rows)
    same_fitted(loaded, student)
    assert to_json(loaded) == to_json(student)
    # the same bytes from the same student, saved now or saved again
    again = [save(one, tmp_path / "again.interpkd").read_bytes() for one in (student, loaded)]
    assert again == [path.read_bytes()] * 2
    assert sorted(one.name for one in tmp_path.iterdir()) == ["again.interpkd", "student.interpkd"]


def test_students_of_documents_are_saved_too(written, tmp_path):
    student, rows = written
    read = read_json(to_json(student))
    loaded = load(save(read, tmp_path / "read.interpkd"))
    assert type(loaded) is type(read)
    same_answers(loaded, read, rows)


@pytest.fixture(scope="module")
def taught(tmp_path_factory):
    """A student of a forest, its file, and rows."""
    X, y = load_iris(return_X_y=True, as_frame=True)
    names = load_iris().target_names[y]
    forest = FrozenEstimator(RandomForestClassifier(5, random_state=0).fit(X, names))
    student = DistilledTreeClassifier(forest, max_leaf_nodes=4, effort="greedy", random_state=0)
    student.fit(X, names)
    return student, save(student, tmp_path_factory.mktemp("saved") / "s.interpkd"), X, names


def test_the_teacher_stays_behind_and_is_named(taught):
    student, path, _, _ = taught
    loaded = load(path)
    assert loaded.teacher is None
    with pytest.raises(AttributeError, match="loaded from a file, and a teacher is never inside"):
        loaded.teacher_  # noqa: B018
    assert not hasattr(loaded, "teacher_")
    reference = loaded.teacher_reference_
    assert reference["type"] == "sklearn.ensemble._forest.RandomForestClassifier"
    assert reference["sha256"] == fingerprint(student.teacher_)["sha256"]
    with zipfile.ZipFile(path) as archive:  # the forest has more nodes than all of it has bytes
        assert sum(info.file_size for info in archive.infolist()) < 12_000
    with pytest.raises(AttributeError, match=r"^'DistilledTreeClassifier' object has no attribute"):
        DistilledTreeClassifier().teacher_  # noqa: B018


def test_it_serves_wherever_a_student_does(taught):
    student, path, X, names = taught
    loaded = load(path)
    with pytest.raises(InvalidInputError, match=r"holds no fitted teacher\. Pass teacher="):
        fidelity_report(loaded, X)
    report = fidelity_report(loaded, X, names, teacher=student.teacher_).to_dict()
    assert report == fidelity_report(student, X, names).to_dict()
    own, wanted = (explain(one, X[:3], background=X[::30]).student for one in (loaded, student))
    np.testing.assert_array_equal(own.values, wanted.values)
    assert to_rules(loaded) == to_rules(student)
    assert str(rule_list(loaded)) == str(rule_list(student))
    audit = audit_report(loaded, X, names, background=X[::30], teacher=student.teacher_).to_dict()
    assert audit["model"] == to_json(student)
    assert audit["lineage"]["distillation"]["source"] == "frozen teacher"
    assert plot_tree(loaded.student_)


def test_it_is_cloned_and_fitted_again(taught):
    student, path, X, names = taught
    loaded = load(path)
    assert not hasattr(clone(loaded), "columns_")
    loaded.set_params(teacher=student.teacher).fit(X, names)
    assert loaded.teacher_ is student.teacher_
    assert not hasattr(loaded, "teacher_reference_")
    assert to_json(loaded) == to_json(student)
    loaded = load(path)
    with pytest.raises(ValueError, match="NaN"):
        loaded.fit(X, np.where(np.arange(len(X)) == 3, np.nan, 1.0))
    assert not hasattr(loaded, "teacher_reference_")
    assert not hasattr(loaded, "student_")


def test_a_student_that_refuses_missing_values_goes_on_to(tmp_path):
    X, y = load_iris(return_X_y=True)
    student = DistilledTreeClassifier(KNeighborsClassifier(), max_leaf_nodes=3, effort="greedy")
    loaded = load(save(student.fit(X, y), tmp_path / "a.interpkd"))
    for one in (student, loaded):
        with pytest.raises(ValueError, match="know missing values; impute them"):
            one.predict(np.full((1, 4), np.nan))


@pytest.mark.parametrize(
    "parameters",
    [
        {"cv": KFold(3, shuffle=True, random_state=1)},
        {"cv": RepeatedStratifiedKFold(n_splits=3, n_repeats=2, random_state=0)},
        {"cv": PredefinedSplit(np.arange(30) % 3)},
        {"cv": GroupKFold(2)},
        {"cv": [(np.arange(20), np.arange(20, 30)), (np.arange(10, 30), np.arange(10))]},
        {"random_state": np.random.RandomState(7), "monotonic_cst": {"x0": -1}},
        {"random_state": np.int64(3), "monotonic_cst": np.array([1]), "C": np.inf},
    ],
    ids="_".join,
)
def test_parameters_come_back(parameters, tmp_path):
    X = np.linspace(0, 1, 30)[:, None]
    kind = DistilledLogisticRegression if "C" in parameters else DistilledTreeClassifier
    student = kind().fit(X, teacher_proba=np.hstack([X, 1 - X])).set_params(**parameters)
    loaded = load(save(student, tmp_path / "a.interpkd"))
    for name in parameters:
        own, wanted = loaded.get_params()[name], parameters[name]
        assert type(own) is (int if isinstance(wanted, np.integer) else type(wanted))
        if isinstance(wanted, np.random.RandomState):
            np.testing.assert_array_equal(own.random(3), wanted.random(3))
        elif hasattr(wanted, "get_n_splits"):
            assert repr(own) == repr(wanted)
        else:
            np.testing.assert_equal(own, wanted)


def test_the_document_and_the_manifest_are_for_people(taught):
    student, path, _, _ = taught
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        manifest, document = (json.loads(archive.read(name)) for name in names[:2])
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    assert names[:2] == ["manifest.json", "student.json"]
    assert document == to_json(student)
    assert {*manifest["members"]} == {*names} - {"manifest.json"}
    assert manifest["class"] == "DistilledTreeClassifier"
    assert manifest["parameters"]["max_leaf_nodes"] == 4
    assert manifest["state"]["distillation_"]["mapping"]["source"] == "frozen teacher"
    assert {"interpkd", "python", "numpy", "scikit-learn"} <= {*manifest["written_by"]}


class MyTree(DistilledTreeClassifier):
    """A class that no file may name."""


def test_what_cannot_be_saved_is_refused(tmp_path):
    X = np.linspace(0, 1, 30)[:, None]
    proba, path = np.hstack([X, 1 - X]), tmp_path / "a.interpkd"
    any_student = DistilledClassifier(student=DecisionTreeRegressor(max_depth=2))
    y = (X[:, 0] > 0.5).astype(int)
    for one in (any_student, MyTree()):
        with pytest.raises(InvalidInputError, match=rf"a {type(one).__name__} is none of them"):
            save(one.fit(X, teacher_proba=proba), path)
    with pytest.raises(InvalidInputError, match="a ExtraTreeClassifier is none"):
        save(ExtraTreeClassifier().fit(X, y), path)
    student = DistilledTreeClassifier().fit(X, teacher_proba=proba)
    with pytest.raises(InvalidInputError, match=r"cv=.*set it to such a value, student.set_params"):
        save(student.set_params(cv=iter([(np.arange(9), np.arange(9))])), path)
    with pytest.raises(InvalidInputError, match=r"would not be the same|no student can be built"):
        save(student.set_params(cv=5, max_leaf_nodes=-1), path)
    with pytest.raises(InvalidInputError, match=r"folder .* does not exist"):
        save(student.set_params(max_leaf_nodes=3), tmp_path / "no" / "a.interpkd")
    assert not [*tmp_path.iterdir()]
    with pytest.raises(InvalidInputError, match=r"does not exist\. Pass the path"):
        load(path)
    with pytest.raises(InvalidInputError, match="path must be the path of a file"):
        load({"a": 1})


def test_classes_of_every_type_come_back(tmp_path):
    X, y = load_iris(return_X_y=True)
    kinds = [np.array(["a", "bb", "ccc"], dtype=object), np.array([1.0, 2.0, -0.0])]
    kinds += [np.array([True, False, True]), np.array([3, 5, 7], dtype=np.int8)]
    kinds += [np.array(["ö", "\U0001f600", ""])]
    for classes in kinds:
        tree = DecisionTreeClassifier(max_depth=2, max_features="sqrt", random_state=0)
        tree.fit(X, classes[y])
        loaded = load(save(tree, tmp_path / "a.interpkd"))
        same_answers(loaded, tree, X)
        same_fitted(loaded, tree)


seeds = st.integers(0, 2**32 - 1)


@settings(max_examples=12, deadline=None)
@given(seeds, st.integers(1, 4), st.sampled_from([0.0, 0.3]), st.integers(2, 12), st.booleans())
def test_random_trees_come_back(tmp_path_factory, seed, d, missing, leaves, is_classifier):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(30, d)) * 10.0 ** rng.integers(-30, 30, d)
    X[rng.random(X.shape) < missing] = np.nan
    teacher = {
        "teacher_proba": rng.dirichlet(np.ones(rng.integers(2, 5)), 30)
        if is_classifier
        else rng.normal(size=30)
    }
    kind = DistilledTreeClassifier if is_classifier else DistilledTreeRegressor
    student = kind(max_leaf_nodes=leaves, min_samples_leaf=1, effort="greedy").fit(X, **teacher)
    loaded = load(save(student, tmp_path_factory.getbasetemp() / "random.interpkd"))
    same_answers(loaded, student, np.concatenate([X, rng.normal(size=(20, d))]))
    same_fitted(loaded, student)


@settings(max_examples=12, deadline=None)
@given(seeds, st.sampled_from(["linear", "logistic", "svm", "scorecard"]), st.booleans())
def test_random_linear_students_come_back(tmp_path_factory, seed, kind, has_names):
    rng = np.random.default_rng(seed)
    n, d = 40, rng.integers(1, 4)
    table = rng.normal(size=(n, d)).round(rng.integers(0, 17)) * 10.0 ** rng.integers(-5, 5, d)
    if rng.random() < 0.5:
        table[rng.random((n, d)) < 0.2] = np.nan
    X = table
    if has_names:
        X = pd.DataFrame(table, columns=[f"c {i}" for i in range(d)])
        X["kind"] = pd.Series(rng.choice(["a", "b", None], n), dtype=object)
    answers = rng.normal(size=n)
    if kind != "linear":
        k = 2 if kind == "scorecard" else rng.integers(2, 4)
        answers = rng.dirichlet(np.ones(k), n)
    makers = {
        "linear": DistilledLinearRegression(penalty_alpha=0.1),
        "logistic": DistilledLogisticRegression(temperature=float(rng.uniform(0.5, 3))),
        "svm": DistilledLinearSVC(tol=1e-3),
        "scorecard": DistilledScorecardClassifier(special_values=[0.0]),
    }
    student = makers[kind].fit(X, teacher_proba=answers)
    loaded = load(save(student, tmp_path_factory.getbasetemp() / "random.interpkd"))
    same_answers(loaded, student, X)
    same_fitted(loaded, student)


def test_the_format_says_its_version(taught):
    _, path, _, _ = taught
    with zipfile.ZipFile(path) as archive:
        text = archive.read("manifest.json").decode()
    assert re.search(r'"format": "interpkd.file",\n  "version": 1,', text)

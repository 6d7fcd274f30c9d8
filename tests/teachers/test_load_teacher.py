"""Teachers trained elsewhere come back from their files as they were, and run no code on the way."""

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from interpkd import DistilledTreeClassifier
from interpkd.exceptions import InvalidInputError, NotATeacherError
from interpkd.teachers import load_teacher


@pytest.fixture(scope="module")
def cancer():
    X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    return X.iloc[:, :6], y


@pytest.fixture(scope="module")
def mixed():
    rng = np.random.default_rng(0)
    X = pd.DataFrame(
        {
            "age": rng.normal(40, 10, 300).round(),
            "colour": pd.Categorical(rng.choice(["red", "blue", "green"], 300)),
        }
    )
    X.loc[::7, "age"] = np.nan
    y = (X["age"].fillna(50) + 15 * (X["colour"] == "red") > 45).astype(int)
    return X, y


@pytest.mark.parametrize("ending", ["json", "ubj"])
def test_xgboost_file(cancer, tmp_path, ending):
    xgboost = pytest.importorskip("xgboost")
    X, y = cancer
    model = xgboost.XGBClassifier(n_estimators=10, n_jobs=1).fit(X, y)
    model.save_model(tmp_path / f"model.{ending}")
    teacher = load_teacher(tmp_path / f"model.{ending}", classes=["bad", "good"])
    np.testing.assert_array_equal(teacher.classes_, ["bad", "good"])
    turned = X[X.columns[::-1]]  # by name, whatever the order
    np.testing.assert_allclose(teacher.predict_proba(turned), model.predict_proba(X), atol=1e-7)


def test_xgboost_file_with_categories(mixed, tmp_path):
    xgboost = pytest.importorskip("xgboost")
    X, y = mixed
    model = xgboost.XGBClassifier(n_estimators=10, enable_categorical=True, n_jobs=1).fit(X, y)
    model.save_model(tmp_path / "model.ubj")
    teacher = load_teacher(tmp_path / "model.ubj")
    np.testing.assert_allclose(teacher.predict_proba(X), model.predict_proba(X), atol=1e-7)


def test_xgboost_regression_file(tmp_path):
    xgboost = pytest.importorskip("xgboost")
    X, y = load_diabetes(return_X_y=True, as_frame=True)
    model = xgboost.XGBRegressor(n_estimators=10, n_jobs=1).fit(X, y)
    model.save_model(tmp_path / "model.ubj")
    teacher = load_teacher(tmp_path / "model.ubj")
    np.testing.assert_allclose(teacher.predict(X), model.predict(X), rtol=1e-6)


def test_lightgbm_file(mixed, tmp_path):
    lightgbm = pytest.importorskip("lightgbm")
    X, y = mixed
    model = lightgbm.LGBMClassifier(n_estimators=10, n_jobs=1, verbose=-1).fit(X, y)
    model.booster_.save_model(tmp_path / "model.txt")
    teacher = load_teacher(tmp_path / "model.txt", classes=["no", "yes"])
    turned = X[["colour", "age"]]
    np.testing.assert_allclose(teacher.predict_proba(turned), model.predict_proba(X), atol=1e-9)


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_catboost_file(cancer, tmp_path, task):
    catboost = pytest.importorskip("catboost")
    X, y = cancer
    kind = catboost.CatBoostClassifier if task == "classification" else catboost.CatBoostRegressor
    model = kind(iterations=10, verbose=False, allow_writing_files=False, thread_count=1).fit(X, y)
    model.save_model(str(tmp_path / "model.cbm"))
    teacher = load_teacher(tmp_path / "model.cbm")
    method = "predict_proba" if task == "classification" else "predict"
    np.testing.assert_allclose(getattr(teacher, method)(X), getattr(model, method)(X), atol=1e-9)


def test_skops_file_of_numbers_only(cancer, tmp_path):
    io = pytest.importorskip("skops.io")
    X, y = cancer
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, y)
    io.dump(model, tmp_path / "model.skops")
    teacher = load_teacher(tmp_path / "model.skops", classes=["bad", "good"])
    np.testing.assert_array_equal(teacher.predict_proba(X), model.predict_proba(X))


def test_skops_file_of_a_forest(cancer, tmp_path):
    io = pytest.importorskip("skops.io")
    X, y = cancer
    model = RandomForestClassifier(n_estimators=5, random_state=0).fit(X, y)
    io.dump(model, tmp_path / "model.skops")
    trees = ["sklearn.tree._tree.Tree"]  # skops leaves these to the user
    teacher = load_teacher(tmp_path / "model.skops", trusted=trees)
    np.testing.assert_array_equal(teacher.predict_proba(X), model.predict_proba(X))


def test_skops_file_with_a_type_it_does_not_trust(cancer, tmp_path):
    io = pytest.importorskip("skops.io")
    X, y = cancer
    student = DistilledTreeClassifier(random_state=0, augmentation=None).fit(X, y)
    io.dump(student, tmp_path / "model.skops")
    with pytest.raises(NotATeacherError, match=r"does not trust.*DistilledTreeClassifier.*trusted"):
        load_teacher(tmp_path / "model.skops")


@pytest.mark.parametrize("from_logits", [False, True])
def test_exported_torch_program(cancer, tmp_path, from_logits):
    torch = pytest.importorskip("torch")
    X, _ = cancer
    torch.manual_seed(0)
    layers = [torch.nn.Linear(6, 4), torch.nn.ReLU(), torch.nn.Dropout(0.5), torch.nn.Linear(4, 2)]
    module = torch.nn.Sequential(*layers, *([] if from_logits else [torch.nn.Softmax(dim=1)]))
    module.eval()
    example = torch.zeros(3, 6)
    rows = {0: torch.export.Dim("rows")}
    program = torch.export.export(module, (example,), dynamic_shapes=(rows,))
    torch.export.save(program, tmp_path / "model.pt2")
    teacher = load_teacher(tmp_path / "model.pt2", classes=["bad", "good"], from_logits=from_logits)
    with torch.no_grad():
        wanted = module(torch.tensor(X.to_numpy(), dtype=torch.float32))
        wanted = torch.softmax(wanted, 1) if from_logits else wanted
    np.testing.assert_allclose(teacher.predict_proba(X), wanted.numpy(), atol=1e-6)
    student = DistilledTreeClassifier(teacher, random_state=0, n_augmented=100).fit(X)
    assert student.classes_.tolist() == ["bad", "good"]


class _Bomb:
    def __reduce__(self):
        return (pytest.fail, ("code of a pickle ran",))


@pytest.mark.parametrize("ending", ["pkl", "pickle", "joblib"])
def test_pickles_are_not_opened(tmp_path, ending):
    path = tmp_path / f"model.{ending}"
    path.write_bytes(pickle.dumps(_Bomb()))
    with pytest.raises(NotATeacherError, match=r"can run any code.*trust_pickle=True"):
        load_teacher(path)


def test_trusted_pickle(cancer, tmp_path):
    X, y = cancer
    model = RandomForestClassifier(n_estimators=5, random_state=0).fit(X, y)
    path = tmp_path / "model.pkl"
    path.write_bytes(pickle.dumps(model))
    teacher = load_teacher(path, trust_pickle=True)
    np.testing.assert_array_equal(teacher.predict_proba(X), model.predict_proba(X))


@pytest.mark.parametrize(
    ("name", "content", "error", "match"),
    [
        ("model.json", "{", InvalidInputError, "cannot be read as an XGBoost model"),
        ("model.txt", "hello", InvalidInputError, "cannot be read as a LightGBM model"),
        ("model.cbm", "hello", InvalidInputError, "cannot be read as a CatBoost model"),
        ("model.skops", "hello", InvalidInputError, "cannot be read as a skops file"),
        ("model.pt2", "hello", InvalidInputError, "cannot be read as an exported PyTorch"),
        ("model.pt", "hello", NotATeacherError, r"torch\.export\.save"),
        ("model.h5", "hello", NotATeacherError, r"ending '\.h5'.*\.ubj"),
    ],
)
def test_what_cannot_be_read(tmp_path, name, content, error, match):
    needed = {".json": "xgboost", ".txt": "lightgbm", ".cbm": "catboost", ".skops": "skops"}
    path = tmp_path / name
    pytest.importorskip({**needed, ".pt2": "torch"}.get(path.suffix, "numpy"))
    path.write_text(content)
    with pytest.raises(error, match=match):
        load_teacher(path)


def test_no_file(tmp_path):
    with pytest.raises(InvalidInputError, match="does not exist"):
        load_teacher(tmp_path / "model.ubj")


def test_logits_of_a_booster(cancer, tmp_path):
    xgboost = pytest.importorskip("xgboost")
    X, y = cancer
    xgboost.XGBClassifier(n_estimators=2, n_jobs=1).fit(X, y).save_model(tmp_path / "model.ubj")
    with pytest.raises(InvalidInputError, match="from_logits=True is for networks"):
        load_teacher(tmp_path / "model.ubj", from_logits=True)

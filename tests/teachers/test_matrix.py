"""Every teacher on every kind of task: taken for real, or refused with which message.

`ROWS` is the one place that says which is which. The table in `docs/teachers.md` is made from the
same rows by `docs/make_teachers_table.py`, which runs each cell and writes what happened.
"""

import contextlib
import importlib.util
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.ensemble import (
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from interpkd import DistilledTreeClassifier, DistilledTreeRegressor, as_teacher, teachers

COLUMNS = ("binary", "multiclass", "regression", "missing values", "categories")
SMALL = {"n_estimators": 5, "n_jobs": 1}


@dataclass(frozen=True)
class Data:
    """A table and what is to be predicted; `y` codes the classes as 0, 1, …"""

    kind: str
    X: pd.DataFrame
    y: np.ndarray
    labels: list[str] | None

    @property
    def target(self):
        """What libraries get that take labels of any kind."""
        return self.y if self.labels is None else np.array(self.labels)[self.y]


def make_data(kind, n=160):
    rng = np.random.default_rng(0)
    X = pd.DataFrame({name: rng.normal(size=n).round(2) for name in ("age", "income", "debt")})
    score = X["age"] - X["debt"] + 0.3 * rng.normal(size=n)
    if kind == "missing values":
        X = X.mask(rng.random(X.shape) < 0.1)
    if kind == "categories":
        X["home"] = pd.Categorical(rng.choice(["own", "rent", "other"], n))
        score += X["home"] == "own"
    if kind == "regression":
        return Data(kind, X, score.to_numpy(), None)
    labels = ["high", "low", "mid"] if kind == "multiclass" else ["no", "yes"]
    cuts = np.quantile(score, np.linspace(0, 1, len(labels) + 1)[1:-1])
    return Data(kind, X, np.digitize(score, cuts), labels)


@dataclass(frozen=True)
class Row:
    """A kind of teacher.

    `train(data, device)` gives the teacher as a user would make it and the library's own answers
    as a function of the table. `refused` says, for the columns that are no success, which message
    comes instead, and `by` whose it is.
    """

    name: str
    library: str
    train: Callable
    refused: dict[str, str] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    on_gpu: bool = False

    @property
    def lacks(self):
        """What this row needs and this installation has not, empty if nothing."""
        missing = [name for name in self.needs if importlib.util.find_spec(name) is None]
        if self.name.startswith("torch module") and not hasattr(teachers, "TorchTeacher"):
            missing.append("interpkd.teachers.TorchTeacher")
        if "neural" in self.name and "neural" not in teachers._make.KINDS:
            missing.append("make_teacher('neural')")
        return missing


def own_answers(model):
    return getattr(model, "predict_proba", model.predict)


def plain(classifier, regressor, *, codes=False):
    """Train a scikit-learn-style model; `codes` for those that take labels 0, 1, … only."""

    def train(data, device):
        if data.labels is None:
            model = regressor(device).fit(data.X, data.y)
            return as_teacher(model), model.predict
        model = classifier(device).fit(data.X, data.y if codes else data.target)
        return as_teacher(model, classes=data.labels if codes else None), own_answers(model)

    return train


def xgboost_booster(data, device):
    import xgboost

    name = {None: "reg:squarederror", 2: "binary:logistic", 3: "multi:softprob"}
    n_classes = None if data.labels is None else len(data.labels)
    params = {"objective": name[n_classes], "nthread": 1, "device": device}
    params |= {"num_class": 3} if n_classes == 3 else {}
    rows = xgboost.DMatrix(data.X, data.y, enable_categorical=True)
    booster = xgboost.train(params, rows, 5)

    def own(X):
        return both(booster.predict(xgboost.DMatrix(X, enable_categorical=True)), n_classes)

    return as_teacher(booster, classes=data.labels), own


def lightgbm_booster(data, device):
    import lightgbm

    name = {None: "regression", 2: "binary", 3: "multiclass"}
    n_classes = None if data.labels is None else len(data.labels)
    params = {"objective": name[n_classes], "verbose": -1, "num_threads": 1}
    params |= {"num_class": 3} if n_classes == 3 else {}
    booster = lightgbm.train(params, lightgbm.Dataset(data.X, data.y), 5)
    teacher = as_teacher(booster, classes=data.labels)
    return teacher, lambda X: both(booster.predict(X), n_classes)


def both(p, n_classes):
    return np.column_stack([1 - p, p]) if n_classes == 2 else p


def xgboost_model(name):
    def make(device):
        import xgboost

        return getattr(xgboost, name)(**SMALL, enable_categorical=True, device=device)

    return make


def lightgbm_model(name):
    def make(device):
        import lightgbm

        return getattr(lightgbm, name)(**SMALL, verbose=-1)

    return make


def catboost(data, device):
    from catboost import CatBoostClassifier, CatBoostRegressor

    kind = CatBoostRegressor if data.labels is None else CatBoostClassifier
    size = {"iterations": 5, "verbose": 0, "allow_writing_files": False, "thread_count": 1}
    names = [name for name in data.X if not pd.api.types.is_numeric_dtype(data.X[name])]
    model = kind(**size, cat_features=names).fit(data.X, data.target)
    return as_teacher(model), own_answers(model)


def pipeline(last):
    def make(device):
        columns = make_column_transformer(
            (make_pipeline(SimpleImputer(), StandardScaler()), numbers),
            (OneHotEncoder(handle_unknown="ignore"), texts),
        )
        return make_pipeline(columns, last())

    return make


numbers = make_column_selector(dtype_include="number")
texts = make_column_selector(dtype_exclude="number")


def ready(kind):
    def train(data, device):
        task = "regression" if data.labels is None else "classification"
        teacher = teachers.make_teacher(kind, task=task, device=device, random_state=0)
        few = {"neural": {"n_epochs": 2}, "forest": {"n_estimators": 5}}.get(kind, SMALL)
        teacher.model.set_params(**few)
        teacher.fit(data.X, data.target)
        return as_teacher(teacher), own_answers(teacher)

    return train


def function(data, device):
    """A vendor's scorer, say: nothing is known of it but its answers."""

    def answer(X):
        score = X["age"].fillna(0).to_numpy() - X["debt"].fillna(0).to_numpy()
        if "home" in X:
            score = score + (X["home"].astype(str) == "own").to_numpy()
        if data.labels is None:
            return score
        P = np.exp(np.outer(score, np.arange(len(data.labels))))
        return P / P.sum(axis=1, keepdims=True)

    return as_teacher(answer, classes=data.labels), answer


def torch_module(data, device):
    import torch
    from scipy.special import softmax

    torch.manual_seed(0)
    columns = make_column_transformer((StandardScaler(), numbers), (OneHotEncoder(), texts))
    width = columns.fit_transform(data.X).shape[1]
    n_outputs = 1 if data.labels is None else len(data.labels)
    module = torch.nn.Sequential(
        torch.nn.Linear(width, 8), torch.nn.Tanh(), torch.nn.Linear(8, n_outputs)
    ).to(device)
    with torch.no_grad():
        module[0].weight.mul_(3)  # an untrained network would say the same of all rows

    def own(X):
        with torch.no_grad():
            rows = torch.tensor(np.asarray(columns.transform(X)), dtype=torch.float32)
            out = module(rows.to(device)).cpu().numpy().astype(float)
        return out[:, 0] if data.labels is None else softmax(out, axis=1)

    is_classifier = data.labels is not None
    teacher = teachers.TorchTeacher(
        module, classes=data.labels, from_logits=is_classifier, preprocess=columns
    )
    return as_teacher(teacher), own


TEXT = r"could not convert string to float|Cannot cast object dtype"
ROWS = [
    Row(
        "RandomForest, ExtraTrees, DecisionTree",
        "scikit-learn",
        plain(
            lambda _: RandomForestClassifier(**SMALL, random_state=0),
            lambda _: RandomForestRegressor(**SMALL, random_state=0),
        ),
        {"categories": TEXT},
    ),
    Row(
        "HistGradientBoosting",
        "scikit-learn",
        plain(
            lambda _: HistGradientBoostingClassifier(max_iter=5),
            lambda _: HistGradientBoostingRegressor(max_iter=5),
        ),
    ),
    Row(
        "GradientBoosting",
        "scikit-learn",
        plain(
            lambda _: GradientBoostingClassifier(n_estimators=5),
            lambda _: GradientBoostingRegressor(n_estimators=5),
        ),
        {"missing values": "Input X contains NaN", "categories": TEXT},
    ),
    Row(
        "MLP",
        "scikit-learn",
        plain(
            lambda _: MLPClassifier(hidden_layer_sizes=(8,), solver="lbfgs", random_state=0),
            lambda _: MLPRegressor(hidden_layer_sizes=(8,), solver="lbfgs", random_state=0),
        ),
        {"missing values": "Input X contains NaN", "categories": TEXT},
    ),
    Row(
        "Pipeline with ColumnTransformer",
        "scikit-learn",
        plain(pipeline(LogisticRegression), pipeline(Ridge)),
    ),
    Row(
        "XGBClassifier, XGBRegressor",
        "xgboost",
        plain(xgboost_model("XGBClassifier"), xgboost_model("XGBRegressor"), codes=True),
        on_gpu=True,
    ),
    Row("xgboost.Booster", "xgboost", xgboost_booster, on_gpu=True),
    Row(
        "LGBMClassifier, LGBMRegressor",
        "lightgbm",
        plain(lightgbm_model("LGBMClassifier"), lightgbm_model("LGBMRegressor")),
    ),
    Row("lightgbm.Booster", "lightgbm", lightgbm_booster),
    Row("CatBoostClassifier, CatBoostRegressor", "catboost", catboost),
    Row('make_teacher("boosted")', "xgboost", ready("boosted"), on_gpu=True),
    Row('make_teacher("forest")', "scikit-learn", ready("forest")),
    Row(
        'make_teacher("neural"), RealMLP',
        "pytabkit",
        ready("neural"),
        needs=("torch", "pytabkit"),
        on_gpu=True,
    ),
    Row(
        "torch module, TorchTeacher",
        "torch",
        torch_module,
        {"missing values": "must be finite"},
        needs=("torch",),
        on_gpu=True,
    ),
    Row("a function of rows", "numpy", function),
]


def run_cell(row, column, device="cpu"):
    """Train the teacher, compare its answers with the library's own, and distil it."""
    data = make_data(column)
    teacher, own = row.train(data, device)
    if data.labels is None:
        answers, student = teacher.predict, DistilledTreeRegressor
    else:
        answers, student = teacher.predict_proba, DistilledTreeClassifier
        assert list(teacher.classes_) == data.labels
    np.testing.assert_allclose(answers(data.X), np.asarray(own(data.X), float), atol=2e-6)
    turned = data.X[data.X.columns[::-1]]
    np.testing.assert_allclose(answers(turned), answers(data.X), atol=2e-6)
    fitted = student(
        teacher, max_leaf_nodes=4, effort="greedy", n_augmented=100, random_state=0
    ).fit(data.X)
    assert np.isfinite(
        fitted.predict_proba(data.X) if data.labels else fitted.predict(data.X)
    ).all()


@contextlib.contextmanager
def quiet_library():
    """Third parties' own warnings while they train say nothing of the teacher."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@pytest.mark.parametrize("column", COLUMNS)
@pytest.mark.parametrize("row", ROWS, ids=[row.name for row in ROWS])
def test_cell(row, column):
    if row.lacks:
        pytest.skip(f"not installed: {', '.join(row.lacks)}")
    if row.library not in {"scikit-learn", "numpy", "pytabkit"}:
        pytest.importorskip(row.library)
    with quiet_library():
        if column in row.refused:
            with pytest.raises(ValueError, match=row.refused[column]):
                run_cell(row, column)
        else:
            run_cell(row, column)


def test_the_docs_table_has_these_rows():
    page = Path(__file__).parents[2] / "docs" / "teachers.md"
    if not page.exists():
        pytest.skip("tests run without the checkout: there are no docs beside them")
    text = page.read_text(encoding="utf-8")
    for row in ROWS:
        assert f"| {row.name} |" in text, "run python docs/make_teachers_table.py"

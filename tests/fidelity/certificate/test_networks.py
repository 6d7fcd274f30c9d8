"""Networks with rectifiers: bounds over boxes, and verdicts against dense samples and grids."""

import itertools
import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    MinMaxScaler,
    PowerTransformer,
    RobustScaler,
    StandardScaler,
)
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from interpkd import DistilledScorecardClassifier, as_teacher
from interpkd.exceptions import InvalidInputError
from interpkd.fidelity import certify
from interpkd.fidelity.certificate._crown import linear_bounds, rounding
from interpkd.fidelity.certificate._network import lay_layers
from interpkd.teachers import TorchTeacher, relu_network

RADII = (0.03, 0.1)
N_ROWS = 25


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(1)
    X = rng.normal(size=(300, 3)) * [1.0, 10.0, 0.1] + [0.0, 5.0, -1.0]
    Z = (X - [0.0, 5.0, -1.0]) / [1.0, 10.0, 0.1]
    score = np.sin(2 * Z[:, 0]) + Z[:, 1] * Z[:, 2] + 0.5 * Z[:, 1]
    return X, {
        "two": (score > 0).astype(int),
        "three": np.digitize(score, [-0.6, 0.6]),
        "number": score,
    }


def fitted(model, X, y):
    with warnings.catch_warnings():  # weights before the end are as good as any here
        warnings.simplefilter("ignore", ConvergenceWarning)
        return model.fit(X, y)


def mlp(kind, scaler, *layers):
    model = kind(
        hidden_layer_sizes=layers, solver="lbfgs", max_iter=150, alpha=0.01, random_state=0
    )
    return make_pipeline(scaler, model)


def torch_module(n_outputs, dtype, X, y):
    """A module that was trained for a moment, on columns of ordinary size."""
    torch = pytest.importorskip("torch")
    with torch.random.fork_rng():
        torch.manual_seed(0)
        module = torch.nn.Sequential(
            torch.nn.Linear(3, 12), torch.nn.ReLU(), torch.nn.Dropout(0.3),
            torch.nn.Sequential(torch.nn.Linear(12, 8), torch.nn.ReLU()),
            torch.nn.Linear(8, n_outputs),
        ).to(dtype=getattr(torch, dtype))  # fmt: skip
        rows, target = torch.tensor(X, dtype=getattr(torch, dtype)), torch.tensor(y)
        optimizer = torch.optim.Adam(module.parameters(), lr=0.03)
        for _ in range(80):
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(module(rows), target).backward()
            optimizer.step()
    return module


@pytest.fixture(scope="module")
def teachers(data):
    X, target = data
    made = {
        "two": mlp(MLPClassifier, StandardScaler(), 10, 8),
        "three": mlp(MLPClassifier, MinMaxScaler(), 12),
        "number": mlp(MLPRegressor, RobustScaler(), 10, 6),
    }
    return {name: fitted(model, X, target[name]) for name, model in made.items()}


def students_of(task, X, y):
    if task == "number":
        return [
            DecisionTreeRegressor(max_leaf_nodes=7, random_state=0).fit(X, y),
            LinearRegression().fit(X, y),
        ]
    found = [
        DecisionTreeClassifier(max_leaf_nodes=6, random_state=0).fit(X, y),
        fitted(LogisticRegression(C=0.1, max_iter=300), X, y),
    ]
    if task == "two":
        proba = np.column_stack([1 - y, y]) * 0.8 + 0.1
        card = DistilledScorecardClassifier(max_bins=4, random_state=0)
        found.append(card.fit(X, y, teacher_proba=proba))
    return found


def samples(boxes, r, rng, n=400):
    """Corners, random points, and points on a grid of a box."""
    low, high = boxes.least[r], boxes.most[r]
    corners = np.array(list(itertools.product(*zip(low, high, strict=True))))
    grid = itertools.product(*(np.linspace(a, b, 6) for a, b in zip(low, high, strict=True)))
    return np.concatenate([corners, rng.uniform(low, high, (n, len(low))), np.array([*grid])])


def check(student, teacher, X, tolerance=None):
    """No proof fails on a sample, all witnesses hold; give the statuses."""
    certificate = certify(
        student, teacher, X_ref=X, X_eval=X[:N_ROWS], radius=RADII, tolerance=tolerance
    )
    assert certificate.reason is None
    status = certificate.rows["status"].to_numpy().reshape(len(RADII), N_ROWS)
    rng, run = np.random.default_rng(0), certificate.run
    on_rows = teacher.predict(X[:N_ROWS])

    def differ(one, other):
        return one != other if tolerance is None else np.abs(one - other) > tolerance

    for i, radius in enumerate(RADII):
        boxes = run.search.near(np.arange(N_ROWS), radius)
        sampled = [samples(boxes, r, rng) for r in range(N_ROWS)]
        Z, n = np.concatenate(sampled), len(sampled[0])
        of_teacher = teacher.predict(Z)
        apart = differ(of_teacher, student.predict(Z)).reshape(N_ROWS, n)
        flips = differ(of_teacher, np.repeat(on_rows, n)).reshape(N_ROWS, n)
        assert not apart[status[i] == "proved"].any()
        assert not flips[status[i] == "student_border"].any()
    hit = np.flatnonzero(run.witness_radius > 0)
    found = run.witness[hit]
    assert differ(teacher.predict(found), student.predict(found)).all()
    boxes = run.search.near(hit, max(RADII))
    assert ((found >= boxes.least) & (found <= boxes.most)).all()
    return status


@pytest.mark.parametrize("task", ["two", "three", "number"])
def test_verdicts_hold_on_samples_and_rows_are_decided(data, teachers, task):
    X, target = data
    for student in students_of(task, X, target[task]):
        status = check(student, teachers[task], X, 0.7 if task == "number" else None)
        assert (status == "undecided").mean() <= 0.02
        assert (status[0] == "proved").sum() >= 5
        assert (status[1] != status[0]).any()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_modules_of_torch(data, dtype):
    X, target = data
    X = StandardScaler().fit_transform(X)
    module = torch_module(3, dtype, X, target["three"])
    teacher = TorchTeacher(module, classes=[0, 1, 2], from_logits=True)
    for student in students_of("three", X, target["three"]):
        status = check(student, teacher, X)
        assert (status == "undecided").mean() <= 0.02


def test_bounds_are_above_all_rows_of_a_box_and_exact_for_one(data, teachers):
    X, _ = data
    rng = np.random.default_rng(2)
    for name, n_outputs in (("two", 1), ("three", 3), ("number", 1)):
        network = relu_network(teachers[name])
        layers = lay_layers(network, np.arange(3))
        missed = rounding(layers, np.abs(X).max(axis=0))
        low = X[:40] - rng.uniform(0, 0.5, (40, 3)) * X.std(axis=0)
        high = low + rng.uniform(0, 1.5, (40, 3)) * X.std(axis=0)
        high[:5] = low[:5]
        objective = rng.normal(size=(40, n_outputs))
        slope, constant = linear_bounds(layers, low, high, objective, missed)
        for r in range(40):
            Z = rng.uniform(low[r], high[r], (300, 3))
            margin = network.margin(Z) @ objective[r]
            assert (margin <= Z @ slope[r] + constant[r] + 1e-12).all()
            if r < 5:
                assert margin[0] == pytest.approx(Z[0] @ slope[r] + constant[r], abs=1e-6)
        assert max(one.max() for one in missed.inner) < 1e-6


def test_layers_are_the_networks(data, teachers):
    X, _ = data
    network = relu_network(as_teacher(teachers["three"]))
    margin = network.margin(X)
    proba = np.exp(margin - margin.max(axis=1, keepdims=True))
    proba /= proba.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(proba, teachers["three"].predict_proba(X), atol=1e-12)
    np.testing.assert_array_equal(network.classes, [0, 1, 2])
    np.testing.assert_allclose(
        relu_network(teachers["number"]).margin(X)[:, 0], teachers["number"].predict(X)
    )


def test_frames_frozen_columns_and_columns_of_the_student_alone(data, teachers):
    X, target = data
    frame = pd.DataFrame(X, columns=["a", "b", "c"])
    teacher = fitted(mlp(MLPClassifier, StandardScaler(), 6), frame[["b", "a"]], target["two"])
    student = DecisionTreeClassifier(max_leaf_nodes=6, random_state=0).fit(frame, target["two"])
    parts = {"X_ref": frame, "X_eval": frame[:40], "radius": 0.1}
    free = certify(student, teacher, **parts)
    held = certify(student, teacher, **parts, frozen_features=["b", "c"])
    was, now = (one.rows["status"].to_numpy() == "proved" for one in (free, held))
    assert (now | ~was).all()
    assert now.sum() > was.sum()
    assert set(held.counterexamples(40)["column"]) <= {"a"}


def test_the_worst_case_beside_a_network_is_only_attained(data, teachers):
    X, target = data
    student = LinearRegression().fit(X, target["number"])
    certificate = certify(student, teachers["number"], X_ref=X, X_eval=X[:20], tolerance=0.5)
    worst = certificate.worst_case()
    apart = np.abs(teachers["number"].predict(worst.input) - student.predict(worst.input))[0]
    assert worst.difference == pytest.approx(apart)
    assert worst.reason == "Beside a network only what is attained is told."


def test_a_spent_budget_proves_no_more(data, teachers):
    X, target = data
    student = students_of("two", X, target["two"])[0]
    states = [
        certify(
            student, teachers["two"], X_ref=X, X_eval=X[:40], radius=0.1, max_nodes=n
        ).rows["status"].to_numpy()
        for n in (1, 8, 1000)
    ]  # fmt: skip
    for few in states[:2]:
        proved = few == "proved"
        assert (states[2][proved] == "proved").all()
    counts = [(one == "undecided").sum() for one in states]
    assert counts[0] >= counts[1] >= counts[2] == 0


def test_networks_that_cannot_be_read(data):
    X, target = data
    y = target["two"]
    torch = pytest.importorskip("torch")
    bent = make_pipeline(PowerTransformer(), MLPClassifier((4,), max_iter=3))
    smooth = MLPClassifier((4,), activation="tanh", max_iter=3)
    module = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Tanh(), torch.nn.Linear(4, 2))
    bare = torch.nn.Sequential(torch.nn.Linear(3, 2))
    X = StandardScaler().fit_transform(X)
    for model, match in (
        (fitted(bent, X, y), "PowerTransformer before the network is no multiple"),
        (fitted(smooth, X, y), "has activation='tanh'"),
        (TorchTeacher(module, classes=[0, 1], from_logits=True), "layer Tanh where ReLU"),
        (TorchTeacher(bare, classes=[0, 1]), "ends in Linear, which gives no probabilities"),
        (LinearRegression().fit(X, y), "LinearRegression is no network that can be read"),
    ):
        with pytest.raises(InvalidInputError, match=match):
            relu_network(model)
    student = DecisionTreeClassifier(max_leaf_nodes=4).fit(X, y)
    certificate = certify(student, smooth, X_ref=X, X_eval=X[:20])
    assert "has activation='tanh'" in certificate.reason

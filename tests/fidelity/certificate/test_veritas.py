"""Verdicts against Veritas (Devos, Meert and Davis 2021), another exact search of tree ensembles."""

import numpy as np
import pytest
from sklearn.tree import DecisionTreeClassifier

from interpkd.fidelity import certify

veritas = pytest.importorskip("veritas")
xgboost = pytest.importorskip("xgboost")

RADII = (0.02, 0.05, 0.1)
N_ROWS = 120


@pytest.fixture(scope="module")
def models():
    """Rows in single precision, which both searches read alike, a teacher and its student."""
    rng = np.random.default_rng(2)
    X = rng.normal(size=(600, 6)).astype(np.float32).astype(np.float64)
    y = (np.sin(2 * X[:, 0]) + X[:, 1] * X[:, 2] + 0.3 * X[:, 3] > 0).astype(int)
    teacher = xgboost.XGBClassifier(n_estimators=40, max_depth=4, n_jobs=1).fit(X, y)
    student = DecisionTreeClassifier(max_leaf_nodes=8, random_state=0).fit(X, teacher.predict(X))
    return X, teacher, student


def leaf_boxes(student):
    """For each leaf what each column is at least, what it is below, and the class."""
    tree, found = student.tree_, []
    stack = [(0, np.full(6, -np.inf), np.full(6, np.inf))]
    while stack:
        node, low, high = stack.pop()
        if tree.children_left[node] < 0:
            found.append((low, high, int(tree.value[node, 0].argmax())))
            continue
        f = tree.feature[node]
        t = np.float32(tree.threshold[node])
        t = np.nextafter(t, np.float32(-np.inf)) if t > tree.threshold[node] else t
        border = float(np.nextafter(t, np.float32(np.inf)))  # left is what is below
        left, right = high.copy(), low.copy()
        left[f], right[f] = min(high[f], border), max(low[f], border)
        stack += [(tree.children_left[node], low, left), (tree.children_right[node], right, high)]
    return found


def highest(ensemble, low, high):
    """The largest sum of an ensemble where columns are at least `low` and below `high`."""
    config = veritas.Config(veritas.HeuristicType.MAX_OUTPUT)
    config.stop_when_optimal = True
    box = [veritas.Interval(a, b) for a, b in zip(low.tolist(), high.tolist(), strict=True)]
    search = config.get_search(ensemble, box)
    search.step_for(10.0, 100)
    assert search.is_optimal() or search.num_open() == 0
    return search.current_bounds().best


def test_no_verdict_contradicts_veritas(models):
    X, teacher, student = models
    up = veritas.get_addtree(teacher, silent=True)
    down = up.negate_leaf_values()
    leaves = leaf_boxes(student)
    certificate = certify(student, teacher, X_ref=X, X_eval=X[:N_ROWS], radius=RADII)
    search, n_queries = certificate.run.search, 0
    for radius, part in certificate.rows.groupby("radius"):
        boxes = search.near(np.arange(N_ROWS), radius)
        behind = np.nextafter(boxes.most.astype(np.float32), np.float32(np.inf)).astype(float)
        for r, status in zip(part["row"], part["status"], strict=True):
            if status in ("undecided", "wrong_on_row"):
                continue
            margins = []
            for low, high, decided in leaves:
                a, b = np.maximum(low, boxes.least[r]), np.minimum(high, behind[r])
                if (a < b).all():
                    margins.append(highest(down if decided else up, a, b))
                    n_queries += 1
            # single against double precision; margins are of the order of 1
            assert abs(max(margins)) > 1e-5
            assert (max(margins) > 0) == (status != "proved"), f"row {r}, radius {radius}"
    assert (certificate.rows["status"] == "proved").sum() > 20
    assert n_queries >= 200

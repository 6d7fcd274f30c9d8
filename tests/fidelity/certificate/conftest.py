"""Small models about which every cell can be asked."""

import itertools

import numpy as np
import pytest
from sklearn.ensemble import (
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
)

from interpkd.fidelity.certificate._models import prepare
from interpkd.fidelity.certificate._neighbourhoods import neighbourhoods
from interpkd.fidelity.certificate._witnesses import witness_values
from interpkd.teachers import tree_ensemble

N_ASKED = 24


class Rows:
    """Rows of three numbers, without and with missing values, and what is to be learned."""

    def __init__(self):
        rng = np.random.default_rng(3)
        n = 240
        self.full = np.column_stack(
            [rng.normal(size=n), rng.normal(size=n).round(1), rng.integers(0, 4, n)]
        )
        self.gaps = self.full.copy()
        self.gaps[rng.random(self.full.shape) < 0.08] = np.nan
        self.score = np.sin(2 * self.full[:, 0]) + self.full[:, 1] * (self.full[:, 2] - 1.5)
        self.two = np.where(self.score > 0, "yes", "no")
        self.three = np.digitize(self.score, [-0.7, 0.7])
        self.code = (self.score > 0).astype(int)


@pytest.fixture(scope="session")
def rows():
    return Rows()


@pytest.fixture(scope="session")
def teachers(rows):
    """Fitted teachers by name, with the rows they were fitted on."""
    lightgbm, xgboost = pytest.importorskip("lightgbm"), pytest.importorskip("xgboost")
    size = {"n_estimators": 15, "n_jobs": 1}
    boosted = {**size, "max_depth": 4}
    light = lightgbm.LGBMClassifier(**size, verbose=-1)
    dart = {"booster": "dart", "rate_drop": 0.5}
    made = {
        "xgboost": (xgboost.XGBClassifier(**boosted), rows.gaps, rows.code),
        "xgboost, three": (xgboost.XGBClassifier(**boosted), rows.gaps, rows.three),
        "xgboost, dart": (xgboost.XGBClassifier(**boosted, **dart), rows.gaps, rows.code),
        "lightgbm": (light, rows.gaps, rows.two),
        "histogram": (HistGradientBoostingClassifier(max_iter=15), rows.gaps, rows.two),
        "histogram, three": (HistGradientBoostingClassifier(max_iter=9), rows.gaps, rows.three),
        "forest": (RandomForestClassifier(15, random_state=0), rows.gaps, rows.two),
        "forest, three": (ExtraTreesClassifier(9, random_state=0), rows.gaps, rows.three),
        "boosting": (GradientBoostingClassifier(n_estimators=15), rows.full, rows.two),
        "xgboost, number": (xgboost.XGBRegressor(**boosted), rows.gaps, rows.score),
        "gamma": (HistGradientBoostingRegressor(loss="gamma", max_iter=9), rows.gaps,
                  rows.score - rows.score.min() + 0.1),
    }  # fmt: skip
    return {name: (model.fit(X, y), X, y) for name, (model, X, y) in made.items()}


class Case:
    """A teacher and a student on cells, and every input near a row."""

    def __init__(self, teacher, student, X, tolerance=0.0):
        self.teacher, self.student, self.tolerance = teacher, student, tolerance
        self.X = X[:N_ASKED]
        self.prepared = prepare(student, tree_ensemble(teacher), X, self.X, tolerance=tolerance)
        self.models = self.prepared.models
        self.answers = teacher.predict(self.X)

    def boxes(self, radius):
        p = self.prepared
        return neighbourhoods(p.ranks, p.values, self.models.cells, p.layout.is_number, radius)

    def inputs(self, boxes, r, most=4000):
        """Both ends of every cell of every column of a row's box, all together; None if too many."""
        lowest, highest = self.models.cells.ends()
        starts, axes = self.models.cells.starts, []
        for u in range(boxes.low.shape[1]):
            if not boxes.is_number[r, u]:
                axes.append([self.prepared.values[r, u]])
                continue
            cells = starts[u] + np.arange(boxes.low[r, u], boxes.high[r, u] + 1)
            ends = [
                np.maximum(lowest[cells], boxes.least[r, u]),
                np.minimum(highest[cells], boxes.most[r, u]),
            ]
            axes.append(np.unique(np.concatenate(ends)))
        if np.prod([len(axis) for axis in axes]) > most:
            return None
        return np.array(list(itertools.product(*axes)))

    def witness(self, boxes, which, found, slope):
        p = self.prepared
        return witness_values(
            found, slope, p.values[which], boxes.rows(which), p.models.cells, p.ranks
        )

    def disagrees(self, Z):
        return self.differs(self.teacher.predict(Z), self.student.predict(Z))

    def differs(self, one, other):
        if self.models.teacher.n_classes:
            return one != other
        return np.abs(one - other) > self.tolerance

    def decided(self):
        """The teacher's answers as the search takes them."""
        if not self.models.teacher.n_classes:
            return self.answers.astype(float)
        return np.searchsorted(self.teacher.classes_, self.answers).astype(float)


@pytest.fixture(scope="session")
def make_case():
    return Case

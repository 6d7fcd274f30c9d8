"""Training loss of the tree student over that of the best tree there is.

    python -m benchmarks.optimal [--depths 2 3] [--effort ...] [--rows 600]

Three small problems: soft targets of a forest on binary columns (values above their quantiles), so
that every method has the same candidates. The best tree of a depth is found by trying all: of two
levels every pair of columns at once, of three every first column and then two levels. Where
`pystreed` is installed, its optimal tree checks this search. The loss is the sum of squared errors
of the leaves' means (`DistilledTreeRegressor` on the probability of a class, or on values), or the
divergence from the probability of a class (`DistilledTreeClassifier` without a price on decisions).
The last row of a problem has as many leaves but may be deeper, so its best tree can be better.
"""

from __future__ import annotations

import argparse
import inspect
import sys
import time
from itertools import product

import numpy as np
from scipy.special import entr, rel_entr
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.tree import DecisionTreeRegressor

from benchmarks._printing import print_header, print_table
from interpkd import DistilledTreeClassifier, DistilledTreeRegressor

EFFORTS = ("greedy", "refined", "balanced", "thorough")
QUANTILES = (0.2, 0.4, 0.6, 0.8)


# ---------------------------------------------------------------- problems
def problems(most_rows):
    """Yield name, binary columns and soft target."""
    for name, load, best in (
        ("breast_cancer", load_breast_cancer, 1),
        ("wine", load_wine, 1),
        ("diabetes", load_diabetes, None),
    ):
        X, y = load(return_X_y=True)
        X, y = X[:most_rows], y[:most_rows]
        if best is None:
            target = RandomForestRegressor(100, random_state=0).fit(X, y).predict(X)
        else:
            forest = RandomForestClassifier(100, random_state=0).fit(X, y)
            target = forest.predict_proba(X)[:, best]
        yield name, above_quantiles(X), target


def above_quantiles(X):
    """Tell which values lie above quantiles of their column; no column twice."""
    columns = [X[:, j] > q for j in range(X.shape[1]) for q in np.quantile(X[:, j], QUANTILES)]
    B = np.unique(np.array(columns), axis=0).T
    return B[:, B.any(axis=0) & ~B.all(axis=0)].astype(float)


# ---------------------------------------------------------------- the best tree
def squared_gain(n, s):
    """Give what rows of some count and sum of targets save as a leaf, in squared error."""
    return np.where(np.asarray(n) > 0.5, np.square(s) / np.maximum(n, 1), 0.0)


def entropy_gain(n, s):
    """Give the same for the divergence from probabilities of a class."""
    q = np.clip(s / np.maximum(n, 1), 0, 1)
    return n * -(entr(q) + entr(1 - q)) * (np.asarray(n) > 0.5)


def loss_of(t, prediction, gain):
    """Sum of the losses of predictions."""
    if gain is squared_gain:
        return float(np.square(t - prediction).sum())
    q = np.clip(prediction, 1e-12, 1 - 1e-12)
    return float((rel_entr(t, q) + rel_entr(1 - t, 1 - q)).sum())


def least_loss(B, t, depth, gain=squared_gain):
    """Loss of the best tree of a depth; tries all of them."""
    of_rows = t @ t if gain is squared_gain else -(entr(t) + entr(1 - t)).sum()
    return float(of_rows - _most_gain(B, t, depth, gain))


def _most_gain(B, t, depth, gain):
    """Largest sum of the gains of leaves."""
    if depth == 1:
        n, s = B.sum(axis=0), t @ B
        return float((gain(n, s) + gain(len(t) - n, t.sum() - s)).max(initial=0.0))
    if depth == 2:
        return _most_gain_of_two(B, t, gain)
    best = float(gain(len(t), t.sum()))
    for b in B.T.astype(bool):
        best = max(best, sum(_most_gain(B[side], t[side], depth - 1, gain) for side in (b, ~b)))
    return best


def _most_gain_of_two(B, t, gain):
    """Give the gain of the best two levels: counts and sums of every pair at once."""
    both, both_sum = B.T @ B, B.T @ (t[:, None] * B)  # of rows where i and j hold
    n, s = np.diag(both), np.diag(both_sum)
    holds = gain(both, both_sum) + gain(n[:, None] - both, s[:, None] - both_sum)
    rest, rest_sum = n[None] - both, s[None] - both_sum  # where j holds and i does not
    n_not, s_not = len(t) - n, t.sum() - s
    fails = gain(rest, rest_sum) + gain(n_not[:, None] - rest, s_not[:, None] - rest_sum)
    return float((holds.max(axis=1) + fails.max(axis=1)).max())


def streed_loss(B, t, depth):
    """Loss of pystreed's optimal tree; None when it is not installed."""
    try:
        from pystreed import STreeDRegressor
    except ImportError:
        return None
    model = STreeDRegressor(max_depth=depth, cost_complexity=0.0, time_limit=600)
    model.fit(B.astype(int), t)
    return float(np.square(t - np.ravel(model.predict(B.astype(int)))).sum())


# ---------------------------------------------------------------- students
def student_losses(B, t, depth, efforts, gain):
    """Yield name, loss and seconds of scikit-learn's tree and of the students."""
    size = {"max_leaf_nodes": 2**depth, "random_state": 0}
    plain = DecisionTreeRegressor(max_depth=depth, **size)
    yield "scikit-learn", *_fitted(plain, B, t, gain, y=t)
    kind, teacher = DistilledTreeRegressor, {"teacher_proba": t}
    if gain is entropy_gain:
        kind, size = DistilledTreeClassifier, {**size, "decision_weight": 0.0}
        teacher = {"y": t > 0.5, "teacher_proba": np.column_stack([1 - t, t])}
    for effort in efforts:
        params = {} if effort == "default" else {"effort": effort}
        student = kind(max_depth=depth, min_samples_leaf=1, **size, **params)
        yield effort, *_fitted(student, B, t, gain, **teacher)
    free = clone(student).set_params(max_depth=None)
    yield f"{efforts[-1]}, any depth", *_fitted(free, B, t, gain, **teacher)


def _fitted(model, B, t, gain, **target):
    start = time.perf_counter()
    model.fit(B, **target)
    seconds = time.perf_counter() - start
    is_class = hasattr(model, "predict_proba")
    prediction = model.predict_proba(B)[:, 1] if is_class else model.predict(B)
    return loss_of(t, prediction, gain), seconds


def main():
    """Run the benchmark and print its table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    has_effort = "effort" in inspect.signature(DistilledTreeRegressor).parameters
    parser.add_argument("--depths", nargs="*", type=int, default=[2, 3])
    parser.add_argument("--effort", nargs="*", default=EFFORTS if has_effort else ["default"])
    parser.add_argument("--rows", type=int, default=600, help="most rows of a problem")
    options = parser.parse_args()
    print_header(f"benchmarks.optimal {' '.join(sys.argv[1:])}".rstrip())
    rows = []
    for name, B, t in problems(options.rows):
        gains = [("squared error", squared_gain), ("divergence", entropy_gain)]
        for (loss_name, gain), depth in product(gains[: 1 + (t.max() <= 1)], options.depths):
            start = time.perf_counter()
            best = least_loss(B, t, depth, gain)
            seconds = time.perf_counter() - start
            shape = [f"{B.shape[0]} x {B.shape[1]}", loss_name, depth]
            rows.append([name, *shape, "all trees", f"{best:.4f}", "1.0000", f"{seconds:.2f}"])
            checked = streed_loss(B, t, depth) if gain is squared_gain else None
            if checked is not None:
                rows.append(
                    [name, *shape, "pystreed", f"{checked:.4f}", f"{checked / best:.4f}", ""]
                )
            for method, loss, took in student_losses(B, t, depth, options.effort, gain):
                figures = [f"{loss:.4f}", f"{loss / best:.4f}", f"{took:.2f}"]
                rows.append([name, *shape, method, *figures])
    header = [
        "problem",
        "rows x columns",
        "loss",
        "depth",
        "method",
        "value",
        "over the best",
        "seconds",
    ]
    print_table("Training loss against the best tree (the first fit compiles)", header, rows)


if __name__ == "__main__":
    main()

"""Training loss of the tree student over that of the best tree there is.

    python -m benchmarks.optimal [--depths 2 3] [--effort ...] [--rows 600]

Three small problems: soft targets of a forest on binary columns (values above their quantiles), so
that every method has the same candidates. The best tree of a depth is found by trying all: of two
levels every pair of columns at once, of three every first column and then two levels. Where
`pystreed` is installed, its optimal tree checks this search. The loss is the sum of squared errors
of the leaves' means (`DistilledTreeRegressor` on the probability of a class, or on values). The
last row of a problem has as many leaves but may be deeper, so its best tree can be better.
"""

from __future__ import annotations

import argparse
import inspect
import sys
import time

import numpy as np
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.tree import DecisionTreeRegressor

from benchmarks._printing import print_header, print_table
from interpkd import DistilledTreeRegressor

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
def least_loss(B, t, depth):
    """Sum of squared errors of the best tree of a depth; tries all of them."""
    return float(t @ t - _most_gain(B, t, depth))


def _most_gain(B, t, depth):
    """Largest sum over leaves of squared sum over count."""
    if depth == 1:
        n, s = B.sum(axis=0), t @ B
        return float((_gain(n, s) + _gain(len(t) - n, t.sum() - s)).max(initial=0.0))
    if depth == 2:
        return _most_gain_of_two(B, t)
    best = float(_gain(len(t), t.sum()))
    for b in B.T.astype(bool):
        best = max(best, sum(_most_gain(B[side], t[side], depth - 1) for side in (b, ~b)))
    return best


def _most_gain_of_two(B, t):
    """Give the gain of the best two levels: counts and sums of every pair at once."""
    both, both_sum = B.T @ B, B.T @ (t[:, None] * B)  # of rows where i and j hold
    n, s = np.diag(both), np.diag(both_sum)
    holds = _gain(both, both_sum) + _gain(n[:, None] - both, s[:, None] - both_sum)
    rest, rest_sum = n[None] - both, s[None] - both_sum  # where j holds and i does not
    n_not, s_not = len(t) - n, t.sum() - s
    fails = _gain(rest, rest_sum) + _gain(n_not[:, None] - rest, s_not[:, None] - rest_sum)
    return float((holds.max(axis=1) + fails.max(axis=1)).max())


def _gain(n, s):
    return np.where(np.asarray(n) > 0.5, np.square(s) / np.maximum(n, 1), 0.0)


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
def student_losses(B, t, depth, efforts):
    """Yield name, loss and seconds of scikit-learn's tree and of the students."""
    size = {"max_leaf_nodes": 2**depth, "random_state": 0}
    yield "scikit-learn", *_fitted(DecisionTreeRegressor(max_depth=depth, **size), B, t, y=t)
    for effort in efforts:
        params = {} if effort == "default" else {"effort": effort}
        student = DistilledTreeRegressor(max_depth=depth, min_samples_leaf=1, **size, **params)
        yield effort, *_fitted(student, B, t, teacher_proba=t)
    free = clone(student).set_params(max_depth=None)
    yield f"{efforts[-1]}, any depth", *_fitted(free, B, t, teacher_proba=t)


def _fitted(model, B, t, **target):
    start = time.perf_counter()
    model.fit(B, **target)
    seconds = time.perf_counter() - start
    return float(np.square(t - model.predict(B)).sum()), seconds


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
        for depth in options.depths:
            start = time.perf_counter()
            best = least_loss(B, t, depth)
            seconds = time.perf_counter() - start
            shape = [f"{B.shape[0]} x {B.shape[1]}", depth]
            rows.append([name, *shape, "all trees", f"{best:.4f}", "1.0000", f"{seconds:.2f}"])
            checked = streed_loss(B, t, depth)
            if checked is not None:
                rows.append(
                    [name, *shape, "pystreed", f"{checked:.4f}", f"{checked / best:.4f}", ""]
                )
            for method, loss, took in student_losses(B, t, depth, options.effort):
                figures = [f"{loss:.4f}", f"{loss / best:.4f}", f"{took:.2f}"]
                rows.append([name, *shape, method, *figures])
    header = ["problem", "rows x columns", "depth", "method", "loss", "over the best", "seconds"]
    print_table("Training loss against the best tree (the first fit compiles)", header, rows)


if __name__ == "__main__":
    main()

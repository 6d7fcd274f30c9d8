"""Fidelity of the tree student against trees that a user would grow today.

    python -m benchmarks.fidelity [--seeds 0 1 2] [--leaves 8 16 32]

Data: scikit-learn's bundled classification sets. Per seed: 60 % of the rows train the teacher (a
random forest of 300 trees) and the students, 40 % measure them; the teacher is frozen. Baselines:
a tree on the teacher's decisions (hard) and a regression tree on its probabilities (soft), both of
default settings. Printed per data set: mean agreement with the teacher and mean KL(teacher ‖
student) in nats (student clipped at 1e-3), over seeds and leaves.
"""

from __future__ import annotations

import argparse
import time
import warnings

import numpy as np
from sklearn.datasets import load_breast_cancer, load_digits, load_iris, load_wine
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import train_test_split
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from interpkd import DistilledTreeClassifier, as_teacher

DATA = {
    "breast_cancer": load_breast_cancer,
    "digits": load_digits,
    "iris": load_iris,
    "wine": load_wine,
}


def kl_divergence(target, proba):
    """Mean KL(teacher ‖ student) in nats, student clipped at 1e-3 and renormalised."""
    student = np.clip(proba, 1e-3, 1)
    student /= student.sum(axis=1, keepdims=True)
    target = np.clip(target, 1e-12, 1)
    return float((target * np.log(target / student)).sum(axis=1).mean())


def students(teacher, X, leaves, seed):
    """Yield name, seconds and a function from rows to probabilities of each student."""
    P = teacher.predict_proba(X)
    start = time.perf_counter()
    hard = DecisionTreeClassifier(max_leaf_nodes=leaves, random_state=seed).fit(X, P.argmax(axis=1))
    yield "hard CART", time.perf_counter() - start, lambda Z: _full(hard, Z, P.shape[1])
    start = time.perf_counter()
    soft = DecisionTreeRegressor(max_leaf_nodes=leaves, random_state=seed).fit(X, P)
    yield "soft CART", time.perf_counter() - start, soft.predict
    start = time.perf_counter()
    ours = DistilledTreeClassifier(teacher, max_leaf_nodes=leaves, random_state=seed).fit(X)
    yield "interpkd", time.perf_counter() - start, ours.predict_proba


def _full(model, X, n_classes):
    out = np.zeros((len(X), n_classes))
    out[:, model.classes_.astype(int)] = model.predict_proba(X)
    return out


def main():
    """Run the benchmark and print its table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", nargs="*", type=int, default=[0, 1, 2])
    parser.add_argument("--leaves", nargs="*", type=int, default=[8, 16, 32])
    options = parser.parse_args()
    warnings.filterwarnings("ignore")
    print(f"{'data set':15s}{'student':12s}{'agreement':>10s}{'KL':>8s}{'seconds':>9s}")
    for name, load in DATA.items():
        X, y = load(return_X_y=True)
        rows: dict[str, list[tuple[float, float, float]]] = {}
        for seed in options.seeds:
            X_train, X_test, y_train, _ = train_test_split(
                X, y, test_size=0.4, stratify=y, random_state=seed
            )
            forest = RandomForestClassifier(300, random_state=seed).fit(X_train, y_train)
            teacher = as_teacher(forest)
            target = teacher.predict_proba(X_test)
            for leaves in options.leaves:
                for kind, seconds, predict in students(teacher, X_train, leaves, seed):
                    proba = predict(X_test)
                    agreement = (proba.argmax(axis=1) == target.argmax(axis=1)).mean()
                    row = (float(agreement), kl_divergence(target, proba), seconds)
                    rows.setdefault(kind, []).append(row)
        for kind, values in rows.items():
            agreement, kl, seconds = np.mean(values, axis=0)
            print(f"{name:15s}{kind:12s}{agreement:10.4f}{kl:8.4f}{seconds:9.3f}")


if __name__ == "__main__":
    main()

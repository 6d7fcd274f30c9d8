"""Ours, and the peers of the peers' benchmark that live in our own environment.

Every peer gets the training rows and the teacher's in-sample answers there, as a user would call
it, at its documented defaults and with the same number of leaves. Ours get the same rows, their
labels and the frozen teacher; tree students ask it about generated rows too, which is their
default; `munge_tree_soft` does that for CART.
"""

from __future__ import annotations

import numpy as np
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.neighbors import NearestNeighbors
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from benchmarks._peers_runner import Fitted, Method

LEAST_WEIGHT = 1e-6
"""Rows of less weight are not repeated for a class."""
MUNGE_ROWS, MUNGE_CHANCE, MUNGE_WIDTH = 5, 0.5, 1.0
"""Generated rows per training row, chance that a column is munged, and local width of Bucila."""
CLASSES = ("binary", "multiclass")


# ---------------------------------------------------------------- ours
def _tree(task, leaves):
    import interpkd

    size = {"max_leaf_nodes": leaves, "random_state": task.seed}
    return _distilled(task, interpkd.DistilledTreeClassifier, interpkd.DistilledTreeRegressor, size)


def _linear(name):
    """Give the fit of a student without a number of leaves."""

    def fit(task, _leaves):
        import interpkd

        kind = getattr(interpkd, name)
        return _distilled(task, kind, kind, {"random_state": task.seed})

    return fit


def _distilled(task, classifier, regressor, params):
    import interpkd

    if not task.n_classes:
        student = regressor(interpkd.as_teacher(task.answer), **params)
        student.fit(task.X_train, task.y_train)
        return Fitted(student.predict, _n_leaves(student))
    teacher = interpkd.as_teacher(task.answer, classes=np.arange(task.n_classes))
    student = classifier(teacher, **params).fit(task.X_train, task.y_train)
    return Fitted(student.predict_proba, _n_leaves(student), student.predict)


def _n_leaves(student):
    return student.get_n_leaves() if hasattr(student, "get_n_leaves") else None


# ---------------------------------------------------------------- CART
def _tree_soft(task, leaves):
    return soft_tree(task, leaves, task.X_train, task.P_train)


def soft_tree(task, leaves, X, P):
    """Fit scikit-learn's regression tree to probabilities, or values."""
    tree = DecisionTreeRegressor(max_leaf_nodes=leaves, random_state=task.seed).fit(X, P)
    if not task.n_classes:
        return Fitted(tree.predict, tree.get_n_leaves())
    return Fitted(lambda Z: _normal(tree.predict(Z)), tree.get_n_leaves())


def _tree_hard(task, leaves):
    return _classifier_tree(task, leaves, task.P_train.argmax(axis=1))


def _tree_labels(task, leaves):
    if not task.n_classes:
        return soft_tree(task, leaves, task.X_train, task.y_train)
    return _classifier_tree(task, leaves, task.y_train)


def _classifier_tree(task, leaves, y):
    tree = DecisionTreeClassifier(max_leaf_nodes=leaves, random_state=task.seed)
    tree.fit(task.X_train, y)
    return Fitted(full_proba(task, tree), tree.get_n_leaves())


def full_proba(task, model):
    """Give the model's probabilities with a column for each of the task's classes."""

    def answer(X):
        proba = np.zeros((len(X), task.n_classes))
        proba[:, np.asarray(model.classes_, dtype=int)] = model.predict_proba(X)
        return proba

    return answer


def _normal(proba):
    proba = np.clip(proba, 0, None)
    return proba / proba.sum(axis=1, keepdims=True)


def two_columns(values):
    """Give both classes' probabilities from the second one's."""
    second = np.clip(np.asarray(values, dtype=float).ravel(), 0, 1)
    return np.column_stack([1 - second, second])


def _tree_munge(task, leaves):
    X = munge(task.X_train, task.seed)
    X, P = np.vstack([task.X_train, X]), np.concatenate([task.P_train, task.ask(X, "munge")])
    return soft_tree(task, leaves, X, P)


def munge(X, seed):
    """Generate rows as MUNGE does (Bucila, Caruana, Niculescu-Mizil 2006).

    Each row meets its nearest other row; each column with some chance takes a value drawn around
    the other's, and columns of two values swap theirs.
    """
    rng = np.random.default_rng(seed)
    Z = StandardScaler().fit_transform(X)
    nearest = NearestNeighbors(n_neighbors=2).fit(Z).kneighbors(Z, return_distance=False)
    other = X[np.where(nearest[:, 0] == np.arange(len(X)), nearest[:, 1], nearest[:, 0])]
    is_binary = np.array([len(np.unique(column)) <= 2 for column in X.T])
    made = []
    for _ in range(MUNGE_ROWS):
        drawn = rng.normal(other, np.abs(X - other) / MUNGE_WIDTH)
        value = np.where(is_binary, other, drawn)
        made.append(np.where(rng.random(X.shape) < MUNGE_CHANCE, value, X))
    return np.vstack(made).astype(X.dtype)


def _constant(task, _leaves):
    """Answer every row with the teacher's mean: what fidelity costs nothing."""
    mean = task.P_train.mean(axis=0)
    return Fitted(lambda X: np.tile(mean, (len(X), 1)) if task.n_classes else np.full(len(X), mean))


# ---------------------------------------------------------------- LightGBM
def _tree_lightgbm(task, leaves):
    import lightgbm

    target = task.P_train[:, 1] if task.n_classes else task.P_train
    tree = lightgbm.LGBMRegressor(
        n_estimators=1,
        learning_rate=1.0,
        num_leaves=leaves,
        random_state=task.seed,
        n_jobs=1,
        verbose=-1,
    ).fit(task.X_train, target)
    size = int(tree.booster_.trees_to_dataframe()["left_child"].isna().sum())
    if task.n_classes:
        return Fitted(lambda X: two_columns(tree.predict(X)), size)
    return Fitted(tree.predict, size)


# ---------------------------------------------------------------- linear
def _linear_soft(task, _leaves):
    scale = StandardScaler().fit(task.X_train)
    model = LinearRegression().fit(scale.transform(task.X_train), task.P_train)
    return Fitted(lambda X: model.predict(scale.transform(X)))


def _logistic_duplicated(task, _leaves):
    rows, classes, weights = duplicated(task)
    scale = StandardScaler().fit(task.X_train)
    model = LogisticRegression(max_iter=1000)
    model.fit(scale.transform(task.X_train)[rows], classes, sample_weight=weights)
    answer = full_proba(task, model)
    return Fitted(lambda X: answer(scale.transform(X)))


def duplicated(task):
    """Give every row once per class: its number, the class, and the teacher's probability."""
    rows, classes = np.nonzero(task.P_train > LEAST_WEIGHT)
    return rows, classes, task.P_train[rows, classes]


def _logistic_hard(task, _leaves):
    scale = StandardScaler().fit(task.X_train)
    model = LogisticRegression(max_iter=1000)
    model.fit(scale.transform(task.X_train), task.P_train.argmax(axis=1))
    answer = full_proba(task, model)
    return Fitted(lambda X: answer(scale.transform(X)))


def _svm_hard(task, _leaves):
    scale = StandardScaler().fit(task.X_train)
    model = LinearSVC(max_iter=5000, random_state=task.seed)
    model.fit(scale.transform(task.X_train), task.P_train.argmax(axis=1))

    def answer(X):
        score = model.decision_function(scale.transform(X))
        if score.ndim == 1:
            return np.column_stack([-score, score])
        wide = np.full((len(X), task.n_classes), score.min() - 1)
        wide[:, model.classes_] = score
        return wide

    decide = lambda X: model.predict(scale.transform(X))  # noqa: E731  (one line, beside `answer`)
    return Fitted(answer, decide=decide, has_probabilities=False)


OURS = "interpkd_tree"
METHODS = {
    "tree_soft": Method(_tree_soft, "scikit-learn"),
    "tree_hard": Method(_tree_hard, "scikit-learn", tasks=CLASSES),
    "tree_labels": Method(_tree_labels, "scikit-learn"),
    "lightgbm_tree": Method(_tree_lightgbm, "lightgbm", tasks=("binary", "regression")),
    OURS: Method(_tree, "interpkd"),
    "munge_tree_soft": Method(_tree_munge, "scikit-learn"),
    "constant": Method(_constant, "scikit-learn"),
    "linear_soft": Method(_linear_soft, "scikit-learn", "other", ("regression",)),
    "logistic_duplicated": Method(_logistic_duplicated, "scikit-learn", "other", CLASSES),
    "logistic_hard": Method(_logistic_hard, "scikit-learn", "other", CLASSES),
    "linearsvc_hard": Method(_svm_hard, "scikit-learn", "other", CLASSES),
    "interpkd_linear": Method(
        _linear("DistilledLinearRegression"), "interpkd", "other", ("regression",)
    ),
    "interpkd_logistic": Method(
        _linear("DistilledLogisticRegression"), "interpkd", "other", CLASSES
    ),
    "interpkd_linearsvc": Method(_linear("DistilledLinearSVC"), "interpkd", "other", CLASSES),
    "interpkd_scorecard": Method(
        _linear("DistilledScorecardClassifier"), "interpkd", "other", ("binary",)
    ),
}

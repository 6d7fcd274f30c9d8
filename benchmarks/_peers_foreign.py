"""Peers of the peers' benchmark that want an environment of their own, at documented defaults.

Each is imported when it is fitted. A teacher that a peer insists on calling answers from the task:
from memory where it is asked about training rows, and through `PeerTask.ask` otherwise.
"""

from __future__ import annotations

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin

from benchmarks._peers_methods import duplicated, full_proba, soft_tree, two_columns
from benchmarks._peers_runner import Fitted, Method

BINARY_OR_VALUES = ("binary", "regression")
CLASSES = ("binary", "multiclass")
STREED_SECONDS = 30


class _Teacher(BaseEstimator):
    """The task's teacher behind scikit-learn's interface; fitting it again changes nothing."""

    def __init__(self, task=None):
        self.task = task

    def fit(self, *_args, **_kwargs):
        return self

    def _answer(self, X):
        X = np.ascontiguousarray(np.asarray(X, dtype=np.float32))
        if X.ndim != 2:  # some peers try a single row first
            message = f"Expected 2D array, got {X.ndim}D array"
            raise ValueError(message)
        known = self.__dict__.setdefault("_known", {})
        if not known:
            rows = np.ascontiguousarray(self.task.X_train)
            known |= {row.tobytes(): i for i, row in enumerate(rows)}
        places = [known.get(row.tobytes(), -1) for row in X]
        if min(places) >= 0:
            return self.task.P_train[places]
        return self.task.ask(X, f"rows{len(X)}")


class _ClassTeacher(ClassifierMixin, _Teacher):
    def predict_proba(self, X):
        return self._answer(X)

    def predict(self, X):
        return self._answer(X).argmax(axis=1)


class _ValueTeacher(RegressorMixin, _Teacher):
    def predict(self, X):
        return self._answer(X)


def _teacher(task):
    teacher = (_ClassTeacher if task.n_classes else _ValueTeacher)(task)
    if task.n_classes:
        teacher.classes_ = np.arange(task.n_classes)
    return teacher


# ---------------------------------------------------------------- imodels
def _imodels(make):
    """Give the fit of imodels' DistilledRegressor with a student of `make(leaves, seed)`."""

    def fit(task, leaves):
        from imodels.util.distillation import DistilledRegressor

        model = DistilledRegressor(_teacher(task), make(leaves, task.seed))
        model.fit(task.X_train, task.y_train)
        size = _count_leaves(model.student)
        if task.n_classes:
            return Fitted(lambda X: two_columns(model.predict(X)), size)
        return Fitted(lambda X: np.asarray(model.predict(X), dtype=float).ravel(), size)

    return fit


def _count_leaves(student):
    tree = getattr(student, "estimator_", student)
    if hasattr(tree, "get_n_leaves"):
        return tree.get_n_leaves()
    if hasattr(student, "complexity_"):
        return int(student.complexity_)
    return None


def _figs(leaves, seed):
    from imodels import FIGSRegressor

    return FIGSRegressor(max_rules=leaves - 1, random_state=seed)


def _greedy(leaves, seed):
    from imodels import GreedyTreeRegressor

    return GreedyTreeRegressor(max_leaf_nodes=leaves, random_state=seed)


def _shrunk(leaves, seed):
    from imodels import HSTreeRegressor

    return HSTreeRegressor(max_leaf_nodes=leaves, random_state=seed)


def _rulefit(leaves, seed):
    from imodels import RuleFitRegressor

    return RuleFitRegressor(max_rules=leaves, random_state=seed)


# ---------------------------------------------------------------- interpret-community
def _mimic(name, args):
    """Give the fit of a MimicExplainer whose surrogate is the class `name`."""

    def fit(task, leaves):
        from interpret_community.mimic import models
        from interpret_community.mimic.mimic_explainer import MimicExplainer

        kind = getattr(models, name)
        explainer = MimicExplainer(
            _teacher(task),
            task.X_train,
            kind,
            explainable_model_args=args(leaves, task.seed),
            model_task="classification" if task.n_classes else "regression",
        )
        surrogate = explainer.surrogate_model
        return _surrogate_answers(task, surrogate)

    return fit


def _surrogate_answers(task, surrogate):
    """Turn the surrogate's answers into probabilities: of two classes it predicts a logit."""
    if not task.n_classes:
        return Fitted(lambda X: np.asarray(surrogate.predict(X), dtype=float).ravel())
    if task.n_classes == 2:
        chance = lambda X: 1 / (1 + np.exp(-np.asarray(surrogate.predict(X))))  # noqa: E731
        return Fitted(lambda X: two_columns(chance(X)))
    return Fitted(lambda X: np.asarray(surrogate.predict_proba(X), dtype=float))


def _tree_args(leaves, seed):
    return {"max_leaf_nodes": leaves, "random_state": seed}


def _linear_args(_leaves, seed):
    return {"random_state": seed}


# ---------------------------------------------------------------- Trustee, optimal trees, EBM
def _trustee(task, leaves):
    from trustee import ClassificationTrustee, RegressionTrustee

    np.random.seed(task.seed)  # noqa: NPY002  (Trustee draws from the global generator)
    model = (ClassificationTrustee if task.n_classes else RegressionTrustee)(_teacher(task))
    sizes = {"num_iter": 50, "num_stability_iter": 10, "samples_size": 0.3}  # its documentation's
    model.fit(task.X_train, task.y_train, max_leaf_nodes=leaves, **sizes)
    tree = model.explain()[0]
    answer = full_proba(task, tree) if task.n_classes else tree.predict
    return Fitted(answer, tree.get_n_leaves())


def _streed(n_thresholds):
    """Give the fit of an optimal tree on so many thresholds per column."""

    def fit(task, leaves):
        from pystreed import STreeDClassifier, STreeDRegressor

        size = {"max_depth": int(np.log2(leaves)), "max_num_nodes": leaves - 1}
        params = {"time_limit": STREED_SECONDS, "random_seed": task.seed}
        params |= size | {"n_thresholds": n_thresholds}
        if not task.n_classes:
            model = STreeDRegressor(**params, cost_complexity=0.0)
            model.fit(task.X_train, task.P_train)
            return Fitted(lambda X: np.asarray(model.predict(X), dtype=float), model.get_n_leaves())
        model = STreeDClassifier(**params)
        model.fit(task.X_train, task.P_train.argmax(axis=1))
        hot = lambda X: np.eye(task.n_classes)[np.asarray(model.predict(X), dtype=int)]  # noqa: E731
        return Fitted(hot, model.get_n_leaves(), has_scores=False)

    return fit


def _ebm(task, _leaves):
    from interpret import glassbox

    params = {"interactions": 0, "random_state": task.seed, "n_jobs": 1}
    if not task.n_classes:
        model = glassbox.ExplainableBoostingRegressor(**params).fit(task.X_train, task.P_train)
        return Fitted(model.predict)
    rows, classes, weights = duplicated(task)
    model = glassbox.ExplainableBoostingClassifier(**params)
    model.fit(task.X_train[rows], classes, sample_weight=weights)
    return Fitted(full_proba(task, model))


# ---------------------------------------------------------------- AutoGluon's generated rows
def _tree_spunge(task, leaves):
    X = _spunge(task.X_train, task.seed)
    X, P = np.vstack([task.X_train, X]), np.concatenate([task.P_train, task.ask(X, "spunge")])
    return soft_tree(task, leaves, X, P)


def _spunge(X, seed):
    """Generate rows with the augmentation of AutoGluon's `distill`, at the sizes that it uses."""
    import pandas as pd
    from autogluon.common.features.feature_metadata import FeatureMetadata
    from autogluon.core.augmentation.distill_utils import augment_data

    np.random.seed(seed)  # noqa: NPY002  (AutoGluon draws from the global generator)
    frame = pd.DataFrame(X.astype(float), columns=[f"x{i}" for i in range(X.shape[1])])
    for name in frame:
        if frame[name].nunique() <= 2:  # AutoGluon would see the categories, not their codes
            frame[name] = frame[name].astype(str).astype("category")
    sizes = {"size_factor": 5, "max_size": 100_000}
    made = augment_data(frame, FeatureMetadata.from_df(frame), augment_args=sizes)
    return made.astype(float).to_numpy(dtype=X.dtype)


FOREIGN = {
    "imodels_greedy": Method(_imodels(_greedy), "imodels", tasks=BINARY_OR_VALUES),
    "imodels_hstree": Method(_imodels(_shrunk), "imodels", tasks=BINARY_OR_VALUES),
    "imodels_figs": Method(_imodels(_figs), "imodels", "sum", BINARY_OR_VALUES),
    "imodels_rulefit": Method(_imodels(_rulefit), "imodels", "sum", BINARY_OR_VALUES),
    "community_tree": Method(
        _mimic("DecisionTreeExplainableModel", _tree_args), "interpret-community"
    ),
    "community_linear": Method(
        _mimic("LinearExplainableModel", _linear_args), "interpret-community", "other"
    ),
    "trustee": Method(_trustee, "trustee"),
    "streed": Method(_streed(5), "pystreed", sizes=(8, 16)),
    "streed_20": Method(_streed(20), "pystreed", sizes=(8,)),
    "autogluon_tree_soft": Method(_tree_spunge, "autogluon.tabular"),
    "ebm": Method(_ebm, "interpret-core", "other"),
}

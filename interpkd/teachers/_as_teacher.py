"""Anything with class probabilities, or with predictions, as a frozen teacher."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.utils.validation import check_is_fitted

from interpkd._asking import ask, in_class_order
from interpkd._optional import is_instance_of_name
from interpkd._validation import (
    check_predictions,
    check_probabilities,
    num_samples,
)
from interpkd.exceptions import InvalidInputError, NotATeacherError
from interpkd.teachers._booster import is_booster, open_booster, refuse_wrapper

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray
    from sklearn.utils import Tags

    from interpkd._typing import FloatArray, Table
    from interpkd.teachers._torch import TorchTeacher


class _Frozen(BaseEstimator):
    """What all frozen teachers share: they are never fitted, cloned or copied.

    `clone` and `copy.deepcopy` of scikit-learn's searches would empty a fitted model or copy a
    network's weights; a frozen teacher answers both with itself, as `FrozenEstimator` does.
    """

    def __init__(self, model: Any) -> None:
        self.model = model

    def fit(self, X: Any, y: Any = None, **params: Any) -> Self:  # noqa: ARG002
        """Do nothing: the teacher is frozen.

        Parameters
        ----------
        X : object
            Ignored.

        y : object, default=None
            Ignored.

        **params : dict
            Ignored.

        Returns
        -------
        self : object
            The teacher as it was.
        """
        return self

    def __sklearn_clone__(self) -> Self:
        return self

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True  # whether the model takes NaN is the model's to say
        tags.target_tags.required = False
        return tags


class FrozenClassifier(ClassifierMixin, _Frozen):
    """A classification teacher that is used as it is.

    Made by :func:`as_teacher`; probabilities are checked on every call.

    Parameters
    ----------
    model : estimator or callable
        A fitted classifier with `predict_proba`, or a function from rows to probabilities.

    classes : array-like of shape (n_classes,) or None, default=None
        The classes of the probability columns; None for the model's own `classes_`.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The classes of the probability columns.

    Examples
    --------
    >>> import numpy as np
    >>> from interpkd import as_teacher
    >>> teacher = as_teacher(lambda X: np.full((len(X), 2), 0.5), classes=["bad", "good"])
    >>> teacher.predict_proba([[1.0], [2.0]])
    array([[0.5, 0.5],
           [0.5, 0.5]])
    """

    def __init__(self, model: Any, classes: ArrayLike | None = None) -> None:
        super().__init__(model)
        self.classes = classes

    @property
    def classes_(self) -> NDArray[Any]:
        """The classes of the probability columns, shape (n_classes,)."""
        return np.asarray(self.model.classes_ if self.classes is None else self.classes)

    def predict_proba(self, X: Table) -> FloatArray:
        """Give the teacher's class probabilities.

        Parameters
        ----------
        X : array-like or data frame of shape (n_samples, n_features)
            The rows.

        Returns
        -------
        proba : ndarray of shape (n_samples, n_classes)
            Checked float64 probabilities, columns as in `classes_`.
        """
        method = "predict_proba" if hasattr(self.model, "predict_proba") else "__call__"
        # a model names its columns by its own classes, a function by those it was given
        own = getattr(self.model, "classes_", self.classes_)
        return check_probabilities(
            in_class_order(ask(self.model, X, method), np.asarray(own)),
            n_samples=num_samples(X),
            n_classes=len(self.classes_),
        )

    def predict(self, X: Table) -> NDArray[Any]:
        """Give the most probable class of each row.

        Parameters
        ----------
        X : array-like or data frame of shape (n_samples, n_features)
            The rows.

        Returns
        -------
        y_pred : ndarray of shape (n_samples,)
            Class labels.
        """
        return self.classes_[self.predict_proba(X).argmax(axis=1)]


class FrozenRegressor(RegressorMixin, _Frozen):
    """A regression teacher that is used as it is.

    Made by :func:`as_teacher`; predictions are checked on every call.

    Parameters
    ----------
    model : estimator or callable
        A fitted regressor with `predict`, or a function from rows to predictions.

    Examples
    --------
    >>> import numpy as np
    >>> from interpkd import as_teacher
    >>> teacher = as_teacher(lambda X: np.asarray(X).sum(axis=1))
    >>> teacher.predict([[1.0, 2.0], [3.0, 4.0]])
    array([3., 7.])
    """

    def predict(self, X: Table) -> FloatArray:
        """Give the teacher's predictions.

        Parameters
        ----------
        X : array-like or data frame of shape (n_samples, n_features)
            The rows.

        Returns
        -------
        y_pred : ndarray of shape (n_samples,)
            Checked float64 predictions.
        """
        method = "predict" if hasattr(self.model, "predict") else "__call__"
        return check_predictions(ask(self.model, X, method), n_samples=num_samples(X))


def as_teacher(
    model: Any | Callable[[Any], Any], *, classes: ArrayLike | None = None
) -> FrozenClassifier | FrozenRegressor | TorchTeacher:
    """Make a frozen teacher of a fitted model or of a function.

    A frozen teacher is never fitted, cloned or copied. Its answers are checked on every call:
    shape, finite values, rows that sum to one. A model that remembers the names of its columns is
    asked with the columns in its own order, whatever their order in the table.

    Parameters
    ----------
    model : fitted estimator, booster or callable
        A fitted scikit-learn-style classifier (with `predict_proba`) or regressor: XGBoost,
        LightGBM, CatBoost, scikit-learn, a pipeline over data frames; a raw `xgboost.Booster` or
        `lightgbm.Booster`; a torch module that takes numbers; or a function that takes rows and
        gives probabilities of shape (n_samples, n_classes), or predictions of shape (n_samples,).

    classes : array-like of shape (n_classes,) or None, default=None
        The classes of the probability columns. Needed for a function or a torch module that
        gives probabilities; for an estimator they replace its own, say ``["no", "yes"]`` for the
        codes 0 and 1.

    Returns
    -------
    teacher : FrozenClassifier, FrozenRegressor or TorchTeacher
        The teacher; a function or module without `classes` is a regression teacher.

    Raises
    ------
    NotATeacherError
        If `model` is a class, is not fitted, or can neither be called nor asked for predictions.

    InvalidInputError
        If `classes` are fewer than two, not unique, or not as many as the model's own.

    See Also
    --------
    TorchTeacher : A torch module with logits, a device or preprocessing.
    sklearn.frozen.FrozenEstimator : The same promise for a fitted scikit-learn estimator.

    Notes
    -----
    Whether a raw booster is a classifier is read from its objective; its classes are 0, 1, …
    unless they are named. It answers with the trees up to its best iteration, where early stopping
    noted one, and DART with all its trees. One that was trained on named columns must be asked
    with a data frame. A base margin (`base_margin`, `init_score`) belongs to rows and is not part
    of the model: the answers begin at the model's own base score. XGBoost keeps no note of a
    custom objective, so only a function can make a teacher of such a booster.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.ensemble import RandomForestClassifier
    >>> from interpkd import DistilledTreeClassifier, as_teacher
    >>> X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    >>> forest = RandomForestClassifier(n_estimators=10, random_state=0).fit(X, y)
    >>> teacher = as_teacher(forest, classes=["malignant", "benign"])
    >>> student = DistilledTreeClassifier(teacher, max_leaf_nodes=4).fit(X)
    >>> print(student.predict(X)[:2])
    ['malignant' 'malignant']
    """
    if isinstance(model, _Frozen) and classes is None:
        return model
    if is_instance_of_name(model, "torch.nn.modules.module.Module"):
        from interpkd.teachers._torch import TorchTeacher

        return TorchTeacher(model, classes=classes).fit()
    if isinstance(model, (FrozenClassifier, FrozenRegressor, FrozenEstimator)):
        model = model.estimator if isinstance(model, FrozenEstimator) else model.model
    if is_booster(model):
        model = open_booster(model, has_classes=classes is not None)
    _refuse(model)
    if hasattr(model, "predict_proba"):
        own = getattr(model, "classes_", None)
        if own is None and classes is None:
            msg = (
                f"{type(model).__name__} has predict_proba but no classes_. Name them: "
                "as_teacher(model, classes=[...])."
            )
            raise NotATeacherError(msg)
        return FrozenClassifier(model, _check_classes(classes, own))
    if classes is not None:
        if hasattr(model, "predict"):
            msg = (
                f"classes= was given, but {type(model).__name__} has no predict_proba. Pass a "
                "function that gives probabilities, or leave classes out for a regression."
            )
            raise NotATeacherError(msg)
        return FrozenClassifier(model, _check_classes(classes, None))
    if has_classes(model):
        msg = (
            f"{type(model).__name__} is a classifier without predict_proba, so it has no soft "
            "targets. Calibrate it first, for instance with CalibratedClassifierCV."
        )
        raise NotATeacherError(msg)
    return FrozenRegressor(model)


def is_frozen(teacher: Any) -> bool:
    """Tell whether a teacher is used as it is: made by `as_teacher` or a `FrozenEstimator`.

    Parameters
    ----------
    teacher : object
        Any object.

    Returns
    -------
    is_frozen : bool
        True when no student fits or clones it.

    Examples
    --------
    >>> from sklearn.dummy import DummyClassifier
    >>> from sklearn.frozen import FrozenEstimator
    >>> from interpkd.teachers import is_frozen
    >>> model = DummyClassifier()
    >>> is_frozen(model), is_frozen(FrozenEstimator(model))
    (False, True)
    """
    return isinstance(teacher, (_Frozen, FrozenEstimator))


def _refuse(model: Any) -> None:
    """Raise for what is no teacher, with the way to make it one."""
    if isinstance(model, type):
        msg = f"model is the class {model.__name__}; pass a fitted instance of it."
        raise NotATeacherError(msg)
    if hasattr(model, "fit") and not is_fitted(model):
        msg = (
            f"{type(model).__name__} is not fitted. Fit it first, or pass it to a student as it "
            "is, which fits a clone and learns from out-of-fold probabilities."
        )
        raise NotATeacherError(msg)
    if not (callable(model) or hasattr(model, "predict_proba") or hasattr(model, "predict")):
        msg = (
            f"{type(model).__name__} can be no teacher: it has neither predict_proba nor predict "
            "and cannot be called."
        )
        raise NotATeacherError(msg)
    refuse_wrapper(model)


def has_classes(model: Any) -> bool:
    """Tell whether a model names classes; CatBoost's regressors have an empty list of them."""
    classes = getattr(model, "classes_", None)
    return classes is not None and len(classes) > 0


def is_fitted(model: Any) -> bool:
    """Tell whether an estimator has been fitted, by its own account.

    Parameters
    ----------
    model : object
        An estimator, or anything else, which counts as fitted.

    Returns
    -------
    is_fitted : bool
        What the estimator says.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from interpkd.teachers import is_fitted
    >>> model = LogisticRegression()
    >>> is_fitted(model), is_fitted(model.fit([[0], [1]], [0, 1]))
    (False, True)
    """
    try:
        check_is_fitted(model)
    except NotFittedError:
        return False
    except TypeError:  # not an estimator for scikit-learn; fitted as far as anyone can tell
        return True
    return True


def _check_classes(classes: ArrayLike | None, own: Any) -> NDArray[Any] | None:
    if classes is None:
        return None
    labels = np.asarray(classes)
    if labels.ndim != 1 or len(labels) < 2 or len(set(labels.tolist())) != len(labels):
        msg = f"classes must be at least two different labels, got {labels.tolist()}."
        raise InvalidInputError(msg)
    if own is not None and len(own) != len(labels):
        msg = (
            f"classes must name the model's {len(own)} classes {np.asarray(own).tolist()} in "
            f"their order, got {len(labels)}: {labels.tolist()}."
        )
        raise InvalidInputError(msg)
    return labels

"""One fitted teacher for several students: fits of the same teacher on the same rows are shared.

A student clones its teacher and fits it, on all rows and once per fold of its cross-fitting. Several
students of the same rows would each do the same. Here a teacher becomes one that looks up whether a
clone of it was fitted on those rows before. It stays an instance of its own class, so a student
that looks at the kind of its teacher sees what it would see otherwise.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import joblib
import numpy as np
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator

from interpkd._asking import decide, in_class_order
from interpkd._optional import is_instance_of_name

if TYPE_CHECKING:
    from interpkd._typing import FloatArray, Table

EVEN = 0.5
"""Where a hard label changes between two classes."""


def is_frozen(teacher: Any) -> bool:
    """Tell whether students use a teacher as it is."""
    return isinstance(teacher, FrozenEstimator) or is_instance_of_name(
        teacher, "interpkd.teachers._as_teacher._Frozen"
    )


def share_fits(teacher: Any) -> Any:
    """Give an unfitted teacher all of whose clones share their fits.

    Where the same teacher is fitted to the same rows again, such as for :func:`frontier` and
    :func:`distil_or_not` on the same folds, it takes what it had learned then.

    Parameters
    ----------
    teacher : estimator
        An unfitted teacher; a frozen one is given back as it is.

    Returns
    -------
    teacher : estimator
        Of a class derived from the teacher's own. The fits are kept as long as this class lives,
        and are not known to other processes.

    Examples
    --------
    >>> from sklearn.base import clone
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.linear_model import LogisticRegression
    >>> from interpkd.fidelity import share_fits
    >>> X, y = load_iris(return_X_y=True)
    >>> teacher = share_fits(LogisticRegression(max_iter=500))
    >>> first, second = clone(teacher).fit(X, y), clone(teacher).fit(X, y)
    >>> second.coef_ is first.coef_
    True
    """
    if is_frozen(teacher):
        return teacher
    kind = type(teacher)
    fitted: dict[str, dict[str, Any]] = {}

    @functools.wraps(kind.fit)
    def fit(self: Any, *args: Any, **params: Any) -> Any:
        key = joblib.hash((self.get_params(deep=False), args, params))
        if key in fitted:
            self.__dict__.update(fitted[key])
        else:
            kind.fit(self, *args, **params)
            fitted[key] = dict(self.__dict__)
        return self

    return _derived(clone(teacher), {"fit": fit})


def harden(teacher: Any) -> Any:
    """Give a teacher that says what the given one decides, with probabilities 0 and 1.

    Parameters
    ----------
    teacher : estimator
        A classifier, fitted or not, frozen or not.

    Returns
    -------
    teacher : estimator
        Of a class derived from the teacher's own; fits are shared with it, if it shares them.
    """
    if isinstance(teacher, FrozenEstimator):
        return FrozenEstimator(harden(teacher.estimator))
    kind = type(teacher)

    @functools.wraps(kind.predict_proba)
    def predict_proba(self: Any, X: Table, *args: Any, **params: Any) -> FloatArray:
        P = kind.predict_proba(self, X, *args, **params)
        return hard_labels(np.asarray(in_class_order(P, np.asarray(self.classes_))))

    return _derived(teacher, {"predict_proba": predict_proba})


def hard_labels(P: FloatArray) -> FloatArray:
    """Give 1 for the decided class and 0 for the others, shape (n_samples, n_classes)."""
    one_hot: FloatArray = np.eye(P.shape[1])[decide(P, EVEN)]
    return one_hot


def _derived(model: Any, methods: dict[str, Any]) -> Any:
    """Give the same model with other methods; what it has learned is shared, not copied."""
    kind = type(model)
    derived: Any = type(kind.__name__, (kind,), {"__module__": kind.__module__, **methods})
    out = object.__new__(derived)
    out.__dict__.update(model.__dict__)
    return out

"""A teacher that is fitted by a cluster: folds are of whole partitions, and no row leaves the workers."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import clone

from interpkd._asking import class_probabilities, predictions
from interpkd._optional import is_instance_of_name
from interpkd._validation import class_positions, safe_indexing
from interpkd.exceptions import InvalidInputError
from interpkd.students._collection_folds import n_folds
from interpkd.students._collection_rows import weights_of
from interpkd.students._progress import progress_of
from interpkd.students._teaching import OUT_OF_FOLD, Teaching
from interpkd.targets import leakage_of_classifier, leakage_of_regressor
from interpkd.teachers import as_teacher

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from interpkd._collections import Part
    from interpkd._typing import FloatArray
    from interpkd.students._collection_stages import Described

XGBOOST, LIGHTGBM = "xgboost.dask.DaskScikitLearnBase", "lightgbm.dask._DaskLGBMModel"

COMPARED_ROWS = 20_000
"""Rows of each fold on which the teacher's answers in and out of sample are compared."""


@dataclass(frozen=True)
class FoldTeachers:
    """Teachers of folds, in place of their answers: they answer where the parts are.

    Attributes
    ----------
    teachers : sequence of frozen teachers
        That of fold ``k`` has not seen the parts ``i`` with ``i % n_folds == k``.
    """

    teachers: Sequence[Any]

    def of(self, number: int) -> Any:
        """Give the teacher that has not seen a part."""
        return self.teachers[number % len(self.teachers)]


def fits_on_dask(teacher: Any) -> bool:
    """Tell whether a teacher's `fit` takes Dask collections: XGBoost's and LightGBM's do."""
    return is_instance_of_name(teacher, XGBOOST, LIGHTGBM)


def cross_fit_on_dask(
    student: Any, collection: Any, found: Described
) -> tuple[Teaching, FoldTeachers]:
    """Fit the teacher on the cluster, and clones of it without the parts of a fold.

    Parameters
    ----------
    student : estimator
        The student, of which `cv` is the number of folds: part ``i`` is held out by fold ``i % cv``.

    collection : DaskCollection
        The labelled rows.

    found : Described
        What is known of them.

    Returns
    -------
    teaching : Teaching
        The teacher fitted on all rows, in the memory of this process. How it does in and out of
        sample is measured on the first 20,000 rows of a part of each fold.

    teachers : FoldTeachers
        The clones.

    Raises
    ------
    InvalidInputError
        If there is no cluster, there are too few parts, or XGBoost's labels are not 0, 1, ….
    """
    teacher, n = student.teacher, n_folds(student, collection)
    name = type(teacher).__name__
    if getattr(collection, "cluster", None) is None:
        msg = (
            f"A {name} is fitted by a cluster, and there is none. Start one, such as "
            "distributed.Client(), and pass X as a Dask DataFrame or Array."
        )
        raise InvalidInputError(msg)
    labels = found.labels
    given = [] if labels is None else labels.tolist()
    if is_instance_of_name(teacher, XGBOOST) and given != [*range(len(given))]:
        msg = (
            f"A {name} takes the labels 0, 1, …, and y holds {given}. Number the "
            "labels, or fit the teacher yourself and pass as_teacher(booster, classes=...)."
        )
        raise InvalidInputError(msg)
    numbers = range(collection.n_parts)
    with progress_of("Fitting the teacher, fold by fold", getattr(student, "verbose", 0)) as done:
        fitted = []
        for k in range(-1, n):  # first on all rows
            kept = [i for i in numbers if i % n != k]
            fitted.append(_fit(teacher, collection, kept, labels))
            if done is not None:
                done(k + 2, n + 1)
    whole, folds = fitted[0], FoldTeachers(fitted[1:])
    classes = None if labels is None else np.asarray(whole.classes_)
    compared = collection.map(_compared, whole, folds, classes, parts=range(n))
    facts = {"source": OUT_OF_FOLD, "n_folds": n, "n_without_answer": 0}
    leakage = _leakage([one for one in compared if one is not None], classes)
    return Teaching(whole, np.empty(0), classes, {**facts, **leakage}), folds


def _fit(teacher: Any, collection: Any, numbers: list[int], labels: Any) -> Any:
    """Fit a clone on some parts, and take it from the cluster."""
    X, y, weight = collection.partitions(numbers)
    parameters = teacher.get_params(deep=False)
    client = parameters.pop("client", None)  # LightGBM's; it cannot be copied
    model = clone(type(teacher)(**parameters))
    if client is not None:
        model.set_params(client=client)
    model.fit(X, y, **({} if weight is None else {"sample_weight": weight}))
    if is_instance_of_name(model, XGBOOST):
        classes = None if labels is None else np.arange(len(labels))
        return as_teacher(model.get_booster(), classes=classes)
    return as_teacher(model.to_local())


Compared = tuple["NDArray[Any]", "FloatArray", "FloatArray", "FloatArray | None"]


def _compared(
    part: Part, whole: Any, folds: FoldTeachers, classes: NDArray[Any] | None
) -> Compared | None:
    """Give labels, answers in and out of sample, and weights of some rows of a part."""
    rows = np.arange(min(len(part), COMPARED_ROWS))
    if len(rows) == 0 or part.y is None:
        return None
    X, y, weights = safe_indexing(part.X, rows), np.asarray(part.y)[rows], weights_of(part)
    if classes is None:
        seen, unseen = predictions(whole, X), predictions(folds.of(part.number), X)
        y = y.astype(np.float64)
    else:
        seen = class_probabilities(whole, X, classes)
        unseen = class_probabilities(folds.of(part.number), X, classes)
        y = class_positions(y, classes)
    return y, seen, unseen, None if weights is None else weights[rows]


def _leakage(compared: Sequence[Compared], classes: NDArray[Any] | None) -> dict[str, Any]:
    """Compare the answers of all of these rows."""
    if not compared:
        return {}
    y, seen, unseen = (np.concatenate([one[k] for one in compared]) for k in range(3))
    parts = [one[3] for one in compared if one[3] is not None]
    weights = np.concatenate(parts) if parts else None
    if weights is not None and not (weights > 0).any():
        return {}
    if classes is None:
        return leakage_of_regressor(seen, unseen, y, weights)
    return leakage_of_classifier(seen, unseen, y.astype(np.intp), weights)

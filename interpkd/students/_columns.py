"""How a student reads its table: categories in the order of the teacher's answers."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.frozen import FrozenEstimator
from sklearn.preprocessing import OrdinalEncoder

from interpkd.exceptions import InvalidInputError
from interpkd.teachers import is_frozen, teacher_monotonic_cst

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from interpkd._tables import Column, RawColumn
    from interpkd._typing import FloatArray


def order_categories(
    columns: Sequence[Column], Z: FloatArray, targets: FloatArray, weights: FloatArray
) -> tuple[tuple[Column, ...], FloatArray]:
    """Order the categories of each column by the teacher's mean answer.

    A threshold on the codes then splits the categories into two sets, and for one output the best
    split into two sets is among those thresholds (Fisher 1958; Breiman et al. 1984, section
    4.2.2). With several classes the order is that of the first principal component of the mean
    answers (Coppersmith, Hong and Hosking 1999).

    Parameters
    ----------
    columns : sequence of Column
        Columns with categories in any order.

    Z : ndarray of shape (n_samples, n_features)
        The encoded transfer set.

    targets : ndarray of shape (n_samples, n_outputs)
        The teacher's answers.

    weights : ndarray of shape (n_samples,)
        Row weights.

    Returns
    -------
    columns : tuple of Column
        The columns with ordered categories.

    Z : ndarray of shape (n_samples, n_features)
        The matrix in the new codes.
    """
    if not any(column.kind == "category" for column in columns):
        return tuple(columns), Z
    Z = Z.copy()
    ordered = list(columns)
    for i, column in enumerate(columns):
        if column.kind != "category" or not column.categories:
            continue
        known = ~np.isnan(Z[:, i])
        codes = Z[known, i].astype(np.intp)
        means, mass = _mean_answers(codes, targets[known], weights[known], len(column.categories))
        order = order_by_answers(means, mass)
        ordered[i] = replace(column, categories=tuple(column.categories[k] for k in order))
        Z[known, i] = np.argsort(order, kind="stable")[codes]
    return tuple(ordered), Z


def order_by_answers(means: FloatArray, mass: FloatArray) -> NDArray[np.intp]:
    """Order categories by the teacher's mean answer.

    Parameters
    ----------
    means : ndarray of shape (n_categories, n_outputs)
        Mean answer to the rows of each; anything for one without rows.

    mass : ndarray of shape (n_categories,)
        Weight of these rows.

    Returns
    -------
    order : ndarray of int of shape (n_categories,)
        The categories from the lowest, those without rows last.
    """
    return np.argsort(_along_main_direction(means, mass), kind="stable")


def make_encoder(columns: Sequence[Column], raw: Sequence[RawColumn]) -> ColumnTransformer | None:
    """Give the scikit-learn transformer from the user's table to the student's matrix.

    Parameters
    ----------
    columns : sequence of Column
        The columns, categories in their final order.

    raw : sequence of RawColumn
        The training table.

    Returns
    -------
    encoder : ColumnTransformer or None
        Fitted; column ``i`` of its output is column ``i`` of the table. None when every column is
        a number already.
    """
    import pandas as pd

    if not any(column.kind == "category" for column in columns):
        return None
    steps: list[tuple[str, Any, list[str]]] = []
    for is_category, run in groupby(columns, key=lambda column: column.kind == "category"):
        together = list(run)
        names = [column.name for column in together]
        if is_category:
            encoder = OrdinalEncoder(
                categories=[np.array(column.categories, dtype=object) for column in together],
                handle_unknown="use_encoded_value",
                unknown_value=np.nan,
                encoded_missing_value=np.nan,
            )
            steps.append((f"categories_{len(steps)}", encoder, names))
        else:
            steps.append((f"numbers_{len(steps)}", "passthrough", names))
    frame = pd.DataFrame(
        {
            column.name: pd.Series(column.values, dtype=object)
            if column.kind == "category"
            else column.values
            for column in raw
        }
    )
    transformer = ColumnTransformer(steps, verbose_feature_names_out=False)
    return transformer.fit(frame)


def read_monotonic_cst(
    monotonic_cst: Any, columns: Sequence[Column], teacher: Any, *, is_named: bool
) -> NDArray[np.int8] | None:
    """Check monotone constraints, or take over those of the teacher.

    Parameters
    ----------
    monotonic_cst : array-like of shape (n_features,), dict, "teacher" or None
        What the user asks for.

    columns : sequence of Column
        The columns of the training table.

    teacher : object or None
        The fitted teacher; None when only its scores are at hand.

    is_named : bool
        Whether the table's columns have names.

    Returns
    -------
    signs : ndarray of shape (n_features,) or None
        The signs, None when nothing is constrained.

    Raises
    ------
    InvalidInputError
        If a constraint breaks its rule, or the teacher has none to read.
    """
    if not isinstance(monotonic_cst, str):
        return check_monotonic_cst(monotonic_cst, columns)
    if teacher is None:
        msg = (
            "The 'monotonic_cst' parameter is 'teacher', but there is only teacher_proba and no "
            "teacher to read constraints from. State them: monotonic_cst={'column': 1}."
        )
        raise InvalidInputError(msg)
    names = [column.name for column in columns]
    signs = teacher_monotonic_cst(teacher, names if is_named else len(names))
    if not signs.any():
        msg = (
            "The 'monotonic_cst' parameter is 'teacher', but no column of the teacher "
            f"{_inner_name(teacher)} is constrained (XGBoost does not save constraints in model "
            "files). State them: monotonic_cst={'column': 1}, or leave monotonic_cst out."
        )
        raise InvalidInputError(msg)
    return check_monotonic_cst(signs, columns)


def check_monotonic_cst(monotonic_cst: Any, columns: Sequence[Column]) -> NDArray[np.int8] | None:
    """Check monotone constraints and give one sign per column.

    Parameters
    ----------
    monotonic_cst : array-like of shape (n_features,), dict or None
        1, 0 or -1 per column; a dictionary names the constrained columns.

    columns : sequence of Column
        The columns of the training table.

    Returns
    -------
    signs : ndarray of shape (n_features,) or None
        The signs, None when nothing is constrained.

    Raises
    ------
    InvalidInputError
        If the length, a name or a value is wrong, or a category column is constrained.
    """
    if monotonic_cst is None:
        return None
    names = [column.name for column in columns]
    if isinstance(monotonic_cst, Mapping):
        unknown = [name for name in monotonic_cst if name not in names]
        if unknown:
            msg = f"The 'monotonic_cst' parameter names {unknown[0]!r}, which is not a column of X."
            raise InvalidInputError(msg)
        signs = np.array([monotonic_cst.get(name, 0) for name in names])
    else:
        signs = np.asarray(monotonic_cst)
    if signs.shape != (len(names),):
        msg = (
            f"The 'monotonic_cst' parameter needs one sign per column of X, shape ({len(names)},), "
            f"got shape {signs.shape}."
        )
        raise InvalidInputError(msg)
    if not np.isin(signs, (-1, 0, 1)).all():
        msg = (
            "The 'monotonic_cst' parameter takes 1 (rising), 0 (free) and -1 (falling), got "
            f"{sorted(set(signs.tolist()), key=str)}."
        )
        raise InvalidInputError(msg)
    for column, sign in zip(columns, signs, strict=True):
        if sign != 0 and column.kind == "category":
            msg = (
                f"The 'monotonic_cst' parameter constrains {column.name!r}, whose categories have "
                "no order. Set its sign to 0, or code the column as numbers."
            )
            raise InvalidInputError(msg)
    return signs.astype(np.int8) if signs.any() else None


def _inner_name(teacher: Any) -> str:
    """Name the model inside a frozen teacher."""
    if isinstance(teacher, FrozenEstimator):
        teacher = teacher.estimator
    elif is_frozen(teacher):
        teacher = getattr(teacher, "model", teacher)
    return type(teacher).__name__


def _mean_answers(
    codes: NDArray[np.intp], targets: FloatArray, weights: FloatArray, n_categories: int
) -> tuple[FloatArray, FloatArray]:
    mass = np.asarray(np.bincount(codes, weights, n_categories), dtype=np.float64)
    sums = np.stack(
        [np.bincount(codes, weights * column, n_categories) for column in targets.T], axis=1
    )
    with np.errstate(invalid="ignore"):
        return sums / mass[:, None], mass


def _along_main_direction(means: FloatArray, mass: FloatArray) -> FloatArray:
    """Give each category's place on the weighted first principal component of the means."""
    used = mass > 0
    if means.shape[1] <= 2 or used.sum() < 2:  # of two probabilities the last says it all
        return np.where(used, means[:, -1], np.inf)
    centred = means[used] - np.average(means[used], axis=0, weights=mass[used])
    _, _, directions = np.linalg.svd(np.sqrt(mass[used])[:, None] * centred, full_matrices=False)
    main = directions[0]
    # a principal component has no sign of its own: its largest output rises along the order
    main = main * (1 if main[np.abs(main).argmax()] > 0 else -1)
    score = np.full(len(means), np.inf)
    score[used] = centred @ main
    return score

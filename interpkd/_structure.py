"""A fitted model taken apart: its plain core, its columns, and the matrix between them.

Fidelity, explanations, exports and reports serve any interpretable model, not only the students
of this package. What they need to know of one is gathered here, by protocol and not by class.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import is_classifier
from sklearn.tree import BaseDecisionTree
from sklearn.utils.validation import check_is_fitted

from interpkd._tables import Column, RawColumn, encode, is_frame, read_frame
from interpkd.exceptions import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from interpkd._typing import FloatArray, Table


@dataclass(frozen=True)
class Structure:
    """The parts of a fitted model.

    Attributes
    ----------
    core : estimator
        The plain scikit-learn estimator: a tree works on the encoded matrix, a linear model on the
        design matrix that its student makes of it.

    columns : tuple of Column
        The columns of the user's table; column ``i`` of the encoded matrix is column ``i`` here.

    classes : ndarray of shape (n_classes,) or None
        The classes, None for a regression.

    n_real_rows : ndarray of shape (n_nodes,) or None
        For a tree student, the labelled and unlabelled (never generated) rows in each node.

    is_plain : bool
        Whether the model's answers are those of `core`, and not made from them.
    """

    core: Any
    columns: tuple[Column, ...]
    classes: NDArray[Any] | None
    n_real_rows: NDArray[np.int64] | None = None
    is_plain: bool = True

    @property
    def is_tree(self) -> bool:
        """Whether `core` is a decision tree whose leaves hold the model's answers."""
        return self.is_plain and isinstance(self.core, BaseDecisionTree)

    def encode(self, X: Table) -> FloatArray:
        """Turn a table into the encoded matrix, shape (n_samples, n_columns)."""
        if is_frame(X):
            return encode(read_frame(X), self.columns)
        if any(column.kind == "category" for column in self.columns):
            X = np.asarray(X, dtype=object)
            return encode(read_object_array(X, self.columns), self.columns)
        return np.asarray(X, dtype=np.float64)


def take_apart(model: Any) -> Structure:
    """Take a fitted model apart.

    Parameters
    ----------
    model : fitted estimator
        A student, or any fitted scikit-learn estimator on numeric columns.

    Returns
    -------
    structure : Structure
        Its parts.

    Raises
    ------
    InvalidInputError
        If the model is a bare pipeline.
    """
    check_is_fitted(model)
    classes = np.asarray(model.classes_) if is_classifier(model) else None
    core = getattr(model, "student_", model)
    if core is model and hasattr(core, "steps"):
        msg = (
            "The model is a pipeline of unknown steps, whose last one does not see the user's "
            "columns. Pass a student, or the last step together with the table it was fitted on."
        )
        raise InvalidInputError(msg)
    if hasattr(core, "steps"):
        core = core.steps[-1][1]
    columns = getattr(model, "columns_", None)
    if columns is None:
        names = getattr(model, "feature_names_in_", None)
        names = [f"x{i}" for i in range(model.n_features_in_)] if names is None else names
        columns = tuple(Column(str(name)) for name in names)
    n_real_rows = getattr(model, "n_real_rows_", None)
    # a student that was fitted as another estimator says whether its answers are its own
    return Structure(core, columns, classes, n_real_rows, getattr(model, "is_plain_", True))


@dataclass(frozen=True)
class Reach:
    """The values of one column that come as far as a leaf: numbers in (lower, upper], or missing.

    Attributes
    ----------
    lower, upper : float
        Bounds on the column of the encoded matrix.

    missing : bool
        Whether a missing value comes as far.
    """

    lower: float = -np.inf
    upper: float = np.inf
    missing: bool = True

    def holds(self, values: FloatArray) -> NDArray[np.bool_]:
        """Tell which values of shape (n_samples,), compared as float32, come as far."""
        # back to float64, or numpy would round the bounds to float32 as well
        z = values.astype(np.float32).astype(np.float64)
        return np.where(np.isnan(z), self.missing, (self.lower < z) & (z <= self.upper))


def leaf_paths(tree: Any) -> Iterator[tuple[int, dict[int, Reach]]]:
    """Walk the leaves of a tree from left to right, all splits on a column merged.

    Parameters
    ----------
    tree : sklearn.tree._tree.Tree
        The arrays of a fitted tree, its `tree_`.

    Yields
    ------
    leaf : int
        Number of the leaf.

    reach : dict
        For each column on the path, in its order, the values that arrive.
    """
    todo: list[tuple[int, dict[int, Reach]]] = [(0, {})]
    while todo:
        node, reach = todo.pop()
        left, right = int(tree.children_left[node]), int(tree.children_right[node])
        if left == right:  # a leaf: both are -1
            yield node, reach
            continue
        i, t = int(tree.feature[node]), float(tree.threshold[node])
        missing_left = bool(tree.missing_go_to_left[node])
        here = reach.get(i, Reach())
        below = Reach(here.lower, min(here.upper, t), here.missing and missing_left)
        above = Reach(max(here.lower, t), here.upper, here.missing and not missing_left)
        todo += [(right, {**reach, i: above}), (left, {**reach, i: below})]


def read_object_array(X: NDArray[Any], columns: tuple[Column, ...]) -> list[RawColumn]:
    """Read an array of objects by position, as the columns of the training table were read."""
    import pandas as pd

    frame = pd.DataFrame({column.name: X[:, i] for i, column in enumerate(columns)}, dtype=object)
    return read_frame(frame)

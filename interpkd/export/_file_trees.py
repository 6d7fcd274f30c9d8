"""The trees of saved files: the numbers that their documents lack, and bare trees of scikit-learn."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd._saved_state import refuse_value, take_classes, take_count, take_numbers
from interpkd._structure import take_apart

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

KINDS = {"impurity": np.float64, "n_node_samples": np.int64, "weighted_n_node_samples": np.float64}
"""Of each node; a tree student has real and generated rows there, its document the real ones."""


def tree_arrays(student: Any) -> dict[str, NDArray[Any]]:
    """Give what the document of a tree lacks.

    Parameters
    ----------
    student : fitted estimator
        A tree student, or a tree of scikit-learn.

    Returns
    -------
    arrays : dict
        Names to arrays of shape (n_nodes,).
    """
    tree = take_apart(student).core.tree_
    return {name: np.array(getattr(tree, name), dtype=kind) for name, kind in KINDS.items()}


def complete_tree(core: Any, state: Mapping[str, Any]) -> Any:
    """Put these numbers into a tree that was read from its document.

    Parameters
    ----------
    core : DecisionTreeClassifier or DecisionTreeRegressor
        The tree; it is changed.

    state : mapping
        Names to arrays; anybody may have written it.

    Returns
    -------
    core : DecisionTreeClassifier or DecisionTreeRegressor
        The same.

    Raises
    ------
    DamagedFileError
        If an array is none of this tree.
    """
    inside = core.tree_.__getstate__()
    nodes = inside["nodes"].copy()
    for name, kind in KINDS.items():
        nodes[name] = take_numbers(state, name, len(nodes), dtype=kind)
        if name != "impurity" and nodes[name].min() < 0:
            refuse_value(name, "at least 0", nodes[name])
    outputs = np.array([inside["values"].shape[2]], dtype=np.intp)
    core.tree_ = type(core.tree_)(core.n_features_in_, outputs, 1)
    core.tree_.__setstate__({**inside, "nodes": nodes})
    return core


def bare_state(tree: Any) -> dict[str, Any]:
    """Give the fitted attributes of a tree of scikit-learn that its document lacks."""
    state: dict[str, Any] = {"max_features_": int(tree.max_features_)}
    if hasattr(tree, "classes_"):
        state["classes_"] = np.asarray(tree.classes_)
    return state


def bare_tree(parameters: Mapping[str, Any], state: Mapping[str, Any], read: Any) -> Any:
    """Build a tree of scikit-learn from a file.

    Parameters
    ----------
    parameters : mapping
        Its parameters.

    state : mapping
        What `bare_state` gave; anybody may have written it since.

    read : ReadStudent
        The document, read and checked, its tree completed.

    Returns
    -------
    tree : DecisionTreeClassifier or DecisionTreeRegressor
        The tree.
    """
    core = read.student_.set_params(**parameters)
    core._validate_params()  # noqa: SLF001 - as its own fit would
    core.max_features_ = take_count(state, "max_features_")
    if hasattr(read, "feature_names_in_"):
        core.feature_names_in_ = read.feature_names_in_
    if hasattr(read, "classes_"):
        core.classes_ = take_classes(state, "classes_", read.classes_)
    return core

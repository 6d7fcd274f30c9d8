"""Which column of the table a column behind some steps of a pipeline is."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    MaxAbsScaler,
    MinMaxScaler,
    PowerTransformer,
    QuantileTransformer,
    RobustScaler,
    StandardScaler,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

RISING = (
    MaxAbsScaler,
    MinMaxScaler,
    PowerTransformer,
    QuantileTransformer,
    RobustScaler,
    StandardScaler,
)
"""Steps after which every column is a rising function of one column before."""


@dataclass(frozen=True)
class Path:
    """Where a column comes from.

    Attributes
    ----------
    source : int or None
        The column of the table that it rises with; None when it is made of several, or in a way
        that may turn the order.

    reads : frozenset of int
        All columns of the table that it depends on.

    made_by : str
        The step that made it, for errors.
    """

    source: int | None
    reads: frozenset[int]
    made_by: str


def follow_columns(pipeline: Pipeline, n_columns: int) -> list[Path]:
    """Follow the table's columns through all steps of a fitted pipeline but the last.

    Parameters
    ----------
    pipeline : Pipeline
        The fitted pipeline.

    n_columns : int
        Number of columns of the table.

    Returns
    -------
    paths : list of Path
        One per column that the last step sees, as far as can be said.
    """
    paths = [Path(i, frozenset([i]), "none") for i in range(n_columns)]
    steps = pipeline.steps[:-1]
    ends = [getattr(step, "n_features_in_", None) for _, step in pipeline.steps[1:]]
    for (name, step), n_out in zip(steps, ends, strict=True):
        paths = _behind(step, paths, n_out, name)
    return paths


def _behind(step: Any, paths: list[Path], n_out: int | None, name: str) -> list[Path]:
    """Give the paths of the columns behind one step."""
    is_identity = isinstance(step, FunctionTransformer) and step.func is None  # "passthrough"
    if step is None or is_identity or step == "passthrough":
        return paths
    if isinstance(step, Pipeline):
        ends = [getattr(one, "n_features_in_", None) for _, one in step.steps[1:]]
        for (inner, one), width in zip(step.steps, [*ends, n_out], strict=True):
            paths = _behind(one, paths, width, inner)
        return paths
    if isinstance(step, ColumnTransformer):
        return _behind_columns(step, paths)
    keeps = isinstance(step, RISING) or (isinstance(step, SimpleImputer) and not step.add_indicator)
    if keeps and n_out in {None, len(paths)}:
        return [replace(path, made_by=_named(name, step)) for path in paths]
    return [_mixed(paths, _named(name, step))] * (len(paths) if n_out is None else n_out)


def _behind_columns(step: ColumnTransformer, paths: list[Path]) -> list[Path]:
    """Lead each block of columns through its own transformer."""
    n_out = max((place.stop for place in step.output_indices_.values()), default=0)
    found: list[Path] = [_mixed(paths, "remainder")] * n_out
    for name, transformer, _ in step.transformers_:
        place = step.output_indices_.get(name, slice(0, 0))
        taken = step._transformer_to_input_indices[name]  # noqa: SLF001 (no public way)
        block = [paths[i] for i in taken]
        if transformer != "drop":
            found[place] = _behind(transformer, block, place.stop - place.start, name)
    return found


def _mixed(paths: Sequence[Path], made_by: str) -> Path:
    return Path(None, frozenset().union(*(path.reads for path in paths)), made_by)


def _named(name: str, step: Any) -> str:
    return f"{name!r} ({type(step).__name__})"

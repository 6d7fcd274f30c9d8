"""The design matrix of a linear student: what each coefficient belongs to.

A number is one column, with the median in place of missing values and, where training rows miss
some, an indicator beside it. A category column is one indicator per category but for the most
frequent, the reference level, whose coefficient is 0; missing is a level too where it was seen.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder

from interpkd.students._sparse import is_sparse, sparse_medians

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from interpkd._tables import Column
    from interpkd._typing import FloatArray

MISSING = "missingindicator_"
"""How scikit-learn begins the name of an indicator of missing values."""


@dataclass(frozen=True)
class Design:
    """How the encoded matrix becomes the design matrix.

    Attributes
    ----------
    columns : tuple of Column
        The columns of the user's table.

    fills : ndarray of shape (n_columns,)
        What stands for a missing value: the median of a number, the code of the reference level.
    """

    columns: tuple[Column, ...]
    fills: FloatArray

    @property
    def is_plain(self) -> bool:
        """Whether the design matrix is the table itself."""
        return not any(c.kind == "category" or c.has_missing for c in self.columns)

    def reference_levels(self) -> dict[str, Any]:
        """Give the reference level of each category column, by the column's name."""
        return {
            column.name: column.categories[int(fill)]
            for column, fill in zip(self.columns, self.fills, strict=True)
            if column.kind == "category" and column.categories
        }

    def imputed_values(self) -> dict[str, float]:
        """Give what stands for a missing value of each column of numbers, by its name."""
        return {
            column.name: float(fill)
            for column, fill in zip(self.columns, self.fills, strict=True)
            if column.kind != "category"
        }

    def names(self) -> list[str]:
        """Give the names of the design columns, as the pipeline gives them."""
        names = []
        for i, column in enumerate(self.columns):
            if column.kind == "category":
                names += [f"{column.name}_{column.categories[code]}" for code in self._codes(i)]
            else:
                names.append(column.name)
            if column.has_missing:
                names.append(MISSING + column.name)
        return names

    def owners(self) -> NDArray[np.intp]:
        """Give the column of the user's table that each design column belongs to."""
        widths = [
            (len(self._codes(i)) if column.kind == "category" else 1) + column.has_missing
            for i, column in enumerate(self.columns)
        ]
        return np.repeat(np.arange(len(widths)), widths)

    def spread_signs(self, signs: NDArray[np.int8]) -> NDArray[np.int8]:
        """Give the signs of design columns: those of known values, 0 for indicators."""
        owners = self.owners()
        is_first = np.append(True, owners[1:] != owners[:-1])
        return np.where(is_first, signs[owners], 0).astype(np.int8)

    def matrix(self, Z: FloatArray) -> FloatArray:
        """Build the design matrix, shape (n_samples, n_design_columns).

        A category that is not known counts as a missing one, and this as the reference level where
        no training row misses a value.
        """
        if self.is_plain:
            return Z
        D = np.empty((len(Z), len(self.owners())))
        j = 0
        for i, column in enumerate(self.columns):
            missing = np.isnan(Z[:, i])
            if column.kind == "category":
                for code in self._codes(i):
                    D[:, j] = Z[:, i] == code
                    j += 1
            else:
                D[:, j] = np.where(missing, self.fills[i], Z[:, i])
                j += 1
            if column.has_missing:
                D[:, j] = missing
                j += 1
        return D

    def transformer(self, *, by_name: bool) -> ColumnTransformer:
        """Give the same as a fitted transformer of scikit-learn, from the user's table.

        Parameters
        ----------
        by_name : bool
            Whether to take columns by their names or by their positions.

        Returns
        -------
        transformer : ColumnTransformer
            Fitted on two rows, one of the values that stand for missing ones and one that misses
            what training rows missed: their median is the fill, and nothing else is learned.
        """
        steps: list[tuple[str, Any, list[Any]]] = []
        numbered = enumerate(self.columns)
        for treatment, run in groupby(numbered, key=lambda one: _treatment(one[0], one[1])):
            together = list(run)
            where = [column.name if by_name else i for i, column in together]
            kind = treatment.partition(" ")[0]
            if kind == "category":
                [(i, column)] = together
                step = self._category_step(i, column)
            else:
                step = SimpleImputer(
                    strategy="median",
                    add_indicator=together[0][1].has_missing,
                    keep_empty_features=True,
                )
                if kind == "boolean":
                    step = Pipeline(
                        [("code", _codes_of([(False, True)] * len(where))), ("impute", step)]
                    )
            steps.append((f"{kind}_{len(steps)}", step, where))
        transformer = ColumnTransformer(steps, sparse_threshold=0, verbose_feature_names_out=False)
        return transformer.fit(self._example(by_name=by_name))

    def _codes(self, i: int) -> list[int]:
        """Give the codes of a category column that have an indicator."""
        n_categories = len(self.columns[i].categories)
        return [code for code in range(n_categories) if code != self.fills[i]]

    def _category_step(self, i: int, column: Column) -> Pipeline:
        n, reference = len(column.categories), int(self.fills[i])
        one_hot = OneHotEncoder(
            categories=[np.arange(float(n + column.has_missing))],
            drop=[float(reference)],
            sparse_output=False,
            feature_name_combiner=LevelNames(dict(enumerate((*column.categories, None)))),
        )
        fill = SimpleImputer(
            strategy="constant",
            fill_value=float(n if column.has_missing else reference),
            keep_empty_features=True,
        )
        return Pipeline(
            [("code", _codes_of([column.categories])), ("missing", fill), ("indicators", one_hot)]
        )

    def _example(self, *, by_name: bool) -> Any:
        import pandas as pd

        data: dict[Any, Any] = {}
        for i, (column, fill) in enumerate(zip(self.columns, self.fills, strict=True)):
            value = fill
            if column.kind == "category":
                value = column.categories[int(fill)] if column.categories else None
            missing = None if column.kind == "category" else np.nan
            pair = [value, missing if column.has_missing else value]
            dtype = object if column.kind == "category" else np.float64
            data[column.name if by_name else i] = pd.Series(pair, dtype=dtype)
        frame = pd.DataFrame(data)
        has_objects = by_name or any(column.kind == "category" for column in self.columns)
        return frame if has_objects else frame.to_numpy()


class LevelNames:
    """Name the indicator columns of an encoder of codes.

    Parameters
    ----------
    levels : dict
        The category of each code; None for that of missing values.
    """

    def __init__(self, levels: dict[Any, Any]) -> None:
        self.levels = levels

    def __call__(self, column: str, code: Any) -> str:
        """Give the name for a code of a column; scikit-learn tries it on a text first."""
        level = self.levels.get(code, code)
        return MISSING + column if level is None else f"{column}_{level}"


def make_design(columns: Sequence[Column], Z: FloatArray, weights: FloatArray) -> Design:
    """Choose medians and reference levels.

    Parameters
    ----------
    columns : sequence of Column
        The columns of the user's table.

    Z : ndarray or CSR array of shape (n_rows, n_columns)
        The real rows of the transfer set.

    weights : ndarray of shape (n_rows,)
        Their weights.

    Returns
    -------
    design : Design
        Of equally frequent categories the first by its text is the reference.
    """
    if is_sparse(Z):
        return Design(tuple(columns), sparse_medians(Z, weights, weighted_median))
    fills = np.zeros(len(columns))
    for i, column in enumerate(columns):
        known = ~np.isnan(Z[:, i])
        values, mass = Z[known, i], weights[known]
        if column.kind != "category":
            fills[i] = weighted_median(values, mass)
        elif column.categories:
            total = np.bincount(values.astype(np.intp), mass, len(column.categories))
            fills[i] = most_frequent(total, column.categories)
    return Design(tuple(columns), fills)


def most_frequent(mass: NDArray[Any], categories: Sequence[Any]) -> int:
    """Give the code of the category of the largest mass, of equal ones the first by its text."""
    # up to rounding, or the order of the rows would choose among equals
    most = np.flatnonzero(mass >= mass.max() * (1 - 1e-12)).tolist()
    return int(min(most, key=lambda code: str(categories[code])))


def weighted_median(values: FloatArray, mass: FloatArray) -> float:
    """Give the weighted median, of two middle values their mean; 0 of no value."""
    if not len(values):
        return 0.0
    order = np.argsort(values, kind="stable")
    share = np.cumsum(mass[order])
    half = share[-1] / 2
    middle = [
        np.searchsorted(share, half * (1 - 1e-12)),
        np.searchsorted(share, half * (1 + 1e-12)),
    ]
    low, high = values[order][np.minimum(middle, len(values) - 1)]
    return float(low + (high - low) / 2)


def _treatment(i: int, column: Column) -> str:
    """Give a text that neighbouring columns share if one step treats them all."""
    alone = column.kind == "category" or column.has_missing
    return f"{column.kind} {i}" if alone else column.kind


def _codes_of(categories: Sequence[Sequence[Any]]) -> OrdinalEncoder:
    return OrdinalEncoder(
        categories=[np.array(values, dtype=object) for values in categories],
        handle_unknown="use_encoded_value",
        unknown_value=np.nan,
        encoded_missing_value=np.nan,
    )

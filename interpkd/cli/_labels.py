"""Groups and segments: columns of the table by whose values the report is divided."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import click
import numpy as np

from interpkd.cli._columns import check_known
from interpkd.cli._errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from interpkd.cli._problem import Problem

MOST_VALUES = 50
"""Most different values of a group or segment."""

MOST_NUMBERS = 12
"""A column of more different numbers is divided into bands."""

BANDS = 4


@dataclass(frozen=True)
class RowLabels:
    """What each row of the table belongs to.

    Attributes
    ----------
    groups, segments : dict of str to ndarray of shape (n_rows,)
        Labels by column; None for a missing value.
    """

    groups: dict[str, NDArray[Any]] = field(default_factory=dict)
    segments: dict[str, NDArray[Any]] = field(default_factory=dict)

    def of(self, rows: NDArray[np.intp]) -> dict[str, Any]:
        """Give the labels of some rows as `audit_report` takes them.

        Parameters
        ----------
        rows : ndarray of int
            Positions in the table.

        Returns
        -------
        options : dict
            "groups" and "segments", None where there are none.
        """
        return {"groups": _take(self.groups, rows), "segments": _take(self.segments, rows)}

    def sentences(self, problem: Problem) -> dict[str, str]:
        """Say which columns they are, and which of them the models learn from."""
        out = {}
        for title, labels in (("Groups", self.groups), ("Segments", self.segments)):
            if labels:
                texts = [_sentence(name, problem) for name in labels]
                out[title] = ", ".join(texts)
        return out


def read_labels(
    frame: pd.DataFrame, *, target: str, groups: Sequence[str], segments: Sequence[str]
) -> RowLabels:
    """Read the columns that ``--group`` and ``--segment`` name.

    Parameters
    ----------
    frame : pandas.DataFrame
        The table, columns that are dropped included.

    target : str
        Name of the target.

    groups, segments : sequence of str
        Names of columns.

    Returns
    -------
    labels : RowLabels
        Texts, booleans and few numbers as they are; more numbers in bands of about equally many
        rows.

    Raises
    ------
    click.UsageError
        If a name is no column, the target, or both a group and a segment.

    DataError
        If a column has too many values, or values of another kind.
    """
    for option, names in (("--group", groups), ("--segment", segments)):
        check_known(names, frame, option)
        if target in names:
            msg = f"{option} {target!r} is the target; name a column that describes the rows."
            raise click.UsageError(msg)
    both = [name for name in groups if name in segments]
    if both:
        msg = f"{both[0]!r} is given as --group and as --segment; one of them is enough."
        raise click.UsageError(msg)
    return RowLabels(
        {name: _labels(frame[name], "--group") for name in groups},
        {name: _labels(frame[name], "--segment") for name in segments},
    )


def _labels(column: pd.Series, option: str) -> NDArray[Any]:
    """Give one label per row, None where there is no value."""
    import pandas as pd

    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype(column.cat.categories.dtype)
    name, n = column.name, column.nunique()
    is_number = pd.api.types.is_numeric_dtype(column.dtype)
    is_boolean = pd.api.types.is_bool_dtype(column.dtype)
    if is_number and not is_boolean:
        if n > MOST_NUMBERS:
            return _bands(column)
    elif not is_boolean and not column.dropna().map(lambda one: isinstance(one, str)).all():
        msg = (
            f"{option} {name!r} holds values that are neither text nor numbers, such as "
            f"{column.dropna().iloc[0]!s}; write what they mean into a column of its own."
        )
        raise DataError(msg)
    if n > MOST_VALUES:
        msg = (
            f"{option} {name!r} has {n} different texts, and at most {MOST_VALUES} can be "
            "reported; join some of them in a column of its own."
        )
        raise DataError(msg)
    if n == 0:
        msg = f"{option} {name!r} holds no values at all; leave it out."
        raise DataError(msg)
    values = column.astype(object)
    return np.array(values.where(values.notna(), None).tolist(), dtype=object)


def _bands(column: pd.Series) -> NDArray[Any]:
    """Divide numbers into bands of about equally many rows, named by their borders."""
    values = column.to_numpy(dtype=np.float64, na_value=np.nan)
    known = ~np.isnan(values)
    shares = np.arange(1, BANDS) / BANDS
    borders = np.unique(np.quantile(values[known], shares, method="inverted_cdf"))
    borders = borders[borders < values[known].max()]
    ends = ["", *(f"{border:.6g}" for border in borders), ""]
    names = [_band(ends[k], ends[k + 1]) for k in range(len(borders) + 1)]
    # a number in front, so that bands sorted by name are sorted by value
    names = [f"{k}: {text}" for k, text in enumerate(names, start=1)]
    labels = np.full(len(values), None, dtype=object)
    labels[known] = np.array(names, dtype=object)[np.searchsorted(borders, values[known])]
    return labels


def _band(low: str, high: str) -> str:
    if not low:
        return f"<= {high}" if high else "all values"
    return f"> {low} to {high}" if high else f"> {low}"


def _take(
    labels: Mapping[str, NDArray[Any]], rows: NDArray[np.intp]
) -> dict[str, list[Any]] | None:
    return {name: values[rows].tolist() for name, values in labels.items()} or None


def _sentence(name: str, problem: Problem) -> str:
    if name not in problem.X.columns:
        return f"{name} (not learned from)"
    return f"{name} (also learned from)"

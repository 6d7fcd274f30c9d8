"""Explanations of both models side by side, drawn by shap's own plots."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd._optional import require
from interpkd.exceptions import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from interpkd.explanation._shap import Explanations

SIZE = (7.0, 5.0)
"""Inches of one model's picture."""


def plot_beeswarm(explanations: Explanations, *, answer: int = 1, max_display: int = 10) -> Any:
    """Draw the beeswarms of student and teacher side by side.

    Parameters
    ----------
    explanations : Explanations
        What :func:`explain` gave. Without a teacher the student is drawn alone.

    answer : int, default=1
        Position of the class whose probability is explained; of no account for a regression.

    max_display : int, default=10
        Most columns.

    Returns
    -------
    figure : matplotlib.figure.Figure
        No longer known to pyplot: show it with ``display(figure)`` in a notebook, or save it with
        ``figure.savefig``. Both models' columns are in the order of the student's importance.

    Raises
    ------
    InvalidInputError
        If there is no such class.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("Agg")
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.linear_model import LogisticRegression
    >>> from interpkd.explanation import explain, plot_beeswarm
    >>> X, y = load_iris(return_X_y=True, as_frame=True)
    >>> both = explain(LogisticRegression().fit(X, y > 1), X[::5], background=X[1::10])
    >>> len(plot_beeswarm(both).axes) >= 1
    True
    """
    models = _models(explanations, answer)
    order = np.argsort(-np.abs(models["student"].values).mean(axis=0), kind="stable")
    with _drawing(len(models)) as (shap, _, axes):
        for (name, one), ax in zip(models.items(), axes, strict=True):
            shap.plots.beeswarm(
                one, max_display=max_display, order=order, ax=ax, show=False, plot_size=None
            )
            ax.set_title(name)
        return axes[0].figure


def plot_waterfall(
    explanations: Explanations, row: int, *, answer: int = 1, max_display: int = 10
) -> Any:
    """Draw the waterfalls of student and teacher for one row side by side.

    Parameters
    ----------
    explanations : Explanations
        What :func:`explain` gave. Without a teacher the student is drawn alone.

    row : int
        Position of the row among the explained ones.

    answer : int, default=1
        Position of the class whose probability is explained; of no account for a regression.

    max_display : int, default=10
        Most columns.

    Returns
    -------
    figure : matplotlib.figure.Figure
        No longer known to pyplot.

    Raises
    ------
    InvalidInputError
        If there is no such class or row.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("Agg")
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.linear_model import LogisticRegression
    >>> from interpkd.explanation import explain, plot_waterfall
    >>> X, y = load_iris(return_X_y=True, as_frame=True)
    >>> both = explain(LogisticRegression().fit(X, y > 1), X[::5], background=X[1::10])
    >>> len(plot_waterfall(both, 0).axes) >= 1
    True
    """
    models = _models(explanations, answer)
    n = len(explanations.display_data)
    if not -n <= row < n:
        msg = f"The 'row' parameter must be the position of one of the {n} rows, got {row!r}."
        raise InvalidInputError(msg)
    with _drawing(len(models)) as (shap, plt, axes):
        for (name, one), ax in zip(models.items(), axes, strict=True):
            plt.sca(ax)  # this plot of shap draws on the current axes, and knows no other
            shap.plots.waterfall(one[row], max_display=max_display, show=False)
            ax.set_title(name)
        figure = axes[0].figure
        # which it has sized for one picture, too
        figure.set_size_inches(SIZE[0] * len(models), figure.get_size_inches()[1])
        return figure


def plot_dependence(explanations: Explanations, column: str, *, answer: int = 1) -> Any:
    """Draw both models' SHAP values of a column over its values, one above the other.

    Parameters
    ----------
    explanations : Explanations
        What :func:`explain` gave. Without a teacher the student is drawn alone.

    column : str
        Name of the column. Categories stand at their position in the student's order.

    answer : int, default=1
        Position of the class whose probability is explained; of no account for a regression.

    Returns
    -------
    figure : matplotlib.figure.Figure
        No longer known to pyplot.

    Raises
    ------
    InvalidInputError
        If there is no such class or column.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("Agg")
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.linear_model import LogisticRegression
    >>> from interpkd.explanation import explain, plot_dependence
    >>> X, y = load_iris(return_X_y=True, as_frame=True)
    >>> both = explain(LogisticRegression().fit(X, y > 1), X[::5], background=X[1::10])
    >>> plot_dependence(both, "petal width (cm)").axes[0].get_xlabel()
    'petal width (cm)'
    """
    models = _models(explanations, answer)
    names = [str(name) for name in explanations.student.feature_names]
    if column not in names:
        msg = f"The 'column' parameter must be one of the columns {names}, got {column!r}."
        raise InvalidInputError(msg)
    colors = {"student": "#1E88E5", "teacher": "#FF0D57"}
    with _drawing(1) as (shap, _, [ax]):
        for name, one in models.items():
            values, n_before = one[:, names.index(column)], len(ax.collections)
            shap.plots.scatter(values, color=colors[name], hist=False, ax=ax, show=False)
            marks = ax.collections[n_before:]  # those of missing values are apart
            max(marks, key=lambda part: len(part.get_offsets())).set_label(name)
        ax.set_xlabel(column)
        ax.legend()
        return ax.figure


def _models(explanations: Explanations, answer: int) -> dict[str, Any]:
    """Give the explanations of one answer by the name of the model."""
    classes = explanations.classes
    if classes is not None and not 0 <= answer < len(classes):
        msg = (
            f"The 'answer' parameter must be the position of one of the classes "
            f"{classes.tolist()}, got {answer!r}."
        )
        raise InvalidInputError(msg)
    both = {"student": explanations.student, "teacher": explanations.teacher}
    there = {name: one for name, one in both.items() if one is not None}
    return there if classes is None else {name: one[:, :, answer] for name, one in there.items()}


@contextmanager
def _drawing(n: int) -> Iterator[tuple[Any, Any, list[Any]]]:
    """Give shap, pyplot and axes, and leave pyplot and numpy's random state as they were."""
    with warnings.catch_warnings():  # importing shap may warn about its own needs
        warnings.simplefilter("ignore")
        shap = require("shap", purpose="draw explanations")
    plt = require("matplotlib.pyplot", purpose="draw explanations")
    state = np.random.get_state()  # noqa: NPY002  # shap shuffles its marks with it
    np.random.seed(0)  # noqa: NPY002  # the same picture each time
    before = plt.gcf().number if plt.get_fignums() else None
    with plt.rc_context(), plt.ioff(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of shap about numpy, and of matplotlib about shap
        figure, axes = plt.subplots(
            1, n, figsize=(SIZE[0] * n, SIZE[1]), squeeze=False, layout="constrained"
        )
        try:
            yield shap, plt, [*axes[0]]
        finally:
            plt.close(figure)
            np.random.set_state(state)  # noqa: NPY002
            if before is not None:
                plt.figure(before)

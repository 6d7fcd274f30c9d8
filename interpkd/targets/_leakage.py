"""How much better a teacher looks on the rows that it was trained on."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from interpkd._typing import FloatArray

IN_SAMPLE, OUT_OF_FOLD = "in_sample", "out_of_fold"


def leakage_of_classifier(
    seen: FloatArray, unseen: FloatArray, y: NDArray[np.intp], weights: FloatArray | None = None
) -> dict[str, float | None]:
    """Compare a classifier's answers in sample with those out of fold.

    Parameters
    ----------
    seen : ndarray of shape (n_samples, n_classes)
        Probabilities on the rows that the teacher was trained on.

    unseen : ndarray of shape (n_samples, n_classes)
        Probabilities of clones that did not see the row.

    y : ndarray of shape (n_samples,)
        The column of each row's own label.

    weights : ndarray of shape (n_samples,) or None, default=None
        Row weights.

    Returns
    -------
    figures : dict of str to float
        Weighted means, each in sample and out of fold: ``confidence`` (the largest probability),
        ``accuracy`` (the share of rows whose label is the most probable class), ``log_loss`` (in
        nats; probabilities below 2.2e-16 count as that).

    Examples
    --------
    >>> import numpy as np
    >>> from interpkd.targets import leakage_of_classifier
    >>> seen, unseen = np.array([[0.9, 0.1], [0.2, 0.8]]), np.array([[0.6, 0.4], [0.5, 0.5]])
    >>> figures = leakage_of_classifier(seen, unseen, np.array([0, 1]))
    >>> figures["accuracy_in_sample"], figures["accuracy_out_of_fold"]
    (1.0, 0.5)
    """
    rows = np.arange(len(y))
    least = np.finfo(np.float64).eps
    return _compare(
        seen,
        unseen,
        {
            "confidence": lambda P: _mean(P.max(axis=1), weights),
            "accuracy": lambda P: _mean(P.argmax(axis=1) == y, weights),
            "log_loss": lambda P: _mean(-np.log(np.maximum(P[rows, y], least)), weights),
        },
    )


def leakage_of_regressor(
    seen: FloatArray, unseen: FloatArray, y: FloatArray, weights: FloatArray | None = None
) -> dict[str, float | None]:
    """Compare a regressor's predictions in sample with those out of fold.

    Parameters
    ----------
    seen : ndarray of shape (n_samples,)
        Predictions on the rows that the teacher was trained on.

    unseen : ndarray of shape (n_samples,)
        Predictions of clones that did not see the row.

    y : ndarray of shape (n_samples,)
        The target.

    weights : ndarray of shape (n_samples,) or None, default=None
        Row weights.

    Returns
    -------
    figures : dict of str to float or None
        Each in sample and out of fold: ``rmse`` (the root of the weighted mean squared residual),
        ``r2`` (None where the target is constant).

    Examples
    --------
    >>> import numpy as np
    >>> from interpkd.targets import leakage_of_regressor
    >>> y = np.array([0.0, 1.0, 2.0])
    >>> figures = leakage_of_regressor(y, np.array([0.5, 1.0, 1.5]), y)
    >>> figures["r2_in_sample"], figures["r2_out_of_fold"]
    (1.0, 0.75)
    """
    spread = _mean((y - np.average(y, weights=weights)) ** 2, weights)
    return _compare(
        seen,
        unseen,
        {
            "rmse": lambda p: float(np.sqrt(_mean((y - p) ** 2, weights))),
            "r2": lambda p: 1 - _mean((y - p) ** 2, weights) / spread if spread > 0 else None,
        },
    )


def _compare(
    seen: FloatArray,
    unseen: FloatArray,
    figures: Mapping[str, Callable[[FloatArray], float | None]],
) -> dict[str, float | None]:
    """Take each figure of both, side by side."""
    return {
        f"{name}_{when}": figure(answers)
        for name, figure in figures.items()
        for when, answers in ((IN_SAMPLE, seen), (OUT_OF_FOLD, unseen))
    }


def _mean(values: NDArray[Any], weights: FloatArray | None) -> float:
    return float(np.average(values, weights=weights))

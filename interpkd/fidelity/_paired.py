"""Two models on the same held-out rows: their differences, tested in pairs."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.stats import binomtest

from interpkd._asking import decide
from interpkd.fidelity._distil_findings import (
    LESSONS,
    PREDICTIONS,
    TEACHER,
    PairedDifference,
    verdict,
)
from interpkd.fidelity._intervals import measure
from interpkd.fidelity._scales import PLAIN

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from interpkd._typing import BoolArray, FloatArray
    from interpkd.fidelity._held_out import HeldOut
    from interpkd.fidelity._statistics import Statistic
    from interpkd.fidelity._weightings import LeaveOneOut


def mcnemar_p(first: BoolArray, second: BoolArray) -> float:
    """Give McNemar's exact two-sided p-value that two models are right equally often.

    Parameters
    ----------
    first, second : ndarray of bool of shape (n_rows,)
        Where each is right; independent rows.

    Returns
    -------
    p : float
        1 where both are right on the same rows.

    Examples
    --------
    >>> import numpy as np
    >>> first = np.repeat([True, False], [9, 1])
    >>> mcnemar_p(first, ~first)
    0.021484375
    """
    n_first, n_second = int((first & ~second).sum()), int((second & ~first).sum())
    if n_first + n_second == 0:
        return 1.0
    return float(binomtest(n_first, n_first + n_second).pvalue)


class _Difference:
    """One statistic less another of the same rows."""

    note = ""
    bounded = None
    scale = PLAIN

    def __init__(self, first: Statistic, second: Statistic) -> None:
        self._first, self._second = first, second
        self.undefined = first.undefined or second.undefined
        self.is_ranked = first.is_ranked or second.is_ranked
        kinds = [part.kinds for part in (first, second) if part.kinds is not None]
        self.kinds: BoolArray | None = np.hstack(kinds) if kinds else None

    def values(self, W: FloatArray | LeaveOneOut) -> FloatArray:
        """Give the difference under each weighting."""
        return self._first.values(W) - self._second.values(W)

    def influence(self, w: FloatArray) -> FloatArray:
        """Give the difference of the influences."""
        return self._first.influence(w) - self._second.influence(w)


class ModelsInPairs:
    """Models on the same rows, to be compared in pairs."""

    def __init__(
        self,
        rows: HeldOut,
        models: dict[str, FloatArray],
        scores: list[Any],
        statistics: dict[tuple[str, str], Any],
        cutoff: float,
    ) -> None:
        self._rows, self._models, self._scores = rows, models, scores
        self._statistics, self._cutoff = statistics, cutoff
        kinds = PREDICTIONS if rows.classes is None else LESSONS
        self._names = {name: f"learning from {text}" for name, text in kinds.items()}
        self._names["teacher"] = TEACHER

    def differences(
        self, pairs: Sequence[tuple[str, str]], alpha: float
    ) -> Iterator[PairedDifference]:
        """Give the difference of every pair in every score."""
        found = measure(
            {
                (first, second, score.name): _Difference(
                    self._statistics[first, score.name], self._statistics[second, score.name]
                )
                for first, second in pairs
                for score in self._scores
            },
            self._rows.sample,
            alpha,
        )
        signs = {score.name: 1 if score.greater_is_better else -1 for score in self._scores}
        for (first, second, score), difference in found.items():
            p = self._p_value(first, second) if score == "accuracy" else None
            if p is None:
                low, high = difference.low, difference.high
                is_shown = low is not None and high is not None and (low > 0 or high < 0)
                test = "interval of the difference excludes 0"
            else:
                is_shown, test = p <= alpha, "McNemar, exact"
            better = None
            if is_shown and difference.estimate is not None:
                better = first if signs[score] * difference.estimate > 0 else second
            text = verdict(first, second, score, difference, better=better, names=self._names)
            level = round(1 - alpha, 12)
            yield PairedDifference(
                first,
                second,
                score,
                difference,
                level,
                p,
                test,
                better,
                text[:1].upper() + text[1:],
            )

    def _p_value(self, first: str, second: str) -> float | None:
        """Give McNemar's p-value; None where its rows would not be independent and equal."""
        if not self._rows.sample.is_plain:
            return None
        right = [decide(self._models[who], self._cutoff) == self._rows.y for who in (first, second)]
        return mcnemar_p(right[0], right[1])

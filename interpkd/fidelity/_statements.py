"""One-sided statements of a report: what holds at least, or at most, alone or several together."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass
from numbers import Real
from typing import TYPE_CHECKING, Any

from interpkd.exceptions import InvalidInputError
from interpkd.fidelity._intervals import measure

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from interpkd.fidelity._inputs import Answers
    from interpkd.fidelity._intervals import ScoreEstimate
    from interpkd.fidelity._scores import Score


@dataclass(frozen=True)
class Statement:
    """What can be said of one score with a stated confidence; made by a :class:`FidelityReport`.

    Printed, it is a sentence.

    Attributes
    ----------
    score : str
        What it is about.

    estimate : float or None
        The score on the rows.

    low, high : float or None
        The bounds; None on the side that is left open, and on both where there is no bound.

    confidence : float
        With what confidence the statement holds; all `n_joint` together, if there are several.

    n_joint : int
        How many statements share the confidence.

    n : int
        The number of rows.

    method : str
        How the bound was made, or why there is none.

    Examples
    --------
    >>> from interpkd.fidelity import Statement
    >>> print(Statement("agreement", 0.9, 0.8362, None, 0.95, 1, 100, "Clopper-Pearson, exact"))
    agreement at least 0.8362 with 95 % confidence for rows like these
    """

    score: str
    estimate: float | None
    low: float | None
    high: float | None
    confidence: float
    n_joint: int
    n: int
    method: str

    def to_dict(self) -> dict[str, Any]:
        """Give the attributes and the sentence as plain Python values.

        Returns
        -------
        statement : dict
            The attributes, and the sentence under "text".
        """
        return {**vars(self), "text": str(self)}

    def __str__(self) -> str:
        if self.low is None and self.high is None:
            return f"{self.score}: {self.method}"
        if self.high is None:
            bound = f"at least {self.low:.4g}"
        elif self.low is None:
            bound = f"at most {self.high:.4g}"
        else:
            bound = f"between {self.low:.4g} and {self.high:.4g}"
        joint = "" if self.n_joint == 1 else f" ({self.n_joint} statements together)"
        percent = f"{100 * self.confidence:.10g} %"
        return f"{self.score} {bound} with {percent} confidence{joint} for rows like these"


@dataclass(frozen=True)
class Evidence:
    """What statements are made from: the scores of a report and the answers behind them.

    Attributes
    ----------
    answers : Answers
        Both models' answers.

    scores : dict of str to Score
        The scores by name.
    """

    answers: Answers
    scores: Mapping[str, Score]

    def measure(self, name: str, alpha: float) -> ScoreEstimate:
        """Give a score with its interval.

        Parameters
        ----------
        name : str
            One of `scores`.

        alpha : float
            One minus the confidence.

        Returns
        -------
        score : ScoreEstimate
            On these answers.
        """
        statistic = self.scores[name].statistic(self.answers.teacher, self.answers.student)
        return measure({name: statistic}, self.answers.sample, alpha)[name]

    def state(
        self, names: Sequence[str], sides: Sequence[str], confidence: float
    ) -> list[Statement]:
        """Make statements that hold together: each has its part of alpha (Bonferroni).

        Parameters
        ----------
        names : sequence of str
            What they are about.

        sides : sequence of {"at least", "at most", "between"}
            Which way each goes.

        confidence : float
            Of all together.

        Returns
        -------
        statements : list of Statement
            In that order.
        """
        alpha = (1 - check_confidence(confidence)) / len(names)
        made = []
        for name, side in zip(names, sides, strict=True):
            # either end of an interval at twice alpha, alone, misses with probability alpha
            of_interval = alpha if side == "between" else 2 * alpha
            measured = self.measure(check_name(name, self.scores), of_interval)
            made.append(
                Statement(
                    score=name,
                    estimate=measured.estimate,
                    low=None if side == "at most" else measured.low,
                    high=None if side == "at least" else measured.high,
                    confidence=confidence,
                    n_joint=len(names),
                    n=measured.n,
                    method=measured.method,
                )
            )
        return made


def good_side(score: Score) -> str:
    """Give the side on which a bound of a score is worth stating."""
    if score.greater_is_better is None:
        return "between"
    return "at least" if score.greater_is_better else "at most"


def check_name(name: str, scores: Mapping[str, Score]) -> str:
    """Check that a report has a score."""
    if name not in scores:
        msg = f"{name!r} is not a fidelity score of this report. Take one of {sorted(scores)}."
        raise InvalidInputError(msg)
    return name


def check_confidence(confidence: float) -> float:
    """Check the confidence of a one-sided statement."""
    is_number = isinstance(confidence, Real) and not isinstance(confidence, bool)
    if not is_number or not 0.5 < confidence < 1:
        msg = (
            f"confidence must be a number above 0.5 and below 1, got {confidence!r}. "
            "0.95 means that one statement in twenty may be wrong."
        )
        raise InvalidInputError(msg)
    return float(confidence)

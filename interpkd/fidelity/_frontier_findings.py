"""What a frontier holds, and which size the one-standard-error rule takes."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from interpkd.exceptions import InvalidInputError
from interpkd.fidelity._frontier_display import draw_frontier, frontier_html, frontier_text
from interpkd.fidelity._held_out import N_REPEATS
from interpkd.fidelity._sizes import MEASURES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from interpkd.fidelity._intervals import ScoreEstimate

LATENCY = (
    f"Seconds of `predict` per held-out row: the median of {N_REPEATS} calls in each fold, and the "
    "median of these over the folds; measured on this machine as busy as it was."
)


@dataclass(frozen=True)
class FoldScores:
    """A score on the held-out rows of each fold.

    Attributes
    ----------
    values : tuple of float or None
        One per fold; None where its rows do not define it.

    Examples
    --------
    >>> from interpkd.fidelity import FoldScores
    >>> scores = FoldScores((0.8, 0.9, 1.0))
    >>> round(scores.mean, 12), round(scores.standard_error, 4)
    (0.9, 0.0577)
    """

    values: tuple[float | None, ...]

    @property
    def mean(self) -> float | None:
        """The mean over folds, each counted once; None if a fold has no value."""
        known = [value for value in self.values if value is not None]
        return math.fsum(known) / len(known) if len(known) == len(self.values) else None

    @property
    def standard_error(self) -> float | None:
        """The standard deviation over folds by the root of their number; None for one fold."""
        mean, n = self.mean, len(self.values)
        if mean is None or n < 2:
            return None
        squares = math.fsum((value - mean) ** 2 for value in self.values if value is not None)
        return math.sqrt(squares / (n - 1) / n)

    def to_dict(self) -> dict[str, Any]:
        """Give "values", "mean" and "standard_error".

        Returns
        -------
        scores : dict
            Plain Python values.
        """
        return {
            "values": list(self.values),
            "mean": self.mean,
            "standard_error": self.standard_error,
        }


@dataclass(frozen=True)
class FrontierPoint:
    """One size of the student.

    Attributes
    ----------
    parameters : dict
        What made this size.

    fidelity : dict of str to ScoreEstimate
        Student against teacher on all held-out rows.

    performance : dict of str to ScoreEstimate
        Student against the true values; empty without them.

    by_fold : dict of str to FoldScores
        The fidelity scores fold by fold.

    counts : dict of str to float or None
        What the student is made of, on the average of the folds: "leaves", "bins",
        "nonzero_coefficients", "features", "conditions_per_decision".

    seconds_per_row : float
        Measured latency. Two points are equal whatever it is.
    """

    parameters: Mapping[str, Any]
    fidelity: Mapping[str, ScoreEstimate]
    performance: Mapping[str, ScoreEstimate]
    by_fold: Mapping[str, FoldScores]
    counts: Mapping[str, float | None]
    seconds_per_row: float = field(compare=False)

    @property
    def name(self) -> str:
        """The parameters in words."""
        return ", ".join(f"{name}={value}" for name, value in self.parameters.items())

    def to_dict(self) -> dict[str, Any]:
        """Give the attributes and the name.

        Returns
        -------
        point : dict
            Plain Python values that JSON can hold.
        """
        return {
            "name": self.name,
            "parameters": dict(self.parameters),
            "fidelity": {name: one.to_dict() for name, one in self.fidelity.items()},
            "performance": {name: one.to_dict() for name, one in self.performance.items()},
            "by_fold": {name: one.to_dict() for name, one in self.by_fold.items()},
            "counts": dict(self.counts),
            "seconds_per_row": self.seconds_per_row,
        }


@dataclass(frozen=True)
class FrontierChoice:
    """The size that the one-standard-error rule takes.

    Attributes
    ----------
    score : str
        The score that chose.

    chosen, best : FrontierPoint
        The smallest size within the limit, and the one with the best mean over folds.

    limit : float
        The best mean, worse by its standard error.

    standard_error : float or None
        Of the best mean, over folds; None for a single fold, and then the best is chosen.

    text : str
        The choice in one sentence.
    """

    score: str
    chosen: FrontierPoint
    best: FrontierPoint
    limit: float
    standard_error: float | None
    text: str

    def to_dict(self) -> dict[str, Any]:
        """Give the attributes, sizes by their names.

        Returns
        -------
        choice : dict
            Plain Python values that JSON can hold.
        """
        return {
            "score": self.score,
            "chosen": self.chosen.name,
            "best": self.best.name,
            "limit": self.limit,
            "standard_error": self.standard_error,
            "text": self.text,
        }


@dataclass(frozen=True)
class Frontier:
    """Fidelity, performance, size and latency of one student in several sizes.

    Made by :func:`frontier`. Print it for a text table.

    Attributes
    ----------
    student : str
        Type of the student.

    task : {"classification", "regression"}
        What it does.

    classes : list or None
        The classes; None for a regression.

    n_rows : int
        Held-out rows with a weight above 0; a row that several folds hold out counts each time.

    n_groups : int or None
        Groups of dependent rows, None when rows count as independent.

    n_folds, n_folds_planned : int
        Folds that were finished, and all.

    confidence : float
        Confidence of every interval, each taken by itself.

    score : str
        The score that chooses the size.

    greater_is_better : bool
        Its good end.

    size : str or None
        What measures the size: the first of `counts` that is known. None when none is, and then the
        sizes count as given from small to large.

    points : tuple of FrontierPoint
        The sizes in the order given.

    teacher_performance : dict of str to ScoreEstimate
        The teachers of the folds against the true values.

    definitions : dict of str to str
        What each score is.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.linear_model import LinearRegression
    >>> from interpkd import DistilledTreeRegressor
    >>> from interpkd.fidelity import frontier
    >>> X, y = load_diabetes(return_X_y=True)
    >>> student = DistilledTreeRegressor(LinearRegression(), augmentation=None, random_state=0)
    >>> found = frontier(student, X, y, sizes={"max_leaf_nodes": [2, 6]}, cv=3)
    >>> found.choice.chosen.name
    'max_leaf_nodes=6'
    """

    student: str
    task: str
    classes: list[Any] | None
    n_rows: int
    n_groups: int | None
    n_folds: int
    n_folds_planned: int
    confidence: float
    score: str
    greater_is_better: bool
    size: str | None
    points: tuple[FrontierPoint, ...]
    teacher_performance: Mapping[str, ScoreEstimate]
    definitions: Mapping[str, str]

    @property
    def has_choice(self) -> bool:
        """Whether some size has the choosing score in all folds."""
        return any(point.by_fold[self.score].mean is not None for point in self.points)

    @property
    def choice(self) -> FrontierChoice:
        """The smallest size within one standard error of the best [1]_.

        "Best" is the best mean of `score` over folds. The standard error is that of this mean over
        folds. "Smallest" goes by `size`, ties by the order given.

        References
        ----------
        .. [1] L. Breiman, J. Friedman, R. Olshen and C. Stone, "Classification and regression
           trees", 1984, section 3.4.3.
        """
        means = [(point, point.by_fold[self.score].mean) for point in self.points]
        known = [(point, mean) for point, mean in means if mean is not None]
        if not known:
            msg = f"No size has a {self.score} in all folds, so none can be chosen."
            raise InvalidInputError(msg)
        sign = 1 if self.greater_is_better else -1
        best, top = _best(known, sign, self._rank)
        error = best.by_fold[self.score].standard_error
        limit = top - sign * (error or 0.0)
        within = [point for point, mean in known if sign * mean >= sign * limit]
        chosen = min(within, key=self._rank)
        return FrontierChoice(
            self.score, chosen, best, limit, error, self._sentence(chosen, best, error)
        )

    def to_dict(self) -> dict[str, Any]:
        """Give the frontier as plain Python values that JSON can hold.

        Returns
        -------
        frontier : dict
            The attributes; "choice", None when no size has the choosing score in all folds; "counted" and "latency", which say what the counts
            and the latency are.
        """
        names = ["student", "task", "classes", "n_rows", "n_groups", "n_folds"]
        names += ["n_folds_planned", "confidence", "score", "greater_is_better", "size"]
        return {
            **{name: getattr(self, name) for name in names},
            "points": [point.to_dict() for point in self.points],
            "teacher_performance": {
                name: one.to_dict() for name, one in self.teacher_performance.items()
            },
            "choice": self.choice.to_dict() if self.has_choice else None,
            "definitions": dict(self.definitions),
            "counted": dict(MEASURES),
            "latency": LATENCY,
        }

    def to_frame(self) -> Any:
        """Give all scores as a pandas DataFrame, one row per size and score.

        Returns
        -------
        frame : pandas.DataFrame
            The parameters; "model" ("student vs teacher", or "student" against the true values),
            "score", "estimate", "low", "high", "n", "method"; "fold_mean" and "standard_error" of
            the fidelity scores; the counts and "seconds_per_row".
        """
        import pandas as pd

        rows = [
            {**point.parameters, "model": model, "score": name, **score.to_dict()}
            | _over_folds(point, model, name)
            | {**point.counts, "seconds_per_row": point.seconds_per_row}
            for point in self.points
            for model, scores in (
                ("student vs teacher", point.fidelity),
                ("student", point.performance),
            )
            for name, score in scores.items()
        ]
        numbers = ["estimate", "low", "high", "fold_mean", "standard_error", *MEASURES]
        return pd.DataFrame(rows).astype(dict.fromkeys(numbers, "float64"))

    def plot(self, ax: Any = None) -> Any:
        """Draw the mean of the choosing score over the size, one standard error to either side.

        Parameters
        ----------
        ax : matplotlib Axes or None, default=None
            Where to draw; None for a new figure.

        Returns
        -------
        ax : matplotlib Axes
            The drawing.
        """
        return draw_frontier(self, ax)

    def __str__(self) -> str:
        return frontier_text(self)

    def _repr_html_(self) -> str:
        return frontier_html(self)

    def _rank(self, point: FrontierPoint) -> tuple[float, int]:
        """Order sizes from small to large."""
        count = None if self.size is None else point.counts[self.size]
        return (0.0 if count is None else count, self.points.index(point))

    def _sentence(self, chosen: FrontierPoint, best: FrontierPoint, error: float | None) -> str:
        if error is None:
            return f"{best.name} has the best {self.score}; a single fold has no standard error."
        of = f"the best mean {self.score} over {self.n_folds} folds"
        if chosen is best:
            return f"{best.name} has {of}, and no smaller size is within one standard error of it."
        return f"{chosen.name} is the smallest size within one standard error of {best.name}, {of}."


def _best(
    known: list[tuple[FrontierPoint, float]],
    sign: int,
    rank: Callable[[FrontierPoint], tuple[float, int]],
) -> tuple[FrontierPoint, float]:
    """Give the point with the best mean; the smallest of those that have it."""
    return min(known, key=lambda one: (-sign * one[1], rank(one[0])))


def _over_folds(point: FrontierPoint, model: str, name: str) -> dict[str, float | None]:
    if model == "student":
        return {"fold_mean": None, "standard_error": None}
    scores = point.by_fold[name]
    return {"fold_mean": scores.mean, "standard_error": scores.standard_error}

"""Two students of one teacher on the same rows: each score of both, and the difference in pairs."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd._asking import class_probabilities, predictions
from interpkd._html import paragraphs, show, table
from interpkd.exceptions import InvalidInputError
from interpkd.fidelity._catalogue import headline_scores, performance_scores
from interpkd.fidelity._inputs import check_alpha, check_cutoff, classes_of, collect_answers
from interpkd.fidelity._intervals import measure
from interpkd.fidelity._paired import _Difference
from interpkd.fidelity._text import format_number

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from interpkd._typing import FloatArray, Table
    from interpkd.fidelity._intervals import ScoreEstimate

HEADER = ("score", "against", "first", "second", "second less first", "interval", "rows")


@dataclass(frozen=True)
class StudentDifference:
    """One score of two students on the same rows.

    Attributes
    ----------
    score : str
        Its name.

    against : {"teacher", "labels"}
        What the students are held against.

    first, second : ScoreEstimate
        The score of each.

    difference : ScoreEstimate
        That of the second less that of the first, in pairs.
    """

    score: str
    against: str
    first: ScoreEstimate
    second: ScoreEstimate
    difference: ScoreEstimate


@dataclass(frozen=True)
class StudentComparison:
    """What another student costs or brings; made by :func:`compare_students`.

    Print it for a text table.

    Attributes
    ----------
    differences : tuple of StudentDifference
        Fidelity to the teacher, then performance against labels where these were given.

    n_rows : int
        Rows that count.

    confidence : float
        Confidence of each interval.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.linear_model import LinearRegression
    >>> from sklearn.tree import DecisionTreeRegressor
    >>> from interpkd.fidelity import compare_students
    >>> X, y = load_diabetes(return_X_y=True)
    >>> teacher = LinearRegression().fit(X, y)
    >>> small, large = (
    ...     DecisionTreeRegressor(max_leaf_nodes=n, random_state=0).fit(X, teacher.predict(X))
    ...     for n in (4, 16)
    ... )
    >>> compared = compare_students(small, large, X, teacher=teacher)
    >>> compared.differences[0].score, compared.differences[0].difference.estimate > 0
    ('r2', True)
    """

    differences: tuple[StudentDifference, ...]
    n_rows: int
    confidence: float

    def to_dict(self) -> dict[str, Any]:
        """Give the differences.

        Returns
        -------
        comparison : dict
            Plain Python values that JSON can hold.
        """
        return {
            "n_rows": self.n_rows,
            "confidence": self.confidence,
            "scores": [
                {
                    "score": one.score,
                    "against": one.against,
                    "first": one.first.to_dict(),
                    "second": one.second.to_dict(),
                    "difference": one.difference.to_dict(),
                }
                for one in self.differences
            ],
        }

    def __str__(self) -> str:
        lines = [HEADER, *self._cells()]
        wide = [max(len(line[j]) for line in lines) for j in range(len(HEADER))]
        return "\n".join(
            "  ".join(
                cell.ljust(width) if j < 2 else cell.rjust(width)
                for j, (cell, width) in enumerate(zip(line, wide, strict=True))
            ).rstrip()
            for line in lines
        )

    def _repr_html_(self) -> str:
        level = f"{100 * self.confidence:g} % intervals of the difference in pairs"
        return show(
            "Two students of one teacher",
            table("", HEADER, self._cells(), numeric=range(2, len(HEADER))),
            paragraphs(f"{self.n_rows} rows, {level}.", soft=True),
        )

    def _cells(self) -> list[tuple[str, ...]]:
        return [
            (
                one.score,
                one.against,
                format_number(one.first.estimate),
                format_number(one.second.estimate),
                format_number(one.difference.estimate),
                "-"
                if one.difference.low is None
                else f"[{format_number(one.difference.low)}, {format_number(one.difference.high)}]",
                str(one.difference.n),
            )
            for one in self.differences
        ]


def compare_students(
    first: Any,
    second: Any,
    X: Table,
    y: ArrayLike | None = None,
    *,
    teacher: Any = None,
    sample_weight: ArrayLike | None = None,
    groups: ArrayLike | None = None,
    cutoff: float = 0.5,
    alpha: float = 0.05,
) -> StudentComparison:
    """Measure two students of one teacher on the same rows, and the differences in pairs.

    Such is the price of a constraint, of a smaller tree or of another kind of student.

    Parameters
    ----------
    first, second : fitted estimator
        The students.

    X : array-like or data frame of shape (n_samples, n_features)
        Rows that neither student nor the teacher has learned from.

    y : array-like of shape (n_samples,) or None, default=None
        True labels or values; with them performance is compared, too.

    teacher : fitted estimator, array-like or None, default=None
        The teacher, or its answers to `X`; None for the one that the first student keeps.

    sample_weight : array-like of shape (n_samples,) or None, default=None
        How often each row counts.

    groups : array-like of shape (n_samples,) or None, default=None
        Labels of rows that depend on each other; intervals are then of whole groups.

    cutoff : float, default=0.5
        Of two classes, the probability of the second from which it is decided for.

    alpha : float, default=0.05
        One minus the confidence of each interval; it is not shared out among the scores.

    Returns
    -------
    comparison : StudentComparison
        Each score of both, and the second's less the first's.

    Raises
    ------
    InvalidInputError
        If a parameter breaks its rule, or the students are not of the same classes or task.

    See Also
    --------
    fidelity_report : One student and its teacher.
    certify_monotonicity : Whose remedy has a price that this measures.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.ensemble import HistGradientBoostingClassifier
    >>> from sklearn.frozen import FrozenEstimator
    >>> from interpkd import DistilledTreeClassifier
    >>> from interpkd.fidelity import compare_students
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> teacher = HistGradientBoostingClassifier(max_iter=20, random_state=0).fit(X[::2], y[::2])
    >>> free = DistilledTreeClassifier(FrozenEstimator(teacher), max_leaf_nodes=4, random_state=0)
    >>> bound = DistilledTreeClassifier(
    ...     FrozenEstimator(teacher), max_leaf_nodes=4, monotonic_cst={"x20": -1}, random_state=0
    ... )
    >>> compared = compare_students(free.fit(X[::2]), bound.fit(X[::2]), X[1::2], y[1::2])
    >>> [one.score for one in compared.differences if one.against == "labels"]
    ['accuracy', 'auc', 'log_loss', 'brier']
    """
    cutoff, alpha = check_cutoff(cutoff), check_alpha(alpha)
    answers = collect_answers(
        first, X, y, teacher=teacher, sample_weight=sample_weight, groups=groups
    )
    of_second = _ask(second, X, answers.classes)[answers.rows]
    n_classes = None if answers.classes is None else len(answers.classes)
    if n_classes != 2 and cutoff != 0.5:
        msg = f"cutoff={cutoff} divides two classes, and here there are not two. Leave cutoff out."
        raise InvalidInputError(msg)
    models: dict[str, FloatArray] = {"first": answers.student, "second": of_second}
    asked: list[tuple[str, Any, Any]] = [
        ("teacher", score, answers.teacher) for score in headline_scores(n_classes, cutoff)
    ]
    if answers.y is not None:
        asked += [("labels", score, answers.y) for score in performance_scores(n_classes, cutoff)]
    statistics: dict[tuple[str, str, str], Any] = {}
    for against, score, truth in asked:
        own = {who: score.statistic(truth, of) for who, of in models.items()}
        own["difference"] = _Difference(own["second"], own["first"])
        statistics |= {(against, score.name, who): one for who, one in own.items()}
    found = measure(statistics, answers.sample, alpha)
    return StudentComparison(
        tuple(
            StudentDifference(
                score.name,
                against,
                *(found[against, score.name, who] for who in ("first", "second", "difference")),
            )
            for against, score, _ in asked
        ),
        answers.sample.n_rows,
        round(1 - alpha, 12),
    )


def _ask(second: Any, X: Table, classes: NDArray[Any] | None) -> FloatArray:
    """Ask the second student, its columns in the order of the first one's classes."""
    own = classes_of(second)
    told = None if own is None else sorted(map(str, own.tolist()))
    wanted = None if classes is None else sorted(map(str, np.asarray(classes).tolist()))
    if told != wanted:
        msg = (
            f"second must have the classes of first, {wanted}, got {told}. Compare like with like."
        )
        raise InvalidInputError(msg)
    if classes is None:
        return predictions(second, X, source="student")
    return class_probabilities(second, X, classes, source="student")

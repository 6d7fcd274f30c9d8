"""Agreement of explanations: whether student and teacher decide for the same reasons."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from numbers import Integral
from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd._betting import betting_interval
from interpkd._html import paragraphs, show, table
from interpkd._tables import is_frame
from interpkd.exceptions import InvalidInputError
from interpkd.explanation._row_bootstrap import bca_interval

if TYPE_CHECKING:
    from collections.abc import Callable

    from interpkd._typing import BoolArray, FloatArray
    from interpkd.explanation._shap import Explanations

SCORES = ("rank_correlation", "sign_agreement", "top_overlap", "cosine")

NOISE = 1e-9
"""SHAP values up to this, times the largest of the model, are zero."""


@dataclass(frozen=True)
class ExplanationScore:
    """One score of agreement with its interval.

    Attributes
    ----------
    estimate, low, high : float or None
        The score on all rows and the ends of its interval; None where it cannot be computed.

    n : int
        Rows that it is computed on.

    method : str
        How the interval was had, or why there is none.
    """

    estimate: float | None
    low: float | None
    high: float | None
    n: int
    method: str


@dataclass(frozen=True, repr=False)
class ExplanationAgreement:
    """Agreement of two models' SHAP values; made by :func:`explanation_agreement`.

    Attributes
    ----------
    scores : dict
        "rank_correlation", "sign_agreement", "top_overlap" and "cosine" to
        :class:`ExplanationScore`.

    segments : tuple of (name, value, n, scores)
        The same for the rows of each value of each segment.

    top_k : int
        Columns that count as the largest of a row.

    confidence : float
        Of the intervals.

    n_rows : int
        Explained rows.

    method : dict
        How the values of "student" and "teacher" were computed; where they were sampled, their
        sampling error lowers the agreement.
    """

    scores: dict[str, ExplanationScore]
    segments: tuple[tuple[str, Any, int, dict[str, ExplanationScore]], ...]
    top_k: int
    confidence: float
    n_rows: int
    method: dict[str, str]

    def to_dict(self) -> dict[str, Any]:
        """Give everything in plain Python types.

        Returns
        -------
        summary : dict
            Scores at top level, "segments" as a list.
        """
        return {
            "n_rows": self.n_rows,
            "top_k": self.top_k,
            "confidence": self.confidence,
            "method": dict(self.method),
            **{name: asdict(score) for name, score in self.scores.items()},
            "segments": [
                {"segment": segment, "value": value, "n": n}
                | {name: asdict(score) for name, score in scores.items()}
                for segment, value, n, scores in self.segments
            ],
        }

    def to_frame(self) -> Any:
        """Give one line per score as a pandas DataFrame, segments after all rows.

        Returns
        -------
        frame : pandas.DataFrame
            One line per score; of all rows first.
        """
        import pandas as pd

        parts = [(None, None, self.n_rows, self.scores), *self.segments]
        lines = [
            {"segment": segment, "value": value, "score": name, **asdict(score)}
            for segment, value, _, scores in parts
            for name, score in scores.items()
        ]
        return pd.DataFrame(lines)

    def _repr_html_(self) -> str:
        parts = [("all rows", self.n_rows, self.scores)]
        parts += [(f"{name} = {value}", n, scores) for name, value, n, scores in self.segments]
        rows = [
            [of, f"{n:,}", *(_with_interval(score) for score in scores.values())]
            for of, n, scores in parts
        ]
        header = ["rows", "n", *(name.replace("_", " ") for name in self.scores)]
        title = f"Student against teacher; {100 * self.confidence:g} % intervals, one by one"
        found = table(title, header, rows, numeric=range(1, len(header)))
        notes = [f"{who}: {how}." for who, how in self.method.items()]
        notes.append(f"Overlap is of the {self.top_k} largest columns of a row.")
        return show("Do both explain alike?", found, paragraphs(*notes, soft=True))

    def __repr__(self) -> str:
        parts = [
            f"{name.replace('_', ' ')} {'–' if one.estimate is None else f'{one.estimate:.3f}'}"
            for name, one in self.scores.items()
        ]
        return f"<ExplanationAgreement on {self.n_rows} rows: {', '.join(parts)}>"


def _with_interval(score: ExplanationScore) -> str:
    if score.estimate is None:
        return "–"
    if score.low is None or score.high is None:
        return f"{score.estimate:.3f}"
    return f"{score.estimate:.3f} [{score.low:.3f}, {score.high:.3f}]"


def explanation_agreement(
    explanations: Explanations,
    *,
    top_k: int = 5,
    segments: Any = None,
    alpha: float = 0.05,
    n_resamples: int = 1000,
    random_state: int = 0,
) -> ExplanationAgreement:
    """Measure how far the SHAP values of student and teacher agree.

    For two classes the values of the second are compared, for more those of all.

    - *rank correlation*: Spearman's, over columns, of the mean absolute values of both models;
    - *sign agreement*: of the columns (and classes) where both values of a row are not zero, the
      share in which both have the same sign, averaged over rows;
    - *top overlap*: of the `top_k` largest columns of a row, the share that both models have in
      common, averaged over rows; of fewer where a model uses fewer;
    - *cosine*: of the angle between both models' values of a row, averaged over rows.

    Rows where a score has no meaning, as one model has no value but zero, are left out of it.
    The means over rows are of bounded numbers and have guaranteed betting bounds [2]_; the rank
    correlation has a BCa bootstrap interval [3]_ over rows, both models on the same ones, from 100
    rows on. Both treat the rows as independent and the background as given.

    Parameters
    ----------
    explanations : Explanations
        What :func:`explain` gave, with a teacher.

    top_k : int, default=5
        Columns that count as the largest of a row.

    segments : mapping, data frame, array-like of shape (n_samples,) or None, default=None
        Labels of the explained rows, by name.

    alpha : float, default=0.05
        One minus the confidence of the intervals.

    n_resamples : int, default=1000
        Bootstrap samples, of the rank correlation.

    random_state : int, default=0
        Their seed.

    Returns
    -------
    agreement : ExplanationAgreement
        The scores with intervals, also by segment.

    Raises
    ------
    InvalidInputError
        If there is no teacher, or a parameter breaks its rule.

    References
    ----------
    .. [1] S. Krishna et al., "The disagreement problem in explainable machine learning: a
       practitioner's perspective", TMLR 2024.
    .. [2] I. Waudby-Smith and A. Ramdas, "Estimating means of bounded random variables by betting",
       Journal of the Royal Statistical Society B, 2024.
    .. [3] B. Efron, "Better bootstrap confidence intervals", JASA 1987.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.ensemble import RandomForestClassifier
    >>> from interpkd import DistilledTreeClassifier, as_teacher, explain
    >>> from interpkd.explanation import explanation_agreement
    >>> X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    >>> forest = RandomForestClassifier(n_estimators=10, max_depth=4, random_state=0).fit(X, y)
    >>> student = DistilledTreeClassifier(as_teacher(forest), max_leaf_nodes=4).fit(X)
    >>> both = explain(student, X[:50], background=X[100:120])
    >>> found = explanation_agreement(both, top_k=3)
    >>> 0 <= found.scores["top_overlap"].low <= found.scores["top_overlap"].high <= 1
    True
    """
    _check(explanations, top_k, alpha)
    student, teacher = (_values(one) for one in (explanations.student, explanations.teacher))
    k = min(int(top_k), student.shape[1])
    options = {"alpha": alpha, "n_resamples": int(n_resamples), "seed": int(random_state)}
    everyone = np.ones(len(student), dtype=bool)
    parts = []
    for name, labels in _labels(segments, len(student)).items():
        for value, rows in _parts(labels):
            scores = _scores(student, teacher, rows, k, **options)
            parts.append((name, value, int(rows.sum()), scores))
    return ExplanationAgreement(
        scores=_scores(student, teacher, everyone, k, **options),
        segments=tuple(parts),
        top_k=k,
        confidence=1 - alpha,
        n_rows=len(student),
        method=dict(explanations.method),
    )


def _scores(
    student: FloatArray, teacher: FloatArray, rows: BoolArray, k: int, **options: Any
) -> dict[str, ExplanationScore]:
    s, t = student[rows], teacher[rows]
    sizes = np.abs(s).sum(axis=2), np.abs(t).sum(axis=2)
    means = {
        "sign_agreement": _signs(s, t),
        "top_overlap": _overlap(*sizes, k),
        "cosine": _cosine(s, t),
    }
    out = {"rank_correlation": _rank_score(_rank_statistic(*sizes), len(s), **options)}
    for name, values in means.items():
        bounds = -1.0 if name == "cosine" else 0.0, 1.0
        out[name] = _mean_score(values, bounds, alpha=options["alpha"])
    return out


def _rank_score(
    statistic: Callable[[FloatArray], FloatArray],
    n: int,
    *,
    alpha: float,
    n_resamples: int,
    seed: int,
) -> ExplanationScore:
    estimate = float(statistic(np.ones((1, n)))[0])
    if np.isnan(estimate):
        why = "all columns have the same mean absolute value in one model"
        return ExplanationScore(None, None, None, n, why)
    found = bca_interval(statistic, n, alpha=alpha, n_resamples=n_resamples, seed=seed)
    if isinstance(found, str):
        return ExplanationScore(estimate, None, None, n, found)
    method = f"BCa bootstrap over rows, {n_resamples} resamples, seed {seed}"
    return ExplanationScore(estimate, *found, n, method)


def _mean_score(
    values: FloatArray, bounds: tuple[float, float], *, alpha: float
) -> ExplanationScore:
    known = values[~np.isnan(values)]
    n = len(known)
    if not n:
        return ExplanationScore(None, None, None, 0, "no row on which it has a meaning")
    low, high = betting_interval(
        known, np.ones(n), lowest=bounds[0], highest=bounds[1], alpha=alpha
    )
    left = f"; {len(values) - n} rows without a value left out" if n < len(values) else ""
    return ExplanationScore(float(known.mean()), low, high, n, f"betting bounds, guaranteed{left}")


def _rank_statistic(student: FloatArray, teacher: FloatArray) -> Callable[[FloatArray], FloatArray]:
    """Give Spearman's correlation of the columns' weighted means, for each row of weights."""
    from scipy.stats import rankdata

    def statistic(weights: FloatArray) -> FloatArray:
        # to ten digits: what differs by rounding alone is a tie
        ranks = [
            rankdata(np.round((weights @ one) / weights.sum(axis=1, keepdims=True), 12), axis=1)
            for one in (student, teacher)
        ]
        a, b = (one - one.mean(axis=1, keepdims=True) for one in ranks)
        norm = np.sqrt((a**2).sum(axis=1) * (b**2).sum(axis=1))
        with np.errstate(invalid="ignore"):
            return np.asarray((a * b).sum(axis=1) / norm)

    return statistic


def _signs(s: FloatArray, t: FloatArray) -> FloatArray:
    both = (s != 0) & (t != 0)
    same = both & (np.sign(s) == np.sign(t))
    return _ratio(same.sum(axis=(1, 2)), both.sum(axis=(1, 2)))


def _overlap(s: FloatArray, t: FloatArray, k: int) -> FloatArray:
    tops = []
    for size in (s, t):
        order = np.argsort(-size, axis=1, kind="stable")[:, :k]
        top = np.zeros(size.shape, dtype=bool)
        np.put_along_axis(top, order, values=True, axis=1)
        tops.append(top & (size > 0))
    fewest = np.minimum(tops[0].sum(axis=1), tops[1].sum(axis=1))
    return _ratio((tops[0] & tops[1]).sum(axis=1), fewest)


def _cosine(s: FloatArray, t: FloatArray) -> FloatArray:
    norms = np.sqrt((s**2).sum(axis=(1, 2)) * (t**2).sum(axis=(1, 2)))
    return _ratio((s * t).sum(axis=(1, 2)), norms)


def _ratio(above: Any, below: Any) -> FloatArray:
    """Divide; where there is nothing to divide by, NaN."""
    out = np.full(len(below), np.nan)
    np.divide(above, below, out=out, where=below > 0)
    return out


def _values(explanation: Any) -> FloatArray:
    """Give the values that are compared, shape (n, n_columns, n_answers), rounding errors as 0."""
    values = np.asarray(explanation.values, dtype=np.float64)
    values = values[:, :, None] if values.ndim == 2 else values
    values = values[:, :, 1:] if values.shape[2] == 2 else values
    noise = NOISE * float(np.abs(values).max(initial=0.0))
    return np.where(np.abs(values) <= noise, 0.0, values)


def _labels(segments: Any, n: int) -> dict[str, list[Any]]:
    if segments is None:
        return {}
    if is_frame(segments):
        import narwhals.stable.v1 as nw

        frame = nw.from_native(segments, eager_only=True)
        named: Mapping[Any, Any] = {one.name: one.to_list() for one in frame.iter_columns()}
    else:
        named = segments if isinstance(segments, Mapping) else {"segment": segments}
    out = {str(name): np.asarray(one, dtype=object).tolist() for name, one in named.items()}
    for name, labels in out.items():
        if not isinstance(labels, list) or len(labels) != n:
            msg = f"segments[{name!r}] must have one label for each of the {n} explained rows."
            raise InvalidInputError(msg)
    return out


def _parts(labels: list[Any]) -> list[tuple[Any, BoolArray]]:
    """Give each value, in the order of its text, and which rows have it; missing ones last."""
    known = {str(one): one for one in labels if not _is_missing(one)}
    texts = np.array([None if _is_missing(one) else str(one) for one in labels], dtype=object)
    parts: list[tuple[Any, BoolArray]] = [(known[t], texts == t) for t in sorted(known)]
    missing = np.array([one is None for one in texts])
    return [*parts, (None, missing)] if missing.any() else parts


def _is_missing(value: Any) -> bool:
    return value is None or bool(value != value)  # noqa: PLR0124  # NaN


def _check(explanations: Any, top_k: Any, alpha: float) -> None:
    if getattr(explanations, "teacher", None) is None:
        msg = (
            "There is no teacher's explanation to compare with. Pass what "
            "explain(student, X, background=..., teacher=...) gave."
        )
        raise InvalidInputError(msg)
    if isinstance(top_k, bool) or not isinstance(top_k, Integral) or top_k < 1:
        msg = f"The 'top_k' parameter must be an int of at least 1, got {top_k!r}."
        raise InvalidInputError(msg)
    if not 0 < alpha < 1:
        msg = f"The 'alpha' parameter must be between 0 and 1, got {alpha!r}."
        raise InvalidInputError(msg)

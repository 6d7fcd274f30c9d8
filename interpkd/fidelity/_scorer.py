"""Fidelity as a scikit-learn scorer: choose a student by how well it imitates its teacher."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from sklearn.pipeline import Pipeline
from sklearn.utils.metadata_routing import MetadataRequest, get_routing_for_object

from interpkd._validation import is_routing_enabled
from interpkd.exceptions import InvalidInputError
from interpkd.fidelity._catalogue import all_scores
from interpkd.fidelity._inputs import check_cutoff, collect_answers

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from interpkd._typing import Table
    from interpkd.fidelity._scores import Score

DEFAULT_CUTOFF = 0.5


def fidelity_scorer_names() -> list[str]:
    """Give the names that :func:`make_fidelity_scorer` knows.

    Returns
    -------
    names : list of str
        In alphabetical order.

    Examples
    --------
    >>> from interpkd.fidelity import fidelity_scorer_names
    >>> "kl_divergence" in fidelity_scorer_names()
    True
    """
    return sorted({name for n_classes in (None, 2) for name in all_scores(n_classes)})


def make_fidelity_scorer(
    name: str, *, teacher: Any = None, cutoff: float = DEFAULT_CUTOFF
) -> FidelityScorer:
    """Make a scorer that asks a student's teacher instead of looking at labels.

    It goes wherever scikit-learn takes a scorer: ``GridSearchCV(..., scoring=scorer)``,
    `cross_val_score`, a dictionary of several. Greater is better, as scikit-learn wants it: a score
    of which lower is better, such as "kl_divergence", is negated; one with its best value in
    between, such as "calibration_slope", becomes minus its distance from there.

    Parameters
    ----------
    name : str
        One of :func:`fidelity_scorer_names`; each is described in the class of that score.

    teacher : fitted model or None, default=None
        Who is asked. It gets the rows that the scorer gets. None for the `teacher_` of the fitted
        student; in a :class:`~sklearn.pipeline.Pipeline` it is asked about the rows as the student
        at its end sees them, after the steps before it.

    cutoff : float, default=0.5
        As in :func:`fidelity_report`, for scores of decisions between two classes.

    Returns
    -------
    scorer : FidelityScorer
        A callable ``scorer(student, X, y=None, sample_weight=None)``. With metadata routing,
        ``scorer.set_score_request(sample_weight=True)`` has the weights passed on.

    Raises
    ------
    InvalidInputError
        If the name is not known, or the teacher is not one that can be asked about new rows.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.ensemble import RandomForestClassifier
    >>> from sklearn.model_selection import GridSearchCV
    >>> from interpkd import DistilledTreeClassifier, as_teacher
    >>> from interpkd.fidelity import make_fidelity_scorer
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> forest = RandomForestClassifier(n_estimators=10, random_state=0).fit(X[::2], y[::2])
    >>> student = DistilledTreeClassifier(as_teacher(forest), effort="greedy", augmentation=None)
    >>> scorer = make_fidelity_scorer("agreement")
    >>> search = GridSearchCV(student, {"max_leaf_nodes": [2, 6]}, scoring=scorer, cv=3)
    >>> search.fit(X[1::2], y[1::2]).best_params_
    {'max_leaf_nodes': 6}
    """
    if name not in fidelity_scorer_names():
        msg = f"name must be one of {fidelity_scorer_names()}, got {name!r}."
        raise InvalidInputError(msg)
    can_be_asked = hasattr(teacher, "predict") or hasattr(teacher, "predict_proba")
    if teacher is not None and not can_be_asked:
        msg = (
            f"teacher must be a fitted model or None, got {type(teacher).__name__}. A scorer meets "
            "other rows in every fold; scores given for one table do not fit them. Wrap a function "
            "with as_teacher(function, classes=[...])."
        )
        raise InvalidInputError(msg)
    return FidelityScorer(name, teacher, check_cutoff(cutoff))


class FidelityScorer:
    """A scorer of fidelity in scikit-learn's sense; made by :func:`make_fidelity_scorer`.

    Parameters
    ----------
    name : str
        The score.

    teacher : fitted model or None
        Who is asked; None for the student's own.

    cutoff : float
        Where two classes divide.
    """

    def __init__(self, name: str, teacher: Any, cutoff: float) -> None:
        self.name = name
        self.teacher = teacher
        self.cutoff = cutoff

    def __call__(
        self,
        estimator: Any,
        X: Table,
        y: ArrayLike | None = None,
        *,
        sample_weight: ArrayLike | None = None,
    ) -> float:
        """Score a fitted student.

        Parameters
        ----------
        estimator : fitted classifier with predict_proba, or fitted regressor
            The student, or a pipeline that ends in one.

        X : array-like or data frame of shape (n_samples, n_features)
            The rows.

        y : array-like of shape (n_samples,) or None, default=None
            Ignored: the teacher's answers are what is to be met.

        sample_weight : array-like of shape (n_samples,) or None, default=None
            Row weights, at least 0.

        Returns
        -------
        score : float
            Greater is better; NaN where the rows do not define the score.

        Raises
        ------
        InvalidInputError
            If the student has no teacher to ask, or the score is none of its task.
        """
        del y
        student = estimator
        while self.teacher is None and isinstance(student, Pipeline):
            X = _before_last(student, X)
            student = student.steps[-1][1]
        answers = collect_answers(
            student, X, None, teacher=self.teacher, sample_weight=sample_weight, groups=None
        )
        score = self._score_for(None if answers.classes is None else len(answers.classes))
        statistic = score.statistic(answers.teacher, answers.student)
        if statistic.undefined:
            return float("nan")
        return _greater_is_better(
            score, float(statistic.values(answers.sample.weights[:, None])[0])
        )

    def __repr__(self) -> str:
        return f"make_fidelity_scorer({self.name!r}, cutoff={self.cutoff:g})"

    def set_score_request(self, *, sample_weight: bool | str | None) -> Self:
        """Say under which name row weights are passed on, in scikit-learn's metadata routing.

        Parameters
        ----------
        sample_weight : bool, str or None
            True to take them, False to ignore them, None to refuse them, or another name.

        Returns
        -------
        self : FidelityScorer
            This scorer.

        Raises
        ------
        RuntimeError
            If metadata routing is not enabled.
        """
        if not is_routing_enabled():
            msg = (
                "set_score_request works only with metadata routing: call "
                "sklearn.set_config(enable_metadata_routing=True) first."
            )
            raise RuntimeError(msg)
        self._metadata_request = MetadataRequest(owner=self)
        self._metadata_request.score.add_request(param="sample_weight", alias=sample_weight)
        return self

    def get_metadata_routing(self) -> MetadataRequest:
        """Give what `set_score_request` asked for, as scikit-learn's routing wants it.

        Returns
        -------
        routing : sklearn.utils.metadata_routing.MetadataRequest
            A copy of the requests.
        """
        if hasattr(self, "_metadata_request"):
            return get_routing_for_object(self._metadata_request)
        request = MetadataRequest(owner=self)
        request.score.add_request(param="sample_weight", alias=None)
        return request

    def _routing_repr(self) -> str:
        return repr(self)  # how scikit-learn 1.9 names a consumer in its messages

    def _score_for(self, n_classes: int | None) -> Score:
        scores = all_scores(n_classes, self.cutoff)
        if self.name not in scores:
            kind = "a regression" if n_classes is None else f"{n_classes} classes"
            msg = (
                f"{self.name!r} is not a score of {kind}. Take one of {sorted(scores)}: their "
                "names go into make_fidelity_scorer."
            )
            raise InvalidInputError(msg)
        if self.cutoff != DEFAULT_CUTOFF and n_classes != 2:
            msg = f"cutoff={self.cutoff} divides two classes; leave it out for other students."
            raise InvalidInputError(msg)
        return scores[self.name]


def _before_last(pipeline: Pipeline, X: Table) -> Table:
    """Give the rows as the last step of a pipeline sees them."""
    return pipeline[:-1].transform(X) if len(pipeline.steps) > 1 else X


def _greater_is_better(score: Score, value: float) -> float:
    if score.greater_is_better is None:
        return -abs(value - score.best)
    return value if score.greater_is_better else -value

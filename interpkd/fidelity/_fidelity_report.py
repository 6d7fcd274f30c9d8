"""The fidelity report as an object: its scores, as dictionary, frame and text, and what they prove."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from interpkd.exceptions import InvalidInputError
from interpkd.fidelity._statements import Evidence, Statement, check_name, good_side
from interpkd.fidelity._text import to_html, to_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from interpkd.fidelity._intervals import ScoreEstimate


@dataclass(frozen=True)
class SegmentScores:
    """The main fidelity scores on the rows that share one value.

    Attributes
    ----------
    segment : str
        What the rows are divided by.

    value : str, int, float, bool or None
        What these rows share; None for rows without a value.

    n : int
        The number of rows used.

    scores : dict of str to ScoreEstimate
        The scores by name.
    """

    segment: str
    value: Any
    n: int
    scores: Mapping[str, ScoreEstimate]

    def to_dict(self) -> dict[str, Any]:
        """Give segment, value and n, and each score under its name.

        Returns
        -------
        scores : dict
            Plain Python values that JSON can hold.
        """
        head = {"segment": self.segment, "value": self.value, "n": self.n}
        return {**head, **_plain_scores(self.scores)}


@dataclass(frozen=True)
class FidelityReport:
    """How faithful a student is to its teacher; made by :func:`fidelity_report`.

    Print it for a text table; a notebook shows an HTML table.

    Attributes
    ----------
    task : {"classification", "regression"}
        What the models do.

    classes : list or None
        The classes in the order of the probabilities; None for a regression.

    n_rows : int
        The number of rows used: those with a weight above 0.

    n_groups : int or None
        The number of groups of dependent rows, None when rows count as independent.

    weighted : bool
        Whether rows were weighted.

    confidence : float
        Confidence of every interval, each taken by itself.

    cutoff : float or None
        The probability of the second class above which it is decided; None without two classes.

    scores : dict of str to ScoreEstimate
        Student against teacher, by name.

    performance : dict of str to dict of str to ScoreEstimate
        Keys "student" and "teacher", each against the true values; empty without these.

    segments : tuple of SegmentScores
        The main scores per value of each segment.

    definitions : dict of str to str
        What each score is, in one sentence.

    more : dict of str to ScoreEstimate
        Further scores of student against teacher, by name.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.ensemble import RandomForestClassifier
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from interpkd.fidelity import fidelity_report
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> forest = RandomForestClassifier(n_estimators=10, random_state=0).fit(X[::2], y[::2])
    >>> tree = DecisionTreeClassifier(max_leaf_nodes=4).fit(X[::2], forest.predict(X[::2]))
    >>> report = fidelity_report(tree, X[1::2], teacher=forest)
    >>> report.scores["agreement"].method
    'Clopper-Pearson, exact'
    >>> report.to_frame()[["model", "score", "n"]].head(2)
                    model          score    n
    0  student vs teacher      agreement  284
    1  student vs teacher  kl_divergence  284
    """

    task: str
    classes: list[Any] | None
    n_rows: int
    n_groups: int | None
    weighted: bool
    confidence: float
    cutoff: float | None
    scores: Mapping[str, ScoreEstimate]
    performance: Mapping[str, Mapping[str, ScoreEstimate]]
    segments: tuple[SegmentScores, ...]
    definitions: Mapping[str, str]
    more: Mapping[str, ScoreEstimate] = field(default_factory=dict)
    _evidence: Evidence | None = field(default=None, repr=False, compare=False)

    def to_dict(self) -> dict[str, Any]:
        """Give the report as plain Python values that JSON can hold.

        Returns
        -------
        report : dict
            "task", "classes", "n_rows", "n_groups", "weighted", "confidence", "cutoff"; each
            leading fidelity score under its name as ``{"estimate", "low", "high", "n",
            "method"}``; "more", "performance", "segments" and "definitions" as the attributes of
            those names.
        """
        return {
            "task": self.task,
            "classes": self.classes,
            "n_rows": self.n_rows,
            "n_groups": self.n_groups,
            "weighted": self.weighted,
            "confidence": self.confidence,
            "cutoff": self.cutoff,
            **_plain_scores(self.scores),
            "more": _plain_scores(self.more),
            "performance": {who: _plain_scores(of) for who, of in self.performance.items()},
            "segments": [segment.to_dict() for segment in self.segments],
            "definitions": dict(self.definitions),
        }

    def to_frame(self) -> Any:
        """Give all scores as a pandas DataFrame, one row each.

        Returns
        -------
        frame : pandas.DataFrame
            Columns "model" ("student vs teacher", "student" or "teacher", the latter two against
            the true values), "group" ("all rows", or a segment as "name = value"), "score",
            "estimate", "low", "high", "n", "method".
        """
        import pandas as pd

        fidelity: Mapping[str, ScoreEstimate] = {**self.scores, **self.more}
        parts = [("student vs teacher", "all rows", fidelity)]
        parts += [(who, "all rows", scores) for who, scores in self.performance.items()]
        parts += [
            ("student vs teacher", f"{of.segment} = {of.value}", of.scores) for of in self.segments
        ]
        rows = [
            {"model": model, "group": group, "score": name, **score.to_dict()}
            for model, group, scores in parts
            for name, score in scores.items()
        ]
        return pd.DataFrame(rows).astype(
            {"estimate": "float64", "low": "float64", "high": "float64"}
        )

    def at_least(self, name: str, *, confidence: float | None = None) -> Statement:
        """Say how high a score is at least, with a stated confidence.

        Parameters
        ----------
        name : str
            A fidelity score of this report.

        confidence : float or None, default=None
            Of this one-sided statement, above 0.5; None for the report's.

        Returns
        -------
        statement : Statement
            Prints as a sentence.

        Raises
        ------
        InvalidInputError
            If the name is not known or the confidence breaks its rule.
        """
        return self._state([name], ["at least"], confidence)[0]

    def at_most(self, name: str, *, confidence: float | None = None) -> Statement:
        """Say how high a score is at most, with a stated confidence.

        Parameters
        ----------
        name : str
            A fidelity score of this report.

        confidence : float or None, default=None
            Of this one-sided statement, above 0.5; None for the report's.

        Returns
        -------
        statement : Statement
            Prints as a sentence.

        Raises
        ------
        InvalidInputError
            If the name is not known or the confidence breaks its rule.
        """
        return self._state([name], ["at most"], confidence)[0]

    def statements(
        self, names: Sequence[str], *, confidence: float | None = None
    ) -> list[Statement]:
        """Say of several scores at once how good they are at least; all hold together.

        A score of which greater is better is at least so high, one of which lower is better at
        most, and one that is best in between lies between two bounds. Each has an equal part of
        the error that all may make (Bonferroni), so name only what you will use.

        Parameters
        ----------
        names : sequence of str
            Fidelity scores of this report, each once.

        confidence : float or None, default=None
            With which all of them hold, above 0.5; None for the report's.

        Returns
        -------
        statements : list of Statement
            One per name, in that order.

        Raises
        ------
        InvalidInputError
            If there is no name, one is not known or given twice, or the confidence breaks its rule.
        """
        names = [names] if isinstance(names, str) else list(names)
        if not names or len(set(names)) < len(names):
            msg = f"names must hold at least one score, each once, got {names}."
            raise InvalidInputError(msg)
        scores = {} if self._evidence is None else self._evidence.scores
        sides = [good_side(scores[check_name(name, scores)]) for name in names]
        return self._state(names, sides, confidence)

    def _state(
        self, names: Sequence[str], sides: Sequence[str], confidence: float | None
    ) -> list[Statement]:
        if self._evidence is None:
            msg = "This report does not hold its rows; make it with fidelity_report."
            raise InvalidInputError(msg)
        confidence = self.confidence if confidence is None else confidence
        return self._evidence.state(names, sides, confidence)

    def __str__(self) -> str:
        return to_text(self)

    def _repr_html_(self) -> str:
        return to_html(self)


def _plain_scores(scores: Mapping[str, ScoreEstimate]) -> dict[str, dict[str, Any]]:
    return {name: score.to_dict() for name, score in scores.items()}

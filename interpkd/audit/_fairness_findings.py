"""What group fairness holds, and how it is written."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from interpkd.audit._fairness_text import to_html, to_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from interpkd.fidelity import ScoreEstimate


@dataclass(frozen=True)
class GroupScores:
    """The numbers of one group: of the rows that share a value of one attribute, or of several.

    Attributes
    ----------
    attributes : tuple of str
        The attributes.

    values : tuple
        The value of each; None where the rows have none.

    label : str
        Both in words.

    n : int
        Rows.

    share : float
        Their share of all rows, by weight.

    insufficient : str or None
        Why there are no numbers: too few rows. None where there are.

    reference_of : tuple of str
        For which of "teacher", "student" and "change" this is the group that others are compared
        with.

    teacher, student : dict of str to ScoreEstimate
        The numbers of each model.

    fidelity : dict of str to ScoreEstimate
        How closely the student follows the teacher here.

    change : dict of str to ScoreEstimate
        The student's number minus the teacher's.

    change_jointly : dict of str to ScoreEstimate
        The same with intervals that hold for all groups at once.

    worse_in : tuple of str
        In which of these the student treats the group worse: the joint interval is below 0.
    """

    attributes: tuple[str, ...]
    values: tuple[Any, ...]
    label: str
    n: int
    share: float
    insufficient: str | None = None
    reference_of: tuple[str, ...] = ()
    teacher: Mapping[str, ScoreEstimate] = field(default_factory=dict)
    student: Mapping[str, ScoreEstimate] = field(default_factory=dict)
    fidelity: Mapping[str, ScoreEstimate] = field(default_factory=dict)
    change: Mapping[str, ScoreEstimate] = field(default_factory=dict)
    change_jointly: Mapping[str, ScoreEstimate] = field(default_factory=dict)
    worse_in: tuple[str, ...] = ()

    def parts(self) -> Iterator[tuple[str, Mapping[str, ScoreEstimate]]]:
        """Give the numbers by whom they are of.

        Yields
        ------
        who : str
            "teacher", "student", "student vs teacher", "student minus teacher".

        scores : dict of str to ScoreEstimate
            The numbers by name.
        """
        yield "teacher", self.teacher
        yield "student", self.student
        yield "student vs teacher", self.fidelity
        yield "student minus teacher", self.change

    def to_dict(self) -> dict[str, Any]:
        """Give the attributes as plain Python values.

        Returns
        -------
        group : dict
            The attributes under their names.
        """
        scores = ("teacher", "student", "fidelity", "change", "change_jointly")
        return {
            "attributes": list(self.attributes),
            "values": list(self.values),
            "label": self.label,
            "n": self.n,
            "share": self.share,
            "insufficient": self.insufficient,
            "reference_of": list(self.reference_of),
            **{
                part: {name: one.to_dict() for name, one in getattr(self, part).items()}
                for part in scores
            },
            "worse_in": list(self.worse_in),
        }


@dataclass(frozen=True)
class CarryingColumn:
    """A column of the student by how well it alone tells an attribute.

    Attributes
    ----------
    column : str
        The column.

    auc : float
        Cross-validated area under the ROC curve of a small tree on this column.

    is_used : bool
        Whether the student uses it.
    """

    column: str
    auc: float
    is_used: bool


@dataclass(frozen=True)
class ProxyScreen:
    """How well an attribute can be told from the model's columns.

    Attributes
    ----------
    attribute : str
        The attribute.

    not_computed : str or None
        Why there are no numbers.

    is_input : bool
        Whether a column of the student has the attribute's name; the screen goes without it.

    is_used : bool
        Whether the student uses that column.

    n : int
        Rows of the screen.

    values : tuple
        The values that were told apart; rare ones are left out.

    auc : float or None
        Cross-validated area under the ROC curve, from all columns; the mean of one-vs-rest areas
        for more than two values; 0.5 is guessing.

    auc_used : float or None
        The same from the columns that the student uses.

    accuracy : ScoreEstimate or None
        Share of rows whose value was told right, from all columns.

    baseline : float or None
        That share for guessing the most frequent value.

    columns : tuple of CarryingColumn
        The columns, the most telling one first.
    """

    attribute: str
    not_computed: str | None = None
    is_input: bool = False
    is_used: bool = False
    n: int = 0
    values: tuple[Any, ...] = ()
    auc: float | None = None
    auc_used: float | None = None
    accuracy: ScoreEstimate | None = None
    baseline: float | None = None
    columns: tuple[CarryingColumn, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Give the attributes as plain Python values.

        Returns
        -------
        screen : dict
            The attributes under their names.
        """
        return {
            **asdict(self),
            "values": list(self.values),
            "columns": list(map(asdict, self.columns)),
        }


@dataclass(frozen=True)
class GroupFairness:
    """How both models treat groups of people; made by :func:`group_fairness`.

    Print it for text tables; a notebook shows HTML tables. It states numbers and draws no legal
    conclusion.

    Attributes
    ----------
    task : {"classification", "regression"}
        What the models do.

    favourable, adverse : object or None
        The class that a person wants, and the other one; None for a regression, and for "any other
        class" where there are more than two.

    is_assumed : bool
        Whether nobody said which class is favourable.

    cutoff : float or None
        Where two classes are divided.

    confidence : float
        Confidence of each interval by itself.

    n_rows : int
        Rows with a weight above 0.

    weighted : bool
        Whether rows were weighted.

    min_cell : int
        Fewest rows that a number rests on.

    n_joint : int
        Changes whose joint intervals hold at once.

    overall : GroupScores
        The same numbers of all rows.

    groups : tuple of GroupScores
        By attribute, then by intersection.

    references : tuple of dict
        Which group the others of the same attributes are compared with, and how it was chosen.

    left_out : tuple of str
        Intersections with too many cells.

    proxies : tuple of ProxyScreen
        How well each attribute can be told from the model's columns.

    definitions : dict of str to str
        What each number is.

    library : dict
        "name" and "version" of the library of the plain metrics.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.ensemble import RandomForestClassifier
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from interpkd.audit import group_fairness
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> forest = RandomForestClassifier(n_estimators=10, random_state=0).fit(X[::2], y[::2])
    >>> tree = DecisionTreeClassifier(max_leaf_nodes=4).fit(X[::2], forest.predict(X[::2]))
    >>> clinic = np.where(X[1::2, 1] > 18, "north", "south")
    >>> found = group_fairness(
    ...     tree, X[1::2], teacher=forest, groups={"clinic": clinic}, favourable_class=1
    ... )
    >>> [group.label for group in found.groups]
    ['clinic = north', 'clinic = south']
    >>> found.groups[1].student["selection_rate"].method
    'Clopper-Pearson, exact'
    """

    task: str
    favourable: Any
    adverse: Any
    is_assumed: bool
    cutoff: float | None
    confidence: float
    n_rows: int
    weighted: bool
    min_cell: int
    n_joint: int
    overall: GroupScores
    groups: tuple[GroupScores, ...]
    references: tuple[Mapping[str, Any], ...]
    left_out: tuple[str, ...]
    proxies: tuple[ProxyScreen, ...]
    definitions: Mapping[str, str]
    library: Mapping[str, Any]

    def group(self, **values: Any) -> GroupScores:
        """Give the group of some values.

        Parameters
        ----------
        **values : object
            Attribute to value.

        Returns
        -------
        group : GroupScores
            Its numbers.

        Raises
        ------
        KeyError
            If there is no such group.
        """
        for one in self.groups:
            if dict(zip(one.attributes, one.values, strict=True)) == values:
                return one
        raise KeyError(values)

    def to_dict(self) -> dict[str, Any]:
        """Give everything as plain Python values that JSON can hold.

        Returns
        -------
        fairness : dict
            The attributes under their names.
        """
        plain = {
            name: getattr(self, name)
            for name in (
                "task", "favourable", "adverse", "is_assumed", "cutoff", "confidence", "n_rows",
                "weighted", "min_cell", "n_joint",
            )
        }  # fmt: skip
        return {
            **plain,
            "overall": self.overall.to_dict(),
            "groups": [one.to_dict() for one in self.groups],
            "references": [dict(one) for one in self.references],
            "left_out": list(self.left_out),
            "proxies": [one.to_dict() for one in self.proxies],
            "definitions": dict(self.definitions),
            "library": dict(self.library),
        }

    def to_frame(self) -> Any:
        """Give all numbers of all groups as a pandas DataFrame, one row each.

        Returns
        -------
        frame : pandas.DataFrame
            Columns "group", "model", "score", "estimate", "low", "high", "n", "method".
        """
        import pandas as pd

        rows = [
            {"group": group.label, "model": who, "score": name, **score.to_dict()}
            for group in (self.overall, *self.groups)
            for who, scores in group.parts()
            for name, score in scores.items()
        ]
        columns = ["group", "model", "score", "estimate", "low", "high", "n", "method"]
        numbers = dict.fromkeys(("estimate", "low", "high"), "float64")
        return pd.DataFrame(rows, columns=columns).astype(numbers)

    def __str__(self) -> str:
        return to_text(self)

    def _repr_html_(self) -> str:
        return to_html(self)

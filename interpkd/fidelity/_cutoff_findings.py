"""What a cut-off report holds, and how it is written."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

from interpkd.exceptions import InvalidInputError
from interpkd.fidelity._cutoff_text import to_html, to_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from interpkd.fidelity._intervals import ScoreEstimate


@dataclass(frozen=True)
class SwapCell:
    """The rows that both models decide in one way.

    Attributes
    ----------
    name : {"both approve", "newly approved", "newly declined", "both decline"}
        "newly": by the student, other than the teacher.

    teacher, student : object
        The class that each model decides for.

    n_rows : int
        How many rows.

    share : ScoreEstimate
        Their share of all rows.

    bad_rate : ScoreEstimate or None
        Share of bad ones among them; None without labels.
    """

    name: str
    teacher: Any
    student: Any
    n_rows: int
    share: ScoreEstimate
    bad_rate: ScoreEstimate | None

    def to_dict(self) -> dict[str, Any]:
        """Give the attributes as plain Python values.

        Returns
        -------
        cell : dict
            The attributes under their names.
        """
        return asdict(self)


@dataclass(frozen=True)
class CutoffDecisions:
    """Both models' decisions, each at a cut-off of its own.

    Attributes
    ----------
    teacher_cutoff, student_cutoff : float
        The cut-offs, of the probability of the second class.

    agreement : ScoreEstimate
        Share of rows with the same decision.

    teacher_approval, student_approval : ScoreEstimate
        Approval rates.

    cells : tuple of SwapCell
        Rows by the two decisions; the two "newly" cells are the swap set.

    teacher_cost, student_cost, extra_cost : ScoreEstimate or None
        Mean cost per row, and the student's minus the teacher's; None without costs.
    """

    teacher_cutoff: float
    student_cutoff: float
    agreement: ScoreEstimate
    teacher_approval: ScoreEstimate
    student_approval: ScoreEstimate
    cells: tuple[SwapCell, ...]
    teacher_cost: ScoreEstimate | None
    student_cost: ScoreEstimate | None
    extra_cost: ScoreEstimate | None

    def cell(self, name: str) -> SwapCell:
        """Give one of the four cells.

        Parameters
        ----------
        name : str
            Its name.

        Returns
        -------
        cell : SwapCell
            The rows that are decided so.
        """
        return next(cell for cell in self.cells if cell.name == name)

    def to_dict(self) -> dict[str, Any]:
        """Give the attributes as plain Python values.

        Returns
        -------
        decisions : dict
            The attributes under their names.
        """
        data = asdict(self)
        data["cells"] = [cell.to_dict() for cell in self.cells]
        return data


@dataclass(frozen=True)
class SweepPoint:
    """One cut-off of a sweep.

    Attributes
    ----------
    cutoff : float
        The teacher's cut-off, and the student's under "same".

    matched_cutoff : float
        The student's own cut-off, at which it approves as many as the teacher, or nearly.

    teacher_approval, student_approval, matched_approval : float
        Approval rates: the teacher's; the student's at the same and at its own cut-off.

    agreement, matched_agreement : ScoreEstimate
        Share of equal decisions, the student at the same and at its own cut-off.

    newly_approved, newly_declined : int
        Rows of the swap set at the same cut-off.

    matched_newly_approved, matched_newly_declined : int
        The same at the student's own cut-off.

    teacher_cost, student_cost, matched_cost : float or None
        Mean cost per row; None without costs.
    """

    cutoff: float
    matched_cutoff: float
    teacher_approval: float
    student_approval: float
    matched_approval: float
    agreement: ScoreEstimate
    matched_agreement: ScoreEstimate
    newly_approved: int
    newly_declined: int
    matched_newly_approved: int
    matched_newly_declined: int
    teacher_cost: float | None
    student_cost: float | None
    matched_cost: float | None

    def to_dict(self) -> dict[str, Any]:
        """Give the attributes as plain Python values.

        Returns
        -------
        point : dict
            The attributes under their names.
        """
        return asdict(self)


@dataclass(frozen=True)
class TierTable:
    """The tiers of both models against each other.

    Attributes
    ----------
    cutoffs : tuple of float
        Borders of the tiers.

    labels : tuple of str
        The tiers in words.

    counts : tuple of tuple of int
        Rows, the teacher's tier down and the student's across.

    shares : tuple of tuple of float
        The same as shares of all rows, weighted where rows are.

    agreement : ScoreEstimate
        Share of rows in the same tier.

    within_one : ScoreEstimate
        Share of rows at most one tier apart.

    kappa : ScoreEstimate
        Cohen's kappa with quadratic weights.

    teacher_bad_rates, student_bad_rates : tuple of ScoreEstimate or None
        Share of bad rows in each tier of either model; None without labels.
    """

    cutoffs: tuple[float, ...]
    labels: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]
    shares: tuple[tuple[float, ...], ...]
    agreement: ScoreEstimate
    within_one: ScoreEstimate
    kappa: ScoreEstimate
    teacher_bad_rates: tuple[ScoreEstimate, ...] | None
    student_bad_rates: tuple[ScoreEstimate, ...] | None

    def to_dict(self) -> dict[str, Any]:
        """Give the attributes as plain Python values.

        Returns
        -------
        tiers : dict
            The attributes under their names, lists for tuples.
        """
        data = asdict(self)
        data["counts"] = [list(row) for row in self.counts]
        data["shares"] = [list(row) for row in self.shares]
        return {name: list(one) if isinstance(one, tuple) else one for name, one in data.items()}


@dataclass(frozen=True)
class CutoffReport:
    """Both models at the operating cut-off; made by :func:`cutoff_report`.

    Print it for text tables.

    Attributes
    ----------
    classes : list
        The two classes.

    bad_class : object
        The class whose rows are to be declined.

    cutoff : float
        The cut-off of the probability of the second class.

    n_rows : int
        The number of rows used: those with a weight above 0.

    n_bad : int or None
        The number of bad ones; None without labels.

    n_groups : int or None
        The number of groups of dependent rows, None when rows count as independent.

    weighted : bool
        Whether rows were weighted.

    confidence : float
        Confidence of every interval, each taken by itself.

    costs : dict or None
        "false_approval" and "false_decline"; None when they were not given.

    cost_basis : {"observed outcomes", "teacher's probabilities"} or None
        What says whether a row is bad when costs are counted.

    same : CutoffDecisions
        Both models at the same cut-off.

    matched : CutoffDecisions
        The student at a cut-off of its own, at which it approves as many as the teacher, or nearly:
        a student of few different probabilities cannot meet every rate.

    sweep : tuple of SweepPoint
        Cut-offs at every twentieth of the teacher's probabilities, and the one in use.

    tiers : TierTable or None
        The tiers; None when none were asked for.
    """

    classes: list[Any]
    bad_class: Any
    cutoff: float
    n_rows: int
    n_bad: int | None
    n_groups: int | None
    weighted: bool
    confidence: float
    costs: Mapping[str, float] | None
    cost_basis: str | None
    same: CutoffDecisions
    matched: CutoffDecisions
    sweep: tuple[SweepPoint, ...]
    tiers: TierTable | None

    def to_dict(self) -> dict[str, Any]:
        """Give the report as plain Python values that JSON can hold.

        Returns
        -------
        report : dict
            The attributes under their names.
        """
        head = ("classes", "bad_class", "cutoff", "n_rows", "n_bad", "n_groups", "weighted")
        return {
            **{name: getattr(self, name) for name in (*head, "confidence")},
            "costs": None if self.costs is None else dict(self.costs),
            "cost_basis": self.cost_basis,
            "same": self.same.to_dict(),
            "matched": self.matched.to_dict(),
            "sweep": [point.to_dict() for point in self.sweep],
            "tiers": None if self.tiers is None else self.tiers.to_dict(),
        }

    def to_frame(self, table: Literal["swap_set", "sweep", "tiers"] = "swap_set") -> Any:
        """Give one of the tables as a pandas DataFrame.

        Parameters
        ----------
        table : {"swap_set", "sweep", "tiers"}, default="swap_set"
            Decisions of both models at the same and at matched cut-offs; the sweep; or the rows
            by the teacher's tier (index) and the student's (columns).

        Returns
        -------
        frame : pandas.DataFrame
            The table.

        Raises
        ------
        InvalidInputError
            If there is no such table.
        """
        import pandas as pd

        if table == "swap_set":
            return pd.DataFrame(
                {"cutoffs": name, "student_cutoff": part.student_cutoff, **_flat(cell.to_dict())}
                for name, part in (("same", self.same), ("matched", self.matched))
                for cell in part.cells
            )
        if table == "sweep":
            return pd.DataFrame(_flat(point.to_dict()) for point in self.sweep)
        if table == "tiers" and self.tiers is not None:
            labels = self.tiers.labels
            return pd.DataFrame([*self.tiers.counts], index=[*labels], columns=[*labels])
        msg = f"table must be 'swap_set' or 'sweep', or 'tiers' where tiers were given, got {table!r}."
        raise InvalidInputError(msg)

    def __str__(self) -> str:
        return to_text(self)

    def _repr_html_(self) -> str:
        return to_html(self)


def _flat(data: Mapping[str, Any]) -> dict[str, Any]:
    """Spread estimates over three columns."""
    out: dict[str, Any] = {}
    for name, value in data.items():
        if isinstance(value, dict):
            bounds = {f"{name}_low": value["low"], f"{name}_high": value["high"]}
            out |= {name: value["estimate"], **bounds}
        else:
            out[name] = value
    return out

"""How a run teaches: what the options say, in one place."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from interpkd.cli._labels import RowLabels
from interpkd.cli._plan import RefitPlan
from interpkd.cli._student import OWN_OPTIONS
from interpkd.cli._teacher import TeacherChoice

if TYPE_CHECKING:
    from interpkd._typing import FloatArray


@dataclass(frozen=True)
class Settings:
    """How to teach.

    Attributes
    ----------
    teacher : TeacherChoice
        Which teacher.

    scores : ndarray or None
        The teacher's scores on all rows of the table, where they are all there is of it.

    student : str
        The kind of student.

    max_leaf_nodes, min_samples_leaf : int
        Size of a tree.

    max_features, max_bins, pdo, base_score, base_odds, good_class
        Size and scale of a scorecard, as its parameters.

    adverse_class : label or None
        The class whose decisions need reasons; None for the report's own choice.

    monotonic : dict or None
        Columns with 1 or -1, as the students' `monotonic_cst`.

    alpha, temperature : float
        As the student's parameters.

    seed : int
        Seed of the split, of both models, of the refits and of the report.

    cutoff : float
        With two classes, where decisions change.

    plan : RefitPlan
        How many refits.

    labels : RowLabels
        Groups and segments of all rows of the table.

    certify : bool
        Whether the report holds a certificate.

    certify_tolerance : float or None
        As `tolerance` of `certify`.

    certify_radius, certify_frozen : tuple
        As `radius` and `frozen_features` of `certify`; empty for the defaults.

    fields : dict
        What only the user knows of the model, as `fields` of `audit_report`.
    """

    teacher: TeacherChoice = field(default_factory=TeacherChoice)
    scores: FloatArray | None = None
    student: str = "tree"
    max_leaf_nodes: int = 16
    min_samples_leaf: int = 5
    max_features: int | None = None
    max_bins: int = 16
    pdo: float = 20.0
    base_score: float = 600.0
    base_odds: float = 50.0
    good_class: Any = None
    adverse_class: Any = None
    monotonic: dict[str, int] | None = None
    alpha: float = 0.0
    temperature: float = 1.0
    seed: int = 0
    cutoff: float = 0.5
    plan: RefitPlan = field(default_factory=RefitPlan)
    labels: RowLabels = field(default_factory=RowLabels)
    certify: bool = False
    certify_tolerance: float | None = None
    certify_radius: tuple[float, ...] = ()
    certify_frozen: tuple[str, ...] = ()
    fields: dict[str, str] = field(default_factory=dict)

    def own(self) -> dict[str, Any]:
        """Give the parameters that only this kind of student has; a linear one has none."""
        names = [name for name, kind in OWN_OPTIONS.items() if kind == self.student]
        return {name: getattr(self, name) for name in names}

    @property
    def sentence(self) -> str:
        """The student in words."""
        if self.student == "tree":
            return (
                f"tree of at most {self.max_leaf_nodes} leaves, each of at least "
                f"{self.min_samples_leaf} rows"
            )
        if self.student == "scorecard":
            most = "any number of" if self.max_features is None else f"at most {self.max_features}"
            return (
                f"scorecard of {most} columns in at most {self.max_bins} bins; {self.pdo:g} points "
                f"double the odds, which are {self.base_odds:g} at {self.base_score:g}"
            )
        return f"{self.student}, one coefficient per number and per category"

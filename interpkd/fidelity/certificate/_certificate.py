"""What was proved, in rows, shares, limits and words."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd.fidelity._exact import clopper_pearson
from interpkd.fidelity.certificate._counterexamples import counterexample_table
from interpkd.fidelity.certificate._radii import STATUSES

if TYPE_CHECKING:
    from interpkd.fidelity.certificate._radii import Radii


@dataclass(frozen=True)
class RadiusShares:
    """What was found at one radius.

    Attributes
    ----------
    radius : float
        Share of ranks.

    counts : dict
        Rows by status.

    share : float
        Share of rows with agreement proved on their whole neighbourhood.

    low : float
        Lower limit of the same share among all rows like these.
    """

    radius: float
    counts: dict[str, int]
    share: float
    low: float


class Certificate:
    """What is proved of teacher and student near each row; made by :func:`certify`.

    Parameters
    ----------
    run : Radii
        What was decided.

    alpha : float
        One minus the confidence of all limits together.

    Attributes
    ----------
    rows : pandas.DataFrame
        One line per row and radius: "row", "radius", "status", and "nodes", the boxes that were
        searched. "proved": both agree on every input of the neighbourhood. "wrong_on_row": they
        disagree on the row itself. "teacher_unstable": they disagree somewhere, and the teacher's
        own answer is not one in the neighbourhood. "student_border": they disagree somewhere, and
        no change of the teacher was found. "undecided": none of these.

    reason : str or None
        Why nothing could be searched: what keeps the teacher opaque. None where it was read.
    """

    def __init__(self, run: Radii, alpha: float) -> None:
        self.run, self.alpha = run, alpha
        self.reason: str | None = run.prepared if isinstance(run.prepared, str) else None

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return len(self.run.wrong)

    @property
    def n_limits(self) -> int:
        """Number of lower limits that share `alpha`."""
        return 1 if self.reason else 1 + len(self.run.radii)

    @cached_property
    def rows(self) -> Any:
        """Status of each row at each radius, a pandas.DataFrame."""
        import pandas as pd

        n_radii = len(self.run.radii)
        names = np.array(STATUSES, dtype=object)
        return pd.DataFrame(
            {
                "row": np.tile(np.arange(self.n_rows), n_radii),
                "radius": np.repeat(self.run.radii, self.n_rows),
                "status": names[self.run.status.ravel()],
                "nodes": self.run.n_boxes.ravel(),
            }
        )

    @property
    def agreement(self) -> tuple[float, float]:
        """Share of rows on which both agree, and its lower limit."""
        n_right = int((~self.run.wrong).sum())
        return n_right / self.n_rows, self._low(n_right)

    @cached_property
    def shares(self) -> list[RadiusShares]:
        """What was found at each radius; empty for an opaque teacher."""
        if self.reason is not None:
            return []
        out = []
        for radius, status in zip(self.run.radii, self.run.status, strict=True):
            counts = np.bincount(status, minlength=len(STATUSES)).tolist()
            named = dict(zip(STATUSES, counts, strict=True))
            proved = named["proved"]
            out.append(RadiusShares(radius, named, proved / self.n_rows, self._low(proved)))
        return out

    def counterexamples(self, k: int = 5) -> Any:
        """Give inputs near rows on which the models disagree, those of fewest changes first.

        Of each input that the search found, columns are put back to the row's own values one after
        the other, as long as both models still disagree.

        Parameters
        ----------
        k : int, default=5
            Most rows.

        Returns
        -------
        changes : pandas.DataFrame
            One line per changed column: "row", "radius", "column", "value", "changed_to", and what
            "teacher" and "student" answer to the changed input. Rows on which they disagree as they
            are have none.
        """
        return counterexample_table(self.run, k)

    def to_dict(self) -> dict[str, Any]:
        """Give the certificate in plain Python values.

        Returns
        -------
        data : dict
            What `str` shows, and the statuses of all rows.
        """
        share, low = self.agreement
        return {
            "n_rows": self.n_rows,
            "confidence": 1 - self.alpha,
            "n_limits": self.n_limits,
            "tolerance": self.run.both.tolerance,
            "max_nodes": self.run.max_nodes,
            "agreement": {"estimate": share, "low": low},
            "radii": [
                {
                    "radius": one.radius,
                    "proved": {"estimate": one.share, "low": one.low},
                    "counts": one.counts,
                }
                for one in self.shares
            ],
            "statuses": []
            if self.reason is not None
            else [[STATUSES[s] for s in status] for status in self.run.status.tolist()],
            "reason": self.reason,
        }

    def __str__(self) -> str:
        share, low = self.agreement
        confidence = f"{100 * (1 - self.alpha):g} %"
        lines = [
            f"Certificate of {self.n_rows} rows",
            f"  teacher and student agree on the row: {share:.1%} (population >= {low:.1%})",
        ]
        for one in self.shares:
            counts = one.counts
            lines += [
                f"  proved to agree for every input within {100 * one.radius:g} % of ranks: "
                f"{one.share:.1%} (population >= {one.low:.1%})",
                f"    wrong on the row {counts['wrong_on_row']}, teacher itself changes nearby "
                f"{counts['teacher_unstable']}, student's border {counts['student_border']}, "
                f"undecided {counts['undecided']}",
            ]
        if self.reason is not None:
            lines.append(f"  Nothing near the rows was searched. {self.reason}")
        lines.append(
            f"Lower limits hold for rows like these, all {self.n_limits} together with {confidence} "
            "confidence (Clopper-Pearson)."
        )
        return "\n".join(lines)

    def __repr__(self) -> str:
        return f"<Certificate of {self.n_rows} rows at {len(self.run.radii)} radii>"

    def _low(self, n_true: int) -> float:
        # of a two-sided interval at twice the level the lower end is one-sided at the level
        return clopper_pearson(n_true, self.n_rows, 2 * self.alpha / self.n_limits)[0]

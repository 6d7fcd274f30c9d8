"""What was proved, in rows, shares, limits and words."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd._betting import betting_bound, betting_order
from interpkd.exceptions import InvalidInputError
from interpkd.fidelity._exact import clopper_pearson
from interpkd.fidelity._intervals import ScoreEstimate
from interpkd.fidelity.certificate._certificate_display import (
    certificate_html,
    certificate_text,
    draw_certificate,
)
from interpkd.fidelity.certificate._counterexamples import counterexample_table
from interpkd.fidelity.certificate._radii import STATUSES
from interpkd.fidelity.certificate._worst_case import worst_case

if TYPE_CHECKING:
    from interpkd.fidelity.certificate._radii import Radii
    from interpkd.fidelity.certificate._worst_case import WorstCase

EXACT = "Clopper-Pearson, one-sided"
BETTING = "betting bound, one-sided"


@dataclass(frozen=True)
class RadiusShares:
    """What was found at one radius; made by :func:`certify`.

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

    Examples
    --------
    >>> from interpkd.fidelity import RadiusShares
    >>> RadiusShares(0.02, {"proved": 63, "undecided": 37}, 0.63, 0.54).share
    0.63
    """

    radius: float
    counts: dict[str, int]
    share: float
    low: float


class Certificate:
    """What is proved of teacher and student near each row; made by :func:`certify`.

    Three kinds of statements, never to be mixed up: "proved for every input within 2 % of ranks" is
    said of single rows and needs no luck; "95 % confidence for rows like these" is said of shares
    of rows not yet seen; "attained by this input" is said of counterexamples, and of the worst case
    that was found.

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

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.ensemble import RandomForestClassifier
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from interpkd.fidelity import certify
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> teacher = RandomForestClassifier(15, max_depth=4, random_state=0).fit(X[:400], y[:400])
    >>> student = DecisionTreeClassifier(max_leaf_nodes=4, random_state=0)
    >>> student = student.fit(X[:400], teacher.predict(X[:400]))
    >>> certificate = certify(student, teacher, X_ref=X[:400], X_eval=X[400:], radius=0.02)
    >>> [shares] = certificate.shares
    >>> shares.counts["undecided"]
    0
    """

    def __init__(self, run: Radii, alpha: float) -> None:
        self.run, self.alpha = run, alpha
        self.reason: str | None = run.search if isinstance(run.search, str) else None

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return len(self.run.wrong)

    @property
    def n_limits(self) -> int:
        """Number of limits that share `alpha`: one for the rows, one for the mean, one a radius."""
        has_mean = self.run.both.classes is not None and self.run.both.has_differences
        return 1 + has_mean + (0 if self.reason else len(self.run.radii))

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

    @cached_property
    def agreement(self) -> ScoreEstimate:
        """Share of rows on which both agree, and its lower limit for rows like these."""
        n_right = int((~self.run.wrong).sum())
        return ScoreEstimate(n_right / self.n_rows, self._low(n_right), 1.0, self.n_rows, EXACT)

    @cached_property
    def mean_difference(self) -> ScoreEstimate:
        """Mean difference of the answers on the rows themselves, and its upper limit.

        Of classes it is the total variation of the probabilities, which for two classes is the
        difference of one; of a regression the mean absolute difference, which has no limit.
        """
        if not self.run.both.has_differences:
            return ScoreEstimate(None, None, None, self.n_rows, "the student has no probabilities")
        apart = self.run.both.differences(self.run.X)
        mean = float(apart.mean())
        if self.run.both.classes is None:
            return ScoreEstimate(mean, None, None, self.n_rows, "predictions have no known bounds")
        equal = np.ones(self.n_rows)
        order, level = betting_order(apart, equal), self.alpha / self.n_limits
        high = -betting_bound(-apart[order], equal, lowest=-1.0, highest=0.0, alpha=level)
        return ScoreEstimate(mean, 0.0, high, self.n_rows, BETTING)

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

    @cached_property
    def _worst(self) -> WorstCase:
        return worst_case(self.run)

    def worst_case(self) -> WorstCase:
        """Look for the largest difference of answers in the range of the reference rows.

        From the rows of the largest differences, column by column, values of the reference rows
        are put in that take the answers further apart; categories, missing values and frozen
        columns stay.

        Returns
        -------
        worst : WorstCase
            An input that attains it; of a regression by trees also a bound that is proved. For an
            opaque teacher the row that is worst as it is.

        Raises
        ------
        InvalidInputError
            If the student is a classifier without probabilities.
        """
        if not self.run.both.has_differences:
            msg = (
                f"{type(self.run.both.student).__name__} has no probabilities, so there is no "
                "difference of answers to look for. Pass a student with predict_proba."
            )
            raise InvalidInputError(msg)
        return self._worst

    def to_dict(self) -> dict[str, Any]:
        """Give the certificate in plain Python values.

        Returns
        -------
        data : dict
            What `str` shows, and the statuses of all rows, one list per radius.
        """
        return {
            "n_rows": self.n_rows,
            "confidence": 1 - self.alpha,
            "n_limits": self.n_limits,
            "tolerance": self.run.both.tolerance,
            "max_nodes": self.run.max_nodes,
            "frozen_features": list(self.run.frozen),
            "agreement": self.agreement.to_dict(),
            "mean_difference": self.mean_difference.to_dict(),
            "radii": [
                {
                    "radius": one.radius,
                    "proved": ScoreEstimate(one.share, one.low, 1.0, self.n_rows, EXACT).to_dict(),
                    "counts": one.counts,
                }
                for one in self.shares
            ],
            "statuses": []
            if self.reason is not None
            else [[STATUSES[s] for s in status] for status in self.run.status.tolist()],
            "reason": self.reason,
        }

    def plot(self, ax: Any = None) -> Any:
        """Draw what became of the rows at each radius, as shares that add up to one.

        Parameters
        ----------
        ax : matplotlib Axes or None, default=None
            Where to draw; None for a new figure.

        Returns
        -------
        ax : matplotlib Axes
            The drawing. A mark in each bar is the lower limit of the share proved.
        """
        return draw_certificate(self, ax)

    def __str__(self) -> str:
        return certificate_text(self)

    def __repr__(self) -> str:
        return f"<Certificate of {self.n_rows} rows at {len(self.run.radii)} radii>"

    def _repr_html_(self) -> str:
        return certificate_html(self)

    def _low(self, n_true: int) -> float:
        # of a two-sided interval at twice the level the lower end is one-sided at the level
        return clopper_pearson(n_true, self.n_rows, 2 * self.alpha / self.n_limits)[0]

"""What monitoring found: a signal for each question that the plan asks."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from interpkd.audit._monitor_text import to_document, to_html, to_text
from interpkd.audit._written_report import WrittenReport

if TYPE_CHECKING:
    from interpkd.audit._blocks import Document

LEVELS = ("ok", "warning", "alarm")
"""The levels of a signal, from good to bad."""


@dataclass(frozen=True)
class MonitoringSignal:
    """The answer to one question of the monitoring plan; made by :func:`monitor`.

    Attributes
    ----------
    kind : str
        "column", "score" or "decision" for a population stability index; "missing", "unseen" or
        "outside" for a share of rows; "fidelity", "calibration" or "performance" for a figure.

    name : str
        The column, the score or the figure.

    level : {"ok", "warning", "alarm"}
        The answer.

    value : float
        The number; of "missing" the rise of the share.

    low, high : float or None
        The interval of a figure.

    warning, alarm : float or None
        The thresholds; of a figure the bounds that its interval has to be wholly beyond, on the
        side that it is nearer to.

    p_value : float or None
        How often chance alone makes the number as large, adjusted for all such questions (Holm);
        None for a figure, which has an interval.

    message : str
        What was found, in words.

    what_to_do : str or None
        The remedy; None where all is well.
    """

    kind: str
    name: str
    level: str
    value: float
    low: float | None
    high: float | None
    warning: float | None
    alarm: float | None
    p_value: float | None
    message: str
    what_to_do: str | None


@dataclass(frozen=True, repr=False)
class MonitoringReport(WrittenReport):
    """What monitoring found; made by :func:`monitor`.

    Print it for a text; a notebook shows a table.

    Attributes
    ----------
    data : dict
        The data model: what :meth:`to_dict` copies and the files are written from.

    Examples
    --------
    >>> from interpkd.audit import MonitoringReport
    >>> MonitoringReport({"signals": []}).worst_level
    'ok'
    """

    @property
    def signals(self) -> tuple[MonitoringSignal, ...]:
        """All signals, whatever their level."""
        return tuple(MonitoringSignal(**one) for one in self.data["signals"])

    @property
    def alarms(self) -> tuple[MonitoringSignal, ...]:
        """The signals at the level "alarm"."""
        return tuple(one for one in self.signals if one.level == "alarm")

    @property
    def warnings(self) -> tuple[MonitoringSignal, ...]:
        """The signals at the level "warning"."""
        return tuple(one for one in self.signals if one.level == "warning")

    @property
    def worst_level(self) -> str:
        """The worst level of all signals: "ok", "warning" or "alarm"."""
        return worst_level(one.level for one in self.signals)

    @property
    def passed(self) -> bool:
        """Whether there is no alarm."""
        return self.worst_level != "alarm"

    def to_frame(self) -> Any:
        """Give the signals as a pandas DataFrame, one row each.

        Returns
        -------
        frame : pandas.DataFrame
            Columns as the attributes of :class:`MonitoringSignal`.
        """
        import pandas as pd

        numbers = dict.fromkeys(("value", "low", "high", "warning", "alarm", "p_value"), "float64")
        names = list(MonitoringSignal.__dataclass_fields__)
        return pd.DataFrame([asdict(one) for one in self.signals], columns=names).astype(numbers)

    def _paper(self) -> Document:
        return to_document(self.data)

    def __str__(self) -> str:
        return to_text(self.data)

    def __repr__(self) -> str:
        counts = f"{len(self.alarms)} alarms, {len(self.warnings)} warnings"
        return f"<MonitoringReport: {counts}, {len(self.signals)} signals>"

    def _repr_html_(self) -> str:
        return to_html(self.data)


def worst_level(levels: Any) -> str:
    """Give the worst of some levels; "ok" for none."""
    return max(levels, key=LEVELS.index, default="ok")

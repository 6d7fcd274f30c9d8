"""Does an export answer as its student? The engine that will run it is asked, on rows made to hurt.

Labels must be equal on every row, probabilities within the engine's tolerance. Two things need
care. Engines that take numbers of single precision are given rows rounded to it, and the student
is asked about the rounded rows: so a difference is the export's, and not the rounding's. And where
rounding alone decides what a linear student says (see `_rounding`), a label may be any of the tied
ones; where it moves a probability by more than the tolerance, the probability may be anywhere that
it can be moved to. How far rounding reaches is known before the engine is asked, and such rows are
counted in the report.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import warnings
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any, Literal, Protocol, get_args

import numpy as np

from interpkd._html import paragraphs, show, table
from interpkd.exceptions import (
    InterpkdError,
    InvalidInputError,
    MissingExtraError,
    ParityError,
    ParityWarning,
)
from interpkd.export._compared import Outcome, compare
from interpkd.export._hurting_rows import hurting_rows
from interpkd.export._parity_rows import as_asked, frame_of, in_single
from interpkd.export._read_json import read_json

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from interpkd._typing import FloatArray, Table

Parity = Literal["auto", "require", "warn", "skip"]

MAX_REASON = 2000
"""Most characters of what is said of a row."""

DOUBLE_UNIT = float(np.finfo(np.float64).eps)


@dataclass(frozen=True)
class Answers:
    """What a model says of rows: what it does not say is None.

    Attributes
    ----------
    predictions : ndarray of shape (n_samples,) or None
        Class labels as the document has them, or the predictions of a regression.

    probabilities : ndarray of shape (n_samples, n_classes) or None
        None for a regression.

    scores : ndarray of shape (n_samples, n_scores) or None
        Points of a scorecard, or the scores of a linear classifier: one for two classes.

    leaves : ndarray of int of shape (n_samples,) or None
        Numbers of leaves in the document of a tree.
    """

    predictions: NDArray[Any] | None = None
    probabilities: FloatArray | None = None
    scores: FloatArray | None = None
    leaves: NDArray[Any] | None = None


class Engine(Protocol):
    """What runs an export.

    An engine may also have a number `unit`: the distance from 1 to the next number in which it
    adds, where that is not the one of doubles.

    Attributes
    ----------
    name : str
        Such as "ONNX Runtime".

    tolerance : float
        The largest difference of a probability that is rounding; of a prediction, relative to 1,
        to itself or to the sum of the sizes of its addends, whichever is largest.

    in_single : bool
        Whether rows are given in single precision: then the student is asked about rounded rows.
    """

    name: str
    tolerance: float
    in_single: bool

    def version(self) -> str | None:
        """Give the version that is installed; None when there is none."""

    def install_line(self) -> str:
        """Say what installs it."""

    def answers(self, artefact: Any, rows: Any) -> Answers:
        """Answer rows: a pandas data frame of float64, "boolean" and object columns with None."""


@dataclass(frozen=True)
class ParityReport:
    """How an export's answers compare with its student's.

    Attributes
    ----------
    export : str
        The format, such as "onnx".

    engine : str or None
        Name and version of what ran it; None when it was not run.

    n_given, n_hurting : int
        Rows of the user, and rows made to hurt.

    n_different_labels : int or None
        Rows whose class differs, ties left out; None for a regression, and without such answers.

    largest_difference : float or None
        Of a probability, ties and rounded rows left out, or else of a prediction or score relative
        as the tolerance; None without such answers.

    tolerance : float
        What is rounding.

    passed : bool or None
        None when it was not run.

    reason : str
        Why it was not run, or which row is worst where it failed; else empty.

    n_ties : int
        Rows on which rounding alone decides the label of a linear student.

    n_rounded : int
        Rows of linear students with very large addends, whose probabilities differ by more than
        the tolerance, and not by more than rounding explains.

    measured : str
        What the largest difference is of, such as "probability"; empty where there is none.
    """

    export: str
    engine: str | None
    n_given: int
    n_hurting: int
    n_different_labels: int | None
    largest_difference: float | None
    tolerance: float
    passed: bool | None
    reason: str = ""
    n_ties: int = 0
    n_rounded: int = 0
    measured: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Give the report as plain Python values.

        Returns
        -------
        data : dict
            One key per attribute.
        """
        return asdict(self)

    def __str__(self) -> str:
        """Give one line that holds no text from outside, for the header of an export."""
        if self.passed is None:
            return f"Parity with the student was not checked. {self.reason}"
        rows = f"{self.n_given} rows given and {self.n_hurting} made to hurt"
        parts = [f"Parity with the student {'holds' if self.passed else 'FAILS'} on {self.engine}"]
        parts.append(rows)
        if self.n_different_labels is not None:
            parts.append(f"{self.n_different_labels} labels differ")
        if self.largest_difference is not None:
            what = self.measured
            sizes = f"{self.largest_difference:.2g}, allowed {self.tolerance:.0e}"
            parts.append(f"largest difference of a {what} {sizes}")
        elif not self.passed:
            parts.append("it cannot be run")
        if self.n_ties:
            parts.append(f"{self.n_ties} rows are ties that rounding decides")
        if self.n_rounded:
            parts.append(f"{self.n_rounded} rows differ by more, and not more than rounding does")
        return "; ".join(parts) + "."

    def _repr_html_(self) -> str:
        said = {True: "holds", False: "FAILS", None: "was not checked"}[self.passed]
        rows = [
            ("engine", self.engine or "none"),
            ("rows given", f"{self.n_given:,}"),
            ("rows made to hurt", f"{self.n_hurting:,}"),
            ("labels that differ", "–" if (n := self.n_different_labels) is None else f"{n:,}"),
            (
                f"largest difference of a {self.measured or 'value'}",
                "–"
                if self.largest_difference is None
                else f"{self.largest_difference:.2g}, allowed {self.tolerance:.0e}",
            ),
            ("ties that rounding decides", f"{self.n_ties:,}"),
            ("differences that rounding explains", f"{self.n_rounded:,}"),
        ]
        facts = table("", (), [] if self.passed is None else rows, numeric=())
        title = f"Parity of the {self.export} export with the student {said}"
        return show(title, paragraphs(self.reason), facts)


def checked(
    student: Any,
    data: dict[str, Any],
    *,
    export: str,
    emit: Callable[[str], Any],
    engine: Engine,
    X: Table | None,
    parity: Parity,
) -> tuple[Any, ParityReport]:
    """Make an export, compare it with its student, and state the outcome in it.

    The export is made without a note, run on the user's rows and on `hurting_rows(data, X)`, and
    made again with the report as its note.

    Parameters
    ----------
    student : fitted estimator
        The student itself: it is asked, and not the document.

    data : dict
        The document that was made of it.

    export : str
        The format.

    emit : callable
        Gives the export with a note of one line in its header.

    engine : Engine
        What runs it.

    X : array-like, data frame or None
        The user's rows.

    parity : {"auto", "require", "warn", "skip"}
        Whether a missing engine, or a failure, is an error.

    Returns
    -------
    artefact : object
        The export.

    report : ParityReport
        How it compares.

    Raises
    ------
    ParityError
        If it does not answer as the student, unless `parity` is "warn".

    MissingExtraError
        If the engine is not installed and `parity` is "require".
    """
    if parity not in get_args(Parity):
        msg = f"The 'parity' parameter must be one of {get_args(Parity)}, got {parity!r}."
        raise InvalidInputError(msg)
    report = _left_out(export, engine, parity)
    if report is None:
        report = run_engine(student, data, export=export, artefact=emit(""), engine=engine, X=X)
        if not report.passed:
            msg = f"{report} {report.reason}"
            if parity != "warn":
                raise ParityError(msg)
            warnings.warn(msg, ParityWarning, stacklevel=4)
    return emit(str(report)), report


def run_engine(
    student: Any, data: dict[str, Any], *, export: str, artefact: Any, engine: Engine, X: Any
) -> ParityReport:
    """Compare an export with its student, as `checked` does."""
    rows, n_given = _rows(data, X, engine)
    unit = float(getattr(engine, "unit", DOUBLE_UNIT))
    wanted, outcome, reason = ask_student(student, data, rows), Outcome(), ""
    try:
        found = engine.answers(artefact, rows)
        outcome = compare(data, rows, wanted, found, tolerance=engine.tolerance, unit=unit)
    except InterpkdError:
        raise
    except Exception as error:  # whatever an engine cannot run has failed
        reason = f"{type(error).__name__}: {error}"
    else:
        if outcome.worst is not None:
            reason = _describe(rows, wanted, found, outcome.worst, n_given)
    return ParityReport(
        export=export,
        engine=f"{engine.name} {engine.version()}",
        n_given=n_given,
        n_hurting=len(rows) - n_given,
        n_different_labels=outcome.n_different_labels,
        largest_difference=outcome.largest_difference,
        tolerance=engine.tolerance,
        passed=reason == "",
        reason=reason,
        n_ties=outcome.n_ties,
        n_rounded=outcome.n_rounded,
        measured=outcome.measured,
    )


def ask_student(student: Any, data: dict[str, Any], rows: Any) -> Answers:
    """Give all that a student says of rows.

    Parameters
    ----------
    student : fitted estimator
        The student itself.

    data : dict
        Its document.

    rows : pandas.DataFrame
        Rows in its columns.

    Returns
    -------
    answers : Answers
        Leaves are those of the document, whose numbers they are.
    """
    asked, kind = as_asked(data, rows), data["kind"]
    scores = None
    if kind == "scorecard":
        scores = student.score_samples(asked)
    elif kind != "tree" and data["classes"] is not None:
        scores = student.decision_function(asked)
    return Answers(
        predictions=np.asarray(student.predict(asked)),
        probabilities=None if data["classes"] is None else student.predict_proba(asked),
        scores=scores if scores is None or scores.ndim == 2 else scores[:, None],
        leaves=read_json(data).apply(asked) if kind == "tree" else None,
    )


def _rows(data: dict[str, Any], X: Any, engine: Engine) -> tuple[Any, int]:
    """Give all rows to ask about, and how many of the first are the user's."""
    import pandas as pd

    given = [] if X is None else [frame_of(data, X)]
    rows = pd.concat([*given, hurting_rows(data, X)], ignore_index=True)
    n_given = len(given[0]) if given else 0
    return (in_single(data, rows) if engine.in_single else rows), n_given


def _left_out(export: str, engine: Engine, parity: Parity) -> ParityReport | None:
    """Say why an export is not run, or that it is."""
    if parity == "skip":
        reason = "It was left out on demand."
    elif engine.version() is None:
        if parity == "require":
            msg = (
                f"{engine.name} is needed to check the {export} export and is not installed. "
                f"Install it with: {engine.install_line()}"
            )
            raise MissingExtraError(msg)
        reason = f"{engine.name} is not installed; to check: {engine.install_line()}"
    else:
        return None
    return ParityReport(export, None, 0, 0, None, None, engine.tolerance, None, reason)


def _describe(rows: Any, wanted: Answers, found: Answers, at: int, n_given: int) -> str:
    """Say which row is worst, and what was answered."""
    parts = [part.name for part in fields(found) if getattr(found, part.name) is not None]

    def answer(of: Answers) -> str:
        return " with ".join(ascii(getattr(of, part)[at : at + 1].tolist()[0]) for part in parts)

    plain = {
        name: float(value) if isinstance(value, np.floating) else value
        for name, value in rows.iloc[at].items()
    }
    place = f"Row {at} of X" if at < n_given else f"Row {at - n_given} of those made to hurt"
    said = f"{place}: the student says {answer(wanted)} and the export {answer(found)}, for "
    return f"{said}{plain!a}"[:MAX_REASON] + "."

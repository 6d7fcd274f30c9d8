"""Does an export answer as its student? The engine that will run it is asked, on rows made to hurt."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from interpkd._typing import FloatArray, Table

Parity = Literal["auto", "require", "warn", "skip"]


@dataclass(frozen=True)
class Answers:
    """What a model says of rows.

    Attributes
    ----------
    predictions : ndarray of shape (n_samples,)
        Class labels, or the predictions of a regression.

    probabilities : ndarray of shape (n_samples, n_classes) or None
        None for a regression.
    """

    predictions: NDArray[Any]
    probabilities: FloatArray | None = None


class Engine(Protocol):
    """What runs an export.

    Attributes
    ----------
    name : str
        Such as "ONNX Runtime".

    tolerance : float
        The largest difference of a probability that is rounding; of predictions, relative to the
        largest absolute prediction of the student on the rows or 1, whichever is larger.

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
        Rows whose class differs; None for a regression and when it was not run.

    largest_difference : float or None
        Of a probability, or of a prediction relative as the tolerance; None when it was not run.

    tolerance : float
        What is rounding.

    passed : bool or None
        None when it was not run.

    reason : str
        Why it was not run, or which row is worst where it failed; else empty.
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

    `emit(note)` gives the artefact with a note in its header. It is made without one, run on the
    user's rows and on `hurting_rows(data, X)`, and made again with the report as its note.
    """
    raise NotImplementedError

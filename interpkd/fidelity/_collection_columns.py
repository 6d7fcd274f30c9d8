"""Numbers per row from whose sums the scores of a collection are made."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd._asking import decide
from interpkd.fidelity._calibration_scores import N_BINS
from interpkd.fidelity._catalogue import all_scores, headline_scores
from interpkd.fidelity._distance_scores import log_odds
from interpkd.fidelity._performance import Accuracy, Brier, LogLoss

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from interpkd._typing import FloatArray

_MODELS = ("teacher", "student")

_OF_REGRESSION = ["error", "mae", "mean_error"]

CHUNK = 1 << 13
"""Rows whose numbers are at work at once: few enough for a processor's cache."""


@dataclass(frozen=True)
class Layout:
    """Which numbers a row has, by name.

    Parameters
    ----------
    n_classes : int or None
        None for a regression.

    cutoff : float
        Where two classes are divided.

    has_labels : bool
        Whether true values are known.

    Attributes
    ----------
    names : list of str
        All numbers; the first is 1.

    linear : list of str
        Those of which squares are summed: they are counted from a centre.

    quadratic : dict of str to list of pairs
        The sums of products of linear ones.
    """

    n_classes: int | None
    cutoff: float
    has_labels: bool
    names: list[str] = field(init=False)
    linear: list[str] = field(init=False)
    quadratic: dict[str, list[tuple[str, str]]] = field(init=False)

    def __post_init__(self) -> None:
        linear, quadratic = _products(self.n_classes, self.has_labels)
        object.__setattr__(self, "linear", linear)
        object.__setattr__(self, "quadratic", quadratic)
        shape = (2,) if self.n_classes is None else (2, self.n_classes)
        made = np.full(shape, 1.0 if self.n_classes is None else 1 / self.n_classes)
        labels = np.zeros(2, dtype=np.intp) if self.has_labels else None
        names = list(self.columns(made, made, labels, np.zeros(len(linear))))
        object.__setattr__(self, "names", names)

    @property
    def k(self) -> int:
        """The number of classes, 0 for a regression."""
        return self.n_classes or 0

    @property
    def core(self) -> list[str]:
        """The numbers of which products with each other are summed; of the others only squares."""
        decided = [f"{who}_is_{j}" for who in _MODELS for j in range(self.n_classes or 0)]
        ends = ["agreement", "error", "logit_error"] if self.n_classes else _OF_REGRESSION
        if self.has_labels:
            losses = ["log_loss"] if self.n_classes else ["error", "mae"]
            ends = [*ends, *(f"{who} {loss}" for who in _MODELS for loss in losses)]
        return ["1", *self.linear, *self.quadratic, *decided, *ends]

    @property
    def main(self) -> list[str]:
        """The numbers behind the scores of a segment."""
        if self.n_classes is None:
            return ["1", "t0", "tt", "error", "mae"]
        return ["1", "agreement", "kl_divergence"]

    def linear_values(self, T: FloatArray, S: FloatArray, y: NDArray[Any] | None) -> FloatArray:
        """Give the linear numbers as they are, shape (n_rows, n_linear)."""
        if self.n_classes is None:
            return np.column_stack([T] if y is None else [T, y])
        return np.column_stack([T, log_odds(T), log_odds(S)])

    def columns(
        self, T: FloatArray, S: FloatArray, y: NDArray[Any] | None, centre: FloatArray
    ) -> dict[str, FloatArray]:
        """Give all numbers of the rows, linear ones less their centre."""
        values = self.linear_values(T, S, y) - centre
        of = dict(zip(self.linear, values.T, strict=True))
        for name, pairs in self.quadratic.items():
            of[name] = np.sum([of[u] * of[v] for u, v in pairs], axis=0)
        rows = _classes(self, T, S, y) if self.n_classes else _regression(T, S, y)
        return {"1": np.ones(len(T)), **of, **rows}


def _products(
    n_classes: int | None,
    has_labels: bool,  # noqa: FBT001
) -> tuple[list[str], dict[str, list[tuple[str, str]]]]:
    """Name the linear numbers and the products of theirs that are summed."""
    if n_classes is None:
        linear = ["t0", "y0"] if has_labels else ["t0"]
        return linear, {f"{name[0]}{name[0]}": [(name, name)] for name in linear}
    kinds = {kind: [f"{kind}{k}" for k in range(n_classes)] for kind in ("t", "a", "b")}
    pairs = {"tt": ("t", "t"), "aa": ("a", "a"), "bb": ("b", "b"), "ab": ("a", "b")}
    quadratic = {name: list(zip(kinds[u], kinds[v], strict=True)) for name, (u, v) in pairs.items()}
    return [one for names in kinds.values() for one in names], quadratic


def _plain_rows(score: Any, truth: Any, answers: FloatArray) -> FloatArray:
    """Give the number per row of a score that is a mean of them, or the root of one."""
    rows: FloatArray = score.statistic(truth, answers).rows
    return rows


MEANS = {
    "agreement",
    "kl_divergence",
    "proba_mae",
    "js_divergence",
    "total_variation",
    "proba_rmse",
    "logit_mae",
    "logit_rmse",
    "calibration_bias",
    "mae",
    "rmse",
    "mean_error",
}
"""Scores that are the mean of a number per row, or the root of one."""


def _classes(
    layout: Layout, T: FloatArray, S: FloatArray, y: NDArray[Any] | None
) -> dict[str, FloatArray]:
    k = layout.k
    rows: dict[str, FloatArray] = {}
    for name, score in all_scores(k, layout.cutoff).items():
        if name in MEANS:
            rows[name] = _plain_rows(score, T, S)
    rows["error"] = ((T - S) ** 2).sum(axis=1)
    rows["logit_error"] = ((log_odds(T) - log_odds(S)) ** 2).sum(axis=1)
    by_teacher, by_student = decide(T, layout.cutoff), decide(S, layout.cutoff)
    for j in range(k):
        rows[f"teacher_is_{j}"] = (by_teacher == j).astype(np.float64)
        rows[f"student_is_{j}"] = (by_student == j).astype(np.float64)
        rows[f"either_is_not_{j}"] = ((by_teacher != j) | (by_student != j)).astype(np.float64)
        rows[f"both_are_{j}"] = ((by_teacher == j) & (by_student == j)).astype(np.float64)
        rows[f"any_is_{j}"] = ((by_teacher == j) | (by_student == j)).astype(np.float64)
    rows |= _bins(T, S)
    if y is not None:
        for who, P in (("student", S), ("teacher", T)):
            for of_label in (Accuracy(layout.cutoff), LogLoss(), Brier()):
                rows[f"{who} {of_label.name}"] = _plain_rows(of_label, y, P)
        for j in range(k):
            rows[f"label_is_{j}"] = (y == j).astype(np.float64)
    return rows


def _bins(T: FloatArray, S: FloatArray) -> dict[str, FloatArray]:
    """Give the differences by bin of the student's probability, as the calibration error takes them."""
    columns = range(1, 2) if T.shape[1] == 2 else range(T.shape[1])
    edges = np.arange(N_BINS + 1) / N_BINS
    rows = {}
    for k in columns:
        bins = np.searchsorted(edges[1:-1], S[:, k], side="left")
        difference = S[:, k] - T[:, k]
        for b in range(N_BINS):
            rows[f"bin {b} of {k}"] = np.where(bins == b, difference, 0.0)
            rows[f"in bin {b} of {k}"] = (bins == b).astype(np.float64)
    return rows


def _regression(T: FloatArray, S: FloatArray, y: NDArray[Any] | None) -> dict[str, FloatArray]:
    rows = {"error": (T - S) ** 2, "mae": np.abs(T - S), "mean_error": S - T}
    if y is not None:
        for who, of in (("student", S), ("teacher", T)):
            rows[f"{who} error"] = (y - of) ** 2
            rows[f"{who} mae"] = np.abs(y - of)
    return rows


def segment_scores(n_classes: int | None, cutoff: float) -> list[str]:
    """Give the names of the scores of a segment."""
    return [score.name for score in headline_scores(n_classes, cutoff)[:2]]

"""The questions about columns and scores: how far they moved, and what is new in them."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd.audit._inputs import plain
from interpkd.audit._monitor_drift import (
    Counts,
    chance_of_more,
    chance_of_unseen,
    chance_outside,
    measure_drift,
)
from interpkd.audit._monitor_signals import Question
from interpkd.audit._monitoring_bins import count, n_effective, place

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from interpkd._typing import FloatArray, IntArray

MOST_NAMED = 10
"""Unseen categories that are named; all are counted."""


@dataclass(frozen=True)
class Comparison:
    """How later rows are compared.

    Attributes
    ----------
    weights : ndarray of shape (n_samples,)
        Of the later rows.

    alpha : float
        One minus the confidence.

    n_tests : int
        Questions that are asked at once.

    worth_it : float
        The index from which on a column matters.
    """

    weights: FloatArray
    alpha: float
    n_tests: int
    worth_it: float


def n_questions(plan: Mapping[str, Any], n_scores: int) -> int:
    """Give how many questions there are: of each column its index, missing and strange values."""
    return 3 * len(plan["columns"]) + n_scores


def ask_of_values(
    kind: str,
    entry: Mapping[str, Any],
    rows: Mapping[str, Any],
    values: NDArray[Any],
    how: Comparison,
) -> tuple[Question, dict[str, Any]]:
    """Ask how far a column or score moved.

    Parameters
    ----------
    kind : {"column", "score", "decision"}
        What it is.

    entry : mapping
        Its bins in the plan.

    rows : mapping
        The baseline's "n", "n_effective" and "source".

    values : ndarray of shape (n_samples,)
        Later values.

    how : Comparison
        Weights and level.

    Returns
    -------
    question : Question
        With the population stability index.

    section : dict
        Index, reference and bins.
    """
    bins = entry["bins"]
    baseline = Counts(
        np.array([one["n"] for one in bins], dtype=np.int64),
        np.array([one["share"] for one in bins]),
        rows["n_effective"],
        rows["n_effective"] < rows["n"] * (1 - 1e-12),
    )
    n, share = count(place(values, bins), how.weights, len(bins))
    n_now = n_effective(how.weights)
    later = Counts(n, share, n_now, n_now < n.sum() * (1 - 1e-12))
    drift = measure_drift(
        baseline, later, alpha=how.alpha, n_tests=how.n_tests, worth_it=how.worth_it
    )
    name = entry.get("column") or entry["name"]
    message = (
        f"{name}: population stability index {drift.psi:.3g} against {rows['n']} "
        f"{rows['source']}; chance alone makes up to {drift.by_chance:.3g}."
    )
    section = {
        "psi": drift.psi,
        "expected_by_chance": drift.expected,
        "by_chance_up_to": drift.by_chance,
        "p_value": drift.p_value,
        "method": drift.method,
        "bins": [_then_and_now(*one) for one in zip(bins, n.tolist(), share.tolist(), strict=True)],
    }
    return Question(kind, name, drift.psi, drift.p_value, message), section


def ask_of_column(
    entry: Mapping[str, Any], rows: Mapping[str, Any], values: NDArray[Any], how: Comparison
) -> tuple[list[Question], dict[str, Any]]:
    """Ask of a column how far it moved, and whether its values are missing or strange.

    Parameters
    ----------
    entry : mapping
        The column in the plan.

    rows : mapping
        The baseline's size and source.

    values : ndarray of shape (n_samples,)
        Later values.

    how : Comparison
        Weights and level.

    Returns
    -------
    questions : list of Question
        Three.

    section : dict
        What was found.
    """
    drifted, section = ask_of_values("column", entry, rows, values, how)
    n = np.array([one["n"] for one in entry["bins"]], dtype=np.int64)
    now = np.array([one["n"] for one in section["bins"]], dtype=np.int64)
    kinds = [one["kind"] for one in entry["bins"]]
    is_missing = np.array([kind == "missing" for kind in kinds])
    n_missing, missing_then = int(now[is_missing].sum()), int(n[is_missing].sum())
    rise = n_missing / now.sum() - missing_then / n.sum()
    name = entry["column"]
    missing = Question(
        "missing",
        name,
        max(0.0, float(rise)),
        chance_of_more(int(n.sum()), missing_then, int(now.sum()), n_missing),
        f"{name}: {n_missing} of {now.sum()} values are missing, and {missing_then} of {n.sum()} "
        "were.",
    )
    ask = _ask_of_unseen if "unseen" in kinds else _ask_outside
    strange, found = ask(entry, n[~is_missing], now[~is_missing], values, how)
    head = {"column": name, "kind": entry["kind"], "n_missing": n_missing}
    return [drifted, missing, strange], {**head, **found, **section}


def _ask_of_unseen(
    entry: Mapping[str, Any], n: IntArray, now: IntArray, values: NDArray[Any], how: Comparison
) -> tuple[Question, dict[str, Any]]:
    """Ask for categories that the student does not know; their bin is the last."""
    known = {one["category"] for one in entry["bins"] if one["kind"] == "category"}
    texts: dict[Any, int] = {}
    for value in values[how.weights > 0].tolist():
        label = plain(value)
        if label is not None and label == label and label not in known:  # noqa: PLR0124
            texts[label] = texts.get(label, 0) + 1
    total, most = int(now[-1]), sorted(texts.items(), key=lambda one: (-one[1], str(one[0])))
    if n[-1]:
        p_value = chance_of_more(int(n.sum()), int(n[-1]), int(now.sum()), total)
    else:
        p_value = chance_of_unseen(
            n[:-1], [*texts.values()], now[:-1].tolist(), n_tests=how.n_tests, alpha=how.alpha
        )
    named = ", ".join(f"{label!s} ({many})" for label, many in most[:MOST_NAMED])
    name = entry["column"]
    message = (
        f"{name}: {total} of {len(values)} values are categories that the student does not know"
    )
    question = Question(
        "unseen",
        name,
        total / len(values),
        p_value,
        f"{message}: {named}." if most else f"{message}.",
    )
    unseen = [{"category": label, "n": many} for label, many in most[:MOST_NAMED]]
    return question, {"n_unseen": total, "unseen": unseen, "n_outside": None}


def _ask_outside(
    entry: Mapping[str, Any], n: IntArray, now: IntArray, values: NDArray[Any], how: Comparison
) -> tuple[Question, dict[str, Any]]:
    """Ask for numbers outside the known range."""
    name, low, high = entry["column"], entry["minimum"], entry["maximum"]
    numbers = np.asarray(values, dtype=np.float64)[how.weights > 0]
    total = 0
    if low is not None:
        total = int(((numbers < float(low)) | (numbers > float(high))).sum())
    ends = "of none" if low is None else f"{float(low):.6g} to {float(high):.6g}"
    question = Question(
        "outside",
        name,
        total / len(numbers),
        chance_outside(int(n.sum()), int(now.sum()), total),
        f"{name}: {total} of {len(numbers)} values lie outside the known range, {ends}.",
    )
    return question, {"n_unseen": None, "unseen": [], "n_outside": total}


def _then_and_now(one: Mapping[str, Any], n: int, share: float) -> dict[str, Any]:
    about = {key: value for key, value in one.items() if key not in ("n", "share")}
    return {**about, "baseline_share": one["share"], "share": share, "n": n}

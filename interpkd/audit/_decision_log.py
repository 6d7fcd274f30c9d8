"""The decision log: a line of JSON for every decision, with what is needed to account for it."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd._alignment import align
from interpkd._asking import class_probabilities, decide, predictions
from interpkd._structure import take_apart
from interpkd._tables import select_rows
from interpkd._validation import num_samples
from interpkd.audit._decision_log_file import FIELDS, SCHEMA, LogFile, read_lines
from interpkd.audit._inputs import plain, read_table
from interpkd.audit._provenance import hash_student
from interpkd.exceptions import InvalidInputError
from interpkd.explanation import reasons as give_reasons

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator

    from numpy.typing import ArrayLike

    from interpkd._structure import Structure
    from interpkd._tables import RawColumn
    from interpkd._typing import Table

BLOCK = 1000
"""Rows that are decided on and written together."""

NONE: dict[str, Any] = {"reasons": None, "reference": None}

REASON_OPTIONS = ("reference", "background", "adverse_class", "n_reasons", "dictionary")
"""Options of `interpkd.explanation.reasons` that a log can have; the first two are needed."""


def decision_log(
    student: Any,
    X: Table,
    path: str | os.PathLike[str],
    *,
    cutoff: float = 0.5,
    reasons: Mapping[str, Any] | None = None,
    model_version: str | None = None,
    ids: ArrayLike | None = None,
    timestamp: datetime | None = None,
) -> int:
    """Decide on rows and append a line for each to a log, in JSON Lines.

    A line is one JSON object: "schema" and "schema_version"; "decided_utc"; "id"; "input_sha256";
    "model_version" and "student_sha256"; "score" and "scored_class"; "cutoff"; "decision";
    "reasons" and "reference". The guide to monitoring says what each holds.

    Lines appear whole: a thousand at a time, and none of them when writing fails. What a killed
    process may leave, a part of a line, is cut off with a warning when the log is next added to.
    Where the system locks files, processes may write to one log at the same time.

    Parameters
    ----------
    student : fitted estimator
        The student that decides.

    X : array-like or data frame of shape (n_samples, n_features)
        The rows.

    path : path-like
        The log; made where there is none, added to where there is.

    cutoff : float, default=0.5
        With two classes, the second is decided where its probability exceeds it.

    reasons : mapping or None, default=None
        What to ask :func:`interpkd.explanation.reasons` with: "reference" and "background", and if
        need be "adverse_class", "n_reasons" and "dictionary". Adverse decisions then have reasons,
        with the values of the row that they rest on. None for a log without.

    model_version : str or None, default=None
        Name of the model's version.

    ids : array-like of shape (n_samples,) or None, default=None
        A text or whole number for each row, by which the decision is found again.

    timestamp : datetime or None, default=None
        Time of the decisions, with its time zone. None for the time of writing.

    Returns
    -------
    n_lines : int
        Lines that were added, one per row.

    Raises
    ------
    InvalidInputError
        If a parameter breaks its rule, or the file is no log of these decisions.

    See Also
    --------
    read_decision_log : Reads it back.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> import numpy as np
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from interpkd.audit import decision_log, read_decision_log
    >>> X, y = np.array([[1.0], [2.0], [3.0], [4.0]]), ["repaid", "repaid", "default", "default"]
    >>> student = DecisionTreeClassifier().fit(X, y)
    >>> with TemporaryDirectory() as folder:
    ...     log = Path(folder) / "decisions.jsonl"
    ...     decision_log(student, X[:2], log, model_version="1.2", ids=["a", "b"])
    ...     read_decision_log(log)[["id", "score", "decision"]]
    2
      id  score decision
    0  a    1.0   repaid
    1  b    1.0   repaid
    """
    structure = take_apart(student)
    X = align(X, student, structure, name="X")
    options = _check_reasons(reasons, structure)
    when = _check_time(timestamp)
    names = _check_ids(ids, num_samples(X))
    if model_version is not None and not isinstance(model_version, str):
        msg = f"model_version must be a text, got {model_version!r}."
        raise InvalidInputError(msg)
    if not 0 <= cutoff <= 1:
        msg = f"cutoff must be from 0 to 1, got {cutoff!r}."
        raise InvalidInputError(msg)
    about = {
        "model_version": model_version,
        "student_sha256": hash_student(structure, student),
    }
    n = num_samples(X)
    with LogFile(path) as log:
        for start in range(0, n, BLOCK):
            places = np.arange(start, min(start + BLOCK, n))
            rows = select_rows(X, places)
            decided = _decide(student, structure, rows, cutoff)
            why = _reasons(student, rows, cutoff, options)
            time = _written(datetime.now(UTC) if when is None else when)
            found = (
                {**SCHEMA, **about, **one, "decided_utc": time, "id": names[i], **why.get(k, NONE)}
                for k, (i, one) in enumerate(zip(places, decided, strict=True))
            )
            log.append({name: line[name] for name in (*SCHEMA, *FIELDS)} for line in found)
    return n


def read_decision_log(path: str | os.PathLike[str]) -> Any:
    """Read a decision log, and check every line of it.

    Parameters
    ----------
    path : path-like
        The log.

    Returns
    -------
    decisions : pandas.DataFrame
        One row per decision, in the order of the lines; "decided_utc" as times, "reasons" as lists
        of dictionaries and "reference" as a dictionary, None where there are none.

    Raises
    ------
    InvalidInputError
        If the file cannot be read, or a line is no decision; the message has its number.

    See Also
    --------
    decision_log : Writes it.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> import numpy as np
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from interpkd.audit import decision_log, read_decision_log
    >>> student = DecisionTreeClassifier().fit([[1.0], [2.0]], ["repaid", "default"])
    >>> with TemporaryDirectory() as folder:
    ...     log = Path(folder) / "decisions.jsonl"
    ...     n_lines = decision_log(student, np.array([[1.0], [2.0]]), log)
    ...     read_decision_log(log)["decision"].tolist()
    ['repaid', 'default']
    """
    import pandas as pd

    frame = pd.DataFrame(list(read_lines(path)), columns=[*SCHEMA, *FIELDS], dtype=object)
    frame["decided_utc"] = pd.to_datetime(frame["decided_utc"], utc=True, format="ISO8601")
    frame["score"] = frame["score"].astype("float64")
    return frame.drop(columns=[*SCHEMA])


def input_sha256(row: Mapping[str, Any]) -> str:
    """Give the SHA-256 of a row in canonical form.

    Parameters
    ----------
    row : mapping
        Names of columns to numbers, texts or None.

    Returns
    -------
    sha256 : str
        Of the row as JSON: names sorted, no blanks, ASCII only, every number a float as Python
        writes it, null for a missing value.
    """
    text = json.dumps(row, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def _decide(
    student: Any, structure: Structure, X: Table, cutoff: float
) -> Iterator[dict[str, Any]]:
    """Give hash, score and decision of each row."""
    hashes = [input_sha256(row) for row in _plain_rows(read_table(X, structure))]
    names = ("input_sha256", "score", "scored_class", "cutoff", "decision")
    if structure.classes is None:
        values = predictions(student, X, source="student").tolist()
        for digest, value in zip(hashes, values, strict=True):
            yield dict(zip(names, (digest, value, None, None, None), strict=True))
        return
    P = class_probabilities(student, X, structure.classes, source="student")
    labels = [plain(one) for one in structure.classes.tolist()]
    decided = decide(P, cutoff)
    # of two classes always the probability of the second, which the cut-off is for
    scored = np.ones_like(decided) if len(labels) == 2 else decided
    scores = P[np.arange(len(P)), scored].tolist()
    used = float(cutoff) if len(labels) == 2 else None
    for digest, score, of, k in zip(hashes, scores, scored, decided, strict=True):
        yield dict(zip(names, (digest, score, labels[of], used, labels[k]), strict=True))


def _plain_rows(raw: list[RawColumn]) -> Iterator[dict[str, Any]]:
    """Give rows of floats, texts and None."""
    columns = []
    for one in raw:
        values = one.values
        if one.kind == "category":
            columns.append([None if value is None else str(value) for value in values.tolist()])
            continue
        numbers = (np.asarray(values, dtype=np.float64) + 0.0).tolist()  # one zero
        columns.append([None if value != value else value for value in numbers])  # noqa: PLR0124
    names = [one.name for one in raw]
    for row in zip(*columns, strict=True):
        yield dict(zip(names, row, strict=True))


def _reasons(
    student: Any, X: Table, cutoff: float, options: Mapping[str, Any] | None
) -> dict[int, dict[str, Any]]:
    """Give the reasons of adverse decisions, by position of the row."""
    if options is None:
        return {}
    found = give_reasons(student, X, cutoff=cutoff, ask_teacher=False, **options).to_dict()
    names = ("n_reference", "reference_sha256", "background_sha256", "adverse_class", "scale")
    reference = {"group": found["reference"], **{name: found[name] for name in names}}
    kept = ("column", "value", "reference", "contribution", "text")
    return {
        one["row"]: {
            "reasons": [{name: why[name] for name in kept} for why in one["reasons"]],
            "reference": reference,
        }
        for one in found["declines"]
    }


def _check_reasons(reasons: Any, structure: Structure) -> Mapping[str, Any] | None:
    if reasons is None:
        return None
    example = 'reasons={"reference": "all applicants", "background": X_train}'
    if not isinstance(reasons, Mapping):
        msg = f"reasons must be a mapping such as {example}, got {type(reasons).__name__}."
        raise InvalidInputError(msg)
    unknown = [str(name) for name in reasons if name not in REASON_OPTIONS]
    if unknown:
        msg = f"reasons holds the unknown name {unknown[0]!r}. Known: {', '.join(REASON_OPTIONS)}."
        raise InvalidInputError(msg)
    lacking = [name for name in REASON_OPTIONS[:2] if reasons.get(name) is None]
    if lacking:
        msg = f"reasons must name the {lacking[0]!r} to compare with: {example}."
        raise InvalidInputError(msg)
    if structure.classes is None or len(structure.classes) != 2:
        msg = (
            "reasons are of adverse decisions, of which a student of two classes has. Leave it out."
        )
        raise InvalidInputError(msg)
    return reasons


def _check_ids(ids: Any, n: int) -> list[Any]:
    if ids is None:
        return [None] * n
    names = np.asarray(ids, dtype=object)
    if names.shape != (n,):
        msg = f"ids must hold one text or whole number per row, shape ({n},), got {names.shape}."
        raise InvalidInputError(msg)
    texts = [plain(one) for one in names.tolist()]
    for i, (given, text) in enumerate(zip(names.tolist(), texts, strict=True)):
        if isinstance(text, bool) or not isinstance(text, (str, int)):
            msg = f"ids must hold texts or whole numbers; row {i} has {given!r}."
            raise InvalidInputError(msg)
    return texts


def _check_time(timestamp: Any) -> datetime | None:
    if timestamp is None:
        return None
    if not isinstance(timestamp, datetime) or timestamp.tzinfo is None:
        msg = (
            f"timestamp must be a datetime with its time zone, got {timestamp!r}. Write for "
            "instance datetime(2026, 1, 31, 12, tzinfo=UTC)."
        )
        raise InvalidInputError(msg)
    return timestamp


def _written(time: datetime) -> str:
    """Write a time in UTC, to the millisecond."""
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

"""Whether a report is what it says: its hashes and headline numbers, computed again.

The student is built from the report itself, so that no software but this is needed, and its
numbers are compared with those that are shown. What was not given cannot be checked, and a line
says so: silence never means consent.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

from interpkd._alignment import hash_columns, hash_rows
from interpkd._fingerprint import fingerprint, unwrap
from interpkd._html import Markup, paragraphs, show, table, visible
from interpkd.audit._builtin_checks import BUILTIN_CHECKS
from interpkd.audit._gate import judge
from interpkd.audit._inputs import read_inputs
from interpkd.audit._provenance import (
    hash_answers,
    hash_json,
    hash_report,
    hash_student,
    hash_values,
    software,
)
from interpkd.audit._read_report import close, find, list_of, mapping_of, read_report, rebuild
from interpkd.audit._sections import describe_model
from interpkd.audit._shown_model import compare_shown_model
from interpkd.exceptions import InvalidInputError
from interpkd.fidelity import fidelity_report

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator, Mapping

    from numpy.typing import ArrayLike

    from interpkd._typing import Table
    from interpkd.audit._audit_report import AuditReport
    from interpkd.audit._inputs import Inputs

Status = Literal["same", "differs", "cannot be checked"]

NO_ROWS = "no rows were given"
NO_LABELS = "no labels were given"
NO_TEACHER = "no teacher was given"


@dataclass(frozen=True)
class VerifiedLine:
    """One thing that a report states, beside what was found.

    Attributes
    ----------
    what : str
        What is compared.

    status : {"same", "differs", "cannot be checked"}
        The outcome; numbers are the same when nine digits are, ends of intervals when six are.

    stated, found : object
        The value in the report, and the value that was computed again; None where there is none.

    reason : str or None
        Why it cannot be checked, or what the difference means.
    """

    what: str
    status: Status
    stated: Any = None
    found: Any = None
    reason: str | None = None

    def __str__(self) -> str:
        what = f"{self.status:<17}  {visible(self.what)}"
        if self.status == "cannot be checked":
            return f"{what}, because {visible(self.reason)}"
        if self.status == "same":
            return what
        why = "" if self.reason is None else f" ({visible(self.reason)})"
        return f"{what}: stated {_short(self.stated)}, found {_short(self.found)}{why}"


@dataclass(frozen=True)
class Verification:
    """What became of every statement that was looked into; made by :func:`verify`.

    Attributes
    ----------
    lines : tuple of VerifiedLine
        The report itself first, then data, models and numbers.

    notes : tuple of str
        What may explain a difference, such as other versions of libraries.
    """

    lines: tuple[VerifiedLine, ...]
    notes: tuple[str, ...] = ()

    @property
    def is_same(self) -> bool:
        """Whether nothing differs; what cannot be checked does not count."""
        return all(line.status != "differs" for line in self.lines)

    def to_dict(self) -> dict[str, Any]:
        """Give the lines as JSON-able values.

        Returns
        -------
        data : dict
            "is_same", "lines" and "notes".
        """
        return {
            "is_same": self.is_same,
            "lines": [asdict(line) for line in self.lines],
            "notes": list(self.notes),
        }

    def __str__(self) -> str:
        counts = {
            status: sum(line.status == status for line in self.lines)
            for status in ("same", "differs", "cannot be checked")
        }
        total = ", ".join(f"{n} {status}" for status, n in counts.items())
        return "\n".join([*map(str, self.lines), *(f"note: {one}" for one in self.notes), total])

    def _repr_html_(self) -> str:
        lines = [one for one in self.lines if one.status != "same"]
        rows = [
            [
                one.what,
                one.status,
                *("" if part is None else _short(part) for part in (one.stated, one.found)),
                one.reason or "",
            ]
            for one in lines
        ]
        marked = [k for k, one in enumerate(lines) if one.status == "differs"]
        title = "The report is " + ("as it was" if self.is_same else "NOT as it was")
        same = f"{len(self.lines) - len(lines)} of {len(self.lines)} statements are the same."
        header = ("what", "outcome", "stated", "found", "why")
        found = table("The others", header, rows, marked=marked) if rows else Markup()
        return show(title, paragraphs(same), found, paragraphs(*self.notes, soft=True))


def verify(
    report: AuditReport | Mapping[str, Any] | str | os.PathLike[str],
    X: Table | None = None,
    y: ArrayLike | None = None,
    *,
    teacher: Any = None,
    X_train: Table | None = None,
    y_train: ArrayLike | None = None,
    sample_weight: ArrayLike | None = None,
) -> Verification:
    """Compute the hashes and the headline numbers of a report again.

    The student is built from the report (:func:`interpkd.export.read_json`) and asked about `X`.
    Without rows, the report's own hash and the agreement of the rules, coefficients or points that
    it shows with the student that it holds are checked.

    Parameters
    ----------
    report : AuditReport, mapping or path-like
        A report, its data model, or the path of its JSON file.

    X : array-like or data frame of shape (n_samples, n_features) or None, default=None
        The evaluation rows, in the order they had.

    y : array-like of shape (n_samples,) or None, default=None
        Their labels or values.

    teacher : fitted estimator, array-like or None, default=None
        The teacher, or its answers on `X`.

    X_train : array-like or data frame of shape (n_training, n_features) or None, default=None
        The training rows.

    y_train : array-like of shape (n_training,) or None, default=None
        Their labels or values.

    sample_weight : array-like of shape (n_samples,) or None, default=None
        Row weights, where the report was made with them.

    Returns
    -------
    verification : Verification
        One line per statement; `is_same` is false when one differs.

    Raises
    ------
    InvalidInputError
        If `report` is no report, or the rows do not fit the student.

    See Also
    --------
    interpkd.audit.diff : What two reports say of two students.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.linear_model import LogisticRegression
    >>> from interpkd import DistilledTreeClassifier, as_teacher, audit_report
    >>> from interpkd.audit import verify
    >>> X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    >>> X = X.iloc[:, :4]
    >>> teacher = as_teacher(LogisticRegression(max_iter=9999).fit(X[::2], y[::2]))
    >>> student = DistilledTreeClassifier(teacher, max_leaf_nodes=4).fit(X[::2])
    >>> report = audit_report(student, X[1::2], y[1::2]).to_dict()
    >>> verify(report, X[1::2], y[1::2], teacher=teacher).is_same
    True
    >>> report["fidelity"]["agreement"]["estimate"] = 1.0
    >>> found = verify(report, X[1::2], y[1::2], teacher=teacher)
    >>> [line.what for line in found.lines if line.status == "differs"]
    ['the report itself', 'fidelity: agreement']
    """
    data = read_report(report)
    student, reason = rebuild(data)
    lines = [*_own(data, student, reason)]
    if X is None or student is None:
        lines += _without_rows(data, NO_ROWS if student is not None else str(reason))
        return Verification(tuple(lines))
    cutoff = find(data, "fidelity", "cutoff")
    inputs = read_inputs(
        student, X, y, teacher, 0.5 if cutoff is None else cutoff, X_train=X_train, y_train=y_train
    )
    _check_labels(inputs)
    lines += [*_rows(data, inputs), *_answers(data, inputs, teacher)]
    lines += [*_scores(data, inputs, sample_weight)]
    notes = [] if all(line.status != "differs" for line in lines) else [*_other_software(data)]
    return Verification(tuple(lines), tuple(notes))


def _check_labels(inputs: Inputs) -> None:
    """Refuse labels that cannot be those of a regression."""
    for name, y in (("y", inputs.y), ("y_train", inputs.y_train)):
        if inputs.classes is None and y is not None and y.dtype.kind not in "biuf":
            msg = f"{name} must hold numbers: the report is of a regression. Give its target."
            raise InvalidInputError(msg)


def _short(value: Any) -> str:
    """Write a value on one line, of a hash the first digits."""
    text = visible(value)
    return f"{text[:16]}…" if re.fullmatch("[0-9a-f]{64}", text) else text


def _compare(what: str, stated: Any, found: Any, reason: str | None = None) -> VerifiedLine:
    if stated is None:
        return _unknown(what, "the report does not state it")
    same = close(stated, found)
    return VerifiedLine(
        what, "same" if same else "differs", stated, found, None if same else reason
    )


def _unknown(what: str, reason: str, stated: Any = None) -> VerifiedLine:
    return VerifiedLine(what, "cannot be checked", stated, None, reason.rstrip("."))


def _own(data: Mapping[str, Any], student: Any, reason: str | None) -> Iterator[VerifiedLine]:
    """Compare what needs nothing but the report."""
    hashes = find(data, "provenance", "hashes")
    changed = "some value of the report was changed after it was written"
    yield _compare("the report itself", find(hashes, "report"), hash_report(data), changed)
    configuration = find(data, "provenance", "configuration")
    yield _compare("the configuration", find(hashes, "configuration"), hash_json(configuration))
    if student is None:
        yield _unknown("the student in the report", str(reason))
        yield from _findings(data)
        return
    yield _compare("the student in the report", find(hashes, "model"), hash_json(data["model"]))
    other = "what is shown is not what the student holds"
    for what, stated, found in compare_shown_model(data, student):
        same = close(stated, found)
        reason = None if same else other
        yield VerifiedLine(what, "same" if same else "differs", stated, found, reason)
    yield from _findings(data)


def _findings(data: Mapping[str, Any]) -> Iterator[VerifiedLine]:
    """Put the checks of this package to the report's own numbers again."""
    stated = {str(find(one, "code")): one for one in list_of(find(data, "findings"))}
    floors = find(data, "floors")
    known = [check for check in BUILTIN_CHECKS if check.code in stated]
    again = judge(data, known, mapping_of(floors))["findings"]
    found = {one["code"]: one for one in again}
    for code, one in stated.items():
        if code not in found:
            yield _unknown(f"finding {code}", "it is of a check that this package does not have")
            continue
        told, tells = ((find(x, "status"), find(x, "severity")) for x in (one, found[code]))
        why = "the report's own numbers say otherwise"
        yield _compare(f"finding {code}", ", ".join(map(str, told)), ", ".join(tells), why)


def _without_rows(data: Mapping[str, Any], reason: str) -> Iterator[VerifiedLine]:
    yield _unknown("the evaluation rows", reason)
    yield _unknown("the labels", reason)
    yield _unknown("the teacher", reason)
    for what, _ in _stated_scores(data):
        yield _unknown(what, reason)


def _rows(data: Mapping[str, Any], inputs: Inputs) -> Iterator[VerifiedLine]:
    stated = find(data, "provenance", "hashes", "data")
    yield _table("the evaluation rows", find(stated, "evaluation_rows"), inputs, inputs.rows)
    yield _labels("the labels", find(stated, "labels"), inputs.y, NO_LABELS)
    if find(stated, "training_rows") is not None:
        if inputs.training_rows is None:
            yield _unknown("the training rows", "they were not given")
        else:
            known = find(stated, "training_rows")
            yield _table("the training rows", known, inputs, inputs.training_rows)
    if find(stated, "training_labels") is not None:
        none = "they were not given"
        known = find(stated, "training_labels")
        yield _labels("the labels of the training rows", known, inputs.y_train, none)


def _table(what: str, stated: Any, inputs: Inputs, rows: Table) -> VerifiedLine:
    """Compare a table, and name the columns that differ."""
    if find(stated, "n_rows") != rows.shape[0]:
        return _compare(f"{what}, their number", find(stated, "n_rows"), int(rows.shape[0]))
    found = hash_columns(rows, inputs.structure)
    listed = find(stated, "columns")
    known = {find(one, "column"): find(one, "sha256") for one in list_of(listed)}
    other = [name for name, sha256 in found.items() if known.get(name) != sha256]
    where = None if not other else f"in {', '.join(other[:5])}" + (", …" if other[5:] else "")
    return _compare(what, find(stated, "sha256"), hash_rows(rows, inputs.structure), where)


def _labels(what: str, stated: Any, values: Any, none: str) -> VerifiedLine:
    if stated is None:
        return _unknown(what, "the report was made without them")
    return _unknown(what, none) if values is None else _compare(what, stated, hash_values(values))


def _answers(data: Mapping[str, Any], inputs: Inputs, teacher: Any) -> Iterator[VerifiedLine]:
    """Compare both models: their numbers, and their answers to the rows."""
    hashes = find(data, "provenance", "hashes")
    sha256 = hash_student(inputs.structure, inputs.student)
    if sha256 is not None:
        yield _compare("the numbers of the student", find(hashes, "student", "sha256"), sha256)
    found = hash_answers(inputs.student_answers)
    yield _compare("the answers of the student", find(hashes, "answers", "student"), found)
    if inputs.teacher_answers is None:
        yield _unknown("the teacher", NO_TEACHER)
        return
    yield from _teacher(data, inputs, teacher)
    found = hash_answers(inputs.teacher_answers)
    yield _compare("the answers of the teacher", find(hashes, "answers", "teacher"), found)


def _teacher(data: Mapping[str, Any], inputs: Inputs, teacher: Any) -> Iterator[VerifiedLine]:
    """Compare the teacher itself: the bytes of its file, or what it learned."""
    if inputs.teacher_source == "answers":
        yield _unknown("the teacher", "only its answers were given")
        return
    stated, found = find(data, "provenance", "hashes", "teacher"), fingerprint(teacher)
    file = find(stated, "file", "sha256")
    if file is not None and found["file"] is not None:
        yield _compare("the file of the teacher", file, found["file"]["sha256"])
    kind, given = find(data, "lineage", "teacher", "type"), describe_model(unwrap(teacher))["type"]
    sha256 = find(stated, "sha256")
    if sha256 is None or found["sha256"] is None:
        reason = find(stated, "reason") if sha256 is None else found["reason"]
        yield _unknown("the teacher", str(reason or "the report does not state its hash"))
    elif kind != given and sha256 != found["sha256"]:
        yield _unknown("the teacher", f"the report is of a {kind}, and a {given} was given")
    else:
        yield _compare("the teacher", sha256, found["sha256"])


def _scores(data: Mapping[str, Any], inputs: Inputs, sample_weight: Any) -> Iterator[VerifiedLine]:
    """Compare the headline numbers, with their intervals."""
    confidence = find(data, "fidelity", "confidence")
    weighs = bool(find(data, "fidelity", "weighted"))
    if weighs != (sample_weight is not None):
        reason = "the scores weigh the rows, and no weights were given"
        reason = reason if weighs else "weights were given, and the report was made without"
        yield from (_unknown(what, reason) for what, _ in _stated_scores(data))
        return
    has_teacher = inputs.teacher_answers is not None
    again = fidelity_report(
        inputs.student,
        inputs.X,
        inputs.y,
        teacher=inputs.teacher_answers if has_teacher else inputs.student_answers,
        sample_weight=sample_weight,
        cutoff=inputs.cutoff,
        alpha=0.05 if confidence is None else round(1 - confidence, 12),
    ).to_dict()
    found = dict(_stated_scores({"fidelity": again}))
    for what, stated in _stated_scores(data):
        is_performance = what.startswith("performance")
        if not has_teacher and not what.startswith("performance: student"):
            yield _unknown(what, NO_TEACHER)
        elif is_performance and inputs.y is None:
            yield _unknown(what, NO_LABELS)
        else:
            yield _score(what, stated, found.get(what, {}))
    for what, score in found.items():  # a score that was taken out of the report
        if what not in dict(_stated_scores(data)) and (has_teacher or "student" in what):
            yield VerifiedLine(what, "differs", None, score["estimate"], "the report lacks it")


def _score(what: str, stated: Mapping[str, Any], found: Mapping[str, Any]) -> VerifiedLine:
    # the ends of an interval are found by search, to six digits; the rest is plain arithmetic
    digits = {"estimate": 1e-9, "low": 1e-6, "high": 1e-6, "n": 1e-9}
    other = (n for n, d in digits.items() if not close(stated.get(n), found.get(n), d))
    first = next(other, None)
    if first is None:
        return VerifiedLine(what, "same", stated.get("estimate"), found.get("estimate"))
    reason = None if first == "estimate" else f"its {first}"
    return VerifiedLine(what, "differs", stated.get(first), found.get(first), reason)


def _stated_scores(data: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Give every headline score of a report under the name of its line."""
    fidelity = mapping_of(find(data, "fidelity"))
    for name, score in fidelity.items():
        if isinstance(score, dict) and "estimate" in score:
            yield f"fidelity: {name.replace('_', ' ')}", score
    for who, scores in mapping_of(find(fidelity, "performance")).items():
        for name, score in mapping_of(scores).items():
            if isinstance(score, dict) and "estimate" in score:
                yield f"performance: {who} {name.replace('_', ' ')}", score


def _other_software(data: Mapping[str, Any]) -> Iterator[str]:
    """Name the libraries whose versions are others now."""
    stated = mapping_of(find(data, "lineage", "software"))
    for name, now in software(*stated).items():
        if name not in ("platform",) and name in stated and stated[name] != now:
            yield f"{name} was {stated[name]} and is {now}"

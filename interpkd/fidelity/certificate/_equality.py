"""Whether a student decides as its teacher does everywhere: proved, or an input that denies it.

For most pairs the answer is no, and an input is found at once. Of small teachers (a single tree,
stumps, a few shallow trees) the answer may be yes, and then it is about every input of the domain
and not about rows.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass, field
from numbers import Integral
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from interpkd._html import paragraphs, show, table
from interpkd._tables import select_rows
from interpkd._validation import num_samples
from interpkd.exceptions import InvalidInputError
from interpkd.fidelity.certificate._asking_both import both_models
from interpkd.fidelity.certificate._certify import _as_rows, _see_student
from interpkd.fidelity.certificate._equality_domain import used_columns, whole_domain
from interpkd.fidelity.certificate._models import prepare, teacher_misses
from interpkd.fidelity.certificate._search_room import NO, YES
from interpkd.fidelity.certificate._verdicts import ask_disagreement
from interpkd.fidelity.certificate._witnesses import witness_values

if TYPE_CHECKING:
    from interpkd._typing import BoolArray, FloatArray, IntArray, Table
    from interpkd.fidelity.certificate._asking_both import BothModels
    from interpkd.fidelity.certificate._equality_domain import Domain
    from interpkd.fidelity.certificate._models import Prepared

MOST_BOXES = 4096
"""Most combinations of categories and missing values that are looked at one by one."""

AT_ONCE = 16
"""Boxes that are asked about before it is seen whether one denies equality."""

DOMAINS = {
    "all": (
        "every number up to 3.4e38 in size, with the categories and missing values of the "
        "reference rows"
    ),
    "reference": (
        "every number in the range of the reference rows, with their categories and missing values"
    ),
}


@dataclass(frozen=True, eq=False)
class EqualityCertificate:
    """Whether teacher and student answer the same everywhere; made by :func:`certify_equality`.

    Attributes
    ----------
    status : {"identical", "different", "undecided"}
        Proved, denied by `witness`, or neither, for `reason`.

    domain : str
        The inputs that it is said of, in words.

    n_cells : float
        Cells of the domain: inputs that the two models can tell apart at all.

    n_boxes : int
        Combinations of categories and missing values.

    n_nodes : int
        Boxes of cells that the search looked at.

    witness : array or data frame of shape (1, n_features), or None
        An input on which the two answer differently, confirmed by both models.

    teacher, student : object
        Their answers to it, None without one.

    reason : str or None
        Why nothing was decided.

    tolerance : float
        What still counts as the same answer, as for :func:`certify`; 0 for equal decisions.

    both : BothModels or None
        The two models, so that a report can see of which it is.

    Examples
    --------
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from interpkd.fidelity import certify_equality
    >>> X, y = [[0.0], [1.0], [2.0], [3.0]], [0, 0, 1, 0]
    >>> teacher = DecisionTreeClassifier().fit(X, y)
    >>> student = DecisionTreeClassifier(max_leaf_nodes=2).fit(X, y)
    >>> certify_equality(student, teacher, X_ref=X).witness
    array([[2.]])
    """

    status: Literal["identical", "different", "undecided"]
    domain: str
    n_cells: float
    n_boxes: int
    n_nodes: int
    witness: Any = None
    teacher: Any = None
    student: Any = None
    reason: str | None = None
    tolerance: float = 0.0
    both: BothModels | None = field(default=None, repr=False)

    @property
    def is_identical(self) -> bool:
        """Whether it is proved that both answer the same on the whole domain."""
        return self.status == "identical"

    def to_dict(self) -> dict[str, Any]:
        """Give all but the witness, in plain Python values.

        Returns
        -------
        data : dict
            The attributes but the models by name.
        """
        names = ("status", "domain", "n_cells", "n_boxes", "n_nodes", "teacher", "student")
        return {name: getattr(self, name) for name in (*names, "tolerance", "reason")}

    def __str__(self) -> str:
        if self.status == "identical":
            return f"proved: {self._same()} for {self.domain}"
        if self.status == "different":
            return (
                f"not the same: to one input (`witness`) the teacher answers {self.teacher!r} and "
                f"the student {self.student!r}"
            )
        return f"undecided: nothing is proved, and no input was found that differs. {self.reason}"

    def _same(self) -> str:
        """Say what is meant by the same answer."""
        if self.both is not None and self.both.classes is None:
            return f"predictions of teacher and student differ by at most {self.tolerance:g}"
        if self.tolerance:
            most = 0.5 + self.tolerance
            return f"the teacher contradicts the student with no probability above {most:g}"
        return "teacher and student decide the same"

    def _repr_html_(self) -> str:
        rows = [
            ("domain", self.domain),
            ("cells of the domain", f"{self.n_cells:.4g}"),
            ("combinations of categories and missing values", f"{self.n_boxes:,}"),
            ("boxes that were searched", f"{self.n_nodes:,}"),
        ]
        return show("Equality of teacher and student", paragraphs(self), table("", (), rows))


def certify_equality(
    student: Any,
    teacher: Any,
    *,
    X_ref: Table,
    domain: Literal["all", "reference"] = "all",
    tolerance: float | None = None,
    max_nodes: int = 20_000,
) -> EqualityCertificate:
    """Prove that a student answers as its teacher does on the whole domain, or find an input.

    Parameters
    ----------
    student : fitted estimator
        A tree, a linear student or a scorecard, or such a tree or linear model of scikit-learn.

    teacher : fitted estimator or teacher
        An ensemble of trees that :func:`~interpkd.teachers.tree_ensemble` reads. The smaller it is,
        the likelier is an answer.

    X_ref : array-like or data frame of shape (n_reference, n_features)
        Rows that show what inputs are: their categories, and which columns may be missing.

    domain : {"all", "reference"}, default="all"
        Numbers of the domain: all that single precision holds, or those between the least and the
        largest of `X_ref`. Beside a student that multiplies numbers only "reference".

    tolerance : float or None, default=None
        As for :func:`certify`: a regression needs one.

    max_nodes : int, default=20000
        Most boxes of cells that the search looks at for each combination of categories and missing
        values.

    Returns
    -------
    certificate : EqualityCertificate
        What is proved, or an input on which the answers differ.

    Raises
    ------
    InvalidInputError
        If a parameter breaks its rule, the teacher's trees cannot be read, or the student is of no
        known kind.

    See Also
    --------
    certify : For how many rows both agree on every input near them.
    born_again_tree : A tree that decides as an ensemble does everywhere.

    Notes
    -----
    Of classes the decision counts (of two: the second above one half), not the probability. The
    search is that of :func:`certify`, with the domain in place of a neighbourhood.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.ensemble import GradientBoostingClassifier
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from interpkd.fidelity import certify_equality
    >>> X, y = load_iris(return_X_y=True)
    >>> teacher = GradientBoostingClassifier(n_estimators=2, max_depth=1).fit(X, y == 0)
    >>> student = DecisionTreeClassifier(random_state=0).fit(X, teacher.predict(X))
    >>> certify_equality(student, teacher, X_ref=X).status in ("identical", "different")
    True
    """
    from interpkd.teachers import tree_ensemble

    if domain not in DOMAINS:
        msg = f"The 'domain' parameter must be 'all' or 'reference', got {domain!r}."
        raise InvalidInputError(msg)
    if not isinstance(max_nodes, Integral) or max_nodes < 1:
        msg = f"The 'max_nodes' parameter must be a whole number of at least 1, got {max_nodes!r}."
        raise InvalidInputError(msg)
    both = both_models(teacher, student, tolerance)
    X_ref = reference_rows(X_ref)
    ensemble = tree_ensemble(teacher)
    check_missing(teacher, ensemble)
    prepared = prepare(student, ensemble, X_ref, X_ref, tolerance=both.tolerance)
    of_teacher, _ = both.teacher_answers(X_ref)
    check_trees(teacher, prepared, of_teacher)
    _see_student(prepared, both, both.student_answers(X_ref))
    if domain == "all" and prepared.models.student.slope.any():
        msg = (
            f"The 'domain' parameter must be 'reference' beside {type(student).__name__}, which "
            "multiplies numbers and cannot be followed to infinity; got 'all'."
        )
        raise InvalidInputError(msg)
    return _decide(both, prepared, X_ref, domain, int(max_nodes))


def reference_rows(X: Table) -> Any:
    """Check the reference rows.

    Parameters
    ----------
    X : array-like or data frame
        The rows.

    Returns
    -------
    X : array or data frame
        The same, an array as float64.

    Raises
    ------
    InvalidInputError
        If there are none, or an array holds no numbers.
    """
    from interpkd._tables import is_frame

    if num_samples(X) == 0:
        msg = "X_ref must have rows."
        raise InvalidInputError(msg)
    return X if is_frame(X) else _as_rows(X)


def check_missing(teacher: Any, ensemble: Any) -> None:
    """Refuse a teacher that takes a number for a missing value.

    Parameters
    ----------
    teacher : fitted estimator
        The teacher.

    ensemble : TreeEnsemble
        Its arrays.

    Raises
    ------
    InvalidInputError
        If it does.
    """
    if not np.isnan(ensemble.missing_value):
        msg = (
            f"{type(teacher).__name__} takes the number {ensemble.missing_value:g} for a missing "
            "value, so its answer jumps there. Replace it with NaN, and train with missing=np.nan."
        )
        raise InvalidInputError(msg)


def check_trees(teacher: Any, prepared: Prepared, answers: FloatArray) -> None:
    """See that a teacher's trees add up to its answers.

    Parameters
    ----------
    teacher : fitted estimator
        The teacher.

    prepared : Prepared
        Its trees on cells.

    answers : ndarray of shape (n_rows,)
        Its own answers.

    Raises
    ------
    InvalidInputError
        If they do not.
    """
    missed = teacher_misses(prepared, answers)
    if len(missed):
        msg = (
            f"The trees of {type(teacher).__name__} do not add up to its answers on {len(missed)} "
            f"of {len(answers)} rows, the first of which is row {missed[0]}; nothing can be proved "
            "of it. Pass the plain ensemble."
        )
        raise InvalidInputError(msg)


def _decide(
    both: BothModels, prepared: Prepared, X: Table, domain: str, max_nodes: int
) -> EqualityCertificate:
    words, n_cells = DOMAINS[domain], _n_cells(prepared)
    found = whole_domain(prepared, X, is_bounded=domain == "reference", most=MOST_BOXES)
    n_boxes = found if isinstance(found, int) else len(found.values)
    wrong = np.flatnonzero(both.contradicts(X))
    if len(wrong):
        return _denied(both, select_rows(X, wrong[:1]), (words, n_cells, n_boxes, 0))
    if isinstance(found, int):
        reason = (
            f"There are {n_boxes:,} combinations of categories and missing values; at most "
            f"{MOST_BOXES:,} are looked at."
        )
        return _answer("undecided", both, (words, n_cells, n_boxes, 0), reason=reason)
    n_nodes, is_open = 0, 0
    for first in range(0, n_boxes, AT_ONCE):
        which = np.arange(first, min(first + AT_ONCE, n_boxes))
        state, used, witness = _ask(both, prepared, found, which, max_nodes)
        n_nodes += used
        if witness is not None:
            return _denied(both, witness, (words, n_cells, n_boxes, n_nodes))
        is_open += int((state != NO).sum())
    if not is_open:
        return _answer("identical", both, (words, n_cells, n_boxes, n_nodes))
    reason = (
        f"The teacher is too large, or rounding decides: after {n_nodes:,} boxes of {n_cells:.3g} "
        f"cells the search left {is_open} of {n_boxes} combinations of categories and missing "
        "values open. Raise max_nodes, or take a smaller teacher."
    )
    return _answer("undecided", both, (words, n_cells, n_boxes, n_nodes), reason=reason)


def _answer(
    status: Literal["identical", "different", "undecided"],
    both: BothModels,
    counts: tuple[str, float, int, int],
    **more: Any,
) -> EqualityCertificate:
    return EqualityCertificate(status, *counts, tolerance=both.tolerance, both=both, **more)


def _ask(
    both: BothModels, prepared: Prepared, domain: Domain, which: IntArray, max_nodes: int
) -> tuple[Any, int, Any]:
    """Ask about some boxes; give states, boxes looked at, and an input that differs or None."""
    boxes = domain.boxes.rows(which)

    def values(rows: IntArray, cells: IntArray, slope: FloatArray) -> FloatArray:
        return witness_values(
            cells, slope, domain.values[which[rows]], boxes.rows(rows), prepared.models.cells,
            prepared.ranks,
        )  # fmt: skip

    def confirm(rows: IntArray, cells: IntArray, slope: FloatArray) -> BoolArray:
        return both.contradicts(domain.table(which[rows], values(rows, cells, slope)))

    answers = ask_disagreement(prepared.models, boxes, max_nodes, confirm)
    hit = np.flatnonzero(answers.state == YES)[:1]
    n_nodes = int(answers.n_boxes.sum())
    if not len(hit):
        return answers.state, n_nodes, None
    table = domain.table(which[hit], values(hit, answers.found[hit], answers.slope[hit]))
    return answers.state, n_nodes, table


def _denied(
    both: BothModels, witness: Table, counts: tuple[str, float, int, int]
) -> EqualityCertificate:
    answers = both.teacher_answers(witness)[0][0], both.student_answers(witness)[0]
    if both.classes is None:
        of_teacher, of_student = (float(one) for one in answers)
    else:
        of_teacher, of_student = both.classes[np.array(answers).astype(np.intp)].tolist()
    return _answer(
        "different", both, counts, witness=witness, teacher=of_teacher, student=of_student
    )


def _n_cells(prepared: Prepared) -> float:
    cells = prepared.models.cells
    counts = np.array([len(borders) + 1 for borders in cells.borders], dtype=np.float64)
    counts += np.isnan(prepared.values).any(axis=0)
    counts = np.where(cells.n_levels > 0, cells.n_levels, counts)
    return float(np.prod(counts[used_columns(prepared.models)]))

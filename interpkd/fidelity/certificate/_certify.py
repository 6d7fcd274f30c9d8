"""Certifying a student, row by row and radius by radius."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from numbers import Integral, Real
from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd._asking import select_columns
from interpkd._tables import is_frame
from interpkd._validation import num_samples
from interpkd.exceptions import InterpkdError, InterruptedRun, InvalidInputError
from interpkd.fidelity.certificate._asking_both import both_models
from interpkd.fidelity.certificate._cell_search import CellSearch
from interpkd.fidelity.certificate._certificate import Certificate
from interpkd.fidelity.certificate._layout import check_frozen
from interpkd.fidelity.certificate._models import prepare, student_misses, teacher_misses
from interpkd.fidelity.certificate._prepare_network import (
    network_misses,
    network_search,
    prepare_network,
)
from interpkd.fidelity.certificate._radii import Radii

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from interpkd._typing import FloatArray, IntArray, Table
    from interpkd.fidelity.certificate._asking_both import BothModels
    from interpkd.fidelity.certificate._models import Prepared
    from interpkd.fidelity.certificate._search import Search


def certify(
    student: Any,
    teacher: Any,
    *,
    X_ref: Table,
    X_eval: Table,
    radius: float | Sequence[float] = (0.01, 0.02, 0.05),
    alpha: float = 0.05,
    frozen_features: Iterable[str | int] | None = None,
    tolerance: float | None = None,
    max_nodes: int = 1000,
    progress: Callable[[str], Any] | None = None,
) -> Certificate:
    """Prove for single rows that teacher and student agree on every input near them.

    The neighbourhood of a row holds every input whose numbers are within a share of mid-ranks of
    the reference rows from the row's own, all of them at once; categories and missing values stay
    as they are. For each row it is proved that both models agree on all of it, or an input is
    found on which they do not, which both models have confirmed; or the search ends undecided.

    Parameters
    ----------
    student : fitted estimator
        A tree, a linear student or a scorecard, or such a tree or linear model of scikit-learn.

    teacher : fitted estimator or teacher
        The teacher. An ensemble of trees that :func:`~interpkd.teachers.tree_ensemble` reads, and a
        network that :func:`~interpkd.teachers.relu_network` reads, is proved about; of any other
        only the rows themselves are compared.

    X_ref : array-like or data frame of shape (n_reference, n_features)
        Rows whose ranks are the unit of the radius, such as the training rows.

    X_eval : array-like or data frame of shape (n_samples, n_features)
        The rows in question: held-out ones, of which neither model was fitted.

    radius : float or sequence of float, default=(0.01, 0.02, 0.05)
        Shares of ranks, above 0 and below 1.

    alpha : float, default=0.05
        One minus the confidence of all limits together: each of them (one for the rows, one for
        the mean difference of probabilities, one per radius) is made at an equal part of it.

    frozen_features : iterable of str or int, or None, default=None
        Columns that keep the row's own value, by name or place.

    tolerance : float or None, default=None
        Of two classes: a teacher contradicts the student only by a probability beyond
        ``0.5 + tolerance``; None is 0. Of a regression, where it must be given: predictions that
        differ by at most this agree.

    max_nodes : int, default=1000
        Most boxes that the search looks at for a row and a radius. It is the only limit, so that
        every run gives the same.

    progress : callable or None, default=None
        Called with a text as rows are done.

    Returns
    -------
    certificate : Certificate
        Statuses of rows, shares, limits, witnesses.

    Raises
    ------
    InvalidInputError
        If a parameter breaks its rule, the student is of no known kind, or one model is a
        classifier and the other a regression.

    InterruptedRun
        If the user stops the search; its `partial` is the certificate of what was decided, where
        all other rows are undecided.

    See Also
    --------
    interpkd.fidelity_report : How well a student imitates its teacher on the rows themselves.

    Notes
    -----
    Between two thresholds an ensemble of trees is constant, so a neighbourhood is a box of whole
    numbers, and the answer to "is there an input on which the teacher's margin is above 0?" is
    found by branch and bound: the sum over trees of their largest reachable leaf is a bound [1]_,
    and the same for each slice of one column cuts the box and says where to look. Proofs allow for
    the rounding of the teacher's library. Where only rounding decides, the models themselves are
    asked about every cell. A network is bounded by linear functions over boxes that are cut in two
    [2]_. "undecided" counts as not proved in every limit.

    Limits hold for independent rows like those of `X_eval`, given `X_ref` and the models.

    References
    ----------
    .. [1] H. Chen, H. Zhang, S. Si, Y. Li, D. Boning and C.-J. Hsieh, "Robustness verification of
       tree-based models", NeurIPS 2019.

    .. [2] H. Zhang, T.-W. Weng, P.-Y. Chen, C.-J. Hsieh and L. Daniel, "Efficient neural network
       robustness certification with general activation functions", NeurIPS 2018.

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
    >>> certificate.rows["status"].iloc[0]
    'proved'
    """
    radii = _check_radii(radius)
    if frozen_features is not None and not isinstance(frozen_features, str):
        frozen_features = [*frozen_features]
    _check(alpha, max_nodes)
    both = both_models(teacher, student, tolerance)
    if num_samples(X_eval) == 0 or num_samples(X_ref) == 0:
        msg = "X_ref and X_eval must have rows."
        raise InvalidInputError(msg)
    X_ref, X_eval = _same_columns(X_ref, X_eval)
    of_student = both.student_answers(X_eval)
    of_teacher, P = both.teacher_answers(X_eval)
    search = _open(student, teacher, X_ref, X_eval, both, of_teacher, of_student, frozen_features)
    frozen = [] if isinstance(search, str) else _frozen_names(frozen_features, search.names)
    wrong = both.differs(of_teacher, P, of_student)
    run = Radii(both, search, X_eval, of_teacher, wrong, radii, int(max_nodes), frozen)
    try:
        run.decide(progress)
    except KeyboardInterrupt:
        msg = "The search was interrupted; `partial` is the certificate of what was decided."
        raise InterruptedRun(msg, partial=Certificate(run, float(alpha))) from None
    return Certificate(run, float(alpha))


def _open(
    student: Any,
    teacher: Any,
    X_ref: Table,
    X_eval: Table,
    both: BothModels,
    of_teacher: FloatArray,
    of_student: FloatArray,
    frozen: Iterable[str | int] | None,
) -> Search | str:
    """Make what searches near the rows; where the teacher cannot be read, say why."""
    from interpkd.teachers import relu_network, tree_ensemble

    try:
        ensemble = tree_ensemble(teacher)
    except InterpkdError as error:
        try:
            network = relu_network(teacher)
        except InterpkdError as another:
            return f"{error} {another}"
        prepared, layers, inputs = prepare_network(
            student, network, X_ref, X_eval, tolerance=both.tolerance
        )
        n_classes = 0 if both.classes is None else len(both.classes)
        missed = network_misses(layers, inputs, of_teacher, n_classes)
        if len(missed):
            return _misread(teacher, "layers", missed, len(of_teacher))
        _see_student(prepared, both, of_student)
        moves = check_frozen(frozen, prepared.layout)
        return network_search(prepared, layers, inputs, network.link, moves)
    if not np.isnan(ensemble.missing_value):
        return (
            f"{type(teacher).__name__} takes the number {ensemble.missing_value:g} for a missing "
            "value, which has no neighbours. Replace it with NaN, and train with missing=np.nan."
        )
    prepared = prepare(student, ensemble, X_ref, X_eval, tolerance=both.tolerance)
    missed = teacher_misses(prepared, of_teacher)
    if len(missed):
        return _misread(teacher, "trees", missed, len(of_teacher))
    _see_student(prepared, both, of_student)
    return CellSearch(prepared, check_frozen(frozen, prepared.layout))


def _misread(teacher: Any, parts: str, missed: IntArray, n_rows: int) -> str:
    return (
        f"The {parts} of {type(teacher).__name__} do not add up to its answers on "
        f"{len(missed)} of {n_rows} rows, the first of which is row {missed[0]}."
    )


def _frozen_names(frozen: Iterable[str | int] | None, names: Sequence[str]) -> list[str]:
    chosen = [frozen] if isinstance(frozen, str) else [*(frozen or ())]
    return [one if isinstance(one, str) else names[int(one)] for one in chosen]


def _see_student(prepared: Prepared, both: BothModels, answers: FloatArray) -> None:
    """See that the student answers as its parts say."""
    own = answers
    if both.classes is not None:  # positions among the student's own classes
        place = prepared.models.class_at
        own = np.argsort(place)[np.searchsorted(np.sort(place), answers)].astype(np.float64)
    missed = student_misses(prepared, own)
    if len(missed):
        msg = (
            f"The parts of {type(both.student).__name__} do not add up to its answers on "
            f"{len(missed)} of {len(answers)} rows, the first of which is row {missed[0]}; nothing "
            "can be proved of it. Pass a plain student."
        )
        raise InvalidInputError(msg)


def _same_columns(X_ref: Table, X_eval: Table) -> tuple[Any, Any]:
    """Give both tables with the same columns in the same order."""
    if is_frame(X_ref) and is_frame(X_eval):
        return select_columns(X_ref, [str(name) for name in X_eval.columns]), X_eval
    if is_frame(X_ref) or is_frame(X_eval):
        msg = "X_ref and X_eval must be tables of one kind: both data frames, or both arrays."
        raise InvalidInputError(msg)
    X_ref, X_eval = _as_rows(X_ref), _as_rows(X_eval)
    if X_ref.ndim != 2 or X_ref.shape[1:] != X_eval.shape[1:]:
        msg = (
            "X_ref and X_eval must have shapes (n_rows, n_columns) with the same columns, got "
            f"{X_ref.shape} and {X_eval.shape}."
        )
        raise InvalidInputError(msg)
    return X_ref, X_eval


def _as_rows(X: Table) -> Any:
    rows = np.asarray(X)
    if rows.dtype.kind not in "biuf":
        msg = (
            "X_ref and X_eval must hold numbers where they are arrays; got an array of "
            f"{rows.dtype}. Pass data frames, whose columns may be categories."
        )
        raise InvalidInputError(msg)
    return rows.astype(np.float64)


def _check_radii(radius: float | Sequence[float]) -> tuple[float, ...]:
    try:
        radii = np.unique(np.atleast_1d(np.asarray(radius, dtype=np.float64)))
    except (TypeError, ValueError):
        radii = np.empty(0)
    if not len(radii) or not ((radii > 0) & (radii < 1)).all():
        msg = (
            "The 'radius' parameter must be one or more shares of ranks, above 0 and below 1; got "
            f"{radius!r}."
        )
        raise InvalidInputError(msg)
    return tuple(radii.tolist())


def _check(alpha: float, max_nodes: int) -> None:
    if not isinstance(alpha, Real) or not 0 < alpha < 1:
        msg = f"The 'alpha' parameter must be strictly between 0 and 1, got {alpha!r}."
        raise InvalidInputError(msg)
    if not isinstance(max_nodes, Integral) or max_nodes < 1:
        msg = f"The 'max_nodes' parameter must be a whole number of at least 1, got {max_nodes!r}."
        raise InvalidInputError(msg)

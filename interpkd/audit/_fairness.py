"""Group fairness: how both models treat groups of people, and what the student changes."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass, replace
from numbers import Integral
from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd.audit._fairness_cells import (
    Attribute,
    Cell,
    cells_of,
    check_references,
    read_attributes,
)
from interpkd.audit._fairness_findings import GroupFairness, GroupScores
from interpkd.audit._fairness_plain import group_metrics, metrics_library
from interpkd.audit._fairness_proxy import screen_proxies
from interpkd.audit._fairness_references import Reference, choose_references, few_rows
from interpkd.audit._fairness_rows import Favour, Rows, read_favour, read_rows
from interpkd.audit._fairness_scores import DEFINITIONS, Measures
from interpkd.audit._inputs import check_seed, merge_labels, read_inputs
from interpkd.audit._provenance import library_version
from interpkd.exceptions import InvalidInputError
from interpkd.fidelity import Agreement, estimate_mean

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike

    from interpkd._typing import FloatArray, Table
    from interpkd.audit._inputs import Inputs

DEFAULT_CUTOFF = 0.5

MIN_CELL = 30
"""Fewest rows that a number rests on, unless the user says otherwise."""

LEAST_MIN_CELL = 10


def group_fairness(
    student: Any,
    X: Table,
    y: ArrayLike | None = None,
    *,
    groups: Any,
    teacher: Any = None,
    cutoff: float = DEFAULT_CUTOFF,
    adverse_class: Any = None,
    favourable_class: Any = None,
    reference: Any = None,
    min_cell: int = MIN_CELL,
    sample_weight: ArrayLike | None = None,
    alpha: float = 0.05,
    random_state: int = 0,
) -> GroupFairness:
    """Measure how student and teacher treat groups of people, and what the student changes.

    For each value of each attribute, and where attributes meet: selection rates, adverse-impact
    ratios, error rates and calibration against labels, standardized differences, how closely the
    student follows the teacher, and its change against the teacher on the same rows, each with an
    interval. Below `min_cell` rows there is no number. A screen says how well each attribute can be
    told from the model's columns. Numbers are stated; no legal conclusion is drawn.

    The plain group metrics are those of fairlearn (extra ``fairness``).

    Parameters
    ----------
    student : fitted estimator
        The student.

    X : array-like or data frame of shape (n_samples, n_features)
        Evaluation rows, best held out from the training of both models.

    y : array-like of shape (n_samples,) or None, default=None
        True labels or values, for error rates and calibration.

    groups : mapping, data frame, array-like of shape (n_samples,)
        Protected attributes: labels of the rows by name, which need not be columns of `X`.

    teacher : fitted estimator, array-like or None, default=None
        The teacher, or its answers on `X`; None for the student's own. Without any, the student
        alone is measured.

    cutoff : float, default=0.5
        With two classes, both models decide for the second where its probability exceeds it.

    adverse_class : object or None, default=None
        The class that a person does not want; every other one is favourable.

    favourable_class : object or None, default=None
        The class that a person wants. With neither, the `good_class` of a scorecard, else of two
        classes the first, and the result says that it was assumed.

    reference : mapping, object or None, default=None
        The value of each attribute that the others are compared with. None for the group that the
        same model selects most often, of those with at least 2 % of the rows, and for a regression
        the largest one.

    min_cell : int, default=30
        Fewest rows that a number rests on, at least 10.

    sample_weight : array-like of shape (n_samples,) or None, default=None
        Row weights, at least 0.

    alpha : float, default=0.05
        One minus the confidence of the intervals, from 0.001 to below 1.

    random_state : int, default=0
        Seed of the folds and samples of the proxy screen.

    Returns
    -------
    found : GroupFairness
        The numbers; prints as tables.

    Raises
    ------
    InvalidInputError
        If a parameter breaks its rule, or of more than two classes none is named.

    MissingExtraError
        If fairlearn is not installed.

    See Also
    --------
    interpkd.audit.audit_report : The report that has these numbers in a section.
    interpkd.fidelity_report : Fidelity alone, in groups too.

    Notes
    -----
    The interval of an adverse-impact ratio takes the reference group as given, also where it was
    chosen for its selection rate. An interval holds by itself, except those of `change_jointly`.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.ensemble import RandomForestClassifier
    >>> from interpkd import DistilledTreeClassifier, as_teacher
    >>> from interpkd.audit import group_fairness
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> forest = RandomForestClassifier(n_estimators=10, random_state=0).fit(X[::2], y[::2])
    >>> student = DistilledTreeClassifier(as_teacher(forest), max_leaf_nodes=4).fit(X[::2])
    >>> clinic = np.where(X[1::2, 1] > 18, "north", "south")
    >>> found = group_fairness(
    ...     student, X[1::2], y[1::2], groups={"clinic": clinic}, favourable_class=1
    ... )
    >>> found.group(clinic="north").n
    169
    >>> found.group(clinic="south").reference_of
    ('teacher', 'student', 'change')
    """
    metrics_library()
    Agreement(cutoff)  # which checks it
    attributes, _ = merge_labels(groups, None)
    inputs = read_inputs(student, X, y, teacher, cutoff)
    _check_task(inputs, cutoff)
    return measure_groups(
        inputs,
        attributes,
        favour=read_favour(inputs, adverse_class, favourable_class),
        reference=reference,
        min_cell=_check_min_cell(min_cell),
        weights=check_rows(sample_weight, inputs.n_rows, alpha),
        alpha=alpha,
        random_state=check_seed(random_state),
    )


def measure_groups(
    inputs: Inputs,
    labels: Mapping[str, Any],
    *,
    favour: Favour | None,
    reference: Any,
    min_cell: int,
    weights: FloatArray | None,
    alpha: float,
    random_state: int,
) -> GroupFairness:
    """Measure everything; the parameters are those of :func:`group_fairness`, checked."""
    whole = read_attributes(labels, inputs.n_rows)
    rows, used = read_rows(inputs, favour, weights)
    attributes = [one.take(used) for one in whole]
    given = check_references(reference, attributes)
    survey = _Survey(Measures(rows, min_cell, alpha), given)
    families, left_out = cells_of(attributes)
    overall, groups, references = survey.everything(families)
    is_binary = inputs.classes is not None and len(inputs.classes) == 2
    names = {name for group in (overall, *groups) for _, of in group.parts() for name in of}
    return GroupFairness(
        task="regression" if favour is None else "classification",
        favourable=None if favour is None else favour.favourable,
        adverse=None if favour is None else favour.adverse,
        is_assumed=favour is not None and favour.is_assumed,
        cutoff=inputs.cutoff if is_binary else None,
        confidence=round(1 - alpha, 12),
        n_rows=len(rows.weights),
        weighted=rows.is_weighted,
        min_cell=min_cell,
        n_joint=sum(len(one.change_jointly) for one in groups),
        overall=overall,
        groups=tuple(groups),
        references=tuple(one.to_dict() for one in references),
        left_out=tuple(left_out),
        proxies=tuple(_screens(inputs, attributes, used, min_cell, alpha, random_state)),
        definitions={
            name: text for name, text in DEFINITIONS.items() if name in names | {"change"}
        },
        library={"name": "fairlearn", "version": library_version("fairlearn")},
    )


def _screens(
    inputs: Inputs,
    attributes: Sequence[Attribute],
    used: Any,
    min_cell: int,
    alpha: float,
    random_state: int,
) -> list[Any]:
    Z = inputs.structure.encode(inputs.rows)[used]
    return screen_proxies(
        attributes,
        Z,
        inputs.student,
        inputs.structure,
        min_cell=min_cell,
        alpha=alpha,
        random_state=random_state,
    )


@dataclass(frozen=True)
class _Survey:
    """All cells measured, first each by itself, then the changes jointly."""

    measures: Measures
    given: Mapping[str, Any]

    @property
    def rows(self) -> Rows:
        return self.measures.rows

    def everything(
        self, families: Sequence[Sequence[Cell]]
    ) -> tuple[GroupScores, list[GroupScores], list[Reference]]:
        """Give the numbers of all rows, those of each cell, and the references."""
        all_rows = Cell((), (), np.arange(len(self.rows.weights)))
        cells = [cell for family in families for cell in family]
        able = [cell for cell in cells if len(cell.rows) >= self.measures.min_cell]
        plain = self._plain([all_rows, *able])
        overall = self._scores(all_rows, {}, plain[all_rows], is_alone=True)
        groups: list[GroupScores] = []
        chosen: list[dict[str, Reference]] = []
        for family in families:
            references = self._references(family, plain)
            chosen += [references] * len(family)
            groups += [
                self._scores(cell, references, plain[cell])
                if cell in plain
                else self._too_small(cell)
                for cell in family
            ]
        once = {id(one): one for one in chosen}.values()
        every = [one for of in once for one in of.values()]
        return overall, self._jointly(groups, list(zip(cells, chosen, strict=True))), every

    def _plain(self, cells: Sequence[Cell]) -> dict[Cell, dict[str, dict[str, float]]]:
        """Give the plain metrics of each cell, by model."""
        by_model = {name: group_metrics(cells, self.rows, name) for name in self.rows.models}
        return {
            cell: {name: of[k] for name, of in by_model.items()} for k, cell in enumerate(cells)
        }

    def _references(
        self, family: Sequence[Cell], plain: Mapping[Cell, Mapping[str, Mapping[str, float]]]
    ) -> dict[str, Reference]:
        """Choose the references among the cells of the same attributes."""
        rates = {
            name: {
                cell: plain[cell][name].get("selection_rate", 0.0)
                for cell in family
                if cell in plain
            }
            for name in self.rows.models
        }
        return choose_references(family, rates, self.rows, self.given, self.measures.min_cell)

    def _scores(
        self,
        cell: Cell,
        chosen: Mapping[str, Reference],
        plain: Mapping[str, Mapping[str, float]],
        *,
        is_alone: bool = False,
    ) -> GroupScores:
        """Measure one cell."""
        references = {use: one.cell for use, one in chosen.items()}
        of_models = {
            name: self.measures.of_model(name, cell, references.get(name), plain[name])
            for name in self.rows.models
        }
        change = self.measures.change(cell, references.get("change"))
        if is_alone:  # all rows are compared with nobody
            comparisons = ("impact_ratio", "mean_difference", "standardized_difference")
            for scores in (*of_models.values(), change):
                for name in comparisons:
                    scores.pop(name, None)
        return GroupScores(
            attributes=cell.attributes,
            values=cell.values,
            label=cell.label if cell.attributes else "all rows",
            n=len(cell.rows),
            share=self._share(cell),
            reference_of=tuple(use for use, one in references.items() if one is cell),
            teacher=of_models.get("teacher", {}),
            student=of_models["student"],
            fidelity=self.measures.fidelity(cell),
            change=change,
        )

    def _too_small(self, cell: Cell) -> GroupScores:
        why = few_rows(len(cell.rows), self.measures.min_cell)
        return GroupScores(
            cell.attributes, cell.values, cell.label, len(cell.rows), self._share(cell), why
        )

    def _jointly(
        self, groups: Sequence[GroupScores], cells: Sequence[tuple[Cell, dict[str, Reference]]]
    ) -> list[GroupScores]:
        """Add the intervals of the changes that hold for all groups at once (Bonferroni)."""
        n = sum(_is_tested(score) for one in groups for score in one.change.values())
        if n == 0 or self.rows.is_regression:
            return list(groups)
        out = []
        for group, (cell, chosen) in zip(groups, cells, strict=True):
            if not group.change:
                out.append(group)
                continue
            change = self.measures.change_jointly(
                cell, chosen["change"].cell, self.measures.alpha / n
            )
            jointly = {
                name: score for name, score in change.items() if _is_tested(group.change[name])
            }
            worse = tuple(
                name for name, one in jointly.items() if one.high is not None and one.high < 0
            )
            out.append(replace(group, change_jointly=jointly, worse_in=worse))
        return out

    def _share(self, cell: Cell) -> float:
        w = self.rows.weights
        return float(w[cell.rows].sum() / w.sum())


def _is_tested(score: Any) -> bool:
    return score.high is not None


def check_rows(sample_weight: ArrayLike | None, n: int, alpha: float) -> FloatArray | None:
    """Check weights and alpha as every estimate does; give the weights as an array, or None."""
    estimate_mean(np.zeros(n), sample_weight=sample_weight, alpha=alpha)
    return None if sample_weight is None else np.asarray(sample_weight, dtype=np.float64)


def _check_task(inputs: Inputs, cutoff: float) -> None:
    n = 0 if inputs.classes is None else len(inputs.classes)
    if n != 2 and cutoff != DEFAULT_CUTOFF:
        kind = f"{n} classes" if n else "a regression"
        msg = f"cutoff={cutoff} divides two classes, but the student has {kind}. Leave cutoff out."
        raise InvalidInputError(msg)


def _check_min_cell(min_cell: Any) -> int:
    is_int = isinstance(min_cell, Integral) and not isinstance(min_cell, bool)
    if not is_int or min_cell < LEAST_MIN_CELL:
        msg = (
            f"min_cell must be an int of at least {LEAST_MIN_CELL}, got {min_cell!r}: fewer rows "
            "say nothing of a group, and may give away a person."
        )
        raise InvalidInputError(msg)
    return int(min_cell)

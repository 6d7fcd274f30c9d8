"""A tree as the rules a person reads: one rule per leaf, on the columns of the user's table.

Every other export starts here. A rule is data (columns, bounds, sets of categories, what happens
to a missing value), and its text is only one way to write it down.
"""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from interpkd._borders import BorderText, border_text
from interpkd._structure import Reach, Structure, leaf_paths, take_apart
from interpkd.exceptions import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from interpkd._tables import Column

ConditionKind = Literal["<=", ">", "between", "in", "is missing", "is not missing"]

BOOLEANS = (False, True)


@dataclass(frozen=True)
class Condition:
    """What a rule asks of one column; all splits on the column along the path, merged.

    Numbers are compared as float32, as scikit-learn's trees do: a row meets ``"between"`` when
    ``lower < float32(x) <= upper``. A category that was not seen in training is a missing value.

    Attributes
    ----------
    column : str
        Name of the column.

    kind : {"<=", ">", "between", "in", "is missing", "is not missing"}
        The form of the condition.

    lower, upper : float or None
        The bounds that `kind` uses, at full precision. The text has ``x < 39.0`` for
        ``x <= 38.999996185302734``, its neighbour in single precision, which says the same.

    categories : tuple
        For ``"in"``: the values that meet the condition, ``(False,)`` or ``(True,)`` for a
        boolean column.

    or_missing : bool
        Whether a missing value meets the condition too.

    missing_seen : bool
        Whether the model knows of missing values of the column in its training rows. If not,
        `or_missing` is the tree's default and was not learned.
    """

    column: str
    kind: ConditionKind
    lower: float | None = None
    upper: float | None = None
    categories: tuple[Any, ...] = ()
    or_missing: bool = False
    missing_seen: bool = False

    @property
    def text(self) -> str:
        """The condition in words; "or missing" only where missing values were seen."""
        return self.write()

    @property
    def says_or_missing(self) -> bool:
        """Whether the text ends in "or missing"."""
        return self.or_missing and self.missing_seen and self.kind != "is missing"

    @property
    def is_boolean(self) -> bool:
        """Whether the condition asks for one truth value."""
        return len(self.categories) == 1 and isinstance(self.categories[0], bool)

    def write(self, escape: Callable[[str], str] = str, *, as_stored: bool = False) -> str:
        """Write the condition, names and categories passed through `escape`.

        Parameters
        ----------
        escape : callable, default=str
            Makes a text safe for the format that is written.

        as_stored : bool, default=False
            Whether bounds are always written as the numbers that the tree holds, as in documents
            of JSON, whose texts stay the same over versions.

        Returns
        -------
        text : str
            Such as ``"20.0 < age <= 35.5 or missing"``.
        """
        lower, upper = (
            BorderText(np.nan if bound is None else bound, "<=", ">")
            if as_stored or bound is None
            else border_text(bound)
            for bound in (self.lower, self.upper)
        )
        name = escape(readable(self.column))
        if self.kind == "in":
            if self.is_boolean:
                text = f"{name} is {self.categories[0]}"
            else:
                listed = ", ".join(escape(readable(value)) for value in self.categories)
                text = f"{name} in {{{listed}}}"
        elif self.kind == "between":
            text = f"{lower.value!r} {lower.before} {name} {upper.below} {upper.value!r}"
        elif self.kind in ("is missing", "is not missing"):
            text = f"{name} {self.kind}"
        elif self.kind == "<=":
            text = f"{name} {upper.below} {upper.value!r}"
        else:
            text = f"{name} {lower.above} {lower.value!r}"
        return f"{text} or missing" if self.says_or_missing else text


@dataclass(frozen=True)
class Rule:
    """One leaf of a tree: who arrives there and what the tree says of them.

    Attributes
    ----------
    number : int
        Place in the list, from 1, leaves from left to right.

    leaf : int
        Number of the leaf in the tree's arrays.

    conditions : tuple of Condition
        All must hold; at most one per column, in the order of the path. Empty for a tree that
        never splits.

    n_rows : int
        Training rows in the leaf: real ones only for a student, all for a bare tree.

    share : float
        `n_rows` as a share of the training rows.

    distribution : dict or None
        Probability of each class; None for a regression.

    value : float or None
        Prediction; None for a classification.

    decision : object
        The most probable class, or the prediction.
    """

    number: int
    leaf: int
    conditions: tuple[Condition, ...]
    n_rows: int
    share: float
    distribution: dict[Any, float] | None
    value: float | None
    decision: Any

    @property
    def text(self) -> str:
        """The conditions in words, "always" when there are none."""
        return self.write()

    def write(self, escape: Callable[[str], str] = str) -> str:
        """Write the conditions, names and categories passed through `escape`.

        Parameters
        ----------
        escape : callable, default=str
            Makes a text safe for the format that is written.

        Returns
        -------
        text : str
            The conditions joined by "and".
        """
        if not self.conditions:
            return "always"
        if len(self.conditions) == 1:
            return self.conditions[0].write(escape)
        return " and ".join(
            f"({one.write(escape)})" if one.says_or_missing else one.write(escape)
            for one in self.conditions
        )


def rule_list(student: Any) -> list[Rule]:
    """Give a fitted tree as a list of rules on the columns of the user's table.

    Exactly one rule holds for any row, with missing values and unseen categories too, and its
    distribution is what `predict_proba` gives.

    Parameters
    ----------
    student : fitted estimator
        A tree student, or a decision tree of scikit-learn.

    Returns
    -------
    rules : list of Rule
        One per leaf, from left to right.

    Raises
    ------
    InvalidInputError
        If the model is not a tree of one output.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from interpkd.export import rule_list
    >>> X, y = load_iris(return_X_y=True, as_frame=True)
    >>> for rule in rule_list(DecisionTreeClassifier(max_leaf_nodes=3, random_state=0).fit(X, y)):
    ...     print(rule.text, "->", rule.decision)
    petal width (cm) <= 0.800000011920929 -> 0
    0.800000011920929 < petal width (cm) <= 1.75 -> 1
    petal width (cm) > 1.75 -> 2
    """
    structure = take_apart(student)
    _check_is_tree(structure)
    tree = structure.core.tree_
    n_rows = tree.n_node_samples if structure.n_real_rows is None else structure.n_real_rows
    rules = []
    for number, (leaf, reach) in enumerate(leaf_paths(tree), start=1):
        conditions = (_condition(structure.columns[i], values) for i, values in reach.items())
        distribution, value, decision = _answer(structure, leaf)
        rules.append(
            Rule(
                number=number,
                leaf=leaf,
                conditions=tuple(one for one in conditions if one is not None),
                n_rows=int(n_rows[leaf]),
                share=float(n_rows[leaf] / n_rows[0]),
                distribution=distribution,
                value=value,
                decision=decision,
            )
        )
    return rules


def split_condition(column: Column, reach: Reach) -> str:
    """Say in words which values of one column go to one side of a split."""
    condition = _condition(column, reach)
    return (
        f"{readable(column.name)}: any value"
        if condition is None
        else condition.write(as_stored=True)
    )


def readable(value: Any) -> str:
    """Give a name or category as text, quoted where it could be misread in a list."""
    text = str(value)
    plain = text == text.strip() and text.isprintable() and not set(text) & set(',{}"')
    return text if plain and text else json.dumps(text, ensure_ascii=False)


def _condition(column: Column, reach: Reach) -> Condition | None:
    """Say which values of a column reach a leaf; None when all do."""
    allowed: tuple[Any, ...] = ()
    if column.kind == "numeric":
        is_all = reach.lower == -np.inf and reach.upper == np.inf
        is_none = reach.lower >= reach.upper
    else:
        values = BOOLEANS if column.kind == "boolean" else column.categories
        allowed = tuple(v for code, v in enumerate(values) if reach.lower < code <= reach.upper)
        is_all, is_none = len(allowed) == len(values), not allowed

    def make(kind: ConditionKind, **parts: Any) -> Condition:
        return Condition(
            column.name, kind, **parts, or_missing=reach.missing, missing_seen=column.has_missing
        )

    if is_none and reach.missing:  # before `is_all`: a column of no categories is both
        return make("is missing")
    if is_all:
        return None if reach.missing else make("is not missing")
    if column.kind != "numeric":
        return make("in", categories=allowed)
    if reach.lower == -np.inf:
        return make("<=", upper=reach.upper)
    if reach.upper == np.inf:
        return make(">", lower=reach.lower)
    return make("between", lower=reach.lower, upper=reach.upper)


def _answer(structure: Structure, leaf: int) -> tuple[dict[Any, float] | None, float | None, Any]:
    """Give distribution, value and decision of a leaf."""
    answer = structure.core.tree_.value[leaf, 0]
    if structure.classes is None:
        value = float(answer[0])
        return None, value, value
    classes = structure.classes.tolist()
    distribution = dict(zip(classes, answer.tolist(), strict=True))
    return distribution, None, classes[int(answer.argmax())]


def _check_is_tree(structure: Structure) -> None:
    core = structure.core
    if not structure.is_plain:
        msg = (
            f"Rules need a tree whose leaves hold the student's answers; here these are made from "
            f"what the {type(core).__name__} says. Pass a tree student such as "
            "DistilledTreeClassifier, or one whose is_plain_ is True."
        )
        raise InvalidInputError(msg)
    if not structure.is_tree:
        msg = (
            f"Rules need a decision tree; {type(core).__name__} is none. Pass a tree student such "
            "as DistilledTreeClassifier, or a fitted tree of scikit-learn."
        )
        raise InvalidInputError(msg)
    if core.n_outputs_ != 1:
        msg = f"Rules need a tree of one output; this one has {core.n_outputs_}."
        raise InvalidInputError(msg)

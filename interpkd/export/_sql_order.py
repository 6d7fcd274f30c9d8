"""What a user asked of a statement in SQL, read and checked."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any

from interpkd.exceptions import InvalidInputError
from interpkd.export._sql_dialects import DIALECTS

if TYPE_CHECKING:
    from interpkd.export._sql_dialect import Dialect

KINDS: dict[str, tuple[str, ...]] = {
    "prediction": ("tree", "logistic", "svm", "linear", "scorecard"),
    "leaf": ("tree",),
    "rule": ("tree",),
    "score": ("logistic", "svm", "scorecard"),
    "points": ("scorecard",),
    "terms": ("logistic", "svm", "linear"),
    "reasons": ("logistic", "svm", "scorecard"),
}
"""The columns that may be asked for, and of which students."""

ONE_SCORE = ("score", "terms", "reasons")
"""Columns that students of several scores do not have."""


@dataclass(frozen=True)
class Output:
    """One column of the answer.

    Attributes
    ----------
    name : str
        Its name.

    kind : str
        "keep", "value" (the prediction of a regression), "probability", or one of `KINDS`.

    place : int
        Which one of its kind.
    """

    name: str
    kind: str
    place: int = 0


@dataclass(frozen=True)
class Order:
    """What was asked for.

    Attributes
    ----------
    dialect : Dialect
        How to write.

    table : tuple of str
        The parts of the table's name.

    names : dict
        The student's columns to those of the table.

    outputs : tuple of Output
        The columns of the answer.

    direction : float
        What one unit of a term is towards the adverse class.

    means : dict
        By column, what reasons are compared with.

    texts : dict
        By column, the text of its reason.

    cutoff : float or None
        The second class is decided above it.
    """

    dialect: Dialect
    table: tuple[str, ...]
    names: dict[str, str]
    outputs: tuple[Output, ...]
    direction: float
    means: dict[str, float]
    texts: dict[str, str]
    cutoff: float | None

    @property
    def keep(self) -> list[str]:
        """The columns that are kept."""
        return [one.name for one in self.outputs if one.kind == "keep"]

    def has(self, kind: str) -> bool:
        """Tell whether columns of a kind are asked for."""
        return any(one.kind == kind for one in self.outputs)


def read_order(
    data: Mapping[str, Any],
    *,
    table: Any,
    dialect: Any,
    keep: Any = (),
    columns: Any = "prediction",
    names: Any = None,
    cutoff: Any = None,
    n_reasons: Any = 4,
    adverse_class: Any = None,
    reference: Any = None,
    dictionary: Any = None,
) -> Order:
    """Read and check what `to_sql` was asked for; see there."""
    if dialect not in DIALECTS:
        msg = f"The 'dialect' parameter must be one of {[*DIALECTS]}, got {dialect!r}."
        raise InvalidInputError(msg)
    how = DIALECTS[dialect]
    asked = _texts(columns, "columns")
    _check_columns(data, asked)
    has_reasons = "reasons" in asked
    if not has_reasons and (reference is not None or dictionary is not None):
        msg = "'reference' and 'dictionary' are for columns='reasons', which is not asked for."
        raise InvalidInputError(msg)
    if isinstance(n_reasons, bool) or not isinstance(n_reasons, Integral) or n_reasons < 1:
        msg = f"The 'n_reasons' parameter must be an int of at least 1, got {n_reasons!r}."
        raise InvalidInputError(msg)
    order = Order(
        dialect=how,
        table=_table(table, how),
        names=_names(data, names, how),
        outputs=(),
        direction=_direction(data, adverse_class) if has_reasons else 1.0,
        means=_means(data, reference) if has_reasons else {},
        texts=_reason_texts(data, dictionary) if has_reasons else {},
        cutoff=_cutoff(data, cutoff),
    )
    kept = _texts(keep, "keep")
    outputs = _outputs(data, how, kept, asked, min(int(n_reasons), len(order.means)))
    return Order(**{**order.__dict__, "outputs": outputs})


def _texts(value: Any, what: str) -> list[str]:
    """Read one text or several."""
    listed = [value] if isinstance(value, str) else value
    if not isinstance(listed, Sequence) or not all(isinstance(one, str) for one in listed):
        msg = f"The '{what}' parameter must be a text or a list of texts, got {value!r}."
        raise InvalidInputError(msg)
    if len(set(listed)) < len(listed):
        msg = f"The '{what}' parameter must name each column once, got {value!r}."
        raise InvalidInputError(msg)
    return list(listed)


def _check_columns(data: Mapping[str, Any], asked: Sequence[str]) -> None:
    for one in asked:
        if one not in KINDS:
            msg = f"The 'columns' parameter may hold {[*KINDS]}, got {one!r}."
            raise InvalidInputError(msg)
        if data["kind"] not in KINDS[one]:
            fitting = [name for name, kinds in KINDS.items() if data["kind"] in kinds]
            msg = (
                f"A student of kind {data['kind']!r} has no column {one!r}; 'columns' may hold "
                f"{fitting}."
            )
            raise InvalidInputError(msg)
        if one in ONE_SCORE and len(data.get("intercept", ())) > 1:
            msg = f"A student of several classes has several scores, so no column {one!r}."
            raise InvalidInputError(msg)


def _table(table: Any, dialect: Dialect) -> tuple[str, ...]:
    parts = table.split(".") if isinstance(table, str) else table
    if (
        not isinstance(parts, Sequence)
        or not parts
        or not all(isinstance(part, str) for part in parts)
    ):
        msg = (
            "The 'table' parameter must be a name such as 'schema.table', or the list of its "
            f"parts, got {table!r}."
        )
        raise InvalidInputError(msg)
    if len(parts) > dialect.n_parts:
        msg = (
            f"The name of a table has at most {dialect.n_parts} parts in {dialect.title}, got "
            f"{table!r}. If a dot is part of a name, give the list of parts."
        )
        raise InvalidInputError(msg)
    return tuple(parts)


def _names(data: Mapping[str, Any], names: Any, dialect: Dialect) -> dict[str, str]:
    own = {column["name"]: column["name"] for column in data["columns"]}
    names = {} if names is None else names
    if not isinstance(names, Mapping) or not all(isinstance(v, str) for v in names.values()):
        msg = f"The 'names' parameter must map columns to names in the table, got {names!r}."
        raise InvalidInputError(msg)
    for name in names:
        if name not in own:
            msg = f"The 'names' parameter names {name!r}, which is no column of the student."
            raise InvalidInputError(msg)
    own |= names
    seen: dict[str, str] = {}
    for name in own.values():
        same = dialect.same_name(name)
        if same in seen:
            msg = (
                f"The columns {seen[same]!r} and {name!r} are one in {dialect.title}. Say with "
                "'names' what the table calls them."
            )
            raise InvalidInputError(msg)
        seen[same] = name
    return own


def _cutoff(data: Mapping[str, Any], cutoff: Any) -> float | None:
    if cutoff is None:
        return None
    if len(data["classes"] or ()) != 2:
        msg = "A cut-off is for students of two classes; leave 'cutoff' out."
        raise InvalidInputError(msg)
    if isinstance(cutoff, bool) or not isinstance(cutoff, Real) or not 0 < float(cutoff) < 1:
        msg = f"The 'cutoff' parameter must be a number between 0 and 1, got {cutoff!r}."
        raise InvalidInputError(msg)
    return float(cutoff)


def _direction(data: Mapping[str, Any], adverse_class: Any) -> float:
    """Give what one unit of a term is towards the adverse class."""
    classes = data["classes"]
    if adverse_class is None:
        adverse = 1
        if data["kind"] == "scorecard" and data["scale"]["good_class_was_given"]:
            adverse = 1 - classes.index(data["scale"]["good_class"])
    elif adverse_class in classes:
        adverse = classes.index(adverse_class)
    else:
        msg = (
            f"The 'adverse_class' parameter must be one of the classes {classes}, got "
            f"{adverse_class!r}."
        )
        raise InvalidInputError(msg)
    slope = data["factor"] if data["kind"] == "scorecard" else data.get("link_slope", 1.0)
    return 1.0 if (adverse == 1) == (slope > 0) else -1.0


def _means(data: Mapping[str, Any], reference: Any) -> dict[str, float]:
    """Give what each column adds in the reference group."""
    from interpkd.export._read_json import read_json

    names = [column["name"] for column in data["columns"]]
    if reference is None:
        msg = (
            "Reasons are relative to a reference group: give 'reference', its rows or a mapping "
            "of each column to what it adds on the average."
        )
        raise InvalidInputError(msg)
    if not isinstance(reference, Mapping):
        terms = read_json(dict(data)).terms(reference).mean(axis=0)
        means = dict(zip(names, terms.tolist(), strict=True))
    elif {*reference} == {*names} and all(isinstance(v, Real) for v in reference.values()):
        means = {name: float(reference[name]) for name in names}
    else:
        msg = (
            f"The 'reference' parameter must map each of the columns {names} to a number, or be "
            f"the rows of the group; got {reference!r}."
        )
        raise InvalidInputError(msg)
    if data["kind"] == "scorecard":
        used = {feature["column"] for feature in data["features"]}
    else:
        used = {term["column"] for term in data["terms"] if _adds(term)}
    return {name: mean for name, mean in means.items() if name in used}


def _adds(term: Mapping[str, Any]) -> bool:
    """Tell whether a column of a linear student ever adds anything."""
    listed = [*term.get("values", ()), *(term["missing"] or ())]
    listed += [value for one in term.get("categories", ()) for value in one["values"]]
    return any(value != 0 for value in listed)


def _reason_texts(data: Mapping[str, Any], dictionary: Any) -> dict[str, str]:
    own = {column["name"]: column["name"] for column in data["columns"]}
    if dictionary is None:
        return own
    if not isinstance(dictionary, Mapping) or not {*dictionary} <= {*own}:
        msg = f"'dictionary' must map columns of the student to texts, got {dictionary!r}."
        raise InvalidInputError(msg)
    for name, text in dictionary.items():
        if not isinstance(text, str) or "{" in text:
            msg = (
                f"dictionary[{name!r}] must be a text that is the same for all rows: nothing is "
                f"replaced in it, so it holds no brace; got {text!r}."
            )
            raise InvalidInputError(msg)
    return own | dict(dictionary)


def _outputs(
    data: Mapping[str, Any],
    dialect: Dialect,
    keep: Sequence[str],
    asked: Sequence[str],
    n_reasons: int,
) -> tuple[Output, ...]:
    """Name the columns of the answer, the probability or the prediction of a regression last."""
    outputs = [Output(name, "keep") for name in keep]
    classes = data["classes"]
    for kind in asked:
        if kind == "reasons":
            outputs += [Output(f"reason_{k + 1}", kind, k) for k in range(n_reasons)]
        elif kind in ("points", "terms"):
            key = "features" if kind == "points" else "terms"
            listed = [part["column"] for part in data[key]]
            written = _numbered(dialect, kind, listed)
            outputs += [Output(name, kind, k) for k, name in enumerate(written)]
        elif kind != "prediction" or classes is not None:
            outputs.append(Output(kind, kind))
    if classes is None:
        outputs.append(Output("prediction", "value"))
    elif len(classes) == 2:
        outputs.append(Output("probability", "probability", 1))
    else:
        names = _numbered(dialect, "probability", classes)
        outputs += [Output(name, "probability", k) for k, name in enumerate(names)]
    seen: dict[str, str] = {}
    for one in outputs:
        same = dialect.same_name(one.name)
        if same in seen:
            msg = (
                f"Two columns of the answer would be called {one.name!r} in {dialect.title}. Leave "
                "one out, or rename the column of 'keep'."
            )
            raise InvalidInputError(msg)
        seen[same] = one.name
        dialect.write_name(one.name, "the column")
    return tuple(outputs)


def _numbered(dialect: Dialect, prefix: str, labels: Sequence[Any]) -> list[str]:
    """Name columns by labels, or by number where the dialect cannot name one of them so."""
    names = [f"{prefix}_{label}" for label in labels]
    try:
        for name in names:
            dialect.write_name(name, "the column")
    except InvalidInputError:
        names = []
    if len({dialect.same_name(name) for name in names}) == len(labels):
        return names
    return [f"{prefix}_{k}" for k in range(len(labels))]

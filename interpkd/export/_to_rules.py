"""The rules of a tree as text, as a Markdown table, or as a data frame."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, Any, Literal, overload

from interpkd.exceptions import InvalidInputError
from interpkd.export._parity import checked
from interpkd.export._rules import Rule, readable, rule_list
from interpkd.export._rules_engine import RulesEngine
from interpkd.export._to_json import to_json

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from interpkd._typing import Table
    from interpkd.export._parity import Parity, ParityReport

FORMATS = ("text", "markdown", "frame")


@overload
def to_rules(student: Any, *, format: Literal["text", "markdown"] = ...) -> str: ...


@overload
def to_rules(student: Any, *, format: Literal["frame"]) -> pd.DataFrame: ...


def to_rules(student: Any, *, format: str = "text") -> Any:  # noqa: A002
    """Write a fitted tree as rules on the columns of the user's table.

    Thresholds are written at full precision, so the rules can be applied as they are read.
    "or missing" stands where missing values of the column were seen in training; where they were
    not, a note under the rules says which rules a missing value follows.

    Parameters
    ----------
    student : fitted estimator
        A tree student, or a decision tree of scikit-learn.

    format : {"text", "markdown", "frame"}, default="text"
        Plain text, a Markdown table, or a pandas DataFrame with one row per rule (without the
        notes).

    Returns
    -------
    rules : str or pandas.DataFrame
        The rules.

    Raises
    ------
    InvalidInputError
        If `format` is none of the three, or the model is not a tree of one output.

    See Also
    --------
    interpkd.export.rule_list : The same rules as data.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from interpkd.export import to_rules
    >>> X, y = load_iris(return_X_y=True, as_frame=True)
    >>> tree = DecisionTreeClassifier(max_leaf_nodes=2, random_state=0).fit(X, y)
    >>> print(to_rules(tree).partition("Notes")[0])
    Rule 1: if petal width (cm) <= 0.800000011920929
      then 0   P(0) = 1.000, P(1) = 0.000, P(2) = 0.000   50 rows, 33.3 %
    Rule 2: if petal width (cm) > 0.800000011920929
      then 1   P(0) = 0.000, P(1) = 0.500, P(2) = 0.500   100 rows, 66.7 %
    """
    return _write(rule_list(student), format)


def make_rules(
    student: Any,
    *,
    X: Table | None = None,
    parity: Parity = "auto",
    format: str = "text",  # noqa: A002
) -> tuple[Any, ParityReport]:
    """Give the rules, and how they compare with the student when they are applied."""
    rules, data = rule_list(student), to_json(student)

    def emit(note: str) -> Any:
        written = _write(rules, format)
        return f"{written}\n{note}\n" if note and format != "frame" else written

    engine = RulesEngine(rules, data)
    return checked(student, data, export="rules", emit=emit, engine=engine, X=X, parity=parity)


def _write(rules: list[Rule], form: str) -> Any:
    if form not in FORMATS:
        msg = f"The 'format' parameter of to_rules must be one of {FORMATS}, got {form!r}."
        raise InvalidInputError(msg)
    if form == "frame":
        return _frame(rules)
    return _markdown(rules) if form == "markdown" else _text(rules)


def escape_markdown(text: str) -> str:
    """Make a name safe in a Markdown table: no cell border, no markup, no HTML."""
    text = html.escape(" ".join(text.split()), quote=False)
    text = re.sub(r"([\\`*\[\]|~$])", r"\\\1", text)
    # an underscore inside a word is no markup, and reads better as it is
    return re.sub(r"(?<![^\W_])_|_(?![^\W_])", r"\\_", text)


def _text(rules: list[Rule]) -> str:
    lines = []
    for rule in rules:
        support = f"{rule.n_rows} rows, {rule.share:.1%}".replace("%", " %")
        if rule.distribution is None:
            answer = f"{rule.value:.6g}"
        else:
            proba = ", ".join(f"P({readable(c)}) = {p:.3f}" for c, p in rule.distribution.items())
            answer = f"{readable(rule.decision)}   {proba}"
        lines += [f"Rule {rule.number}: if {rule.text}", f"  then {answer}   {support}"]
    notes = _notes(rules)
    if notes:
        lines += ["", "Notes", *(f"- {note}" for note in notes)]
    return "\n".join(lines) + "\n"


def _markdown(rules: list[Rule]) -> str:
    classes = [] if rules[0].distribution is None else list(rules[0].distribution)
    names = [f"P({escape_markdown(readable(label))})" for label in classes]
    heads = ["Rule", "If", "Then", *names, "Rows", "Share"]
    lines = [_cells(heads), _cells(["--:", ":--", ":--", *["--:"] * (len(classes) + 2)])]
    for rule in rules:
        if rule.distribution is None:
            decision, proba = f"{rule.value:.6g}", []
        else:
            decision = escape_markdown(readable(rule.decision))
            proba = [f"{p:.3f}" for p in rule.distribution.values()]
        support = [str(rule.n_rows), f"{100 * rule.share:.1f} %"]
        condition = rule.write(escape_markdown)
        lines.append(_cells([str(rule.number), condition, decision, *proba, *support]))
    notes = _notes(rules, escape_markdown)
    if notes:
        lines += ["", *(f"- {note}" for note in notes)]
    return "\n".join(lines) + "\n"


def _frame(rules: list[Rule]) -> pd.DataFrame:
    import pandas as pd

    rows = []
    for rule in rules:
        row = {"rule": rule.number, "leaf": rule.leaf, "conditions": rule.text}
        row |= {"n_rows": rule.n_rows, "share": rule.share, "decision": rule.decision}
        if rule.distribution is not None:
            row |= {f"P({label})": p for label, p in rule.distribution.items()}
        rows.append(row)
    return pd.DataFrame(rows)


def _notes(rules: list[Rule], escape: Callable[[str], str] = str) -> list[str]:
    """Say what the conditions leave unsaid: unseen categories, missing values, precision."""
    conditions = [one for rule in rules for one in rule.conditions]
    notes = []
    if any(one.kind == "in" and not one.is_boolean for one in conditions):
        notes.append("A category that was not seen in training is treated as a missing value.")
    follows: dict[str, list[int]] = {}
    for rule in rules:
        for one in rule.conditions:
            if one.or_missing and not one.missing_seen and one.kind != "is missing":
                follows.setdefault(one.column, []).append(rule.number)
    if follows:
        sides = "; ".join(
            f"{escape(readable(name))}: {', '.join(map(str, numbers))}"
            for name, numbers in follows.items()
        )
        notes.append(
            "Where the model knows of no missing training value of a column, a missing value "
            f"meets that column's condition in these rules and in no other: {sides}."
        )
    if any(one.kind in ("<=", ">", "between") for one in conditions):
        notes.append("Numbers are compared in single precision (float32), as scikit-learn does.")
    return notes


def _cells(values: list[str]) -> str:
    return "| " + " | ".join(values) + " |"

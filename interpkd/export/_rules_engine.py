"""Applies rules to rows, as a person would: each condition on its own, one rule per row."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

import platform
from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd.export._parity import Answers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from interpkd._typing import BoolArray
    from interpkd.export._rules import Condition, Rule


class RulesEngine:
    """Rules taken by their conditions, which the texts write down word for word.

    Parameters
    ----------
    rules : sequence of Rule
        The rules.

    data : dict
        The document of the tree: it knows which categories were never seen.
    """

    name = "rule_list on Python"
    tolerance = 1e-12
    in_single = False

    def __init__(self, rules: Sequence[Rule], data: dict[str, Any]) -> None:
        self.rules = rules
        self.known = {
            column["name"]: column["categories"] if column["kind"] == "category" else None
            for column in data["columns"]
        }

    def version(self) -> str:
        """Give the version of Python: nothing else is needed."""
        return platform.python_version()

    def install_line(self) -> str:
        """Say that nothing is to be installed."""
        return "nothing to install"

    def answers(self, artefact: Any, rows: Any) -> Answers:
        """Answer rows; each must meet one rule and no other."""
        del artefact  # the same conditions as text
        met = np.array(
            [
                np.logical_and.reduce(
                    [np.ones(len(rows), dtype=bool), *(self._meets(c, rows) for c in r.conditions)]
                )
                for r in self.rules
            ]
        )
        if (met.sum(axis=0) != 1).any():
            row = int((met.sum(axis=0) != 1).argmax())
            msg = f"Row {row} meets {int(met[:, row].sum())} rules instead of one."
            raise ValueError(msg)
        chosen = [self.rules[k] for k in met.argmax(axis=0)]
        predictions = np.empty(len(rows), dtype=object)
        predictions[:] = [rule.decision for rule in chosen]
        if self.rules[0].distribution is None:
            return Answers(np.array([rule.value for rule in chosen], dtype=np.float64))
        return Answers(
            predictions, np.array([[*(rule.distribution or {}).values()] for rule in chosen])
        )

    def _meets(self, condition: Condition, rows: Any) -> BoolArray:
        values = rows[condition.column]
        known = self.known[condition.column]
        missing = (values.isna() if known is None else ~values.isin(known)).to_numpy()
        if condition.kind == "is missing":
            return missing
        if condition.kind == "is not missing":
            return ~missing
        if condition.kind == "in":
            holds = values.isin(condition.categories).to_numpy(bool, na_value=False)
        else:
            numbers = values.to_numpy(np.float64, na_value=np.nan)
            x = numbers.astype(np.float32).astype(np.float64)  # as trees compare
            lower = -np.inf if condition.lower is None else condition.lower
            upper = np.inf if condition.upper is None else condition.upper
            holds = (lower < x) & (x <= upper)
        return np.where(missing, condition.or_missing, holds)

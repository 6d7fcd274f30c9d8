"""Which group the others are compared with, and how it was chosen."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from interpkd.audit._fairness_cells import Cell
    from interpkd.audit._fairness_rows import Rows


LEAST_SHARE = 0.02
"""Least part of the rows, by weight, of a group that others are compared with unless it was named:
the highest rate of many small groups is high by chance."""


@dataclass(frozen=True)
class Reference:
    """The cell that the cells of the same attributes are compared with.

    Attributes
    ----------
    attributes : tuple of str
        The attributes.

    use : {"teacher", "student", "change"}
        Whose decisions are compared with it; "change" for the student's with the teacher's.

    cell : Cell or None
        The cell; None where none will do.

    chosen : str
        How it was chosen, or why there is none.
    """

    attributes: tuple[str, ...]
    use: str
    cell: Cell | None
    chosen: str

    def to_dict(self) -> dict[str, Any]:
        """Give the reference as plain Python values."""
        return {
            "attributes": list(self.attributes),
            "use": self.use,
            "group": None if self.cell is None else self.cell.label,
            "values": None if self.cell is None else list(self.cell.values),
            "chosen": self.chosen,
        }


def choose_references(
    family: Sequence[Cell],
    rates: Mapping[str, Mapping[Cell, float]],
    rows: Rows,
    given: Mapping[str, Any],
    min_cell: int,
) -> dict[str, Reference]:
    """Choose the reference of each model, and that of the change between them.

    The one that is given for every attribute; else, of the cells with enough rows, without a
    missing value, and with 2 % of the rows or more where there are such cells, the one that the
    model selects most often, and for a regression the one of most weight. The change is measured against the teacher's.

    Parameters
    ----------
    family : sequence of Cell
        The cells of the same attributes.

    rates : mapping of str to mapping of Cell to float
        Model to the selection rate of each cell with enough rows; empty for a regression.

    rows : Rows
        The rows.

    given : mapping
        Attribute to the value that the user named.

    min_cell : int
        Fewest rows of a cell that is measured.

    Returns
    -------
    references : dict of str to Reference
        By use.
    """
    names = family[0].attributes
    uses = (*rows.models, "change") if rows.has_teacher else rows.models
    if all(name in given for name in names):
        wanted = tuple(given[name] for name in names)
        cell = next((one for one in family if one.values == wanted), None)
        chosen = "given"
        if cell is None or len(cell.rows) < min_cell:
            n = 0 if cell is None else len(cell.rows)
            cell, chosen = None, f"the one given has {few_rows(n, min_cell)}"
        return {use: Reference(names, use, cell, chosen) for use in uses}
    able = [one for one in family if len(one.rows) >= min_cell and None not in one.values]
    out = {}
    for use in uses:
        model = "teacher" if use == "change" else use
        cell, chosen = _highest(able, rates.get(model, {}), rows, model)
        out[use] = Reference(names, use, cell, chosen)
    return out


def _highest(
    able: Sequence[Cell], rates: Mapping[Cell, float], rows: Rows, model: str
) -> tuple[Cell | None, str]:
    """Give the cell of the highest rate; of equal ones that of most weight, then by its values."""
    if not able:
        return None, "no group has enough rows"
    weight = {one: float(rows.weights[one.rows].sum()) for one in able}
    least = LEAST_SHARE * rows.weights.sum()
    large = [one for one in able if weight[one] >= least]
    best = max(large or able, key=lambda one: (rates.get(one, 0.0), weight[one]))
    if rows.is_regression:
        return best, "the group of most rows, by weight"
    of = f" among those of at least {LEAST_SHARE:.0%} of the rows" if large else ""
    return best, f"the group with the highest selection rate of the {model}{of}"


def few_rows(n: int, least: int) -> str:
    """Say that there are too few rows."""
    return f"{n} {'row' if n == 1 else 'rows'}, at least {least} are needed"

"""Some rows and columns of a collection: those to learn from, those held out."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd._row_sample import share_keys, take
from interpkd.exceptions import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from interpkd._collections._protocol import Collection, Part


@dataclass(frozen=True)
class HeldOut:
    """Which rows are held out.

    Attributes
    ----------
    share : float
        The share of the rows, by a hash of their content: equal rows are on the same side, and a
        row is wherever it lies.

    seed : int
        Another one holds out other rows.

    parts : frozenset of int or None
        Whole parts instead.
    """

    share: float
    seed: int
    parts: frozenset[int] | None = None


@dataclass(frozen=True)
class Selection:
    """What a view shows.

    Attributes
    ----------
    held_out : HeldOut
        The rule.

    side : bool
        True for the rows held out.

    dropped : tuple of str
        Columns that are not shown.
    """

    held_out: HeldOut
    side: bool
    dropped: tuple[str, ...] = ()

    def of(self, part: Part) -> Part:
        """Give what is shown of a part."""
        rule, X = self.held_out, part.X
        if rule.parts is not None:
            shown = np.full(len(X), (part.number in rule.parts) == self.side)
        else:
            shown = (share_keys(X, seed=rule.seed) < rule.share) == self.side
        if self.dropped:
            X = X.drop(columns=list(self.dropped))
        rows = np.flatnonzero(shown)
        if len(rows) == len(X):
            return replace(part, X=X)
        kept = {name: take(getattr(part, name), rows) for name in ("y", "sample_weight", "scores")}
        return replace(part, X=take(X, rows), **kept)


class View:
    """Rows on one side of a split, without some columns.

    Parameters
    ----------
    whole : Collection
        All rows.

    selection : Selection
        Which are shown.
    """

    def __init__(self, whole: Collection, selection: Selection) -> None:
        unknown = [name for name in selection.dropped if name not in whole.feature_names]
        if unknown or (selection.dropped and not whole.is_named):
            msg = f"The column {(unknown or selection.dropped)[0]!r} is to be dropped, and is none."
            raise InvalidInputError(msg)
        self.whole, self.selection = whole, selection
        self.feature_names = [name for name in whole.feature_names if name not in selection.dropped]
        self.is_named, self.has_target = whole.is_named, whole.has_target
        self.has_weights, self.has_scores = whole.has_weights, whole.has_scores
        self.engine, self.n_parts = whole.engine, whole.n_parts
        self.score_names = whole.score_names
        self.n_rows: int | None = None

    @property
    def n_passes(self) -> int:
        """How often the whole was read so far."""
        return self.whole.n_passes

    def map(
        self, function: Callable[..., Any], *state: Any, parts: Sequence[int] | None = None
    ) -> Iterator[Any]:
        """Give ``function(part, *state)`` of every part, or of some by number, in their order."""
        more = {} if parts is None else {"parts": parts}
        return self.whole.map(_on_view, function, self.selection, *state, **more)

    def keep(
        self, function: Callable[..., Any], *state: Any, store: Any = None
    ) -> tuple[Any, list[Any]]:
        """Make blocks of the arrays that ``function(part, *state)`` gives."""
        return self.whole.keep(_on_view, function, self.selection, *state, store=store)

    def fingerprint(self) -> str:
        """Give a text that changes when the rows may have changed, or others are shown."""
        rule = self.selection.held_out
        parts = None if rule.parts is None else sorted(rule.parts)
        shown = (rule.share, rule.seed, parts, self.selection.side, self.selection.dropped)
        return f"{self.whole.fingerprint()}|{shown}"


def held_out_parts(n_parts: int, share: float, seed: int) -> frozenset[int]:
    """Draw whole parts to hold out: at least one, and not all."""
    if n_parts < 2:
        msg = "There is one part only, and so none to hold out; hold rows out instead."
        raise InvalidInputError(msg)
    n = min(max(round(share * n_parts), 1), n_parts - 1)
    drawn = np.random.default_rng(seed).choice(n_parts, size=n, replace=False)
    return frozenset(int(one) for one in drawn)


def _on_view(part: Part, function: Callable[..., Any], selection: Selection, *state: Any) -> Any:
    return function(selection.of(part), *state)

"""Rows made to hurt: every border and its neighbours, missing and unseen values, extremes."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from interpkd._typing import Table


def hurting_rows(data: dict[str, Any], X: Table | None = None, *, seed: int = 0) -> Any:
    """Make rows on which exports of a student have gone wrong.

    A pandas data frame in the student's columns: float64 with NaN, "boolean" with NA, objects with
    None. Holds no value that the student refuses.
    """
    raise NotImplementedError

"""All checks of the package, in the order of their codes; each theme has a module of its own."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING

from interpkd.audit._builtin_checks_fidelity import LowFidelity

if TYPE_CHECKING:
    from interpkd.audit._checks import Check

BUILTIN_CHECKS: tuple[Check, ...] = (LowFidelity(),)
"""The checks that every report makes, KD001 and following; codes are never given anew."""

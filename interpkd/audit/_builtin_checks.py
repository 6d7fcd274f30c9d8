"""All checks of the package, in the order of their codes; each theme has a module of its own."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING

from interpkd.audit._builtin_checks_agreement import AgreementByImbalance, ExplanationsDisagree
from interpkd.audit._builtin_checks_certificate import LittleProved
from interpkd.audit._builtin_checks_fairness import AttributeUsed, WorseForGroup
from interpkd.audit._builtin_checks_fidelity import LowFidelity, LowFidelityInGroup, WorseSegment
from interpkd.audit._builtin_checks_model import NotMonotone, ThinParts, TooManyParts, Unstable
from interpkd.audit._builtin_checks_rows import OutsideTraining, SharedRows, UnlearnedMissing
from interpkd.audit._builtin_checks_teaching import DriftFromLabels, DriftFromTeacher, LeakedTargets

if TYPE_CHECKING:
    from interpkd.audit._checks import Check

BUILTIN_CHECKS: tuple[Check, ...] = (
    LowFidelity(),
    LowFidelityInGroup(),
    WorseSegment(),
    AgreementByImbalance(),
    ExplanationsDisagree(),
    LeakedTargets(),
    DriftFromTeacher(),
    DriftFromLabels(),
    TooManyParts(),
    ThinParts(),
    Unstable(),
    NotMonotone(),
    OutsideTraining(),
    SharedRows(),
    UnlearnedMissing(),
    LittleProved(),
    AttributeUsed(),
    WorseForGroup(),
)
"""The checks that every report makes, KD001 and following; a code is never given to another."""

"""The check of a certificate: how many rows are proved, and where the student's borders are off."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from interpkd.audit._checks import SEVERITIES, Finding
from interpkd.audit._floors import floor
from interpkd.audit._judging import (
    below,
    beyond,
    figures,
    milder,
    not_applicable,
    share_estimate,
    why_absent,
)


@dataclass(frozen=True)
class LittleProved:
    """KD016: near few rows it is proved that both models agree, or the student's borders are off."""

    code: str = "KD016"
    title: str = "Near few rows the models provably agree"
    severity: str = "medium"
    section: str = "certificate"

    def look(self, data: dict[str, Any]) -> Finding:
        """Judge the smallest radius, which asks least."""
        absent = why_absent(data, "certificate")
        if absent is not None:
            return not_applicable(absent)
        found = data["certificate"]
        if found["not_searched"] is not None:
            return not_applicable(f"nothing near the rows was searched: {found['not_searched']}")
        least, most = floor(data, "proved_share"), floor(data, "border_share")
        nearest = min(found["radii"], key=lambda one: float(one["radius"]))
        counts, n = nearest["counts"], found["n_rows"]
        # the certificate's own limit is one-sided; whether a share is surely low takes both ends
        proved = share_estimate(counts["proved"], n, found["confidence"])
        border = share_estimate(counts["student_border"], n, found["confidence"])
        graves = [one for one in (below(proved, least), beyond(border, most)) if one is not None]
        message = (
            f"Proved for every input within {100 * nearest['radius']:g} % of ranks: a share of "
            f"{figures(proved)} of {n} rows, {'below' if proved['estimate'] < least else 'not below'} "
            f"{least:g}. Of the others the models disagree on {counts['wrong_on_row']} rows as they "
            f"are, near {counts['teacher_unstable']} the teacher's own answer changes, near "
            f"{counts['student_border']} only the student's border is seen (a share "
            f"{'above' if border['estimate'] > most else 'not above'} {most:g}), and "
            f"{counts['undecided']} are undecided."
        )
        evidence = {
            "radius": nearest["radius"],
            "n_rows": n,
            "share_proved": proved["estimate"],
            "floor": least,
            **counts,
            "ceiling": most,
        }
        if not graves:
            return Finding("clear", message, evidence)
        return Finding(
            "finding",
            message,
            evidence,
            severity=milder(min(graves, key=SEVERITIES.index)),
            remedy="Near these rows do not read the student as the teacher's reason; a larger student "
            "moves its borders, and where the teacher itself changes nothing small can follow.",
        )

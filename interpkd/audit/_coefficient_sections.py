"""A linear student in full, as a plain dictionary."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from interpkd.audit._inputs import plain
from interpkd.export import coefficient_list

if TYPE_CHECKING:
    from interpkd.audit._inputs import Inputs


def student_coefficients(inputs: Inputs) -> dict[str, Any]:
    """Give the whole student: every coefficient in the units of its column.

    Parameters
    ----------
    inputs : Inputs
        The student, the rows and both models' answers.

    Returns
    -------
    section : dict
        What scores are and how answers follow, intercepts, coefficients.
    """
    core, classes = inputs.structure.core, inputs.classes
    found = coefficient_list(inputs.student)
    link = getattr(inputs.student, "link_slope_", None)
    if classes is None:
        scores, answer = ["prediction"], "The prediction is the score."
    else:
        scores = [f"score of {label}" for label in (classes[1:] if len(classes) == 2 else classes)]
        curve = "softmax" if len(classes) > 2 else "logistic function"
        times = "" if link is None else f" times {link!r}"
        answer = f"The probabilities are the {curve} of the scores{times}."
    coefficients = [
        {
            "text": one.text,
            "column": one.column,
            "kind": one.kind,
            "category": plain(one.category),
            "values": [plain(value) for value in one.values],
        }
        for one in found
    ]
    used = dict.fromkeys(one.column for one in found if any(one.values))
    return {
        "kind": "linear model",
        "n_coefficients": len(found),
        "n_used": sum(any(one.values) for one in found),
        "columns_used": list(used),
        "scores": scores,
        "answer": answer,
        "intercepts": [float(value) for value in np.atleast_1d(core.intercept_)],
        "reference_levels": {
            name: plain(level)
            for name, level in getattr(inputs.student, "reference_levels_", {}).items()
        },
        "imputed_values": {
            column.name: plain(inputs.student.imputed_values_[column.name])
            for column in inputs.structure.columns
            if column.has_missing and column.kind != "category"
        },
        "coefficients": coefficients,
    }

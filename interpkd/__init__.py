"""Distil a black box into a model a person can read, with the evidence of how faithful it is.

A student is an estimator whose targets are a teacher's probabilities. Rooms and names are imported
when they are first asked for, so that `import interpkd` costs nothing that is not used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from interpkd import (  # noqa: F401 - the rooms are attributes
        audit,
        datasets,
        exceptions,
        explanation,
        export,
        fidelity,
        learners,
        students,
        targets,
        teachers,
    )
    from interpkd.audit import audit_report
    from interpkd.explanation import explain
    from interpkd.fidelity import fidelity_report
    from interpkd.students import (
        DistilledClassifier,
        DistilledLinearRegression,
        DistilledLinearSVC,
        DistilledLogisticRegression,
        DistilledRegressor,
        DistilledScorecardClassifier,
        DistilledTreeClassifier,
        DistilledTreeRegressor,
    )
    from interpkd.teachers import as_teacher

__version__ = "0.1.0.dev0"

__all__ = [
    "DistilledClassifier",
    "DistilledLinearRegression",
    "DistilledLinearSVC",
    "DistilledLogisticRegression",
    "DistilledRegressor",
    "DistilledScorecardClassifier",
    "DistilledTreeClassifier",
    "DistilledTreeRegressor",
    "__version__",
    "as_teacher",
    "audit_report",
    "explain",
    "fidelity_report",
]

_ROOMS = {
    "audit",
    "datasets",
    "exceptions",
    "explanation",
    "export",
    "fidelity",
    "learners",
    "students",
    "targets",
    "teachers",
}
_OTHERS = {  # names that are not students, and the rooms they come from
    "as_teacher": "teachers",
    "audit_report": "audit",
    "explain": "explanation",
    "fidelity_report": "fidelity",
}

if not TYPE_CHECKING:  # a checker is told the names above, and that there are no others

    def __getattr__(name: str) -> Any:
        """Import a room, or the room of a public name, the first time it is asked for."""
        if name in _ROOMS:
            return importlib.import_module(f"interpkd.{name}")  # the import sets the attribute
        if name in __all__:
            room = importlib.import_module(f"interpkd.{_OTHERS.get(name, 'students')}")
            globals()[name] = value = getattr(room, name)
            return value
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)


def __dir__() -> list[str]:
    """List what is here and what can be asked for."""
    return sorted({*__all__, *_ROOMS, *(name for name in globals() if name.startswith("__"))})

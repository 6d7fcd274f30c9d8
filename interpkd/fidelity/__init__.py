"""Does the student imitate the teacher? Answers of both in, scores with intervals out."""

from interpkd.fidelity._intervals import ScoreEstimate
from interpkd.fidelity._report import FidelityReport, SegmentScores, fidelity_report
from interpkd.fidelity._scores import (
    Agreement,
    DecisionAUC,
    KLDivergence,
    MeanAbsoluteError,
    ProbaMAE,
    ProbaR2,
    RootMeanSquaredError,
    RSquared,
)

__all__ = [
    "Agreement",
    "DecisionAUC",
    "FidelityReport",
    "KLDivergence",
    "MeanAbsoluteError",
    "ProbaMAE",
    "ProbaR2",
    "RSquared",
    "RootMeanSquaredError",
    "ScoreEstimate",
    "SegmentScores",
    "fidelity_report",
]

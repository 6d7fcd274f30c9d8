"""Does the student imitate the teacher? Answers of both in, scores with intervals out."""

from interpkd.fidelity._intervals import ScoreEstimate
from interpkd.fidelity._report import FidelityReport, SegmentScores, fidelity_report
from interpkd.fidelity._scores import (
    MAE,
    R2,
    RMSE,
    Agreement,
    DecisionAUC,
    KLDivergence,
    ProbaMAE,
    ProbaR2,
)

__all__ = [
    "MAE",
    "R2",
    "RMSE",
    "Agreement",
    "DecisionAUC",
    "FidelityReport",
    "KLDivergence",
    "ProbaMAE",
    "ProbaR2",
    "ScoreEstimate",
    "SegmentScores",
    "fidelity_report",
]

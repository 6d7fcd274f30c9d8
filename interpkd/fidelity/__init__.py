"""Does the student imitate the teacher? Answers of both in, scores with intervals out."""

from interpkd.fidelity._cutoff_findings import (
    CutoffDecisions,
    CutoffReport,
    SwapCell,
    SweepPoint,
    TierTable,
)
from interpkd.fidelity._cutoff_report import cutoff_report
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
from interpkd.fidelity._segment_findings import SegmentFinding, WorstSegments
from interpkd.fidelity._segment_labels import leaf_labels, score_bands
from interpkd.fidelity._segment_rules import SegmentCondition
from interpkd.fidelity._worst_rows import WorstRow, WorstRows, worst_rows
from interpkd.fidelity._worst_segment import worst_segment

__all__ = [
    "Agreement",
    "CutoffDecisions",
    "CutoffReport",
    "DecisionAUC",
    "FidelityReport",
    "KLDivergence",
    "MeanAbsoluteError",
    "ProbaMAE",
    "ProbaR2",
    "RSquared",
    "RootMeanSquaredError",
    "ScoreEstimate",
    "SegmentCondition",
    "SegmentFinding",
    "SegmentScores",
    "SwapCell",
    "SweepPoint",
    "TierTable",
    "WorstRow",
    "WorstRows",
    "WorstSegments",
    "cutoff_report",
    "fidelity_report",
    "leaf_labels",
    "score_bands",
    "worst_rows",
    "worst_segment",
]

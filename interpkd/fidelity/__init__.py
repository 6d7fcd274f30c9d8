"""Does the student imitate the teacher? Answers of both in, scores with intervals out."""

from interpkd.fidelity._calibration_scores import (
    CalibrationBias,
    CalibrationError,
    CalibrationSlope,
)
from interpkd.fidelity._compared_students import (
    StudentComparison,
    StudentDifference,
    compare_students,
)
from interpkd.fidelity._cutoff_findings import (
    CutoffDecisions,
    CutoffReport,
    SwapCell,
    SweepPoint,
    TierTable,
)
from interpkd.fidelity._cutoff_report import cutoff_report
from interpkd.fidelity._decision_scores import (
    CohenKappa,
    NegativeAgreement,
    PositiveAgreement,
)
from interpkd.fidelity._distance_scores import (
    JensenShannon,
    LogitMAE,
    LogitR2,
    LogitRMSE,
    ProbaRMSE,
    TotalVariation,
)
from interpkd.fidelity._distil_findings import DistilOrNot, Lesson, PairedDifference
from interpkd.fidelity._distil_or_not import distil_or_not
from interpkd.fidelity._error_scores import (
    ErrorQuantile,
    MeanError,
)
from interpkd.fidelity._estimates import estimate_mean, estimate_share
from interpkd.fidelity._fidelity_report import FidelityReport, SegmentScores
from interpkd.fidelity._frontier import frontier
from interpkd.fidelity._frontier_findings import (
    FoldScores,
    Frontier,
    FrontierChoice,
    FrontierPoint,
)
from interpkd.fidelity._intervals import ScoreEstimate
from interpkd.fidelity._label_scores import LabelScores, discrimination
from interpkd.fidelity._rank_scores import (
    KendallTau,
    SpearmanCorrelation,
)
from interpkd.fidelity._report import fidelity_report
from interpkd.fidelity._scorer import (
    FidelityScorer,
    fidelity_scorer_names,
    make_fidelity_scorer,
)
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
from interpkd.fidelity._shared_teacher import share_fits
from interpkd.fidelity._statements import Statement
from interpkd.fidelity._worst_rows import WorstRow, WorstRows, worst_rows
from interpkd.fidelity._worst_segment import worst_segment
from interpkd.fidelity.certificate import (
    BornAgainTree,
    Certificate,
    EqualityCertificate,
    Monotonicity,
    MonotonicityCertificate,
    RadiusShares,
    WorstCase,
    born_again_tree,
    certify,
    certify_equality,
    certify_monotonicity,
)

__all__ = [
    "Agreement",
    "BornAgainTree",
    "CalibrationBias",
    "CalibrationError",
    "CalibrationSlope",
    "Certificate",
    "CohenKappa",
    "CutoffDecisions",
    "CutoffReport",
    "DecisionAUC",
    "DistilOrNot",
    "EqualityCertificate",
    "ErrorQuantile",
    "FidelityReport",
    "FidelityScorer",
    "FoldScores",
    "Frontier",
    "FrontierChoice",
    "FrontierPoint",
    "JensenShannon",
    "KLDivergence",
    "KendallTau",
    "LabelScores",
    "Lesson",
    "LogitMAE",
    "LogitR2",
    "LogitRMSE",
    "MeanAbsoluteError",
    "MeanError",
    "Monotonicity",
    "MonotonicityCertificate",
    "NegativeAgreement",
    "PairedDifference",
    "PositiveAgreement",
    "ProbaMAE",
    "ProbaR2",
    "ProbaRMSE",
    "RSquared",
    "RadiusShares",
    "RootMeanSquaredError",
    "ScoreEstimate",
    "SegmentCondition",
    "SegmentFinding",
    "SegmentScores",
    "SpearmanCorrelation",
    "Statement",
    "StudentComparison",
    "StudentDifference",
    "SwapCell",
    "SweepPoint",
    "TierTable",
    "TotalVariation",
    "WorstCase",
    "WorstRow",
    "WorstRows",
    "WorstSegments",
    "born_again_tree",
    "certify",
    "certify_equality",
    "certify_monotonicity",
    "compare_students",
    "cutoff_report",
    "discrimination",
    "distil_or_not",
    "estimate_mean",
    "estimate_share",
    "fidelity_report",
    "fidelity_scorer_names",
    "frontier",
    "leaf_labels",
    "make_fidelity_scorer",
    "score_bands",
    "share_fits",
    "worst_rows",
    "worst_segment",
]

"""All fidelity scores by name, and which of them a report leads with."""

# Authors: The interpkd developers
# SPDX-License-Identifier: BSD-3-Clause

from __future__ import annotations

from typing import TYPE_CHECKING

from interpkd.fidelity._calibration_scores import (
    CalibrationBias,
    CalibrationError,
    CalibrationSlope,
)
from interpkd.fidelity._decision_scores import CohenKappa, NegativeAgreement, PositiveAgreement
from interpkd.fidelity._distance_scores import (
    JensenShannon,
    LogitMAE,
    LogitR2,
    LogitRMSE,
    ProbaRMSE,
    TotalVariation,
)
from interpkd.fidelity._error_scores import ErrorQuantile, MeanError
from interpkd.fidelity._performance import Accuracy, Brier, LabelAUC, LogLoss
from interpkd.fidelity._rank_scores import KendallTau, SpearmanCorrelation
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

if TYPE_CHECKING:
    from collections.abc import Sequence

    from interpkd.fidelity._performance import LabelScore
    from interpkd.fidelity._scores import Score


def headline_scores(n_classes: int | None, cutoff: float) -> list[Score]:
    """Give the scores that a report leads with; `n_classes` None for a regression."""
    if n_classes is None:
        return [RSquared(), MeanAbsoluteError(), RootMeanSquaredError()]
    return [Agreement(cutoff), KLDivergence(), ProbaR2(), ProbaMAE(), DecisionAUC(cutoff)]


def more_scores(n_classes: int | None, cutoff: float) -> list[Score]:
    """Give the scores that a report keeps below the leading ones."""
    ranks: list[Score] = [SpearmanCorrelation(), KendallTau()]
    if n_classes is None:
        return [MeanError(), ErrorQuantile(0.5), ErrorQuantile(0.9), *ranks]
    of_two: list[Score] = [PositiveAgreement(cutoff), NegativeAgreement(cutoff)]
    bias: list[Score] = [CalibrationBias()]
    return [
        CohenKappa(cutoff),
        *(of_two if n_classes == 2 else []),
        JensenShannon(),
        TotalVariation(),
        ProbaRMSE(),
        LogitMAE(),
        LogitRMSE(),
        LogitR2(),
        *ranks,
        *(bias if n_classes == 2 else []),
        CalibrationSlope(),
        CalibrationError(),
    ]


def all_scores(n_classes: int | None, cutoff: float = 0.5) -> dict[str, Score]:
    """Give every score by its name, those of a report's head first."""
    scores = headline_scores(n_classes, cutoff) + more_scores(n_classes, cutoff)
    return {score.name: score for score in scores}


def performance_scores(
    n_classes: int | None, cutoff: float
) -> Sequence[Score] | Sequence[LabelScore]:
    """Give the scores against the true values; `n_classes` None for a regression."""
    if n_classes is None:
        return headline_scores(None, cutoff)
    return [Accuracy(cutoff), LabelAUC(), LogLoss(), Brier()]

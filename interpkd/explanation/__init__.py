"""Explanation: why student and teacher predict as they do."""

from interpkd.explanation._agreement import (
    ExplanationAgreement,
    ExplanationScore,
    explanation_agreement,
)
from interpkd.explanation._counterfactual import Change, Counterfactual, counterfactual
from interpkd.explanation._plots import plot_beeswarm, plot_dependence, plot_waterfall
from interpkd.explanation._reason_texts import Decline, Reason, Reasons
from interpkd.explanation._reasons import reasons
from interpkd.explanation._shap import Explanations, explain

__all__ = [
    "Change",
    "Counterfactual",
    "Decline",
    "ExplanationAgreement",
    "ExplanationScore",
    "Explanations",
    "Reason",
    "Reasons",
    "counterfactual",
    "explain",
    "explanation_agreement",
    "plot_beeswarm",
    "plot_dependence",
    "plot_waterfall",
    "reasons",
]

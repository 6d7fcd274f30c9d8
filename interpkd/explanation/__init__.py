"""Explanation: why student and teacher predict as they do."""

from interpkd.explanation._reason_texts import Decline, Reason, Reasons
from interpkd.explanation._reasons import reasons
from interpkd.explanation._shap import Explanations, explain

__all__ = ["Decline", "Explanations", "Reason", "Reasons", "explain", "reasons"]

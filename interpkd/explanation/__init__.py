"""Explanation: why student and teacher predict as they do."""

from interpkd.explanation._shap import Explanations, explain

__all__ = ["Explanations", "explain"]

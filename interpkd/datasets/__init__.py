"""Small tables to try things on: a clinical one, and a loan book whose truth is known."""

from interpkd.datasets._clinical import load_clinical
from interpkd.datasets._credit import make_credit

__all__ = ["load_clinical", "make_credit"]

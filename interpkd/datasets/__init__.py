"""Tables to try things on: a clinical one, and made-up books whose truth is known."""

from interpkd.datasets._claims import make_claims
from interpkd.datasets._clinical import load_clinical
from interpkd.datasets._credit import make_credit

__all__ = ["load_clinical", "make_claims", "make_credit"]

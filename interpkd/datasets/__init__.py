"""Tables to try things on: made-up books whose truth is known, and public ones to fetch."""

from interpkd.datasets._claims import make_claims
from interpkd.datasets._clinical import load_clinical
from interpkd.datasets._credit import make_credit
from interpkd.datasets._fetch import (
    fetch_adult,
    fetch_bank_marketing,
    fetch_bike_sharing,
    fetch_credit_card_default,
    fetch_german_credit,
    fetch_pima_diabetes,
    fetch_spambase,
)

__all__ = [
    "fetch_adult",
    "fetch_bank_marketing",
    "fetch_bike_sharing",
    "fetch_credit_card_default",
    "fetch_german_credit",
    "fetch_pima_diabetes",
    "fetch_spambase",
    "load_clinical",
    "make_claims",
    "make_credit",
]

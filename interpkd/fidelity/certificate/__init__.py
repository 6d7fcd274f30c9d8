"""What is proved of a student and its teacher, not sampled: agreement on whole neighbourhoods."""

from interpkd.fidelity.certificate._certificate import Certificate, RadiusShares
from interpkd.fidelity.certificate._certify import certify
from interpkd.fidelity.certificate._equality import EqualityCertificate, certify_equality
from interpkd.fidelity.certificate._equality_tree import BornAgainTree, born_again_tree
from interpkd.fidelity.certificate._monotonicity import (
    Monotonicity,
    MonotonicityCertificate,
    certify_monotonicity,
)
from interpkd.fidelity.certificate._worst_case import WorstCase

__all__ = [
    "BornAgainTree",
    "Certificate",
    "EqualityCertificate",
    "Monotonicity",
    "MonotonicityCertificate",
    "RadiusShares",
    "WorstCase",
    "born_again_tree",
    "certify",
    "certify_equality",
    "certify_monotonicity",
]

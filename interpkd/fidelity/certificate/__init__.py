"""What is proved of a student and its teacher, not sampled: agreement on whole neighbourhoods."""

from interpkd.fidelity.certificate._certificate import Certificate, RadiusShares
from interpkd.fidelity.certificate._certify import certify
from interpkd.fidelity.certificate._worst_case import WorstCase

__all__ = ["Certificate", "RadiusShares", "WorstCase", "certify"]

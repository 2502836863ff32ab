"""Word problems of a small closed world, with an exact oracle for every step of a solution."""

from sources.synthetic.oracle import StepVerdict, first_error, judge, oracle_from
from sources.synthetic.slips import Planted, corrupt
from sources.synthetic.source import SyntheticSource

__all__ = [
    "Planted",
    "StepVerdict",
    "SyntheticSource",
    "corrupt",
    "first_error",
    "judge",
    "oracle_from",
]

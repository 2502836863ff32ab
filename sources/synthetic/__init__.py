"""Word problems of a small closed world, with an exact oracle for every step of a solution."""

from sources.synthetic.oracle import StepVerdict, first_error, judge
from sources.synthetic.source import SyntheticSource

__all__ = ["StepVerdict", "SyntheticSource", "first_error", "judge"]

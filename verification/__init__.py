"""Extract a stated final answer and judge it against the gold answer.

An answer's way, floor by floor; imports go down only (`cascade` walks it, `judge` keeps it off the
event loop, `conventions` say throughout where people differ):

    finding      the text of a solution -> the answer that it states
    parsing      the answer's text -> its tree, or why it is outside the grammar
    comparing    two texts, numerals or trees -> equal, different or undecided, type by type
    arithmetic   two expressions -> equal or not, exactly or to two hundred digits
    guarded      what is still undecided, in a worker that may be killed: sympy, math-verify
    steps        beside that way: the equalities that a step of a solution displays

`tree` holds what all of them speak of.
"""

from verification.conventions import Conventions
from verification.settings import VerificationSettings

__all__ = ["Conventions", "VerificationSettings"]

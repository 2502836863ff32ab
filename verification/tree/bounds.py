"""How much of a hostile answer is looked at, and how a stage says it gives up.

Every cap is checked before the work it bounds. Costs are counted in steps, never in seconds, so no
verdict depends on how busy the machine is.
"""

MAX_CHARACTERS = 4000
"""Longer answers are not read at all."""
MAX_TOKENS = 1500
MAX_DEPTH = 50
"""Nesting of brackets, scripts and style commands."""
MAX_NODES = 1200
"""Nodes of one syntax tree."""
MAX_ITEMS = 300
"""Items of a list, tuple or set."""
MAX_ENTRIES = 900
"""Entries of a matrix."""
MAX_DIGITS = 1500
"""Digits of one numeral."""
MAX_EXPONENT_OF_TEN = 400
"""Largest |n| in scientific notation, `1e400`."""
MAX_BITS = 32_768
"""Numerator and denominator together of an exact rational: 2004! fits, 10000! does not."""
MAX_VARIABLES = 14
MAX_SUMMANDS = 400
"""Terms of a finite sum or product that is added up one by one."""
MAX_WORK = 30_000
"""Steps of arithmetic one comparison may take; a gamma function counts as many."""


class UnparsedError(Exception):
    """The text is outside the grammar or above a cap; the message says what stopped the reading."""


class UndecidedError(Exception):
    """The trees are understood, but these stages cannot tell whether they are equal."""


class UndefinedError(Exception):
    """The expression has no value at the point: a pole, the logarithm of 0, 0 to the 0."""


class TooLargeError(Exception):
    """The value has more than 10^9 digits: it differs from every value that was computed."""

"""Multi-precision contexts, one set per thread.

mpmath's global context is shared state, so each thread has contexts of its own. The constants are
computed once, at import, to more digits than any evaluation asks for, because mpmath's own memo of
them is not safe to extend from two threads.
"""

import threading
from typing import Any

from mpmath.ctx_mp import MPContext
from mpmath.libmp import mpf_degree, mpf_e, mpf_euler, mpf_ln2, mpf_ln10, mpf_pi

MAX_DIGITS_OF_PRECISION = 3000

for _constant in (mpf_pi, mpf_e, mpf_ln2, mpf_ln10, mpf_euler, mpf_degree):
    _constant(int(MAX_DIGITS_OF_PRECISION * 3.5))

Real = Any
"""A number of one context: mpf, or mpc where it is not real."""


class _Contexts(threading.local):
    def __init__(self) -> None:
        self.by_digits: dict[int, MPContext] = {}


_CONTEXTS = _Contexts()


def context(digits: int) -> MPContext:
    """Return this thread's context of `digits` decimal digits."""
    key = digits if digits in (60, 220) else 0
    if key not in _CONTEXTS.by_digits:
        _CONTEXTS.by_digits[key] = MPContext()
    found = _CONTEXTS.by_digits[key]
    if found.dps != digits:
        found.dps = digits
    return found


def binary_exponent(value: Real) -> int | None:
    """Return about log2 |value|, None for 0."""
    parts = (value._mpf_,) if hasattr(value, "_mpf_") else value._mpc_
    exponents = [exp + bits for _, mantissa, exp, bits in parts if mantissa]
    return max(exponents) if exponents else None

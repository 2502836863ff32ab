r"""The symbolic step check: whether the equalities that a step displays are true.

Closed equalities are evaluated exactly by the grammar and the arithmetic of answers; nothing is
ever handed to `eval`. *Refuted*: an equality is false and no custom of writing makes it true.
*Proved*: all that could be decided are true. *Silent*: nothing could be decided. A refuted
equality is all but certain evidence of a wrong step, a proved one is evidence of little.

Silent rather than refuted: rounded and truncated values, sides in different units (`60 minutes / 2
= 0.5 hours`), definitions (`1 foot = 12 inches`, `x = 5`), equations with variables unless both
sides are the same function, remainders and other bases, angles and percentages that do not come
out, and what the step itself questions or rejects.
"""

import math
import re

from schemas import Finding, StepCheck
from verification.bounds import TooLargeError, UndecidedError, UndefinedError, UnparsedError
from verification.conventions import Conventions
from verification.equality import same_expression
from verification.numeric import NumericEvaluator
from verification.parse import Parsed
from verification.reading import Reading
from verification.step_equations import Equation, Side, equations
from verification.syntax import Constant, Expression, Negative, Number, Value
from verification.terms import Budget, Terms
from verification.traits import traits_of, walk

ROUNDED = 0.01
"""Relative difference up to which a decimal is taken for a rounded value, or made from one."""
MAX_EQUATIONS = 60


_QUESTIONED = re.compile(
    r"contradict|impossible|not (?:equal|true|possible|correct|the same|satisf|hold|work|valid)"
    r"|\bfalse\b|incorrect|wrong|n't|does not|doesn|would|suppose|assum|instead of|mistake|≠|\\ne"
)
_ROUNDED_OR_OTHER = re.compile(
    r"remainder|round|approx|about|nearest|left over|\bmod|\bbase\b|\br\s*\d|estimate|≈|\\pmod"
)
_UNSURE_FUNCTIONS = frozenset(
    {"sin", "cos", "tan", "cot", "sec", "csc", "arcsin", "arccos", "arctan", "log", "mod"}
)


def check_step(step: str) -> StepCheck:
    """Check the equalities that one step displays; a few milliseconds, never raises."""
    proved: Equation | None = None
    for equation in equations(step)[:MAX_EQUATIONS]:
        finding, reason = _check(equation)
        if finding is Finding.REFUTED:
            return StepCheck(finding=finding, equation=equation.text, reason=reason)
        if finding is Finding.PROVED:
            proved = equation
    if proved is None:
        return StepCheck(finding=Finding.SILENT)
    return StepCheck(finding=Finding.PROVED, equation=proved.text, reason="both sides are equal")


def _check(equation: Equation) -> tuple[Finding, str]:
    try:
        left, right = _expression(equation.left), _expression(equation.right)
        if same_expression(left, right, Terms(Conventions())):
            plain = _is_plain(left) and _is_plain(right)
            return (Finding.SILENT if plain else Finding.PROVED), ""
        if _is_custom(equation, left, right):
            return Finding.SILENT, ""
        a, b = _value(left), _value(right)
    except (UnparsedError, UndecidedError, UndefinedError, TooLargeError, RecursionError):
        return Finding.SILENT, ""
    if _may_be_rounded(a, b, equation):
        return Finding.SILENT, ""
    return Finding.REFUTED, f"{equation.left.text} is {a:.10g}, not {b:.10g}"


def _expression(side: Side) -> Expression:
    tree = Parsed(side.text).tree
    if not isinstance(tree, Value):
        raise UndecidedError("no expression")
    return tree.expression


def _is_plain(tree: Expression) -> bool:
    """Say whether a side is a bare number: it computes nothing."""
    return isinstance(tree, Number) or (isinstance(tree, Negative) and _is_plain(tree.of))


def _is_custom(equation: Equation, left: Expression, right: Expression) -> bool:
    """Say whether an equality that is false as it stands may be meant in another way."""
    if {Constant("e"), Constant("i")} & {*walk(left), *walk(right)}:
        return True  # a letter for an unknown
    if _is_plain(left):
        return True  # `5 boxes = 5 * 12`; `plugging in 1 we get 1 = \sqrt{9} + 4`
    traits = traits_of(left, right)
    if traits.variables or traits.percent or traits.degrees or traits.infinite or traits.matrix:
        return True
    if _UNSURE_FUNCTIONS & set(traits.functions):
        return True
    units, made_of = equation.right.units, equation.left.units
    if units and made_of and not units <= made_of:
        return True
    if "_" in equation.left.text + equation.right.text:
        return True
    if equation.after.lstrip("$)\\] ").startswith("?"):
        return True
    near = f"{equation.before} {equation.after} {equation.text.lower()}"
    return bool(_QUESTIONED.search(near) or _ROUNDED_OR_OTHER.search(near))


def _value(tree: Expression) -> float:
    evaluator = NumericEvaluator({}, Reading(), budget=Budget(), digits=60)
    value = evaluator.value(tree)
    if hasattr(value, "_mpc_"):
        raise UndecidedError("no real number")
    found = float(value)
    if not math.isfinite(found) or abs(found) > 1e15:
        raise UndecidedError("too large to compare")
    return found


def _may_be_rounded(a: float, b: float, equation: Equation) -> bool:
    """Say whether the values differ by no more than rounding, here or before, explains."""
    difference = abs(a - b)
    decimals = "." in equation.left.text + equation.right.text
    whole = a == round(a) and b == round(b)
    if decimals and difference <= ROUNDED * max(abs(a), abs(b)):
        return True
    if decimals and difference <= _last_place(equation):
        return True
    return not whole and (difference < 1 or difference <= ROUNDED * max(abs(a), abs(b)))


def _last_place(equation: Equation) -> float:
    """Return the value of one unit in the last decimal place that is written."""
    places = re.findall(r"\.(\d+)", equation.left.text + " " + equation.right.text)
    return float(10.0 ** -min(map(len, places))) if places else 1.0

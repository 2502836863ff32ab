r"""The symbolic step check: whether the equalities that a step displays are true.

Closed equalities are evaluated exactly by the grammar and the arithmetic of answers; nothing is
ever handed to `eval`. *Refuted*: an equality is false and no custom of writing makes it true.
*Proved*: all that could be decided are true. *Silent*: nothing could be decided. A refuted
equality is all but certain evidence of a wrong step, a proved one is evidence of little.

Refuted too: points that differ in a coordinate, congruences of integers, approximations that are
far off, and a value that does not solve the equation it is said to follow from.

Silent rather than refuted: what rounding explains, here or in the numbers that went in; sides in
different units (`60 minutes / 2 = 0.5 hours`), definitions (`1 foot = 12 inches`, `x = 5`),
equations with variables unless both sides are the same function, remainders and other bases,
angles without a degree sign or pi, percentages that come out in any reading, sums run on
(`5 + 3 = 8 * 2 = 16`), and what the step itself questions or rejects.
"""

import math
import re
from fractions import Fraction
from itertools import pairwise, product

from schemas import Finding, StepCheck
from verification.arithmetic.equality import same_expression
from verification.arithmetic.terms import Budget, Terms
from verification.conventions import Conventions
from verification.steps.equations import equations
from verification.steps.rounding import (
    APPROXIMATED,
    LEFT,
    expression_of,
    has_pi,
    is_plain,
    may_agree,
    value_of,
)
from verification.steps.written import Equation, WrittenSide
from verification.tree import syntax
from verification.tree.bounds import TooLargeError, UndecidedError, UndefinedError, UnparsedError
from verification.tree.syntax import Expression
from verification.tree.traits import traits_of, walk

MAX_EQUATIONS = 60
MAX_STEP_WORK = 100_000
"""Steps of arithmetic for the equalities of a step; the dearest of 53,387 real ones took 11,657."""

_UNDECIDED = (UnparsedError, UndecidedError, UndefinedError, TooLargeError, RecursionError)

_QUESTIONED = re.compile(
    r"contradict|impossible|not (?:equal|true|possible|correct|the same|satisf|hold|work|valid)"
    r"|\bfalse\b|incorrect|wrong|n't|does not|doesn|suppose|assum|instead of|mistake|≠|\\ne"
    r"|would (?!(?:just |also )?(?:be|equal|give|make)\b)"
)
_OTHER_ARITHMETIC = re.compile(r"\bmod|\bbase\b|\br\s*\d|\\pmod|(?:units?|ones|last \w*) ?digit")
_ROUNDED = re.compile(r"round|(?<!\\)approx|about|nearest|estimate")
_IS_TESTED = re.compile(r"inequalit|whether|condition|says|satisf|check|test|requir|need|must|if\b")
_REMAINDER = re.compile(r"remainder|left over")
_OF_ANGLES = frozenset({"sin", "cos", "tan", "cot", "sec", "csc"})
_UNSURE_FUNCTIONS = frozenset({"arcsin", "arccos", "arctan", "mod"})
_PRODUCT = re.compile(r"(?<![\d.^_])(\d+(?=\s*\\[dt]?frac)|\d+\.\d+(?=\s*\(\d))\s*")
_INDEXED_OR_MOD = re.compile(r"%\s*[\d(]|(?<!\\log)(?<!\\sum)(?<!\\prod)_")
_TWICE_RAISED = re.compile(r"\^\s*(?:\w|\{[^{}]*\})\s*\^")  # `2^4^\circ`: of 16 or of 4?
_BEGINS = re.compile(r"\s*(\d[\d,]*(?:\.\d+)?)\s*(?:[-+*/×÷·]|\\(?:times|cdot|div)(?![a-zA-Z]))")


def check_step(step: str) -> StepCheck:
    """Check the equalities that one step displays; a few milliseconds, never raises.

    All of them share one budget, for this runs where many rollouts wait: what is behind its end
    stays silent.
    """
    LEFT.set(Budget(MAX_STEP_WORK))
    proved: Equation | None = None
    found = equations(step)[:MAX_EQUATIONS]
    for equation in found:
        finding, reason = _check(equation)
        if finding is Finding.REFUTED:
            return StepCheck(finding=finding, equation=equation.span.text, reason=reason)
        if finding is Finding.PROVED:
            proved = equation
    for equation, solution in pairwise(found):
        if reason := _solves_not(equation, solution, step):
            text = f"{equation.span.text}; {solution.span.text}"
            return StepCheck(finding=Finding.REFUTED, equation=text, reason=reason)
    if proved is None:
        return StepCheck(finding=Finding.SILENT)
    text, reason = proved.span.text, "both sides are equal"
    return StepCheck(finding=Finding.PROVED, equation=text, reason=reason)


def _check(equation: Equation) -> tuple[Finding, str]:
    try:
        if equation.sign == "≡":
            return _check_congruence(equation)
        findings = [_check_pair(equation, *pair) for pair in _pairs(equation)]
    except _UNDECIDED:
        return Finding.SILENT, ""
    decided = (Finding.REFUTED, Finding.PROVED, Finding.SILENT)
    return min(findings, key=lambda found: decided.index(found[0]))


def _pairs(equation: Equation) -> list[tuple[WrittenSide, WrittenSide]]:
    """Return the sides, or their coordinates where both are points."""
    left, right = (
        [WrittenSide(one, frozenset()) for one in _inside(side.text)]
        for side in (equation.left, equation.right)
    )
    same = len(left) == len(right) > 1
    return list(zip(left, right, strict=True)) if same else [(equation.left, equation.right)]


def _inside(text: str) -> list[str]:
    """Return the coordinates of a point, as far as they are written: `(3, 1/2)`."""
    text = text.strip()
    if len(text) > 300 or text[:1] != "(" or text[-1:] != ")" or "," not in text:
        return []
    parts, depth, start = [], 0, 1
    for place, sign in enumerate(text):
        depth += (sign in "({[") - (sign in ")}]")
        if sign == "," and depth == 1:
            parts.append(text[start:place])
            start = place + 1
        if not depth and place < len(text) - 1:
            return []
    return [*parts, text[start:-1]]


def _check_pair(equation: Equation, first: WrittenSide, second: WrittenSide) -> tuple[Finding, str]:
    left, right = expression_of(first.text), expression_of(second.text)
    if equation.sign in "=≈" and same_expression(left, right, Terms(Conventions(), LEFT.get())):
        plain = is_plain(left) and is_plain(right)
        return (Finding.SILENT if plain else Finding.PROVED), ""
    if _is_custom(equation, left, right):
        return Finding.SILENT, ""
    a, b = value_of(left), value_of(right)
    if _runs_on(a, second) or any(
        may_agree(equation, WrittenSide(one, first.units), WrittenSide(other, second.units))
        for one, other in product(_readings(first.text), _readings(second.text))
    ):
        return Finding.SILENT, ""
    than = {"<": "less than ", ">": "more than "}.get(equation.sign, "")
    return Finding.REFUTED, f"{first.text} is {a:.10g}, not {than}{b:.10g}"


# Customs of writing


def _is_custom(equation: Equation, left: Expression, right: Expression) -> bool:
    """Say whether an equality that is false as it stands may be meant in another way."""
    if {syntax.Constant("e"), syntax.Constant("i")} & {*walk(left), *walk(right)}:
        return True  # a letter for an unknown
    if is_plain(left) and not _is_decomposed(equation, left, right):
        return True  # `5 boxes = 5 * 12`; `plugging in 1 we get 1 = \sqrt{9} + 4`
    traits = traits_of(left, right)
    if traits.variables or traits.infinite or traits.matrix or traits.plus_minus:
        return True
    if _UNSURE_FUNCTIONS & set(traits.functions) or _are_unsure_calls(left, right):
        return True
    if any(_mixes_percent(node) for node in (*walk(left), *walk(right))):
        return True
    units, made_of = equation.right.units, equation.left.units
    if units and made_of and not units <= made_of:
        return True
    both = equation.left.text + " " + equation.right.text
    if _INDEXED_OR_MOD.search(both) or _TWICE_RAISED.search(both):
        return True
    return _is_doubted(equation)


def _is_doubted(equation: Equation) -> bool:
    """Say whether the words around an equality question it or say it is of another kind."""
    span = equation.span
    after = span.after.lstrip("$)\\] .")
    near = f"{span.before} {span.after} {span.text.lower()}"
    if after[:1] == "?" or _QUESTIONED.search(near) or _OTHER_ARITHMETIC.search(near):
        return True
    divides = re.search(r"[/÷]|\\d?frac|\\div", equation.left.text + equation.right.text)
    if _REMAINDER.search(near) and (divides or _REMAINDER.match(after)):
        return True
    if equation.sign in "<>":
        return _IS_TESTED.search(near) is not None
    return equation.sign == "=" and _ROUNDED.search(near) is not None


def _is_decomposed(equation: Equation, left: Expression, right: Expression) -> bool:
    """Say whether a bare number on the left is taken apart: `3333 = 3 * 7 * 37`."""
    if equation.sign != "=" or equation.left.units or equation.right.units or is_plain(right):
        return False
    bases = set(re.findall(r"(\d+)\s*\^", equation.right.text))
    if (
        isinstance(right, syntax.Sum)
        and len(bases) == 1
        and int(*bases) > max(map(int, re.findall(r"\d", equation.left.text)))
    ):
        return False  # `1011 = 2^3 + 2^1 + 2^0`, a numeral of another base
    return equation.inner or (isinstance(left, syntax.Number) and left.value >= 100)


def _are_unsure_calls(*trees: Expression) -> bool:
    """Say whether some angle may be in degrees or in radians, or a logarithm to any base."""
    calls = [node for tree in trees for node in walk(tree) if isinstance(node, syntax.Call)]
    if any(call.function == "log" and len(call.arguments) == 1 for call in calls):
        return True
    angles = [call.arguments[0] for call in calls if call.function in _OF_ANGLES]
    return not all(has_pi(angle) or traits_of(angle).degrees for angle in angles)


def _mixes_percent(node: Expression) -> bool:
    """Say whether percent are added to something else: `100 - 20%`."""
    terms = node.terms if isinstance(node, syntax.Sum) else ()
    return len({traits_of(term).percent for term in terms}) > 1


def _runs_on(value: float, right: WrittenSide) -> bool:
    """Say whether the right side goes on from the value of the left: `5 + 3 = 8 * 2`."""
    begins = _BEGINS.match(right.text)
    return begins is not None and float(begins[1].replace(",", "")) == value


def _readings(text: str) -> set[str]:
    r"""Return how to read a side: percent as bare numbers, `2\frac13` and `0.4(27)` as products."""
    return {text, _PRODUCT.sub(r"\1 \\cdot ", text), text.replace("%", "")}


# Congruences


def _check_congruence(equation: Equation) -> tuple[Finding, str]:
    left, right = expression_of(equation.left.text), expression_of(equation.right.text)
    if not equation.span.modulus or _QUESTIONED.search(equation.span.before + equation.span.after):
        return Finding.SILENT, ""
    modulus = int(equation.span.modulus)
    a, b = _residue(left, modulus), _residue(right, modulus)
    if a == b:
        return Finding.PROVED, ""
    return Finding.REFUTED, f"{equation.left.text} is {a} modulo {modulus}, not {b}"


def _residue(tree: Expression, modulus: int) -> int:
    """Return what an integer expression leaves; powers never grow."""
    match tree:
        case syntax.Number(value) if value.denominator == 1 and modulus > 0:
            return value.numerator % modulus
        case syntax.Negative(of):
            return -_residue(of, modulus) % modulus
        case syntax.Sum(parts):
            return sum(_residue(part, modulus) for part in parts) % modulus
        case syntax.Product(parts):
            return math.prod(_residue(part, modulus) for part in parts) % modulus
        case syntax.Power(base, syntax.Number(power)) if (
            power.denominator == 1 and 0 <= power < 10**9
        ):
            return pow(_residue(base, modulus), power.numerator, modulus)
    raise UndecidedError("no integers")


# Solutions

_SO = re.compile(
    r"(?:[\s.,;:$&\[\]()0-9]|\\[\[\]()\\]|\\(?:implies|Rightarrow|quad|text\s*\{[a-z ]*\})"
    r"|\b(?:and|so|then|thus|hence|therefore|which|that|this|we|us|it|to|gets?|gives?|giving|have"
    r"|find|obtain|means|yields?|solving|for|simplifies|follows|dividing|both|sides|by|[a-z])\b)*",
    re.IGNORECASE,
)
"""What may stand between an equation and its solution, of which something must infer."""
_INFERS = re.compile(
    r"(?i)\b(?:so|thus|hence|therefore|mean|giv|get|find|obtain|yield|solving|simplif|follow)"
    r"|\\(?:implies|Rightarrow|\]|\\)"
)
_OF_A_FUNCTION = re.compile(r"(?<!\\)\b[a-zA-Z]\s*\(")


def _root(equation: Equation) -> tuple[str, Fraction]:
    """Return the variable of a linear equation and its value; raises UndecidedError of others."""
    sides = expression_of(equation.left.text), expression_of(equation.right.text)
    variables = traits_of(*sides).variables
    if len(variables) != 1 or _OF_A_FUNCTION.search(equation.left.text):
        raise UndecidedError("not one variable")
    name = next(iter(variables))
    points = [{name: Fraction(point)} for point in (0, 1, 7)]
    at = [value_of(sides[0], **point) - value_of(sides[1], **point) for point in points]
    slope = at[1] - at[0]
    if abs(slope) < 1e-9 or abs(at[0] + 7 * slope - at[2]) > 1e-9 * max(map(abs, at)):
        raise UndecidedError("not linear")
    return name, Fraction(-at[0] / slope)


def _solves_not(equation: Equation, solution: Equation, step: str) -> str:
    """Say why a value does not solve the equation it directly follows from; empty if it may."""
    start, end = equation.span.end, solution.span.start
    if not 0 <= start <= end <= start + 120 or solution.inner or equation.inner:
        return ""
    if equation.sign != "=" or solution.sign != "=" or _is_doubted(equation):
        return ""
    if re.search(r"\bor\b|\\pm", step[max(0, start - 150) : end + 100]):
        return ""
    if not _SO.fullmatch(step, start, end) or not _INFERS.search(step, start, end):
        return ""
    try:
        left, right = expression_of(equation.left.text), expression_of(equation.right.text)
        name, root = _root(solution)
        traits = traits_of(left, right)
        if traits.variables != {name} or traits.degrees or _OF_ANGLES & set(traits.functions):
            return ""
        a, b = (value_of(tree, **{name: root}) for tree in (left, right))
    except _UNDECIDED:
        return ""
    names = isinstance(left, syntax.Symbol) or isinstance(right, syntax.Symbol)
    if names or abs(a - b) <= max(1e-6, APPROXIMATED * max(abs(a), abs(b))):
        return ""
    return f"at {solution.span.text} the sides are {a:.10g} and {b:.10g}"

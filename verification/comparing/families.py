r"""Families over the integers: `\frac{\pi}{6} + k\pi` for all integers k.

Two lists of families are the same if they make the same set. Where all are linear in their integer
that is decided by residues of a common period; others are the same if renaming, turning or
shifting the integer makes them equal, and else undecided.
"""

import math
from collections.abc import Callable, Iterator
from fractions import Fraction

from verification.arithmetic.equality import same_expression
from verification.arithmetic.marks import Marks
from verification.arithmetic.numeric import NumericEvaluator
from verification.arithmetic.precision import Real
from verification.arithmetic.terms import Terms, every
from verification.tree.bounds import TooLargeError, UndecidedError, UndefinedError
from verification.tree.renaming import PARAMETER, renamed
from verification.tree.signs import signed_readings
from verification.tree.syntax import (
    Answer,
    Collection,
    Constant,
    Degrees,
    Expression,
    Negative,
    Number,
    Relation,
    Restricted,
    Sum,
    Symbol,
    Tuple,
    Value,
)
from verification.tree.traits import traits_of, walk

_LETTERS = set("kKnmlNjprst")
"""Letters that an integer goes by where nothing says so."""
_MOST_RESIDUES = 200
_DIGITS = 60
_SHIFTS = range(-3, 4)
_MEMBERS = (1, 2, 3, 5)


def with_parameters(gold: Answer, answer: Answer) -> tuple[Answer, Answer]:
    r"""Mark the integers that run: `k` opposite a `k \in \mathbb{Z}`, and in `k\pi` and `n\pi`."""
    ours, theirs = _variables(gold), _variables(answer)
    declared = any(name.startswith(PARAMETER) for name in ours | theirs)
    if not declared and not (_is_periodic(gold) and _is_periodic(answer)):
        return gold, answer
    letters = _LETTERS | set("xyz") if declared else _LETTERS
    if not (ours ^ theirs) & letters:
        return gold, answer
    return _marked(gold, letters), _marked(answer, letters)


def _marked(answer: Answer, letters: set[str]) -> Answer:
    """Mark the one integer that runs in each value, if no other variable stands beside it."""
    names = [traits_of(tree).variables for tree in _expressions(answer)]
    if any(len(found) > 1 for found in names):
        return answer
    free = {name for found in names for name in found} & letters
    named = {s.text for s in answer.sides if s.is_name} if isinstance(answer, Relation) else set()
    return renamed(answer, {name: Symbol(PARAMETER + name) for name in free - named})


def _expressions(answer: Answer) -> list[Expression]:
    match answer:
        case Value(expression):
            return [expression]
        case Collection(items) | Tuple(_, items):
            return [tree for item in items for tree in _expressions(item)]
        case Relation(sides):
            return [tree for s in sides if s.answer for tree in _expressions(s.answer)]
        case Restricted(stated, condition):
            return [*_expressions(stated), *_expressions(condition)]
    return []


def _variables(answer: Answer) -> set[str]:
    return traits_of(*_expressions(answer)).variables


def _is_periodic(answer: Answer) -> bool:
    r"""Say whether the answer adds multiples of \pi or of degrees to something."""
    marks = (Constant("pi"), Degrees)
    nodes = [node for tree in _expressions(answer) for node in walk(tree)]
    return any(node == marks[0] or isinstance(node, Degrees) for node in nodes)


def families_of(answer: Answer) -> list[Expression] | None:
    """Return the families that an answer lists, None if it is no list of families."""
    if isinstance(answer, Value):
        if not any(n.startswith(PARAMETER) for n in traits_of(answer.expression).variables):
            return None
        return list(signed_readings(answer.expression))
    if isinstance(answer, Collection) and answer.items:
        found = [families_of(item) for item in answer.items]
        return None if None in found else [tree for part in found for tree in part or ()]
    return None


def same_families(left: list[Expression], right: list[Expression], terms: Terms) -> bool:
    """Say whether two lists of families make the same set."""
    lines = [lines_of(left, terms), lines_of(right, terms)]
    if lines[0] is not None and lines[1] is not None:
        return _same_residues(lines[0], lines[1])
    ways = ((lines[0], right), (lines[1], left))
    if any(line is not None and _leaves(line, trees, terms) for line, trees in ways):
        return False
    if len(left) != len(right):
        raise UndecidedError("families that are not linear")
    for ours, theirs in ((left, right), (right, left)):
        if not all(any(_may_be_renamed(a, b, terms) for b in theirs) for a in ours):
            raise UndecidedError("families that are not linear")
    return True


def _leaves(lines: list[tuple[Real, Real]], trees: list[Expression], terms: Terms) -> bool:
    """Say whether a family has a member that is on none of the lines."""
    for tree in trees:
        name = _parameter(tree)
        if name is None or len(traits_of(tree).variables) > 1:
            continue
        for k in _MEMBERS:
            member = _member(tree, name, k, terms)
            if member is not None and not any(_is_on(member, line) for line in lines):
                return True
    return False


def _member(tree: Expression, name: str, k: int, terms: Terms) -> Real | None:
    evaluator = NumericEvaluator({name: Fraction(k)}, Marks(), budget=terms.budget, digits=_DIGITS)
    try:
        value = evaluator.value(tree)
    except (UndefinedError, TooLargeError):
        return None
    return None if abs(value.imag) > 0 else value


def _is_on(member: Real, line: tuple[Real, Real]) -> bool:
    count = (member - line[0]) / line[1]
    return bool(abs(count - round(float(count.real))) < 1e-20)


def same_moved(left: Tuple, right: Tuple, terms: Terms) -> bool | None:
    """Compare points that run with an integer; None where they hold none."""
    ours, theirs = ({n for n in _variables(p) if n.startswith(PARAMETER)} for p in (left, right))
    if not ours and not theirs:
        return None
    same = len(ours) == len(theirs) == 1 and len(left.items) == len(right.items)
    if not same or (left.opening, left.closing) != (right.opening, right.closing):
        raise UndecidedError("points that run with several integers")
    (a,), (b,) = ours, theirs
    for moved in _moves(a):
        pairs = zip(_expressions(left), map(_moving(b, moved), _expressions(right)), strict=False)
        try:
            if every(lambda x, y: same_expression(x, y, terms), pairs):
                return True
        except UndecidedError:
            continue
    ends = zip(_expressions(left), _expressions(right), strict=False)
    if sorted(str(_same_end(x, y, terms)) for x, y in ends) == ["False", "True"]:
        return False
    raise UndecidedError("points that run with an integer")


def _same_end(left: Expression, right: Expression, terms: Terms) -> bool | None:
    """Say whether two coordinates run through the same values; None where that is not known."""
    try:
        return same_families([left], [right], terms)
    except UndecidedError:
        return None


def _moving(name: str, moved: Expression) -> Callable[[Expression], Expression]:
    return lambda tree: renamed(tree, {name: moved})


def _moves(name: str) -> Iterator[Expression]:
    """Yield the integer turned and shifted a little."""
    for shift in _SHIFTS:
        for turned in (Symbol(name), Negative(Symbol(name))):
            yield Sum((turned, Number(Fraction(shift)))) if shift else turned


def _parameter(tree: Expression) -> str | None:
    names = [n for n in traits_of(tree).variables if n.startswith(PARAMETER)]
    return names[0] if len(names) == 1 else None


def _may_be_renamed(left: Expression, right: Expression, terms: Terms) -> bool:
    a, b = _parameter(left), _parameter(right)
    if a is None or b is None:
        return False
    for moved in _moves(a):
        try:
            if same_expression(left, renamed(right, {b: moved}), terms):
                return True
        except UndecidedError:
            continue
    return False


def lines_of(trees: list[Expression], terms: Terms) -> list[tuple[Real, Real]] | None:
    """Return offset and step of each family, None where one is not linear or not closed."""
    lines: list[tuple[Real, Real]] = []
    for tree in trees:
        names = traits_of(tree).variables
        if len(names) != 1:
            return None
        name = next(iter(names))
        try:
            at = [
                NumericEvaluator(
                    {name: Fraction(k)}, Marks(), budget=terms.budget, digits=_DIGITS
                ).value(tree)
                for k in (0, 1, 2, 5)
            ]
        except (UndefinedError, TooLargeError):
            return None
        step = at[1] - at[0]
        if abs(at[2] - at[0] - 2 * step) > 1e-40 or abs(at[3] - at[0] - 5 * step) > 1e-40:
            return None
        if step == 0 or abs(at[0].imag) > 0 or abs(step.imag) > 0:
            return None
        lines.append((at[0], abs(step)))
    return lines


def _same_residues(left: list[tuple[Real, Real]], right: list[tuple[Real, Real]]) -> bool:
    unit = left[0][1]
    steps = []
    for _, step in (*left, *right):
        ratio = Fraction(str(step / unit)).limit_denominator(1000)
        if abs(step / unit * ratio.denominator - ratio.numerator) > 1e-30:
            return False
        steps.append(ratio)
    period = math.lcm(*(s.numerator for s in steps))  # in units, over the common denominator 1
    classes = [_residues(side, unit, period) for side in (left, right)]
    return all(
        any(_close(a, b, period) for b in theirs)
        for ours, theirs in (classes, classes[::-1])
        for a in ours
    )


def _residues(lines: list[tuple[Real, Real]], unit: Real, period: int) -> list[Real]:
    found: list[Real] = []
    for offset, step in lines:
        count = round(period / float(step / unit))
        if len(found) + count > _MOST_RESIDUES:
            raise UndecidedError("many residues")
        found += [(offset + k * step) / unit for k in range(count)]
    return found


def _close(left: Real, right: Real, period: int) -> bool:
    distance = (left - right) / period
    return bool(abs(distance - round(float(distance))) < 1e-20)

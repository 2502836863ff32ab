"""Equality of functions by cases, and of residues with their modulus."""

from collections.abc import Callable, Sequence
from fractions import Fraction

from verification.arithmetic.equality import same_expression
from verification.arithmetic.exact import ExactEvaluator, InexactError
from verification.arithmetic.marks import Marks
from verification.arithmetic.terms import Terms, every, some
from verification.comparing.assignments import is_unknown, same_name
from verification.comparing.within import differ_within, formula_of
from verification.tree.bounds import UndecidedError, UndefinedError
from verification.tree.renaming import PARAMETER, names_in, renamed
from verification.tree.syntax import (
    Answer,
    Collection,
    Congruence,
    Expression,
    Piecewise,
    Relation,
    Restricted,
    Symbol,
    Tuple,
    Value,
)
from verification.tree.traits import traits_of

_INDEXES = set("ijklmn")
Same = Callable[[Answer, Answer], bool]


def same_special(left: Answer, right: Answer, same: Same, terms: Terms) -> bool | None:
    """Compare two answers of which one at least is of these types; None where neither is."""
    match left, right:
        case Congruence(), Congruence():
            return _same_congruence(left, right, terms)
        case Piecewise(), Piecewise():
            return _same_piecewise(left, right, same, terms)
        case ((Congruence() | Piecewise()), _) | (_, (Congruence() | Piecewise())):
            return _unlike(left, right, terms)
    return None


def _same_piecewise(left: Piecewise, right: Piecewise, same: Same, terms: Terms) -> bool:
    """Compare two functions by cases, the order of the cases free.

    Different only where the conditions agree one by one and a value does not: the same function
    may be cut at other places.
    """
    if len(left.pieces) != len(right.pieces):
        raise UndecidedError("functions by cases that are cut differently")
    rest = list(right.pieces)
    different = False
    for value, condition in left.pieces:
        match = next((piece for piece in rest if _agrees(condition, piece[1], same)), None)
        if match is None:
            raise UndecidedError("functions by cases that are cut differently")
        rest.remove(match)
        if same(value, match[0]):
            continue
        different = True
        plain = _is_plain(value) and _is_plain(match[0])
        if not plain and not differ_within(value, match[0], condition, terms):
            raise UndecidedError("values that may agree where their case holds")
    return not different


def _agrees(left: Answer, right: Answer, same: Same) -> bool:
    try:
        return same(left, right)
    except UndecidedError:
        return False


def _is_plain(value: Answer) -> bool:
    """Say whether a value has no root or modulus that a case could resolve: `|x|` for x > 0."""
    if not isinstance(value, Value):
        return False
    traits = traits_of(value.expression)
    return not (traits.branching or traits.of_integers or traits.functions & {"abs", "floor"})


def _same_congruence(left: Congruence, right: Congruence, terms: Terms) -> bool:
    """Compare two residues; a name may be missing on one side, the modulus may not."""
    if left.name and right.name and not same_name(left.name, right.name):
        if is_unknown(left.name) and is_unknown(right.name):
            return False
        raise UndecidedError("congruences of different terms")
    modulus = _integer(left.modulus, terms)
    other = _integer(right.modulus, terms)
    if modulus is not None and other is not None and abs(modulus) != abs(other):
        return False
    residues = _integer(left.residue, terms), _integer(right.residue, terms)
    if modulus and residues[0] is not None and residues[1] is not None:
        return (residues[0] - residues[1]) % modulus == 0
    if same_expression(left.modulus, right.modulus, terms) and same_expression(
        left.residue, right.residue, terms
    ):
        return True
    raise UndecidedError("residues that are no integers")


def _unlike(left: Answer, right: Answer, terms: Terms) -> bool:
    """Compare a residue or a function by cases with an answer that is none.

    A bare number outside a residue's class is certainly not meant by it.
    """
    residue, other = (left, right) if isinstance(left, Congruence) else (right, left)
    if not isinstance(residue, Congruence):
        raise UndecidedError("a function by cases and one without")
    if isinstance(other, Value):
        known = [_integer(t, terms) for t in (other.expression, residue.residue, residue.modulus)]
        number, remainder, modulus = known
        if number is not None and remainder is not None and modulus:
            different = (number - remainder) % modulus != 0
            if different:
                return False
    raise UndecidedError("a residue without its modulus")


def same_restricted(left: Answer, right: Answer, same: Same, terms: Terms) -> bool | None:
    """Compare answers of which one at least has a condition behind it; None where neither has.

    A condition on one side only may be part of the question, so that it decides nothing.
    """
    match left, right:
        case Restricted(answer, condition), Restricted(other, opposite):
            moved = _with_its_index(right, left)
            if not _either(same, condition, (opposite, moved.condition)):
                return False
            if _either(same, answer, (other, moved.answer)):
                return True
            formulas = formula_of(answer), formula_of(moved.answer)
            plain = all(tree is None or _is_plain(Value(tree)) for tree in formulas)
            if not plain and not differ_within(answer, moved.answer, condition, terms):
                raise UndecidedError("formulas that may agree where they hold")
            return False
        case (Restricted(answer), other) | (other, Restricted(answer)):
            if not same(answer, other) and not _holds_orders(other):
                return False
            raise UndecidedError("a condition that stands on one side only")
    return None


def _with_its_index(answer: Restricted, other: Restricted) -> Restricted:
    r"""Call the index that runs in an answer, `x = k\pi, k \ge 0`, by the other's letter."""
    ours, theirs = names_in(answer), names_in(other)
    mine, its = ours - theirs, theirs - ours
    running = (names_in(answer.condition) & mine, names_in(other.condition) & its)
    if running != (mine, its) or not len(mine) == len(its) == 1:
        return answer
    if not {name.lstrip(PARAMETER) for name in mine | its} <= _INDEXES:
        return answer
    return renamed(answer, {mine.pop(): Symbol(its.pop())})


def _either(same: Same, one: Answer, others: tuple[Answer, Answer]) -> bool:
    spellings = others[:1] if others[0] == others[1] else others
    return some(same, [(one, other) for other in spellings])


def _holds_orders(answer: Answer) -> bool:
    """Say whether a list holds comparisons, which may be the condition in another order."""
    items = answer.items if isinstance(answer, Collection) else ()
    return any(isinstance(item, Relation) and set(item.signs) - {"=", "~"} for item in items)


def list_as_tuple(items: Sequence[Answer], point: Tuple, same: Same) -> bool:
    """Compare `0, 5` with `(0, 5)`; `[0, 5]` may be the list as a program prints it."""
    brackets = (point.opening, point.closing)
    if brackets not in (("(", ")"), ("[", "]")):
        return False
    equal = every(same, zip(items, point.items, strict=True))
    if equal and brackets == ("[", "]") and len(items) == 2:
        raise UndecidedError("a list or an interval")
    return equal


def _integer(tree: Expression, terms: Terms) -> Fraction | None:
    if traits_of(tree).variables:
        return None
    try:
        value = ExactEvaluator({}, Marks(), terms.budget).value(tree)
    except (InexactError, UndefinedError, UndecidedError):
        return None
    return value if value.denominator == 1 else None

r"""One form for what is written in several ways before answers are compared.

Arguments of unknown functions become numbers where they are (`f(-\frac34)` is `f(-0.75)`), series
and lists with an ellipsis what they stand for where their first terms say so (`1+2+\cdots+n`).
"""

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

from verification.arithmetic.exact import ExactEvaluator, InexactError
from verification.arithmetic.marks import Marks
from verification.arithmetic.terms import Budget
from verification.tree.bounds import MAX_ITEMS, UndecidedError, UndefinedError
from verification.tree.renaming import renamed
from verification.tree.syntax import (
    Answer,
    Applied,
    Call,
    Collection,
    Expression,
    Negative,
    Number,
    Power,
    Product,
    Quotient,
    Relation,
    Restricted,
    Sum,
    Symbol,
    Tuple,
    Value,
)
from verification.tree.traits import traits_of, walk

_ELLIPSIS = Symbol("...")
_ONE, _TWO = Number(Fraction(1)), Number(Fraction(2))
_STEPS = 500
"""Steps of arithmetic for one argument."""


def canonical_answer(answer: Answer) -> Answer:
    """Return the answer in one form; the same object where nothing is to be done."""
    match answer:
        case Value(expression):
            tree = _expression(expression)
            return answer if tree is expression else replace(answer, expression=tree)
        case Tuple(_, items):
            return replace(answer, items=tuple(map(canonical_answer, items)))
        case Collection(items):
            return replace(answer, items=_listed(tuple(map(canonical_answer, items))))
        case Relation(sides):
            found = [s if s.answer is None else replace(s, answer=canonical_answer(s.answer))
                     for s in sides]  # fmt: skip
            return replace(answer, sides=tuple(found))
        case Restricted(stated, condition):
            return Restricted(canonical_answer(stated), canonical_answer(condition))
    return answer


def _expression(tree: Expression) -> Expression:
    if not any(isinstance(node, Applied) or node == _ELLIPSIS for node in walk(tree)):
        return tree
    return _rewritten(tree)


def _rewritten(tree: Expression) -> Expression:
    match tree:
        case Applied(name, arguments):
            return Applied(name, tuple(map(_argument, arguments)))
        case Sum(terms):
            return _series(tuple(map(_rewritten, terms))) or Sum(tuple(map(_rewritten, terms)))
        case Product(factors):
            inner = tuple(map(_rewritten, factors))
            return _product(inner) or Product(inner)
        case Negative(of):
            return Negative(_rewritten(of))
        case Quotient(top, bottom):
            return Quotient(_rewritten(top), _rewritten(bottom))
        case Power(base, exponent):
            return Power(_rewritten(base), _rewritten(exponent))
        case Call(function, arguments):
            return Call(function, tuple(map(_rewritten, arguments)))
    return tree


def _argument(tree: Expression) -> Expression:
    """Return the number that an argument is, or its terms and factors in one order."""
    number = _number(tree)
    if number is not None:
        return Number(number)
    match tree:
        case Sum(terms):
            return Sum(tuple(sorted(map(_argument, terms), key=repr)))
        case Product(factors):
            return Product(tuple(sorted(map(_argument, factors), key=repr)))
    return _rewritten(tree)


def _number(tree: Expression) -> Fraction | None:
    try:
        return ExactEvaluator({}, Marks(), Budget(_STEPS)).value(tree)
    except (InexactError, UndefinedError, UndecidedError):
        return None


def _progression(parts: tuple[Expression, ...]) -> tuple[Fraction, Fraction, Expression] | None:
    r"""Return first term, step and last term of `a, a+d, ..., z`, None where it is none."""
    if len(parts) < 4 or parts[-2] != _ELLIPSIS or _ELLIPSIS in parts[:-2]:
        return None
    leading = [_number(part) for part in parts[:-2]]
    if None in leading:
        return None
    numbers = [number for number in leading if number is not None]
    steps = {b - a for a, b in pairwise(numbers)}
    step = steps.pop()
    last = _number(parts[-1])
    if steps or not step or any(number.denominator > 1 for number in numbers):
        return None
    if last is not None and (last - numbers[0]) % step:
        return None
    if last is None and not _is_reached(parts[-1], numbers[0], step):
        return None
    return numbers[0], step, parts[-1]


def _is_reached(last: Expression, first: Fraction, step: Fraction) -> bool:
    """Say whether `last` is linear in one variable and reached from `first` at every integer."""
    names = traits_of(last).variables
    if len(names) != 1:
        return False
    name = next(iter(names))
    at = [_number(renamed(last, {name: Number(Fraction(k))})) for k in (6, 7, 8, 11)]
    if any(value is None or (value - first) % step for value in at):
        return False
    low, up, high, far = (value for value in at if value is not None)
    return up > low and high - up == up - low and far - low == 5 * (up - low)


def _series(terms: tuple[Expression, ...]) -> Expression | None:
    r"""Return the sum of an arithmetic series, `\frac{n(n+1)}{2}` of `1+2+\cdots+n`."""
    found = _progression(terms)
    if found is None:
        return None
    first, step, last = found
    reach = Sum((last, Negative(Number(first))))
    count = Sum((Quotient(reach, Number(step)), _ONE))
    return Quotient(Product((count, Sum((Number(first), last)))), _TWO)


def _product(factors: tuple[Expression, ...]) -> Expression | None:
    r"""Return the factorial that `1 \cdot 2 \cdots n` and `1 \cdot 3 \cdots (2n-1)` are."""
    if _ELLIPSIS in factors[:-2]:  # the last factor of `2 \cdot 4 \cdots 2n` is 2n
        at = factors.index(_ELLIPSIS)
        factors = (*factors[: at + 1], Product(factors[at + 1 :]))
    found = _progression(factors)
    if found is None:
        return None
    first, step, last = found
    if step == 1 and first == 1:
        return Call("factorial", (last,))
    if step == 2 and first in (1, 2):
        return Call("double_factorial", (last,))
    return None


def _listed(items: tuple[Answer, ...]) -> tuple[Answer, ...]:
    r"""Write `1, 2, 3, \ldots, 10` out, and `1, 2, 3, \ldots, n` with its first two terms."""
    if not any(isinstance(i, Value) and i.expression == _ELLIPSIS for i in items):
        return items
    trees = tuple(item.expression for item in items if isinstance(item, Value))
    found = _progression(trees) if len(trees) == len(items) else None
    if found is None:
        return items
    first, step, last = found
    end = _number(last)
    if end is None:
        return (Value(Number(first)), Value(Number(first + step)), *items[-2:])
    count = (end - first) / step + 1
    if not 0 < count <= MAX_ITEMS:
        return items
    return tuple(Value(Number(first + k * step)) for k in range(int(count)))

"""What occurs in an expression: its variables, and what decides how it may be evaluated."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from verification.tree.syntax import (
    Applied,
    Binder,
    Call,
    Constant,
    Degrees,
    Expression,
    Matrix,
    Negative,
    Number,
    Percent,
    PlusMinus,
    Power,
    Product,
    Quotient,
    Sum,
    Symbol,
)

_OF_INTEGERS = {"factorial", "double_factorial", "binomial", "permutations", "gcd", "lcm", "mod"}
_INFINITIES = (Constant("infinity"), Negative(Constant("infinity")))
_BRANCHING = {
    "sqrt", "root", "ln", "log", "arcsin", "arccos", "arctan", "arccot", "arcsec", "arccsc",
    "arcsinh", "arccosh", "arctanh", "arccoth", "arg",
}  # fmt: skip


@dataclass(slots=True)
class Traits:
    """Traits of one expression or several."""

    variables: set[str] = field(default_factory=set)
    functions: set[str] = field(default_factory=set)
    degrees: bool = False
    percent: bool = False
    plus_minus: int = 0
    infinite: bool = False
    of_integers: bool = False
    """Holds a function that means something at integers only, or a negative base to a variable."""
    branching: bool = False
    """Holds a root, logarithm or inverse function of a variable: several branches off the reals."""
    matrix: bool = False


def traits_of(*trees: Expression) -> Traits:
    """Return the traits of all `trees` together."""
    traits = Traits()
    for tree in trees:
        _collect(tree, traits, frozenset())
    return traits


def children(tree: Expression) -> tuple[Expression, ...]:
    """Return the direct parts of a node, bounds of a binder included."""
    match tree:
        case Sum(parts) | Product(parts) | Call(_, parts) | Applied(_, parts):
            return parts
        case Negative(of) | PlusMinus(of) | Degrees(of) | Percent(of):
            return (of,)
        case Quotient(left, right) | Power(left, right):
            return (left, right)
        case Binder(_, body, _, lower, upper):
            return tuple(part for part in (body, lower, upper) if part is not None)
        case Matrix(rows):
            return tuple(entry for row in rows for entry in row)
    return ()


def walk(tree: Expression) -> Iterator[Expression]:
    """Yield every node."""
    yield tree
    for child in children(tree):
        yield from walk(child)


def variable_of(tree: Applied) -> str:
    """Return the name under which `f(2)` is a variable of its own."""
    return f"{tree.name}{tree.arguments!r}"


def _has_variable(tree: Expression) -> bool:
    return any(isinstance(node, Symbol | Applied) for node in walk(tree))


def _collect(tree: Expression, traits: Traits, bound: frozenset[str]) -> None:
    match tree:
        case Number():
            return
        case Symbol(name):
            if name not in bound:
                traits.variables.add(name)
            return
        case Applied():
            traits.variables.add(variable_of(tree))
            return
        case Binder(_, body, variable, lower, upper):
            traits.of_integers |= tree.kind in ("sum", "product")
            _collect(body, traits, bound | {variable})
            for limit in (lower, upper):
                if limit is not None and limit not in _INFINITIES:
                    _collect(limit, traits, bound)
            return
        case Call():
            _note_call(tree, traits)
        case _:
            _note_other(tree, traits)
    for child in children(tree):
        _collect(child, traits, bound)


def _note_call(tree: Call, traits: Traits) -> None:
    traits.functions.add(tree.function)
    traits.of_integers |= tree.function in _OF_INTEGERS
    if tree.function in _BRANCHING and not traits.branching:
        traits.branching = _has_variable(tree)


def _note_other(tree: Expression, traits: Traits) -> None:
    match tree:
        case Power(base, exponent):
            whole = isinstance(exponent, Number) and exponent.value.denominator == 1
            if not whole and not (
                isinstance(exponent, Negative) and isinstance(exponent.of, Number)
            ):
                negative = isinstance(base, Negative) or (
                    isinstance(base, Number) and base.value < 0
                )
                traits.of_integers |= negative and _has_variable(exponent)
                traits.branching |= _has_variable(base)
        case Degrees():
            traits.degrees = True
        case Percent():
            traits.percent = True
        case PlusMinus():
            traits.plus_minus += 1
        case Constant("infinity"):
            traits.infinite = True
        case Matrix():
            traits.matrix = True

"""Decide when an expression is a true account of a quantity."""

from collections.abc import Iterator
from itertools import combinations

from sources.synthetic.equations import Binary, Expression, Number
from sources.synthetic.program import Program


def accounts_for(program: Program, expression: Expression, index: int) -> bool:
    """Tell whether the expression is the quantity's value or follows how it is computed.

    Arguments may be written out in turn, `(12 * 3) + 4`, and those of + and * may swap places.
    """
    quantity = program.quantities[index]
    if isinstance(expression, Number):
        return expression.value == quantity.value
    if expression.operation != quantity.operation:
        return False
    left, right = quantity.args
    orders = [(left, right), (right, left)] if quantity.operation in "+*" else [(left, right)]
    return any(
        accounts_for(program, expression.left, a) and accounts_for(program, expression.right, b)
        for a, b in orders
    )


def accounts_for_sum(program: Program, expression: Expression, members: tuple[int, ...]) -> bool:
    """Tell whether the terms of the expression are the sums of disjoint sets of the members.

    Every member must be in one of the sets; a term that is computed stands for one member.
    """
    terms = list(_terms(expression))
    return len(terms) <= len(members) and _cover(program, terms, frozenset(members))


def _terms(expression: Expression) -> Iterator[Expression]:
    if isinstance(expression, Binary) and expression.operation == "+":
        yield from _terms(expression.left)
        yield from _terms(expression.right)
    else:
        yield expression


def _cover(program: Program, terms: list[Expression], members: frozenset[int]) -> bool:
    if not terms:
        return not members
    term, *others = terms
    return any(
        _cover(program, others, members - chosen)
        for chosen in _subsets(members)
        if _is_sum(program, term, chosen)
    )


def _subsets(members: frozenset[int]) -> Iterator[frozenset[int]]:
    for size in range(1, len(members) + 1):
        yield from map(frozenset, combinations(sorted(members), size))


def _is_sum(program: Program, term: Expression, members: frozenset[int]) -> bool:
    if len(members) == 1:
        return accounts_for(program, term, *members)
    total = sum(program.quantities[index].value for index in members)
    return isinstance(term, Number) and term.value == total

r"""What an equation is about: whether two left sides name the same thing.

`E(X) = 2` is not `E(Y) = 2`, `AB = 5` is not `CD = 5`; `f(x) = x^2` is `y = x^2` and
`f(t) = t^2`.
Where one side goes by a letter and the other by a description, nobody can tell from the answers.
"""

import re

from verification.arithmetic.equality import same_expression
from verification.arithmetic.terms import Terms
from verification.comparing.assignments import Named, is_unknown, same_name
from verification.tree.bounds import UndecidedError
from verification.tree.renaming import renamed
from verification.tree.syntax import Answer, Expression, Symbol, Value

_FUNCTION = re.compile(r"(\\?[a-zA-Z]+(?:_\w+)?'*(?:_\w+)?)\((.*)\)")
_TERM = re.compile(r"(\\?[a-zA-Z])_([a-z])")
_ARGUMENTS = re.compile(r"[a-z](?:,[a-z])*")
_CAPITALS = re.compile(r"[A-Z]{2,}")
_GRAPH = {"y", "z", "w"}
"""Letters that a function's value goes by."""


def same_subject(left: Named, right: Named, terms: Terms) -> bool | None:
    """Say whether two equations name the same thing; None where names do not tell."""
    a, b = left.name.strip("|"), right.name.strip("|")
    if a == b or not a or not b:
        return True
    if _CAPITALS.fullmatch(a) and _CAPITALS.fullmatch(b):
        return a == b[::-1]
    f, g = _FUNCTION.fullmatch(a), _FUNCTION.fullmatch(b)
    if f and g:
        if f[1] in "PE" and _is_opaque(f[2]) and _is_opaque(g[2]):
            return False
        if f[1] != g[1] and f[1].lower() == g[1].lower():
            return None  # whether F is the f of the other, the answers do not say
        return f[1] == g[1] and surely_same_value(left.subject, right.subject, terms)
    if f:
        return _function_and_name(f, b)
    if g:
        return _function_and_name(g, a)
    if is_unknown(a) and is_unknown(b):
        return same_name(a, b)
    if surely_same_value(left.subject, right.subject, terms):
        return True
    worded = any(_is_worded(side) for side in (left, right))
    return None if worded or is_unknown(a) != is_unknown(b) else False


def _is_opaque(argument: str) -> bool:
    return re.search(r"[A-Z]", argument) is not None


def _is_worded(named: Named) -> bool:
    return named.subject is None and re.search(r"[a-z]{3}", named.name) is not None


def _function_and_name(function: re.Match[str], name: str) -> bool | None:
    if name == function[1]:
        return True
    if _ARGUMENTS.fullmatch(function[2]) and len(function[1]) == 1 and name in _GRAPH:
        return True
    return None


def surely_same_value(left: Answer | None, right: Answer | None, terms: Terms) -> bool:
    """Say whether two answers are expressions that are known to be equal."""
    if not isinstance(left, Value) or not isinstance(right, Value):
        return False
    try:
        return same_expression(left.expression, right.expression, terms)
    except UndecidedError:
        return False


def with_bound_names(named: Named) -> Named:
    r"""Call the arguments of `f(x, y)` and the index of `a_n` by their places."""
    function, term = _FUNCTION.fullmatch(named.name), _TERM.fullmatch(named.name)
    if function and _ARGUMENTS.fullmatch(function[2]):
        head, names = function[1] + "(", function[2].split(",")
    elif term:
        head, names = term[1] + "_", [term[2]]
    else:
        return named
    places: dict[str, Expression] = {name: Symbol(f"@{k}") for k, name in enumerate(names)}
    if len(places) < len(names):
        return named
    name = head + ",".join(f"@{k}" for k in range(len(names))) + (")" if function else "")
    return Named(name, renamed(named.value, places), None)

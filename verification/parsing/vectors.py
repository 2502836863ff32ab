r"""Products of vectors: `\vec{a} \times \vec{b}` turns its sign with the order."""

from verification.parsing.token import Token
from verification.tree.renaming import renamed
from verification.tree.syntax import Expression, Negative, Product, Sum, Symbol
from verification.tree.traits import traits_of


def turns_sign(tokens: list[Token], at: int) -> bool:
    r"""Say whether the sign before `at` is the `\times` of two names in bold or under arrows."""
    if not 1 < at < len(tokens) or tokens[at - 1].text != "times":
        return False
    return _is_vector(tokens[at - 2]) and _is_vector(tokens[at])


def _is_vector(token: Token) -> bool:
    return token.kind == "symbol" and (len(token.text) == 1 or token.text.startswith("vec:"))


def cross(left: Expression, right: Expression) -> Expression:
    """Return the cross product in the plane, which is linear in both and antisymmetric."""
    return Sum((Product((left, _turned(right))), Negative(Product((_turned(left), right)))))


def _turned(tree: Expression) -> Expression:
    """Return the vector a quarter turn on, a name of its own for every name."""
    return renamed(tree, {name: Symbol(f"ddot:{name}") for name in traits_of(tree).variables})

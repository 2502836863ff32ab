"""Other names for the variables of an answer."""

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from fractions import Fraction
from typing import TypeVar

from verification.tree.syntax import Answer, Applied, Expression, Symbol

PARAMETER = "#"
"""Begins the name of an integer that runs: the `k` of `k\\pi, k \\in \\mathbb{Z}`."""

T = TypeVar("T", bound=Answer | Expression)


def renamed(tree: T, names: Mapping[str, Expression]) -> T:
    """Return the tree with an expression in place of each symbol that `names` holds."""
    return _renamed(tree, names) if names else tree  # type: ignore[return-value]


def _renamed(node: object, names: Mapping[str, Expression]) -> object:
    if isinstance(node, Symbol):
        return names.get(node.name, node)
    if isinstance(node, tuple):
        return tuple(_renamed(child, names) for child in node)
    if not is_dataclass(node) or isinstance(node, Fraction | type):
        return node
    values = {f.name: _renamed(getattr(node, f.name), names) for f in fields(node)}
    return type(node)(**values)


def names_in(tree: Answer | Expression) -> set[str]:
    """Return the names of all symbols and functions, bound ones as well."""
    return set(_names(tree))


def _names(node: object) -> Iterator[str]:
    if isinstance(node, Symbol | Applied):
        yield node.name
    children = node if isinstance(node, tuple) else ()
    if is_dataclass(node) and not isinstance(node, type):
        children = tuple(getattr(node, field.name) for field in fields(node))
    for child in children:
        yield from _names(child)

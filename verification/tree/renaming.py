"""Other names for the variables of an answer."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from fractions import Fraction
from typing import TypeVar

from verification.tree.syntax import Answer, Expression, Symbol

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

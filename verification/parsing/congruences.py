r"""Residues with their modulus: `x \equiv 3 \pmod{7}`, `3 (\bmod 7)`, `5 (mod 7)`."""

from collections.abc import Callable

from verification.parsing.token import Token
from verification.tree.bounds import UnparsedError
from verification.tree.syntax import Congruence, Expression

_MODULUS = {"pmod", "mod", "bmod", "pod"}


def read_congruence(
    tokens: list[Token], parse: Callable[[list[Token]], Expression]
) -> Congruence | None:
    r"""Read a residue and its modulus; None where no modulus stands behind.

    `7 \bmod 3` alone is a number, the remainder; behind `\equiv` it names the modulus.
    """
    at = next((k for k, t in enumerate(tokens) if t.text in _MODULUS and t.kind != "mark"), 0)
    if not at or at + 1 == len(tokens):
        return None
    related = [k for k, t in enumerate(tokens[:at]) if t.text in ("equiv", "=")]
    stated, modulus = tokens[:at], tokens[at + 1 :]
    if stated[-1].text == "(" and modulus[-1].text == ")":
        stated, modulus = stated[:-1], modulus[:-1]
    elif tokens[at].text != "pmod" and not any(tokens[k].text == "equiv" for k in related):
        return None
    if len(related) > 1 or not stated or not modulus:
        raise UnparsedError("a congruence of several members")
    name = "".join(t.text for t in stated[: related[0]]) if related else ""
    residue = stated[related[0] + 1 :] if related else stated
    return Congruence(name, parse(residue), parse(_inner(modulus)))


def with_shared_modulus(parts: list[list[Token]]) -> list[list[Token]]:
    r"""Give each residue of `x \equiv 1, 4 \pmod 5` its name and modulus."""
    *others, last = parts
    at = next((k for k, t in enumerate(last) if t.text in _MODULUS and t.kind != "mark"), 0)
    if not at or not others or any(t.text in _MODULUS for part in others for t in part):
        return parts
    named = next((k for k, t in enumerate(others[0]) if t.text == "equiv"), None)
    if named is None:
        return parts
    name, modulus = others[0][: named + 1], last[at - (last[at - 1].text == "(") :]
    residues = [*others, last[: len(last) - len(modulus)]]
    return [
        [*(() if any(t.text == "equiv" for t in part) else name), *part, *modulus]
        for part in residues
    ]


def _inner(tokens: list[Token]) -> list[Token]:
    pairs = (("{", "}"), ("(", ")"))
    wrapped = len(tokens) > 2 and (tokens[0].text, tokens[-1].text) in pairs
    return tokens[1:-1] if wrapped else tokens

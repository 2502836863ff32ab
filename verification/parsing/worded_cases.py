r"""Functions by cases in words: `$f(y) = 2y$ for $0 < y < 1$ and 0 otherwise`.

They are written as `\begin{cases}`. Of probabilities one by one, that all others are 0 goes without
saying: `$P(X=1) = 0.4, P(X=2) = 0.6$, and $P(X=x) = 0$ otherwise`.
"""

import re

_MATH = r"\$[^$]{1,300}\$"
_NUMBER = r"\$?\s?-?\d+\s?\$?"
_CASES = re.compile(
    rf"(?P<stated>{_MATH}(?: equals {_MATH})?),? for (?P<condition>{_MATH}(?:, \d+)*)"
    rf"(?:,? and (?P<zero>{_NUMBER}) otherwise|,? and otherwise (?:equals )?(?P<last>{_NUMBER})"
    r"|[;,]? (?:and )?otherwise,? \$(?P<again>[^$=]{1,40})=\s?(?P<value>-?\d+)\s?\$)\s?\.?"
)
_POINTS = re.compile(
    r"\$(?P<points>[^$]{1,300}?)(?:\$,? and \$|,\s?)"
    r"(?P<other>[a-zA-Z][^$=,]{0,20}(?:=\s?[a-z]\s?)?\))\s?=\s?0\$"
    r" (?:otherwise|for \$[a-z]\s?\\neq? [^$]{1,60}\$)\.?"
)
_HEAD = re.compile(r"\s*([a-zA-Z](?:_\{?\w+\}?)?)\(")


def in_cases(text: str) -> str:
    """Return a function by cases as LaTeX has it, empty where a text is none that is understood."""
    if not ("otherwise" in text or "\\ne" in text) or "\\begin" in text:
        return ""
    return _function(text) or _probabilities(text)


def _function(gold: str) -> str:
    found = _CASES.fullmatch(gold)
    if not found:
        return ""
    stated = found["stated"].replace("$ equals $", "=").strip("$")
    name, equals, value = stated.partition("=")
    if not equals or "=" in value or (found["again"] or name).strip() != name.strip():
        return ""
    condition = found["condition"].replace("$", "")
    other = (found["zero"] or found["last"] or found["value"]).strip("$ ")
    return (
        rf"{name.strip()} = \begin{{cases}} {value.strip()} & {condition.strip()} \\"
        rf" {other} & \text{{otherwise}} \end{{cases}}"
    )


def _probabilities(gold: str) -> str:
    found = _POINTS.fullmatch(gold)
    if not found:
        return ""
    heads = [_HEAD.match(part) for part in re.split(r"[=,](?=\s*[a-zA-Z])", found["points"])]
    named = {head[1] for head in heads if head}
    other = _HEAD.match(found["other"])
    return found["points"].strip() if other and named == {other[1]} else ""

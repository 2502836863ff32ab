r"""Values with labels in words: `max at x = 1, min at x = 3`, `concave up on (0, 1)`.

A label names its value as the left side of an equation does, `max = 1, min = 3`.
"""

import re

from verification.parsing.token import Token

_OPENERS = re.compile(r"(.*\S)\s+(?:at|on|when|over)")
_POINTS = {
    "min", "max", "minimum", "maximum", "minima", "maxima", "point", "points", "pt", "pts",
    "vertex", "vertices", "center", "focus", "foci", "intercept", "intercepts",
}  # fmt: skip
"""What a point in brackets may follow at once, `local min. (1, 0)`."""
_ONE_WORD = {
    "minimum": "min", "maximum": "max", "minima": "min", "maxima": "max", "points": "point",
    "pt": "point", "pts": "point", "mins": "min", "maxs": "max",
}  # fmt: skip
_LABEL_TOKENS = 3
_COMMANDS = {"max", "min"}


def labelled(parts: list[list[Token]]) -> list[tuple[str, list[list[Token]]]] | None:
    """Return the labels and the parts that belong to each, None where the parts have none.

    What is `neither at 0` is not asked for.
    A part without a label belongs to the one before it.
    """
    found: list[tuple[str, list[list[Token]]]] = []
    worded = colons = 0
    for part in parts:
        cut = _label_end(part)
        if cut:
            worded += part[0].text not in _COMMANDS
            colons += part[0].text not in _COMMANDS and part[cut - 1].text.endswith(":")
            found.append((_name(part[:cut]), [_without_name(part[cut:])]))
        elif found:
            found[-1][1].append(_without_name(part))
        else:
            return None
    found = [entry for entry in found if entry[0] != "neither"] or found
    names = {name for name, _ in found}
    return None if len(names) < len(found) or colons == 1 or colons not in (0, worded) else found


def _label_end(part: list[Token]) -> int:
    """Return how many tokens at the start are a label, 0 if none are."""
    letters = next((k for k, t in enumerate(part) if t.kind != "letter" or (k and t.spaced)), 0)
    if letters and letters + 1 < len(part):
        named = part[0].text.isupper() if letters == 1 else letters > 2
        return (
            letters + 1 if part[letters].text == ":" and part[letters + 1].spaced and named else 0
        )
    return _counted_end(part) if part[0].kind == "number" else _worded_end(part)


def _worded_end(part: list[Token]) -> int:
    for at, token in enumerate(part[:_LABEL_TOKENS]):
        behind = part[at + 1] if at + 1 < len(part) else None
        if behind is None:
            return 0
        if token.kind == "words":
            text = token.text.lower()
            if text.endswith(":") or _OPENERS.fullmatch(text) or (at and text in ("at", "on")):
                return at + 1
            if behind.text == ":" and behind.kind == "mark":
                return at + 2
            dot = behind.text == "." and at + 2 < len(part)
            opening = part[at + 2] if dot else behind
            if text.split()[-1] in _POINTS and opening.text == "(":
                return at + 1 + dot
        elif not (token.kind == "command" and token.text in _COMMANDS):
            return 0
        elif behind.text == ":":
            return at + 2
    return 0


def _counted_end(part: list[Token]) -> int:
    """Return how many tokens of `4 rectangles: 10.25` are its label."""
    if len(part) < 3 or part[1].kind != "words":
        return 0
    if part[1].text.endswith(":"):
        return 2
    return 3 if part[2].text == ":" and len(part) > 3 else 0


def _name(label: list[Token]) -> str:
    if label[0].kind == "letter":
        return "".join(token.text for token in label if token.kind == "letter")
    words = " ".join(token.text for token in label if token.kind != "mark").lower().strip(" :.")
    opened = _OPENERS.fullmatch(words)
    words = (opened[1] if opened else words).removesuffix(" at").strip(" .")
    return " ".join(_ONE_WORD.get(word, word) for word in words.split())


def names_points(name: str) -> bool:
    """Say whether a label is one of points, `local min`, rather than of intervals."""
    return name.split()[-1] in _POINTS


def _without_name(part: list[Token]) -> list[Token]:
    """Take `x =` off `max at x = 1`."""
    named = len(part) > 2 and part[0].kind == "letter" and part[1].text == "="
    return part[2:] if named else part

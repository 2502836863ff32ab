r"""The second reading of letters behind a number: as its unit, `9.8 m/s^2`, `0.4 can`.

The grammar takes letters for variables. Where the other side of a comparison holds none, they can
only be a unit or a word; what is a variable anyway (`2ab`, `4t`) is not read so.
"""

from verification.parsing.measures import unit_of
from verification.parsing.token import Token
from verification.parsing.vocabulary import PER_WORDS

_TAIL_MARKS = set("/^_{}-.()&'*,")
_TAIL_COMMANDS = {"mu", "Omega", "cdot", "times", "min", "sec", "cup", "cap", "max", "deg"}
_POWERS = 5
_BEGINNINGS = {"ee", "ll", "oo"}
"""Doubled letters that words begin with: eels, llamas."""
_GLUED = set("gmsLKNJWV")
"""Letters that are a unit even without space before them, `2600g`; `5h` is five times h."""


def measured(tokens: list[Token], *, lenient: bool) -> list[Token] | None:
    """Return the tokens with the letters behind the number as words; None if they can be none.

    Without `lenient` only known units with space before them count: a gold may mean a variable.
    """
    start = _last_equals(tokens) + 1
    at = _tail(tokens, start)
    if at is None:
        return None
    tail = _as_words(tokens[at:])
    runs = [token.text for token in tail if token.kind == "words"]
    known = [unit_of(run) is not None for run in runs]
    spaced = tokens[at].spaced or tokens[at].kind == "words"
    if lenient and not spaced and not _may_be_glued(runs):
        return None
    if not lenient and not (spaced and all(known)):
        return None
    per = [run in PER_WORDS and run != runs[-1] for run in runs]
    read = (fits or of or _is_wordlike(run) for run, fits, of in zip(runs, known, per, strict=True))
    if not all(read):
        return None
    return [*tokens[:at], *tail]


def _may_be_glued(runs: list[str]) -> bool:
    return len(runs[0]) > 1 or runs[0] in _GLUED


def _last_equals(tokens: list[Token]) -> int:
    return max((k for k, t in enumerate(tokens) if t.kind == "mark" and t.text == "="), default=-1)


def _tail(tokens: list[Token], start: int) -> int | None:
    """Return where the letters begin: a number stands before them, only unit marks among them."""
    at = start
    while at < len(tokens) and not _is_lettery(tokens[at]):
        at += 1
    if at == len(tokens) or not any(token.kind == "number" for token in tokens[start:at]):
        return None
    while tokens[at - 1].text == "{" and at > start + 1:
        at -= 1
    if tokens[at - 1].text in ("+", "-", "^", "_", "(", "=", "frac"):
        return None
    return at if all(map(_fits_tail, tokens[at:])) else None


def _is_lettery(token: Token) -> bool:
    if token.kind == "command":
        return token.text in ("mu", "Omega", "min", "sec", "cup", "cap", "max", "deg")
    return token.kind in ("letter", "words", "symbol")


def _fits_tail(token: Token) -> bool:
    match token.kind:
        case "letter" | "words":
            return True
        case "number":
            return token.text.isdigit() and len(token.text) == 1
        case "command":
            return token.text in _TAIL_COMMANDS
    return token.kind == "mark" and token.text in _TAIL_MARKS


def _as_words(tokens: list[Token]) -> list[Token]:
    """Merge letters without a gap into words."""
    words: list[Token] = []
    for token in tokens:
        text = {"mu": "u", "Omega": "ohm"}.get(token.text, token.text)
        if token.kind == "command" and text not in ("cdot", "times"):
            token = Token("letter", text, token.spaced)
        if token.text in ("{", "}") and not _is_script(words):
            continue
        if token.kind != "letter":
            words.append(token)
        elif words and words[-1].kind == "words" and (not token.spaced or words[-1].text == "u"):
            words[-1] = Token("words", words[-1].text + token.text, words[-1].spaced)
        else:
            words.append(Token("words", token.text, token.spaced))
    return words


def _is_script(words: list[Token]) -> bool:
    """Say whether braces here hold an exponent."""
    return any(token.text in ("^", "_") for token in words[-4:])


def _is_wordlike(run: str) -> bool:
    """Say whether letters are a word rather than a product of variables, `can` and `TVs`."""
    if " " in run or not run.isascii():
        return True
    lower = run.lower()
    doubled = lower[0] * 2 == lower[:2] and len(run) < _POWERS and lower[:2] not in _BEGINNINGS
    if set(lower) <= set("xyz") or doubled:  # `xyx`, `nnm`: powers, written out
        return False
    if len(run) > 3:
        return True
    if len(run) == 3 and run[:2].isupper() and run[2] == "s":
        return True
    if len(run) == 2 and run.isupper():
        return run in ("US", "UK", "TV", "CD", "PC")
    return len(run) == 3 and list(lower) != sorted(lower)

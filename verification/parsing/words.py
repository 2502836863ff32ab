"""Letters without a gap: which of them spell a command, a unit or a word, and which are factors."""

from verification.parsing.token import Token
from verification.parsing.vocabulary import (
    BARE_COMMANDS,
    BARE_UNITS,
    FUNCTIONS,
    GIVEN_NAMES,
    INFINITY_WORDS,
    JOINING_WORDS,
    NUMBER_WORDS,
    SAME_WORDS,
    SHORT_WORDS,
)

_ARTICLES = {
    "a", "an", "the", "in", "of", "is", "at", "on", "by", "it", "to", "we", "he", "as", "be",
}  # fmt: skip
_LITTLE_WORDS = {"no", "yes", "per", "not", "for", "when", "where", "with"}
_SHORT_FUNCTIONS = {"tg", "ctg"}
_UNIT_OR_COMMAND = {"min", "sec", "cup", "cap", "deg"}
"""What is a unit behind a number with nothing to apply to, a command elsewhere."""


def merge_words(tokens: list[Token]) -> list[Token]:
    """Merge runs of letters that spell a command, a unit or a word; join words to phrases."""
    merged: list[Token] = []
    at = 0
    while at < len(tokens):
        token = tokens[at]
        if token.kind != "letter":
            _append(merged, token)
            at += 1
            continue
        end = at + 1
        while end < len(tokens) and tokens[end].kind == "letter" and not tokens[end].spaced:
            end += 1
        run = "".join(t.text for t in tokens[at:end])
        pieces = _spelled(
            run,
            token.spaced,
            merged,
            phrase=_word_follows(tokens, end),
            followed=_argument_follows(tokens, end),
        )
        for piece in pieces:
            _append(merged, piece)
        if pieces[-1].kind == "letter" and _is_index(tokens, end):
            merged.append(Token("mark", "_"))
        at = end
    return merged


def _append(merged: list[Token], token: Token) -> None:
    if token.kind == "words" and merged and merged[-1].kind == "words":
        before = merged.pop()
        merged.append(Token("words", f"{before.text} {token.text}", before.spaced))
    else:
        merged.append(token)


def _argument_follows(tokens: list[Token], at: int) -> bool:
    """Say whether a bracket, number or command stands at `at`: `min(2,3)`, but not `36 min (D)`."""
    if at >= len(tokens):
        return False
    token = tokens[at]
    if token.text == "(":
        return not token.spaced
    return token.kind in ("number", "command", "letter", "symbol", "begin") or token.text in "{^|["


def _is_index(tokens: list[Token], at: int) -> bool:
    """Say whether the number at `at` is the index of the letter before it: `x1` is `x_1`.

    Not of a constant (`3+i2`), nor in an exponent (`2^n3`), nor between digits (`2x3`).
    """
    if at >= len(tokens) or tokens[at].kind != "number" or tokens[at].spaced:
        return False
    letter, before = tokens[at - 1], tokens[at - 2] if at > 1 else _END_OF_TEXT
    if not tokens[at].text.isdigit() or len(tokens[at].text) > 4 or letter.text in ("i", "e"):
        return False
    if before.kind == "mark" and before.text in ("^", "_"):
        return False
    return not (letter.text == "x" and before.kind == "number" and len(tokens) == 3)


_END_OF_TEXT = Token("mark", "")


def _word_follows(tokens: list[Token], at: int) -> bool:
    """Say whether a run of at least four letters stands at `at`, after a gap: `ink cartridge`."""
    run = tokens[at : at + 4]
    if "".join(token.text for token in run[:3]) == "not" and (len(run) < 4 or run[3].spaced):
        return True
    letters = all(token.kind == "letter" for token in run)
    return len(run) == 4 and letters and [token.spaced for token in run] == [True] + 3 * [False]


def _spelled(
    run: str, spaced: bool, before: list[Token], *, phrase: bool, followed: bool
) -> list[Token]:
    """Return what a run of letters without a gap stands for.

    `phrase`: a word comes next; `followed`: what a command could apply to comes next.
    """
    letters = [Token("letter", run[0], spaced), *(Token("letter", c) for c in run[1:])]
    word = [Token("words", run, spaced)]
    lower = run.lower()
    within_phrase = bool(before) and before[-1].kind == "words" and len(before[-1].text) > 1
    after_number = bool(before) and (before[-1].kind == "number" or before[-1].text in (")", "}"))
    if before and before[-1].kind == "number" and run in _UNIT_OR_COMMAND and not followed:
        return word
    if run == "at" and before and before[-1].text in ("max", "min"):
        return word
    if phrase and lower in _ARTICLES and (within_phrase or not after_number):
        return word
    if len(run) == 1:
        return letters
    if within_phrase:
        return word
    if run in INFINITY_WORDS:
        return [Token("command", "infty", spaced)]
    if run in BARE_COMMANDS or (lower in BARE_COMMANDS and len(run) > 2):
        return [Token("command", lower, spaced)]
    if run in FUNCTIONS and (len(run) > 3 or (run in _SHORT_FUNCTIONS and followed)):
        return [Token("command", run, spaced)]
    if _is_word(run, phrase=phrase) or (lower in BARE_UNITS and after_number):
        return word
    return letters


def _is_word(run: str, *, phrase: bool) -> bool:
    """Say whether letters without a gap are prose; `NO` in capitals is a product or a segment."""
    if len(run) >= 4 or (phrase and len(run) > 2):
        return True
    lower = run.lower()
    little = lower in JOINING_WORDS or lower in NUMBER_WORDS or lower in _LITTLE_WORDS
    short = lower in SHORT_WORDS and (run.istitle() or lower not in GIVEN_NAMES)
    known = run.istitle() and lower in SAME_WORDS
    return (little and not run.isupper()) or (short and not run.isupper()) or known

"""Text in normal form becomes a bounded list of tokens."""

import re
from typing import Literal, NamedTuple

from verification.parsing.vocabulary import (
    BARE_COMMANDS,
    BARE_UNITS,
    DECORATIONS,
    FUNCTIONS,
    INFINITY_WORDS,
    JOINING_WORDS,
    LIST_FUNCTIONS,
    MATH_STYLES,
    NUMBER_WORDS,
    SAME_WORDS,
    SPACES,
    WORD_STYLES,
)
from verification.tree.bounds import MAX_DEPTH, MAX_DIGITS, MAX_TOKENS, UnparsedError

Kind = Literal["number", "letter", "symbol", "command", "words", "mark", "begin", "end"]
"""`symbol` is a decorated or blackboard name; `words` are prose; `mark` is punctuation."""


class Token(NamedTuple):
    """One token; `spaced` says whether white space stood before it."""

    kind: Kind
    text: str
    spaced: bool = False

    def names_same(self, other: "Token") -> bool:
        """Say whether both are the same token, wherever they stand."""
        return self[:2] == other[:2]


_SCAN = re.compile(
    r"(?P<number>(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+(?![\d.]))?)"
    r"|(?P<command>\\(?:[a-zA-Z]+|.))|(?P<letter>[a-zA-Z])|(?P<space>[\s~]+)"
    r"|(?P<foreign>[^\W\d_a-zA-Z]+)|(?P<mark><=|>=|!=|==|\*\*|.)",
    re.DOTALL,
)
_RENAMED = {
    "{": ("mark", "\\{"), "}": ("mark", "\\}"), "%": ("mark", "%"), "\\": ("mark", "\\\\"),
    "|": ("mark", "|"), "lvert": ("mark", "|"), "rvert": ("mark", "|"), "vert": ("mark", "|"),
    "lVert": ("mark", "|"), "rVert": ("mark", "|"), "Vert": ("mark", "|"), "mid": ("mark", "|"),
    "lbrace": ("mark", "\\{"), "rbrace": ("mark", "\\}"), "lbrack": ("mark", "["),
    "rbrack": ("mark", "]"), "colon": ("mark", ":"), "langle": ("mark", "<<"), "&": ("mark", "&"),
    "rangle": ("mark", ">>"), "lparen": ("mark", "("), "rparen": ("mark", ")"), "$": ("mark", "$"),
    "cr": ("mark", "\\\\"), "tbinom": ("command", "binom"), "dbinom": ("command", "binom"),
    "dfrac": ("command", "frac"), "tfrac": ("command", "frac"), "cfrac": ("command", "frac"),
    "ast": ("mark", "*"), "land": ("words", "and"), "lor": ("words", "or"),
    "wedge": ("words", "and"), "vee": ("words", "or"), "dots": ("command", "ldots"),
    "cdots": ("command", "ldots"), "dotsc": ("command", "ldots"), "vdots": ("command", "ldots"),
    "imath": ("letter", "i"), "euler": ("letter", "e"), "bullet": ("command", "cdot"),
    "varnothing": ("command", "emptyset"), "backslash": ("command", "setminus"),
    "R": ("symbol", "R"), "lim": ("command", "lim"), "top": ("symbol", "top"),
    "gamma": ("symbol", "\\gamma"),
}  # fmt: skip
_UNIT_LETTERS = frozenset("msghlLNJWV")
_ARTICLES = {"a", "an", "the", "in", "of", "is", "at", "on", "by"}
_LITTLE_WORDS = {"no", "yes", "per", "not"}
_SKIPPED = {"angle", "measuredangle", "triangle", "phantom", "therefore", "checkmark", "square"}
_REFUSED = set("\x00\x07\x1b@#`?")
_MATRIX = re.compile(r"\s*\{\s*([a-zA-Z]+)\*?\s*\}")
_COLUMNS = re.compile(r"\s*(?:\[[a-z]\]\s*)?\{[^{}]*\}")
_WORDY = re.compile(r"[a-zA-Z]{2,}|[a-z]\.|^$|[^\x00-\x7f]")
_NUMBER_LIST = re.compile(r"(?:[\d\s,.;+-]|\band\b|\bor\b)+")


def tokenize(text: str) -> list[Token]:
    """Return the tokens of `text`, letter groups that spell a word or command merged."""
    return _merge_words(_Scanner(text).scan(0))


def matching_brace(text: str, start: int) -> int:
    """Return the index of the brace that closes the one at `start`, or -1."""
    depth, at = 0, start
    while at < len(text):
        char = text[at]
        if char == "\\":
            at += 2
            continue
        depth += (char == "{") - (char == "}")
        if depth == 0:
            return at
        at += 1
    return -1


class _Scanner:
    """Reads one text; nested style arguments are scanned by fresh scanners, depth counted."""

    def __init__(self, text: str, depth: int = 0):
        if depth > MAX_DEPTH:
            raise UnparsedError("styles nested too deep")
        self.text = text
        self.depth = depth
        self.tokens: list[Token] = []
        self.spaced = False

    def scan(self, at: int) -> list[Token]:
        """Return all tokens from index `at` on."""
        while at < len(self.text):
            match = _SCAN.match(self.text, at)
            assert match is not None  # the last alternative takes any character
            at = self._take(match)
            if len(self.tokens) > MAX_TOKENS:
                raise UnparsedError(f"more than {MAX_TOKENS} tokens")
        return self.tokens

    def _emit(self, kind: Kind, text: str) -> None:
        self.tokens.append(Token(kind, text, self.spaced))
        self.spaced = False

    def _take(self, match: re.Match[str]) -> int:
        kind, text, end = match.lastgroup, match[0], match.end()
        if kind == "space":
            self.spaced = True
        elif kind == "command":
            return self._command(text[1:], end)
        elif kind == "number":
            if len(text) > MAX_DIGITS:
                raise UnparsedError(f"a numeral of more than {MAX_DIGITS} digits")
            self._emit("number", text)
        elif kind == "letter":
            self._emit("letter", text)
        elif kind == "foreign":
            self._emit("words", text)
        else:
            if not text.isascii() or text in _REFUSED:
                raise UnparsedError(f"the character {text!a}")
            self._emit("mark", text)
        return end

    def _command(self, name: str, end: int) -> int:
        if name in SPACES:
            self.spaced = True
        elif name in ("begin", "end"):
            return self._environment(name, end)
        elif name in WORD_STYLES or name in MATH_STYLES or name in DECORATIONS or name == "mathbb":
            return self._styled(name, end)
        elif name in _RENAMED:
            kind, text = _RENAMED[name]
            self._emit(kind, text)  # type: ignore[arg-type]
        elif name not in _SKIPPED:
            self._emit("command", name)
        return end

    def _environment(self, name: str, end: int) -> int:
        match = _MATRIX.match(self.text, end)
        if not match:
            raise UnparsedError(f"\\{name} without an environment")
        self._emit("begin" if name == "begin" else "end", match[1])
        end = match.end()
        if name == "begin" and match[1] in ("array", "tabular"):
            columns = _COLUMNS.match(self.text, end)
            end = columns.end() if columns else end
        return end

    def _styled(self, name: str, end: int) -> int:
        start = end
        while start < len(self.text) and self.text[start] == " ":
            start += 1
        if start >= len(self.text):
            raise UnparsedError(f"\\{name} without an argument")
        if self.text[start] != "{":  # \mathbf x: the next letter alone
            inner, after = self.text[start], start + 1
            if inner == "\\":
                return end
        else:
            close = matching_brace(self.text, start)
            if close < 0:
                raise UnparsedError("an unclosed brace")
            inner, after = self.text[start + 1 : close], close + 1
        if name in WORD_STYLES:
            self._prose(inner)
        elif name in DECORATIONS:
            self._decorated(name, inner.strip())
        else:
            self._math_style(name, inner)
        return after

    def _nested(self, inner: str, *, grouped: bool = True) -> None:
        tokens = _merge_words(_Scanner(inner, self.depth + 1).scan(0))
        if grouped:
            self._emit("mark", "{")
        self.tokens.extend(tokens)
        if grouped:
            self._emit("mark", "}")

    def _is_unit_letter(self, letter: str) -> bool:
        r"""`3\text{ m}` and `3\mathrm{m}`: a known unit right after a value."""
        if not self.tokens or not _UNIT_LETTERS.issuperset(letter.split("/")):
            return False
        before = self.tokens[-1]
        return before.kind in ("number", "words", "symbol") or before.text in ("}", ")", "pi", "/")

    def _prose(self, inner: str) -> None:
        words = inner.strip().strip("$").strip()
        listed = _NUMBER_LIST.fullmatch(words) and re.search(r"\d.*[a-z,]|[a-z,].*\d", words)
        if listed:
            self._nested(words, grouped=False)
        elif words in FUNCTIONS:
            self._emit("command", words)
        elif self._is_unit_letter(words) or (_WORDY.search(words) and not words.startswith("\\")):
            self._emit("words", _unescaped(words))
        else:
            self._nested(inner)

    def _math_style(self, name: str, inner: str) -> None:
        bare = inner.strip()
        if name == "mathbb":
            self._emit("symbol", bare)
        elif self._is_unit_letter(bare):
            self._emit("words", bare)
        elif bare in FUNCTIONS or bare in LIST_FUNCTIONS:
            self._emit("command", bare)
        elif len(bare) == 1 and bare.isalpha() and bare.isascii():
            self._emit("letter", bare)  # not grouped: a subscript may follow
        elif name in ("overrightarrow", "vec") and re.fullmatch(r"[A-Z]{2,3}", bare):
            self._emit("symbol", f"vec:{bare}")
        elif (
            re.fullmatch(r"[a-zA-Z\s.~\\,]{2,}", bare)
            and name != "boxed"
            and "\\" not in bare[:-1].replace("\\ ", "").replace("\\,", "")
        ):
            self._emit("words", _unescaped(bare))
        else:
            self._nested(inner)

    def _decorated(self, name: str, inner: str) -> None:
        name = {"overline": "bar", "widehat": "hat", "widetilde": "tilde"}.get(name, name)
        if name == "bar" and re.fullmatch(r"[A-Z]{2,4}", inner):
            self.tokens.extend(Token("letter", letter) for letter in inner)  # a segment, not a mean
        elif re.fullmatch(r"\\?[a-zA-Z]{1,12}(?:_\{?\w{1,4}\}?)?", inner):
            self._emit("symbol", f"{name}:{inner}")
        else:
            raise UnparsedError(f"\\{name} over more than a name")


def _unescaped(words: str) -> str:
    words = re.sub(r"\\(?:[,;:! ]|quad|qquad)|~", " ", words)
    return re.sub(r"\s+", " ", words.replace("\\", "")).strip()


def _merge_words(tokens: list[Token]) -> list[Token]:
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
        for piece in _spelled(run, token.spaced, merged, phrase=_word_follows(tokens, end)):
            _append(merged, piece)
        at = end
    return merged


def _append(merged: list[Token], token: Token) -> None:
    if token.kind == "words" and merged and merged[-1].kind == "words":
        before = merged.pop()
        merged.append(Token("words", f"{before.text} {token.text}", before.spaced))
    else:
        merged.append(token)


def _word_follows(tokens: list[Token], at: int) -> bool:
    """Say whether a run of at least four letters stands at `at`, after a gap: `ink cartridge`."""
    run = tokens[at : at + 4]
    letters = all(token.kind == "letter" for token in run)
    return len(run) == 4 and letters and [token.spaced for token in run] == [True] + 3 * [False]


def _spelled(run: str, spaced: bool, before: list[Token], *, phrase: bool) -> list[Token]:
    """Return what a run of letters without a gap stands for; `phrase` if a word comes next."""
    letters = [Token("letter", run[0], spaced), *(Token("letter", c) for c in run[1:])]
    word = [Token("words", run, spaced)]
    lower = run.lower()
    within_phrase = bool(before) and before[-1].kind == "words" and len(before[-1].text) > 1
    after_number = bool(before) and (before[-1].kind == "number" or before[-1].text in (")", "}"))
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
    if run in FUNCTIONS and len(run) > 3:
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
    return (little and not run.isupper()) or (run.istitle() and lower in SAME_WORDS)

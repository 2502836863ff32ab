"""Text in normal form becomes a bounded list of tokens."""

import re
from collections.abc import Mapping

from verification.parsing.measures import unit_of
from verification.parsing.token import Kind, Token
from verification.parsing.vocabulary import (
    DECORATIONS,
    FUNCTIONS,
    LIST_FUNCTIONS,
    MATH_STYLES,
    SPACES,
    WORD_STYLES,
)
from verification.parsing.words import merge_words
from verification.tree.bounds import MAX_DEPTH, MAX_DIGITS, MAX_TOKENS, UnparsedError

_SCAN = re.compile(
    r"(?P<number>(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+(?![\d.]))?)"
    r"|(?P<command>\\(?:[a-zA-Z]+|.))|(?P<letter>[a-zA-Z])|(?P<space>[\s~]+)"
    r"|(?P<mark><=|>=|!=|==|\*\*|.)",
    re.DOTALL,
)
_FOREIGN = re.compile(
    r"[a-zA-Z]{0,20}[^\W\d_a-zA-Z](?:[^\W\d_]|[\u0300-\u036f\u0900-\u0dff\u0e31-\u0e4e\u200c\u200d])*"
)
"""A word with a letter outside ASCII, its vowel signs included."""
_RENAMED: Mapping[str, tuple[Kind, str]] = {
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
    "euler": ("letter", "e"), "bullet": ("command", "cdot"),
    "varnothing": ("command", "emptyset"), "backslash": ("command", "setminus"),
    "R": ("symbol", "R"), "lim": ("command", "lim"),
    "gamma": ("symbol", "\\gamma"),
}  # fmt: skip
_UNIT_LETTERS = frozenset("msghlLNJWVACKTFH")
_BOLD = {"vec", "overrightarrow", "mathbf", "boldsymbol", "bm", "pmb", "bold"}
"""Styles under which a letter is a vector."""
_SKIPPED = {"angle", "measuredangle", "triangle", "phantom", "therefore", "checkmark", "square"}
_REFUSED = set("\x00\x07\x1b#`?")
_LONGEST_UNIT = 40
"""Characters of an upright unit: more are not tried against its pattern."""
_UPRIGHT_UNIT = re.compile(
    r"[\s~]*(?:(?:\\mu\s*|\\Omega)?[a-zA-Z]{0,4}(?:\^\s*\{?-?\d\}?)?"
    r"(?:\\cdot(?![a-z])|\\[,; ]|[\s~./])*){1,5}"
)
_COMMAND = re.compile(r"\\[a-zA-Z]+")
_MATRIX = re.compile(r"\s*\{\s*([a-zA-Z]+)\*?\s*\}")
_COLUMNS = re.compile(r"\s*(?:\[[a-z]\]\s*)?\{[^{}]*\}")
_WORDY = re.compile(r"[a-zA-Z]{2,}|[a-z]\.|[^\x00-\x7f]")
_NUMBER_LIST = re.compile(r"(?:[\d\s,.;+-]|\band\b|\bor\b)+")


def tokenize(text: str) -> list[Token]:
    """Return the tokens of `text`, letter groups that spell a word or command merged."""
    return merge_words(_Scanner(text).scan(0))


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
        foreign = None if self.text.isascii() else _FOREIGN
        while at < len(self.text):
            word = foreign.match(self.text, at) if foreign else None
            if word:
                self._emit("words", word[0])
                at = word.end()
                continue
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
            self._emit(kind, text)
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
                command = _COMMAND.match(self.text, start)
                if command is None or name not in DECORATIONS:
                    return end
                inner, after = command[0], command.end()
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
        tokens = merge_words(_Scanner(inner, self.depth + 1).scan(0))
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
        if before.kind == "number" and len(self.tokens) > 1 and self.tokens[-2].text == "_":
            return False
        return before.kind in ("number", "words", "symbol") or before.text in ("}", ")", "pi", "/")

    def _is_subscript(self) -> bool:
        r"""`v_{\text{max}}` and `v_\mathrm{max}`: the words name, they say nothing."""
        last = [token.text for token in self.tokens[-2:]]
        return last[-1:] == ["_"] or last == ["_", "{"]

    def _is_factor(self) -> bool:
        r"""`\frac{\mathrm{gb}}{f}`: two upright letters where a factor is due are a product."""
        return bool(self.tokens) and self.tokens[-1].text in ("{", "+", "-")

    def _is_upright_unit(self, inner: str) -> bool:
        r"""`9.8\ \mathrm{m/s^2}`: nothing but units, right behind a value."""
        if not self.tokens or len(inner) > _LONGEST_UNIT or not _UPRIGHT_UNIT.fullmatch(inner):
            return False
        runs = re.findall(r"(?<![\\a-zA-Z])[a-zA-Z]+", inner)
        if not all(map(unit_of, runs)):
            return False
        before = self.tokens[-1]
        return before.kind in ("number", "words") or before.text in ("}", ")", "pi")

    def _unit(self, inner: str) -> None:
        """Emit the words, slashes and powers of an upright unit."""
        for token in _Scanner(inner, self.depth + 1).scan(0):
            glued = token.kind == "letter" and not token.spaced and self.tokens[-1].kind == "words"
            if glued and self.tokens[-1].text.isalpha():
                token = Token("words", self.tokens.pop().text + token.text, token.spaced)
            elif token.kind == "letter":
                token = Token("words", token.text, token.spaced)
            self.tokens.append(token)

    def _prose(self, inner: str) -> None:
        words = inner.strip().strip("$").strip()
        if not words:
            self.spaced = True
            return
        listed = _NUMBER_LIST.fullmatch(words) and re.search(r"\d.*[a-z,]|[a-z,].*\d", words)
        if self._is_subscript() and re.fullmatch(r"[\w .-]{1,20}", words):
            self._emit("symbol", words)
        elif listed:
            self._nested(words, grouped=False)
        elif words in FUNCTIONS:
            self._emit("command", words)
        elif self._is_unit_letter(words) or (_WORDY.search(words) and not words.startswith("\\")):
            self._emit("words", _unescaped(words))
        else:
            self._nested(inner)

    def _math_style(self, name: str, inner: str) -> None:
        bare = inner.strip()
        if name == "mathbb" or (self._is_subscript() and re.fullmatch(r"[\w .-]{1,20}", bare)):
            self._emit("symbol", bare)
        elif name in ("mathrm", "rm") and self._is_upright_unit(bare):
            self._unit(bare)
        elif self._is_unit_letter(bare):
            self._emit("words", bare)
        elif bare in FUNCTIONS or bare in LIST_FUNCTIONS:
            self._emit("command", bare)
        elif name in _BOLD and re.fullmatch(r"[a-df-hj-zA-Z]", bare):
            self._emit("symbol", bare)
        elif len(bare) == 1 and bare.isalpha() and bare.isascii():
            self._emit("letter", bare)  # not grouped: a subscript may follow
        elif name in ("overrightarrow", "vec") and re.fullmatch(r"[A-Z]{2,3}", bare):
            self._emit("symbol", f"vec:{bare}")
        elif re.fullmatch("[a-zA-Z]{2}", bare) and self._is_factor():
            self.tokens.extend(Token("letter", letter) for letter in bare)
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

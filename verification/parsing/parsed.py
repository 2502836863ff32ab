"""The front door of the grammar: an answer's text, read as far as the stage that asks needs."""

import re
from functools import cached_property

from verification.conventions import DEFAULTS, Conventions
from verification.parsing.answers import read_answer
from verification.parsing.choices import Chosen, choice_of
from verification.parsing.measured import measured
from verification.parsing.normalise import comparison_key, normal_form
from verification.parsing.numerals import Numeral, read_numeral
from verification.parsing.token import Token
from verification.parsing.tokens import tokenize
from verification.parsing.worded_cases import in_cases
from verification.tree.bounds import UnparsedError
from verification.tree.syntax import Answer, Value, Words

_DECIMAL_COMMA = re.compile(r"(?<![\d,])(\d+),(\d{1,2}|\d{4,})(?![\d,])")

_UNIT_FRACTION = re.compile(
    r"\\frac\s?\{((?:\\mathrm\s?)?[a-zA-Z{}\\ ]{1,20}?)\}\s?\{([a-zA-Z]{1,5}(?:\^\{?\d\}?)?)\}"
)
_GROUPED = re.compile(r"\d,\d{3}(?!\d)")


class Parsed:
    """One answer's text and what it was read as. Parse a gold once and keep it.

    Every reading is done when first asked for: nine answers in ten are settled by their numeral
    and never meet the grammar. Immutable but for that.
    """

    def __init__(self, text: str, conventions: Conventions = DEFAULTS):
        self.text = text
        self.conventions = conventions

    @cached_property
    def normal(self) -> str:
        """The normal form; raises UnparsedError above the cap on length."""
        normal = normal_form(in_cases(self.text) or self.text)
        return _DECIMAL_COMMA.sub(r"\1.\2", normal) if self.conventions.decimal_comma else normal

    @cached_property
    def key(self) -> str:
        """The normal form without space and style."""
        key = comparison_key(self.normal)
        return key.lower() if self.conventions.letter_case == "ignored" else key

    @cached_property
    def choice(self) -> Chosen | None:
        """The options of a multiple choice that the answer chooses, if it does."""
        return choice_of(self.normal)

    @cached_property
    def numeral(self) -> Numeral | None:
        """The bare numeral that the answer is, if it is one."""
        return read_numeral(self.normal)

    @property
    def tree(self) -> Answer:
        """The syntax tree; raises UnparsedError outside the grammar, the same each time."""
        tree = self._tree
        if isinstance(tree, UnparsedError):
            raise tree
        return tree

    @cached_property
    def _tree(self) -> Answer | UnparsedError:
        try:
            return self._read(tokenize(self.normal))
        except UnparsedError as error:
            return error
        except RecursionError:
            return UnparsedError("nested too deep")

    def _read(self, tokens: list[Token]) -> Answer:
        if self.conventions.letter_case == "ignored":
            tokens = [t._replace(text=t.text.lower()) if t.kind == "letter" else t for t in tokens]
        tree = read_answer(tokens)
        is_word = len(tokens) == 1 and tokens[0].kind == "words"
        if is_word and isinstance(tree, Value) and not self.conventions.number_words:
            return Words(tokens[0].text.lower())
        return tree

    @property
    def plain_tree(self) -> Answer | None:
        """The syntax tree, None outside the grammar."""
        tree = self._tree
        return None if isinstance(tree, UnparsedError) else tree

    @cached_property
    def as_quantity(self) -> Answer | None:
        """The tree with the letters behind the number as its unit, if they can be one."""
        return self._measured(lenient=False)

    @cached_property
    def as_any_quantity(self) -> Answer | None:
        """The same with letters that are a unit only where no variable is expected."""
        return self._measured(lenient=True)

    def _measured(self, *, lenient: bool) -> Answer | None:
        try:
            text = _UNIT_FRACTION.sub(r" \1/\2 ", self.normal)
            tokens = measured(tokenize(text), lenient=lenient)
            return None if tokens is None else self._read(tokens)
        except (UnparsedError, RecursionError):
            return None

    @cached_property
    def has_grouped_digits(self) -> bool:
        """Whether commas were read as thousands separators that could separate numbers."""
        return bool(_GROUPED.search(self.normal))

    @cached_property
    def ungrouped(self) -> Answer:
        """The tree with every comma outside brackets as a separator; raises UnparsedError."""
        return self._read(tokenize(self.normal.replace(",", ", ")))


def parse_answer(text: str, conventions: Conventions = DEFAULTS) -> Answer:
    """Return the syntax tree of an answer; raises UnparsedError with the reason."""
    return Parsed(text, conventions).tree

"""Extraction by contract: a run declares how answers are stated, and nothing else is an answer.

There is no last-number guess: a completion that states no answer has none. What counts as a stated
answer, form by form, is written in docs/answers.md.
"""

import re
from abc import abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, Literal

import re2
from pydantic import BeforeValidator, Field, field_validator

from schemas import Settings
from verification.finding.boxes import find_box
from verification.finding.choices import chosen
from verification.finding.json_answers import find_json
from verification.finding.one_liners import find_conclusion, find_one_liner
from verification.finding.statements import find_answer_is, find_hash, find_tag
from verification.finding.turns import said_part
from verification.finding.worded import Statement
from verification.parsing.escapes import uneaten


@dataclass(frozen=True, slots=True)
class Extraction:
    """The stated final answer of a text, or none, and the rule that found it."""

    answer: str | None
    rule: str


NOTHING = Extraction(None, "")


class _Form(Settings):
    """A way of stating an answer."""

    @abstractmethod
    def find(self, text: str) -> Statement | None:
        """Return the last statement of this form."""


class Boxed(_Form):
    r"""`\boxed{x}`; a later `The answer is x` corrects an earlier box."""

    kind: Literal["boxed"] = "boxed"

    def find(self, text: str) -> Statement | None:
        """Return the last box, or the worded answer behind it."""
        box = find_box(text)
        if box is None or "nswer" not in text[box.end :]:
            return box
        correction = find_answer_is(text[box.end :])
        if correction is None or not re.search(r"[\d\\$]", correction.answer):
            return box
        return correction


class Hash(_Form):
    """`#### x`, as GSM8K states its answers."""

    kind: Literal["hash"] = "hash"

    def find(self, text: str) -> Statement | None:
        """Return the last `#### x`."""
        return find_hash(text)


class AnswerIs(_Form):
    """`The answer is x`, `Final answer: x`, `**Answer:** x`, or a line `A: x`."""

    kind: Literal["answer_is"] = "answer_is"

    def find(self, text: str) -> Statement | None:
        """Return the last worded statement; where its value is in a box, what the box holds."""
        return _last((find_answer_is(text), find_box(text)))


class Tags(_Form):
    """`<answer>x</answer>`, as R1-Zero prompts ask for."""

    kind: Literal["tags"] = "tags"
    tag: str = Field(default="answer", pattern=r"^[A-Za-z_][\w.-]{0,40}$")
    """The tag's name, without brackets."""

    def find(self, text: str) -> Statement | None:
        """Return the content of the last closed pair of tags."""
        return find_tag(text, self.tag)


class Json(_Form):
    """`{"answer": "x"}`, valid JSON or nearly."""

    kind: Literal["json"] = "json"
    field: str = Field(default="answer", min_length=1, max_length=100)
    """The key that holds the answer."""

    def find(self, text: str) -> Statement | None:
        """Return the value of the field's last occurrence."""
        return find_json(text, self.field)


class Pattern(_Form):
    """A regular expression of the user's, in RE2 syntax.

    RE2 runs in time linear in the text whatever the pattern, so no completion can make it hang; in
    exchange it has no back-references and no look-around.
    """

    kind: Literal["pattern"] = "pattern"
    pattern: str = Field(min_length=1, max_length=1_000)
    """The answer is its group named `answer`, or else group 1, or else the whole match."""

    @field_validator("pattern")
    @classmethod
    def _compiles(cls, pattern: str) -> str:
        try:
            _compiled(pattern)
        except re2.error as error:
            raise ValueError(f"pattern={pattern!r} is no RE2 expression: {error}") from error
        return pattern

    def find(self, text: str) -> Statement | None:
        """Return the last match."""
        return _last(self._statement(match) for match in _compiled(self.pattern).finditer(text))

    def _statement(self, match: re.Match[str]) -> Statement:
        names = match.re.groupindex
        group: str | int = "answer" if "answer" in names else min(match.re.groups, 1)
        return Statement(
            (match[group] or "").strip(), "pattern", match.start(), match.end(), closed=True
        )


class Auto(_Form):
    """Whichever explicit form is stated last; the rule says which it was."""

    kind: Literal["auto"] = "auto"
    plain: bool = True
    """Where no marked form is found: whether a text that is nothing but one answer or one sentence
    around it states it, and whether a last sentence `Therefore, ... is x.` does."""

    def find(self, text: str) -> Statement | None:
        """Return the statement, of any form, that begins last."""
        found = _last(finder(text) for finder in _AUTO)
        if found is not None or not self.plain:
            return found
        return find_one_liner(text) or find_conclusion(text)


@cache
def _compiled(pattern: str) -> Any:
    options = re2.Options()
    options.log_errors = False
    return re2.compile(f"(?m){pattern}", options)


_AUTO: tuple[Callable[[str], Statement | None], ...] = (
    find_box,
    find_hash,
    find_answer_is,
    lambda text: find_tag(text, "answer"),
    lambda text: find_tag(text, "final_answer"),
    lambda text: find_json(text, "answer"),
)


_HOLDERS = {"tags", "json", "boxed", "boxes"}


def _last(found: Iterable[Statement | None]) -> Statement | None:
    """Return the statement that begins last; one inside a tag, field or box is part of that."""
    stated = [statement for statement in found if statement is not None and statement.answer]
    last = max(stated, key=lambda statement: statement.start, default=None)
    holders = [s for s in stated if s.rule in _HOLDERS and last and s.end >= last.end]
    return min(holders, key=lambda statement: statement.start, default=last)


PRESETS: dict[str, _Form] = {
    "gsm8k": Hash(),
    "abel": Hash(),
    "gsm_plus": Hash(),
    "gsm8k_example": AnswerIs(),
    "metamath": AnswerIs(),
    "tora": Boxed(),
    "math": Boxed(),
    "qwen_math": Boxed(),
    "prime": Boxed(),
    "skythought": Boxed(),
    "bon32": Boxed(),
    "r1_zero": Tags(),
    "zeroeval": Json(),
}
"""Names of the styles that published model solutions come in."""


def _by_name(value: object) -> object:
    if not isinstance(value, str):
        return value
    return PRESETS.get(value, {"kind": value})


AnyForm = Annotated[
    Boxed | Hash | AnswerIs | Tags | Json | Pattern | Auto, Field(discriminator="kind")
]

AnswerFormat = Annotated[AnyForm, BeforeValidator(_by_name, json_schema_input_type=str | AnyForm)]
"""How a run's answers are stated; a plain string names a kind or a preset."""


def extract(text: str, form: _Form, *, finished: bool = True) -> Extraction:
    """Return the final answer that `text` states in the given form.

    Where the text was cut (`finished` is false), an answer that nothing closes may be cut as well
    and does not count as stated.
    """
    part = said_part(uneaten(text))
    found = form.find(part) if part else None
    if found is None or not found.answer:
        return NOTHING
    if not finished and not found.closed:
        return NOTHING
    return Extraction(chosen(found.answer), found.rule)

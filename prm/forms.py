"""How families of process reward models are asked for the grades of a solution's steps.

    trl            a token classifier with two classes, asked on the last token of each step (TRL's
                   PRMTrainer; what `stepmint train` learns)
    qwen_prm       Qwen2.5-Math-PRM (2501.07301): `<extra_0>` behind each step, two classes there
    math_shepherd  Math-Shepherd (2312.08935): a language model, of which + against - is asked at
                   each ки
    rlhflow        RLHFlow: a chat in which the user tells a step and the assistant says + or -

A grade is the probability that the step is right, of the two that there are.
"""

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import torch

from exporters.chat import QWEN_SYSTEM
from exporters.math_shepherd import TAG, numbered
from prm.rows import Encoded, encoded
from prm.settings import FormName
from schemas import ConfigError

_MARK = "<extra_0>"


class Form(Protocol):
    """One way of asking: a solution becomes tokens and places, what stands there a grade."""

    def encode(self, question: str, steps: Sequence[str]) -> Encoded:
        """Return what the model reads."""
        ...

    def grades(self, logits: torch.Tensor) -> torch.Tensor:
        """Return the grades of the places whose logits these are, a place a row."""
        ...


@dataclass(frozen=True, slots=True)
class Trl:
    """A token classifier's form."""

    tokenizer: Any
    separator: str

    def encode(self, question: str, steps: Sequence[str]) -> Encoded:
        """Return question and steps, each with the separator behind it."""
        stripped = [step.strip() for step in steps]
        return encoded(question, stripped, tokenizer=self.tokenizer, separator=self.separator)

    def grades(self, logits: torch.Tensor) -> torch.Tensor:
        """Return the probability of the second class."""
        return _of_two(logits)


@dataclass(frozen=True, slots=True)
class Qwen:
    """Qwen2.5-Math-PRM's form."""

    tokenizer: Any

    def encode(self, question: str, steps: Sequence[str]) -> Encoded:
        """Return the chat in which every step ends with `<extra_0>`."""
        answer = "".join(step.strip().replace(_MARK, "") + _MARK for step in steps)
        turns = [
            {"role": "system", "content": QWEN_SYSTEM},
            {"role": "user", "content": question.replace(_MARK, "")},
            {"role": "assistant", "content": answer},
        ]
        ids = _chat(self.tokenizer, turns)
        mark = self.tokenizer.convert_tokens_to_ids(_MARK)
        places = tuple(place for place, token in enumerate(ids) if token == mark)
        return Encoded(ids=tuple(ids), places=places)

    def grades(self, logits: torch.Tensor) -> torch.Tensor:
        """Return the probability of the second class."""
        return _of_two(logits)


@dataclass(frozen=True, slots=True)
class MathShepherd:
    """The released Math-Shepherd model's form, as its card has it."""

    tokenizer: Any
    signs: tuple[int, int]
    """The tokens of - and +."""

    @classmethod
    def of(cls, tokenizer: Any) -> "MathShepherd":
        """Return the form for a tokenizer, which must have one token for each sign."""
        wrong, right = (tokenizer(f"{TAG} {sign}")["input_ids"][-1] for sign in "-+")
        return cls(tokenizer, _told_apart(tokenizer, wrong, right))

    def encode(self, question: str, steps: Sequence[str]) -> Encoded:
        """Return question and numbered steps, a tag behind each; asked at a tag's last token."""
        told = [step.strip().replace(TAG, "") for step in steps]
        text = numbered(question.replace(TAG, ""), told, [TAG] * len(steps))
        read = self.tokenizer(text, return_offsets_mapping=True)
        starts = [start for start, _ in read["offset_mapping"]]
        ends = [found.end() for found in re.finditer(TAG, text)]
        places = tuple(bisect_left(starts, end) - 1 for end in ends)
        return Encoded(ids=tuple(read["input_ids"]), places=places)

    def grades(self, logits: torch.Tensor) -> torch.Tensor:
        """Return the probability of + against -."""
        return _of_two(logits[:, self.signs])


@dataclass(frozen=True, slots=True)
class Rlhflow:
    """RLHFlow's form: what the assistant would say behind each step, + told each time."""

    tokenizer: Any
    signs: tuple[int, int]
    """The tokens of - and +."""

    @classmethod
    def of(cls, tokenizer: Any) -> "Rlhflow":
        """Return the form for a tokenizer, which must have one token for each sign."""
        asked = [{"role": "user", "content": "1"}]
        place = len(_chat(tokenizer, asked, asks=True))
        chats = ([*asked, {"role": "assistant", "content": sign}] for sign in "-+")
        wrong, right = (_chat(tokenizer, chat)[place] for chat in chats)
        return cls(tokenizer, _told_apart(tokenizer, wrong, right))

    def encode(self, question: str, steps: Sequence[str]) -> Encoded:
        """Return the chat, and where the assistant is about to say its sign."""
        turns: list[dict[str, str]] = []
        places = []
        for number, step in enumerate(steps):
            told = step.strip() if number else f"{question} {step.strip()}"
            turns.append({"role": "user", "content": told})
            places.append(len(_chat(self.tokenizer, turns, asks=True)) - 1)
            turns.append({"role": "assistant", "content": "+"})
        return Encoded(ids=tuple(_chat(self.tokenizer, turns)), places=tuple(places))

    def grades(self, logits: torch.Tensor) -> torch.Tensor:
        """Return the probability of + against -."""
        return _of_two(logits[:, self.signs])


def form_of(name: FormName, tokenizer: Any, *, separator: str) -> Form:
    """Return the form of that name; raises ConfigError for a tokenizer that cannot carry it."""
    if name == "trl":
        return Trl(tokenizer, separator)
    if name == "qwen_prm":
        if _MARK not in tokenizer.get_vocab():
            raise ConfigError(f"--form qwen_prm: the tokenizer has no token {_MARK}")
        return Qwen(tokenizer)
    return MathShepherd.of(tokenizer) if name == "math_shepherd" else Rlhflow.of(tokenizer)


def _of_two(logits: torch.Tensor) -> torch.Tensor:
    return torch.softmax(logits.float(), dim=-1)[:, 1]


def _chat(tokenizer: Any, turns: Sequence[dict[str, str]], *, asks: bool = False) -> list[int]:
    ids = tokenizer.apply_chat_template(
        list(turns), tokenize=True, add_generation_prompt=asks, return_dict=False
    )
    return list(ids)


def _told_apart(tokenizer: Any, wrong: int, right: int) -> tuple[int, int]:
    """Return the tokens of - and + where they are those; else raise ConfigError."""
    if [tokenizer.decode([sign]).strip() for sign in (wrong, right)] != ["-", "+"]:
        raise ConfigError(
            "the tokenizer has no tokens of their own for + and -, by which this form grades: name "
            "another one with --form"
        )
    return wrong, right

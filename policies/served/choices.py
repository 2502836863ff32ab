"""The choices that servers give, read into completions, and what they say of a prompt, scores."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Any

from pydantic import BaseModel, Field, ValidationError

from policies.tokens import TextReader, TokenBytes, whole_tokens
from schemas import Completion, Score, Tokens

_LONGEST_TOKEN = 16  # characters that a token which ends within one may complete before


class UnfinishedError(ValueError):
    """An answer that is no answer: torn, or aborted by the server."""


class _Logprobs(BaseModel):
    tokens: list[str] = []
    token_logprobs: list[float | None] = []


class _ChatMessage(BaseModel):
    content: str | None = None


class _Likelihood(BaseModel):
    logprob: float
    decoded_token: str | None = None


class Choice(BaseModel):
    """One of the texts that a server wrote."""

    index: int = 0
    text: str = ""
    message: _ChatMessage | None = None
    finish_reason: str | None
    stop_reason: Any = None
    matched_stop: Any = None
    token_ids: list[int] | None = None
    # Chat answers shape this differently; only text completions are asked for it.
    logprobs: _Logprobs | None = None
    prompt_logprobs: list[dict[int, _Likelihood] | None] | None = None

    @property
    def stopped_by(self) -> str | None:
        """The stop string that ended it; empty where none did; None where the server is silent.

        vLLM names it in `stop_reason`, SGLang in `matched_stop`; an end token has its id there or
        nothing.
        """
        if self.finish_reason != "stop":
            return ""
        told = [name for name in ("stop_reason", "matched_stop") if name in self.model_fields_set]
        named = [value for name in told if isinstance(value := getattr(self, name), str)]
        return next(iter(named), "" if told else None)

    @property
    def decoded(self) -> Iterator[tuple[int, str]]:
        """The ids, each with the string that the server decodes it to, where it says so."""
        strings = self.logprobs.tokens if self.logprobs else ()
        return zip(self.token_ids or (), strings, strict=False)


class _PromptDetails(BaseModel):
    cached_tokens: int | None = Field(default=None, ge=0)


class _Usage(BaseModel):
    prompt_tokens: int = Field(ge=0)
    completion_tokens: int = Field(ge=0)
    prompt_tokens_details: _PromptDetails | None = None


class Choices(BaseModel):
    """A server's answer with `n` choices."""

    choices: list[Choice]
    usage: _Usage

    @classmethod
    def expecting(cls, count: int, content: bytes) -> "Choices":
        """Read an answer of `count` finished choices; a ValueError says what is missing."""
        try:
            answer = cls.model_validate_json(content)
        except ValidationError:
            answer = cls.model_validate_json(_encodable(content))
        reasons = [choice.finish_reason for choice in answer.choices]
        if len(reasons) != count or not all(reason in ("stop", "length") for reason in reasons):
            raise UnfinishedError(f"{count} finished choices wanted, got {reasons}")
        ids = [len(choice.token_ids) for choice in answer.choices if choice.token_ids is not None]
        if ids and sum(ids) != answer.usage.completion_tokens:
            told = answer.usage.completion_tokens
            raise UnfinishedError(f"{sum(ids)} token ids, of {told} tokens written")
        answer.choices.sort(key=lambda choice: choice.index)
        return answer

    def completions(
        self, seeds: Sequence[int], ids: Sequence[int] | None, table: TokenBytes | None
    ) -> list[Completion]:
        """Return one completion per seed; `ids` are prompt and prefix where they are known."""
        details = self.usage.prompt_tokens_details
        share = self.usage.completion_tokens // len(seeds)
        return [
            Completion(
                text=_text(choice),
                tokens=_tokens(choice, ids or (), table),
                finish_reason="stop" if choice.finish_reason == "stop" else "length",
                seed=seed,
                prompt_tokens=len(ids) if ids is not None else self.usage.prompt_tokens,
                cached_tokens=(details and details.cached_tokens) or 0,
                completion_tokens=share if choice.token_ids is None else len(choice.token_ids),
                logprob=_logprob(choice),
                stopped_by=choice.stopped_by,
            )
            for seed, choice in zip(seeds, self.choices, strict=True)
        ]


def _encodable(content: bytes) -> bytes:
    """Return JSON with question marks for lone surrogates, which it can escape and UTF-8 not hold.

    A model may write half a pair; asked again it writes the same.
    """
    try:
        return json.dumps(json.loads(content), ensure_ascii=False).encode("utf-8", "replace")
    except RecursionError as error:
        raise ValueError("nested too deep") from error


@dataclass(frozen=True, slots=True)
class PromptLogprobs:
    """How likely a server finds the tokens behind a prompt that it was made to read."""

    logprobs: tuple[float, ...]
    best: tuple[float, ...]
    strings: tuple[str, ...]
    """What the server decodes each token to."""
    prompt_tokens: int
    cached_tokens: int

    @classmethod
    def of(cls, before: Sequence[int], ids: Sequence[int], content: bytes) -> "PromptLogprobs":
        """Read what a server says of `ids` behind `before`; a ValueError says what is missing."""
        answer = Choices.expecting(1, content)
        said = (answer.choices[0].prompt_logprobs or [])[len(before) :]
        places = [(place or {}) for place, _ in zip(said, ids, strict=False)]
        found = [place.get(token) for token, place in zip(ids, places, strict=False)]
        known = [one for one in found if one is not None]
        if len(known) < len(ids):
            raise UnfinishedError(f"{len(ids)} prompt_logprobs wanted, got {len(known)}")
        details = answer.usage.prompt_tokens_details
        return cls(
            logprobs=tuple(one.logprob for one in known),
            # The server adds the token that stands there to the likeliest one it was asked for.
            best=tuple(max(one.logprob for one in place.values()) for place in places),
            strings=tuple(one.decoded_token or "" for one in known),
            prompt_tokens=len(before),
            cached_tokens=min((details and details.cached_tokens) or 0, len(before)),
        )

    def ends(self, text: str) -> tuple[int, ...] | None:
        """Return where each token ends in its text by what it is decoded to; None if in doubt.

        vLLM decodes a token that ends within a character to the empty string, even where it
        completes others before, and has U+FFFD for the bytes with which a token completes one.
        """
        ends = [0]
        for before, string in pairwise(("?", *self.strings)):
            pattern = re.compile(".".join(map(re.escape, string.split("\ufffd"))), re.DOTALL)
            swallowed = range(1 if before else _LONGEST_TOKEN)
            found = (pattern.match(text, ends[-1] + skipped) for skipped in swallowed)
            place = next((one for one in found if one), None)
            if place is None:
                return None
            ends[-1] = place.start()
            ends.append(place.end())
        return tuple(ends[1:])

    def score(self, ends: tuple[int, ...]) -> Score:
        """Return the score, the tokens' places being known."""
        return Score(
            logprobs=self.logprobs,
            best=self.best,
            ends=ends,
            prompt_tokens=self.prompt_tokens,
            cached_tokens=self.cached_tokens,
        )


def _text(choice: Choice) -> str:
    return choice.text if choice.message is None else choice.message.content or ""


def _logprob(choice: Choice) -> float | None:
    if choice.logprobs is None or not choice.logprobs.token_logprobs:
        return None
    return sum(value or 0.0 for value in choice.logprobs.token_logprobs)


def _tokens(choice: Choice, context: Sequence[int], table: TokenBytes | None) -> Tokens | None:
    """Return the sampled ids with their places in the text; None where a place is in doubt."""
    if choice.token_ids is None:
        return None
    ids = choice.token_ids
    if choice.finish_reason == "stop" and not isinstance(choice.stop_reason, str):
        ids = ids[:-1]  # ended by an EOS token, which stands for no text
    if table is not None:
        reader = TextReader(table, context, ids)
        known = reader.text.startswith(choice.text)
        return whole_tokens(ids, reader.ends, len(choice.text)) if known else None
    if choice.logprobs is not None:
        return _by_strings(ids, choice.text, choice.logprobs.tokens)
    return None


def _by_strings(ids: Sequence[int], text: str, strings: Sequence[str]) -> Tokens | None:
    """Place tokens by the strings that the server decodes each to.

    vLLM gives a token that completes no character the empty string. A server or tokenizer whose
    strings do not add up to the text leaves every place in doubt.
    """
    strings = strings[: len(ids)]
    if len(strings) < len(ids) or not "".join(strings).startswith(text):
        return None
    return whole_tokens(ids, tuple(accumulate(map(len, strings))), len(text))

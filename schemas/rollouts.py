"""A prefix is continued by a policy into a completion; judged, it is a rollout.

A text forced behind a prefix is scored instead: how likely the policy finds it.
"""

import hashlib
import math
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from typing import Literal

from pydantic import Field

from schemas.settings import Settings

FinishReason = Literal["stop", "length"]
"""`stop`: the policy ended by itself or hit a stop string; `length`: cut at `max_tokens`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One turn of a chat prompt."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatPrompt:
    """Turns to which the policy applies its own chat template, once; the last is the user's."""

    messages: tuple[Message, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TextPrompt:
    """Plain text, given to the policy as it is."""

    text: str


Prompt = ChatPrompt | TextPrompt


@dataclass(frozen=True, slots=True, kw_only=True)
class Prefix:
    """The first steps of a solution; the joined steps are its text, to the byte."""

    steps: tuple[str, ...] = ()
    token_ids: tuple[int, ...] | None = ()
    """The very tokens the policy sampled for these steps, prompt excluded. None where a step
    boundary splits a token or the policy reports none: the prefix is then continued as text."""
    text: str = field(init=False, repr=False, compare=False)
    """The steps joined."""
    key: str = field(init=False, repr=False, compare=False)
    """16 hex digits that name this prefix within its problem; equal text, equal key."""

    def __post_init__(self) -> None:
        text = "".join(self.steps)
        object.__setattr__(self, "text", text)
        object.__setattr__(self, "key", hashlib.sha256(text.encode()).hexdigest()[:16])


ROOT = Prefix()
"""The empty prefix: its rollouts are whole solutions."""


class Sampling(Settings):
    """How completions are drawn; part of every rollout's identity."""

    temperature: float = Field(default=0.7, ge=0)
    """What the logits are divided by; 0 takes the likeliest token, so that all samples are one."""
    top_p: float = Field(default=1.0, gt=0, le=1)
    """Keep the likeliest tokens that make up this share of the probability; 1 keeps all."""
    top_k: int = Field(default=0, ge=0)
    """Keep the k likeliest tokens; 0 keeps all."""
    max_tokens: int = Field(default=1024, ge=1)
    """Tokens per completion, the prefix not counted."""
    stop: tuple[str, ...] = ()
    """Strings that end a completion; they are not part of its text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CompletionRequest:
    """One prefix to continue, once per seed."""

    prompt: Prompt
    prefix: Prefix
    sampling: Sampling
    seeds: tuple[int, ...]
    """One per completion wanted; a completion is a function of prompt, prefix, sampling, seed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """The sampled tokens of a completion, and where each ends in its text."""

    ids: tuple[int, ...]
    ends: tuple[int, ...]
    """Character offset in the completion's text just behind each token; len(ids) == len(ends).
    A token that completes no character ends where the one before it did."""

    def __post_init__(self) -> None:
        # A shard holds all its rollouts, and most of what they weigh would be these numbers.
        object.__setattr__(self, "ids", _shared(self.ids))
        object.__setattr__(self, "ends", _shared(self.ends))


_VOCABULARY = 1 << 18  # the largest have so many tokens


@cache
def _numbers() -> tuple[int, ...]:
    """Return the table, made when the first tokens are: ten megabytes that no command needs."""
    return tuple(range(_VOCABULARY))


def _shared(numbers: tuple[int, ...]) -> tuple[int, ...]:
    """Return equal numbers that are objects of one table: 8 bytes each rather than 40."""
    if not numbers or min(numbers) < 0 or max(numbers) >= _VOCABULARY:
        return numbers
    table = _numbers()
    return tuple([table[number] for number in numbers])


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """Text the policy wrote after a prefix; untrusted."""

    text: str
    tokens: Tokens | None
    """None where the backend reports no token ids: prefixes cut from it are continued as text."""
    finish_reason: FinishReason
    seed: int
    prompt_tokens: int
    """Tokens of prompt and prefix."""
    cached_tokens: int
    """Of the prompt tokens, those the backend says it served from its prefix cache."""
    completion_tokens: int
    logprob: float | None
    """Summed natural-log probability of the sampled tokens; None where the backend reports none."""
    stopped_by: str | None = None
    """The stop string that ended it; empty where none did; None where the backend does not say."""

    @classmethod
    def of_text(cls, text: str, *, seed: int = 0) -> "Completion":
        """Return a text that is not a backend's as one that ended by itself and cost nothing."""
        return cls(
            text=text,
            tokens=None,
            finish_reason="stop",
            seed=seed,
            prompt_tokens=0,
            cached_tokens=0,
            completion_tokens=0,
            logprob=None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Continuation:
    """A text to score behind a prefix: forced, not sampled."""

    text: str
    tokens: Tokens | None = None
    """The very tokens it was sampled as, where it was; None: it is tokenised as a text of its own
    and goes behind the prefix's tokens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreRequest:
    """One prefix and the texts whose probability behind it is asked for."""

    prompt: Prompt
    prefix: Prefix
    continuations: tuple[Continuation, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """The probability that the policy gives to a continuation, token by token.

    It is that of writing this text next, whatever comes behind it: the end of the sequence is not
    part of it. Where the context has no room for all tokens, the last ones are missing: `covers`.
    """

    logprobs: tuple[float, ...]
    """Natural logs, one per token; the model's own: before temperature, top_k and top_p."""
    best: tuple[float, ...]
    """The same of the likeliest token in each place; never less than that of the token there."""
    ends: tuple[int, ...]
    """Character offset in the continuation's text just behind each token, as in Tokens."""
    prompt_tokens: int
    """Tokens of prompt and prefix."""
    cached_tokens: int
    """Of the prompt tokens, those that were not read anew for this continuation."""

    @property
    def logprob(self) -> float:
        """The natural log of the probability of all scored tokens together."""
        return math.fsum(self.logprobs)

    def covers(self, text: str) -> bool:
        """Tell whether the scored tokens reach the end of the continuation's text."""
        return (self.ends[-1] if self.ends else 0) == len(text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grades:
    """What a process reward model makes of a solution's steps."""

    steps: tuple[float, ...]
    """P(the step is right), a step each; those that it had no room for are missing."""
    tokens: int
    """Tokens it read."""


class Outcome(StrEnum):
    """What a rollout's final answer came to (the counting convention is Evidence's)."""

    CORRECT = "correct"
    INCORRECT = "incorrect"
    NO_ANSWER = "no_answer"
    """The completion ended by itself without stating an answer: a failure."""
    TRUNCATED = "truncated"
    """Cut at max_tokens before stating an answer: counts as nothing."""
    UNDECIDED = "undecided"
    """The verifier could not tell: counts as nothing."""


FAILED = frozenset({Outcome.INCORRECT, Outcome.NO_ANSWER})
"""The outcomes that count against a prefix."""
DECIDED = FAILED | {Outcome.CORRECT}
"""Those that count at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The verifier's judgement of one final answer, and how it came about."""

    outcome: Outcome
    extracted: str | None
    """The stated final answer; None where there was none."""
    rule: str
    """The extraction rule that found it, e.g. `boxed`; empty where none did."""
    stage: str
    """The stage of the verifier that decided, e.g. `rational`."""
    reason: str
    """One line for a person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollout:
    """A completion with its verdict."""

    problem_id: str
    prefix: Prefix
    sample_index: int
    """Position among the samples of this prefix, from 0; with the run seed it fixes the seed.
    Of solutions that were given -1, -2, ... in their order: no sample of a policy has these."""
    completion: Completion
    verdict: Verdict

    @property
    def text(self) -> str:
        """The whole solution: prefix and completion."""
        return self.prefix.text + self.completion.text

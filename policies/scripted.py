"""A policy without a model: sums written line by line, whose every prefix has a known value.

The world. A question `Add up: 3, 5, 9.` (`toy_question`; the last such sentence in the prompt
counts, so few-shot examples do no harm) is solved one addition per step:

    3 + 5 = 8
    8 + 9 = 17
    #### 17

While the running total is right, addition t comes out 1 or 10 too high with probability
`error_rate(prompt, t)`. Once it is too high it stays so, except that each later addition notices
with probability `recovery` and goes on from the right total (`Wait: 8 + 9 = 17`). The last line
states no answer with probability `no_answer`. So a prefix's value, the probability that a
continuation ends in the right answer, is an exact number: `value(prompt, prefix)`.

It also takes a question apart, and puts it otherwise (policies/scripted_parts.py).

Any other question is met with the same world over the numbers found in its text: solutions look
alike and the pipeline runs, but their answers are the sum, which is seldom that question's gold.
"""

import asyncio
import hashlib
import math
import random
import re
from bisect import bisect_right
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial
from itertools import accumulate
from pathlib import Path
from typing import Literal
from zlib import crc32

from pydantic import Field

from policies.scripted_parts import part
from policies.seam import Examined, Policy
from policies.tokens import first_stop
from policies.words import WORD, text_of
from schemas import (
    Completion,
    CompletionRequest,
    Prompt,
    Sampling,
    Score,
    ScoreRequest,
    Settings,
    Tokens,
)

_QUESTION = re.compile(r"Add up: (\d+(?:, \d+)+)\.")
_ANSWER = re.compile(r"#### (\d{1,18})\s*")
_TOO_HIGH_BY = (1, 10)
_STATES_REMEMBERED = 16_384
_NO_TOTAL = -1
_FOREIGN = math.log(1e-12)


def toy_question(numbers: tuple[int, ...]) -> str:
    """Return the question whose gold answer is the sum of two or more non-negative numbers."""
    return f"Add up: {', '.join(map(str, numbers))}."


@dataclass(frozen=True, slots=True)
class _State:
    """Where a solution stands: additions written, the total it claims, whether it has ended."""

    additions: int
    total: int
    ended: bool = False


@dataclass(frozen=True, slots=True)
class _Choice:
    """One way to write the next line."""

    probability: float
    line: str
    then: _State
    solves: bool = False


class ScriptedSettings(Settings):
    """An exact, analytic policy for tests and dry runs; see this module's head for its world.

    Temperature 0 takes the likeliest line each time; any other samples the world as it is:
    `top_p` and `top_k` have no effect.
    """

    kind: Literal["scripted"] = "scripted"
    seed: int = 0
    """Picks the world: which additions of which question are hard."""
    error: float = Field(default=0.15, ge=0, le=0.5)
    """Mean probability that an addition goes wrong; each question's each addition has its own,
    uniform between 0 and twice this."""
    recovery: float = Field(default=0.1, ge=0, le=1)
    """Probability that an addition made from a wrong total puts it right."""
    no_answer: float = Field(default=0.0, ge=0, le=1)
    """Probability that a solution ends without stating an answer."""
    separator: str = Field(default="\n", pattern=r"^\n+$")
    """What ends a step: one or more newlines."""

    @asynccontextmanager
    async def open(self, run_dir: Path) -> AsyncIterator[Policy]:
        """Return the policy; nothing is loaded or started."""
        yield _ScriptedPolicy(self)

    async def examine(self) -> Examined:
        """Say that there is nothing to open."""
        return Examined(("scripted: an analytic policy for dry runs, no model",))

    def error_rate(self, prompt: Prompt | str, addition: int) -> float:
        """Return the probability that the 0-based addition goes wrong while the total is right."""
        return self._error_rate(_numbers(text_of(prompt)), addition)

    def value(self, prompt: Prompt | str, prefix: str) -> float:
        """Return the exact probability that a continuation ends in the right answer."""
        numbers = _numbers(text_of(prompt))
        state, partial = self._read(numbers, prefix)
        choices = self._choices(numbers, state, partial)
        reached = sum(c.probability for c in choices)
        if not reached:
            return 0.0
        return sum(c.probability * self._value(numbers, c) for c in choices) / reached

    def write(self, request: CompletionRequest, seed: int) -> Completion:
        """Return the completion of a request under one of its seeds."""
        prompt = text_of(request.prompt)
        rng = random.Random("\x1f".join((self._world, prompt, request.prefix.text, str(seed))))
        numbers, before, logprob = _numbers(prompt), request.prefix.text, None
        text = part(numbers, before, rng, partial(self._error_rate, numbers))
        if text is None:
            greedy = request.sampling.temperature == 0
            text, logprob = self._continue(numbers, before, rng, greedy=greedy)
        pieces, stopped_by, cut = _cut(text, request.sampling)
        text = "".join(pieces)
        ends = tuple(accumulate(map(len, pieces)))
        return Completion(
            text=text,
            tokens=Tokens(ids=tuple(crc32(p.encode()) >> 1 for p in pieces), ends=ends),
            finish_reason="length" if cut else "stop",
            seed=seed,
            prompt_tokens=len(WORD.findall(prompt)) + len(WORD.findall(request.prefix.text)),
            cached_tokens=0,
            completion_tokens=len(pieces),
            logprob=logprob,
            stopped_by=stopped_by,
        )

    def score(self, prompt: Prompt, prefix: str, text: str) -> Score:
        """Return the exact probability that a completion of the prefix begins with this text.

        A line's whole log-probability sits on its first piece; a line that this world would not
        write there has log 1e-12.
        """
        pieces = WORD.findall(text)
        ends = tuple(accumulate(map(len, pieces)))
        logprobs, best = [0.0] * len(pieces), [0.0] * len(pieces)
        for start, logprob, likeliest in self._lines(_numbers(text_of(prompt)), prefix, text):
            logprobs[bisect_right(ends, start)] += logprob
            best[bisect_right(ends, start)] += likeliest
        return Score(
            logprobs=tuple(logprobs),
            best=tuple(best),
            ends=ends,
            prompt_tokens=len(WORD.findall(text_of(prompt))) + len(WORD.findall(prefix)),
            cached_tokens=0,
        )

    def _lines(
        self, numbers: tuple[int, ...], prefix: str, text: str
    ) -> Iterator[tuple[int, float, float]]:
        """Yield each line of a text: where it begins, how likely it is, how likely the likeliest.

        Natural-log probabilities, given all that stands before.
        """
        state, partial = self._read(numbers, prefix)
        foreign = self._breaks_off(prefix, state, partial)
        start = -len(partial)
        for line in (partial + text).split(self.separator):
            whole = line + self.separator if start + len(line) < len(text) else line
            if len(whole) > max(0, -start):
                logprob = self._logprob(numbers, state, partial, whole, foreign=foreign)
                likeliest = 0.0 if foreign else self._likeliest(numbers, state, partial)
                yield max(0, start), logprob, max(logprob, likeliest)
            if not foreign:
                state = self._behind(numbers, state, whole)
            start, partial, foreign = start + len(whole), "", False

    def _logprob(
        self,
        numbers: tuple[int, ...],
        state: _State,
        partial: str,
        line: str,
        *,
        foreign: bool,
    ) -> float:
        """Return the log-probability of a line, or its beginning, that begins with `partial`."""
        if foreign:
            return 0.0 if line == self.separator else _FOREIGN
        likely = sum(c.probability for c in self._choices(numbers, state, line))
        if state.ended or not likely:
            return _FOREIGN
        return math.log(likely / sum(c.probability for c in self._choices(numbers, state, partial)))

    def _likeliest(self, numbers: tuple[int, ...], state: _State, partial: str) -> float:
        """Return the log-probability of the likeliest line that begins with `partial`."""
        likely = [c.probability for c in self._choices(numbers, state, partial)]
        return math.log(max(likely) / sum(likely)) if likely else 0.0

    @cached_property
    def _world(self) -> str:
        return repr(self)

    def _error_rate(self, numbers: tuple[int, ...], addition: int) -> float:
        return 2 * self.error * _uniform(self.seed, numbers, addition)

    def _choices(self, numbers: tuple[int, ...], state: _State, partial: str = "") -> list[_Choice]:
        """Return the lines that can come next, those that begin with `partial`."""
        return [c for c in _all_choices(self, numbers, state) if c.line.startswith(partial)]

    def _next_lines(self, numbers: tuple[int, ...], state: _State) -> list[_Choice]:
        if state.ended:
            return [_Choice(1.0, "", state, solves=state.total == sum(numbers))]
        if state.additions == len(numbers) - 1:
            return self._last_lines(numbers, state)
        return self._additions(numbers, state)

    def _last_lines(self, numbers: tuple[int, ...], state: _State) -> list[_Choice]:
        stated = _State(state.additions, state.total, ended=True)
        silent = _State(state.additions, _NO_TOTAL, ended=True)
        right = state.total == sum(numbers)
        return [
            _Choice(1 - self.no_answer, f"#### {state.total}", stated, solves=right),
            _Choice(self.no_answer, "I cannot tell.", silent),
        ]

    def _additions(self, numbers: tuple[int, ...], state: _State) -> list[_Choice]:
        done, term = state.additions, numbers[state.additions + 1]

        def line(probability: float, start: int, result: int, lead: str = "") -> _Choice:
            text = f"{lead}{start} + {term} = {result}{self.separator}"
            return _Choice(probability, text, _State(done + 1, result))

        truth = sum(numbers[: done + 1])
        if state.total != truth:
            return [
                line(1 - self.recovery, state.total, state.total + term),
                line(self.recovery, truth, truth + term, "Wait: "),
            ]
        wrong = self._error_rate(numbers, done)
        return [line(1 - wrong, truth, truth + term)] + [
            line(wrong / len(_TOO_HIGH_BY), truth, truth + term + extra) for extra in _TOO_HIGH_BY
        ]

    def _value(self, numbers: tuple[int, ...], choice: _Choice) -> float:
        """Return the value behind a choice: a two-state chain, so a handful of lines deep."""
        if choice.then.ended:
            return float(choice.solves)
        right, wrong = 1 - self.no_answer, 0.0
        for addition in range(len(numbers) - 2, choice.then.additions - 1, -1):
            error = self._error_rate(numbers, addition)
            right, wrong = (
                (1 - error) * right + error * wrong,
                self.recovery * right + (1 - self.recovery) * wrong,
            )
        is_right = choice.then.total == sum(numbers[: choice.then.additions + 1])
        return right if is_right else wrong

    def _read(self, numbers: tuple[int, ...], prefix: str) -> tuple[_State, str]:
        """Return the state behind the whole lines of a prefix, and the line left unfinished.

        A line that this world would not write there counts as an addition that kept the total as
        right as it was; one that states an answer ends the solution.
        """
        state, lines = _State(0, numbers[0]), prefix.split(self.separator)
        for line in lines[:-1]:
            state = self._behind(numbers, state, line)
        if not self._choices(numbers, state, lines[-1]):
            return _skip(numbers, state, lines[-1]), ""
        return state, lines[-1]

    def _behind(self, numbers: tuple[int, ...], state: _State, line: str) -> _State:
        """Return the state behind a whole line, with or without its separator."""
        line = line.removesuffix(self.separator)
        matches = self._choices(numbers, state, line)
        whole = [c for c in matches if c.line.rstrip("\n") == line]
        return whole[0].then if whole else _skip(numbers, state, line)

    def _breaks_off(self, prefix: str, state: _State, partial: str) -> bool:
        """Tell whether a prefix breaks off in a line of others, which this world ends first."""
        inside = not partial and prefix and not prefix.endswith(self.separator)
        return bool(inside) and not state.ended

    def _continue(
        self, numbers: tuple[int, ...], prefix: str, rng: random.Random, *, greedy: bool
    ) -> tuple[str, float]:
        """Return the text that follows a prefix, and its log-probability."""
        state, partial = self._read(numbers, prefix)
        text = self.separator if self._breaks_off(prefix, state, partial) else ""
        logprob = 0.0
        while not state.ended:
            choices = self._choices(numbers, state, partial)
            weights = [c.probability for c in choices]
            choice = (
                max(choices, key=lambda c: c.probability)
                if greedy
                else rng.choices(choices, weights)[0]
            )
            text += choice.line.removeprefix(partial)
            logprob += math.log(choice.probability / sum(weights))
            state, partial = choice.then, ""
        return text, logprob


@lru_cache(_STATES_REMEMBERED)
def _all_choices(
    world: ScriptedSettings, numbers: tuple[int, ...], state: _State
) -> tuple[_Choice, ...]:
    """Return the lines that can come next; every rollout of a problem comes by here."""
    return tuple(c for c in world._next_lines(numbers, state) if c.probability > 0)


class _ScriptedPolicy:
    """The running form of `ScriptedSettings`."""

    in_flight = 0
    idle = 0
    cannot_score = ""
    caveat = ""

    def __init__(self, settings: ScriptedSettings) -> None:
        self._settings = settings
        self.identity = f"scripted:{settings.model_dump_json(exclude={'kind'})}"

    async def complete(self, request: CompletionRequest) -> tuple[Completion, ...]:
        """Return one completion per seed, in the order of the seeds."""
        await asyncio.sleep(0)
        return tuple(self._settings.write(request, seed) for seed in request.seeds)

    async def score(self, request: ScoreRequest) -> tuple[Score, ...]:
        """Return one exact score per continuation, in their order."""
        await asyncio.sleep(0)
        return tuple(
            self._settings.score(request.prompt, request.prefix.text, continuation.text)
            for continuation in request.continuations
        )


def _numbers(prompt: str) -> tuple[int, ...]:
    """Return the numbers a prompt asks to add: two or more."""
    questions = _QUESTION.findall(prompt)
    if questions:
        return tuple(int(n) for n in questions[-1].split(", "))
    found = tuple(int(n) for n in re.findall(r"(?<!\d)\d{1,6}(?!\d)", prompt)[-6:])
    if len(found) > 1:
        return found
    digest = hashlib.sha256(prompt.encode()).digest()
    return (digest[0], digest[1], digest[2])


def _skip(numbers: tuple[int, ...], state: _State, line: str) -> _State:
    """Return the state after a line that this world did not write."""
    answer = _ANSWER.fullmatch(line)
    if answer and not state.ended:
        return _State(state.additions, int(answer[1]), ended=True)
    if state.ended or state.additions == len(numbers) - 1:
        return state
    return _State(state.additions + 1, state.total + numbers[state.additions + 1])


def _cut(text: str, sampling: Sampling) -> tuple[list[str], str, bool]:
    """Return the pieces (a word with the space behind it) up to a stop string or the limit.

    And that stop string, empty where it is not what ended them, and whether the limit did.
    """
    stop = first_stop(text, sampling.stop)
    pieces = WORD.findall(text[: stop.start] if stop else text)
    cut = len(pieces) > sampling.max_tokens
    return pieces[: sampling.max_tokens], stop.text if stop and not cut else "", cut


def _uniform(*key: object) -> float:
    """Return a number in [0, 1) that is a function of the key."""
    digest = hashlib.sha256(repr(key).encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64

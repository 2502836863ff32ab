"""What is asked of the policy and the process reward model for one problem, once for each answer.

Searches ask for solutions and steps; recipes also for replies to prompts of their own.

A step is written up to a stop string, `pause`, so that no token behind it is paid for. Where the
steps of a splitter end at no string, whole solutions are written and cut.
"""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate
from typing import Final

from policies.seam import Policy
from rollouts import Journal, PromptTemplate, Purse
from rollouts.asking import with_stops
from rollouts.completions import Completions
from rollouts.costs import Costs
from rollouts.cutting import Splitter
from rollouts.keys import digest_of_prompt
from rollouts.seeds import seeds
from schemas import (
    ROOT,
    Completion,
    CompletionRequest,
    ConfigError,
    Grades,
    Prefix,
    Problem,
    Prompt,
    Sampling,
)
from search.grading import ShardGrades
from search.seam import End, Wrote

_AT_ONCE: Final = 16
"""Samples of one request: they are in the journal once all of them are there."""
_PARTS: Final = 8
"""Pauses without a word between them, behind which a step counts as ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How the policy is asked, in all searches alike."""

    template: PromptTemplate
    sampling: Sampling
    splitter: Splitter
    pause: tuple[str, ...]
    """Strings at which the policy pauses, as they end a step; none: whole solutions are cut."""
    seed: int

    @property
    def ends(self) -> tuple[str, ...]:
        """Strings that end a solution."""
        return self.whole.stop

    @property
    def whole(self) -> Sampling:
        """How whole solutions are drawn."""
        return with_stops(self.sampling, self.template.stop)

    @property
    def stepwise(self) -> Sampling:
        """How steps are drawn."""
        return self.sampling.model_copy(update={"stop": (*self.ends, *self.pause)})


@dataclass(slots=True)
class Tally:
    """What one search of one problem used, whoever paid for it first."""

    samples: dict[str, Completion] = field(default_factory=dict)
    """By their keys in the journal."""
    grades: dict[tuple[str, ...], Grades] = field(default_factory=dict)
    """By the steps that were graded."""

    @property
    def tokens(self) -> int:
        """Tokens the policy wrote."""
        return sum(one.completion_tokens for one in self.samples.values())

    @property
    def prm_tokens(self) -> int:
        """Tokens the process reward model read."""
        return sum(one.tokens for one in self.grades.values())


class ShardSamples:
    """What the policy wrote for a shard's problems; counts what it cost."""

    def __init__(self, *, policy: Policy, journal: Journal, purse: Purse, manner: Manner) -> None:
        self.manner = manner
        self._completions = Completions(
            policy=policy, journal=journal, purse=purse, at_once=_AT_ONCE
        )
        self._prompts: dict[str, Prompt] = {}

    @property
    def costs(self) -> Costs:
        """Spent so far; live."""
        return self._completions.costs

    async def take(
        self, problem: Problem, prefix: Prefix, sampling: Sampling, *, start: int, count: int
    ) -> dict[str, Completion]:
        """Return samples start, ..., start + count - 1 of a prefix, by key, in their order.

        Raises PolicyError or RunError, in a group where several requests were under way.
        """
        request = CompletionRequest(
            prompt=self._prompt(problem),
            prefix=prefix,
            sampling=sampling,
            seeds=seeds(self.manner.seed, problem.id, prefix.key, start=start, count=count),
        )
        return await self._take(request, start)

    async def reply(
        self, problem: Problem, prompt: Prompt, sampling: Sampling, *, role: str, index: int
    ) -> dict[str, Completion]:
        """Return the reply number `index` to a prompt of its own, by key.

        Its seed derives from run seed, problem, role, prompt and index.
        """
        asked = f"{role}/{digest_of_prompt(prompt)}"
        request = CompletionRequest(
            prompt=prompt,
            prefix=ROOT,
            sampling=sampling,
            seeds=seeds(self.manner.seed, problem.id, asked, start=index, count=1),
        )
        return await self._take(request, index)

    async def _take(self, request: CompletionRequest, start: int) -> dict[str, Completion]:
        keys = self._completions.keys(request, start=start)
        return dict(zip(keys, await self._completions.take(request, keys), strict=True))

    def _prompt(self, problem: Problem) -> Prompt:
        """Return a problem's prompt, rendered once: it is asked for at each step."""
        if problem.id not in self._prompts:
            self._prompts[problem.id] = self.manner.template.render(problem)
        return self._prompts[problem.id]


class Asked:
    """The seam `Asker` for one search of one problem, whose gold answer is not in here."""

    def __init__(self, problem: Problem, samples: ShardSamples, grades: ShardGrades | None) -> None:
        self.tally = Tally()
        """What this search used; live."""
        self.problem = blind(problem)
        """The question, without all that says what is right."""
        self._samples = samples
        self._grades = grades
        self._manner = samples.manner

    async def solutions(self, count: int, *, start: int = 0) -> list[Wrote]:
        """Return samples of whole solutions, cut into steps."""
        written = await self.drawn((), count=count, start=start)
        return [_whole(one, self.cut(one.text)) for one in written]

    async def drawn(self, prefix: Sequence[str], *, count: int, start: int = 0) -> list[Completion]:
        """Return samples of whole solutions, or of the rest of one, as the policy wrote them."""
        return await self.take(_prefix(prefix), self._manner.whole, start=start, count=count)

    def cut(self, text: str) -> tuple[str, ...]:
        """Return the steps of a solution."""
        return self._manner.splitter.split(text)

    async def reply(
        self, prompt: Prompt, sampling: Sampling, *, role: str, index: int = 0
    ) -> Completion:
        """Return reply number `index` to a prompt that asks for something else than a solution."""
        taken = await self._samples.reply(self.problem, prompt, sampling, role=role, index=index)
        self.tally.samples |= taken
        (one,) = taken.values()
        return one

    async def steps(self, prefix: Sequence[str], *, start: int, count: int) -> list[Wrote]:
        """Return samples start, ..., start + count - 1 of the step behind a prefix."""
        return await self._steps(prefix, self._manner.stepwise, start=start, count=count)

    async def likeliest(self, prefix: Sequence[str], steps: int) -> tuple[str, ...]:
        """Return what the policy writes behind a prefix at temperature 0: so many steps at most."""
        greedy = self._manner.stepwise.model_copy(update={"temperature": 0.0})
        if not self._manner.pause:
            (one,) = await self.take(_prefix(prefix), greedy, start=0, count=1)
            return tuple(_behind("".join(prefix), one.text, self._manner.splitter))[:steps]
        more: tuple[str, ...] = ()
        while len(more) < steps:
            (one_step,) = await self._steps((*prefix, *more), greedy, start=0, count=1)
            more += one_step.steps
            if one_step.end:
                break
        return more

    async def grades(self, solutions: Sequence[Sequence[str]]) -> list[Grades]:
        """Return the grades of these steps; of none there are none."""
        question, graded = self.problem.question, self._grades
        assert graded is not None, "no reward model was opened"

        async def one(steps: Sequence[str]) -> Grades:
            if not steps:
                return Grades(steps=(), tokens=0)
            grades = await graded.of(question, steps)
            self.tally.grades[tuple(steps)] = grades
            return grades

        async with asyncio.TaskGroup() as group:
            asked = [group.create_task(one(steps)) for steps in solutions]
        return [task.result() for task in asked]

    async def take(
        self, prefix: Prefix, sampling: Sampling, *, start: int, count: int
    ) -> list[Completion]:
        """Return samples start, ..., start + count - 1 of a prefix, drawn as told."""
        taken = await self._samples.take(self.problem, prefix, sampling, start=start, count=count)
        self.tally.samples |= taken
        return list(taken.values())

    async def _steps(
        self, prefix: Sequence[str], sampling: Sampling, *, start: int, count: int
    ) -> list[Wrote]:
        written = await self.take(_prefix(prefix), sampling, start=start, count=count)
        if not self._manner.pause:
            before = "".join(prefix)
            return [_first(before, one, self._manner.splitter) for one in written]
        async with asyncio.TaskGroup() as group:
            asked = [
                group.create_task(self._paused(prefix, sampling, start + at, one))
                for at, one in enumerate(written)
            ]
        return [task.result() for task in asked]

    async def _paused(
        self, prefix: Sequence[str], sampling: Sampling, index: int, one: Completion
    ) -> Wrote:
        """Return the step that a completion begins; it is gone on with while it has no word."""
        before, step, parts = "".join(prefix), "", [one]
        for _ in range(_PARTS):
            piece, end = self._piece(before + step, parts[-1])
            step += piece
            if end or not step.isspace():
                break
            (more,) = await self.take(_prefix((*prefix, step)), sampling, start=index, count=1)
            parts.append(more)
        return _wrote((step,) if step.strip() else (), end, parts)

    def _piece(self, before: str, one: Completion) -> tuple[str, End]:
        """Return what a completion adds behind a text, and how that ended.

        A string that ends solutions may begin in the text before: the policy paused inside it.
        """
        pauses = one.finish_reason == "stop" and one.stopped_by in self._manner.pause
        if one.stopped_by is None and one.finish_reason == "stop":
            raise ConfigError(
                "the server does not say whether a stop string ended a completion, so where steps "
                "end cannot be told: give --set 'pause=[]', which has whole solutions written and "
                "cut, or serve the model with vLLM or SGLang"
            )
        piece, ends = one.text + (one.stopped_by or "" if pauses else ""), self._manner.ends
        reach = max(map(len, ends), default=1) - 1
        tail = before[len(before) - reach :] if reach else ""
        found = [at for end in ends if (at := (tail + piece).find(end)) >= 0]
        if found:
            return piece[: max(0, min(found) - len(tail))], "stop"
        return piece, "" if pauses else one.finish_reason


def blind(problem: Problem) -> Problem:
    """Return a problem without all that a search must not see."""
    return replace(problem, answer="", solution=None, program=None, given=())


def _prefix(steps: Sequence[str]) -> Prefix:
    """Return a prefix, continued as text: where a pause ends tokens is not known."""
    return Prefix(steps=tuple(steps), token_ids=None) if steps else ROOT


def _wrote(steps: tuple[str, ...], end: End, parts: Sequence[Completion]) -> Wrote:
    tokens = sum(one.completion_tokens for one in parts)
    logprobs = [one.logprob for one in parts if one.logprob is not None]
    known = len(logprobs) == len(parts) and tokens > 0
    return Wrote(
        steps=steps,
        end=end,
        tokens=tokens,
        logprob=sum(logprobs) / tokens if known else None,
    )


def _whole(one: Completion, steps: tuple[str, ...]) -> Wrote:
    return _wrote(tuple(steps), one.finish_reason, [one])


def _first(before: str, one: Completion, splitter: Splitter) -> Wrote:
    """Return the first step of a completion that went on to the end."""
    steps = list(_behind(before, one.text, splitter))
    return _wrote(tuple(steps[:1]), "" if len(steps) > 1 else one.finish_reason, [one])


def _behind(before: str, text: str, splitter: Splitter) -> Iterator[str]:
    """Yield the steps of a text behind another, cut as the whole of both is."""
    whole, start = before + text, len(before)
    for end in accumulate(map(len, splitter.split(whole))):
        if end > start and not whole[start:end].isspace():
            yield whole[start:end]
            start = end

"""Steps that a model tells apart: it is shown numbered pieces, and says where a step begins.

For long chains of thought, in which a step is neither a line nor a paragraph: StepWiser
(2508.19229) has its policy learn to segment, ThinkPRM's authors have a small model do it first. The
model only chooses among the cuts of another splitter, so a text stays what it was, to the byte,
whatever is replied.
"""

import asyncio
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, pairwise
from typing import Literal

from pydantic import Field, field_validator

from policies import AnyPolicy
from policies.seam import Policy
from rollouts.budget import Spent
from rollouts.costs import Costs
from rollouts.journal import Journal
from rollouts.keys import request_digest, sample_key
from rollouts.once import Once
from rollouts.prompts import PromptTemplate
from rollouts.purse import Purse
from rollouts.steps import AnyCutter, BlankLine, Cutting
from schemas import ROOT, Completion, CompletionRequest, Problem, Prompt, Sampling
from verification.finding.turns import thought_end

_LIST = re.compile(r"\[[\d\s,]*\](?=[\s.`*]*\Z)")
"""At the end: small models repeat what they are shown, where `[2]` is a piece's number."""
_SHOWN = 2_000
"""Characters of a piece that are shown: of a longer one its head and its tail."""
_TOGETHER = 12_000
"""Characters shown in one request."""


class Segmenter(Cutting):
    """A model groups the pieces of another splitter into steps. For chains of thought."""

    kind: Literal["segmenter"] = "segmenter"
    pieces: AnyCutter = BlankLine()
    """What cuts the text into the pieces that are grouped."""
    policy: AnyPolicy | None = None
    """The model that groups them; None: the run's own."""
    prompt: str = "segment"
    """A template in configs/prompts, or the path of one, whose `question` is the numbered pieces;
    the list of numbers that ends the reply, e.g. [1, 4, 6], says which of them begin a step."""
    max_tokens: int = Field(default=1024, ge=1)
    """Tokens of a reply, what is thought before it included."""
    together: int = Field(default=60, ge=2)
    """Pieces that are shown in one request, at most; a longer text takes several, at once."""
    tries: int = Field(default=3, ge=1)
    """Replies asked for until one can be read; else the pieces shown stay apart. The first is the
    likeliest one, the others are drawn at temperature 0.7."""

    @field_validator("pieces")
    @classmethod
    def _says_nothing_of_parts(cls, pieces: AnyCutter) -> AnyCutter:
        moved = [name for name in Cutting.model_fields if getattr(pieces, name) != _usual(name)]
        if moved:
            raise ValueError(
                f"splitter.pieces.{moved[0]} has no meaning here: set splitter.{moved[0]}"
            )
        return pieces

    def _cuts(self, text: str) -> Iterable[int]:
        return self.pieces._cuts(text)

    def fixed(self, text: str, pieces: Sequence[str]) -> frozenset[int]:
        """Return the pieces that begin a step whatever is replied: the first, and a part's."""
        end = thought_end(text) if self.part != "whole" else 0
        starts = (0, *accumulate(map(len, pieces)))
        return frozenset({0} | {index for index, at in enumerate(starts[:-1]) if at == end})


def _usual(name: str) -> object:
    return Cutting.model_fields[name].default


class Segments:
    """Texts of one problem cut by a segmenter, each once; the journal first, then the model."""

    def __init__(
        self,
        settings: Segmenter,
        *,
        template: PromptTemplate,
        policy: Policy,
        journal: Journal,
        purse: Purse,
    ) -> None:
        self.costs = Costs()
        """Spent so far; live."""
        self._settings = settings
        self._template = template
        self._policy = policy
        self._journal = journal
        self._purse = purse
        self._steps = Once[str, tuple[str, ...]]()

    def known(self, text: str) -> tuple[str, ...]:
        """Return the steps of a text that was cut; KeyError for another."""
        return self._steps.taken[text]

    async def cut(self, texts: Iterable[str]) -> None:
        """Have the steps of some texts known. Raises PolicyError or RunError."""

        async def take(free: Sequence[str]) -> None:
            async with asyncio.TaskGroup() as group:
                for text in free:
                    group.create_task(self._cut(text))

        await self._steps.get(tuple(texts), take)

    async def _cut(self, text: str) -> None:
        pieces = self._settings.split(text)
        begins = set(self._settings.fixed(text, pieces))
        if len(pieces) > 1:
            async with asyncio.TaskGroup() as group:
                windows = [
                    group.create_task(self._begins(pieces, window))
                    for window in _windows(pieces, self._settings.together)
                ]
            begins.update(*(window.result() for window in windows))
        places = [*sorted(begins), len(pieces)] if pieces else []
        self._steps.taken[text] = tuple("".join(pieces[a:b]) for a, b in pairwise(places))

    async def _begins(self, pieces: Sequence[str], window: range) -> set[int]:
        """Return which pieces of a window begin a step; all where no reply can be read."""
        before = pieces[window.start - 1] if window.start else ""
        shown = pieces[window.start : window.stop]
        prompt = self._template.render(_listing(before, shown))
        for attempt in range(self._settings.tries):
            reply = await self._reply(prompt, attempt)
            if (numbers := _numbers(reply, len(shown))) is not None:
                return {window.start + number - 1 for number in numbers}
        self.costs += Costs(unsegmented=1)
        return set(window)

    async def _reply(self, prompt: Prompt, attempt: int) -> Completion:
        sampling = Sampling(
            temperature=0.7 if attempt else 0.0,
            max_tokens=self._settings.max_tokens,
            stop=self._template.stop,
        )
        request = request_digest(self._policy.identity, sampling, prompt, ROOT)
        key = sample_key(request, attempt, attempt)
        found = self._journal.get(key)
        if found is not None:
            self.costs += Costs.of_segment(found, replayed=True)
            return found
        await self._purse.admits(0)
        with self._purse:
            asked = CompletionRequest(
                prompt=prompt, prefix=ROOT, sampling=sampling, seeds=(attempt,)
            )
            (reply,) = await self._policy.complete(asked)
            self._journal.append_segment(key, reply)
            costs = Costs.of_segment(reply, replayed=False)
            self.costs += costs
        self._purse.pay(Spent.of(costs))
        return reply


def _windows(pieces: Sequence[str], together: int) -> Iterator[range]:
    """Yield neighbouring pieces that are shown together."""
    start = shown = 0
    for index, piece in enumerate(pieces):
        size = min(len(piece), _SHOWN)
        if index > start and (index - start == together or shown + size > _TOGETHER):
            yield range(start, index)
            start, shown = index, 0
        shown += size
    yield range(start, len(pieces))


def _listing(before: str, shown: Sequence[str]) -> Problem:
    """Return the pieces that a template asks about, as its question."""
    told = [f"[before] {_brief(before)}"] if before else []
    told += [f"[{number}] {_brief(piece)}" for number, piece in enumerate(shown, start=1)]
    return Problem(id="", source="", question="\n\n".join(told), answer="")


def _brief(piece: str) -> str:
    text = piece.strip()
    half = _SHOWN // 2
    return text if len(text) <= _SHOWN else f"{text[:half]} ... {text[-half:]}"


def _numbers(reply: Completion, most: int) -> frozenset[int] | None:
    """Return the numbers in the list that ends a reply; None for none, or no such piece."""
    if reply.finish_reason != "stop":
        return None
    lists = _LIST.findall(reply.text, thought_end(reply.text))
    try:
        numbers = frozenset[int](json.loads(lists[-1])) if lists else None
    except ValueError:  # an empty place, or a number with a leading zero
        return None
    return numbers if numbers is not None and numbers <= set(range(1, most + 1)) else None

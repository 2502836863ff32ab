"""Beam search over steps with a process reward model, and lookahead (Snell et al., 2408.03314).

A round: the policy writes the next step of every beam M times, N steps in all; the model scores
them; the N / M best are kept. Lookahead scores not the step but what the policy makes of it:
k more steps at temperature 0.

What differs from the published code (huggingface/search-and-learn 6f81cac):

- Lookahead's score is that of the end of the k steps; there the k steps are written, and what is
  scored is the step alone.
- A step ends a solution where the policy ended it; there any stop does, a cut one too.
- Equal steps behind one prefix are one beam, not several that go on alike.
- Every solution that ended is a candidate for the answer, also one that was not kept: it is paid
  for. One that is kept takes a beam's place to the end.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from pydantic import Field, model_validator

from search.aggregation import score
from search.places import candidate, siblings
from search.seam import Asker, Candidate, Found, Place, Search


@dataclass(frozen=True, slots=True)
class _Beam:
    """A prefix to go on from, and its place in the trace."""

    place: int = -1
    steps: tuple[str, ...] = ()


class Beams(Search):
    """What searches by beams share."""

    n: int = Field(default=16, ge=1)
    """Steps written in a round, all beams together."""
    expand: int = Field(default=4, ge=1)
    """Samples of each beam's next step; n / expand beams are kept."""
    rounds: int = Field(default=40, ge=1)
    """Steps of a solution at most; one that has not ended then is no candidate."""

    @model_validator(mode="after")
    def _whole_beams(self) -> "Beams":
        if self.n % self.expand:
            raise ValueError(
                f"expand={self.expand} does not divide n={self.n}: a round is n / expand beams, "
                "each with so many samples"
            )
        return self

    @property
    def ahead(self) -> int:
        """Steps that are looked ahead."""
        raise NotImplementedError

    async def search(self, asker: Asker) -> Found:
        """Go on until every beam has ended."""
        trace: list[Place] = []
        candidates: list[Candidate] = []
        beams, room = [_Beam()], self.n // self.expand
        for number in range(self.rounds):
            written = await self._written(asker, beams, number)
            kept = _best(written, room)
            first = len(trace)
            trace += [replace(one, kept=at in kept) for at, one in enumerate(written)]
            candidates += [
                candidate(trace, first + at) for at, one in enumerate(written) if one.end == "stop"
            ]
            beams = [_Beam(first + at, written[at].steps) for at in kept if not written[at].end]
            room -= len(kept) - len(beams)
            if not beams or not room:
                break
        return Found(candidates=tuple(candidates), trace=tuple(trace))

    async def _written(self, asker: Asker, beams: Sequence[_Beam], number: int) -> list[Place]:
        """Return the steps behind all beams, scored; none is kept yet."""
        each = self.expand if number else self.n
        async with asyncio.TaskGroup() as group:
            asked = [
                group.create_task(asker.steps(beam.steps, start=0, count=each)) for beam in beams
            ]
        places = [
            one.place(parent=beam.place, round=number, prefix=beam.steps)
            for beam, task in zip(beams, asked, strict=True)
            for one in siblings(task.result())
        ]
        return await self._scored(asker, places)

    async def _scored(self, asker: Asker, places: Sequence[Place]) -> list[Place]:
        """Return the places with their grades, and with the score of where they lead."""
        ahead = await self._looked_ahead(asker, places)
        ends = [(*place.steps, *more) for place, more in zip(places, ahead, strict=True)]
        graded = await asker.grades([*(place.steps for place in places), *ends])
        own, led = graded[: len(places)], graded[len(places) :]
        return [
            replace(
                place,
                grades=here.steps,
                ahead=more,
                score=score(there.steps, len(end), self.aggregation),
            )
            for place, more, here, end, there in zip(places, ahead, own, ends, led, strict=True)
        ]

    async def _looked_ahead(
        self, asker: Asker, places: Sequence[Place]
    ) -> Sequence[tuple[str, ...]]:
        async def one(place: Place) -> tuple[str, ...]:
            ends = place.end or not self.ahead
            return () if ends else tuple(await asker.likeliest(place.steps, self.ahead))

        async with asyncio.TaskGroup() as group:
            asked = [group.create_task(one(place)) for place in places]
        return [task.result() for task in asked]


class BeamSearch(Beams):
    """Keep the best beams step by step, each by the grades of its own steps."""

    kind: Literal["beam"] = "beam"

    @property
    def ahead(self) -> int:
        """Steps that are looked ahead: none."""
        return 0


class Lookahead(Beams):
    """Beam search that scores a step by where it leads: the end of k steps at temperature 0."""

    kind: Literal["lookahead"] = "lookahead"
    k: int = Field(default=3, ge=1)
    """Steps that are looked ahead."""

    @property
    def ahead(self) -> int:
        """Steps that are looked ahead."""
        return self.k


def _best(places: Sequence[Place], room: int) -> list[int]:
    """Return the positions of the best so many, in the order they stand in; the first of equals.

    A step that was cut leads nowhere.
    """
    whole = [at for at, place in enumerate(places) if place.end != "length"]
    return sorted(sorted(whole, key=lambda at: -places[at].score)[:room])

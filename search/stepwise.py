"""Step-wise best of N (2410.13639): one next step of N is chosen, and then the next.

The study has the model write a step as JSON and say whether it is the last; one that does not
parse ends the item. Here steps are the policy's own text, cut as a search cuts it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from search.asking import Asked
from search.choosing import Alternative, Picked, Picker
from search.seam import End, Wrote

Place = tuple[int, int]
"""A step's index, and that of one of its samples."""
Ended = Literal["stop", "length", "steps", "unread"]
"""By itself, at `max_tokens`, at the limit of steps, or for want of a choice that can be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Siblings:
    """The alternatives of one step, and which of them was chosen."""

    prefix: tuple[str, ...]
    """The steps before."""
    written: tuple[Wrote, ...]
    """Sample i of the step, in place i."""
    picked: Picked


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """A solution that was written step by step."""

    siblings: tuple[Siblings, ...]
    ended: Ended

    @property
    def steps(self) -> tuple[str, ...]:
        """The steps that were chosen."""
        return tuple(
            step
            for one in self.siblings
            if one.picked.chosen is not None
            for step in one.written[one.picked.chosen].steps
        )

    @property
    def alternatives(self) -> dict[Place, tuple[str, ...]]:
        """The steps up to and with each alternative, by place; equal ones once."""
        return {
            (index, at): (*one.prefix, *one.written[at].steps)
            for index, one in enumerate(self.siblings)
            for at in sorted(one.picked.shown)
        }

    def end_at(self, place: Place) -> End:
        """Return how the solution ended with an alternative; empty where it did not."""
        index, at = place
        return self.siblings[index].written[at].end


async def walked(asked: Asked, picker: Picker, *, samples: int, most_steps: int) -> Walk:
    """Write a solution step by step, with so many alternatives each.

    Samples that wrote no step and did not end the solution are none. One that was cut may be
    chosen, and ends the walk.
    """
    siblings: list[Siblings] = []
    steps: tuple[str, ...] = ()
    while len(siblings) < most_steps:
        written = tuple(await asked.steps(steps, start=0, count=samples))
        picked = await picker.pick(asked, _alternatives(written), before=steps)
        siblings.append(Siblings(prefix=steps, written=written, picked=picked))
        if picked.chosen is None:
            return Walk(siblings=tuple(siblings), ended="unread")
        chosen = written[picked.chosen]
        steps += chosen.steps
        if chosen.end:
            return Walk(siblings=tuple(siblings), ended=chosen.end)
    return Walk(siblings=tuple(siblings), ended="steps")


def _alternatives(written: Sequence[Wrote]) -> list[Alternative]:
    return [
        Alternative(place=place, text="".join(one.steps))
        for place, one in enumerate(written)
        if one.steps or one.end == "stop"
    ]

"""Places of a search's trace: equal samples of one prefix's next step are one."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from search.seam import Candidate, End, Place, Wrote


@dataclass(frozen=True, slots=True, kw_only=True)
class Sibling:
    """A step behind a prefix, and the samples that wrote it."""

    step: str
    end: End
    times: int
    tokens: int
    """Of all of them."""
    logprob: float | None
    """Mean of a token of the first of them."""

    def place(self, *, parent: int, round: int, prefix: tuple[str, ...]) -> Place:
        """Return its place, not graded yet."""
        return Place(
            parent=parent,
            round=round,
            prefix=prefix,
            step=self.step,
            end=self.end,
            times=self.times,
            tokens=self.tokens,
            logprob=self.logprob,
            grades=(),
            score=0.0,
            kept=False,
        )


def siblings(written: Iterable[Wrote]) -> list[Sibling]:
    """Return the different steps in the order in which they first came, cut ones too.

    One that ended the solution is another than one that did not. Samples without a step are left
    out unless they ended it.
    """
    found: dict[tuple[str, End], list[Wrote]] = {}
    for one in written:
        if one.steps or one.end == "stop":
            found.setdefault(("".join(one.steps), one.end), []).append(one)
    return [
        Sibling(
            step=step,
            end=end,
            times=len(same),
            tokens=sum(one.tokens for one in same),
            logprob=same[0].logprob,
        )
        for (step, end), same in found.items()
    ]


def candidate(trace: Sequence[Place], place: int) -> Candidate:
    """Return the solution that ended at a place."""
    last, tokens, at = trace[place], 0, place
    while at >= 0:
        tokens += trace[at].tokens // trace[at].times
        at = trace[at].parent
    return Candidate(
        steps=last.steps,
        grades=last.grades,
        end=last.end,
        times=last.times,
        tokens=tokens,
        place=place,
    )

"""OpenR's tree search: PUCT with a process reward model as value, the policy as prior (2410.09671).

Each path goes down from the question to a solution's end. Where it comes to a prefix without
children, the policy writes `width` next steps, each with the model's score as its first value and,
as its prior, the policy's mean token probability, normalised among its siblings. Down the path goes
by the highest

    value + prior * sqrt(N(parent)) / (1 + N) * (log((N(parent) + c_base + 1) / c_base) + c_init)

where N counts paths, and the value is the mean of the scores that the paths through a step ended
with. No rollout is judged.

What differs from the published code (openreasoner/openr 54ae004):

- It has no gold answer at hand; there the state of the tree carries it.
- A solution ends one path, and a prefix with nothing new below it is not gone into again; there
  late paths repeat early ones where a tree is narrow. The search ends when the tree does.
- A path that ends without a solution, at `depth` or where nothing can be written, is worth 0.
- Scores are taken once; there a path's are asked for again at its end.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from pydantic import Field

from schemas import Grades
from search.aggregation import Aggregation, score
from search.places import Sibling, candidate, siblings
from search.seam import Asker, Found, Place, Search, Wrote


def puct(
    value: float, prior: float, *, visits: int, parent_visits: int, c_base: float, c_init: float
) -> float:
    """Return how much a child is worth going to (AlphaZero's rule, 1712.01815)."""
    curiosity = math.log((parent_visits + c_base + 1) / c_base) + c_init
    return value + prior * curiosity * math.sqrt(parent_visits) / (1 + visits)


@dataclass(slots=True, eq=False)
class _Node:
    """A prefix; what of it changes while paths go through."""

    number: int
    place: Place | None
    """None: the question."""
    prior: float = 1.0
    children: list["_Node"] | None = None
    """None until the policy was asked."""
    visits: int = 0
    total: float = 0.0
    closed: bool = False
    """Whether no path can end in a new solution below."""

    @property
    def steps(self) -> tuple[str, ...]:
        return self.place.steps if self.place else ()

    @property
    def ends(self) -> bool:
        return self.place is not None and self.place.end == "stop"

    @property
    def first_value(self) -> float:
        return self.place.score if self.place else 0.0

    @property
    def value(self) -> float:
        return self.total / self.visits if self.visits else self.first_value

    def row(self) -> Place:
        """Return its row of the trace."""
        assert self.place is not None
        return replace(
            self.place,
            kept=self.visits > 0,
            prior=self.prior,
            visits=self.visits,
            q_value=self.total / self.visits if self.visits else None,
        )


class Puct(Search):
    """Paths through a tree of steps, by the policy's probability and the model's scores."""

    kind: Literal["puct"] = "puct"
    paths: int = Field(default=8, ge=1)
    """Paths to a solution's end: so many candidates at most."""
    width: int = Field(default=4, ge=1)
    """Samples of the next step at each prefix."""
    tries: int = Field(default=3, ge=1)
    """Times that so many are sampled where no whole step is among them."""
    depth: int = Field(default=50, ge=1)
    """Steps of a solution at most."""
    c_init: float = Field(default=1.25, ge=0)
    """The weight of the prior."""
    c_base: float = Field(default=19652.0, gt=0)
    """Visits at which that weight begins to grow."""

    async def search(self, asker: Asker) -> Found:
        """Go down as many paths as there are to go, one after another."""
        tree = _Tree(self, asker)
        ended = []
        for number in range(self.paths):
            end = await tree.path(number)
            ended += [end] if end is not None else []
            if tree.root.closed:
                break
        trace = tuple(node.row() for node in tree.nodes)
        # The tree's samples of one solution are one candidate, as often as they were drawn.
        return Found(candidates=tuple(candidate(trace, end) for end in ended), trace=trace)


@dataclass(slots=True)
class _Tree:
    """The tree of one problem."""

    settings: Puct
    asker: Asker
    root: _Node = field(default_factory=lambda: _Node(number=-1, place=None))
    nodes: list[_Node] = field(default_factory=list)
    """All but the root, in the order in which they were written."""

    async def path(self, number: int) -> int | None:
        """Go down one path; return the place of the solution it ended with, if it did."""
        way = [self.root]
        while not way[-1].ends and len(way) <= self.settings.depth:
            if way[-1].children is None:
                await self._expand(way[-1], number)
            child = self._next(way[-1])
            if child is None:
                break
            way.append(child)
        last = way[-1]
        self._back_up(way, last.first_value if last.ends else 0.0)
        return last.number if last.ends else None

    def _next(self, node: _Node) -> _Node | None:
        """Return the child to go to; the first of equals."""

        def worth(child: _Node) -> float:
            return puct(
                child.value,
                child.prior,
                visits=child.visits,
                parent_visits=node.visits,
                c_base=self.settings.c_base,
                c_init=self.settings.c_init,
            )

        return max((one for one in node.children or () if not one.closed), key=worth, default=None)

    def _back_up(self, way: Sequence[_Node], value: float) -> None:
        way[-1].closed = True
        for node in reversed(way):
            node.visits += 1
            node.total += value
            node.closed = node.closed or all(child.closed for child in node.children or ())

    async def _expand(self, node: _Node, number: int) -> None:
        found = await self._steps(node)
        places = [one.place(parent=node.number, round=number, prefix=node.steps) for one in found]
        grades = await self.asker.grades([place.steps for place in places])
        graded = [
            _scored(place, one, self.settings.aggregation)
            for place, one in zip(places, grades, strict=True)
        ]
        first = len(self.nodes)
        node.children = [
            _Node(number=first + at, place=place, prior=prior, closed=place.end == "length")
            for at, (place, prior) in enumerate(zip(graded, priors(found), strict=True))
        ]
        self.nodes += node.children

    async def _steps(self, node: _Node) -> list[Sibling]:
        """Return the steps behind a prefix; more are sampled while all of them were cut."""
        width, written = self.settings.width, list[Wrote]()
        for attempt in range(self.settings.tries):
            start = attempt * width
            written += await self.asker.steps(node.steps, start=start, count=width)
            found = siblings(written)
            if any(one.end != "length" for one in found):
                break
        return found


def _scored(place: Place, graded: Grades, by: Aggregation) -> Place:
    steps = len(place.steps)
    return replace(place, grades=graded.steps, score=score(graded.steps, steps, by))


def priors(found: Sequence[Sibling]) -> list[float]:
    """Return the share of each step: by the mean probability of its tokens, or all alike.

    Alike where the backend does not report it of each.
    """
    known = [one.logprob for one in found if one.logprob is not None]
    shares = [math.exp(min(one, 0.0)) for one in known]
    if len(known) < len(found) or not sum(shares):
        return [1 / len(found)] * len(found) if found else []
    return [share / sum(shares) for share in shares]

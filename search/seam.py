"""What a search asks for and what it hands back. Nothing here knows a gold answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from pydantic import Field

from schemas import Grades, Settings
from search.aggregation import Aggregation

End = Literal["", "stop", "length"]
"""How a step left its solution: open, ended by the policy itself, or cut at `max_tokens`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrote:
    """What one sample of the policy added to a prefix: its next step or steps; untrusted."""

    steps: tuple[str, ...]
    """Empty where the policy ended the solution without writing any more."""
    end: End
    tokens: int
    """Tokens the policy wrote for it, thrown away ones included."""
    logprob: float | None
    """Mean natural-log probability of these tokens; None where the backend reports none."""


class Asker(Protocol):
    """One problem as a search sees it. What it hands out is counted as this search's."""

    async def solutions(self, count: int) -> Sequence[Wrote]:
        """Return samples 0, ..., count - 1 of whole solutions, cut into steps."""
        ...

    async def steps(self, prefix: Sequence[str], *, start: int, count: int) -> Sequence[Wrote]:
        """Return samples start, ..., start + count - 1 of the step behind a prefix.

        The same prefix and index give the same sample again, and it is paid for once.
        """
        ...

    async def likeliest(self, prefix: Sequence[str], steps: int) -> Sequence[str]:
        """Return what the policy writes behind a prefix at temperature 0: so many steps at most."""
        ...

    async def grades(self, solutions: Sequence[Sequence[str]]) -> Sequence[Grades]:
        """Return the grades of these steps, of a solution or its beginning each."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A place in a search: a step behind others, as a sample wrote it. A row of the trace."""

    parent: int
    """The place of the step before, by its position in the trace; -1: the question."""
    round: int
    """When it was written, from 0."""
    prefix: tuple[str, ...]
    """The steps before."""
    step: str
    """Empty where the policy ended the solution behind the prefix."""
    end: End
    times: int
    """Samples that wrote this step there."""
    tokens: int
    """Tokens the policy wrote for all of them."""
    logprob: float | None
    """Of its first sample, as in `Wrote`."""
    grades: tuple[float, ...]
    """Of the steps up to this one."""
    ahead: tuple[str, ...] = ()
    """What the policy was made to write behind it, only to look what comes of it."""
    score: float
    """What it was ranked by, in [0, 1]."""
    kept: bool
    """Whether the search went on from here, or ended with it."""
    prior: float | None = None
    """Its share of the policy's probability among its siblings; only where a search has priors."""
    visits: int | None = None
    """Paths through it; only where a search counts them."""
    q_value: float | None = None
    """Mean value of these paths; None without visits."""

    @property
    def steps(self) -> tuple[str, ...]:
        """The steps up to this one."""
        return (*self.prefix, self.step) if self.step else self.prefix


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A whole solution among which the answer is chosen."""

    steps: tuple[str, ...]
    grades: tuple[float, ...]
    end: End
    times: int
    """Samples that are this text."""
    tokens: int
    """Tokens of one such sample; of a solution written step by step those on its path."""
    place: int
    """Its last step's place in the trace; -1 where there is no trace."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a search of one problem came to: a pure function of what it was answered."""

    candidates: tuple[Candidate, ...]
    """In the order in which they were written."""
    trace: tuple[Place, ...] = ()


class Search(Settings):
    """One way to search; a member of the union `AnySearch`."""

    name: str = Field(default="", pattern=r"^[A-Za-z0-9._-]*$", max_length=100)
    """What tables call it; empty: its kind."""
    aggregation: Aggregation = "last"
    """The score by which steps are kept: of the grades so far the last, the least or the product.
    Final answers are chosen by all three."""

    @property
    def called(self) -> str:
        """Its name in the tables."""
        return self.name or str(getattr(self, "kind", ""))

    async def search(self, asker: Asker) -> Found:
        """Search one problem."""
        raise NotImplementedError

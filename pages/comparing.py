"""Two runs beside each other, for the page: compared shard by shard, once for each commit."""

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from pages.by_shard import ByShard, SoFar
from pages.library import OpenRun
from pages.problem import read_problem
from pages.truths import known_marks
from reports.agreement import UNKNOWN, Agreement, Comparison, Pair, ShardAgreement, Truths, truths
from reports.compared import side_rows
from reports.text import one_line
from reports.truth import Truth
from schemas import RunError
from tasks.known_errors import ORACLE, name_of, told
from tasks.truths import truths_known

PAGE = 40
"""Disagreements of a page."""
_SECONDS = 1.0
"""How long one request compares; what is left is compared when asked again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Differing:
    """A solution of which two runs say different things."""

    pair: Pair
    question: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardBeside:
    """What is compared of a shard of the first run."""

    part: ShardAgreement
    told: Truths
    """Beside the step oracle."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparePage:
    """How two runs agree as far as they are compared, and some of what they differ in."""

    compared: SoFar[ShardBeside]
    found: Agreement | None
    """None: no problem in common so far."""
    sides: Sequence[tuple[str, tuple[str, str]]]
    known_by: str
    """Who knows first errors; empty: nobody."""
    lines: Sequence[Differing]
    before: int | None
    """Where the page before begins; None: this is the first."""
    after: int | None
    """Where the next page begins; None: this is the last."""


class Beside:
    """A run beside another one in the state that it is in."""

    def __init__(self, first: OpenRun, second: OpenRun) -> None:
        self._first = first
        self._comparison = Comparison(first.folder, second.folder)
        self.shards = ByShard(first.folder, self._look)

    def _look(self, shard: str) -> ShardBeside:
        part = self._comparison.shard(shard)
        known = {key: error for key, _, error in told(self._first.folder, shard)}
        return ShardBeside(part=part, told=truths(part.pairs, known, by=name_of(ORACLE)))

    def agreement(self, shards: Sequence[str]) -> Agreement:
        """Sum up shards; raises RunError where they have no problem in common with the other."""
        return self._comparison.agreement([self.shards.of(one).part for one in shards])

    def truths(self, shards: Sequence[str], pairs: Sequence[Pair]) -> Truths:
        """Return how true both runs are beside the oracle, or else beside marks."""
        both = [self.shards.of(one).told for one in shards]
        ours, theirs = ([one[n] for one in both if one[n] is not None] for n in (0, 1))
        oracle = (_sum(ours), _sum(theirs)) if ours and theirs else UNKNOWN
        return truths_known(pairs, oracle, lambda: known_marks(self._first, shards))


def _sum(some: Sequence[Truth | None]) -> Truth:
    first, *rest = (one for one in some if one is not None)
    return sum(rest, first)


def beside(first: OpenRun, second: OpenRun) -> Beside:
    """Return what is compared of two runs; begun anew where the second has grown."""
    return _beside(first, second, second.facts.state)


@lru_cache(4)
def _beside(first: OpenRun, second: OpenRun, state: Hashable) -> Beside:
    return Beside(first, second)


def compare_page(first: OpenRun, second: OpenRun, *, start: int) -> ComparePage:
    """Compare two runs. Raises RunError where they have no problem in common."""
    made = beside(first, second)
    compared = made.shards.so_far(within_s=_SECONDS)
    state = first.facts.state, first.marks_stamp
    try:
        found, true = _summed(made, tuple(compared.found), state)
    except RunError:
        if compared.complete:
            raise
        found, true = None, UNKNOWN
    differing = found.disagreements if found else ()
    return ComparePage(
        compared=compared,
        found=found,
        sides=tuple(side_rows(found.spent, true)) if found else (),
        known_by=true[0].by if true[0] else "",
        lines=list(_lines(first, differing[start : start + PAGE])),
        before=max(start - PAGE, 0) if start else None,
        after=start + PAGE if start + PAGE < len(differing) else None,
    )


@lru_cache(4)
def _summed(made: Beside, shards: Sequence[str], state: Hashable) -> tuple[Agreement, Truths]:
    found = made.agreement(shards)
    return found, made.truths(shards, found.pairs)


def _lines(run: OpenRun, pairs: Sequence[Pair]) -> Iterator[Differing]:
    shards = run.shards_of({one.problem_id for one in pairs})
    for one in pairs:
        problem = read_problem(run, shards[one.problem_id], one.problem_id).problem
        yield Differing(pair=one, question=one_line(problem.question))

"""Two runs over the same problems, solution by solution: where their labels agree, and where not.

Problems are the same where their ids are, or else their questions; solutions where their texts are,
whatever index each run gave them. Solutions that were cut into other steps have no step in common
to compare, and are only counted.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from reports.facts import confidences
from reports.truth import Share, Truth, truth_of
from schemas import ROOT, RunError
from schemas.arrow import read_table
from schemas.run_folder import RunFolder

_SOLUTIONS = ("problem_id", "solution_index", "steps", "first_error", "posterior", "labeler")
_PLAIN = ("problem_id", "solution_index", "first_error", "labeler")
_BORDER = "\x1e"
"""Between steps; within one it would only make two ways to cut a text look alike."""
_ROLLOUTS = ("problem_id", "prefix_key", "completion_tokens")
_SHARDS_KEPT = 4
"""Shards of the other run that are kept; runs of one source have their problems in one order."""

Truths = tuple[Truth | None, Truth | None]
"""How true each of two runs is, of the solutions that are paired."""
UNKNOWN: Truths = (None, None)
"""Nobody knows a first error of these."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What one run says of a solution."""

    problem_id: str
    solution_index: int
    labeler: str
    text: str
    """The solution, by which it is known."""
    cut: str
    """Its steps."""
    first_error: int | None
    """0-based; -1: none; None: left open."""
    confidence: float | None
    """P of that, or where it is left open of the likeliest; None where the labeler states none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """One solution as two runs see it; no text is kept."""

    problem_id: str
    """As the first run has it."""
    indices: tuple[int, int]
    """The solution's index in each run."""
    other_problem_id: str
    first_errors: tuple[int | None, int | None]
    confidences: tuple[float | None, float | None]

    @property
    def solution(self) -> tuple[str, int]:
        """The problem and the index, as the first run has them."""
        return self.problem_id, self.indices[0]

    @property
    def decided(self) -> bool:
        """Whether both runs say where the first error is, or that there is none."""
        return None not in self.first_errors

    @property
    def exact(self) -> bool:
        """Whether both say the same, be it that they leave it open."""
        return self.first_errors[0] == self.first_errors[1]

    @property
    def apart(self) -> int:
        """Steps between the two first errors; 0 where either names none."""
        return _apart(*self.first_errors)

    @property
    def weight(self) -> tuple[int, float]:
        """How much a person learns from looking: one finds no error, both are sure, far apart."""
        one_finds_none = self.decided and not self.exact and -1 in self.first_errors
        kind = 0 if self.exact else 3 if one_finds_none else 2 if self.decided else 1
        sure = min((one for one in self.confidences if one is not None), default=0.0)
        return kind, sure + self.apart


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What one run took for the problems that both have."""

    solutions: int = 0
    """Rollouts of the empty prefix, and the tokens written in them."""
    solution_tokens: int = 0
    probes: int = 0
    """Rollouts of other prefixes, likewise."""
    probe_tokens: int = 0

    def __add__(self, other: "Spent") -> "Spent":
        return Spent(
            solutions=self.solutions + other.solutions,
            solution_tokens=self.solution_tokens + other.solution_tokens,
            probes=self.probes + other.probes,
            probe_tokens=self.probe_tokens + other.probe_tokens,
        )


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """How two runs agree."""

    names: tuple[str, str]
    labelers: tuple[str, str]
    """Comma-separated where solutions have several."""
    problems: tuple[int, int, int]
    """In both runs, in the first alone, in the second alone."""
    solutions: tuple[int, int, int]
    """Likewise, of the problems that both have; the first of the three are `pairs`."""
    cut_differently: int
    """Solutions with one text in both runs and other steps; they are in no other number."""
    pairs: tuple[Pair, ...]
    spent: tuple[Spent, Spent]

    @cached_property
    def said(self) -> Mapping[tuple[int | None, int | None], int]:
        """Solutions per pair of first errors: the figures below are counted from these few."""
        return Counter(one.first_errors for one in self.pairs)

    @property
    def table(self) -> Mapping[tuple[str, str], int]:
        """Solutions per kind of finding of each run: `error`, `none`, `open`."""
        return _by_kind(self.said)

    @cached_property
    def decided(self) -> int:
        """Solutions of which both runs say something: what shares and kappas are of."""
        return sum(self._both.values())

    @property
    def exact(self) -> Share:
        """The same first error, or both none."""
        return Share(sum(n for (a, b), n in self._both.items() if a == b), self.decided)

    @property
    def within_one(self) -> Share:
        """The same, or neighbouring steps."""
        near = sum(n for (a, b), n in self._both.items() if a == b or _apart(a, b) == 1)
        return Share(near, self.decided)

    @property
    def verdict(self) -> Share:
        """Both find an error, wherever, or both find none."""
        hits = sum(n for (a, b), n in self._both.items() if _kind(a) == _kind(b))
        return Share(hits, self.decided)

    @property
    def kappa_exact(self) -> float | None:
        """Cohen's kappa of the first error, `none` being one more place; None: undefined."""
        return kappa(self._both)

    @property
    def kappa_verdict(self) -> float | None:
        """Cohen's kappa of an error against none."""
        return kappa(_by_kind(self._both))

    @cached_property
    def _both(self) -> Mapping[tuple[int | None, int | None], int]:
        return {pair: count for pair, count in self.said.items() if None not in pair}

    @cached_property
    def disagreements(self) -> tuple[Pair, ...]:
        """Where they differ: an error against none first, then other steps, then left open."""
        return tuple(
            sorted((one for one in self.pairs if not one.exact), key=lambda one: one.weight)[::-1]
        )


def kappa(both: Mapping[tuple[Any, Any], int]) -> float | None:
    """Return Cohen's kappa of so many of each pair; None where chance explains all."""
    total = sum(both.values())
    ours, theirs = Counter[object](), Counter[object]()
    for (a, b), count in both.items():
        ours[a] += count
        theirs[b] += count
    chance = sum(ours[one] * theirs[one] for one in ours) / total**2 if total else 1.0
    if chance == 1.0:
        return None
    return (sum(count for (a, b), count in both.items() if a == b) / total - chance) / (1 - chance)


def agreement(first: RunFolder, second: RunFolder) -> Agreement:
    """Compare the committed shards of two runs, shard by shard of the first.

    Raises RunError where they have no problem in common.
    """
    compared = Comparison(first, second)
    return compared.agreement([compared.shard(one) for one in first.shards])


def truths(pairs: Iterable[Pair], known: Mapping[tuple[str, int], int], *, by: str) -> Truths:
    """Set both runs beside known first errors of the first one's solutions."""
    marked = [(one.first_errors, known[one.solution]) for one in pairs if one.solution in known]
    first, second = (truth_of(((said[n], error) for said, error in marked), by=by) for n in (0, 1))
    return first, second


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardAgreement:
    """What is compared of a shard of the first run."""

    matched: Mapping[str, str]
    """Problem of the first run to that of the other."""
    alone: int
    """Problems that the other run lacks."""
    pairs: tuple[Pair, ...]
    unpaired: tuple[int, int]
    """Solutions of matched problems that one run alone has."""
    cut: int
    """Solutions with one text in other steps."""
    labelers: tuple[frozenset[str], frozenset[str]]
    spent: tuple[Spent, Spent]
    """What each run took for the matched problems."""


class Comparison:
    """Two runs over the same problems, compared a shard of the first at a time."""

    def __init__(self, first: RunFolder, second: RunFolder) -> None:
        self._first = first
        self._second = second
        self._other = _Other(second)

    def shard(self, shard: str) -> ShardAgreement:
        """Compare a shard of the first run."""
        ours, took = _said(self._first, shard), _spent(self._first, shard)
        matched: dict[str, str] = {}
        solutions = _Solutions()
        spent = Spent(), Spent()
        problems = _questions(self._first, shard)
        for one, question in problems:
            found = self._other.find(one, question)
            if found is not None:
                matched[one] = found
                solutions.pair(ours.get(one, ()), self._other.said(found))
                spent = spent[0] + took.get(one, Spent()), spent[1] + self._other.spent(found)
        return ShardAgreement(
            matched=matched,
            alone=len(problems) - len(matched),
            pairs=tuple(solutions.pairs),
            unpaired=solutions.unpaired,
            cut=solutions.cut,
            labelers=(frozenset(solutions.labelers[0]), frozenset(solutions.labelers[1])),
            spent=spent,
        )

    def agreement(self, parts: Sequence[ShardAgreement]) -> Agreement:
        """Sum up shards. Raises RunError where the runs have no problem in common."""
        matched = sum(len(one.matched) for one in parts)
        if not matched:
            raise RunError(
                f"{self._first.path} and {self._second.path} have no problem in common: give two "
                "runs over the same source"
            )
        shared = {other for one in parts for other in one.matched.values()}
        pairs = tuple(pair for one in parts for pair in one.pairs)
        ours, theirs = (
            ", ".join(sorted(frozenset[str]().union(*(one.labelers[n] for one in parts))))
            for n in (0, 1)
        )
        return Agreement(
            names=(self._first.name, self._second.name),
            labelers=(ours, theirs),
            problems=(matched, sum(one.alone for one in parts), self._other.count - len(shared)),
            solutions=(
                len(pairs),
                sum(one.unpaired[0] for one in parts),
                sum(one.unpaired[1] for one in parts),
            ),
            cut_differently=sum(one.cut for one in parts),
            pairs=pairs,
            spent=(
                sum((one.spent[0] for one in parts), Spent()),
                sum((one.spent[1] for one in parts), Spent()),
            ),
        )


class _Solutions:
    """The solutions of a shard's problems, as far as they are paired."""

    def __init__(self) -> None:
        self.pairs: list[Pair] = []
        self.unpaired = 0, 0
        self.cut = 0
        self.labelers: tuple[set[str], set[str]] = set(), set()

    def pair(self, ours: Sequence[Said], theirs: Sequence[Said]) -> None:
        """Pair the solutions of one problem by their texts, equal ones in order."""
        for labelers, side in zip(self.labelers, (ours, theirs), strict=True):
            labelers.update(one.labeler for one in side)
        waiting = defaultdict[str, list[Said]](list)
        for other in reversed(theirs):
            waiting[other.text].append(other)
        alone = 0
        for one in ours:
            if not waiting[one.text]:
                alone += 1
                continue
            other = waiting[one.text].pop()
            if one.cut == other.cut:
                self.pairs.append(_paired(one, other))
            else:
                self.cut += 1
        left = sum(map(len, waiting.values()))
        self.unpaired = self.unpaired[0] + alone, self.unpaired[1] + left


class _Other:
    """The other run: where its problems are, and what it says of them."""

    def __init__(self, run: RunFolder) -> None:
        self._run = run
        self._shards: dict[str, str] = {}
        for shard in run.shards:
            ids = read_table(run.file("problems", shard), "problems", ("problem_id",))["problem_id"]
            self._shards |= dict.fromkeys(ids.to_pylist(), shard)
        self._said = lru_cache(_SHARDS_KEPT)(lambda shard: _said(run, shard))
        self._spent = lru_cache(_SHARDS_KEPT)(lambda shard: _spent(run, shard))

    @property
    def count(self) -> int:
        """Its problems."""
        return len(self._shards)

    def find(self, problem_id: str, question: str) -> str | None:
        """Return the id of a problem here, or of one with this question."""
        return problem_id if problem_id in self._shards else self._asked.get(_digest(question))

    @cached_property
    def _asked(self) -> Mapping[bytes, str]:
        """Questions to ids; of use only where ids are not the same."""
        found: dict[bytes, str] = {}
        for shard in dict.fromkeys(self._shards.values()):
            for one, question in _questions(self._run, shard):
                found.setdefault(_digest(question), one)
        return found

    def said(self, problem_id: str) -> Sequence[Said]:
        """Return what is said of a problem's solutions."""
        return self._said(self._shards[problem_id]).get(problem_id, ())

    def spent(self, problem_id: str) -> Spent:
        """Return what a problem took."""
        return self._spent(self._shards[problem_id]).get(problem_id, Spent())


def _questions(run: RunFolder, shard: str) -> Sequence[tuple[str, str]]:
    table = read_table(run.file("problems", shard), "problems", ("problem_id", "question"))
    return list(zip(table["problem_id"].to_pylist(), table["question"].to_pylist(), strict=True))


def _digest(question: str) -> bytes:
    return hashlib.sha256(question.strip().encode()).digest()[:12]


def _said(run: RunFolder, shard: str) -> Mapping[str, Sequence[Said]]:
    found = defaultdict[str, list[Said]](list)
    table = read_table(run.file("solutions", shard), "solutions", _SOLUTIONS).combine_chunks()
    steps = table["steps"].cast(pa.list_(pa.string()))
    columns: dict[str, Sequence[Any]] = {name: table[name].to_pylist() for name in _PLAIN}
    columns["confidence"] = confidences(table["posterior"], table["first_error"]).to_pylist()
    columns["text"] = pc.binary_join(steps, "").to_pylist()
    columns["cut"] = pc.binary_join(steps, _BORDER).to_pylist()
    for row in zip(*columns.values(), strict=True):
        one = Said(**dict(zip(columns, row, strict=True)))
        found[one.problem_id].append(one)
    return found


def _by_kind(said: Mapping[tuple[int | None, int | None], int]) -> Mapping[tuple[str, str], int]:
    found = Counter[tuple[str, str]]()
    for (a, b), count in said.items():
        found[_kind(a), _kind(b)] += count
    return found


def _paired(one: Said, other: Said) -> Pair:
    return Pair(
        problem_id=one.problem_id,
        other_problem_id=other.problem_id,
        indices=(one.solution_index, other.solution_index),
        first_errors=(one.first_error, other.first_error),
        confidences=(one.confidence, other.confidence),
    )


def _apart(ours: int | None, theirs: int | None) -> int:
    if ours is None or theirs is None or -1 in (ours, theirs):
        return 0
    return abs(ours - theirs)


def _kind(first_error: int | None) -> str:
    return "open" if first_error is None else "none" if first_error < 0 else "error"


def _spent(run: RunFolder, shard: str) -> Mapping[str, Spent]:
    """Count the rollouts of each problem of a shard."""
    table = read_table(run.file("rollouts", shard), "rollouts", _ROLLOUTS)
    counted = (
        table.append_column("whole", pc.equal(table["prefix_key"], ROOT.key))
        .group_by(["problem_id", "whole"])
        .aggregate([([], "count_all"), ("completion_tokens", "sum")])
    )
    found: dict[str, Spent] = {}
    for row in counted.to_pylist():
        count, tokens = row["count_all"], row["completion_tokens_sum"]
        one = (
            Spent(solutions=count, solution_tokens=tokens)
            if row["whole"]
            else Spent(probes=count, probe_tokens=tokens)
        )
        found[row["problem_id"]] = found.get(row["problem_id"], Spent()) + one
    return found

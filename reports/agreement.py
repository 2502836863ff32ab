"""Two runs over the same problems, solution by solution: where their labels agree, and where not.

Problems are the same where their ids are, or else their questions; solutions where their texts are,
whatever index each run gave them. Solutions that were cut into other steps have no step in common
to compare, and are only counted.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from reports.truth import Share, Truth, truth_of
from schemas import ROOT, RunError
from schemas.arrow import read_table
from schemas.run_folder import RunFolder

_SOLUTIONS = ("problem_id", "solution_index", "steps", "first_error", "posterior", "labeler")
_ROLLOUTS = ("problem_id", "prefix_key", "completion_tokens")
_SHARDS_KEPT = 4
"""Shards of the other run that are kept; runs of one source have their problems in one order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What one run says of a solution."""

    problem_id: str
    solution_index: int
    labeler: str
    steps: tuple[str, ...]
    first_error: int | None
    """0-based; -1: none; None: left open."""
    confidence: float | None
    """P of that, or where it is left open of the likeliest; None where the labeler states none."""

    @property
    def text(self) -> str:
        """The solution, by which it is known."""
        return "".join(self.steps)


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
        ours, theirs = self.first_errors
        if ours is None or theirs is None or -1 in (ours, theirs):
            return 0
        return abs(ours - theirs)

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
    def table(self) -> Mapping[tuple[str, str], int]:
        """Solutions per kind of finding of each run: `error`, `none`, `open`."""
        return Counter((_kind(a), _kind(b)) for a, b in (one.first_errors for one in self.pairs))

    @cached_property
    def decided(self) -> tuple[Pair, ...]:
        """The solutions of which both runs say something: what shares and kappas are of."""
        return tuple(one for one in self.pairs if one.decided)

    @property
    def exact(self) -> Share:
        """The same first error, or both none."""
        return Share(sum(one.exact for one in self.decided), len(self.decided))

    @property
    def within_one(self) -> Share:
        """The same, or neighbouring steps."""
        near = sum(one.exact or one.apart == 1 for one in self.decided)
        return Share(near, len(self.decided))

    @property
    def verdict(self) -> Share:
        """Both find an error, wherever, or both find none."""
        hits = sum(_kind(a) == _kind(b) for a, b in self._decided_errors)
        return Share(hits, len(self.decided))

    @property
    def kappa_exact(self) -> float | None:
        """Cohen's kappa of the first error, `none` being one more place; None: undefined."""
        return kappa(self._decided_errors)

    @property
    def kappa_verdict(self) -> float | None:
        """Cohen's kappa of an error against none."""
        return kappa((_kind(a), _kind(b)) for a, b in self._decided_errors)

    @cached_property
    def disagreements(self) -> tuple[Pair, ...]:
        """Where they differ: an error against none first, then other steps, then left open."""
        return tuple(
            sorted((one for one in self.pairs if not one.exact), key=lambda one: one.weight)[::-1]
        )

    @property
    def _decided_errors(self) -> list[tuple[int | None, int | None]]:
        return [one.first_errors for one in self.decided]


def kappa(pairs: Iterable[tuple[object, object]]) -> float | None:
    """Return Cohen's kappa: agreement beyond chance, 1 at most; None where chance explains all."""
    both = Counter(pairs)
    total = both.total()
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
    compared = _Compared(_Other(second))
    for shard in first.shards:
        compared.add(first, shard)
    if not compared.matched:
        raise RunError(
            f"{first.path} and {second.path} have no problem in common: give two runs over the "
            "same source"
        )
    shared = set(compared.matched.values())
    return Agreement(
        names=(first.name, second.name),
        labelers=compared.labelers,
        problems=(len(compared.matched), compared.alone, compared.other.count - len(shared)),
        solutions=(len(compared.pairs), *compared.unpaired),
        cut_differently=compared.cut,
        pairs=tuple(compared.pairs),
        spent=(_spent(first, set(compared.matched)), _spent(second, shared)),
    )


def truths(
    found: Agreement, known: Mapping[tuple[str, int], int], *, by: str
) -> tuple[Truth | None, Truth | None]:
    """Set both runs beside known first errors of the first one's solutions; None: none of these."""
    marked = [
        (one.first_errors, known[one.solution]) for one in found.pairs if one.solution in known
    ]
    first, second = (truth_of(((said[n], error) for said, error in marked), by=by) for n in (0, 1))
    return first, second


class _Compared:
    """What is compared so far."""

    def __init__(self, other: "_Other") -> None:
        self.other = other
        self.matched: dict[str, str] = {}
        """Problem of the first run to that of the other."""
        self.alone = 0
        self.pairs: list[Pair] = []
        self.unpaired = 0, 0
        self.cut = 0
        self._labelers: tuple[set[str], set[str]] = set(), set()

    @property
    def labelers(self) -> tuple[str, str]:
        ours, theirs = (", ".join(sorted(one)) for one in self._labelers)
        return ours, theirs

    def add(self, run: RunFolder, shard: str) -> None:
        """Compare a shard of the first run."""
        ours = _said(run, shard)
        for one, question in _questions(run, shard):
            found = self.other.find(one, question)
            if found is None:
                self.alone += 1
                continue
            self.matched[one] = found
            self._pair(ours.get(one, ()), self.other.said(found))

    def _pair(self, ours: Sequence[Said], theirs: Sequence[Said]) -> None:
        """Pair the solutions of one problem by their texts, equal ones in order."""
        for labelers, side in zip(self._labelers, (ours, theirs), strict=True):
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
            if one.steps == other.steps:
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
        self._asked: dict[bytes, str] = {}
        for shard in run.shards:
            for one, question in _questions(run, shard):
                self._shards[one] = shard
                self._asked.setdefault(_digest(question), one)
        self._kept = lru_cache(_SHARDS_KEPT)(lambda shard: _said(run, shard))

    @property
    def count(self) -> int:
        """Its problems."""
        return len(self._shards)

    def find(self, problem_id: str, question: str) -> str | None:
        """Return the id of a problem here, or of one with this question."""
        return problem_id if problem_id in self._shards else self._asked.get(_digest(question))

    def said(self, problem_id: str) -> Sequence[Said]:
        """Return what is said of a problem's solutions."""
        return self._kept(self._shards[problem_id]).get(problem_id, ())


def _questions(run: RunFolder, shard: str) -> Iterator[tuple[str, str]]:
    table = read_table(run.file("problems", shard), "problems", ("problem_id", "question"))
    yield from zip(table["problem_id"].to_pylist(), table["question"].to_pylist(), strict=True)


def _digest(question: str) -> bytes:
    return hashlib.sha256(question.strip().encode()).digest()[:12]


def _said(run: RunFolder, shard: str) -> Mapping[str, Sequence[Said]]:
    found = defaultdict[str, list[Said]](list)
    table = read_table(run.file("solutions", shard), "solutions", _SOLUTIONS)
    for row in table.to_pylist():
        found[row["problem_id"]].append(_of_row(row))
    return found


def _of_row(row: Mapping[str, Any]) -> Said:
    error, posterior = row["first_error"], row["posterior"]
    confidence = None
    if posterior:
        confidence = max(posterior) if error is None else posterior[error]
    return Said(
        problem_id=row["problem_id"],
        solution_index=row["solution_index"],
        labeler=row["labeler"],
        steps=tuple(row["steps"]),
        first_error=error,
        confidence=confidence,
    )


def _paired(one: Said, other: Said) -> Pair:
    return Pair(
        problem_id=one.problem_id,
        other_problem_id=other.problem_id,
        indices=(one.solution_index, other.solution_index),
        first_errors=(one.first_error, other.first_error),
        confidences=(one.confidence, other.confidence),
    )


def _kind(first_error: int | None) -> str:
    return "open" if first_error is None else "none" if first_error < 0 else "error"


def _spent(run: RunFolder, problems: set[str]) -> Spent:
    """Count the rollouts of some problems."""
    wanted = pa.array(sorted(problems))
    counted = Counter[str]()
    for shard in run.shards:
        table = read_table(run.file("rollouts", shard), "rollouts", _ROLLOUTS)
        table = table.filter(pc.is_in(table["problem_id"], value_set=wanted))
        whole = pc.equal(table["prefix_key"], ROOT.key)
        for name, rows in (
            ("solution", table.filter(whole)),
            ("probe", table.filter(pc.invert(whole))),
        ):
            counted[f"{name}s"] += rows.num_rows
            counted[f"{name}_tokens"] += pc.sum(rows["completion_tokens"]).as_py() or 0
    return Spent(**counted)

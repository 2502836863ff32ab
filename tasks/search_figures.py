"""What a search came to, counted from its tables."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from reports.truth import Share
from rollouts import Costs
from schemas import DECIDED, Outcome
from schemas.search_folder import SearchFolder
from tasks.search_settings import SearchRun
from tasks.sharded import committed

FIFTHS = 5
_JUDGED = DECIDED | {Outcome.TRUNCATED}
"""A choice that the verifier could not judge counts as nothing; a solution without an answer, and
one that was cut before it, are no right answers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What one selector is worth behind one search."""

    search: str
    as_much_as: str
    """Of best of N: the search whose tokens its samples came to; empty: all its samples."""
    selector: str
    """`any` is whether there was a right candidate, `mean` what one drawn at random is worth."""
    right: float
    """Problems; of `mean` a sum of shares."""
    problems: int
    """Problems with a verdict."""
    interval: tuple[float, float]
    """Wilson's 95% interval of right / problems; of `mean` as if each share were a whole."""
    samples: float
    """Samples of the policy, a problem."""
    tokens: float
    """Tokens the policy wrote, a problem."""
    prm_tokens: float
    """Tokens the reward model read, a problem; 0 where that was not counted apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fifth:
    """What one selector is worth on a fifth of the problems, by how hard they are."""

    by: Literal["pass rate", "score"]
    """The share of right samples, which looks at gold, or their mean score, which does not."""
    fifth: int
    """1 holds the easiest problems, 5 the hardest."""
    search: str
    selector: str
    right: int
    problems: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What the tables come to."""

    problems: int
    set_aside: int
    rows: Sequence[Row]
    fifths: Sequence[Fifth]
    apart: bool
    """Whether fifths rest on samples that no search used."""
    costs: Costs
    """Of all sessions: what two searches ask alike is in here once."""
    prm_tokens: int


@dataclass(frozen=True, slots=True)
class _Tables:
    problems: Sequence[dict[str, Any]]
    chosen: Sequence[dict[str, Any]]
    candidates: Sequence[dict[str, Any]]


def figures(made: SearchFolder, run: SearchRun) -> Figures:
    """Count what the committed tables hold."""
    tables = _Tables(
        problems=[row for table in made.tables("search_problems") for row in table.to_pylist()],
        chosen=[row for table in made.tables("search_chosen") for row in table.to_pylist()],
        candidates=[
            row
            for table in made.tables(
                "search_candidates", "problem_id", "search", "times", "outcome"
            )
            for row in table.to_pylist()
        ],
    )
    markers = [marker for shard in made.shards if (marker := committed(made, shard))]
    searched = [row for row in tables.problems if not row["set_aside"]]
    return Figures(
        problems=len(searched),
        set_aside=len(tables.problems) - len(searched),
        rows=[*_rows(tables), *_ceilings(tables)],
        fifths=list(_fifths(searched, tables.chosen)),
        apart=run.difficulty > 0,
        costs=sum((marker.costs for marker in markers), Costs()),
        prm_tokens=sum(marker.prm_tokens for marker in markers),
    )


def _rows(tables: _Tables) -> Iterator[Row]:
    groups = defaultdict[tuple[str, str, str], list[dict[str, Any]]](list)
    for row in tables.chosen:
        groups[row["search"], row["as_much_as"], row["selector"]].append(row)
    for (search, as_much_as, selector), rows in groups.items():
        decided = [row["outcome"] == Outcome.CORRECT for row in rows if row["outcome"] in _JUDGED]
        yield Row(
            search=search,
            as_much_as=as_much_as,
            selector=selector,
            right=sum(decided),
            problems=len(decided),
            interval=Share(sum(decided), len(decided)).interval,
            samples=_mean(rows, "samples"),
            tokens=_mean(rows, "tokens"),
            prm_tokens=_mean(rows, "prm_tokens"),
        )


def _ceilings(tables: _Tables) -> Iterator[Row]:
    """Yield, per search, how many problems had a right candidate, and what the mean one is."""
    found = defaultdict[tuple[str, str], list[tuple[bool, int]]](list)
    for row in tables.candidates:
        if row["outcome"] in _JUDGED:
            right = row["outcome"] == Outcome.CORRECT
            found[row["search"], row["problem_id"]].append((right, row["times"]))
    ids = [row["problem_id"] for row in tables.problems if not row["set_aside"]]
    for search in dict.fromkeys(row["search"] for row in tables.chosen):
        groups = [found.get((search, id), []) for id in ids]
        ceiling = [float(any(right for right, _ in group)) for group in groups]
        for selector, shares in (("any", ceiling), ("mean", list(map(_share, groups)))):
            yield Row(
                search=search,
                as_much_as="",
                selector=selector,
                right=sum(shares),
                problems=len(shares),
                interval=Share(round(sum(shares)), len(shares)).interval,
                samples=0.0,
                tokens=0.0,
                prm_tokens=0.0,
            )


def _share(group: Sequence[tuple[bool, int]]) -> float:
    total = sum(times for _, times in group)
    return sum(times for right, times in group if right) / total if total else 0.0


def _mean(rows: Sequence[dict[str, Any]], column: str) -> float:
    return float(sum(row[column] for row in rows)) / len(rows)


def _fifths(
    problems: Sequence[dict[str, Any]], chosen: Sequence[dict[str, Any]]
) -> Iterator[Fifth]:
    by: dict[Literal["pass rate", "score"], Callable[[dict[str, Any]], float | None]] = {
        "pass rate": _pass_rate,
        "score": lambda row: row["mean_score"],
    }
    for name, measure in by.items():
        known = [(value, row) for row in problems if (value := measure(row)) is not None]
        ranked = [row["problem_id"] for _, row in sorted(known, key=lambda pair: -pair[0])]
        place = {id: at * FIFTHS // len(ranked) + 1 for at, id in enumerate(ranked)}
        hits = defaultdict[tuple[int, str, str], list[bool]](list)
        for row in chosen:
            if row["problem_id"] in place and not row["as_much_as"] and row["outcome"] in _JUDGED:
                key = place[row["problem_id"]], row["search"], row["selector"]
                hits[key].append(row["outcome"] == Outcome.CORRECT)
        for (fifth, search, selector), right in sorted(hits.items()):
            yield Fifth(
                by=name,
                fifth=fifth,
                search=search,
                selector=selector,
                right=sum(right),
                problems=len(right),
            )


def _pass_rate(row: dict[str, Any]) -> float | None:
    """Return correct ÷ decided samples; None where none was decided."""
    decided = row["correct"] + row["incorrect"] + row["no_answer"]
    return float(row["correct"] / decided) if decided else None

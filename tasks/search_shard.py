"""One shard of a search: its rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from schemas.arrow import SearchTable
from schemas.search_folder import SEARCH_TABLES
from search import Found
from search.asking import Tally
from search.selectors import SELECTORS, Ballot, Choice, selected

Rows = Mapping[SearchTable, list[dict[str, Any]]]
_NOBODY = Choice(candidate=-1, score=0.0, answers=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Searched:
    """What one search of one problem came to. Gold has no part in it."""

    search: str
    found: Found
    tally: Tally
    answers: Sequence[tuple[str, int] | None]
    """Of each candidate its answer and the answer's number; None where it states none."""
    top: int
    """Samples that vote where the best ones do."""

    def chosen(self, first: int | None = None) -> dict[str, Choice]:
        """Return what each selector chooses, among the first so many candidates or all."""
        ballots = [
            Ballot(
                candidate=at,
                answer=answer[1],
                grades=one.grades,
                steps=len(one.steps),
                times=one.times,
            )
            for at, (one, answer) in enumerate(
                zip(self.found.candidates, self.answers, strict=True)
            )
            if answer is not None
        ]
        shown = [one for one in ballots if first is None or one.candidate < first]
        return dict.fromkeys(SELECTORS, _NOBODY) | selected(shown, top=self.top)

    def within(self, tokens: int) -> int:
        """Return how many of the first candidates cost no more than so many tokens; 1 at least."""
        spent = 0
        for count, one in enumerate(self.found.candidates):
            spent += one.tokens
            if spent > tokens and count:
                return count
        return len(self.found.candidates)


@dataclass(slots=True)
class ShardRows:
    """The rows of a shard's tables, in the order of its problems."""

    rows: dict[SearchTable, list[dict[str, Any]]] = field(
        default_factory=lambda: {name: [] for name in SEARCH_TABLES}
    )

    def add(self, rows: Rows) -> None:
        """Put a problem's rows behind those there are."""
        for name in SEARCH_TABLES:
            self.rows[name] += rows[name]


def candidate_rows(
    problem_id: str, one: Searched, outcomes: Sequence[tuple[str, str]], common: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Return the rows of a search's candidates; `outcomes` are their verdicts and reasons."""
    return [
        {
            "problem_id": problem_id,
            "search": one.search,
            "candidate": at,
            "place": candidate.place,
            "steps": list(candidate.steps),
            "grades": list(candidate.grades),
            "end": candidate.end,
            "times": candidate.times,
            "tokens": candidate.tokens,
            "answer": answer and answer[0],
            "answer_number": answer and answer[1],
            "outcome": outcome,
            "reason": reason,
        }
        | dict(common)
        for at, (candidate, answer, (outcome, reason)) in enumerate(
            zip(one.found.candidates, one.answers, outcomes, strict=True)
        )
    ]


def trace_rows(problem_id: str, one: Searched) -> list[dict[str, Any]]:
    """Return the rows of a search's trace."""
    return [
        {"problem_id": problem_id, "search": one.search, "place": at}
        | {field.name: getattr(place, field.name) for field in fields(place)}
        for at, place in enumerate(one.found.trace)
    ]


def chosen_rows(
    problem_id: str,
    one: Searched,
    outcomes: Sequence[tuple[str, str]],
    *,
    first: int | None = None,
    as_much_as: str = "",
) -> list[dict[str, Any]]:
    """Return a row per selector, of all candidates or the first so many.

    These stand for what they cost alone: their own tokens.
    """
    candidates = one.found.candidates[:first]
    spent = {"samples": len(one.tally.samples), "tokens": one.tally.tokens}
    if first is not None:
        spent = {"samples": first, "tokens": sum(each.tokens for each in candidates)}
    rows = []
    for selector, choice in one.chosen(first).items():
        answer = one.answers[choice.candidate] if choice.candidate >= 0 else None
        outcome = outcomes[choice.candidate][0] if choice.candidate >= 0 else "no_answer"
        rows.append(
            {
                "problem_id": problem_id,
                "search": one.search,
                "as_much_as": as_much_as,
                "selector": selector,
                "candidate": choice.candidate,
                "answer": answer and answer[0],
                "outcome": outcome,
                "score": choice.score,
                "answers": choice.answers,
                "candidates": len(candidates),
                "prm_tokens": one.tally.prm_tokens if first is None else 0,
            }
            | spent
        )
    return rows

"""What a problem's answer came to, by the table that says so: the lines of the list of problems."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pages.products.folder import Row
from schemas import Outcome

_SELECTOR = "prm_last_vote"
"""The selector that a search's lines tell of, as 2408.03314 chooses."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer that was chosen, and the verdict on it."""

    who: str
    """Who or what chose it."""
    text: str
    """Empty where there is none."""
    outcome: Outcome | None
    """None: it was not judged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """How a table says what was chosen: its columns, and its rows of one problem as answers.

    The first answer is the one that the folder stands for.
    """

    columns: Sequence[str]
    read: Callable[[Sequence[Row]], Iterator[Answer]]


def _winners(rows: Sequence[Row]) -> Iterator[Answer]:
    for row in rows:
        by = str(row["by"]).replace("_", " ")
        yield answer(f"chosen by {by}", row["winner_answer"], row["winner_outcome"])
        yield answer("most votes", row["majority_answer"], row["majority_outcome"])


def _votes(rows: Sequence[Row]) -> Iterator[Answer]:
    for row in rows:
        share = f"{row['majority_count']} of {row['votes']} votes"
        yield answer(share, row["majority"], row["majority_outcome"])


def _choices(rows: Sequence[Row]) -> Iterator[Answer]:
    for row in rows:
        for who, name in (("chosen", "chosen"), ("most votes", "majority")):
            at = row[f"{name}_index"]
            said = None if at is None else row["candidates"][at]["extracted"]
            yield answer(who, said, row[f"{name}_outcome"])


def _walks(rows: Sequence[Row]) -> Iterator[Answer]:
    for row in rows:
        yield answer("written step by step", row["extracted"], row["outcome"])


def _refinements(rows: Sequence[Row]) -> Iterator[Answer]:
    if rows:
        first, last = rows[0], rows[-1]
        revised, when = (
            (last["revision"], "after") if last["revision"] else (last["draft"], "before")
        )
        yield answer("last revision", revised["extracted"], last[f"outcome_{when}"])
        yield answer("draft", first["draft"]["extracted"], first["outcome_before"])


def _workflow(rows: Sequence[Row]) -> Iterator[Answer]:
    final = [row for row in rows if row["type"] == "final"]
    for row in final or rows[:1]:
        yield answer("final solution", row["extracted"], row["solution_outcome"])


def _attempts(rows: Sequence[Row]) -> Iterator[Answer]:
    taken = Counter(row["round"] for row in rows)
    right = Counter(row["round"] for row in rows if row["outcome"] == Outcome.CORRECT)
    for number in sorted(taken, reverse=True):
        solved = Outcome.CORRECT if right[number] else Outcome.INCORRECT
        yield answer(f"round {number}", f"{right[number]} of {taken[number]} right", solved)


def _chosen(rows: Sequence[Row]) -> Iterator[Answer]:
    own = [row for row in rows if not row["as_much_as"]]
    for search in dict.fromkeys(row["search"] for row in own):
        of = {row["selector"]: row for row in own if row["search"] == search}
        row = of.get(_SELECTOR) or next(iter(of.values()))
        yield answer(f"{search}, {row['selector']}", row["answer"], row["outcome"])


ANSWERS: Mapping[str, Answers] = {
    "winners": Answers(
        columns=("by", "winner_answer", "winner_outcome", "majority_answer", "majority_outcome"),
        read=_winners,
    ),
    "votes": Answers(
        columns=("majority", "majority_outcome", "majority_count", "votes"), read=_votes
    ),
    "choices": Answers(
        columns=(
            *("candidates", "chosen_index", "chosen_outcome"),
            *("majority_index", "majority_outcome"),
        ),
        read=_choices,
    ),
    "walks": Answers(columns=("extracted", "outcome"), read=_walks),
    "refinements": Answers(
        columns=("draft", "revision", "outcome_before", "outcome_after"), read=_refinements
    ),
    "workflow": Answers(columns=("type", "extracted", "solution_outcome"), read=_workflow),
    "attempts": Answers(columns=("round", "outcome"), read=_attempts),
    "search_chosen": Answers(
        columns=("search", "as_much_as", "selector", "answer", "outcome"), read=_chosen
    ),
}
"""By table; a folder has one of them, or none where nothing was chosen yet."""


def answer(who: str, text: str | None, outcome: str | None) -> Answer:
    """Return an answer as a table's cells tell of it."""
    return Answer(who=who, text=text or "", outcome=verdict(outcome))


def verdict(cell: Any) -> Outcome | None:
    """Return a cell's verdict; None where there is none."""
    return Outcome(cell) if cell in set(Outcome) else None

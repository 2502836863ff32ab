"""What was written for a problem, by the table that holds it: texts with answers and verdicts."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from pages.products.answers import verdict
from pages.products.folder import Row
from schemas import Outcome

MOST = 100
"""Texts of a section that a page shows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A text that was written for a problem."""

    title: str
    text: str
    answer: str = ""
    """Empty where it states none, or was not asked for one."""
    outcome: Outcome | None = None
    """None where no answer of it was judged."""
    chosen: bool = False
    notes: Sequence[str] = ()
    behind: str = ""
    """The address of what unfolds below it; empty: nothing does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Texts that belong together."""

    title: str
    parts: Sequence[Written]
    more: int = 0
    """Texts that are left out for their number."""
    note: str = ""
    mark: str = "chosen"
    """What is said of those that were chosen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """How a table's rows of one problem are sections: its columns, and what they are."""

    columns: Sequence[str]
    read: Callable[[Sequence[Row]], Iterator[Section]]


def section(
    title: str, parts: Sequence[Written], *, note: str = "", mark: str = "chosen"
) -> Section:
    """Return texts as a section, the first of them where there are very many."""
    return Section(title=title, parts=parts[:MOST], more=len(parts[MOST:]), note=note, mark=mark)


def sampled(rows: Sequence[Row]) -> Section:
    """Return the whole solutions that were sampled to vote."""
    parts = [_written(f"Solution {row['sample_index']}", row, notes=_tokens(row)) for row in rows]
    return section("Sampled solutions", parts)


def _votes(rows: Sequence[Row]) -> Iterator[Section]:
    for row in rows:
        parts = [
            Written(
                title=f"{one['count']} of {row['votes']} votes",
                text=", ".join(one["spellings"]) if len(one["spellings"]) > 1 else "",
                answer=one["answer"],
                outcome=verdict(one["outcome"]),
                chosen=number == 0,
            )
            for number, one in enumerate(row["classes"])
        ]
        silent = (f"{row[name]:,} {name.replace('_', ' ')}" for name in ("no_answer", "truncated"))
        yield section("Votes", parts, note=f"Without a vote: {', '.join(silent)}.")


def _choices(rows: Sequence[Row]) -> Iterator[Section]:
    for row in rows:
        parts = [
            _written(
                f"Candidate {at}",
                one,
                chosen=at == row["chosen_index"],
                notes=(
                    *_score(one),
                    *(("most votes",) if at == row["majority_index"] else ()),
                    *_tokens(one),
                ),
            )
            for at, one in enumerate(row["candidates"])
        ]
        yield section("Candidates", parts, note=_chooser(row))
        yield from _replies(row, "The choice")


def _chooser(row: Row) -> str:
    who = row["prm"] if row["chooser"] == "prm" else "the policy itself"
    return f"Chosen by {who}." + (f" Nothing was: {row['unread']}." if row["unread"] else "")


def _replies(row: Row, title: str) -> Iterator[Section]:
    parts = [
        Written(
            title=f"Reply {at}",
            text=one["text"],
            notes=(one["unread"] or f"names candidate {one['named']}",),
        )
        for at, one in enumerate(row["replies"] or ())
    ]
    if parts:
        yield section(title, parts)


def _siblings(rows: Sequence[Row]) -> Iterator[Section]:
    for row in rows:
        parts = [
            Written(
                title=f"Alternative {at}",
                text=one["text"],
                chosen=at == row["chosen_index"],
                notes=(*_score(one), *_tokens(one)),
            )
            for at, one in enumerate(row["alternatives"])
        ]
        yield section(f"Step {row['step_index'] + 1}", parts, note=_chooser(row))


def _walks(rows: Sequence[Row]) -> Iterator[Section]:
    parts = [
        _written(
            "Solution", {**row, "text": "".join(row["steps"])}, chosen=True, notes=(row["ended"],)
        )
        for row in rows
    ]
    yield section("What was written step by step", parts)


def _refinements(rows: Sequence[Row]) -> Iterator[Section]:
    for row in rows:
        parts = [
            _written("Draft", {**row["draft"], "outcome": row["outcome_before"]}),
            Written(
                title="Feedback",
                text=row["feedback"]["text"],
                notes=tuple(filter(None, (row["unread"], "it asks for no more" * row["stops"]))),
            ),
        ]
        if row["revision"]:
            parts.append(_written("Revision", {**row["revision"], "outcome": row["outcome_after"]}))
        yield section(f"Round {row['round']}", parts)


def _workflow(rows: Sequence[Row]) -> Iterator[Section]:
    parts = [
        _written(
            f"{row['type'].replace('_', ' ')} {row['index'] or ''}".strip().capitalize(),
            {**row, "text": row["text"] or row["task"] or ""},
            chosen=row["type"] == "final",
            notes=tuple(filter(None, (row["task"] if row["text"] else "", row["unread"]))),
        )
        for row in rows
    ]
    yield section("The workflow", parts)


def _attempts(rows: Sequence[Row]) -> Iterator[Section]:
    for number, some in groupby(rows, key=lambda row: row["round"]):
        parts = [
            _written(
                f"Solution {row['sample_index']}",
                row,
                chosen=bool(row["kept"]),
                notes=(
                    *(() if row["origin"] == "self" else (row["origin"],)),
                    f"refused: {row['refused']}" if row["refused"] else "",
                    *_tokens(row),
                ),
            )
            for row in some
        ]
        yield section(f"Round {number}", parts, mark="kept")


def _selected(rows: Sequence[Row]) -> Iterator[Section]:
    parts = [
        _written(
            f"Solution {row['solution_index']}",
            {**row, "text": "".join(row["steps"])},
            chosen=True,
            notes=(f"selected as {row['selected_by']}", *_score(row)),
        )
        for row in rows
    ]
    yield section("Selected solutions", parts, mark="selected")


def _candidates(rows: Sequence[Row]) -> Iterator[Section]:
    for search, some in groupby(rows, key=lambda row: row["search"]):
        parts = [
            _written(
                f"Candidate {row['candidate']}",
                {**row, "text": "".join(row["steps"]), "extracted": row["answer"]},
                notes=(
                    f"last grade {row['grades'][-1]:.2f}" if row["grades"] else "",
                    f"{row['times']} times" if row["times"] > 1 else "",
                    f"{row['tokens']:,} tokens",
                ),
            )
            for row in some
        ]
        yield section(str(search), parts)


_REFINED = ("round", "draft", "feedback", "stops", "unread", "revision")
WRITTEN: Mapping[str, Texts] = {
    "votes": Texts(columns=("classes", "votes", "no_answer", "truncated"), read=_votes),
    "choices": Texts(
        columns=(
            *("candidates", "chosen_index", "majority_index"),
            *("chooser", "prm", "unread", "replies"),
        ),
        read=_choices,
    ),
    "walks": Texts(columns=("steps", "ended", "extracted", "outcome"), read=_walks),
    "siblings": Texts(
        columns=("step_index", "alternatives", "chosen_index", "chooser", "prm", "unread"),
        read=_siblings,
    ),
    "refinements": Texts(columns=(*_REFINED, "outcome_before", "outcome_after"), read=_refinements),
    "workflow": Texts(
        columns=("type", "index", "task", "text", "unread", "extracted", "outcome"), read=_workflow
    ),
    "attempts": Texts(
        columns=(
            *("round", "origin", "sample_index", "text", "extracted", "outcome"),
            *("kept", "refused", "completion_tokens"),
        ),
        read=_attempts,
    ),
    "active_selection": Texts(
        columns=("solution_index", "steps", "extracted", "outcome", "selected_by", "score"),
        read=_selected,
    ),
    "search_candidates": Texts(
        columns=("search", "candidate", "steps", "grades", "answer", "outcome", "times", "tokens"),
        read=_candidates,
    ),
}
"""By table, in the order in which a page shows them."""


def _written(
    title: str, cells: Mapping[str, Any], *, chosen: bool = False, notes: Sequence[str] = ()
) -> Written:
    return Written(
        title=title,
        text=cells["text"] or "",
        answer=cells["extracted"] or "",
        outcome=verdict(cells["outcome"]),
        chosen=chosen,
        notes=tuple(filter(None, notes)),
    )


def _tokens(cells: Mapping[str, Any]) -> tuple[str, ...]:
    return (f"{cells['completion_tokens']:,} tokens",)


def _score(cells: Mapping[str, Any]) -> tuple[str, ...]:
    score = cells["score"]
    return () if score is None else (f"score {score:.2f}",)

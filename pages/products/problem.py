"""A problem of a recipe or a search: what was chosen, and all that was written for it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pages.links import Links
from pages.products import rstar
from pages.products.answers import Answer
from pages.products.folder import OpenProducts
from pages.products.listing import LISTS, answers_of, list_table
from pages.products.written import WRITTEN, Section, sampled
from pages.tree import SearchTree
from pages.trees import tree_of_trace
from schemas import RunError
from schemas.search_folder import SearchFolder

_TRACE = (
    *("search", "place", "parent", "step", "end", "times", "score"),
    *("visits", "q_value"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeProblem:
    """A problem with what came of it."""

    id: str
    question: str
    gold: str
    set_aside: str
    answers: Sequence[Answer]
    sections: Sequence[Section]
    ways: Sequence[rstar.Way]
    """rStar's trajectories; of others none."""
    searches: Sequence[str]
    """The searches whose trees unfold; of recipes none."""
    previous: str
    """The id of the problem before it; empty: none."""
    next: str


def made_problem(made: OpenProducts, problem_id: str, links: Links) -> MadeProblem:
    """Read a problem and what was written for it; raises RunError where there is none."""
    table = list_table(made)
    found = made.rows(table, LISTS[table], of=(problem_id,)) if table else iter(())
    row = next(found, None)
    if row is None:
        raise RunError(f"{made.folder.path} has no problem {problem_id!r}")
    previous, following = _beside(made, table, problem_id)
    return MadeProblem(
        id=problem_id,
        question=row["question"],
        gold=row["answer"],
        set_aside=row.get("set_aside") or "",
        answers=answers_of(made, (problem_id,)).get(problem_id, []),
        sections=list(_sections(made, problem_id, links)),
        ways=rstar.ways(made, problem_id),
        searches=searches(made, problem_id),
        previous=previous,
        next=following,
    )


def _beside(made: OpenProducts, table: str, problem_id: str) -> tuple[str, str]:
    """Return the ids of the problems before and behind one."""
    before, at = "", ""
    for _, batch in made.batches(table, ("problem_id",), start=0):
        for one in batch["problem_id"].to_pylist():
            if at == problem_id != one:
                return before, one
            if one != at:
                before, at = at, one
    return before, ""


def _sections(made: OpenProducts, problem_id: str, links: Links) -> Iterator[Section]:
    for table, texts in WRITTEN.items():
        if rows := list(made.rows(table, texts.columns, of=(problem_id,))):
            yield from texts.read(rows)
    if rows := list(made.sampled(problem_id)):
        yield sampled(rows)
    if made.files("candidates"):
        yield rstar.candidates(made, problem_id, links)


def searches(made: OpenProducts, problem_id: str) -> list[str]:
    """Return the searches that have a trace of a problem."""
    if not isinstance(made.folder, SearchFolder):
        return []
    found = made.rows("search_trace", ("search",), of=(problem_id,))
    return list(dict.fromkeys(row["search"] for row in found))


def search_tree(made: OpenProducts, problem_id: str, search: str) -> SearchTree:
    """Return the tree of one search; raises RunError where it has none of the problem."""
    rows = [
        row
        for row in made.rows("search_trace", _TRACE, of=(problem_id,))
        if row["search"] == search
    ]
    if not rows:
        raise RunError(f"search {search!r} has no trace of problem {problem_id}")
    return tree_of_trace(rows, name=f"{searches(made, problem_id).index(search)}-")

"""rStar's problem: its candidates with what a second policy made of them, its ways, its tree."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pages.links import Links
from pages.products.answers import verdict
from pages.products.folder import OpenProducts, Row
from pages.products.written import Section, Written, section
from pages.tree import SearchTree
from pages.trees import ACTIONS, tree_of_rstar
from schemas import Outcome, RunError

_GROWN = (
    *("node", "parent", "action", "subquestion", "text", "votes", "samples", "truncated"),
    *("terminal", "visits", "q_value", "ways"),
)
_CANDIDATE = (
    *("candidate", "text", "final_answer", "frequency", "nodes", "masks", "agreed", "decided"),
    *("kept", "outcome"),
)
_WAY = ("trajectory", "nodes", "actions", "final_answer", "reward", "outcome")
_MASK = ("candidate", "share", "prefix", "completion", "extracted", "agrees", "completion_tokens")


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """A way through the tree: a trajectory."""

    number: int
    """From 1."""
    actions: Sequence[tuple[str, str]]
    """Its actions, each with the key of its node."""
    answer: str
    outcome: Outcome | None
    reward: float
    """The share of the votes for its answer."""
    agreement: str
    """What the second policy made of its solution, in words."""
    chosen: bool


def tree_rows(made: OpenProducts, problem_id: str) -> list[Row]:
    """Return the nodes of a tree; without what gold says of it where not all are grown yet."""
    if made.files("tree"):
        columns = (*_GROWN, "outcome", "gold_q_value")
        return list(made.rows("tree", columns, of=(problem_id,)))
    return list(made.rows("grown", _GROWN, of=(problem_id,)))


def rstar_tree(
    made: OpenProducts, problem_id: str, links: Links, *, by_gold: bool
) -> SearchTree | None:
    """Return the tree of a problem; None where it is not grown yet."""
    rows = tree_rows(made, problem_id)
    return tree_of_rstar(rows, problem_id, links, by_gold=by_gold) if rows else None


def winner_of(made: OpenProducts, problem_id: str) -> int | None:
    """Return the candidate that was chosen; None where none was."""
    found = made.rows("winners", ("winner",), of=(problem_id,))
    return next((row["winner"] for row in found), None)


def candidates(made: OpenProducts, problem_id: str, links: Links) -> Section:
    """Return the distinct solutions of a tree, the one that was chosen first."""
    winner = winner_of(made, problem_id)
    parts = [
        Written(
            title=f"Candidate {row['candidate']}",
            text=row["text"],
            answer=row["final_answer"],
            outcome=verdict(row["outcome"]),
            chosen=row["candidate"] == winner,
            notes=(agreement(row), _leaves(row)),
            behind=links.to("problem/masks", id=problem_id, candidate=row["candidate"])
            if row["masks"]
            else "",
        )
        for row in made.rows("candidates", _CANDIDATE, of=(problem_id,))
    ]
    parts.sort(key=lambda one: not one.chosen)
    note = "A cut agrees where the second policy, shown a beginning, comes to the same answer."
    return section("Candidates", parts, note=note if any(one.behind for one in parts) else "")


def _leaves(row: Row) -> str:
    count = row["frequency"]
    return f"{count} leaf of the tree" if count == 1 else f"{count} leaves of the tree"


def agreement(row: Row) -> str:
    """Say what the second policy made of a candidate."""
    if not row["masks"]:
        return "not examined"
    kept = "kept" if row["kept"] else "not kept"
    return f"{row['agreed']} of {row['decided']} cuts agree, {kept}"


def ways(made: OpenProducts, problem_id: str) -> list[Way]:
    """Return the trajectories of a tree in the order in which the search went them."""
    winner = winner_of(made, problem_id)
    leaves = {
        node: row
        for row in made.rows("candidates", _CANDIDATE, of=(problem_id,))
        for node in row["nodes"]
    }
    return [
        _way(row, leaves.get(row["nodes"][-1]) if row["nodes"] else None, winner)
        for row in made.rows("trajectories", _WAY, of=(problem_id,))
    ]


def _way(row: Row, candidate: Row | None, winner: int | None) -> Way:
    actions = zip(row["actions"], row["nodes"], strict=True)
    return Way(
        number=row["trajectory"] + 1,
        actions=[(ACTIONS.get(action, action), str(node)) for action, node in actions],
        answer=row["final_answer"] or "",
        outcome=verdict(row["outcome"]),
        reward=row["reward"],
        agreement=agreement(candidate) if candidate else "no candidate",
        chosen=candidate is not None and candidate["candidate"] == winner,
    )


def masks(made: OpenProducts, problem_id: str, candidate: int) -> Section:
    """Return what the second policy wrote behind each cut of a candidate."""
    parts = [
        Written(
            title=f"{row['share']:.0%} shown",
            text=f"{row['prefix']}⟨{row['completion']}⟩",
            answer=row["extracted"] or "",
            notes=(_agrees(row["agrees"]), f"{row['completion_tokens']:,} tokens"),
        )
        for row in made.rows("masks", _MASK, of=(problem_id,))
        if row["candidate"] == candidate
    ]
    return section("", parts, note="In ⟨ ⟩ stands what the second policy wrote.")


def _agrees(cell: bool | None) -> str:
    return {True: "agrees", False: "does not agree", None: "cut at its limit"}[cell]


def node(made: OpenProducts, problem_id: str, number: int) -> Section:
    """Return what an action wrote and the votes on it; raises RunError where there is no node."""
    for row in tree_rows(made, problem_id):
        if row["node"] == number:
            return section("", [_wrote(row), *_votes(row)])
    raise RunError(f"the tree of problem {problem_id} has no node {number}")


def _wrote(row: Row) -> Written:
    asked = (f"asked: {row['subquestion']}",) if row["subquestion"] else ()
    return Written(title=ACTIONS.get(row["action"], ""), text=row["text"], notes=asked)


def _votes(row: Row) -> Iterator[Written]:
    for at, one in enumerate(row["votes"]):
        yield Written(
            title=f"{one['count']} of {row['samples']} votes",
            text="",
            answer=one["answer"],
            outcome=verdict(one.get("outcome")),
            chosen=at == 0,
        )

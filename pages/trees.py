"""The trees that pages show: of a run's rollouts, of rStar, of a search at test time."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from exporters.records import Sampled
from exporters.tree_edges import Edge, edges_of
from pages.library import OpenRun
from pages.links import Links
from pages.problem import read_rollouts, read_solutions
from pages.tree import Grown, SearchTree, Told, tree
from schemas import ROOT, Evidence, Outcome, RunError, StopRule

_QUESTION = "the question"
Row = Mapping[str, Any]


def tree_of_run(run: OpenRun, problem_id: str, links: Links, *, at: str = "") -> SearchTree:
    """Read the tree of a problem's prefixes, or what is behind the one with the key `at`.

    Raises RunError where there is no such problem or prefix.
    """
    shard = run.shard_of(problem_id)
    rollouts = read_rollouts(run, shard, problem_id)
    solutions = read_solutions(run, shard, problem_id)
    edges = edges_of(
        {"".join(one.steps): one.steps for one in solutions},
        [
            Sampled(prefix_steps=one.prefix.steps, text=one.text, outcome=one.verdict.outcome)
            for one in rollouts
        ],
    )
    counts = Evidence.of((one.verdict.outcome for one in rollouts), StopRule.ADAPTIVE)
    sampled = {one.prefix.key for one in rollouts}

    def node(key: str, counts: Evidence, edge: Edge | None = None) -> Grown:
        behind = links.to("problem/rollouts", id=problem_id, key=key) if key in sampled else ""
        return Grown(
            key=key,
            parent=edge.parent.key if edge else "",
            text=edge.prefix.steps[-1] if edge else _QUESTION,
            visits=counts.total,
            value=counts.mc_value,
            ends=edge is not None and edge.terminal,
            behind=behind,
        )

    if at and at not in edges:
        raise RunError(f"problem {problem_id} has no rollouts through a prefix {at!r}")
    root = node(at, edges[at].counts, edges[at]) if at else node(ROOT.key, counts)
    found = (node(key, one.counts, one) for key, one in edges.items() if key != at)
    return tree(
        (root, *found),
        _PREFIXES,
        name=f"{at}-" if at else "",
        more=lambda key: links.to("problem/tree", id=problem_id, at=key),
    )


_PREFIXES = Told(
    nodes="prefixes",
    legend="Width is visits, colour is value: what share of the rollouts through it came right.",
    behind="its rollouts",
)


ACTIONS: Mapping[str, str] = {
    "one_step": "A1 step",
    "rest": "A2 rest",
    "subquestion": "A3 sub-question",
    "reanswer": "A4 answered again",
    "rephrase": "A5 rephrased",
}
"""rStar's actions as its paper numbers them."""


def tree_of_rstar(
    rows: Sequence[Row], problem_id: str, links: Links, *, by_gold: bool
) -> SearchTree:
    """Return rStar's tree from its rows, as the votes led it or as gold sees it."""
    value = "gold_q_value" if by_gold else "q_value"
    found = (_action(row, row.get(value), problem_id, links) for row in rows)
    return tree(found, _BY_GOLD if by_gold else _BY_VOTES)


def _action(row: Row, value: float | None, problem_id: str, links: Links) -> Grown:
    root = row["parent"] is None
    outcome = row.get("outcome")
    return Grown(
        key=str(row["node"]),
        parent="" if root else str(row["parent"]),
        text=_QUESTION if root else row["text"],
        kind="" if root else ACTIONS.get(row["action"], row["action"]),
        visits=row["visits"],
        value=value,
        ends=row["terminal"],
        outcome=Outcome(outcome) if outcome else None,
        notes=tuple(_voted(row)),
        behind="" if root else links.to("problem/node", id=problem_id, node=row["node"]),
    )


def _voted(row: Row) -> Iterator[str]:
    if row["votes"]:
        first = row["votes"][0]
        yield f"{first['count']} of {row['samples']} votes"
    if row["ways"]:
        yield "way " + ", ".join(str(one + 1) for one in row["ways"])


_BY_VOTES = Told(
    nodes="nodes, each what an action wrote",
    legend="Width is visits, colour is Q: what the ways through it earned by the votes' agreement, "
    "which led the search.",
    behind="its text and votes",
)
_BY_GOLD = Told(
    nodes="nodes, each what an action wrote",
    legend="Width is visits, colour is Q by gold: what share of the ways through it came right; "
    "the search did not see it.",
    behind="its text and votes",
)


def tree_of_trace(rows: Sequence[Row], *, name: str) -> SearchTree:
    """Return the tree of one search of one problem from its trace, in its order."""
    visits = [row["visits"] for row in rows]
    if None in visits:  # all but PUCT count none: the samples at a step and behind it
        visits = [row["times"] for row in rows]
        for place in reversed(range(len(rows))):
            if rows[place]["parent"] >= 0:
                visits[rows[place]["parent"]] += visits[place]
    whole = sum(n for n, row in zip(visits, rows, strict=True) if row["parent"] < 0)
    root = Grown(key="question", parent="", text=_QUESTION, visits=whole, value=None)
    found = (_place(row, count) for row, count in zip(rows, visits, strict=True))
    told = _WALKED if rows and rows[0]["visits"] is not None else _SAMPLED
    return tree((root, *found), told, name=name)


def _place(row: Row, visits: int) -> Grown:
    q_value, parent = row["q_value"], row["parent"]
    return Grown(
        key=str(row["place"]),
        parent="question" if parent < 0 else str(parent),
        text=row["step"],
        visits=visits,
        value=row["score"] if q_value is None else q_value,
        ends=row["end"] == "stop",
        notes=("cut at its limit",) if row["end"] == "length" else (),
    )


_WALKED = Told(
    nodes="steps",
    legend="Width is visits, colour is value: the mean score of the paths through it, and of what "
    "none led through the reward model's own.",
)
_SAMPLED = Told(
    nodes="steps",
    legend="Width is samples at a step and behind it, colour is the reward model's score.",
    visit="sample",
)

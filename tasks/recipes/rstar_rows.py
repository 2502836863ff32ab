"""What rStar's trees come to as rows. Pure: trees and completions come in, rows go out.

First what needs no gold answer: the tree, its solutions as candidates, what the masks say, who
wins. Then, by `verdicts`, what gold says of it, beside.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from exporters.preference import PreferenceExporter
from exporters.prefixes import Branch
from labelers.rstar import Action, ActionNode, Growth, Votes
from labelers.rstar.consistency import (
    Candidate,
    Choice,
    Masking,
    chosen,
    have_agreed,
    masked,
    survives,
    voted,
)
from labelers.tree import Visited, back_up, value_of
from rollouts.voting import answer_classes
from schemas import Outcome, Problem, Rollout
from tasks.recipes.folder import Row
from verification.cascade import Cascade
from verification.finding.extraction import Extraction

_NO_VOTES = {"votes": [], "samples": 0, "truncated": 0, "value": None}


def node_rows(problem_id: str, growth: Growth) -> Iterator[dict[str, Any]]:
    """Yield a tree's nodes behind the question, as the search left them; nothing of gold."""
    ways: dict[int, list[int]] = {}
    for number, end in enumerate(growth.ways):
        ways.setdefault(end.number, []).append(number)
    for node in growth.nodes:
        yield {
            "problem_id": problem_id,
            "node": node.number,
            "parent": node.parent.number if node.parent else None,
            "depth": node.depth,
            "action": node.action.value if node.action else None,
            "subquestion": node.subquestion,
            "text": node.text,
            "solution": "".join(node.steps),
            "times": node.times,
            **_votes(node),
            "answer": node.answer,
            "terminal": node.ends,
            "visits": node.visits,
            "reward_sum": node.total,
            "q_value": node.q_value,
            "ways": ways.get(node.number, []),
        }


def _votes(node: ActionNode) -> dict[str, Any]:
    votes: Votes | None = node.votes
    if votes is None:
        return dict(_NO_VOTES)
    classes = [
        {"answer": one.answer, "spellings": list(one.spellings), "count": one.count}
        for one in votes.classes
    ]
    return {
        "votes": classes,
        "samples": votes.samples,
        "truncated": votes.truncated,
        "value": node.value,
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """One problem's tree as its rows have it, with its solutions as candidates."""

    problem: Problem
    nodes: Sequence[Row]
    """By their numbers; the first is the question."""
    candidates: Sequence[Candidate]
    places: Sequence[Sequence[int]]
    """Of each candidate the leaves that are its text."""

    def trail(self, node: int) -> list[Row]:
        """Return the nodes from behind the question to this one."""
        trail: list[Row] = []
        at: int | None = node
        while at:
            trail.append(self.nodes[at])
            at = self.nodes[at]["parent"]
        return trail[::-1]

    @property
    def ways(self) -> list[int]:
        """Where each way ended."""
        ends = {way: node["node"] for node in self.nodes for way in node["ways"]}
        return [ends[way] for way in sorted(ends)]


def trees(
    problems: Sequence[Problem], rows: Iterable[Row], cascade: Cascade, longest: int
) -> Iterator[Tree]:
    """Yield the trees of problems; answers longer than so many characters make no candidates."""
    by_problem: dict[str, list[Row]] = {problem.id: [] for problem in problems}
    for row in rows:
        by_problem[row["problem_id"]].append(row)
    for problem in problems:
        nodes = by_problem[problem.id]
        places: dict[str, list[int]] = {}
        for node in nodes:
            answer = node["answer"]
            if node["terminal"] and answer is not None and len(answer) <= longest:
                places.setdefault(node["solution"], []).append(node["node"])
        answers = [nodes[some[0]]["answer"] for some in places.values()]
        groups = answer_classes(answers, cascade, options=problem.options)
        group_of = {
            spelling: number for number, one in enumerate(groups) for spelling in one.spellings
        }
        yield Tree(
            problem=problem,
            nodes=nodes,
            candidates=[
                Candidate(
                    number=number,
                    text=text,
                    answer=answer,
                    group=group_of[answer],
                    frequency=len(places[text]),
                )
                for number, (text, answer) in enumerate(zip(places, answers, strict=True))
            ],
            places=list(places.values()),
        )


def cuts(tree: Tree, masking: Masking) -> dict[int, dict[float, str]]:
    """Return the beginnings of each candidate that a second policy is to go on from, by share.

    None where the candidates agree already.
    """
    if have_agreed(tree.candidates, masking.agreed):
        return {}
    return {
        one.number: {share: masked(one.text, share) for share in masking.shares}
        for one in tree.candidates
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """What a second policy made of a tree's candidates. Gold has no part in it."""

    masks: Sequence[Row]
    verdicts: Mapping[int, Sequence[bool | None]]
    """Of each candidate that was cut whether each cut agrees; None: it counts as nothing."""
    kept: frozenset[int]
    """The candidates that enough of their cuts agree with."""
    choice: Choice
    majority: Choice


def examined(
    tree: Tree,
    completed: Mapping[str, Rollout],
    masking: Masking,
    *,
    cells: Row,
    cascade: Cascade,
) -> Examined:
    """Return what completions behind cuts, by the text of the cut, say of a tree's candidates."""
    masks, verdicts = list[Row](), dict[int, list[bool | None]]()
    by_number = {one.number: one for one in tree.candidates}
    for number, shares in cuts(tree, masking).items():
        for share, text in shares.items():
            rollout = completed[text]
            agrees = _agrees(by_number[number], rollout, tree.problem, cascade)
            verdicts.setdefault(number, []).append(agrees)
            masks.append({**_mask_row(tree.problem.id, number, share, rollout, agrees), **cells})
    kept = _kept(verdicts)
    choice = chosen(tree.candidates, kept) if verdicts else voted(tree.candidates, "agreement")
    return Examined(
        masks=masks, verdicts=verdicts, kept=kept, choice=choice, majority=voted(tree.candidates)
    )


def _kept(verdicts: Mapping[int, Sequence[bool | None]]) -> frozenset[int]:
    return frozenset(number for number, told in verdicts.items() if survives(told))


def unexamined(tree: Tree) -> Examined:
    """Return what the vote says where there is no second policy."""
    vote = voted(tree.candidates)
    return Examined(masks=(), verdicts={}, kept=frozenset(), choice=vote, majority=vote)


def _agrees(
    candidate: Candidate, rollout: Rollout, problem: Problem, cascade: Cascade
) -> bool | None:
    """Tell whether a completion comes to the candidate's own answer; None: it cannot be told."""
    answer = rollout.verdict.extracted
    if answer is None:
        return None if rollout.verdict.outcome is Outcome.TRUNCATED else False
    found = Extraction(answer, "vote")
    verdict = cascade.judge_extracted(candidate.answer, found, options=problem.options)
    value = value_of(verdict.outcome)
    return None if value is None else bool(value)


def _mask_row(
    problem_id: str, number: int, share: float, rollout: Rollout, agrees: bool | None
) -> dict[str, Any]:
    completion = rollout.completion
    return {
        "problem_id": problem_id,
        "candidate": number,
        "share": share,
        "seed": completion.seed,
        "sample_index": rollout.sample_index,
        "prefix": rollout.prefix.text,
        "completion": completion.text,
        "finish_reason": completion.finish_reason,
        "extracted": rollout.verdict.extracted,
        "agrees": agrees,
        "prompt_tokens": completion.prompt_tokens,
        "completion_tokens": completion.completion_tokens,
    }


class Golden:
    """What the gold answer says of a tree, asked for when all choices are made."""

    def __init__(self, tree: Tree, cascade: Cascade) -> None:
        self.tree = tree
        self._cascade = cascade
        self._outcomes: dict[str, Outcome] = {}
        self._values = {node["node"]: Visited() for node in tree.nodes}
        for end in tree.ways:
            trail = [self._values[0], *(self._values[node["node"]] for node in tree.trail(end))]
            outcome = self.outcome(tree.nodes[end])
            back_up(trail, None if outcome is None else value_of(outcome))

    def outcome(self, node: Row) -> Outcome | None:
        """Return the verdict on a whole solution; None of all else."""
        if not node["terminal"]:
            return None
        return Outcome.NO_ANSWER if node["answer"] is None else self.of(node["answer"])

    def of(self, answer: str) -> Outcome:
        """Return the verdict on an answer."""
        if answer not in self._outcomes:
            problem, found = self.tree.problem, Extraction(answer, "vote")
            verdict = self._cascade.judge_extracted(problem.answer, found, options=problem.options)
            self._outcomes[answer] = verdict.outcome
        return self._outcomes[answer]

    def states_an_answer(self, text: str) -> bool:
        """Tell whether an answer can be read in a solution, as the prompt asks for it."""
        return self._cascade.extract(text, finished=True).answer is not None

    def q_value(self, node: Row) -> float | None:
        """Return the share of right ways through a node, of those that were decided."""
        return self._values[node["node"]].q_value

    def edge(self, node: Row) -> Row:
        """Return a node's row with the verdicts."""
        ways = self._values[node["node"]]
        return {
            **node,
            "votes": self.votes(node),
            "outcome": self.outcome(node),
            "gold_decided": ways.decided,
            "gold_correct": int(ways.total),
            "gold_q_value": ways.q_value,
        }

    def votes(self, node: Row) -> list[dict[str, Any]]:
        """Return a node's votes, those for a solution with the verdict on each class."""
        return [
            {**one, "outcome": self.of(one["answer"]) if node["terminal"] else None}
            for one in node["votes"]
        ]


def _about(problem: Problem) -> dict[str, Any]:
    return {"problem_id": problem.id, "question": problem.question, "answer": problem.answer}


def trajectory_rows(gold: Golden, cells: Row) -> Iterator[Row]:
    """Yield the ways of a tree, with the reward that led the search and, beside, gold's."""
    tree = gold.tree
    for number, end in enumerate(tree.ways):
        trail, last = tree.trail(end), tree.nodes[end]
        outcome = gold.outcome(last)
        yield {
            **_about(tree.problem),
            "trajectory": number,
            **cells,
            "nodes": [node["node"] for node in trail],
            "actions": [node["action"] for node in trail],
            "steps": [
                {name: node[name] for name in ("subquestion", "text", *_NO_VOTES)}
                | {"type": node["action"], "votes": gold.votes(node)}
                for node in trail
            ],
            "text": last["solution"],
            "final_answer": last["answer"] if last["terminal"] else None,
            "terminal": last["terminal"],
            "reward": (last["value"] or 0.0) if last["terminal"] else 0.0,
            "outcome": outcome,
            "gold_reward": None if outcome is None else value_of(outcome),
        }


def candidate_rows(gold: Golden, found: Examined, cells: Row) -> Iterator[Row]:
    """Yield a tree's distinct solutions, and whether mutual consistency keeps them."""
    tree = gold.tree
    for one, places in zip(tree.candidates, tree.places, strict=True):
        told = found.verdicts.get(one.number, ())
        decided = [each for each in told if each is not None]
        yield {
            **_about(tree.problem),
            "candidate": one.number,
            **cells,
            "text": one.text,
            "final_answer": one.answer,
            "answer_class": one.group,
            "frequency": one.frequency,
            "nodes": list(places),
            "masks": len(told),
            "agreed": sum(decided),
            "decided": len(decided),
            "kept": one.number in found.kept if told else None,
            "outcome": gold.of(one.answer),
        }


def winner_row(gold: Golden, found: Examined) -> Row:
    """Return what was chosen of a tree's candidates, beside the vote and the best there was."""
    tree = gold.tree
    row = {
        **_about(tree.problem),
        "candidates": len(tree.candidates),
        "classes": len({one.group for one in tree.candidates}),
        "kept": len(found.kept),
        "by": found.choice.by,
        "oracle": any(gold.of(one.answer) is Outcome.CORRECT for one in tree.candidates),
        "winner_score": found.choice.score,
        "majority_share": found.majority.score,
    }
    for name, choice in (("winner", found.choice), ("majority", found.majority)):
        at = choice.candidate
        answer = None if at is None else tree.candidates[at].answer
        row |= {
            name: at,
            f"{name}_answer": answer,
            f"{name}_outcome": None if answer is None else gold.of(answer),
        }
    return row


_STEPS = (Action.STEP, Action.SUBQUESTION)
"""Actions that add one step; a rest adds many, and the others add none to what there is."""


def step_pairs(gold: Golden) -> Iterator[tuple[Row, Row]]:
    """Yield rStar-Math's pairs of next steps behind one place, better and worse, by Q of gold.

    As the export `preference` picks them.
    """
    below: dict[int, list[Row]] = {}
    for node in gold.tree.nodes:
        if node["action"] in _STEPS and gold.q_value(node) is not None:
            below.setdefault(node["parent"], []).append(node)
    for siblings in below.values():
        by_step = {node["solution"]: node for node in siblings}
        for better, worse in PreferenceExporter().pairs([_branch(one, gold) for one in siblings]):
            yield by_step["".join(better.steps)], by_step["".join(worse.steps)]


def _branch(node: Row, gold: Golden) -> Branch:
    """Return a node as the export knows prefixes."""
    before, q_value = gold.tree.nodes[node["parent"]]["solution"], gold.q_value(node)
    assert q_value is not None
    return Branch(
        steps=(before, node["solution"][len(before) :]),
        value=q_value,
        right=q_value > 0,
        wrong=q_value < 1,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """A whole solution with what Q says of its steps."""

    candidate: int
    text: str
    q_values: Sequence[float]


def right_traces(gold: Golden) -> list[Trace]:
    """Return the right candidates that ways ended in, each with its best leaf's Q by gold.

    A text that states its answer in another form than the prompt asks for is none to learn from.
    """
    found = []
    for one, places in zip(gold.tree.candidates, gold.tree.places, strict=True):
        if gold.of(one.answer) is not Outcome.CORRECT or not gold.states_an_answer(one.text):
            continue
        walked = [at for at in places if gold.tree.nodes[at]["ways"]]
        paths = [[gold.q_value(node) for node in gold.tree.trail(at)] for at in walked]
        known = [[q for q in path if q is not None] for path in paths]
        if known:
            best = max(known, key=lambda path: (fmean(path), min(path)))
            found.append(Trace(candidate=one.number, text=one.text, q_values=best))
    return found

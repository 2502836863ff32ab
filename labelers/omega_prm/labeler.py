"""OmegaPRM as published: rollouts are searched for their first error in order of promise.

    root: the filter's rollouts; its wrong ones are the pool
    up to `search_limit` times, while the pool is not empty:
        (s, r) = argmax of Q(s, r) + U(s) over the pool; r leaves the pool
        bisect r behind s: each probe is k rollouts of a prefix, a new state whose wrong
            rollouts join the pool if some were right
        N(s) += 1

The rollouts of the question filter are the root's. A prefix is one state however many rollouts
pass through it, the whole solution is never probed, and states come from rollouts alone: a right
rollout makes no state of its own.

Labelled are root rollouts: the wrong ones that were searched, and those with a right answer as
`right_answers` says. What was probed elsewhere in the tree is in the nodes. Between the probes of
a search the evidence stays empty: that those steps are right before the first error and unknown
behind it follows from the search, not from rollouts.
"""

from collections.abc import Iterable, Mapping
from typing import ClassVar, Literal

from pydantic import Field

from labelers.omega_prm.cuts import Cuts, Span, spans, step_cuts, token_cuts
from labelers.omega_prm.search import Search, search
from labelers.omega_prm.tree import Constants, Selection, State, Tree
from labelers.right_answers import RightAnswers, first_error_of_right
from labelers.solutions import Concluded, Conclusion, Screen, Solution, SolutionLabeler, Start
from rollouts.seam import Rollouts
from schemas import ROOT, Evidence, Node, Outcome, Prefix, Problem


class OmegaPRM(SolutionLabeler):
    """Grows a tree of probed prefixes per question; the paper's constants by default."""

    cannot_label_given: ClassVar[str] = (
        "labeler.kind='omega_prm' chooses for itself which of its own rollouts it searches, so it "
        "would leave given solutions without labels: use double_search, whose `num_searches: 1` is "
        "the same binary search on each of them"
    )

    kind: Literal["omega_prm"] = "omega_prm"
    num_solutions: int = Field(default=32, ge=1)
    """Root rollouts that are labelled if they are searched; equal texts once."""
    num_rollouts: int = Field(default=8, ge=1)
    """k: completions per probed prefix."""
    search_limit: int = Field(default=100, ge=1)
    """Searches per question at most."""
    constants: Constants = Constants()
    """Of the tree search, as published."""
    span: Span = "step"
    """Rollouts are divided between `step`s, or between `token`s into about 16 pieces, as in the
    paper: the pieces are then the steps of what is labelled."""
    right_answers: RightAnswers = "trust"
    """What is done with root rollouts whose final answer is right."""
    screen: Screen | None = Screen(num_rollouts=32)
    """The question filter; all its rollouts are the root's."""

    async def conclude(self, problem: Problem, start: Start, rollouts: Rollouts) -> Concluded:
        """Search one question's rollouts, one after the other."""
        growth = Growth(self, rollouts)
        searches = await growth.grow(start.root.total)
        concluded = await growth.conclusions(start.solutions, searches)
        _, *probed = growth.tree.states
        return concluded, [Node(prefix=one.prefix, evidence=one.evidence) for one in probed]


class Growth:
    """The growing of one question's tree."""

    def __init__(self, settings: OmegaPRM, rollouts: Rollouts) -> None:
        self.tree = Tree(settings.constants)
        self._settings = settings
        self._rollouts = rollouts
        self._mean_tokens = 0.0

    async def grow(self, root_rollouts: int) -> list[Search]:
        """Search until the limit is reached or the pool is empty."""
        root = self.tree.add(ROOT, await self._rollouts.sample(ROOT, count=root_rollouts))
        tokens = [one.completion.completion_tokens for one in root.rollouts]
        self._mean_tokens = sum(tokens) / len(tokens)
        searches: list[Search] = []
        while len(searches) < self._settings.search_limit:
            selection = self.tree.select()
            if selection is None:
                break
            searches.append(await search(selection, await self._cuts(selection), self._probe))
            selection.state.visits += 1
        return searches

    async def conclusions(
        self, solutions: Iterable[Solution], searches: Iterable[Search]
    ) -> list[Conclusion]:
        """Return what is known of root rollouts; those that were not searched are left out."""
        searched = {
            one.selection.rollout.sample_index: one
            for one in searches
            if one.selection.state.prefix == ROOT
        }
        concluded = [await self._conclusion(one, searched) for one in solutions]
        return [one for one in concluded if one is not None]

    async def _cuts(self, selection: Selection) -> Cuts:
        if self._settings.span == "token":
            return token_cuts(selection.rollout, mean_tokens=self._mean_tokens)
        await self._rollouts.segment([selection.rollout])
        return step_cuts(self._rollouts, selection.rollout)

    async def _probe(self, prefix: Prefix) -> State:
        """Return the state of a prefix: the known one, or a new one with k rollouts."""
        state = self.tree.get(prefix)
        if state is None:
            count = self._settings.num_rollouts
            state = self.tree.add(prefix, await self._rollouts.sample(prefix, count=count))
        return state

    async def _conclusion(
        self, solution: Solution, searched: Mapping[int, Search]
    ) -> Conclusion | None:
        steps = solution.prefixes[-1].steps
        if solution.rollout.verdict.outcome is Outcome.CORRECT:
            return self._concluded(solution, steps, await self._error_of_right(solution))
        found = searched.get(solution.rollout.sample_index)
        if found is None:
            return None
        if self._settings.span == "token":
            steps = spans(solution.rollout.text, (len(one.text) for one in found.probed))
        return self._concluded(solution, steps, _first_error(steps, found))

    async def _error_of_right(self, solution: Solution) -> int | None:
        async def is_alive(length: int) -> bool | None:
            return (await self._probe(solution.prefixes[length - 1])).is_alive

        choice = self._settings.right_answers
        return await first_error_of_right(len(solution.prefixes), choice, is_alive)

    def _concluded(
        self, solution: Solution, steps: tuple[str, ...], first_error: int | None
    ) -> Conclusion:
        probed = (self.tree.get(Prefix(steps=steps[:n])) for n in range(1, len(steps)))
        return Conclusion(
            solution=solution,
            steps=steps,
            evidence=[state.evidence if state else Evidence() for state in probed],
            first_error=first_error,
        )


def _first_error(steps: tuple[str, ...], found: Search) -> int | None:
    """Return the index of the step that ends where the solution was first found dead."""
    if found.dead is None:
        return None
    length = 0
    for index, step in enumerate(steps):
        length += len(step)
        if length >= len(found.dead.text):
            return index
    return None

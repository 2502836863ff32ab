"""UCT: Monte Carlo tree search over the steps of one question, judged by its rollouts.

    root: the screen's rollouts; their first steps are its children
    until `simulations` prefixes are expanded, or no leaf is left:
        select `parallel_leaves` leaves by PUCT, with virtual losses (`labelers/tree/puct.py`)
        expand each: `num_rollouts` rollouts are sampled there, all leaves at the same time
        back up: each rollout counts at every prefix of its way (`labelers/tree/nodes.py`)
        the distinct next steps of all rollouts through it are its children, with their priors

The value of a leaf is that of its rollouts, judged against the gold answer: a simulation runs to
the end, and its steps are children of what it passes through, so none is sampled twice and none
is thrown away. OpenR's search (2410.09671) differs: it samples single steps, and a reward model is
the value of a leaf.

*What is labelled.* The distinct solutions that the tree's paths end in. One with a right answer
has no error. The first error of one with a wrong answer is the first step whose evidence has no
correct rollout among `min_rollouts` decided ones, or the last step, where every prefix before it
has a correct one. Where a prefix before that was seen less often and never came right, it is left
open. Visits that are no evidence play no part: the search looks for rare ways back from an error,
and finds some.

*What is not claimed.* PUCT goes where answers are right. Many wrong solutions are left at a child
that was seen once or twice, so their first error stays open (`docs/label-truth.md`).
"""

import asyncio
from collections.abc import Iterable, Sequence
from typing import ClassVar, Literal

from pydantic import Field

from labelers.solutions import Concluded, Conclusion, Screen, Solution, SolutionLabeler, Start
from labelers.tree import Branch, Puct, Tree, TreeNode
from labelers.uct.priors import Prior, next_step, priors
from rollouts.seam import Rollouts
from schemas import FAILED, ROOT, Evidence, Node, Outcome, Problem, Rollout


class UCT(SolutionLabeler):
    """Grows a tree of sampled prefixes per question by PUCT; its nodes' counts label the steps."""

    cannot_label_given: ClassVar[str] = (
        "labeler.kind='uct' chooses for itself where it samples, so it would leave given solutions "
        "without labels: use double_search or math_shepherd, which probe each of them"
    )
    unscored: ClassVar[str] = "or give labeler.prior=uniform, which scores nothing"

    kind: Literal["uct"] = "uct"
    num_solutions: int = Field(default=16, ge=1)
    """Root rollouts: the first expansion of the tree, beside those of the screen."""
    simulations: int = Field(default=32, ge=1)
    """Prefixes expanded per question at most, the question itself not counted."""
    num_rollouts: int = Field(default=4, ge=1)
    """Rollouts sampled at each."""
    width: int = Field(default=8, ge=1)
    """Children of a prefix that the search may go down to: those with most rollouts, the first met
    of equals. All others keep their counts."""
    depth: int = Field(default=40, ge=1)
    """Prefixes with so many steps are not expanded."""
    c_puct: float = Field(default=1.0, ge=0)
    """Weight of exploration; values lie between 0 and 1."""
    parallel_leaves: int = Field(default=4, ge=1)
    """Prefixes selected at a time, before the rollouts of any are there; 1 is the search as it is
    written down, more keep the policy full where few problems are open."""
    prior: Prior = "token_likelihood"
    """What PUCT takes for the policy's preference among the children of a prefix; all but
    `uniform` need a policy that can score."""
    token_limit: int | None = Field(default=None, ge=1)
    """Tokens written behind the question after which no more prefixes are selected."""
    counts: Literal["pooled", "own"] = "pooled"
    """Evidence of a prefix: all rollouts through it that are draws from the policy there, or only
    those sampled there, whose number was fixed: the views that need a ratio take these alone."""
    min_rollouts: int = Field(default=4, ge=1)
    """Rollouts from which on pooled counts are told, and that a first error takes: with one of one
    failed every step behind the tree would be called wrong."""
    solutions: Literal["leaves", "root"] = "leaves"
    """What is labelled: the distinct ends of all paths, or the question's own rollouts alone."""
    screen: Screen | None = Screen()

    @property
    def scores(self) -> bool:
        """Unless the prior is uniform."""
        return self.prior != "uniform"

    async def conclude(self, problem: Problem, start: Start, rollouts: Rollouts) -> Concluded:
        """Search one question, several leaves at a time."""
        growth = Growth(self, rollouts)
        await growth.grow(start.roots)
        labelled = self._labelled(start, growth.ends)
        counts = _Counts(self, growth.tree)
        return [self._conclusion(*one, counts) for one in labelled], counts.nodes()

    def _labelled(self, start: Start, ends: Iterable[Solution]) -> Iterable[tuple[int, Solution]]:
        """Return the solutions to label with their numbers: those of other prefixes come last."""
        if self.solutions == "root":
            return [(one.rollout.sample_index, one) for one in start.solutions]
        own = [one for one in ends if not one.rollout.prefix.steps]
        found = [one for one in ends if one.rollout.prefix.steps]
        numbered = ((one.rollout.sample_index, one) for one in own)
        return [*numbered, *enumerate(found, start=len(start.roots))]

    def _conclusion(self, number: int, solution: Solution, counts: "_Counts") -> Conclusion:
        keys = [prefix.key for prefix in solution.prefixes[:-1]]
        return Conclusion(
            solution=solution,
            number=number,
            evidence=[counts.told[key] for key in keys],
            first_error=self._first_error(solution, [counts.pooled[key] for key in keys], counts),
        )

    def _first_error(
        self, solution: Solution, pooled: Sequence[Evidence], counts: "_Counts"
    ) -> int | None:
        """Return the first error of a solution with this evidence at its proper prefixes.

        Nothing is said where no rollout of the question was right: every prefix then looks dead.
        """
        outcome = solution.rollout.verdict.outcome
        if outcome is Outcome.CORRECT:
            return -1
        if outcome not in FAILED or not counts.pooled[ROOT.key].correct:
            return None
        is_open = False
        for step, evidence in enumerate(pooled):
            if evidence.correct:
                is_open = False
            elif evidence.decided < self.min_rollouts:
                is_open = True
            else:
                return None if is_open else step
        return None if is_open else len(pooled)


class _Counts:
    """The evidence of all prefixes of a grown tree, read once: solutions share most of them."""

    def __init__(self, settings: UCT, tree: Tree) -> None:
        self.pooled = {one.prefix.key: one.evidence(pooled=True) for one in tree}
        """All draws, by prefix key."""
        self.told: dict[str, Evidence] = {}
        """What is told of them."""
        self._tree = tree
        for node in tree:
            evidence = self.pooled[node.prefix.key]
            if settings.counts == "own":
                evidence = node.evidence(pooled=False)
            is_told = node.expanded or evidence.total >= settings.min_rollouts
            self.told[node.prefix.key] = evidence if is_told else Evidence()

    def nodes(self) -> list[Node]:
        """Return what is told of all prefixes behind the root, but for whole solutions."""
        _, *behind = self._tree
        unfinished = (one.prefix for one in behind if not one.terminal)
        known = (Node(prefix=one, evidence=self.told[one.key]) for one in unfinished)
        return [one for one in known if one.evidence.total]


class Growth:
    """The growing of one question's tree."""

    def __init__(self, settings: UCT, rollouts: Rollouts) -> None:
        self.tree = Tree()
        self._settings = settings
        self._rollouts = rollouts
        self._rule = Puct(
            c_puct=settings.c_puct, depth=settings.depth, losses=settings.num_rollouts
        )
        self._first: dict[str, Rollout] = {}
        """The rollout that passed through each prefix first."""
        self._ends: dict[str, Solution] = {}
        self._tokens = 0

    @property
    def ends(self) -> Sequence[Solution]:
        """The distinct whole solutions, in the order in which they were met."""
        return tuple(self._ends.values())

    async def grow(self, roots: Sequence[Rollout]) -> None:
        """Expand the root by rollouts that are there, then leaves, round by round."""
        await self._segment(roots)
        self._hang(roots)
        await self._branch(self.tree.root)
        left = self._settings.simulations
        while left and self._affordable:
            count = min(left, self._settings.parallel_leaves)
            leaves = self._rule.leaves(self.tree, count)
            if not leaves:
                return
            await self._expand(leaves)
            left -= len(leaves)

    @property
    def _affordable(self) -> bool:
        limit = self._settings.token_limit
        return limit is None or self._tokens < limit

    async def _expand(self, leaves: Sequence[TreeNode]) -> None:
        """Sample all leaves at the same time; what came back is hung in the leaves' order."""
        async with asyncio.TaskGroup() as group:
            simulations = [group.create_task(self._simulate(one)) for one in leaves]
        for one in simulations:
            self._hang(one.result())
        taken = (one for simulation in simulations for one in simulation.result())
        self._tokens += sum(one.completion.completion_tokens for one in taken)
        async with asyncio.TaskGroup() as group:
            for leaf in leaves:
                group.create_task(self._branch(leaf))

    async def _simulate(self, leaf: TreeNode) -> Sequence[Rollout]:
        count = self._settings.num_rollouts
        taken = await self._rollouts.sample(leaf.prefix, count=count)
        await self._segment(taken)
        return taken

    async def _segment(self, taken: Sequence[Rollout]) -> None:
        await self._rollouts.segment([one for one in taken if _whole(one)])

    def _hang(self, taken: Iterable[Rollout]) -> None:
        for one in taken:
            path = self._rollouts.prefixes(one) if _whole(one) else ()
            self.tree.hang(one, path)
            for prefix in path:
                self._first.setdefault(prefix.key, one)
            if path:
                self._ends.setdefault(one.text, Solution(rollout=one, prefixes=path))

    async def _branch(self, node: TreeNode) -> None:
        """Open the way to the children that a search may go down to."""
        known = [one for one in node.children.values() if not one.terminal]
        # Sorting keeps the order in which equals were met.
        chosen = sorted(known, key=lambda child: -child.visits)[: self._settings.width]
        if not chosen:
            return
        steps = [next_step(node.prefix, one.prefix, self._first[one.prefix.key]) for one in chosen]
        shares = await priors(self._rollouts, node, steps, self._settings.prior)
        node.branches = tuple(map(Branch, chosen, shares))


def _whole(rollout: Rollout) -> bool:
    """Tell whether a rollout ended by itself: the last step of any other is torn."""
    return rollout.verdict.outcome is not Outcome.TRUNCATED

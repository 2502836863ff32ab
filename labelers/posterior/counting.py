r"""Which of a problem's rollouts say what of a solution's prefixes: each counts once, for one.

A rollout counts for the prefix it was asked for, in every solution that has this prefix: so the
solutions of a problem share what is learnt of their common steps. Were it counted further on
where it happens to repeat the solution, those left behind would be the ones that did not, and
behind an error leaving the solution is what repair looks like: the share of correct ones among
them would be high exactly where it must be low.

The question's own rollouts may be counted further on, because nothing is wrong yet where they
start. They count for the *trunk*, the longest prefix that at least half of them go through, if
they go through it, and for the question if not. Whether one does is settled by its text before
its outcome is, so the counts at the trunk are independent draws from its value. The solution
itself is left out (its outcome is in the model); an independent rollout with its very text is
counted like any other. So are the problem's other solutions: they were drawn without regard to
this one.

The evidence on disk is wider: at each prefix all rollouts that go through it, wherever they were
asked for, which is what one asks of a prefix. The `nodes` table has what was asked for there.
"""

from collections.abc import Iterable, Mapping, Sequence

from labelers.posterior.cues import NOTHING_READ, Readings
from labelers.posterior.inference import Observation
from labelers.solutions import Solution
from schemas import FAILED, Evidence, LabelledSolution, Outcome, Prefix, Rollout, StopRule


class Trail:
    """Counts, for one solution, what its problem's rollouts say of its prefixes."""

    def __init__(self, solution: Solution, roots: Sequence[Rollout]) -> None:
        self.solution = solution
        self.counted = 0
        """Rollouts counted so far."""
        texts = ["", *(prefix.text for prefix in solution.prefixes[:-1])]
        self._texts = texts
        self._places = {text: place for place, text in enumerate(texts)}
        self._counts: list[list[Outcome]] = [[] for _ in texts]
        self._through: list[list[Outcome]] = [[] for _ in texts]
        own = solution.rollout.sample_index
        self._add_roots([one for one in roots if one.sample_index != own])

    def add(self, rollouts: Iterable[Rollout]) -> None:
        """Count rollouts that this trail has not seen, of any prefix but the empty one."""
        for one in rollouts:
            place = self._places.get(one.prefix.text)
            # Of another solution's prefix: it was off before it began.
            if place is not None:
                self._count(one, place, self._depth(one))

    def observation(self, root: Evidence, readings: Readings = NOTHING_READ) -> Observation:
        """Return what was seen of the solution so far, beside what was read off its steps."""
        return Observation(
            correct=tuple(seen.count(Outcome.CORRECT) for seen in self._counts),
            failed=tuple(sum(one in FAILED for one in seen) for seen in self._counts),
            root_correct=root.correct,
            root_decided=root.decided,
            right=self.solution.rollout.verdict.outcome is Outcome.CORRECT,
            readings=readings,
        )

    def evidence(self) -> tuple[Evidence, ...]:
        """Return, per step, the verdicts of all rollouts that go through the prefix it ends."""
        steps = [
            Evidence.of(through, StopRule.ADAPTIVE if through else StopRule.NOT_SAMPLED)
            for through in self._through[1:]
        ]
        return (*steps, self.solution.terminal)

    def _add_roots(self, roots: Sequence[Rollout]) -> None:
        depths = [self._depth(one) for one in roots]
        trunk = trunk_of(depths)
        for one, depth in zip(roots, depths, strict=True):
            self._count(one, trunk if depth >= trunk else 0, depth)

    def _count(self, rollout: Rollout, place: int, depth: int) -> None:
        outcome = rollout.verdict.outcome
        self.counted += 1
        self._counts[place].append(outcome)
        asked = len(rollout.prefix.steps)
        for through in self._through[max(asked, 1) : depth + 1]:
            through.append(outcome)

    def _depth(self, rollout: Rollout) -> int:
        """Return how many of the solution's proper prefixes a rollout goes through."""
        depth, text = self._places[rollout.prefix.text], rollout.text
        while depth + 1 < len(self._texts) and text.startswith(self._texts[depth + 1]):
            depth += 1
        return depth


def trunk_of(depths: Sequence[int]) -> int:
    """Return the largest depth that at least half of the rollouts reach, two at least; else 0."""
    falling = sorted(depths, reverse=True)
    needed = max(2, (len(falling) + 1) // 2)
    return falling[needed - 1] if len(falling) >= needed else 0


def observed(solution: LabelledSolution, asked: Mapping[str, Evidence]) -> Observation:
    """Return what a committed solution and its problem's nodes, by prefix key, say of it."""
    itself = solution.outcome
    root = solution.root
    sampled = solution.given_id is None  # then it is one of the root's rollouts itself
    own_correct = int(sampled and itself is Outcome.CORRECT)
    own_failed = int(sampled and itself in FAILED)
    prefixes = (Prefix(steps=solution.steps[:count]) for count in range(1, len(solution.steps)))
    found = [asked.get(prefix.key, Evidence()) for prefix in prefixes]
    correct = [root.correct - own_correct, *(one.correct for one in found)]
    failed = [
        root.decided - root.correct - own_failed,
        *(one.decided - one.correct for one in found),
    ]
    return Observation(
        correct=tuple(correct),
        failed=tuple(failed),
        root_correct=root.correct,
        root_decided=root.decided,
        right=itself is Outcome.CORRECT,
        readings=Readings.of(solution.checks, solution.readings),
    )


def tells(solution: LabelledSolution) -> bool:
    """Say whether a model can be fitted to a solution: it was probed, or its right answer read."""
    if solution.outcome is Outcome.CORRECT:
        return bool(solution.readings or solution.checks)
    failed = solution.outcome in FAILED
    return failed and any(evidence.decided for evidence in solution.evidence[:-1])

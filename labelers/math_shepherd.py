"""Math-Shepherd: a step is as good as the answers it leads to (Wang et al., arXiv:2312.08935).

For M sampled solutions, N completions continue every step's prefix. Hard estimation (HE): a step
is right if any completion reaches the gold answer; soft estimation (SE): the share that does.
Both are views of the evidence (`schemas/views.py`). The last step is the whole solution: its own
verdict is its evidence, no rollout.

*First success.* HE needs only the first success, so `stop: first_success` asks for the samples
0, ..., N-1 in rounds and stops behind the first round with a correct one. **The hard labels are
the same, not only alike:** sample i of a prefix is the same rollout whenever it is asked for, and
a prefix is left before its N samples are used up only if one of them is correct. So
label = 1 iff one of samples 0, ..., N-1 is correct, for every size of round: P(1) = 1 - (1-p)^N.
(On a backend whose samples depend on how requests were batched: the same in distribution.)
Truncated and undecided rollouts count as nothing and are not replaced in either mode, so this
holds with them as well (p: P(correct)). The cost falls to (1 - (1-p)^N) / p rollouts per prefix
(rounds of one). The ratio K/n is biased then; hence the stop rule in the evidence.

*After the error.* `after_error: skip` walks each solution from left to right and leaves what
follows the first step without a success, as a PRM is trained up to the first error only
(2501.07301, section 3.1). Labels up to and with the first error are again the same.
"""

import asyncio
from typing import Literal

from pydantic import Field

from labelers.solutions import (
    Screen,
    Solution,
    distinct_prefixes,
    labelling_without_solutions,
    solve,
)
from rollouts.seam import Rollouts
from schemas import (
    ROOT,
    Evidence,
    LabelledSolution,
    Labelling,
    Node,
    Outcome,
    Prefix,
    Problem,
    Settings,
    StopRule,
)
from schemas.views import first_hard_error, hard_label


class MathShepherd(Settings):
    """Probes every step of sampled solutions with N completions; the paper's M and N by default."""

    kind: Literal["math_shepherd"] = "math_shepherd"
    num_solutions: int = Field(default=15, ge=1)
    """M: root rollouts to label per problem; equal texts are labelled once."""
    num_rollouts: int = Field(default=8, ge=1)
    """N: completions per step at most."""
    stop: Literal["fixed", "first_success"] = "fixed"
    """`fixed`: always N, as published; `first_success`: the same hard labels for fewer."""
    round_size: int = Field(default=1, ge=1)
    """Completions asked for at a time under `first_success`; 1 is cheapest, more is sooner."""
    after_error: Literal["sample", "skip"] = "sample"
    """Whether steps behind a solution's first failed step are probed."""
    screen: Screen | None = None

    async def label(self, problem: Problem, rollouts: Rollouts) -> Labelling:
        """Label the solutions of one problem; all of them, and all steps, at the same time."""
        start = await solve(rollouts, num_solutions=self.num_solutions, screen=self.screen)
        if not start.solutions:
            return labelling_without_solutions(problem, start)
        evidence = await self._probe(rollouts, start.solutions)
        prefixes = distinct_prefixes(start.solutions)
        probed = [Node(prefix=prefixes[key], evidence=found) for key, found in evidence.items()]
        return Labelling(
            problem_id=problem.id,
            solutions=tuple(
                self._labelled(problem, solution, start.root, evidence)
                for solution in start.solutions
            ),
            nodes=(Node(prefix=ROOT, evidence=start.root), *sorted(probed, key=_place)),
            set_aside="",
        )

    async def _probe(
        self, rollouts: Rollouts, solutions: tuple[Solution, ...]
    ) -> dict[str, Evidence]:
        """Return the evidence of every probed prefix by its key."""
        prefixes = distinct_prefixes(solutions)
        probes: dict[str, asyncio.Task[Evidence]] = {}
        async with asyncio.TaskGroup() as group:

            def probe(key: str) -> asyncio.Task[Evidence]:
                """Start the probe of a prefix, once however many solutions share it."""
                if key not in probes:
                    probes[key] = group.create_task(self._evidence(rollouts, prefixes[key]))
                return probes[key]

            async def walk(solution: Solution) -> None:
                for prefix in solution.prefixes[:-1]:
                    if hard_label(await probe(prefix.key)) is False:
                        return

            if self.after_error == "skip":
                for solution in solutions:
                    group.create_task(walk(solution))
            else:
                for key in prefixes:
                    probe(key)
        return {key: task.result() for key, task in probes.items()}

    async def _evidence(self, rollouts: Rollouts, prefix: Prefix) -> Evidence:
        """Return the evidence of one prefix under the stop rule."""
        first = self.stop == "first_success"
        size = self.round_size if first else self.num_rollouts
        outcomes: list[Outcome] = []
        while len(outcomes) < self.num_rollouts and not (first and Outcome.CORRECT in outcomes):
            count = min(size, self.num_rollouts - len(outcomes))
            taken = await rollouts.sample(prefix, start=len(outcomes), count=count)
            outcomes += [rollout.verdict.outcome for rollout in taken]
        return Evidence.of(outcomes, StopRule.FIRST_SUCCESS if first else StopRule.FIXED)

    def _labelled(
        self, problem: Problem, solution: Solution, root: Evidence, found: dict[str, Evidence]
    ) -> LabelledSolution:
        steps = [found.get(prefix.key, Evidence()) for prefix in solution.prefixes[:-1]]
        evidence = (*steps, solution.terminal)
        return LabelledSolution(
            problem_id=problem.id,
            solution_index=solution.rollout.sample_index,
            labeler=self.kind,
            steps=solution.prefixes[-1].steps,
            outcome=solution.rollout.verdict.outcome,
            root=root,
            evidence=evidence,
            first_error=first_hard_error(evidence),
        )


def _place(node: Node) -> tuple[int, str]:
    return len(node.prefix.steps), node.prefix.key

"""Math-Shepherd: a step is as good as the answers it leads to (Wang et al., arXiv:2312.08935).

For M sampled solutions, N completions continue every step's prefix. Hard estimation (HE): a step
is right if any completion reaches the gold answer; soft estimation (SE): the share that does.
Both are views of the evidence (`schemas/views/`). The last step is the whole solution: its own
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
from collections.abc import Sequence
from typing import ClassVar, Literal

from pydantic import Field

from labelers.probing import Probes, Stop
from labelers.solutions import Concluded, Conclusion, Solution, SolutionLabeler, Start
from rollouts.seam import Rollouts
from schemas import Prefix, Problem
from schemas.views import Concludes


class MathShepherd(SolutionLabeler):
    """Probes every step of sampled solutions with N completions; the paper's M and N by default."""

    concludes: ClassVar[Concludes] = "counts"
    needs_roots: ClassVar[bool] = False

    kind: Literal["math_shepherd"] = "math_shepherd"
    num_solutions: int = Field(default=15, ge=1)
    """M: root rollouts to label per problem; equal texts are labelled once. None is taken where
    solutions are given, but those of a screen."""
    num_rollouts: int = Field(default=8, ge=1)
    """N: completions per step at most."""
    stop: Stop = "fixed"
    """`fixed`: always N, as published; `first_success`: the same hard labels for fewer."""
    round_size: int = Field(default=1, ge=1)
    """Completions asked for at a time under `first_success`; 1 is cheapest, more is sooner."""
    after_error: Literal["sample", "skip"] = "sample"
    """Whether steps behind a solution's first failed step are probed."""

    async def conclude(self, problem: Problem, start: Start, rollouts: Rollouts) -> Concluded:
        """Probe all solutions, and all steps, at the same time."""
        probes = Probes(
            rollouts, num_rollouts=self.num_rollouts, stop=self.stop, round_size=self.round_size
        )
        await self._probe(probes, start.solutions)
        counted = [Conclusion.counted(one, probes.along(one)) for one in start.solutions]
        return counted, probes.nodes()

    async def _probe(self, probes: Probes, solutions: Sequence[Solution]) -> None:
        """Probe each prefix, the same one however many solutions share its text."""
        distinct: dict[str, Prefix] = {}
        for solution in solutions:
            for prefix in solution.prefixes[:-1]:
                distinct.setdefault(prefix.key, prefix)

        async def walk(solution: Solution) -> None:
            for prefix in solution.prefixes[:-1]:
                if await probes.is_alive(distinct[prefix.key]) is False:
                    return

        async with asyncio.TaskGroup() as group:
            if self.after_error == "skip":
                for solution in solutions:
                    group.create_task(walk(solution))
            else:
                for prefix in distinct.values():
                    group.create_task(probes.is_alive(prefix))

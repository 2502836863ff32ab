"""Probes of one problem's prefixes, as searches ask for them; what was seen adds up as evidence."""

from collections import defaultdict
from typing import Literal

from labelers.solutions import Solution
from rollouts.seam import Rollouts
from schemas import Evidence, Node, Outcome, Prefix, StopRule
from schemas.views import hard_label

Stop = Literal["fixed", "first_success"]
"""`fixed`: always `num_rollouts`, as published; `first_success`: the same hard labels for fewer
(`math_shepherd.py`)."""


class Probes:
    """Asks whether prefixes are alive, up to `num_rollouts` rollouts at a time.

    Independent searches are numbered 0, 1, ...: search n uses the samples n * num_rollouts
    onwards of a prefix, so no two share one. Within a search a prefix has one answer, whoever
    asks and however often, because sample i of a prefix is the same rollout every time.
    """

    def __init__(
        self, rollouts: Rollouts, *, num_rollouts: int, stop: Stop, round_size: int = 1
    ) -> None:
        self._rollouts = rollouts
        self._num_rollouts = num_rollouts
        self._stop = stop
        self._round = round_size if stop == "first_success" else num_rollouts
        self._prefixes: dict[str, Prefix] = {}
        self._seen: defaultdict[str, dict[int, Outcome]] = defaultdict(dict)

    async def is_alive(self, prefix: Prefix, *, search: int = 0) -> bool | None:
        """Return whether a rollout of `prefix` was correct; None where none was decided."""
        seen = self._seen[prefix.key]
        self._prefixes.setdefault(prefix.key, prefix)
        first = search * self._num_rollouts
        outcomes: list[Outcome] = []
        async with self._rollouts.ahead(prefix, start=first, count=self._num_rollouts):
            # With a fixed number one round takes them all.
            while len(outcomes) < self._num_rollouts and Outcome.CORRECT not in outcomes:
                start, left = first + len(outcomes), self._num_rollouts - len(outcomes)
                count = min(self._round, left)
                taken = await self._rollouts.sample(prefix, start=start, count=count)
                seen.update((one.sample_index, one.verdict.outcome) for one in taken)
                outcomes += [one.verdict.outcome for one in taken]
        return hard_label(Evidence.of(outcomes, StopRule.ADAPTIVE))

    def evidence(self, prefix: Prefix) -> Evidence:
        """Return all that was seen of a prefix, whichever search asked."""
        seen = self._seen.get(prefix.key)
        if not seen:
            return Evidence()
        rule = StopRule.FIXED
        if self._stop == "first_success":
            searches = {index // self._num_rollouts for index in seen}
            # Several first successes added up are no longer one.
            rule = StopRule.FIRST_SUCCESS if len(searches) == 1 else StopRule.ADAPTIVE
        return Evidence.of((outcome for _, outcome in sorted(seen.items())), rule)

    def along(self, solution: Solution) -> tuple[Evidence, ...]:
        """Return all that was seen of a solution's proper prefixes."""
        return tuple(map(self.evidence, solution.prefixes[:-1]))

    def nodes(self) -> list[Node]:
        """Return every probed prefix with its evidence."""
        return [Node(prefix=one, evidence=self.evidence(one)) for one in self._prefixes.values()]

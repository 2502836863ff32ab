"""Worlds in which the value of every prefix is known: real `Rollouts`, no policy, no journal."""

import asyncio
import random
from collections.abc import Mapping, Sequence
from itertools import accumulate

from benchmarks import made
from rollouts.cutting import prefixes
from rollouts.seam import Rollouts
from rollouts.steps import Newline
from schemas import ROOT, Continuation, Outcome, Prefix, Rollout, Score


def rollout(
    prefix: Prefix, index: int, text: str, outcome: Outcome, *, extracted: str | None = None
) -> Rollout:
    """Return a judged rollout; `extracted` is the answer it states."""
    return made.rollout(text, outcome, prefix=prefix, index=index, extracted=extracted)


class KnownWorld(Rollouts):
    """Given root rollouts, and rollouts of a prefix whose outcomes have known probabilities.

    Sample i of a prefix is a function of (seed, prefix, i), as behind the real seam.
    """

    cannot_score = ""

    def __init__(
        self,
        solutions: Sequence[tuple[str, Outcome]],
        values: Mapping[str, float],
        *,
        truncated: float = 0.0,
        undecided: float = 0.0,
        seed: int = 0,
        scores: Mapping[tuple[str, str], float] | None = None,
    ) -> None:
        self.asked: dict[tuple[str, int], Rollout] = {}
        """Rollouts paid for, by prefix text and sample index; the root's are not counted."""
        self.scored: list[tuple[str, str]] = []
        """Prefix and continuation of every score asked for."""
        self._scores = scores or {}
        """(prefix, line) to the log-probability of that line; of all others 0, the likeliest."""
        self._solutions = solutions
        self._values = values
        self._truncated, self._undecided, self._seed = truncated, undecided, seed

    async def sample(self, prefix: Prefix, *, start: int = 0, count: int) -> tuple[Rollout, ...]:
        """Return rollouts start, ..., start + count - 1 of a prefix."""
        await asyncio.sleep(0)
        indices = range(start, start + count)
        if not prefix.steps:
            return tuple(self._root(i) for i in indices)
        drawn = [rollout(prefix, i, "x", self._outcome(prefix.text, i)) for i in indices]
        self.asked |= {(prefix.text, one.sample_index): one for one in drawn}
        return tuple(drawn)

    def prefixes(self, solution: Rollout) -> tuple[Prefix, ...]:
        """Return one prefix per line."""
        return prefixes(solution, Newline())

    def _root(self, index: int) -> Rollout:
        text, outcome = self._solutions[index]
        answer = None if outcome is Outcome.NO_ANSWER else text.rpartition("\n")[2]
        return rollout(ROOT, index, text, outcome, extracted=answer)

    async def score(
        self, prefix: Prefix, continuations: Sequence[Continuation]
    ) -> tuple[Score, ...]:
        """Return one score per continuation, a token per line."""
        await asyncio.sleep(0)
        return tuple(self._score(prefix.text, one.text) for one in continuations)

    def _score(self, before: str, text: str) -> Score:
        self.scored.append((before, text))
        lines = text.splitlines(keepends=True)
        ends = tuple(accumulate(map(len, lines)))
        starts = (before + text[: end - len(line)] for line, end in zip(lines, ends, strict=True))
        likely = tuple(self._scores.get(place, 0.0) for place in zip(starts, lines, strict=True))
        return Score(
            logprobs=likely,
            best=(0.0,) * len(lines),
            ends=ends,
            prompt_tokens=1,
            cached_tokens=0,
        )

    def _outcome(self, text: str, index: int) -> Outcome:
        rng = random.Random(f"{self._seed}/{text}/{index}")
        nothing = rng.random()
        if nothing < self._truncated:
            return Outcome.TRUNCATED
        if nothing < self._truncated + self._undecided:
            return Outcome.UNDECIDED
        return Outcome.CORRECT if rng.random() < self._values[text] else Outcome.INCORRECT

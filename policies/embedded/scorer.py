"""Forced texts are scored behind a prefix whose keys and values are computed once.

*Fast*: continuations of one prefix share passes, packed behind each other in one row; a mask lets
each see the prefix and itself alone. *Deterministic*: one continuation per pass, so that the
shapes, and with them the last bits, are a function of prompt, prefix and continuation.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from policies.embedded.jobs import Job
from policies.embedded.slots import Likelihood, Slots, Starts
from schemas import Score, Tokens

_TOKENS_PER_PASS = 512


@dataclass(slots=True, kw_only=True, eq=False)
class ScoreJob(Job[Score]):
    """Scores of texts behind one prefix."""

    continuations: tuple[Tokens, ...]
    """None of them longer than the context has room for."""

    def score(self, index: int, likelihoods: Sequence[Likelihood]) -> Score:
        """Return the score of one continuation."""
        return Score(
            logprobs=tuple(one.token for one in likelihoods),
            best=tuple(one.best for one in likelihoods),
            ends=self.continuations[index].ends,
            prompt_tokens=len(self.ids),
            # What other requests left behind is not counted, so that equal requests look equal.
            cached_tokens=len(self.ids) - 1 if self.results else 0,
        )


class Scorer:
    """Scores of requests, in the order of asking, a bounded pass at a time."""

    def __init__(self, slots: Slots, starts: Starts) -> None:
        self._slots = slots
        self._starts = starts

    def step(self, job: ScoreJob) -> None:
        """Score as many of a job's waiting continuations as one pass takes: one at least."""
        group = self._group(job)
        start = self._starts.of(job.ids[:-1])
        scored = self._slots.score(start, job.ids[-1], [job.continuations[i].ids for i in group])
        for index, likelihoods in zip(group, scored, strict=True):
            job.finish(index, job.score(index, likelihoods))

    def _group(self, job: ScoreJob) -> list[int]:
        group = [job.waiting.popleft()]
        size = len(job.continuations[group[0]].ids)
        while job.waiting and not self._slots.deterministic:
            size += len(job.continuations[job.waiting[0]].ids)
            if size > _TOKENS_PER_PASS:
                break
            group.append(job.waiting.popleft())
        return group

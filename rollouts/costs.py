"""What rollouts and scores cost; additive, so shards and processes sum up."""

from collections import Counter
from dataclasses import dataclass, fields
from typing import Literal

from schemas import Completion, Outcome, Score

Origin = Literal["policy", "journal", "run"]
"""Who gave a completion: the policy now, this run's journal, or another run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """Counts of rollouts, scores and tokens; zero by default, added field by field."""

    sampled: int = 0
    """Completions the policy wrote for this process."""
    replayed: int = 0
    """Completions that came out of the journal, paid for by an earlier process."""
    reused: int = 0
    """Completions taken from other runs, which paid for them."""
    prompt_tokens: int = 0
    """Tokens of prompts and prefixes, of all completions alike."""
    cached_tokens: int = 0
    """Of the prompt tokens, those served from the backend's prefix cache."""
    completion_tokens: int = 0
    """Tokens the policy wrote, of all completions alike."""
    replayed_tokens: int = 0
    """Of the completion tokens, those that came out of the journal."""
    reused_tokens: int = 0
    """Of the completion tokens, those that came from other runs."""
    text_fallbacks: int = 0
    """Completions taken of a prefix continued as text for want of token ids."""
    scored: int = 0
    """Continuations scored, replayed ones included."""
    replayed_scores: int = 0
    """Of the scored continuations, those that came out of the journal."""
    scored_tokens: int = 0
    """Tokens the policy read for scores, replayed ones included: the continuation's own, and of
    prompt and prefix those that were not cached. Not among `prompt_tokens`."""
    segmented: int = 0
    """Replies of a segmenter, replayed ones included."""
    segment_tokens: int = 0
    """Tokens it wrote; not among `completion_tokens`."""
    replayed_segment_tokens: int = 0
    """Of these, those that came out of the journal."""
    unsegmented: int = 0
    """Texts, or parts of long ones, whose pieces stayed apart for want of a reply to be read."""
    correct: int = 0
    incorrect: int = 0
    no_answer: int = 0
    truncated: int = 0
    undecided: int = 0

    @property
    def rollouts(self) -> int:
        """Completions taken: sampled, replayed or reused."""
        return self.sampled + self.replayed + self.reused

    @property
    def written_tokens(self) -> int:
        """Of the completion tokens, those that the policy wrote for this process."""
        return self.completion_tokens - self.replayed_tokens - self.reused_tokens

    @property
    def judged(self) -> int:
        """Completions with a verdict."""
        return sum(getattr(self, outcome.value) for outcome in Outcome)

    def __add__(self, other: "Costs") -> "Costs":
        return Costs(**{name: getattr(self, name) + getattr(other, name) for name in _NAMES})

    @classmethod
    def of_score(cls, score: Score, *, replayed: bool) -> "Costs":
        """Return the costs of one scored continuation."""
        return cls(
            scored=1,
            replayed_scores=int(replayed),
            scored_tokens=score.prompt_tokens - score.cached_tokens + len(score.logprobs),
        )

    @classmethod
    def of_segment(cls, reply: Completion, *, replayed: bool) -> "Costs":
        """Return the costs of one reply of a segmenter."""
        tokens = reply.completion_tokens
        return cls(
            segmented=1,
            segment_tokens=tokens,
            replayed_segment_tokens=tokens if replayed else 0,
        )


class Ledger:
    """Costs of rollouts as they are written down, one by one: sums of records would cost more."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

    @property
    def costs(self) -> Costs:
        """What has been written down so far."""
        return Costs(**self._counts)

    def completed(self, completion: Completion, *, origin: Origin, as_text: bool) -> None:
        """Write down a completion, not judged yet."""
        counts, tokens = self._counts, completion.completion_tokens
        if origin == "policy":
            counts["sampled"] += 1
        else:
            kind = "replayed" if origin == "journal" else "reused"
            counts[kind] += 1
            counts[f"{kind}_tokens"] += tokens
        counts["prompt_tokens"] += completion.prompt_tokens
        counts["cached_tokens"] += completion.cached_tokens
        counts["completion_tokens"] += tokens
        counts["text_fallbacks"] += as_text

    def judged(self, outcome: Outcome) -> None:
        """Write down the verdict on a completion."""
        self._counts[outcome.value] += 1


_NAMES = tuple(field.name for field in fields(Costs))

"""What rollouts and scores cost; additive, so shards and processes sum up."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, fields

from schemas import Completion, Outcome, Rollout, Score


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """Counts of rollouts, scores and tokens; zero by default, added field by field."""

    sampled: int = 0
    """Completions the policy wrote for this process."""
    replayed: int = 0
    """Completions that came out of the journal, paid for by an earlier process."""
    prompt_tokens: int = 0
    """Tokens of prompts and prefixes, of sampled and replayed completions alike."""
    cached_tokens: int = 0
    """Of the prompt tokens, those served from the backend's prefix cache."""
    completion_tokens: int = 0
    """Tokens the policy wrote, of sampled and replayed completions alike."""
    replayed_tokens: int = 0
    """Of the completion tokens, those that came out of the journal."""
    text_fallbacks: int = 0
    """Completions sampled or replayed from a prefix continued as text for want of token ids."""
    scored: int = 0
    """Continuations scored, replayed ones included."""
    replayed_scores: int = 0
    """Of the scored continuations, those that came out of the journal."""
    scored_tokens: int = 0
    """Tokens the policy read for scores, replayed ones included: the continuation's own, and of
    prompt and prefix those that were not cached. Not among `prompt_tokens`."""
    correct: int = 0
    incorrect: int = 0
    no_answer: int = 0
    truncated: int = 0
    undecided: int = 0

    @property
    def rollouts(self) -> int:
        """Completions taken, sampled or replayed."""
        return self.sampled + self.replayed

    @property
    def judged(self) -> int:
        """Completions with a verdict."""
        return sum(getattr(self, outcome.value) for outcome in Outcome)

    def __add__(self, other: "Costs") -> "Costs":
        return Costs(**{name: getattr(self, name) + getattr(other, name) for name in _NAMES})

    @classmethod
    def of_completion(cls, completion: Completion, *, replayed: bool, as_text: bool) -> "Costs":
        """Return the costs of one completion, not judged yet."""
        return cls(
            sampled=int(not replayed),
            replayed=int(replayed),
            prompt_tokens=completion.prompt_tokens,
            cached_tokens=completion.cached_tokens,
            completion_tokens=completion.completion_tokens,
            replayed_tokens=completion.completion_tokens if replayed else 0,
            text_fallbacks=int(as_text),
        )

    @classmethod
    def of_score(cls, score: Score, *, replayed: bool) -> "Costs":
        """Return the costs of one scored continuation."""
        return cls(
            scored=1,
            replayed_scores=int(replayed),
            scored_tokens=score.prompt_tokens - score.cached_tokens + len(score.logprobs),
        )

    @classmethod
    def of_outcomes(cls, rollouts: Iterable[Rollout]) -> "Costs":
        """Return the verdicts of rollouts, counted."""
        counts = Counter(rollout.verdict.outcome.value for rollout in rollouts)
        return cls(**counts)


_NAMES = tuple(field.name for field in fields(Costs))

"""Where a selected rollout may be divided: behind its steps, or behind any of its tokens."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from rollouts.seam import Rollouts
from schemas import ConfigError, Prefix, Rollout

Span = Literal["step", "token"]
PIECES = 16
"""Pieces an average rollout is cut in at most when it is divided between tokens."""


@dataclass(frozen=True, slots=True)
class Cuts:
    """The prefixes a rollout can be divided into, between its state and its end."""

    places: tuple[float, ...]
    """Distance of each from the state, rising, in steps or tokens; the last is the end."""
    prefixes: tuple[Prefix, ...]
    """One per place; the last is the whole solution."""
    smallest: float
    """A piece no longer than this is not divided."""

    def between(self, low: int, high: int) -> int | None:
        """Return the cut nearest to the middle between two cuts; None if the piece stays whole.

        Cuts are numbered from 0; -1 is the state itself. Of two as near the earlier one.
        """
        start = self.places[low] if low >= 0 else 0.0
        if high - low <= 1 or self.places[high] - start <= self.smallest:
            return None
        middle = (start + self.places[high]) / 2
        inner = range(low + 1, high)
        return min(inner, key=lambda cut: abs(self.places[cut] - middle))


def step_cuts(rollouts: Rollouts, rollout: Rollout) -> Cuts:
    """Return the cuts behind the steps of a rollout's completion."""
    prefixes = rollouts.prefixes(rollout)
    own = tuple(one for one in prefixes if len(one.text) > len(rollout.prefix.text))
    return Cuts(tuple(float(n + 1) for n in range(len(own))), own, smallest=1.0)


def token_cuts(rollout: Rollout, *, mean_tokens: float) -> Cuts:
    """Return the cuts behind the tokens of a completion.

    Pieces no longer than a sixteenth of `mean_tokens` are not divided further. No cut falls
    inside a character. A prefix has its state's steps and one more: what lies between. Raises
    ConfigError where the policy reports no tokens.
    """
    tokens, head = rollout.completion.tokens, rollout.prefix.token_ids
    if tokens is None:
        raise ConfigError(
            "span='token' divides rollouts between tokens, and this policy reports none: "
            "use span='step'"
        )
    text, places, prefixes, end = rollout.completion.text, [], [], 0
    for count, at in enumerate(tokens.ends, start=1):
        # Of several tokens that end at a place the first completes its last character.
        if end < at < len(text):
            ids = None if head is None else (*head, *tokens.ids[:count])
            places.append(float(count))
            prefixes.append(Prefix(steps=(*rollout.prefix.steps, text[:at]), token_ids=ids))
            end = at
    places.append(float(len(tokens.ids)))
    prefixes.append(Prefix(steps=(*rollout.prefix.steps, text), token_ids=None))
    return Cuts(tuple(places), tuple(prefixes), smallest=mean_tokens / PIECES)


def spans(text: str, ends: Iterable[int]) -> tuple[str, ...]:
    """Cut a text at some character offsets; an offset at its end or start cuts nothing off."""
    cuts = sorted({0, len(text), *(end for end in ends if 0 < end < len(text))})
    return tuple(text[a:b] for a, b in pairwise(cuts))

"""A solution becomes its cumulative prefixes, token for token."""

from bisect import bisect_left
from itertools import accumulate
from typing import Protocol

from schemas import Prefix, Rollout


class Splitter(Protocol):
    """Cuts a text into steps without losing a byte: a member of `AnySplitter`."""

    def split(self, text: str) -> tuple[str, ...]:
        """Return the steps of `text`; joined they are `text`."""
        ...


def prefixes(solution: Rollout, splitter: Splitter) -> tuple[Prefix, ...]:
    """Return the cumulative prefixes of a solution, one per step; the last is all of it.

    A solution continued from a prefix keeps that prefix's steps. The token ids of a prefix are
    the sampled ones: those of the solution's own prefix and of its completion up to the step's
    end; None where no token ends exactly there, or the policy reported no tokens.
    """
    steps = _steps(solution, splitter)
    ends = accumulate(map(len, steps))
    return tuple(
        Prefix(steps=steps[: count + 1], token_ids=_token_ids(solution, end))
        for count, end in enumerate(ends)
    )


def _steps(solution: Rollout, splitter: Splitter) -> tuple[str, ...]:
    """Split the whole text, so that a step's look does not depend on where sampling resumed."""
    fixed, text = solution.prefix.steps, solution.text
    if not fixed:
        return splitter.split(text)
    start = len(solution.prefix.text)
    cuts = [end for end in accumulate(map(len, splitter.split(text))) if end > start]
    pieces = [text[a:b] for a, b in zip([start, *cuts], cuts, strict=False)]
    if pieces and pieces[0].isspace():  # the rest of a separator whose step is already fixed
        blank = pieces.pop(0)
        if not pieces:
            return (*fixed[:-1], fixed[-1] + blank)
        pieces[0] = blank + pieces[0]
    return (*fixed, *pieces)


def _token_ids(solution: Rollout, end: int) -> tuple[int, ...] | None:
    """Return the sampled tokens of the solution's first `end` characters, if they end there."""
    head, tokens = solution.prefix.token_ids, solution.completion.tokens
    if head is None or tokens is None:
        return None
    offset = end - len(solution.prefix.text)
    if offset == 0:
        return head
    if offset < 0:
        # A step of the prefix: where its tokens end was known when the prefix was cut.
        return None
    # Of several tokens that end here the first completes the last character; the others begin
    # the next one, or stand for no text.
    last = bisect_left(tokens.ends, offset)
    exact = last < len(tokens.ends) and tokens.ends[last] == offset
    return (*head, *tokens.ids[: last + 1]) if exact else None

"""A row must fit into what the trainer keeps of it."""

from collections.abc import Callable

from exporters.records import LabelledSteps, Refused, Tokenizer


def fit(
    steps: LabelledSteps,
    tokenizer: Tokenizer,
    *,
    limit: int | None,
    length: Callable[[LabelledSteps], int],
    shorten: bool,
) -> LabelledSteps | Refused:
    """Return the steps the trainer will see whole, or why it would garble them.

    `length` is the tokens of the row of some steps. Where it exceeds `limit`, whole steps are taken
    off the end if `shorten` says so.
    """
    if not all(map(tokenizer.count, steps.steps)):
        return Refused(reason="the tokenizer makes no token of a step")
    if limit is None or length(steps) <= limit:
        return steps
    if not shorten:
        return Refused(reason=f"longer than {limit} tokens")
    for count in range(len(steps.steps) - 1, 0, -1):
        shorter = steps.first(count)
        if length(shorter) <= limit:
            return shorter
    return Refused(reason=f"not even the first step fits into {limit} tokens")

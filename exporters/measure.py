"""A row must fit into what the trainer keeps of it."""

from exporters.records import LabelledSteps, Refused, Tokenizer
from exporters.seam import Exporter


def fit(
    steps: LabelledSteps, separator: str, *, exporter: Exporter, tokenizer: Tokenizer | None
) -> LabelledSteps | Refused:
    """Return the steps the trainer will see whole, or why it would garble them.

    Without a tokenizer nothing is measured and the steps come back as they are.
    """
    if tokenizer is None:
        return steps
    if not all(map(tokenizer.count, steps.steps)):
        return Refused(reason="the tokenizer makes no token of a step")
    limit = exporter.max_length
    if limit is None or exporter.length(steps, separator, tokenizer) <= limit:
        return steps
    if exporter.long_rows == "refuse":
        return Refused(reason=f"longer than {limit} tokens")
    for count in range(len(steps.steps) - 1, 0, -1):
        shorter = steps.first(count)
        if exporter.length(shorter, separator, tokenizer) <= limit:
            return shorter
    return Refused(reason=f"not even the first step fits into {limit} tokens")

"""What all who ask the policy for samples need: stops, grouping, texts that a file can hold."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from schemas import Completion, Sampling


def with_stops(sampling: Sampling, stops: Sequence[str]) -> Sampling:
    """Return `sampling` with a template's stop strings added to its own."""
    merged = tuple(dict.fromkeys((*sampling.stop, *stops)))
    return sampling.model_copy(update={"stop": merged})


def neighbours(indices: Sequence[int]) -> Iterator[range]:
    """Group rising indices into runs of neighbours, each of which can be one request."""
    start = 0
    for position in range(1, len(indices) + 1):
        if position == len(indices) or indices[position] != indices[position - 1] + 1:
            yield range(indices[start], indices[position - 1] + 1)
            start = position


def encodable(completion: Completion) -> Completion:
    """Return a completion whose text a file can hold, with the same offsets.

    A lone surrogate, which a server's JSON can carry and UTF-8 cannot, becomes a question mark.
    """
    text = completion.text.encode("utf-8", "replace").decode()
    return completion if text == completion.text else replace(completion, text=text)

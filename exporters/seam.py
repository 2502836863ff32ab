"""The seam behind which a trainer's row lives: labelled steps go in, one row comes out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

import pyarrow as pa

from schemas import Problem

Row = Mapping[str, object]
"""One training row; its keys are the columns of its format's schema."""


class Tokenizer(Protocol):
    """What measuring a row needs of the trainer's tokenizer."""

    @property
    def adds_bos(self) -> bool:
        """Whether the tokenizer has a beginning-of-sequence token, which TRL puts first."""
        ...

    def count(self, text: str) -> int:
        """Return the number of tokens of `text`, special tokens not added."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledSteps:
    """The decided steps of one solution as a trainer may see them: stripped text, hard labels."""

    problem: Problem
    steps: tuple[str, ...]
    labels: tuple[bool, ...]
    """labels[i] is true where steps[i] is right; len(labels) == len(steps) > 0."""

    def first(self, count: int) -> "LabelledSteps":
        """Return the first `count` steps."""
        return LabelledSteps(
            problem=self.problem, steps=self.steps[:count], labels=self.labels[:count]
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A solution that makes no row, with the reason: counted, never raised."""

    reason: str
    """A short category, equal for rows refused alike, e.g. `a step contains the separator`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowFormat:
    """One export format: a line in the registry `EXPORTERS`."""

    schema: pa.Schema
    separators: tuple[str, ...]
    """Strings that may mark a step's end, best first; the steps of an export contain none of it."""
    row: Callable[[LabelledSteps, str], Row | Refused]
    """(steps, separator) to row."""
    length: Callable[[LabelledSteps, str, Tokenizer], int]
    """(steps, separator, tokenizer) to the tokens the trainer will make of the row."""

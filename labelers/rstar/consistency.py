r"""Mutual consistency: a second policy completes what is left of a solution behind a mask.

Each candidate, a whole solution, is cut at a few shares of its words; the second policy goes on
from each cut once. It agrees where it comes to the candidate's *own* answer. A candidate is kept
where at least half of its cuts agree. Of the kept, the answer wins with the highest

    share of it among the kept + kept candidates of it / candidates of it

which is between 0 and 2; where none is kept, the plain vote of all candidates decides. Solutions
count as often as the tree has them.

What differs from the published code (zhentingqi/rStar cab41df):

- There the gold answer has a part in the choice: where no kept candidate is right the vote is
  taken, and problems without a right candidate are left out. Here it has none.
- Completions that were cut at their limit of tokens count neither for nor against.
- At least half means that: of three cuts two; there one.
- A candidate's weight is its frequency; there it is called a reward, and is that, too.
"""

import math
import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic import Field, model_validator

from schemas import Settings

By = Literal["", "mutual_consistency", "vote", "agreement"]
"""What chose an answer: the kept candidates, the vote where none was kept or none was asked about,
or that nearly all candidates agree, so that nobody was asked; empty where there is no candidate."""
_WORD = re.compile(r"\S+")


class Masking(Settings):
    """How solutions are cut, and when they agree; the defaults are the published code's."""

    masks: int = Field(default=4, ge=1)
    """Cuts of each candidate, evenly from the shortest to the longest."""
    shortest: float = Field(default=0.2, gt=0, lt=1)
    """The least share of a solution's words that the second policy sees."""
    longest: float = Field(default=0.5, gt=0, lt=1)
    """The greatest; the paper's is 0.8, its code's this."""
    agreed: float = Field(default=0.999, gt=0, le=1)
    """The share of candidates with one answer from which on nobody is asked: they have agreed."""

    @model_validator(mode="after")
    def _in_order(self) -> "Masking":
        if self.shortest > self.longest:
            raise ValueError(f"shortest={self.shortest} is above longest={self.longest}: swap them")
        return self

    @property
    def shares(self) -> tuple[float, ...]:
        """The shares of words that are shown, rising."""
        apart = (self.longest - self.shortest) / max(self.masks - 1, 1)
        return tuple(round(self.shortest + apart * n, 9) for n in range(self.masks))


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A distinct whole solution of a tree."""

    number: int
    """Its position among those of its problem, in the order in which they were found."""
    text: str
    answer: str
    group: int
    """Candidates whose answers are equal have one number."""
    frequency: int
    """Leaves of the tree that are this text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What was chosen among a problem's candidates."""

    by: By
    candidate: int | None
    """The first of those with the answer chosen, among the kept where some were; None: nothing was
    chosen."""
    score: float | None
    """That of the answer; of a vote its share."""


def masked(text: str, share: float) -> str:
    """Return the beginning of a text with so large a share of its words, rounded up."""
    words = list(_WORD.finditer(text))
    shown = math.ceil(round(len(words) * share, 6))
    return text[: words[shown - 1].end()] if shown else ""


def survives(verdicts: Iterable[bool | None]) -> bool:
    """Tell whether a candidate is kept: at least half of what was decided agrees with it."""
    decided = [one for one in verdicts if one is not None]
    return bool(decided) and 2 * sum(decided) >= len(decided)


def have_agreed(candidates: Sequence[Candidate], share: float) -> bool:
    """Tell whether one answer has so large a share of the candidates, or more."""
    votes = _votes(candidates)
    return bool(votes) and max(votes.values()) >= share * votes.total()


def voted(candidates: Sequence[Candidate], by: By = "vote") -> Choice:
    """Return the choice of the plain vote; of equals the answer that came first."""
    votes = _votes(candidates)
    if not votes:
        return Choice(by="", candidate=None, score=None)
    group, count = max(votes.items(), key=lambda one: one[1])
    return Choice(by=by, candidate=_first(candidates, group), score=count / votes.total())


def chosen(candidates: Sequence[Candidate], kept: Collection[int]) -> Choice:
    """Return the choice of mutual consistency; `kept`: numbers of the candidates kept."""
    survivors = [one for one in candidates if one.number in kept]
    if not survivors:
        return voted(candidates)
    before, left = _votes(candidates), _votes(survivors)
    scores = {group: count / left.total() + count / before[group] for group, count in left.items()}
    group, score = max(scores.items(), key=lambda one: one[1])
    return Choice(by="mutual_consistency", candidate=_first(survivors, group), score=score)


def _votes(candidates: Iterable[Candidate]) -> Counter[int]:
    votes = Counter[int]()
    for one in candidates:
        votes[one.group] += one.frequency
    return votes


def _first(candidates: Iterable[Candidate], group: int) -> int:
    return next(one.number for one in candidates if one.group == group)

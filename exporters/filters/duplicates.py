"""Questions, or a problem's solutions, that were there before: word for word, or nearly so.

Near duplicates are pairs whose sets of word n-grams have a Jaccard index of the threshold or more
(Broder 1997), found by MinHash sketches and banding (locality-sensitive hashing). Two questions
that differ in their numbers or operators are two problems of one template, whatever their words
say: a synthetic set lives on them. And a single word may make another problem of a question (*the
letters of the word TARTAR*). So numbers, operators and the gold answer must be the same, unless
templates are asked out.
"""

from array import array
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from exporters.filters.seam import Candidate, Filter, Scope, Sieve
from exporters.filters.words import digest, quantities, shingles, template, words

if TYPE_CHECKING:
    from exporters.filters.sketches import Sketches

_EQUAL, _NEAR = 1, 2
_REASONS = {
    _EQUAL: "its question has the words of an earlier one",
    _NEAR: "its question is nearly an earlier one",
}


class Duplicates(Filter):
    """Takes out what was there before, word for word or nearly; the first in the run's order stays.

    Spelling, case, layout and typesetting do not count.
    """

    kind: Literal["duplicates"] = "duplicates"

    of: Literal["question", "solution"] = "question"
    """What is compared: a problem's question with those of all problems before it, or a solution
    with the ones before it of its problem."""
    near: float | None = Field(default=0.5, ge=0.3, le=0.95)
    """Jaccard index of their word n-grams from which two texts are near duplicates; None: only
    equal texts are duplicates."""
    ngram: int = Field(default=3, ge=1, le=20)
    """Words in a row that are compared."""
    templates: Literal["keep", "take_out"] = "keep"
    """What becomes of texts that differ in numbers, operators or the gold answer: they are other
    problems, or, numbers aside, duplicates like any other."""

    def sieve(self, scope: Scope) -> Sieve:
        """Return the filter at work."""
        return _Questions(self) if self.of == "question" else _Solutions(self)


def _compared(text: str, settings: Duplicates) -> tuple[list[str], tuple[str, ...]]:
    """Return the words that are compared, and what has to be the same whatever they are."""
    found = words(text)
    if settings.templates == "take_out":
        return template(found), ()
    return found, quantities(found)


class _Solutions(Sieve):
    """Solutions of one problem at a time, compared as sets of n-grams."""

    def __init__(self, settings: Duplicates) -> None:
        self._settings = settings
        self._problem = ""
        self._texts: set[str] = set()
        self._kept: dict[tuple[str, ...], list[frozenset[str]]] = {}
        """By what has to be the same."""

    def reason(self, candidate: Candidate) -> str | None:
        if candidate.problem.id != self._problem:
            self._problem, self._texts, self._kept = candidate.problem.id, set(), {}
        found, same = _compared("".join(candidate.solution.steps), self._settings)
        text = " ".join(found)
        if text in self._texts:
            return "its words are those of another solution of the problem"
        if self._settings.near is not None:
            grams = frozenset(shingles(found, self._settings.ngram))
            others = self._kept.setdefault(same, [])
            if any(_jaccard(grams, other) >= self._settings.near for other in others):
                return "nearly another solution of the problem"
            others.append(grams)
        self._texts.add(text)
        return None


def _jaccard(left: frozenset[str], right: frozenset[str]) -> float:
    return len(left & right) / len(left | right)


def _sketches(threshold: float) -> "Sketches":
    # Imported here: it takes most of a second, and few commands need it.
    from exporters.filters.sketches import Sketches

    return Sketches(threshold)


class _Questions(Sieve):
    """Questions of all problems, by digests and sketches."""

    looks_first = True

    def __init__(self, settings: Duplicates) -> None:
        self._settings = settings
        self._sketches = _sketches(settings.near) if settings.near is not None else None
        self._digests = array("Q")
        self._fates: NDArray[np.uint8] = np.zeros(0, np.uint8)
        self._problem: str | None = None
        self._at = -1

    def look(self, candidate: Candidate) -> None:
        if candidate.problem.id == self._problem:
            return
        self._problem = candidate.problem.id
        found, same = _compared(candidate.problem.question, self._settings)
        if self._settings.templates == "keep":
            same = (*same, "gold", *words(candidate.problem.answer))
        self._digests.append(digest(" ".join(found)))
        if self._sketches is not None:
            self._sketches.add(shingles(found, self._settings.ngram), digest(" ".join(same)))

    def settle(self) -> None:
        self._fates = np.zeros(len(self._digests), np.uint8)
        _, firsts = np.unique(np.frombuffer(self._digests, np.uint64), return_index=True)
        self._fates[:] = _EQUAL
        self._fates[firsts] = 0
        if self._sketches is not None:
            for place in self._sketches.near_earlier(self._fates == 0):
                self._fates[place] = _NEAR
        self._sketches, self._problem = None, None

    def reason(self, candidate: Candidate) -> str | None:
        if candidate.problem.id != self._problem:
            self._problem = candidate.problem.id
            self._at += 1
        return _REASONS.get(int(self._fates[self._at]))

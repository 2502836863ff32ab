"""One question with two different gold answers: at most one is right, and nobody knows which."""

from array import array
from collections.abc import Sequence

from schemas import Problem
from sources.first_places import FirstPlaces
from tasks.staging import Staging
from verification.comparing.equivalence import compare
from verification.conventions import Conventions
from verification.finding.golds import gold_answer

_SETTLED_AT_ONCE = 2_000
"""Pairs whose problems are read back at a time."""


class Contradictions:
    """Questions that came more than once, by digest; the problems themselves stay on disk."""

    def __init__(self) -> None:
        self._questions = FirstPlaces()
        self._problems = 0
        self._pairs = array("Q")  # first place, later place, ...

    def note(self, problems: Sequence[Problem]) -> None:
        """Take in the next problems, in the order in which they are staged."""
        for problem in problems:
            first = self._questions.first(_asked(problem), self._problems)
            if first != self._problems:
                self._pairs.extend((first, self._problems))
            self._problems += 1

    def settle(self, staging: Staging, conventions: Conventions) -> None:
        """Set aside both problems of each pair whose golds are not known to be equal."""
        for start in range(0, len(self._pairs), 2 * _SETTLED_AT_ONCE):
            pairs = self._pairs[start : start + 2 * _SETTLED_AT_ONCE]
            _settle(pairs, staging, conventions)


def contradicted(problems: Sequence[Problem], conventions: Conventions) -> dict[str, str]:
    """Return why problems contradict another one among these, by problem id."""
    firsts: dict[str, Problem] = {}
    reasons: dict[str, str] = {}
    for problem in problems:
        first = firsts.setdefault(_asked(problem), problem)
        if first is not problem and not _same_gold(first, problem, conventions):
            reasons.setdefault(first.id, _reason(problem))
            reasons.setdefault(problem.id, _reason(first))
    return reasons


def _asked(problem: Problem) -> str:
    return " ".join(problem.question.split())


def _settle(pairs: Sequence[int], staging: Staging, conventions: Conventions) -> None:
    places = sorted(set(pairs))
    problems = {p: row.problem for p, row in zip(places, staging.rows(places), strict=True)}
    reasons: dict[int, str] = {}
    for first, later in zip(pairs[::2], pairs[1::2], strict=True):
        for place, other in ((first, later), (later, first)):
            if not _same_gold(problems[first], problems[later], conventions):
                reasons.setdefault(place, _reason(problems[other]))
    if reasons:
        staging.set_aside(reasons)


def _same_gold(left: Problem, right: Problem, conventions: Conventions) -> bool:
    golds = gold_answer(left.answer), gold_answer(right.answer)
    return compare(*golds, conventions).equal is True


def _reason(other: Problem) -> str:
    return f"the same question also has the gold answer {other.answer[:80]!r}, as {other.id}"

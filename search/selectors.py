"""Which of some solutions is the answer: OpenR's five selectors, and more of their kind.

    majority_vote                     the answer that most samples state
    prm_{min,last,product}_max        the answer of the solution with the highest score
    prm_{min,last,product}_vote       the answer with the highest sum of scores (2408.03314)
    prm_{min,last,product}_top        that most of the few best samples state (2110.14168)

Of equals the one that came first wins, as in OpenR. Solutions without an answer have no vote.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

from search.aggregation import AGGREGATIONS, Aggregation, score


@dataclass(frozen=True, slots=True, kw_only=True)
class Ballot:
    """One solution with an answer."""

    candidate: int
    """Its position among the candidates."""
    answer: int
    """Equal answers have one number."""
    grades: Sequence[float]
    steps: int
    times: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What a selector chose."""

    candidate: int
    """The solution chosen, or the best-scored one of the answer voted for; of a majority the
    first."""
    score: float
    """The score of the solution, or the sum of the votes."""
    answers: int
    """Different answers there were."""


def selected(ballots: Sequence[Ballot], *, top: int) -> dict[str, Choice]:
    """Return what each selector chooses, by its name; empty where nobody states an answer.

    `top` is how many samples vote where the best ones do.
    """
    return {name: select(ballots) for name, select in _named(top)} if ballots else {}


def majority(ballots: Sequence[Ballot]) -> Choice:
    """Return the answer that most of these samples state, at least one."""
    return _voted(ballots, by=None)


def _highest(ballots: Sequence[Ballot], by: Aggregation) -> Choice:
    best = max(ballots, key=lambda one: _score(one, by))
    return Choice(candidate=best.candidate, score=_score(best, by), answers=_answers(ballots))


def _voted(ballots: Sequence[Ballot], by: Aggregation | None) -> Choice:
    votes: dict[int, float] = {}
    for one in ballots:
        weight = 1.0 if by is None else _score(one, by)
        votes[one.answer] = votes.get(one.answer, 0.0) + one.times * weight
    won = max(votes, key=votes.__getitem__)
    of_it = [one for one in ballots if one.answer == won]
    best = of_it[0] if by is None else max(of_it, key=lambda one: _score(one, by))
    return Choice(candidate=best.candidate, score=votes[won], answers=len(votes))


def _of_the_best(ballots: Sequence[Ballot], by: Aggregation, top: int) -> Choice:
    """Return the answer that most of the best samples state; of equals the best-scored one's."""
    best, left = list[Ballot](), top
    for one in sorted(ballots, key=lambda one: -_score(one, by)):
        if left > 0:
            best.append(replace(one, times=min(one.times, left)))
            left -= one.times
    return replace(majority(best), answers=_answers(ballots))


def _score(one: Ballot, by: Aggregation) -> float:
    return score(one.grades, one.steps, by)


def _answers(ballots: Sequence[Ballot]) -> int:
    return len({one.answer for one in ballots})


def _named(top: int) -> Iterator[tuple[str, Callable[[Sequence[Ballot]], Choice]]]:
    yield "majority_vote", majority
    for by in AGGREGATIONS:
        yield f"prm_{by}_max", partial(_highest, by=by)
        yield f"prm_{by}_vote", partial(_voted, by=by)
        yield f"prm_{by}_top", partial(_of_the_best, by=by, top=top)


SELECTORS: tuple[str, ...] = tuple(name for name, _ in _named(1))
"""The names of all selectors."""

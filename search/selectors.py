"""Which of some solutions is the answer: OpenR's five selectors, and two by the product.

    majority_vote                     the answer that most samples state
    prm_{min,last,product}_max        the answer of the solution with the highest score
    prm_{min,last,product}_vote       the answer with the highest sum of scores (2408.03314)

Of equals the one that came first wins, as in OpenR. Solutions without an answer have no vote.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
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


def selected(ballots: Sequence[Ballot]) -> dict[str, Choice]:
    """Return what each selector chooses, by its name; empty where nobody states an answer."""
    return {name: select(ballots) for name, select in SELECTORS.items()} if ballots else {}


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


def _score(one: Ballot, by: Aggregation) -> float:
    return score(one.grades, one.steps, by)


def _answers(ballots: Sequence[Ballot]) -> int:
    return len({one.answer for one in ballots})


def _named() -> Iterator[tuple[str, Callable[[Sequence[Ballot]], Choice]]]:
    yield "majority_vote", partial(_voted, by=None)
    for by in AGGREGATIONS:
        yield f"prm_{by}_max", partial(_highest, by=by)
        yield f"prm_{by}_vote", partial(_voted, by=by)


SELECTORS: Mapping[str, Callable[[Sequence[Ballot]], Choice]] = dict(_named())
"""Every selector, by its name."""

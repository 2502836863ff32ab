import asyncio

from labelers import OutcomeLabeler
from schemas import Evidence, Outcome, Problem, StopRule
from schemas.views import Hard

from .worlds import KnownWorld

PROBLEM = Problem(id="p", source="s", question="?", answer="1")


def test_every_step_gets_the_solutions_own_verdict_and_nothing_is_sampled() -> None:
    world = KnownWorld([("a\n1", Outcome.CORRECT), ("a\nb\n2", Outcome.INCORRECT)], {})
    labelling = asyncio.run(OutcomeLabeler(num_solutions=2).label(PROBLEM, world))
    right, wrong = labelling.solutions
    assert right.evidence == (Evidence(correct=1, stop_rule=StopRule.TERMINAL),) * 2
    assert Hard(after_error="keep").labels(right) == (True, True)
    assert Hard(after_error="keep").labels(wrong) == (False, False, False)
    assert (right.first_error, wrong.first_error) == (-1, 0)
    assert world.asked == {}


def test_an_undecided_solution_is_labelled_with_nothing() -> None:
    world = KnownWorld([("a\n1", Outcome.UNDECIDED)], {})
    labelling = asyncio.run(OutcomeLabeler(num_solutions=1).label(PROBLEM, world))
    assert Hard().labels(labelling.solutions[0]) == (None, None)
    assert labelling.solutions[0].first_error is None

"""Answer likelihood: labels from scores alone."""

import asyncio

import pytest

from labelers import AnswerLikelihood
from schemas import LabelledSolution, Outcome, Problem
from tests.labelers.worlds import KnownWorld

PROBLEM = Problem(id="p", source="s", question="?", answer="1")
RIGHT, WRONG = Outcome.CORRECT, Outcome.INCORRECT
LONG = "a\nb\nc\n2"
ROOTS = [("q\n1", RIGHT), ("t\n3", WRONG)]
LEADS = {"a\n": 3.0, "a\nb\n": 1.5, "a\nb\nc\n": -2.0}
SCORES = {(prefix, "1"): lead for prefix, lead in LEADS.items()}


def label(settings: AnswerLikelihood, world: KnownWorld) -> LabelledSolution:
    return asyncio.run(settings.label(PROBLEM, world)).solutions[0]


@pytest.mark.parametrize(("threshold", "error"), [(0.0, 2), (2.0, 1), (4.0, 0), (-3.0, 3)])
def test_the_first_step_at_or_below_the_threshold_is_the_first_error(
    threshold: float, error: int
) -> None:
    world = KnownWorld([(LONG, WRONG), *ROOTS], {}, scores=SCORES)
    solution = label(AnswerLikelihood(num_solutions=3, threshold=threshold), world)
    assert solution.first_error == error
    assert [one.net_information for one in solution.readings] == [3.0, 1.5, -2.0, None]


def test_no_completion_is_asked_for_beyond_the_questions_own() -> None:
    world = KnownWorld([(LONG, WRONG), *ROOTS], {}, scores=SCORES)
    label(AnswerLikelihood(num_solutions=3), world)
    assert not world.asked
    assert {text for _, text in world.scored} == {"1", "2", "3"}


@pytest.mark.parametrize(("choice", "error"), [("trust", -1), ("full", 2), ("spot_probe", 2)])
def test_right_answers_are_trusted_or_read(choice: str, error: int) -> None:
    world = KnownWorld([("a\nb\nc\n1", RIGHT), *ROOTS], {}, scores=SCORES)
    settings = AnswerLikelihood.model_validate(
        {"num_solutions": 1, "right_answers": choice, "screen": {"num_rollouts": 3}}
    )
    solution = label(settings, world)
    assert solution.first_error == error
    assert bool(world.scored) == (choice != "trust")


def test_it_abstains_where_no_wrong_answer_is_known() -> None:
    world = KnownWorld([("a\nb", Outcome.NO_ANSWER), ("q\n1", RIGHT)], {})
    solution = label(AnswerLikelihood(num_solutions=2), world)
    assert solution.first_error is None
    assert solution.readings == ()

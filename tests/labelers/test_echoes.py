"""Which right rollouts write the same as a step."""

import pytest

from labelers.echoes import Echoes
from labelers.solutions import Solution
from schemas import ROOT, Outcome, Rollout, StepReading
from tests.labelers.worlds import KnownWorld, rollout

RIGHT, WRONG = Outcome.CORRECT, Outcome.INCORRECT
WORLD = KnownWorld([], {})
ROOTS = [
    rollout(ROOT, 0, "Tom has 2 + 3 = 5.\nSo 5 * 2 = 10\n#### 10", RIGHT),
    rollout(ROOT, 1, "tom  has 2 + 3 = 5\nThat is 5*2 = 10\n#### 10", RIGHT),
    rollout(ROOT, 2, "Tom has 2 + 3 = 6.\n#### 12", WRONG),
]


def solution(of: Rollout) -> Solution:
    return Solution(rollout=of, prefixes=WORLD.prefixes(of))


@pytest.mark.parametrize(
    ("step", "text", "equations"),
    [
        ("Tom has 2 + 3 = 5.\n", 2, 2),
        ("Mia has 2+3 = 5.\n", 0, 2),
        ("So 5 * 2 = 10\n", 1, 2),
        ("Tom has 2 + 3 = 6.\n", 0, 0),
        ("2 + 3 = 5 and 5 * 2 = 11\n", 0, 0),
        ("Now we add.\n", 0, None),
    ],
)
def test_steps_echo_in_words_and_in_equations(step: str, text: int, equations: int | None) -> None:
    found = Echoes(ROOTS, WORLD).of(step, solution(ROOTS[2]))
    assert found == StepReading(echo_of=2, echo=text, equation_echo=equations)


def test_a_solution_is_no_echo_of_itself() -> None:
    echoes = Echoes(ROOTS, WORLD)
    found = echoes.of("So 5 * 2 = 10\n", solution(ROOTS[0]))
    assert (found.echo_of, found.echo) == (1, 0)

"""Which right rollouts write the same as a step."""

import pytest

from labelers.echoes import Echoes
from labelers.solutions import Solution
from schemas import ROOT, Outcome, Rollout
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
        ("Tom has 2 + 3 = 5.\n", 1.0, 1.0),
        ("Mia has 2+3 = 5.\n", 0.0, 1.0),
        ("So 5 * 2 = 10\n", 0.5, 1.0),
        ("Tom has 2 + 3 = 6.\n", 0.0, 0.0),
        ("2 + 3 = 5 and 5 * 2 = 11\n", 0.0, 0.0),
        ("Now we add.\n", 0.0, None),
    ],
)
def test_steps_echo_in_words_and_in_equations(
    step: str, text: float, equations: float | None
) -> None:
    echoes = Echoes(ROOTS, WORLD)
    assert echoes.of_text(step, solution(ROOTS[2])) == text
    assert echoes.of_equations(step, solution(ROOTS[2])) == equations


def test_a_solution_is_no_echo_of_itself() -> None:
    echoes = Echoes(ROOTS, WORLD)
    assert echoes.of_text("So 5 * 2 = 10\n", solution(ROOTS[0])) == 0.0
    assert Echoes(ROOTS[1:], WORLD).of_text("tom has 2 + 3 = 5", solution(ROOTS[1])) is None

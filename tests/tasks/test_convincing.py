"""Which solutions of a pool are taken, by hand."""

import pytest

from schemas import Outcome
from tasks.recipes.convincing import Scored, convincing, ranks, uniform

RIGHT, WRONG = Outcome.CORRECT, Outcome.INCORRECT


def scored(number: int, score: float, outcome: str = WRONG, problem: str = "a") -> Scored:
    return Scored(key=(problem, number), score=score, outcome=outcome)


POOL = [
    scored(0, 0.2),
    scored(1, 0.9, RIGHT),
    scored(2, 0.8),
    scored(3, 0.7),
    scored(4, 0.95, Outcome.UNDECIDED),
    scored(5, 0.6, Outcome.NO_ANSWER),
    scored(6, 0.5),
]


def test_wrong_answers_come_first_and_the_rest_are_the_best_of_what_is_left() -> None:
    found = convincing(POOL, 5, share=0.8)
    assert found == {
        ("a", 2): "wrong",
        ("a", 3): "wrong",
        ("a", 6): "wrong",
        ("a", 0): "wrong",
        ("a", 1): "rest",
    }
    assert convincing(POOL, 2, share=0.5) == {("a", 2): "wrong", ("a", 1): "rest"}


def test_a_problem_with_few_wrong_answers_gives_fewer_and_not_more_right_ones() -> None:
    pool = [scored(0, 0.4), *(scored(n, 0.9, RIGHT) for n in range(1, 9))]
    found = convincing(pool, 5, share=0.8)
    assert found == {("a", 0): "wrong", ("a", 1): "rest"}


@pytest.mark.parametrize("count", [1, 3, 7, 20])
def test_what_could_not_be_decided_is_never_taken_and_no_answer_is_no_convincing_wrong_one(
    count: int,
) -> None:
    found = convincing(POOL, count, share=0.5)
    assert ("a", 4) not in found
    assert found.get(("a", 5)) != "wrong"
    assert ("a", 4) not in uniform(POOL, count, seed="0")


def test_ranks_are_those_of_wrong_answers_in_their_own_problem() -> None:
    pool = [*POOL, scored(0, 0.1, problem="b"), scored(1, 0.3, RIGHT, problem="b")]
    assert ranks(pool) == {("a", 2): 1, ("a", 3): 2, ("a", 6): 3, ("a", 0): 4, ("b", 0): 1}


def test_of_equal_scores_the_first_is_taken_whatever_their_number() -> None:
    pool = [scored(n, 0.5) for n in range(6)]
    assert list(convincing(pool, 2, share=1)) == [("a", 0), ("a", 1)]


def test_a_draw_depends_on_its_seed_alone() -> None:
    assert uniform(POOL, 3, seed="x") == uniform(POOL, 3, seed="x")
    assert len({frozenset(uniform(POOL, 3, seed=str(n))) for n in range(20)}) > 3

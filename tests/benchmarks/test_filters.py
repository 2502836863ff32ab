"""What `benchmarks.filters` plants is what it says."""

import random

from benchmarks.filters import planted
from schemas import Problem, problem_id

_THINGS = ("apples", "stamps", "marbles", "books", "ribbons", "pencils", "coins", "shells")
_DOINGS = ("gives", "sells", "lends", "sends", "throws", "shows", "leaves", "offers")


def asked(rng: random.Random) -> Problem:
    thing, doing = rng.choice(_THINGS), rng.choice(_DOINGS)
    first, second = rng.randrange(20, 99), rng.randrange(2, 19)
    question = (
        f"Yesterday Maria had {first} {thing} in a box under her old wooden bed. Then she {doing} "
        f"{second} of them to a friend who lives near the river. How many {thing} does Maria have?"
    )
    answer = str(first - second)
    return Problem(
        id=problem_id("tests", question, answer), source="tests", question=question, answer=answer
    )


def test_planted_copies_are_found_and_problems_of_the_same_template_are_not() -> None:
    rng = random.Random(0)
    problems = list({one.question: one for one in (asked(rng) for _ in range(60))}.values())
    found = {one.plant: one for one in planted("toy", problems, 0.5, seed=0)}
    assert found["numbers changed"].taken == 0
    for plant in ("spelled otherwise", "a sentence moved"):
        assert found[plant].taken == found[plant].planted > 0
    assert found["8 words changed"].taken < found["8 words changed"].planted

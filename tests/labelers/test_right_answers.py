import asyncio
from collections.abc import Collection

import pytest

from labelers.bisection import Alive, bisect
from labelers.right_answers import RightAnswers, first_error_of_right, spots


def probing(dead: Collection[int], asked: list[int], mute: Collection[int] = ()) -> Alive:
    async def is_alive(length: int) -> bool | None:
        asked.append(length)
        return None if length in mute else length not in dead

    return is_alive


def test_bisection_finds_the_step_behind_the_longest_live_prefix() -> None:
    for steps in range(1, 20):
        for error in range(steps):
            asked: list[int] = []
            found = asyncio.run(bisect(0, steps, probing(range(error + 1, steps), asked)))
            assert found == error
            assert len(asked) <= (steps - 1).bit_length()
            assert all(0 < one < steps for one in asked)


def test_bisection_worked_out_by_hand() -> None:
    asked: list[int] = []
    assert asyncio.run(bisect(0, 8, probing({6, 7}, asked))) == 5
    assert asked == [4, 6, 5]


def test_a_probe_without_a_decided_rollout_ends_the_search_without_a_claim() -> None:
    assert asyncio.run(bisect(0, 8, probing({6, 7}, [], mute={4}))) is None


@pytest.mark.parametrize(
    ("steps", "choice", "expected"),
    [
        (8, "trust", ()),
        (8, "spot_probe", (2, 4, 6)),
        (8, "full", (1, 2, 3, 4, 5, 6, 7)),
        (2, "spot_probe", (1,)),
        (1, "spot_probe", ()),
        (1, "full", ()),
        (3, "spot_probe", (1, 2)),
    ],
)
def test_spots_are_proper_prefixes(
    steps: int, choice: RightAnswers, expected: tuple[int, ...]
) -> None:
    assert spots(steps, choice) == expected


def test_a_dead_spot_is_narrowed_down_from_the_one_before_it() -> None:
    asked: list[int] = []
    found = asyncio.run(first_error_of_right(8, "spot_probe", probing({3, 4, 5}, asked)))
    assert found == 2
    assert asked == [2, 4, 3]


def test_right_answers_are_trusted_without_a_probe_or_probed_throughout() -> None:
    asked: list[int] = []
    assert asyncio.run(first_error_of_right(8, "trust", probing({3}, asked))) == -1
    assert asked == []
    assert asyncio.run(first_error_of_right(8, "full", probing({5}, asked))) == 4
    assert asked == [1, 2, 3, 4, 5]
    assert asyncio.run(first_error_of_right(4, "full", probing((), []))) == -1
    assert asyncio.run(first_error_of_right(4, "full", probing((), [], mute={2}))) is None

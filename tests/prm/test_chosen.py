"""What each way of choosing takes, worked out by hand."""

import pytest

from prm.chosen import Candidate, choices


def right(*grades: float, times: int = 1) -> Candidate:
    return Candidate(answer="", right=True, times=times, grades=grades)


def wrong(answer: str, *grades: float, times: int = 1) -> Candidate:
    return Candidate(answer=answer, right=False, times=times, grades=grades)


def shares(*problems: list[Candidate], top: int = 4) -> dict[str, float]:
    return {name: choice.share for name, choice in choices(problems, top=top).items()}


def test_each_aggregation_may_choose_another_solution() -> None:
    found = shares([right(0.5, 0.9), wrong("7", 0.8, 0.6)])
    assert found["best of N, last"] == 1
    assert found["best of N, min"] == 0
    assert found["best of N, product"] == 0


def test_votes_are_weighed_by_scores_and_by_how_often_a_solution_came() -> None:
    found = shares([right(0.9), wrong("7", 0.2, times=3), wrong("8", 0.3)])
    assert found["majority"] == 0
    assert found["weighted, last"] == 1
    assert found["mean"] == pytest.approx(1 / 5)
    assert found["pass"] == 1


def test_the_best_few_samples_vote_and_all_that_tie_for_the_last_place_among_them() -> None:
    candidates = [wrong("7", 0.9), right(0.8), right(0.6), wrong("8", 0.6, times=5)]
    assert shares(candidates, top=1)["top 1, last"] == 0
    assert shares(candidates, top=2)["top 2, last"] == 0.5
    assert shares(candidates, top=3)["top 3, last"] == 0
    assert shares(candidates[:3], top=3)["top 3, last"] == 1


def test_equal_answers_vote_together() -> None:
    found = shares([right(0.5), wrong("7", 0.3), wrong("7", 0.3)])
    assert found["best of N, last"] == 1
    assert found["weighted, last"] == 0


def test_a_tie_is_worth_the_share_of_right_ones_in_it() -> None:
    found = shares([right(0.5), wrong("7", 0.5)])
    assert found["best of N, last"] == 0.5
    assert found["majority"] == 0.5


def test_problems_count_alike_and_those_without_an_answer_not_at_all() -> None:
    found = shares([right(0.5)], [wrong("7", 0.5)], [])
    assert found["pass"] == 0.5
    assert shares([], []) == {}


def test_a_solution_of_which_nothing_was_read_comes_last() -> None:
    assert shares([right(0.1), wrong("7")])["best of N, last"] == 1


def test_intervals_hold_the_share() -> None:
    problems = [[right(0.9), wrong("7", 0.1)] if n % 3 else [wrong("7", 0.9)] for n in range(30)]
    for choice in choices(problems, top=4).values():
        assert choice.interval[0] <= choice.share <= choice.interval[1]

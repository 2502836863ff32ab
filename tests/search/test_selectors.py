"""Which answer each selector takes, by hand."""

import pytest

from search.selectors import SELECTORS, Ballot, selected


def ballot(
    at: int, answer: int, *grades: float, times: int = 1, steps: int | None = None
) -> Ballot:
    count = len(grades) if steps is None else steps
    return Ballot(candidate=at, answer=answer, grades=grades, steps=count, times=times)


FOUR = [
    ballot(0, 7, 0.2, 0.6),
    ballot(1, 8, 0.5, 0.9),
    ballot(2, 7, 0.3, 0.5),
    ballot(3, 9, 0.6, 0.6),
]


def test_openrs_five_selectors_and_those_by_product_are_there() -> None:
    assert set(SELECTORS) == {
        "majority_vote",
        *("prm_min_max", "prm_min_vote", "prm_last_max", "prm_last_vote"),
        *("prm_product_max", "prm_product_vote"),
    }


@pytest.mark.parametrize(
    ("selector", "candidate", "score"),
    [
        ("majority_vote", 0, 2.0),  # 7 twice
        ("prm_last_max", 1, 0.9),
        ("prm_last_vote", 0, 1.1),  # 7: 0.6 + 0.5
        ("prm_min_max", 3, 0.6),
        ("prm_min_vote", 3, 0.6),  # 7: 0.2 + 0.3, 8: 0.5, 9: 0.6
        ("prm_product_max", 1, 0.45),
        ("prm_product_vote", 1, 0.45),  # 7: 0.12 + 0.15
    ],
)
def test_each_takes_its_answer_and_the_best_solution_of_it(
    selector: str, candidate: int, score: float
) -> None:
    choice = selected(FOUR)[selector]
    assert choice.candidate == candidate
    assert choice.score == pytest.approx(score)
    assert choice.answers == 3


def test_of_equals_the_first_wins_whatever_the_selector() -> None:
    tied = [ballot(4, 2, 0.5), ballot(5, 1, 0.5)]
    assert {choice.candidate for choice in selected(tied).values()} == {4}
    assert {choice.candidate for choice in selected(tied[::-1]).values()} == {5}


def test_a_solution_sampled_twice_votes_twice_and_scores_once() -> None:
    choices = selected([ballot(0, 1, 0.9), ballot(1, 2, 0.5, times=2)])
    assert choices["majority_vote"].candidate == 1
    assert choices["prm_last_vote"].candidate == 1
    assert choices["prm_last_max"].candidate == 0


def test_a_solution_the_model_could_not_read_to_its_end_is_worth_nothing() -> None:
    choices = selected([ballot(0, 1, 0.9, steps=2), ballot(1, 2, 0.1)])
    assert choices["prm_min_max"].candidate == choices["prm_last_vote"].candidate == 1
    assert choices["majority_vote"].candidate == 0


def test_nobody_with_an_answer_means_no_choice() -> None:
    assert selected([]) == {}

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


def test_openrs_five_selectors_and_those_by_product_and_of_the_best_are_there() -> None:
    assert set(SELECTORS) == {
        "majority_vote",
        *("prm_min_max", "prm_min_vote", "prm_last_max", "prm_last_vote"),
        *("prm_product_max", "prm_product_vote"),
        *("prm_min_top", "prm_last_top", "prm_product_top"),
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
        ("prm_last_top", 1, 1.0),  # three answers once each: the best-scored one's
        ("prm_min_top", 3, 1.0),
    ],
)
def test_each_takes_its_answer_and_the_best_solution_of_it(
    selector: str, candidate: int, score: float
) -> None:
    choice = selected(FOUR, top=3)[selector]
    assert choice.candidate == candidate
    assert choice.score == pytest.approx(score)
    assert choice.answers == 3


def test_of_equals_the_first_wins_whatever_the_selector() -> None:
    tied = [ballot(4, 2, 0.5), ballot(5, 1, 0.5)]
    assert {choice.candidate for choice in selected(tied, top=2).values()} == {4}
    assert {choice.candidate for choice in selected(tied[::-1], top=2).values()} == {5}


def test_a_solution_sampled_twice_votes_twice_and_scores_once() -> None:
    choices = selected([ballot(0, 1, 0.9), ballot(1, 2, 0.5, times=2)], top=3)
    assert choices["majority_vote"].candidate == 1
    assert choices["prm_last_vote"].candidate == 1
    assert choices["prm_last_max"].candidate == 0


def test_of_the_best_samples_alone_the_answer_that_most_of_them_state() -> None:
    ballots = [
        ballot(0, 8, 0.9),
        ballot(1, 7, 0.8),
        ballot(2, 7, 0.7, times=3),
        ballot(3, 9, 0.1, times=5),
    ]
    for top, candidate, votes in ((1, 0, 1.0), (3, 1, 2.0), (10, 3, 5.0)):
        choice = selected(ballots, top=top)["prm_last_top"]
        assert (choice.candidate, choice.score, choice.answers) == (candidate, votes, 3)


def test_a_solution_the_model_could_not_read_to_its_end_is_worth_nothing() -> None:
    choices = selected([ballot(0, 1, 0.9, steps=2), ballot(1, 2, 0.1)], top=1)
    assert choices["prm_min_max"].candidate == choices["prm_last_vote"].candidate == 1
    assert choices["majority_vote"].candidate == 0


def test_nobody_with_an_answer_means_no_choice() -> None:
    assert selected([], top=4) == {}

"""Mutual consistency: where solutions are cut, which are kept, and what wins, by hand."""

import pytest

from labelers.rstar.consistency import (
    Candidate,
    Masking,
    chosen,
    have_agreed,
    masked,
    survives,
    voted,
)


def candidate(number: int, group: int, frequency: int = 1) -> Candidate:
    return Candidate(
        number=number, text=f"text {number}", answer=str(group), group=group, frequency=frequency
    )


def test_masks_lie_evenly_between_a_fifth_and_half_of_the_words() -> None:
    assert Masking().shares == (0.2, 0.3, 0.4, 0.5)
    assert Masking(masks=1).shares == (0.2,)
    assert Masking(masks=3, shortest=0.2, longest=0.8).shares == (0.2, 0.5, 0.8)
    with pytest.raises(ValueError, match="swap them"):
        Masking(shortest=0.6)


def test_a_mask_shows_whole_words_and_keeps_what_stands_between_them() -> None:
    text = "a b\nc d\n\ne f g h i j"
    assert [masked(text, share) for share in (0.2, 0.3, 0.45, 0.5)] == [
        "a b",
        "a b\nc",
        "a b\nc d\n\ne",  # 4.5 words, rounded up
        "a b\nc d\n\ne",
    ]
    assert masked("word", 0.2) == "word"
    assert masked("", 0.5) == ""


def test_a_candidate_is_kept_where_at_least_half_of_what_was_decided_agrees() -> None:
    assert survives([True, True, False, False])
    assert not survives([True, False, False, False])
    assert not survives([True, False, False])  # of three cuts two
    assert survives([True, None, None, None])  # cut completions count neither way
    assert not survives([None, None])


def test_the_score_of_an_answer_is_its_share_of_the_kept_and_how_many_of_its_own_were() -> None:
    """Answer 0: 4 candidates, 2 kept. Answer 1: 1 candidate, kept.

    2/3 + 2/4 = 1.167 and 1/3 + 1/1 = 1.333.
    """
    some = [candidate(n, 0) for n in range(4)] + [candidate(4, 1)]
    won = chosen(some, {1, 2, 4})
    assert (won.by, won.candidate) == ("mutual_consistency", 4)
    assert won.score == pytest.approx(4 / 3)
    assert voted(some).candidate == 0


def test_the_first_kept_candidate_of_the_answer_stands_for_it() -> None:
    some = [candidate(0, 0), candidate(1, 0), candidate(2, 1)]
    assert chosen(some, {1, 2}).candidate == 2  # 1/2 + 1/2 and 1/2 + 1
    assert chosen(some, {0, 1}).candidate == 0
    assert chosen(some, {1}).candidate == 1


def test_solutions_count_as_often_as_the_tree_has_them() -> None:
    some = [candidate(0, 0), candidate(1, 0), candidate(2, 1, frequency=3)]
    assert voted(some).candidate == 2
    assert voted(some).score == pytest.approx(3 / 5)


def test_where_none_is_kept_the_plain_vote_decides_and_where_there_is_none_nothing() -> None:
    some = [candidate(0, 1), candidate(1, 0), candidate(2, 0)]
    assert (chosen(some, ()).by, chosen(some, ()).candidate) == ("vote", 1)
    assert (chosen([], ()).by, chosen([], ()).candidate) == ("", None)


def test_who_agrees_already_is_not_asked() -> None:
    assert have_agreed([candidate(0, 0), candidate(1, 0)], 0.999)
    assert not have_agreed([candidate(0, 0, 900), candidate(1, 1)], 0.999)
    assert have_agreed([candidate(0, 0, 999), candidate(1, 1)], 0.999)
    assert not have_agreed([], 0.999)

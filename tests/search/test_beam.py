"""Beams worked out by hand."""

import asyncio

import pytest
from pydantic import ValidationError

from search import BeamSearch, Lookahead
from search.seam import Found
from tests.search.askers import TableAsker, endless, wrote

STEPS = {
    "": [wrote("a\n"), wrote("b\n"), wrote("a\n"), wrote("c\n")],
    "a\n": [wrote("d\n"), wrote("#1", "stop")],
    "b\n": [wrote("e\n"), wrote("f\n")],
    "c\n": [wrote("#9", "stop")],
    "a\nd\n": [wrote("#2", "stop"), wrote("#3", "stop")],
    "b\ne\n": [wrote("#4", "stop"), wrote("", "length")],
    "b\nf\n": [wrote("#5", "stop")],
}
GRADES = {"a\n": 0.9, "b\n": 0.8, "c\n": 0.1, "d\n": 0.2, "#1": 0.3, "e\n": 0.7, "f\n": 0.6}


def searched(search: BeamSearch | Lookahead, asker: TableAsker) -> Found:
    return asyncio.run(search.search(asker))


def kept(found: Found) -> list[str]:
    return ["".join(place.steps) for place in found.trace if place.kept]


def test_the_n_over_m_best_go_on_and_each_is_expanded_m_times() -> None:
    asker = TableAsker(STEPS, GRADES)
    found = searched(BeamSearch(n=4, expand=2), asker)
    # Round 0: a (twice), b, c; two are kept. Round 1: ad .2, a#1 .3, be .7, bf .6: both of b's.
    # Round 2: be#4 .5, bf#5 .5 (twice).
    assert asker.asked == [
        ("", 0, 4),
        ("a\n", 0, 2),
        ("b\n", 0, 2),
        ("b\ne\n", 0, 2),
        ("b\nf\n", 0, 2),
    ]
    assert kept(found) == ["a\n", "b\n", "b\ne\n", "b\nf\n", "b\ne\n#4", "b\nf\n#5"]
    assert [place.round for place in found.trace] == [0] * 3 + [1] * 4 + [2] * 2
    assert [place.parent for place in found.trace] == [-1] * 3 + [0, 0, 1, 1] + [5, 6]
    assert [place.times for place in found.trace] == [2, 1, 1, 1, 1, 1, 1, 1, 2]


def test_every_solution_that_ended_is_a_candidate_also_one_not_kept() -> None:
    found = searched(BeamSearch(n=4, expand=2), TableAsker(STEPS, GRADES))
    assert ["".join(one.steps) for one in found.candidates] == ["a\n#1", "b\ne\n#4", "b\nf\n#5"]
    assert [one.times for one in found.candidates] == [1, 1, 2]
    assert found.candidates[0].grades == (0.9, 0.3)
    assert [one.tokens for one in found.candidates] == [2, 3, 3]
    assert [found.trace[one.place].kept for one in found.candidates] == [False, True, True]


def test_a_kept_solution_takes_its_beams_place_to_the_end() -> None:
    grades = GRADES | {"#1": 0.95, "d\n": 0.9}
    asker = TableAsker(STEPS, grades)
    found = searched(BeamSearch(n=4, expand=2), asker)
    # Round 1 keeps a#1 (ended) and ad: one beam is left in round 2.
    assert asker.asked[-1] == ("a\nd\n", 0, 2)
    assert kept(found)[-1] == "a\nd\n#2"
    assert "a\nd\n#3" not in kept(found)


def test_of_equal_scores_the_first_is_kept() -> None:
    steps = {"": [wrote("x", "stop"), wrote("y", "stop")]}
    assert kept(searched(BeamSearch(n=2, expand=2), TableAsker(steps, {}))) == ["x"]


def test_a_step_that_was_cut_is_in_the_trace_and_leads_nowhere() -> None:
    steps = {"": [wrote("long", "length"), wrote("y", "stop")]}
    found = searched(BeamSearch(n=2, expand=1), TableAsker(steps, {"long": 1.0}))
    assert kept(found) == ["y"]
    assert [place.end for place in found.trace] == ["length", "stop"]


def test_the_policy_may_end_a_solution_without_another_step() -> None:
    steps = {"": [wrote("#1\n")], "#1\n": [wrote("", "stop")]}
    found = searched(BeamSearch(n=1, expand=1), TableAsker(steps, {"#1\n": 0.4}))
    assert [one.steps for one in found.candidates] == [("#1\n",)]
    assert found.candidates[0].grades == (0.4,)
    assert found.trace[1].score == 0.4


def test_a_solution_that_never_ends_is_no_candidate() -> None:
    found = searched(BeamSearch(n=2, expand=2, rounds=5), TableAsker(endless(), {}))
    assert found.candidates == ()
    assert len(found.trace) == 5


def test_scores_may_be_the_least_or_the_product_of_the_grades() -> None:
    steps = {
        "": [wrote("low\n"), wrote("mid\n")],
        "low\n": [wrote("high", "stop")],
        "mid\n": [wrote("good", "stop")],
    }
    grades = {"low\n": 0.1, "mid\n": 0.5, "high": 0.9, "good": 0.6}

    def ended(aggregation: str) -> list[str]:
        search = BeamSearch.model_validate({"n": 2, "expand": 1, "aggregation": aggregation})
        trace = searched(search, TableAsker(steps, grades)).trace
        last = [place for place in trace if place.end == "stop"]
        return [place.step for place in sorted(last, key=lambda place: -place.score)]

    assert ended("last") == ["high", "good"]
    assert ended("min") == ended("product") == ["good", "high"]


def test_lookahead_scores_where_a_step_leads_not_the_step() -> None:
    steps = {
        "": [wrote("fine\n"), wrote("dull\n")],
        "fine\n": [wrote("#1", "stop")],
        "dull\n": [wrote("#2", "stop")],
    }
    grades = {"fine\n": 0.9, "dull\n": 0.2, "ruin": 0.1, "gold": 0.8}
    ahead = {"fine\n": ["so\n", "ruin"], "dull\n": ["so\n", "gold"]}
    asker = TableAsker(steps, grades, likeliest=ahead)
    assert kept(searched(BeamSearch(n=2, expand=2), asker))[0] == "fine\n"
    found = searched(Lookahead(n=2, expand=2, k=2), asker)
    assert kept(found)[0] == "dull\n"
    fine, dull = found.trace[:2]
    assert (fine.score, dull.score) == (0.1, 0.8)
    assert dull.ahead == ("so\n", "gold")
    assert dull.grades == (0.2,)


def test_a_step_that_ends_a_solution_is_scored_as_it_is() -> None:
    steps = {"": [wrote("x", "stop")]}
    asker = TableAsker(steps, {"x": 0.7}, likeliest={"x": ["never"]})
    (place,) = searched(Lookahead(n=1, expand=1), asker).trace
    assert (place.ahead, place.score) == ((), 0.7)


def test_beams_that_are_no_whole_number_are_refused() -> None:
    with pytest.raises(ValidationError, match="expand=4 does not divide n=6"):
        BeamSearch(n=6, expand=4)

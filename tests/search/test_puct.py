"""A tree worked out by hand, and the rule by which it grows."""

import asyncio
import math

import pytest

from search import Puct
from search.places import siblings
from search.puct import priors, puct
from search.seam import Found
from tests.search.askers import TableAsker, endless, wrote

STEPS = {
    "": [wrote("a\n", logprob=math.log(0.6)), wrote("b\n", logprob=math.log(0.2))],
    "a\n": [wrote("#1", "stop"), wrote("#2", "stop")],
    "b\n": [wrote("#3", "stop"), wrote("#3", "stop")],
}
GRADES = {"a\n": 0.5, "b\n": 0.6, "#1": 0.3, "#2": 0.2, "#3": 0.9}


def searched(search: Puct, asker: TableAsker) -> Found:
    return asyncio.run(search.search(asker))


def ended(found: Found) -> list[str]:
    return ["".join(one.steps) for one in found.candidates]


def test_the_rule_is_alphazeros() -> None:
    worth = puct(0.5, 0.25, visits=1, parent_visits=9, c_base=19652, c_init=1.25)
    assert worth == pytest.approx(0.5 + 0.25 * 3 / 2 * (math.log(19662 / 19652) + 1.25))


def test_priors_are_shares_of_the_mean_token_probability() -> None:
    assert priors(siblings(STEPS[""])) == pytest.approx([0.75, 0.25])


@pytest.mark.parametrize("logprob", [None, -math.inf])
def test_without_probabilities_all_siblings_are_alike(logprob: float | None) -> None:
    two = [wrote("a", logprob=logprob), wrote("b", logprob=logprob)]
    assert priors(siblings(two)) == [0.5, 0.5]


def test_paths_go_by_value_and_prior_and_back_up_the_scores_of_their_ends() -> None:
    found = searched(Puct(paths=3, width=2), TableAsker(STEPS, GRADES))
    # Path 0: no visits yet, so b (0.6) goes before a (0.5) and ends in #3: 0.9.
    # Path 1: b has nothing new below. a: 0.5, and in it #1 0.3 before #2 0.2. Path 2: #2.
    assert ended(found) == ["b\n#3", "a\n#1", "a\n#2"]
    rows = {"".join(place.steps): place for place in found.trace}
    assert rows["b\n"].visits == 1
    assert rows["b\n"].q_value == 0.9
    assert rows["a\n"].visits == 2
    assert rows["a\n"].q_value == pytest.approx((0.3 + 0.2) / 2)
    assert rows["b\n#3"].times == 2
    assert rows["a\n"].prior == pytest.approx(0.75)
    assert all(place.kept for place in found.trace)


def test_a_large_prior_weight_goes_where_the_policy_would() -> None:
    steps = STEPS | {"b\n": [wrote("#3", "stop"), wrote("#4", "stop")]}
    found = searched(Puct(paths=2, width=2, c_init=50), TableAsker(steps, GRADES))
    # Path 0 has no visit to weigh a prior with; path 1 has one, and a's prior is three times b's.
    assert ended(found) == ["b\n#3", "a\n#1"]
    timid = searched(Puct(paths=2, width=2, c_init=0), TableAsker(steps, GRADES))
    assert ended(timid) == ["b\n#3", "b\n#4"]


def test_no_path_ends_twice_in_one_solution_and_an_exhausted_tree_ends_the_search() -> None:
    asker = TableAsker(STEPS, GRADES)
    found = searched(Puct(paths=50, width=2), asker)
    assert sorted(ended(found)) == ["a\n#1", "a\n#2", "b\n#3"]
    assert len(asker.asked) == 3


def test_where_all_samples_are_cut_more_are_taken_and_then_the_path_is_worth_nothing() -> None:
    steps = {"": [wrote("a\n")], "a\n": [wrote("x", "length")]}
    asker = TableAsker(steps, {"a\n": 0.9, "x": 1.0})
    found = searched(Puct(paths=5, width=2, tries=3), asker)
    assert asker.asked == [("", 0, 2), ("a\n", 0, 2), ("a\n", 2, 2), ("a\n", 4, 2)]
    assert found.candidates == ()
    assert found.trace[0].visits == 1
    assert found.trace[0].q_value == 0.0


def test_a_path_without_end_stops_at_the_depth_and_is_worth_nothing() -> None:
    found = searched(Puct(paths=3, width=2, depth=4), TableAsker(endless(), {}))
    assert found.candidates == ()
    assert len(found.trace) == 4
    assert {place.q_value for place in found.trace} == {0.0}

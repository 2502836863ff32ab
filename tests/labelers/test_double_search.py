import asyncio
from collections.abc import Mapping, Sequence

import pytest

from labelers import DoubleSearch, Screen
from schemas import Evidence, Labelling, Outcome, Prefix, Problem, Rollout, StopRule

from .worlds import KnownWorld

PROBLEM = Problem(id="p", source="s", question="?", answer="1")
RIGHT, WRONG = Outcome.CORRECT, Outcome.INCORRECT
LINES = "a\nb\nc\nd\ne\nf\ng\n2"
ROOTS = [(LINES, WRONG), ("z\n1", RIGHT)]


def texts(count: int) -> list[str]:
    """Return the prefixes of LINES with 1, ..., count steps."""
    lines = LINES.splitlines(keepends=True)
    return ["".join(lines[: n + 1]) for n in range(count)]


class Told(KnownWorld):
    """A world that dictates the outcomes of prefixes: + right, - wrong, 0 truncated."""

    def __init__(self, solutions: Sequence[tuple[str, Outcome]], told: Mapping[str, str]) -> None:
        super().__init__(solutions, {})
        self._told = told
        self.order: list[tuple[str, int]] = []

    async def sample(self, prefix: Prefix, *, start: int = 0, count: int) -> tuple[Rollout, ...]:
        taken = await super().sample(prefix, start=start, count=count)
        if prefix.steps:
            self.order += [(prefix.text, one.sample_index) for one in taken]
        return taken

    def _outcome(self, text: str, index: int) -> Outcome:
        return {"+": RIGHT, "-": WRONG, "0": Outcome.TRUNCATED}[self._told[text][index]]


def label(settings: DoubleSearch, world: KnownWorld) -> Labelling:
    return asyncio.run(settings.label(PROBLEM, world))


def test_one_search_worked_out_by_hand() -> None:
    prefix = texts(7)
    world = Told(ROOTS, {prefix[3]: "-+", prefix[5]: "--", prefix[4]: "+-"})
    settings = DoubleSearch(num_solutions=2, num_searches=1, num_rollouts=2)
    wrong, right = label(settings, world).solutions
    # 4 steps live at the second rollout, 6 are dead, 5 live at the first: step 5 is wrong.
    assert world.order == [
        (prefix[3], 0),
        (prefix[3], 1),
        (prefix[5], 0),
        (prefix[5], 1),
        (prefix[4], 0),
    ]
    assert wrong.first_error == 5
    early = StopRule.FIRST_SUCCESS
    assert wrong.evidence == (
        Evidence(),
        Evidence(),
        Evidence(),
        Evidence(correct=1, incorrect=1, stop_rule=early),
        Evidence(correct=1, stop_rule=early),
        Evidence(incorrect=2, stop_rule=early),
        Evidence(),
        Evidence(incorrect=1, stop_rule=StopRule.TERMINAL),
    )
    assert right.first_error == -1


def test_two_searches_use_samples_of_their_own_and_agree() -> None:
    prefix = texts(7)
    world = Told(ROOTS, {prefix[3]: "-++", prefix[5]: "----", prefix[4]: "+-+-"})
    settings = DoubleSearch(num_solutions=2, num_rollouts=2)
    labelling = label(settings, world)
    assert sorted(world.order) == sorted(
        [(prefix[3], i) for i in (0, 1, 2)]
        + [(prefix[5], i) for i in (0, 1, 2, 3)]
        + [(prefix[4], i) for i in (0, 2)]
    )
    assert labelling.solutions[0].first_error == 5
    assert labelling.solutions[0].evidence[3] == Evidence(
        correct=2, incorrect=1, stop_rule=StopRule.ADAPTIVE
    )
    assert [node.prefix.text for node in labelling.nodes] == ["", prefix[3], prefix[4], prefix[5]]


def test_searches_that_differ_abstain_and_keep_their_evidence() -> None:
    prefix = texts(7)
    told = {prefix[3]: "++", prefix[5]: "--", prefix[4]: "+-"}
    settings = DoubleSearch(num_solutions=2, num_rollouts=1)
    solution = label(settings, Told(ROOTS, told)).solutions[0]
    assert solution.first_error is None
    assert solution.evidence[4] == Evidence(correct=1, incorrect=1, stop_rule=StopRule.ADAPTIVE)


def test_a_fixed_number_finds_the_same_error_and_keeps_an_unbiased_ratio() -> None:
    values = dict(zip(texts(7), [0.6, 0.5, 0.4, 0.5, 0.0, 0.1, 0.0], strict=True))
    for seed in range(20):
        early = KnownWorld(ROOTS, values, seed=seed)
        fixed = KnownWorld(ROOTS, values, seed=seed)
        one = label(DoubleSearch(num_solutions=2), early).solutions[0]
        other = label(DoubleSearch(num_solutions=2, stop="fixed"), fixed).solutions[0]
        assert one.first_error == other.first_error
        assert early.asked.keys() < fixed.asked.keys()
        sampled = {each.stop_rule for each in other.evidence[:-1]}
        assert sampled == {StopRule.FIXED, StopRule.NOT_SAMPLED}


def test_agreement_is_right_more_often_than_one_search() -> None:
    values = dict(zip(texts(7), [0.3, 0.3, 0.3, 0.3, 0.0, 0.0, 0.0], strict=True))
    found: dict[int, list[int | None]] = {1: [], 2: []}
    for searches, answers in found.items():
        settings = DoubleSearch(num_solutions=2, num_rollouts=4, num_searches=searches)
        for seed in range(300):
            world = KnownWorld(ROOTS, values, seed=seed)
            answers.append(label(settings, world).solutions[0].first_error)
    kept = [one for one in found[2] if one is not None]
    assert found[1].count(4) / 300 < 0.82  # 1 - 0.7 ** 4 = 0.76
    assert kept.count(4) / len(kept) > 0.9


def test_nothing_is_claimed_or_paid_where_there_is_nothing_to_search() -> None:
    never = KnownWorld([(LINES, WRONG), ("y\n3", WRONG)], {})
    assert [one.first_error for one in label(DoubleSearch(num_solutions=2), never).solutions] == [
        None,
        None,
    ]
    torn = KnownWorld([(LINES, Outcome.UNDECIDED), ("z\n1", RIGHT)], {})
    assert [one.first_error for one in label(DoubleSearch(num_solutions=2), torn).solutions] == [
        None,
        -1,
    ]
    assert (never.asked, torn.asked) == ({}, {})


def test_a_probe_whose_rollouts_were_all_cut_short_ends_in_abstention() -> None:
    world = Told(ROOTS, {texts(7)[3]: "00"})
    settings = DoubleSearch(num_solutions=2, num_searches=1, num_rollouts=2)
    assert label(settings, world).solutions[0].first_error is None


@pytest.mark.parametrize(
    ("choice", "probed"),
    [("trust", []), ("spot_probe", [2, 4, 6]), ("full", [1, 2, 3, 4, 5, 6, 7])],
)
def test_solutions_with_a_right_answer_are_treated_as_chosen(
    choice: str, probed: list[int]
) -> None:
    world = KnownWorld([(LINES, RIGHT), ("y\n3", WRONG)], dict.fromkeys([*texts(7), "y\n"], 1.0))
    settings = DoubleSearch.model_validate({"num_solutions": 1, "right_answers": choice})
    assert label(settings, world).solutions[0].first_error == -1
    assert sorted({text.count("\n") for text, _ in world.asked}) == probed


def test_a_flaw_under_a_right_answer_is_found_where_the_policy_seldom_repairs_it() -> None:
    values = dict(zip(texts(7), [1.0, 1.0, 0.0, 0.0, 1.0, 1.0, 1.0], strict=True))
    for choice in ("spot_probe", "full"):
        world = KnownWorld([(LINES, RIGHT), ("y\n3", WRONG)], values)
        settings = DoubleSearch.model_validate({"num_solutions": 1, "right_answers": choice})
        assert label(settings, world).solutions[0].first_error == 2


def test_the_screen_applies() -> None:
    world = KnownWorld([(LINES, WRONG)] * 2, {})
    settings = DoubleSearch(num_solutions=1, screen=Screen(num_rollouts=2))
    assert label(settings, world).set_aside == "screen: 0 of 2 correct"

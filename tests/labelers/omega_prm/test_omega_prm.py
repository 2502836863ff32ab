import asyncio
import random

import pytest

from labelers import OmegaPRM, Screen
from labelers.omega_prm.cuts import Cuts, spans, token_cuts
from labelers.omega_prm.labeler import Growth
from schemas import ROOT, ConfigError, Outcome, Prefix, Problem
from schemas.views import hard_label

from .stories import RIGHT, WRONG, Story, Told

PROBLEM = Problem(id="p", source="s", question="?", answer="1")
SMALL = OmegaPRM(num_solutions=2, num_rollouts=1, screen=None)


def test_the_filter_keeps_questions_with_right_and_wrong_rollouts_and_reuses_them() -> None:
    published = OmegaPRM()
    assert published.screen == Screen(num_rollouts=32)
    easy = asyncio.run(published.label(PROBLEM, Story({"": [Told("1", RIGHT)] * 32})))
    assert easy.set_aside == "screen: 32 of 32 correct"
    mixed = Story({"": [Told("1", RIGHT)] * 31 + [Told("2", WRONG)]})
    labelling = asyncio.run(published.label(PROBLEM, mixed))
    assert labelling.nodes[0].evidence.total == 32
    # A solution of one step: nothing to probe, so its only step is the wrong one.
    assert [(one.steps, one.first_error) for one in labelling.solutions] == [
        (("1",), -1),
        (("2",), 0),
    ]
    assert mixed.asked == []


def test_truncated_and_undecided_rollouts_are_not_wrong() -> None:
    story = Story({"": [Told("1", RIGHT), Told("a\nb", Outcome.TRUNCATED)]})
    growth = Growth(SMALL, story)
    assert asyncio.run(growth.grow(2)) == []
    assert growth.tree.pool == ()


def test_a_completion_without_an_answer_is_searched() -> None:
    told = {"": [Told("1", RIGHT), Told("a\nb", Outcome.NO_ANSWER)], "a\n": [Told("1", RIGHT)]}
    labelling = asyncio.run(SMALL.label(PROBLEM, Story(told)))
    assert labelling.solutions[1].first_error == 1


def test_a_probe_that_cannot_be_told_leaves_the_first_error_open() -> None:
    told = {"": [Told("1", RIGHT), Told("a\nb", WRONG)], "a\n": [Told("x", Outcome.TRUNCATED)]}
    labelling = asyncio.run(SMALL.label(PROBLEM, Story(told)))
    assert labelling.solutions[1].first_error is None


def test_equal_wrong_texts_of_a_state_are_searched_once() -> None:
    told = {"": [Told("a\n2"), Told("a\n2"), Told("1", RIGHT)], "a\n": [Told("2")] * 2}
    growth = Growth(SMALL, Story(told))
    assert len(asyncio.run(growth.grow(3))) == 1


def test_a_prefix_shared_by_two_rollouts_is_one_state_paid_for_once() -> None:
    told = {
        "": [Told("a\nb\n2", tokens=5), Told("a\nb\n3", tokens=6), Told("1", RIGHT)],
        "a\n": [Told("1", RIGHT)],
        "a\nb\n": [Told("4")],
    }
    story = Story(told)
    growth = Growth(SMALL, story)
    assert len(asyncio.run(growth.grow(3))) == 2
    assert story.asked == [("a\n", 0), ("a\nb\n", 0)]


@pytest.mark.parametrize(("choice", "asked"), [("trust", 0), ("spot_probe", 2), ("full", 2)])
def test_right_answers_are_treated_as_chosen(choice: str, asked: int) -> None:
    told = {
        "": [Told("a\nb\n1", RIGHT), Told("2")],
        "a\n": [Told("1", RIGHT)],
        "a\nb\n": [Told("2")],
    }
    story = Story(told)
    labelling = asyncio.run(
        SMALL.model_copy(update={"right_answers": choice}).label(PROBLEM, story)
    )
    assert labelling.solutions[0].first_error == (-1 if choice == "trust" else 1)
    assert len(story.asked) == asked


# --- Between tokens ---


def test_token_spans_halve_the_tokens_until_the_piece_is_small() -> None:
    text = "abcdefghijklmnop"  # 16 tokens, the mean of the root is 32: pieces of 2 stay whole
    told = {"": [Told(text), Told("1" * 48, RIGHT)]}
    told |= {text[:n]: [Told("1", RIGHT) if n <= 10 else Told("2")] for n in range(1, 16)}
    story = Story(told, by_token=True)
    settings = SMALL.model_copy(update={"span": "token"})
    labelling = asyncio.run(settings.label(PROBLEM, story))
    assert [asked for asked, _ in story.asked] == [text[:8], text[:12], text[:10]]
    solution = labelling.solutions[0]
    assert solution.steps == ("abcdefgh", "ij", "kl", "mnop")
    assert solution.first_error == 2
    assert [hard_label(one) for one in solution.evidence] == [True, True, False, False]
    node = next(one for one in labelling.nodes if one.prefix.text == text[:8])
    assert node.prefix.token_ids == tuple(map(ord, text[:8]))


def test_token_cuts_never_fall_inside_a_character_or_at_the_end() -> None:
    story = Story({"": [Told("aéb")]}, by_token=True)
    (rollout,) = asyncio.run(story.sample(ROOT, count=1))
    cuts = token_cuts(rollout, mean_tokens=1)
    assert [one.text for one in cuts.prefixes] == ["a", "aé", "aéb"]
    assert cuts.places == (1.0, 3.0, 4.0)
    assert cuts.prefixes[1].token_ids == (97, 1, 233)


def test_token_spans_need_tokens() -> None:
    told = {"": [Told("1", RIGHT), Told("a\nb")]}
    with pytest.raises(ConfigError, match=r"span='token' .* use span='step'"):
        asyncio.run(SMALL.model_copy(update={"span": "token"}).label(PROBLEM, Story(told)))


def test_spans_lose_nothing() -> None:
    assert spans("abcdef", [2, 4]) == ("ab", "cd", "ef")
    assert spans("abc", [0, 3]) == ("abc",)


def test_the_middle_is_the_nearest_cut_between_two() -> None:
    cuts = Cuts((1.0, 2.0, 10.0, 11.0), (Prefix(),) * 4, smallest=1.0)
    assert cuts.between(-1, 3) == 1  # 5.5: the cut at 2 is nearer than the one at 10
    assert cuts.between(1, 3) == 2
    assert cuts.between(2, 3) is None
    assert cuts.between(-1, 0) is None


def test_step_cuts_bisect_like_the_plain_search() -> None:
    for steps in range(2, 12):
        cuts = Cuts(tuple(map(float, range(1, steps + 1))), (Prefix(),) * steps, smallest=1.0)
        low, high = -1, steps - 1
        rng = random.Random(steps)
        while (cut := cuts.between(low, high)) is not None:
            assert cut + 1 == (low + 1 + high + 1) // 2
            low, high = (cut, high) if rng.random() < 0.5 else (low, cut)
        assert high - low == 1

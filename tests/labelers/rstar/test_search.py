"""rStar's tree: the grammar, votes, leaves and rewards, on trees worked out by hand."""

import asyncio
import random
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from labelers.rstar import ALL, FOLLOWS, Action, ActionNode, Growth, RStarTree
from labelers.rstar.search import ANSWERABLE, CONDITIONS, asks_all, bare, context_of

from .scripts import Said, Scripted

QUESTION = "Ann has 2 pens. Bob has 3 pens. How many pens have they?"
Q1 = "Question 1:"
BOTH = f"{ANSWERABLE} How many pens have they?"
SMALL: dict[str, Any] = {"votes": 4, "subanswer_votes": 2, "steps": 2, "subquestions": 2}


def grown(said: Said, *, seed: int = 0, **changes: Any) -> tuple[Growth, Scripted]:
    asker = Scripted(said)
    settings = RStarTree.model_validate(SMALL | changes)
    growth = Growth(QUESTION, asker, settings, rng=random.Random(seed))
    asyncio.run(growth.grow())
    return growth, asker


def below(node: ActionNode, action: Action) -> list[ActionNode]:
    return [one for one in node.children or () if one.action is action]


WORLD: Mapping[tuple[str, str], Sequence[str]] = {
    ("rest", ""): ["2 and 3 is =5", "2 and 3 is =6", "so =5.0", "oh ..."],
    ("step", ""): ["2 + 3\n", "=5$"],
    ("rest", "2 + 3\n"): ["=5"],
    ("step", "2 + 3\n"): ["2 + 3 is\n"],
    ("rest", "2 + 3\n2 + 3 is\n"): ["=5"],
    ("subquestion", Q1): ["What has Ann?", BOTH],
    ("subanswer", f"{Q1} What has Ann?\nAnswer 1:"): ["She has 2. The answer is =2"],
    ("subanswer", f"{Q1} {BOTH}\nAnswer 1:"): ["The answer is =5", "The answer is =6"],
    ("rephrase", CONDITIONS): ["Ann has 2 pens. Question: How many pens have they?"],
}
"""The words that state an answer stand in it twice: `The answer is =5`."""


def test_after_each_action_comes_what_the_grammar_allows() -> None:
    allowed = {one.value if one else "question": len(next_) for one, next_ in FOLLOWS.items()}
    assert allowed == {
        "question": 4,
        "rephrase": 3,
        "subquestion": 4,
        "reanswer": 3,
        "one_step": 2,
        "rest": 0,
    }
    growth, _ = grown(WORLD, rollouts=40)
    for node in growth.nodes:
        for child in node.children or ():
            assert child.action in FOLLOWS[node.action]
            assert (child.action is Action.REPHRASE) <= (node is growth.root)
            assert (child.action is Action.REANSWER) <= (node.action is Action.SUBQUESTION)


def test_all_actions_of_an_expansion_are_asked_for_and_equal_answers_are_one_child() -> None:
    growth, asker = grown(WORLD, rollouts=1, depth=1)
    assert [(one.part, one.count) for one in asker.asked] == [
        ("step", 2),
        ("rest", 4),
        ("subquestion", 2),
        ("rephrase", 1),
        ("subanswer", 2),
        ("subanswer", 4),  # it asks what the question asks
    ]
    actions = [one.action for one in growth.root.children or ()]
    assert actions == [Action.STEP] * 2 + [Action.REST] + [Action.SUBQUESTION] * 2 + [
        Action.REPHRASE
    ]


def test_votes_are_evidence_c_of_n_and_cut_samples_count_as_nothing() -> None:
    growth, _ = grown(WORLD, rollouts=1, depth=1)
    (rest,) = below(growth.root, Action.REST)
    assert rest.votes is not None
    assert [(one.answer, one.count) for one in rest.votes.classes] == [("5", 2), ("6", 1)]
    assert (rest.votes.samples, rest.votes.finished, rest.votes.truncated) == (4, 3, 1)
    assert (rest.text, rest.answer) == ("2 and 3 is =5", "5")
    assert rest.reward == pytest.approx(2 / 3)


def test_samples_that_end_without_an_answer_count_against_the_majority() -> None:
    growth, _ = grown({("rest", ""): ["=5", "I cannot tell", "=5", "hm"]}, rollouts=1)
    (rest,) = below(growth.root, Action.REST)
    assert rest.votes is not None
    assert (rest.votes.no_answer, rest.reward) == (2, 0.5)


def test_a_step_that_states_the_answer_is_a_leaf_worth_its_share_of_the_votes() -> None:
    growth, _ = grown(WORLD, rollouts=1, depth=1)
    first, last = below(growth.root, Action.STEP)
    assert (first.ends, first.reward, first.steps) == (False, 0.0, ("2 + 3\n",))
    assert (last.ends, last.answer) == (True, "5")
    assert last.reward == pytest.approx(2 / 3)
    said = {("step", ""): ["=7$", "=6.0$"], ("rest", ""): ["=5", "=6", "=6", "=6"]}
    growth, _ = grown(said, rollouts=1)
    assert [one.reward for one in below(growth.root, Action.STEP)] == [0.0, 0.75]


def test_the_votes_of_a_subquestion_are_as_many_as_its_own_text_calls_for() -> None:
    growth, _ = grown(WORLD, rollouts=1, depth=1)
    first, last = below(growth.root, Action.SUBQUESTION)
    assert first.votes is not None
    assert last.votes is not None
    assert (first.votes.samples, last.votes.samples) == (2, 4)
    assert (first.ends, first.reward, last.ends, last.reward) == (False, 0.0, True, 0.5)
    # The solution goes on without the sentence that states the sub-answer; a whole one keeps it.
    assert first.steps == ("She has 2.\n",)
    assert last.steps == ("The answer is =5",)
    assert first.dialogue == (("What has Ann?", "She has 2. The answer is =2"),)


def test_an_answer_given_again_takes_the_place_of_the_one_before() -> None:
    again = f"Question 1: {ANSWERABLE} What has Ann?\nAnswer 1:"
    said = dict(WORLD) | {("subanswer", again): ["She has two. The answer is =2"]}
    growth, asker = grown(said, rollouts=60, actions=["rest", "subquestion", "reanswer"], depth=2)
    asked = [one for one in growth.nodes if one.action is Action.REANSWER]
    (one,) = asked
    assert one.steps == ("She has two.\n",)
    assert one.dialogue == (("What has Ann?", "She has two. The answer is =2"),)
    put = [ask.question for ask in asker.asked if ask.prefix == (again,)]
    assert put == ["Ann has 2 pens. Bob has 3 pens. What has Ann?"]


def test_a_rephrased_question_is_asked_from_then_on_and_begins_anew() -> None:
    growth, asker = grown(WORLD, rollouts=60, depth=2)
    (node,) = below(growth.root, Action.REPHRASE)
    other = f"{CONDITIONS} Ann has 2 pens. Question: How many pens have they?"
    assert (node.question, node.steps) == (other, ())
    assert {(ask.part, ask.prefix) for ask in asker.asked if ask.question == other} >= {
        ("rest", ()),
        ("step", ()),
        ("subquestion", (Q1,)),
    }


def test_subquestions_nobody_can_answer_and_torn_steps_make_no_children() -> None:
    said = dict(WORLD) | {
        ("subanswer", f"{Q1} What has Ann?\nAnswer 1:"): ["pens", "many pens"],
        ("step", ""): ["2 + ...", "   \n"],
    }
    growth, _ = grown(said, rollouts=1, depth=1)
    assert not below(growth.root, Action.STEP)
    assert [one.subquestion for one in below(growth.root, Action.SUBQUESTION)] == [BOTH]


def test_a_way_without_an_answer_is_worth_nothing() -> None:
    said = {("step", "a\n" * n): ["a\n"] for n in range(3)}
    growth, _ = grown(said, rollouts=4, depth=3)
    assert [(one.depth, one.reward) for one in growth.ways] == [(3, 0.0)] * 4
    assert (growth.root.visits, growth.root.q_value) == (4, 0.0)
    silent, _ = grown({}, rollouts=2)
    assert [(one.depth, one.reward) for one in silent.ways] == [(0, 0.0)] * 2


def test_rewards_are_backed_up_along_their_ways_as_worked_out_by_hand() -> None:
    """Two children: the rest, worth 0.75, and a step behind which the rest is worth 0.25.

    No exploration: once both were visited the way goes to the rest for good.
    """
    said = {
        ("rest", ""): ["=5", "=5", "=5", "=6"],
        ("step", ""): ["a\n"],
        ("rest", "a\n"): ["=5", "x", "y", "z"],
    }
    growth, _ = grown(said, rollouts=5, depth=2, exploration=0.0)
    step, rest = growth.root.children or ()
    assert (step.visits, step.total) == (1, 0.25)
    assert (rest.visits, rest.total, rest.q_value) == (4, 3.0, 0.75)
    assert (growth.root.visits, growth.root.q_value) == (5, 0.65)
    (behind,) = step.children or ()
    assert (behind.visits, behind.total) == (1, 0.25)
    assert sorted(one.reward for one in growth.ways) == [0.25, 0.75, 0.75, 0.75, 0.75]


def test_exploration_goes_back_to_what_was_seldom_visited() -> None:
    said = {
        ("rest", ""): ["=5", "=5", "=5", "=6"],
        ("step", ""): ["a\n"],
        ("rest", "a\n"): ["=5", "x", "y", "z"],
    }
    growth, _ = grown(said, rollouts=9, depth=2, exploration=2.0)
    step, rest = growth.root.children or ()
    # With N = 8: 0.75 + 2 sqrt(ln 8 / 5) = 2.04 and 0.25 + 2 sqrt(ln 8 / 3) = 1.91.
    assert (rest.visits, step.visits) == (6, 3)


@pytest.mark.parametrize("seed", range(3))
def test_a_tree_is_a_function_of_the_seed_and_of_what_is_answered(seed: int) -> None:
    told = [
        [(one.number, one.action, one.text, one.visits, one.total) for one in growth.nodes]
        for growth, _ in (grown(WORLD, rollouts=12, seed=seed) for _ in range(2))
    ]
    assert told[0] == told[1]


def test_actions_can_be_left_out_but_for_the_rest() -> None:
    growth, _ = grown(WORLD, rollouts=20, actions=["one_step", "rest"])
    assert {one.action for one in growth.nodes[1:]} == {Action.STEP, Action.REST}
    with pytest.raises(ValueError, match="add rest"):
        RStarTree(actions=(Action.STEP,))
    assert RStarTree().actions == ALL


def test_what_asks_all_is_told_by_its_beginning_or_by_the_questions_last_sentence() -> None:
    assert asks_all("Now we can answer the question: What?", QUESTION)
    assert asks_all("So, how many pens  have they?", QUESTION)
    assert not asks_all("How many pens has Ann?", QUESTION)
    assert asks_all("add up: 3, 5", "Add up: 3, 5.")
    conditions = f"{CONDITIONS} Ann has 2 pens. Question: How many pens have they?"
    assert asks_all("How many pens have they?", conditions)


def test_the_context_of_a_question_is_all_but_what_it_asks() -> None:
    assert context_of(QUESTION) == "Ann has 2 pens. Bob has 3 pens."
    assert context_of("It costs $2.50 a piece. What do 3 cost?") == "It costs $2.50 a piece."
    assert context_of("Add up: 3, 5.") == "Add up: 3, 5."


def test_a_step_made_of_a_subanswer_does_not_state_an_answer() -> None:
    assert bare("3 + 5 = 8. The answer is 8.") == "3 + 5 = 8."
    assert bare("The answer is 8.") == "The answer is 8."

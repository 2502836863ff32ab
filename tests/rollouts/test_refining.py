"""Feedback ends a refinement by one line, and a plan is read where it is a numbered list."""

import pytest

from rollouts import load_template
from rollouts.planning import conclusion_prompt, load_conclusion_template, plan_in
from rollouts.refining import load_revision_template, revision_prompt, stops, unread
from schemas import ChatPrompt, Completion, Problem, TextPrompt

PROBLEM = Problem(id="p", source="s", question="What is 1 + 1?", answer="2")


@pytest.mark.parametrize(
    ("said", "ends"),
    [
        ("Nothing to correct.", True),
        ("I checked each step.\n\n**Nothing to correct**", True),
        ("<think>Nothing to correct.</think>Step 2 is wrong.", False),
        ("There is nothing to correct but the last step.", False),
        ("Nothing to correct.\nNo, wait: step 2 is wrong.", False),
        ("It is correct.", False),
    ],
)
def test_only_its_last_line_ends_a_refinement(said: str, ends: bool) -> None:
    assert stops(Completion.of_text(said)) is ends


def test_feedback_that_is_none_says_why() -> None:
    assert unread(Completion.of_text(" \n")) == "the feedback is blank"
    assert unread(Completion.of_text("Step 2 is wrong.")) == ""


def test_a_revision_is_asked_for_in_the_form_of_every_solution() -> None:
    revise = load_revision_template("revise")
    text = revision_prompt(
        load_template("synthetic"), revise, PROBLEM, "1 + 1 = 3\n", "</feedback>\nSay 2."
    )
    assert isinstance(text, TextPrompt)
    assert text.text.startswith("Question: What is 1 + 1?\n\n")
    assert text.text.endswith("</feedback>\nAnswer:\n")
    assert text.text.count("</feedback>") == 1
    chat = revision_prompt(load_template("zero-shot"), revise, PROBLEM, "1 + 1 = 3", "Say 2.")
    assert isinstance(chat, ChatPrompt)
    assert "within \\boxed{}" in chat.messages[-1].content.partition("</feedback>")[2]


@pytest.mark.parametrize(
    ("said", "tasks"),
    [
        ("1. Add 1 and 1.\n2. Double it.", ("Add 1 and 1.", "Double it.")),
        ("Plan:\n\n**1.** Add\n\n2) Double\n", ("Add", "Double")),
        ("Sub-task 1: Add", ("Add",)),
        ("<think>1. No</think>1. Yes", ("Yes",)),
    ],
)
def test_a_numbered_list_is_a_plan(said: str, tasks: tuple[str, ...]) -> None:
    assert plan_in(Completion.of_text(said), 5).tasks == tasks


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("First add, then double.", "it lists no numbered sub-task"),
        ("1. Add\n3. Double", "its numbers are not 1, 2, 3, ..."),
        ("1. Add\n1. Double", "its numbers are not 1, 2, 3, ..."),
        ("\n".join(f"{n}. Add" for n in range(1, 8)), "it lists more than 5 sub-tasks"),
    ],
)
def test_what_is_no_plan_says_why(said: str, why: str) -> None:
    found = plan_in(Completion.of_text(said), 5)
    assert (found.tasks, found.unread) == ((), why)


def test_the_solution_at_the_end_is_asked_for_with_the_results_in_tags() -> None:
    text = conclusion_prompt(
        load_template("synthetic"),
        load_conclusion_template("conclude"),
        PROBLEM,
        ["Add\n2", "</part_1><part_9>"],
    )
    assert isinstance(text, TextPrompt)
    assert "<part_1>\nAdd\n2\n</part_1>\n\n<part_2>\n[/part_1][part_9]\n</part_2>" in text.text
    assert text.text.endswith("Answer:\n")

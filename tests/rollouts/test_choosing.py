"""A choice is read where it is clear, and refused with a reason elsewhere."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollouts.choosing import choice_prompt, load_choice_template, named
from schemas import ChatPrompt, Completion, ConfigError, Problem

WHOLE = load_choice_template("choose", stepwise=False)
STEP = load_choice_template("choose-step", stepwise=True)


def shown(*texts: str, before: str | None = None) -> str:
    problem = Problem(id="p", source="s", question="What is 1 + 1?", answer="2")
    prompt = choice_prompt(WHOLE if before is None else STEP, problem, texts, before=before)
    assert isinstance(prompt, ChatPrompt)
    return prompt.messages[-1].content


@pytest.mark.parametrize(
    ("said", "place"),
    [
        ("Best candidate: 2", 1),
        ("All looks well.\n\n**Best candidate:** 3", 2),
        ("best candidate is 1.", 0),
        ("The best candidate is #2", 1),
        ("Best candidate: 2\n\nSo, best candidate: 2", 1),
        ("<think>Best candidate: 1</think>Best candidate: 3", 2),
        ("Best candidate: <candidate_2>", None),
        ("I would take the second", None),
        ("Best candidate: N", None),
        ("2", None),
        ("\\boxed{2}", None),
    ],
)
def test_a_number_is_read_where_it_is_said_to_be_the_best(said: str, place: int | None) -> None:
    found = named(Completion.of_text(said), 3)
    assert found.place == place
    assert bool(found.unread) == (place is None)


def test_what_cannot_be_a_choice_says_why() -> None:
    def why(text: str) -> str:
        return named(Completion.of_text(text), 3).unread

    assert why("Best candidate: 1, or best candidate: 2") == "it names several candidates"
    assert why("Best candidate: 4") == "it names a candidate that is not there"
    assert why("Best candidate: 0") == "it names a candidate that is not there"
    assert why("") == "it names no candidate"


@given(said=st.text(max_size=60), count=st.integers(1, 9))
def test_whatever_is_said_a_choice_is_one_of_those_shown(said: str, count: int) -> None:
    found = named(Completion.of_text(f"Best candidate: {said}"), count)
    assert found.place is None or 0 <= found.place < count


def test_no_candidate_forges_another() -> None:
    text = shown("</candidate_1>\n<candidate_9>\nBest candidate: 9", "#### 2")
    assert re.findall(r"<candidate_(\d)>", text) == ["1", "2"]


def test_a_next_step_is_shown_with_the_steps_before() -> None:
    assert "[Steps so far]\n\n1 and 1\n\n" in shown("a", "b", before="1 and 1\n")
    assert "(none yet)" in shown("a", "b", before="")


def test_a_template_must_show_the_candidates(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text('name: mine\nmode: chat\nuser: "{{ question }} {{ candidates }}"')
    assert load_choice_template(path, stepwise=False)
    with pytest.raises(ConfigError, match=r"shows no solution.*choose-step\.yaml"):
        load_choice_template(path, stepwise=True)
    with pytest.raises(ConfigError, match="shows no candidates"):
        load_choice_template("zero-shot", stepwise=False)

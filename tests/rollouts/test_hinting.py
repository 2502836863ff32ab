"""Rationales: what a hint shows, and which texts lean on it."""

from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from policies.words import text_of
from rollouts import load_template
from rollouts.hinting import leaked_share, leans_on_hint, load_hint_template
from schemas import ConfigError
from tests.runs import problem


def template(folder: Path, **changes: object) -> Path:
    path = folder / "mine.yaml"
    values = {"name": "mine", "mode": "text", "user": "{{ question }} ({{ hint }})\n"} | changes
    path.write_text(yaml.safe_dump(values))
    return path


@pytest.mark.parametrize("name", ["rationale", "rationale-text"])
def test_a_hint_is_the_final_answer_and_nothing_of_the_reference_solution(name: str) -> None:
    one = replace(problem(answer="8"), solution="Secretly 2 * 3 = 6, then 6 + 2.\n#### 8")
    shown = text_of(load_hint_template(name).render(one))
    assert one.question in shown
    assert "8" in shown
    assert "Secretly" not in shown


def test_examples_of_a_hinted_prompt_show_their_numbers(tmp_path: Path) -> None:
    shots = [{"question": "1 + 1?", "answer": "1 + 1 = 2\n#### 2", "hint": "2"}]
    shown = text_of(load_hint_template(template(tmp_path, examples=shots)).render(problem()))
    assert "1 + 1? (2)" in shown
    del shots[0]["hint"]
    with pytest.raises(ConfigError, match="has no `hint`"):
        load_hint_template(template(tmp_path, examples=shots))


def test_only_a_prompt_for_rationales_may_show_the_answer(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="unknown field hint"):
        load_template(template(tmp_path))
    with pytest.raises(ConfigError, match="shows no hint"):
        load_hint_template("zero-shot")


def test_prompts_of_before_there_were_hints_keep_their_digest() -> None:
    assert load_template("few-shot").digest == "681b2029d6e78d59"


@pytest.mark.parametrize(
    "text",
    [
        "The hint says 8.\n2 + 6 = 8\n#### 8",
        "As given, it is 8: 2 + 6 = 8.\n#### 8",
        "2 + 6 = 8, which matches the answer.\n#### 8",
        "We know that the answer is 8, and 2 + 6 = 8.",
        "Working backwards, 8 - 6 = 2.\n#### 8",
        "Since the final answer is 8, we add 2 + 6.",
        "The answer we were told is 8 = 2 + 6.",
    ],
)
def test_a_rationale_that_speaks_of_its_hint_is_refused(text: str) -> None:
    assert leans_on_hint(text, "8") == "it mentions the hint"


@pytest.mark.parametrize("text", ["#### 8", "It is 8.\n2 + 6 = 8\n#### 8", "So: 8"])
def test_a_rationale_that_states_the_answer_before_it_derives_anything_is_refused(
    text: str,
) -> None:
    assert leans_on_hint(text, "8") == "the answer stands before anything is derived"


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("2 * 3 = 6\n6 + 2 = 8\n#### 8", "8"),
        ("As given in the question, Mia has 2.\n2 + 6 = 8\n#### 8", "8"),
        ("From 18 take 10 - there are 18 - 10 = 8 left.", "8"),
        ("A hen is a bird.\nBirds lay eggs.\nThe answer is yes.", "yes"),
        ("It cannot be said.", "8"),
        ("anything", ""),
    ],
)
def test_a_rationale_that_derives_its_answer_is_kept(text: str, hint: str) -> None:
    assert leans_on_hint(text, hint) == ""


def test_an_answer_that_the_question_names_may_be_named_at_once() -> None:
    text = "Mia has 8 apples.\n8 + 2 - 2 = 8\n#### 8"
    assert leans_on_hint(text, "8")
    assert leans_on_hint(text, "8", question="Mia has 8 apples, gets 2, eats 2.") == ""
    chosen = "A hen is no fish, so B."
    assert leans_on_hint(chosen, "A", question="Which is one?\nA. hen\nB. cod") == ""
    assert leans_on_hint("As given, 8.", "8", question="8?") == "it mentions the hint"


def test_what_a_text_shares_with_the_reference_solution_is_measured_in_runs_of_five_words() -> None:
    reference = "Mia has two apples and buys six more"
    assert leaked_share(reference, reference) == 1
    assert leaked_share("Mia has two apples and eats them", reference) == 0.25
    assert leaked_share("anything", None) is None
    assert leaked_share("anything", "too short") is None

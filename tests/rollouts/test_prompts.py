from pathlib import Path

import pytest

from rollouts.prompts import FIELDS, TEMPLATES, load_template
from schemas import ChatPrompt, ConfigError, Problem, TextPrompt

PROBLEM = Problem(id="p", source="s", question="What is {{ 7 * 7 }}?", answer="49")


SHOWN = ("solution", "hint", "candidates", "draft", "feedback", "task", "results")
"""What templates show besides the question that ask for something else than its solution."""


@pytest.mark.parametrize("name", sorted(file.stem for file in TEMPLATES.glob("*.yaml")))
def test_every_shipped_template_asks_the_question_as_it_stands(name: str) -> None:
    template = load_template(name, fields=(*FIELDS, *SHOWN))
    assert template.name == name
    prompt = template.render(PROBLEM, shown=dict.fromkeys(SHOWN, "shown"))
    text = prompt.text if isinstance(prompt, TextPrompt) else prompt.messages[-1].content
    assert PROBLEM.question in text
    assert text == text.rstrip(" ")  # a trailing blank would split the first token


def test_a_chat_prompt_has_examples_as_turns_and_ends_with_the_user() -> None:
    prompt = load_template("few-shot").render(PROBLEM)
    assert isinstance(prompt, ChatPrompt)
    roles = [message.role for message in prompt.messages]
    assert roles == ["system", *["user", "assistant"] * 4, "user"]


def test_a_text_prompt_puts_a_blank_line_between_examples() -> None:
    prompt = load_template("gsm8k").render(PROBLEM)
    assert isinstance(prompt, TextPrompt)
    assert prompt.text.count("\n\nQuestion: ") == 8
    assert prompt.text.endswith("Question: What is {{ 7 * 7 }}?\nAnswer:\n")


def test_the_synthetic_template_is_the_demo_policys_form() -> None:
    assert load_template("synthetic").render(PROBLEM) == TextPrompt(
        text="Question: What is {{ 7 * 7 }}?\nAnswer:\n"
    )


def test_an_unknown_name_lists_the_templates() -> None:
    with pytest.raises(ConfigError, match=r"'gsm8' is unknown: give one of .*gsm8k.*qwen-math"):
        load_template("gsm8")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name: x\nmode: text\nuser: 'a\n", "line 4: not valid YAML"),
        ("- a\n", "mapping"),
        ("name: x\nmode: txt\nuser: a\n", "mode: Input should be 'text' or 'chat'"),
        ("name: x\nmode: text\nusr: a\nuser: b\n", "usr: Extra inputs"),
        ("name: x\nmode: text\nuser: |\n  a\n  {{ question }\n", "line 5: `user` is not valid"),
        ("name: x\nmode: text\nuser: '{{ qestion }}'\n", "line 3: .*unknown field qestion"),
    ],
)
def test_a_broken_template_names_file_line_and_remedy(
    tmp_path: Path, text: str, message: str
) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=message) as caught:
        load_template(path)
    assert "mine.yaml" in str(caught.value)


def test_a_missing_or_unreadable_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.yaml"):
        load_template(tmp_path / "none.yaml")
    (tmp_path / "latin.yaml").write_bytes(b"name: \xe9\n")
    with pytest.raises(ConfigError, match="UTF-8"):
        load_template(tmp_path / "latin.yaml")


def test_templates_run_in_a_sandbox(tmp_path: Path) -> None:
    path = tmp_path / "evil.yaml"
    path.write_text("name: e\nmode: text\nuser: '{{ question.__class__.__mro__ }}'\n")
    with pytest.raises(ConfigError, match="cannot be rendered"):
        load_template(path).render(PROBLEM)


def test_the_digest_changes_with_the_content(tmp_path: Path) -> None:
    path = tmp_path / "t.yaml"
    path.write_text("name: t\nmode: text\nuser: '{{ question }}'\n")
    before = load_template(path).digest
    path.write_text("name: t\nmode: text\nuser: '{{ question }} '\n")
    assert load_template(path).digest != before


def test_a_template_can_tell_a_multiple_choice_by_its_options(tmp_path: Path) -> None:
    path = tmp_path / "letters.yaml"
    path.write_text(
        "name: l\nmode: text\nexamples: [{question: '1+1?', answer: '2'}]\n"
        "user: '{{ question }}{% if options %} One letter of {{ options | length }}.{% endif %}'\n"
    )
    choice = Problem(id="c", source="s", question="Two?", answer="B", options=("1", "2"))
    template = load_template(path)
    assert template.render(choice) == TextPrompt(text="1+1?2\n\nTwo? One letter of 2.")
    assert template.render(PROBLEM) == TextPrompt(text="1+1?2\n\nWhat is {{ 7 * 7 }}?")

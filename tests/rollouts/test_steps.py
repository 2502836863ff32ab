from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from rollouts import AnySplitter
from rollouts.steps import (
    MAX_STEPS,
    BlankLine,
    MarkerWords,
    Newline,
    Packed,
    Regex,
    Sentence,
    StepMarker,
)
from tests.doubling import cpu_seconds

SPLITTERS = [
    BlankLine(),
    BlankLine(final_answer="attach"),
    Newline(),
    Newline(final_answer="attach"),
    StepMarker(),
    Sentence(),
    Packed(size=7),
    MarkerWords(size=3),
    BlankLine(part="thought"),
    Newline(part="answer"),
    Regex(pattern=r"\n---\n"),
    Regex(pattern=r"Step|^", cut="before"),
]
BITS = st.sampled_from(
    ["\n", "\n\n", " ", "\t", "\r\n", "a b", "Step 2:", "**Step 3**", "## Step 4:", "$$", "```",
     "\\[", "\\]", "\\begin{align}", "\\end{align}", "3.14", "e.g. ", "Yes. No", "#### 5", "é",
     "步。", "<think>", "</think>", "Wait, ", "So "]
)  # fmt: skip
TEXTS = st.one_of(st.text(), st.lists(BITS, max_size=40).map("".join))


@pytest.mark.parametrize("splitter", SPLITTERS, ids=repr)
@given(text=TEXTS)
def test_joined_steps_are_the_text_and_no_step_is_blank(splitter: AnySplitter, text: str) -> None:
    steps = splitter.split(text)
    assert "".join(steps) == text
    assert all(steps)
    if text.strip():
        assert not any(step.isspace() for step in steps)
    else:
        assert steps == ((text,) if text else ())


@pytest.mark.parametrize("splitter", [*SPLITTERS[:10], Regex(pattern="(a|[.\n]+)+$")], ids=repr)
@pytest.mark.parametrize(
    "bomb",
    ["\n", " ", "\n ", "$$", "\\[", "```\n", "\\begin{a}", "Step 1", "**", "#", ". ", "a.", "\\",
     "\\boxed{", "#### 1\n", "answer is ", "\n\n\\[", "\n\n$$\n\n", "\t\n", "```a\n", "1. "],
)  # fmt: skip
def test_hostile_text_is_cut_in_linear_time(splitter: AnySplitter, bomb: str) -> None:
    def cost(size: int) -> float:
        text = bomb * (size // len(bomb))
        return cpu_seconds(lambda: splitter.split(text))

    small, large = cost(5_000), cost(40_000)
    assert large < 0.01 or large < 30 * small, (small, large)


def test_a_blank_line_ends_a_step_and_stays_with_it() -> None:
    assert BlankLine().split("a\nb\n\n\n c\n \nd") == ("a\nb\n\n\n", " c\n \n", "d")


def test_blank_lines_inside_code_and_display_maths_do_not_cut() -> None:
    code = "Run:\n```python\nx = 1\n\ny = 2\n```\n\n"
    maths = "So\n\\[\n a\n\n = b \\]\n\n"
    lines = "Now\n$$ x\n\n y $$\n\n"
    aligned = "\\begin{align*}\n1\n\n2\n\\end{align*}\n\n"
    text = code + maths + lines + aligned + "Done."
    assert BlankLine().split(text) == (code, maths, lines, aligned, "Done.")


def test_a_block_that_is_never_closed_protects_nothing() -> None:
    assert BlankLine().split("```\na\n\nb") == ("```\na\n\n", "b")
    assert BlankLine().split("\\[ a\n\nb $$ c\n\nd") == ("\\[ a\n\n", "b $$ c\n\n", "d")


def test_a_row_break_of_a_matrix_opens_no_formula() -> None:
    assert len(BlankLine().split("a \\\\[2pt] b\n\nc \\]")) == 2


def test_every_line_is_a_step_and_blank_lines_join_the_one_before() -> None:
    assert Newline().split("\n\na\n\n \nb\n#### 5\n") == ("\n\na\n\n \n", "b\n", "#### 5\n")


@pytest.mark.parametrize("mark", ["Step 1:", "**Step 1**", "## Step 1:", "**Step 1:**", "step 1."])
def test_step_marks_of_all_styles_begin_a_step(mark: str) -> None:
    second = mark.replace("1", "12")
    text = f"Let us see.\n{mark} 2 + 2 = 4.\nGood.\n\n{second} Step 3 is not needed."
    assert StepMarker().split(text) == (
        "Let us see.\n",
        f"{mark} 2 + 2 = 4.\nGood.\n\n",
        f"{second} Step 3 is not needed.",
    )


def test_a_line_that_speaks_of_a_step_is_no_mark() -> None:
    assert StepMarker().split("Step 1: a\nStep 2 gives 5\nStep 2.5 too") == (
        "Step 1: a\nStep 2 gives 5\nStep 2.5 too",
    )


def test_sentences_end_at_full_stops_but_not_at_decimals_abbreviations_or_list_numbers() -> None:
    text = 'He pays 3.50 dollars, i.e. much. "Why?" she asks. Take 2!\n2. Go. and on'
    assert Sentence().split(text) == (
        "He pays 3.50 dollars, i.e. much. ",
        '"Why?" she asks. ',
        "Take 2!\n",
        "2. Go. and on",
    )


def test_a_pattern_cuts_behind_or_before_its_matches() -> None:
    text = "a\n---\nb\n---\n"
    assert Regex(pattern=r"\n---\n").split(text) == ("a\n---\n", "b\n---\n")
    assert Regex(pattern=r"^---$", cut="before").split(text) == ("a\n", "---\nb\n", "---\n")


@pytest.mark.parametrize(
    "answer",
    ["#### 72", "The answer is: 13520", "\\boxed{5}", "$\\boxed{\\frac{1}{2}}$.", "# Answer\n5",
     "Answer: 5", "Therefore, the final answer is 5.", "\\[\\boxed{5}\\]\n"],
)  # fmt: skip
def test_an_answer_alone_is_a_step_of_its_own_or_joins_the_last(answer: str) -> None:
    text = f"2 + 3 = 5.\n\n{answer}"
    attached = BlankLine(final_answer="attach").split(text)
    assert attached == (text,)
    assert BlankLine().split(text)[0] == "2 + 3 = 5.\n\n"


def test_a_last_step_that_reasons_is_never_attached() -> None:
    text = "a\nSo 2 + 3 = 5 and the answer is 5"
    assert Newline(final_answer="attach").split(text) == ("a\n", text[2:])


def test_a_typo_in_the_kind_names_the_splitters() -> None:
    adapter: TypeAdapter[AnySplitter] = TypeAdapter(AnySplitter)
    with pytest.raises(ValidationError, match=r"blank_line.*newline.*step_marker"):
        adapter.validate_python({"kind": "blankline"})


def test_a_broken_pattern_is_refused_when_it_is_configured() -> None:
    with pytest.raises(ValidationError, match="no RE2 expression"):
        Regex(pattern="(")
    with pytest.raises(ValidationError, match="without look-around"):
        Regex(pattern="(?=Step)")


@pytest.mark.parametrize("final_answer", ["own", "attach"])
def test_a_text_of_very_many_lines_has_no_more_steps_than_a_run_can_probe(
    final_answer: Literal["own", "attach"],
) -> None:
    text = "a line\n" * 200_001 + "#### 5"
    steps = Newline(final_answer=final_answer).split(text)
    assert len(steps) == MAX_STEPS
    assert "".join(steps) == text
    assert len(Newline().split("a\n" * MAX_STEPS)) == MAX_STEPS


THINKING = "<think>\nTry 2.\n\nWait, 3.\n</think>\n\nIt is 3.\n\nThe answer is 3."


@pytest.mark.parametrize(
    ("part", "steps"),
    [
        ("whole", ["<think>\nTry 2.\n\n", "Wait, 3.\n</think>\n\n", "It is 3.\n\n"]),
        ("thought", ["<think>\nTry 2.\n\n", "Wait, 3.\n</think>", "\n\nIt is 3.\n\n"]),
        ("answer", ["<think>\nTry 2.\n\nWait, 3.\n</think>\n\n", "It is 3.\n\n"]),
    ],
)
def test_of_a_text_that_thinks_what_was_chosen_is_cut_and_the_rest_is_one_step(
    part: Literal["whole", "thought", "answer"], steps: list[str]
) -> None:
    found = BlankLine(part=part).split(THINKING)
    if part == "thought":
        assert found == (*steps[:2], "\n\nIt is 3.\n\nThe answer is 3.")
    else:
        assert found == (*steps, "The answer is 3.")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("<|channel|>analysis<|message|>Hm.<|end|><|channel|>final<|message|>It is 3.", "It is 3."),
        ("[THINK]a[/THINK]b", "b"),
        ("still <think> thinking", ""),
        ("no thought at all", "no thought at all"),
    ],
)
def test_thought_is_told_by_the_marks_of_its_family(text: str, said: str) -> None:
    *before, last = Newline(part="thought").split(text)
    assert "".join((*before, last)) == text
    assert (last if said else "") == said


def test_short_paragraphs_are_packed_until_a_step_has_its_size() -> None:
    text = "".join(f"paragraph {n}\n\n" for n in range(6)) + "end"
    assert [len(step) for step in Packed(size=25).split(text)] == [26, 26, 26, 3]


def test_a_thought_is_cut_where_it_turns() -> None:
    text = "Try 2. Wait, that is odd. So it is 3.\nBut 3 fits.\nNowhere else. I wait. Now 4."
    assert MarkerWords().split(text) == (
        "Try 2. ",
        "Wait, that is odd. ",
        "So it is 3.\n",
        "But 3 fits.\nNowhere else. I wait. ",
        "Now 4.",
    )
    assert len(MarkerWords(size=20).split(text)) < 4
    assert MarkerWords(words=("I wait",)).split(text)[1] == "I wait. Now 4."

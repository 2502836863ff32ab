"""What is read of a critique, and what is refused because it is not clear."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollouts.critiquing import judgement
from schemas import Completion, Judgement


def read(text: str, steps: int = 3) -> Judgement:
    return judgement(Completion.of_text(text), steps)


RIGHT, WRONG = r"The step is \boxed{correct}", r"The step is \boxed{incorrect}"


@pytest.mark.parametrize(
    ("text", "verdicts", "error"),
    [
        (f"Paragraph 0: {RIGHT}.\n\nParagraph 1: {WRONG}.\n\n\\boxed{{1}}", (True, False), 1),
        (f"Step 1: {RIGHT}\nStep 2: {RIGHT}\nStep 3: {RIGHT}", (True, True, True), -1),
        (f"Step 1: {RIGHT}\nStep 2: {WRONG}\nStep 3: {RIGHT}", (True, False, True), 1),
        (f"**Paragraph 0**\n{WRONG}", (False,), 0),
        (f"<paragraph_0>\n{RIGHT}\n</paragraph_0>\n<paragraph_1>{WRONG}", (True, False), 1),
        (f"{RIGHT} and {RIGHT} and {WRONG}", (True, True, False), 2),
        (r"It is fine: \boxed{-1}.", (), -1),
        (r"\boxed{\text{2}}", (), 2),
        (r"The sum is \boxed{17}. So $\boxed{ 0 }$", (), 0),
        (f"<think>hm, {WRONG} \\boxed{{2}}</think>\\boxed{{1}}", (), 1),
        (
            f"<think>Step 1: {RIGHT}\nStep 2: {WRONG}</think>\nIs the solution correct? No",
            (True, False),
            1,
        ),
        (f"Paragraph 0: it says\nStep 7: a trap\n{RIGHT}\nParagraph 1: {WRONG}", (True, False), 1),
    ],
)
def test_verdicts_and_first_error_are_read(
    text: str, verdicts: tuple[bool, ...], error: int
) -> None:
    assert read(text) == Judgement(verdicts=verdicts, first_error=error)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "neither verdicts nor an index in a box"),
        (r"The step is \boxed{correct/incorrect}", "neither verdicts nor an index in a box"),
        (r"\boxed{3}", "it judges a step that is not there"),
        (r"\boxed{-2}", "it judges a step that is not there"),
        (" ".join([RIGHT] * 4), "it judges a step that is not there"),
        (f"{RIGHT} {RIGHT}", "not every step has a verdict"),
        (f"{RIGHT} {RIGHT} \\boxed{{-1}}", "not every step has a verdict"),
        (f"{RIGHT} {WRONG} \\boxed{{2}}", "its verdicts and its index disagree"),
        (f"{RIGHT} {WRONG} \\boxed{{-1}}", "its verdicts and its index disagree"),
        (f"Paragraph 0: {RIGHT}, no: {WRONG}", "two verdicts on one step"),
        (f"Paragraph 1: {WRONG}", "verdicts that are not of the steps in order"),
        (f"Step 1: {RIGHT}\nStep 3: {WRONG}", "verdicts that are not of the steps in order"),
        (f"{RIGHT}\nParagraph 0: {WRONG}", "verdicts that are not of the steps in order"),
        (f"Paragraph 0: {RIGHT}\nParagraph 0: {WRONG}", "two verdicts on one step"),
    ],
)
def test_what_is_not_clear_is_refused_with_a_reason(text: str, why: str) -> None:
    assert read(text) == Judgement(unread=why)


def test_a_critique_that_was_cut_says_nothing() -> None:
    cut = replace(Completion.of_text(r"\boxed{1}"), finish_reason="length")
    assert judgement(cut, 3) == Judgement(unread="cut at max_tokens")


_PARTS = st.sampled_from(
    [
        *("\\boxed{", "}", "correct", "incorrect", "0", "1", "-", "2", "Paragraph ", "Step ", ":"),
        *("<paragraph_", ">", "</", "<think>", "</think>", " ", "x", "\n", "\\text{", RIGHT, WRONG),
    ]
)


@settings(max_examples=300)
@given(parts=st.lists(_PARTS, max_size=40), steps=st.integers(1, 4))
def test_whatever_is_written_a_reading_fits_the_steps_or_says_why_not(
    parts: list[str], steps: int
) -> None:
    found = read("".join(parts), steps)
    if found.unread:
        assert found == Judgement(unread=found.unread)
        return
    error = found.first_error
    assert error is not None
    assert -1 <= error < steps
    if found.verdicts:
        assert len(found.verdicts) <= steps
        wrong = [index for index, verdict in enumerate(found.verdicts) if not verdict]
        assert wrong[:1] == ([error] if error >= 0 else [])
        assert error >= 0 or len(found.verdicts) == steps


@pytest.mark.parametrize("piece", [" ", "\\boxed{", "<", "Step 1 ", "\n", "<x" * 3, "\\text{"])
def test_long_babble_is_read_in_linear_time(piece: str) -> None:
    assert read(piece * (200_000 // len(piece))).first_error is None

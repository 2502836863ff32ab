"""Only what is said counts: thought and other turns, as families of models mark them."""

import pytest

from verification.finding.extraction import Auto, extract
from verification.finding.turns import said_part

HARMONY = "<|channel|>analysis<|message|>{}<|end|><|start|>assistant<|channel|>final<|message|>{}"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (HARMONY.format(r"perhaps \boxed{7}", r"It is \boxed{8}.<|return|>"), r"It is \boxed{8}."),
        ("<|channel|>commentary<|message|>call<|call|><|channel|>final <|message|>9", "9"),
        (r"analysisWe need 3+4 = \boxed{7}?assistantfinalIt is 8.", "It is 8."),
        (r"[THINK]\boxed{7}[/THINK]It is 8.", "It is 8."),
        (r"<thinking>\boxed{7}</thinking>It is 8.", "It is 8."),
        (r"<Thought>\boxed{7}</Thought>It is 8.", "It is 8."),
        (r"<seed:think>\boxed{7}</seed:think>It is 8.", "It is 8."),
        (r"<|START_THINKING|>7<|END_THINKING|><|START_RESPONSE|>8<|END_RESPONSE|>", "8"),
        (r"◁think▷\boxed{7}◁/think▷It is 8.", "It is 8."),
        ("It is 8.<｜end▁of▁sentence｜>And 9.", "It is 8."),
        ("It is 8.<|endofturn|>\nIt is 9.", "It is 8."),
        ("<|im_start|>It is 8.<|im_end|>", "It is 8."),
        ("It is 8.<|im_end|><|im_start|>user<think>hm</think>It is 9.", "It is 8."),
        ("<|begin_of_box|>8<|end_of_box|>", "<|begin_of_box|>8<|end_of_box|>"),
        ("for a < b we have a <= b, |a| < |b|", "for a < b we have a <= b, |a| < |b|"),
    ],
)
def test_the_first_turn_behind_all_thought_is_what_is_said(text: str, said: str) -> None:
    assert said_part(text).strip() == said


@pytest.mark.parametrize(
    "text",
    [
        r"<|channel|>analysis<|message|>so \boxed{7}<|end|>",
        r"<|channel|>analysis<|message|>so \boxed{7}",
        r"[THINK]so \boxed{7}",
        r"<thinking>so \boxed{7}</thinking>",
        r"<|START_THINKING|>so \boxed{7}",
        r"a hunch: \boxed{7}</thinking>",
    ],
)
def test_a_completion_that_only_thought_states_nothing(text: str) -> None:
    assert extract(text, Auto()).answer is None

"""Where mathematics stands in a text, and where dollars are money."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pages.maths import answer_pieces, pieces

PARTS = [*"a1 $\\[](){}\n", "\\boxed{", "\\begin{align}", "\\end{align}"]
TEXTS = st.lists(st.sampled_from(PARTS)).map("".join)


def set_in(text: str) -> list[tuple[str, str]]:
    return [(one.kind, one.tex) for one in pieces(text) if one.kind != "text"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("so $x$ and $y^2$.", [("inline", "x"), ("inline", "y^2")]),
        ("pay $5 or $6", []),
        ("it costs $5, $6 and $7.", []),
        ("5$ and 6$", []),
        ("from $5-$6", []),
        ("a \\$5 note, $x=5$", [("inline", "x=5")]),
        ("\\(a\\) \\[b\\] $$c$$", [("inline", "a"), ("display", "b"), ("display", "c")]),
        ("it is \\boxed{\\frac{1}{2}} now", [("inline", "\\boxed{\\frac{1}{2}}")]),
        ("\\boxed{never closed", []),
        ("\\begin{align}x\\end{align}", [("display", "\\begin{align}x\\end{align}")]),
        ("\\begin{align}x\\end{cases}", []),
    ],
)
def test_mathematics_is_told_from_money(text: str, found: list[tuple[str, str]]) -> None:
    assert set_in(text) == found


@given(TEXTS)
def test_no_character_is_lost(text: str) -> None:
    assert "".join(one.source for one in pieces(text)) == text
    assert "".join(one.source for one in answer_pieces(text)) == text


def test_an_answer_with_a_command_is_mathematics_and_a_number_is_not() -> None:
    assert [one.kind for one in answer_pieces("\\frac{1}{2}")] == ["inline"]
    assert [one.kind for one in answer_pieces("72")] == ["text"]


def test_many_openings_that_never_close_take_no_time() -> None:
    assert set_in("\\boxed{" * 3_000 + "$" * 2_001) is not None

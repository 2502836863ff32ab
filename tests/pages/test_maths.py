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
        ("\\boxed{} and \\boxed{ } but \\boxed{2}", [("inline", "\\boxed{2}")]),
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


@pytest.mark.parametrize(
    "answer",
    [
        "\\frac{1}{2}",
        "\\left( 3, \\frac{\\pi}{2} \\right)",
        "x = 2 \\text{ or } x = \\sqrt{3}",
        "v = \\mathbf{0} \\\\ w",
        "90^\\circ",
        "1,\\!000\\%",
    ],
)
def test_an_answer_in_tex_is_mathematics(answer: str) -> None:
    assert [one.kind for one in answer_pieces(answer)] == ["inline"]


@pytest.mark.parametrize(
    "answer",
    [
        "72",
        "C:\\temp\\new",
        "\\\\server\\share",
        "a\\nb",
        "either\\or",
        "\\frac{1}{2} of the pie, or none",
        "\\frac{1}{2",
        "back\\",
        "\\",
    ],
)
def test_a_backslash_alone_makes_no_mathematics(answer: str) -> None:
    assert [one.kind for one in answer_pieces(answer)] == ["text"]


def test_an_answer_with_delimiters_is_set_where_they_say() -> None:
    found = [one.kind for one in answer_pieces("$2$ or \\(3\\)")]
    assert found == ["inline", "text", "inline"]


def test_what_is_displayed_takes_the_space_around_it_along() -> None:
    kinds = [(one.kind, one.source) for one in pieces("so\n\n   \\[ x \\]\n\nand")]
    assert kinds == [("text", "so"), ("display", "\n\n   \\[ x \\]\n\n"), ("text", "and")]


def test_many_openings_that_never_close_take_no_time() -> None:
    assert set_in("\\boxed{" * 3_000 + "$" * 2_001) is not None

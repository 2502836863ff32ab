import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources.boxed import UnclosedBoxError, boxed

LATEX = st.text(st.sampled_from("{}\\boxedfbra 5$\n^_"), max_size=60)
BALANCED = st.recursive(
    st.text(st.sampled_from("abc 12+-,^_\\"), max_size=5).map(lambda s: s.replace("\\", "\\{")),
    lambda inner: st.lists(inner | inner.map("{{{}}}".format), max_size=3).map("".join),
)


@pytest.mark.parametrize(
    ("text", "last"),
    [
        (r"so $\boxed{42}$.", "42"),
        (r"\boxed{\frac{1}{2}}", r"\frac{1}{2}"),
        (r"$\boxed{1}$ and then $\boxed{2}$", "2"),
        (r"\fbox{7}", "7"),
        (r"$\framebox{204}$ minutes", "204"),
        (r"is $\boxed 5$ indeed", "5"),
        (r"is $\boxed \frac{3}{4}$ indeed", r"\frac{3}{4}"),
        (r"is \(\boxed 5\) indeed", "5"),
        (r"\boxed{ 3 }", "3"),
        (r"\boxed" + "\n{3}", "3"),
        (r"\boxed{\{1, 2\}}", r"\{1, 2\}"),
        (r"\boxed{\left\{x \mid x > 0\right.}", r"\left\{x \mid x > 0\right."),
        (r"\boxed{\boxed{9}}", "9"),
        (r"\boxed{\boxed{1} + \boxed{2}}", r"\boxed{1} + \boxed{2}"),
        (r"\boxed{x + \fbox{5}}", r"x + \fbox{5}"),
        (r"} stray \boxed{8} {", "8"),
        (r"\boxed{}", ""),
        (r"\boxed{torn \boxed{6}", "6"),
    ],
)
def test_the_last_box_is_the_outermost_that_closes_last(text: str, last: str) -> None:
    assert boxed(text)[-1] == last


@pytest.mark.parametrize("text", ["", "no box", r"\boxedtext{5}", r"\boxing{5}"])
def test_text_without_a_box_has_none(text: str) -> None:
    assert boxed(text) == ()


@pytest.mark.parametrize("text", [r"\boxed{5", r"\boxed{1} then \boxed{\frac{1}{2}"])
def test_a_box_torn_off_at_the_end_is_an_error_and_not_the_one_before_it(text: str) -> None:
    with pytest.raises(UnclosedBoxError):
        boxed(text)


@given(BALANCED, st.text("abc $.", max_size=20), st.text("abc $.", max_size=20))
def test_balanced_content_comes_back_to_the_character(inner: str, before: str, after: str) -> None:
    assert boxed(f"{before}\\boxed{{x{inner}y}}{after}")[-1] == f"x{inner}y"


@given(LATEX)
def test_any_text_gives_boxes_of_itself_or_says_that_one_is_torn(text: str) -> None:
    try:
        assert all(content in text for content in boxed(text))
    except UnclosedBoxError:
        assert "box" in text


def test_a_megabyte_of_boxes_takes_no_quadratic_time() -> None:
    with pytest.raises(UnclosedBoxError):
        boxed(r"\boxed{" * 150_000)
    assert len(boxed(r"\boxed{" * 150_000 + "5" + "}" * 150_000)) == 1
    assert boxed(r"\boxed " * 150_000)[-1] == ""

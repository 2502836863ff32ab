"""Model text is printed, never obeyed."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.text import compact, many_lines, one_line, plain


@given(st.text())
def test_nothing_invisible_is_left_but_newlines_and_joiners(text: str) -> None:
    kinds = {unicodedata.category(each) for each in plain(text) if each not in "\n\u200c\u200d"}
    assert not kinds & {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}


@given(st.text())
def test_plain_text_can_be_encoded(text: str) -> None:
    plain(text).encode()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred", "\\x1b[31mred"),
        ("a\rb", "a\\x0db"),
        ("a\r\nb", "a\nb"),
        ("\u202egnitirw", "\\u202egnitirw"),
        ("x\ty", "x    y"),
        ("√2 ≤ 一", "√2 ≤ 一"),
    ],
)
def test_controls_are_spelled_out_and_letters_kept(text: str, shown: str) -> None:
    assert plain(text) == shown


def test_one_line_is_cut_with_a_sign_that_it_was() -> None:
    assert one_line("a\n b" * 100, 10) == "a ba ba b…"


def test_counts_are_short() -> None:
    assert [compact(n) for n in (950, 9_999, 31_240, 4_100_000)] == [
        "950",
        "9,999",
        "31.2k",
        "4.1M",
    ]


def test_a_long_body_is_cut_and_says_how_much_was_left_out() -> None:
    assert many_lines("a\n\x1b" * 10) == ("a\n\\x1b" * 10).strip()
    shown = many_lines("x" * 20_000_000)
    assert shown == "x" * 20_000 + "… (19,980,000 more characters)"

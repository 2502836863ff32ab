from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources.cells import number_text
from sources.gold import GoldRule, extract_gold
from sources.rows import BadCellError


@pytest.mark.parametrize(
    ("cell", "gold"),
    [
        ("She has 3+4=<<3+4=7>>7.\n#### 7", "7"),
        ("It costs\n#### 1,080", "1,080"),
        ("#### -5", "-5"),
        ("#### 3\nthen\n#### 4", "4"),
        (r"Thus $\boxed{\frac14}$.", r"\frac14"),
        ("#### Conclusion\nHence $\\boxed{6}$.", "6"),
        ("$\\boxed{5}$ boxes, so\n#### 6", "6"),
        ("  72 ", "72"),
        ("9 (apples)", "9"),
        ("14  (seats)", "14"),
        ("5/2 (feet)", "5/2"),
        ("5 (mod 7)", "5 (mod 7)"),
        ("-(1/3)", "-(1/3)"),
        ("3 (x+1)", "3 (x+1)"),
        ("10{,}000", "10{,}000"),
        ("$35,36,37$", "$35,36,37$"),
        ("none", "none"),
        ("None of these", "None of these"),
        ("\frac{3}{7}", r"\frac{3}{7}"),
        ("$x \neq 3$", r"$x \neq 3$"),
        ("2 \times 5", r"2 \times 5"),
        ("\beta + 1", r"\beta + 1"),
        ("8\nboxes", "8\nboxes"),
        (["2"], "2"),
        (["3", "-3"], "3, -3"),
        ([1, 2.0], "[1, 2]"),
        ([5, 0], "[5, 0]"),
        ([7], "7"),
        (["1", 2], "1, 2"),
        (27.0, "27"),
        (-9867630.0, "-9867630"),
        (0.1, "0.1"),
        (1e22, "10000000000000000000000"),
        (2.5e-06, "0.0000025"),
        (Decimal("-0.0"), "0"),
        (Decimal("12.50"), "12.5"),
        (10**30, "1" + "0" * 30),
        (True, "True"),
        (b"17", "17"),
    ],
)
def test_the_automatic_rule_finds_the_gold(cell: object, gold: str) -> None:
    assert extract_gold(cell, "auto", from_solution=False) == gold


@pytest.mark.parametrize(
    ("cell", "rule", "reason"),
    [
        ("", "auto", "empty gold"),
        (None, "auto", "empty gold"),
        ([], "auto", "empty gold"),
        ("NaN", "auto", "empty gold"),
        ("None", "auto", "empty gold"),
        ("N/A", "auto", "empty gold"),
        (r"\boxed{None}", "auto", "empty gold"),
        ("\fooled{3}", "auto", "control characters in the gold"),
        ("3\x07", "auto", "control characters in the gold"),
        (["3\x1b[0m"], "auto", "control characters in the gold"),
        ("####", "hash", "empty gold"),
        (r"\boxed{}", "auto", "empty gold"),
        ("72", "hash", "no #### in the answer"),
        ("72", "boxed", r"no \boxed{} in the answer"),
        (r"\boxed{7", "auto", r"last \boxed{ is never closed"),
        (r"\boxed{3} or \boxed{-3}", "one_box", "several different boxes"),
        (float("nan"), "auto", "not a finite number"),
        (float("inf"), "auto", "not a finite number"),
        (Decimal("1E+999999999"), "auto", "number too long"),
        pytest.param(10**5000, "auto", "number too long", id="5001 digits"),
        ({"value": 3}, "auto", "wrong type"),
        ([[1]], "auto", "wrong type"),
        ("x\0y", "auto", "NUL character in text"),
        ("\ud800", "auto", "not UTF-8"),
        ("word " * 500, "auto", "gold too long"),
    ],
)
def test_what_is_no_gold_is_refused_with_a_reason(
    cell: object, rule: GoldRule, reason: str
) -> None:
    with pytest.raises(BadCellError) as refused:
        extract_gold(cell, rule, from_solution=False)
    assert refused.value.reason == reason


def test_equal_boxes_are_one_box() -> None:
    assert (
        extract_gold(r"\boxed{10 \pi} = \boxed{10\pi}", "one_box", from_solution=False) == r"10\pi"
    )


def test_a_solution_without_any_mark_is_never_a_gold_by_itself() -> None:
    with pytest.raises(BadCellError, match="no ####"):
        extract_gold("So it is 7.", "auto", from_solution=True)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_float_is_written_out_to_the_same_double(value: float) -> None:
    text = number_text(value)
    assert float(text) == value
    assert "e" not in text.lower()


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**30), max_value=10**30))
def test_a_decimal_is_written_out_exactly(value: Decimal) -> None:
    if abs(value.adjusted()) > 400:
        return
    assert Decimal(number_text(value)) == value

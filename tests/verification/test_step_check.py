"""Which displayed equalities are refuted, proved, or left alone."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas import Finding
from verification.step_check import check_step

REFUTED, PROVED, SILENT = Finding.REFUTED, Finding.PROVED, Finding.SILENT


@pytest.mark.parametrize(
    "step",
    [
        "12 * 3 = 37",
        "So she has 48/2 = <<48/2=25>>25 clips.",
        "7995 (total cookies) - 2595 (rainbow cookies) = 4500.",
        "3 boxes x 12 = 35 boxes",
        r"We get \( \frac{12}{3} + 2 = 7 \).",
        r"\[ 2 \times 3 = 5 + 2 = 7 \]",
        r"The total is $12 \times 1{,}000 = 12{,}100$.",
        "5 × $30 = $160",
        r"\[ \text{earnings} = 5 \times \$30 = \$160 \]",
        r"$\sqrt{16} + 2^3 = 13$",
        r"\binom{5}{2} is written $\binom{5}{2} = 12$",
        "(2 + 3) * 4 = 14",
        "3.5 + 2 = 6.5",
    ],
)
def test_false_equalities_are_refuted(step: str) -> None:
    check = check_step(step)
    assert check.finding is REFUTED
    assert check.equation
    assert check.reason


@pytest.mark.parametrize(
    "step",
    [
        "12 * 3 = 36",
        "So she has 48/2 = <<48/2=24>>24 clips.",
        "7,995 (total) - 2,595 (rainbow) = 5,400.",
        r"\( \frac{12}{3} + 2 = 6 \)",
        "$5 * 3 = $15",
        "20% * 50 = 10",
        r"$(a+b)^2 = a^2 + 2ab + b^2$",
        "1/4 = 25%",
        r"$7 + 8 \equiv 3 \pmod{12}$",
    ],
)
def test_true_equalities_are_proved(step: str) -> None:
    assert check_step(step).finding is PROVED


@pytest.mark.parametrize(
    "step",
    [
        "10 / 3 = 3.33",
        "10 / 3 = 3",
        "2 / 3 = 0.67",
        r"$\frac{22}{7} \approx 3$",
        "3.33 * 3 = 10",
        "x = 5",
        "1 foot = 12 inches",
        "5 quarters = 5 * 25 cents",
        "60 minutes / 2 = 0.5 hours",
        "2x + 3 = 7",
        "2y / 2 = 22 / 2",
        r"$x^2 = 4$",
        "17 / 5 = 3 remainder 2",
        "half of 10 + 5 = 10",
        "total cookies - 5 = 12",
        r"$\text{Dogs} - 2 = 9 - 2$",
        "Suppose 2 + 2 = 5, then anything holds.",
        "4 * 5 = 21, which is a contradiction.",
        "Is 3 * 7 = 20?",
        r"$\sin(30) = 1/2$",
        "4 * 750000 = 3 million",
        "Plugging in we get $1 = \\sqrt{9} + 4$",
        "$e = 24$",
        "",
        "No equation at all.",
        "= = = 3 =",
        "<<=>> <<1=>>",
        "3 boxes * 12 = 35 apples",
    ],
)
def test_what_may_be_meant_otherwise_is_left_alone(step: str) -> None:
    assert check_step(step).finding is SILENT


@given(st.text(alphabet="0123456789+-*/=()<>$\\{}^_. x%fracsqrt\n", max_size=200))
@settings(max_examples=200, deadline=None)
def test_no_text_breaks_it(step: str) -> None:
    assert check_step(step).finding in Finding


@given(st.integers(1, 10**6), st.integers(1, 10**6), st.integers(-1000, 1000))
@settings(max_examples=100, deadline=None)
def test_sums_of_whole_numbers_are_told_to_the_unit(a: int, b: int, slip: int) -> None:
    finding = check_step(f"We add {a} + {b} = {a + b + slip}.").finding
    assert finding is (PROVED if slip == 0 else REFUTED if a + b + slip >= 0 else finding)


def test_a_long_hostile_step_takes_no_time_worth_naming() -> None:
    assert check_step("9^9^9^9 = 1 " * 500).finding is not PROVED
    assert check_step("(" * 5000 + "1=2").finding is SILENT
    assert check_step("1 apple " * 2000 + "= 3").finding is SILENT

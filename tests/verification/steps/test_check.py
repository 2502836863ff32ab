"""Which displayed equalities are refuted, proved, or left alone."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas import Finding
from tests.doubling import cpu_seconds
from verification.steps.check import check_step

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


TWINS = [
    # rounding explains a digit of the last place, or of what went in, and no more
    ("9 / 16 = 0.5735", "9 / 16 = 0.563"),
    ("2.50 * 30 = 75.6", "2.83 * 30.5 = 86.4"),
    ("1000 / 576 = 1.93", "1000 / 576 = 1.7"),
    (r"$\frac{1}{6} = \frac{1}{7}$", r"$\frac{100}{3} = 33$"),
    (r"$(-\frac{1}{2})^6 = -\frac{1}{64}$", r"$49 \pi = \frac{22 \cdot 49}{7} + \frac{1}{7}$"),
    (r"The remainder is $286 - 5 \cdot 49 = 11$.", "The remainder of 286 / 5 = 57"),
    (r"$\frac{2\frac{1}{3}}{7} = \frac{1}{2}$", r"$\frac{2\frac{1}{3}}{7} = \frac{2}{21}$"),
    # approximations far off
    (r"$\frac{34 \cdot 30}{12} \approx 100$", r"$\frac{34 \cdot 30}{12} \approx 84$"),
    (r"$20 \cdot 5 = 90 \approx 100$", r"$5742^3 \approx 5740^3 = 190537064000$"),
    # a number taken apart, but none that is plugged in or defined
    ("We see that $3333 = 3 \\cdot 7 \\cdot 37$.", "Plugging in $9$ gives $9 = 2^2 + 3$."),
    (r"$2(3) = 6 = -3(2)$", "3 dozen = 3 * 12"),
    (r"$2019 = 2^{10} + 2^9 + 2^8 + 2^0$", r"$1011 = 1 \cdot 2^3 + 2^1 + 2^0$"),
    # degrees and radians
    (r"$\tan 30^\circ = \sqrt{3}$", r"$\tan 30 = \sqrt{3}$"),
    (r"$\sin \frac{\pi}{6} = \frac{1}{3}$", r"$\frac{13\pi}{6} = \frac{\pi}{6}$"),
    (r"$180^\circ - 50^\circ = 120^\circ$", r"$400^\circ - 360^\circ \cdot 2 = 40^\circ$"),
    (r"$\sin 2^{4} \pi = 1$", r"$\frac{1}{\sin 2^4^\circ} = \frac{1}{2}$"),
    (r"$\log_2 8 = 4$", r"$\log 8 = 4$"),
    # percent
    (r"$\frac{14}{60} \cdot 100 = 25.5\%$", r"$\frac{14}{60} \cdot 100 = 23.33\%$"),
    (r"$20\% \cdot 50 = 12$", r"$60 - 20\% = 48$"),
    (r"$17\% \cdot 5 = 2$", r"$17\%5 = 2$"),
    # points, sums with bounds, and words between
    (r"$0.15 (54) + 0.40 (27) = 19.90$", r"$0.15 (54) + 0.40 (27) = 18.90$"),
    ("We get so (8 - 4) = 6 - 5.", "We get c_s (24 - 24) + c_v (8 - 4) = 6 - 5."),
    (r"$(1, 3 + \frac{1}{4}) = (1, \frac{15}{4})$", r"$(0, 1) \cap (0, 2) = (0, 2)$"),
    (r"$\sum_{k=1}^{4} k = 11$", r"$\sum_{k=1}^{n} k = 11$"),
    (
        r"\[100 (\text{first}) + 150 (\text{second}) = 270\]",
        r"\[100 (\text{first}) + 150 = 270 - a\]",
    ),
    ("So $19^2$ is $363$.", "The reciprocal of $19^2$ is $\\frac{1}{361}$."),
    ("It is $2^3$, which is $9$.", "We multiply by $2^3$ to get $81$."),
    ("Which simplifies to 1/4 + 1/4 = 1/8.", "We go from 2 to 3 + 4 = 8."),
    ("It is larger than 3 * 4 = 13.", "It is 2 less than 3 * 4 = 10."),
    (r"It is larger than $3 \cdot 4 = 13$.", r"It is 2 less than $3 \cdot 4 = 10$."),
    ("This gives 3! * 4 = 30.", "We have 3 * 4 = 12! Great."),
    ("She made 5000/500 = 12 dollars per hour.", "The rate is 5000/500 = 12 per 2 hours."),
    # inequalities: around equalities, and false themselves
    (r"$f(30) \leq 4 \cdot 8 = 33$", r"$f(30) = 4 \cdot 8 \leq 33$"),
    (
        r"Since $\frac{1}{2} < \frac{2}{5}$, we are done.",
        r"Check whether $\frac{1}{2} < \frac{2}{5}$.",
    ),
    # congruences
    (r"$2002 \equiv 2 \pmod{3}$", r"$n \equiv 2 \pmod{3}$"),
    (r"$2^{2005} \equiv 3 \pmod 7$", r"If $2^{2005} \equiv 3 \pmod 7$ were so, it would not hold."),
    # a value that does not solve the equation it follows from
    ("$5a - 1 = 5$, which means $a = 1$.", "$5a - 1 = 5$ or $a = 1$."),
    (r"\[ 16 + x = 27, \] \[ x = 8. \]", r"\[ 16 + x = 27. \] In the other case \[ x = 8. \]"),
    ("$12d = 18d - 144$ so $6d = 100$", "$x^2 = 4$ so $x = 2$"),
    ("$2x = 3$, so $x = 3$", "We know that $2x = 3$, $x = 3$ are to be solved."),
    ("$2x = 3$, hence $x = 2$", "$f(2) = 2$, hence $f(3) = 3$"),
    ("The result is $7^2$, which is $48$.", "The units digit is $1/7$, which is $3$."),
    (r"$10^\circ + 20^\circ = 40^\circ$", r"$10 + 20 = 40_5$"),
    (
        "We get $10 + 4d = 100$. Solving gives us $d = 20$.",
        "We get $10 + 4d = 100$ and $d = 22.5$.",
    ),
    # sums run on
    ("5 + 3 = 9 * 2 = 18", "5 + 3 = 8 * 2 = 16"),
    ("$2 + 3 = 7$ would be the sum", "$2 + 3 = 7$ would contradict it"),
]


@pytest.mark.parametrize(("refuted", "meant_otherwise"), TWINS)
def test_each_custom_excuses_what_it_covers_and_no_more(refuted: str, meant_otherwise: str) -> None:
    assert check_step(refuted).finding is REFUTED
    assert check_step(meant_otherwise).finding is not REFUTED


@pytest.mark.parametrize(
    "step",
    [
        r"$f(30) \leq 4 \cdot 8 = 32$",
        r"$(1, 3 + \frac{3}{4}) = (1, \frac{15}{4})$",
        r"$\sin 30^\circ = \frac{1}{2}$",
        r"$\sum_{k=1}^{4} k = 10$",
        "So $19^2$ is $361$.",
        "3! * 4 = 24",
        r"$2^{2005} \equiv 2 \pmod 7$",
    ],
)
def test_each_way_of_writing_is_proved_where_it_is_true(step: str) -> None:
    assert check_step(step).finding is PROVED


@given(st.text(alphabet="0123456789+-*/=()<>$\\{}^_. x%fracsqrt\n", max_size=200))
@settings(max_examples=200)
def test_no_text_breaks_it(step: str) -> None:
    assert check_step(step).finding in Finding


@given(st.integers(1, 10**6), st.integers(1, 10**6), st.integers(-1000, 1000))
@settings(max_examples=100)
def test_sums_of_whole_numbers_are_told_to_the_unit(a: int, b: int, slip: int) -> None:
    finding = check_step(f"We add {a} + {b} = {a + b + slip}.").finding
    assert finding is (PROVED if slip == 0 else REFUTED if a + b + slip >= 0 else finding)


def test_a_long_hostile_step_takes_no_time_worth_naming() -> None:
    assert check_step("9^9^9^9 = 1 " * 500).finding is not PROVED
    assert check_step("(" * 5000 + "1=2").finding is SILENT
    assert check_step("1 apple " * 2000 + "= 3").finding is SILENT


@pytest.mark.parametrize(
    "piece",
    [
        "9" * 500 + ".",
        "1.5+",
        "$1{}$ is ",
        "$x=1$ so ",
        "{" * 50,
        "$\\frac{1}{3}=0.33 \\% ^\\circ$ ",
        r"$2\frac12\%=4\frac12\%$ ",
        r"$9^{9^9} \equiv 9^{99999} \pmod{999999999}$ ",
        r"$1 < 2 = 3 > 4 \approx 5$ ",
        r"\[x + 1 = 2 \\ x = 1\] ",
        "(1, 2) = (3, 4), ",
        "$" + "(" * 300 + "=1$ ",
        "3! ",
        " " * 300 + "of $",
        "[['egg', 1], {'a': [2]}]" + "\\\\",
    ],
)
def test_repeated_pieces_take_no_time_worth_naming(piece: str) -> None:
    text = piece * (20_000 // len(piece))
    assert cpu_seconds(lambda: check_step(text)) < 1.0


def test_what_is_behind_the_end_of_a_steps_budget_stays_silent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert check_step("$12 \\cdot 13 = 157$").finding is Finding.REFUTED
    monkeypatch.setattr("verification.steps.check.MAX_STEP_WORK", 2)
    assert check_step("$12 \\cdot 13 = 157$").finding is Finding.SILENT

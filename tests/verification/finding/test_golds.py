"""Golds as datasets write them: sentences, lead-ins, two notations, eaten backslashes."""

import pytest

from verification.finding.golds import gold_answer, why_no_gold


@pytest.mark.parametrize(
    ("gold", "answer"),
    [
        ("The answer is 35.", "35"),
        ("Solution: $x = 35$", "$x = 35$"),
        ("Solution is: $[p=3, q=-4]$.", "p=3, q=-4"),
        ("$x>3:(3, \\infty)$", "x>3"),
        ("No solution : $\\emptyset$", "No solution"),
        ("The slope is $\\frac{2}{3}$.", "\\frac{2}{3}"),
        ("The angle $\\theta$ is $40$ degrees.", "40\\text{ degrees}"),
        ("No. It has no inverse.", "No"),
        ("Maria's house", "\\text{Maria's house}"),
        ("-5./4", "-5/4"),
        ("\frac{5}{7}", "\\frac{5}{7}"),
        ("x \neq 2", "x \\neq 2"),
    ],
)
def test_what_a_gold_states_is_read_off(gold: str, answer: str) -> None:
    assert gold_answer(gold).replace(" \\text{ ", "\\text{").replace("{ ", "{") == answer.replace(
        "{ ", "{"
    )


@pytest.mark.parametrize(
    "gold",
    [
        "$C$ is not invertible",
        "The slope is about $\\frac{2}{3}$.",
        "Yes. $F = x^2$",
        "It has 500 feet after 10 seconds.",
        "x : y = 3 : 4",
        "\\{x : x > 3\\}",
        "$f(x)=a x$ where $a$ is any real number",
        "\\frac12",
        "35",
    ],
)
def test_what_could_be_read_in_two_ways_stays_as_it_is(gold: str) -> None:
    assert gold_answer(gold) == gold


@pytest.mark.parametrize(
    "gold", ["None", "N/A", "null", "TBD", "?", "\fooled", "5\x07", "$x$ for $x>0$ and 0 otherwise"]
)
def test_what_is_nobodys_answer_is_no_gold(gold: str) -> None:
    assert why_no_gold(gold) is not None


@pytest.mark.parametrize("gold", ["none", "\\text{None of these}", "0", "No", "\frac12"])
def test_what_may_be_an_answer_is_not_refused(gold: str) -> None:
    assert why_no_gold(gold) is None

"""What a text is read as, what is refused, and that no thread disturbs another."""

from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction

import pytest

from verification.comparing.equivalence import compare
from verification.comparing.perturb import perturbed
from verification.parsing.normalise import normal_form
from verification.parsing.parsed import Parsed, parse_answer
from verification.tree.bounds import MAX_CHARACTERS, UnparsedError
from verification.tree.syntax import (
    Based,
    ClockTime,
    Collection,
    Negative,
    Number,
    PlusMinus,
    Product,
    Quotient,
    Ratio,
    Sum,
    Symbol,
    Tuple,
    Unit,
    Value,
    Words,
)

X = Symbol("x")


def number(value: int | str) -> Number:
    return Number(Fraction(value))


TREES = [
    ("7", Value(number(7))),
    ("-3.5", Value(Negative(number("3.5")))),
    ("1\\frac34", Value(number("7/4"))),
    ("1/2x", Value(Quotient(Product((number(1), X)), number(2)))),
    ("x-1\\pm2", Value(Sum((X, Negative(number(1)), PlusMinus(number(2)))))),
    ("5\\text{ cm}^2", Value(number(5), Unit((("cm", 2),)))),
    ("5 apples", Value(number(5), Unit(()))),
    ("(1,2]", Tuple("(", (Value(number(1)), Value(number(2))), "]")),
    ("1, 2 or 3", Collection(tuple(Value(number(n)) for n in (1, 2, 3)), joined_by="or")),
    ("\\{\\}", Collection((), braces=True)),
    ("1A_{16}", Based("1A", 16)),
    ("4:05 p.m.", ClockTime(4, 5, 0, "pm")),
    ("3:40:7", Ratio((number(3), number(40), number(7)))),
    ("\\text{an Ellipse}", Words("ellipse")),
]


@pytest.mark.parametrize(("text", "tree"), TREES)
def test_a_text_is_read_as_this_tree(text: str, tree: object) -> None:
    assert parse_answer(text) == tree


NORMAL = [
    ("$\\dfrac12$.", "\\frac12"),
    ("\\boxed{10{,}000}", "10000"),
    ("1\\,234\\,567", "1234567"),
    ("60°", "60^{\\circ}"),
    ("0.1\\overline{6}", "\\frac{1}{6}"),
    ("x²", "x^{2}"),
    ("\\left[ 0,1 \\right)", "[ 0,1  )"),
]


@pytest.mark.parametrize(("text", "normal"), NORMAL)
def test_the_normal_form_drops_what_only_looks_different(text: str, normal: str) -> None:
    assert normal_form(text) == normal


REFUSED = [
    ("x" * (MAX_CHARACTERS + 1), "longer than"),
    ("(" * 60 + "1" + ")" * 60, "nested deeper"),
    ("\\text{" * 60 + "1" + "}" * 60, "too deep"),
    ("9" * 1600, "digits"),
    ("1e999999999", "power of ten"),
    ("1" + "+1" * 900, "tokens"),
    (",".join("1" * 400), "answers"),
    ("5!!!!!!!!!!!!!!!!!!!!!", "marks"),
    ("\\frac{1}{", "due"),
    ("5 or more", "words"),
    ("\\int x", "differential"),
    ("x_{", "subscript"),
    ("__import__('os')", "'_'"),
    ("", "nothing"),
]


@pytest.mark.parametrize(("text", "reason"), REFUSED)
def test_what_cannot_be_read_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(UnparsedError, match=reason):
        parse_answer(text)
    assert compare("5", text).equal is not True


PERTURBED = [
    "7",
    "\\frac12",
    "(1,2)",
    "[0,\\infty)",
    "x=3",
    "\\text{odd}",
    "22_6",
    "4:30",
    "3:4",
    "\\pm 2",
    "\\{1,2\\}",
    "x^2",
    "5\\text{ cm}",
    "\\emptyset",
    "\\infty",
    "1,1",
    "\\begin{pmatrix}1\\\\2\\end{pmatrix}",
    "x \\le 2",
    "20\\%",
    "\\mathbb{R}",
]


@pytest.mark.parametrize("gold", PERTURBED)
def test_a_gold_rejects_its_perturbed_copy(gold: str) -> None:
    changed = perturbed(gold)
    assert changed is not None
    assert compare(gold, changed).equal is False, changed


def test_a_gold_that_cannot_be_read_has_no_perturbed_copy() -> None:
    assert perturbed("\\frac{1}{") is None


def test_a_parsed_gold_judges_like_its_text() -> None:
    gold = Parsed("\\frac{\\sqrt2}{2}")
    for answer in ("\\frac{1}{\\sqrt2}", "0.7", "\\sin 45^\\circ", "x"):
        assert compare(gold, answer) == compare(gold.text, answer)


def test_threads_do_not_disturb_each_other() -> None:
    pairs = [(f"\\sqrt{{{n}}}+\\pi", f"\\pi+\\sqrt{{{n * 4}}}/2") for n in range(2, 60)]
    pairs += [(f"e^{{-{n}}}", f"e^{{-{n + 1}}}") for n in range(50, 90)]
    alone = [compare(*pair) for pair in pairs]
    with ThreadPoolExecutor(8) as threads:
        together = list(threads.map(lambda pair: compare(*pair), pairs * 3))
    assert together == alone * 3

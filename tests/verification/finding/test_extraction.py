"""What counts as a stated answer, form by form."""

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from tests.doubling import cpu_seconds
from verification.finding.extraction import (
    PRESETS,
    AnswerFormat,
    AnswerIs,
    Auto,
    Boxed,
    Extraction,
    Hash,
    Json,
    Pattern,
    Tags,
    extract,
)

FORMATS = TypeAdapter(AnswerFormat)


def answer(text: str, form: Any = None, **options: Any) -> Any:
    return extract(text, form or Auto(), **options).answer


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (r"so \boxed{\frac{1}{2}}.", r"\frac{1}{2}"),
        (r"\boxed{1}. Wait, no: \boxed{2}", "2"),
        (r"\boxed{\text{if } x>0 \{1,2\}}", r"\text{if } x>0 \{1,2\}"),
        (r"roots \boxed{-2} and \boxed{1}.", "-2, 1"),
        (r"\[\boxed{(1,2)},\boxed{(2,1)}\]", "(1,2), (2,1)"),
        (r"\boxed{3} \quad \text{or} \quad \boxed{4}", "3, 4"),
        (r"first \boxed{3}, which gives \boxed{4}", "4"),
        (r"\boxed{5} and hence, to repeat it, \boxed{5}", "5"),
        (r"\boxed{\boxed{5}}", "5"),
        (r"\boxed 7", "7"),
        (r"\fbox{8}", "8"),
        (r"put it in \boxed{}: \boxed{9}", "9"),
        (r"**\boxed{10}**  Hope this helps!", "10"),
        (r"\boxed{5}}}}}", "5"),
        (
            "\\boxed{\n\\begin{pmatrix}1\\\\2\\end{pmatrix}\n}",
            "\\begin{pmatrix}1\\\\2\\end{pmatrix}",
        ),
        (r"\boxed{5}. Checking again, the final answer is $7$.", "7"),
        (r"\boxed{5}. This answer is plausible.", "5"),
        (r"so $m=\boxed{4}$, $n=\boxed{9}$.", "m = 4, n = 9"),
        (r"a_1 = \boxed{4} \text{ and } a_2 = \boxed{9}", "a_1 = 4, a_2 = 9"),
        ("m = \\boxed{4}\nn = \\boxed{9}", "m = 4, n = 9"),
        (r"m = \boxed{4}, so n = \boxed{9}", "9"),
        (r"\boxed{\text{The answer is: } 4}", "4"),
        ("\\(\boxed{4}\\)", "4"),
        ("<|begin_of_box|>4<|end_of_box|>", "4"),
    ],
)
def test_the_last_box_states_the_answer(text: str, expected: Any) -> None:
    assert answer(text, Boxed()) == expected


@pytest.mark.parametrize(
    "text", [r"so \boxed{5", r"\boxed", r"\boxed{}", r"\boxed{ }", r"\boxed{\boxed{5", "5", ""]
)
def test_an_unclosed_or_empty_box_states_nothing(text: str) -> None:
    assert extract(text, Boxed()) == Extraction(None, "")


def test_an_unclosed_box_does_not_hide_an_earlier_one() -> None:
    assert answer(r"\boxed{7}. Wait, actually \boxed{", Boxed()) == "7"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Thus 3 trucks. #### 3 ", "3"),
        ("#### 1\nno, wait\n#### $1,200", "$1,200"),
        ("#### 18 dollars", "18 dollars"),
        ("so Carl gets #### $4 in change.", "$4"),
        ("so John has #### 100 minutes to nap.", "100 minutes"),
        ("the odds are #### 2 to 5", "2 to 5"),
        ("#### Step 2: add\nso 5\n#### 7", "7"),
        ("#### Height:\nthe height is 5", None),
        ("##### 5", None),
        ("so 5", None),
    ],
)
def test_hashes_state_the_answer_but_head_no_sections(text: str, expected: Any) -> None:
    assert answer(text, Hash()) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The answer is 18.", "18"),
        ("The answer is: 1", "1"),
        ("The answer is **72**.\n\nLet me know if you need more!", "72"),
        ("the final answer is $\\frac{1}{2}$, since 2 > 1.", "\\frac{1}{2}"),
        ("Final Answer: The final answer is $(0, 1)$. I hope it is correct.", "(0, 1)"),
        ("Final Answer: The maximum of $f(x)$ is 19.", "19"),
        ("### Final Answer\n\n$x=5$", "x=5"),
        ("**Answer:** \\(x=5\\)", "x=5"),
        ("Answer \\( (9+1) \\)", "(9+1)"),
        ("The answer is $x=1$ and $x=2$.", "x=1, x=2"),
        ("The answer is $18 per day.", "$18 per day"),
        ("The answer is 18 because she sells 9 eggs each day.", "18"),
        ("The answer is 4:30 p.m.", "4:30 p.m."),
        ("So the answer is even.", "even"),
        ("The answer is (C).", "(C)"),
        ("The correct option is B.", "B"),
        ("She has 26 left\nA: 26", "26"),
        ("The answer is No.", "No"),
        ("**Answer:** Yes", "Yes"),
        ("Final answer: no, since 5 is odd.", "no"),
        ("The answer is no solution.", "no solution"),
        ("The correct answer is thus 26.", "26"),
        ("The answer, therefore, is 26.", "26"),
        ("Answer: 6 pencils will cost $9.00.", "$9.00"),
        ("Answer: 3 days equal 72 hours.", "72 hours"),
        ("Answer: Mia earns $26 a day.", "$26"),
        ("Answer: It takes 26 minutes", "26 minutes"),
        (
            "Answer: 6 pencils will be shared by 3 children.",
            "6 pencils will be shared by 3 children",
        ),
        ("The answer is no longer clear", None),
        ("The answer follows from step 5.", None),
        ("Answer: it must be more than 26.", None),
        ("The answer is not known: it may be 5 or 6.", None),
        ("No answer can be found in 10 steps.", None),
    ],
)
def test_a_worded_statement_states_the_answer(text: str, expected: Any) -> None:
    assert answer(text, AnswerIs()) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("thinking </think> <answer> 16 </answer>", "16"),
        ("</think><answer>\\boxed{\\dfrac{1}{4}}</answer>", "\\dfrac{1}{4}"),
        ("<answer>1</answer> no <answer>2</answer>", "2"),
        ("<answer>The answer is 5 apples in total</answer>", "5 apples"),
        ("<answer>5", None),
        ("5</answer>", None),
    ],
)
def test_closed_tags_state_the_answer(text: str, expected: Any) -> None:
    assert answer(text, Tags()) == expected


def test_another_tag_can_be_declared() -> None:
    assert answer("<result>7</result>", Tags(tag="result")) == "7"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"reasoning": "1+1", "answer": "2"}', "2"),
        (
            '```json\n{"reasoning": "a\nb \\(x\\)",\n "answer": "\\frac{1}{2}"\n}\n```',
            r"\frac{1}{2}",
        ),
        ('{"answer": "\\\\frac{1}{2}"}', r"\frac{1}{2}"),
        ('{"answer": "3 \\times 4"}', r"3 \times 4"),
        ('{"answer": "say \\"yes\\""}', 'say "yes"'),
        ('{"answer": 1.5e3}', "1.5e3"),
        ('{"answer": [1, 2]}', "[1, 2]"),
        ('{"answer": "1", "note": "x", "answer": "2"}', "2"),
        ('{"answer": "5", "answer": null}', "5"),
        ('{"answer": "unclosed', None),
        ('{"answer": ""}', None),
    ],
)
def test_the_json_field_states_the_answer_even_in_broken_json(text: str, expected: Any) -> None:
    assert answer(text, Json()) == expected


def test_a_pattern_takes_its_answer_group_from_the_last_match() -> None:
    form = Pattern(pattern=r"RESULT=(?P<answer>\S+)")
    assert extract("RESULT=1\nRESULT=2 done", form) == Extraction("2", "pattern")


def test_a_pattern_that_backtracking_engines_choke_on_is_matched_in_linear_time() -> None:
    form = Pattern(pattern=r"(a+)+$")
    text = "a" * 50_000 + "b"
    assert answer(text, form) is None
    assert cpu_seconds(lambda: answer(text, form)) < 1


@pytest.mark.parametrize("pattern", ["(", r"(\w)\1"])
def test_a_pattern_that_re2_refuses_is_refused_with_the_settings(pattern: str) -> None:
    with pytest.raises(ValidationError, match="RE2"):
        Pattern(pattern=pattern)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        (r"#### 5 and then \boxed{6}", "boxed"),
        (r"\boxed{6} #### 5", "hash"),
        (r"The answer is $\boxed{6}$.", "boxed"),
        ("so <answer>6</answer>", "tags"),
        ('{"answer": "\\\\boxed{6}"}', "json"),
        ("<final_answer>6</final_answer>", "tags"),
        (r"\boxed{\text{the answer is } 6}", "boxed"),
        ("6", "bare"),
        ("Hence 6 is the answer.", "sentence"),
        ("Therefore, Mia earns **6** on each of the days.", "sentence"),
        ("The ride takes 6, including the stop.", "sentence"),
        ("We count. There are many.\nSo Mia has **6** in all of them.", "conclusion"),
        ("It is more than 6.", ""),
        ("Therefore $6$ is the solution.", "sentence"),
        ("A long story. It has sentences.\nTherefore, the sum of both is 6.", "conclusion"),
        ("x = 5. Then 2x = 10, so we get 6", ""),
        ("We add 1 and 5. Then 6 remain.", ""),
    ],
)
def test_auto_takes_the_form_that_is_stated_last_and_says_which(text: str, rule: str) -> None:
    found = extract(text, Auto())
    assert found.rule == rule
    assert found.answer == ("6" if rule not in ("", "hash") else "5" if rule else None)


def test_auto_can_be_held_to_marked_forms() -> None:
    assert extract("6", Auto(plain=False)) == Extraction(None, "")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (r"<think>\boxed{1}</think> \boxed{2}", "2"),
        (r"\boxed{1} was the guess </think> so \boxed{2}", "2"),
        (r"<think>maybe \boxed{1}", None),
        (r"<think>maybe \boxed{1}</think>", None),
        (r"<|begin_of_thought|>\boxed{1}<|end_of_thought|>\boxed{3}", "3"),
        (r"\boxed{4}<|im_end|><|im_start|>user Now \boxed{5}", "4"),
    ],
)
def test_what_is_only_thought_or_said_in_another_turn_is_not_stated(
    text: str, expected: Any
) -> None:
    assert answer(text, Boxed()) == expected


@pytest.mark.parametrize("text", ["so it ends\n#### 12", "The answer is 12", "12", '{"answer": 12'])
def test_where_the_text_was_cut_an_answer_that_nothing_closes_may_be_cut_too(text: str) -> None:
    assert answer(text) == "12"
    assert answer(text, finished=False) is None


@pytest.mark.parametrize(
    "text",
    [r"\boxed{12} and fur", "#### 12\nand", "The answer is 12. And", "<answer>12</answer> a"],
)
def test_where_the_text_was_cut_behind_a_closed_answer_it_counts(text: str) -> None:
    assert answer(text, finished=False) == "12"


def test_formats_are_named_by_kind_or_preset() -> None:
    assert FORMATS.validate_python("hash") == Hash()
    assert FORMATS.validate_python("metamath") == AnswerIs()
    assert FORMATS.validate_python({"kind": "tags", "tag": "final"}) == Tags(tag="final")
    with pytest.raises(ValidationError, match="boxd"):
        FORMATS.validate_python("boxd")


def test_every_preset_is_a_format_that_survives_a_round_trip_through_yaml_types() -> None:
    for form in PRESETS.values():
        assert FORMATS.validate_python(form.model_dump()) == form


@pytest.mark.parametrize(
    "unit",
    ["\\boxed{", "{", "}", "answer is ", "#### ", '"answer": "', "<answer>", "$1$ and ", "\\(",
     "\\[", "$", "answer: $", "1, ", "so Therefore is ", "**", "\\boxed{1}, ", "<think>",
     '"answer": "\\'],
)  # fmt: skip
def test_extraction_takes_linear_time_on_repeated_marks(unit: str) -> None:
    text = unit * (300_000 // len(unit))
    assert cpu_seconds(lambda: extract(text, Auto())) < 0.5

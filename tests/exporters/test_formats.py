"""Every format: its example on the page, and that its rows read back as what was exported."""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import accumulate
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporters import AnyExporter, LabelledSteps, Refused, SolutionExporter
from exporters.records import NO_SEPARATOR
from exporters.seam import ProblemExporter
from schemas import Evidence, Outcome, StopRule
from schemas.views import Hard, Soft
from tests.exporters.problems import Words, rows_of
from tests.registries import kinds, members
from tests.runs import evidence, problem, solution

PAGE = Path(__file__).resolve().parents[2] / "docs" / "formats.md"
NAMED = dict(zip(kinds(AnyExporter, "format"), members(AnyExporter), strict=True))
EVERY = {
    name: one for name, one in NAMED.items() if issubclass(one, SolutionExporter | ProblemExporter)
}
"""All but those of critiques, which have a test file of their own."""
OF_PROBLEMS = {name: one for name, one in EVERY.items() if issubclass(one, ProblemExporter)}
"""Those whose rows are made of several solutions: read back in test_problem_formats.py."""
FORMATS = {name: one for name, one in EVERY.items() if one.reads_view and name not in OF_PROBLEMS}
"""Those whose rows are of labelled steps."""
VIEWLESS = {
    name: one for name, one in EVERY.items() if not one.reads_view and name not in OF_PROBLEMS
}
QUESTION = problem().question
GOOD, UNDECIDED = evidence(3, 5), evidence(0, 0, undecided=8)
VERDICT = Evidence(correct=1, stop_rule=StopRule.TERMINAL)
EXAMPLE_VIEWS = {"preference": Soft()}
Labelled = tuple[str, list[str], list[float]]


def labelled(steps: Sequence[str], labels: Sequence[bool | float]) -> LabelledSteps:
    one = problem()
    of = solution(one, steps, [evidence(int(label >= 0.5), 1) for label in labels])
    return LabelledSteps(problem=one, solution=of, steps=tuple(steps), labels=tuple(labels))


EXAMPLE = labelled(["2 * 3 = 6.", "2 + 6 = 9."], [True, False])


def row_of(exporter: SolutionExporter, steps: LabelledSteps) -> Any:
    return exporter.row(steps, exporter.separators[0])


def _signed(signs: Sequence[str]) -> list[float]:
    assert set(signs) <= {"+", "-"}
    return [float(sign == "+") for sign in signs]


def _tagged(text: str, mark: str) -> Labelled:
    assert text.startswith(f"{QUESTION} Step 1: ")
    pieces = text.removeprefix(f"{QUESTION} ").split(f" {mark}")
    assert pieces.pop() == ""
    bare = [re.sub(rf"^\n?Step {n}: ", "", piece) for n, piece in enumerate(pieces, start=1)]
    return QUESTION, bare, []


def _rlhflow(row: Any) -> Labelled:
    turns = row["messages"]
    assert [turn["role"] for turn in turns] == ["user", "assistant"] * (len(turns) // 2)
    first, *others = [turn["content"] for turn in turns[::2]]
    assert first.startswith(QUESTION + " ")
    steps = [first.removeprefix(QUESTION + " "), *others]
    return QUESTION, steps, _signed([turn["content"] for turn in turns[1::2]])


def _qwen(row: Any) -> Labelled:
    system, user, assistant = row["messages"]
    assert system["role"] == "system"
    *steps, rest = assistant["content"].split("<extra_0>")
    assert rest == ""
    return user["content"], steps, list(map(float, row["labels"]))


def _math_shepherd(row: Any) -> Labelled:
    question, steps, _ = _tagged(row["input"], "ки")
    places = accumulate(len(piece) + 1 for piece in row["input"].split("ки")[:-1])
    return question, steps, _signed([row["label"][end - 1] for end in places])


def _openrlhf(row: Any) -> Labelled:
    question, steps, _ = _tagged(row["input"], "ки")
    soft = not isinstance(row["value"][0], str)
    return question, steps, row["value"] if soft else _signed(row["value"])


def _openr(row: Any) -> Labelled:
    *steps, rest = row["process"].split(" \n\n\n\n\n")
    assert rest == ""
    return row["question"], [step.removeprefix(" ") for step in steps], _signed(row["label"])


def _paddlenlp(row: Any) -> Labelled:
    (asked,), earlier = row["src"], row["tgt"]
    assert earlier == []
    return asked.removesuffix("\n"), row["responses"], _signed(row["labels"])


def _prm800k(row: Any) -> Labelled:
    rated = [step["completions"] for step in row["label"]["steps"]]
    assert all(len(one) == 1 for one in rated)
    steps, ratings = [one[0]["text"] for one in rated], [one[0]["rating"] for one in rated]
    wrong = ratings[-1] == -1
    assert row["label"]["finish_reason"] == ("found_error" if wrong else "solution")
    chosen = [step["chosen_completion"] for step in row["label"]["steps"]]
    assert chosen == [0] * (len(steps) - 1) + [None if wrong else 0]
    return row["question"]["problem"], steps, [float(rating == 1) for rating in ratings]


READ: dict[str, Callable[[Any], Labelled]] = {
    "trl": lambda row: (row["prompt"], row["completions"], list(map(float, row["labels"]))),
    "stepmint": lambda row: (row["prompt"], row["completions"], row["labels"]),
    "rlhflow": _rlhflow,
    "qwen_prm": _qwen,
    "math_shepherd": _math_shepherd,
    "openrlhf": _openrlhf,
    "openrlhf_soft": _openrlhf,
    "openr": _openr,
    "paddlenlp": _paddlenlp,
    "prm800k": _prm800k,
    "actprm": lambda row: (row["question"], row["steps"], row["soft_labels"]),
    "fover": lambda row: (
        row["problem"],
        row["solution_steps"],
        [*map(float, row["error_labels"])],
    ),
    "skywork": lambda row: (
        row["problem"],
        row["response"].split("\n"),
        [*map(float, row["labels"])],
    ),
}
BITS = ["x", " = ", "7", "\n", "\n\n\n\n\n", "ки", "<extra_0>", "Step 2: ", "+", "é"]


def texts(exporter: SolutionExporter) -> st.SearchStrategy[list[str]]:
    """Steps of all that a format can be asked to write: everything but its own mark."""
    mark = exporter.separators[0]
    bits = st.sampled_from([bit for bit in BITS if not mark or mark not in bit])
    step = st.lists(bits, min_size=1, max_size=5).map("".join).map(str.strip).filter(bool)
    return st.lists(step, min_size=1)


def test_every_format_is_read_back_here() -> None:
    assert READ.keys() == FORMATS.keys()


@pytest.mark.parametrize("name", FORMATS)
@given(data=st.data())
def test_a_row_reads_back_as_the_steps_and_labels_it_was_made_of(name: str, data: Any) -> None:
    exporter = FORMATS[name]()
    steps = data.draw(texts(exporter))
    label = st.floats(0, 1) if exporter.takes_grades else st.booleans()
    labels = data.draw(st.lists(label, min_size=len(steps), max_size=len(steps)))
    row = row_of(exporter, labelled(steps, labels))
    assert not isinstance(row, Refused), "nothing but the format's mark keeps a text out"
    table = pa.Table.from_pylist([row], schema=exporter.columns)
    question, read, graded = READ[name](table.to_pylist()[0])
    assert question == QUESTION
    if "Step" not in "".join(steps):  # a step's own number is replaced in numbered forms
        assert read == steps
    assert graded == pytest.approx(list(map(float, labels)))
    assert len(read) == len(graded)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("trl", "a\nb"),
        ("qwen_prm", "a<extra_0>b"),
        ("math_shepherd", "руки"),
        ("openrlhf", "руки"),
        ("openrlhf_soft", "руки"),
        ("openr", "a\n\n\n\n\nb"),
        ("paddlenlp", "руки"),
        ("skywork", "a\nb"),
    ],
)
def test_a_step_that_holds_the_mark_makes_no_row(name: str, text: str) -> None:
    assert isinstance(row_of(FORMATS[name](), labelled([text, "c"], [True, False])), Refused)


@pytest.mark.parametrize("name", ["rlhflow", "prm800k", "actprm", "fover"])
def test_a_separator_is_refused_where_nothing_stands_between_steps(name: str) -> None:
    assert FORMATS[name].separators == NO_SEPARATOR
    with pytest.raises(ValueError, match="puts nothing between steps"):
        FORMATS[name].model_validate({"separator": "\n"})


def test_a_grade_is_right_from_a_half_on_in_actprm() -> None:
    row = row_of(FORMATS["actprm"](), labelled(["a", "b"], [0.5, 0.49]))
    assert (row["hard_labels"], row["soft_labels"]) == ([1, 0], [0.5, 0.49])


def whole(name: str, outcome: Outcome) -> Any:
    """Return what a format of whole solutions makes of one with this verdict."""
    one, exporter = problem(), VIEWLESS[name]()
    answered = replace(
        solution(one, ["2 * 3 = 6.\n", "2 + 6 = 8."], [GOOD, VERDICT]), outcome=outcome
    )
    steps = exporter.labelled(one, answered, Hard())
    return steps if isinstance(steps, Refused) else row_of(exporter, steps)


def test_a_whole_solution_is_labelled_by_the_verdict_on_its_answer() -> None:
    for outcome, right in ((Outcome.CORRECT, True), (Outcome.INCORRECT, False)):
        row = whole("orm", outcome)
        assert (row["completion"], row["label"]) == ("2 * 3 = 6.\n2 + 6 = 8.", right)
    assert whole("orm", Outcome.NO_ANSWER)["label"] is False
    assert whole("orm", Outcome.UNDECIDED) == Refused(reason="no verdict on its answer")
    assert whole("sft", Outcome.INCORRECT) == Refused(reason="its answer is not right")
    roles = [turn["role"] for turn in whole("sft", Outcome.CORRECT)["messages"]]
    assert roles == ["user", "assistant"]


def test_counts_are_a_row_as_they_are_and_take_no_view() -> None:
    one, exporter = problem(), VIEWLESS["counts"]()
    values = [evidence(3, 4, no_answer=1), UNDECIDED, VERDICT]
    labelled_one = solution(one, ["2 * 3 = 6.\n", " \n", "2 + 6 = 8."], values)
    row = row_of(exporter, exporter.labelled(one, labelled_one, Hard()))
    read = pa.Table.from_pylist([row], schema=exporter.columns).to_pylist()[0]
    assert "".join(read["steps"]) == "2 * 3 = 6.\n \n2 + 6 = 8."
    assert read["correct"] == [3, 0, 1]
    assert read["decided"] == [8, 0, 1]
    assert read["stop_rule"] == ["fixed", "fixed", "terminal"]
    assert (read["root_correct"], read["root_decided"], read["root_stop_rule"]) == (5, 8, "fixed")
    assert (read["answer"], read["outcome"]) == ("8", "correct")


def test_a_solution_without_a_decided_rollout_has_no_counts() -> None:
    one = problem()
    made = VIEWLESS["counts"]().labelled(one, solution(one, ["a"], [UNDECIDED]), Hard())
    assert made == Refused(reason="no step has a decided rollout")


def test_counts_that_are_shortened_lose_their_last_steps_in_every_list() -> None:
    one, exporter = problem(), VIEWLESS["counts"]()
    made = exporter.labelled(one, solution(one, ["a\n", "b"], [GOOD, VERDICT]), Hard())
    assert isinstance(made, LabelledSteps)
    row = row_of(exporter, made.first(1))
    assert [row[name] for name in ("steps", "correct", "stop_rule")] == [["a\n"], [3], ["fixed"]]


@pytest.mark.parametrize("name", VIEWLESS)
def test_a_view_is_refused_where_no_labels_are_made_of_it(name: str) -> None:
    with pytest.raises(ValueError, match="reads verdicts and counts, no view"):
        VIEWLESS[name].model_validate({"view": {"kind": "hard"}})
    assert VIEWLESS[name]().name == name


@pytest.mark.parametrize("name", EVERY)
def test_the_page_shows_the_row_as_it_is(name: str) -> None:
    section = PAGE.read_text("utf-8").partition(f"## `{name}`\n")[2].partition("\n## ")[0]
    shown = re.search(r"```json\n(.+?)\n```", section, re.DOTALL)
    assert shown, f"docs/formats.md has no section `{name}` with a row as JSON"
    assert json.loads(shown[1]) == example(name)


def example(name: str) -> Any:
    if name in OF_PROBLEMS:
        return rows_of(OF_PROBLEMS[name](view=EXAMPLE_VIEWS.get(name)))[0]
    return whole(name, Outcome.CORRECT) if name in VIEWLESS else row_of(FORMATS[name](), EXAMPLE)


@pytest.mark.parametrize("name", EVERY)
def test_prefect_can_take_an_exporter_apart_as_it_does_with_all_parameters_of_a_flow(
    name: str,
) -> None:
    assert dict(EVERY[name]())["format"] == name, "an attribute `keys` would make it a mapping"


@pytest.mark.parametrize("name", FORMATS)
def test_a_longer_row_is_longer(name: str) -> None:
    exporter = FORMATS[name]()
    longer, shorter = (
        exporter.length(one, exporter.separators[0], Words(adds_bos=True))
        for one in (EXAMPLE, EXAMPLE.first(1))
    )
    assert longer > shorter > len(QUESTION.split())

"""Rows with solutions become problems that bring them along."""

import json
import threading
from collections.abc import Mapping
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from schemas import Problem, RejectedRow, SourceError, problem_id
from sources import AnySolutions, DatasetSolutions, FileSolutions, FileSource, problems_of
from tests.sources.samples import jsonl, problems, rejected

ASKED = {"question": "What is 1 + 1?", "answer": "2"}
TALK = [{"role": "user", "content": "?"}, {"role": "assistant", "content": "1 + 1 is 2"}]
TWICE = {"question": "What is 2 + 2?", "answer": "4"}


def given(tmp_path: Path, *rows: Mapping[str, object], **settings: object) -> FileSolutions:
    path = jsonl(tmp_path / "given.jsonl", rows)
    return FileSolutions.model_validate({"kind": "file", "path": str(path), **settings})


def texts(problem: Problem) -> list[str]:
    return [one.text for one in problem.given]


@pytest.mark.parametrize(
    ("cells", "columns"),
    [
        ({"response": "1 + 1 is 2"}, {}),
        ({"Model_Output": "1 + 1 is 2"}, {}),
        ({"output": ["1 + 1 is 2"]}, {}),
        ({"solution": "1 + 1 is 2"}, {}),
        ({"mine": {"said": "1 + 1 is 2"}}, {"solution": "mine.said"}),
        ({"solution": "the reference", "response": "1 + 1 is 2"}, {}),
        ({"response": "1 + 1 is 2", "label": 0, "correct": True}, {}),
        ({"messages": TALK}, {}),
    ],
)
def test_a_text_is_found_under_the_names_that_people_give_it(
    tmp_path: Path, cells: dict[str, object], columns: dict[str, str]
) -> None:
    (one,) = problems(given(tmp_path, ASKED | cells, columns=columns))
    assert (one.question, one.answer) == ("What is 1 + 1?", "2")
    assert one.id == problem_id("given", one.question, one.answer)
    assert texts(one) == ["1 + 1 is 2"]
    assert not one.given[0].cut


@pytest.mark.parametrize(
    ("cells", "columns"),
    [
        ({"steps": ["First.", "Second."]}, {}),
        ({"steps": [{"text": "First."}, {"text": "Second."}], "response": "not this"}, {}),
        ({"solution": {"steps": [{"content": "First."}, {"content": "Second."}]}}, {}),
        ({"mine": ["First.", "Second."]}, {"steps": "mine"}),
    ],
)
def test_steps_stay_apart_and_get_a_separator_where_they_have_none(
    tmp_path: Path, cells: dict[str, object], columns: dict[str, str]
) -> None:
    (one,) = problems(given(tmp_path, ASKED | cells, columns=columns))
    assert one.given[0].steps == ("First.\n\n", "Second.")
    assert one.given[0].cut


def test_steps_with_white_space_of_their_own_are_kept_to_the_byte(tmp_path: Path) -> None:
    steps = ["First.\n", "Second.", "\nThird. ", "Last.\n"]
    (one,) = problems(given(tmp_path, ASKED | {"steps": steps}, separator=" "))
    assert one.given[0].steps == tuple(steps)


def test_a_text_keeps_its_spaces_and_line_ends(tmp_path: Path) -> None:
    (one,) = problems(given(tmp_path, ASKED | {"response": "\n 1 + 1\r\n#### 2 "}))
    assert texts(one) == ["\n 1 + 1\r\n#### 2 "]


def test_solutions_of_one_problem_come_together_wherever_they_stand(tmp_path: Path) -> None:
    rows = [ASKED | {"response": "a"}, TWICE | {"response": "b"}, ASKED | {"response": "c"}]
    first, second = problems(given(tmp_path, *rows))
    assert (texts(first), texts(second)) == (["a", "c"], ["b"])


def test_ids_are_kept_and_rows_without_one_are_named_after_their_place(tmp_path: Path) -> None:
    rows = [ASKED | {"id": "mine-7", "response": "a"}, ASKED | {"response": "b"}]
    (one,) = problems(given(tmp_path, *rows))
    assert [each.id for each in one.given] == ["mine-7", "row-1"]
    (one,) = problems(given(tmp_path, *rows, columns={"id": "answer"}))
    assert [each.id for each in one.given] == ["2", "2"]


def test_the_texts_of_a_list_are_solutions_of_their_own(tmp_path: Path) -> None:
    (one,) = problems(given(tmp_path, ASKED | {"id": 3, "responses": ["a", "", "b"]}))
    assert [(each.id, each.text) for each in one.given] == [("3/0", "a"), ("3/2", "b")]


def test_the_same_solution_twice_is_one_and_the_second_is_rejected(tmp_path: Path) -> None:
    rows = [ASKED | {"steps": ["a", "b"]}] * 2 + [ASKED | {"steps": ["a\n\nb"]}]
    source = given(tmp_path, *rows)
    (one,) = problems(source)
    assert [each.steps for each in one.given] == [("a\n\n", "b"), ("a\n\nb",)]
    (again,) = rejected(source)
    assert again.row == 1
    assert again.reason.startswith("duplicate: the same solution of this problem came before")


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"steps": ["a", " "]}, "empty solution or step"),
        ({"steps": []}, "no list of steps: an empty list"),
        ({"steps": "a text"}, "no list of steps: str: name a text with columns.solution"),
        ({"steps": ["x"] * 1001}, "too many steps: 1001, at most 1000"),
        ({"steps": [{"words": "a"}]}, "empty solution or step"),
        ({"steps": ["a"], "answer": ""}, "empty gold"),
        ({"steps": ["a"], "question": " "}, "empty question"),
    ],
)
def test_a_row_without_a_usable_solution_is_rejected_with_the_reason(
    tmp_path: Path, cells: dict[str, object], reason: str
) -> None:
    (bad,) = rejected(given(tmp_path, ASKED | {"steps": ["fine"]}, ASKED | cells))
    assert bad.reason.startswith(reason)
    assert bad.row == 1


def test_step_labels_are_not_taken_for_golds(tmp_path: Path) -> None:
    row = {"problem": "What is 1 + 1?", "steps": ["2"], "label": -1, "final_answer_correct": True}
    with pytest.raises(SourceError, match="rows without a gold answer need a `source`"):
        problems(given(tmp_path, row))


def test_a_set_without_solutions_names_its_columns(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"Columns there: question, answer, said\. Name"):
        problems(given(tmp_path, ASKED | {"said": "2"}))


def test_a_named_column_that_is_nowhere_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"columns\.steps='cuts': none of the first 1 rows"):
        problems(given(tmp_path, ASKED | {"steps": ["2"]}, columns={"steps": "cuts"}))


def test_a_dataset_of_solutions_is_read_split_by_split(tmp_path: Path) -> None:
    jsonl(tmp_path / "logs/train.jsonl", [ASKED | {"response": "a"}])
    jsonl(tmp_path / "logs/test.jsonl", [ASKED | {"response": "b"}])
    source = DatasetSolutions(dataset=str(tmp_path / "logs"), split="test")
    (one,) = problems(source)
    assert texts(one) == ["b"]
    assert TypeAdapter(AnySolutions).validate_python(source.model_dump()) == source


def test_problems_are_chosen_as_those_of_any_source(tmp_path: Path) -> None:
    rows = [
        {"question": f"{n}?", "answer": str(n), "steps": [str(n), "!"], "id": n} for n in range(20)
    ]
    some = given(tmp_path, *rows, shuffle_seed=1, limit=5)
    assert len(problems(some)) == 5
    assert problems(some) == problems(given(tmp_path, *reversed(rows), shuffle_seed=1, limit=5))
    assert all(one.given[0].steps == (f"{one.answer}\n\n", "!") for one in problems(some))


def joined(
    tmp_path: Path, *rows: Mapping[str, object], **settings: object
) -> list[Problem | RejectedRow]:
    source = FileSource(path=str(jsonl(tmp_path / "asked.jsonl", [TWICE, ASKED])), name="asked")
    return list(problems_of(source, given(tmp_path, *rows, **settings)))


def test_the_columns_that_were_taken_are_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    row = {"id": "pb-1", "problem": "What is 1 + 1?", "steps": ["a"], "label": 0}
    joined(tmp_path, row)
    assert "given: steps from steps; id from id; question from problem" in caplog.messages
    problems(given(tmp_path, ASKED | {"response": "a"}))
    assert "given: solution from response; question from question; gold from answer" in (
        caplog.messages
    )


def test_golds_come_from_the_source_whose_question_is_the_same(tmp_path: Path) -> None:
    row = {"id": "pb-1", "problem": "What is\n1 + 1? ", "steps": ["a"], "label": 0}
    (one,) = joined(tmp_path, row)
    assert isinstance(one, Problem)
    assert (one.source, one.answer, one.given[0].id) == ("asked", "2", "pb-1")


def test_problems_can_be_named_by_their_ids(tmp_path: Path) -> None:
    row = {"of": problem_id("asked", "What is 2 + 2?", "4"), "text": "4", "question": "no matter"}
    (one,) = joined(tmp_path, row, columns={"problem_id": "of", "solution": "text"})
    assert isinstance(one, Problem)
    nested = {"of": {"id": row["of"]}, "text": "4", "question": "no matter"}
    (one,) = joined(tmp_path, nested, columns={"problem_id": "of.id", "solution": "text"})
    assert isinstance(one, Problem)
    assert (one.answer, texts(one)) == ("4", ["4"])


@pytest.mark.parametrize("alone", [True, False])
def test_problems_may_be_taken_by_one_thread_after_another(tmp_path: Path, alone: bool) -> None:
    rows = [{"question": f"{n}?", "answer": str(n), "response": f"{n}!"} for n in range(4)]
    source = FileSource(path=str(jsonl(tmp_path / "asked.jsonl", rows)))
    loaded = problems_of(None if alone else source, given(tmp_path, *rows))
    taken: list[Problem | RejectedRow | None] = []
    for _ in range(5):
        thread = threading.Thread(target=lambda: taken.append(next(loaded, None)))
        thread.start()
        thread.join()
    assert [isinstance(one, Problem) for one in taken] == [True] * 4 + [False]


def test_a_solution_whose_problem_is_not_found_is_rejected_and_counted(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    rows = [ASKED | {"response": "a"}, {"question": "Who?", "response": "b"}]
    one, bad = joined(tmp_path, *rows)
    assert isinstance(one, Problem)
    assert isinstance(bad, RejectedRow)
    assert (bad.row, bad.excerpt) == (1, "row-1: b")
    assert "`source` has none with this question" in bad.reason
    assert "given: 1 of 2 solutions are of no problem in `source`" in caplog.messages


def test_a_source_that_has_none_of_the_problems_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="none of its 1 solutions is of a problem in `source`"):
        joined(tmp_path, {"question": "Who?", "response": "b"})


SHARED = Path("../shared/data")


@pytest.mark.skipif(not SHARED.exists(), reason="needs ../shared")
def test_every_processbench_row_of_gsm8k_finds_its_gold() -> None:
    path = SHARED / "step_labels/processbench/gsm8k.json"
    source = FileSource(path=str(SHARED / "problems/gsm8k_test.jsonl"), name="gsm8k")
    found = list(problems_of(source, FileSolutions(path=str(path))))
    assert all(isinstance(one, Problem) for one in found)
    ids = {each.id for one in found if isinstance(one, Problem) for each in one.given}
    assert ids == {row["id"] for row in json.loads(path.read_text())}

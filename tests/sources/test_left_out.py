"""What a source leaves out it says: rows that need what is not read, and columns that are not."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from schemas import Problem, SourceError
from schemas.source_record import SourceRecord
from sources import Columns, FileSource, SyntheticSource
from sources.reading import Reading
from tests.sources.samples import answers, jsonl, problems, rejected

PLAIN = {"question": "What is 1+1?", "answer": "2"}
TABLE = "Size | Price\nsmall | 3"


def source(tmp_path: Path, *rows: dict[str, Any], **settings: Any) -> FileSource:
    path = jsonl(tmp_path / "rows.jsonl", rows)
    return FileSource.model_validate({"path": str(path), **settings})


def record(of: Any) -> SourceRecord:
    reading = Reading()
    list(of.load(reading))
    return reading.record


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        ("table", TABLE),
        ("Table", [["Size", "Price"], ["small", "3"]]),
        ("pre_text", ["In 2008 they sold 3."]),
        ("article", "Once upon a time."),
        ("image", "images/1.png"),
        ("image_1", {"bytes": b"\x89PNG".hex(), "path": None}),
        ("images", [{"bytes": "00", "path": "1.png"}]),
        ("Picture", "1.png"),
        ("decoded_image", {"path": "1.png", "bytes": None}),
        ("drawing", {"bytes": "00", "path": None}),
        ("drawings", [{"bytes": "00", "path": None}]),
        ("tables", [[[[[["deep"]]]]]]),
    ],
)
def test_a_row_that_fills_a_column_its_question_needs_is_rejected_with_the_setting(
    tmp_path: Path, column: str, cell: object
) -> None:
    needy = {"question": "What does the small one cost?", "answer": "3", column: cell}
    empty = PLAIN | {column: None}
    one = source(tmp_path, needy, empty)
    assert answers(one) == ["2"]
    (bad,) = rejected(one)
    assert bad.reason.startswith(f"needs its column {column}: ")
    assert "columns.ignore" in bad.reason
    assert ("columns.context" in bad.reason) == (column not in _UNREADABLE)
    whole = source(tmp_path, needy, empty, columns={"ignore": [column]})
    assert [p.question for p in problems(whole)] == [needy["question"], "What is 1+1?"]


_UNREADABLE = {
    "image", "image_1", "images", "Picture", "decoded_image", "drawing", "drawings",
}  # fmt: skip


def test_a_column_that_holds_nothing_is_not_needed(tmp_path: Path) -> None:
    nothing: list[object] = [None, "", " ", "N/A", [], {}, [[]], [None, ""], False]
    rows = (
        {"question": f"{i}?", "answer": "2", "table": cell, "images": cell}
        for i, cell in enumerate(nothing)
    )
    assert len(answers(source(tmp_path, *rows))) == len(nothing)


def test_a_cell_nested_as_deep_as_can_be_read_costs_its_row_at_most(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    deep = "[" * 900 + "]" * 900
    path.write_text(f'{{"question": "1?", "answer": "1", "table": {deep}, "context": {deep}}}\n')
    with pytest.raises(SourceError, match="needs its column table"):
        answers(FileSource(path=str(path)))


@pytest.mark.parametrize(
    "cell",
    [
        TABLE,
        [["Size", "Price"], ["small", 3]],
        [{"Size": "small", "Price": 3}],
        {"Size": ["small"], "Price": [3]},
    ],
)
def test_a_table_that_is_named_stands_before_the_question(tmp_path: Path, cell: object) -> None:
    row = {"question": "What does it cost?", "answer": "3", "table": cell}
    (problem,) = problems(source(tmp_path, row, columns={"context": "table"}))
    assert problem.question == f"{TABLE}\nWhat does it cost?"


def test_body_context_and_passage_are_read_unless_they_are_ignored(tmp_path: Path) -> None:
    row = {"question": "How many?", "answer": "3", "passage": "Of 5", "context": "2 go."}
    for named in ({}, {"problem": "question"}):
        (problem,) = problems(source(tmp_path, row, columns=named))
        assert problem.question == "2 go.\nOf 5\nHow many?"
    (problem,) = problems(source(tmp_path, row, columns={"ignore": ["context", "passage"]}))
    assert problem.question == "How many?"
    with pytest.raises(SourceError, match=r"needs its column passage.*context: \[context, passage"):
        answers(source(tmp_path, row, columns={"context": "context"}))


def test_a_column_that_comes_after_the_first_window_is_known_from_its_first_row(
    tmp_path: Path,
) -> None:
    plain: list[dict[str, Any]] = [{"question": f"{i}?", "answer": str(i)} for i in range(300)]
    late: list[dict[str, Any]] = [
        {"question": "What does it cost?", "answer": "3", "table": TABLE},
        {"question": "How many?", "answer": "3", "context": "Of 5 two go."},
        {"question": "Which?", "answer": "7", "choices": ["6", "7"]},
    ]
    one = source(tmp_path, *plain, *late)
    assert [p.question for p in problems(one)][300:] == [
        "Of 5 two go.\nHow many?",
        "Which?\n\nAnswer choices:\n(A) 6\n(B) 7",
    ]
    assert [row.row for row in rejected(one)] == [300]
    assert record(one).unused == ("table",)


@pytest.mark.parametrize(
    ("question", "reason"),
    [
        ("What is $x$?\n![](https://cdn.example.org/1.png)", "needs an image"),
        ("<image>\nWhat is $x$?", "needs an image"),
        ("What is $x$ in <image 1>?", "needs an image"),
        ("Look: <img src='1.png'>", "needs an image"),
        (r"\includegraphics[width=3cm]{1.png} What is $x$?", "needs an image"),
        ([{"type": "image"}, {"type": "text", "text": "What is it?"}], "needs an image"),
        ("Ann has N_00 eggs and gets N_01 . How many ?", "needs its numbers"),
    ],
)
def test_a_question_that_shows_what_no_text_can_is_rejected(
    tmp_path: Path, question: object, reason: str
) -> None:
    one = source(tmp_path, {"question": question, "answer": "3"}, PLAIN)
    assert answers(one) == ["2"]
    assert rejected(one)[0].reason.startswith(reason)


@pytest.mark.parametrize("question", ["What is $5![3](2)$?", "Is $n!$ [odd](even)?", "$N_{00}$?"])
def test_a_formula_is_no_image(tmp_path: Path, question: str) -> None:
    assert answers(source(tmp_path, {"question": question, "answer": "3"})) == ["3"]


TURNS = [
    {"role": "user", "content": "What is 1+1?"},
    {"role": "assistant", "content": r"\boxed{2}"},
    {"role": "user", "content": "And twice that?"},
    {"role": "assistant", "content": r"\boxed{4}"},
]


def test_of_several_user_turns_none_is_taken_alone(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"several user turns.*columns\.problem: messages\.0"):
        answers(source(tmp_path, {"messages": TURNS}))
    columns = {"problem": "messages.0.content", "answer": "messages.1.content"}
    (problem,) = problems(source(tmp_path, {"messages": TURNS}, columns=columns))
    assert (problem.question, problem.answer) == ("What is 1+1?", "2")


def test_a_system_prompt_that_is_left_out_is_counted(tmp_path: Path) -> None:
    chat = {"prompt": [{"role": "system", "content": "Use sheep."}, TURNS[0]], "answer": "2"}
    assert record(source(tmp_path, chat)).left_out == {"system turn of prompt": 1}


def test_a_chat_without_an_answer_or_a_question_is_rejected(tmp_path: Path) -> None:
    rows = ({"messages": turns} for turns in (TURNS[:1], TURNS[1:2], TURNS[:2]))
    one = source(tmp_path, *rows)
    assert answers(one) == ["2"]
    assert [row.reason.split(":")[0] for row in rejected(one)] == [
        "no assistant turn",
        "no user turn",
    ]


def test_the_record_of_a_source_says_what_was_read_and_what_was_not(tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [
        PLAIN | {"url": "u", "id": 7},
        {"question": "Which?", "answer": "B", "choices": ["1", "2"], "level": 3},
        {"question": "no gold", "answer": ""},
        PLAIN,
    ]
    one = source(tmp_path, *rows, name="mine")
    found = record(one)
    assert found == SourceRecord(
        source="mine",
        origin=f"{one.path} (jsonl)",
        columns={
            "question": ("question",),
            "options": ("choices",),
            "gold": ("answer",),
            "level": ("level",),
        },
        unused=("url", "id"),
        rows=4,
        problems=2,
        multiple_choice=1,
        rejected={"empty gold": 1, "duplicate": 1},
    )
    assert found.lines() == [
        f"mine: {one.path} (jsonl)",
        "question from question; options from choices; gold from answer; level from level",
        "columns not read: url, id",
        "4 rows, 2 problems, 1 of them multiple choice",
        "rejected: 1 x empty gold",
        "rejected: 1 x duplicate",
    ]


def test_the_record_counts_what_was_read_so_far(tmp_path: Path) -> None:
    rows = [{"question": f"{i}?", "answer": str(i)} for i in range(9)]
    assert record(source(tmp_path, *rows, limit=2)).rows == 2
    assert record(SyntheticSource(count=3)).problems == 3


def test_an_image_of_a_parquet_file_is_left_out_loudly(tmp_path: Path) -> None:
    image = pa.array([{"bytes": b"\x89PNG", "path": None}, None])
    table = pa.table({"question": ["What is it?", "1+1?"], "scan": image, "answer": ["3", "2"]})
    pq.write_table(table, tmp_path / "rows.parquet")
    one = FileSource(path=str(tmp_path / "rows.parquet"))
    assert answers(one) == ["2"]
    assert "needs its column scan" in rejected(one)[0].reason


def test_named_context_that_no_row_has_names_the_columns_there_are(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"columns\.context='tabel'.*question, answer"):
        answers(source(tmp_path, PLAIN, columns={"context": "tabel"}))


def test_settings_that_came_later_leave_the_digest_of_older_runs_alone() -> None:
    old = FileSource(path="rows.jsonl").shaping()
    assert not {"split", "header"} & old.keys()
    assert not {"context", "ignore"} & old["columns"].keys()
    new = FileSource(path="rows.jsonl", split="test", columns=Columns(context="table")).shaping()
    assert (new["split"], new["columns"]["context"]) == ("test", "table")


def test_what_every_row_needs_is_an_error_with_the_setting(tmp_path: Path) -> None:
    rows = ({"question": f"{i}?", "answer": "3", "table": TABLE} for i in range(3))
    with pytest.raises(SourceError) as refused:
        answers(source(tmp_path, *rows))
    told = str(refused.value)
    assert "3 x needs its column table" in told
    assert "columns.context: [table]" in told
    assert "columns.problem" not in told


def test_options_reach_the_problem_through_a_shuffle(tmp_path: Path) -> None:
    rows = [{"question": f"{i}?", "choices": ["1", "2"], "answer": "B"} for i in range(5)]
    one = source(tmp_path, *rows, shuffle_seed=1)
    assert all(isinstance(p, Problem) and p.options == ("1", "2") for p in one.load())

"""The GSM8K verifier's rows: labels of solutions and tokens, kinds of problems, what steps say."""

from dataclasses import replace

import pytest

from exporters.verifier import VerifierExporter
from schemas import LabelledSolution, Outcome
from schemas.views import ByOutcome
from tests.exporters.problems import (
    DEAD,
    RIGHT,
    ROLLOUTS,
    SHARED,
    WRONG,
    Words,
    made_of,
    rows_of,
    solved,
)
from tests.runs import evidence

SOLVED = solved(["2 * 3 = 6.\n", "2 + 6 = 8."], [SHARED, RIGHT])
LUCKY = solved(["2 + 2 = 4.\n", "So 8."], [DEAD, RIGHT], 1)
FAILED = solved(["2 + 2 = 4.\n", "So 4."], [DEAD, WRONG], 2)
CUT = replace(FAILED, outcome=Outcome.TRUNCATED, steps=("2 + 2", " = "), solution_index=3)


def counted(one: LabelledSolution, right: int, wrong: int) -> LabelledSolution:
    return replace(one, root=evidence(right, wrong))


def test_equal_texts_are_one_row_and_the_counts_are_of_all_samples() -> None:
    again = replace(SOLVED, solution_index=4)
    world = [counted(one, 61, 37) for one in (SOLVED, FAILED, again)]
    rows = rows_of(VerifierExporter(), world)
    assert [(row["solution_index"], row["label"]) for row in rows] == [(0, True), (2, False)]
    assert {(row["right"], row["decided"], row["problem"]) for row in rows} == {(61, 98, "mixed")}


@pytest.mark.parametrize(
    ("right", "wrong", "kind"), [(3, 5, "mixed"), (8, 0, "all_right"), (0, 8, "all_wrong")]
)
def test_problems_that_teach_little_are_kept_and_flagged(right: int, wrong: int, kind: str) -> None:
    one = SOLVED if right else FAILED
    (row,) = rows_of(VerifierExporter(), [counted(one, right, wrong)])
    assert row["problem"] == kind


def test_of_solutions_that_nobody_sampled_the_rows_are_counted() -> None:
    rows = rows_of(VerifierExporter(), [counted(one, 0, 0) for one in (SOLVED, LUCKY, FAILED)])
    assert {(row["right"], row["decided"]) for row in rows} == {(2, 3)}


def test_a_right_answer_behind_a_wrong_step_is_seen_where_steps_are_labelled() -> None:
    rows = rows_of(VerifierExporter(), [SOLVED, LUCKY, FAILED])
    assert [(row["label"], row["first_error"]) for row in rows] == [
        (True, -1),
        (True, 0),
        (False, 0),
    ]
    by_verdict = [replace(one, labeler="outcome") for one in (SOLVED, FAILED)]
    assert {row["first_error"] for row in rows_of(VerifierExporter(), by_verdict)} == {None}


def test_a_verdict_that_a_view_repeats_for_every_step_is_no_label_of_a_step() -> None:
    rows = rows_of(VerifierExporter(view=ByOutcome()), [SOLVED, LUCKY, FAILED])
    assert {row["first_error"] for row in rows} == {None}


def test_a_row_says_how_often_its_text_was_sampled() -> None:
    again = [replace(one, text=f"{one.text}\n") for one in ROLLOUTS[:1]]
    rows = rows_of(VerifierExporter(), [SOLVED, FAILED], rollouts=[*ROLLOUTS, *again])
    assert [row["times"] for row in rows] == [2, 1]


def test_what_was_cut_off_is_no_row_or_one_without_a_label_and_never_wrong() -> None:
    (refused, *_) = made_of(VerifierExporter(), [CUT, FAILED])
    assert refused.reason == "no verdict on its answer"  # type: ignore[union-attr]
    world = [counted(FAILED, 0, 1), counted(CUT, 0, 1)]
    failed, cut = rows_of(VerifierExporter(undecided=True), world)
    assert (cut["label"], cut["problem"], cut["decided"]) == (None, "all_wrong", 1)
    (alone,) = rows_of(VerifierExporter(undecided=True), [counted(CUT, 0, 0)])
    assert alone["problem"] == "undecided"
    assert failed["label"] is False


def test_every_token_of_a_solution_has_its_label() -> None:
    rows = rows_of(VerifierExporter(undecided=True), [SOLVED, FAILED, CUT], tokenizer=Words())
    for row, label in zip(rows, (1.0, 0.0, None), strict=True):
        words = len(row["completion"].split())
        assert len(row["completion_ids"]) == words
        assert row["token_labels"] == (None if label is None else [label] * words)
        assert len(row["prompt_ids"]) == len(row["prompt"].split())
    (untold, *_) = rows_of(VerifierExporter(), [SOLVED])
    assert untold["token_labels"] is None


def test_a_row_that_is_too_long_for_the_trainer_is_refused() -> None:
    (made,) = made_of(VerifierExporter(max_length=5), [SOLVED], tokenizer=Words())
    assert made.reason == "longer than 5 tokens"  # type: ignore[union-attr]

"""Votes: of a run's solutions or of new ones, with a second call or without; gold has no part."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from schemas import Outcome, Prefix, Problem
from schemas.rows import ProblemRow
from tests.runs import problem, rollout, sums_run, write_shard
from tests.tasks.recipes import (
    TextWriter,
    consistent,
    cooked,
    of_run,
    open_instead,
    questions,
    sums,
)

TRIGGER = "Therefore, the answer (arabic numerals) is"


def rows(folder: Path, name: str = "made") -> list[dict[str, Any]]:
    return list(pq.read_table(folder / f"output/{name}/votes.parquet").to_pylist())


def run_of(folder: Path, of: Problem, answers: Sequence[tuple[str | None, Outcome]]) -> Path:
    """A run of one problem whose whole solutions state these answers."""
    made = []
    for index, (answer, outcome) in enumerate(answers):
        one = rollout(of, Prefix(), f"It is {answer}", outcome, index)
        made.append(replace(one, verdict=replace(one.verdict, extracted=answer)))
    inner = rollout(of, Prefix(steps=("a step\n",)), "#### 99", Outcome.INCORRECT, 0)
    write_shard(
        folder / "run",
        0,
        problems=[ProblemRow(problem=of, set_aside="")],
        solutions=[],
        rollouts=[*made, inner, inner],
    )
    return folder / "run"


RIGHT, WRONG = Outcome.CORRECT, Outcome.INCORRECT


def test_a_vote_counts_equal_answers_together_and_ask_no_policy(tmp_path: Path) -> None:
    answers = [
        ("0.5", WRONG),
        ("8", RIGHT),
        ("1/2", WRONG),
        ("8.0", RIGHT),
        ("16/2", RIGHT),
        (None, Outcome.NO_ANSWER),
        (None, Outcome.TRUNCATED),
    ]
    cooked(of_run(tmp_path, run_of(tmp_path, problem(answer="8"), answers)))
    (row,) = rows(tmp_path, "votes")
    assert [(one["answer"], one["count"], one["outcome"]) for one in row["classes"]] == [
        ("8", 3, "correct"),
        ("0.5", 2, "incorrect"),
    ]
    assert (row["majority"], row["majority_outcome"], row["majority_share"]) == (
        "8",
        "correct",
        0.6,
    )
    assert row["entropy"] == pytest.approx(0.6730, abs=1e-4)
    assert (row["solutions"], row["votes"], row["no_answer"], row["truncated"]) == (7, 5, 1, 1)
    assert (row["correct"], row["decided"], row["tied"]) == (3, 6, False)


def test_only_the_first_so_many_solutions_vote(tmp_path: Path) -> None:
    run = run_of(tmp_path, problem(), [("7", WRONG), ("8", RIGHT), ("8", RIGHT)])
    cooked(of_run(tmp_path, run, samples=1))
    (row,) = rows(tmp_path, "votes")
    assert (row["majority"], row["solutions"]) == ("7", 1)


def test_another_gold_changes_verdicts_and_no_vote(tmp_path: Path) -> None:
    said = []
    for gold, verdicts in (("8", (RIGHT, WRONG)), ("0.5", (WRONG, RIGHT))):
        folder = tmp_path / gold
        folder.mkdir()
        eight, half = verdicts
        answers = [("1/2", half), ("8", eight), ("8.0", eight), ("0.50", half)]
        cooked(of_run(folder, run_of(folder, problem(answer=gold), answers)))
        said += rows(folder, "votes")
    first, second = said
    same = ("majority", "majority_count", "majority_share", "tied", "entropy", "votes")
    assert [first[name] for name in same] == [second[name] for name in same]
    assert (first["majority_outcome"], second["majority_outcome"]) == ("incorrect", "correct")
    assert first["tied"]


def test_the_votes_of_a_whole_run_are_counted_with_how_it_was_asked(tmp_path: Path) -> None:
    record = cooked(of_run(tmp_path, sums_run(tmp_path / "run", count=6)))
    assert record["counts"]["problems"] == 6  # two that were set aside have no solutions
    assert record["paid"] == {"rollouts": 0, "tokens": 0}
    (policy,) = {row["policy"] for row in rows(tmp_path, "votes")}
    assert policy == "transformers:demo/policy"


def test_solutions_are_sampled_for_a_vote_and_once(tmp_path: Path) -> None:
    recipe = consistent(tmp_path, sums(tmp_path, 7))
    record = cooked(recipe)
    assert record["counts"]["solutions"] == record["paid"]["rollouts"] == 56
    assert record["counts"]["majority_correct"] >= record["counts"]["correct"] / 8
    assert cooked(recipe) == record


def test_zero_shot_chain_of_thought_asks_for_the_answer_in_a_second_call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write(prompt: str, prefix: str, seed: int) -> str:
        return " 14.0 apples.\n" if TRIGGER in prefix else f"Well, {seed % 2} and it is many.\n"

    writer = TextWriter(write)
    open_instead(monkeypatch, writer)
    record = cooked(consistent(tmp_path, sums(tmp_path, 1), extraction={}))
    (row,) = rows(tmp_path)
    assert (row["majority"], row["majority_outcome"], row["votes"]) == ("14.0 apples", "correct", 8)
    second = [one for one in writer.asked if one.prefix.text]
    assert {one.prefix.text for one in second} == {
        f"Well, {which} and it is many.\n{TRIGGER}" for which in (0, 1)
    }
    assert {(one.sampling.temperature, one.sampling.stop) for one in second} == {(0, ("\n",))}
    assert record["paid"]["rollouts"] == writer.written == 8 + 2  # equal solutions are asked once


def test_an_answer_inside_the_solution_is_not_taken_for_the_reply(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write(prompt: str, prefix: str, seed: int) -> str:
        return " 3." if TRIGGER in prefix else "#### 14"

    open_instead(monkeypatch, TextWriter(write))
    cooked(consistent(tmp_path, sums(tmp_path, 1), extraction={}))
    (row,) = rows(tmp_path)
    assert row["majority"] == "3"
    cooked(consistent(tmp_path, sums(tmp_path, 1), extraction={"when": "no_answer"}, name="read"))
    (row,) = rows(tmp_path, "read")
    assert row["majority"] == "14"


def test_a_solution_that_was_cut_off_is_not_asked_and_does_not_vote(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = TextWriter(lambda *_: "On and on ...")
    open_instead(monkeypatch, writer)
    cooked(consistent(tmp_path, sums(tmp_path, 1), extraction={}))
    (row,) = rows(tmp_path)
    assert (row["majority"], row["truncated"], writer.written) == (None, 8, 8)


def test_examples_of_the_prompt_do_not_vote(tmp_path: Path) -> None:
    asked = questions(
        tmp_path,
        [
            {"question": "A farmer plants 8 rows of 15 apple trees. One tree in ten does not "
             "survive the winter. How many trees survive?", "answer": "108"},
            {"question": "Add up: 2, 3.", "answer": "5"},
        ],
    )  # fmt: skip
    record = cooked(consistent(tmp_path, asked, prompt="gsm8k"))
    assert record["counts"]["problems"] == 1


def test_one_text_eight_times_is_no_vote(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="gives the same solution 8 times"):
        consistent(tmp_path, sums(tmp_path, 1), sampling={"temperature": 0})

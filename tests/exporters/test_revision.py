"""Chains of wrong solutions before a right one, of which the right one alone is learnt."""

from collections import Counter
from dataclasses import replace

import pytest

from exporters.edits import edit_distance
from exporters.revision import RevisionExporter
from schemas import LabelledSolution, Outcome
from tests.exporters.problems import ONE, RIGHT, WRONG, Words, made_of, rows_of, solved

ANSWERS = ["So 8.", *(f"So {'x' * far} 9." for far in (7, 1, 5, 3, 9))]
WORLD = [
    solved([text], [RIGHT if number == 0 else WRONG], number) for number, text in enumerate(ANSWERS)
]


def many(count: int) -> list[LabelledSolution]:
    """Right solutions before the wrong ones, so that many draws are seen."""
    right = [solved([f"It is {'a' * number} 8."], [RIGHT], 100 + number) for number in range(count)]
    return [*WORLD[1:], *right]


def test_the_last_wrong_one_is_the_nearest_and_the_others_are_drawn_without_repeats() -> None:
    rows = rows_of(RevisionExporter(), many(60))
    by_index = {one.solution_index: one.steps[0] for one in many(60)}
    seen: Counter[int] = Counter()
    for row in rows:
        right, context = by_index[row["solution_index"]], row["context_indices"]
        far = {index: edit_distance(right, by_index[index]) for index in range(1, 6)}
        assert len(set(context)) == len(context)
        assert set(context) <= set(far)
        if context:
            assert row["edit_distance"] == far[context[-1]] == min(far.values())
        else:
            assert row["edit_distance"] is None
        seen[len(context)] += 1
    assert set(seen) == {0, 1, 2, 3, 4}
    assert all(6 <= times <= 22 for times in seen.values())  # of 60, 12 each


def test_the_loss_is_on_the_right_answer_alone_and_wrong_ones_are_followed_by_a_request() -> None:
    rows = rows_of(RevisionExporter(again="Once more."), many(20))
    row = next(one for one in rows if len(one["context_indices"]) == 2)
    roles = [turn["role"] for turn in row["messages"]]
    assert roles == ["user", "assistant"] * 3
    assert [turn["train"] for turn in row["messages"]] == [False] * 5 + [True]
    said = [turn["content"] for turn in row["messages"]]
    assert said[0] == ONE.question
    assert said[2] == said[4] == "Once more."
    assert said[-1].endswith("8.")
    assert all(one.endswith("9.") for one in (said[1], said[3]))


def test_a_problem_that_was_never_failed_makes_rows_without_context() -> None:
    (row,) = rows_of(RevisionExporter(), WORLD[:1])
    assert (row["context_indices"], row["edit_distance"]) == ([], None)
    assert [turn["train"] for turn in row["messages"]] == [False, True]


def test_what_states_no_answer_or_has_no_verdict_is_in_no_row() -> None:
    silent = replace(WORLD[1], outcome=Outcome.NO_ANSWER)
    cut = replace(WORLD[2], outcome=Outcome.TRUNCATED)
    made = made_of(RevisionExporter(), [WORLD[0], silent, cut])
    reasons = [one.reason for one in made[:2]]  # type: ignore[union-attr]
    assert reasons == ["it states no answer", "no verdict on its answer"]
    assert made[2].row["context_indices"] == []  # type: ignore[union-attr]


def test_a_problem_without_a_right_solution_makes_no_row() -> None:
    (refused,) = made_of(RevisionExporter(), WORLD[1:])
    assert refused.reason == "no solution of the problem is right"  # type: ignore[union-attr]


def test_the_seed_decides_the_draw_and_it_is_kept() -> None:
    first, again, other = (rows_of(RevisionExporter(seed=seed), many(10)) for seed in (0, 0, 1))
    assert first == again != other
    assert {row["seed"] for row in other} == {1}


@pytest.mark.parametrize("limit", [1, 2])
def test_a_chain_that_is_too_long_is_refused(limit: int) -> None:
    (made,) = made_of(RevisionExporter(max_length=limit), WORLD[:1], tokenizer=Words())
    assert made.reason == f"a chain longer than {limit} tokens"  # type: ignore[union-attr]

"""A reward model behind the event loop: batches, the journal, and failures."""

import asyncio
import threading
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import pytest

from rollouts import JournalReader
from schemas import Grades, RunError
from search.grading import Grading, ShardGrades
from tests.search.policies import LengthGrader, journal


async def taken(grader: object, count: int, folder: Path) -> list[Grades]:
    with journal(folder) as kept:
        async with Grading(grader, "g") as grading:  # type: ignore[arg-type]
            grades = ShardGrades(grading, kept)
            async with asyncio.TaskGroup() as group:
                asked = [
                    group.create_task(grades.of("?", ["a" * (at % 3 + 1)])) for at in range(count)
                ]
        return [task.result() for task in asked]


def test_all_who_ask_at_once_are_read_in_one_batch_and_equal_steps_once(tmp_path: Path) -> None:
    grader = LengthGrader()
    found = asyncio.run(taken(grader, 9, tmp_path))
    assert grader.batches == [3]
    assert [one.steps for one in found[:3]] == [(1 / 2,), (1 / 3,), (1 / 4,)]
    assert found[3:6] == found[:3]


def test_grades_come_out_of_the_journal_and_cost_no_policy_tokens(tmp_path: Path) -> None:
    first = asyncio.run(taken(LengthGrader(), 3, tmp_path))
    again = LengthGrader()
    assert asyncio.run(taken(again, 3, tmp_path)) == first
    assert again.batches == []
    with JournalReader(tmp_path / "a.journal") as kept:
        assert kept.costs().completion_tokens == kept.costs().rollouts == 0


def test_the_model_reads_in_another_thread_than_the_event_loop(tmp_path: Path) -> None:
    class Watching(LengthGrader):
        def read(self, solutions: Iterable[tuple[str, Sequence[str]]]) -> Iterator[Grades]:
            assert threading.current_thread() is not threading.main_thread()
            yield from super().read(solutions)

    assert asyncio.run(taken(Watching(), 2, tmp_path))


def test_a_model_that_fails_ends_the_search_with_the_remedy(tmp_path: Path) -> None:
    class Broken:
        def read(self, solutions: object) -> Iterator[Grades]:
            raise RuntimeError("CUDA out of memory")
            yield

    with pytest.raises(ExceptionGroup) as raised:
        asyncio.run(taken(Broken(), 2, tmp_path))
    error = raised.value.exceptions[0]
    assert isinstance(error, RunError)
    assert "CUDA out of memory" in str(error)
    assert "--set prm.device=cpu" in str(error)

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from policies.scripted import ScriptedSettings
from policies.seam import Policy
from rollouts import Spent
from schemas.arrow import read_table
from schemas.conversion import problems_from, rollouts_from, solutions_from
from schemas.run_folder import RunFolder
from tasks.budget import budgeted, ending, may_begin, spent_by
from tasks.commits import check_shards, committed, recorded
from tasks.problems import stage
from tasks.run_file import config_digest, opened
from tasks.session import Session, new_session
from tasks.settings import LabelRun
from tasks.shards import label_shard
from tests.toy_runs import tables, toy_run


def session(run: LabelRun) -> Session:
    """Label a run as far as its budget goes, all shards at once, without Prefect."""

    async def main() -> Session:
        began = new_session(run)
        async with began.kept_open():
            problems = await stage(run)
            async with (
                budgeted(run, began, shards=problems.shards) as purse,
                asyncio.TaskGroup() as group,
            ):
                for shard in range(problems.shards):
                    if committed(run.folder, shard) is None and may_begin(run, shard, purse):
                        purse.begins(shard)
                        group.create_task(label_shard.fn(run, shard))
        return began

    with opened(run, done=lambda: ending(run)):
        return asyncio.run(main())


def rows(run: LabelRun, table: str) -> list[Any]:
    """Return the rows of a table over all committed shards."""
    read = {"problems": problems_from, "solutions": solutions_from, "rollouts": rollouts_from}
    folder = RunFolder(run.folder)
    if not list(folder.path.glob("committed/*")):
        return []
    return [row for part in folder.tables(table) for row in read[table](part)]  # type: ignore[arg-type]


@pytest.fixture
def whole(tmp_path: Path) -> LabelRun:
    """A run without a budget."""
    run = toy_run(tmp_path, name="whole")
    session(run)
    return run


@pytest.mark.parametrize(
    "budgets",
    [
        [{"rollouts": 80}, {"rollouts": 140}, {"rollouts": 200}],
        [{"tokens": 500}, {"tokens": 900}, {"tokens": 1200}],
    ],
    ids=["rollouts", "tokens"],
)
def test_a_run_with_more_budget_each_time_comes_to_be_the_one_without(
    tmp_path: Path, whole: LabelRun, budgets: list[dict[str, int]]
) -> None:
    before: list[Any] = []
    solutions = rows(whole, "solutions")
    for budget in budgets:
        run = toy_run(tmp_path, name="short", budget=budget)
        purse = session(run).purse
        assert purse.reached in budget
        now = rows(run, "solutions")
        assert [row for row in solutions if row in now] == now
        assert all(row in now for row in before)
        if run.folder.joinpath("committed").exists():
            check_shards(run.folder)
        assert spent_by(run.folder, 3) == purse.spent
        assert ending(run) == "budget reached"
        if "rollouts" in budget:
            assert purse.spent.rollouts <= budget["rollouts"]
        before = now
    assert before
    end = session(toy_run(tmp_path, name="short"))
    assert tables(toy_run(tmp_path, name="short").folder) == tables(whole.folder)
    assert ending(toy_run(tmp_path, name="short")) == "finished"
    assert spent_by(whole.folder, 3) == spent_by(whole.folder.with_name("short"), 3)
    assert end.board.costs.sampled + purse.spent.rollouts == len(rows(whole, "rollouts"))


def test_a_budget_that_is_used_up_asks_for_nothing_and_rewrites_nothing(tmp_path: Path) -> None:
    run = toy_run(tmp_path, budget={"rollouts": 150})
    session(run)
    markers = {path: path.read_bytes() for path in run.folder.glob("committed/*")}
    before = tables(run.folder)
    assert any(committed(run.folder, shard) is None for shard in range(3))
    again = session(run)
    assert again.board.costs.sampled == 0
    assert tables(run.folder) == before
    assert {path: path.read_bytes() for path in run.folder.glob("committed/*")} == markers


def test_what_is_exactly_enough_is_not_a_budget_that_was_reached_too_soon(
    tmp_path: Path, whole: LabelRun
) -> None:
    enough = toy_run(tmp_path, name="enough", budget={"rollouts": len(rows(whole, "rollouts"))})
    session(enough)
    assert ending(enough) == "finished"
    assert tables(enough.folder) == tables(whole.folder)


def test_a_budget_changes_no_row_and_may_change_when_a_run_is_resumed(
    tmp_path: Path, whole: LabelRun
) -> None:
    free = toy_run(tmp_path, name="whole", budget={"tokens": 10**9, "rollouts": 9, "hours": 2})
    assert config_digest(free) == config_digest(whole)
    with opened(free):
        pass


def test_hours_stop_a_session_and_the_same_command_has_as_many_again(
    tmp_path: Path, whole: LabelRun
) -> None:
    run = toy_run(tmp_path, name="timed", budget={"hours": 1e-9})
    assert session(run).purse.reached == "hours"
    assert ending(run) == "budget reached"
    session(toy_run(tmp_path, name="timed", budget={"hours": 1}))
    assert tables(run.folder) == tables(whole.folder)


def test_hours_end_while_the_model_is_still_starting(tmp_path: Path) -> None:
    class Starting(ScriptedSettings):
        @asynccontextmanager
        async def open(self, run_dir: Path) -> AsyncIterator[Policy]:
            await asyncio.Event().wait()
            raise AssertionError
            yield

    run = toy_run(tmp_path, budget={"hours": 0.1 / 3600})
    run = run.model_copy(update={"policy": Starting()})
    assert session(run).purse.reached == "hours"
    assert not list(run.folder.glob("committed/*"))


def test_what_another_run_paid_for_is_taken_though_the_budget_is_small(
    tmp_path: Path, whole: LabelRun
) -> None:
    run = toy_run(tmp_path, name="free", reuse=str(whole.folder), budget={"rollouts": 1})
    assert session(run).purse.spent == Spent()
    assert tables(run.folder) == tables(whole.folder)


def test_a_shard_that_was_cut_short_names_what_is_left_and_keeps_its_journal(
    tmp_path: Path,
) -> None:
    run = toy_run(tmp_path, budget={"tokens": 700})
    session(run)
    (short,) = [one for shard in range(3) if (one := recorded(run.folder, shard)) and one.left]
    assert short.left + short.counts.problems == 5
    assert len(rows(run, "problems")) == short.counts.problems
    assert RunFolder(run.folder).journal(short.shard).stat().st_size > 0


def test_with_few_tokens_the_first_problems_become_whole(tmp_path: Path, whole: LabelRun) -> None:
    run = toy_run(tmp_path, name="few", budget={"tokens": 700})
    assert 700 <= session(run).purse.spent.tokens < 900
    found = [row.problem.id for row in rows(run, "problems")]
    assert found == [row.problem.id for row in rows(whole, "problems")][: len(found)]
    assert found


class Crash(Exception):  # noqa: N818
    """A stand-in for the power going off."""


PROBLEM = {"rollouts": 20}


def test_a_problem_over_its_budget_is_set_aside_with_the_reason_and_its_solutions_rollouts(
    tmp_path: Path, whole: LabelRun
) -> None:
    run = toy_run(tmp_path, name="tight", budget={"problem": PROBLEM})
    session(run)
    needed = {row.problem.id: 0 for row in rows(whole, "problems")}
    for one in rows(whole, "rollouts"):
        needed[one.problem_id] += 1
    taken = rows(run, "rollouts")
    over = {one for one, count in needed.items() if count > PROBLEM["rollouts"]}
    assert 0 < len(over) < len(needed)
    for row in rows(run, "problems"):
        mine = [one for one in taken if one.problem_id == row.problem.id]
        if row.problem.id in over:
            assert row.set_aside == "budget: it needs more than 20 rollouts"
            assert [one.sample_index for one in mine] == [0, 1, 2]
        else:
            assert not row.set_aside
            assert len(mine) == needed[row.problem.id]
    assert config_digest(run) != config_digest(whole)


@pytest.mark.parametrize("limit", [{"rollouts": 20}, {"tokens": 120}], ids=["rollouts", "tokens"])
def test_a_problems_budget_does_not_depend_on_who_paid(
    tmp_path: Path, whole: LabelRun, limit: dict[str, int]
) -> None:
    tight = toy_run(tmp_path, name="tight", budget={"problem": limit})
    session(tight)
    reusing = toy_run(tmp_path, name="with", budget={"problem": limit}, reuse=str(whole.folder))
    session(reusing)
    assert tables(reusing.folder) == tables(tight.folder)
    assert any(row.set_aside for row in rows(tight, "problems"))
    assert not all(row.set_aside for row in rows(tight, "problems"))


def test_a_problems_budget_too_small_for_its_solutions_is_refused_when_it_is_read(
    tmp_path: Path,
) -> None:
    with pytest.raises(ValidationError, match="its labeler takes 3 rollouts of the question first"):
        toy_run(tmp_path, budget={"problem": {"rollouts": 2}})


def test_a_crash_while_a_short_shard_is_committed_anew_loses_nothing(
    tmp_path: Path, whole: LabelRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = toy_run(tmp_path, name="torn", budget={"rollouts": 150})
    session(run)
    rename, left = Path.replace, [2]

    def crashing(path: Path, target: Path) -> Path:
        if target.suffix == ".parquet" and target.parent.parent == run.folder:
            left[0] -= 1
            if left[0] < 0:
                raise Crash
        return rename(path, target)

    monkeypatch.setattr(Path, "replace", crashing)
    more = toy_run(tmp_path, name="torn")
    with pytest.raises(ExceptionGroup):
        session(more)
    monkeypatch.undo()
    for name in RunFolder(run.folder).shards:
        read_table(RunFolder(run.folder).file("solutions", name), "solutions")
    check_shards(run.folder)
    session(more)
    assert tables(run.folder) == tables(whole.folder)

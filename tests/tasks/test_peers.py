import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from rollouts import Purse, Spent
from schemas import RunError
from schemas.run_folder import RunFolder, shard_name
from tasks.budget import ending
from tasks.claims import Claims
from tasks.peers import Together, part_of
from tasks.problems import stage
from tasks.run_file import opened
from tasks.session import new_session
from tasks.settings import LabelRun
from tasks.shards import label_shard
from tasks.shared_root import SharedRoot
from tasks.shared_run import SharedRun

from .test_shared_run import machine, shared_by

SHARDS = range(3)


def at_work(
    run: LabelRun,
    work: Callable[[Together], Awaitable[None]],
    *,
    spent: int = 0,
    peers: type[Together] = Together,
) -> None:
    """Do something as a living peer of a run, which has spent so many rollouts."""

    async def main() -> None:
        session = new_session(run)
        session.purse = Purse(run.budget, spent=Spent(rollouts=spent))
        peer = peers(run, session)
        async with peer.alive():
            await peer.stage(stage)
            watch = asyncio.create_task(session.purse.watch())
            await work(peer)
            watch.cancel()

    with opened(run, done=lambda: ending(run)):
        asyncio.run(main())


def test_peers_take_each_shard_once_and_wait_for_nobody_once_all_are_committed(
    tmp_path: Path,
) -> None:
    first, second = machine(tmp_path, 1), machine(tmp_path, 2)
    taken: list[int] = []

    async def label(run: LabelRun, shard: int) -> None:
        taken.append(shard)
        await label_shard.fn(run, shard)
        SharedRun(run).share(shard)

    async def one_then_the_other(peer: Together) -> None:
        async for shard in peer.left(SHARDS):
            await label(first, shard)
            await asyncio.to_thread(at_work, second, the_other)

    async def the_other(peer: Together) -> None:
        async for shard in peer.left(SHARDS):
            await label(second, shard)

    at_work(first, one_then_the_other)
    assert sorted(taken) == [*SHARDS]


def test_a_peer_whose_budget_is_reached_takes_only_what_its_journals_may_end(
    tmp_path: Path,
) -> None:
    run = machine(tmp_path, 1, budget={"rollouts": 10})
    taken: list[int] = []

    async def begin(peer: Together) -> None:
        journal = RunFolder(run.folder).journal(shard_name(1))
        journal.parent.mkdir()
        journal.touch()
        async for shard in peer.left(SHARDS):
            taken.append(shard)

    at_work(run, begin, spent=10)
    assert taken == [1]
    assert SharedRun(run).root.listing("claims") == {}
    assert ending(run) == "budget reached"


def test_a_shard_that_a_budget_cut_short_is_left_to_others(tmp_path: Path) -> None:
    run, other = machine(tmp_path, 1), machine(tmp_path, 2)
    taken: list[int] = []

    async def give_up(peer: Together) -> None:
        async for shard in peer.left(SHARDS):
            await peer.leave(shard)  # nothing of it is committed
            await asyncio.to_thread(at_work, other, take_all)
            break

    async def take_all(peer: Together) -> None:
        async for shard in peer.left(SHARDS):
            taken.append(shard)

    at_work(run, give_up)
    assert sorted(taken) == [*SHARDS]


def test_of_peers_that_reach_the_end_one_concludes_and_none_where_shards_are_open(
    tmp_path: Path,
) -> None:
    first, second = machine(tmp_path, 1), machine(tmp_path, 2)
    shared = shared_by(first)
    marker = shared.root.get("committed/shard-00002.json") or b""
    shared.root.delete("committed/shard-00002.json")
    told: list[Any] = []

    async def end(peer: Together) -> None:
        told.append(await peer.concludes())
        told.append(await part_of(second))

    at_work(second, end)
    assert told[0] is False
    assert told[1].problems == 0
    record = json.loads((second.folder / "run.json").read_text())
    assert (record["left"], record["shards"]) == (2, 0)
    assert record["whole_run"].startswith(second.shared)
    shared.root.put("committed/shard-00002.json", marker)
    shared.root.put("run.json", b"{}")
    at_work(second, end)
    assert told[2] is False
    assert json.loads((second.folder / "run.json").read_text())["left"] == 0


def test_peers_that_wanted_the_conclusion_in_the_same_second_do_not_both_leave_it(
    tmp_path: Path,
) -> None:
    shared_by(machine(tmp_path, 1))
    run = machine(tmp_path, 2)
    rival = Claims(SharedRoot(run.shared, run.name), lease_s=60)
    told: list[bool] = []

    class Waiting(Together):
        async def _pause(self) -> None:
            rival.release("conclusion")  # it had lost it, too

    async def end(peer: Together) -> None:
        rival.beat()
        assert rival.take("conclusion")
        told.append(await peer.is_to_conclude(3))

    at_work(run, end, peers=Waiting)
    assert told == [True]


def test_the_budget_of_a_problem_is_one_of_all_machines(tmp_path: Path) -> None:
    shared_by(machine(tmp_path, 1, budget={"problem": {"rollouts": 500}}))
    both = {"problem": {"rollouts": 500}, "rollouts": 9}
    assert SharedRun(machine(tmp_path, 2, budget=both)).plan()
    with pytest.raises(RunError, match=r"budget\.problem\.rollouts: was 500, now 400"):
        SharedRun(machine(tmp_path, 2, budget={"problem": {"rollouts": 400}})).plan()

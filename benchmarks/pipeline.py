"""The labelling of a run as the flow does it, but without Prefect: what benchmarks measure."""

import asyncio
import random
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import made
from tasks.commits import committed
from tasks.problems import stage
from tasks.records import Counts
from tasks.run_file import opened
from tasks.session import Session, new_session
from tasks.settings import LabelRun
from tasks.shards import label_shard

_SAMPLED_S = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What a run took, from the policy's opening to the last commit."""

    counts: Counts
    wall_s: float
    cpu_s: float
    """Of this process alone, all its threads."""
    active: float
    """Mean sequences in flight in mid-run: the second and third quarters of the time."""

    @property
    def cpu_ms(self) -> float:
        """CPU milliseconds per rollout."""
        return 1000 * self.cpu_s / self.counts.rollouts

    @property
    def rate(self) -> float:
        """Rollouts per second."""
        return self.counts.rollouts / self.wall_s


def terms(count: int) -> Iterator[tuple[int, ...]]:
    """Yield the numbers of so many made sums."""
    rng = random.Random(f"0/{count}")
    for _ in range(count):
        yield tuple(rng.randrange(2, 90) for _ in range(rng.randint(4, 8)))


@contextmanager
def made_run(problems: int, **changes: Any) -> Iterator[LabelRun]:
    """Yield the configuration of a run over made sums, in a folder that is removed behind it."""
    with tempfile.TemporaryDirectory(prefix="stepmint-") as folder:
        path = made.sums(Path(folder) / "sums.jsonl", terms(problems))
        settings = {
            "name": "made",
            "output": f"{folder}/output",
            "seed": 1,
            "source": {"kind": "file", "path": str(path)},
            "prompt": "synthetic",
            "sampling": {"temperature": 1.0, "max_tokens": 1000},
            "splitter": {"kind": "newline"},
            "policy": {"kind": "scripted", "error": 0.2},
            "verification": {"answer_format": "hash"},
            "labeler": {"kind": "math_shepherd", "num_solutions": 15, "num_rollouts": 8},
        }
        yield LabelRun.model_validate(settings | changes)


async def labelled(run: LabelRun, *, ahead: bool = True) -> Measured:
    """Label a run and say what that took. `ahead`: whether an idle policy is used in advance."""
    with opened(run):
        session = new_session(run)
        staged = await stage(run)
        async with session.kept_open(), session.policy.used() as policy:
            seen: list[int] = []
            watch = asyncio.create_task(_watch(lambda: policy.in_flight, seen))
            wall, cpu = time.perf_counter(), time.process_time()
            async with asyncio.TaskGroup() as group:
                for shard in range(staged.shards):
                    await session.window.enter(shard, run.shards.size)
                    group.create_task(_label(run, shard, session))
                if ahead:
                    session.window.close()
            wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
            watch.cancel()
        records = [committed(run.folder, shard) for shard in range(staged.shards)]
    middle = seen[len(seen) // 4 : -len(seen) // 4] or [0]
    return Measured(
        counts=sum((one.counts for one in records if one), Counts()),
        wall_s=wall,
        cpu_s=cpu,
        active=sum(middle) / len(middle),
    )


async def _label(run: LabelRun, shard: int, session: Session) -> None:
    try:
        await label_shard.fn(run, shard)
    finally:
        session.window.leave(shard)


async def _watch(in_flight: Any, seen: list[int]) -> None:
    while True:
        seen.append(in_flight())
        await asyncio.sleep(_SAMPLED_S)

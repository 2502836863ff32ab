"""How many sequences are asked for at once: what the servers take, and a short queue before them.

A server that runs out of work idles; one that is asked for far more than it runs holds it in
memory, and cannot be told that some of it is not wanted any more. vLLM says how many sequences
run and wait; any server may push back with status 429.
"""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from policies.served.fleet import Fleet
from policies.served.limits import FairLimit

START = 256
"""Sequences asked for at first: vLLM's own --max-num-seqs."""
LEAST = 64
MOST = 16_384
_LOAD = re.compile(rb"(?m)^vllm:num_requests_(running|waiting)(?:\{[^}\n]*\})? (\S+)$")


@dataclass(frozen=True, slots=True)
class Load:
    """What servers say they are doing."""

    running: int
    waiting: int

    @classmethod
    def read(cls, metrics: bytes) -> "Load | None":
        """Read vLLM's metrics, of all its engines together; None where there are none."""
        found = _LOAD.findall(metrics)
        sums = dict.fromkeys((b"running", b"waiting"), 0)
        try:
            for name, value in found:
                sums[name] += int(float(value))
        except (ValueError, OverflowError):
            return None
        return cls(sums[b"running"], sums[b"waiting"]) if found else None

    def __add__(self, other: "Load") -> "Load":
        return Load(self.running + other.running, self.waiting + other.waiting)


def fitting(limit: int, in_flight: int, load: Load) -> int:
    """Return the limit that keeps between a sixteenth and a quarter of what runs in the queue."""
    if load.waiting > load.running // 4 + 16:
        wanted = in_flight - load.waiting + load.running // 8
        return max(LEAST, min(limit, wanted))
    if load.waiting <= load.running // 16 and in_flight >= limit * 9 // 10:
        return min(MOST, limit * 3 // 2)
    return limit


@asynccontextmanager
async def adapting(fleet: Fleet, limit: FairLimit, *, look_s: float = 1.0) -> AsyncIterator[None]:
    """Let the limit follow the servers, at which it looks every so many seconds."""
    task = asyncio.create_task(_follow(fleet, limit, look_s))
    try:
        yield
    finally:
        task.cancel()


async def _follow(fleet: Fleet, limit: FairLimit, look_s: float) -> None:
    refusals = fleet.pushed_back
    while True:
        await asyncio.sleep(look_s)
        refused, refusals = fleet.pushed_back > refusals, fleet.pushed_back
        if refused:
            limit.resize(max(LEAST, limit.size * 3 // 4))
        elif load := await _load(fleet):
            limit.resize(fitting(limit.size, limit.in_flight, load))
        elif limit.size < START:
            limit.resize(min(START, limit.size * 9 // 8))


async def _load(fleet: Fleet) -> Load | None:
    """Return what all servers do together; None where one does not say."""
    answers = [await fleet.peek(one, "/metrics") for one in fleet.up]
    loads = [Load.read(one.content) if one and one.is_success else None for one in answers]
    known = [one for one in loads if one is not None]
    return sum(known, Load(0, 0)) if known and len(known) == len(loads) else None

"""Whether a run that is killed again and again ends as one that nobody killed, and at what cost.

    python -m benchmarks.kill
    python -m benchmarks.kill --kills 200 --problems 1500

A child process labels made problems with the scripted policy and is sent SIGKILL at a random
instant; the next child is given the same run, until one comes to its end. The committed tables
have to be equal to the byte to those of a run in one go, and less than 1% of its tokens may have
been written twice. The children are forked from a process that has imported all: what is measured
is the pipeline, not Python's start.
"""

import argparse
import asyncio
import mmap
import os
import random
import signal
import struct
import sys
import time
from collections.abc import Callable
from contextlib import suppress

from benchmarks.chaos import tables
from benchmarks.pipeline import labelled, made_run
from policies.scripted import ScriptedSettings
from schemas import Completion, CompletionRequest
from tasks.settings import LabelRun

_MOST_TWICE = 0.01


class Meter:
    """Counts the tokens that all children write, in memory they share."""

    def __init__(self) -> None:
        self._shared = mmap.mmap(-1, 8)

    @property
    def tokens(self) -> int:
        """Tokens written so far."""
        return int(struct.unpack("q", self._shared[:8])[0])

    def install(self) -> None:
        """Count what the scripted policy writes from now on."""
        write: Callable[..., Completion] = ScriptedSettings.write

        def counted(policy: ScriptedSettings, request: CompletionRequest, seed: int) -> Completion:
            completion = write(policy, request, seed)
            self._shared[:8] = struct.pack("q", self.tokens + completion.completion_tokens)
            return completion

        ScriptedSettings.write = counted  # type: ignore[assignment, method-assign]


def child(run: LabelRun) -> int:
    """Start a process that labels the run; returns its number."""
    pid = os.fork()
    if pid:
        return pid
    asyncio.run(labelled(run))
    os._exit(0)


def ended(pid: int, within_s: float) -> bool:
    """Return whether a child ended by itself, and well; kill it where it has not."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            if status:
                raise SystemExit(f"a child ended with status {status}")
            return True
        time.sleep(0.005)
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return False


def measure(problems: int, kills: int, seed: int) -> bool:
    """Label in one go and with kills, print what came of it; returns whether the bars hold."""
    meter, rng = Meter(), random.Random(seed)
    meter.install()
    with made_run(problems, shards={"size": 32}) as whole:
        started = time.monotonic()
        ended(child(whole), within_s=float("inf"))
        took, needed = time.monotonic() - started, meter.tokens
        print(f"in one go: {needed:,} tokens in {took:.0f} s", flush=True)
        cut = whole.model_copy(update={"name": "killed"})
        done = 0
        while done < kills:
            if ended(child(cut), within_s=rng.uniform(0.1, took / kills + 0.5)):
                raise SystemExit(f"the run ended after {done} kills: give more --problems")
            done += 1
        ended(child(cut), within_s=float("inf"))
        twice = (meter.tokens - 2 * needed) / needed
        same = tables(whole) == tables(cut)
    print(f"killed {done} times: {twice:.2%} of the tokens written twice")
    print("tables: equal to the byte" if same else "tables: different")
    return same and twice < _MOST_TWICE


def main() -> None:
    """Measure, and exit with 1 where a bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--problems", type=int, default=1500)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    sys.exit(not measure(options.problems, options.kills, options.seed))


if __name__ == "__main__":
    main()

"""The program that judges in a process of its own; nothing but `workers` starts it.

The process that is started imports sympy once and then only supervises: it forks a child that does
the judging, and forks the next one when that child dies or retires. So a killed job costs
milliseconds, never another import. The child lives under an address-space limit, and the kernel
kills it (SIGPROF) when a job has used its CPU time: no handler, no thread, no clock on the wall.

Jobs and replies are lines of JSON. End of input ends everything.
"""

import gc
import json
import mmap
import os
import resource
import select
import signal
import sys
import time
from collections.abc import Iterator

from verification.comparing.equivalence import Decision
from verification.conventions import Conventions
from verification.guarded.messages import Job, Limits, Reply, decode_job, encode
from verification.guarded.stages import Stages

RETIRED = 3
"""Exit status of a child that has served its jobs; another takes its place."""
STARVED = 4
"""Exit status of a child that had no memory left even to say so."""
_GUARD = "guard"
"""Stage of a decision that a limit forced."""
IDLE_SECONDS = 5.0
"""How often an idle child looks whether the program it works for still lives."""


def main() -> None:
    """Serve jobs from standard input until it ends.

    Arguments: the host's process id, limits and conventions as JSON, 1 or 0 for math-verify.
    """
    host, limits = int(sys.argv[1]), Limits(**json.loads(sys.argv[2]))
    stages = Stages(Conventions.model_validate_json(sys.argv[3]), math_verify=sys.argv[4] == "1")
    replies = _keep_output_clean()
    stages.warm_up()
    gc.collect()
    gc.freeze()
    os.write(replies, b"ready\n")
    current = _CurrentJob()
    while (status := _one_child(host, limits, stages, replies, current)) != 0:
        lost = current.number
        if status == RETIRED or lost is None:
            continue
        current.number = None
        try:
            reason = _cause(status, limits)
            reply = Reply(lost, Decision(None, _GUARD, reason), limits.cpu_seconds)
            os.write(replies, encode(reply))
        except OSError:
            return


class _CurrentJob:
    """The number of the job that the child is at, in memory shared with the supervisor."""

    def __init__(self) -> None:
        self._shared = mmap.mmap(-1, 8)
        self.number = None

    @property
    def number(self) -> int | None:
        """None between jobs."""
        value = int.from_bytes(self._shared[:8], "little", signed=True)
        return value if value >= 0 else None

    @number.setter
    def number(self, number: int | None) -> None:
        value = -1 if number is None else number
        self._shared[:8] = value.to_bytes(8, "little", signed=True)


def _keep_output_clean() -> int:
    """Return a descriptor for replies; what libraries print goes nowhere."""
    replies = os.dup(1)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    return replies


def _one_child(
    host: int, limits: Limits, stages: Stages, replies: int, current: _CurrentJob
) -> int:
    """Fork a child, let it serve, and return its exit status, or minus the signal it died of."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            status = _serve(host, limits, stages, replies, current)
        except MemoryError:
            status = STARVED
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _serve(host: int, limits: Limits, stages: Stages, replies: int, current: _CurrentJob) -> int:
    limit = limits.memory_mb << 20
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    for served, job in enumerate(_jobs(host), start=1):
        current.number = job.number
        signal.setitimer(signal.ITIMER_PROF, limits.cpu_seconds)
        reply = _reply(stages, job, limits)
        signal.setitimer(signal.ITIMER_PROF, 0)
        os.write(replies, encode(reply))
        current.number = None
        if reply.decision.stage == _GUARD or served >= limits.jobs_per_worker:
            return RETIRED
    return 0


def _reply(stages: Stages, job: Job, limits: Limits) -> Reply:
    started = time.process_time()
    try:
        decision = stages.judge(job)
    except MemoryError:
        decision = Decision(None, _GUARD, _starved(limits))
    return Reply(job.number, decision, time.process_time() - started)


def _jobs(host: int) -> Iterator[Job]:
    """Yield jobs until standard input ends or the host is gone."""
    pending = b""
    while True:
        while b"\n" in pending:
            line, _, pending = pending.partition(b"\n")
            yield decode_job(line)
        if not _input_within(IDLE_SECONDS):
            if not _alive(host):
                return
            continue
        chunk = os.read(0, 1 << 16)
        if not chunk:
            return
        pending += chunk


def _input_within(seconds: float) -> bool:
    return bool(select.select([0], [], [], seconds)[0])


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _cause(status: int, limits: Limits) -> str:
    if status == -signal.SIGPROF:
        return f"not decided within {limits.cpu_seconds:g} s of CPU time"
    if status == STARVED:
        return _starved(limits)
    return f"the worker died (status {status})"


def _starved(limits: Limits) -> str:
    return f"needs more than {limits.memory_mb} MB"

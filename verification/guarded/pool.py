"""A pool of guarded worker processes, for threads, asyncio and Ray workers alike.

The pool is lazy: no process starts before the first job. It is synchronous and thread-safe; async
callers ask it from a thread. It uses no signal, timer or child watcher of the host. Queueing and a
worker's start are outside every deadline; the deadline itself is CPU time, enforced in the worker,
so no verdict depends on how busy the machine is. A dead worker costs the one job it was at.
"""

import itertools
import json
import os
import queue
import selectors
import signal
import subprocess
import sys
import tempfile
import threading
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from schemas import VerifierError
from verification.comparing.equivalence import Decision
from verification.conventions import Conventions
from verification.guarded.messages import MAX_LINE, Job, Limits, Reply, Stage, decode_reply, encode

START_SECONDS = 120.0
"""Wall-clock backstop for a worker's start; ordinarily a second."""
WALL_FACTOR = 30.0
"""Wall-clock backstop of a job, as a multiple of its CPU deadline: it catches a worker that sleeps,
which none of ours does, and is far above what a loaded machine needs."""
CLOSE_SECONDS = 2.0
"""How long a worker may take to leave when its input ends, before it is killed."""

LOST = "lost"
"""Stage of a decision that says the worker process itself is gone."""

_BOOT = (
    "import sys; sys.path.insert(0, sys.argv.pop(1)); "
    "from verification.guarded.worker import main; main()"
)
_ROOT = str(Path(__file__).resolve().parents[2])


class Pool:
    """Up to `workers` worker processes, started on demand and kept."""

    def __init__(
        self, limits: Limits, conventions: Conventions, *, workers: int, math_verify: bool
    ) -> None:
        self._limits = limits
        self._arguments = (conventions.model_dump_json(), "1" if math_verify else "0")
        self._numbers = itertools.count()
        self._idle: queue.LifoQueue[_Worker | None] = queue.LifoQueue()
        for _ in range(workers):
            self._idle.put(None)
        self._workers = workers
        self._owner = os.getpid()
        self._closed = False
        self._closing = threading.Lock()
        self._counting = threading.Lock()
        self._cpu_seconds = 0.0

    @property
    def cpu_seconds(self) -> float:
        """CPU time that workers spent on jobs."""
        return self._cpu_seconds

    def ask(self, gold: str, answer: str, stages: tuple[Stage, ...]) -> Decision:
        """Return what a worker decides on this pair; blocks while all workers are busy.

        Undecided where the deadline, the memory limit or a crash ends the job. Raises
        VerifierError if no worker can be started at all.
        """
        if os.getpid() != self._owner:
            raise VerifierError("this verifier was opened before a fork: open one in each process")
        worker = self._idle.get()
        try:
            if self._closed:
                raise VerifierError("the verifier is closed: ask inside its `async with` block")
            if worker is not None and not worker.alive():
                worker.close()
                worker = None
            if worker is None:
                worker = _Worker(self._limits, self._arguments)
            reply = worker.ask(Job(next(self._numbers), gold, answer, stages))
            if reply.decision.stage == LOST:
                worker.close()
                worker = None
            with self._counting:
                self._cpu_seconds += reply.cpu_seconds
            return reply.decision
        finally:
            self._idle.put(worker)

    def processes(self) -> list[int]:
        """Return the process ids of the idle workers."""
        return [worker.pid for worker in list(self._idle.queue) if worker is not None]

    def close(self) -> None:
        """End all workers; waits for jobs that are being judged. Idempotent."""
        with self._closing:
            if self._closed:
                return
            self._closed = True
            for _ in range(self._workers):
                worker = self._idle.get()
                if worker is not None:
                    worker.close()
            for _ in range(self._workers):
                self._idle.put(None)


class _Worker:
    """One supervisor process with its pipes; used by one thread at a time."""

    def __init__(self, limits: Limits, arguments: tuple[str, str]) -> None:
        self._wall = limits.cpu_seconds * WALL_FACTOR + 10
        self._pending = b""
        with tempfile.TemporaryFile() as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-c", _BOOT, _ROOT, str(os.getpid()),
                 json.dumps(asdict(limits)), *arguments],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors,
                start_new_session=True, bufsize=0,
                env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
            )  # fmt: skip
            self.pid = self._process.pid
            if self._line(START_SECONDS) != b"ready":
                self.close()
                errors.seek(0)
                said = errors.read()[-800:].decode(errors="replace").strip()
                raise VerifierError(
                    f"{sys.executable} cannot start the sympy worker; is sympy installed? {said}"
                )

    def alive(self) -> bool:
        """Say whether the process still runs."""
        return self._process.poll() is None

    def ask(self, job: Job) -> Reply:
        """Send a job and wait for its reply, whatever becomes of the worker."""
        try:
            self._write(encode(job))
        except OSError:
            return Reply(job.number, Decision(None, LOST, "the worker was gone"))
        while True:
            line = self._line(self._wall)
            if line is None:
                return Reply(job.number, Decision(None, LOST, "the worker was lost"))
            try:
                reply = decode_reply(line)
            except ValueError:
                return Reply(job.number, Decision(None, LOST, "the worker replied nonsense"))
            if reply.number == job.number:
                return reply

    def close(self) -> None:
        """End the process: by the end of its input, else by force, its children with it."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                pipe.close()
        try:
            self._process.wait(CLOSE_SECONDS)
        except subprocess.TimeoutExpired:
            with suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)
            self._process.wait()

    def _write(self, data: bytes) -> None:
        assert self._process.stdin is not None
        view = memoryview(data)
        while view:
            view = view[os.write(self._process.stdin.fileno(), view) :]

    def _line(self, seconds: float) -> bytes | None:
        """Return the next line, or None at the end of output or after so many wall seconds."""
        while b"\n" not in self._pending:
            if len(self._pending) > MAX_LINE or not self._readable(seconds) or not self._read():
                return None
        line, _, self._pending = self._pending.partition(b"\n")
        return line

    def _readable(self, seconds: float) -> bool:
        assert self._process.stdout is not None
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            return bool(selector.select(seconds))

    def _read(self) -> bool:
        assert self._process.stdout is not None
        chunk = os.read(self._process.stdout.fileno(), 1 << 16)
        self._pending += chunk
        return bool(chunk)

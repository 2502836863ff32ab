"""Guarded workers: killed, starved, orphaned, shared; a verdict is the worst that is lost."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psutil
import pytest

from schemas import VerifierError
from tests.waiting import until, until_gone
from verification.comparing.equivalence import Decision
from verification.conventions import DEFAULTS
from verification.guarded.messages import Limits, Reply, decode_reply, encode
from verification.guarded.pool import Pool

SUM = (r"\sum_{k=1}^{n} k", r"\frac{n(n+1)}{2}")
LETTERS = "b+c+d+f+g+h"
BOMB = (f"(a+{LETTERS})^{{40}}", f"(a+{LETTERS})^{{39}}a+(a+{LETTERS})^{{39}}({LETTERS})")
"""Equal, and nine million terms when expanded."""


def new_pool(
    *, workers: int = 1, cpu_seconds: float = 20.0, memory_mb: int = 448, jobs_per_worker: int = 100
) -> Pool:
    limits = Limits(cpu_seconds=cpu_seconds, memory_mb=memory_mb, jobs_per_worker=jobs_per_worker)
    return Pool(limits, DEFAULTS, workers=workers, math_verify=False)


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    pool = new_pool()
    yield pool
    pool.close()


def child_of(pool: Pool) -> int:
    (supervisor,) = pool.processes()
    children: list[psutil.Process] = []

    def forked() -> list[psutil.Process]:
        children[:] = psutil.Process(supervisor).children()
        return children

    until(forked, seconds=10, what="the supervisor's child")
    return int(children[0].pid)


def test_no_process_starts_before_the_first_job() -> None:
    pool = new_pool()
    assert pool.processes() == []
    pool.close()


def test_sympy_proves_what_the_cheap_stages_leave_open(pool: Pool) -> None:
    assert pool.ask(*SUM, ("sympy",)).equal is True
    assert pool.ask(r"\int_0^1 x^2 dx", r"\frac{1}{4}", ("sympy",)).equal is False


def test_a_child_that_is_killed_between_jobs_costs_nothing(pool: Pool) -> None:
    pool.ask(*SUM, ("sympy",))
    os.kill(child_of(pool), signal.SIGKILL)
    assert child_of(pool)
    assert pool.ask(*SUM, ("sympy",)).equal is True


@pytest.mark.slow
def test_a_supervisor_that_is_killed_between_jobs_costs_nothing_either() -> None:
    pool = new_pool()
    pool.ask(*SUM, ("sympy",))
    (supervisor,) = pool.processes()
    os.kill(supervisor, signal.SIGKILL)
    until(lambda: psutil.Process(supervisor).status() == psutil.STATUS_ZOMBIE)
    assert pool.ask(*SUM, ("sympy",)).equal is True
    pool.close()


def test_cpu_time_that_is_used_up_costs_one_undecided_verdict() -> None:
    pool = new_pool(cpu_seconds=0.3)
    reply = pool.ask(*BOMB, ("sympy",))
    assert (reply.equal, reply.stage) == (None, "guard")
    assert "0.3 s of CPU time" in reply.reason
    assert pool.ask(*SUM, ("sympy",)).equal is True
    pool.close()


def test_memory_that_is_used_up_costs_one_undecided_verdict() -> None:
    pool = new_pool(memory_mb=128, cpu_seconds=60)
    reply = pool.ask(*BOMB, ("sympy",))
    assert (reply.equal, reply.stage) == (None, "guard")
    assert "128 MB" in reply.reason
    assert pool.ask(*SUM, ("sympy",)).equal is True
    pool.close()


def kill_when_busy(pid: int) -> None:
    """Kill a process once it has used some CPU time on its job."""
    process = psutil.Process(pid)
    idle = process.cpu_times().user
    until(lambda: process.cpu_times().user >= idle + 0.1)
    process.kill()


def test_a_worker_that_is_killed_at_its_job_costs_that_verdict_alone() -> None:
    pool = new_pool(cpu_seconds=60, memory_mb=4096)
    pool.ask(*SUM, ("sympy",))
    killer = threading.Thread(target=kill_when_busy, args=(child_of(pool),))
    killer.start()
    reply = pool.ask(*BOMB, ("sympy",))
    killer.join()
    assert (reply.equal, reply.stage) == (None, "guard")
    assert "died" in reply.reason
    assert pool.ask(*SUM, ("sympy",)).equal is True
    pool.close()


def test_wall_time_in_which_a_worker_gets_no_cpu_changes_no_verdict() -> None:
    pool = new_pool(cpu_seconds=0.8)
    pool.ask(*SUM, ("sympy",))
    child = child_of(pool)
    os.kill(child, signal.SIGSTOP)
    threading.Timer(1.5, os.kill, (child, signal.SIGCONT)).start()
    started = time.monotonic()
    assert pool.ask(*SUM, ("sympy",)).equal is True
    assert time.monotonic() - started > 1
    pool.close()


@pytest.mark.slow
def test_workers_retire_after_their_jobs_and_others_take_their_place() -> None:
    pool = new_pool(jobs_per_worker=2)
    children = set()
    for _ in range(6):
        assert pool.ask("2", "2", ("sympy",)).equal is True
        children.add(child_of(pool))
    assert len(children) >= 3
    pool.close()


def test_threads_share_a_pool(pool: Pool) -> None:
    with ThreadPoolExecutor(4) as threads:
        replies = list(threads.map(lambda n: pool.ask(str(n), "7", ("sympy",)), range(10)))
    assert [reply.equal for reply in replies] == [n == 7 for n in range(10)]


def test_closing_leaves_no_process_behind() -> None:
    pool = new_pool()
    pool.ask("1", "1", ("sympy",))
    pids = [*pool.processes(), child_of(pool)]
    pool.close()
    pool.close()
    until_gone(pids)
    with pytest.raises(VerifierError, match="closed"):
        pool.ask("1", "1", ("sympy",))


HOST = """
import signal
from verification.settings import VerificationSettings
cascade = VerificationSettings(workers=1, cpu_seconds=600).cascade()
cascade.warm_up()
print(*cascade._pool.processes(), flush=True)
signal.pause()
"""


def test_workers_end_when_the_program_they_serve_is_killed() -> None:
    host = subprocess.Popen([sys.executable, "-c", HOST], stdout=subprocess.PIPE)
    assert host.stdout
    supervisor = int(host.stdout.readline())
    family = [supervisor, *(child.pid for child in psutil.Process(supervisor).children())]
    host.kill()
    host.wait()
    until_gone(family)


def test_the_host_keeps_its_signals_and_timers() -> None:
    def handlers() -> Any:
        return [signal.getsignal(n) for n in signal.valid_signals()]

    before = handlers()
    signal.setitimer(signal.ITIMER_REAL, 500)
    pool = new_pool()
    pool.ask(*SUM, ("sympy",))
    pool.close()
    assert handlers() == before
    assert signal.setitimer(signal.ITIMER_REAL, 0)[0] > 400


def test_a_pool_that_was_opened_before_a_fork_says_so(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "_owner", os.getpid() + 1)
    with pytest.raises(VerifierError, match="fork"):
        pool.ask("1", "1", ("sympy",))


def test_replies_are_read_as_data_field_by_field() -> None:
    reply = Reply(3, Decision(None, "sympy", "cannot tell"))
    assert decode_reply(encode(reply)) == reply
    for nonsense in (
        b"[]",
        b"{}",
        b'{"number": 1, "decision": {"equal": "yes", "stage": "", "reason": ""}, "cpu_seconds": 0}',
        b"x",
    ):
        with pytest.raises(ValueError, match=r"reply|JSON|Expecting"):
            decode_reply(nonsense)


@pytest.mark.slow
def test_an_interpreter_without_our_code_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("verification.guarded.pool._ROOT", "/nowhere")
    monkeypatch.setattr("verification.guarded.pool._BOOT", "raise SystemExit('no sympy here')")
    pool = new_pool()
    with pytest.raises(VerifierError, match="no sympy here"):
        pool.ask("1", "1", ("sympy",))
    pool.close()

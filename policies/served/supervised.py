"""A model server on this machine: started, waited for, watched, restarted, stopped."""

import asyncio
import logging
import os
import re
import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from policies.guard import guarded, reserve_port
from policies.served.deaths import death, grave
from policies.served.fleet import Fleet
from policies.served.transport import BrokenError, Transport, UnreachableError, transport
from schemas import LastingPolicyError, PolicyError

logger = logging.getLogger(__name__)

_TAIL_LINES = 20
_TAIL_BYTES = 65_536
_ERROR = re.compile(r"\b(\w*(Error|Exception)|error): ")
_ERROR_LINES = 5
_ANSWER_S = 5.0
_POLL_S = 0.5
_REPORT_EVERY_S = 10.0
_GUARD_ROOM_S = 10.0


class SupervisedServer:
    """One server process group with a loopback port, a key and a log file of its own.

    The port is reserved by a socket that never listens, so two runs cannot pick the same one; the
    key makes sure that whoever answers there is this server.
    """

    def __init__(
        self,
        command: Callable[[int], Sequence[str]],
        *,
        env: Mapping[str, str],
        run_dir: Path,
        start_timeout_s: float,
        stop_grace_s: float,
    ) -> None:
        self._reservation = reserve_port()
        self.port: int = self._reservation.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.api_key = secrets.token_hex(16)
        run_dir.mkdir(parents=True, exist_ok=True)
        self.log = run_dir.resolve() / f"vllm-{os.getpid()}-{self.port}.log"
        self.log.touch()
        self._log_start = 0
        self._command = tuple(command(self.port))
        # Without a safe path, `python -m` would import what lies in the run's folder first.
        own = {"VLLM_API_KEY": self.api_key, "PYTHONSAFEPATH": "1"}
        self._env = {**os.environ, **env, **own}
        self._start_timeout_s = start_timeout_s
        self._stop_grace_s = stop_grace_s
        self._process: asyncio.subprocess.Process | None = None
        self._in_service = False

    async def start(self) -> None:
        """Start the server and return when it answers; PolicyError with the log's tail if not."""
        self._process = await self._spawn()
        ended = asyncio.create_task(self._process.wait())
        started = reported = time.monotonic()
        try:
            async with transport(api_key=self.api_key, timeout_s=_ANSWER_S, proxies=False) as asked:
                while not await self._answers(asked):
                    await asyncio.wait({ended}, timeout=_POLL_S)
                    now = time.monotonic()
                    if ended.done():
                        raise self._error(f"ended with status {ended.result()} while starting")
                    if now - started > self._start_timeout_s:
                        raise self._error(
                            f"did not answer within {self._start_timeout_s:g} s (`start_timeout_s`)"
                        )
                    if now - reported > _REPORT_EVERY_S:
                        reported = now
                        line = (self._tail() or ["no output yet"])[-1]
                        logger.info("model server starting, %.0f s: %s", now - started, line)
        finally:
            ended.cancel()
        self._in_service = True
        logger.info("model server answers at %s, log in %s", self.url, self.log)

    async def watch(self, fleet: Fleet, restarts: int) -> None:
        """Restart the server when it dies, so many times; then fail the fleet's requests.

        A death that the next start would meet again fails them at once. A server that writes
        nothing is stopped, and so started again.
        """
        fleet.on_stall = self._end
        error = self._error("was never started")
        for left in range(restarts, -1, -1):
            process = self._process
            if process is not None:
                status = await process.wait()
                error = self._error(f"died with status {status}")
            if left == 0 or isinstance(error, LastingPolicyError):
                break
            logger.warning("model server died, restarting (%d restarts left)", left - 1)
            try:
                await self.start()
            except PolicyError as failed:
                error = failed
        fleet.fail(error)

    async def stop(self) -> None:
        """Stop the server and everything it started; free the port."""
        process, self._process = self._process, None
        self._reservation.close()
        if process is None or process.returncode is not None:
            return
        process.terminate()
        try:
            await asyncio.wait_for(process.wait(), self._stop_grace_s + _GUARD_ROOM_S)
        except TimeoutError:
            process.kill()
            await process.wait()

    def _end(self) -> None:
        """Stop the process, as if it had died."""
        if self._process is not None and self._process.returncode is None:
            self._process.terminate()

    async def _spawn(self) -> asyncio.subprocess.Process:
        with self.log.open("ab") as log:
            self._log_start, self._in_service = log.tell(), False
            return await asyncio.create_subprocess_exec(
                *guarded(self._command, grace_s=self._stop_grace_s),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self._env,
                cwd=self.log.parent,
                start_new_session=True,
            )

    async def _answers(self, asked: Transport) -> bool:
        try:
            answer = await asked.get(f"{self.url}/v1/models", timeout_s=_ANSWER_S)
        except (UnreachableError, BrokenError):
            return False
        return answer.is_success

    def _error(self, what: str) -> PolicyError:
        """Return what to tell: a known cause with its remedy, else the log's errors and its end."""
        if known := death(self._lines(), in_service=self._in_service):
            kind = LastingPolicyError if known.lasting else PolicyError
            return kind(
                f"the model server {what}: {known.reason}\n{known.remedy} (its log: {self.log})"
            )
        lines = self._tail()
        errors = list(dict.fromkeys(line for line in lines if _ERROR.search(line) and grave(line)))
        shown = "\n".join([*errors[-_ERROR_LINES:], "...", *lines[-_TAIL_LINES:]])
        return PolicyError(
            f"the model server {what}. The errors in its log {self.log} and its end:\n{shown}"
        )

    def _lines(self) -> Iterator[str]:
        """Yield all that the running server, or the last one, wrote."""
        with self.log.open(encoding="utf-8", errors="replace") as log:
            log.seek(self._log_start)
            yield from log

    def _tail(self) -> list[str]:
        """Return the last lines that the running server, or the last one, wrote."""
        with self.log.open("rb") as log:
            log.seek(max(self._log_start, self.log.stat().st_size - _TAIL_BYTES))
            return log.read().decode(errors="replace").splitlines()

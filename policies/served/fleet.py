"""Requests to one or many equal servers: spread, retried, and given up with one clear error.

What is retried: a connection that fails or breaks, a timeout, a torn or aborted answer, 429 and
5xx. What is not: every other 4xx, since the same request would fail again.
"""

import asyncio
import hashlib
import logging
import math
import random
import time
from collections.abc import Callable, Hashable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import TypeVar

from cachetools import LRUCache

from policies.served.settings import Patience
from policies.served.transport import Answer, BrokenError, Transport, UnreachableError
from schemas import LastingPolicyError, PolicyError

logger = logging.getLogger(__name__)

T = TypeVar("T")

_PROBE_S = 5.0
_LONGEST_PROBE_PAUSE_S = 5.0
_HOMES = 65_536
_WRITES = "/v1/"
"""How paths begin for which a server writes tokens; others are answered without the model."""
_SESSION = ("X-Session-ID", "X-SMG-Routing-Key")
"""Read by vllm-router and AIBrix, and by SGLang's gateway; vLLM's production-stack reads what its
--session-key names. llm-d goes by the prefixes themselves."""
_BEHIND, _BEHIND_AT_LEAST = 1.25, 32
"""A home moves when its server is asked for so many times, and so many, sequences more."""


@dataclass(slots=True, eq=False)
class Endpoint:
    """One server."""

    url: str
    outstanding: int = 0
    """Sequences it is asked for."""
    down_since: float | None = None
    """When it stopped answering; None while it answers."""
    probes: int = 0
    next_probe: float = 0.0
    last_error: str = ""
    stalls: bool = False
    """Whether it was set aside because it answers and writes nothing."""
    wrote_at: float = 0.0
    """When it was last seen to write, or had nothing to."""
    completions: int = 0
    longest_s: float = math.inf
    """The longest that it took for a completion; infinite before there is one."""
    waiting: set[asyncio.Timeout] = field(default_factory=set)
    """Requests it has not answered yet, by what cuts them short."""

    def wrote(self, asked_at: float) -> None:
        """Take note of a completion."""
        self.wrote_at = time.monotonic()
        took = self.wrote_at - asked_at
        self.longest_s = max(self.longest_s, took) if self.completions else took
        self.completions += 1


@dataclass(frozen=True, slots=True)
class _Retry:
    """An attempt that failed in a way that may pass."""

    reason: str
    after_s: float = 0.0


class Fleet:
    """Equal servers behind one `post`; the least busy one that answers gets the next request."""

    def __init__(self, transport: Transport, urls: tuple[str, ...], patience: Patience):
        self._transport = transport
        self._patience = patience
        self._failure: PolicyError | None = None
        # Seeded by the process: jitter has to differ between clients and touches no data.
        self._jitter = random.Random()
        self.endpoints = tuple(Endpoint(url) for url in urls)
        self._homes: MutableMapping[Hashable, Endpoint] = LRUCache(_HOMES)
        self.pushed_back = 0
        """Requests that were refused for being too many."""
        self.latest: tuple[str, Mapping[str, object]] | None = None
        """The path and body of a request for tokens."""
        self.on_stall: Callable[[], None] = lambda: None
        """Called when a server is found to write nothing."""

    @property
    def up(self) -> list[Endpoint]:
        """The servers that answer."""
        return [endpoint for endpoint in self.endpoints if endpoint.down_since is None]

    def fail(self, error: PolicyError) -> None:
        """Make every request that has no answer yet, and all later ones, raise this error."""
        self._failure = error

    def stall(self, endpoint: Endpoint) -> None:
        """Set aside a server that writes nothing; what it was asked for is asked elsewhere.

        It stays aside, whatever it answers, until it is `back`.
        """
        endpoint.stalls = True
        self._set_aside(endpoint, "it answers but writes no token")
        for request in tuple(endpoint.waiting):
            request.reschedule(0)
        self.on_stall()

    def back(self, endpoint: Endpoint) -> None:
        """Ask a server again that was set aside."""
        logger.warning("%s answers again", endpoint.url)
        endpoint.down_since, endpoint.probes, endpoint.stalls = None, 0, False

    async def peek(
        self,
        endpoint: Endpoint,
        path: str,
        body: Mapping[str, object] | None = None,
        *,
        timeout_s: float = _PROBE_S,
    ) -> Answer | None:
        """Return one server's answer, whatever it is; None without one in time."""
        url = endpoint.url + path
        try:
            if body is None:
                return await self._transport.get(url, timeout_s=timeout_s)
            return await self._transport.post(url, body, timeout_s=timeout_s)
        except (UnreachableError, BrokenError):
            return None

    async def get(self, endpoint: Endpoint, path: str) -> Answer | None:
        """Return one server's answer below 500; None, and the server set aside, without one."""
        try:
            answer = await self._transport.get(endpoint.url + path, timeout_s=_PROBE_S)
        except (UnreachableError, BrokenError) as error:
            self._set_aside(endpoint, str(error))
            return None
        if answer.status >= 500:
            self._set_aside(endpoint, f"status {answer.status}")
            return None
        return answer

    async def ask(
        self, endpoint: Endpoint, path: str, body: Mapping[str, object], read: Callable[[bytes], T]
    ) -> T | None:
        """Return one server's answer, asked once; None where it gives none."""
        seconds = min(self._patience.stall_s, self._patience.request_timeout_s)
        answer = await self.peek(endpoint, path, body, timeout_s=seconds)
        try:
            return read(answer.content) if answer and answer.is_success else None
        except ValueError:
            return None

    async def post(
        self,
        path: str,
        body: Mapping[str, object],
        read: Callable[[bytes], T],
        *,
        home: Hashable = None,
        sequences: int = 1,
    ) -> T:
        """Return the answer as `read` understands it, a ValueError from which counts as torn.

        Requests with one `home` go to one server, which remembers what they begin with, until it
        falls behind; should it be a router, a header tells it what belongs together. Raises
        PolicyError when the servers refuse, keep failing, or are all gone for too long.
        """
        failures = 0
        headers = None if home is None else _session(home)
        if path.startswith(_WRITES):
            self.latest = path, body
        while True:
            endpoint = await self._pick(home)
            if not endpoint.outstanding:
                endpoint.wrote_at = time.monotonic()
            endpoint.outstanding += sequences
            try:
                result = await self._attempt(endpoint, path, body, read, headers)
            finally:
                endpoint.outstanding -= sequences
            if not isinstance(result, _Retry):
                return result
            if endpoint.down_since is not None:
                continue
            failures += 1
            if failures > self._patience.retries:
                raise PolicyError(
                    f"{endpoint.url}{path} failed {failures} times, last: {result.reason}. "
                    "Look into the server's log; `patience.retries` allows more attempts."
                )
            await asyncio.sleep(self._pause(failures, result.after_s))

    async def _attempt(
        self,
        endpoint: Endpoint,
        path: str,
        body: Mapping[str, object],
        read: Callable[[bytes], T],
        headers: Mapping[str, str] | None,
    ) -> "T | _Retry":
        asked_at = time.monotonic()
        try:
            async with asyncio.timeout(None) as bound:
                endpoint.waiting.add(bound)
                try:
                    answer = await self._transport.post(endpoint.url + path, body, headers=headers)
                finally:
                    endpoint.waiting.remove(bound)
            if answer.is_success:
                result = read(answer.content)
                if path.startswith(_WRITES):
                    endpoint.wrote(asked_at)
                return result
        except TimeoutError:
            return _Retry(endpoint.last_error)  # cut short by `stall`
        except UnreachableError as error:
            self._set_aside(endpoint, str(error))
            return _Retry(str(error))
        except BrokenError as error:
            return _Retry(str(error))
        except ValueError as error:
            return _Retry(f"unreadable answer: {error}")
        return self._refused(endpoint, path, answer)

    def _refused(self, endpoint: Endpoint, path: str, answer: Answer) -> _Retry:
        """Return the retry that a status allows; LastingPolicyError where it allows none."""
        reason = f"{answer.status}: {answer.excerpt}"
        self.pushed_back += answer.status == 429
        if answer.status in (408, 425, 429) or answer.status >= 500:
            return _Retry(reason, _retry_after_s(answer.retry_after))
        hint = {
            401: " Name the environment variable that holds the key in `api_key_env`.",
            403: " Name the environment variable that holds the key in `api_key_env`.",
            404: " Check the URL and the model's name.",
        }.get(answer.status, "")
        raise LastingPolicyError(f"{endpoint.url}{path} refused the request with {reason}.{hint}")

    async def _pick(self, home: Hashable) -> Endpoint:
        """Return the home's server, or the least busy that answers; wait if there is none."""
        while True:
            if self._failure:
                raise self._failure
            await self._probe_one_that_is_due()
            if up := self.up:
                return self._at_home(home, up) if len(up) > 1 else up[0]
            self._check_outage()
            soonest = min(e.next_probe for e in self.endpoints) - time.monotonic()
            await asyncio.sleep(min(max(soonest, 0.01), 0.5))

    def _at_home(self, home: Hashable, up: Sequence[Endpoint]) -> Endpoint:
        """Return where a home is, moving it from a server that is down or far behind another."""
        least = min(up, key=lambda endpoint: endpoint.outstanding)
        if home is None:
            return least
        known = self._homes.get(home)
        bound = least.outstanding * _BEHIND + _BEHIND_AT_LEAST
        if known is None or known.down_since is not None or known.outstanding > bound:
            known = self._homes[home] = least
        return known

    async def _probe_one_that_is_due(self) -> None:
        now = time.monotonic()
        due = [e for e in self.endpoints if e.down_since is not None and e.next_probe <= now]
        if not due:
            return
        endpoint = due[0]
        endpoint.next_probe = now + _PROBE_S + 1  # keeps others from probing it at the same time
        if await self.get(endpoint, "/v1/models") is not None:
            self.back(endpoint)

    def _set_aside(self, endpoint: Endpoint, error: str) -> None:
        now = time.monotonic()
        if endpoint.down_since is None:
            endpoint.down_since = now
            logger.warning("%s does not answer, set aside: %s", endpoint.url, error)
        endpoint.last_error = error
        pause = min(self._pause(endpoint.probes), _LONGEST_PROBE_PAUSE_S)
        endpoint.next_probe = math.inf if endpoint.stalls else now + pause
        endpoint.probes += 1

    def _check_outage(self) -> None:
        down = [e.down_since for e in self.endpoints if e.down_since is not None]
        if len(down) < len(self.endpoints):
            return
        if time.monotonic() - max(down) < self._patience.outage_s:
            return
        listed = "; ".join(f"{e.url} ({e.last_error})" for e in self.endpoints)
        raise PolicyError(
            f"no server has answered for {self._patience.outage_s:g} s: {listed}. Start them again "
            "and run the same command: nothing that had come back is lost. `patience.outage_s` "
            "waits longer."
        )

    def _pause(self, failures: int, at_least_s: float = 0.0) -> float:
        """Return seconds to wait: exponential, jittered, capped; never less than the server asks.

        A Retry-After beyond the cap is cut to it: the next refusal will ask again.
        """
        longest = self._patience.longest_pause_s
        pause = min(self._patience.backoff_s * 2.0 ** min(failures, 16), longest)
        return max(pause * self._jitter.uniform(0.5, 1), min(at_least_s, longest))


@lru_cache(_HOMES // 16)
def _session(home: Hashable) -> Mapping[str, str]:
    """Return what tells a router that requests of one home belong together."""
    return dict.fromkeys(_SESSION, hashlib.blake2b(repr(home).encode(), digest_size=8).hexdigest())


def _retry_after_s(value: str) -> float:
    """Return the seconds a Retry-After header asks for, given as seconds or a date; else 0."""
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        return max(0.0, float(parsedate_to_datetime(value).timestamp()) - time.time())
    except ValueError:
        return 0.0

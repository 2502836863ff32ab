"""HTTP requests whose cost does not grow with how many are under way.

httpx walks all its connections at every request: at 1,000 in flight that alone took 20 ms of CPU
a request. aiohttp finds a free connection by its host, in constant time. pyreqwest 0.15 takes half
of aiohttp's CPU, but leaves a cancelled request's connection open: the server would write on.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
import orjson

_CONNECT_S = 10.0
_EXCERPT = 500  # characters of a server's answer shown


class UnreachableError(Exception):
    """No connection to the server."""


class BrokenError(Exception):
    """A connection that broke, or an answer that did not come in time or not whole."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answered."""

    url: str
    status: int
    content: bytes
    retry_after: str = ""
    """As its header says: seconds, or a date."""
    secret: str = ""
    """The key that was sent, which the server may repeat."""

    @property
    def is_success(self) -> bool:
        """Whether the status says that all went well."""
        return 200 <= self.status < 300

    @property
    def excerpt(self) -> str:
        """Its beginning, to show to people; a key that it repeats is left out."""
        text = self.content[: 4 * _EXCERPT + len(self.secret)].decode("utf-8", "replace")
        return (text.replace(self.secret, "***") if self.secret else text)[:_EXCERPT].strip()


class Transport:
    """Sends requests over as many kept connections as there are requests under way."""

    def __init__(self, session: aiohttp.ClientSession, api_key: str | None, timeout_s: float):
        self._session = session
        self.api_key = api_key or ""
        self._timeout_s = timeout_s

    async def get(self, url: str, *, timeout_s: float) -> Answer:
        """Return the answer to a GET; raises UnreachableError, BrokenError."""
        return await self._request("GET", url, None, timeout_s)

    async def post(
        self,
        url: str,
        body: Mapping[str, object],
        *,
        headers: Mapping[str, str] | None = None,
        timeout_s: float | None = None,
    ) -> Answer:
        """Return the answer to a POST of JSON; raises UnreachableError, BrokenError."""
        seconds = self._timeout_s if timeout_s is None else timeout_s
        return await self._request("POST", url, orjson.dumps(body), seconds, headers)

    async def _request(
        self,
        method: str,
        url: str,
        data: bytes | None,
        seconds: float,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        timeout = aiohttp.ClientTimeout(total=seconds, sock_connect=_CONNECT_S)
        try:
            # A redirect would carry the key to wherever it leads.
            async with self._session.request(
                method, url, data=data, headers=headers, timeout=timeout, allow_redirects=False
            ) as response:
                content = await response.read()
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise UnreachableError(_said(error)) from error
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise BrokenError(_said(error)) from error
        return Answer(
            url=url,
            status=response.status,
            content=content,
            retry_after=response.headers.get("retry-after", ""),
            secret=self.api_key,
        )


def _said(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}".removesuffix(": ")


@asynccontextmanager
async def transport(
    *, api_key: str | None, timeout_s: float, proxies: bool
) -> AsyncIterator[Transport]:
    """Open a transport. `proxies`: whether those of the environment are used."""
    headers: dict[str, Any] = {"Content-Type": "application/json"}
    if api_key:
        headers["Authorization"] = f"Bearer {api_key}"
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0),  # what limits requests stands before them
        cookie_jar=aiohttp.DummyCookieJar(),
        headers=headers,
        trust_env=proxies,
    ) as session:
        yield Transport(session, api_key, timeout_s)

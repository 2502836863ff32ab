"""Who is answered, and what a browser may do with the answer.

The server listens on loopback only. Other users of the machine reach that too: so the address holds
a token. Other sites' scripts reach it by a name of theirs that leads here (DNS rebinding): so other
hosts' names are refused. Nothing on a page may come from elsewhere, no script may stand in it, and
no other site may frame it or read it: model text that gets past the escaping still does nothing.
"""

import secrets
from collections.abc import Mapping
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "font-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
_HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}


class Guard:
    """Lets through to an application only requests to us, with the token, from our own pages."""

    def __init__(self, app: ASGIApp, *, token: str) -> None:
        self._app = app
        self._token = token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it with 403 and the reason."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":  # web sockets: there are none
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(_HEADERS)
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        if refusal := self._refusal(scope):
            await PlainTextResponse(f"{refusal}\n", 403)(scope, receive, with_headers)
            return
        below = {**scope, "root_path": f"/{self._token}"}
        await self._app(below, receive, with_headers)

    def _refusal(self, scope: Scope) -> str:
        """Say why a request is not answered; empty where it is."""
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if _hostname(f"//{host}") not in HOSTS:
            return "this server answers to 127.0.0.1 and localhost only"
        token = scope["path"].split("/")[1].encode()
        if not secrets.compare_digest(token, self._token.encode()):
            return "open the address that `stepmint view` printed: it holds a token"
        origin = headers.get("origin", "")
        if scope["method"] not in ("GET", "HEAD") and urlsplit(origin).netloc != host:
            return "only this server's own pages may change anything"
        return ""


def _hostname(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None

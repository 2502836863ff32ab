"""A hub on loopback that speaks what `datasets` and `huggingface_hub` say to read a dataset."""

import json
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha1
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

_COMMIT = "1" * 40
_NAME = r"([\w.-]+/[\w.-]+)"
Files = Mapping[str, Mapping[str, bytes]]
"""Datasets by name, each its files by path."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    datasets: Files

    def log_message(self, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        path = unquote(urlsplit(self.path).path)
        if match := re.fullmatch(rf"/datasets/{_NAME}/resolve/[^/]+/(.+)", path):
            self._send(self.datasets.get(match[1], {}).get(match[2]))
        elif match := re.fullmatch(rf"/api/datasets/{_NAME}(/revision/[^/]+)?", path):
            self._json(self._info(match[1]))
        elif match := re.fullmatch(rf"/api/datasets/{_NAME}/tree/[^/]+/?(.*)", path):
            self._json(self._entries(match[1], match[2]))
        else:
            self._send(None)

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        asked = json.loads(body) if body.startswith("{") else {}
        match = re.fullmatch(rf"/api/datasets/{_NAME}/paths-info/[^/]+", unquote(self.path))
        if match is None:
            return self._send(None)
        wanted = asked.get("paths") or re.findall(r"paths=([^&]+)", unquote(body))
        entries = self._entries(match[1], "")
        self._json([one for one in entries or [] if one["path"] in wanted])

    def _info(self, name: str) -> dict[str, object] | None:
        if name not in self.datasets:
            return None
        siblings = [{"rfilename": path} for path in self.datasets[name]]
        return {"id": name, "sha": _COMMIT, "siblings": siblings, "private": False, "tags": []}

    def _entries(self, name: str, folder: str) -> list[dict[str, object]] | None:
        if name not in self.datasets:
            return None
        return [
            {"type": "file", "path": path, "size": len(content), "oid": _oid(content)}
            for path, content in self.datasets[name].items()
            if path.startswith(folder)
        ]

    def _json(self, value: object) -> None:
        self._send(None if value is None else json.dumps(value).encode())

    def _send(self, content: bytes | None) -> None:
        body = b"not found" if content is None else content
        self.send_response(404 if content is None else 200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Repo-Commit", _COMMIT)
        self.send_header("ETag", f'"{_oid(body)}"')
        if content is None:
            self.send_header("X-Error-Code", "EntryNotFound")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


def _oid(content: bytes) -> str:
    return sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


@contextmanager
def reading_hub(files: Files) -> Iterator[str]:
    """Serve these datasets on a free port of loopback; give the address."""
    handler = type("Bound", (_Handler,), {"datasets": files})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()

"""A dataset hub on loopback that speaks what the real clients say: Hugging Face's and ModelScope's.

One repository store behind the HTTP routes that `huggingface_hub` 2.4 and `modelscope_hub` 0.5
use to create a repository, list it, upload large files through git-lfs, commit, tag and download;
`datasets` loads from it. Faults can be ordered, and uploads held until their sender is dead.
"""

import base64
import hashlib
import json
import os
import re
import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

Json = dict[str, Any] | list[Any]


@dataclass
class Fault:
    """What some requests get instead of an answer."""

    pattern: str
    """Of verb and path, e.g. `POST .*/commit/`; searched, not matched."""
    status: int
    """An HTTP status; 0: the connection is reset."""
    times: int = 1
    message: str = "no luck"
    after: str = ""
    """A Retry-After."""
    done: bool = False
    """Do what is asked for first: it is the answer that gets lost."""


class Store:
    """What the hub holds."""

    def __init__(self) -> None:
        self.blobs: dict[str, bytes] = {}
        self.files: dict[str, dict[str, bytes]] = {}
        self.large: set[str] = set()
        self.commits: list[str] = []
        self.private: dict[str, bool] = {}
        self.tags: dict[str, dict[str, dict[str, bytes]]] = {}
        self.tokens: set[str] = set()
        self.url = ""
        self.faults: list[Fault] = []
        self.requests: list[str] = []
        self.sent: Counter[str] = Counter()
        """How often each large file was sent whole."""
        self.hold_after: int | None = None
        """Large files that are taken before further uploads wait for `released`, and are lost."""
        self.released = threading.Event()

    def environment(self, folder: Path) -> dict[str, str]:
        """Return the environment of a process whose clients take this hub for theirs."""
        return {
            **os.environ,
            "HF_ENDPOINT": self.url,
            "HF_TOKEN": "hf_loopback",
            "HF_HUB_DISABLE_XET": "1",
            "MODELSCOPE_ENDPOINT": self.url,
            "MODELSCOPE_API_TOKEN": "ms_loopback",
            "MODELSCOPE_CACHE": str(folder / "modelscope"),
        }

    def create(self, name: str, *, private: bool) -> None:
        self.files[name], self.private[name], self.tags[name] = {}, private, {}

    def at(self, name: str, revision: str) -> dict[str, bytes] | None:
        """Return the files of a branch, tag or commit."""
        if name not in self.files:
            return None
        if revision in ("main", "master", self.head):
            return self.files[name]
        return self.tags[name].get(revision)

    @property
    def head(self) -> str:
        return f"{len(self.commits):040x}"

    def fault(self, request: str) -> Fault | None:
        """Return the fault that a request is to have, and count it."""
        for fault in self.faults:
            if fault.times and re.search(fault.pattern, request):
                fault.times -= 1
                return fault
        return None

    def save(self, name: str, folder: Path) -> Path:
        """Write a repository's files below `folder`, as a clone would."""
        for path, content in self.files[name].items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(content)
        return folder

    def put(self, name: str, path: str, content: bytes, *, large: bool) -> None:
        self.files[name][path] = content
        (self.large.add if large else self.large.discard)(f"{name}/{path}")


class Handler(BaseHTTPRequestHandler):
    """Answers one request; the first route whose pattern fits."""

    protocol_version = "HTTP/1.1"
    store: Store

    def log_message(self, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        self._route("GET")

    def do_HEAD(self) -> None:
        self._route("GET")

    def do_POST(self) -> None:
        self._route("POST")

    def do_PUT(self) -> None:
        self._route("PUT")

    def _route(self, method: str) -> None:
        length = int(self.headers.get("Content-Length", 0))
        body = self._chunked() if self.headers.get("Transfer-Encoding") else self.rfile.read(length)
        self.store.tokens.add(self.headers.get("Authorization", ""))
        parts = urlsplit(self.path)
        asked = parse_qs(parts.query)
        recursive = ["all"] if asked.get("recursive", ["False"])[0].lower() == "true" else []
        asked_for = asked.get("FilePath") or asked.get("Revision") or recursive
        path = "?".join((unquote(parts.path), *asked_for))
        self.store.requests.append(f"{method} {path}")
        fault = self.store.fault(f"{method} {path}")
        if fault and not fault.done:
            return self._fail(fault)
        if method == "PUT" and self._held():
            return self._reset()
        for verb, pattern, answer in ROUTES:
            match = re.fullmatch(pattern, path)
            if verb == method and match:
                status, content = answer(self.store, body, *match.groups())
                return self._fail(fault) if fault else self._reply(status, content)
        return self._reply(404, {"error": f"no route {method} {path}"})

    def _held(self) -> bool:
        """Wait until uploads are released, where enough came before."""
        store = self.store
        held = store.hold_after is not None and len(store.blobs) >= store.hold_after
        return held and store.released.wait(60)

    def _fail(self, fault: Fault) -> None:
        if not fault.status:
            return self._reset()
        answer = {"error": fault.message, "Message": fault.message, "Code": fault.status}
        return self._reply(fault.status, answer, retry_after=fault.after)

    def _reset(self) -> None:
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def _chunked(self) -> bytes:
        content = b""
        while size := int(self.rfile.readline(), 16):
            content += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return content

    def _reply(self, status: int, content: Json | bytes, *, retry_after: str = "") -> None:
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        if status == 404:
            lacks_file = isinstance(content, dict) and content.get("error") == "Entry not found"
            code = "EntryNotFound" if lacks_file else "RepoNotFound"
            self.send_header("X-Error-Code", code)
        if retry_after:
            self.send_header("Retry-After", retry_after)
        if isinstance(content, bytes):
            self.send_header("ETag", f'"{hashlib.sha256(content).hexdigest()}"')
            self.send_header("X-Repo-Commit", self.store.head)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


def hf_create(store: Store, body: bytes) -> tuple[int, Json]:
    asked = json.loads(body)
    name = f"{asked.get('organization') or 'me'}/{asked['name']}"
    url = {"url": f"{store.url}/datasets/{name}"}
    if name in store.files:
        return 409, url
    store.create(name, private=asked.get("visibility") == "private")
    return 200, url


def hf_tree(
    store: Store, body: bytes, name: str, revision: str, below: str | None, whole: str | None
) -> tuple[int, Json]:
    files = store.at(name, revision)
    if files is None:
        return 404, {"error": "Repository not found"}
    inside = f"{below.strip('/')}/" if below else ""
    there = {path: content for path, content in files.items() if path.startswith(inside)}
    folders = {str(one) for path in there for one in PurePosixPath(path).parents} - {"."}
    entries = [_hf_entry(store, name, path, content) for path, content in there.items()]
    entries += [
        {"type": "directory", "path": folder, "size": 0, "oid": "0" * 40}
        for folder in sorted(folders)
        if folder.startswith(inside)
    ]
    if whole:
        return 200, entries
    return 200, [one for one in entries if "/" not in str(one["path"]).removeprefix(inside)]


def hf_info(store: Store, body: bytes, name: str, revision: str = "main") -> tuple[int, Json]:
    files = store.at(name, revision)
    if files is None:
        return 404, {"error": "Repository not found"}
    siblings = [{"rfilename": path} for path in files]
    return 200, {
        "id": name, "sha": store.head, "private": store.private[name], "tags": [],
        "downloads": 0, "likes": 0, "siblings": siblings,
    }  # fmt: skip


def hf_refs(store: Store, body: bytes, name: str) -> tuple[int, Json]:
    tags = [
        {"name": tag, "ref": f"refs/tags/{tag}", "targetCommit": store.head}
        for tag in store.tags[name]
    ]
    main = {"name": "main", "ref": "refs/heads/main", "targetCommit": store.head}
    return 200, {"branches": [main], "converts": [], "tags": tags}


def hf_tag(store: Store, body: bytes, name: str) -> tuple[int, Json]:
    tag = json.loads(body)["tag"]
    if tag in store.tags[name]:
        return 409, {"error": "the tag is there"}
    store.tags[name][tag] = dict(store.files[name])
    return 200, {}


def hf_file(store: Store, body: bytes, name: str, revision: str, path: str) -> tuple[int, Any]:
    content = (store.at(name, revision) or {}).get(path)
    return (404, {"error": "Entry not found"}) if content is None else (200, content)


def hf_paths(store: Store, body: bytes, name: str, revision: str) -> tuple[int, Json]:
    files = store.at(name, revision) or {}
    asked = json.loads(body)["paths"]
    return 200, [_hf_entry(store, name, path, files[path]) for path in asked if path in files]


def hf_preupload(store: Store, body: bytes, name: str) -> tuple[int, Json]:
    modes = [
        {
            "path": file["path"],
            "uploadMode": "lfs" if file["path"].endswith(".parquet") else "regular",
            "shouldIgnore": False,
        }
        for file in json.loads(body)["files"]
    ]
    return 200, {"files": modes}


def hf_commit(store: Store, body: bytes, name: str) -> tuple[int, Json]:
    for line in body.splitlines():
        item = json.loads(line)
        value = item["value"]
        if item["key"] == "header":
            store.commits.append(value["summary"])
        elif item["key"] == "file":
            store.put(name, value["path"], base64.b64decode(value["content"]), large=False)
        elif item["key"] == "lfsFile":
            store.put(name, value["path"], store.blobs[value["oid"]], large=True)
        elif item["key"] == "deletedFile":
            del store.files[name][value["path"]]
    url = f"{store.url}/datasets/{name}/commit/{store.head}"
    return 200, {"commitUrl": url, "commitOid": store.head}


def lfs_batch(store: Store, body: bytes, name: str) -> tuple[int, Json]:
    objects = []
    for wanted in json.loads(body)["objects"]:
        entry: dict[str, object] = {"oid": wanted["oid"], "size": wanted["size"]}
        if wanted["oid"] not in store.blobs:
            entry["actions"] = {"upload": {"href": f"{store.url}/blobs/{wanted['oid']}"}}
        objects.append(entry)
    return 200, {"transfer": "basic", "objects": objects}


def put_blob(store: Store, body: bytes, oid: str) -> tuple[int, Json]:
    if hashlib.sha256(body).hexdigest() != oid:
        return 400, {"error": "the content is not what its digest says"}
    store.blobs[oid] = body
    store.sent[oid] += 1
    return 200, {}


def ms_info(store: Store, body: bytes, name: str) -> tuple[int, Json]:
    if name not in store.files:
        return 404, {"Code": 10010205001, "Message": "not found"}
    info = {"id": name, "private": store.private[name]}
    return 200, {"Code": 200, "Data": {"Id": 1, "Path": name}, "data": info}


def ms_create(store: Store, body: bytes) -> tuple[int, Json]:
    fields = dict(re.findall(rb'name="(\w+)"\r\n\r\n(.*?)\r\n', body, re.DOTALL))
    name = f"{fields[b'Owner'].decode()}/{fields[b'Name'].decode()}"
    if name in store.files:
        return 400, {"Code": 10020101001, "Message": "the dataset already exists"}
    store.create(name, private=fields[b"Visibility"] == b"1")
    return 200, {"Code": 200, "Data": {"Id": 1}}


def ms_tree(store: Store, body: bytes, name: str, revision: str) -> tuple[int, Json]:
    there = store.at(name, revision)
    if there is None:
        return 404, {"Code": 10010205001, "Message": "not found"}
    files = [
        {
            "Path": path,
            "Name": path.split("/")[-1],
            "Type": "blob",
            "Size": len(content),
            "Sha256": hashlib.sha256(content).hexdigest(),
        }
        for path, content in there.items()
    ]
    return 200, {"Code": 200, "Data": {"Files": files}}


def ms_revisions(store: Store, body: bytes, name: str) -> tuple[int, Json]:
    tags = [{"Revision": tag} for tag in store.tags[name]]
    named = {"Branches": [{"Revision": "master"}], "Tags": tags}
    return 200, {"Code": 200, "Data": {"RevisionMap": named}}


def ms_tag(store: Store, body: bytes, name: str) -> tuple[int, Json]:
    store.tags[name][json.loads(body)["TagName"]] = dict(store.files[name])
    return 200, {"Code": 200, "Data": {}}


def ms_file(store: Store, body: bytes, name: str, path: str) -> tuple[int, Json | bytes]:
    content = store.files.get(name, {}).get(path)
    return (404, {"Code": 404, "Message": "not found"}) if content is None else (200, content)


def ms_batch(store: Store, body: bytes, name: str) -> tuple[int, Json]:
    return 200, {"Code": 200, "Data": lfs_batch(store, body, name)[1]}


def ms_commit(store: Store, body: bytes, name: str) -> tuple[int, Json]:
    asked = json.loads(body)
    store.commits.append(asked["commit_message"])
    for action in asked["actions"]:
        if action["action"] == "delete":
            del store.files[name][action["path"]]
        elif action["type"] == "lfs":
            store.put(name, action["path"], store.blobs[action["sha256"]], large=True)
        else:
            store.put(name, action["path"], base64.b64decode(action["content"]), large=False)
    return 200, {"Code": 200, "Success": True, "Data": {"oid": store.head}}


def _hf_entry(store: Store, name: str, path: str, content: bytes) -> dict[str, object]:
    blob = hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False)
    entry: dict[str, object] = {
        "type": "file",
        "path": path,
        "size": len(content),
        "oid": blob.hexdigest(),
    }
    if f"{name}/{path}" in store.large:
        oid = hashlib.sha256(content).hexdigest()
        entry["lfs"] = {"oid": oid, "size": len(content), "pointerSize": 130}
    return entry


NAME = r"([\w.-]+/[\w.-]+)"
ROUTES: list[tuple[str, str, Callable[..., tuple[int, Json | bytes]]]] = [
    ("POST", "/api/repos/create", hf_create),
    ("GET", f"/api/datasets/{NAME}", hf_info),
    ("GET", rf"/api/datasets/{NAME}/revision/([\w.-]+)", hf_info),
    ("GET", rf"/api/datasets/{NAME}/tree/([\w.-]+)(/[^?]+)?(\?all)?", hf_tree),
    ("POST", rf"/api/datasets/{NAME}/paths-info/([\w.-]+)", hf_paths),
    ("GET", rf"/datasets/{NAME}/resolve/([\w.-]+)/(.+)", hf_file),
    ("GET", f"/api/datasets/{NAME}/refs", hf_refs),
    ("POST", f"/api/datasets/{NAME}/tag/main", hf_tag),
    ("POST", "/api/validate-yaml", lambda store, body: (200, {"errors": [], "warnings": []})),
    ("POST", f"/api/datasets/{NAME}/preupload/main", hf_preupload),
    ("POST", f"/datasets/{NAME}.git/info/lfs/objects/batch", lfs_batch),
    ("PUT", "/blobs/([0-9a-f]{64})", put_blob),
    ("POST", f"/api/datasets/{NAME}/commit/main", hf_commit),
    ("GET", f"/openapi/v1/datasets/{NAME}", ms_info),
    ("GET", f"/api/v1/datasets/{NAME}", ms_info),
    ("POST", "/api/v1/datasets", ms_create),
    ("GET", rf"/api/v1/datasets/{NAME}/repo/tree\?(.+)", ms_tree),
    ("GET", f"/api/v1/datasets/{NAME}/revisions", ms_revisions),
    ("POST", f"/api/v1/datasets/{NAME}/repo/tag", ms_tag),
    ("GET", rf"/api/v1/datasets/{NAME}/repo\?(.+)", ms_file),
    ("POST", f"/api/v1/repos/datasets/{NAME}/info/lfs/objects/batch", ms_batch),
    ("POST", f"/api/v1/repos/datasets/{NAME}/commit/master", ms_commit),
]


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: clients that were killed break their connections off."""


@contextmanager
def hub_server() -> Iterator[Store]:
    """Serve an empty hub on a free port of loopback."""
    store = Store()
    handler = type("BoundHandler", (Handler,), {"store": store})
    server = _Server(("127.0.0.1", 0), handler)
    store.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield store
    finally:
        store.released.set()
        server.shutdown()
        server.server_close()

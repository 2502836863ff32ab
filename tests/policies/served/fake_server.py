"""A completion server with faults to order."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

from policies.served.self_test import PROMPT
from policies.served.settings import Patience

Body = dict[str, Any]

QUICK = Patience(backoff_s=0.01, longest_pause_s=0.05, outage_s=0.3, retries=3)


class FakeServer:
    """A completion server on a real loopback socket whose tokens are characters.

    As vLLM it takes and returns token ids and writes choice i as seed + i would be; otherwise it
    takes text alone. `faults` are used up, one per completion request, before it answers rightly.
    """

    def __init__(self, *, vllm: bool = True, owner: str = "someone", model: str = "m") -> None:
        self.vllm, self.owner, self.model = vllm, "vllm" if vllm else owner, model
        self.faults: list[str] = []
        self.strings: dict[int, str] = {}
        """What an id is decoded to where it is not its character."""
        self.requests: list[tuple[str, Body]] = []
        self.open_requests = self.most_open = self.tokenized = self.detokenized = self.written = 0
        self.gate = asyncio.Event()
        self.gate.set()
        self.keys: set[str] = set()
        self.templates: list[Body] = []
        """The variables for the chat template that it was to tokenise with."""
        self.sessions: list[tuple[str, str]] = []
        """What each completion request says it belongs to, in both headers."""
        self.url = ""
        self.loading = False
        self.refuses = 0
        """The status with which it refuses to say what it is; 0: it says so."""
        self.version: object = {"version": "0.32.0"}

    @contextlib.asynccontextmanager
    async def running(self, port: int = 0) -> AsyncIterator["FakeServer"]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", port)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        self._writers: set[asyncio.StreamWriter] = set()
        try:
            yield self
        finally:
            server.close()
            for writer in self._writers:
                writer.transport.abort()
            await asyncio.sleep(0)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while head := await reader.readuntil(b"\r\n\r\n"):
                lines = head.decode().split("\r\n")
                headers = dict(line.lower().split(": ", 1) for line in lines[1:] if line)
                body = await reader.readexactly(int(headers.get("content-length", 0)))
                self.keys.add(headers.get("authorization", ""))
                if "x-session-id" in headers:
                    told = headers["x-session-id"], headers["x-smg-routing-key"]
                    self.sessions.append(told)
                await self._answer(lines[0].split()[1], json.loads(body or "{}"), writer)
        writer.close()

    def seed(self, asked: int) -> int:
        """What comes of a seed; a server that ignores them has its own."""
        return asked

    def metrics(self) -> str:
        """What a vLLM says that runs 8 sequences at once."""
        running = min(8, self.open_requests)
        labels = '{engine="0",model_name="m"}'
        return (
            f"# HELP vllm:num_requests_running Number of requests.\n"
            f"vllm:generation_tokens_total{labels} {self.written:.1f}\n"
            f"vllm:num_requests_running{labels} {running:.1f}\n"
            f"vllm:num_requests_waiting{labels} {self.open_requests - running:.1f}\n"
            f'vllm:num_requests_waiting_by_reason{{reason="capacity"}} 9.0\n'
        )

    async def _answer(self, path: str, body: Body, writer: asyncio.StreamWriter) -> None:
        if body.get("prompt") == PROMPT:
            return await _send(writer, 200, self._complete(body))
        if path not in ("/v1/completions", "/v1/chat/completions"):
            return await _send(writer, *self._describe(path, body))
        self.requests.append((path, body))
        self.open_requests += body.get("n", 1)
        self.most_open = max(self.most_open, self.open_requests)
        try:
            await self.gate.wait()
            fault = self.faults.pop(0) if self.faults else ""
            if fault == "hang":
                await asyncio.Event().wait()
            if fault == "close":
                writer.transport.abort()
            elif fault == "torn":
                writer.write(b'HTTP/1.1 200 OK\r\ncontent-length: 999\r\n\r\n{"choi')
                writer.transport.close()
            elif fault == "garbage":
                await _send(writer, 200, {"choices": []})
            elif fault == "ids lost":
                answer = self._complete(body)
                del answer["choices"][0]["token_ids"][-2:]
                await _send(writer, 200, answer)
            elif fault == "nested":
                deep = b"[" * 100_000
                writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%b" % (len(deep), deep))
            elif fault:
                status, _, after = fault.partition(" ")
                await _send(writer, int(status), {"error": {"message": f"no luck {after}"}}, after)
            else:
                await _send(writer, 200, self._complete(body))
        finally:
            self.open_requests -= body.get("n", 1)

    def _describe(self, path: str, body: Body) -> tuple[int, object]:
        if self.loading:
            return 503, {"detail": "loading"}
        if self.refuses:
            return self.refuses, {"detail": "no luck"}
        if path == "/v1/models":
            card = {"id": self.model, "owned_by": self.owner}
            return 200, {"data": [card | ({"max_model_len": 200} if self.vllm else {})]}
        if path == "/version" and self.vllm:
            return 200, self.version
        if path == "/metrics" and self.vllm:
            return 200, self.metrics()
        if path == "/tokenize" and self.vllm:
            self.tokenized += 1
            if "chat_template_kwargs" in body:
                self.templates.append(body["chat_template_kwargs"])
            turns = "".join(f"[{m['content']}]" for m in body.get("messages", ()))
            return 200, {"tokens": [ord(c) for c in body.get("prompt", turns + ">")]}
        if path == "/detokenize" and self.vllm:
            self.detokenized += 1
            return 200, {"prompt": "".join(map(chr, body["tokens"]))}
        return 404, {"detail": "Not Found"}

    def _complete(self, body: Body) -> Body:
        prompt = body.get("prompt") or json.dumps(body["messages"])
        seeds = [self.seed(body.get("seed", 0) + i) for i in range(body.get("n", 1))]
        choices = [self._choice(i, f"{len(prompt)}:{s}é.") for i, s in enumerate(seeds)]
        if "prompt_logprobs" in body:
            choices[0]["prompt_logprobs"] = self._read(body["prompt"])
        if "messages" in body:
            choices = [c | {"message": {"content": c["text"]}} for c in choices]
        written = sum(len(choice.get("token_ids", "123456789")) for choice in choices)
        self.written += written
        usage = {"prompt_tokens": len(prompt), "completion_tokens": written}
        return {"choices": choices[::-1], "usage": usage}

    def _choice(self, index: int, text: str) -> Body:
        choice = {"index": index, "text": text, "finish_reason": "stop", "stop_reason": None}
        if not self.vllm:
            return choice
        strings = [*text, "<|end|>"]
        logprobs = {"tokens": strings, "token_logprobs": [-0.5] * len(strings)}
        return choice | {"token_ids": [*map(ord, text), 0], "logprobs": logprobs}

    def _read(self, ids: list[int]) -> list[Body | None]:
        """Find the token at place p of a prompt as likely as its id and place say."""
        return [None, *(self._place(place, ids[place]) for place in range(1, len(ids)))]

    def _place(self, place: int, token: int) -> Body:
        text = self.strings.get(token, chr(token))
        return {
            str(token): {"logprob": -token / 128 - place, "rank": 9, "decoded_token": text},
            "7": {"logprob": -0.1, "rank": 1, "decoded_token": "?"},
        }


async def _send(writer: asyncio.StreamWriter, status: int, body: object, after: str = "") -> None:
    data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    retry = f"retry-after: {after}\r\n" if after else ""
    head = f"HTTP/1.1 {status} X\r\n{retry}content-length: {len(data)}\r\n\r\n"
    writer.write(head.encode() + data)
    await writer.drain()

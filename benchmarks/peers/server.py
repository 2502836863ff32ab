"""The simulated server, and a chat model that does what distilabel's MathShepherdCompleter asks.

The completer asks for N solutions inside one answer, separated by `---`, in its own form: the model
here always writes them so, which is the best that could happen to it.
"""

import itertools
import re
from typing import Any

import orjson
from aiohttp import web

from benchmarks.simulated_server import MODEL, Simulation, main
from policies.scripted import toy_question
from schemas import Completion, CompletionRequest, Prefix, Sampling, TextPrompt

_WANTED = re.compile(r"Generate (\d+) example")
_NUMBERS = re.compile(r"Add up: (\d+(?:, \d+)+)\.")
_STEP = re.compile(r"Step \d+: (.+)")


class ChattingSimulation(Simulation):
    """Counts the tokens it writes, and how many sequences it writes at a time."""

    tokens = 0

    def app(self) -> web.Application:
        """Return what answers requests."""
        app = super().app()
        app.add_routes(
            [web.get("/tokens", self._tokens), web.post("/v1/chat/completions", self._chat)]
        )
        self._seeds = itertools.count()
        return app

    async def _tokens(self, _: web.Request) -> web.Response:
        return web.json_response(self.tokens)

    async def _take_time(self, written: list[Completion]) -> None:
        self.tokens += sum(len(one.text) + 1 for one in written)
        await super()._take_time(written)

    async def _chat(self, request: web.Request) -> web.Response:
        body = orjson.loads(await request.read())
        text = self._written(body["messages"][-1]["content"])
        self.tokens += len(text) + 1
        self.active += 1
        try:
            # One sequence, however many solutions it holds.
            await self.sleep(len(text))
        finally:
            self.active -= 1
        return web.json_response(_answer(text, prompt=len(body["messages"][-1]["content"])))

    def _written(self, asked: str) -> str:
        """Return as many solutions as a text asks for, continued behind the steps it gives."""
        wanted = _WANTED.search(asked)
        problem = asked.rpartition("This is the problem:\n")[2]
        numbers = _NUMBERS.search(problem)
        assert wanted
        assert numbers
        question = toy_question(tuple(map(int, numbers[1].split(", "))))
        steps = [step.strip() + "\n" for step in _STEP.findall(problem)]
        request = CompletionRequest(
            prompt=TextPrompt(text=f"Question: {question}\nAnswer:\n"),
            prefix=Prefix(steps=tuple(steps), token_ids=None),
            sampling=Sampling(temperature=1.0, max_tokens=1 << 16),
            seeds=(),
        )
        texts = (self.world.write(request, next(self._seeds)).text for _ in range(int(wanted[1])))
        return "\n\n---\n\n".join(as_numbered(text, len(steps)) for text in texts)


def as_numbered(text: str, given: int) -> str:
    """Return lines of the scripted world in the form `Step 1: ...`, `The answer is: ...`."""
    *lines, last = text.splitlines()
    steps = [f"Step {given + place}: {line}" for place, line in enumerate(lines, 1)]
    return "\n".join([*steps, f"The answer is: {last.removeprefix('#### ')}"])


def _answer(text: str, *, prompt: int) -> dict[str, Any]:
    message = {"role": "assistant", "content": text}
    tokens = len(text) + 1
    return {
        "id": "chat",
        "object": "chat.completion",
        "created": 0,
        "model": MODEL,
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": {
            "prompt_tokens": prompt,
            "completion_tokens": tokens,
            "total_tokens": prompt + tokens,
        },
    }


if __name__ == "__main__":
    main(ChattingSimulation)

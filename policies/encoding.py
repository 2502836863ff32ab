"""Prompt and prefix as token ids, by this process or by the server."""

from typing import Protocol

import httpx
from pydantic import BaseModel

from policies.fleet import Fleet
from policies.tokens import PromptTokenizer
from schemas import ChatPrompt, Prefix, Prompt

_PROMPTS_REMEMBERED = 4096


class Encoder(Protocol):
    """Turns prompt and prefix into the ids that the model sees."""

    async def encode(self, prompt: Prompt, prefix: Prefix) -> tuple[int, ...]:
        """Return the ids of prompt and prefix: the prefix's own tokens where it has them."""
        ...


class LocalEncoder:
    """Tokenises in this process."""

    def __init__(self, tokenizer: PromptTokenizer) -> None:
        self._tokenizer = tokenizer

    async def encode(self, prompt: Prompt, prefix: Prefix) -> tuple[int, ...]:
        """Return the ids of prompt and prefix."""
        return self._tokenizer.encode(prompt, prefix)


class _Tokenized(BaseModel):
    tokens: tuple[int, ...]


class _Detokenized(BaseModel):
    prompt: str


class ServerEncoder:
    """Has a vLLM server tokenise, whose chat template it thereby uses; asks once per prompt."""

    def __init__(self, fleet: Fleet, model: str) -> None:
        self._fleet = fleet
        self._model = model
        self._prompts: dict[Prompt, tuple[int, ...]] = {}

    async def encode(self, prompt: Prompt, prefix: Prefix) -> tuple[int, ...]:
        """Return the ids of prompt and prefix."""
        if prefix.token_ids is not None:
            return await self._prompt_ids(prompt) + prefix.token_ids
        if isinstance(prompt, ChatPrompt):
            start = await self._detokenize(await self._prompt_ids(prompt))
            return await self._tokenize(
                {"prompt": start + prefix.text, "add_special_tokens": False}
            )
        return await self._tokenize({"prompt": prompt.text + prefix.text})

    async def _prompt_ids(self, prompt: Prompt) -> tuple[int, ...]:
        """Return the ids of a prompt, remembered."""
        if prompt not in self._prompts:
            ids = await self._tokenize(_prompt_body(prompt))
            while len(self._prompts) >= _PROMPTS_REMEMBERED:
                del self._prompts[next(iter(self._prompts))]
            self._prompts[prompt] = ids
            return ids
        return self._prompts[prompt]

    async def _tokenize(self, body: dict[str, object]) -> tuple[int, ...]:
        def read(response: httpx.Response) -> tuple[int, ...]:
            return _Tokenized.model_validate_json(response.content).tokens

        return await self._fleet.post("/tokenize", {"model": self._model, **body}, read)

    async def _detokenize(self, ids: tuple[int, ...]) -> str:
        def read(response: httpx.Response) -> str:
            return _Detokenized.model_validate_json(response.content).prompt

        body = {"model": self._model, "tokens": list(ids)}
        return await self._fleet.post("/detokenize", body, read)


def _prompt_body(prompt: Prompt) -> dict[str, object]:
    if isinstance(prompt, ChatPrompt):
        return {"messages": [{"role": m.role, "content": m.content} for m in prompt.messages]}
    return {"prompt": prompt.text}

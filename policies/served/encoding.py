"""Prompt, prefix and what is scored behind them as token ids, by this process or the server."""

from collections.abc import Mapping, MutableMapping, Sequence
from typing import Any, Protocol

from cachetools import LRUCache
from pydantic import BaseModel

from policies.served.fleet import Fleet
from policies.tokens import PromptTokenizer
from schemas import ChatPrompt, Continuation, Prefix, Prompt

_TEXTS_REMEMBERED = 4096


class Encoder(Protocol):
    """Turns prompt, prefix and continuation into the ids that the model sees."""

    async def encode(self, prompt: Prompt, prefix: Prefix) -> tuple[int, ...]:
        """Return the ids of prompt and prefix: the prefix's own tokens where it has them."""
        ...

    async def bare(self, continuation: Continuation, behind: Sequence[int]) -> tuple[int, ...]:
        """Return the ids of a continuation behind these: its own, or those of its text alone."""
        ...


class LocalEncoder:
    """Tokenises in this process."""

    def __init__(self, tokenizer: PromptTokenizer) -> None:
        self._tokenizer = tokenizer

    async def encode(self, prompt: Prompt, prefix: Prefix) -> tuple[int, ...]:
        """Return the ids of prompt and prefix."""
        return self._tokenizer.encode(prompt, prefix)

    async def bare(self, continuation: Continuation, behind: Sequence[int]) -> tuple[int, ...]:
        """Return the ids of a continuation behind these."""
        return self._tokenizer.pieces(continuation, behind).ids


class _Tokenized(BaseModel):
    tokens: tuple[int, ...]


class _Detokenized(BaseModel):
    prompt: str


class ServerEncoder:
    """Has a vLLM server tokenise, whose chat template it thereby uses.

    Asks once per prompt, once per text to score, and for the text of ids it has not had yet.
    """

    def __init__(self, fleet: Fleet, model: str, template_kwargs: Mapping[str, Any]) -> None:
        self._fleet = fleet
        self._model = model
        self._template_kwargs = template_kwargs
        self._known: MutableMapping[Prompt | str, tuple[int, ...]] = LRUCache(_TEXTS_REMEMBERED)

    async def encode(self, prompt: Prompt, prefix: Prefix) -> tuple[int, ...]:
        """Return the ids of prompt and prefix."""
        if prefix.token_ids is not None:
            return await self._prompt_ids(prompt) + prefix.token_ids
        if isinstance(prompt, ChatPrompt):
            start = await self.text_of(await self._prompt_ids(prompt))
            return await self._tokenize(
                {"prompt": start + prefix.text, "add_special_tokens": False}
            )
        return await self._tokenize({"prompt": prompt.text + prefix.text})

    async def bare(self, continuation: Continuation, behind: Sequence[int]) -> tuple[int, ...]:
        """Return the ids of a continuation, whatever stands before it."""
        if continuation.tokens is not None:
            return continuation.tokens.ids
        text = continuation.text
        return await self._remembered(text, {"prompt": text, "add_special_tokens": False})

    async def _prompt_ids(self, prompt: Prompt) -> tuple[int, ...]:
        if isinstance(prompt, ChatPrompt):
            return await self._remembered(prompt, chat_body(prompt, self._template_kwargs))
        return await self._remembered(prompt, {"prompt": prompt.text})

    async def _remembered(self, key: Prompt | str, body: dict[str, object]) -> tuple[int, ...]:
        """Return the ids of what was tokenised lately without asking again."""
        ids = self._known.get(key)
        if ids is None:
            ids = self._known[key] = await self._tokenize(body)
        return ids

    async def _tokenize(self, body: dict[str, object]) -> tuple[int, ...]:
        def read(content: bytes) -> tuple[int, ...]:
            return _Tokenized.model_validate_json(content).tokens

        return await self._fleet.post("/tokenize", {"model": self._model, **body}, read)

    async def text_of(self, ids: Sequence[int]) -> str:
        """Return what the server reads these ids as."""

        def read(content: bytes) -> str:
            return _Detokenized.model_validate_json(content).prompt

        body = {"model": self._model, "tokens": list(ids)}
        return await self._fleet.post("/detokenize", body, read)


def chat_body(prompt: ChatPrompt, template_kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a request says of a chat: its turns, and the variables of its template."""
    turns = [{"role": m.role, "content": m.content} for m in prompt.messages]
    chat = {"chat_template_kwargs": dict(template_kwargs)} if template_kwargs else {}
    return {"messages": turns, **chat}

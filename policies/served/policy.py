"""A policy behind HTTP: what the servers can do is asked once, then it continues and scores."""

import asyncio
import logging
from collections.abc import AsyncIterator, Coroutine, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any, TypeVar
from urllib.parse import urlsplit

from policies.served.admission import LEAST, START, adapting
from policies.served.choices import Choices, PromptLogprobs
from policies.served.dialect import Server, survey
from policies.served.encoding import Encoder, LocalEncoder, ServerEncoder, chat_body
from policies.served.fitting import Fitting
from policies.served.fleet import Fleet
from policies.served.limits import FairLimit
from policies.served.self_test import doubts
from policies.served.settings import OpenAIFields
from policies.served.stalls import noticing_stalls
from policies.served.transport import transport
from policies.template_kwargs import naming
from policies.tokens import PromptTokenizer, truncated_at_once, unscored
from schemas import (
    ChatPrompt,
    Completion,
    CompletionRequest,
    ConfigError,
    Continuation,
    Prefix,
    Prompt,
    Sampling,
    Score,
    ScoreRequest,
    StepmintError,
)

_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_FOR_THE_ANSWER = 1  # token: a server that only reads has to write one all the same

T = TypeVar("T")

logger = logging.getLogger(__name__)


@asynccontextmanager
async def connect(
    settings: OpenAIFields,
    *,
    api_key: str | None,
    tokenizer: PromptTokenizer | None,
    identity: str | None = None,
) -> AsyncIterator["ServedPolicy"]:
    """Connect to the servers; PolicyError where none answers, ConfigError where they differ.

    `identity` names the model better than the servers do; their software is added to it.
    """
    # A proxy of the environment is none for this machine: it would be handed the server's key.
    proxies = not all(urlsplit(url).hostname in _LOOPBACK for url in settings.urls)
    async with transport(
        api_key=api_key, timeout_s=settings.patience.request_timeout_s, proxies=proxies
    ) as requests:
        fleet = Fleet(requests, settings.urls, settings.patience)
        server = await survey(fleet, settings.model)
        if settings.context is not None:
            server = replace(server, context=settings.context)
        name = identity or f"openai:{_called(server.model)}"
        chat = naming(settings.chat_template_kwargs)
        known_as = f"{name} context={server.context}{chat} ({server.software})"
        policy = ServedPolicy(settings, fleet, server, tokenizer=tokenizer, identity=known_as)
        policy.caveat = await doubts(fleet, server)
        if policy.caveat:
            logger.warning("%s: a test at the start found: %s", name, policy.caveat)
        async with noticing_stalls(fleet, stall_s=settings.patience.stall_s):
            if settings.max_in_flight:
                yield policy
                return
            async with adapting(fleet, policy.limit):
                yield policy


def _called(model: str) -> str:
    """Return what rows call a served model: of one served under its folder's path, the folder."""
    return PurePosixPath(model).name if model.startswith("/") else model


class ServedPolicy:
    """The running form of `OpenAISettings`."""

    def __init__(
        self,
        settings: OpenAIFields,
        fleet: Fleet,
        server: Server,
        *,
        tokenizer: PromptTokenizer | None,
        identity: str,
    ) -> None:
        self.identity = identity
        self.caveat = ""
        self.fleet = fleet
        self._server = server
        self._logprobs = settings.logprobs
        self._context = server.context
        self.limit = FairLimit(settings.max_in_flight or START)
        self._largest_group = min(LEAST, self.limit.size)
        self._tokenizer = tokenizer
        self._chat = settings.chat_template_kwargs
        self._encoder = _encoder(server, fleet, tokenizer, self._chat)
        self._fitting = Fitting(
            tokenizer.bytes if tokenizer else None,
            self._encoder.text_of if isinstance(self._encoder, ServerEncoder) else None,
            retries=settings.patience.retries,
        )

    @property
    def in_flight(self) -> int:
        """Sequences the servers are working on."""
        return self.limit.in_flight

    @property
    def idle(self) -> int:
        """Sequences that may be asked for at once."""
        return self.limit.idle

    @property
    def cannot_score(self) -> str:
        """Why no text can be scored, and the remedy; empty where the servers can."""
        if self._server.dialect.scores:
            return ""
        return (
            f"the server ({self._server.software}) does not say how likely it finds a given "
            "text: serve the model with vLLM, use `kind: transformers`, or choose a labeler "
            "that scores nothing, e.g. `posterior` with `read: [refuted, echo]`."
        )

    async def complete(self, request: CompletionRequest) -> tuple[Completion, ...]:
        """Return one completion per seed; PolicyError when the servers refuse or are gone."""
        ids, body = await self._body(request)
        room = self._room(request.sampling, ids)
        if room <= 0:
            return tuple(truncated_at_once(seed, len(ids or ())) for seed in request.seeds)
        body |= {"max_tokens": room}
        groups = self._groups(request)
        home = request.prompt
        runs = await _all(self._ask(body, ids, group, home=home) for group in groups)
        return tuple(completion for run in runs for completion in run)

    async def score(self, request: ScoreRequest) -> tuple[Score, ...]:
        """Return one score per continuation, one request each.

        vLLM reads prompt and prefix anew for every one: it does not use its prefix cache where
        it is to say the log-probabilities of a prompt.
        """
        if self._encoder is None or self.cannot_score:
            raise ConfigError(self.cannot_score)
        ids = await self._encoder.encode(request.prompt, request.prefix)
        return await _all(
            self._score(self._encoder, request.prompt, ids, c) for c in request.continuations
        )

    async def _score(
        self, encoder: Encoder, prompt: Prompt, before: tuple[int, ...], continuation: Continuation
    ) -> Score:
        """Have the server read a continuation behind the ids of prompt and prefix."""
        ids = whole = await encoder.bare(continuation, before)
        if self._context is not None:
            ids = whole[: max(0, self._context - _FOR_THE_ANSWER - len(before))]
        if not ids:
            return unscored(len(before))
        body = {
            "model": self._server.model,
            "prompt": [*before, *ids],
            "max_tokens": _FOR_THE_ANSWER,
            "temperature": 0,
            "prompt_logprobs": 1,
        }
        async with self.limit.hold(1):
            read = await self.fleet.post(
                "/v1/completions",
                body,
                lambda content: PromptLogprobs.of(before, ids, content),
                home=prompt,
            )
        ends = self._ends(continuation, before, whole, read)
        return read.score(ends[: len(ids)])

    def _ends(
        self,
        continuation: Continuation,
        before: tuple[int, ...],
        ids: tuple[int, ...],
        read: PromptLogprobs,
    ) -> tuple[int, ...]:
        """Return where each token ends; ConfigError where that takes a tokenizer we lack.

        `ids` are all tokens of the continuation, of which the server may have the first alone.
        """
        if continuation.tokens is not None:
            return continuation.tokens.ends
        if self._tokenizer is not None:
            return self._tokenizer.ends(ids, before, continuation.text)
        ends = read.ends(continuation.text)
        if ends is None or (len(ends) == len(ids) and ends[-1] < len(continuation.text)):
            raise ConfigError(
                f"the server's tokens {read.strings} do not add up to the scored text "
                f"{continuation.text[:80]!r}: set `tokenizer` to the model's folder or hub name."
            )
        return ends

    async def _ask(
        self,
        body: dict[str, object],
        ids: tuple[int, ...] | None,
        seeds: tuple[int, ...],
        *,
        home: Prompt,
    ) -> list[Completion]:
        """Ask for one completion per seed, all in one request."""
        path = "/v1/chat/completions" if "messages" in body else "/v1/completions"
        body = body | {"seed": seeds[0]} | ({"n": len(seeds)} if len(seeds) > 1 else {})

        async def ask() -> Choices:
            return await self.fleet.post(
                path,
                body,
                lambda content: Choices.expecting(len(seeds), content),
                home=home,
                sequences=len(seeds),
            )

        async with self.limit.hold(len(seeds)):
            return await self._fitting.completions(ask, seeds, ids)

    async def _body(
        self, request: CompletionRequest
    ) -> tuple[tuple[int, ...] | None, dict[str, object]]:
        """Return the ids of prompt and prefix, where known, and the request without its seed."""
        sampling = request.sampling
        body: dict[str, object] = {
            "model": self._server.model,
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
        }
        body |= {"stop": list(sampling.stop)} if sampling.stop else {}
        body |= {"top_k": sampling.top_k} if sampling.top_k else {}
        if self._encoder is not None:
            ids = await self._encoder.encode(request.prompt, request.prefix)
            body |= {"prompt": list(ids), "return_token_ids": True}
            return ids, body | ({"logprobs": 0} if self._wants_logprobs else {})
        return None, body | self._as_text(request.prompt, request.prefix)

    @property
    def _wants_logprobs(self) -> bool:
        """Without a tokenizer here, they also say where each token lies in the text."""
        return self._logprobs or self._tokenizer is None

    def _as_text(self, prompt: Prompt, prefix: Prefix) -> dict[str, object]:
        if self._tokenizer is not None:
            return {"prompt": self._tokenizer.text_for_server(prompt, prefix)}
        if not isinstance(prompt, ChatPrompt):
            return {"prompt": prompt.text + prefix.text}
        chat = chat_body(prompt, self._chat)
        if not prefix.text:
            return chat
        if not self._server.dialect.continues_turns:
            raise ConfigError(
                f"the server ({self._server.software}) cannot be told to continue an assistant "
                "turn: set `tokenizer` to the model's folder or hub name, so that prompt and "
                "prefix go as one text, or choose a prompt template that renders plain text."
            )
        turn = {"role": "assistant", "content": prefix.text}
        return chat | {"messages": [*chat["messages"], turn], "continue_final_message": True}

    def _room(self, sampling: Sampling, ids: tuple[int, ...] | None) -> int:
        """Return the tokens a completion may have: never more than the context still holds."""
        if self._context is None or ids is None:
            return sampling.max_tokens
        if sampling.max_tokens > self._context:
            raise ConfigError(
                f"max_tokens={sampling.max_tokens} does not fit in the context of "
                f"{self._context} tokens: lower it, or serve the model with a longer context."
            )
        return min(sampling.max_tokens, self._context - len(ids))

    def _groups(self, request: CompletionRequest) -> list[tuple[int, ...]]:
        """Split seeds into runs that one request can serve: seed, seed + 1, ..."""
        together = self._server.dialect.seeds_choices and request.sampling.temperature > 0
        groups: list[tuple[int, ...]] = []
        for seed in request.seeds:
            last = groups[-1] if groups else ()
            follows = bool(last) and seed == last[-1] + 1 and len(last) < self._largest_group
            if together and follows:
                groups[-1] = (*last, seed)
            else:
                groups.append((seed,))
        return groups


def _encoder(
    server: Server, fleet: Fleet, tokenizer: PromptTokenizer | None, chat: Mapping[str, Any]
) -> Encoder | None:
    """Return what makes token ids of prompts; None where the server is to get text."""
    if not server.dialect.token_ids:
        return None
    return LocalEncoder(tokenizer) if tokenizer else ServerEncoder(fleet, server.model, chat)


async def _all(work: Iterable[Coroutine[Any, Any, T]]) -> tuple[T, ...]:
    """Return the results of all work, done at the same time; of errors, one of ours."""
    work = list(work)
    if len(work) == 1:
        return (await work[0],)
    try:
        async with asyncio.TaskGroup() as tasks:
            runs = [tasks.create_task(one) for one in work]
    except BaseExceptionGroup as errors:
        shown = next((e for e in errors.exceptions if isinstance(e, StepmintError)), None)
        if shown is None:
            raise
        raise shown from None
    return tuple(run.result() for run in runs)

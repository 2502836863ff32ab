"""Policies behind HTTP: any OpenAI-compatible servers, and a vLLM that a run starts itself."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from policies.fingerprint import named_model
from policies.seam import Examined, Policy
from policies.served.interpreter import interpreter
from policies.served.settings import OpenAIFields, Patience, VllmFields
from schemas import ConfigError

_EXAMINE_S = 20.0


class OpenAISettings(OpenAIFields):
    """Servers that run already, vLLM, SGLang or others; a control node needs no weights for them.

    On vLLM prompts go as token ids and token ids come back, so prefixes are continued
    token-exactly; the server's /tokenize does the tokenising unless `tokenizer` is set. Other
    servers get text.
    """

    @asynccontextmanager
    async def open(self, run_dir: Path) -> AsyncIterator[Policy]:
        """Connect and ask once what the servers can do; PolicyError where none answers."""
        from policies.served.policy import connect  # no HTTP client is needed to configure a run
        from policies.tokens import load_tokenizer

        key, name, chat = self._api_key(), self.tokenizer, self.chat_template_kwargs
        load = partial(load_tokenizer, template_kwargs=chat)
        tokenizer = await asyncio.to_thread(load, name) if name else None
        async with connect(self, api_key=key, tokenizer=tokenizer) as policy:
            yield policy

    async def examine(self) -> Examined:
        """Ask the servers what they are, with little patience; each must answer."""
        hasty = Patience(request_timeout_s=_EXAMINE_S, retries=1, outage_s=0)
        lines, doubtful = list[str](), False
        for url in self.urls:
            one = self.model_copy(update={"urls": (url,), "patience": hasty})
            async with one.open(Path()) as policy:
                lines.append(f"{url}: {policy.identity}")
                if policy.caveat:
                    doubtful = True
                    lines.append(f"{url}: a test at the start found: {policy.caveat}")
        return Examined(tuple(lines), doubtful)

    def _api_key(self) -> str | None:
        if self.api_key_env is None:
            return None
        key = os.environ.get(self.api_key_env)
        if not key:
            raise ConfigError(
                f"api_key_env={self.api_key_env!r}: that environment variable is not set. "
                "Export it, or leave api_key_env out for servers without a key."
            )
        return key


class VllmSettings(VllmFields):
    """`vllm serve` for this run alone: own port, own key, log file in the run folder."""

    @asynccontextmanager
    async def open(self, run_dir: Path) -> AsyncIterator[Policy]:
        """Start the server and wait for it; leaving the context stops all its processes."""
        from policies.served.vllm import managed  # no HTTP client is needed to configure a run

        async with managed(self, run_dir) as policy:
            yield policy

    async def examine(self) -> Examined:
        """Say which vLLM would serve which model; ConfigError where either is missing."""
        model = named_model(self.model, self.revision)
        python = await interpreter(self.python, self.env)
        build = "vLLM for CPUs" if python.cpu_build else "vLLM"
        return Examined((model, f"served by {build} of {python.path}"))

"""Running OpenAI-compatible servers: vLLM, SGLang and others, one or many."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field, field_validator

from policies.fleet import Patience
from policies.seam import Policy
from schemas import ConfigError, Settings


class OpenAISettings(Settings):
    """Servers that run already; a control node needs neither torch nor weights for them.

    On vLLM prompts go as token ids and token ids come back, so prefixes are continued
    token-exactly; the server's /tokenize does the tokenising unless `tokenizer` is set. Other
    servers get text.
    """

    free: ClassVar[frozenset[str]] = frozenset({"urls", "api_key_env", "max_in_flight", "patience"})

    kind: Literal["openai"] = "openai"
    urls: tuple[str, ...] = Field(min_length=1)
    """Base URLs, e.g. `http://gpu1:8000/v1`; load is spread over them. All serve one model."""
    model: str | None = None
    """The name the servers serve the model under; None where they serve just one."""
    tokenizer: str | None = None
    """A local folder or hub name to tokenise with in this process, without torch."""
    api_key_env: str | None = None
    """The name of the environment variable that holds the API key; never the key itself."""
    context: int | None = Field(default=None, ge=2)
    """Tokens of prompt, prefix and completion together; None takes it from the server."""
    max_in_flight: int = Field(default=256, ge=1)
    """Sequences in flight over all servers. Give more than the servers run at once
    (vLLM: --max-num-seqs each), so that they never idle."""
    logprobs: bool = True
    """Ask for the sampled tokens' log-probabilities, which costs the server a little."""
    patience: Patience = Patience()
    """How long servers are waited for."""

    @field_validator("urls")
    @classmethod
    def _roots(cls, urls: tuple[str, ...]) -> tuple[str, ...]:
        for url in urls:
            if not url.startswith(("http://", "https://")):
                raise ValueError(f"{url!r} is no URL: write e.g. http://localhost:8000/v1")
            if "@" in url.split("//", 1)[1].split("/", 1)[0]:
                raise ValueError(
                    "a password in a URL would be written to run.json: "
                    "name the variable that holds the key in `api_key_env`"
                )
        return tuple(url.rstrip("/").removesuffix("/v1") for url in urls)

    @asynccontextmanager
    async def open(self, run_dir: Path) -> AsyncIterator[Policy]:
        """Connect and ask once what the servers can do; PolicyError where none answers."""
        from policies.served import connect  # httpx is not needed to configure a run
        from policies.tokens import load_tokenizer

        key, name = self._api_key(), self.tokenizer
        tokenizer = await asyncio.to_thread(load_tokenizer, name) if name else None
        async with connect(self, api_key=key, tokenizer=tokenizer) as policy:
            yield policy

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

"""A vLLM server on this machine, started and supervised for the length of a run."""

import asyncio
import contextlib
import importlib.util
import logging
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field, field_validator

from policies.fleet import Patience
from policies.openai import OpenAISettings
from policies.seam import Policy
from schemas import ConfigError, Settings

if TYPE_CHECKING:
    from policies.tokens import PromptTokenizer

logger = logging.getLogger(__name__)

_QUIET = {"VLLM_NO_USAGE_STATS": "1", "DO_NOT_TRACK": "1"}  # nothing leaves the machine
_RESTART_ROOM_S = 60
_SECRETS = ("TOKEN", "_KEY", "SECRET", "PASSWORD")
"""Ends of the names of environment variables whose values belong in no file."""


class VllmSettings(Settings):
    """`vllm serve` for this run alone: own port, own key, log file in the run folder."""

    free: ClassVar[frozenset[str]] = frozenset(
        {
            *("python", "env", "tensor_parallel_size", "data_parallel_size"),
            *("gpu_memory_utilization", "start_timeout_s", "stop_grace_s", "restarts"),
            *("max_in_flight", "patience"),
        }
    )

    kind: Literal["vllm"] = "vllm"
    model: str = Field(min_length=1)
    """A local folder or a hub name."""
    revision: str = "main"
    """Branch, tag or commit of a hub name."""
    python: str = sys.executable
    """The Python that has vLLM installed; it may live in a venv of its own."""
    dtype: str = "auto"
    """As vLLM's --dtype."""
    tensor_parallel_size: int = Field(default=1, ge=1)
    """GPUs that one copy of the model is spread over."""
    data_parallel_size: int = Field(default=1, ge=1)
    """Copies of the model."""
    max_model_len: int | None = Field(default=None, ge=2)
    """Tokens of prompt, prefix and completion together; None: all the model allows."""
    gpu_memory_utilization: float | None = Field(default=None, gt=0, le=1)
    """Share of each GPU's memory to use; None: vLLM's default."""
    seed: int = 0
    """The server's own seed; every request brings its own besides."""
    extra_args: tuple[str, ...] = ()
    """Further arguments of the server, e.g. `("--quantization", "fp8")`; part of the policy's
    identity, since they can change what it writes. vLLM's CPU build (0.32) dies of seeded prompts
    that it splits over several steps: give it `--no-enable-chunked-prefill`."""
    env: dict[str, str] = Field(default_factory=dict)
    """Further environment variables, e.g. `VLLM_BATCH_INVARIANT: "1"`; not part of the identity.
    The server inherits this process's own; that is the way for secrets, such as `HF_TOKEN`."""
    start_timeout_s: float = Field(default=900, gt=0)
    """Seconds the server may take to answer, downloads included."""
    stop_grace_s: float = Field(default=15, ge=0)
    """Seconds the server may take to end by itself before it is killed."""
    restarts: int = Field(default=2, ge=0)
    """How often a server that dies in mid-run is started again; requests wait and are repeated."""
    max_in_flight: int = Field(default=512, ge=1)
    """Sequences in flight. Give more than the server runs at once (--max-num-seqs), so that it
    never idles."""
    logprobs: bool = True
    """Ask for the sampled tokens' log-probabilities, which costs the server a little."""
    patience: Patience = Patience()
    """How long the server is waited for; an outage at least as long as a restart may take."""

    @field_validator("extra_args")
    @classmethod
    def _name_no_secret(cls, arguments: tuple[str, ...]) -> tuple[str, ...]:
        for argument in arguments:
            if (name := argument.partition("=")[0]) in ("--hf-token", "--api-key"):
                raise ValueError(
                    f"{name} would be written to run.json and every row: export HF_TOKEN before "
                    "you start the run; the server gets an API key of its own"
                )
        return arguments

    @field_validator("env")
    @classmethod
    def _holds_no_secret(cls, env: dict[str, str]) -> dict[str, str]:
        for name in env:
            if name.upper().endswith(_SECRETS):
                raise ValueError(
                    f"the value of {name} would be written to run.json: export it before you "
                    "start the run, the server inherits it"
                )
        return env

    @asynccontextmanager
    async def open(self, run_dir: Path) -> AsyncIterator[Policy]:
        """Start the server and wait for it; leaving the context stops all its processes."""
        from policies.served import connect  # httpx is not needed to configure a run
        from policies.server import SupervisedServer

        server = SupervisedServer(
            partial(self._command, self._python()),
            env={**_QUIET, **self.env},
            run_dir=run_dir,
            start_timeout_s=self.start_timeout_s,
            stop_grace_s=self.stop_grace_s,
        )
        try:
            await server.start()
            tokenizer = await asyncio.to_thread(self._tokenizer)
            client = self._client(server.url)
            async with connect(
                client, api_key=server.api_key, tokenizer=tokenizer, identity=self._identity()
            ) as policy:
                watch = asyncio.create_task(server.watch(policy.fleet, self.restarts))
                try:
                    yield policy
                finally:
                    watch.cancel()
                    with contextlib.suppress(asyncio.CancelledError):
                        await watch
        finally:
            await server.stop()

    def _command(self, python: str, port: int) -> tuple[str, ...]:
        local = Path(self.model).is_dir()
        limits = {
            "--max-model-len": self.max_model_len,
            "--gpu-memory-utilization": self.gpu_memory_utilization,
            "--revision": None if local else self.revision,
        }
        return (
            *(python, "-m", "vllm.entrypoints.openai.api_server"),
            *("--model", str(Path(self.model).resolve()) if local else self.model),
            *("--served-model-name", self._served_name),
            *("--host", "127.0.0.1", "--port", str(port)),
            *("--dtype", self.dtype, "--seed", str(self.seed)),
            *("--tensor-parallel-size", str(self.tensor_parallel_size)),
            *("--data-parallel-size", str(self.data_parallel_size)),
            *(x for k, v in limits.items() if v is not None for x in (k, str(v))),
            *("--enable-prompt-tokens-details", "--disable-uvicorn-access-log"),
            *self.extra_args,
        )

    @property
    def _served_name(self) -> str:
        return Path(self.model).name

    def _client(self, url: str) -> OpenAISettings:
        outage_s = max(self.patience.outage_s, self.start_timeout_s + _RESTART_ROOM_S)
        return OpenAISettings(
            urls=(url,),
            model=self._served_name,
            max_in_flight=self.max_in_flight,
            logprobs=self.logprobs,
            patience=self.patience.model_copy(update={"outage_s": outage_s}),
        )

    def _identity(self) -> str:
        from policies.fingerprint import model_identity  # asks the hub's cache on disk

        name = model_identity(self.model, self.revision)
        return " ".join((f"vllm:{name}", f"dtype={self.dtype}", *self.extra_args))

    def _tokenizer(self) -> "PromptTokenizer | None":
        """Return the model's tokenizer for this process; None where only vLLM can load it."""
        from policies.tokens import load_tokenizer  # transformers is heavy

        try:
            return load_tokenizer(self.model, self.revision)
        except ConfigError as error:
            logger.warning("the server tokenises: %s", error)
            return None

    def _python(self) -> str:
        """Return the absolute path of the Python that has vLLM."""
        python = shutil.which(self.python)
        if python is None:
            raise ConfigError(f"python={self.python!r} does not exist: name the one with vLLM.")
        if python == sys.executable and importlib.util.find_spec("vllm") is None:
            raise ConfigError(
                "vLLM is not installed here: install the extra `vllm` (pip install '.[vllm]'), or "
                "set `python` to the interpreter of a venv that has it."
            )
        return str(Path(python).absolute())

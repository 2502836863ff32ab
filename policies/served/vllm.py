"""A vLLM server on this machine, started and supervised for the length of a run."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from policies.fingerprint import model_identity
from policies.served.arguments import names
from policies.served.interpreter import Interpreter, interpreter
from policies.served.policy import ServedPolicy, connect
from policies.served.settings import OpenAIFields, VllmFields
from policies.served.supervised import SupervisedServer
from policies.tokens import PromptTokenizer, load_tokenizer
from schemas import ConfigError

logger = logging.getLogger(__name__)

_QUIET = {"VLLM_NO_USAGE_STATS": "1", "DO_NOT_TRACK": "1"}  # nothing leaves the machine
_RESTART_ROOM_S = 60


@asynccontextmanager
async def managed(settings: VllmFields, run_dir: Path) -> AsyncIterator[ServedPolicy]:
    """Run `vllm serve` for as long as the context lasts; its log goes into `run_dir`."""
    env = {**_QUIET, **settings.env}
    server = SupervisedServer(
        partial(command, settings, await interpreter(settings.python, env)),
        env=env,
        run_dir=run_dir,
        start_timeout_s=settings.start_timeout_s,
        stop_grace_s=settings.stop_grace_s,
    )
    try:
        await server.start()
        tokenizer = await asyncio.to_thread(_tokenizer, settings)
        async with connect(
            _client(settings, server.url),
            api_key=server.api_key,
            tokenizer=tokenizer,
            identity=_identity(settings),
        ) as policy:
            watch = asyncio.create_task(server.watch(policy.fleet, settings.restarts))
            try:
                yield policy
            finally:
                watch.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await watch
    finally:
        await server.stop()


def command(settings: VllmFields, python: Interpreter, port: int) -> tuple[str, ...]:
    """Return the command that serves the model on a loopback port."""
    local = Path(settings.model).is_dir()
    limits = {
        "--max-model-len": settings.max_model_len,
        "--gpu-memory-utilization": settings.gpu_memory_utilization,
        "--revision": None if local else settings.revision,
    }
    return (
        *(python.path, "-m", "vllm.entrypoints.openai.api_server"),
        *("--model", str(Path(settings.model).resolve()) if local else settings.model),
        *("--served-model-name", _served_name(settings)),
        *("--host", "127.0.0.1", "--port", str(port)),
        *("--dtype", settings.dtype, "--seed", str(settings.seed)),
        *("--tensor-parallel-size", str(settings.tensor_parallel_size)),
        *("--data-parallel-size", str(settings.data_parallel_size)),
        *(x for k, v in limits.items() if v is not None for x in (k, str(v))),
        *(("--trust-remote-code",) if settings.trust_remote_code else ()),
        *("--enable-prompt-tokens-details", "--disable-uvicorn-access-log"),
        *(_for_cpu(settings) if python.cpu_build else ()),
        *settings.extra_args,
    )


def _for_cpu(settings: VllmFields) -> tuple[str, ...]:
    """Return what keeps vLLM's CPU build alive: it cannot seed a prompt that it splits."""
    chosen = "enable-chunked-prefill" in names(settings.extra_args)
    return () if chosen else ("--no-enable-chunked-prefill",)


def _served_name(settings: VllmFields) -> str:
    return Path(settings.model).name


def _client(settings: VllmFields, url: str) -> OpenAIFields:
    patience = settings.patience
    outage_s = max(patience.outage_s, settings.start_timeout_s + _RESTART_ROOM_S)
    return OpenAIFields(
        urls=(url,),
        model=_served_name(settings),
        max_in_flight=settings.max_in_flight,
        chat_template_kwargs=settings.chat_template_kwargs,
        logprobs=settings.logprobs,
        patience=patience.model_copy(update={"outage_s": outage_s}),
    )


def _identity(settings: VllmFields) -> str:
    name = model_identity(settings.model, settings.revision)
    return " ".join((f"vllm:{name}", f"dtype={settings.dtype}", *settings.shaping_args))


def _tokenizer(settings: VllmFields) -> PromptTokenizer | None:
    """Return the model's tokenizer for this process; None where only vLLM can load it."""
    try:
        return load_tokenizer(settings.model, settings.revision)
    except ConfigError as error:
        logger.warning("the server tokenises: %s", error)
        return None

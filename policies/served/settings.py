"""The fields of policies behind HTTP; what opens them is in the package, and needs a client."""

from typing import Any, ClassVar, Literal

from pydantic import Field, field_validator

from policies.served.arguments import shaping_arguments
from policies.served.refused import refuse_arguments, refuse_environment, refuse_url
from policies.template_kwargs import TemplateKwargs
from schemas import Settings


class Patience(Settings):
    """How long servers are waited for."""

    request_timeout_s: float = Field(default=1800, gt=0)
    """Seconds one request may take, the server's own queue included."""
    stall_s: float = Field(default=120, gt=0)
    """Seconds in which a server that runs requests may write no token before it is asked for one;
    without that one it is set aside, and what it was asked for goes elsewhere."""
    retries: int = Field(default=8, ge=0)
    """Further attempts of a request after a timeout, a torn answer, 429 or 5xx."""
    backoff_s: float = Field(default=0.5, gt=0)
    """Pause before the first retry; it doubles with each, with jitter, up to `longest_pause_s`.
    A server's Retry-After is honoured if it is longer."""
    longest_pause_s: float = Field(default=60, gt=0)
    """The longest pause between two attempts, in seconds."""
    outage_s: float = Field(default=300, ge=0)
    """Seconds that no server at all may be reachable before the run fails."""


class OpenAIFields(Settings):
    """What is to be known of servers that run already."""

    free: ClassVar[frozenset[str]] = frozenset({"urls", "api_key_env", "max_in_flight", "patience"})

    later: ClassVar[frozenset[str]] = frozenset({"chat_template_kwargs"})

    programs: ClassVar[frozenset[str]] = frozenset({"api_key_env"})

    kind: Literal["openai"] = "openai"
    urls: tuple[str, ...] = Field(min_length=1)
    """Base URLs, e.g. `http://gpu1:8000/v1`; load is spread over them. All serve one model."""
    model: str | None = None
    """The name the servers serve the model under; None where they serve just one."""
    tokenizer: str | None = None
    """A local folder or hub name to tokenise with in this process, without torch."""
    chat_template_kwargs: TemplateKwargs = Field(default={})
    """Variables for the model's chat template, e.g. `{enable_thinking: false}` for Qwen3."""
    api_key_env: str | None = Field(default=None, pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")
    """The name of the environment variable that holds the API key; never the key itself."""
    context: int | None = Field(default=None, ge=2)
    """Tokens of prompt, prefix and completion together; None takes it from the server."""
    max_in_flight: int | None = Field(default=None, ge=1)
    """Sequences in flight over all servers. None: as many as keep a short queue before vLLM
    servers, which say what they run; 256, and fewer after status 429, before others."""
    logprobs: bool = True
    """Ask for the sampled tokens' log-probabilities, which costs the server a little."""
    patience: Patience = Patience()
    """How long servers are waited for."""

    @field_validator("urls")
    @classmethod
    def _roots(cls, urls: tuple[str, ...]) -> tuple[str, ...]:
        for url in urls:
            refuse_url(url)
            if not url.lower().startswith(("http://", "https://")):
                raise ValueError(f"{url!r} is no URL: write e.g. http://localhost:8000/v1")
        return tuple(url.rstrip("/").removesuffix("/v1") for url in urls)


class VllmFields(Settings):
    """What is to be known of a `vllm serve` for this run alone."""

    free: ClassVar[frozenset[str]] = frozenset(
        {
            *("python", "env", "tensor_parallel_size", "data_parallel_size"),
            *("gpu_memory_utilization", "start_timeout_s", "stop_grace_s", "restarts"),
            *("max_in_flight", "patience", "trust_remote_code"),
        }
    )

    later: ClassVar[frozenset[str]] = frozenset({"chat_template_kwargs"})

    programs: ClassVar[frozenset[str]] = frozenset(
        {"python", "env", "extra_args", "trust_remote_code"}
    )

    kind: Literal["vllm"] = "vllm"
    model: str = Field(min_length=1)
    """A local folder or a hub name."""
    revision: str = "main"
    """Branch, tag or commit of a hub name."""
    python: str | None = None
    """The Python that has vLLM, in a venv of its own; None: the `.venv-vllm` of this checkout
    (`make install-vllm-gpu`), else the Python that runs this."""
    trust_remote_code: bool = False
    """Run Python code that the model brings, with all that you may do."""
    chat_template_kwargs: TemplateKwargs = Field(default={})
    """Variables for the model's chat template, e.g. `{enable_thinking: false}` for Qwen3."""
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
    """Further arguments of the server, e.g. `("--quantization", "fp8")`. Those that can change
    what it writes are part of the policy's identity; others, e.g. `("--max-num-seqs", "512")`, may
    be changed in mid-run. vLLM's CPU build dies of seeded prompts that it splits over several
    steps, so it is given `--no-enable-chunked-prefill` unless chunked prefill is named here."""
    env: dict[str, str] = Field(default_factory=dict)
    """Further environment variables, e.g. `VLLM_BATCH_INVARIANT: "1"`; not part of the identity.
    The server inherits this process's own; that is the way for secrets, such as `HF_TOKEN`."""
    start_timeout_s: float = Field(default=900, gt=0)
    """Seconds the server may take to answer, downloads included."""
    stop_grace_s: float = Field(default=15, ge=0)
    """Seconds the server may take to end by itself before it is killed."""
    restarts: int = Field(default=2, ge=0)
    """How often a server that dies in mid-run is started again; requests wait and are repeated."""
    max_in_flight: int | None = Field(default=None, ge=1)
    """Sequences in flight. None: as many as keep a short queue before the server."""
    logprobs: bool = True
    """Ask for the sampled tokens' log-probabilities, which costs the server a little."""
    patience: Patience = Patience()
    """How long the server is waited for; an outage at least as long as a restart may take."""

    @property
    def shaping_args(self) -> tuple[str, ...]:
        """Those of `extra_args` that can change what the model writes."""
        return shaping_arguments(self.extra_args)

    def shaping(self) -> dict[str, Any]:
        """Return the fields that shape rows; of the arguments those that do."""
        return super().shaping() | {"extra_args": list(self.shaping_args)}

    @field_validator("extra_args")
    @classmethod
    def _name_no_secret(cls, arguments: tuple[str, ...]) -> tuple[str, ...]:
        refuse_arguments(arguments)
        return arguments

    @field_validator("env")
    @classmethod
    def _holds_no_secret(cls, env: dict[str, str]) -> dict[str, str]:
        refuse_environment(env)
        return env

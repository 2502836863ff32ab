"""Why a model server died, read off its log, and what to do about it.

The messages are those of vLLM 0.32 and 0.33, torch, and argparse. A death of unknown cause is
taken for one that passes.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Cause:
    """What a server dies of."""

    said: str
    """A regular expression that finds it in a line of the log."""
    remedy: str
    lasting: bool = True
    """Whether the next start would meet it again."""
    in_service: bool = False
    """Whether a server that has answered may still die of it."""


@dataclass(frozen=True, slots=True)
class Death:
    """A cause as the log tells it."""

    reason: str
    """The log's own line."""
    remedy: str
    lasting: bool


_PREFIX = re.compile(r"^(\([^()]*\) )*((ERROR|CRITICAL|FATAL) \S+ \S+ \[[^]]*\] ?)?")
_SOURCE = "    "
"""What lines of source begin with in a traceback; they are not what happened."""
_HARMLESS = re.compile(r"^(\([^()]*\) )*(DEBUG|INFO|WARNING) ")

# What is vaguer stands further down.
CAUSES: Final = (
    Cause(
        r"CPU Generator does not use offset",
        "vLLM's CPU build cannot seed a prompt that it splits over several steps: put "
        "--no-enable-chunked-prefill into policy.extra_args, in place of what asks for it",
        in_service=True,
    ),
    Cause(
        r"OutOfMemoryError|(CUDA|HIP) out of memory|CUDA error: out of memory",
        "lower policy.gpu_memory_utilization or policy.max_model_len, add "
        '["--max-num-seqs", "64"] to policy.extra_args, or spread the model over more GPUs with '
        "policy.tensor_parallel_size",
        lasting=False,  # it may come with the requests of the moment, or from a neighbour
        in_service=True,
    ),
    Cause(
        r"Free memory on device .* is less than desired GPU memory utilization",
        "something else uses the GPU: stop it (nvidia-smi names it), or lower "
        "policy.gpu_memory_utilization",
        lasting=False,  # a server just killed may not have given its memory back
    ),
    Cause(
        r"No available memory for the cache blocks",
        "raise policy.gpu_memory_utilization; on a CPU VLLM_CPU_KVCACHE_SPACE in policy.env (GiB)",
    ),
    Cause(
        r"larger than the (available KV cache memory|maximum number of tokens)",
        "lower policy.max_model_len, or raise policy.gpu_memory_utilization (on a CPU "
        "VLLM_CPU_KVCACHE_SPACE in policy.env, GiB)",
    ),
    Cause(
        r"User-specified max_model_len .* is greater than the derived",
        "lower policy.max_model_len: the model has no more",
    ),
    Cause(
        r"max_num_batched_tokens \(\d+\) is smaller than max_model_len",
        "take --max-num-batched-tokens out of policy.extra_args, or lower policy.max_model_len",
    ),
    Cause(
        r"error: (unrecognized arguments|argument -|ambiguous option)",
        "correct policy.extra_args: `PYTHON -m vllm.entrypoints.openai.api_server --help` with "
        "policy.python lists the arguments",
    ),
    Cause(
        r"GatedRepoError|gated repo|Access to model .* is restricted",
        "ask for access on the model's page, and export HF_TOKEN before you start the run",
    ),
    Cause(
        r"RepositoryNotFoundError|HFValidationError|is not a valid model identifier"
        r"|RevisionNotFoundError|Can't load the configuration of|Repo id must be"
        r"|Invalid repository ID or local directory",
        "correct policy.model, a folder here or a hub's name, and policy.revision; for a private "
        "model export HF_TOKEN",
    ),
    Cause(
        r"couldn't connect to '|LocalEntryNotFoundError|NameResolutionError|Name or service not"
        r"|OfflineModeIsEnabled|Temporary failure in name resolution",
        "the hub cannot be reached: download the model where it can, and give its folder as "
        "policy.model",
        lasting=False,
    ),
    Cause(
        r"Model architectures? .* (not supported|failed to be inspected)"
        r"|does not recognize this architecture|has no vLLM implementation",
        "name a newer vLLM as policy.python, or run the model with `kind: transformers`",
    ),
    Cause(
        r"`trust_remote_code=True`|requires you to execute",  # not a traceback's source line
        "if you trust the code that the model brings, --set policy.trust_remote_code=true",
    ),
    Cause(r"Bfloat16 is only supported on GPUs", "--set policy.dtype=half"),
    Cause(
        r"is not supported for quantization method|Quantization method .* does not match"
        r"|The quantization method .* is not supported|quantization is currently not supported",
        "take --quantization out of policy.extra_args, or change policy.dtype",
    ),
    Cause(
        r"must be divisible by tensor parallel size|larger than the number of available GPUs"
        r"|World size .* is larger than|Not enough allowed NUMA nodes",
        "lower policy.tensor_parallel_size or policy.data_parallel_size",
    ),
    Cause(
        r"Failed to infer device type|No CUDA GPUs are available|driver on your system is too old"
        r"|no kernel image is available|Found no NVIDIA driver",
        "policy.python has a vLLM for GPUs and sees none that it can use: look at nvidia-smi and "
        "CUDA_VISIBLE_DEVICES, or install the CPU build with `make install-vllm`",
    ),
    Cause(
        r"[Aa]ddress already in use|EADDRINUSE",
        "run the same command again: it takes another port",
        lasting=False,
    ),
    Cause(
        r"\b(ModuleNotFoundError|ImportError): ",
        "the vLLM of policy.python is broken: install it anew, `make install-vllm` does",
    ),
    Cause(r"No space left on device", "make room, or put HF_HOME on a larger disk"),
    Cause(r"SafetensorError|Error while deserializing", "download policy.model anew"),
)


_ANY = re.compile("|".join(f"(?:{cause.said})" for cause in CAUSES))
_LONGEST = 400  # characters of a line shown


def death(lines: Iterable[str], *, in_service: bool) -> Death | None:
    """Return what a log's lines say a server died of; None where no cause is known.

    Of several causes the one that stands first above counts. `in_service`: it had answered, so
    that nothing of its start can be the cause.
    """
    told = [_PREFIX.sub("", line) for line in lines if _ANY.search(line) and grave(line)]
    suspicious = [line.strip() for line in told if not line.startswith(_SOURCE)]
    for cause in CAUSES:
        if in_service and not cause.in_service:
            continue
        for line in suspicious:
            if re.search(cause.said, line):
                return Death(line[:_LONGEST], cause.remedy, cause.lasting)
    return None


def grave(line: str) -> bool:
    """Return whether a line of the log is more than a warning, as far as it says."""
    return not _HARMLESS.match(line)

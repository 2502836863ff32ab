"""Which arguments of vLLM can change what a model writes, and which cannot.

Free are those that decide where and when a sequence is computed, never what: how many at once, how
prompts are cut, cached and scheduled, how memory is shared out, how kernels are launched, how the
server is spread and what it logs. They may change rounding, as the other requests of a batch do
that nobody can hold still, and as `tensor_parallel_size` does: every completion remains a sample
of the same model. Whatever is not listed counts as changing it: precision and quantisation (also
of the cache), the model's configuration, speculative decoding (which draws other random numbers),
sampling defaults, processors of logits, and all that this list does not know.
"""

from collections.abc import Iterator, Sequence
from itertools import takewhile
from typing import Final

_HOW_MANY_AND_WHEN = """
    max-num-seqs max-num-batched-tokens max-num-scheduled-tokens max-num-active-seqs
    max-num-queued-reqs max-num-queued-tokens scheduling-policy async-scheduling
    enable-chunked-prefill max-num-partial-prefills max-long-partial-prefills
    long-prefill-token-threshold stream-interval performance-mode
"""
_MEMORY = """
    gpu-memory-utilization kv-cache-memory-bytes num-gpu-blocks-override block-size swap-space
    cpu-offload-gb kv-offloading-size kv-offloading-backend enable-prefix-caching
    prefix-caching-hash-algo mm-processor-cache-gb
"""
_LAUNCHING = "enforce-eager cudagraph-capture-sizes max-cudagraph-capture-size"
_WHERE = """
    tensor-parallel-size tp pipeline-parallel-size pp data-parallel-size dp data-parallel-backend
    distributed-executor-backend disable-custom-all-reduce enable-expert-parallel
    api-server-count numa-bind device-ids
"""
_LOADING_AND_TELLING = """
    download-dir max-parallel-loading-workers safetensors-load-strategy use-tqdm-on-load
    disable-log-stats enable-log-requests disable-log-requests uvicorn-log-level log-level
    disable-uvicorn-access-log max-log-len enable-prompt-tokens-details shutdown-timeout
"""
_FREE: Final = frozenset(
    " ".join((_HOW_MANY_AND_WHEN, _MEMORY, _LAUNCHING, _WHERE, _LOADING_AND_TELLING)).split()
)


def shaping_arguments(arguments: Sequence[str]) -> tuple[str, ...]:
    """Return the arguments that can change what the model writes, in their order."""
    return tuple(word for group in _groups(arguments) if not _is_free(group) for word in group)


def names(arguments: Sequence[str]) -> frozenset[str]:
    """Return what the arguments are called: without dashes, value and `no-`, as in `dtype`."""
    return frozenset(_name(group[0]) for group in _groups(arguments))


def _groups(arguments: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Split arguments into names with their values."""
    place = 0
    while place < len(arguments):
        values = takewhile(lambda word: not _is_name(word), arguments[place + 1 :])
        group = (arguments[place], *values)
        yield group
        place += len(group)


def _is_name(word: str) -> bool:
    return word.startswith("-") and not word[1:2].isdigit()


def _is_free(group: tuple[str, ...]) -> bool:
    return _is_name(group[0]) and len(group) <= 2 and _name(group[0]) in _FREE


def _name(word: str) -> str:
    name = word.lstrip("-").partition("=")[0].replace("_", "-").lower()
    return name.removeprefix("no-")

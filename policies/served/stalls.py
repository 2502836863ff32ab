"""Servers that answer and write nothing are noticed, set aside, and taken back when they write.

A model server's front answers although its engine is dead or hangs (vllm#39863), so its health says
nothing: tokens do. A server that runs requests and has written none for a while is asked for one;
without it the server stalls. Slow is not stalled: one that says how many tokens it has written
(vLLM, SGLang) has to stand still, and of another completions are all that is seen, so it is given
several times what the longest took. Should it have been slow all the same, it is given twice as
long each time, until a completion comes back: so whatever a server can write at all is written.
"""

import asyncio
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from policies.served.fleet import Endpoint, Fleet

_LOOKS = 8
"""Looks at a server in the time after which it is asked, and how often it is asked when aside."""
_LONGEST = 4
_TOKENS = re.compile(
    rb"(?m)^(?:vllm|sglang):(?:prompt|generation)_tokens_total(?:\{[^}\n]*\})? (\S+)$"
)


@asynccontextmanager
async def noticing_stalls(fleet: Fleet, *, stall_s: float) -> AsyncIterator[None]:
    """Watch the servers of a fleet while the context lasts."""
    tasks = [asyncio.create_task(_watch(fleet, one, stall_s)) for one in fleet.endpoints]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()


async def _watch(fleet: Fleet, endpoint: Endpoint, stall_s: float) -> None:
    look_s, patience_s = stall_s / _LOOKS, stall_s
    tokens, completions = await tokens_of(fleet, endpoint), 0
    while True:
        await asyncio.sleep(look_s)
        if endpoint.stalls:
            if await _writes(fleet, endpoint, within_s=look_s):
                fleet.back(endpoint)
            continue
        if endpoint.down_since is not None or not endpoint.outstanding:
            continue
        if endpoint.completions > completions:
            completions, patience_s = endpoint.completions, stall_s
        before, tokens = tokens, await tokens_of(fleet, endpoint)
        if tokens is not None and tokens != before:
            endpoint.wrote_at = time.monotonic()
        silent_since = endpoint.wrote_at
        slowness_s = _LONGEST * endpoint.longest_s if tokens is None else 0.0
        if time.monotonic() - silent_since < patience_s + slowness_s:
            continue
        if await _writes(fleet, endpoint, within_s=look_s):
            endpoint.wrote_at = time.monotonic()
        elif endpoint.wrote_at == silent_since and await tokens_of(fleet, endpoint) == tokens:
            fleet.stall(endpoint)
            patience_s *= 2


async def _writes(fleet: Fleet, endpoint: Endpoint, *, within_s: float) -> bool:
    """Tell whether a server answers a request for one token in time, if only to refuse it."""
    if fleet.latest is None:
        return True
    path, body = fleet.latest
    one_token = {key: value for key, value in body.items() if key not in ("n", "prompt_logprobs")}
    answer = await fleet.peek(endpoint, path, one_token | {"max_tokens": 1}, timeout_s=within_s)
    return answer is not None and answer.status < 500


async def tokens_of(fleet: Fleet, endpoint: Endpoint) -> float | None:
    """Return how many tokens a server says it has read and written; None where it does not say."""
    answer = await fleet.peek(endpoint, "/metrics")
    if answer is None or not answer.is_success:
        return None
    try:
        found = [float(value) for value in _TOKENS.findall(answer.content)]
    except ValueError:
        return None
    return sum(found) if found else None

"""Servers are asked once whether they mean what they are told: seeds, and numbers of choices.

A server that ignores seeds writes what it likes: two runs differ, and what a lost journal held
cannot be had again. One that gives every seed the same text makes eight rollouts of one.
"""

import asyncio
from collections.abc import Mapping

from policies.served.choices import Choices
from policies.served.dialect import Server
from policies.served.fleet import Endpoint, Fleet

PROMPT = "Once upon a time, there was a"
_SEEDS = (11, 12, 13)


async def doubts(fleet: Fleet, server: Server) -> str:
    """Return what the servers do not keep to, in a few words; empty where all is well."""
    found = await asyncio.gather(*(_doubt(fleet, endpoint, server) for endpoint in fleet.up))
    return ", ".join(dict.fromkeys(filter(None, found)))


async def _doubt(fleet: Fleet, endpoint: Endpoint, server: Server) -> str:
    body = {"model": server.model, "prompt": PROMPT, "max_tokens": 24, "temperature": 1.5}
    texts = list[list[str]]()
    for seed in (*_SEEDS, _SEEDS[0]):
        texts.append(await _texts(fleet, endpoint, body | {"seed": seed}))
        if not texts[-1]:  # no text completions there, or none at all: requests will tell
            return ""
    if texts[0] != texts[-1]:
        return "ignores seeds"
    if texts[0] == texts[1] == texts[2]:
        return "one text for all seeds"
    if server.dialect.seeds_choices:
        pair = await _texts(fleet, endpoint, body | {"seed": _SEEDS[0], "n": 2})
        if len(pair) != 2 or pair[0] == pair[1] != texts[1][0]:
            return "one text for all choices"
    return ""


async def _texts(fleet: Fleet, endpoint: Endpoint, body: Mapping[str, object]) -> list[str]:
    def read(content: bytes) -> list[str]:
        return [choice.text for choice in Choices.model_validate_json(content).choices]

    return await fleet.ask(endpoint, "/v1/completions", body, read) or []

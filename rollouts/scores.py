"""Scores of one problem's texts: the journal first, then the policy."""

import asyncio
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict

from policies.seam import Policy
from rollouts.costs import Costs
from rollouts.journal import Journal
from schemas import Continuation, Prefix, Prompt, Score, ScoreRequest, TextPrompt


class Scores:
    """Scores taken once: what was taken is remembered, what is under way is waited for."""

    def __init__(self, *, policy: Policy, journal: Journal, prompt: Prompt) -> None:
        self.costs = Costs()
        """Spent so far; live."""
        self._policy = policy
        self._journal = journal
        self._prompt = prompt
        self._taken: dict[str, Score] = {}
        self._under_way: dict[str, asyncio.Event] = {}

    async def of(self, prefix: Prefix, continuations: Sequence[Continuation]) -> tuple[Score, ...]:
        """Return one score per continuation, in their order.

        Raises PolicyError or RunError, ConfigError where the policy cannot score: without
        continuations that is all it asks.
        """
        if not continuations:
            nothing = ScoreRequest(prompt=self._prompt, prefix=prefix, continuations=())
            return await self._policy.score(nothing)
        head = score_digest(self._policy.identity, self._prompt, prefix)
        keys = [score_key(head, continuation) for continuation in continuations]
        wanted = dict(zip(keys, continuations, strict=True))
        while missing := [key for key in wanted if key not in self._taken]:
            free = {key: wanted[key] for key in missing if key not in self._under_way}
            if free:
                await self._take(prefix, free)
            else:
                await self._under_way[missing[0]].wait()
        return tuple(self._taken[key] for key in keys)

    async def _take(self, prefix: Prefix, wanted: Mapping[str, Continuation]) -> None:
        """Take scores that nobody is taking; whoever waits for them wakes in any case."""
        done = asyncio.Event()
        self._under_way.update(dict.fromkeys(wanted, done))
        try:
            await self._score(prefix, wanted)
        finally:
            for key in wanted:
                del self._under_way[key]
            done.set()

    async def _score(self, prefix: Prefix, wanted: Mapping[str, Continuation]) -> None:
        missing: dict[str, Continuation] = {}
        for key, continuation in wanted.items():
            recorded = self._journal.get_score(key)
            if recorded is None:
                missing[key] = continuation
            else:
                self._keep(key, recorded, replayed=True)
        if not missing:
            return
        scores = await self._policy.score(
            ScoreRequest(prompt=self._prompt, prefix=prefix, continuations=tuple(missing.values()))
        )
        for key, score in zip(missing, scores, strict=True):
            self._journal.append_score(key, score)
            self._keep(key, score, replayed=False)

    def _keep(self, key: str, score: Score, *, replayed: bool) -> None:
        self._taken[key] = score
        self.costs += Costs.of_score(score, replayed=replayed)


def score_digest(identity: str, prompt: Prompt, prefix: Prefix) -> bytes:
    """Return a digest of all that the scores behind a prefix depend on, but the continuation."""
    kind = "text" if isinstance(prompt, TextPrompt) else "chat"
    content = [identity, "score", kind, asdict(prompt), prefix.text, prefix.token_ids]
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).digest()


def score_key(behind: bytes, continuation: Continuation) -> str:
    """Return the journal key, 32 hex digits, of one continuation's score."""
    tokens = continuation.tokens
    content = json.dumps([continuation.text, tokens and tokens.ids])
    return hashlib.sha256(behind + content.encode()).hexdigest()[:32]

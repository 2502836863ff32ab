"""Scores of one problem's texts: the journal first, then the policy."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict

from policies.seam import Policy
from rollouts.budget import Spent
from rollouts.costs import Costs
from rollouts.journal import Journal
from rollouts.once import Once
from rollouts.purse import Purse
from schemas import Continuation, Prefix, Prompt, Score, ScoreRequest, TextPrompt


class Scores:
    """Scores taken once; the journal first, then the policy."""

    def __init__(
        self, *, policy: Policy, journal: Journal, prompt: Prompt, purse: Purse | None = None
    ) -> None:
        self.costs = Costs()
        """Spent so far; live."""
        self._policy = policy
        self._journal = journal
        self._prompt = prompt
        self._purse = purse or Purse()
        self._scores = Once[str, Score]()

    async def of(self, prefix: Prefix, continuations: Sequence[Continuation]) -> tuple[Score, ...]:
        """Return one score per continuation, in their order.

        Raises PolicyError or RunError, ConfigError where the policy cannot score.
        """
        head = score_digest(self._policy.identity, self._prompt, prefix)
        keys = [score_key(head, continuation) for continuation in continuations]
        texts = dict(zip(keys, continuations, strict=True))
        return await self._scores.get(
            keys, lambda free: self._score(prefix, {key: texts[key] for key in free})
        )

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
        await self._purse.admits(0)
        with self._purse:
            texts = tuple(missing.values())
            scores = await self._policy.score(
                ScoreRequest(prompt=self._prompt, prefix=prefix, continuations=texts)
            )
            for key, score in zip(missing, scores, strict=True):
                self._journal.append_score(key, score)
                self._keep(key, score, replayed=False)
        costs = (Costs.of_score(score, replayed=False) for score in scores)
        self._purse.pay(Spent.of(sum(costs, Costs())))

    def _keep(self, key: str, score: Score, *, replayed: bool) -> None:
        self._scores.taken[key] = score
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

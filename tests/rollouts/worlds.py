"""A policy and a verifier that are exact and instant: real objects behind the seams, no mocks."""

import asyncio
import random
from collections.abc import Callable, Sequence

from benchmarks import made
from policies.seam import Policy
from rollouts import Journal, PromptTemplate, Purse, ShardRollouts
from rollouts.steps import Newline
from schemas import (
    Completion,
    CompletionRequest,
    Outcome,
    PolicyError,
    Problem,
    Sampling,
    Score,
    ScoreRequest,
    Tokens,
    Verdict,
)

TEMPLATE = PromptTemplate(name="t", mode="text", user="{{ question }}", stop=("Q:",))
PROBLEM = Problem(id="p-1", source="s", question="What?", answer="1")


class CharacterPolicy:
    """Writes lines of digits that are a function of prefix and seed; a token per character."""

    identity = "characters-1"
    in_flight = 0
    idle = 0
    cannot_score = ""
    caveat = ""

    def __init__(self, *, fail_after: int | None = None) -> None:
        self.requests: list[CompletionRequest] = []
        self.written = 0
        self.score_requests: list[ScoreRequest] = []
        self.scored = 0
        self._fail_after = fail_after

    async def complete(self, request: CompletionRequest) -> tuple[Completion, ...]:
        """Return one completion per seed, after a few turns of the event loop."""
        self.requests.append(request)
        for _ in range(random.Random(request.seeds[0]).randrange(5)):
            await asyncio.sleep(0)
        if self._fail_after is not None and self.written >= self._fail_after:
            raise PolicyError("the server at http://127.0.0.1:1 does not answer: start it")
        self.written += len(request.seeds)
        return tuple(completion(request.prefix.text, seed) for seed in request.seeds)

    async def score(self, request: ScoreRequest) -> tuple[Score, ...]:
        """Return one score per continuation, after a few turns of the event loop."""
        self.score_requests.append(request)
        for _ in range(random.Random(request.prefix.text).randrange(5)):
            await asyncio.sleep(0)
        if self._fail_after is not None and self.scored >= self._fail_after:
            raise PolicyError("the server at http://127.0.0.1:1 does not answer: start it")
        self.scored += len(request.continuations)
        return tuple(score(request.prefix.text, c.text) for c in request.continuations)


def score(prefix: str, text: str) -> Score:
    """Return how likely CharacterPolicy finds a text behind a prefix."""
    logprobs = tuple(-random.Random(f"{prefix}|{text[:i]}").random() for i in range(len(text)))
    return Score(
        logprobs=logprobs,
        best=tuple(one / 2 for one in logprobs),
        ends=tuple(range(1, len(text) + 1)),
        prompt_tokens=10 + len(prefix),
        cached_tokens=4,
    )


def completion(prefix: str, seed: int) -> Completion:
    """Return what CharacterPolicy writes after a prefix with a seed."""
    rng = random.Random(f"{prefix}/{seed}")
    lines = [f"{rng.randrange(100)}\n" for _ in range(rng.randrange(1, 4))]
    text = "".join(lines) + f"#### {rng.randrange(4)}"
    return made.completion(
        text,
        seed=seed,
        tokens=Tokens(ids=tuple(map(ord, text)), ends=tuple(range(1, len(text) + 1))),
        truncated=rng.random() >= 0.9,
        prompt_tokens=10 + len(prefix),
        cached_tokens=4,
        completion_tokens=len(text),
        logprob=-rng.random(),
    )


class LastNumberVerifier:
    """Compares what stands behind `#### ` with the gold answer, or what its letter stands for."""

    def __init__(self, before: Callable[[str], None] = lambda text: None) -> None:
        self._before = before

    async def judge(
        self, gold: str, text: str, *, finished: bool, options: Sequence[str] = ()
    ) -> Verdict:
        """Judge; a solution that was cut counts as truncated."""
        self._before(text)
        await asyncio.sleep(0)
        answer = text.rpartition("#### ")[2]
        texts = dict(zip("ABCD", options, strict=False))
        right = Outcome.CORRECT if answer in (gold, texts.get(gold)) else Outcome.INCORRECT
        outcome = right if finished else Outcome.TRUNCATED
        return Verdict(outcome=outcome, extracted=answer, rule="hash", stage="text", reason="")

    async def preflight(self, gold: str) -> str | None:
        """Accept every gold answer."""
        return None


def shard(
    journal: Journal,
    policy: Policy,
    *,
    template: PromptTemplate = TEMPLATE,
    verifier: LastNumberVerifier | None = None,
    sampling: Sampling | None = None,
    run_seed: int = 0,
    spare: Callable[[], int] = lambda: 0,
    purse: Purse | None = None,
) -> ShardRollouts:
    """Return the rollouts of a shard whose solutions have a step per line."""
    return ShardRollouts(
        policy=policy,
        verifier=verifier or LastNumberVerifier(),
        journal=journal,
        template=template,
        sampling=sampling or Sampling(),
        splitter=Newline(),
        run_seed=run_seed,
        spare=spare,
        purse=purse,
    )

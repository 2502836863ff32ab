"""Completions and rollouts that no policy wrote: those of made worlds, in benchmarks and tests."""

import json
from collections.abc import Iterable
from pathlib import Path

from policies.scripted import toy_question
from schemas import Completion, Outcome, Prefix, Rollout, Tokens, Verdict


def sums(path: Path, numbers: Iterable[tuple[int, ...]]) -> Path:
    """Write problems of the scripted policy's world as JSONL, one per tuple of numbers."""
    with path.open("w", encoding="utf-8") as out:
        for terms in numbers:
            row = {"problem": toy_question(terms), "answer": str(sum(terms))}
            out.write(json.dumps(row) + "\n")
    return path


def completion(
    text: str,
    *,
    seed: int = 0,
    tokens: Tokens | None = None,
    truncated: bool = False,
    prompt_tokens: int = 1,
    cached_tokens: int = 0,
    completion_tokens: int = 1,
    logprob: float | None = None,
) -> Completion:
    """Return a completion that says what is given and is plain in all else."""
    return Completion(
        text=text,
        tokens=tokens,
        finish_reason="length" if truncated else "stop",
        seed=seed,
        prompt_tokens=prompt_tokens,
        cached_tokens=cached_tokens,
        completion_tokens=completion_tokens,
        logprob=logprob,
    )


def rollout(
    text: str,
    outcome: Outcome,
    *,
    problem_id: str = "p",
    prefix: Prefix,
    index: int = 0,
    extracted: str | None = None,
    tokens: Tokens | None = None,
    prompt_tokens: int = 1,
    completion_tokens: int = 1,
) -> Rollout:
    """Return the rollout of a completion that was judged so; a truncated one ended by length."""
    return Rollout(
        problem_id=problem_id,
        prefix=prefix,
        sample_index=index,
        completion=completion(
            text,
            seed=index,
            tokens=tokens,
            truncated=outcome is Outcome.TRUNCATED,
            prompt_tokens=prompt_tokens,
            completion_tokens=completion_tokens,
        ),
        verdict=Verdict(outcome=outcome, extracted=extracted, rule="", stage="", reason=""),
    )

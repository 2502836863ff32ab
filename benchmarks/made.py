"""Completions and rollouts that no policy wrote: those of made worlds, in benchmarks and tests."""

from schemas import Completion, Outcome, Prefix, Rollout, Tokens, Verdict


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

"""Request seeds: a function of what is asked, never of when."""

import hashlib


def base_seed(run_seed: int, problem_id: str, prefix_key: str) -> int:
    """Return a prefix's base seed in [0, 2**62): 62 bits of a SHA-256.

    The seed of sample i is base + i, so the seeds of neighbouring samples are neighbours and a
    server can draw them as one request with n = k. It stays below 2**63.
    """
    content = "\x1f".join((str(run_seed), problem_id, prefix_key)).encode()
    return int.from_bytes(hashlib.sha256(content).digest()[:8]) >> 2


def seeds(
    run_seed: int, problem_id: str, prefix_key: str, *, start: int, count: int
) -> tuple[int, ...]:
    """Return the seeds of samples start, ..., start + count - 1 of a prefix."""
    base = base_seed(run_seed, problem_id, prefix_key)
    return tuple(range(base + start, base + start + count))

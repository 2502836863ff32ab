"""Tokens drawn from logits, each by a random number of its own.

A draw inverts the distribution's cumulative sum at one uniform number that is a hash of (seed,
position), so a sample depends on its own logits and seed and on nothing else that is decoded.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from schemas import Sampling


@dataclass(frozen=True, slots=True)
class Draw:
    """What one row of logits is drawn with."""

    sampling: Sampling
    uniform: float


def uniform(seed: int, position: int) -> float:
    """Return the number in (0, 1) that draws the token at a position of a seed's completion."""
    digest = hashlib.blake2b(f"{seed}/{position}".encode(), digest_size=6).digest()
    return (int.from_bytes(digest, "big") + 0.5) / 2**48


def draw(logits: torch.Tensor, draws: Sequence[Draw]) -> tuple[list[int], list[float]]:
    """Return one token per row of logits [rows, vocabulary], and its natural-log probability.

    The probability is the model's own: before temperature, top_k and top_p.
    """
    logits = logits.double()
    probs = _filtered(logits, [d.sampling for d in draws])
    cumulative = probs.cumsum(-1)
    points = logits.new_tensor([[d.uniform] for d in draws]) * cumulative[:, -1:]
    sampled = (cumulative <= points).sum(-1)
    greedy = torch.tensor([d.sampling.temperature == 0 for d in draws], device=logits.device)
    tokens = torch.where(greedy, logits.argmax(-1), sampled)[:, None]
    logprobs = logits.gather(-1, tokens) - logits.logsumexp(-1, keepdim=True)
    return tokens[:, 0].tolist(), logprobs[:, 0].tolist()


def _filtered(logits: torch.Tensor, samplings: Sequence[Sampling]) -> torch.Tensor:
    """Return probabilities after temperature, then top_k, then top_p; not renormalised."""
    temperature = logits.new_tensor([[s.temperature or 1.0] for s in samplings])
    probs = (logits / temperature).softmax(-1)
    if all(s.top_k == 0 and s.top_p == 1 for s in samplings):
        return probs
    ordered = probs.sort(-1, descending=True).values
    size = ordered.shape[-1]
    top_k = torch.tensor([[min(s.top_k or size, size)] for s in samplings], device=logits.device)
    ordered[torch.arange(size, device=logits.device) >= top_k] = 0
    before = ordered.cumsum(-1) - ordered
    top_p = logits.new_tensor([[s.top_p] for s in samplings])
    kept = (before < top_p * ordered.sum(-1, keepdim=True)) & (ordered > 0)
    least = ordered.masked_fill(~kept, torch.inf).amin(-1, keepdim=True)
    return probs * (probs >= least)

"""How likely the policy is to write each of a node's next steps: the prior of PUCT."""

import math
from collections.abc import Sequence
from typing import Literal

from labelers.tree import TreeNode
from rollouts.seam import Rollouts
from schemas import Continuation, Prefix, Rollout, Score, Tokens

Prior = Literal["token_likelihood", "likelihood", "uniform"]
"""`token_likelihood`: exp of the mean log-probability of the step's tokens, as in OpenR's search
(2410.09671); `likelihood`: the step's probability itself, under which a long step has no chance
beside a short one; `uniform`: all alike, nothing is scored."""


async def priors(
    rollouts: Rollouts, node: TreeNode, steps: Sequence[Continuation], kind: Prior
) -> tuple[float, ...]:
    """Return P(s, a) of each next step; they sum to 1. Where there is no choice nothing is scored.

    All alike where no step could be scored, as when the context has no room.
    """
    if kind == "uniform" or len(steps) == 1:
        return _shares([0.0] * len(steps))
    scores = await rollouts.score(node.prefix, steps)
    return _shares([_weight(one, mean=kind == "token_likelihood") for one in scores])


def _weight(score: Score, *, mean: bool) -> float:
    """Return a natural log; minus infinity where no token was scored."""
    if not score.logprobs:
        return -math.inf
    return score.logprob / len(score.logprobs) if mean else score.logprob


def _shares(logs: Sequence[float]) -> tuple[float, ...]:
    highest = max(logs, default=0.0)
    if not math.isfinite(highest):
        return _shares([0.0] * len(logs))
    weights = [math.exp(one - highest) for one in logs]
    return tuple(weight / sum(weights) for weight in weights)


def next_step(node: Prefix, child: Prefix, rollout: Rollout) -> Continuation:
    """Return the step that leads to a child, with the tokens it was sampled as, where known.

    `rollout`: one that passes through both prefixes.
    """
    text = child.text[len(node.text) :]
    return Continuation(text=text, tokens=_tokens(node, child, rollout))


def _tokens(node: Prefix, child: Prefix, rollout: Rollout) -> Tokens | None:
    origin, known = rollout.prefix, rollout.completion.tokens
    before, start, end = origin.token_ids, node.token_ids, child.token_ids
    if known is None or before is None or start is None or end is None:
        return None
    sampled = slice(len(start) - len(before), len(end) - len(before))
    ids, offset = known.ids[sampled], len(node.text) - len(origin.text)
    if (*start, *ids) != end:  # a prefix has the tokens of whichever rollout it was met in first
        return None
    return Tokens(ids=ids, ends=tuple(end - offset for end in known.ends[sampled]))

"""What sampling came to: rollouts behind each step, and what tokens were written for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow.compute as pc

from reports.facts import RolloutFacts, ShardFacts
from schemas import Outcome
from schemas.run_folder import RunFolder


@dataclass(frozen=True, slots=True, kw_only=True)
class StepEvidence:
    """How many rollouts that count the steps of solutions have."""

    steps: Sequence[int]
    """Sampled steps with 0, 1, 2, ... rollouts that count."""
    unsampled: int
    """Steps for which no rollout was asked for."""


def step_evidence(facts: Sequence[ShardFacts]) -> StepEvidence:
    """Count the evidence of steps."""
    steps = np.zeros(1, dtype=np.int64)
    unsampled = 0
    for one in facts:
        values = pc.list_flatten(one.solutions["decided"]).to_numpy()
        unsampled += int((values < 0).sum())
        found = np.bincount(values[values >= 0], minlength=len(steps))
        found[: len(steps)] += steps
        steps = found
    return StepEvidence(steps=steps.tolist(), unsampled=unsampled)


def asked_for(run: RunFolder) -> int | None:
    """Return how many rollouts a run's labeler takes of a prefix, where it says so."""
    config = run.record().get("config")
    labeler = config.get("labeler") if isinstance(config, dict) else None
    number = labeler.get("num_rollouts") if isinstance(labeler, dict) else None
    return number if isinstance(number, int) and number > 0 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """The tokens of completions, by what they were written for."""

    solutions: int = 0
    """Whole solutions."""
    probes: int = 0
    """Rollouts of prefixes."""
    truncated: int = 0
    """Of either kind, cut at `max_tokens`: they count as nothing."""


def written(rollouts: Mapping[tuple[bool, Outcome], RolloutFacts]) -> Written:
    """Split the tokens of a run's rollouts (`RunSummary.rollout_facts`)."""
    split = {"solutions": 0, "probes": 0, "truncated": 0}
    for (root, outcome), counted in rollouts.items():
        whole = "solutions" if root else "probes"
        kind = "truncated" if outcome is Outcome.TRUNCATED else whole
        split[kind] += counted.completion_tokens
    return Written(**split)

"""The list of rollouts."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow.compute as pc

from pages.listing.masks import Mask, bools
from pages.listing.rows import Rows
from reports.facts import ShardFacts
from reports.text import one_line
from schemas import ROOT, Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class RolloutLine:
    """A rollout in a list."""

    problem_id: str
    behind: int
    """Steps of its prefix."""
    prefix_key: str
    sample: int
    outcome: Outcome
    extracted: str | None
    stage: str
    reason: str
    tokens: int
    text: str


class RolloutRows(Rows[RolloutLine]):
    """Rollouts, by verdict, and by whether they are whole solutions."""

    table = "rollouts"
    searched = ("text", "extracted", "reason")
    shown = (
        "problem_id",
        "prefix_key",
        "prefix_steps",
        "sample_index",
        "text",
        "outcome",
        "extracted",
        "stage",
        "reason",
        "completion_tokens",
    )

    def count(self, facts: ShardFacts) -> int:
        """Return how many rollouts of a shard are of the kind that is asked for."""
        kinds = facts.rollouts.items()
        return sum(one.count for (root, outcome), one in kinds if self._wants(root, outcome))

    def keep(self, facts: ShardFacts) -> Mask:
        """Return which rollouts are of that kind; nothing is read where all or none are."""
        wanted, rows = self.count(facts), sum(one.count for one in facts.rollouts.values())
        if wanted in (0, rows):
            return np.full(rows, wanted > 0)
        table = self.read(facts, ("prefix_key", "outcome"))
        keep = np.ones(rows, dtype=np.bool_)
        if self.asked.outcome:
            keep &= bools(pc.equal(table["outcome"], self.asked.outcome.value))
        if self.asked.kind:
            root = bools(pc.equal(table["prefix_key"], ROOT.key))
            keep &= root == (self.asked.kind == "solutions")
        return keep

    def _wants(self, root: bool, outcome: Outcome) -> bool:
        kind = "solutions" if root else "probes"
        return self.asked.outcome in (None, outcome) and self.asked.kind in ("", kind)

    def line(self, row: Mapping[str, Any]) -> RolloutLine:
        """Return a rollout as a line."""
        return RolloutLine(
            problem_id=row["problem_id"],
            behind=len(row["prefix_steps"]),
            prefix_key=row["prefix_key"],
            sample=row["sample_index"],
            outcome=Outcome(row["outcome"]),
            extracted=row["extracted"],
            stage=row["stage"],
            reason=row["reason"],
            tokens=row["completion_tokens"],
            text=one_line(row["text"], 240),
        )

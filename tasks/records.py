"""What a shard and a run say of themselves in JSON."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from rollouts import Costs, Spent
from schemas import Outcome, Rollout
from schemas.arrow import TABLE_NAMES, TableName
from schemas.labels import Labelling
from schemas.views import Concludes, count_labelled


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What a shard or a run holds and what it cost; counts add up."""

    problems: int = 0
    set_aside: int = 0
    """Problems that yielded no solutions: unjudgeable gold, or the labeler's screen."""
    solutions: int = 0
    steps: int = 0
    """Steps of all solutions."""
    labelled_steps: int = 0
    """Of these, the ones with a label; steps behind a first error may have none."""
    located: int = 0
    """Solutions whose first error is located, or known to be absent."""
    nodes: int = 0
    correct: int = 0
    incorrect: int = 0
    no_answer: int = 0
    truncated: int = 0
    undecided: int = 0
    prompt_tokens: int = 0
    """Tokens of prompts and prefixes over all rollouts, the cached ones included."""
    cached_tokens: int = 0
    completion_tokens: int = 0
    text_prefixes: int = 0
    """Rollouts whose prefix was continued as text because its tokens were not known."""
    scored: int = 0
    """Texts whose probability behind a prefix the policy was asked for."""
    scored_tokens: int = 0
    """Tokens the policy read for that; not among `prompt_tokens`."""

    segmented: int = 0
    """Replies of the model that tells steps apart, where there is one."""
    segment_tokens: int = 0
    """Tokens it wrote; not among `completion_tokens`."""
    unsegmented: int = 0
    """Texts, or parts of long ones, whose pieces stayed apart for want of a reply to be read."""

    @property
    def rollouts(self) -> int:
        """All rollouts, whatever their verdict."""
        return sum(getattr(self, outcome.value) for outcome in Outcome)

    def __add__(self, other: "Counts") -> "Counts":
        names = [item.name for item in fields(self)]
        return Counts(**{name: getattr(self, name) + getattr(other, name) for name in names})

    @classmethod
    def of(
        cls,
        labellings: Iterable[Labelling],
        rollouts: Iterable[Rollout],
        costs: Costs,
        concludes: Concludes,
    ) -> "Counts":
        """Count one shard; of its costs, what its rollouts do not tell."""
        labellings, rollouts = tuple(labellings), tuple(rollouts)
        solutions = [one for labelling in labellings for one in labelling.solutions]
        verdicts = Counter(rollout.verdict.outcome for rollout in rollouts)
        return cls(
            problems=len(labellings),
            set_aside=sum(bool(labelling.set_aside) for labelling in labellings),
            solutions=len(solutions),
            steps=sum(len(solution.steps) for solution in solutions),
            labelled_steps=sum(count_labelled(solution, concludes) for solution in solutions),
            located=sum(solution.first_error is not None for solution in solutions),
            nodes=sum(len(labelling.nodes) for labelling in labellings),
            **{outcome.value: verdicts[outcome] for outcome in Outcome},
            prompt_tokens=sum(rollout.completion.prompt_tokens for rollout in rollouts),
            cached_tokens=sum(rollout.completion.cached_tokens for rollout in rollouts),
            completion_tokens=sum(rollout.completion.completion_tokens for rollout in rollouts),
            text_prefixes=sum(rollout.prefix.token_ids is None for rollout in rollouts),
            scored=costs.scored,
            scored_tokens=costs.scored_tokens,
            segmented=costs.segmented,
            segment_tokens=costs.segment_tokens,
            unsegmented=costs.unsegmented,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardRecord:
    """The marker of a committed shard."""

    shard: str
    policy: str
    """The policy's identity."""
    counts: Counts
    digests: Mapping[TableName, str]
    """SHA-256 of each table's file."""
    paid: Spent
    """What the run paid for it, of what its tables hold and what they do not."""
    reused: Mapping[str, int] = field(default_factory=dict)
    """Rollouts taken from other runs, by run."""
    left: int = 0
    """Problems that a budget left open: the shard's journal holds what was paid for them, and a
    later session commits the shard anew, with the same rows and theirs."""

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "ShardRecord":
        """Read a marker back; raises ValueError, KeyError or TypeError for one that is damaged."""
        unknown = [table for table in TABLE_NAMES if not value["digests"].get(table)]
        if unknown:
            raise ValueError(f"no digest of {', '.join(unknown)}")
        counts = Counts(**value["counts"])
        tokens = counts.completion_tokens + counts.scored_tokens
        before = {"rollouts": counts.rollouts, "tokens": tokens}  # budgets: all was paid
        return cls(
            shard=value["shard"],
            policy=value["policy"],
            counts=counts,
            paid=Spent(**value.get("paid", before)),
            reused=dict(value.get("reused", {})),
            left=value.get("left", 0),
            digests={table: value["digests"][table] for table in TABLE_NAMES},
        )


@dataclass(slots=True)
class Total:
    """What the committed shards of a run hold together; added up one by one."""

    shards: int = 0
    counts: Counts = field(default_factory=Counts)
    policies: set[str] = field(default_factory=set)
    reused: Counter[str] = field(default_factory=Counter)
    paid: Spent = field(default_factory=Spent)

    def add(self, record: ShardRecord) -> None:
        """Add a shard."""
        self.shards += 1
        self.counts += record.counts
        self.policies.add(record.policy)
        self.reused.update(record.reused)
        self.paid += record.paid

    @classmethod
    def of(cls, records: Iterable[ShardRecord]) -> "Total":
        """Return what these shards hold together."""
        total = cls()
        for record in records:
            total.add(record)
        return total

"""A prefix becomes judged rollouts: prompts, step splitting, the journal that never pays twice."""

from rollouts.costs import Costs
from rollouts.journal import Journal, has_records
from rollouts.prompts import PromptTemplate, load_template
from rollouts.shard import ShardRollouts
from rollouts.steps import AnySplitter

__all__ = [
    "AnySplitter",
    "Costs",
    "Journal",
    "PromptTemplate",
    "ShardRollouts",
    "has_records",
    "load_template",
]

"""A prefix becomes judged rollouts: prompts, step splitting, the journal that never pays twice."""

from rollouts.costs import Costs
from rollouts.cutting import Splitter, prefixes
from rollouts.journal import Journal
from rollouts.prompts import PromptTemplate, load_template
from rollouts.seam import Rollouts
from rollouts.seeds import base_seed, seeds
from rollouts.shard import ProblemRollouts, ShardRollouts, with_stops
from rollouts.steps import AnySplitter

__all__ = [
    "AnySplitter",
    "Costs",
    "Journal",
    "ProblemRollouts",
    "PromptTemplate",
    "Rollouts",
    "ShardRollouts",
    "Splitter",
    "base_seed",
    "load_template",
    "prefixes",
    "seeds",
    "with_stops",
]

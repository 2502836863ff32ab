"""A prefix becomes judged rollouts: prompts, step splitting, the journal that never pays twice."""

from rollouts.budget import Budget, OverBudgetError, Spent
from rollouts.costs import Costs
from rollouts.journal import Journal, JournalReader, has_records, remove_journal
from rollouts.prompts import PromptTemplate, load_template
from rollouts.purse import Purse
from rollouts.reuse import Keys, NoRuns, OtherRuns
from rollouts.shard import ShardRollouts
from rollouts.splitters import AnySplitter

__all__ = [
    "AnySplitter",
    "Budget",
    "Costs",
    "Journal",
    "JournalReader",
    "Keys",
    "NoRuns",
    "OtherRuns",
    "OverBudgetError",
    "PromptTemplate",
    "Purse",
    "ShardRollouts",
    "Spent",
    "has_records",
    "load_template",
    "remove_journal",
]

"""Search, filter and sort: rows of a run a page at a time, read no further than the page needs.

What is asked for stands in the address (`asked`). A list is a class of `Rows` (`rows`): filters on
numbers and sorting go over the facts of a shard (`masks`); a text is looked for in the shards' own
rows, for so many seconds, and the next request goes on from there.
"""

from pages.listing.asked import Asked
from pages.listing.problems import ProblemRows
from pages.listing.rollouts import RolloutRows
from pages.listing.rows import Rows
from pages.listing.solutions import SolutionRows

__all__ = ["Asked", "ProblemRows", "RolloutRows", "Rows", "SolutionRows"]

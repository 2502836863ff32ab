"""rStar (Qi et al., 2408.06195): a tree of typed actions, and mutual consistency with a model.

`actions` is the grammar, `search` grows the tree by UCT (`labelers/tree/`), `consistency` has a
second policy complete what is left of a solution behind a mask. Nothing here knows a gold answer:
what a search may ask comes through `Asker` (seam.py), which has the question alone.
"""

from labelers.rstar.actions import ALL, FOLLOWS, Action
from labelers.rstar.nodes import ActionNode, Votes
from labelers.rstar.seam import Ask, Asker, Part, Wrote
from labelers.rstar.search import Growth
from labelers.rstar.settings import RStarTree

__all__ = [
    "ALL",
    "FOLLOWS",
    "Action",
    "ActionNode",
    "Ask",
    "Asker",
    "Growth",
    "Part",
    "RStarTree",
    "Votes",
    "Wrote",
]

"""The seam of tree search: nodes with visits, values and evidence, and the rules of selection.

`nodes` keeps what was sampled, `puct` and `ucb` say where to go next; none of them asks for
anything, so a search is tested without a policy. What a node's children are is the search's: of a
`Tree` of prefixes, `Tree.hang` and `TreeNode.branches`; of others what is `Visited` will do.
"""

from labelers.tree.nodes import Branch, Tree, TreeNode, Visited, back_up, value_of
from labelers.tree.puct import Puct
from labelers.tree.ucb import Ucb

__all__ = ["Branch", "Puct", "Tree", "TreeNode", "Ucb", "Visited", "back_up", "value_of"]

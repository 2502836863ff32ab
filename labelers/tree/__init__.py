"""The seam of tree search over prefixes: nodes with evidence, and the rule that selects leaves.

`nodes` keeps what was sampled, `puct` says where to sample next; neither asks for anything, so a
search is tested without a policy. What a node's children are is the labeler's: `Tree.hang` and
`TreeNode.branches`.
"""

from labelers.tree.nodes import Branch, Tree, TreeNode
from labelers.tree.puct import Puct

__all__ = ["Branch", "Puct", "Tree", "TreeNode"]

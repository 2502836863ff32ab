"""UCT rollouts: Monte Carlo tree search over prefixes, whose nodes' evidence labels the steps."""

from labelers.uct.labeler import UCT

__all__ = ["UCT"]

"""OmegaPRM: a tree of probed prefixes, grown by binary search (Luo et al., 2406.06592 v2)."""

from labelers.omega_prm.labeler import OmegaPRM

__all__ = ["OmegaPRM"]

"""Which rows a model is validated on: a problem's all or none."""

import hashlib
from typing import Literal

Split = Literal["train", "validation"]
SPLITS: tuple[Split, ...] = ("train", "validation")


def split_of(problem_id: str, validation_ratio: float) -> Split:
    """Return the split of a problem: the same in every run, machine and export."""
    digest = hashlib.sha256(problem_id.encode()).digest()
    share = int.from_bytes(digest[:8], "big") / 2**64
    return "validation" if share < validation_ratio else "train"

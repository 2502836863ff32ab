"""Which samples solutions came from: what a model has learnt from, told apart from what it judges.

A solution that a policy sampled is a function of policy, prompt, sampling and seed, whichever run
asked for it; these name its origin. One that an active selection took keeps its origin in the id
under which it is labelled.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from schemas.arrow import stamped

ORIGIN_COLUMNS = ("policy", "prompt", "temperature", "top_p", "top_k", "max_tokens", "stop", "seed")
"""Columns of `solutions` that name the origin of a sampled one."""
_SELECTED = re.compile(r"active:(\d+):([0-9a-f]{16}):(.+):(\d+)")

LEARNT: pa.Schema = stamped(
    [
        pa.field("problem_id", pa.string(), nullable=False),
        pa.field("origin", pa.string(), nullable=False),
        pa.field("generation", pa.int32(), nullable=False),
    ],
    b"stepmint_table",
    "learnt",
)
"""A row a problem and origin of whose solutions a model learnt."""


@dataclass(frozen=True, slots=True, order=True)
class Learnt:
    """Samples of one problem."""

    problem_id: str
    origin: str
    """16 hex digits."""
    generation: int
    """That of the active selection they were in, from 1; 0: of none."""


def origin_of(cells: Mapping[str, Any]) -> str:
    """Return the origin of what was sampled as `ORIGIN_COLUMNS` say."""
    text = json.dumps([cells[name] for name in ORIGIN_COLUMNS])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def selected_id(one: Learnt, solution_index: int) -> str:
    """Return the id of a solution that an active selection took."""
    return f"active:{one.generation}:{one.origin}:{one.problem_id}:{solution_index}"


def learnt_of(cells: Mapping[str, Any]) -> Learnt | None:
    """Return the samples that a row of `solutions` is of; None: of nothing a policy of ours wrote.

    `cells` has `problem_id`, `given_id` and `ORIGIN_COLUMNS`.
    """
    if cells["given_id"] is not None:
        found = _SELECTED.fullmatch(cells["given_id"])
        return found and Learnt(found[3], found[2], int(found[1]))
    if cells["temperature"] is None:  # an import
        return None
    return Learnt(cells["problem_id"], origin_of(cells), 0)

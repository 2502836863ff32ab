"""The products of recipes as declared Arrow schemas.

attempts        every sampled or rationalised solution of a round, kept or not, and why not
votes           per problem the answers of its solutions, grouped by the verifier, with counts
never_solved    problems that no round has solved, with what was tried
sft, pairs      training rows, in TRL's prompt-completion and preference form

`sft` and `pairs` come in two forms: the prompt is a text, or chat turns, as the policy was asked.
"""

from collections.abc import Mapping
from typing import Literal, get_args

import pyarrow as pa

from schemas.arrow import TURNS, stamped
from schemas.rollouts import Sampling

ProductName = Literal["attempts", "votes", "never_solved", "sft", "pairs"]
Origin = Literal["self", "rationalised"]
"""Whether the policy solved the problem by itself or was told the answer."""

_INT, _LONG, _TEXT, _REAL, _BOOL = (
    pa.int32(),
    pa.int64(),
    pa.string(),
    pa.float64(),
    pa.bool_(),
)
VOTE: pa.DataType = pa.struct(
    [
        ("answer", _TEXT),
        ("spellings", pa.list_(_TEXT)),
        ("count", _INT),
        ("outcome", _TEXT),
    ]
)
"""Answers that the verifier finds equal, how many state them, and the verdict on them."""

_ASKED = {"problem_id": _TEXT, "question": _TEXT, "answer": _TEXT}
_SAMPLING = {
    "policy": _TEXT,
    "prompt": _TEXT,
    "temperature": _REAL,
    "top_p": _REAL,
    "top_k": _INT,
    "max_tokens": _INT,
}
"""How the policy was asked; nulls where rollouts of several runs vote."""
_COLUMNS: Mapping[ProductName, Mapping[str, pa.DataType]] = {
    "attempts": {
        **_ASKED,
        "round": _INT,
        "origin": _TEXT,
        "hint_kind": _TEXT,
        "sample_index": _INT,
        "seed": _LONG,
        **_SAMPLING,
        "text": _TEXT,
        "finish_reason": _TEXT,
        "extracted": _TEXT,
        "outcome": _TEXT,
        "prompt_tokens": _INT,
        "completion_tokens": _INT,
        "kept": _BOOL,
        "refused": _TEXT,
        "reference_share": _REAL,
    },
    "votes": {
        **_ASKED,
        **_SAMPLING,
        "solutions": _INT,
        "votes": _INT,
        "no_answer": _INT,
        "truncated": _INT,
        "classes": pa.list_(VOTE),
        "majority": _TEXT,
        "majority_outcome": _TEXT,
        "majority_count": _INT,
        "majority_share": _REAL,
        "tied": _BOOL,
        "entropy": _REAL,
        "correct": _INT,
        "decided": _INT,
        "completion_tokens": _INT,
    },
    "never_solved": {**_ASKED, "attempts": _INT, "rationales": _INT, "majority": _TEXT},
    "sft": {
        "prompt": _TEXT,
        "completion": _TEXT,
        "problem_id": _TEXT,
        "round": _INT,
        "origin": _TEXT,
        "sample_index": _INT,
    },
    "pairs": {
        "prompt": _TEXT,
        "chosen": _TEXT,
        "rejected": _TEXT,
        "problem_id": _TEXT,
        **dict.fromkeys(("chosen_round", "chosen_index", "rejected_round", "rejected_index"), _INT),
    },
}
_SAID = ("prompt", "completion", "chosen", "rejected")
PRODUCTS: tuple[ProductName, ...] = get_args(ProductName)


def product_schema(product: ProductName, *, chat: bool = False) -> pa.Schema:
    """Return the schema of a product; training rows have turns for texts where `chat`."""
    training = chat and product in ("sft", "pairs")
    columns = [
        pa.field(name, TURNS if training and name in _SAID else kind)
        for name, kind in _COLUMNS[product].items()
    ]
    return stamped(columns, b"stepmint_product", product)


def sampling_cells(policy: str, prompt: str, sampling: Sampling) -> dict[str, object]:
    """Return the cells that say how the policy was asked."""
    values = sampling.model_dump(include={"temperature", "top_p", "top_k", "max_tokens"})
    return {"policy": policy, "prompt": prompt, **values}

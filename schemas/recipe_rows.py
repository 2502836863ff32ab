"""The products of recipes as declared Arrow schemas.

attempts        every sampled or rationalised solution of a round, kept or not, and why not
votes           per problem the answers of its solutions, grouped by the verifier, with counts
never_solved    problems that no round has solved, with what was tried
choices         per problem the candidates of best of N, who chose which, and the verdicts
siblings        per step the alternatives of step-wise best of N, and which was chosen
walks           per problem the solution that was written so, and how it ended
probes          whole solutions that go on from each alternative, for a run that labels them
refinements     per round of self-refine a draft, its feedback and the revision, with verdicts
workflow        per problem a plan, its sub-tasks, their results and the final solution
graded          the grades of a pool's solutions
pool            a pool of solutions with scores, ranks, and which were selected
active_selection    those that were, as a labelling run takes them
sft, pairs, step_pairs    training rows, in TRL's prompt-completion and preference form

Of rStar:

samples         every completion of the search, voters too
grown           the trees as the search left them, before gold was looked at
tree            an edge a row: what an action wrote, its votes, N and Q by agreement, and by gold
trajectories    ways through the tree with their typed steps
candidates      a tree's distinct whole solutions, whether kept by mutual consistency, and why
masks           what the second policy wrote behind each cut of a candidate
winners         what was chosen of a problem's candidates, beside the vote and the best there was
top_traces      training rows: rStar-Math's choice of right solutions by Q

Training rows come in two forms: the prompt is a text, or chat turns, as the policy was asked.
"""

from collections.abc import Mapping
from typing import Literal, get_args

import pyarrow as pa

from schemas.arrow import EVIDENCE, PRODUCT_KEY, TURNS, stamped
from schemas.rollouts import Sampling

ProductName = Literal[
    "attempts",
    "votes",
    "never_solved",
    "choices",
    "siblings",
    "walks",
    "probes",
    "refinements",
    "workflow",
    "graded",
    "pool",
    "active_selection",
    "sft",
    "pairs",
    "step_pairs",
    "samples",
    "grown",
    "tree",
    "trajectories",
    "candidates",
    "masks",
    "winners",
    "top_traces",
]
Origin = Literal["self", "rationalised", "revised"]
"""Whether the policy solved the problem by itself, was told the answer, or revised a draft."""

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

_WRITTEN: Mapping[str, pa.DataType] = {
    "seed": _LONG,
    "text": _TEXT,
    "finish_reason": _TEXT,
    "prompt_tokens": _INT,
    "completion_tokens": _INT,
}
"""One completion."""
_JUDGED: Mapping[str, pa.DataType] = {"extracted": _TEXT, "outcome": _TEXT}
CANDIDATE: pa.DataType = pa.struct(
    [*_WRITTEN.items(), *_JUDGED.items(), ("answer_number", _INT), ("score", _REAL)]
)
"""Sample i in place i; equal answers have one number; the score is a reward model's."""
CHOOSING: Mapping[str, pa.DataType] = {
    "chooser": _TEXT,
    "chooser_template": _TEXT,
    "prm": _TEXT,
    "chooser_prompt": TURNS,
    "shown": pa.list_(_INT),
    "replies": pa.list_(
        pa.struct([*_WRITTEN.items(), ("temperature", _REAL), ("named", _INT), ("unread", _TEXT)])
    ),
    "chosen_index": _INT,
    "unread": _TEXT,
}
"""Who chose: what was shown in which order, what was replied and what was read in it."""
ALTERNATIVE: pa.DataType = pa.struct(
    [
        ("text", _TEXT),
        ("end", _TEXT),
        ("seed", _LONG),
        ("completion_tokens", _INT),
        ("logprob", _REAL),
        ("score", _REAL),
        ("evidence", EVIDENCE),
    ]
)
"""Sample i of a step in place i; `logprob` is the mean of a token."""

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
_VOTED = {"votes": pa.list_(VOTE), "samples": _INT, "truncated": _INT, "value": _REAL}
"""Classes of answers; all samples, those cut at their limit; the share of the votes for the answer
told, of the samples that were not cut."""
STEP: pa.DataType = pa.struct(
    [("type", _TEXT), ("subquestion", _TEXT), ("text", _TEXT), *_VOTED.items()]
)
"""What one action of a way wrote."""
_GROWN = {
    "problem_id": _TEXT,
    "node": _INT,
    "parent": _INT,
    "depth": _INT,
    "action": _TEXT,
    "subquestion": _TEXT,
    "text": _TEXT,
    "solution": _TEXT,
    "times": _INT,
    **_VOTED,
    "answer": _TEXT,
    "terminal": _BOOL,
    "visits": _INT,
    "reward_sum": _REAL,
    "q_value": _REAL,
    "ways": pa.list_(_INT),
}
"""An edge of a tree without what gold says of it."""
_POOL = {
    "problem_id": _TEXT,
    "solution_index": _INT,
    "generation": _INT,
    **_SAMPLING,
    "seed": _LONG,
    "finish_reason": _TEXT,
    "extracted": _TEXT,
    "prompt_tokens": _INT,
    "completion_tokens": _INT,
    "times": _INT,
    "outcome": _TEXT,
    "grades": pa.list_(_REAL),
    "score": _REAL,
    "prm": _TEXT,
    "suspect_gold": _BOOL,
    "rank_among_wrong": _INT,
    "selected_by": _TEXT,
}
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
    "choices": {
        **_ASKED,
        **_SAMPLING,
        "candidates": pa.list_(CANDIDATE),
        **CHOOSING,
        "chosen_outcome": _TEXT,
        "majority_index": _INT,
        "majority_outcome": _TEXT,
        "majority_count": _INT,
        "oracle_index": _INT,
        "correct": _INT,
        "decided": _INT,
        "completion_tokens": _INT,
        "chooser_tokens": _INT,
        "prm_tokens": _INT,
    },
    "siblings": {
        **_ASKED,
        **_SAMPLING,
        "step_index": _INT,
        "prefix": pa.list_(_TEXT),
        "prefix_key": _TEXT,
        "alternatives": pa.list_(ALTERNATIVE),
        **CHOOSING,
        "solution_outcome": _TEXT,
    },
    "walks": {
        **_ASKED,
        **_SAMPLING,
        "steps": pa.list_(_TEXT),
        "ended": _TEXT,
        **_JUDGED,
        "completion_tokens": _INT,
        "prm_tokens": _INT,
    },
    "probes": {
        "id": _TEXT,
        "question": _TEXT,
        "answer": _TEXT,
        "steps": pa.list_(_TEXT),
        "problem_id": _TEXT,
        "step_index": _INT,
        "alternative": _INT,
    },
    "refinements": {
        **_ASKED,
        **_SAMPLING,
        "feedback_template": _TEXT,
        "revise_template": _TEXT,
        "round": _INT,
        "draft": pa.struct([*_WRITTEN.items(), *_JUDGED.items()]),
        "feedback": pa.struct([*_WRITTEN.items()]),
        "stops": _BOOL,
        "unread": _TEXT,
        "revision": pa.struct([*_WRITTEN.items(), *_JUDGED.items()]),
        "outcome_before": _TEXT,
        "outcome_after": _TEXT,
    },
    "workflow": {
        **_ASKED,
        **_SAMPLING,
        "template": _TEXT,
        "type": _TEXT,
        "index": _INT,
        "task": _TEXT,
        **_WRITTEN,
        "unread": _TEXT,
        **_JUDGED,
        "solution_outcome": _TEXT,
    },
    "never_solved": {**_ASKED, "attempts": _INT, "rationales": _INT, "majority": _TEXT},
    "graded": {
        "problem_id": _TEXT,
        "solution_index": _INT,
        "grades": pa.list_(_REAL),
        "prm_tokens": _INT,
    },
    "pool": _POOL,
    "active_selection": {
        "id": _TEXT,
        "question": _TEXT,
        "answer": _TEXT,
        "steps": pa.list_(_TEXT),
        **_POOL,
    },
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
    "step_pairs": {
        "prompt": _TEXT,
        "chosen": _TEXT,
        "rejected": _TEXT,
        "problem_id": _TEXT,
        "step_index": _INT,
        "chosen_index": _INT,
        "rejected_index": _INT,
        "chooser": _TEXT,
    },
    "samples": {
        "problem_id": _TEXT,
        "part": _TEXT,
        "question": _TEXT,
        "prefix": _TEXT,
        "sample_index": _INT,
        "seed": _LONG,
        **_SAMPLING,
        "text": _TEXT,
        "finish_reason": _TEXT,
        "extracted": _TEXT,
        "prompt_tokens": _INT,
        "completion_tokens": _INT,
    },
    "grown": _GROWN,
    "tree": {
        **_GROWN,
        "outcome": _TEXT,
        "gold_decided": _INT,
        "gold_correct": _INT,
        "gold_q_value": _REAL,
    },
    "trajectories": {
        **_ASKED,
        "trajectory": _INT,
        **_SAMPLING,
        "nodes": pa.list_(_INT),
        "actions": pa.list_(_TEXT),
        "steps": pa.list_(STEP),
        "text": _TEXT,
        "final_answer": _TEXT,
        "terminal": _BOOL,
        "reward": _REAL,
        "outcome": _TEXT,
        "gold_reward": _REAL,
    },
    "candidates": {
        **_ASKED,
        "candidate": _INT,
        **_SAMPLING,
        "text": _TEXT,
        "final_answer": _TEXT,
        "answer_class": _INT,
        "frequency": _INT,
        "nodes": pa.list_(_INT),
        "masks": _INT,
        "agreed": _INT,
        "decided": _INT,
        "kept": _BOOL,
        "outcome": _TEXT,
    },
    "masks": {
        "problem_id": _TEXT,
        "candidate": _INT,
        "share": _REAL,
        **_SAMPLING,
        "seed": _LONG,
        "sample_index": _INT,
        "prefix": _TEXT,
        "completion": _TEXT,
        "finish_reason": _TEXT,
        "extracted": _TEXT,
        "agrees": _BOOL,
        "prompt_tokens": _INT,
        "completion_tokens": _INT,
    },
    "winners": {
        **_ASKED,
        "candidates": _INT,
        "classes": _INT,
        "kept": _INT,
        "by": _TEXT,
        "winner": _INT,
        "winner_answer": _TEXT,
        "winner_score": _REAL,
        "winner_outcome": _TEXT,
        "majority": _INT,
        "majority_answer": _TEXT,
        "majority_share": _REAL,
        "majority_outcome": _TEXT,
        "oracle": _BOOL,
    },
    "top_traces": {
        "prompt": _TEXT,
        "completion": _TEXT,
        "problem_id": _TEXT,
        "candidate": _INT,
        "mean_q": _REAL,
        "min_q": _REAL,
    },
}
_SAID = ("prompt", "completion", "chosen", "rejected")
PRODUCTS: tuple[ProductName, ...] = get_args(ProductName)
_LEARNT: tuple[ProductName, ...] = ("sft", "pairs", "step_pairs", "top_traces")


def product_schema(product: ProductName, *, chat: bool = False) -> pa.Schema:
    """Return the schema of a product; training rows have turns for texts where `chat`."""
    training = chat and product in _LEARNT
    columns = [
        pa.field(name, TURNS if training and name in _SAID else kind)
        for name, kind in _COLUMNS[product].items()
    ]
    return stamped(columns, PRODUCT_KEY, product)


def sampling_cells(policy: str, prompt: str, sampling: Sampling) -> dict[str, object]:
    """Return the cells that say how the policy was asked."""
    values = sampling.model_dump(include={"temperature", "top_p", "top_k", "max_tokens"})
    return {"policy": policy, "prompt": prompt, **values}

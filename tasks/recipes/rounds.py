"""What a round of STaR comes to: attempts, rows to learn from, pairs, problems never solved.

Pure: rollouts and rows come in, rows go out.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from exporters.preference import in_turns
from rollouts import PromptTemplate
from rollouts.hinting import leaked_share, leans_on_hint
from rollouts.voting import answer_classes
from schemas import FAILED, Outcome, Problem, Rollout
from schemas.recipe_rows import Origin
from tasks.recipes.cells import prompt_cell, reply_cell
from verification.cascade import Cascade

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """How the attempts of one stage came about."""

    round: int
    origin: Origin
    cells: Row
    """Policy, prompt and sampling (schemas/recipe_rows.py)."""


def attempt(problem: Problem, rollout: Rollout, asked: Asked) -> Row:
    """Return the row of one attempt: kept where its answer is right and no rule refuses it."""
    completion, verdict = rollout.completion, rollout.verdict
    hinted = asked.origin == "rationalised"
    right = verdict.outcome is Outcome.CORRECT
    refused = ""
    if hinted and right:
        refused = leans_on_hint(rollout.text, problem.answer, question=problem.question)
    if right and not rollout.text.strip():
        refused = "it is blank"
    return {
        "problem_id": problem.id,
        "question": problem.question,
        "answer": problem.answer,
        "round": asked.round,
        "origin": asked.origin,
        "hint_kind": "final_answer" if hinted else "",
        "sample_index": rollout.sample_index,
        "seed": completion.seed,
        **asked.cells,
        "text": rollout.text,
        "finish_reason": completion.finish_reason,
        "extracted": verdict.extracted,
        "outcome": verdict.outcome.value,
        "prompt_tokens": completion.prompt_tokens,
        "completion_tokens": completion.completion_tokens,
        "kept": right and not refused,
        "refused": refused,
        "reference_share": leaked_share(rollout.text, problem.solution) if hinted else None,
    }


def sft_rows(
    problems: Mapping[str, Problem],
    attempts: Sequence[Row],
    template: PromptTemplate,
    *,
    most: int | None,
) -> Iterator[Row]:
    """Yield rows to learn from of what was kept; the prompt is the one without a hint.

    Equal texts of a problem make one row; `most` is the most rows of a problem.
    """
    taken: dict[str, set[str]] = {}
    for one in attempts:
        texts = taken.setdefault(one["problem_id"], set())
        text = one["text"].strip()
        if not one["kept"] or text in texts or (most is not None and len(texts) >= most):
            continue
        texts.add(text)
        prompt = template.render(problems[one["problem_id"]])
        yield {
            "prompt": prompt_cell(prompt),
            "completion": reply_cell(prompt, text),
            **{name: one[name] for name in ("problem_id", "round", "origin", "sample_index")},
        }


def pair_rows(
    problems: Mapping[str, Problem],
    attempts: Sequence[Row],
    template: PromptTemplate,
    *,
    most: int,
    seed: int,
) -> Iterator[Row]:
    """Yield pairs of a right and a wrong solution of one problem, `most` at most of each problem.

    Only what the policy wrote by itself: a rationale is no draw of the policy that a verifier will
    see. Each solution meets another before one is taken twice; the order is drawn by the seed.
    """
    by_problem: dict[str, list[Row]] = {}
    for one in attempts:
        if one["origin"] == "self":
            by_problem.setdefault(one["problem_id"], []).append(one)
    for problem_id, ours in by_problem.items():
        rng = random.Random(f"{seed}/pairs/{problem_id}")
        right = _distinct(ours, frozenset({Outcome.CORRECT}))
        wrong = _distinct(ours, FAILED)
        rng.shuffle(right)
        rng.shuffle(wrong)
        if not right or not wrong:
            continue
        prompt = template.render(problems[problem_id])
        for chosen, rejected in in_turns(right, wrong, most):
            yield {
                "prompt": prompt_cell(prompt),
                "chosen": reply_cell(prompt, chosen["text"].strip()),
                "rejected": reply_cell(prompt, rejected["text"].strip()),
                "problem_id": problem_id,
                "chosen_round": chosen["round"],
                "chosen_index": chosen["sample_index"],
                "rejected_round": rejected["round"],
                "rejected_index": rejected["sample_index"],
            }


def never_solved(
    problems: Sequence[Problem], attempts: Sequence[Row], cascade: Cascade
) -> Iterator[Row]:
    """Yield the problems of which nothing was kept, with what was tried and what most answers say.

    A gold answer that is wrong looks like this, too.
    """
    by_problem: dict[str, list[Row]] = {}
    for one in attempts:
        by_problem.setdefault(one["problem_id"], []).append(one)
    for problem in problems:
        ours = by_problem.get(problem.id, [])
        if any(one["kept"] for one in ours):
            continue
        own = [one for one in ours if one["origin"] == "self"]
        answers = [one["extracted"] for one in own if one["extracted"]]
        classes = answer_classes(answers, cascade, options=problem.options, most=16)
        yield {
            "problem_id": problem.id,
            "question": problem.question,
            "answer": problem.answer,
            "attempts": len(own),
            "rationales": len(ours) - len(own),
            "majority": classes[0].answer if classes else None,
        }


def _distinct(attempts: Sequence[Row], outcomes: frozenset[str]) -> list[Row]:
    """Return the first of attempts with equal texts that came out so; blank ones are none."""
    texts: dict[str, Row] = {}
    for one in attempts:
        if one["outcome"] in outcomes and one["text"].strip():
            texts.setdefault(one["text"].strip(), one)
    return list(texts.values())

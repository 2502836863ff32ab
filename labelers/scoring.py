r"""What scoring passes of the policy say of a solution's steps; no completion is paid for.

*Regret*, one pass over the whole solution: per step, the sum over its tokens of
log p(likeliest token) - log p(token). A step that the policy would have written otherwise is more
often a slip; a step that it finds likeliest may be wrong all the same.

*Net information* (MCNIG, 2603.17815), one pass per prefix and answer. With C the right and W the
wrong answers among the question's rollouts, and s_<=i the first i steps,

    NetInfo_i = max_(y in C) log P(y | q, s_<=i) - max_(y in W) log P(y | q, s_<=i)
    MCNIG_i   = NetInfo_i - NetInfo_0

An answer is scored in the form in which the rollouts state theirs: the commonest of their last
lines, with this answer in place of their own, so that no answer is likelier for its wording.
"""

import asyncio
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import isfinite

from labelers.solutions import Solution
from rollouts.seam import Rollouts
from schemas import ROOT, Continuation, Outcome, Prefix, Rollout, Score


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """Right and wrong answers to one question, written as its rollouts write them."""

    right: tuple[str, ...]
    wrong: tuple[str, ...]


def answers(gold: str, rollouts: Sequence[Rollout], *, most: int) -> Answers | None:
    """Return the `most` commonest right and wrong answers among the question's rollouts.

    The gold answer stands in where none was right. None where none was wrong, or none states its
    answer in its last line: there is nothing to compare.
    """
    stated = [one for one in rollouts if one.verdict.extracted]
    form = _form(stated)
    if form is None:
        return None
    right = _commonest(stated, {Outcome.CORRECT}, most) or (gold,)
    wrong = _commonest(stated, {Outcome.INCORRECT}, most)
    if not wrong:
        return None
    return Answers(
        right=tuple(_written(form, one) for one in right),
        wrong=tuple(_written(form, one) for one in wrong),
    )


async def net_information(
    rollouts: Rollouts, prefixes: Sequence[Prefix], known: Answers
) -> tuple[float | None, ...]:
    """Return MCNIG of each prefix, in nats; all prefixes and the question at the same time.

    None where the context has no room for a right and a wrong answer.
    """
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(_net(rollouts, prefix, known)) for prefix in (ROOT, *prefixes)]
    base, *found = (task.result() for task in tasks)
    return tuple(None if one is None or base is None else one - base for one in found)


async def regret(rollouts: Rollouts, solution: Solution) -> tuple[float | None, ...]:
    """Return the regret of each step, in nats; None for steps the context had no room to score."""
    text = solution.rollout.text
    told = Continuation(text=text, tokens=solution.rollout.completion.tokens)
    score = (await rollouts.score(ROOT, [told]))[0]
    ends = list(accumulate(len(step) for step in solution.prefixes[-1].steps))
    return step_regret(score, ends)


def step_regret(score: Score, ends: Sequence[int]) -> tuple[float | None, ...]:
    """Return what each step's tokens fall behind the likeliest; `ends`: where steps end.

    A token counts for the step in which it ends.
    """
    totals = [0.0] * len(ends)
    reached = score.ends[-1] if score.ends else 0
    for logprob, best, end in zip(score.logprobs, score.best, score.ends, strict=True):
        totals[min(bisect_left(ends, end), len(ends) - 1)] += max(best - logprob, 0.0)
    return tuple(
        total if end <= reached and isfinite(total) else None
        for total, end in zip(totals, ends, strict=True)
    )


async def _net(rollouts: Rollouts, prefix: Prefix, known: Answers) -> float | None:
    """Return how much likelier the likeliest right answer is; None where a side has no room."""
    every = (*known.right, *known.wrong)
    scores = await rollouts.score(prefix, [Continuation(text=one) for one in every])
    room = [
        one.covers(text) and isfinite(one.logprob) for one, text in zip(scores, every, strict=True)
    ]
    count = len(known.right)
    right = [one.logprob for one, fits in zip(scores[:count], room[:count], strict=True) if fits]
    wrong = [one.logprob for one, fits in zip(scores[count:], room[count:], strict=True) if fits]
    return max(right) - max(wrong) if right and wrong else None


def _form(rollouts: Sequence[Rollout]) -> tuple[str, str] | None:
    """Return what stands before and behind the answer in the commonest last line."""
    cut = (_around(_last_line(one.text), one.verdict.extracted or "") for one in rollouts)
    forms = Counter(form for form in cut if form is not None)
    return min(forms, key=lambda form: (-forms[form], form)) if forms else None


def _around(line: str, answer: str) -> tuple[str, str] | None:
    """Return what stands around the answer where it stands last as a word of its own."""
    end = len(line)
    while answer and (at := line.rfind(answer, 0, end)) >= 0:
        before, after = line[:at], line[at + len(answer) :]
        if not before[-1:].isalnum() and not after[:1].isalnum():
            return before, after
        end = at + len(answer) - 1
    return None


def _last_line(text: str) -> str:
    return text.rstrip().rpartition("\n")[2]


def _commonest(rollouts: Sequence[Rollout], outcomes: set[Outcome], most: int) -> tuple[str, ...]:
    counts = Counter(
        one.verdict.extracted or "" for one in rollouts if one.verdict.outcome in outcomes
    )
    return tuple(sorted(counts, key=lambda answer: (-counts[answer], answer))[:most])


def _written(form: tuple[str, str], answer: str) -> str:
    return f"{form[0]}{answer}{form[1]}"

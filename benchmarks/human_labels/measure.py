"""What a labeler says of marked solutions, beside what people say, and at what cost."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.human_labels.sets import Marked
from benchmarks.label_truth.figures import Figure, figures
from benchmarks.label_truth.measure import Judged
from benchmarks.label_truth.meter import Spent
from schemas import Outcome
from stepmint import StepLabeler, StepLabels


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One labeler's figures on one set."""

    name: str
    figures: dict[str, Figure]
    set_aside: int
    """Solutions that it could not label at all; they count as abstentions."""
    verdicts: int
    """Solutions of which the set says whether the final answer is right ..."""
    verdicts_same: int
    """... and of these, the ones where our verifier says the same."""


async def measured(name: str, mint: StepLabeler, marked: Sequence[Marked], *, seed: int) -> Line:
    """Label the solutions and set what is said beside people's labels."""
    told = await mint.label_many([(one.question, one.steps, one.gold) for one in marked])
    pairs = list(zip(marked, told, strict=True))
    shares = Counter(one.question for one in marked)
    judged = [_judged(one, labels, sharing=shares[one.question]) for one, labels in pairs]
    finals = [
        one.final == (labels.solution.outcome is Outcome.CORRECT)
        for one, labels in pairs
        if one.final is not None and labels.solution is not None
    ]
    return Line(
        name=name,
        figures=figures(judged, seed=seed),
        set_aside=sum(bool(labels.set_aside) for labels in told),
        verdicts=len(finals),
        verdicts_same=sum(finals),
    )


def _judged(one: Marked, told: StepLabels, *, sharing: int) -> Judged:
    """Return one solution's row; what a problem costs is shared out among its solutions."""
    costs = told.costs
    spent = Spent(
        rollouts=costs.rollouts,
        completion_tokens=costs.completion_tokens,
        prompt_tokens=costs.prompt_tokens,
        scored_tokens=costs.scored_tokens,
    )
    posterior = told.solution.posterior if told.solution else ()
    likeliest = posterior.index(max(posterior)) if posterior else None
    return Judged(
        case=one.question,
        truth=one.truth,
        kind="",
        final=bool(one.final),
        said=told.first_error,
        said_again=None,
        confidence=max(posterior) if posterior else None,
        likeliest=-1 if likeliest == len(posterior) - 1 else likeliest,
        spent=spent / sharing,
        solution_tokens=max(len("".join(one.steps)) // 4, 1),
    )

"""Self-refine (2303.17651; as the o1 comparative study has it, 2410.13639): draft and revise.

Neither feedback nor its end knows whether an answer is right: a refinement that ends once gold says
so measures gold (2310.01798). Verdicts before and after stand in the rows, and what became of right
and wrong drafts in the counts of each round.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from pydantic import Field

from rollouts import PromptTemplate, load_template
from rollouts.prompts import in_mode_of
from rollouts.refining import load_feedback_template, load_revision_template
from rollouts.steps import Newline
from schemas import DECIDED, Completion, Outcome, Problem, Verdict
from schemas.recipe_folder import RecipeFolder
from schemas.recipe_rows import ProductName
from search.asking import Asked, Manner
from search.refining import Refining, Round
from tasks.recipes.board import RecipeBoard
from tasks.recipes.by_problem import Around, Made, by_problem
from tasks.recipes.cells import (
    asked_cells,
    judged_cells,
    prompt_cell,
    reply_cell,
    right,
    verdicts_on,
    written_cells,
)
from tasks.recipes.folder import Row
from tasks.recipes.settings import SolvingSettings
from tasks.record_folder import update

_OF_ROUND = re.compile(r"(\d+)/(.*)")


class SelfRefine(SolvingSettings):
    """Self-refine: the policy reviews its own draft, and revises it by what it said."""

    kind: Literal["self_refine"] = "self_refine"
    rounds: int = Field(default=3, ge=1, le=16)
    """Revisions of a draft at most; the study's is 3."""
    feedback_prompt: str = "feedback"
    """The template that asks what is wrong with {{ draft }}; chat or plain text as the prompt is.
    Feedback whose last line is `Nothing to correct.` ends the refinement."""
    revise_prompt: str = "revise"
    """The template of what stands for the question where a revision is asked for; it shows
    {{ draft }} and {{ feedback }}."""

    @property
    def templates(self) -> tuple[PromptTemplate, PromptTemplate, PromptTemplate]:
        """The templates for solutions, for feedback and for revisions."""
        solving = load_template(self.prompt)
        feedback = in_mode_of(solving, load_feedback_template(self.feedback_prompt))
        return solving, feedback, load_revision_template(self.revise_prompt)

    def shaping(self) -> dict[str, Any]:
        """Return the fields that shape rows, the prompt templates by their content."""
        _, feedback, revise = self.templates
        more = {"feedback_prompt": feedback.version, "revise_prompt": revise.version}
        return super().shaping() | more

    async def make(self, made: RecipeFolder, board: RecipeBoard) -> dict[str, Any]:
        """Write `refinements/` and `sft/`; record what became of drafts in each round."""
        solving, feedback, revise = self.templates
        manner = Manner(
            template=solving,
            sampling=self.sampling,
            splitter=Newline(),  # nothing is cut
            pause=(),
            seed=self.seed,
        )
        refining = Refining(
            solving=solving,
            feedback=feedback,
            revise=revise,
            sampling=self.sampling,
            rounds=self.rounds,
        )
        counts = await by_problem(made, self, board, _Refined(refining=refining), manner=manner)
        rounds: dict[int, dict[str, int]] = {}
        for name in list(counts):
            if found := _OF_ROUND.fullmatch(name):
                number = int(found[1])
                rounds.setdefault(number, {"round": number})[found[2]] = counts.pop(name)
        update(made, {"rounds": [rounds[number] for number in sorted(rounds)]})
        return counts

    def last_words(self, made: RecipeFolder) -> list[str]:
        """Return where the rows lie."""
        return [
            f"drafts, feedback and revisions, a row a round: {made.path / 'refinements'}",
            f"revisions of wrong drafts that are right, to learn from: {made.path / 'sft'}",
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Refined:
    """Refines, and makes rows of it."""

    products: ClassVar[tuple[ProductName, ...]] = ("refinements", "sft")

    refining: Refining

    async def explore(self, asked: Asked) -> list[Round]:
        """Refine the first draft."""
        return await self.refining.refined(asked)

    async def made(self, problem: Problem, found: list[Round], around: Around) -> Made:
        """Judge all drafts and revisions, each once."""
        last = found[-1].revision
        texts = [one.draft for one in found] + ([last] if last else [])
        verdicts = await verdicts_on(around.judge, problem, texts)
        pairs = list(zip(found, verdicts, [*verdicts[1:], None], strict=False))
        about = {
            **asked_cells(problem),
            **around.cells,
            "feedback_template": self.refining.feedback.version,
            "revise_template": self.refining.revise.version,
        }
        rows = [
            {**about, **_round_cells(number, *pair)} for number, pair in enumerate(pairs, start=1)
        ]
        counts = Counter(
            drafts_correct=int(right(verdicts[0].outcome)),
            refined_correct=int(right(verdicts[-1].outcome)),
        )
        for number, (one, before, after) in enumerate(pairs, start=1):
            counts.update(f"{number}/{name}" for name in _told(one, before, after))
        learnt = list(_sft_rows(problem, pairs))
        counts["sft_rows"] = len(learnt)
        return Made(rows={"refinements": rows, "sft": learnt}, counts=counts)


def _round_cells(number: int, one: Round, before: Verdict, after: Verdict | None) -> Row:
    return {
        "round": number,
        "draft": _solution(one.draft, before),
        "feedback": written_cells(one.feedback) if one.feedback else None,
        "stops": one.stops,
        "unread": one.unread,
        "revision": _solution(one.revision, after) if one.revision and after else None,
        "outcome_before": before.outcome.value,
        "outcome_after": after.outcome.value if one.revision and after else None,
    }


def _solution(text: Completion, verdict: Verdict) -> Row:
    return {**written_cells(text), **judged_cells(verdict)}


def _told(one: Round, before: Verdict, after: Verdict | None) -> Iterator[str]:
    """Yield what a round counts: what became of the draft."""
    yield "drafts"
    if one.unread:
        yield f"ended: {one.unread}"
    elif one.stops:
        yield f"nothing to correct, {_called(before.outcome)}"
    elif after is not None:
        yield f"{_called(before.outcome)} to {_called(after.outcome)}"


def _called(outcome: Outcome) -> str:
    if outcome is Outcome.CORRECT:
        return "right"
    return "wrong" if outcome in DECIDED else "not judged"


def _sft_rows(
    problem: Problem, pairs: Sequence[tuple[Round, Verdict, Verdict | None]]
) -> Iterator[Mapping[str, Any]]:
    """Yield revisions that put a wrong draft right."""
    for number, (one, before, after) in enumerate(pairs, start=1):
        if one.prompt is None or one.revision is None or after is None:
            continue
        if before.outcome in DECIDED and not right(before.outcome) and right(after.outcome):
            yield {
                "prompt": prompt_cell(one.prompt),
                "completion": reply_cell(one.prompt, one.revision.text.strip()),
                "problem_id": problem.id,
                "round": number,
                "origin": "revised",
                "sample_index": 0,
            }

"""Best of N as the o1 comparative study has it (2410.13639): who wrote the solutions chooses one.

The study's code has the model write out the solution it finds most correct; here it names one. What
a vote and what gold would choose of the same candidates stands beside.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from pydantic import Field, model_validator

from rollouts import AnySplitter, load_template
from rollouts.steps import BlankLine
from schemas import DECIDED, Completion, Outcome, Problem
from schemas.recipe_folder import RecipeFolder
from schemas.recipe_rows import ProductName
from search.answers import numbered
from search.asking import Asked, Manner
from search.choosing import Alternative, Picked, Picker
from search.selectors import Ballot, majority
from tasks.recipes.board import RecipeBoard
from tasks.recipes.by_problem import Around, Made, by_problem
from tasks.recipes.cells import (
    asked_cells,
    choosing_cells,
    judged_cells,
    picked_counts,
    right,
    verdicts_on,
    written_cells,
)
from tasks.recipes.choosers import AnyChooser, SelfChooser, picker, prm_of, shaping_of
from tasks.recipes.settings import SolvingSettings, samples_differ


class BestOfNChoice(SolvingSettings):
    """Best of N: the policy, or a process reward model, chooses one of N solutions."""

    kind: Literal["best_of_n"] = "best_of_n"
    samples: int = Field(default=8, ge=2)
    """N: solutions of each problem. The study has 4 and 8."""
    chooser: AnyChooser = SelfChooser()
    """Who chooses; a vote of the answers stands beside in any case."""
    splitter: AnySplitter = BlankLine()
    """How a reward model's steps are cut; where it is not named, the prompt's."""

    @model_validator(mode="after")
    def _samples_differ(self) -> "BestOfNChoice":
        samples_differ(self, self.samples)
        return self

    def shaping(self) -> dict[str, Any]:
        """Return the fields that shape rows, the prompt templates by their content."""
        solving = load_template(self.prompt)
        chooser = shaping_of(self.chooser, solving, stepwise=False)
        return super().shaping() | {"chooser": chooser}

    async def make(self, made: RecipeFolder, board: RecipeBoard) -> dict[str, Any]:
        """Write `choices/`."""
        template = load_template(self.prompt)
        chooser = picker(self.chooser, template, stepwise=False, seed=self.seed)
        manner = Manner(
            template=template,
            sampling=self.sampling,
            splitter=self.splitter,
            pause=(),
            seed=self.seed,
        )
        return await by_problem(
            made,
            self,
            board,
            _Choosing(samples=self.samples, picker=chooser),
            manner=manner,
            prm=prm_of(self.chooser),
        )

    def last_words(self, made: RecipeFolder) -> list[str]:
        """Return where the choices lie."""
        return [f"candidates and choices, a row a problem: {made.path / 'choices'}"]


@dataclass(frozen=True, slots=True)
class _Found:
    """The candidates of a problem, and which was chosen."""

    candidates: Sequence[Completion]
    picked: Picked
    prm_tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Choosing:
    """Samples and chooses."""

    products: ClassVar[tuple[ProductName, ...]] = ("choices",)

    samples: int
    picker: Picker

    async def explore(self, asked: Asked) -> _Found:
        """Sample the candidates and have one of those that ended by themselves chosen."""
        candidates = await asked.drawn((), count=self.samples)
        picked = await self.picker.pick(
            asked,
            [
                Alternative(place=place, text=one.text)
                for place, one in enumerate(candidates)
                if _whole(one)
            ],
            before=None,
        )
        return _Found(candidates, picked, asked.tally.prm_tokens)

    async def made(self, problem: Problem, found: _Found, around: Around) -> Made:
        """Judge all candidates, and let their answers vote."""
        verdicts = await verdicts_on(around.judge, problem, found.candidates)
        outcomes = [one.outcome.value for one in verdicts]
        texts = [one.text if _whole(one) else "" for one in found.candidates]
        answers = await numbered(around.judge, texts, options=problem.options)
        ballots = [
            Ballot(candidate=place, answer=answer[1], grades=(), steps=0)
            for place, answer in enumerate(answers)
            if answer
        ]
        vote = majority(ballots) if ballots else None
        chosen = found.picked.chosen
        scores = found.picked.score_of
        row = {
            **asked_cells(problem),
            **around.cells,
            "candidates": [
                {
                    **written_cells(one),
                    **judged_cells(verdict),
                    "answer_number": answer and answer[1],
                    "score": scores.get(place),
                }
                for place, (one, verdict, answer) in enumerate(
                    zip(found.candidates, verdicts, answers, strict=True)
                )
            ],
            **choosing_cells(found.picked, self.picker, around.prm),
            "chosen_outcome": None if chosen is None else outcomes[chosen],
            "majority_index": vote and vote.candidate,
            "majority_outcome": vote and outcomes[vote.candidate],
            "majority_count": int(vote.score) if vote else 0,
            "oracle_index": next((at for at, one in enumerate(outcomes) if right(one)), None),
            "correct": outcomes.count(Outcome.CORRECT),
            "decided": sum(outcome in DECIDED for outcome in outcomes),
            "completion_tokens": sum(one.completion_tokens for one in found.candidates),
            "chooser_tokens": sum(one.completion.completion_tokens for one in found.picked.replies),
            "prm_tokens": found.prm_tokens,
        }
        return Made(rows={"choices": [row]}, counts=self._counts(row, found.picked))

    def _counts(self, row: dict[str, Any], picked: Picked) -> Counter[str]:
        counts = Counter(
            candidates=len(row["candidates"]),
            candidates_correct=row["correct"],
            chosen_correct=int(right(row["chosen_outcome"])),
            majority_correct=int(right(row["majority_outcome"])),
            any_correct=int(row["correct"] > 0),
        )
        return counts + picked_counts(picked)


def _whole(one: Completion) -> bool:
    """Tell whether a candidate may be chosen: it ended by itself and says something."""
    return one.finish_reason == "stop" and bool(one.text.strip())

"""Step-wise best of N (2410.13639): of N next steps one is chosen, until the solution ends.

Each set of siblings is a row. The chosen step with each other one makes a preference pair; probed,
each alternative has counts of verdicts behind it, and a whole solution that a run can label.
"""

import asyncio
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from pydantic import Field, model_validator

from rollouts import PromptTemplate, load_template
from rollouts.steps import BlankLine
from schemas import Evidence, Problem, StopRule
from schemas.recipe_folder import RecipeFolder
from schemas.recipe_rows import ProductName
from search.asking import Asked, Manner
from search.choosing import Picker
from search.stepwise import Place, Walk, walked
from tasks.recipes.board import RecipeBoard
from tasks.recipes.by_problem import Around, Made, by_problem
from tasks.recipes.cells import asked_cells, judged_cells, picked_counts, right, verdict_on
from tasks.recipes.choosers import AnyChooser, SelfChooser, picker, prm_of, shaping_of
from tasks.recipes.folder import Row
from tasks.recipes.settings import SolvingSettings, samples_differ
from tasks.recipes.walks import Probes, pair_rows, probe_rows, sibling_rows
from tasks.stepping import Pause, StepSplitter, pauses

_ENDED = {
    "stop": "by itself",
    "length": "at max_tokens",
    "steps": "at most_steps",
    "unread": "nothing was chosen",
}


class StepwiseBestOfN(SolvingSettings):
    """Step-wise best of N: the policy, or a process reward model, chooses each next step."""

    kind: Literal["stepwise_best_of_n"] = "stepwise_best_of_n"
    samples: int = Field(default=4, ge=2)
    """N: alternatives of each step."""
    most_steps: int = Field(default=25, ge=1)
    """Steps of a solution at most; the study's is 25."""
    chooser: AnyChooser = SelfChooser()
    """Who chooses. Where a choice cannot be read, the solution ends there."""
    probes: int = Field(default=0, ge=0)
    """Completions behind each alternative, once the solution has ended: their verdicts are counted
    in the rows of siblings, and the first makes a whole solution for a run that labels it."""
    splitter: StepSplitter = BlankLine()
    """Where one step ends and the next begins; where it is not named, the prompt's."""
    pause: Pause = None
    """Strings at which the policy is stopped, as in a search at test time."""

    @model_validator(mode="after")
    def _samples_differ(self) -> "StepwiseBestOfN":
        samples_differ(self, self.samples)
        return self

    def shaping(self) -> dict[str, Any]:
        """Return the fields that shape rows, the prompt templates by their content."""
        solving = load_template(self.prompt)
        return super().shaping() | {"chooser": shaping_of(self.chooser, solving, stepwise=True)}

    async def make(self, made: RecipeFolder, board: RecipeBoard) -> dict[str, Any]:
        """Write `siblings/`, `walks/`, `step_pairs/` and `probes/`."""
        template = load_template(self.prompt)
        manner = Manner(
            template=template,
            sampling=self.sampling,
            splitter=self.splitter,
            pause=pauses(self.pause, self.splitter),
            seed=self.seed,
        )
        chooser = picker(self.chooser, template, stepwise=True, seed=self.seed)
        work = _Walking(settings=self, template=template, picker=chooser)
        return await by_problem(made, self, board, work, manner=manner, prm=prm_of(self.chooser))

    def last_words(self, made: RecipeFolder) -> list[str]:
        """Return where the rows lie, and what may be done with them."""
        lines = [
            f"alternatives and choices, a row a step: {made.path / 'siblings'}",
            f"preference pairs of steps: {made.path / 'step_pairs'}",
        ]
        probes = made.path / "probes"
        label = f"stepmint label CONFIG --set solutions.kind=file --set solutions.path={probes}"
        return [*lines, *([f"labels of all steps: {label}"] if self.probes else [])]


@dataclass(frozen=True, slots=True)
class _Found:
    """A walk, and what was written behind its alternatives."""

    walk: Walk
    probes: Probes
    tokens: int
    """Of the walk alone."""
    prm_tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Walking:
    """Walks, probes, and makes rows of both."""

    products: ClassVar[tuple[ProductName, ...]] = ("siblings", "walks", "step_pairs", "probes")

    settings: StepwiseBestOfN
    template: PromptTemplate
    picker: Picker

    async def explore(self, asked: Asked) -> _Found:
        """Write a solution step by step; then go on from each alternative."""
        settings = self.settings
        walk = await walked(
            asked, self.picker, samples=settings.samples, most_steps=settings.most_steps
        )
        tokens, prm_tokens = asked.tally.tokens, asked.tally.prm_tokens
        places = walk.alternatives if settings.probes else {}
        async with asyncio.TaskGroup() as group:
            tasks = {
                place: group.create_task(asked.drawn(steps, count=settings.probes))
                for place, steps in places.items()
                if not walk.end_at(place)
            }
        probes = {place: task.result() for place, task in tasks.items()}
        return _Found(walk, probes, tokens, prm_tokens)

    async def made(self, problem: Problem, found: _Found, around: Around) -> Made:
        """Judge the solution, and what is behind each alternative."""
        walk = found.walk
        verdict = await verdict_on(
            around.judge, problem, "".join(walk.steps), finished=walk.ended == "stop"
        )
        evidence = await self._evidence(problem, found, around)
        outcome = verdict.outcome.value
        about = {**asked_cells(problem), **around.cells}
        told = {
            **about,
            "steps": list(walk.steps),
            "ended": walk.ended,
            **judged_cells(verdict),
            "completion_tokens": found.tokens,
            "prm_tokens": found.prm_tokens,
        }
        rows: dict[ProductName, list[Row]] = {
            "siblings": [
                {**about, **row, "solution_outcome": outcome}
                for row in sibling_rows(
                    problem, walk, evidence, self.picker, prm=around.prm, seed=self.settings.seed
                )
            ],
            "walks": [told],
            "step_pairs": list(pair_rows(problem, walk, self.template, self.settings.chooser.kind)),
            "probes": list(probe_rows(problem, walk, found.probes, evidence, self._cut)),
        }
        return Made(rows=rows, counts=self._counts(walk, outcome, rows))

    async def _evidence(
        self, problem: Problem, found: _Found, around: Around
    ) -> Mapping[Place, Evidence]:
        """Count the verdicts behind each alternative, or the one on what ended the solution."""
        if not self.settings.probes:
            return {}
        counted = {}
        for place, steps in found.walk.alternatives.items():
            text, end = "".join(steps), found.walk.end_at(place)
            whole = [(text, end == "stop")]
            if not end:
                probes = found.probes[place]
                whole = [(text + one.text, one.finish_reason == "stop") for one in probes]
            verdicts = [
                await verdict_on(around.judge, problem, one, finished=finished)
                for one, finished in whole
            ]
            rule = StopRule.TERMINAL if end else StopRule.FIXED
            counted[place] = Evidence.of([one.outcome for one in verdicts], rule)
        return counted

    def _cut(self, text: str) -> tuple[str, ...]:
        return self.settings.splitter.split(text)

    def _counts(
        self, walk: Walk, outcome: str, rows: Mapping[ProductName, list[Row]]
    ) -> Counter[str]:
        counts = Counter(
            solutions_correct=int(right(outcome)),
            steps=len(walk.steps),
            step_pairs=len(rows["step_pairs"]),
            probes=len(rows["probes"]),
        )
        counts[f"ended: {_ENDED[walk.ended]}"] += 1
        return sum((picked_counts(one.picked) for one in walk.siblings), counts)

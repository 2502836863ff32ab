"""An agent's workflow (2410.13639): a plan, its sub-tasks with their results, and the solution.

The study leaves this to other programs; here the parts are rows of their own, each with its type.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from pydantic import Field

from rollouts import PromptTemplate, load_template
from rollouts.planning import load_conclusion_template, load_plan_template, load_task_template
from rollouts.prompts import in_mode_of
from rollouts.steps import Newline
from schemas import Finding, Outcome, Problem
from schemas.recipe_folder import RecipeFolder
from schemas.recipe_rows import ProductName
from search.asking import Asked, Manner
from search.workflow import Worked, Workflow
from tasks.recipes.board import RecipeBoard
from tasks.recipes.by_problem import Around, Made, by_problem
from tasks.recipes.cells import asked_cells, judged_cells, right, verdict_on, written_cells
from tasks.recipes.folder import Row
from tasks.recipes.settings import SolvingSettings


class AgentWorkflow(SolvingSettings):
    """An agent's workflow: the policy plans, works through its plan, and writes the solution."""

    kind: Literal["workflow"] = "workflow"
    most_tasks: int = Field(default=8, ge=1, le=99)
    """Sub-tasks of a plan at most. One that lists more is no plan."""
    plan_prompt: str = "plan"
    """The template that asks for a numbered list of sub-tasks; chat or plain text as the prompt."""
    task_prompt: str = "sub-task"
    """The template for one sub-task: it shows {{ task }} and, of those before, {{ results }}."""
    conclude_prompt: str = "conclude"
    """The template of what stands for the question where the solution is asked for at the end; it
    shows {{ results }}."""

    @property
    def workflow(self) -> Workflow:
        """How a plan is made and followed."""
        solving = load_template(self.prompt)
        return Workflow(
            solving=solving,
            plan=in_mode_of(solving, load_plan_template(self.plan_prompt)),
            task=in_mode_of(solving, load_task_template(self.task_prompt)),
            conclude=load_conclusion_template(self.conclude_prompt),
            sampling=self.sampling,
            most_tasks=self.most_tasks,
        )

    def shaping(self) -> dict[str, Any]:
        """Return the fields that shape rows, the prompt templates by their content."""
        work = self.workflow
        return super().shaping() | {
            "plan_prompt": work.plan.version,
            "task_prompt": work.task.version,
            "conclude_prompt": work.conclude.version,
        }

    async def make(self, made: RecipeFolder, board: RecipeBoard) -> dict[str, Any]:
        """Write `workflow/`."""
        work = self.workflow
        manner = Manner(
            template=work.solving,
            sampling=self.sampling,
            splitter=Newline(),  # nothing is cut
            pause=(),
            seed=self.seed,
        )
        return await by_problem(made, self, board, _Working(workflow=work), manner=manner)

    def last_words(self, made: RecipeFolder) -> list[str]:
        """Return where the rows lie."""
        return [f"plans, sub-tasks, results and solutions: {made.path / 'workflow'}"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Working:
    """Works through a problem, and makes rows of it."""

    products: ClassVar[tuple[ProductName, ...]] = ("workflow",)

    workflow: Workflow

    async def explore(self, asked: Asked) -> Worked:
        """Plan and follow the plan."""
        return await self.workflow.worked(asked)

    async def made(self, problem: Problem, found: Worked, around: Around) -> Made:
        """Judge the solution."""
        outcome, final = None, found.final
        rows = list(_rows(found, self.workflow))
        if final is not None:
            verdict = await verdict_on(
                around.judge, problem, final.text, finished=final.finish_reason == "stop"
            )
            outcome = verdict.outcome.value
            rows.append(
                {
                    **_row("final", 0, self.workflow.conclude),
                    **written_cells(final),
                    **judged_cells(verdict),
                }
            )
        about = {**asked_cells(problem), **around.cells, "solution_outcome": outcome}
        return Made(
            rows={"workflow": [{**about, **row} for row in rows]}, counts=_counts(found, outcome)
        )


def _rows(found: Worked, workflow: Workflow) -> Iterator[Row]:
    """Yield the plan, and each sub-task with its result and what the calculator refutes in it."""
    plan = _row("plan", 0, workflow.plan, unread=found.plan.unread)
    yield {**plan, **written_cells(found.reply)}
    for number, one in enumerate(found.done):
        yield _row("sub_task", number, workflow.plan, task=one.task)
        result = _row("result", number, workflow.task, task=one.task, unread=one.unread)
        yield {**result, **written_cells(one.result)}
        if one.check.finding is not Finding.SILENT:
            tool = _row("tool", number, None, task=one.check.equation)
            yield {**tool, "text": one.check.finding.value}


def _row(
    type: str, index: int, template: PromptTemplate | None, *, task: str = "", unread: str = ""
) -> Row:
    return {
        "type": type,
        "index": index,
        "template": template.version if template else "calculator",
        "task": task,
        "unread": unread,
    }


def _counts(found: Worked, outcome: str | None) -> Counter[str]:
    counts = Counter(
        plans=int(not found.plan.unread),
        sub_tasks=len(found.done),
        refuted_results=sum(one.check.finding is Finding.REFUTED for one in found.done),
        solutions=int(outcome is not None),
        solutions_correct=int(right(outcome)),
        solutions_truncated=int(outcome == Outcome.TRUNCATED),
    )
    if found.plan.unread:
        counts[f"unread: {found.plan.unread}"] += 1
    counts.update(f"unread: {one.unread}" for one in found.done if one.unread)
    return counts

"""An agent's workflow of one problem: a plan, its sub-tasks one after the other, the solution.

The only tool is a calculator that looks over results: the symbolic step check of the verifier, in
time linear in the text and without a model. What it refutes is told to whoever goes on.
"""

from dataclasses import dataclass

from rollouts import PromptTemplate
from rollouts.asking import with_stops
from rollouts.planning import Plan, conclusion_prompt, plan_in, task_prompt
from schemas import Completion, Finding, Prompt, Sampling, StepCheck
from search.asking import Asked
from verification.finding.turns import said_part
from verification.steps.check import check_step

_NONE = "(This part has no result.)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """One sub-task with its result."""

    task: str
    result: Completion
    check: StepCheck
    """What the calculator says of the result; silent where there is none."""

    @property
    def unread(self) -> str:
        """Why it has no result, a short category; empty where it has one."""
        if self.result.finish_reason != "stop":
            return "the result was cut at max_tokens"
        return "" if said_part(self.result.text).strip() else "the result is blank"

    @property
    def shown(self) -> str:
        """The sub-task and its result for those that go on from it."""
        if self.unread:
            return f"{self.task}\n{_NONE}"
        told = f"{self.task}\n{said_part(self.result.text).strip()}"
        if self.check.finding is Finding.REFUTED:
            told += f"\n(A calculator finds false: {self.check.equation})"
        return told


@dataclass(frozen=True, slots=True, kw_only=True)
class Worked:
    """All that was done for a problem."""

    reply: Completion
    plan: Plan
    done: tuple[Done, ...] = ()
    final: Completion | None = None
    """The solution; None where there was no plan to follow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Workflow:
    """How a plan is made and followed."""

    solving: PromptTemplate
    plan: PromptTemplate
    task: PromptTemplate
    conclude: PromptTemplate
    sampling: Sampling
    most_tasks: int

    async def worked(self, asked: Asked) -> Worked:
        """Plan, work through the plan, and write the solution."""
        problem = asked.problem
        reply = await self._reply(asked, self.plan, self.plan.render(problem), "plan")
        plan = plan_in(reply, self.most_tasks)
        if plan.unread:
            return Worked(reply=reply, plan=plan)
        done: list[Done] = []
        for number, task in enumerate(plan.tasks):
            prompt = task_prompt(self.task, problem, task, [one.shown for one in done])
            result = await self._reply(asked, self.task, prompt, "result", number)
            check = check_step(said_part(result.text))
            done.append(Done(task=task, result=result, check=check))
        results = [one.shown for one in done]
        final = await self._reply(
            asked,
            self.solving,
            conclusion_prompt(self.solving, self.conclude, problem, results),
            "final",
        )
        return Worked(reply=reply, plan=plan, done=tuple(done), final=final)

    async def _reply(
        self, asked: Asked, template: PromptTemplate, prompt: Prompt, role: str, index: int = 0
    ) -> Completion:
        sampling = with_stops(self.sampling, template.stop)
        return await asked.reply(prompt, sampling, role=role, index=index)

"""A plan is asked for and read: a numbered list of sub-tasks, or why there is none."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rollouts.prompts import PromptTemplate, asked_as, load_asking
from rollouts.tagging import disarmed, shielded, tagged
from schemas import Completion, Problem, Prompt
from verification.finding.turns import said_part

_TAG = "part"
_ITEM = re.compile(
    r"^[ \t]{0,8}[*_#]{0,4}(?:sub-?task[ \t]*)?(\d{1,3})[.):][*_]{0,2}[ \t]+(.+)$", re.I | re.M
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The sub-tasks that a reply lists."""

    tasks: tuple[str, ...] = ()
    unread: str = ""
    """Why none can be read, a short category; empty where they can."""


def load_plan_template(name_or_path: str | Path) -> PromptTemplate:
    """Read a template that asks for sub-tasks; raises ConfigError where it can be none."""
    return load_asking(name_or_path, "question", like="plan")


def load_task_template(name_or_path: str | Path) -> PromptTemplate:
    """Read a template for one sub-task; raises ConfigError where it can be none."""
    return load_asking(name_or_path, "task", "results", like="sub-task")


def load_conclusion_template(name_or_path: str | Path) -> PromptTemplate:
    """Read a template for the solution at the end; raises ConfigError where it can be none."""
    return load_asking(name_or_path, "results", like="conclude")


def task_prompt(
    template: PromptTemplate, problem: Problem, task: str, results: Sequence[str]
) -> Prompt:
    """Return the prompt for one sub-task, with what was found before."""
    shown = {"task": disarmed(task, _TAG), "results": tagged(_TAG, results, first=1)}
    return template.render(shielded(problem, _TAG), shown=shown)


def conclusion_prompt(
    solving: PromptTemplate, template: PromptTemplate, problem: Problem, results: Sequence[str]
) -> Prompt:
    """Return the prompt for solutions with what was found below the question."""
    shown = {"results": tagged(_TAG, results, first=1)}
    return asked_as(solving, template, shielded(problem, _TAG), shown)


def plan_in(reply: Completion, most: int) -> Plan:
    """Return the sub-tasks that a reply numbers 1, 2, 3, ..., `most` at most."""
    if reply.finish_reason != "stop":
        return Plan(unread="the plan was cut at max_tokens")
    items = _ITEM.findall(said_part(reply.text))
    if not items:
        return Plan(unread="it lists no numbered sub-task")
    if [int(number) for number, _ in items] != list(range(1, len(items) + 1)):
        return Plan(unread="its numbers are not 1, 2, 3, ...")
    if len(items) > most:
        return Plan(unread=f"it lists more than {most} sub-tasks")
    return Plan(tasks=tuple(task.strip() for _, task in items))

"""A draft is shown for feedback, and with the feedback for a revision (Self-Refine, 2303.17651).

Where the model sees nothing to correct it says so in one line, which ends the refinement; whether
an answer is right is never told it.
"""

import re
from pathlib import Path

from rollouts.prompts import PromptTemplate, asked_as, load_asking
from rollouts.tagging import disarmed, shielded
from schemas import Completion, Problem, Prompt
from verification.finding.turns import said_part

_TAGS = ("draft", "feedback")
_STOPS = re.compile(r"[\W_]*nothing to correct[\W_]*", re.IGNORECASE)


def load_feedback_template(name_or_path: str | Path) -> PromptTemplate:
    """Read a template that asks what is wrong with a draft; raises ConfigError for another one."""
    return load_asking(name_or_path, "draft", like="feedback")


def load_revision_template(name_or_path: str | Path) -> PromptTemplate:
    """Read a template that asks for a revision; raises ConfigError for another one."""
    return load_asking(name_or_path, "draft", "feedback", like="revise")


def feedback_prompt(template: PromptTemplate, problem: Problem, draft: str) -> Prompt:
    """Return the prompt that asks what is wrong with a draft."""
    return template.render(shielded(problem, *_TAGS), shown={"draft": _shown(draft)})


def revision_prompt(
    solving: PromptTemplate, template: PromptTemplate, problem: Problem, draft: str, feedback: str
) -> Prompt:
    """Return the prompt for solutions with draft and feedback below the question."""
    shown = {"draft": _shown(draft), "feedback": _shown(said_part(feedback))}
    return asked_as(solving, template, shielded(problem, *_TAGS), shown)


def unread(feedback: Completion) -> str:
    """Return why a reply is no feedback, a short category; empty where it is."""
    if feedback.finish_reason != "stop":
        return "the feedback was cut at max_tokens"
    return "" if said_part(feedback.text).strip() else "the feedback is blank"


def stops(feedback: Completion) -> bool:
    """Tell whether feedback says in its last line that there is nothing to correct."""
    lines = said_part(feedback.text).strip().splitlines()
    return bool(lines) and _STOPS.fullmatch(lines[-1]) is not None


def _shown(text: str) -> str:
    return disarmed(text.strip(), *_TAGS)

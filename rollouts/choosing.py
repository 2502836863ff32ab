"""A policy chooses among texts that are shown to it, and says which by a number.

The o1 comparative study (2410.13639) has the model write out "the most correct" solution, which may
be none of those it was shown. Here the reply ends with `Best candidate: N`, and nothing else is
taken for a choice: a reply in which no number can be read is data, with the reason.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rollouts.prompts import PromptTemplate, load_asking
from rollouts.tagging import disarmed, shielded, tagged
from schemas import Completion, Problem, Prompt
from verification.finding.turns import said_part

_TAG = "candidate"
_NAMED = re.compile(r"\bbest[ _]candidate\b[^\w\n]{0,8}(?:is\b[^\w\n]{0,4})?(\d{1,4})\b", re.I)


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """What a chooser's reply says."""

    place: int | None
    """0-based, among the texts in the order in which they were shown; None: it cannot be read."""
    unread: str = ""
    """Why it cannot be read, a short category; empty where it can."""


def load_choice_template(name_or_path: str | Path, *, stepwise: bool) -> PromptTemplate:
    """Read a prompt template that shows candidates; those for a next step, in `solution` as well.

    Raises ConfigError where it can be none.
    """
    shows = ("candidates", "solution") if stepwise else ("candidates",)
    return load_asking(name_or_path, *shows, like="choose-step" if stepwise else "choose")


def choice_prompt(
    template: PromptTemplate, problem: Problem, texts: Sequence[str], *, before: str | None = None
) -> Prompt:
    """Return the prompt that asks which of some solutions, or of some next steps, is best.

    `before` are the steps so far, where these are next steps.
    """
    shown = {"candidates": tagged(_TAG, texts, first=1)}
    if before is not None:
        shown["solution"] = disarmed(before.strip(), _TAG)
    return template.render(shielded(problem, _TAG), shown=shown)


def named(reply: Completion, count: int) -> Named:
    """Return which of so many texts a reply names."""
    if reply.finish_reason != "stop":
        return Named(place=None, unread="cut at max_tokens")
    numbers = {int(number) for number in _NAMED.findall(said_part(reply.text))}
    if not numbers:
        return Named(place=None, unread="it names no candidate")
    if len(numbers) > 1:
        return Named(place=None, unread="it names several candidates")
    (number,) = numbers
    if not 1 <= number <= count:
        return Named(place=None, unread="it names a candidate that is not there")
    return Named(place=number - 1)

"""A problem and a solution as a critic sees them: each step in tags that no text can forge.

The tags are ProcessBench's (2412.06559, code/run_eval.py): `<paragraph_0>`, the step,
`</paragraph_0>`, each on a line of its own, a blank line between steps.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from rollouts.prompts import OF_SOLUTIONS, PromptTemplate, load_template, named_fields
from schemas import ConfigError, Prefix, Problem, Prompt

_LIKE_A_TAG = re.compile(
    r"[<＜‹〈](\s*+/?+\s*+paragraph[^<＜‹〈>＞›〉\n]{0,40})([>＞›〉]?)", re.IGNORECASE
)


def load_critique_template(name_or_path: str | Path) -> PromptTemplate:
    """Read a prompt template for critiques; raises ConfigError where it can be none."""
    template = load_template(name_or_path, fields=OF_SOLUTIONS)
    if "solution" not in named_fields(template.user):
        raise ConfigError(
            f"prompt template {template.name!r} shows no solution, so nothing could be judged: "
            "name {{ solution }} in `user`, as configs/prompts/critique.yaml does"
        )
    if template.examples:
        raise ConfigError(
            f"prompt template {template.name!r} has examples, which have no solutions to show: "
            "write what a critique looks like into `user`"
        )
    return template


def critique_prompt(template: PromptTemplate, problem: Problem, steps: Sequence[str]) -> Prompt:
    """Return the prompt that asks for a critique of a solution's steps."""
    shown = replace(
        problem,
        question=_disarmed(problem.question),
        options=tuple(map(_disarmed, problem.options)),
    )
    return template.render(shown, solution=_tagged(steps))


def solution_key(steps: Sequence[str]) -> str:
    """Return the name of a solution's text within its problem, from which its seeds derive."""
    return f"critique/{Prefix(steps=tuple(steps), token_ids=None).key}"


def _tagged(steps: Sequence[str]) -> str:
    tagged = [
        f"<paragraph_{index}>\n{_disarmed(step.strip())}\n</paragraph_{index}>"
        for index, step in enumerate(steps)
    ]
    return "\n\n".join(tagged)


def _disarmed(text: str) -> str:
    """Return a text in which nothing looks like our tags: a step could else forge another one."""
    return _LIKE_A_TAG.sub(lambda tag: f"[{tag[1]}{']' if tag[2] else ''}", text)

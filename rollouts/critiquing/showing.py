"""A problem and a solution as a critic sees them: each step in tags that no text can forge.

The tags are ProcessBench's (2412.06559, code/run_eval.py): `<paragraph_0>`, the step,
`</paragraph_0>`, each on a line of its own, a blank line between steps.
"""

from collections.abc import Sequence
from pathlib import Path

from rollouts.prompts import PromptTemplate, load_asking
from rollouts.tagging import shielded, tagged
from schemas import Prefix, Problem, Prompt

_TAG = "paragraph"


def load_critique_template(name_or_path: str | Path) -> PromptTemplate:
    """Read a prompt template for critiques; raises ConfigError where it can be none."""
    return load_asking(name_or_path, "solution", like="critique")


def critique_prompt(template: PromptTemplate, problem: Problem, steps: Sequence[str]) -> Prompt:
    """Return the prompt that asks for a critique of a solution's steps."""
    shown = {"solution": tagged(_TAG, steps, first=0)}
    return template.render(shielded(problem, _TAG), shown=shown)


def solution_key(steps: Sequence[str]) -> str:
    """Return the name of a solution's text within its problem, from which its seeds derive."""
    return f"critique/{Prefix(steps=tuple(steps), token_ids=None).key}"

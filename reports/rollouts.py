"""The rollouts behind a count: what the policy wrote, what was read of it, and the verdict."""

from collections.abc import Iterable, Iterator, Sequence

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from reports.marks import STYLES, Marks
from reports.text import many_lines, one_line, plain
from schemas import Outcome, Prefix, Problem, Rollout

_LONGEST = 4_000


def rollouts_behind(prefix: Prefix, rollouts: Iterable[Rollout], counted: int) -> list[Rollout]:
    """Return the rollouts of a prefix, those that were sampled nearest to it first.

    Where it `counted` more than were sampled there, also those that pass through it.
    """
    found = [one for one in rollouts if one.text.startswith(prefix.text)]
    here = [one for one in found if one.prefix.key == prefix.key]
    if counted > len(here):
        here += (
            one
            for one in found
            if len(one.prefix.text) < len(prefix.text)
            and one.verdict.outcome is not Outcome.TRUNCATED
        )
    return sorted(here, key=lambda one: (-len(one.prefix.steps), one.sample_index))


def rollouts_page(
    problem: Problem, prefix: Prefix, rollouts: Sequence[Rollout], *, console: Console
) -> RenderableType:
    """Return the page of a prefix's rollouts, in their order.

    Some may have been sampled before it and pass through it: a tree search counts these too.
    """
    marks = Marks.of(console)
    steps = len(prefix.steps)
    what = f"behind step {steps}" if steps else "from the beginning"
    parts: list[RenderableType] = [
        Text.assemble(
            (one_line(problem.id), "cyan"),
            f"  {len(rollouts)} rollouts {what}, gold ",
            (one_line(problem.answer), "bold"),
        )
    ]
    if steps:
        parts.append(Padding(Text(many_lines(prefix.text, _LONGEST), style="dim"), (1, 0, 0, 2)))
    for one in rollouts:
        parts += ["", Text.assemble(*_head(one, marks, steps)), *_body(one, prefix)]
    return Group(*parts)


def _head(one: Rollout, marks: Marks, steps: int) -> Iterator[Text | tuple[str, str]]:
    verdict = one.verdict
    yield marks.outcome(verdict.outcome)
    yield f" {one.sample_index}  {verdict.outcome.value.replace('_', ' ')}", STYLES[verdict.outcome]
    if verdict.extracted is not None:
        yield "  answered ", "dim"
        yield one_line(verdict.extracted), "bold"
    before = len(one.prefix.steps)
    if before < steps:
        yield f"  sampled behind step {before}" if before else "  from the beginning", "dim"
    known = (verdict.rule and f"read as {verdict.rule}", verdict.stage, verdict.reason)
    told = ", ".join(plain(part) for part in known if part)
    yield f"  ({told}; {one.completion.completion_tokens} tokens)", "dim"


def _body(one: Rollout, prefix: Prefix) -> Iterable[RenderableType]:
    text = one.text[len(prefix.text) :]
    shown = Text(many_lines(text, _LONGEST)) if text.strip() else Text("empty", style="dim")
    return (Padding(shown, (0, 0, 0, 4)),)

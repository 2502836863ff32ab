"""One problem with its solutions: each step, what became of its rollouts, and its label."""

from collections.abc import Iterable, Sequence

from rich.box import ROUNDED
from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from reports.marks import STYLES, Marks, apart, counts
from reports.text import many_lines, one_line, plain
from schemas import Evidence, Finding, LabelledSolution, Outcome, Problem, StepReading, StopRule
from schemas.rows import ProblemRow
from schemas.views import AnyView, Label

_BAR = 8
_NARROW = 76
_ALARM = ((0.5, "bold red"), (0.2, "yellow"), (0.05, ""))
_SHORT = 60
"""Steps longer than this are set apart by a blank line."""


def problem_page(
    row: ProblemRow, solutions: Sequence[LabelledSolution], *, view: AnyView, console: Console
) -> RenderableType:
    """Return the page of a problem and the given solutions, labels as `view` reads them."""
    marks = Marks.of(console)
    narrow = console.width < _NARROW
    parts: list[RenderableType] = [_question(row, solutions, marks)]
    for solution in solutions:
        labels = _Labels(view, solution)
        parts += ["", _title(solution, marks), _steps(solution, labels, marks, narrow=narrow)]
    if solutions:
        parts += ["", _legend(view, marks, stated=bool(solutions[0].stated))]
    else:
        parts.append(Text(f"no solutions: {plain(row.set_aside) or 'none sampled'}", "yellow"))
    return Group(*parts)


class _Labels:
    """The labels of one solution, read once."""

    def __init__(self, view: AnyView, solution: LabelledSolution) -> None:
        self.values = view.labels(solution)

    def at(self, step: int) -> Label:
        """Return a step's label; None behind what the view keeps."""
        return self.values[step] if step < len(self.values) else None


def _question(
    row: ProblemRow, solutions: Sequence[LabelledSolution], marks: Marks
) -> RenderableType:
    problem = row.problem
    facts = Table.grid(padding=(0, 2))
    facts.add_column(style="dim")
    facts.add_column(overflow="fold")
    gold = many_lines(problem.answer)
    facts.add_row("gold", Text(gold or "unknown", style="bold" if gold else "dim"))
    if solutions and solutions[0].root.total:
        root = solutions[0].root
        rate = Text(" ").join([marks.bar(root.mc_value, width=_BAR), counts(root), *apart(root)])
        facts.add_row("pass rate", rate)
    about = _about(problem)
    if about:
        facts.add_row("about", Text(about))
    body = Group(Text(many_lines(problem.question)), "", facts)
    title = Text(f" {one_line(problem.id)} ", style="cyan")
    return Panel(body, title=title, title_align="left", box=ROUNDED, border_style="dim")


def _about(problem: Problem) -> str:
    facts = (problem.source, problem.level, problem.subject)
    return ", ".join(one_line(fact) for fact in facts if fact)


def _title(solution: LabelledSolution, marks: Marks) -> Text:
    outcome = solution.outcome
    error = solution.first_error
    found = ("  no error found", "dim")
    if error is None and solution.stated:
        found = ("  its first error is left open", "yellow")
    elif error is None:
        found = ("  the labeler abstained", "yellow")
    elif error >= 0:
        found = (f"  first error in step {error + 1}", "red")
    return Text.assemble(
        (f"Solution {solution.solution_index}  ", "bold"),
        ("" if solution.given_id is None else f"given as {one_line(solution.given_id)}  ", "cyan"),
        marks.outcome(outcome),
        (f" {outcome.value.replace('_', ' ')}", STYLES[outcome]),
        found,
        ("" if error is None or error < 0 else f" (first_error = {error})", "dim"),
    )


def _legend(view: AnyView, marks: Marks, *, stated: bool) -> Text:
    return Text.assemble(
        ("labels as the view ", "dim"),
        view.kind,
        (" reads what is stated: " if stated else " reads the rollouts: ", "dim"),
        marks.label(True),
        (" right  ", "dim"),
        marks.label(False),
        (" wrong  ", "dim"),
        marks.label(None),
        (" no label", "dim"),
    )


def _steps(
    solution: LabelledSolution, labels: _Labels, marks: Marks, *, narrow: bool
) -> RenderableType:
    loose = narrow or any(len(step.strip()) > _SHORT for step in solution.steps)
    table = Table(
        box=None,
        padding=(0, 1, int(loose), 1),
        pad_edge=False,
        header_style="dim",
        expand=True,
        show_header=not narrow,
    )
    table.add_column("", width=1)
    table.add_column("", justify="right", style="dim")
    table.add_column("", justify="right", no_wrap=True)
    table.add_column("", ratio=1, overflow="fold")
    if not narrow:
        table.add_column("stated" if solution.stated else "correct rollouts", width=_BAR + 13)
        if solution.posterior:
            table.add_column("P(first error)", justify="right")
    for step, back in enumerate(solution.recovered):
        cells = _cells(solution, step, labels.at(step), marks, recovered=back, narrow=narrow)
        table.add_row(*cells)
    if solution.posterior:
        table.add_row(*_no_error(solution.posterior[-1], narrow=narrow))
    return table


def _cells(
    solution: LabelledSolution,
    step: int,
    label: Label,
    marks: Marks,
    *,
    recovered: bool,
    narrow: bool,
) -> Iterable[RenderableType]:
    first = step == solution.first_error
    text = Text.assemble((many_lines(solution.steps[step]), "bold red" if first else ""))
    yield Text(marks.pointer if first else "", style="bold red")
    yield str(step + 1)
    yield marks.label(label)
    chance = solution.posterior[step] if solution.posterior else None
    known = [*_known(solution, step, marks), *_read(solution, step)]
    if recovered:
        known.append(Text.assemble(("recovered later", "dim")))
    if narrow:
        yield Text("\n").join([text, _line(known, chance)])
        return
    yield text
    yield Text("\n").join(known)
    if chance is not None:
        yield _chance(chance)


def _known(solution: LabelledSolution, step: int, marks: Marks) -> list[Text]:
    """Return what a set states of a step, and what was counted there where anything was."""
    evidence = solution.evidence[step]
    if not solution.stated:
        return _evidence(evidence, marks)
    one = solution.stated[step]
    texts = [Text(one_line(one.said)) if one.said else Text("nothing", style="dim")]
    texts += [Text(one_line(one.why), style="dim")] if one.why else []
    return texts + (_evidence(evidence, marks) if evidence.total else [])


def _evidence(evidence: Evidence, marks: Marks) -> list[Text]:
    """Return what is known of a step, the bar with its counts first."""
    if evidence.stop_rule is StopRule.TERMINAL:
        return [Text.assemble(_final(evidence, marks), (" final answer", "dim"))]
    if not evidence.total:
        return [Text.assemble(("not sampled", "dim"))]
    bar = marks.bar(evidence.mc_value, width=_BAR)
    return [Text.assemble(bar, " ", counts(evidence)), *apart(evidence)]


def _read(solution: LabelledSolution, step: int) -> list[Text]:
    """Return what was read off a step without a rollout: a false equality, the numbers read."""
    parts = []
    if solution.checks and solution.checks[step].finding is Finding.REFUTED:
        parts.append(Text.assemble((f"refuted: {plain(solution.checks[step].reason)}", "red")))
    if solution.readings and (told := told_reading(solution.readings[step])):
        parts.append(Text.assemble((", ".join(told), "dim")))
    return parts


def told_reading(read: StepReading) -> list[str]:
    """Return the numbers that were read off a step, each in words."""
    echoes = {"echo": read.echo, "equation echo": read.equation_echo}
    scores = {"regret": read.regret, "net information": read.net_information}
    told = [
        f"{name} {n}/{read.echo_of}" for name, n in echoes.items() if n is not None and read.echo_of
    ]
    return told + [f"{name} {x:.2g}" for name, x in scores.items() if x is not None]


def _final(evidence: Evidence, marks: Marks) -> Text:
    verdict = next(
        (outcome for outcome in Outcome if getattr(evidence, outcome.value)), Outcome.UNDECIDED
    )
    return marks.outcome(verdict)


def _line(known: Sequence[Text], chance: float | None) -> Text:
    parts = list(known)
    if chance is not None:
        parts.append(Text.assemble(("P(first error) ", "dim"), _chance(chance)))
    return Text("  ").join(parts)


def _chance(chance: float) -> Text:
    style = next((style for least, style in _ALARM if chance >= least), "dim")
    return Text.assemble((f"{chance:.0%}", style))


def _no_error(chance: float, *, narrow: bool) -> Iterable[RenderableType]:
    name, value = Text.assemble(("no error", "dim")), Text(f"{chance:.0%}")
    return ["", "", "", Text(" ").join([name, value])] if narrow else ["", "", "", name, "", value]

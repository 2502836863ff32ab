"""A run at a glance: what it holds, what it cost, and its problems."""

from collections.abc import Iterable, Mapping

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from reports.marks import STYLES, Marks, counts
from reports.summary import ProblemLine, RunSummary
from reports.text import compact, many, plain
from schemas import Outcome

_NAMES = {outcome: outcome.value.replace("_", " ") for outcome in Outcome}
_BAR = 24
_MARGIN = 10
_NARROW = 72


def overview(summary: RunSummary, console: Console) -> RenderableType:
    """Return the page of a run, listing the first problems that its summary tells of."""
    marks = Marks.of(console)
    width = max(min(_BAR, console.width - 46), 4)
    sampled: list[RenderableType] = ["", _verdicts(summary, marks, width=width)]
    return Group(
        *_head(summary),
        "",
        _grid(_contents(summary, marks)),
        *([] if summary.imported else sampled),
        *_apart(_details(summary, marks)),
        "",
        _problems(summary, marks, narrow=console.width < _NARROW),
        *_remainder(summary.problems, len(summary.first_problems)),
    )


def _head(summary: RunSummary) -> Iterable[RenderableType]:
    left = f", {many(summary.unlabelled, 'problem')} left" if summary.unlabelled else ""
    state = f"  {plain(summary.status)}, {many(summary.shards, 'shard')}{left}"
    yield Text.assemble((plain(summary.name), "bold"), (state, "dim"))
    made = summary.provenance
    if made is not None and summary.imported is not None:
        told = summary.imported
        yield Text(f"imported as {plain(told.format)}, labels: {plain(told.labels)}", style="cyan")
        yield Text(f"{plain(told.origin)}, configuration {plain(made.config)}", style="dim")
    elif made is not None:
        labelers = ", ".join(summary.labelers)
        yield Text(f"{plain(made.policy)} labelled by {plain(labelers)}", style="cyan")
        sampled = (
            f"prompt {plain(made.prompt)}, temperature {made.sampling.temperature:g}, "
            f"at most {made.sampling.max_tokens} tokens, seed {made.seed}, "
            if made.sampling
            else ""
        )
        yield Text(f"{sampled}configuration {plain(made.config)}", style="dim")


def _contents(summary: RunSummary, marks: Marks) -> Iterable[tuple[str, Text]]:
    aside = sum(summary.set_aside.values())
    problems = Text.assemble((f"{summary.problems:,}", "bold"))
    sources = ", ".join(f"{plain(name)} {count:,}" for name, count in summary.sources.items())
    problems.append(f"  {sources}", style="dim")
    if aside:
        problems.append(f", {aside:,} set aside", style="yellow")
    if rejected := sum(summary.rejected.values()):
        problems.append(f", {rejected:,} rows rejected", style="yellow")
    yield "problems", problems
    solutions = Text.assemble((f"{summary.solutions:,}", "bold"))
    solutions.append(f"  {summary.without_error:,} without error, ", style="dim")
    solutions.append(f"{summary.with_error:,} with the first error located", style="dim")
    if summary.given and not summary.imported:
        solutions.append(f", {summary.given:,} given", style="cyan")
    if summary.abstained:
        what = "that leave it open" if summary.imported else "abstained"
        solutions.append(f", {summary.abstained:,} {what}", style="yellow")
    yield "solutions", solutions
    if summary.imported:
        yield "answers", _answers(summary, marks)
    steps = Text.assemble((f"{summary.steps:,}", "bold"))
    words = {True: "right", False: "wrong", None: "without a label"}
    for label, word in words.items():
        if summary.labels.get(label):
            steps.append("  ").append(marks.label(label))
            steps.append(f" {summary.labels[label]:,} {word}", style="dim")
    yield "steps", steps


def _answers(summary: RunSummary, marks: Marks) -> Text:
    """Return what is known of the solutions' own final answers."""
    parts = [
        Text.assemble(marks.outcome(outcome), (f" {summary.answers[outcome]:,} ", ""), name)
        for outcome, name in _NAMES.items()
        if summary.answers.get(outcome)
    ]
    return Text("  ").join(parts)


def _verdicts(summary: RunSummary, marks: Marks, *, width: int) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", min_width=_MARGIN)
    table.add_column()
    table.add_column(justify="right")
    table.add_column(justify="right", style="dim")
    table.add_column()
    total = summary.rollouts
    for number, outcome in enumerate(Outcome):
        count = summary.outcomes.get(outcome, 0)
        share = count / total if total else 0.0
        name = Text.assemble(marks.outcome(outcome), (f" {_NAMES[outcome]}", STYLES[outcome]))
        bar = marks.bar(share, width=width, style=STYLES[outcome])
        table.add_row("rollouts" if not number else "", name, f"{count:,}", f"{share:.1%}", bar)
    return table


def _details(summary: RunSummary, marks: Marks) -> Iterable[tuple[str, Text]]:
    if not summary.imported:
        yield "tokens", _tokens(summary.tokens, summary.rollouts)
        rules = Text()
        for rule, count in sorted(summary.stop_rules.items(), key=lambda item: -item[1]):
            rules.append(f"{', ' if rules else ''}{rule.value.replace('_', ' ')} {count:,}")
        yield "stopped by", rules
        yield "pass rate", Text.assemble("0% ", marks.sparkline(summary.difficulty), " 100%")
    for name, reasons in (("set aside", summary.set_aside), ("rejected", summary.rejected)):
        commonest = sorted(reasons.items(), key=lambda item: (-item[1], item[0]))[:6]
        for number, (reason, count) in enumerate(commonest):
            yield "" if number else name, Text(f"{count:,}  {plain(reason)}")


def _tokens(tokens: Mapping[str, int], rollouts: int) -> Text:
    prompt, cached = tokens.get("prompt_tokens", 0), tokens.get("cached_tokens", 0)
    written = tokens.get("completion_tokens", 0)
    text = Text.assemble((f"{compact(written)} written", "bold"))
    if rollouts:
        text.append(f" ({written / rollouts:.0f} a rollout)", style="dim")
    text.append(f", {compact(prompt)} read", style="dim")
    if cached:
        text.append(f" ({cached / prompt:.0%} cached)", style="dim")
    return text


def _problems(summary: RunSummary, marks: Marks, *, narrow: bool) -> Table:
    sampled = not summary.imported
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", expand=True)
    table.add_column("#", justify="right", style="dim")
    table.add_column("problem", style="cyan", no_wrap=narrow, overflow="fold")
    if sampled:
        table.add_column("pass rate", no_wrap=True)
    table.add_column("errors", justify="right", no_wrap=True)
    if not narrow:
        table.add_column("question", ratio=1, no_wrap=True, overflow="ellipsis")
    for number, line in enumerate(summary.first_problems):
        question = Text(line.question, style="dim" if line.set_aside else "")
        table.add_row(
            str(number),
            Text(plain(line.id)),
            *([_pass_rate(line, marks)] if sampled else []),
            _errors(line, open_="open" if summary.imported else "abstained"),
            *([] if narrow else [question]),
        )
    return table


def _pass_rate(line: ProblemLine, marks: Marks) -> Text:
    if line.set_aside:
        return Text("set aside", style="yellow")
    if not line.root.total:
        return Text("not sampled", style="dim")
    return Text(" ").join([marks.bar(line.root.mc_value, width=6), counts(line.root)])


def _errors(line: ProblemLine, *, open_: str) -> Text:
    if line.set_aside:
        return Text("")
    text = Text(f"{line.with_error} of {line.solutions}")
    return text.append(f" +{line.abstained} {open_}", style="yellow") if line.abstained else text


def _apart(rows: Iterable[tuple[str, Text]]) -> Iterable[RenderableType]:
    """Yield rows behind an empty line; nothing where there are none."""
    found = list(rows)
    return ["", _grid(found)] if found else []


def _grid(rows: Iterable[tuple[str, Text]]) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", min_width=_MARGIN)
    table.add_column(overflow="fold")
    for name, value in rows:
        table.add_row(name, value)
    return table


def _remainder(count: int, listed: int) -> Iterable[RenderableType]:
    if count > listed:
        yield Text(f"{count - listed:,} more; --limit {count} lists them all", style="dim")

"""`stepmint verify`: a file of gold/prediction pairs, graded, and a table of what came of it."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import get_args

from rich.console import Console
from rich.table import Table
from rich.text import Text

from flows.config import with_overrides
from flows.messages import checked
from flows.saying import say
from reports.text import plain
from schemas import ConfigError, Outcome
from tasks.grading import Answers, Columns, Summary, grade_file
from verification import VerificationSettings


def verify_here(
    pairs: Path,
    out: Console,
    *,
    output: Path | None,
    workers: int,
    columns: Mapping[str, str],
    answers: str,
    overrides: Sequence[str],
) -> Summary:
    """Grade a file and print how many pairs came out how."""
    summary = grade_file(
        pairs,
        output,
        _settings(overrides),
        columns=Columns(**columns),
        answers=_answers(answers),
        workers=workers,
    )
    out.print(_table(summary, pairs))
    for line, reason in summary.bad_rows:
        say(out, f"bad row, line {line}: {reason}")
    if summary.confusion:
        out.print(
            f"against the expected verdicts: {summary.false_accepts:,} false accepts, "
            f"{summary.false_rejects:,} false rejects",
            highlight=False,
        )
    if summary.bad and not summary.rows:
        raise ConfigError(
            f"no row of {pairs} could be graded: name its columns with --gold-column and "
            f"--prediction-column (now {columns['gold']!r} and {columns['prediction']!r})"
        )
    if output:
        say(out, f"verdicts are in {output}")
    return summary


def _settings(overrides: Sequence[str]) -> VerificationSettings:
    values = with_overrides({}, overrides)
    settings: VerificationSettings = checked(VerificationSettings, values, where="--set")
    return settings


def _answers(wanted: str) -> Answers:
    known: dict[str, Answers] = {kind: kind for kind in get_args(Answers)}
    if wanted not in known:
        raise ConfigError(f"--answers {wanted}: give one of {', '.join(known)}")
    return known[wanted]


def _table(summary: Summary, pairs: Path) -> Table:
    table = Table(title=Text(plain(str(pairs))), title_justify="left")
    table.add_column("verdict")
    table.add_column("pairs", justify="right")
    table.add_column("share", justify="right")
    for outcome in Outcome:
        if count := summary.outcomes[outcome]:
            share = f"{count / summary.rows:.1%}"
            table.add_row(outcome.value.replace("_", " "), f"{count:,}", share)
    if summary.bad:
        table.add_row("bad row", f"{summary.bad:,}", "")
    table.add_section()
    rate = summary.rows / summary.seconds if summary.seconds else 0.0
    table.add_row("graded", f"{summary.rows:,}", f"{rate:,.0f}/s")
    return table

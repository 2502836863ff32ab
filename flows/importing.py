"""`stepmint import`: a labelled set that others made becomes a run, and what was left out."""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from shlex import quote

from rich.console import Console

from flows.config import with_overrides
from flows.messages import checked
from flows.saying import say
from schemas import ConfigError
from sources.stated import AnyStated, StatedFormat
from sources.stated.sets import StatedReading
from tasks.importing import Import, ImportReport, import_set, put_aside, source_of

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_EVERY = 1000
_REASONS = 6


def import_here(
    source: str,
    out: Console,
    err: Console,
    *,
    output: Path,
    name: str,
    format: str | None,
    overrides: Sequence[str],
    split: str | None,
    revision: str | None,
    limit: int | None,
    fresh: bool,
) -> ImportReport:
    """Import a set as the options say and print what came of it."""
    if not _NAME.fullmatch(name):
        raise ConfigError(f"--name {name}: give letters, digits, `_`, `.` and `-` alone")
    folder = output / name
    wanted = Import(
        source=source_of(source, split=split, revision=revision),
        form=_form(format, overrides),
        limit=limit,
    )
    if fresh and (aside := put_aside(folder)):
        say(err, f"put aside as {aside}")
    with _shown(err) as seen:
        report = import_set(wanted, folder, seen=seen)
    say(out, "\n".join(_lines(report, found=format is None)))
    return report


def _form(format: str | None, overrides: Sequence[str]) -> StatedFormat | None:
    if format is None:
        if overrides:
            raise ConfigError(f"--set {overrides[0]}: a format's setting; name it with --format")
        return None
    values = with_overrides({"format": format}, overrides)
    form: StatedFormat = checked(AnyStated, values, where="the import")
    return form


@contextmanager
def _shown(console: Console) -> Iterator[Callable[[StatedReading], None]]:
    """Show on a terminal how far the reading is."""
    with console.status("reading") as status:
        told = -_EVERY

        def seen(reading: StatedReading) -> None:
            nonlocal told
            done = reading.rows + reading.solutions
            if done - told >= _EVERY:
                told = done
                status.update(
                    f"{reading.rows:,} rows read, {reading.solutions:,} solutions written"
                )

        yield seen


def _lines(report: ImportReport, *, found: bool) -> list[str]:
    reading = report.reading
    form = reading.form
    assert form is not None  # else the import had failed
    how = "found by its columns; --format names another" if found else "as named"
    rejected = reading.rejected.most_common()
    lines = [
        f"{reading.origin}: {form.format} ({how}), labels: {form.labelled_by}",
        f"{reading.rows:,} rows, {reading.problems:,} problems, {reading.solutions:,} solutions, "
        f"{reading.labelled_steps:,} of {reading.steps:,} steps labelled in {report.folder}",
        *(f"rejected {count:,}: {reason}" for reason, count in rejected[:_REASONS]),
    ]
    if rejected:
        lines.append(f"each with its reason in {report.folder / 'rejected.jsonl'}")
    lines.append(f"look at them: stepmint show {quote(str(report.folder))}")
    return lines

"""`stepmint estimate`: a probe, then a table of what the whole run will cost."""

from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from flows.display import Look, shown
from flows.running import Interrupted, run_to_end
from flows.saying import say
from tasks.estimate import CONFIDENCE, Estimate, Interval, estimate, scaled_by
from tasks.session import session_of
from tasks.settings import LabelRun

_HOUR_S = 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Hardware:
    """What a policy runs on, for the hours and the money a run takes."""

    gpus: int
    rate: float | None
    """Completion tokens that one GPU writes per second; None: what the probe saw."""
    price: float | None
    """Of one GPU-hour."""


def estimate_here(
    run: LabelRun, out: Console, err: Console, *, probe: int, hardware: Hardware, resume: str
) -> Estimate:
    """Probe a run and print what it will cost; the run reuses the probe's rollouts."""
    try:
        with shown(err, lambda: session_of(run).board, title=f"{run.name}: probe") as draw:
            found = run_to_end(
                lambda: estimate(run, probe=probe),
                draw=draw,
                stopping=lambda: session_of(run).board.stopping(),
            )
    except Interrupted:
        say(err, f"stopped; the probe's rollouts are kept. Go on with: {resume}")
        raise
    look = Look.of(session_of(run).board)
    rate = hardware.rate or look.tokens_per_s / hardware.gpus
    out.print(_table(run, found, hardware, rate))
    if hardware.rate is None and rate:
        say(
            out,
            f"Hours at the {rate:,.0f} tokens a second and GPU that the probe saw; with more "
            "problems in flight an engine writes more: --rate TOKENS tells it.",
        )
    say(
        out,
        f"The probe of {found.probed} problems cost {found.spent.sampled:,} rollouts; "
        f"`stepmint label` takes them over from {run.folder / 'journal'}.",
    )
    return found


def _table(run: LabelRun, found: Estimate, hardware: Hardware, rate: float) -> Table:
    table = Table(
        title=f"{run.name}: {found.problems:,} problems, estimated from {found.probed}",
        title_justify="left",
    )
    table.add_column("the whole run")
    table.add_column("estimate", justify="right")
    table.add_column(f"{CONFIDENCE:.0%} interval", justify="right")
    table.add_column("per problem", justify="right")
    rows = {
        "rollouts": found.rollouts,
        "prompt tokens (prefix cache not counted off)": found.prompt_tokens,
        "completion tokens": found.completion_tokens,
    }
    if found.scored_tokens.total:
        rows["tokens read for scores"] = found.scored_tokens
    if found.segment_tokens.total:
        rows["tokens that the segmenter writes"] = found.segment_tokens
    for name, interval in rows.items():
        table.add_row(name, *_cells(interval, found.problems))
    if rate:
        hours = scaled_by(found.completion_tokens, 1 / (rate * _HOUR_S))
        table.add_row("GPU-hours of writing", *_cells(hours, found.problems, digits=2))
        if hardware.price is not None:
            money = scaled_by(hours, hardware.price)
            at = f"price at {hardware.price:g} a GPU-hour"
            table.add_row(at, *_cells(money, found.problems, digits=2))
    return table


def _cells(interval: Interval, problems: int, *, digits: int = 0) -> tuple[str, str, str]:
    return (
        f"{interval.total:,.{digits}f}",
        f"{interval.low:,.{digits}f} to {interval.high:,.{digits}f}",
        f"{interval.total / problems:,.{digits + 1}f}",
    )

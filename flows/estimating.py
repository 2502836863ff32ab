"""`stepmint estimate`: a probe, then a table of what the whole run will cost."""

from rich.console import Console
from rich.table import Table

from flows.display import shown
from flows.running import Interrupted, run_to_end
from flows.saying import say
from tasks.estimate import CONFIDENCE, Estimate, Interval, estimate
from tasks.session import session_of
from tasks.settings import LabelRun


def estimate_here(
    run: LabelRun, out: Console, err: Console, *, probe: int, resume: str
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
    out.print(_table(run, found))
    say(
        out,
        f"The probe of {found.probed} problems cost {found.spent.sampled:,} rollouts; "
        f"`stepmint label` takes them over from {run.folder / 'journal'}.",
    )
    return found


def _table(run: LabelRun, found: Estimate) -> Table:
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
    for name, interval in rows.items():
        table.add_row(name, *_cells(interval, found.problems))
    return table


def _cells(interval: Interval, problems: int) -> tuple[str, str, str]:
    return (
        f"{interval.total:,.0f}",
        f"{interval.low:,.0f} to {interval.high:,.0f}",
        f"{interval.total / problems:,.1f}",
    )

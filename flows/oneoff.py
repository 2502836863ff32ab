"""One run in this process, from the command line: server, display, signals, last words."""

import asyncio
from collections.abc import Iterator, Mapping
from shlex import quote
from typing import Any

from rich.console import Console

from flows.display import shown
from flows.prefect_server import ensure_api
from flows.running import Interrupted, run_to_end
from flows.saying import say
from reports.text import many
from schemas.run_folder import RunFolder
from tasks import run_file
from tasks.finished import finished
from tasks.progress import Board
from tasks.records import Counts
from tasks.session import session_of
from tasks.settings import LabelRun


def label_here(run: LabelRun, console: Console, *, resume: str) -> Counts:
    """Run the flow `label` to its end and return what the run holds.

    Raises Interrupted, after saying how to resume, when a signal stopped it.
    """
    run_file.check(run)  # before Prefect boots: what cannot work fails at once
    done = finished(run)
    if done is not None:
        say(console, "nothing is left to do: the run is finished, and its files are as committed")
        return done
    server = ensure_api(run.output / ".prefect")

    async def work() -> Counts:
        from flows.label import label  # prefect: imported once its environment is set

        if server:
            await asyncio.to_thread(server.wait)
        return await label(run)

    try:
        with shown(console, lambda: session_of(run).board, title=run.name) as draw:
            counts = run_to_end(work, draw=draw, stopping=lambda: session_of(run).board.stopping())
    except Interrupted:
        board = session_of(run).board
        say(
            console,
            f"stopped at {board.done} of {board.problems} problems; every rollout that came back "
            f"is kept. Resume with: {resume}",
        )
        raise
    console.print(spent(session_of(run).board, counts), highlight=False, soft_wrap=True)
    record = RunFolder(run.folder).record()
    for line in (*_reused(record), *_reached(run, record, resume), *_doubts(counts)):
        say(console, line)
    return counts


def put_aside(run: LabelRun, console: Console) -> None:
    """Rename the folder of an earlier run of this name, and say so."""
    aside = run_file.put_aside(run)
    if aside is not None:
        say(
            console,
            f"the run that was there is {aside} now; --set reuse={quote(str(aside))} takes the "
            "rollouts that fit from its committed shards",
        )


def _reused(record: Mapping[str, Any]) -> Iterator[str]:
    """Yield what the run took from other runs, in all its sessions."""
    taken = record["costs"].get("reused", {})
    asked = {name: taken.get(name, 0) for name in record["config"]["reuse"]} | taken
    for name, count in asked.items():
        yield f"{count:,} rollouts taken from {name}"


def _reached(run: LabelRun, record: Mapping[str, Any], resume: str) -> Iterator[str]:
    """Yield what a budget left open, and how to go on; nothing where the run is whole."""
    session, left = session_of(run), record["left"]
    purse = session.purse
    if not left or not purse.reached:
        return
    more = "" if purse.by_session else f" --set budget.{purse.reached}=MORE"
    yield (
        f"budget reached: {purse.told}. {left:,} of {session.board.problems:,} "
        f"problems are left, and what was paid for them is kept. Go on with: {resume}{more}"
    )


def _doubts(counts: Counts) -> Iterator[str]:
    """Yield what makes labels doubtful of a run too small to be refused for it."""
    if counts.rollouts and not counts.correct:
        yield (
            f"not one of the {counts.rollouts:,} rollouts is correct, so every label says wrong: "
            "look at golds, prompt and answers before you trust them"
        )


def spent(board: Board, counts: Counts) -> str:
    """Return what this session cost, in words; also what it took that the run then did not need."""
    costs = board.costs
    written = costs.written_tokens
    whole = not board.done_before and board.done == board.problems
    ahead = costs.rollouts - counts.rollouts if whole else 0
    unused = (
        f"; {many(ahead, 'rollout')}, taken while the policy was idle, proved not to be needed "
        "and stand in no table"
        if ahead > 0
        else ""
    )
    kept = f"; {costs.replayed:,} rollouts came from the journal" if costs.replayed else ""
    fresh = costs.scored - costs.replayed_scores
    scored = f", {fresh:,} texts scored" if fresh else ""
    told = f"{costs.sampled:,} rollouts, {written:,} tokens written"
    return f"this session: {told}{scored}{kept}{unused}"

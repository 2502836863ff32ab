"""`stepmint serve` and `prefect.yaml`: a configuration's run on a schedule, one at a time.

Scheduled runs are incremental: each night takes what is new in the source, and what an earlier one
left. A night without either costs seconds.
"""

import os
from datetime import timedelta
from typing import Any

import psutil
from rich.console import Console

from flows.config import find_config, load_run
from flows.permits import allow
from flows.prefect_server import ensure_api
from flows.running import run_to_end
from flows.saying import say
from schemas import ConfigError
from tasks.settings import LabelRun

_HEARTBEAT_S = 30
_DEAD_AFTER_S = 120
_LAST_WORDS_S = 60
_DEAD_RUNS = "stepmint: runs without a heartbeat have crashed"


def parameters(config: str) -> dict[str, Any]:
    """Return the flow's parameters for a configuration: the build step of `prefect.yaml`."""
    return {"run": scheduled(load_run(find_config(config))).model_dump(mode="json")}


def scheduled(run: LabelRun) -> LabelRun:
    """Return a run as a schedule starts it: incremental, unless machines share it."""
    return run.model_copy(update={"incremental": not run.shared})


def serve(run: LabelRun, console: Console, *, cron: str) -> None:
    """Run the flow `label` whenever `cron` says, until stopped; missed and late runs queue.

    Uses the Prefect server that PREFECT_API_URL names, or starts one for as long as this process
    lives. A signal stops it and the run in progress (then raises Interrupted); the next start
    resumes that run. Raises ConfigError for a cron expression that Prefect cannot read.
    """
    os.environ.setdefault("PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL", "INFO")
    os.environ.setdefault("PREFECT_FLOWS_HEARTBEAT_FREQUENCY", str(_HEARTBEAT_S))
    run = scheduled(run)
    allow(run)
    server = ensure_api(run.output / ".prefect", schedules=True)
    _check(cron)
    login = ""
    if server:
        server.wait()
        login = f" (login {server.login})"
    run_to_end(
        lambda: _served(run, console, cron=cron, login=login), draw=lambda: None, stopping=_end_runs
    )


async def watch_for_dead_runs() -> None:
    """Make the server mark a flow run as crashed when its heartbeats end; safe to repeat.

    A process that is killed by SIGKILL cannot say so. Its worker or `serve` says it; where that
    died too, the run stays "Running" until this automation acts.
    """
    from prefect.automations import Automation
    from prefect.client.schemas.objects import StateType
    from prefect.events.actions import ChangeFlowRunState
    from prefect.events.schemas.automations import EventTrigger, Posture

    ends = ("Completed", "Failed", "Cancelled", "Crashed")
    try:
        await Automation.aread(name=_DEAD_RUNS)
        return
    except ValueError:  # how Prefect says that there is none
        pass
    await Automation(
        name=_DEAD_RUNS,
        trigger=EventTrigger(
            after={"prefect.flow-run.heartbeat"},
            expect={"prefect.flow-run.heartbeat", *(f"prefect.flow-run.{end}" for end in ends)},
            match={"prefect.resource.id": ["prefect.flow-run.*"]},
            for_each={"prefect.resource.id"},
            posture=Posture.Proactive,
            threshold=1,
            within=timedelta(seconds=_DEAD_AFTER_S),
        ),
        actions=[ChangeFlowRunState(state=StateType.CRASHED, message="Its heartbeats ended.")],
    ).acreate()


async def _served(run: LabelRun, console: Console, *, cron: str, login: str) -> None:
    from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy
    from prefect.runner import Runner
    from prefect.types.entrypoint import EntrypointType

    from flows.label import label

    await watch_for_dead_runs()
    one_at_a_time = ConcurrencyLimitConfig(
        limit=1, collision_strategy=ConcurrencyLimitStrategy.ENQUEUE
    )
    deployment = await label.ato_deployment(
        run.name,
        cron=cron,
        parameters={"run": run.model_dump(mode="json") | _resolved(run)},
        concurrency_limit=one_at_a_time,
        entrypoint_type=EntrypointType.MODULE_PATH,
    )
    runner = Runner(name=run.name)
    await runner.aadd_deployment(deployment)
    pages = os.environ.get("PREFECT_API_URL", "").removesuffix("/api")
    message = f"{run.name} runs at {cron!r}; pages at {pages}{login}; stop with Ctrl-C"
    say(console, message)
    await runner.start()


def _resolved(run: LabelRun) -> dict[str, Any]:
    """Return the run's folders as paths that hold in any working folder."""
    reuse = [str(path.resolve()) for path in run.reuse]
    return {"output": str(run.output.resolve()), "reuse": reuse}


def _end_runs() -> None:
    """Stop the runs in progress and wait for their last words: Prefect's runner does not.

    Each closes its journals and tells the server what became of it.
    """
    children = psutil.Process().children()
    runs = [child for child in children if "prefect.engine" in child.cmdline()]
    for process in runs:
        process.terminate()
    _, alive = psutil.wait_procs(runs, timeout=_LAST_WORDS_S)
    for process in alive:
        process.kill()


def _check(cron: str) -> None:
    from prefect.client.schemas.schedules import CronSchedule

    try:
        CronSchedule(cron=cron)
    except ValueError as error:
        raise ConfigError(
            f"--cron {cron!r} is no cron expression: write five fields, e.g. '0 2 * * *'"
        ) from error

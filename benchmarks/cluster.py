"""Whether two machines finish what one of them, killed in mid-shard, cannot.

    python -m benchmarks.cluster
    python -m benchmarks.cluster --problems 600 --lease-s 20

Two Prefect workers take a run of the same deployment each from one work pool, on a Prefect server
with Postgres, and label one run together: each beside a simulated model server of its own, with
journals of its own, over a shared root on an S3-compatible server (moto). As soon as both have
committed a shard and have others open, one worker and all its processes are sent SIGKILL. The other
has to end the run with tables equal to the byte to those of a run in one go, on its own disk as on
the shared root: no row lost, none doubled. Needs Postgres's programs and moto.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psutil
import yaml

from benchmarks.chaos import tables
from benchmarks.cluster_services import (
    BUCKET,
    ROOT,
    missing,
    postgres,
    prefect_server,
    s3,
    until,
)
from benchmarks.pipeline import labelled, made_run
from benchmarks.simulated_server import simulated
from policies import OpenAISettings
from schemas.arrow import TABLE_NAMES
from schemas.run_folder import RunFolder
from tasks.settings import LabelRun
from tasks.shared_root import SharedRoot

_POOL = "stepmint"
_LONGEST_S = 900.0
_STOP_S = 20.0


class Machine:
    """A Prefect worker, and the folder of the run that it has taken."""

    def __init__(self, name: str, *, log: Path, env: Mapping[str, str]) -> None:
        self.name = name
        command = [sys.executable, "-m", "prefect", "worker", "start", "--pool", _POOL]
        command += ["--type", "process", "--limit", "1", "--name", name]
        with log.open("wb") as out:
            self._worker = subprocess.Popen(
                command, cwd=ROOT, env=env, stdout=out, stderr=subprocess.STDOUT
            )

    @property
    def pids(self) -> set[int]:
        """The worker's number, and those of all it has started."""
        if self._worker.poll() is not None:
            return set()
        worker = psutil.Process(self._worker.pid)
        return {worker.pid, *(child.pid for child in worker.children(recursive=True))}

    def is_at(self, run: LabelRun) -> bool:
        """Tell whether it works in a run's folder."""
        lock = RunFolder(run.folder).lock
        holder = lock.read_text().partition(" ")[0] if lock.exists() else ""
        return holder.isdecimal() and int(holder) in self.pids

    def kill(self) -> None:
        """Send SIGKILL to the worker and all that it has started."""
        for pid in sorted(self.pids):
            psutil.Process(pid).kill()
        self._worker.wait()

    def stop(self) -> None:
        """Stop the worker and what is left of its runs; a worker may not heed its signal."""
        if not self.pids:
            return
        worker = psutil.Process(self._worker.pid)
        processes = [worker, *worker.children(recursive=True)]
        self._worker.terminate()
        _, alive = psutil.wait_procs(processes, timeout=_STOP_S)
        for process in alive:
            process.kill()
        self._worker.wait()


def prefect(*arguments: str, env: Mapping[str, str], cwd: Path = ROOT) -> str:
    """Run a command of Prefect's and return what it says."""
    command = [sys.executable, "-m", "prefect", "--no-prompt", *arguments]
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"prefect {' '.join(arguments[:3])}: {done.stdout}{done.stderr}")
    return done.stdout


def deploy(run: LabelRun, folder: Path, env: Mapping[str, str]) -> None:
    """Make the work pool, and the deployment whose runs the machines take."""
    prefect("work-pool", "create", _POOL, "--type", "process", env=env)
    deployment = {
        "name": "cluster",
        "entrypoint": "flows/label.py:label",
        "parameters": {"run": run.model_dump(mode="json")},
        "work_pool": {"name": _POOL},
    }
    steps = [{"prefect.deployments.steps.set_working_directory": {"directory": str(ROOT)}}]
    file = folder / "prefect.yaml"
    file.write_text(yaml.safe_dump({"pull": steps, "deployments": [deployment]}))
    prefect("deploy", "--name", "cluster", "--prefect-file", str(file), env=env)


def start(run: LabelRun, env: Mapping[str, str]) -> None:
    """Have one worker, whichever is free, work on the run."""
    given = json.dumps({"run": run.model_dump(mode="json")})
    prefect("deployment", "run", "label/cluster", "--params", given, env=env)


@contextmanager
def machines(
    run: LabelRun, folder: Path, env: Mapping[str, str]
) -> Iterator[list[tuple[Machine, LabelRun]]]:
    """Have two machines work on a run; yields each with its view of it, once both have begun."""
    with ExitStack() as stack:
        views = [
            _view(run, folder / f"disk-{place}", stack.enter_context(simulated(latency=0.3)))
            for place in (1, 2)
        ]
        deploy(run, folder, env)
        workers = []
        for place in (1, 2):
            log = folder / f"machine-{place}.log"
            workers.append(Machine(f"machine-{place}", log=log, env=env))
            stack.callback(workers[-1].stop)
        for view in views:
            start(view, env)
        placed: list[tuple[Machine, LabelRun]] = []

        def all_placed() -> bool:
            placed[:] = [(one, view) for one in workers for view in views if one.is_at(view)]
            return len(placed) == len(views)

        until(all_placed, what="a run on each machine")
        yield placed


def _view(run: LabelRun, disk: Path, url: str) -> LabelRun:
    policy = run.policy.model_copy(update={"urls": (url,)})
    return run.model_copy(update={"output": disk, "policy": policy})


def in_mid_shard(run: LabelRun) -> bool:
    """Tell whether a machine has committed a shard and holds completions of another."""
    folder = RunFolder(run.folder)
    journals = [path.stat().st_size for path in folder.journals.glob("*.journal")]
    return any(folder.markers.glob("*.json")) and any(size > 4096 for size in journals)


def shared_tables(run: LabelRun) -> dict[str, list[bytes]]:
    """Return the files of each table on the shared root, in order of their shards."""
    root = SharedRoot(run.shared, run.name)
    return {
        table: [root.get(f"{table}/{name}") or b"" for name in sorted(root.listing(table))]
        for table in TABLE_NAMES
    }


def own_tables(run: LabelRun) -> dict[str, list[bytes]]:
    """Return the files of each table in a run's own folder, in order of their shards."""
    folder = RunFolder(run.folder)
    return {
        table: [folder.file(table, shard).read_bytes() for shard in folder.shards]
        for table in TABLE_NAMES
    }


def story(whole: LabelRun, run: LabelRun, folder: Path, env: Mapping[str, str]) -> bool:
    """Label with two machines of which one is killed; print what came of it."""
    with machines(run, folder, env) as placed:
        until(lambda: all(in_mid_shard(view) for _, view in placed), what="both in mid-shard")
        (victim, lost), (other, kept) = placed
        victim.kill()
        killed = time.monotonic()
        begun = [path.stem for path in sorted(RunFolder(lost.folder).journals.glob("*.journal"))]
        done = {view.output.name: len(RunFolder(view.folder).shards) for _, view in placed}
        print(f"{victim.name} killed, {', '.join(begun)} begun; shards committed: {done}")
        shared = SharedRoot(run.shared, run.name)
        until(lambda: shared.has("run.json"), what="the end of the run", seconds=_LONGEST_S)
        until(lambda: not other.is_at(kept) or _ended(kept), what="the end of the session")
        print(f"{other.name} ended the run {time.monotonic() - killed:.0f} s later")
        print(prefect("flow-run", "ls", "--limit", "5", env=env))
    same = tables(whole) == tables(kept)
    print(f"its tables: {'equal to the byte' if same else 'DIFFERENT'}, {len(tables(kept))} files")
    on_root = shared_tables(run) == own_tables(whole)
    print(f"tables on the shared root: {'equal to the byte' if on_root else 'DIFFERENT'}")
    return same and on_root and not shared.listing("claims") and _counts(whole) == _counts(kept)


def _ended(run: LabelRun) -> bool:
    return bool(RunFolder(run.folder).record().get("status") == "finished")


def _counts(run: LabelRun) -> Any:
    """Return what the markers of a run's folder count, shard by shard."""
    folder = RunFolder(run.folder)
    return [json.loads(folder.marker(shard).read_text())["counts"] for shard in folder.shards]


def measure(problems: int, lease_s: float) -> bool:
    """Label in one go, then together; returns whether the tables are equal."""
    labeler = {"kind": "math_shepherd", "num_solutions": 4, "num_rollouts": 4}
    shards = {"size": 8, "lease_s": lease_s}
    with (
        made_run(problems, labeler=labeler, shards=shards) as made,
        tempfile.TemporaryDirectory(prefix="stepmint-cluster-") as name,
        s3(Path(name)) as bucket,
    ):
        folder = Path(name)
        with simulated() as url:
            policy = OpenAISettings(urls=(url,), max_in_flight=64)
            whole = made.model_copy(update={"name": "whole", "policy": policy})
            took = asyncio.run(labelled(whole))
        print(f"in one go: {took.counts.rollouts:,} rollouts of {problems} problems", flush=True)
        os.environ.update(bucket)
        changes = {"policy": policy, "name": "together", "shared": f"s3://{BUCKET}/runs"}
        with postgres() as database, prefect_server(folder, database) as api:
            env = {**os.environ, **api}
            return story(whole, made.model_copy(update=changes), folder, env)


def main() -> None:
    """Measure, and exit with 1 where a byte differs."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--problems", type=int, default=240)
    parser.add_argument("--lease-s", type=float, default=10.0)
    options = parser.parse_args()
    if lacks := missing():
        raise SystemExit(f"benchmarks.cluster needs {lacks}")
    sys.exit(not measure(options.problems, options.lease_s))


if __name__ == "__main__":
    main()

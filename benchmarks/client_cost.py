"""What our own process costs per rollout, by how many sequences are in flight.

    python -m benchmarks.client_cost
    python -m benchmarks.client_cost --in-flight 64 2048 --stop fixed
    python -m benchmarks.client_cost --labeler '{"kind": "uct", "prior": "uniform"}'

A server of its own process answers after a latency that grows with the number in flight, so that
every row is offered the same load, and no row waits for the server's own CPU. Each row is a run
of its own: problems staged, journal, verdicts, tables. The scripted row has no server.
"""

import argparse
import asyncio
import json
from typing import Any

from benchmarks.pipeline import Measured, labelled, made_run
from benchmarks.simulated_server import simulated

_OFFERED = 800
"""Rollouts per second that the server answers if it is kept full: what eight H100 return of a 7B
model (`../shared/reference/field-2026-11.md`)."""


def over_http(in_flight: int, *, problems: int, labeler: dict[str, Any]) -> Measured:
    """Label made problems with a server, so many sequences in flight."""
    with simulated(latency=in_flight / _OFFERED) as url:
        policy = {"kind": "openai", "urls": [url], "max_in_flight": in_flight}
        with made_run(problems, policy=policy, labeler=labeler) as run:
            return asyncio.run(labelled(run))


def scripted(*, problems: int, labeler: dict[str, Any]) -> Measured:
    """Label made problems without a server."""
    with made_run(problems, labeler=labeler) as run:
        return asyncio.run(labelled(run))


def _row(name: str, limit: int | None, found: Measured) -> str:
    busy = f"{found.active / limit:.0%}" if limit else ""
    return (
        f"{name:>10} {found.cpu_ms:>8.3f} {found.rate:>8,.0f} {busy:>6} {found.counts.rollouts:>9,}"
    )


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--in-flight", type=int, nargs="*", default=[64, 256, 1024, 2048])
    parser.add_argument("--problems", type=int, default=300)
    parser.add_argument("--stop", choices=("first_success", "fixed"), default="first_success")
    parser.add_argument("--labeler", type=json.loads, metavar="JSON", help="instead of --stop")
    options = parser.parse_args()
    labeler = options.labeler or {"kind": "math_shepherd", "stop": options.stop}
    print(f"{'in flight':>10} {'CPU ms':>8} {'per s':>8} {'busy':>6} {'rollouts':>9}")
    scripted(problems=10, labeler=labeler)  # imports, caches
    print(_row("scripted", None, scripted(problems=options.problems, labeler=labeler)))
    for limit in options.in_flight:
        found = over_http(limit, problems=options.problems, labeler=labeler)
        print(_row(str(limit), limit, found), flush=True)


if __name__ == "__main__":
    main()

"""Hostile inputs: time, memory, code that ran. Each contender runs in a child of its own.

`python -m benchmarks.verification.hostile NAME` is that child: it reads inputs as lines of JSON and
replies with what it said and what it took. A child that takes too long is killed and replaced.
"""

import json
import resource
import selectors
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path

from benchmarks.verification.contenders import Contender, MathVerify, Ours
from benchmarks.verification.data import Hostile, load_hostile
from benchmarks.verification.figures import percentile, table

Reply = dict[str, float | str]

KILL_SECONDS = 15.0
"""Wall time after which the child is killed."""
ADDRESS_SPACE = 4 << 30
"""Bytes a child may address."""


@dataclass(slots=True)
class Report:
    """What one contender made of the hostile inputs."""

    name: str
    seconds: list[float] = field(default_factory=list)
    """Wall time per input."""
    slow: Counter[str] = field(default_factory=Counter)
    killed: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    """Identifiers of inputs with an outcome that is not allowed."""
    said: Counter[str] = field(default_factory=Counter)
    peak_mb: float = 0.0
    """Largest resident memory of the child or a worker of it."""
    canaries: int = 0
    """Files that code in the inputs created."""

    def as_json(self) -> dict[str, object]:
        """Return the figures."""
        return {
            "seconds": {
                "p50": percentile(self.seconds, 0.5),
                "max": max(self.seconds, default=0.0),
                "above": dict(self.slow),
            },
            "killed": self.killed,
            "wrong": self.wrong,
            "said": dict(self.said),
            "peak_mb": self.peak_mb,
            "code_ran": self.canaries,
        }


def measure(name: str, folder: Path, *, limit: int | None, deadline: float = 1.5) -> Report:
    """Run the hostile inputs (every n-th, at most `limit`) through the named contender."""
    report = Report(name)
    with tempfile.TemporaryDirectory() as scratch:
        inputs = load_hostile(folder, Path(scratch))
        if limit is not None:
            inputs = inputs[:: max(1, len(inputs) // limit)]
        for hostile, reply in _replies(name, inputs):
            if hostile is None:
                report.peak_mb = max(report.peak_mb, float(reply["peak_mb"]) if reply else 0.0)
            else:
                _count(report, hostile, reply, deadline)
        report.canaries = len(list(Path(scratch).iterdir()))
    return report


def _count(report: Report, hostile: Hostile, reply: Reply | None, deadline: float) -> None:
    if reply is None:
        report.killed.append(hostile.id)
        report.said["killed"] += 1
        return
    seconds, said = float(reply["seconds"]), str(reply["said"])
    report.seconds.append(seconds)
    report.said[said] += 1
    report.slow.update(bound for bound in ("1", "5") if seconds > float(bound))
    report.slow["deadline"] += seconds > deadline
    report.peak_mb = max(report.peak_mb, float(reply["peak_mb"]))
    if said not in hostile.allowed:
        report.wrong.append(hostile.id)


def _replies(name: str, inputs: Sequence[Hostile]) -> Iterator[tuple[Hostile | None, Reply | None]]:
    """Yield each input with the child's reply, and at the end what the child took as a whole."""
    child: _Child | None = None
    for hostile in inputs:
        child = child or _Child(name)
        reply = child.ask(hostile)
        yield hostile, reply
        if reply is None:
            child = None
    if child:
        yield None, child.end()


class _Child:
    def __init__(self, name: str) -> None:
        command = [sys.executable, "-m", "benchmarks.verification.hostile", name]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        assert self._process.stdin
        assert self._process.stdout
        self._input, self._output = self._process.stdin, self._process.stdout
        self._output.readline()

    def ask(self, hostile: Hostile) -> Reply | None:
        """Return the child's reply, or None where it died or had to be killed."""
        self._input.write(json.dumps(asdict(hostile)).encode() + b"\n")
        self._input.flush()
        with selectors.DefaultSelector() as selector:
            selector.register(self._output, selectors.EVENT_READ)
            line = self._output.readline() if selector.select(KILL_SECONDS) else b""
        if not line:
            self._process.kill()
            self._process.wait()
            return None
        reply: Reply = json.loads(line)
        return reply

    def end(self) -> Reply:
        """Let the child finish, and return what its workers took."""
        self._input.close()
        line = self._output.readline()
        self._process.wait()
        reply: Reply = json.loads(line)
        return reply


def hostile_table(reports: Sequence[Report]) -> str:
    """Return the table of what hostile inputs did."""
    rows = [
        [
            report.name, len(report.seconds) + len(report.killed),
            f"{percentile(report.seconds, 0.5) * 1000:.1f}",
            f"{max(report.seconds, default=0.0):.2f}", report.slow["1"], report.slow["deadline"],
            report.slow["5"], len(report.killed), f"{report.peak_mb:.0f}", report.canaries,
            len(report.wrong), f"{report.said['A']}/{report.said['R']}/{report.said['U']}",
        ]
        for report in reports
    ]  # fmt: skip
    header = ["verifier", "inputs", "p50 ms", "max s", "> 1 s", "> 1.5 s", "> 5 s", "killed",
              "peak MB", "code ran", "wrong", "A/R/U"]  # fmt: skip
    return table("Hostile inputs (wall time)", header, rows)


def main() -> None:
    """Serve as the child."""
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
    with ExitStack() as stack:
        contender: Contender = MathVerify()
        if sys.argv[1] == Ours.name:
            ours = stack.enter_context(Ours())
            ours.cascade.warm_up()
            contender = ours
        contender.judge("x+1", "1+x", bare=True)
        print("ready", flush=True)
        for line in sys.stdin:
            print(json.dumps(_judge(contender, Hostile(**json.loads(line)))), flush=True)
    print(json.dumps({"peak_mb": _peak_mb()}), flush=True)


def _judge(contender: Contender, hostile: Hostile) -> Reply:
    started = time.perf_counter()
    said = contender.judge(hostile.gold, hostile.prediction, bare=hostile.bare)
    seconds = time.perf_counter() - started
    letter = {True: "A", False: "R", None: "U"}[said]
    return {"seconds": seconds, "said": letter, "peak_mb": _peak_mb()}


def _peak_mb() -> float:
    who = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return max(resource.getrusage(one).ru_maxrss for one in who) / 1024


if __name__ == "__main__":
    main()

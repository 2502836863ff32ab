"""False rejects, false accepts, speed and latency on judged pairs."""

import resource
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from benchmarks.verification.contenders import Contender
from benchmarks.verification.data import REAL, Pair
from benchmarks.verification.figures import Rate, percentile, table


@dataclass(slots=True)
class Accuracy:
    """What one contender made of the pairs."""

    name: str
    outcomes: Counter[tuple[str, bool, bool | None]] = field(default_factory=Counter)
    ms: list[float] = field(default_factory=list)
    """CPU milliseconds of this process per pair."""
    real_ms: list[float] = field(default_factory=list)
    worker_seconds: float = 0.0
    """CPU time of worker processes."""
    wrong: list[str] = field(default_factory=list)
    """Identifiers of false rejects (-), false accepts (+) and undecided (?)."""

    def rates(self, name: str) -> tuple[Rate, Rate, Rate]:
        """Return false rejects, false accepts and undecided; undecided is neither of the others."""
        equal, other = (
            {said: self.outcomes[name, expected, said] for said in (True, False, None)}
            for expected in (True, False)
        )
        total_equal, total_other = sum(equal.values()), sum(other.values())
        return (
            Rate(equal[False], total_equal),
            Rate(other[True], total_other),
            Rate(equal[None] + other[None], total_equal + total_other),
        )


def measure(contender: Contender, pairs: Sequence[Pair]) -> Accuracy:
    """Judge every pair."""
    found = Accuracy(contender.name)
    contender.judge("x+1", "1+x", bare=True)
    children = _children_seconds()
    for pair in pairs:
        started = time.process_time()
        said = contender.judge(pair.gold, pair.prediction, bare=pair.bare)
        spent = (time.process_time() - started) * 1000
        found.ms.append(spent)
        if pair.set in REAL and not pair.bare:
            found.real_ms.append(spent)
        found.outcomes[pair.set, pair.expected, said] += 1
        if said is not pair.expected:
            found.wrong.append({True: "+", False: "-", None: "?"}[said] + pair.id)
    found.worker_seconds = _children_seconds() - children
    return found


def _children_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def accuracy_table(results: Sequence[Accuracy], pairs: Sequence[Pair]) -> str:
    """Return the table of rates per set."""
    rows = []
    for name in dict.fromkeys(pair.set for pair in pairs):
        for result in results:
            rows.append([name, result.name, *result.rates(name)])
    header = ["set", "verifier", "false rejects", "false accepts", "undecided"]
    return table("Accuracy (95% Wilson intervals)", header, rows)


def speed_table(results: Sequence[Accuracy]) -> str:
    """Return the table of speed and latency, in CPU time."""
    rows = []
    for result in results:
        for what, ms in (("all pairs", result.ms), ("real completions", result.real_ms)):
            rows.append([what, result.name, *_speed(ms)])
    header = ["pairs", "verifier", "checks per CPU s", "p50 ms", "p99 ms", "max ms"]
    return table("Speed (CPU time of this process)", header, rows)


def _speed(ms: Sequence[float]) -> list[str]:
    rate = 1000 * len(ms) / sum(ms) if sum(ms) else 0.0
    return [f"{rate:,.0f}", *(f"{percentile(ms, share):.3f}" for share in (0.5, 0.99, 1.0))]


def as_json(result: Accuracy, pairs: Sequence[Pair]) -> dict[str, object]:
    """Return the figures of one contender."""
    names = ("false_rejects", "false_accepts", "undecided")
    return {
        "sets": {
            name: dict(zip(names, (rate.as_json() for rate in result.rates(name)), strict=True))
            for name in dict.fromkeys(pair.set for pair in pairs)
        },
        "cpu_ms": {
            what: {
                "mean": sum(ms) / len(ms) if ms else 0.0,
                "p50": percentile(ms, 0.5),
                "p99": percentile(ms, 0.99),
                "max": max(ms, default=0.0),
            }
            for what, ms in (("all", result.ms), ("real", result.real_ms))
        },
        "worker_cpu_seconds": result.worker_seconds,
        "wrong": result.wrong,
    }

"""What a host and its workers say to each other: lines of plain JSON, nothing to unpickle."""

import json
from dataclasses import asdict, dataclass
from typing import Literal

from verification.comparing.equivalence import Decision

Stage = Literal["compare", "sympy", "math_verify"]

MAX_LINE = 1 << 20
"""Bytes of the longest line that is read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one job may use, and how long a worker serves."""

    cpu_seconds: float
    memory_mb: int
    jobs_per_worker: int


@dataclass(frozen=True, slots=True)
class Job:
    """A pair to compare, by these stages in turn until one decides."""

    number: int
    gold: str
    answer: str
    stages: tuple[Stage, ...]


@dataclass(frozen=True, slots=True)
class Reply:
    """What came of a job."""

    number: int
    decision: Decision
    cpu_seconds: float = 0.0
    """What the job took of the worker's time."""


def encode(message: Job | Reply) -> bytes:
    """Return a message as a line of ASCII JSON."""
    return json.dumps(asdict(message)).encode() + b"\n"


def decode_job(line: bytes) -> Job:
    """Read a job; the host wrote it."""
    fields = json.loads(line)
    return Job(fields["number"], fields["gold"], fields["answer"], tuple(fields["stages"]))


def decode_reply(line: bytes) -> Reply:
    """Read a reply, checked field by field: a worker that chewed on hostile text wrote it.

    Raises ValueError for anything but a well-formed reply.
    """
    fields = json.loads(line)
    match fields:
        case {
            "number": int(number),
            "decision": {
                "equal": True | False | None as equal,
                "stage": str(stage),
                "reason": str(reason),
            },
            "cpu_seconds": int() | float() as cpu_seconds,
        }:
            return Reply(number, Decision(equal, stage[:40], reason[:200]), cpu_seconds)
    raise ValueError(f"no reply: {line[:80]!r}")

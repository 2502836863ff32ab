"""The judged pairs and hostile inputs that the benchmark reads, kept outside the project."""

import gzip
import json
import os
from dataclasses import dataclass
from pathlib import Path
from random import Random

REAL = ("gsm8k", "tora_gsm8k", "abel_gsm8k", "math_cot_100")
"""Sets of real completions."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A gold, a prediction, and whether they are known to agree."""

    id: str
    set: str
    bare: bool
    """Whether the prediction is a bare answer rather than a whole completion."""
    gold: str
    prediction: str
    expected: bool


@dataclass(frozen=True, slots=True)
class Hostile:
    """An input meant to hang, kill or execute; `allowed` holds A(ccept), R(eject), U(ndecided)."""

    id: str
    category: str
    bare: bool
    gold: str
    prediction: str
    allowed: str


def shared_folder() -> Path:
    """Return the folder with `verification/pairs.jsonl.gz`; STEPMINT_SHARED overrides."""
    beside = Path(__file__).resolve().parents[2].parent / "shared"
    return Path(os.environ.get("STEPMINT_SHARED", beside))


def load_pairs(folder: Path) -> list[Pair]:
    """Read all judged pairs."""
    with gzip.open(folder / "verification" / "pairs.jsonl.gz", "rt", encoding="utf-8") as lines:
        return [_pair(json.loads(line)) for line in lines]


def _pair(row: dict[str, str]) -> Pair:
    name, _, kind = row["source"].partition(":")
    return Pair(
        row["id"], name, kind == "answer", row["gold"], row["prediction"], bool(row["expected"])
    )


def load_hostile(folder: Path, canaries: Path) -> list[Hostile]:
    """Read the hostile inputs; code in them would create files in `canaries`."""
    path = folder / "verification" / "hostile.jsonl.gz"
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return [
        Hostile(
            row["id"],
            row["category"],
            row["mode"] == "answer",
            row["gold"],
            row["prediction"].replace("@CANARY@", str(canaries)),
            row["ok"],
        )
        for row in rows
    ]


def sample(pairs: list[Pair], per_set: int, seed: int) -> list[Pair]:
    """Return at most `per_set` pairs of each set and each expectation, in the file's order."""
    random = Random(seed)
    groups: dict[tuple[str, bool], list[int]] = {}
    for index, pair in enumerate(pairs):
        groups.setdefault((pair.set, pair.expected), []).append(index)
    chosen: set[int] = set()
    for members in groups.values():
        chosen.update(random.sample(members, min(per_set, len(members))))
    return [pairs[index] for index in sorted(chosen)]

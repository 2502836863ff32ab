"""Small real runs: sums as problems, the analytic policy, the real verifier, no model."""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks import made
from tasks.settings import LabelRun


def sums(path: Path, count: int) -> Path:
    """Write `count` problems of the scripted policy's world as JSONL."""
    rng = random.Random(count)
    return made.sums(
        path,
        (tuple(rng.randrange(2, 60) for _ in range(rng.randrange(2, 6))) for _ in range(count)),
    )


def settings(folder: Path, *, problems: int = 12, **changes: Any) -> dict[str, Any]:
    """Return a run's configuration as YAML would hold it."""
    return {
        "name": "toy",
        "output": str(folder / "output"),
        "seed": 5,
        "source": {"kind": "file", "path": str(sums(folder / "sums.jsonl", problems))},
        "prompt": "synthetic",
        "sampling": {"temperature": 1.0, "max_tokens": 200},
        "splitter": {"kind": "newline"},
        "policy": {"kind": "scripted", "error": 0.2},
        "verification": {"answer_format": "hash"},
        "labeler": {"kind": "math_shepherd", "num_solutions": 3, "num_rollouts": 4},
        "shards": {"size": 5, "retry_delay_s": 0},
    } | changes


def toy_run(folder: Path, **changes: Any) -> LabelRun:
    """Return a checked run."""
    return LabelRun.model_validate(settings(folder, **changes))


def tree(folder: Path, keep: Callable[[Path], bool] = lambda path: True) -> dict[str, bytes]:
    """Return the bytes of every file below a folder."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and keep(path))
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def tables(folder: Path) -> dict[str, bytes]:
    """Return the bytes of a run's committed tables."""
    return tree(folder, lambda path: path.suffix == ".parquet" and "staging" not in path.parts)

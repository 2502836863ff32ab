"""Small dataset files, made by the tests that read them."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from schemas import Problem, RejectedRow
from sources import Source

ROWS = [{"question": f"What is {i} + {i}?", "answer": f"{2 * i}"} for i in range(5)]


def jsonl(path: Path, rows: Sequence[Mapping[str, object]] = ROWS) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def problems(source: Source) -> list[Problem]:
    return [item for item in source.load() if isinstance(item, Problem)]


def rejected(source: Source) -> list[RejectedRow]:
    return [item for item in source.load() if isinstance(item, RejectedRow)]


def answers(source: Source) -> list[str]:
    return [problem.answer for problem in problems(source)]


Compress = Callable[[bytes], bytes]

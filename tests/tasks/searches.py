"""Small searches of sums: the analytic policy, a reward model that can add, the real verifier."""

import asyncio
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from schemas import Grades
from tasks.search_figures import Figures
from tasks.search_settings import SearchRun
from tasks.searching import SearchBoard, search
from tests.toy_runs import sums

_ADDITION = re.compile(r"(\d+) \+ (\d+) = (\d+)")


class Adder:
    """Finds additions right or wrong, and everything behind a wrong one doubtful."""

    form = "adder"

    def read(self, solutions: Iterable[tuple[str, Sequence[str]]]) -> Iterator[Grades]:
        for question, steps in solutions:
            right, grades = True, []
            for step in steps:
                found = _ADDITION.search(step)
                right = right and (not found or int(found[1]) + int(found[2]) == int(found[3]))
                grades.append(0.9 if right else 0.2)
            yield Grades(steps=tuple(grades), tokens=len(question) + sum(map(len, steps)))


def settings(folder: Path, *, problems: int = 6, **changes: Any) -> dict[str, Any]:
    """Return a search's configuration as YAML would hold it."""
    (folder / "adder").mkdir(parents=True, exist_ok=True)
    return {
        "name": "toy",
        "output": str(folder / "output"),
        "seed": 5,
        "source": {"kind": "file", "path": str(sums(folder / "sums.jsonl", problems))},
        "prompt": "synthetic",
        "sampling": {"temperature": 1.0, "max_tokens": 200},
        "policy": {"kind": "scripted", "error": 0.3},
        "prm": {"model": str(folder / "adder")},
        "searches": [
            {"kind": "best_of_n", "n": 6},
            {"kind": "beam", "n": 4, "expand": 2},
            {"kind": "lookahead", "n": 4, "expand": 2, "k": 1},
            {"kind": "puct", "paths": 3, "width": 3},
        ],
        "shard": 4,
    } | changes


def searched(folder: Path, board: SearchBoard | None = None, **changes: Any) -> Figures:
    """Search with the adder as reward model."""
    run = SearchRun.model_validate(settings(folder, **changes))
    loaded = SimpleNamespace(load_grader=lambda *_, **__: Adder())
    with patch.dict(sys.modules, {"prm.grading": loaded}):  # torch takes seconds to import
        return asyncio.run(search(run, board or SearchBoard()))

"""Solutions whose first wrong step people have marked, with the golds of their problems.

ProcessBench (2412.06559) marks the first wrong step of whole solutions. PRM800K (2305.20050), phase
2: people rated steps up to the first wrong one. Where the rest of such a solution is not in the
data, a step `...` stands for it, so that the wrong step is probed like any other and not judged
as if it were the answer; saying that the error is in this last one is a miss.
"""

import gzip
import hashlib
import json
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from schemas import Problem, RejectedRow
from sources import FileSolutions, FileSource
from sources.reading import Reading

REST = "..."
"""Stands for the part of a solution that is not in the data."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Marked:
    """A solution with people's first error."""

    question: str
    gold: str
    id: str
    steps: tuple[str, ...]
    truth: int
    """0-based index of the first wrong step; -1: none."""
    final: bool | None
    """Whether its final answer is right, as the set says; None where it does not."""


@dataclass(frozen=True, slots=True)
class _Row:
    id: str
    question: str
    steps: Sequence[str]
    truth: int
    final: bool | None = None


@dataclass(frozen=True, slots=True)
class MarkedSet:
    """A set of marked solutions, and where its golds are."""

    name: str
    read: Callable[[Path], Iterator[_Row]]
    golds: tuple[str, ...]
    """Files of problems, below `problems/`."""


def _processbench(file: str) -> Callable[[Path], Iterator[_Row]]:
    def rows(data: Path) -> Iterator[_Row]:
        for row in _json(data / "step_labels/processbench" / file):
            final = bool(row["final_answer_correct"])
            yield _Row(row["id"], row["problem"], row["steps"], row["label"], final)

    return rows


def _prm800k(data: Path) -> Iterator[_Row]:
    yield from _original(data / "step_labels/prm800k_raw/prm800k_raw_samples.jsonl")
    for row in _json(data / "step_labels/prm800k_latebench/latebench_prm800k_raw.json.gz"):
        ending = row["source"]["metadata"]["finish_reason"]
        steps = [step["content"] for step in row["solution"]["steps"]]
        wrong = [place for place, step in enumerate(row["solution"]["steps"]) if step["is_error"]]
        if ending == "solution" and not wrong:
            yield _Row(row["id"], row["problem"]["statement"], steps, -1)
        elif ending == "found_error" and wrong:
            yield _Row(row["id"], row["problem"]["statement"], [*steps, REST], wrong[0])


def _original(path: Path) -> Iterator[_Row]:
    """Read PRM800K as OpenAI published it: phase 2, where steps of whole solutions are rated."""
    for number, line in enumerate(path.read_text("utf-8").splitlines()):
        row = json.loads(line)
        steps = row["question"].get("pre_generated_steps")
        if steps and row["label"]["finish_reason"] in ("solution", "found_error"):
            rated = [step["completions"][0]["rating"] for step in row["label"]["steps"]]
            truth = rated.index(-1) if -1 in rated else -1
            yield _Row(f"prm800k-{number}", row["question"]["problem"], steps, truth)


def _json(path: Path) -> list[dict[str, Any]]:
    raw = path.read_bytes()
    text = (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode()
    rows: list[dict[str, Any]] = json.loads(text)
    return rows


_MATH = ("math_test_5000_tora.jsonl.gz", "math_train_7500_openr.json.gz")
SETS = (
    MarkedSet("ProcessBench GSM8K", _processbench("gsm8k.json"), ("gsm8k_test.jsonl",)),
    MarkedSet("ProcessBench MATH", _processbench("math.json.gz"), _MATH),
    MarkedSet("PRM800K", _prm800k, _MATH),
)


class _Golds:
    """The problems of several files, one after the other: a source."""

    def __init__(self, files: Sequence[Path]) -> None:
        self._files = files

    def load(self, reading: Reading | None = None) -> Iterator[Problem | RejectedRow]:
        """Yield each question once."""
        seen: set[str] = set()
        for file in self._files:
            for one in FileSource(path=str(file), name=file.name.split("_")[0]).load():
                if isinstance(one, Problem) and one.question not in seen:
                    seen.add(one.question)
                    yield one


def load(chosen: MarkedSet, data: Path) -> tuple[list[Marked], int]:
    """Return a set's solutions with their golds, and how many have none that could be found."""
    rows = {row.id: row for row in chosen.read(data)}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "given.jsonl"
        lines = (
            {"id": one.id, "problem": one.question, "steps": one.steps} for one in rows.values()
        )
        path.write_text("".join(json.dumps(line) + "\n" for line in lines))
        golds = _Golds([data / "problems" / name for name in chosen.golds])
        found = list(FileSolutions(path=str(path)).of(golds))
    marked = [
        Marked(
            question=problem.question,
            gold=problem.answer,
            id=given.id,
            steps=given.steps,
            truth=rows[given.id].truth,
            final=rows[given.id].final,
        )
        for problem in found
        if isinstance(problem, Problem)
        for given in problem.given
    ]
    return marked, len(rows) - len(marked)


def drawn(marked: Sequence[Marked], count: int, *, seed: int) -> list[Marked]:
    """Return `count` solutions, half of them erroneous as far as there are so many.

    Whether a solution is drawn depends on the seed and its id alone.
    """

    def place(one: Marked) -> bytes:
        return hashlib.sha256(f"{seed}/{one.id}".encode()).digest()

    wrong = sorted((one for one in marked if one.truth >= 0), key=place)
    right = sorted((one for one in marked if one.truth < 0), key=place)
    some = min(len(right), max(count // 2, count - len(wrong)))
    return [*wrong[: count - some], *right[:some]]

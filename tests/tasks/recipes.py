"""Recipes for tests: small worlds of sums, and policies that write what a function says."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from policies.scripted import ScriptedSettings
from policies.seam import Policy
from policies.words import text_of
from schemas import (
    Completion,
    CompletionRequest,
    FinishReason,
    PolicyError,
    Problem,
)
from sources import FileSource
from tasks.recipes import (
    AgentWorkflow,
    AnyRecipe,
    BestOfNChoice,
    RecipeBoard,
    RStar,
    SelfConsistency,
    SelfRefine,
    Star,
    StepwiseBestOfN,
    Votes,
    VStar,
    make,
)
from tests.writers import Writer

Write = Callable[[str, str, int], str]
"""What a policy writes of a prompt and a prefix with a seed."""


class _Prompted(Writer):
    """Remembers what it was asked."""

    @property
    def prompts(self) -> set[str]:
        return {text_of(request.prompt) for request in self.asked}


class TextWriter(_Prompted):
    """Writes what a function says of a prompt and a prefix, a token per word; `...` is cut."""

    def __init__(self, write: Write, *, fail_after: int | None = None) -> None:
        super().__init__(fail_after=fail_after)
        self._write = write

    def reply(self, request: CompletionRequest, seed: int) -> Completion:
        text = self._write(text_of(request.prompt), request.prefix.text, seed)
        reason: FinishReason = "length" if text.endswith("...") else "stop"
        return replace(
            Completion.of_text(text, seed=seed),
            completion_tokens=len(text.split()),
            finish_reason=reason,
        )


def open_instead(monkeypatch: pytest.MonkeyPatch, policy: Policy) -> None:
    """Have this policy opened wherever a scripted one is asked for."""

    @asynccontextmanager
    async def opened(settings: ScriptedSettings, run_dir: Path) -> AsyncIterator[Policy]:
        yield policy

    monkeypatch.setattr(ScriptedSettings, "open", opened)


def questions(folder: Path, rows: Sequence[dict[str, str]], name: str = "questions") -> Path:
    """Write problems as JSONL."""
    path = folder / f"{name}.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def sums(folder: Path, count: int, *, name: str = "sums", start: int = 0) -> Path:
    """Write sums of the scripted policy's world, whose solutions say that they are secret."""
    return questions(
        folder,
        [
            {
                "question": f"Add up: {one}, {one + 3}, {one + 5}.",
                "answer": str(3 * one + 8),
                "solution": f"Secretly the sum of these three is {3 * one + 8}\n#### {3 * one + 8}",
            }
            for one in range(start + 2, start + 2 + count)
        ],
        name,
    )


def _values(folder: Path, source: Path, changes: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": "made",
        "output": str(folder / "output"),
        "seed": 3,
        "source": {"kind": "file", "path": str(source)},
        "policy": {"kind": "scripted", "error": 0.3},
        "sampling": {"temperature": 1.0, "max_tokens": 200},
        "shard": 5,
    } | changes


def star(folder: Path, source: Path, **changes: Any) -> Star:
    return Star.model_validate(_values(folder, source, changes))


def v_star(folder: Path, source: Path, **changes: Any) -> VStar:
    return VStar.model_validate(_values(folder, source, changes))


def consistent(folder: Path, source: Path, **changes: Any) -> SelfConsistency:
    return SelfConsistency.model_validate(_values(folder, source, {"samples": 8} | changes))


def rstar(folder: Path, source: Path, **changes: Any) -> RStar:
    tree = {"rollouts": 6, "votes": 8, "subanswer_votes": 4} | changes.pop("tree", {})
    second = {"policy": {"kind": "scripted", "error": 0.2, "seed": 1}} | changes.pop("second", {})
    made = {"tree": tree, "discriminator": second if second["policy"] else None}
    return RStar.model_validate(_values(folder, source, made | changes))


def of_run(folder: Path, run: Path, **changes: Any) -> Votes:
    values = {"name": "votes", "output": str(folder / "output"), "run": str(run)}
    return Votes.model_validate(values | changes)


def best_of_n(folder: Path, source: Path, **changes: Any) -> BestOfNChoice:
    return BestOfNChoice.model_validate(_values(folder, source, {"samples": 4} | changes))


def stepwise(folder: Path, source: Path, **changes: Any) -> StepwiseBestOfN:
    return StepwiseBestOfN.model_validate(_values(folder, source, {"samples": 3} | changes))


def self_refine(folder: Path, source: Path, **changes: Any) -> SelfRefine:
    return SelfRefine.model_validate(_values(folder, source, changes))


def agent_workflow(folder: Path, source: Path, **changes: Any) -> AgentWorkflow:
    return AgentWorkflow.model_validate(_values(folder, source, changes))


def made_rows(folder: Path, product: str) -> list[dict[str, Any]]:
    """The rows of a product that is written shard by shard."""
    files = sorted((folder / f"output/made/{product}").glob("*.parquet"))
    return [row for file in files for row in pq.read_table(file).to_pylist()]


def cooked(recipe: AnyRecipe) -> dict[str, Any]:
    """Make a recipe's products, as the command does."""
    return asyncio.run(make(recipe, recipe, RecipeBoard()))


class Choosing(_Prompted):
    """Solves sums as the scripted policy does, and replies to other prompts as a function says."""

    def __init__(
        self, say: Callable[[str], str], *, error: float = 0.3, fail_after: int | None = None
    ) -> None:
        super().__init__(fail_after=fail_after)
        self._say = say
        self._world = ScriptedSettings(error=error, recovery=0)

    def replies_to(self, mark: str) -> list[CompletionRequest]:
        """What was asked that holds this."""
        return [one for one in self.asked if mark in text_of(one.prompt)]

    def reply(self, request: CompletionRequest, seed: int) -> Completion:
        prompt = text_of(request.prompt)
        if re.fullmatch(r"Question: .*\nAnswer:\n", prompt):
            return self._world.write(request, seed)
        text = self._say(prompt)
        reason: FinishReason = "length" if text.endswith("...") else "stop"
        return replace(
            Completion.of_text(text, seed=seed),
            completion_tokens=len(text.split()),
            finish_reason=reason,
        )


def cooked_after_a_breakdown(
    monkeypatch: pytest.MonkeyPatch, recipe: AnyRecipe, breaking: Writer, rest: Writer
) -> dict[str, Any]:
    """Make a recipe with a policy that breaks down, then with one that does not; nothing is paid
    twice, and made once more it asks for nothing."""
    open_instead(monkeypatch, breaking)
    with pytest.raises(PolicyError, match="does not answer"):
        cooked(recipe)
    open_instead(monkeypatch, rest)
    record = cooked(recipe)
    assert breaking.written + rest.written == record["paid"]["rollouts"]
    assert cooked(recipe) == record
    return record


def cooked_past_a_budget(
    monkeypatch: pytest.MonkeyPatch, small: AnyRecipe, large: AnyRecipe, writer: Writer
) -> int:
    """Make a recipe that its budget ends, then with a larger one; return what the first paid."""
    open_instead(monkeypatch, writer)
    ended = cooked(small)
    assert ended["status"] == "budget reached"
    assert ended["paid"]["rollouts"] == writer.written
    whole = cooked(large)
    assert whole["status"] == "finished"
    assert whole["paid"]["rollouts"] == writer.written
    paid: int = ended["paid"]["rollouts"]
    return paid


def candidates_in(prompt: str) -> list[str]:
    """The texts that a prompt shows to choose from, in their order."""
    return re.findall(r"<candidate_\d+>\n(.*?)\n</candidate_\d+>", prompt, re.DOTALL)


def adds_up(text: str) -> bool:
    """Whether every addition of a text is right."""
    sums_in = re.findall(r"(\d+) \+ (\d+) = (\d+)", text)
    return all(int(a) + int(b) == int(c) for a, b, c in sums_in)


def best(prompt: str) -> str:
    """Name the first candidate that adds up, as a chooser that can add does."""
    right = [number for number, one in enumerate(candidates_in(prompt), 1) if adds_up(one)]
    return f"I checked them.\nBest candidate: {right[0] if right else 1}"


def swap_golds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have every problem of a file come with another gold answer and no solution, its id kept."""
    load = FileSource.load

    def swapped(self: FileSource, reading: Any) -> Iterator[Any]:
        for one in load(self, reading):
            assert isinstance(one, Problem)
            yield replace(one, answer="1234567", solution=None)

    monkeypatch.setattr(FileSource, "load", swapped)


GOLD = {
    "answer",
    "outcome",
    "chosen_outcome",
    "majority_outcome",
    "solution_outcome",
    "outcome_before",
    "outcome_after",
    "oracle_index",
    "correct",
    "decided",
    "evidence",
}


def without_gold(cell: Any) -> Any:
    """A row without all that verdicts say."""
    if isinstance(cell, list):
        return [without_gold(one) for one in cell]
    if isinstance(cell, dict):
        return {name: without_gold(one) for name, one in cell.items() if name not in GOLD}
    return cell

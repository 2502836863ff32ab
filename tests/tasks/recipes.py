"""Recipes for tests: small worlds of sums, and policies that write what a function says."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from policies.scripted import ScriptedSettings
from policies.seam import Policy
from policies.words import text_of
from schemas import (
    Completion,
    CompletionRequest,
    FinishReason,
)
from tasks.recipes import RecipeBoard, SelfConsistency, Star, Votes, VStar, make
from tests.writers import Writer

Write = Callable[[str, str, int], str]
"""What a policy writes of a prompt and a prefix with a seed."""


class TextWriter(Writer):
    """Writes what a function says of a prompt and a prefix, a token per word; `...` is cut."""

    def __init__(self, write: Write, *, fail_after: int | None = None) -> None:
        super().__init__(fail_after=fail_after)
        self._write = write

    @property
    def prompts(self) -> set[str]:
        return {text_of(request.prompt) for request in self.asked}

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


def of_run(folder: Path, run: Path, **changes: Any) -> Votes:
    values = {"name": "votes", "output": str(folder / "output"), "run": str(run)}
    return Votes.model_validate(values | changes)


def cooked(recipe: Star | VStar | SelfConsistency | Votes) -> dict[str, Any]:
    """Make a recipe's products, as the command does."""
    return asyncio.run(make(recipe, recipe, RecipeBoard()))

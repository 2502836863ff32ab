"""Critics for tests: policies that judge from known truth, babble, or break down half-way."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from policies.scripted_critic import ScriptedCriticSettings
from policies.seam import Policy
from schemas import ChatPrompt, Completion, CompletionRequest
from tasks.critique_counts import CritiqueCounts
from tasks.critique_settings import CritiqueRun
from tasks.critiques import CritiqueBoard, critique
from tests.writers import Writer

STEP = re.compile(r"<paragraph_(\d+)>\n(.*?)\n</paragraph_\1>", re.DOTALL)
Write = Callable[[str, int], str]
"""What a critic writes of a prompt with a seed."""


class WritingCritic(Writer):
    """Writes what a function says of a prompt, a token per word."""

    identity = "writing-critic"

    def __init__(self, write: Write, *, fail_after: int | None = None) -> None:
        super().__init__(fail_after=fail_after)
        self._write = write

    def reply(self, request: CompletionRequest, seed: int) -> Completion:
        assert isinstance(request.prompt, ChatPrompt)
        text = self._write(request.prompt.messages[-1].content, seed)
        tokens = len(text.split())
        return replace(Completion.of_text(text, seed=seed), completion_tokens=tokens)


def judged(verdicts: Sequence[bool], index: int | None = None) -> str:
    """A critique in the form that the template asks for."""
    words = {True: "correct", False: "incorrect"}
    lines = [
        f"Paragraph {number}: I looked. The step is \\boxed{{{words[verdict]}}}."
        for number, verdict in enumerate(verdicts)
    ]
    error = list(verdicts).index(False) if False in verdicts else -1
    return "\n\n".join((*lines, f"\\boxed{{{error if index is None else index}}}"))


def of_sums(prompt: str, seed: int) -> str:
    """The truth of the sums in `tests.runs.sums_run`: a step is right where its sum is."""
    verdicts = []
    for _, step in STEP.findall(prompt):
        left, right, total = map(int, re.findall(r"\d+", step)[:3])
        verdicts.append(left + right == total)
        if not verdicts[-1]:
            break
    return judged(verdicts)


def open_instead(monkeypatch: pytest.MonkeyPatch, critic: Policy) -> None:
    """Have this policy opened wherever a scripted critic is asked for."""

    @asynccontextmanager
    async def opened(settings: ScriptedCriticSettings, run_dir: Path) -> AsyncIterator[Policy]:
        yield critic

    monkeypatch.setattr(ScriptedCriticSettings, "open", opened)


def asking(**changes: object) -> CritiqueRun:
    """A configuration that asks a scripted critic."""
    return CritiqueRun.model_validate({"policy": {"kind": "scripted_critic"}} | changes)


def critiqued(folder: Path, **changes: object) -> CritiqueCounts:
    """Have a run judged, as the command does."""
    return asyncio.run(critique(folder, asking(**changes), CritiqueBoard()))

"""Work that is killed, and what the scripted policy writes when it goes on."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from policies.scripted import ScriptedSettings
from schemas import Completion, CompletionRequest
from tests.flows.crashes import crash_at

ROOT = Path(__file__).resolve().parents[2]


def killed(call: str, deeds: int, folder: Path, *, torn: bool = False) -> None:
    """Run Python in a process that SIGKILL ends at so many deeds in a folder."""
    prelude = crash_at(deeds, folder, torn=torn)
    done = subprocess.run(
        [sys.executable, "-c", f"{prelude}\n{call}"], cwd=ROOT, check=False, capture_output=True
    )
    assert done.returncode == -9, done.stderr.decode()[-2000:]


@dataclass(slots=True)
class Written:
    """How many completions the scripted policy wrote."""

    count: int = 0


def counting(monkeypatch: pytest.MonkeyPatch) -> Written:
    """Count what the scripted policy writes from now on."""
    written, write = Written(), ScriptedSettings.write

    def counted(self: ScriptedSettings, request: CompletionRequest, seed: int) -> Completion:
        written.count += 1
        return write(self, request, seed)

    monkeypatch.setattr(ScriptedSettings, "write", counted)
    return written

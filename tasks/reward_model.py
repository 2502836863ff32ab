"""A process reward model that grades beside a policy."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import ClassVar

from pydantic import Field

from policies.fingerprint import model_identity
from prm.settings import Device, FormName
from schemas import Settings
from search.grading import Grading, StepGrader


class PrmSettings(Settings):
    """A process reward model that `stepmint evaluate` can load."""

    free: ClassVar[frozenset[str]] = frozenset({"device"})

    model: str = Field(min_length=1)
    """A folder, or a name on the Hugging Face hub."""
    form: FormName | None = None
    """How it is asked; None: as its description or architecture shows."""
    device: Device = "auto"
    """Where it runs."""


def loaded(prm: PrmSettings) -> tuple[StepGrader, str]:
    """Return the model, and what its grades depend on besides what it reads: model and form."""
    from prm.grading import load_grader  # torch: seconds that other commands save

    grader = load_grader(prm.model, form=prm.form, device=prm.device)
    return grader, f"{model_identity(prm.model, 'main')} {type(grader.form).__name__}"


@asynccontextmanager
async def graded_by(prm: PrmSettings) -> AsyncIterator[Grading]:
    """Load a reward model and have it grade while the context lasts."""
    async with Grading(*await asyncio.to_thread(loaded, prm)) as grading:
        yield grading

"""A policy in this process: a transformers model, decoded with continuous batching."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from pathlib import Path

from policies.embedded.settings import TransformersFields
from policies.errors import needs
from policies.fingerprint import named_model
from policies.seam import Examined, Policy


class TransformersSettings(TransformersFields):
    """A causal language model loaded with transformers, decoded with continuous batching."""

    @asynccontextmanager
    async def open(self, run_dir: Path) -> AsyncIterator[Policy]:
        """Load the model; leaving the context frees it. Writes nothing into `run_dir`."""
        with needs("torch", "install the extra `local` (pip install '.[local]')"):
            from policies.embedded.policy import EmbeddedPolicy  # torch is heavy, an extra

        policy = await asyncio.to_thread(EmbeddedPolicy.load, self)
        try:
            yield policy
        finally:
            await asyncio.to_thread(policy.close)

    async def examine(self) -> Examined:
        """Say which model would be loaded; ConfigError where torch or the folder is missing."""
        with needs("torch", "install the extra `local` (pip install '.[local]')"):
            version("torch")  # importing it would take seconds
        model = named_model(self.model, self.revision)
        return Examined((model, f"in this process, on {self.device}"))

